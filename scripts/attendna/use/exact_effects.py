"""How right effects are: simulated data have an exact effect of every substitution.

The oracle knows the probability of each class for any sequence, and so how every substitution
changes the log odds of a class. Against that the effects are held that trained models give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from attendna.dna import BASES
from attendna.simulation import oracle
from attendna.simulation.specification import Simulation
from attendna.use.log_odds import LogOdds, of_scores
from attendna.use.scorers import Network

ROWS = 1 << 14  # mutants at a time
NOTHING = 1e-6  # change of the exact log odds that is none but for the arithmetic
LARGE = 0.5  # change of the exact log odds from which on an effect counts as large
SMALL = 0.25  # effect below which a model says that nothing changes
EDGES = (0, 0.5, 1, 2, 4, np.inf)  # of the classes of size


def exact_log_odds(sequences: np.ndarray, simulation: Simulation) -> np.ndarray:
    """Return the exact log odds of each class, float64 (n, classes); perhaps infinite.

    Parameters
    ----------
    sequences
        uint8 (n, length): ASCII A, C, G, T.
    simulation
        How they were made.
    """
    with np.errstate(divide="ignore"):
        prior = np.log(simulation.counts / simulation.sequences)
    return of_scores(oracle.log_likelihood_ratios(sequences, simulation) + prior)


def mutants(sequence: np.ndarray) -> np.ndarray:
    """Return a sequence with every base at every place: uint8 (4 length, length) of (length,)."""
    length = len(sequence)
    found = np.repeat(sequence[None], length * len(BASES), axis=0)
    places = np.repeat(np.arange(length), len(BASES))
    bases = np.frombuffer(BASES.encode(), np.uint8)
    found[np.arange(len(places)), places] = np.tile(bases, length)
    return found


def exact_effects(sequences: np.ndarray, target: np.ndarray, simulation: Simulation) -> np.ndarray:
    """Return what every substitution changes in the exact log odds of a class.

    Parameters
    ----------
    sequences
        uint8 (n, length): ASCII A, C, G, T, of the simulation's length.
    target
        int (n,): the class, by its place in the simulation.
    simulation
        How they were made.

    Returns
    -------
    numpy.ndarray
        float64 (n, length, 4); infinite where a class becomes impossible or possible, 0 where it
        is impossible before and after.
    """

    def of_target(rows: np.ndarray, k: int) -> np.ndarray:
        return exact_log_odds(rows, simulation)[:, k]

    return _differences(sequences, target, of_target)


def _differences(sequences, target, log_odds) -> np.ndarray:
    """float64 (n, length, 4): by a function from uint8 (m, length) and a class to float64 (m,)."""
    effects = np.empty((*sequences.shape, len(BASES)))
    for i, sequence in enumerate(sequences):
        own = log_odds(sequence[None], int(target[i]))
        changed = log_odds(mutants(sequence), int(target[i])).reshape(-1, len(BASES))
        with np.errstate(invalid="ignore"):
            effects[i] = np.where(changed == own, 0, changed - own)
    return effects


def model_effects(model: LogOdds, sequences: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return what every substitution changes in a model's log odds of a class.

    Parameters
    ----------
    model
        Of a network all mutants of a record are had at once, see `attribution`.
    sequences
        uint8 (n, length): ASCII.
    target
        int (n,): the class, by its place among the model's.

    Returns
    -------
    numpy.ndarray
        float64 (n, length, 4).
    """
    if isinstance(model.scorer, Network):
        from attendna.dna import one_hot
        from attendna.explanation import attribution

        network = attribution.explainable(model.scorer.model)
        logits = attribution.logits_of_mutants(network, one_hot(sequences))
        odds = model.of_logits(logits.reshape(-1, logits.shape[-1]))
        odds = odds.reshape(*logits.shape[:3], -1)
        own = model(sequences)
        records = np.arange(len(sequences))
        return odds[records, :, :, target] - own[records, target][:, None, None]
    return _differences(sequences, target, lambda rows, k: model(rows)[:, k])


# ------------------------------------------------------------------------------ agreement


def substitutions(sequences: np.ndarray) -> np.ndarray:
    """Return where another base than the sequence's own is put: bool (n, length, 4)."""
    bases = np.frombuffer(BASES.encode(), np.uint8)
    return sequences[..., None] != bases


def agreement(exact: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """Return how well effects agree with the exact ones.

    Parameters
    ----------
    exact
        float64 (m,), perhaps infinite.
    found
        float64 (m,).

    Returns
    -------
    dict
        `substitutions`; `large`, those that change the exact log odds by more than LARGE: `n`,
        `sign` (the share with the right sign), `spearman` (infinite ones are the greatest),
        `infinite`, how many are, and `spearman_finite`, of all others;
        `slope` (of the found effects by the exact ones, through 0, of finite ones); `none`, those
        that change nothing: `n`, `small` (the share below SMALL), `p95` (what 95 of 100 are
        below); `sizes`, by size of the exact effect: `from to n sign median rmse`, the last of
        finite ones.
    """
    size = np.abs(exact)
    large, none, finite = size > LARGE, size <= NOTHING, np.isfinite(exact)
    return {
        "substitutions": len(exact),
        "large": {
            "n": int(large.sum()),
            "sign": _sign(exact[large], found[large]),
            "spearman": spearman(exact[large], found[large]),
            "infinite": int(np.isinf(exact).sum()),
            "spearman_finite": spearman(exact[large & finite], found[large & finite]),
            "slope": _slope(exact[large], found[large]),
        },
        "none": {
            "n": int(none.sum()),
            "small": _mean(np.abs(found[none]) < SMALL),
            "p95": float(np.quantile(np.abs(found[none]), 0.95)) if none.any() else None,
        },
        "sizes": [
            _of_size(exact, found, (size > max(low, NOTHING)) & (size <= high) & np.isfinite(exact))
            | {"from": low, "to": high if np.isfinite(high) else None}
            for low, high in zip(EDGES, EDGES[1:], strict=False)
        ]
        + [_of_size(exact, found, np.isinf(exact)) | {"from": None, "to": None}],
    }


def _of_size(exact: np.ndarray, found: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
    exact, found = exact[chosen], found[chosen]
    finite = np.isfinite(exact)
    errors = found[finite] - exact[finite]
    return {
        "n": len(exact),
        "sign": _sign(exact, found),
        "median": float(np.median(found * np.sign(exact))) if len(exact) else None,
        "rmse": float(np.sqrt(np.mean(errors**2))) if len(errors) else None,
    }


def _mean(values: np.ndarray) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _sign(exact: np.ndarray, found: np.ndarray) -> float | None:
    return _mean(np.sign(exact) == np.sign(found))


def _slope(exact: np.ndarray, found: np.ndarray) -> float | None:
    finite = np.isfinite(exact)
    total = np.sum(exact[finite] ** 2)
    return float(np.sum(exact[finite] * found[finite]) / total) if total else None


def spearman(exact: np.ndarray, found: np.ndarray) -> float | None:
    """Return Spearman's correlation; None where one of the two does not vary.

    Parameters
    ----------
    exact, found
        float64 (m,); infinite values are the lowest and the highest ranks.
    """
    if len(exact) < 2:
        return None
    ranks = [rankdata(values) for values in (exact, found)]
    if any(np.ptp(its) == 0 for its in ranks):
        return None
    return float(np.corrcoef(ranks)[0, 1])


# ------------------------------------------------------------------------------ motifs


def changed_motifs(sequences: np.ndarray, simulation: Simulation) -> np.ndarray:
    """Return what happens to the motifs of a simulation that plants words: str (n, length, 4).

    "TATAAA made", "TATAAA lost", or "" where no motif occurs more or less often than before. Of
    several motifs the first of the simulation counts.

    Parameters
    ----------
    sequences
        uint8 (n, length): ASCII.
    simulation
        One whose classes have `motifs`.
    """
    motifs = list(dict.fromkeys(motif for spec in simulation.classes for motif in spec.motifs))
    found = np.full((*sequences.shape, len(BASES)), "", dtype=object)
    for i, sequence in enumerate(sequences):
        rows = np.concatenate([sequence[None], mutants(sequence)])
        counts = oracle.count_occurrences(rows, set(motifs))
        for motif in reversed(motifs):
            more = (counts[motif][1:] - counts[motif][0]).reshape(-1, len(BASES))
            found[i][more > 0] = f"{motif} made"
            found[i][more < 0] = f"{motif} lost"
    return found


def planted_there(
    ids: Sequence[str],
    shape: tuple[int, ...],
    planted: Mapping[str, Sequence[tuple[int, int, str]]],
) -> np.ndarray:
    """Return which planted element each place belongs to: str (n, length, 4); "" for none.

    Parameters
    ----------
    ids
        Of the n records.
    shape
        (n, length).
    planted
        By record `(start, end, name)` of what was planted in it.
    """
    found = np.full((*shape, len(BASES)), "", dtype=object)
    for i, name in enumerate(ids):
        for start, end, element in planted.get(name, ()):
            found[i, start:end] = f"in {element}"
    return found


def by_motif(exact: np.ndarray, found: np.ndarray, motifs: np.ndarray) -> list[dict[str, Any]]:
    """Return how well large effects agree, motif by motif.

    Parameters
    ----------
    exact, found
        float64 (m,).
    motifs
        str (m,): see `changed_motifs`.

    Returns
    -------
    list of dict
        `motif n sign median spearman`, of those with a large exact effect, by name.
    """
    rows = []
    large = np.abs(exact) > LARGE
    for motif in sorted(set(motifs[large])):
        chosen = large & (motifs == motif)
        row = _of_size(exact, found, chosen)
        del row["rmse"]
        rows.append({"motif": motif, **row, "spearman": spearman(exact[chosen], found[chosen])})
    return rows
