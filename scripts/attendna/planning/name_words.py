"""What the names of files and folders say of their records: the class, and the part of a split."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from attendna.data.recognition import ENDINGS
from attendna.data.split_names import PARTS

_LONGEST = 100  # letters of a dataset's name


# Beside `split_names.PARTS`; what is evaluated on is for testing, unless other files are.
_EVALUATION = ("eval", "evaluation")
_MORE = {"trn": "train", "learn": "train", "tst": "test", "heldout": "test"}
_MORE |= dict.fromkeys(_EVALUATION, "test")
_TWO_WORDS = re.compile(  # held_out, test set
    r"(?<![^\W_])(held|hold|train|training|test|validation)[\W_]+(out|set|data)(?![^\W_])",
    re.IGNORECASE,
)
_PART = re.compile(r"(.+?)(?:sets?|data|split|seqs|sequences)")  # trainset, testdata
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=(?:Train|Valid|Test)(?![a-z])|(?:Training|Validation)$)")
# Words before a number that count the files of a class: replicates, folds, chunks.
_COUNTED = "fold|part|chunk|shard|batch|lane|cv|rep|repl|replicate|biorep|techrep"
_COUNTER = re.compile(rf"(?:{_COUNTED})\d+", re.IGNORECASE)
_COUNTS = re.compile(_COUNTED, re.IGNORECASE)


@dataclass(frozen=True)
class FileName:
    """A file's name, taken apart.

    Attributes
    ----------
    words
        Those of its name, without its ending and that of a split.
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


def read_names(paths: Sequence[str], root: str) -> list[FileName]:
    """Take the names of files apart that belong together.

    A word such as dev or val says a part of a split only where another file is for training or
    testing, and eval is validation where others are for testing.
    """
    names = [read_name(path, root) for path in paths]
    parts = {name.part for name in names}
    if not parts & {"train", "test"}:
        return [_take_apart(path, root, {}) for path in paths]
    evaluated = [_says(path, root, _EVALUATION) for path in paths]
    if any(name.part == "test" and not e for name, e in zip(names, evaluated, strict=True)):
        return [
            replace(name, part="validation") if e and name.part == "test" else name
            for name, e in zip(names, evaluated, strict=True)
        ]
    return names


def read_name(path: str, root: str) -> FileName:
    """Take the name of a file apart; `root` is the folder above which nothing counts."""
    return _take_apart(path, root, PARTS | _MORE)


def _take_apart(path: str, root: str, known: Mapping[str, str]) -> FileName:
    above = _folders(path, root)
    words = [piece for word in _words(_stem(PurePath(path).name)) for piece in _CAMEL.split(word)]
    if not any(_part(word, known) for word in words):
        words = _words(_stem(PurePath(path).name))
    found = [_part(name, known) for name in above] + [_part(word, known) for word in words]
    part = next((part for part in reversed(found) if part), None)
    return FileName(
        tuple(word for word in words if part is None or _part(word, known) != part),
        "/".join(name for name in above if _part(name, known) is None),
        part,
    )


def _part(word: str, known: Mapping[str, str]) -> str | None:
    """Return the part of a split that a word says."""
    word = word.lower()
    longer = _PART.fullmatch(word)
    return known.get(word) or (known.get(longer[1].rstrip("_- ")) if longer else None)


def _says(path: str, root: str, words: Collection[str]) -> bool:
    known = dict.fromkeys(words, "test")
    named = [*_folders(path, root), *_words(_stem(PurePath(path).name))]
    return any(_part(word, known) for word in named)


def _folders(path: str, root: str) -> tuple[str, ...]:
    place = PurePath(path)
    return place.relative_to(root).parts[:-1] if place.is_relative_to(root) else ()


def labels_of_names(names: Sequence[FileName]) -> list[str]:
    """Return the class that each of some files is named after; "" where its name says none.

    Words that begin or end all of the names say nothing, and neither do numbers that only count
    the files of a class (`bound_1`, `bound_2`, `unbound_1`; `CTCF_rep1`). One class may be spelled
    in upper and lower case.
    """
    words = _without_counters([_uncounted(name.words) for name in names])
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
    return [word for word in re.split(r"[\W_]+", _TWO_WORDS.sub(r"\1\2", stem)) if word]


def _uncounted(words: tuple[str, ...]) -> tuple[str, ...]:
    """Take out words that count, such as `rep1`, or `rep` and `1`."""
    kept: list[str] = []
    for word in words:
        if word.isdigit() and kept and _COUNTS.fullmatch(kept[-1]):
            kept.pop()
        elif not _COUNTER.fullmatch(word):
            kept.append(word)
    return tuple(kept)


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
