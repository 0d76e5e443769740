"""What the first records of a dataset tell of it as a whole, before a run: classes and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attendna.data import genome, intervals
from attendna.data.label_checks import yaml_text
from attendna.data.parsed import Records
from attendna.data.readers import label
from attendna.data.sources import Reading, Source
from attendna.data.splitting import Division
from attendna.errors import UserError
from attendna.wording import counted


@dataclass(frozen=True)
class Preview:
    """The first records of a file.

    Attributes
    ----------
    source
        The file.
    records
        Sequences, or intervals.
    complete
        Whether these are all.
    """

    source: Source
    records: Records | intervals.Intervals
    complete: bool


def check_places(previews: Sequence[Preview], reading: Reading) -> None:
    """Raise if intervals can't be those of the genome, as far as a moment suffices to look.

    Raises
    ------
    UserError
        See `intervals.check_places`, or if the genome is none.
    """
    placed = [found for found in previews if isinstance(found.records, intervals.Intervals)]
    if not placed:
        return
    lengths, complete = genome.genome_lengths(reading.genome)
    for found in placed:
        intervals.check_places(
            found.records,
            lengths,
            reading.genome,
            reading.missing_contigs,
            complete,
            whole=found.complete,
        )


def check_classes(
    previews: Sequence[Preview],
    joined: Mapping[str, str | None],
    negatives: str | None,
    split: Mapping | None,
) -> None:
    """Raise if the labels are no classes, or too few for a classifier.

    Parameters
    ----------
    previews
        All files of a dataset.
    joined
        See `label_checks.join_labels`.
    negatives
        The class of negatives that will be made; None: none will.
    split
        The settings of the split; None: the records will not be divided, so any number will do.

    Raises
    ------
    UserError
        See `readers.label`; if all records were looked at, also if there is only one class, or one
        with too few records to be divided.
    """
    complete = all(found.complete for found in previews)
    read = [_as_records(found.records) for found in previews]
    files = [found.source for found in previews]
    count = label(read, files, joined, complete).count
    if not complete or split is None:
        return
    names = set(count) | ({negatives} - {None})
    if len(names) < 2:
        raise UserError(
            f"all records have the label {min(names)!r}, and a classifier needs two classes; add a "
            "source with another `label`, or have negatives made by `negatives: {method: "
            "dinucleotide_shuffle, label: background}` in the dataset."
        )
    fixed = any(source.split for source in files) or any("split" in part.fields for part in read)
    wanted = Division(
        fold=1, **{key: split[key] for key in ("test", "validation", "folds", "seed")}
    )
    for name, number in count.items():
        if number < wanted.needed and not fixed:
            raise UserError(
                f"the class {name!r} has {counted(number, 'record')}, too few for "
                f"{wanted.purpose}: at least {wanted.needed} are needed; add records of it, or "
                f"leave it out with `labels: {{{yaml_text(name)}: null}}` in the dataset."
            )


def _as_records(found: Records | intervals.Intervals) -> Records:
    """Return intervals as records without sequences."""
    if isinstance(found, Records):
        return found
    empty = [""] * len(found)
    own = {"label": found.labels} if found.labels else {}
    return Records(ids=list(empty), sequences=empty, lines=found.lines, fields=own)
