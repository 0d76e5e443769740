"""Filters pooled in overlapping windows, each response computed once for all windows that hold it.

A response depends on the bases below a filter alone, so windows that overlap have most of theirs
in common. What differs are the ends: a network that sees a window knows nothing beside it, so the
filters that reach over an end respond to fewer bases there. These few are corrected for each
window. Without a prior over places, the sums of a window are those of its blocks of a step; with
one, each block is summed once for each place that it can have in a window.
"""

from __future__ import annotations

import numpy as np

from attendna.explanation.mutagenesis import Scale

# A sum below this, of terms whose highest in the stretch is 1, has lost digits in single precision.
LEAST = 1e-30


class SharedScale:
    """The filters of one scale, pooled in windows at a step.

    Parameters
    ----------
    scale
        The filters.
    length
        Bases of a window, at least those that a filter sees.
    step
        Bases between the starts of windows.

    Raises
    ------
    ValueError
        If the filters see more than a window.
    """

    def __init__(self, scale: Scale, length: int, step: int) -> None:
        if scale.width > length:
            raise ValueError(f"filters of {scale.width} bases in windows of {length}")
        self.length, self.step = length, step
        self.left, self.right = scale.left, scale.width - 1 - scale.left
        kernel = scale.kernel.astype(np.float32)  # (width, 4, filters)
        self.width, _, self.filters = kernel.shape
        self.matrix = np.ascontiguousarray(kernel.transpose(2, 1, 0).reshape(self.filters, -1))
        self.prior = None
        if scale.offset.ndim == 2:
            highest = scale.offset.max(axis=0)  # (filters,)
            self.constant = highest.astype(np.float32)
            self.prior = np.exp(scale.offset - highest).astype(np.float32).T  # (filters, length)
        else:
            self.constant = scale.offset.astype(np.float32)
        self.before = _beyond_start(kernel, self.left)
        self.behind = _beyond_end(kernel, self.right)
        self._plan_blocks()

    def _plan_blocks(self) -> None:
        """Say how the inner places of a window, which see no end of it, fall into blocks."""
        inner = self.length - self.width + 1
        self.blocks = -(-inner // self.step)
        if self.prior is None:
            # The sum of a whole block, and that of the part of the last one that is inside.
            rest = inner - (self.blocks - 1) * self.step
            self.block_sums = np.ones((2, self.step), np.float32)
            self.block_sums[1, rest:] = 0
            return
        weights = np.zeros((self.filters, self.blocks * self.step), np.float32)
        weights[:, :inner] = self.prior[:, self.left : self.left + inner]
        self.block_sums = weights.reshape(self.filters, self.blocks, self.step)

    def totals(self, bases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the pooled scores of all windows of a stretch.

        Parameters
        ----------
        bases
            float32 (4, letters), the fractions of each base; of `length` and some steps more.

        Returns
        -------
        totals, sound
            float32 (filters, windows), the logsumexp of the scores; bool (windows,), False where
            single precision does not suffice.
        """
        letters = bases.shape[1]
        windows = (letters - self.length) // self.step + 1
        padded = np.pad(bases, ((0, 0), (self.left, self.right)))
        below = np.lib.stride_tricks.sliding_window_view(padded, letters, axis=1)
        responses = self.matrix @ below.reshape(-1, letters)  # (filters, letters)
        highest = responses.max(axis=1, keepdims=True)
        responses -= highest
        sums = self._inner(responses, windows)
        ends = [(self.before, 0, 0)]
        ends += [(self.behind, self.left + self.length, self.length - self.right)]
        for matrix, first_base, first_place in ends:
            self._add_ends(sums, responses, padded, matrix, first_base, first_place)
        with np.errstate(divide="ignore", invalid="ignore"):
            totals = highest + np.log(sums) + self.constant[:, None]
        return totals, ((sums > LEAST) & np.isfinite(sums)).all(axis=0)

    def _inner(self, responses: np.ndarray, windows: int) -> np.ndarray:
        """Sum the exponentials at the places that see no end: float32 (filters, windows)."""
        count = windows - 1 + self.blocks
        terms = np.zeros((self.filters, count * self.step), np.float32)
        there = min(responses.shape[1] - self.left, terms.shape[1])
        np.exp(responses[:, self.left : self.left + there], out=terms[:, :there])
        by_place = terms.reshape(self.filters, count, self.step).transpose(0, 2, 1)
        sums = np.matmul(self.block_sums, by_place)  # (filters, 2 or blocks, count)
        if self.prior is None:
            whole, last = sums[:, 0], sums[:, 1, self.blocks - 1 :]
            return last + _running_sums(whole, self.blocks - 1, windows)
        total = sums[:, 0, :windows].copy()
        for block in range(1, self.blocks):
            total += sums[:, block, block : block + windows]
        return total

    def _add_ends(
        self,
        sums: np.ndarray,
        responses: np.ndarray,
        padded: np.ndarray,
        matrix: np.ndarray,
        first_base: int,
        first_place: int,
    ) -> None:
        """Add the terms of the places that see one end of their window.

        Parameters
        ----------
        sums
            float32 (filters, windows), to which they are added.
        responses
            float32 (filters, letters), with what is beyond the end.
        padded
            float32 (4, letters and margins).
        matrix
            float32 (places * filters, bases * 4): what the bases beyond the end add.
        first_base, first_place
            Of the first window: the first base beyond the end, in `padded`, and the first place.
        """
        windows, count = sums.shape[1], matrix.shape[1] // 4
        if not count:
            return
        span = (windows - 1) * self.step + 1
        beyond = np.empty((4, count, windows), np.float32)
        for base in range(count):
            first = first_base + base
            beyond[:, base] = padded[:, first : first + span : self.step]
        added = (matrix @ beyond.reshape(-1, windows)).reshape(count, self.filters, windows)
        for place in range(count):
            first = first_place + place
            terms = responses[:, first : first + span : self.step] - added[place]
            with np.errstate(over="ignore"):
                np.exp(terms, out=terms)
            if self.prior is not None:
                terms *= self.prior[:, first, None]
            sums += terms


def _running_sums(values: np.ndarray, count: int, windows: int) -> np.ndarray:
    """Sum so many neighbours from each of the first `windows` on; values (filters, all).

    By runs of 1, 2, 4 ... neighbours: no difference of large sums, in which small ones are lost.
    """
    total = np.zeros((len(values), windows), values.dtype)
    run, size, done = values, 1, 0
    while done < count:
        if (count & size) != 0:
            total += run[:, done : done + windows]
            done += size
        if done < count:
            run = run[:, :-size] + run[:, size:]
            size *= 2
    return total


def _beyond_start(kernel: np.ndarray, left: int) -> np.ndarray:
    """Return what the bases before a window add to its first places: (left * filters, 4 left)."""
    _, bases, filters = kernel.shape
    matrix = np.zeros((left, filters, bases, left), np.float32)
    for place in range(left):
        for base in range(place, left):  # counted from the first that any filter sees
            matrix[place, :, :, base] = kernel[base - place].T
    return matrix.reshape(left * filters, bases * left)


def _beyond_end(kernel: np.ndarray, right: int) -> np.ndarray:
    """Return what the bases behind a window add to its last places: (right * filters, 4 right)."""
    width, bases, filters = kernel.shape
    matrix = np.zeros((right, filters, bases, right), np.float32)
    for place in range(right):
        for base in range(place + 1):
            matrix[place, :, :, base] = kernel[width - 1 - (place - base)].T
    return matrix.reshape(right * filters, bases * right)
