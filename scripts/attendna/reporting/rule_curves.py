"""The figure of rules between motifs: what pairs say by their distance, order and strand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from attendna.contracts.rules import PAIR
from attendna.reporting.figures import COLOURS, GREY, NARROW, WIDE, short, styled
from attendna.reporting.logos import FRAME

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 6  # pairs of a figure
WEAK = 2  # pairs that are shown where there is no rule
LINES = 4  # arrangements of a pair that are drawn
TITLE = 40  # letters above a pair
ENTRY = 0.1  # of the height of a panel, for a line of its legend
ERRORS = 2  # standard errors of the band to either side
ARROWS = {"+": "→", "-": "←"}


@dataclass(frozen=True)
class Curve:
    """What one arrangement says by distance.

    Attributes
    ----------
    label
        The words with arrows for their strands.
    gaps, effect, error
        int and float (distances,): bases between the words, log-odds, their standard error.
    rules, planted
        The first and the last distance of each rule, and of what was planted.
    """

    label: str
    gaps: np.ndarray
    effect: np.ndarray
    error: np.ndarray
    rules: Sequence[tuple[int, int]] = ()
    planted: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Panel:
    """A pair for a class, with its arrangements."""

    title: str
    curves: Sequence[Curve]


def panels(rules: pd.DataFrame, effects: pd.DataFrame, summary: Mapping[str, Any]) -> list[Panel]:
    """Return the pairs to draw: those with rules, else those that come nearest to one.

    On simulated data also pairs that were planted and not found.

    Parameters
    ----------
    rules, effects, summary
        What `contracts.rules` reads.
    """
    if not len(effects):
        return []
    planted = [
        (each["class"], [(tuple(place[key] for key in PAIR), place["gaps"])])
        for each in summary["planted"] or []
        for place in each["expected"]
    ]
    wanted = [(row["class"], _pair(row)) for _, row in rules.iterrows()]
    wanted += [(label, _words(place[0])) for label, places in planted for place in places]
    if not wanted:
        best = effects.loc[effects["contrast"].sort_values(ascending=False).index]
        wanted = [(row["class"], _pair(row)) for _, row in best.head(200).iterrows()]
        wanted = list(dict.fromkeys(wanted))[:WEAK]
    keys = [_words(key) for key in effects[PAIR].itertuples(index=False, name=None)]
    drawn = []
    for label, pair in dict.fromkeys(wanted):
        own = effects[(effects["class"] == label).to_numpy() & np.array([k == pair for k in keys])]
        places = [place for name, some in planted if name == label for place in some]
        of_class = rules[rules["class"] == label]
        if len(own):
            drawn.append(Panel(_title(label, pair), _curves(own, of_class, places)))
    return drawn[:SHOWN]


def _pair(row: Mapping[str, Any]) -> tuple:
    return _words(tuple(row[key] for key in PAIR))


def _words(key: tuple) -> tuple:
    """Return the two words of a pair, whichever is left."""
    return tuple(sorted([key[:2], key[3:5]]))


def _title(label: str, pair: tuple) -> str:
    (_, one), (_, other) = pair
    return f"{one} and {other}: {label}"


def _curves(
    own: pd.DataFrame, rules: pd.DataFrame, planted: Sequence[tuple[tuple, Sequence[int]]]
) -> list[Curve]:
    """Return the arrangements of a pair that say most, those with a rule or planted first."""
    curves = []
    for key, part in own.groupby(PAIR, sort=False):
        same = (rules[PAIR].apply(tuple, axis=1) == key) if len(rules) else []
        found = rules[same] if len(rules) else rules
        curves.append(
            Curve(
                f"{key[1]}{ARROWS[key[2]]} {key[4]}{ARROWS[key[5]]}",
                part["gap"].to_numpy(),
                part["contrast"].to_numpy(),
                part["error"].to_numpy(),
                list(zip(found["gap_from"], found["gap_to"], strict=True)),
                [(gaps[0], gaps[1]) for place, gaps in planted if place == key],
            )
        )
    curves.sort(key=lambda curve: (not (curve.rules or curve.planted), -curve.effect.max()))
    return curves[:LINES]


@styled
def rule_curves(drawn: Sequence[Panel]) -> Figure:
    """Draw a panel for each pair, a line for each arrangement."""
    if not drawn:
        figure = Figure(figsize=(NARROW, 1.0))
        figure.text(0.5, 0.4, "No two motifs could be tested together.", ha="center", color=GREY)
        return figure
    columns = min(len(drawn), 2)
    rows = -(-len(drawn) // columns)
    figure = Figure(figsize=(WIDE if columns > 1 else NARROW, 2.3 * rows + 0.5))
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, panel in zip(cells, drawn, strict=False):
        _panel(axes, panel)
    for axes in cells[len(drawn) :]:
        axes.set_axis_off()
    figure.supxlabel("bases between the two motifs", fontsize=8.5)
    figure.supylabel("log odds beyond the pair elsewhere", fontsize=8.5)
    curves = [curve for panel in drawn for curve in panel.curves]
    keys = {"rule": Patch(facecolor=GREY, alpha=0.3)} if any(c.rules for c in curves) else {}
    keys |= {"planted": Patch(**FRAME)} if any(c.planted for c in curves) else {}
    if keys:
        figure.legend(
            list(keys.values()), list(keys), loc="outside upper right", ncols=2, fontsize=7.5
        )
    return figure


def _panel(axes: Axes, panel: Panel) -> None:
    """Draw the lines of a pair; a rule is shaded in the colour of its line."""
    axes.axhline(0, color="black", linewidth=0.5)
    for curve, colour in zip(panel.curves, COLOURS, strict=False):
        low, high = (curve.effect + sign * ERRORS * curve.error for sign in (-1, 1))
        axes.fill_between(curve.gaps, low, high, color=colour, alpha=0.25, linewidth=0)
        axes.plot(curve.gaps, curve.effect, color=colour, label=curve.label, lw=1.2)
        for first, last in curve.rules:
            axes.axvspan(first - 0.5, last + 0.5, color=colour, alpha=0.15, linewidth=0)
        for first, last in curve.planted:
            axes.axvspan(first - 0.5, last + 0.5, **FRAME)
    axes.set_title(short(panel.title, TITLE), fontsize=8, fontweight="normal", pad=3)
    gaps = np.concatenate([curve.gaps for curve in panel.curves])
    axes.set_xlim(gaps.min() - 0.7, gaps.max() + 0.7)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + ENTRY * len(panel.curves) * (high - low))
    axes.legend(loc="upper right", fontsize=6.5, handlelength=1.2, borderpad=0.2, labelspacing=0.25)
