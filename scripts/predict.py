"""Score new sequences with trained models: the mean over the models that are given."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attendna import code_inputs, machine
from attendna.command_line import json_argument, run
from attendna.contracts import checkpoints
from attendna.contracts.chunks import Chunk
from attendna.contracts.predictions import (
    Novelty,
    join_scores,
    write_new_predictions,
    write_scores,
)
from attendna.data import novelty
from attendna.data.readers import import_sources, read_sources
from attendna.data.sources import Reading
from attendna.dna import BASES
from attendna.errors import UserError
from attendna.use import scorers
from attendna.use.scorers import Baseline, Network
from attendna.wording import are, counted

if TYPE_CHECKING:
    import pandas as pd

BATCH = 4096  # sequences that are encoded and scored at a time


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model",
        required=True,
        nargs="+",
        action="append",
        help="model.keras or model.npz of one run or, for their mean, of several",
    )
    parser.add_argument("sequences", nargs="*", help="FASTA, CSV or TSV files, gzip or not")
    parser.add_argument(
        "--settings",
        type=json_argument,
        help='JSON, in place of the files: {"sources": [{"path", "label", "split", "format"}, '
        '...], "columns": {"sequence", "label", "id", "group", "split"}, '
        '"reading": {"genome", "width", "centre", "soft_masked", "gaps", "missing_contigs"}}',
    )
    parser.add_argument(
        "--known",
        help="sequences.parquet of the dataset that the models learned from: then a column says "
        "how unlike it each sequence is",
    )
    parser.add_argument("--predictions", required=True, help="the .tsv.gz to write")
    work = parser.add_mutually_exclusive_group()
    work.add_argument(
        "--chunk", type=Chunk.parse, help="score a part only, as 2-of-8, and write it as .npz"
    )
    work.add_argument(
        "--parts", nargs="+", help="what --chunk made, in order, to be joined instead of scored"
    )
    parser.add_argument("--threads", type=int, help="processor cores of a network; default: all")
    parser.add_argument(
        "--state",
        type=Path,
        help="a folder to keep what is scored in, so that a run that was killed goes on from it; "
        "delete it when the predictions are there",
    )
    arguments = parser.parse_intermixed_args(argv)
    if arguments.threads is not None and arguments.threads < 1:
        parser.error("--threads: expected a number from 1")
    arguments.model, following = split_models(arguments.model)
    arguments.sequences += following
    if bool(arguments.sequences) == (arguments.settings is not None):
        parser.error("name files of sequences, or give --settings, one of the two")
    return arguments


def split_models(groups: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Tell models from the files of sequences that follow them, which argparse can't.

    Parameters
    ----------
    groups
        What stands behind each `--model`, one path or more.

    Returns
    -------
    models, sequences
        The first of each group is a model whatever its name, the others are by their ending.
    """
    models, sequences = [], []
    for first, *others in groups:
        models.append(first)
        for path in others:
            (models if Path(path).suffix in scorers.SCORERS else sequences).append(path)
    return models, sequences


def main(argv: list[str] | None = None) -> None:
    """Read, score and save."""
    args = parse(argv)
    if args.parts:
        write_new_predictions(args.predictions, *join_scores(args.parts))
        return
    settings = args.settings or {
        "sources": [{"path": path} for path in args.sequences],
        "columns": {"sequence": "sequence"},
        "reading": {},
    }
    if args.threads is not None:
        scorers.limit_threads(args.threads)
    fitted = scorers.load_alike(args.model)
    classes = fitted[0].classes
    reading = Reading(**settings["reading"])
    imported = import_sources(settings["sources"], settings["columns"], False, reading)
    table = imported.table
    for note in imported.notes:
        print(f"{note['severity']}: {note['message']}")
    check_memory(len(table), fitted)
    check_lengths(table, fitted, settings)
    if args.chunk:
        # Batches as those of one job, so that what is scored is the same to the last bit.
        batches = args.chunk.of(-(-len(table) // BATCH))
        table = table.iloc[batches.start * BATCH : batches.stop * BATCH]
    probabilities = score(list(table["sequence"]), fitted, kept(args))
    ids = table["id"].to_numpy(str)
    descriptions = table["description"].fillna("").to_numpy(str)
    new = how_unlike(list(table["sequence"]), args.known)
    write = write_scores if args.chunk else write_new_predictions
    write(args.predictions, ids, probabilities, classes, descriptions, new)
    print(f"scored {counted(len(table), 'sequence')} with {counted(len(fitted), 'model')}")
    for model in fitted:
        cropped = int((table["sequence"].str.len() > (model.length or np.inf)).sum())
        if cropped:
            longer = counted(cropped, "longer sequence")
            print(f"{model.path} saw {model.length:,} letters of {longer}")


def how_unlike(sequences: Sequence[str], known: str | None) -> Novelty | None:
    """Say how unlike a dataset sequences are; None where none is given.

    Parameters
    ----------
    sequences
        The new ones.
    known
        `sequences.parquet` of the dataset.
    """
    if known is None:
        return None
    found = novelty.unlike(sequences, novelty.learn_from(known))
    beyond = int((found.unlike > 1).sum())
    print(f"{counted(beyond, 'sequence')} {are(beyond)} unlike the training data")
    return found


def kept(args: argparse.Namespace) -> checkpoints.Parts:
    """Return where the scores of batches are kept, under the models and the code they come from."""
    if args.state is None:
        return checkpoints.Parts(None, "")
    code = [Path(__file__), *code_inputs.modules(Path(__file__).resolve())]
    return checkpoints.Parts(args.state, checkpoints.key("predict", [*args.model, *code]))


def score(
    sequences: Sequence[str], fitted: Sequence[Network | Baseline], parts: checkpoints.Parts
) -> np.ndarray:
    """Return float64 (n, classes): the mean over the models, batch by batch."""
    probabilities = np.empty((len(sequences), len(fitted[0].classes)))
    for start in range(0, len(sequences), BATCH):
        batch = sequences[start : start + BATCH]
        scored = parts.once(
            start // BATCH,
            "\n".join(batch),
            lambda batch=batch: {"p": scorers.mean(batch, fitted)},
        )
        probabilities[start : start + BATCH] = scored["p"]
    if parts.found:
        print(f"{parts.found} batches had been scored before an earlier run stopped")
    return probabilities


def check_memory(records: int, fitted: Sequence[Network | Baseline]) -> None:
    """Raise if a batch would be padded to a length that no memory holds: files may say anything."""
    for model in fitted:
        if min(records, BATCH) * (model.length or 0) * len(BASES) > machine.memory():
            raise UserError(
                f"{model.path}: takes sequences of {model.length:,} letters, which need more "
                "memory than there is; name another model, or give this machine or job more."
            )


def check_lengths(
    table: pd.DataFrame, fitted: Sequence[Network | Baseline], settings: Mapping
) -> None:
    """Raise if a sequence does not have the one length that a model was trained on.

    A model that has seen sequences cropped and padded crops and pads new ones in the same way.
    """
    for model in fitted:
        wanted = model.length
        if model.crop or wanted is None or (table["sequence"].str.len() == wanted).all():
            continue
        for source in settings["sources"]:  # once more, one by one, to tell which file it is
            reading = Reading(**settings["reading"])
            part = read_sources([source], settings["columns"], False, reading)
            wrong = part[part["sequence"].str.len() != wanted]
            if len(wrong):
                record = wrong.iloc[0]
                raise UserError(
                    f"{source['path']}, record {record['id']}: {len(record['sequence'])} letters, "
                    f"but {model.path} was trained on {wanted}; give sequences of {wanted} "
                    "letters, or give the dataset a `length` and train again, and they will be "
                    "cropped."
                )


if __name__ == "__main__":
    run(main)
