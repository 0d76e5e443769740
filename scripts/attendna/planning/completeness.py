"""Outputs that are missing on the way to a target, which Snakemake by itself does not miss.

A job that fails loses its outputs, and so does one that is killed with the Snakemake that runs it.
Snakemake makes them again only if a target names them or something that runs reads them: where
everything that was once made from them is still there, it reports that nothing is to be done, and
results of an earlier config or of earlier data pass for those of now. Here every output on the way
to a target counts: what is missing is made, and what follows from it is made anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def need_every_output(folder: str | Path) -> None:
    """Let Snakemake miss every output of the rules below a folder.

    It knows files that have to be made whatever follows from them: those that a killed run left
    incomplete. This adds, at the moment when it looks for these, the outputs that are not there.

    Parameters
    ----------
    folder
        That of the Snakefile. Rules of another workflow, which includes this one as a module, are
        left to that one.
    """
    from snakemake.dag import DAG

    if hasattr(DAG.check_incomplete, "looks_for_missing"):  # the Snakefile is read a second time
        DAG.check_incomplete.looks_for_missing.add(Path(folder))
        return
    check_incomplete, folders = DAG.check_incomplete, {Path(folder)}

    async def check_incomplete_and_missing(dag: Any) -> None:
        await check_incomplete(dag)
        # Within a job Snakemake plans that job alone; its inputs are there.
        if dag.workflow.is_main_process:
            dag.forcefiles.update(forgotten(dag, folders))

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


def _missing_outputs(job: Any) -> set[str]:
    """Return the outputs of a job that are not there, without those that are not kept."""
    return {
        file
        for file in job.output
        if not getattr(file, "flags", {}).get("temp") and not os.path.lexists(file)
    }


def _is_below(snakefile: str, folders: set[Path]) -> bool:
    parents = Path(snakefile).parents
    return any(folder in parents for folder in folders)
