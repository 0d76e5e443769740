"""Config files lie over one another as Snakemake lays them."""

import pytest
import yaml
from configs import DEFAULT, ROOT, TWO_FILES, checked

from attendna.planning import loading


def test_the_default_config_is_valid():
    assert checked() == DEFAULT


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests").rglob("*.yaml")), ids=lambda path: path.stem
)
def test_the_configs_of_the_tests_are_valid(path):
    checked(path.read_text(encoding="utf-8"))


def test_an_overlay_replaces_datasets_and_models_and_merges_the_rest():
    config = checked(
        TWO_FILES, "models: {m: {architecture: tutorial_cnn}}", "training: {epochs: 3}"
    )
    assert list(config["datasets"]) == ["d"] and list(config["models"]) == ["m"]
    assert config["training"] == DEFAULT["training"] | {"epochs": 3}
    for section in set(DEFAULT) - {"datasets", "models", "training"}:
        assert config[section] == DEFAULT[section]


@pytest.mark.parametrize("kept", ["datasets", "models"])
def test_an_overlay_that_does_not_name_a_section_keeps_it(kept):
    overlay = {"datasets": "models: {m: {architecture: oracle}}", "models": TWO_FILES}[kept]
    assert checked(overlay)[kept] == DEFAULT[kept]


def test_several_overlays_add_up():
    other = "datasets: {e: {sources: [{path: t.csv}]}}"
    assert list(checked(TWO_FILES, other)["datasets"]) == ["d", "e"]


def test_put_back_shares_nothing_with_the_overlay():
    overlay = yaml.safe_load(TWO_FILES)
    config = {}
    loading.put_back(config, overlay)
    config["datasets"]["d"]["sources"].clear()
    assert len(overlay["datasets"]["d"]["sources"]) == 2
