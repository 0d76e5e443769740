"""How far a run is, and how long it will take: from what was estimated of each job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import NamedTuple

from attendna import durations

QUEUED = 0.1  # share of the work after which the waits of a cluster show in the time
DOUBT = 0.1  # of the estimated time: for so long the estimates count as much as the clock


class Planned(NamedTuple):
    """A job of a run.

    Attributes
    ----------
    rule, wildcards
        Which job.
    work
        Estimated seconds on one core.
    """

    rule: str
    wildcards: Mapping[str, str]
    work: float


Key = tuple[str, frozenset]


def key(rule: str, wildcards: Mapping[str, str]) -> Key:
    """Return what a job is known by."""
    return rule, frozenset(wildcards.items())


class Progress:
    """The jobs of a run, and the time.

    Parameters
    ----------
    jobs
        What is planned.
    cores
        How many seconds of work are done in a second, at most.
    queued
        Whether jobs wait in the queue of a cluster, for nobody knows how long.
    clock
        Tells the time in seconds.
    """

    def __init__(
        self,
        jobs: Iterable[Planned],
        cores: int,
        queued: bool = False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._queued = queued
        self._work = {key(job.rule, job.wildcards): job.work for job in jobs}
        self._all, self._ended = sum(self._work.values()), 0.0
        self._cores, self._clock = max(cores, 1), clock
        self._began, self._running = clock(), {}
        self._numbers: dict[Key, int] = {}
        self._finished: set[Key] = set()

    @property
    def total(self) -> int:
        """How many jobs there are."""
        return len(self._work)

    @property
    def done(self) -> int:
        """How many of them have ended well."""
        return len(self._finished)

    def begin(self, job: Key) -> tuple[int, bool]:
        """Note that a job begins; return its number, from 1, and whether it is tried again."""
        again = job in self._numbers
        number = self._numbers.setdefault(job, len(self._numbers) + 1)
        self._work.setdefault(job, 0.0)
        self._running[job] = self._clock()
        return number, again

    def finish(self, job: Key) -> None:
        """Note that a job has ended well."""
        self._running.pop(job, None)
        if job not in self._finished:
            self._finished.add(job)
            self._ended += self._work.get(job, 0.0)

    def fail(self, job: Key) -> None:
        """Note that a job has failed."""
        self._running.pop(job, None)

    def share(self) -> float:
        """Return the share of the work that is done, from 0 to 1."""
        if not self._all:
            return self.done / max(self.total, 1)
        return self._worked() / self._all

    def left(self) -> float:
        """Return the seconds that the rest will take.

        As long as was estimated, corrected by how long what is done took.
        """
        estimated = self._all / self._cores
        worked = self._worked() / self._cores
        trust = DOUBT * estimated
        if not estimated:
            return 0.0
        return (self._clock() - self._began + trust) / (worked + trust) * (estimated - worked)

    def time(self) -> str:
        """Say how long the rest will take; "" before that can be told of a cluster."""
        if self._queued and self.share() < QUEUED:
            return ""
        return f"about {durations.about(self.left())}"

    def _worked(self) -> float:
        """Return the seconds of work that are done; of a job that runs, at most nine tenths."""
        now, share = self._clock(), self._cores / max(len(self._running), 1)
        running = (
            min((now - since) * max(share, 1), 0.9 * self._work[job])
            for job, since in self._running.items()
        )
        return self._ended + sum(running)
