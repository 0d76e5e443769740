"""Outputs on the way to a target that are missing or of unknown origin, which Snakemake ignores.

A job that fails loses its outputs, and so does one that is killed with the Snakemake that runs it.
Snakemake makes them again only if a target names them or something that runs reads them: where
everything that was once made from them is still there, it reports that nothing is to be done, and
results of an earlier config or of earlier data pass for those of now. Here every output on the way
to a target counts: what is missing is made, and what follows from it is made anew.

Nor does Snakemake know what has changed since an output was made if it has no record of it: after
results were copied without the folder `.snakemake`, or that was deleted. These are made anew, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attendna.wording import counted


def need_every_output(folder: str | Path) -> None:
    """Let Snakemake miss every output of the rules below a folder.

    It knows files that have to be made whatever follows from them: those that a killed run left
    incomplete. This adds, at the moment when it looks for these, the outputs that are not there,
    and those without a record, unless changed settings are not to count (`--rerun-triggers`).

    Parameters
    ----------
    folder
        That of the Snakefile. Rules of another workflow, which includes this one as a module, are
        left to that one.
    """
    from snakemake.dag import DAG
    from snakemake.logging import logger
    from snakemake.settings.types import RerunTrigger

    if hasattr(DAG.check_incomplete, "looks_for_missing"):  # the Snakefile is read a second time
        DAG.check_incomplete.looks_for_missing.add(Path(folder))
        return
    check_incomplete, folders = DAG.check_incomplete, {Path(folder)}

    async def check_incomplete_and_missing(dag: Any) -> None:
        await check_incomplete(dag)
        # Within a job Snakemake plans that job alone; its inputs are there.
        if not dag.workflow.is_main_process:
            return
        dag.forcefiles.update(forgotten(dag, folders))
        if RerunTrigger.PARAMS in dag.workflow.rerun_triggers:
            unknown = {*unrecorded(dag, folders)} - dag.forcefiles  # these are incomplete
            dag.forcefiles.update(unknown)
            if unknown:
                logger.warning(_about(unknown))

    check_incomplete_and_missing.looks_for_missing = folders
    DAG.check_incomplete = check_incomplete_and_missing


def forgotten(dag: Any, folders: set[Path]) -> Iterator[str]:
    """Yield the outputs that are missing and that Snakemake would not make by itself.

    Parameters
    ----------
    dag
        The graph of jobs: `jobs`, `targetfiles`, and `depending`, which tells for each job which
        of its files each follower reads.
    folders
        Those below which the rules stand whose outputs count.
    """
    missing = {job: _missing_outputs(job) for job in dag.jobs}
    for job, files in missing.items():
        if not files or not _is_below(job.rule.snakefile, folders):
            continue
        # What a target names is missed, and so is what a job reads that will run itself: one that
        # misses an output, which is made here or by Snakemake, or the target that has none.
        noticed = not files.isdisjoint(dag.targetfiles) or any(
            not files.isdisjoint(read) and (missing[follower] or not follower.output)
            for follower, read in dag.depending[job].items()
        )
        if not noticed:
            yield from files


def unrecorded(dag: Any, folders: set[Path]) -> Iterator[str]:
    """Yield the outputs that are there and of which Snakemake has no record, or too old a one.

    Parameters
    ----------
    dag
        The graph of jobs: `jobs`, and `workflow.persistence`, which holds the records.
    folders
        Those below which the rules stand whose outputs count. Rules without settings do not: a
        file that was fetched is what its checksum says.
    """
    records = dag.workflow.persistence
    for job in dag.jobs:
        there = [file for file in job.output if _is_kept(file) and os.path.lexists(file)]
        if (
            there
            and _is_below(job.rule.snakefile, folders)
            and "settings" in job.rule.params.keys()
            and (not all(map(records.metadata, there)) or records.has_outdated_metadata(job))
        ):
            yield from there


def _about(unrecorded: set[str]) -> str:
    others = counted(len(unrecorded) - 1, "other output")
    return (
        f"{min(unrecorded)} and {others} are made again: .snakemake has no record of how they were "
        "made. Copy this folder together with results; --touch takes the results as they are."
    )


def _missing_outputs(job: Any) -> set[str]:
    """Return the outputs of a job that are not there, without those that are not kept."""
    return {file for file in job.output if _is_kept(file) and not os.path.lexists(file)}


def _is_kept(file: Any) -> bool:
    return not getattr(file, "flags", {}).get("temp")


def _is_below(snakefile: str, folders: set[Path]) -> bool:
    parents = Path(snakefile).parents
    return any(folder in parents for folder in folders)
