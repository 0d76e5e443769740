"""audit.py writes audit.json and giveaways.tsv, which plot_giveaways.py draws."""

import json
from pathlib import Path

import pandas as pd

import audit
import plot_giveaways
from attendna.contracts.giveaways import read_giveaways
from attendna.contracts.sequences import write_sequences
from attendna.contracts.tables import read_json
from attendna.reporting.figure_arguments import FORMATS

ENDINGS = {"audit": "json", "giveaways": "tsv", **{kind: kind for kind in FORMATS}}
SETTINGS = {
    "length": 3,
    "crop": "left",
    "shared_kmer": 40,
    "identity": 0.8,
    "classes": None,
    "positive": None,
}


def test_audit_of_a_small_table(tmp_path):
    table = pd.DataFrame(
        {
            "id": ["r1", "r2", "r3"],
            "sequence": ["GGGN", "GGGN", "AATA"],
            "label": ["x", "y", "y"],
            "split": ["train", None, "test"],
        }
    )
    write_sequences(tmp_path / "sequences.parquet", table)
    output = tmp_path / "audit.json"
    arguments = ["--sequences", str(tmp_path / "sequences.parquet"), "--audit", str(output)]
    arguments += ["--giveaways", str(tmp_path / "giveaways.tsv")]
    arguments += ["--settings", json.dumps(SETTINGS)]
    audit.main(arguments)
    found = read_json(output)
    assert found["classes"] == {"x": 1, "y": 2}
    assert found["contradictory"]["examples"] == [{"x": "r1", "y": "r2"}]
    assert found["splits"]["unassigned"] == {"x": 0, "y": 1}
    assert found["gc"]["by_class"]["x"] == {"mean": 1.0, "sd": None}  # one record has no spread
    assert found["findings"][0]["severity"] == "problem"
    assert found["lengths"]["rows"] == {"length": 3, "crop": "left", "cropped": 3, "padded": 0}
    assert found["positive"] == {"class": "y", "doubt": "it has 2 of 3 records"}
    features = read_giveaways(tmp_path / "giveaways.tsv")
    assert set(features["class"]) == {"y"}  # of two classes one is compared with the other
    (gc,) = features[features["kind"] == "gc"].to_dict("records")
    assert (gc["in_class"], gc["in_rest"], gc["auroc"]) == (0.5, 1.0, 0.75)
    assert found["giveaways"]["tested"] == features["p_value"].notna().sum()
    made = (output, tmp_path / "giveaways.tsv")
    first = [path.read_bytes() for path in made]
    audit.main(arguments)
    assert [path.read_bytes() for path in made] == first


def test_one_class_alone_has_nothing_to_give_away(tmp_path):
    table = pd.DataFrame({"id": ["r1", "r2"], "sequence": ["GGGN", "ACGT"], "label": ["x", "x"]})
    write_sequences(tmp_path / "sequences.parquet", table)
    paths = {name: str(tmp_path / f"{name}.{end}") for name, end in ENDINGS.items()}
    settings = ["--settings", json.dumps(SETTINGS)]
    arguments = ["--sequences", str(tmp_path / "sequences.parquet"), *settings]
    audit.main([*arguments, "--audit", paths["audit"], "--giveaways", paths["giveaways"]])
    assert read_giveaways(paths["giveaways"]).empty
    figure = [word for kind in FORMATS for word in (f"--{kind}", paths[kind])]
    figure += ["--settings", '{"dpi": 50}']
    plot_giveaways.main(["--giveaways", paths["giveaways"], *figure])
    assert Path(paths["svg"]).stat().st_size > 0
