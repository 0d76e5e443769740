"""Presets: legal, as they say, and scored with calibrated probabilities."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from attendna.planning import config_checks, settings
from attendna.simulation.oracle import posterior
from attendna.simulation.specification import Simulation, simulate_block

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas" / "config.schema.yaml"
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text())
LENGTHS = {"promoter": 200, "splice": 60, "regulatory": 150, "clusters": 150, "order": 150}
PRESETS = sorted(path.stem for path in (ROOT / "presets").iterdir())


def configured(preset, **rest):
    block = {"preset": preset, "sequences": 6000, "length": LENGTHS[preset], "seed": 4}
    config = {**DEFAULT, "datasets": {"d": {"simulate": block | rest}}}
    config_checks.check(config, SCHEMA)
    return config


def simulated(preset, **rest):
    config = configured(preset, **rest)
    made = Simulation.from_settings(json.loads(settings.simulation_json(config, "d")))
    return made, simulate_block(made, 0)


def test_the_schema_names_the_presets_that_there_are():
    schema = yaml.safe_load(SCHEMA.read_text())
    simulate = schema["$defs"]["dataset"]["properties"]["simulate"]
    assert sorted(simulate["properties"]["preset"]["enum"]) == PRESETS == sorted(LENGTHS)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_what_the_schema_allows_a_user_to_write(preset):
    written_out = yaml.safe_load((ROOT / "presets" / f"{preset}.yaml").read_text())
    block = {"sequences": 10, "length": 200, "seed": 1, **written_out}
    config_checks.check({**DEFAULT, "datasets": {"d": {"simulate": block}}}, SCHEMA)


@pytest.mark.parametrize("preset", PRESETS)
def test_scores_are_calibrated_and_separate(preset):
    made, block = simulated(preset)
    scores = posterior(block.sequences, made)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-9)
    names = np.array([spec.name for spec in made.classes])
    assert names.tolist() == settings.class_order(configured(preset), "d")
    for i, name in enumerate(names):
        p = scores[:, i]
        for tenth in np.array_split(np.argsort(p), 10):
            error = np.sqrt(np.sum(p[tenth] * (1 - p[tenth]))) / len(tenth)
            share = (block.labels[tenth] == name).mean()
            assert abs(p[tenth].mean() - share) < 5 * error + 1e-3
    accuracy = (names[scores.argmax(axis=1)] == block.labels).mean()
    assert max(made.counts) / 6000 + 0.15 < accuracy < 0.99  # neither hopeless nor trivial


def test_promoters_have_their_elements_at_their_distance_from_the_start():
    made, block = simulated("promoter")
    start_site = made.length - 60
    promoters = block.labels[block.planted] == "promoter"
    tata = promoters & (block.motifs == "TATA")
    assert set(block.starts[tata] - start_site) == set(range(-32, -27))
    assert set(block.starts[promoters & (block.motifs == "Inr")] - start_site) == {-2}
    elsewhere = block.starts[~promoters & (block.motifs == "TATA")]
    assert elsewhere.min() < 10 and elsewhere.max() > made.length - 20


def test_splice_sites_have_their_dinucleotides_and_negatives_their_decoys():
    made, block = simulated("splice")
    letters = block.sequences.view("S1").astype(str)
    middle = made.length // 2
    after = np.char.add(letters[:, middle], letters[:, middle + 1])
    before = np.char.add(letters[:, middle - 2], letters[:, middle - 1])
    assert (after[block.labels == "donor"] == "GT").all()
    assert (before[block.labels == "acceptor"] == "AG").all()
    assert 0.5 < (after[block.labels == "neither"] == "GT").mean() < 0.65
    assert 0.5 < (before[block.labels == "neither"] == "AG").mean() < 0.65
    decoys = [
        block.labels[block.planted[block.motifs == name]]
        for name in ("cryptic donor", "cryptic acceptor")
    ]
    assert all(set(owners) == {"donor", "acceptor", "neither"} for owners in decoys)


def test_enhancers_have_pairs_at_their_distance_on_both_strands():
    made, block = simulated("regulatory")
    enhancers = block.labels[block.planted] == "enhancer"
    sox = enhancers & (block.motifs == "SOX2")
    assert sox.sum() == (enhancers & (block.motifs == "POU5F1")).sum()
    assert 0.4 < (block.strands[sox] == "+").mean() < 0.6
    numbers = np.bincount(block.planted[sox], minlength=3000)[:3000]
    assert {0, 1, 2, 3} <= set(numbers)


def test_clusters_differ_in_how_many_sites_they_have_and_in_nothing_else():
    made, block = simulated("clusters")
    assert set(block.motifs) == {"GATA4"}
    owners = block.labels[block.planted]
    assert (owners == "cluster").mean() > 0.7
    for label in ("cluster", "other"):
        of_class = owners == label
        assert 0.45 < (block.strands[of_class] == "+").mean() < 0.55
        assert abs(block.starts[of_class].mean() - (made.length - 8) / 2) < 5


def test_swapped_pairs_are_the_same_sites_at_the_same_distances_in_the_other_order():
    made, block = simulated("order")
    found = {}
    for label in ("ordered", "swapped"):
        own = block.labels[block.planted] == label
        names, counts = np.unique(block.motifs[own], return_counts=True)
        assert names.tolist() == ["CEBPA", "FOXA2", "HNF4A", "NFYA"]
        assert np.ptp(counts / own.sum()) < 0.01
        for first, second in (("FOXA2", "HNF4A"), ("CEBPA", "NFYA")):
            of_first, of_second = own & (block.motifs == first), own & (block.motifs == second)
            before = block.ends[of_first] <= block.starts[of_second]
            forward = block.strands[of_first] == "+"
            assert len(set((before == forward).tolist())) == 1
            found[label, first] = bool((before == forward)[0])
            gaps = np.where(
                before,
                block.starts[of_second] - block.ends[of_first],
                block.starts[of_first] - block.ends[of_second],
            )
            assert set(gaps) == ({5} if first == "FOXA2" else set(range(8, 25)))
    assert found["ordered", "FOXA2"] and found["ordered", "CEBPA"]
    assert not found["swapped", "FOXA2"] and not found["swapped", "CEBPA"]


def test_keys_beside_a_preset_replace_its_own():
    made, _ = simulated("splice", background={"order": 0}, anchor=30)
    assert made.background.order == 0
    made, _ = simulated("promoter", sequences=50)
    assert made.sequences == 50
    classes = {name: {"fraction": 0.5, "elements": []} for name in "xy"}
    assert settings.class_order(configured("regulatory", classes=classes), "d") == ["x", "y"]


def test_a_length_that_is_too_short_is_named():
    with pytest.raises(Exception, match="simulate.classes.promoter.elements.3.position: CCAAT"):
        simulated("promoter", length=120)
