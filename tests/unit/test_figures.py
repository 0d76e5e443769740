import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from folders import names
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

from attendna.errors import UserError
from attendna.reporting import figures, logos, rule_curves

DPI = 60
CLASSES = ["a$x", "_b"]  # names that matplotlib would read as mathematics, or leave out


def paths(folder, name) -> dict:
    return {kind: folder / f"{name}.{kind}" for kind in ("svg", "png", "pdf")}


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def history(val_loss) -> pd.DataFrame:
    epochs = np.arange(1, len(val_loss) + 1)
    columns = {"epoch": epochs, "loss": 0.5, "val_loss": val_loss, "accuracy": 0.8}
    return pd.DataFrame(columns | {"val_accuracy": 0.7})


def overview(**changes) -> Figure:
    arguments = {
        "probabilities": np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]]),
        "y": np.array([0, 0, 1, 1]),
        "classes": CLASSES,
        "positive": "a$x",
        "confusion": np.array([[2, 0], [1, 1]]),
        "history": history([0.6, 0.4, 0.5]),
        "thresholds": {"0.5": 0.5},
    }
    return figures.overview(**(arguments | changes))


def parted() -> Figure:
    with matplotlib.rc_context(figures.STYLE):
        figure = Figure(figsize=(4, 3))
        for i, part in enumerate(figure.subfigures(2, 3).ravel()):
            upper, lower = part.subplots(2, 1, height_ratios=[1.25, 1])
            upper.plot([0, 1], [0, i], label=f"line {i}")
            lower.set(title=f"panel {i}", ylabel="bits" * (i % 2))
    return figure


@pytest.mark.thorough
def test_equal_figures_are_equal_bytes(tmp_path):
    digests = []
    for turn in ("first", "second"):
        files = paths(tmp_path, turn)
        figures.save(overview(), files, DPI)
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files.values()])
    assert len(digests[0]) == 3 and digests[0] == digests[1]


def boxes(figure):
    """Where the panels are, and the parts that hold some."""
    parts = [part.bbox_relative for part in figure.subfigs]
    return [box.get_points() for box in (*parts, *(axes.get_position() for axes in figure.axes))]


@pytest.mark.thorough
@pytest.mark.parametrize("draw", [overview, parted], ids=["panels", "parts"])
def test_what_the_solver_leaves_to_chance_is_not_seen(tmp_path, monkeypatch, draw):
    execute = ConstrainedLayoutEngine.execute

    def by_chance(self, figure):
        """The last bits are others, and a little more."""
        laid_out = execute(self, figure)
        for part in figure.subfigs:
            part.bbox_relative.set_points(part.bbox_relative.get_points() + 2e-9)
        for axes in figure.axes:
            axes._set_position(Bbox(axes.get_position(original=True).get_points() + 2e-9))
        return laid_out

    saved = []
    for turn in ("usual", "other"):
        figure, files = draw(), paths(tmp_path, turn)
        figures.save(figure, files, DPI)
        saved.append((boxes(figure), *(path.read_bytes() for path in files.values())))
        monkeypatch.setattr(ConstrainedLayoutEngine, "execute", by_chance)
    np.testing.assert_array_equal(saved[0][0], saved[1][0])
    assert saved[0][1:] == saved[1][1:]


def test_saving_leaves_nothing_but_the_files(tmp_path):
    figures.save(overview(), paths(tmp_path / "f", "o"), DPI)
    assert names(tmp_path / "f") == ["o.pdf", "o.png", "o.svg"]


def test_confusion_matrix_shows_counts_and_shares_of_each_row():
    matrix = overview().axes[2]
    assert texts(matrix) == ["2\n100.0%", "0\n0.0%", "1\n50.0%", "1\n50.0%"]
    assert [label.get_text() for label in matrix.get_yticklabels()] == CLASSES


def test_scores_are_shares_of_each_class_at_the_probability_of_the_positive():
    panel = overview(history=None).axes[1]
    assert legend(panel) == ["a$x (n = 2)", "_b (n = 2)", "threshold 0.5"]
    heights, edges, _ = panel.patches[0].get_data()  # class a$x, probabilities 0.9 and 0.6
    assert heights.sum() == pytest.approx(100)
    centres = (edges[1:] + edges[:-1]) / 2
    assert centres[heights > 0] == pytest.approx([0.6, 0.9], abs=0.05)


def test_scores_of_three_classes_are_those_of_the_true_class():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.0, 0.9]])
    figure = overview(
        probabilities=probabilities,
        y=np.array([0, 1, 2]),
        classes=["a", "b", "c"],
        positive="",
        confusion=np.eye(3, dtype=int),
        history=None,
    )
    for patch, expected in zip(figure.axes[1].patches, (0.8, 0.2, 0.9), strict=True):
        heights, edges, _ = patch.get_data()
        place = int(np.argmax(heights))
        assert edges[place] - 1e-9 <= expected <= edges[place + 1] + 1e-9


def test_the_best_epoch_is_the_one_with_the_lowest_validation_loss():
    assert "best epoch (2)" in legend(overview().axes[0])


def test_without_history_only_two_panels():
    assert len(overview(history=None).axes) == 2
    assert len(overview().axes) == 4


def test_history_without_accuracy_says_so():
    bare = history([0.4])[["epoch", "loss", "val_loss"]]
    assert texts(overview(history=bare).axes[1]) == ["accuracy was not recorded"]


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.integers(1, 12))
def test_records_are_chosen_evenly_and_from_the_front(labels, count):
    chosen = figures.choose_records(labels, "abc", count)
    assert len(set(chosen)) == len(chosen) == min(count, len(labels))
    taken, there = Counter(labels[i] for i in chosen), Counter(labels)
    for a in there:
        own = [i for i, label in enumerate(labels) if label == a]
        assert sorted(i for i in chosen if labels[i] == a) == own[: taken[a]]
        for b in there:
            # A class is short of another by more than one only when it has no more records.
            assert taken[a] >= taken[b] - 1 or taken[a] == there[a]


def attended(peak: int, letters: str = "AAAACCCCCGGGGTTTTACGT", first: int = 1) -> Figure:
    weights = np.full((2, len(letters)), 0.01)
    weights[1, peak] = 0.5
    record = figures.Attended("record", letters, weights, first)
    return figures.attention([record], [3, 7])


@pytest.mark.parametrize(
    ("peak", "window"),
    [(8, "CCCCCGGGG  at 5–13"), (0, "AAAACCCCC  at 1–9"), (20, "TTTTACGT  at 13–21")],
)
def test_the_letters_at_the_peak_are_annotated(peak, window):
    (note,) = texts(attended(peak).axes[0])
    assert note.endswith(window)
    assert len(note.split()[0]) == figures.WINDOW


def test_positions_count_the_letters_that_were_cropped_in_front():
    axes = attended(8, first=101).axes[0]
    assert texts(axes) == ["CCCCCGGGG  at 105–113"]
    assert axes.get_xlim() == (100.5, 121.5)
    x, y = axes.lines[1].get_data()
    assert x[y.argmax()] == 109 and len(x) == 21


def test_a_sequence_shorter_than_the_window_is_annotated_whole():
    assert texts(attended(1, "ACG").axes[0]) == ["ACG  at 1–3"]


def test_attention_without_a_record_is_an_error():
    with pytest.raises(UserError, match="attention_records"):
        figures.attention([], [3])


def scores(models: dict[str, float]) -> pd.DataFrame:
    rows = [
        {"model": model, "metric": "auroc", "value": value, "low": value - 0.1, "high": value + 0.1}
        for model, value in models.items()
    ]
    return pd.DataFrame(rows)


def comparison(means: pd.DataFrame, optimum: str = "") -> Figure:
    return figures.comparison(means, means, {"auroc": "AUROC"}, {"auroc": 0.5}, optimum)


def test_the_optimum_is_a_line_and_no_row():
    (axes,) = comparison(scores({"cnn": 0.8, "ideal": 0.9}), "ideal").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cnn"]
    vertical = [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]]
    assert vertical == [0.9, 0.5]  # the optimum, then chance


def test_a_missing_value_leaves_its_row_empty():
    means = scores({"cnn": 0.8, "broken": np.nan})
    (axes,) = comparison(means).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cnn", "broken"]


def line(label: str, optimum: bool = False) -> figures.Line:
    grid = np.linspace(0, 1, 5)
    return figures.Line(label, grid, grid, grid, grid, optimum)


def test_curves_name_every_model_and_draw_the_optimum_black():
    lines = [line("_first"), line("ideal", optimum=True), line("third")]
    left = figures.curves(lines, lines, 0.3, "a$x").axes[0]
    assert legend(left) == ["_first", "ideal", "third", "chance"]
    colours = [drawn.get_color() for drawn in left.lines[1:]]  # the first line is chance
    assert colours == [figures.COLOURS[0], figures.OPTIMUM, figures.COLOURS[1]]


def test_more_models_than_colours_differ_by_dashes():
    lines = [line(f"m{i}") for i in range(2 * len(figures.COLOURS))]
    left = figures.curves(lines, lines, 0.3, "").axes[0]
    looks = {(drawn.get_color(), drawn.get_linestyle()) for drawn in left.lines[1:]}
    assert len(looks) == len(lines)


@pytest.mark.thorough
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("models", [1, 5, 7])
def test_calibration_has_a_column_for_each_model(models, tmp_path):
    bins = np.array([0.1, np.nan, 0.9])
    reliability = figures.Reliability(
        "m", "ECE 0.1", bins, bins, bins - 0.1, bins + 0.1, np.array([0.1, 0.9])
    )
    figure = figures.calibration([reliability] * models, "a$x")
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 2 * models
    figures.save(figure, paths(tmp_path, "c"), DPI)


def test_clipping_frames_are_named_by_their_order(tmp_path):
    frame = '<defs><clipPath id="{0}"/></defs><g clip-path="url(#{0})">p0123456789</g>'
    path = tmp_path / "figure.svg"
    path.write_text(frame.format("pd76c0b14a0") + frame.format("p3481255b7f"))
    figures._number_clips(path)
    assert path.read_text() == frame.format("clip0") + frame.format("clip1")


def test_the_names_of_giveaways_keep_off_the_edges(tmp_path):
    kind = figures.Giveaway(
        label="N and other ambiguous letters",
        feature="share of ambiguous letters other than N (of a class with a name)",
        auroc=0.8,
        low=0.7,
        high=0.9,
        others=np.array([0.6]),
        clear=True,
    )
    for positions in ({}, {"start": (np.arange(1, 40), np.full(39, 0.55))}):
        figure = figures.giveaways([kind] * 3, positions)
        figures.save(figure, paths(tmp_path, "a"), DPI)
        FigureCanvasAgg(figure).draw()
        axes = (figure.subfigs[0] if positions else figure).axes[0]
        texts = [*axes.texts, *axes.get_yticklabels()]
        extents = [text.get_window_extent() for text in texts]
        width = figure.bbox.width
        assert min(box.x0 for box in extents) > 0.015 * width
        assert max(box.x1 for box in extents) < 0.985 * width


def explained(planted: bool) -> logos.Explained:
    spans = [logos.Span(2, 6, "TATA", False)] + [logos.Span(2, 6, "TATA", True)] * planted
    return logos.Explained(LONG, np.eye(4)[[0, 1, 2, 3] * 3] * 0.5, np.ones(12), spans)


@pytest.mark.parametrize("planted", [True, False])
def test_the_figure_of_contributions_speaks_of_planted_motifs_only_where_some_are(planted):
    (key,) = logos.contributions([explained(planted)], "mutagenesis").legends
    words = [text.get_text() for text in key.get_texts()]
    assert (
        words
        == ["for the class", "against it", "attention", "motif found", "planted"][: 4 + planted]
    )


# ------------------------------------------------------------------------------ for a paper

LONG = "a_name_of_a_model_or_a_class_that_is_as_long_as_a_config_allows_" * 2


def every_kind() -> dict[str, Callable[[], Figure]]:
    """What draws a figure of each kind, in each of its widths, with names that are too long."""
    classes = [f"{LONG}{i}" for i in range(4)]
    lines = [line(f"{LONG}{i}") for i in range(3)]
    bins = np.array([0.1, 0.9])
    curve = figures.Reliability(
        LONG, "ECE 0.123\n(0.100 to 0.200)", bins, bins, bins - 0.1, bins + 0.1, bins
    )
    kind = figures.Giveaway("copies and near-duplicates", LONG, 0.8, 0.7, 0.9, np.ones(1), True)
    panels = {name: name for name in ("AUROC", "AUPRC", "MCC", "Balanced accuracy")}
    means = pd.concat([scores(dict.fromkeys(classes, 0.8)).assign(metric=name) for name in panels])
    motif = logos.Logo(
        LONG, "14 sites, each +4.7 on the log odds", np.eye(4)[[0, 1, 2, 3] * 2] * 0.6 + 0.1
    )
    matched = logos.Logo(LONG, "", motif.probabilities, motif.probabilities, 2, LONG)
    profile = logos.Profile(LONG, np.array([3, 9, 12]), 20)
    record = figures.Attended(LONG, "ACGT" * 5, np.full((4, 20), 0.1))
    says = rule_curves.Curve(
        "GATTACAGATTACA→ CCGTTTGCCGTTTG←", np.arange(41), np.full(41, -12.5), np.ones(41), [(3, 6)]
    )
    pair = rule_curves.Panel(LONG, [says, replace(says, planted=[(2, 5)])] * 2)
    return {
        "overview": lambda: overview(
            classes=classes,
            positive="",
            probabilities=np.full((4, 4), 0.25),
            y=np.arange(4),
            confusion=np.full((4, 4), 123456),
        ),
        "baseline": lambda: overview(history=None, classes=["a", LONG], positive="a"),
        "attention": lambda: figures.attention([record] * 2, [3, 7, 15, 25]),
        "curves": lambda: figures.curves(lines, lines, 0.3, LONG),
        "one model": lambda: figures.calibration([curve], "a"),
        "two models": lambda: figures.calibration([curve] * 2, "a"),
        "five models": lambda: figures.calibration([curve] * 5, "the predicted class"),
        "comparison": lambda: figures.comparison(means, means, panels, {"AUROC": 0.5}, ""),
        "giveaways": lambda: figures.giveaways(
            [kind] * 3, {"end": (np.arange(9) - 9, np.full(9, 0.6))}
        ),
        "no motif": lambda: logos.motif_logos([]),
        "one motif": lambda: logos.motif_logos([matched]),
        "motifs": lambda: logos.motif_logos([matched, motif, matched]),
        "one place": lambda: logos.motif_positions([profile], 20),
        "places": lambda: logos.motif_positions([profile] * 4, 20),
        "contributions": lambda: logos.contributions([explained(True)] * 2, "integrated gradients"),
        "no pair": lambda: rule_curves.rule_curves([]),
        "one pair": lambda: rule_curves.rule_curves([pair]),
        "pairs": lambda: rule_curves.rule_curves([pair] * 5),
    }


@pytest.fixture(scope="module", params=list(every_kind()))
def drawn(request, tmp_path_factory):
    """A figure and its files."""
    figure, files = every_kind()[request.param](), paths(tmp_path_factory.mktemp("drawn"), "f")
    figures.save(figure, files, DPI)
    return figure, files


def test_every_figure_is_a_column_wide_or_two(drawn):
    files = drawn[1]
    root = ElementTree.parse(files["svg"]).getroot()
    (box,) = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ", files["pdf"].read_bytes())
    for points in (root.get("width").removesuffix("pt"), box):
        assert min(abs(float(points) - mm / 25.4 * 72) for mm in (85, 180)) < 0.01


def test_nothing_of_a_figure_is_cut_off(drawn):
    figure = drawn[0]
    width, height = figure.get_size_inches()
    with matplotlib.rc_context(figures.STYLE):  # by which ticks are chosen
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        taken = figure.get_tightbbox(canvas.get_renderer())  # of all that is drawn
    assert taken.x0 >= 0 and taken.x1 <= width, taken
    assert taken.y0 >= 0 and taken.y1 <= height, taken


def test_text_stays_text_in_a_font_that_every_viewer_has(drawn):
    svg, pdf = drawn[1]["svg"].read_text(), drawn[1]["pdf"].read_bytes()
    written = re.findall(r"<text[^>]*font(?:-family)?: ([^;\"]+)", svg)
    assert written and svg.count("<text") == len(written)
    assert all(font.endswith(("sans-serif", "monospace")) for font in written)
    assert b"/Type3" not in pdf and b"/FontFile2" in pdf  # whole outlines of TrueType, Type 42


def lightness(colour: str) -> float:
    """CIE L* of a colour, 0 to 100: how light it is in grey."""
    encoded = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16


def test_six_colours_or_fewer_are_told_apart_in_grey():
    light = [lightness(colour) for colour in (figures.OPTIMUM, *figures.COLOURS, "white")]
    assert len(figures.COLOURS) <= 6
    assert min(abs(a - b) for a, b in combinations(light, 2)) > 9
    assert {*logos.LETTERS.values(), logos.PLANTED} <= set(figures.COLOURS)
