"""Snakemake's own log, turned into the lines that someone wants to see who waits for a run."""

from __future__ import annotations

import logging
import textwrap
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from attendna.terminal import epochs, failures, screens, steps
from attendna.terminal.progress import Key, Planned, Progress, key
from attendna.wording import counted

TICK = 1.0  # seconds between two looks at the logs of trainings and scans
FOLLOWED = ("train", "scan_genome", "scan_genome_chunk")
# What says nothing to somebody who waits: it is in Snakemake's log file, and with --verbose here.
DROPPED = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs...",
    "Using shell: ",
    "Group jobs: inactive",
    "Conda environments: ignored",
    "Singularity containers: ignored",
    "Select jobs to execute...",
    "Removing temporary output",
    "Reasons:\n",
    "Some jobs were triggered by provenance information",
    "Rules with provenance triggered jobs",
    "Complete log(s): ",
    "Elapsed time: ",
    "Shutting down, this might take some time.",
    "Exiting because a job execution failed.",
)
EVENTS_DROPPED = (
    LogEvent.WORKFLOW_STARTED,
    LogEvent.RESOURCES_INFO,
    LogEvent.JOB_STARTED,
    LogEvent.GROUP_INFO,
    LogEvent.PROGRESS,
    LogEvent.RULEGRAPH,
    LogEvent.DEBUG_DAG,
)
NOTHING = "Nothing to be done"
INTERRUPTED = "Terminating processes on user request"
FAILED = "At least one job did not complete successfully."


class Lines(logging.Handler):
    """What is planned, a line a job, the epochs of trainings, and the sentence of what fails.

    Snakemake's records are read by the events of its interface for logger plugins.

    Parameters
    ----------
    screen
        Where to write.
    jobs
        Returns the jobs that are planned, without those that make nothing.
    ending
        Returns the lines that end a run in which nothing was to be done.
    machine
        Returns how many seconds of work are done in a second, at most, and whether jobs are queued.
    dry
        Whether nothing is run.
    quiet
        What is not to be told: "rules" (a line a job), "progress" (plan and progress), "all".
    commands
        Whether to show the command of each job.
    logs
        Whether to show the logs of jobs that fail.
    """

    def __init__(
        self,
        screen: screens.Plain | screens.Drawn,
        jobs: Callable[[], Sequence[Planned]],
        ending: Callable[[], Sequence[str]],
        machine: Callable[[], tuple[int, bool]],
        *,
        dry: bool = False,
        quiet: frozenset[str] = frozenset(),
        commands: bool = False,
        logs: bool = True,
    ) -> None:
        super().__init__(logging.INFO)
        self._screen, self._jobs, self._ending, self._machine = screen, jobs, ending, machine
        self._dry, self._quiet, self._commands, self._logs = dry, quiet, commands, logs
        self._progress: Progress | None = None
        self._known: dict[int, tuple[Key, str]] = {}
        self._failed: dict[str, list[str]] = {}
        self._errors: list[str] = []
        self._interrupted = False
        self._followed = epochs.Followed()
        self._stopped = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Write what a record is worth."""
        try:
            event = getattr(record, "event", None)
            if event in self._of_events:
                self._of_events[event](self, record)
            elif event not in EVENTS_DROPPED:
                self._message(record)
        except BrokenPipeError:
            raise
        except Exception:  # noqa: BLE001  a line that can't be written does not end a run
            self.handleError(record)

    def close(self) -> None:
        """End the drawing."""
        self._stopped.set()
        with self.lock:
            self._screen.close()
        super().close()

    # -------------------------------------------------------------------------- the plan

    def _plan(self, record: logging.LogRecord) -> None:
        """Say what is planned, the first time that Snakemake does."""
        if self._progress is not None:
            return
        jobs = self._jobs()
        cores, queued = self._machine()
        self._progress = Progress(jobs, cores, queued)
        if self._is_quiet("progress"):
            return
        counts: dict[str, int] = {}
        for job in jobs:
            counts[job.rule] = counts.get(job.rule, 0) + 1
        time = "" if queued else f", {self._progress.time()} on {counted(cores, 'core')}"
        self._screen.write(f"Planned: {counted(len(jobs), 'job')}{time}")
        for line in steps.planned(counts, self._screen.width):
            self._screen.write(line)
        if not self._dry:
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Tell the epochs and draw the bars, until the end."""
        with suppress(OSError, ValueError):  # nobody reads any more
            while not self._stopped.wait(TICK):
                with self.lock:
                    if not self._stopped.is_set():
                        self._look()

    def _look(self) -> None:
        self._screen.epochs(self._followed.news())
        self._screen.draw(self._progress, self._followed.trainings.values())

    # -------------------------------------------------------------------------- jobs

    def _begins(self, record: logging.LogRecord) -> None:
        if not record.output:  # `all` and its like
            return
        job, words = key(record.rule_name, record.wildcards), _words(record)
        self._known[record.jobid] = job, words
        if record.rule_name in FOLLOWED and not self._dry:
            self._followed.begin(job, words, record.log[0])
        if self._progress is None:  # Snakemake has not told what it plans
            self._progress = Progress(self._jobs(), *self._machine())
        number, again = self._progress.begin(job)
        if self._is_quiet("rules"):
            return
        total = f"{self._progress.total:,}"
        left = "" if self._dry else self._screen.left(self._progress)
        told = f"[{number:{len(total)},}/{total}{left}] {words}"
        if again:
            told += " (again)"
        self._screen.write(told + (_why(record.reason) if self._dry else ""))

    def _finished(self, record: logging.LogRecord) -> None:
        found = self._known.get(record.job_id)
        if found is not None:
            job, words = found
            self._followed.end(job)
            self._progress.finish(job)
            self._failed.pop(words, None)  # it was tried again

    def _command(self, record: logging.LogRecord) -> None:
        if self._commands:
            self._screen.write(record.getMessage())

    # -------------------------------------------------------------------------- failures

    def _fails(self, record: logging.LogRecord) -> None:
        if record.indent:  # told with its group
            return
        words = self._ended(record.jobid, record.rule_name)
        self._tell_failure([words], record.log, record.rule_msg)

    def _group_fails(self, record: logging.LogRecord) -> None:
        """Tell which jobs of a group failed, as far as their logs do."""
        jobs = record.job_error_info
        failed = [job for job in jobs if failures.says_why(job["log"])] or jobs
        words = {job["jobid"]: self._ended(job["jobid"], job["rule_name"]) for job in jobs}
        logs = [log for job in failed for log in job["log"]]
        self._tell_failure([words[job["jobid"]] for job in failed], [*logs, *record.aux_logs], None)

    def _ended(self, jobid: int, rule: str) -> str:
        """Note that a job has ended badly; return its words."""
        job, words = self._known.get(jobid, (None, rule))
        self._followed.end(job)
        if self._progress is not None:
            self._progress.fail(job)
        return words

    def _tell_failure(self, jobs: Sequence[str], logs: Sequence[str], message: str | None) -> None:
        if self._interrupted:
            return
        logs = [log for log in logs if Path(log).exists()]
        told = failures.told(logs) if self._logs else []
        if not failures.says_why(logs):
            # Which command it was, the name of its log tells.
            told += [
                f"its command {failures.end(text)}"
                for text in self._errors
                if any(log in text for log in logs)
            ]
        self._failed |= dict.fromkeys(jobs, logs)
        self._screen.write(f"FAILED: {'; '.join(jobs)}", "bold red")
        for line in [*(message or "").splitlines(), *told]:
            self._screen.write(f"  {line}")
        for log in logs:
            self._screen.write(f"  its log: {log}")

    def _error(self, record: logging.LogRecord) -> None:
        """Write an error that is not a job's: what is said of those is better."""
        text = record.getMessage()
        if "CalledProcessError" in text:
            self._errors.append(text)
        elif FAILED not in text:
            self._screen.write(text, "red")
        else:
            for line in textwrap.wrap(self._failed_run(), self._screen.width):
                self._screen.write(line)
            for words, logs in self._failed.items() if len(self._failed) > 1 else ():
                self._screen.write("  ".join([f"  {words}:", *logs]))

    def _failed_run(self) -> str:
        progress = self._progress
        done = f"{progress.done:,} of {counted(progress.total, 'job')} done" if progress else ""
        if self._interrupted:
            return f"Stopped, with {done}. Run the same command again to go on."
        # Snakemake itself may fail a job whose outputs are missing.
        failed = counted(len(self._failed) or 1, "job")
        return (
            f"{failed} FAILED, see above; {done}. Correct what is wrong and run the same command "
            "again: what is done is kept."
        )

    # -------------------------------------------------------------------------- the rest

    def _message(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        self._interrupted |= text.startswith(INTERRUPTED)
        if record.levelno >= logging.WARNING:
            if not text.startswith(DROPPED):
                style = "red" if record.levelno >= logging.ERROR else "yellow"
                self._screen.write(text, style)
        elif text and text != "None" and not text.startswith(DROPPED) and not self._is_quiet():
            self._screen.write(text)
            if text.startswith(NOTHING) and not self._dry:
                for line in self._ending():
                    self._screen.write(line)

    def _is_quiet(self, about: str = "all") -> bool:
        return not self._quiet.isdisjoint({about, "all"})

    _of_events: Mapping[Any, Callable] = {
        LogEvent.RUN_INFO: _plan,
        LogEvent.JOB_INFO: _begins,
        LogEvent.JOB_FINISHED: _finished,
        LogEvent.SHELLCMD: _command,
        LogEvent.JOB_ERROR: _fails,
        LogEvent.GROUP_ERROR: _group_fails,
        LogEvent.ERROR: _error,
    }


def _words(record: logging.LogRecord) -> str:
    return steps.words(record.rule_name, record.wildcards)


def _why(reason: str) -> str:
    """Return why a job that was done is to be done again, if that is not for what it reads."""
    parts = [part.strip() for part in reason.split(";")]
    usual = ("Missing output files", "Input files updated by another job")
    told = [part.partition(":")[0] for part in parts if part and not part.startswith(usual)]
    return f" ({told[0][0].lower()}{told[0][1:]})" if told else ""


def take_over(
    workflow: Any, jobs: Callable[[], Sequence[Planned]], ending: Callable[[], Sequence[str]]
) -> None:
    """Let Snakemake speak in these lines instead of its own.

    Not with `--verbose` or a logger plugin, not within the jobs of a cluster, and not for another
    workflow that includes this one.

    Parameters
    ----------
    workflow
        Snakemake's, while the Snakefile is read.
    jobs, ending
        See `Lines`.
    """
    options, resources = workflow.output_settings, workflow.resource_settings
    own = Path(__file__).parents[3] / "Snakefile"
    if options.verbose or options.debug_dag or not workflow.is_main_process:
        return
    if Path(workflow.main_snakefile).resolve() != own.resolve():
        return

    def machine() -> tuple[int, bool]:  # not known before the Snakefile is read
        local = workflow.local_exec
        return (resources.cores if local else resources.nodes) or 1, not local

    log = logging.getLogger("snakemake.logging")
    for handler in [its for its in log.handlers if its.name == "DefaultStreamHandler"]:
        log.removeHandler(handler)
        lines = Lines(
            screens.screen(handler.stream),
            jobs,
            ending,
            machine,
            dry=options.dryrun,
            quiet=frozenset(its.name.lower() for its in options.quiet or ()),
            commands=options.printshellcmds,
            logs=options.show_failed_logs,
        )
        log.addHandler(lines)
