import json
from xml.etree import ElementTree

import made_up_results as made_up
import numpy as np
import pytest

import plot_attention
import plot_comparison
import plot_curves
from attendna.contracts.attention import write_attention
from attendna.contracts.layout import Run, run_folder
from attendna.contracts.measurements import read_metrics, write_metrics
from attendna.contracts.predictions import Predictions, read_predictions, write_predictions
from attendna.data import cropping
from attendna.errors import UserError
from attendna.reporting.figure_arguments import FORMATS

TWO = made_up.MadeUp()
THREE = made_up.MadeUp(
    name="splice",
    classes=("ei", "ie", "$neither_"),
    kinds={"_cnn": "network", "kmer_logistic": "baseline"},
    seeds=(1, 2),
    records=120,
)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for made in (TWO, THREE):
        made_up.write(folder, made)
        made_up.draw(folder, made)
    return folder


def test_every_figure_is_there_as_svg_png_and_pdf(results):
    drawn = {path.relative_to(results).as_posix() for path in results.rglob("figures/[!.]*")}
    expected = {
        f"{made.name}/figures/{name}.{suffix}"
        for made in (TWO, THREE)
        for name in ("giveaways", "comparison", "curves", "calibration")
        for suffix in FORMATS
    }
    for made in (TWO, THREE):
        for run in made.runs():
            names = ["overview", *(["attention"] if made.kinds[run.model] == "network" else [])]
            folder = run_folder(results, run).relative_to(results).as_posix()
            expected |= {f"{folder}/figures/{n}.{s}" for n in names for s in FORMATS}
    assert drawn == expected


def test_drawings_need_no_network_and_name_no_dataset(results):
    for path in results.rglob("*.svg"):
        root = ElementTree.parse(path).getroot()
        words = " ".join(node.text or "" for node in root.iter(f"{SVG}text"))
        assert words and TWO.name not in words and THREE.name not in words, path
        links = {value for node in root.iter() for key, value in node.items() if "href" in key}
        assert all(link.startswith(("#", "data:")) for link in links), path


def test_pixels_are_png(results):
    for path in results.rglob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG\r\n"), path


def test_documents_are_pdf(results):
    for path in results.rglob("*.pdf"):
        assert path.read_bytes().startswith(b"%PDF-"), path


@pytest.mark.thorough
def test_drawing_again_gives_the_same_bytes(results):
    before = {path: path.read_bytes() for path in results.glob("splice/**/figures/[!.]*")}
    made_up.draw(results, THREE)
    assert before == {path: path.read_bytes() for path in results.glob("splice/**/figures/[!.]*")}


def paths(tmp_path) -> list[str]:
    return [word for kind in FORMATS for word in (f"--{kind}", str(tmp_path / f"f.{kind}"))]


def test_attention_about_other_records_is_an_error(results, tmp_path):
    run = run_folder(results, Run("tutorial", 1, "attention_cnn", 1))
    write_attention(tmp_path / "attention.npz", [[[1.0]]], [3], ["unknown"])
    arguments = ["--attention", str(tmp_path / "attention.npz")]
    arguments += ["--sequences", str(results / "tutorial" / "sequences.parquet")]
    arguments += ["--predictions", str(run / "predictions.tsv.gz")]
    arguments += ["--settings", '{"dpi": 50, "attention_records": 3}', *paths(tmp_path)]
    with pytest.raises(UserError, match="no test record"):
        plot_attention.main(arguments)


@pytest.mark.parametrize("crop", cropping.CROPS)
@pytest.mark.parametrize("letters", [3, 7, 8, 13, 20])
def test_attention_is_drawn_on_the_letters_that_were_seen_and_on_no_padding(crop, letters):
    sequence = "ACGTTGCAACCGGTTAACGT"[:letters]
    row = cropping.fit([sequence], 8, crop)
    weights = np.stack([row[0], row[0]]).astype(float)  # the letters' own codes, 0 on padding
    drawn = plot_attention.attended_letters("title", sequence, weights, crop)
    assert drawn.weights.shape == (2, min(letters, 8))
    assert [chr(int(code)) for code in drawn.weights[0]] == list(drawn.sequence)
    assert sequence[drawn.first - 1 :].startswith(drawn.sequence)


def test_attention_of_equal_lengths_is_drawn_whole():
    drawn = plot_attention.attended_letters("title", "ACGT", np.eye(4)[:2], "")
    assert (drawn.sequence, drawn.first) == ("ACGT", 1)
    np.testing.assert_array_equal(drawn.weights, np.eye(4)[:2])


def test_comparison_without_test_scores_is_an_error(results, tmp_path):
    table = read_metrics(results / "tutorial" / "metrics.tsv")
    write_metrics(tmp_path / "m.tsv", table[table["split"] == "validation"])
    arguments = ["--metrics", str(tmp_path / "m.tsv"), "--oracle", "", "--settings"]
    arguments.append('{"dpi": 50, "confidence": 0.95}')
    with pytest.raises(UserError, match=r"m\.tsv: no test score"):
        plot_comparison.main(arguments + paths(tmp_path))


def test_curves_of_a_test_split_with_one_class_are_an_error(results, tmp_path):
    run = run_folder(results, Run("tutorial", 1, "oracle", 1))
    whole = read_predictions(run / "predictions.tsv.gz")
    one_sided = (whole.splits == "validation") | (whole.labels == "positive")
    part = Predictions(
        whole.ids[one_sided],
        whole.splits[one_sided],
        whole.labels[one_sided],
        whole.probabilities[one_sided],
        whole.classes,
    )
    write_predictions(tmp_path / "p.tsv.gz", part)
    settings = {"dpi": 50, "bootstrap": 10, "confidence": 0.95, "seed": 1}
    arguments = ["--encoded", str(results / "tutorial" / "encoded.npz")]
    arguments += ["--groups", str(results / "tutorial" / "groups.tsv")]
    arguments += ["--run", "1", "oracle", "1", str(tmp_path / "p.tsv.gz")]
    with pytest.raises(UserError, match="all of one class"):
        plot_curves.main([*arguments, "--settings", json.dumps(settings), *paths(tmp_path)])
