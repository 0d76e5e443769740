"""Effects of substitutions are compared with the exact ones of a simulation."""

import json

import numpy as np
import pandas as pd
import pytest

import check_effects
import plot_variants
from attendna.contracts.arrays import write_arrays
from attendna.contracts.sequences import bed_writer, write_sequences
from attendna.contracts.splits import write_split
from attendna.dna import one_hot
from attendna.learning import baselines
from attendna.simulation.specification import Simulation, simulate

CLASSES = {
    "yes": {"fraction": 0.5, "planted": 0.9, "motifs": ["GATTACA"]},
    "no": {"fraction": 0.5, "planted": 0.0, "motifs": []},
}
SIMULATE = {"sequences": 600, "length": 30, "seed": 4, "classes": CLASSES}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A simulated dataset and a k-mer model of it."""
    folder = tmp_path_factory.mktemp("simulated")
    blocks = list(simulate(Simulation.from_settings(SIMULATE)))
    letters = np.concatenate([block.sequences for block in blocks])
    labels = np.concatenate([block.labels for block in blocks])
    y = (labels == "no").astype(int)
    ids = np.array([f"seq{i}" for i in range(len(letters))])
    table = pd.DataFrame(
        {
            "id": ids,
            "sequence": [row.tobytes().decode() for row in letters],
            "label": labels,
        }
    )
    write_sequences(folder / "sequences.parquet", table)
    order = np.random.default_rng(1).permutation(len(y))
    split = {"train": order[:400], "validation": order[400:500], "test": order[500:]}
    write_split(folder / "split.npz", {part: np.sort(rows) for part, rows in split.items()})
    with bed_writer(folder / "planted.bed"):
        pass
    x = one_hot(letters)
    parts = [data[split[part]] for part in ("train", "validation") for data in (x, y)]
    names = {"classes": list(CLASSES), "positive": "yes", "seed": 1}
    kmers = baselines.fit_kmer_logistic(*parts, **names, k=6, c=1.0, both_strands=False)
    baselines.save(folder / "model.npz", kmers, 30, "")
    return folder


def test_effects_of_a_model_that_learned_the_motif_have_the_right_sign(dataset, tmp_path):
    settings = {"simulate": SIMULATE, "records": 12, "positive": "yes"}
    arguments = [f"--{name}={dataset / file}" for name, file in [
        ("sequences", "sequences.parquet"), ("split", "split.npz"), ("planted", "planted.bed"),
    ]]  # fmt: skip
    arguments += ["--settings", json.dumps(settings), "--effects", str(tmp_path / "e.json")]
    check_effects.main([*arguments, "--run", "kmers", "1", str(dataset / "model.npz")])
    content = json.loads((tmp_path / "e.json").read_text())
    [its] = content["models"]
    assert content["records"] == 12 and its["substitutions"] == 12 * 30 * 3
    assert its["large"]["n"] >= 6 * 7 * 3 * 0.8  # every base of a planted motif matters
    assert its["large"]["sign"] > 0.9 and 0 < its["large"]["slope"] < 2
    names = {row["motif"]: row["n"] for row in its["motifs"]}
    assert names["GATTACA lost"] >= 6 * 7 * 3 * 0.8


def test_the_strongest_effects_are_drawn_and_none_too(tmp_path):
    rng = np.random.default_rng(1)
    for count in (0, 2):
        arrays = {
            "letters": rng.choice(np.frombuffer(b"ACGT\0", np.uint8), (count, 2, 51)),
            "effects": rng.normal(size=(count, 2, 51, 4)),
            "names": np.array([f"chr1:{i} A>G" for i in range(count)], np.str_),
            "labels": np.array(["yes"] * count, np.str_),
            "changes": np.arange(count) - 0.5,
        }
        write_arrays(tmp_path / "maps.npz", arrays)
        kinds = ("svg", "png", "pdf")
        figure = [
            word for kind in kinds for word in (f"--{kind}", str(tmp_path / f"{count}.{kind}"))
        ]
        plot_variants.main(
            ["--maps", str(tmp_path / "maps.npz"), "--settings", '{"dpi": 50}'] + figure
        )
        text = (tmp_path / f"{count}.svg").read_text()
        assert ("No variant was scored" in text) == (not count)
        assert text.count(">reference<") == count and 'width="510.' in text  # 180 mm
