"""What this machine has to give: memory and processor cores, also inside a job or a container."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_PROCESSORS = Path("/proc/cpuinfo")


@cache
def memory() -> int:
    """Return the bytes of memory that this process may use.

    The machine's, or less where a control group (of a batch system or a container) sets a limit.
    """
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_group_limits(_CGROUPS, _MEMBERSHIP)])


def _group_limits(root: Path, membership: Path) -> list[int]:
    """Return the memory limits of the control groups that a process is in, inner and outer."""
    limits = []
    try:
        lines = membership.read_text().splitlines()
    except OSError:  # not Linux
        return []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        # Version 2 has one tree without controllers in its name, version 1 one for each of them.
        tree, name = (
            (root / "memory", "memory.limit_in_bytes") if controllers else (root, "memory.max")
        )
        parts = [part for part in group.split("/") if part not in ("", "..")]
        for depth in range(len(parts) + 1):
            try:
                said = tree.joinpath(*parts[:depth], name).read_text().strip()
            except OSError:
                continue
            if said.isdigit():  # else "max"
                limits.append(int(said))
    return limits


def cores() -> int:
    """Return the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def description() -> str:
    """Say what kind of machine this is, and not which one: system, processor, cores, memory."""
    gigabytes = memory() / 1e9
    return f"{platform.system()} {platform.machine()}, {_processor()}, {cores()} cores, " + (
        f"{gigabytes:.0f} GB of memory"
    )


def _processor() -> str:
    """Return the model of the processor, as the system tells it."""
    try:
        lines = _PROCESSORS.read_text(errors="replace").splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, names), platform.processor() or "unknown processor")
