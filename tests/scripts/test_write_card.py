"""Model cards: what hubs read of them, and that each sentence is true of the run."""

import json
import re

import made_up_results as made_up
import pytest
import yaml
from huggingface_hub import ModelCard

import write_card
from attendna import provenance
from attendna.contracts.exports import write_facts
from attendna.contracts.layout import Run, dataset_folder, run_folder
from attendna.contracts.measurements import read_run_metrics, write_run_metrics
from attendna.contracts.motifs import write_motifs
from attendna.contracts.predictions import Calibration, write_calibration
from attendna.contracts.tables import read_json, write_json
from attendna.errors import UserError
from attendna.intact_files import sha256
from attendna.reporting import model_card

MODEL = "attention_cnn"
FACTS = {
    "positive": "positive",
    "length": made_up.LENGTH,
    "alphabet": "ACGT",
    "crop": "",
    "input": "uint8",
    "soft_masked": "keep",
    "gaps": "error",
    "both_strands": False,
    "weights": 1234,
    "versions": {"attendna": "0.1.0", "Keras": "3.0"},
}
MOTIF = {"name": "m", "class": "positive", "consensus": "TATAAA", "sites": 12, "information": 9.5}
MOTIF |= {"like": None, "planted": None, "family": None, "matches": []}


def write(results, made, facts=None, settings=None, calibration=None, motifs=None):
    """Write the card of a made-up run; return its text."""
    made_up.write(results, made)
    folder, run = dataset_folder(results, made.name), Run(made.name, 1, MODEL, made.seeds[0])
    own = run_folder(results, run)
    export = own / "export"
    export.mkdir()
    (export / "model.onnx").write_bytes(b"onnx")
    known = {**FACTS, **run._asdict(), "classes": made.classes, "positive": made.positive}
    write_facts(export / "model.json", known | (facts or {}), [export / "model.onnx"])
    write_calibration(own / "calibration.json", calibration)
    told = {
        "architecture": "attention_cnn",
        "kinds": made.kinds,
        "confidence": 0.95,
        "license": "unknown",
        "jaspar": "all",
        "simulated": "oracle" in made.kinds.values(),
        "sources": [],
        "origins": {},
        **(settings or {}),
    }
    inputs = {
        "facts": export / "model.json",
        "audit": folder / "audit.json",
        "giveaways": folder / "giveaways.tsv",
        "sequences": folder / "sequences.parquet",
        "leakage": folder / "fold1" / "leakage.json",
        "metrics": folder / "metrics.tsv",
        "comparison": folder / "comparison.tsv",
        "measured": own / "metrics.json",
        "calibration": own / "calibration.json",
    }
    if motifs is not None:
        write_motifs(own / "motifs.json", motifs)
        inputs["motifs"] = own / "motifs.json"
    flags = [word for name, path in inputs.items() for word in (f"--{name}", str(path))]
    card = export / "MODEL_CARD.md"
    write_card.main([*flags, "--settings", json.dumps(told), "--card", str(card)])
    return card.read_text(encoding="utf-8")


def section(text, title):
    """The paragraphs under a heading; "" where there is none."""
    found = re.search(
        rf"^## {re.escape(title)}\n\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    return found[1].strip() if found else ""


def test_hubs_read_the_head_and_the_scores(tmp_path):
    text = write(tmp_path, made_up.MadeUp(leaks=True), settings={"license": "cc-by-4.0"})
    data = ModelCard(text).data
    assert data.license == "cc-by-4.0"
    assert data.pipeline_tag == "text-classification"
    assert {"dna", "onnx"} <= set(data.tags) and "tensorflow" not in data.tags
    found = {(its.dataset_name, its.metric_type): its.metric_value for its in data.eval_results}
    on_all, new = "tutorial, test records", "tutorial, test records without a relative elsewhere"
    assert found[on_all, "roc_auc"] == pytest.approx(0.89)
    assert found[new, "roc_auc"] == pytest.approx(0.79)
    assert found[on_all, "brier_score"] == pytest.approx(0.11)
    names = {its.metric_name for its in data.eval_results}
    assert "AUROC (95% interval 0.870 to 0.910)" in names
    assert ModelCard(text).text.lstrip().startswith("# attention_cnn, trained on tutorial")


def test_a_run_without_leaks_optimum_and_motifs_says_nothing_of_them(tmp_path):
    made = made_up.MadeUp(kinds={MODEL: "network", "kmer_logistic": "baseline"})
    text = write(tmp_path, made)
    for word in ("best possible", "without a relative", "planted", "simulated", "Real DNA"):
        assert word not in text
    assert section(text, "Motifs") == ""
    assert "Does the split leak? No:" in text
    assert section(text, "Calibration").startswith("The probabilities were not calibrated.")
    assert "differ from those in the training records" in text


def test_a_run_with_them_tells_them(tmp_path):
    motifs = {"motifs": [MOTIF], "tried": [], "scores": None, "records": 9, "strands": "one"}
    motifs |= {"classes": ["positive", "negative"], "parts": {"test": 9, "train": 0}}
    motifs |= {"attribution": "gradient", "jaspar": None, "planted": None}
    made = made_up.MadeUp(leaks=True)
    text = write(tmp_path, made, calibration=Calibration(1.25, [0.5, -0.5]), motifs=motifs)
    assert "Does the split leak? Yes: 60 of 120 test records have a relative" in text
    scores = section(text, "Scores")
    assert "| oracle | best possible | 0.910 (0.890 to 0.930) |" in scores
    assert "| attention_cnn | this network | 0.790 (0.770 to 0.810) |" in scores  # unrelated
    assert "clearly worse than oracle (the best possible) in AUROC on records without a" in scores
    assert "logits divided by 1.250, then shifted (positive +0.500, negative -0.500)" in text
    assert "| TATAAA | positive | 12 | 9.5 |" in section(text, "Motifs")
    assert "Real DNA" in section(text, "What it must not be used for")
    folder = dataset_folder(tmp_path, made.name)
    assert f"| sequences.parquet | `{sha256(folder / 'sequences.parquet')}` |" in text


def test_only_the_scores_of_this_run_are_its_own(tmp_path):
    text = write(tmp_path, made_up.MadeUp(seeds=(3, 1), folds=2))
    assert "fold 1, seed 3" in text
    assert "| attention_cnn | this network | 0.898 (0.878 to 0.918) |" in section(text, "Scores")
    assert "Compared record by record, over all 4 runs of the network:" in text


@pytest.mark.parametrize(
    ("facts", "told", "not_told"),
    [
        ({}, ["Sequences that are not 60 bases long."], ["Crop or pad", "both strands", "masked"]),
        (
            {"crop": "right"},
            ["Crop or pad a sequence of another length so that its last base keeps"],
            ["bases long"],
        ),
        (
            {"both_strands": True},
            ["The network reads both strands: a sequence and its reverse"],
            [],
        ),
        ({"soft_masked": "mask"}, ["Lower-case letters are repeats, and are read as N."], []),
        ({"input": "float32"}, ["shares of the four bases"], ["bytes"]),
    ],
    ids=str,
)
def test_how_to_use_it_is_told_as_it_is(tmp_path, facts, told, not_told):
    text = write(tmp_path, made_up.MadeUp(), facts)
    assert all(words in text for words in told)
    assert not any(words in text for words in not_told)


def test_where_probabilities_are_off_is_told(tmp_path):
    made = made_up.MadeUp()
    text = write(tmp_path, made)
    assert "as frequencies:" not in text
    path = run_folder(tmp_path, Run(made.name, 1, MODEL, 1)) / "metrics.json"
    measured = read_run_metrics(path)
    off = {"from": 0.2, "to": 0.3, "observed": 0.5, "predicted": 0.25, "records": 40}
    measured["reliability"]["off"] = [off | {"p_value": 0.001}]
    off = {"from": 0.6, "to": 0.7, "observed": 0.5, "predicted": 0.65, "records": 41}
    measured["reliability"]["off"] += [off | {"p_value": 0.2}]  # which may be chance
    write_run_metrics(path, measured)
    assert sources_of(tmp_path, made).measured["reliability"]["off"]
    text = "\n".join(model_card._calibration(sources_of(tmp_path, made)))
    assert "between 0.2 and 0.3 they are too low (40 test records, mean 0.25, of which 50%" in text
    assert "0.6" not in text


def sources_of(results, made):
    """What `write` gave to the card, read again."""
    folder, run = dataset_folder(results, made.name), Run(made.name, 1, MODEL, 1)
    own = run_folder(results, run)
    return model_card.Sources(
        facts=read_json(own / "export" / "model.json"),
        audit=read_json(folder / "audit.json"),
        leakage=read_json(folder / "fold1" / "leakage.json"),
        measured=read_run_metrics(own / "metrics.json"),
        giveaways=write_card.read_giveaways(folder / "giveaways.tsv"),
        metrics=write_card.read_metrics(folder / "metrics.tsv"),
        comparison=write_card.read_comparison(folder / "comparison.tsv"),
        calibration=None,
        motifs=None,
        explained=None,
        data={},
        settings={"kinds": made.kinds, "confidence": 0.95, "simulated": False},
    )


@pytest.mark.parametrize("found", [False, True])
def test_giveaways_are_told_where_there_are_some(tmp_path, found):
    made = made_up.MadeUp()
    write(tmp_path, made)
    sources = sources_of(tmp_path, made)
    if found:
        row = sources.giveaways.iloc[[0]].assign(kind="gc", feature="GC content", auroc=0.85)
        row = row.assign(p_adjusted=1e-9, **{"class": "positive"})
        object.__setattr__(sources, "giveaways", row)
    text = "\n".join(model_card._giveaways(sources))
    assert ("- GC content: AUROC 0.85 for positive" in text) == found
    assert ("Nothing that was measured gives a class away" in text) != found


def test_one_that_could_be_guessing_is_for_nothing(tmp_path):
    made = made_up.MadeUp()
    write(tmp_path, made)
    sources = sources_of(tmp_path, made)
    assert "guessing" not in "\n".join(model_card._limits(sources))
    sources.metrics.loc[sources.metrics["metric"] == "auroc", ["value", "low"]] = [0.6, 0.49]
    assert "- Anything: on the test records" in "\n".join(model_card._limits(sources))


def test_names_of_any_kind_do_not_break_it(tmp_path):
    classes = ("a|b", "*x* `y` <b>_z_")
    made = made_up.MadeUp(classes=classes)
    text = write(tmp_path, made, {"classes": classes})
    assert "a\\|b" in text and "<b>" not in section(text, "Data")
    for line in text.splitlines():
        if line.startswith("| train"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 4
    assert yaml.safe_load(text.split("---\n")[1])["model-index"][0]["name"] == MODEL


def test_files_of_the_user_are_told_by_name_and_content(tmp_path):
    files = [tmp_path / name for name in ("a/x.fa", "b/x.fa", "b/y.fa")]
    for i, file in enumerate(files):
        file.parent.mkdir(exist_ok=True)
        file.write_text(f">{i}\nACGT\n")
    found = write_card.checksums(list(map(str, files)))
    assert found == {
        str(files[0]): sha256(files[0]),
        str(files[1]): sha256(files[1]),
        "y.fa": sha256(files[2]),
    }


def test_results_of_other_settings_are_refused(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(provenance.Checker, "check", lambda self, path: asked.append(str(path)))
    write(tmp_path, made_up.MadeUp())
    names = {path.rpartition("/")[2] for path in asked}
    assert names == {
        *("model.json", "audit.json", "giveaways.tsv", "sequences.parquet", "leakage.json"),
        *("metrics.tsv", "comparison.tsv", "metrics.json", "calibration.json"),
    }


def test_damaged_facts_are_one_sentence(tmp_path):
    made = made_up.MadeUp()
    write(tmp_path, made)
    path = run_folder(tmp_path, Run(made.name, 1, MODEL, 1)) / "export" / "model.json"
    write_json(path, {key: value for key, value in read_json(path).items() if key != "length"})
    with pytest.raises(UserError, match=r"model.json: damaged or not what its name says"):
        write_card.read_facts(path)


def test_the_citation_is_that_of_the_project():
    root = write_card.Path(write_card.__file__).parents[1]
    cited = yaml.safe_load((root / "CITATION.cff").read_text())
    for part in (cited["authors"][0]["name"], cited["title"], cited["version"], cited["license"]):
        assert part in model_card.CITATION
