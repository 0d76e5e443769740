"""Figures of variants: what the bases around one contribute, with the one and the other allele."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attendna.dna import BASES, base_fractions, one_hot
from attendna.reporting.figures import GREY, WIDE, styled
from attendna.reporting.logos import draw_letters

SHOWN = 20  # bases on each side of a variant
HEIGHT = 2.6  # inches of a variant


@dataclass(frozen=True)
class Drawn:
    """A variant with its mutation maps, see `use.variant_maps.mutation_maps`.

    Attributes
    ----------
    title
        What stands above it.
    letters
        uint8 (2, size): ASCII, of the reference and of the alternative; 0 beyond the window.
    effects
        float (2, size, 4).
    """

    title: str
    letters: np.ndarray
    effects: np.ndarray


def contributions(letters: np.ndarray, effects: np.ndarray) -> np.ndarray:
    """Return what each base that is there contributes: float (size, 4), 0 for all others.

    Its effect less the mean over the four bases, which is what is left of it when the base is
    replaced at random.

    Parameters
    ----------
    letters
        uint8 (size,): ASCII.
    effects
        float (size, 4): what each base does in its place.
    """
    centred = effects - effects.mean(axis=1, keepdims=True)
    return centred * base_fractions(one_hot(letters))


@styled
def strongest(variants: Sequence[Drawn]) -> Figure:
    """Draw logos with the reference and the alternative, and the map of the reference."""
    figure = Figure(figsize=(WIDE, HEIGHT * max(1, len(variants))))
    if not variants:
        figure.text(0.5, 0.4, "No variant was scored.", ha="center", color=GREY)
        return figure
    parts = figure.subfigures(len(variants), 1, squeeze=False)[:, 0]
    for part, variant in zip(parts, variants, strict=True):
        part.suptitle(variant.title, fontsize=8, x=0.06, ha="left")
        rows = part.subplots(3, 1, sharex=True, height_ratios=[2, 2, 1.4])
        _draw(rows, variant)
    return figure


def _draw(rows: Sequence[Axes], variant: Drawn) -> None:
    middle = variant.letters.shape[1] // 2
    chosen = slice(max(middle - SHOWN, 0), middle + SHOWN + 1)
    columns = np.arange(variant.letters.shape[1])[chosen] - middle
    heights = [
        contributions(letters, effects)[chosen]
        for letters, effects in zip(variant.letters, variant.effects, strict=True)
    ]
    low, high = min(its.min() for its in heights), max(its.max() for its in heights)
    room = 0.05 * max(high - low, 1e-6)
    for axes, its, name in zip(rows, heights, ("reference", "alternative"), strict=False):
        draw_letters(axes, its, columns)
        axes.set(ylim=(low - room, high + room), ylabel=name)
        axes.axvspan(-0.5, 0.5, color=GREY, alpha=0.2, linewidth=0)
        axes.tick_params(labelsize=7)
    effects = variant.effects[0][chosen]
    most = max(float(np.abs(effects).max()), 1e-6)
    image = rows[2].imshow(
        effects.T,
        aspect="auto",
        cmap="RdBu_r",
        vmin=-most,
        vmax=most,
        extent=(columns[0] - 0.5, columns[-1] + 0.5, len(BASES) - 0.5, -0.5),
    )
    rows[2].set(yticks=range(len(BASES)), yticklabels=BASES, ylabel="map")
    rows[2].tick_params(labelsize=7)
    for axes in rows:
        axes.yaxis.label.set_size(7)
        axes.set_xlim(columns[0] - 0.5, columns[-1] + 0.5)
    bar = rows[2].figure.colorbar(image, ax=list(rows), fraction=0.02, pad=0.01)
    bar.ax.tick_params(labelsize=6)
