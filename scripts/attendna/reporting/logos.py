"""Figures of what was learned: sequence logos of motifs and of contributions, by logomaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from attendna.dna import BASES
from attendna.reporting.figures import COLOURS, GREY, LONGEST, NARROW, WIDE, short, styled

if TYPE_CHECKING:
    import pandas as pd

# What readers of logos are used to: A green, C blue, G orange, T red.
LETTERS = {"A": COLOURS[2], "C": COLOURS[0], "G": COLOURS[1], "T": COLOURS[3]}
PLANTED = COLOURS[5]
FRAME = {"facecolor": "none", "edgecolor": PLANTED, "linewidth": 1.3}  # of what was planted
FOUND = {"facecolor": GREY, "alpha": 0.22, "linewidth": 0}  # the ground of what was found
SHOWN = 12  # motifs of a figure
COLUMNS = 2  # motifs side by side
PROFILES = 3  # positions of motifs side by side
TITLE, MATCH, PROFILE = 38, 48, 31  # letters above a motif, its match, its positions
NARROWEST, WIDEST = 12, 24  # columns of a logo: letters are alike in size, and legible
ZOOM = 32  # bases whose letters are drawn
BINS = 20  # of a profile of positions


@dataclass(frozen=True)
class Logo:
    """A motif with what it was matched to.

    Attributes
    ----------
    title, subtitle
        What stands above it.
    probabilities
        float (width, 4).
    match
        The same of the known motif, as it reads on the strand that matches; or None.
    offset
        Where in the match the motif starts.
    match_title
        What stands at the match.
    """

    title: str
    subtitle: str
    probabilities: np.ndarray
    match: np.ndarray | None = None
    offset: int = 0
    match_title: str = ""


@dataclass(frozen=True)
class Profile:
    """Where a motif's sites start.

    Attributes
    ----------
    title
        What stands above it.
    starts
        int (sites,), counted from 1.
    places
        At how many positions a site could start.
    """

    title: str
    starts: np.ndarray
    places: int


@dataclass(frozen=True)
class Span:
    """A marked stretch of a record: its first base, the one after its last (from 0), a name."""

    start: int
    end: int
    name: str
    planted: bool


@dataclass(frozen=True)
class Explained:
    """One record with the contributions of its bases.

    Attributes
    ----------
    title
        What stands above it.
    contributions
        float (length, 4): of the base that stands there; all others 0.
    attention
        float (length,), not below 0.
    spans
        What is marked.
    """

    title: str
    contributions: np.ndarray
    attention: np.ndarray
    spans: Sequence[Span]


@styled
def motif_logos(motifs: Sequence[Logo]) -> Figure:
    """Draw each motif as a logo in bits, and its match aligned below it."""
    columns = min(max(1, len(motifs)), COLUMNS)
    rows = max(1, -(-len(motifs) // columns))
    figure = Figure(figsize=(WIDE if columns > 1 else NARROW, 1.75 * rows))
    if not motifs:
        figure.text(0.5, 0.4, "No motif was found.", ha="center", color=GREY)
        return figure
    cells = figure.subfigures(rows, columns, squeeze=False).ravel()
    for cell, motif in zip(cells, motifs, strict=False):
        upper, lower = cell.subplots(2, 1, height_ratios=[1.25, 1])
        first = min(0, -motif.offset) if motif.match is not None else 0
        last = len(motif.probabilities)
        if motif.match is not None:
            last = max(last, len(motif.match) - motif.offset)
        first, last = _window(first, last, len(motif.probabilities))
        _bits(upper, motif.probabilities, 0, first, last)
        upper.set_title(short(motif.title, TITLE), fontsize=8, pad=12)
        upper.text(
            0, 1.03, motif.subtitle, transform=upper.transAxes, fontsize=7, color=GREY, va="bottom"
        )
        if motif.match is None:
            lower.set_axis_off()
            lower.text(
                0, 0.85, motif.match_title, transform=lower.transAxes, fontsize=7.5, color=GREY
            )
            continue
        _bits(lower, motif.match, -motif.offset, first, last)
        lower.set_title(
            short(motif.match_title, MATCH), fontsize=7.5, fontweight="normal", color=GREY, pad=2
        )
    return figure


def _window(first: int, last: int, width: int) -> tuple[int, int]:
    """Say which columns are drawn: from `NARROWEST` to `WIDEST`, the motif at 0 to `width`."""
    if last - first < NARROWEST:
        first -= (NARROWEST - (last - first)) // 2
        return first, first + NARROWEST
    if last - first <= WIDEST:
        return first, last
    room = max(0, WIDEST - width)
    begin = max(first, -(room // 2))
    return begin, min(last, begin + max(WIDEST, width))


def _bits(axes: Axes, probabilities: np.ndarray, shift: int, first: int, last: int) -> None:
    """Draw a logo whose first column stands at `shift`, in an axis from `first` to `last`."""
    columns = np.arange(shift, shift + len(probabilities))
    inside = (columns >= first) & (columns < last)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(probabilities * np.log2(probabilities), axis=1)
    heights = probabilities * (2 - entropy)[:, None]
    draw_letters(axes, heights[inside], columns[inside])
    axes.set(xlim=(first - 0.5, last - 0.5), ylim=(0, 2.05), yticks=[0, 1, 2], xticks=[])
    axes.set_ylabel("bits", fontsize=7)
    axes.tick_params(labelsize=7)
    axes.spines["bottom"].set_linewidth(0.5)


def draw_letters(axes: Axes, heights: np.ndarray, columns: np.ndarray) -> None:
    """Draw letters, float (n, 4) high, at columns; what is below 0 hangs down."""
    import logomaker

    logomaker.Logo(
        _frame(heights, columns),
        ax=axes,
        color_scheme=LETTERS,
        font_name="DejaVu Sans",  # letters are drawn, not written
        font_weight="bold",
        show_spines=None,
        baseline_width=0.5,
        flip_below=False,
    )


def _frame(heights: np.ndarray, columns: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(heights, columns=list(BASES), index=columns)


@styled
def motif_positions(profiles: Sequence[Profile], length: int) -> Figure:
    """Draw where each motif's sites start, beside what sites anywhere alike would give."""
    columns = min(max(1, len(profiles)), PROFILES)
    rows = max(1, -(-len(profiles) // columns))
    figure = Figure(figsize=(WIDE if columns > 1 else NARROW, 1.35 * rows + 0.4))
    if not profiles:
        figure.text(0.5, 0.4, "No motif was found.", ha="center", color=GREY)
        return figure
    cells = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    edges = np.linspace(0.5, length + 0.5, min(BINS, length) + 1)
    for axes, profile in zip(cells, profiles, strict=False):
        counts, _ = np.histogram(profile.starts, edges)
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=COLOURS[0], linewidth=0)
        expected = len(profile.starts) * (edges[1] - edges[0]) / max(profile.places, 1)
        axes.plot([0.5, profile.places + 0.5], [expected] * 2, color="black", lw=0.9, ls="--")
        axes.set_title(short(profile.title, PROFILE), fontsize=8, fontweight="normal", pad=3)
        axes.set(xlim=(0.5, length + 0.5), ylim=(0, None))
        axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    for axes in cells[len(profiles) :]:
        axes.set_axis_off()
    figure.supxlabel("position of the first base of a site (first base = 1)", fontsize=8.5)
    figure.supylabel("sites", fontsize=8.5)
    return figure


@styled
def contributions(records: Sequence[Explained], method: str) -> Figure:
    """Draw what each base contributes, the attention, and the letters where most is contributed."""
    figure = Figure(figsize=(WIDE, 1.55 * max(1, len(records)) + 0.6))
    if not records:
        figure.text(0.5, 0.4, "No record was explained.", ha="center", color=GREY)
        return figure
    rows = figure.subfigures(len(records), 1, squeeze=False)[:, 0]
    for row, record in zip(rows, records, strict=True):
        grid = row.add_gridspec(2, 2, height_ratios=[2.2, 1], width_ratios=[1, 1.15])
        whole = row.add_subplot(grid[0, 0])
        attention = row.add_subplot(grid[1, 0], sharex=whole)
        letters = row.add_subplot(grid[:, 1])
        _whole(whole, attention, record)
        _zoomed(letters, record)
        whole.set_title(short(record.title, LONGEST), fontsize=8, fontweight="normal", pad=4)
    rows[-1].supxlabel(f"position; contributions by {method}", fontsize=8.5)
    marked = {span.planted for record in records for span in record.spans}
    keys = {
        "for the class": Patch(color=COLOURS[0]),
        "against it": Patch(color=COLOURS[1]),
        "attention": Patch(color="black"),
    }
    keys |= {"motif found": Patch(**FOUND)} if False in marked else {}
    keys |= {"planted": Patch(**FRAME)} if True in marked else {}
    figure.legend(
        list(keys.values()), list(keys), loc="outside upper center", ncols=len(keys), fontsize=7.5
    )
    return figure


def _whole(upper: Axes, lower: Axes, record: Explained) -> None:
    """Draw the whole record: contributions above, attention below."""
    total = record.contributions.sum(axis=1)
    positions = np.arange(1, len(total) + 1)
    _mark(upper, record.spans, 0, len(total))
    colours = np.where(total >= 0, COLOURS[0], COLOURS[1])
    upper.bar(positions, total, 1.0, color=colours, linewidth=0)
    upper.axhline(0, color="black", linewidth=0.5)
    upper.yaxis.set_major_locator(MaxNLocator(3))
    upper.tick_params(labelbottom=False)
    lower.fill_between(positions, record.attention, step="mid", color="black", linewidth=0)
    lower.set(xlim=(0.5, len(total) + 0.5), ylim=(0, None), yticks=[])


def _zoomed(axes: Axes, record: Explained) -> None:
    """Draw the letters of the stretch that contributes most either way."""
    total = record.contributions.sum(axis=1)
    width = min(ZOOM, len(total))
    sums = np.convolve(np.abs(total), np.ones(min(9, len(total))), mode="same")
    start = int(np.clip(sums.argmax() - width // 2, 0, len(total) - width))
    part = slice(start, start + width)
    draw_letters(axes, record.contributions[part], np.arange(start + 1, start + width + 1))
    _mark(axes, record.spans, start, start + width, named=True)
    axes.set_xlim(start + 0.5, start + width + 0.5)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.32 * (high - low))  # for names
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(3))


def _mark(axes: Axes, spans: Sequence[Span], first: int, last: int, named: bool = False) -> None:
    """Shade found motifs and frame planted ones between two positions."""
    level = {True: 0.97, False: 0.86}
    written = {True: float(first), False: float(first)}  # up to where there are names
    for span in sorted(spans, key=lambda span: span.start):
        if span.end <= first or span.start >= last:
            continue
        begin = max(span.start, first) + 0.5
        width = min(span.end, last) + 0.5 - begin
        look = FRAME if span.planted else FOUND
        frame = axes.get_xaxis_transform()
        axes.add_patch(Rectangle((begin, 0), width, 1, transform=frame, clip_on=True, **look))
        if named and span.start >= written[span.planted]:
            written[span.planted] = span.end
            axes.text(
                begin + width / 2,
                level[span.planted],
                span.name,
                transform=frame,
                ha="center",
                va="top",
                fontsize=6.5,
                color=PLANTED if span.planted else "#333333",
            )
