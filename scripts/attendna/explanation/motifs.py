"""A motif that a network learned: its matrix, and where it occurs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attendna.dna import BASES


@dataclass(frozen=True, eq=False)
class Motif:
    """A motif and where it occurs.

    Attributes
    ----------
    name
        Such as "positive_1": the class and a number, the motif that explains most first.
    label
        The class that it speaks for.
    method
        What proposed it: "tfmodisco", "kmers" or "places".
    counts
        float (width, 4): how many sites hold A, C, G and T.
    contributions
        float (width, 4): the mean over the sites of what each base contributes.
    records
        int64 (sites,), among those that were explained.
    starts
        int64 (sites,): the leftmost base.
    strands
        str (sites,): "+" or "-".
    evidence
        float (sites,): what the site contributes to the class.
    """

    name: str
    label: str
    method: str
    counts: np.ndarray
    contributions: np.ndarray
    records: np.ndarray
    starts: np.ndarray
    strands: np.ndarray
    evidence: np.ndarray

    @property
    def width(self) -> int:
        """Its bases."""
        return len(self.counts)

    @property
    def sites(self) -> int:
        """How many sites it has."""
        return len(self.records)

    @property
    def probabilities(self) -> np.ndarray:
        """float64 (width, 4): the shares of the bases; rows sum to 1."""
        return self.counts / self.counts.sum(axis=1, keepdims=True)

    @property
    def consensus(self) -> str:
        """Its letters: upper case from a share of 1/2 on, lower case where none reaches that."""
        best = self.probabilities.argmax(axis=1)
        share = self.probabilities.max(axis=1)
        letters = [
            BASES[i] if p >= 0.5 else BASES[i].lower() for i, p in zip(best, share, strict=True)
        ]
        return "".join(letters)

    @property
    def information(self) -> float:
        """Information content in bits, against equal shares, as in a sequence logo."""
        return float(column_information(self.probabilities, np.full(4, 0.25)).sum())


def column_information(probabilities: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return the relative entropy of each column, in bits.

    Parameters
    ----------
    probabilities
        float (width, 4).
    background
        float (4,), above 0.
    """
    ratio = np.where(probabilities > 0, probabilities / background, 1.0)
    return (probabilities * np.log2(ratio)).sum(axis=1)
