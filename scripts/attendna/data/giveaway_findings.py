"""What the measured giveaways mean, in sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from attendna.data import repeat_findings
from attendna.data.giveaways import KINDS
from attendna.data.telling import end_of, thresholds, told
from attendna.wording import counted, decimals, share

STRONG = 0.7  # AUROC from which on a classifier may learn little else
MORE = 0.02  # AUROC by which a feature has to tell more than what is said already
FLANK = 20  # constant letters from which on they are a warning
SHOWN = 24  # letters of a stretch
COMPOSITION = ("gc", "bases", "pairs")  # each includes the one before

ADVICE = {
    "length": "Bring all records to one length, or choose the records of one class to match the "
    "lengths of the other.",
    "gc": "Choose records of equal GC content{drawn}, and compare every model with `gc_content`.",
    "bases": "Choose records of equal composition, and compare every model with `kmer_logistic`.",
    "pairs": "Choose records of equal composition, and compare every model with `kmer_logistic`.",
    "soft_masked": "Choose records with equal shares of repeats{drawn}.",
    "ambiguous": "Trim such positions in all records, leave such records out of every class, or "
    "choose records with equally many N{drawn}.",
    "position": "If the records are aligned on a site, such as a start or a junction, that may be "
    "what you are looking for, and `positional_logistic` shows how far it goes; otherwise it is an "
    "adapter, a cut site or padding: trim it from all records.",
    "ends": "Unless that is what you are looking for, it is an adapter, a primer or a cut site: "
    "trim it from all records.",
}

# What can be said of intervals only: other records have no genome to draw from.
DRAWN = " (`negatives: {method: genome}` draws such records to replace a class)"

Finding = tuple[str, float, str]  # severity, harm, message


def findings(
    table: Mapping[str, np.ndarray],
    summary: Mapping[str, Any],
    classes: Sequence[str],
    placed: bool = False,
    left_out: Sequence[str] = (),
) -> Iterator[Finding]:
    """Yield one finding for each kind of giveaway, and one for each constant stretch.

    What says hardly more than another one is left out: bases and pairs of bases beside GC content,
    positions beside how records begin and end, bases where an N tells more.

    Parameters
    ----------
    table, summary
        See `giveaways.measure`.
    classes
        The names of the classes.
    placed
        Whether records are intervals of a genome, from which others could be drawn.
    left_out
        Stretches that were left out of the search for relatives.
    """
    best = {kind: _best(table, rows) for kind, rows in _giveaways(table).items()}
    said = 0.0
    for kind in KINDS:
        row = best.get(kind)
        if row is None:
            continue
        if kind in COMPOSITION:
            if row["auroc"] < said + MORE:
                continue
            said = row["auroc"]
        _, warning = thresholds(kind, row["feature"])
        severity = "warning" if row["auroc"] >= warning and not _spelling(row) else "note"
        yield severity, float(2 * row["auroc"] - 1), _sentence(kind, row, classes, placed)
    yield from _about_constant(summary, left_out)


def _giveaways(table: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the indices of the giveaways of each kind that say more than others."""
    rows = np.flatnonzero(told(table))
    kinds, positions, areas = (table[name][rows] for name in ("kind", "position", "auroc"))
    unknown = _by_position(positions, areas, kinds == "ambiguous")
    covered = np.array(
        [
            kind == "position" and unknown.get(int(position), 0) > area
            for kind, position, area in zip(kinds, positions, areas, strict=True)
        ],
        dtype=bool,
    )
    found = {kind: rows[(kinds == kind) & ~covered] for kind in KINDS}
    ends, at = found["ends"], found["position"]
    if len(ends):
        end = ends[_order(table, ends)[0]]
        inside = np.isin(table["position"][at], _stretch(table["feature"][end]))
        nearest = table["auroc"][at[inside]].max(initial=0)
        if table["auroc"][end] >= nearest + MORE:
            found["position"] = at[~inside]
        else:
            found["ends"] = ends[:0]
    return {kind: some for kind, some in found.items() if len(some)}


def _by_position(positions: np.ndarray, areas: np.ndarray, these: np.ndarray) -> dict[int, float]:
    """Return the largest area at each position."""
    found: dict[int, float] = {}
    for position, area in zip(positions[these].tolist(), areas[these].tolist(), strict=True):
        found[position] = max(area, found.get(position, 0.0))
    return found


def _stretch(feature: str) -> np.ndarray:
    """Return the positions that a beginning or ending takes up."""
    return np.arange(1, len(end_of(feature)) + 1) * (-1 if feature.startswith("ends") else 1)


def _order(table: Mapping[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Order rows by their area to two digits; of equal ones what says more comes first.

    A longer beginning; an N at a position, then a run of N, then their share.
    """
    says = np.array([_vague(str(name)) for name in table["feature"][rows]])
    return np.lexsort((rows, says, -table["auroc"][rows].round(2)))


def _vague(feature: str) -> int:
    """Return how little a feature says of where it stands, for features of one kind."""
    if " with " in feature:
        return -len(feature)
    ranks = [" at position ", "in a row", "share of"]
    return next((rank for rank, words in enumerate(ranks) if words in feature), len(ranks))


def _best(table: Mapping[str, np.ndarray], rows: np.ndarray) -> dict[str, Any]:
    """Return the row that tells most, with how many giveaways there are and where."""
    ordered = rows[_order(table, rows)]
    row = {name: column[ordered[0]] for name, column in table.items()}
    same = ordered[table["class"][ordered] == row["class"]]
    others = {str(name) for name in table["class"][ordered]} - {str(row["class"])}
    places = np.unique(table["position"][same])
    return {**row, "rows": len(same), "places": places[places != 0], "others": sorted(others)}


def _sentence(kind: str, row: Mapping[str, Any], classes: Sequence[str], placed: bool) -> str:
    two = len(classes) == 2
    whom = "the two classes" if two else f"{row['class']} from the rest"
    rest = "the others"
    if two:
        rest = f"class {next(name for name in classes if name != row['class'])}"
    value, low, high = decimals([row["auroc"], row["low"], row["high"]], 3)
    area = f"an AUROC of {value} ({low} to {high})"
    also = [_means(row, rest)]
    places = row["places"]
    if row["position"] and len(places) > 1:
        others = counted(len(places) - 1, "other position")
        also.append(f"{others} from {places[0]:,} to {places[-1]:,} do so less well")
    if row["others"]:
        also.append(f"it also separates {', '.join(row['others'])}")
    return (
        f"{_subject(kind, row)} alone separates {whom} with {area}: {'; '.join(also)}. "
        f"{_danger(row).replace('{drawn}', DRAWN if placed else '')}"
    )


def _spelling(row: Mapping[str, Any]) -> bool:
    """Whether one class is written in lower case and the rest in upper case, or nearly so."""
    means = sorted([row["in_class"], row["in_rest"]])
    return row["kind"] == "soft_masked" and means[0] < 0.01 and means[1] > 0.99


def _danger(row: Mapping[str, Any]) -> str:
    """Say what a classifier may do with a feature, and what to do against it."""
    kind = str(row["kind"])
    if _spelling(row):
        return "That is how the files were written: letters are read regardless of case."
    if kind == "soft_masked":
        return (
            "Letters are read regardless of case, but a classifier may see the repeats that lower "
            f"case mostly stands for. {ADVICE[kind]}"
        )
    strength = "may learn little else" if row["auroc"] >= STRONG else "may lean on it"
    return f"A classifier {strength}. {ADVICE[kind]}"


def _subject(kind: str, row: Mapping[str, Any]) -> str:
    feature = str(row["feature"])
    if kind == "ends":
        letters = end_of(feature)
        feature = f"the {'ending' if feature.startswith('ends') else 'beginning'} {_short(letters)}"
    elif not row["position"] and kind not in ("length", "gc"):
        feature = f"the {'number of ' if feature.startswith('N ') else ''}{feature}"
    return feature[0].upper() + feature[1:]


def _means(row: Mapping[str, Any], rest: str) -> str:
    """Say what the feature is like in the class and in the rest."""
    own, other = row["in_class"], row["in_rest"]
    feature = str(row["feature"])
    if row["position"] or row["kind"] == "ends":
        return f"in {share(own)} of class {row['class']}, {share(other)} of {rest}"
    shares = feature.startswith("share") or row["kind"] == "gc"
    means = [share(mean) if shares else f"{mean:,.4g}" for mean in (own, other)]
    return f"mean {means[0]} in class {row['class']}, {means[1]} in {rest}"


def _about_constant(summary: Mapping[str, Any], left_out: Sequence[str]) -> Iterator[Finding]:
    longest, uneven = max(summary["positions"]["start"], 1), summary["positions"]["end"] > 0
    for stretch in summary["constant"]:
        size = stretch["last"] - stretch["first"] + 1
        whose = "All records" if stretch["share"] == 1 else _nearly(stretch["share"])
        letters = _short(stretch["letters"])
        also = ""
        if repeat_findings.is_among(stretch["letters"], left_out):
            also = " and is left out of the search for relatives"
        begins = stretch["first"] == 1 and not stretch["from_end"]
        ends = stretch["from_end"] or (stretch["last"] == longest and not uneven)
        if begins or ends:
            where = f"{'begin' if begins else 'end'} with {letters}"
            remedy = f"`crop: {'right' if begins else 'left'}` and a `length` that is {size:,} less"
            remedy = f"Trim it from all records, for instance with {remedy}."
        else:
            where = f"have {letters} at positions {stretch['first']:,} to {stretch['last']:,}"
            remedy = "Trim it, or make sure that it is meant to be there."
        yield (
            "warning" if size >= FLANK else "note",
            size / longest,
            f"{whose} {where} ({size:,} letters), which tells no class from another{also}. "
            f"{remedy}",
        )


def _nearly(part: float) -> str:
    return f"At least {np.floor(1000 * part) / 10:g}% of the records of every class"


def _short(letters: str) -> str:
    return letters if len(letters) <= SHOWN else f"{letters[:SHOWN]}..."
