"""The figures: arrays in, matplotlib figures out, one style for all of them.

Nothing here touches pyplot, so there is no global state and no screen. Figures can go into a paper
as they are: one or two columns wide, text that stays text, colours that differ in grey, and no
title, which is for the caption to say. Equal content is equal bytes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from attendna.contracts.measurements import best_epoch
from attendna.errors import UserError
from attendna.intact_files import whole_path
from attendna.wording import decimals, share

if TYPE_CHECKING:
    import pandas as pd

# Each is at least 9 units of lightness (CIE L*, of 100) from all others, so they are told apart in
# grey and with any colour vision: blue, orange, green, red, sky, violet.
COLOURS = ["#0B4F94", "#F08A12", "#1C9A60", "#CC1F36", "#56CCF2", "#451F8F"]
OPTIMUM = "#000000"
GREY = "#767676"
TRAINING, VALIDATION = COLOURS[0], COLOURS[1]
DASHES = ["-", "--", ":", "-."]  # a second round of colours is dashed
# The name of a clipping frame, where it is defined and where it is used.
CLIP = re.compile(rb'(?<=id=")p[0-9a-f]{10}(?=")|(?<=url\(#)p[0-9a-f]{10}(?=\))')
STYLE = {
    # DejaVu Sans comes with matplotlib, so lengths are the same everywhere; a viewer without it
    # takes another font without serifs, and these are narrower.
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.monospace": ["DejaVu Sans Mono"],
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "lines.linewidth": 1.5,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "text.parse_math": False,  # class names may hold dollar signs
    "svg.fonttype": "none",  # text as text, which can be edited and searched
    "pdf.fonttype": 42,  # the same, as journals ask
    "svg.hashsalt": "attendna",
}
# Inches: what journals call one column and two.
NARROW, WIDE = 85 / 25.4, 180 / 25.4
NOTHING = {  # of what matplotlib writes into a file of its own accord: it would tell the time
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
MARGIN = 0.02  # left and right of giveaways, as a share of the figure
DIGITS = 6  # of the place of a panel, as a share of the figure
WINDOW = 9  # letters written at the peak of the attention
COLUMNS = 4  # calibration panels side by side
ENTRY = 50  # letters of an entry of a legend below one of two panels
LONGEST = 100  # letters of a line across the figure
CELLS = 12  # classes up to which a confusion matrix has room for numbers
Parameters = ParamSpec("Parameters")


@dataclass(frozen=True)
class Line:
    """A curve with its band.

    Attributes
    ----------
    label
        What the legend says.
    x, y
        float (points,).
    low, high
        float (points,), the bounds of `y`.
    optimum
        Whether it is the best possible classifier, which is drawn in black.
    """

    label: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    high: np.ndarray
    optimum: bool = False


@dataclass(frozen=True)
class Reliability:
    """How often a model is right at each predicted probability.

    Attributes
    ----------
    label
        The model.
    error
        Its calibration error, one or two lines under the name.
    predicted, observed, low, high
        float (bins,): mean predicted probability, observed frequency and its bounds; NaN where
        a bin is empty.
    probabilities
        float (n,): all predicted probabilities, for the histogram.
    optimum
        Whether it is the best possible classifier.
    """

    label: str
    error: str
    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    probabilities: np.ndarray
    optimum: bool = False


@dataclass(frozen=True)
class Giveaway:
    """One kind of simple features, and how well they separate the classes.

    Attributes
    ----------
    label
        The kind.
    feature
        That which separates them best.
    auroc, low, high
        Its AUROC with its interval.
    others
        float (features,): the AUROC of each feature of the kind.
    clear
        Whether it differs beyond chance.
    """

    label: str
    feature: str
    auroc: float
    low: float
    high: float
    others: np.ndarray
    clear: bool


@dataclass(frozen=True)
class Attended:
    """One record with the attention that it got.

    Attributes
    ----------
    title
        What stands above it.
    sequence
        Its letters, without those that were cropped.
    weights
        float (scales, letters): its weights, without those of padding.
    first
        Where the first of these letters stands in the whole sequence, counted from 1.
    """

    title: str
    sequence: str
    weights: np.ndarray
    first: int = 1


def styled(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Give a function that draws a figure the style of all of them."""

    @wraps(draw)
    def in_style(*arguments: Parameters.args, **named: Parameters.kwargs) -> Figure:
        with matplotlib.rc_context(STYLE):
            return draw(*arguments, **named)

    return in_style


def save(figure: Figure, files: Mapping[str, str | Path], dpi: int) -> None:
    """Write a figure to files; equal figures are equal bytes.

    Parameters
    ----------
    figure
        One column wide or two.
    files
        By format, "svg", "png" or "pdf", where it goes.
    dpi
        Of the PNG.
    """
    with matplotlib.rc_context(STYLE):
        _lay_out(figure)
        for kind, path in files.items():
            with whole_path(path) as temporary:
                figure.savefig(temporary, format=kind, dpi=dpi, metadata=NOTHING[kind])
                if kind == "svg":
                    _number_clips(temporary)


def _lay_out(figure: Figure) -> None:
    """Give the panels of a figure their places, and round these.

    Matplotlib's solver goes by where objects lie in memory, so the last bits are left to chance,
    and with them now and then a digit in the SVG.
    """
    for _ in range(2):  # panels with a fixed aspect need a second pass
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    _round_boxes(figure)
    for axes in figure.axes:
        corners = np.round(axes.get_position(original=True).get_points(), DIGITS)
        axes.set_position(Bbox(corners), which="original")


def _round_boxes(figure: Figure | SubFigure) -> None:
    """Round where the parts of a figure are, which hold panels of their own."""
    for part in figure.subfigs:
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), DIGITS))
        _round_boxes(part)


def _number_clips(path: Path) -> None:
    """Name the clipping frames of an SVG by their order; Matplotlib goes by their coordinates."""
    numbers: dict[bytes, int] = {}
    content = CLIP.sub(
        lambda found: b"clip%d" % numbers.setdefault(found[0], len(numbers)), path.read_bytes()
    )
    path.write_bytes(content)


def _look(index: int) -> dict[str, str]:
    """Return colour and dashes of the line with a number."""
    turn, place = divmod(index, len(COLOURS))
    return {"color": COLOURS[place], "linestyle": DASHES[turn % len(DASHES)]}


def _looks(models: Sequence[Line] | Sequence[Reliability]) -> list[dict[str, str]]:
    """Return the look of each model; the optimum is black and takes no colour from the others."""
    turn = itertools.count()
    black = {"color": OPTIMUM, "linestyle": "--"}
    return [black if model.optimum else _look(next(turn)) for model in models]


def short(text: str, letters: int = 24) -> str:
    """Cut a long name, so that it leaves room for the picture."""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _legend(axes: Axes, handles: Sequence[object], labels: Sequence[str], **where: object) -> None:
    # Explicit handles and labels: otherwise a name that starts with "_" would be left out.
    axes.legend(handles, [str(label) for label in labels], **where)


# ------------------------------------------------------------------------------ one run


@styled
def overview(
    probabilities: np.ndarray,
    y: np.ndarray,
    classes: Sequence[str],
    positive: str,
    confusion: np.ndarray,
    history: pd.DataFrame | None,
    thresholds: dict[str, float],
) -> Figure:
    """Draw loss and accuracy curves, the confusion matrix and the scores by class of one run.

    Parameters
    ----------
    probabilities
        float (n, classes) of the test records.
    y
        int (n,), their true classes.
    classes
        Names of the classes.
    positive
        The positive one of two classes, "" for more.
    confusion
        int (classes, classes), rows = truth.
    history
        `history.tsv`, or None for a model without epochs: then only the last two panels are drawn.
    thresholds
        Cut-offs on the positive class to mark, by name.
    """
    rows = 1 if history is None else 2
    figure = Figure(figsize=(WIDE, 3.0 * rows))
    panels = figure.subplots(rows, 2, squeeze=False)
    if history is not None:
        _loss_curves(panels[0, 0], history)
        _accuracy_curves(panels[0, 1], history)
    _confusion_matrix(figure, panels[-1, 0], np.asarray(confusion), classes)
    _score_distribution(panels[-1, 1], probabilities, y, classes, positive, thresholds)
    return figure


def _history_curves(axes: Axes, history: pd.DataFrame, name: str, label: str) -> None:
    epochs, best = history["epoch"].to_numpy(), best_epoch(history)
    values = history[f"val_{name}"].to_numpy(float)
    # A run of one epoch has no line to see, so its points are marked.
    marker = "o" if len(epochs) == 1 else None
    handles = [
        axes.plot(epochs, history[name], color=TRAINING, marker=marker, markersize=4)[0],
        axes.plot(epochs, values, color=VALIDATION, marker=marker, markersize=4)[0],
        axes.axvline(epochs[best], color=GREY, linewidth=0.9, linestyle=":"),
    ]
    axes.plot(epochs[best], values[best], "o", color=VALIDATION, markersize=5)
    labels = ["training", "validation", f"best epoch ({epochs[best]})"]
    _legend(axes, handles, labels, loc="best")
    axes.set(xlabel="epoch", ylabel=label, title=label.capitalize())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _loss_curves(axes: Axes, history: pd.DataFrame) -> None:
    _history_curves(axes, history, "loss", "loss (cross-entropy)")
    axes.set_title("Loss")
    axes.set_ylim(bottom=0)


def _accuracy_curves(axes: Axes, history: pd.DataFrame) -> None:
    if not {"accuracy", "val_accuracy"} <= set(history):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "accuracy was not recorded", ha="center", transform=axes.transAxes)
        return
    _history_curves(axes, history, "accuracy", "accuracy")
    axes.set_ylim(top=min(1.005, axes.get_ylim()[1]))


def _confusion_matrix(
    figure: Figure, axes: Axes, confusion: np.ndarray, classes: Sequence[str]
) -> None:
    totals = confusion.sum(axis=1, keepdims=True)
    shares = np.divide(confusion, totals, out=np.zeros(confusion.shape), where=totals > 0)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    count = len(classes)
    if count <= CELLS:
        size = 9 if count <= 3 else 8 if count <= 5 else 5.5
        between = "\n" if count <= 6 else None
        for i, j in np.ndindex(confusion.shape):
            text = f"{confusion[i, j]:,}"
            text += f"{between}{share(shares[i, j])}" if between else ""
            colour = "white" if shares[i, j] > 0.55 else "black"
            axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=size)
    names = [short(name, 14) for name in classes]
    turned = {"rotation": 45, "ha": "right"} if max(map(len, names)) * count > 40 else {}
    axes.set_xticks(range(count), names, **turned)
    axes.set_yticks(range(count), names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(xlabel="predicted class", ylabel="true class", title="Confusion matrix (test)")
    if count > CELLS:  # else the numbers say it
        bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03, format="{x:.0%}")
        bar.set_label("share of the true class")
        bar.outline.set_visible(False)


def _score_distribution(
    axes: Axes,
    probabilities: np.ndarray,
    y: np.ndarray,
    classes: Sequence[str],
    positive: str,
    thresholds: dict[str, float],
) -> None:
    binary = len(classes) == 2
    if binary:
        scores = probabilities[:, list(classes).index(positive)]
        label = f"predicted probability of {short(positive)}"
    else:
        scores = probabilities[np.arange(len(y)), y]
        label = "predicted probability of the true class"
    bins = np.linspace(0, 1, 41 if len(y) >= 1000 else 21)
    handles, labels = [], []
    for i, name in enumerate(classes):
        own = scores[y == i]
        if not len(own):
            continue
        heights = 100 * np.histogram(own, bins)[0] / len(own)
        look = _look(i)
        handles.append(axes.stairs(heights, bins, linewidth=1.4, **look))
        if binary:
            axes.stairs(heights, bins, fill=True, alpha=0.22, color=look["color"])
        labels.append(f"{short(name)} (n = {len(own):,})")
    for name, threshold in thresholds.items() if binary else ():
        style = "--" if name == "0.5" else ":"
        handles.append(axes.axvline(threshold, color=GREY, linewidth=1, linestyle=style))
        tuned = f"threshold {decimals([threshold], 2)[0]} ({name})"
        labels.append("threshold 0.5" if name == "0.5" else tuned)
    axes.set(xlim=(0, 1), xlabel=label, ylabel="records of the class (%)")
    axes.set_title("Scores by true class (test)")
    # Room for the legend above the highest bar.
    axes.set_ylim(0, axes.get_ylim()[1] * (1 + 0.08 * len(labels)))
    _legend(axes, handles, labels, loc="upper center")


# ------------------------------------------------------------------------------ attention


def choose_records(labels: Sequence[str], classes: Sequence[str], count: int) -> np.ndarray:
    """Choose records evenly over the classes: the first of each, then the second, and so on.

    Parameters
    ----------
    labels
        str (n,), the true class of each record.
    classes
        The order in which the classes take turns.
    count
        How many records to choose.

    Returns
    -------
    numpy.ndarray
        int (at most count,), indices in the order of the classes.
    """
    labels = np.asarray(labels)
    rank = np.zeros(len(labels), dtype=int)
    for name in classes:
        own = labels == name
        rank[own] = np.arange(own.sum())
    order = {name: i for i, name in enumerate(classes)}
    place = np.array([order[label] for label in labels], dtype=int)
    chosen = np.lexsort((place, rank))[:count]
    return chosen[np.lexsort((rank[chosen], place[chosen]))]


@styled
def attention(records: Sequence[Attended], scales: Sequence[int]) -> Figure:
    """Draw the attention along each record, one line a scale, with the letters at its peak.

    Parameters
    ----------
    records
        What to draw, one row each.
    scales
        The kernel size of each scale.

    Raises
    ------
    UserError
        If there is no record to draw.
    """
    if not records:
        raise UserError("No record to draw the attention of; raise plots.attention_records.")
    figure = Figure(figsize=(WIDE, 1.35 * len(records) + 0.8))
    rows = figure.subplots(len(records), 1, squeeze=False)[:, 0]
    handles: list[object] = []
    for axes, record in zip(rows, records, strict=True):
        handles = _attended(axes, record, scales)
    rows[-1].set_xlabel("position in the sequence (first base = 1)")
    figure.supylabel("attention weight", fontsize=8.5)
    labels = [f"kernel {scale}" for scale in scales] + ["uniform attention"]
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), fontsize=7.5)
    return figure


def _attended(axes: Axes, record: Attended, scales: Sequence[int]) -> list[object]:
    """Draw one record; return what the legend names."""
    letters = len(record.sequence)
    weights = np.asarray(record.weights, float)
    before = record.first - 1
    positions = before + np.arange(1, letters + 1)
    handles: list[object] = [
        axes.plot(positions, weights[i], linewidth=1.1, **_look(i))[0] for i in range(len(scales))
    ]
    handles.append(axes.axhline(1 / letters, color=GREY, linewidth=0.8, linestyle=":"))
    top = float(weights.max()) or 1.0
    peak = int(weights.max(axis=0).argmax())
    first = max(0, min(peak - WINDOW // 2, letters - WINDOW))
    last = min(letters, first + WINDOW)
    axes.axvspan(before + first + 0.5, before + last + 0.5, color=GREY, alpha=0.18, linewidth=0)
    axes.text(
        before + _inside((first + last + 1) / 2, letters),
        1.05 * top,
        f"{record.sequence[first:last]}  at {before + first + 1}–{before + last}",
        ha="center",
        va="bottom",
        family="monospace",
        fontsize=7.5,
    )
    axes.set(xlim=(before + 0.5, before + letters + 0.5), ylim=(0, 1.3 * top))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.set_title(short(record.title, LONGEST), fontsize=8, fontweight="normal", pad=3)
    return handles


def _inside(centre: float, length: int) -> float:
    """Keep a centred text of some 22 letters inside an axis of `length` bases."""
    margin = 0.13 * length
    return float(np.clip(centre, margin, length - margin))


# ------------------------------------------------------------------------------ all models


@styled
def curves(roc: Sequence[Line], pr: Sequence[Line], prevalence: float, positive: str) -> Figure:
    """Draw ROC and precision-recall curves with their bands and the lines of chance.

    Parameters
    ----------
    roc, pr
        One line a model, in the same order.
    prevalence
        The precision of guessing: the share of positives.
    positive
        The positive class, "" where the curves are averages of one class against the rest.
    """
    figure = Figure(figsize=(WIDE, 4.0 + 0.18 * len(roc)))
    figure.get_layout_engine().set(h_pad=0.08)  # the legends hang below their panels
    left, right = figure.subplots(1, 2)
    chance = {"color": GREY, "linewidth": 1, "linestyle": ":"}
    guesses = [left.plot([0, 1], [0, 1], **chance)[0], right.axhline(prevalence, **chance)]
    whose = f" ({short(positive, 18)})" if positive else " (mean over classes)"
    for axes, lines, guess in zip((left, right), (roc, pr), guesses, strict=True):
        handles = [_band(axes, line, look) for line, look in zip(lines, _looks(lines), strict=True)]
        handles.append(guess)
        labels = [*(short(line.label, ENTRY) for line in lines), "chance"]
        _legend(
            axes, handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.16), fontsize=7.5
        )
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.set_aspect("equal")
    left.set(xlabel="false-positive rate", ylabel="true-positive rate", title="ROC" + whose)
    right.set(xlabel="recall", ylabel="precision", title="Precision-recall" + whose)
    return figure


def _band(axes: Axes, line: Line, look: dict[str, str]) -> object:
    axes.fill_between(line.x, line.low, line.high, color=look["color"], alpha=0.15, linewidth=0)
    return axes.plot(line.x, line.y, **look)[0]


@styled
def calibration(models: Sequence[Reliability], meaning: str) -> Figure:
    """Draw how often each model is right at each predicted probability, one column a model.

    Parameters
    ----------
    models
        One reliability curve each.
    meaning
        What the probability is of, for the axis.
    """
    columns = min(len(models), COLUMNS)
    rows = -(-len(models) // columns)
    width = NARROW if columns <= COLUMNS // 2 else WIDE
    figure = Figure(figsize=(width, 0.3 + 2.9 * rows))
    panels = figure.subplots(
        2 * rows, columns, squeeze=False, sharex=True, height_ratios=[3, 1] * rows
    )
    for i, (model, look) in enumerate(zip(models, _looks(models), strict=True)):
        row, column = divmod(i, columns)
        _reliability(panels[2 * row, column], panels[2 * row + 1, column], model, look)
    for axes in panels.ravel()[2 * columns * (rows - 1) :]:
        axes.set_visible(bool(axes.lines or axes.patches))
    for row in range(rows):
        panels[2 * row, 0].set_ylabel("observed frequency")
        panels[2 * row + 1, 0].set_ylabel("records (%)")
    figure.supxlabel(f"predicted probability of {meaning}", fontsize=8.5)
    return figure


def _reliability(upper: Axes, lower: Axes, model: Reliability, look: dict[str, str]) -> None:
    """Draw one model: observed against predicted, and below it how often each is predicted."""
    filled = np.isfinite(model.predicted)
    predicted, observed = model.predicted[filled], model.observed[filled]
    errors = np.abs(np.vstack([model.low, model.high])[:, filled] - observed)
    upper.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    upper.errorbar(
        predicted,
        observed,
        errors,
        marker="o",
        markersize=3,
        elinewidth=0.9,
        linewidth=1.1,
        color=look["color"],
    )
    upper.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    upper.set_title(short(model.label, 17), fontsize=7.5, pad=26)
    above = {"xytext": (0, 4), "textcoords": "offset points", "xycoords": "axes fraction"}
    upper.annotate(model.error, (0, 1), fontsize=7, linespacing=1.2, va="bottom", **above)
    shown = 100 * np.histogram(model.probabilities, 20, (0, 1))[0] / len(model.probabilities)
    lower.stairs(shown, np.linspace(0, 1, 21), fill=True, alpha=0.6, color=look["color"])
    lower.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    lower.set_ylim(bottom=0)


@styled
def comparison(
    means: pd.DataFrame,
    runs: pd.DataFrame,
    metrics: dict[str, str],
    chance: dict[str, float],
    optimum: str,
) -> Figure:
    """Draw every model's scores as dots with intervals, one panel a metric.

    Parameters
    ----------
    means
        `model metric value low high`, one row a model and metric.
    runs
        `model metric value`, one row a run; drawn faintly where a model has several.
    metrics
        The metrics of the panels and what they are called.
    chance
        What guessing reaches, for the metrics where that is known.
    optimum
        The model that no other can beat, drawn as a line; "" if there is none.
    """
    models = [model for model in means["model"].unique() if model != optimum]
    figure = Figure(figsize=(WIDE, 1.2 + 0.34 * max(len(models), 2)))
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axes, (metric, name) in zip(panels, metrics.items(), strict=True):
        own = means[means["metric"] == metric].set_index("model")
        points = runs[runs["metric"] == metric]
        _dots(axes, models, own, points)
        _references(axes, own, optimum, chance.get(metric))
        axes.set_title(name, fontsize=8.5)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(axis="x", linewidth=0.4, color="#dddddd")
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    panels[0].set_yticks(range(len(models)), [short(model) for model in models])
    panels[0].set_ylim(len(models) - 0.4, -0.6)
    _reference_legend(figure, optimum in set(means["model"]), bool(chance))
    return figure


def _dots(axes: Axes, models: Sequence[str], means: pd.DataFrame, runs: pd.DataFrame) -> None:
    for row, model in enumerate(models):
        if model not in means.index:
            continue
        colour = _look(row)["color"]
        value, low, high = (float(means.loc[model, name]) for name in ("value", "low", "high"))
        own = runs.loc[runs["model"] == model, "value"].to_numpy(float)
        if len(own) > 1:
            axes.plot(own, np.full(len(own), row + 0.22), "|", color=colour, alpha=0.6)
        axes.plot([low, high], [row, row], color=colour, linewidth=1.6)
        axes.plot(value, row, "o", color=colour, markersize=5)


def _references(axes: Axes, means: pd.DataFrame, optimum: str, chance: float | None) -> None:
    if optimum in means.index:
        low, high = means.loc[optimum, "low"], means.loc[optimum, "high"]
        if np.isfinite([low, high]).all():
            axes.axvspan(low, high, color=OPTIMUM, alpha=0.1, linewidth=0)
        axes.axvline(means.loc[optimum, "value"], color=OPTIMUM, linewidth=1.1, linestyle="--")
    if chance is not None:
        axes.axvline(chance, color=GREY, linewidth=1.1, linestyle=":")


def _reference_legend(figure: Figure, optimum: bool, chance: bool) -> None:
    lines = []
    if optimum:
        lines.append((Line2D([], [], color=OPTIMUM, linestyle="--"), "best possible"))
    if chance:
        lines.append((Line2D([], [], color=GREY, linestyle=":"), "chance"))
    if lines:
        handles, labels = zip(*lines, strict=True)
        figure.legend(handles, labels, loc="outside lower right", ncols=2)


# ------------------------------------------------------------------------------ giveaways


@styled
def giveaways(
    kinds: Sequence[Giveaway],
    positions: dict[str, tuple[np.ndarray, np.ndarray]],
) -> Figure:
    """Draw how well simple features alone separate the classes.

    Parameters
    ----------
    kinds
        One row each.
    positions
        By the end that positions are counted from ("start", "end") the positions, from the end
        negative, and the largest AUROC of a letter there.
    """
    figure = Figure(figsize=(WIDE, 0.7 + 0.3 * max(len(kinds), 1) + (1.5 if positions else 0)))
    # Names stand at both edges, and the fonts of a browser may be wider.
    figure.get_layout_engine().set(rect=(MARGIN, 0, 1 - 2 * MARGIN, 1))
    heights = [0.3 * max(len(kinds), 1) + 0.4, 1.1]
    above, below = figure.subfigures(2, 1, height_ratios=heights) if positions else (figure, None)
    axes = above.subplots()
    for row, kind in enumerate(kinds):
        colour = COLOURS[0] if kind.clear else GREY
        others = np.unique(np.round(kind.others, 3))
        axes.plot(others, np.full(len(others), row + 0.25), "|", color=GREY, alpha=0.5, ms=4)
        axes.plot([kind.low, kind.high], [row, row], color=colour, linewidth=1.6)
        axes.plot(kind.auroc, row, "o", color=colour, markersize=5)
        axes.annotate(
            short(kind.feature, 44),
            (1.0, row),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
        )
    axes.axvline(0.5, color=GREY, linewidth=1.1, linestyle=":")
    axes.set_yticks(range(len(kinds)), [kind.label for kind in kinds])
    axes.set(xlim=(0.47, 1.01), ylim=(max(len(kinds), 1) - 0.4, -0.6), xlabel="AUROC")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", linewidth=0.4, color="#dddddd")
    axes.set_axisbelow(True)
    if below is not None:
        panels = below.subplots(1, len(positions), sharey=True, squeeze=False)[0]
        for panel, (end, (places, areas)) in zip(panels, positions.items(), strict=True):
            panel.plot(places, areas, color=COLOURS[0], linewidth=1, marker=".", markersize=2)
            panel.set(xlabel=f"position, from the {end}")
            panel.set_ylim(0.49, max(0.61, float(areas.max()) * 1.03))
            panel.margins(x=0.01)
        panels[0].set_ylabel("AUROC")
    return figure
