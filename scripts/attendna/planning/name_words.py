"""What the names of files and folders say of their records: the class, and the part of a split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from attendna.data.recognition import ENDINGS
from attendna.data.split_names import PARTS

_LONGEST = 100  # letters of a dataset's name


@dataclass(frozen=True)
class FileName:
    """A file's name, taken apart.

    Attributes
    ----------
    words
        Those of its name, without its ending and those of a split.
    folder
        The folders above it, below the one that was given, without those of a split.
    part
        The part of the split that the name or a folder says: train, validation or test; None:
        neither does.
    """

    words: tuple[str, ...]
    folder: str
    part: str | None

    @property
    def above(self) -> tuple[str, ...]:
        """The words of the folders."""
        return tuple(_words(self.folder))


def read_name(path: str, root: str) -> FileName:
    """Take the name of a file apart; `root` is the folder above which nothing counts."""
    place = PurePath(path)
    above = place.relative_to(root).parts[:-1] if place.is_relative_to(root) else ()
    found = [PARTS[name.lower()] for name in above if name.lower() in PARTS]
    words = _words(_stem(place.name))
    found += [PARTS[word.lower()] for word in words if word.lower() in PARTS]
    return FileName(
        tuple(word for word in words if word.lower() not in PARTS),
        "/".join(name for name in above if name.lower() not in PARTS),
        found[-1] if found else None,
    )


def labels_of_names(names: Sequence[FileName]) -> list[str]:
    """Return the class that each of some files is named after; "" where its name says none.

    Words that begin or end all of the names say nothing, and neither do numbers that only count
    the files of a class (`bound_1`, `bound_2`, `unbound_1`). One class may be spelled in upper and
    lower case.
    """
    words = _without_counters([name.words for name in names])
    words = _without_common(words, first=True)
    words = _without_common(words, first=False)
    spelled: dict[str, str] = {}
    labels = ["_".join(found) for found in words]
    return [spelled.setdefault(label.lower(), label) for label in labels]


def plain_name(text: str, taken: Iterable[str]) -> str:
    """Return a name that a dataset can have, after a text, and that is not taken."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")[: _LONGEST - 4] or "data"
    name, number = plain, 2
    while name in set(taken):
        name, number = f"{plain}_{number}", number + 1
    return name


def _stem(name: str) -> str:
    stem = name[: -len(".gz")] if name.lower().endswith(".gz") else name
    ending = PurePath(stem).suffix
    return stem[: -len(ending)] if ending.lower() in (*ENDINGS, ".txt") else stem


def _words(stem: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", stem) if word]


def _without_counters(names: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Take numbers off the ends, if that leaves two classes and files that share one."""
    shorter = [words[:-1] if len(words) > 1 and words[-1].isdigit() else words for words in names]
    return shorter if 2 <= len(set(shorter)) < len(set(names)) else names


def _without_common(names: list[tuple[str, ...]], first: bool) -> list[tuple[str, ...]]:
    """Take off the words that all names begin with, or end with, while some word is left."""
    place, rest = (0, slice(1, None)) if first else (-1, slice(None, -1))
    while len(set(names)) > 1 and min(map(len, names)) > 1:
        if len({words[place].lower() for words in names}) > 1:
            break
        names = [words[rest] for words in names]
    return names
