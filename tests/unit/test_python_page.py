"""What docs/python.md shows runs, from top to bottom, as it stands there."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from made_up_variants import write_genome
from small_networks import hyperparameters

from attendna.learning import models

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


@pytest.mark.thorough
def test_the_page_about_notebooks_runs(tmp_path, monkeypatch):
    keras.utils.set_random_seed(1)
    settings = hyperparameters("attention_cnn")
    classes = ["background", "promoter"]
    network = models.attention_cnn(40, classes, "promoter", **settings)
    run = tmp_path / "results" / "promoters" / "fold1" / "attention_cnn" / "seed1"
    run.mkdir(parents=True)
    network.save(run / "model.keras")
    letters = "C" * 1233 + "A" + "C" * 400
    write_genome(tmp_path / "genome.fa", {"chr1": letters})
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    known = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), known)
    assert known["model"].classes == classes
    assert known["contributions"].shape == (2, 40, 4)
    assert list(known["table"]["predicted"].isin(classes)) == [True, True]
    assert list(known["many"]["status"]) == ["ok", "ok"]
    assert np.isfinite(known["many"]["effect_promoter"]).all()
