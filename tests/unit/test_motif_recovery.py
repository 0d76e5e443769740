import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from matrices import matrix, random_targets, targets

from attendna.explanation.motif_comparison import Target
from attendna.explanation.motif_recovery import planted_targets, recovery
from attendna.planning.settings import as_json
from attendna.simulation.grammar import iupac_matrix
from attendna.simulation.specification import Simulation

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def background():
    return random_targets()


def test_recovered_is_what_some_motif_matches_best_on_its_strand(background):
    planted = targets("TATAAA", "AAAAAAA", "TTTTTTT")
    found = [matrix("TATAAA"), matrix("AAAAAA"), matrix("GCGATCGC")]
    result = recovery(found, planted, background)
    assert result.recovered == ["TATAAA", "AAAAAAA"]
    assert result.found["TTTTTTT"] is None
    assert result.found["AAAAAAA"][0] == 1
    assert result.best[2] is None


def test_a_motif_planted_on_both_strands_is_recovered_on_either(background):
    forth = Target("box", "box", matrix("GATTACAG"), "+")
    back = Target("box", "box", matrix("CTGTAATC"), "-")
    for word in ("GATTACAG", "CTGTAATC"):
        assert recovery([matrix(word)], [forth, back], background).recovered == ["box"]


def test_what_is_planted_by_the_default_config():
    simulate = yaml.safe_load((ROOT / "config.yaml").read_text())["datasets"]["tutorial"][
        "simulate"
    ]
    planted = planted_targets(Simulation.from_settings(simulate))
    assert {target.name for target in planted} == {
        *("TATAAA", "CAAT", "GGGCGG", "TTGACA"),
        *(base * 7 for base in "ACGT"),
    }
    assert {target.strand for target in planted} == {"+"}


def test_elements_on_both_strands_are_planted_twice_and_short_ones_do_not_count():
    elements = [{"name": "box", "motif": "GATTACA", "strand": "both"}, {"motif": "GT"}]
    simulate = {
        "sequences": 10,
        "length": 50,
        "seed": 1,
        "classes": {
            "a": {"fraction": 0.5, "elements": elements},
            "b": {"fraction": 0.5, "elements": []},
        },
    }
    planted = planted_targets(Simulation.from_settings(json.loads(as_json(simulate))))
    assert [(target.name, target.strand) for target in planted] == [("box", "+"), ("box", "-")]
    np.testing.assert_allclose(planted[0].probabilities, iupac_matrix("GATTACA"))
    np.testing.assert_allclose(planted[1].probabilities, iupac_matrix("TGTAATC"))


def test_decoys_do_not_count():
    simulate = {
        "sequences": 10,
        "length": 50,
        "seed": 1,
        "decoys": [{"name": "decoy", "motif": "GATTACA"}],
        "classes": {
            "a": {"fraction": 0.5, "elements": [{"name": "box", "motif": "GATTACA"}]},
            "b": {"fraction": 0.5, "elements": []},
        },
    }
    planted = planted_targets(Simulation.from_settings(simulate))
    assert [target.name for target in planted] == ["box"]


def test_a_planted_run_is_not_recovered_by_its_complement(background):
    planted = targets("TTTTTTT", "GATTACAG")
    assert recovery([matrix("AAAAAAA")], planted, background).recovered == []
