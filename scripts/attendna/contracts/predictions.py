"""What models say about records, and how their probabilities were calibrated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attendna import values
from attendna.contracts.arrays import load_arrays, write_arrays
from attendna.contracts.splits import SPLITS
from attendna.contracts.tables import read_json, read_table, write_json, write_table
from attendna.errors import UserError
from attendna.intact_files import reading

if TYPE_CHECKING:
    import pandas as pd

    from attendna.contracts.texts import Texts

UNLIKE_DIGITS = 3
PROBABILITY = "p_"  # p_{class}: the predicted probability of a class


@dataclass(frozen=True)
class Predictions:
    """What a model says about the validation and test records.

    Attributes
    ----------
    ids
        str (n,).
    splits, labels
        str (n,), mostly arrays of objects, since records share them.
    probabilities
        float64 (n, classes); each row sums to 1.
    classes
        The names of the classes, in the order of the columns.
    """

    ids: np.ndarray
    splits: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    classes: list[str]

    @classmethod
    def about(
        cls,
        split: Mapping[str, np.ndarray],
        ids: Texts,
        y: np.ndarray,
        classes: list[str],
        probabilities: np.ndarray,
    ) -> Predictions:
        """Return what a model says about the validation records, then the test records.

        Parameters
        ----------
        split
            Indices of "validation" and "test".
        ids, y
            Of all records; int (n,), index into `classes`.
        classes
            Their names.
        probabilities
            float64 (m, classes), of these records in this order.
        """
        names = ["validation", "test"]
        records = np.concatenate([split[name] for name in names])
        return cls(
            ids=ids.array(records),
            splits=np.repeat(np.array(names, object), [len(split[name]) for name in names]),
            labels=np.array(classes, object)[y[records]],
            probabilities=probabilities,
            classes=classes,
        )

    def of(self, split: str) -> Predictions:
        """Return the records of one split, in the order of the file."""
        return self.only(self.splits == split)

    def only(self, chosen: np.ndarray) -> Predictions:
        """Return the records that a bool (n,) mask chooses; of all of them no copy."""
        if chosen.all():
            return self
        return Predictions(
            self.ids[chosen],
            self.splits[chosen],
            self.labels[chosen],
            self.probabilities[chosen],
            self.classes,
        )

    @property
    def y(self) -> np.ndarray:
        """int64 (n,): the true class of each record as an index into `classes`."""
        index = {name: i for i, name in enumerate(self.classes)}
        return np.array([index[label] for label in self.labels], dtype=np.int64)


def write_predictions(path: str | Path, predictions: Predictions) -> None:
    """Write `predictions.tsv.gz`: `id split label` and a column `p_{class}` for each class."""
    import pandas as pd

    table = pd.DataFrame(
        {"id": predictions.ids, "split": predictions.splits, "label": predictions.labels}
    )
    for i, name in enumerate(predictions.classes):
        table[f"{PROBABILITY}{name}"] = predictions.probabilities[:, i]
    write_table(path, table)


def read_predictions(path: str | Path, classes: Sequence[str] | None = None) -> Predictions:
    """Read `predictions.tsv.gz`.

    Parameters
    ----------
    path
        The file.
    classes
        The classes of the data set. Given, the predictions must be fit to be measured: these
        classes in this order, validation and test records.

    Raises
    ------
    UserError
        If the file is damaged, lacks a column, holds a label without a column, probabilities that
        are none or an id twice, or can't be measured.
    """
    required = ["id", "split", "label"]
    table = read_table(path, text=required, required=required)
    columns = [name for name in table if name.startswith(PROBABILITY)]
    found = [name[len(PROBABILITY) :] for name in columns]
    unknown = set(table["label"]) - set(found)
    if unknown:
        raise UserError(
            f"{path}: no column p_{min(unknown)} for the label {min(unknown)!r}; delete the file "
            "and run again to remake it."
        )
    with reading(path):
        predictions = Predictions(
            table["id"].to_numpy(str),
            _shared(table["split"]),
            _shared(table["label"]),
            table[columns].to_numpy(np.float64),
            found,
        )
        values.distinct(predictions.ids, "ids")
        values.known(predictions.splits, "the split", SPLITS[1:])
        values.probabilities(predictions.probabilities, "probabilities")
    if classes is not None:
        _check_measurable(path, predictions, list(classes))
    return predictions


def _shared(column: pd.Series) -> np.ndarray:
    """Return the texts of a column, of which equal ones are one object."""
    codes, texts = column.factorize()
    return np.array(texts.tolist(), dtype=object)[codes]


def _check_measurable(path: str | Path, predictions: Predictions, classes: list[str]) -> None:
    if predictions.classes != classes:
        raise UserError(
            f"{path}: has the classes {', '.join(predictions.classes)} where the data set has "
            f"{', '.join(classes)}; delete it and run again to remake it."
        )
    for split in ("validation", "test"):
        if split not in predictions.splits:
            raise UserError(f"{path}: no {split} records to measure; give the data set some.")


class Novelty(NamedTuple):
    """How unlike the training data new sequences are.

    Attributes
    ----------
    unlike
        float64 (n,): above 1 for one in a hundred of the dataset's own records.
    aspect
        str (n,): in what most, "length", "composition" or "words".
    """

    unlike: np.ndarray
    aspect: np.ndarray


def write_new_predictions(
    path: str | Path,
    ids: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    descriptions: np.ndarray | None = None,
    novelty: Novelty | None = None,
) -> None:
    """Write what models say about new sequences, whose labels nobody knows.

    Parameters
    ----------
    path
        The file to write, a row a sequence: its `id`, its `description` where any says more than
        the id, the most probable class as `predicted`, a column `p_{class}` for each class, and if
        known `unlike` and `unlike_in`.
    ids
        str (n,).
    probabilities
        float64 (n, classes); each row sums to 1.
    classes
        The names of the classes, in the order of the columns.
    descriptions
        str (n,), the whole headers of FASTA or FASTQ, "" where there is none; None: none at all.
    novelty
        How unlike the training data each is; None: not known.
    """
    import pandas as pd

    table = pd.DataFrame({"id": ids})
    if descriptions is not None and ((descriptions != "") & (descriptions != ids)).any():
        table["description"] = descriptions
    table["predicted"] = np.array(classes)[probabilities.argmax(axis=1)]
    for i, name in enumerate(classes):
        table[f"{PROBABILITY}{name}"] = probabilities[:, i]
    if novelty is not None:
        table["unlike"] = novelty.unlike.round(UNLIKE_DIGITS)
        table["unlike_in"] = np.where(novelty.unlike > 1, novelty.aspect, "")
    write_table(path, table)


def read_new_predictions(path: str | Path) -> pd.DataFrame:
    """Read what `write_new_predictions` wrote."""
    required = ["id", "predicted"]
    text = [*required, "description", "unlike_in"]
    return read_table(path, text=text, required=required)


def write_scores(
    path: str | Path,
    ids: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    descriptions: np.ndarray | None = None,
    novelty: Novelty | None = None,
) -> None:
    """Write a part of new predictions as `.npz`; parameters as in `write_new_predictions`."""
    texts = np.zeros(len(ids), dtype="U1") if descriptions is None else descriptions
    arrays = {"ids": ids, "descriptions": texts, "p": probabilities, "classes": np.array(classes)}
    write_arrays(path, arrays if novelty is None else arrays | novelty._asdict())


def join_scores(
    parts: Sequence[str | Path],
) -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray, Novelty | None]:
    """Read what `write_scores` wrote, in order: what `write_new_predictions` takes."""
    scored = [_read_scores(part) for part in parts]
    for path, part in zip(parts, scored, strict=True):
        with reading(path, verified=False):
            same = np.array_equal(part["classes"], scored[0]["classes"])
            values.require(same, "its classes are not those of the other parts")
    ids, probabilities, descriptions = (
        np.concatenate([part[name] for part in scored]) for name in ("ids", "p", "descriptions")
    )
    novelty = None
    if all("unlike" in part for part in scored):
        columns = [np.concatenate([part[name] for part in scored]) for name in Novelty._fields]
        novelty = Novelty(*columns)
    classes = [str(name) for name in scored[0]["classes"]]
    return ids, probabilities, classes, descriptions, novelty


def _read_scores(path: str | Path) -> dict[str, np.ndarray]:
    with reading(path):
        scored = load_arrays(path)
        if scored["p"].shape != scored["ids"].shape + scored["classes"].shape:
            raise ValueError("its arrays do not belong together")
        if scored["descriptions"].shape != scored["ids"].shape:
            raise ValueError("it has not one description for each id")
        values.probabilities(scored["p"], "probabilities")
        if "unlike" in scored:
            same = scored["unlike"].shape == scored["aspect"].shape == scored["ids"].shape
            values.require(same, "its arrays do not belong together")
            values.numbers(scored["unlike"], "unlike", least=0)
    return scored


class Calibration(NamedTuple):
    """How probabilities were calibrated: by class, log p = logit / temperature + bias, less a sum.

    `biases` are in the order of the classes.
    """

    temperature: float
    biases: list[float]


def write_calibration(path: str | Path, calibration: Calibration | None) -> None:
    """Write `calibration.json`: `temperature` and `biases`, null without a calibration."""
    none = dict.fromkeys(Calibration._fields)
    write_json(path, none if calibration is None else calibration._asdict())


def read_calibration(path: str | Path, classes: int | None = None) -> Calibration | None:
    """Read `calibration.json`; None where the probabilities were not calibrated.

    Parameters
    ----------
    path
        The file.
    classes
        How many there are, each with a bias; None: not known.

    Raises
    ------
    UserError
        If the file is damaged or holds impossible values.
    """
    with reading(path):
        content = read_json(path)
        if content["temperature"] is None:
            return None
        found = Calibration(float(content["temperature"]), [float(b) for b in content["biases"]])
        values.numbers(np.array(found.temperature), "temperature", least=1e-9)
        values.numbers(np.array(found.biases), "biases")
        values.require(classes in (None, len(found.biases)), "not one bias for each class")
        return found
