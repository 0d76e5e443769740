"""The Bayes-optimal classifier of simulated sequences: nobody can do better on average.

A simulation states how its records are made, so the probability of every sequence under every
class is known, and Bayes' rule gives the exact posterior.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from attendna.dna import BASES, ENCODING, IUPAC
from attendna.simulation.arrangements import Scores, log_room, log_sum, states
from attendna.simulation.background import Background
from attendna.simulation.grammar import Matrix
from attendna.simulation.specification import ClassSpec, Simulation

CHUNK_BASES = 2**18  # what is worked on at once: small enough to stay in the cache


def posterior(sequences: np.ndarray, simulation: Simulation) -> np.ndarray:
    """Return the probability of each class, given a sequence.

    The prior of a class is its share of the simulation's records.

    Parameters
    ----------
    sequences
        uint8 (n, length): ASCII A, C, G, T, of the simulation's length.
    simulation
        How the sequences were made.

    Returns
    -------
    numpy.ndarray
        float64 (n, classes), in the order of the simulation; rows sum to 1, or are nan where no
        class can make the sequence.
    """
    with np.errstate(divide="ignore"):  # a class without records has log prior -inf
        log_prior = np.log(simulation.counts / simulation.sequences)
    log_joint = log_likelihood_ratios(sequences, simulation) + log_prior
    highest = log_joint.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # -inf - -inf: no class can make it
        joint = np.exp(log_joint - highest)
    return joint / joint.sum(axis=1, keepdims=True)


def log_likelihood_ratios(sequences: np.ndarray, simulation: Simulation) -> np.ndarray:
    """Return log p(sequence | class) - log p(sequence | background) for each class.

    Where the classes have elements, this is the log of the mean over all arrangements of their
    sites (`arrangements`) of the product over sites of p(its bases | matrix) / p(its bases |
    background, given the bases before), since what stands left of a base decides what it is drawn
    from and nothing else does.

    Else, a motif m that is planted at one of the S = length - |m| + 1 starts replaces bases of
    probability 1/4 by bases of probability 1 / (bases that the letter allows). So the ratio is
    (1 - planted) + planted * mean over motifs of mean over starts of the product over letters of
    [the base is allowed] * 4 / (bases that the letter allows). In logarithms, since a motif of a
    thousand letters would overflow.

    Parameters
    ----------
    sequences
        uint8 (n, length): ASCII A, C, G, T, of the simulation's length.
    simulation
        How the sequences were made.

    Returns
    -------
    numpy.ndarray
        float64 (n, classes); -inf where the class can't make the sequence.
    """
    if simulation.background is not None:
        return _with_elements(sequences, simulation)
    ratios = np.empty((len(sequences), len(simulation.classes)))
    rows = max(1, CHUNK_BASES // simulation.length)
    motifs = {motif for spec in simulation.classes for motif in spec.motifs}
    for start in range(0, len(sequences), rows):
        chunk = sequences[start : start + rows]
        occurrences = count_occurrences(chunk, motifs)
        for i, spec in enumerate(simulation.classes):
            ratios[start : start + rows, i] = _log_ratio(spec, occurrences, chunk.shape)
    return ratios


def _with_elements(sequences: np.ndarray, simulation: Simulation) -> np.ndarray:
    """float64 (n, classes): log ratios by the forward algorithm."""
    length = simulation.length
    ratios = np.empty((len(sequences), len(simulation.classes)))
    for i, spec in enumerate(simulation.classes):
        ratios[:, i] = -log_room(spec.units, length)
        rows = rows_at_once(length, states(spec.units, length))
        for start in range(0, len(sequences), rows):
            chunk = sequences[start : start + rows]
            scores = site_scores(chunk, simulation.background)
            ratios[start : start + rows, i] += log_sum(spec.units, length, scores, len(chunk))
    return ratios


def rows_at_once(length: int, states: int) -> int:
    """Return how many sequences to work on at once, so that the sums stay in the cache."""
    return max(1, CHUNK_BASES // length // states)


def site_scores(sequences: np.ndarray, chain: Background) -> Scores:
    """Return a function from a matrix to its log ratio to the background at each start.

    float64 (length - width + 1, n), kept for matrices that are asked for again.

    Parameters
    ----------
    sequences
        uint8 (n, length): ASCII A, C, G, T.
    chain
        The background that they are compared to.
    """
    bases = np.searchsorted(np.frombuffer(BASES.encode(), np.uint8), sequences)
    before = np.zeros((sequences.shape[1] + 1, len(sequences)))
    np.cumsum(chain.log_probabilities(bases).T, axis=0, out=before[1:])
    bases = np.ascontiguousarray(bases.T)

    @cache
    def scores(matrix: Matrix) -> np.ndarray:
        width = len(matrix)
        starts = len(bases) - width + 1
        total = before[:starts] - before[width:]
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant
            logs = np.log(np.array(matrix))
        for j in range(width):
            total += logs[j][bases[j : j + starts]]
        return total

    return scores


def _log_ratio(
    spec: ClassSpec, occurrences: dict[str, np.ndarray], shape: tuple[int, int]
) -> np.ndarray:
    """float64 (n,): log p(x | class) - log p(x | background) from the motifs' occurrences."""
    rows, length = shape
    with np.errstate(divide="ignore"):  # log 0 = -inf is meant
        ratio = np.full(rows, np.log1p(-spec.planted))
        for motif in spec.motifs:
            weight = sum(np.log(4 / len(IUPAC[letter])) for letter in motif)
            starts = length - len(motif) + 1
            share = np.log(spec.planted) - np.log(len(spec.motifs)) - np.log(starts)
            ratio = np.logaddexp(ratio, share + weight + np.log(occurrences[motif]))
    return ratio


def count_occurrences(sequences: np.ndarray, motifs: set[str]) -> dict[str, np.ndarray]:
    """Count the starts at which each motif matches, overlaps included.

    Parameters
    ----------
    sequences
        uint8 (n, length): ASCII.
    motifs
        Upper-case IUPAC, none longer than the sequences.

    Returns
    -------
    dict[str, numpy.ndarray]
        int64 (n,) for each motif.
    """
    onehot = np.packbits(ENCODING, axis=1)[:, 0]  # each base a bit of its own
    bases = onehot[sequences]
    allows = {  # bool (n, length): the letter allows the base that stands there
        letter: (bases & onehot[ord(letter)]) != 0 for letter in set("".join(motifs))
    }
    counts = {}
    for motif in motifs:
        starts = sequences.shape[1] - len(motif) + 1
        matches = np.ones((len(sequences), starts), dtype=bool)
        for j, letter in enumerate(motif):
            matches &= allows[letter][:, j : j + starts]
        counts[motif] = np.count_nonzero(matches, axis=1)
    return counts
