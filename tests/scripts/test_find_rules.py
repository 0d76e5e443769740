"""A network is asked for rules between its motifs, and what it says becomes files."""

import json

import numpy as np
import pytest
from small_networks import hyperparameters
from toy_scorers import motif

import find_rules
from attendna.contracts.motifs import write_motifs
from attendna.contracts.rules import read_rule_effects, read_rule_summary, read_rules
from attendna.errors import UserError
from attendna.learning import models

HOW = {"motifs": 3, "gap": 3, "backgrounds": 10, "seed": 1, "device": "cpu", "threads": 1}
MOTIFS = [motif("hit_1", "GATTAC"), motif("hit_2", "CCGTTT"), motif("hit_3", "TGGCAA")]
FOLLOWS = {"name": "second", "motif": "CCGTTT", "after": "first", "gap": [1, 2]}
ELEMENTS = [{"name": "first", "motif": "GATTAC"}, FOLLOWS]
CLASSES = {
    "hit": {"fraction": 0.5, "elements": ELEMENTS},
    "other": {"fraction": 0.5, "elements": []},
}
SIMULATION = {"sequences": 600, "length": 40, "seed": 1, "classes": CLASSES}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A network whose one filter holds GATTAC and CCGTTT, 1 or 2 bases apart, and needs both."""
    path = tmp_path_factory.mktemp("network") / "model.keras"
    how = hyperparameters("attention_cnn", kernel_sizes=[15], filters=1, members=1, hidden=[1])
    model = models.attention_cnn(40, ["hit", "other"], "hit", **how | {"partner_sizes": []})
    kernel = np.full((15, 4), -1.0)
    places = [(0, "GATTAC"), (7, "CCGTTT"), (8, "CCGTTT")]
    held = [
        (start + i, "ACGT".index(base)) for start, word in places for i, base in enumerate(word)
    ]
    kernel[tuple(zip(*held, strict=True))] = 3
    detector = model.get_layer("filters_15")
    detector.kernel.assign(kernel[..., None])
    detector.log_sharpness.assign([1.0])
    detector.log_taper.assign([4.0])  # to the ends of the filter
    acting = np.array(detector.matrices())[..., 0]
    both = sum(acting[place] for place in held[:12])
    model.get_layer("attention_15").threshold.assign([0.8 * float(both)])
    for name in ("hidden_1", "logits"):
        layer = model.get_layer(name)
        layer.set_weights([np.full(w.shape, 2.0 * (w.ndim > 2)) for w in layer.get_weights()])
    model.save(path)
    return path


@pytest.fixture
def found(network, motif_data, tmp_path, monkeypatch):
    """Run the script on motifs; return the folder of its files."""
    monkeypatch.setattr(find_rules.devices, "set_up", lambda *_: "nothing")  # of a process's own

    def find(motifs=MOTIFS, *more, written=True, **changes):
        content = {"motifs": list(motifs), "tried": [], "scores": None}
        write_motifs(tmp_path / "motifs.json", content if written else {})
        files = {"rules": "rules.tsv", "effects": "rule_effects.tsv.gz", "summary": "rules.json"}
        flags = [f"--{flag}={tmp_path / name}" for flag, name in files.items()]
        flags += [f"--{name}={motif_data.folder / name}.npz" for name in ("encoded", "split")]
        flags += [f"--model={network}", f"--motifs={tmp_path / 'motifs.json'}", *more]
        find_rules.main([*flags, f"--settings={json.dumps(HOW | changes)}"])
        return tmp_path

    return find


def test_a_rule_within_a_filter_is_found_and_compared_with_what_was_planted(found):
    folder = found(MOTIFS, f"--simulation={json.dumps(SIMULATION)}")
    rules = read_rules(folder / "rules.tsv")
    summary = read_rule_summary(folder / "rules.json")
    first = rules.iloc[0]
    assert (first["left_word"], first["right_word"]) == ("GATTAC", "CCGTTT")
    assert (first["left_strand"], first["right_strand"], first["class"]) == ("+", "+", "hit")
    assert (first["gap_from"], first["gap_to"], first["planted"]) == (1, 2, "yes")
    assert len(rules) == 1
    (pair,) = summary["planted"]
    assert pair["rule"] == 0 and pair["gaps"] == [1, 2] and pair["shared"] == 2
    assert summary["sight"] == {"kernel": 15, "reach": 0, "whole": False, "farthest": 3}
    effects = read_rule_effects(folder / "rule_effects.tsv.gz")
    same = effects[(effects["left_word"] == "GATTAC") & (effects["right_word"] == "CCGTTT")]
    assert len(same) == 2 * 4 * 4  # classes, strands, distances
    best = same.loc[same["contrast"].idxmax()]
    assert best["gap"] == first["gap_of_largest"]
    assert best["contrast"] == pytest.approx(first["largest"], rel=1e-3)


def test_without_motifs_the_files_are_there_and_empty(found):
    folder = found([])
    assert len(read_rules(folder / "rules.tsv")) == 0
    assert len(read_rule_effects(folder / "rule_effects.tsv.gz")) == 0
    summary = read_rule_summary(folder / "rules.json")
    assert summary["words"] == [] and summary["planted"] is None


@pytest.mark.thorough
def test_equal_inputs_make_equal_files(found):
    names = ("rules.tsv", "rule_effects.tsv.gz", "rules.json")
    once, again = (
        [(found(motifs=MOTIFS[:2]) / name).read_bytes() for name in names] for _ in range(2)
    )
    assert once == again


def test_motifs_that_are_not_there_are_asked_for_in_a_sentence(found, monkeypatch):
    monkeypatch.setattr(find_rules, "search", None)
    with pytest.raises(UserError, match=r"motifs\.json: damaged .* run again"):
        found(written=False)
