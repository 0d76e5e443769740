"""What the names of classes tell: two spellings of one, and which is the absence of something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attendna.data.label_checks import check_labels
from attendna.errors import UserError, shown
from attendna.wording import either

# Words in the name of a class that is rather the absence of something.
ABSENT = {"other", "others", "rest", "random", "shuffled", "false", "bg", "absent", "decoys"}
ABSENT |= {"negative", "negatives", "neg", "control", "controls", "background", "non", "no", "not"}
_ABSENT = re.compile(r"non|neg|control|background|un(?!i)")  # how the first word begins
_OPPOSITE = re.compile(r"(?:un|in|non|not|no)[\W_]*")  # before the name of the other class
_GUESSED = "; this is a guess, so check it"
MOST_LABELS = 100  # that are compared with each other
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def alike(labels: Sequence[str]) -> dict[str, str]:
    """Return which labels are another one in another spelling, as 1.0 is 1, and which that is."""
    joined: dict[str, str] = {}
    names: list[str] = []
    # The spelling first that a class is best called by: short, in lower case.
    for label in sorted(labels, key=lambda text: (len(text), text != text.lower(), text)):
        for name in names if len(labels) <= MOST_LABELS else []:
            try:
                check_labels({name: 1, label: 1})
            except UserError:
                joined[label] = name
                break
        else:
            names.append(label)
    return joined


def choose_positive(count: dict[str, int]) -> tuple[str, str]:
    """Choose the positive one of two classes.

    Parameters
    ----------
    count
        The records of each.

    Returns
    -------
    positive, reason
        The class, and a sentence without a stop that says why.
    """
    first, second = count
    if _NUMBER.fullmatch(first) and _NUMBER.fullmatch(second):
        positive = max(count, key=float)
        return positive, f"it is the larger number of {either(sorted(count, key=float))}"
    absent = [label for label in count if is_absence(label, count)]
    if len(absent) == 1:
        positive = second if absent[0] == first else first
        return positive, f"{shown(absent[0], 60)} is, by its name, the absence of it"
    if count[first] != count[second]:
        return min(count, key=count.__getitem__), f"it has fewer records{_GUESSED}"
    return first, f"it comes first{_GUESSED}"


def is_absence(label: str, classes: Iterable[str] = ()) -> bool:
    """Whether a class is rather the absence of something, as far as its name tells.

    `classes` are all: inactive is the absence of active, and inducible is none.
    """
    name = label.lower()
    words = re.findall(r"[^\W_]+", name)
    if not ABSENT.isdisjoint(words) or (words and _ABSENT.match(words[0])):
        return True
    opposite = _OPPOSITE.match(name)
    return opposite is not None and name[opposite.end() :] in [other.lower() for other in classes]
