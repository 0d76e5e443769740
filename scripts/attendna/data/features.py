"""Simple features of sequences, by which classes can be told apart without any biology.

Numbers of each record, letters at each position, and how records begin and end. Everything is
counted over portions of the records, so that memory is that of the numbers that are returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from attendna import dna, mapped
from attendna.dna import BASES

AT_ONCE = 1 << 21  # letters that are looked at at once
LETTERS = [*BASES, "N", "another ambiguous letter"]  # what can stand at a position
UNKNOWN, OTHER = 4, 5  # their indices behind those of the bases
MOST_POSITIONS = 5_000  # that are looked at from an end
SHORTEST_END = 4  # letters; how records begin with fewer is seen position by position
LONGEST_END = 256
COMMON = 0.01  # share of the records from which on a beginning is looked at
FEWEST = 10  # records, likewise
SAME = 0.98  # of the records that share a beginning: if more go on alike, the longer one counts


def _code_table() -> np.ndarray:
    """uint8 (256,): the index in `LETTERS` of each letter."""
    table = np.full(256, OTHER, dtype=np.uint8)
    for code, letter in enumerate([*BASES, "N"]):
        table[ord(letter)] = code
    table[ord("U")] = table[ord("T")]
    return table


CODES = _code_table()


class Text(NamedTuple):
    """Sequences, one after another.

    Attributes
    ----------
    letters
        uint8 (letters,), upper-case IUPAC in ASCII; of many records mapped from a file.
    starts, lengths
        int64 (n,): where each begins, and how many letters it has.
    """

    letters: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, sequences: Sequence[str]) -> Text:
        """Return the letters of sequences, upper-case IUPAC of any length."""
        lengths = dna.lengths(sequences)
        ends = np.cumsum(lengths)
        letters = mapped.zeros(int(lengths.sum()), np.uint8)
        for first in range(0, len(sequences), dna.RECORDS_AT_ONCE):
            some = sequences[first : first + dna.RECORDS_AT_ONCE]
            found = dna.joined_letters(some)
            end = ends[first + len(some) - 1]
            letters[end - len(found) : end] = found
        return cls(letters, ends - lengths, lengths)

    def only(self, kept: np.ndarray) -> Text:
        """Return some of the sequences; bool (n,)."""
        lengths = self.lengths[kept]
        letters, end = mapped.zeros(int(lengths.sum()), np.uint8), 0
        for portion in self.portions():
            some = self.letters[self._within(portion)]
            some = some[np.repeat(kept[portion], self.lengths[portion])]
            letters[end : end + len(some)] = some
            end += len(some)
        return Text(letters, np.cumsum(lengths) - lengths, lengths)

    def portions(self, width: int | None = None) -> Iterator[slice]:
        """Yield slices of the records, of about `AT_ONCE` letters each, or rows of a width."""
        n = len(self.starts)
        first = 0
        while first < n:
            if width is None:
                last = np.searchsorted(self.starts, self.starts[first] + AT_ONCE, side="right") - 1
            else:
                last = first + AT_ONCE // max(width, 1)
            last = min(max(int(last), first + 1), n)
            yield slice(first, last)
            first = last

    def codes(self, portion: slice) -> np.ndarray:
        """Return the index in `LETTERS` of each letter of some records, uint8."""
        return CODES[self.letters[self._within(portion)]]

    def _within(self, portion: slice) -> slice:
        """Return where the letters of some records are."""
        last = portion.stop - 1
        return slice(self.starts[portion.start], self.starts[last] + self.lengths[last])


# ------------------------------------------------------------------------------ numbers


def composition(text: Text) -> dict[str, np.ndarray]:
    """Return the share of each base, of each pair of bases, and of ambiguous letters.

    Parameters
    ----------
    text
        n records, none empty.

    Returns
    -------
    dict
        float32 (n,) each. A, C, G, T: of the letters that are one of these. AA to TT: of the pairs
        of neighbours that are both. "N" and "other": of all letters. A share of nothing is NaN.
    """
    n, width = len(text.starts), len(LETTERS)
    pairs = [first + second for first in BASES for second in BASES]
    names = [*BASES, *pairs, "N", "other"]
    found = dict(zip(names, mapped.zeros((len(names), n), np.float32), strict=True))
    for portion in text.portions():
        codes, records = text.codes(portion), portion.stop - portion.start
        owner = np.repeat(np.arange(records), text.lengths[portion])
        singles = np.bincount(owner * width + codes, minlength=records * width)
        singles = singles.reshape(records, width)
        neighbours = (owner[1:] == owner[:-1]) & (codes[1:] < 4) & (codes[:-1] < 4)
        kinds = (owner[:-1] * 4 + codes[:-1]) * 4 + codes[1:]
        doubles = np.bincount(kinds[neighbours], minlength=records * 16).reshape(records, 16)
        known, both = singles[:, :4].sum(axis=1), doubles.sum(axis=1)
        for i, base in enumerate(BASES):
            found[base][portion] = _share(singles[:, i], known)
        for i, name in enumerate(pairs):
            found[name][portion] = _share(doubles[:, i], both)
        found["N"][portion] = _share(singles[:, UNKNOWN], text.lengths[portion])
        found["other"][portion] = _share(singles[:, OTHER], text.lengths[portion])
    return found


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    share = np.full(len(part), np.nan, dtype=np.float32)
    return np.divide(part, whole, out=share, where=whole > 0, casting="unsafe")


def place_of_unknown(text: Text) -> dict[str, np.ndarray]:
    """Return where in each record N stands.

    Parameters
    ----------
    text
        n records, none empty.

    Returns
    -------
    dict
        float32 (n,) each. "start", "end": how many N the record begins and ends with. "place":
        the mean place of its N from 0, its start, to 1; 0.5 without any.
    """
    n = len(text.starts)
    found = {name: np.zeros(n, dtype=np.float32) for name in ("start", "end")}
    found["place"] = np.full(n, 0.5, dtype=np.float32)
    for portion in text.portions():
        codes, lengths = text.codes(portion), text.lengths[portion]
        begins = text.starts[portion] - text.starts[portion.start]
        known = np.append(np.append(-1, np.flatnonzero(codes != UNKNOWN)), len(codes))
        after = known[np.searchsorted(known, begins)]
        before = known[np.searchsorted(known, begins + lengths) - 1]
        found["start"][portion] = np.minimum(after - begins, lengths)
        found["end"][portion] = np.minimum(begins + lengths - 1 - before, lengths)
        at = np.flatnonzero(codes == UNKNOWN)
        owner = np.searchsorted(begins, at, side="right") - 1
        count = np.bincount(owner, minlength=len(begins))
        total = np.bincount(owner, at - begins[owner] + 0.5, minlength=len(begins))
        some = count > 0
        found["place"][portion][some] = total[some] / count[some] / lengths[some]
    return found


# ------------------------------------------------------------------------------ positions


def letters_at_positions(
    text: Text, y: np.ndarray, classes: int, positions: int, from_end: bool = False
) -> np.ndarray:
    """Count the letters at each position, by class.

    Parameters
    ----------
    text
        n records.
    y
        int (n,): the class of each.
    classes
        Their number.
    positions
        How many to look at.
    from_end
        Whether to count positions from the last letter back.

    Returns
    -------
    numpy.ndarray
        int64 (classes, positions, 6), the letters as in `LETTERS`. Records that have no such
        position are not counted there.
    """
    counts = np.zeros((classes, positions, len(LETTERS)), dtype=np.int64)
    steps = np.arange(positions)
    nothing = len(LETTERS)
    for portion in text.portions(positions):
        codes, lengths = text.codes(portion), text.lengths[portion, None]
        begins = text.starts[portion, None] - text.starts[portion.start]
        if (lengths == positions).all():
            rows = codes.reshape(-1, positions)
            rows = rows[:, ::-1] if from_end else rows
        else:
            at = begins + (lengths - 1 - steps if from_end else steps)
            inside = steps < lengths
            rows = np.where(inside, codes[np.where(inside, at, 0)], np.uint8(nothing))
        for number in np.unique(y[portion]):
            own = rows[y[portion] == number]
            for code in range(nothing):
                counts[number, :, code] += np.count_nonzero(own == code, axis=0)
    return counts


class Stretch(NamedTuple):
    """Positions at which nearly all records have the same letter.

    Attributes
    ----------
    first, last
        Counted from 1, at the end of the records if `from_end` (1 is the last letter).
    letters
        In the direction of reading.
    share
        The smallest share, over these positions, of the records that have the letter.
    from_end
        Whether positions are counted from the end.
    """

    first: int
    last: int
    letters: str
    share: float
    from_end: bool


def constant_stretches(
    counts: np.ndarray, share: float, at_end: int, anywhere: int, from_end: bool
) -> list[Stretch]:
    """Find stretches in which all classes have the same letters.

    Parameters
    ----------
    counts
        See `letters_at_positions`.
    share
        Of the records of every class that have the letter, at least.
    at_end, anywhere
        The shortest stretch at the end from which positions are counted, and elsewhere.
    from_end
        As the letters were counted.
    """
    reach = counts.sum(axis=2)
    together = counts.sum(axis=0)
    letter = together[:, : UNKNOWN + 1].argmax(axis=1)
    own = np.take_along_axis(counts, letter[None, :, None], axis=2)[:, :, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.min(own / reach, axis=0)  # NaN where a class has no such position
    constant = np.append(alike >= share, False)
    found, first = [], 0
    for position, same in enumerate(constant.tolist()):
        if same:
            continue
        length = position - first
        if length >= (at_end if first == 0 else anywhere):
            names = "".join(LETTERS[code] for code in letter[first:position])
            names = names[::-1] if from_end else names
            least = float(alike[first:position].min())
            found.append(Stretch(first + 1, position, names, least, from_end))
        first = position + 1
    return found


# ------------------------------------------------------------------------------ ends


def common_ends(
    text: Text, y: np.ndarray, classes: int, from_end: bool = False
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the beginnings, or endings, that many records share, whatever their class.

    Which these are does not depend on the classes, so that tests of them are honest. Letter by
    letter, beginnings of fewer records than `COMMON` are dropped; of one that goes on alike in
    nearly all of its records only the longer one counts.

    Parameters
    ----------
    text
        n records.
    y
        int (n,): the class of each.
    classes
        Their number.
    from_end
        Whether to look at how records end.

    Yields
    ------
    letters
        At least `SHORTEST_END`, in the direction of reading.
    counts
        int (classes,): the records of each class that begin, or end, so.
    """
    floor = max(FEWEST, int(np.ceil(COMMON * len(text.starts))))
    records = np.arange(len(text.starts))
    group, names, sizes = np.zeros(len(records), np.int64), [""], np.array([len(records)])
    for depth in range(LONGEST_END + 1):
        at, longer = _letters_at(text, records, depth, from_end)
        path = group[longer] * 4 + at
        children = np.bincount(path, minlength=4 * len(names)).reshape(-1, 4)
        last = depth == LONGEST_END
        ends = (children.max(axis=1) < np.maximum(SAME * sizes, floor)) | last
        for number in np.flatnonzero(ends) if depth >= SHORTEST_END else ():
            yield names[number], np.bincount(y[records[group == number]], minlength=classes)
        kept = np.flatnonzero(children.ravel() >= floor)
        if last or not len(kept):
            return
        number = np.full(children.size, -1)
        number[kept] = np.arange(len(kept))
        renamed = number[path]
        records, group = records[longer][renamed >= 0], renamed[renamed >= 0]
        sizes = children.ravel()[kept]
        grown = [(names[k // 4], BASES[k % 4]) for k in kept.tolist()]
        names = [base + name if from_end else name + base for name, base in grown]


def _letters_at(
    text: Text, records: np.ndarray, depth: int, from_end: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bases of some records at a position, and which records have a base there."""
    lengths = text.lengths[records]
    there = np.flatnonzero(lengths > depth)
    at = text.starts[records[there]]
    at = at + (lengths[there] - 1 - depth if from_end else depth)
    codes = CODES[text.letters[at]]
    base = codes < 4
    return codes[base].astype(np.int64), there[base]
