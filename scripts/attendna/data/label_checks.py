"""What labels may mean other than they say: one class in two spellings, numbers, missing values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from attendna.data.parsed import Records
from attendna.errors import UserError, shown
from attendna.wording import are, counted, listed

MISSING = frozenset({"na", "n/a", "#n/a", "nan", "null", "none", "<na>", "nil"})
MOST_NUMBERS = 20  # different ones: so many were measured
CODES = 10  # records of each class: then 0, 1, 2, ... are their names all the same
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MEASURED = re.compile(_NUMBER.pattern.replace(r"\.", "[.,]") + "%?")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*|0|[1-9][0-9]*")
_YAML = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def looks_missing(text: str | None) -> bool:
    """Whether a label or a group reads like a value that is missing."""
    return text is not None and text.lower() in MISSING


def join_labels(
    records: Records, label: str | None, joined: Mapping[str, str | None], path: str
) -> Records:
    """Return the records of a file under the labels that the config wants.

    Parameters
    ----------
    records
        Not changed.
    label
        Of all records, which then have no field `label`; None: each has its own.
    joined
        From labels, "" for a missing one, to the class that they belong to, or None to leave
        their records out; others stay as they are.
    path
        What errors call the file.

    Raises
    ------
    UserError
        If a record has no label.
    """
    if label is not None:
        out = [label in joined and joined[label] is None] * len(records.ids)
        return _without(records, out, [label] * len(records.ids), path) if any(out) else records
    own = [text or "" for text in records.fields["label"]]
    labels = [joined.get(text, text) for text in own]
    empty = [i for i, text in enumerate(labels) if text == ""]
    if empty:
        more = f" ({len(empty):,} such records)" if len(empty) > 1 else ""
        raise UserError(
            f"{path}, line {records.lines[empty[0]]}: the record has no label{more}; fill it in, "
            "or leave such records out with `labels: {'': null}` in the dataset."
        )
    records = replace(records, fields=records.fields | {"label": labels})
    out = [text is None for text in labels]
    return _without(records, out, own, path) if any(out) else records


def _without(records: Records, out: Sequence[bool], own: Sequence[str], path: str) -> Records:
    """Return the records that stay, with a note about those that go."""

    def kept(values: Sequence) -> list:
        return [value for value, gone in zip(values, out, strict=True) if not gone]

    count = Counter(shown(text, 40) for text, gone in zip(own, out, strict=True) if gone)
    named = listed([f"{name} {number:,}" for name, number in count.most_common()])
    total = count.total()
    message = f"{counted(total, 'record')} of {path} {are(total)} left out by the label: {named}."
    return Records(
        ids=kept(records.ids),
        sequences=kept(records.sequences),
        lines=kept(records.lines),
        lower_case=kept(records.lower_case) if records.lower_case else [],
        fields={role: kept(values) for role, values in records.fields.items()},
        notes=[*records.notes, {"severity": "note", "message": message}],
    )


def check_joined(found: Counter[str], joined: Mapping[str, str | None]) -> None:
    """Raise if the config joins or drops a label that no record has.

    Parameters
    ----------
    found
        The labels of all records as they stand in the files, "" for missing ones.
    joined
        See `join_labels`.

    Raises
    ------
    UserError
        If there is such a label.
    """
    unknown = [label for label in joined if label not in found]
    if unknown:
        there = listed([shown(label, 40) for label in sorted(found)])
        raise UserError(
            f"labels: no record has the label {shown(unknown[0])} (the labels are {there}); "
            "correct it or take it out."
        )


def check_labels(count: Mapping[str, int], complete: bool = True) -> None:
    """Raise if labels are classes in several spellings, or numbers that were measured.

    Parameters
    ----------
    count
        The records of each label.
    complete
        Whether these are all records: else whole numbers may be codes of classes all the same.

    Raises
    ------
    UserError
        If there are such labels; the sentence proposes the setting `labels`.
    """
    spellings: dict[str | float, list[str]] = {}
    for label in count:
        spellings.setdefault(_meaning(label), []).append(label)
    if _are_measured(count, complete):
        examples = listed([shown(label) for label in sorted(count)], 3)
        raise UserError(
            f"labels: {len(count):,} different numbers, such as {examples}: these are numbers, not "
            "classes; divide them into bins such as low and high, write the bin of each record in "
            "a column of the table, and name that column as `columns: {label: NAME}` (regression, "
            "which predicts the numbers themselves, is not supported yet)."
        )
    alike = {min(names, key=_as_name): names for names in spellings.values() if len(names) > 1}
    if alike:
        pairs = listed([" and ".join(map(repr, sorted(names))) for names in alike.values()])
        setting = listed(
            [f"{yaml_text(name)}: [{_list(names)}]" for name, names in sorted(alike.items())], 20
        )
        raise UserError(
            f"labels: {pairs} differ in spelling alone; write `labels: {{{setting}}}` in the "
            "dataset to join them or, if they are classes of their own, to give them other names."
        )


def _meaning(label: str) -> str | float:
    """Return what spellings of one label have in common."""
    text = "".join(label.casefold().split())
    return float(text) if _NUMBER.fullmatch(text) else text


def _as_name(label: str) -> tuple:
    """Sort the spelling first that a class is best called by: short, in lower case."""
    return len(label), label != label.lower(), label


def _are_measured(count: Mapping[str, int], complete: bool) -> bool:
    numbers = {label: number for label, number in count.items() if not looks_missing(label)}
    if len(numbers) < MOST_NUMBERS or not all(map(_MEASURED.fullmatch, numbers)):
        return False
    if not complete:
        return not all(map(str.isdigit, numbers))
    codes = [{str(first + i) for i in range(len(numbers))} for first in (0, 1)]
    return numbers.keys() not in codes or min(numbers.values()) < CODES


def _list(names: Sequence[str]) -> str:
    return ", ".join(yaml_text(name) for name in sorted(names))


def yaml_text(text: str) -> str:
    """Return a text as one writes it in YAML, in quotes where it would be something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _YAML:
        return text
    return "'" + text.replace("'", "''") + "'"


def about_missing(count: Mapping[str, int]) -> Iterator[dict[str, str]]:
    """Ask of labels that read like missing values whether they are."""
    for label, number in count.items():
        if looks_missing(label):
            yield {
                "severity": "warning",
                "message": f"The label {label!r} of {counted(number, 'record')} reads like a "
                f"missing value: is it one? Then leave them out with `labels: "
                f"{{{yaml_text(label)}: null}}`.",
            }


def without_missing_groups(records: Records, path: str) -> Iterator[dict[str, str]]:
    """Take groups that read like missing values for none, in place, and say so."""
    groups = records.fields.get("group", [])
    wrong = Counter(group for group in groups if looks_missing(group))
    if wrong:
        records.fields["group"] = [None if group in wrong else group for group in groups]
        named = listed([f"{group!r} {number:,}" for group, number in wrong.most_common()])
        yield {
            "severity": "warning",
            "message": f"{counted(wrong.total(), 'record')} of {path} with a group that reads like "
            f"a missing value ({named}) count as having no group: is it one? If not, rename it.",
        }
