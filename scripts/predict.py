"""Score new sequences with trained models: the mean over the models that are given."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from attendna import baselines
from attendna.contracts import PROBABILITY, write_table
from attendna.dna import letters, one_hot
from attendna.errors import UserError, run
from attendna.readers import read_sources

BATCH = 4096  # sequences that are encoded and scored at a time


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model",
        required=True,
        nargs="+",
        help="model.keras or model.npz of one run or, for their mean, of several",
    )
    parser.add_argument("sequences", nargs="*", help="FASTA, CSV or TSV files, gzip or not")
    parser.add_argument(
        "--settings",
        type=json.loads,
        help='JSON, in place of the files: {"sources": [{"path", "label", "split", "format"}, '
        '...], "columns": {"sequence", "label", "id", "group", "split"}}',
    )
    parser.add_argument("--predictions", required=True, help="the .tsv.gz to write")
    arguments = parser.parse_args(argv)
    if bool(arguments.sequences) == bool(arguments.settings):
        parser.error("name files of sequences, or give --settings, one of the two")
    return arguments


def main(argv: list[str] | None = None) -> None:
    """Read, score and save."""
    args = parse(argv)
    settings = args.settings or {
        "sources": [{"path": path} for path in args.sequences],
        "columns": {"sequence": "sequence"},
    }
    fitted = [load(path) for path in args.model]
    classes = fitted[0].classes
    for path, model in zip(args.model, fitted, strict=True):
        if model.classes != classes:
            raise UserError(
                f"{path}: its classes ({', '.join(model.classes)}) are not those of "
                f"{args.model[0]} ({', '.join(classes)}); average models of one dataset only."
            )
    table = read_sources(settings["sources"], settings["columns"], labels_required=False)
    check_lengths(table, next((m.length for m in fitted if m.length is not None), None), args)
    probabilities = np.empty((len(table), len(classes)))
    for start in range(0, len(table), BATCH):
        part = slice(start, start + BATCH)
        x = one_hot(letters(list(table["sequence"].iloc[part])))
        probabilities[part] = np.mean([model.predict(x) for model in fitted], axis=0)
    result = table[["id"]].copy()
    result["predicted"] = np.array(classes)[probabilities.argmax(axis=1)]
    for i, name in enumerate(classes):
        result[f"{PROBABILITY}{name}"] = probabilities[:, i]
    write_table(args.predictions, result)
    print(f"scored {len(result):,} sequences with {len(fitted)} model(s)")


class Network:
    """A trained network as a scorer."""

    def __init__(self, path: str) -> None:
        from attendna import models

        self._model, self._predict = models.load(path), models.predict
        self.classes = list(self._model.get_layer(models.PROBABILITIES).classes)
        self.length = self._model.input_shape[1]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes)."""
        return self._predict(self._model, x)


class Baseline:
    """A fitted baseline as a scorer."""

    def __init__(self, path: str) -> None:
        self._model = baselines.load(path)
        self.classes = list(self._model.classes)
        positional = self._model.architecture == "positional_logistic"
        self.length = self._model.length if positional else None

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes)."""
        return baselines.predict(self._model, x)


def load(path: str) -> Network | Baseline:
    """Open a model of either kind; its file's ending tells which."""
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; name the model.keras or model.npz of a run.")
    return Baseline(path) if Path(path).suffix == ".npz" else Network(path)


def check_lengths(table, length: int | None, args: argparse.Namespace) -> None:
    """Raise if a sequence does not have the length that the model was trained on."""
    lengths = table["sequence"].str.len()
    wanted = int(lengths.iloc[0]) if length is None else length
    wrong = np.flatnonzero(lengths != wanted)
    if len(wrong):
        record = table.iloc[wrong[0]]
        reason = f"{args.model[0]} was trained on {wanted}" if length else f"others have {wanted}"
        raise UserError(
            f"record {record['id']}: {len(record['sequence'])} letters, but {reason}; "
            "cut the sequences to that length."
        )


if __name__ == "__main__":
    run(main)
