"""Draw the attention along a few test records, with the letters at its peak."""

from __future__ import annotations

import argparse

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.attention import read_attention
from attendna.contracts.predictions import read_predictions
from attendna.contracts.sequences import read_sequences
from attendna.data import cropping
from attendna.errors import UserError
from attendna.reporting import figures
from attendna.reporting.figure_arguments import add_figure, figure_files
from attendna.wording import decimals


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attention", required=True, help="attention.npz of the run")
    parser.add_argument("--sequences", required=True, help="sequences.parquet of the dataset")
    parser.add_argument("--predictions", required=True, help="predictions.tsv.gz of the run")
    parser.add_argument(
        "--settings", type=json_argument, required=True, help="JSON: dpi, attention_records"
    )
    add_figure(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    arguments = parse(argv)
    settings = arguments.settings
    stored = read_attention(arguments.attention)
    test = read_predictions(arguments.predictions).of("test")
    attended = {str(name): i for i, name in enumerate(stored["ids"])}
    known = [i for i, name in enumerate(test.ids) if str(name) in attended]
    if not known:
        raise UserError(
            f"{arguments.attention}: no test record of {arguments.predictions}; delete both "
            "and run again to remake them."
        )
    labels = test.labels[known]
    chosen = figures.choose_records(labels, test.classes, settings["attention_records"])
    letters = _sequences(arguments.sequences, [str(test.ids[known[i]]) for i in chosen])
    records = []
    for i in (known[c] for c in chosen):
        name, truth = str(test.ids[i]), str(test.labels[i])
        best = int(test.probabilities[i].argmax())
        title = f"{name}: {truth}, predicted {test.classes[best]}"
        title += f" (probability {decimals([test.probabilities[i, best]], 2)[0]})"
        title += "" if test.classes[best] == truth else ", wrong"
        weights, crop = stored["weights"][attended[name]], str(stored["crop"])
        records.append(attended_letters(title, letters[name], weights, crop))
    figure = figures.attention(records, [int(k) for k in stored["scales"]])
    figures.save(figure, figure_files(arguments), settings["dpi"])


def attended_letters(title: str, sequence: str, weights: np.ndarray, crop: str) -> figures.Attended:
    """Return a record with the letters that the network saw, and no padding.

    Parameters
    ----------
    title, sequence
        Of the record; all its letters.
    weights
        float (scales, length), along the row that the sequence was cropped or padded to.
    crop
        See `cropping.offsets`; "" if all sequences have that length.
    """
    length = weights.shape[1]
    offset = int(cropping.offsets(len(sequence), length, crop)) if crop else 0
    begin, end = max(offset, 0), min(offset + len(sequence), length)  # in the row
    seen = sequence[begin - offset : end - offset]
    return figures.Attended(title, seen, weights[:, begin:end], first=begin - offset + 1)


def _sequences(path: str, ids: list[str]) -> dict[str, str]:
    """Read the letters of a few records."""
    table = read_sequences(path, ["id", "sequence"])
    own = table[table["id"].isin(ids)]
    return dict(zip(own["id"], own["sequence"], strict=True))


if __name__ == "__main__":
    run(main)
