"""The runs on real data in CI are short ones."""

import pytest
import yaml
from configs import ROOT, merged

from attendna.planning import settings

REAL = ROOT / "tests" / "real"


@pytest.mark.parametrize("name", [path.stem for path in sorted(REAL.glob("*.yaml"))])
def test_no_network_is_trained_for_more_than_a_few_epochs(name):
    """Those of an architecture come before those of all."""
    short = REAL / "short" / "short.yaml"
    config = merged(*(yaml.safe_load(path.read_text()) for path in (REAL / f"{name}.yaml", short)))
    networks = [name for name in config["models"] if name.endswith("_cnn")]
    asked = [
        settings.training(config, dataset, network)["epochs"]
        for dataset in config["datasets"]
        for network in networks
    ]
    assert asked and max(asked) <= 3
