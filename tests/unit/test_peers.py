"""Laws of the comparison with other programs: what benchmarks/peers.py says of made-up results."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from attendna.contracts.encoded import write_encoded
from attendna.contracts.sequences import write_sequences
from attendna.contracts.splits import read_split, write_groups, write_split
from attendna.evaluation.metric_intervals import Estimate
from attendna.learning import models
from attendna.learning.backend import keras

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def load(path, name):
    """Import a file that is in no package, beside its own neighbours."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(path.parent)])
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def peers():
    return load(BENCHMARKS / "peers.py", "peers_driver")


@pytest.fixture(scope="module")
def common():
    return load(BENCHMARKS / "peers" / "common.py", "common")


@pytest.fixture(scope="module")
def tutorial():
    return load(BENCHMARKS / "tutorial_program.py", "tutorial_program")


# ------------------------------------------------------------------------- the tutorial's program


def kinds(model):
    """Count the layers of each kind."""
    names = [type(layer).__name__ for layer in model.layers]
    return {name: names.count(name) for name in names}


def test_the_tutorials_program_has_the_tutorials_layers(tutorial):
    model = tutorial.network(200)
    assert model.input.shape == (None, 200, 4) and model.output.shape == (None, 1)
    assert model.count_params() == 114_693
    assert kinds(model) == {
        "InputLayer": 1,
        "Conv1D": 4,
        "BatchNormalization": 4 + 2,
        "Dropout": 4 + 2,
        "Dense": 4 + 3,
        "Flatten": 4,
        "Activation": 4,
        "RepeatVector": 4,
        "Permute": 4,
        "Multiply": 4,
        "GlobalMaxPooling1D": 4,
        "Concatenate": 1,
    }
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv1D)]
    assert {layer.kernel_size for layer in convolutions} == {(3,), (7,), (15,), (25,)}
    assert {layer.filters for layer in convolutions} == {64}
    assert sorted(layer.rate for layer in model.layers if hasattr(layer, "rate")) == [
        *[0.2] * 4,
        0.3,
        0.5,
    ]
    optimizer = model.optimizer.get_config()
    assert [optimizer[key] for key in ("learning_rate", "beta_1", "beta_2", "epsilon")] == (
        pytest.approx([0.001, 0.9, 0.999, 1e-7])
    )
    assert model.loss == "binary_crossentropy" and tutorial.EPOCHS == 30
    stopping, slower = tutorial.rules()
    assert (stopping.patience, stopping.restore_best_weights) == (10, True)
    assert (slower.patience, slower.factor, slower.min_lr) == (5, 0.5, 1e-6)
    assert stopping.monitor == slower.monitor == "val_loss"


def test_the_tutorials_network_and_ours_of_its_name_compute_the_same(tutorial):
    mine = tutorial.network(30)
    ours = models.tutorial_cnn(30, ["no", "yes"], "yes")
    rng = np.random.default_rng(1)
    x = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (8, 30))]
    # Layers with weights of equal shapes come in the order of the branches in both.
    drawn = {}
    for layer in ours.layers:
        shapes = tuple(w.shape for w in layer.weights)
        weights = [
            rng.normal(0, np.prod(shape[:-1]) ** -0.5, shape)
            if len(shape) > 1
            else rng.uniform(0.5, 1.5, shape)
            for shape in shapes
        ]
        layer.set_weights(weights)
        drawn.setdefault(shapes, []).append(weights)
    for layer in mine.layers:
        layer.set_weights(
            drawn[tuple(w.shape for w in layer.weights)].pop(0) if layer.weights else []
        )
    predicted = mine.predict_on_batch(x.astype(np.float64))[:, 0]
    assert np.ptp(predicted) > 1e-4
    np.testing.assert_allclose(predicted, models.predict(ours, x)[:, 1], rtol=1e-4)


# ---------------------------------------------------------------------------- what programs read


def test_records_are_read_with_their_lines_and_parts(common, tmp_path):
    fasta, split = tmp_path / "data.fa", tmp_path / "split.tsv"
    fasta.write_text(">a\nACG\nTN\n>b\nacgta\n>c\nTTTTT\n")
    split.write_text("name\tsplit\tpositive\na\ttest\t1\nb\ttrain\t0\nc\tvalidation\t1\n")
    records = common.read(fasta, split)
    assert records.sequences == ["ACGTN", "ACGTA", "TTTTT"]
    assert records.positive.tolist() == [True, False, True]
    assert {name: rows.tolist() for name, rows in records.split.items()} == {
        "train": [1],
        "validation": [2],
        "test": [0],
    }
    encoded = common.one_hot(records.sequences)
    assert encoded.dtype == np.float64 and encoded.shape == (3, 5, 4)
    np.testing.assert_array_equal(encoded[0], [*np.eye(4), np.zeros(4)])
    split.write_text("name\tsplit\tpositive\nb\ttest\t1\na\ttrain\t0\nc\tvalidation\t1\n")
    with pytest.raises(ValueError, match="do not name the same records"):
        common.read(fasta, split)


def test_what_is_left_out_is_not_on_the_clock(common, monkeypatch):
    # Two calls for each block that is left out, one each time the clock is looked at.
    processor, passing = iter([10.0, 12.0, 15.0, 16.0]), iter([100.0, 107.0])
    monkeypatch.setattr(common.time, "process_time", lambda: next(processor))
    monkeypatch.setattr(common.time, "monotonic", lambda: next(passing))
    clock = common.Clock()
    assert clock.now() == 10
    with clock.stopped():
        pass
    assert clock.now() == 16 - (15 - 12)
    assert (clock.left_out, clock.left_out_on_the_clock) == (3, 7)


# ---------------------------------------------------------------------------- the driver

TIMINGS = {
    "records": 40,
    "seconds": [10.0, 20.0],
    "epochs": 2.0,
    "training_rate": 1234.5,
    "prediction_rate": 5678.9,
    "stopped": "early",
    "parameters": 1000,
    "note": "",
    "peak_memory": 1_250_000_000,
    "processor": 33.3,
}
METRICS = {"auroc": Estimate(0.9, 0.85, 0.95), "mcc": Estimate(0.5, 0.4, 0.6)}


def result(peers, *curve, **timings):
    return peers.Result({**TIMINGS, **timings}, METRICS, curve)


def test_quality_is_compared_from_the_end_of_the_slower_one(peers):
    ours = result(peers, (10, 0.7), (20, 0.9), (20, 0.9))
    slow = result(peers, (100, 0.6), (200, 0.85), (200, 0.85))
    assert peers.same_quality(ours, slow) == "0.850: ours 20 s, this one 200 s"
    better = result(peers, (200, 0.95))
    assert peers.same_quality(ours, better) == "ours never has 0.950 (at most 0.900)"
    fast = result(peers, (1, 0.8), (2, 0.91), (2, 0.8))
    assert peers.same_quality(ours, fast) == "0.900: this one 2 s, ours 20 s"
    worse = result(peers, (5, 0.65))
    assert peers.same_quality(ours, worse) == "this one never has 0.900 (at most 0.650)"


@pytest.mark.parametrize(
    ("timings", "expected"),
    [
        ({}, "2 epochs, then early stopping"),
        ({"epochs": 1.0, "stopped": "cap", "cap": 90.0}, "1 epoch, stopped after 90 s"),
        ({"epochs": 0.25, "stopped": "cap", "cap": 7.5}, "0.2 epochs, stopped after 7.5 s"),
        ({"epochs": 0, "stopped": "end", "note": "on 5 of 9"}, "no epochs; on 5 of 9"),
    ],
)
def test_the_length_of_a_training_is_said(peers, timings, expected):
    assert peers.length({**TIMINGS, **timings}) == expected


def test_the_table_has_a_row_for_each_program_and_says_what_did_not_run(peers):
    results = {
        peers.OURS: result(peers, (10, 0.9), (10, 0.9)),
        "another": result(peers, (50, 0.8), (50, 0.8), parameters=0),
        "broken": "ended with status 1: no such thing",
    }
    lines = peers.table(results).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[0] for row in cells[2:]] == list(results)
    assert {len(row) for row in cells} == {len(peers.HEAD)}
    named = dict(zip(peers.HEAD, cells[2], strict=True))
    assert named["training, sequences/s"] == "1,234"
    assert named["prediction, sequences/s"] == "5,679"
    assert named["peak memory (GB)"] == "1.25"
    assert named["FASTA to test predictions (s)"] == "33"
    assert named["test AUROC"] == "0.900 (0.850 to 0.950)"
    assert named["test MCC"] == "0.500 (0.400 to 0.600)"
    assert cells[2][7] == "-" and cells[3][7] == "0.800: ours 10 s, this one 50 s"
    assert (cells[2][1], cells[3][1]) == ("1,000", "-")
    assert cells[4][1] == "ended with status 1: no such thing"


@pytest.fixture
def dataset(tmp_path):
    """Make what the workflow makes of a small set; the classes are a and b, b is positive."""
    import pandas as pd

    folder = tmp_path / "results" / "small"
    (folder / "fold1").mkdir(parents=True)
    rng = np.random.default_rng(1)
    sequences = ["".join(letters) for letters in rng.choice(list("ACGT"), (40, 10))]
    ids = [f"record {i}" for i in range(40)]
    y = np.arange(40) % 2
    made = pd.DataFrame({"id": ids, "sequence": sequences, "label": np.array(["a", "b"])[y]})
    write_sequences(folder / "sequences.parquet", made)
    x = np.zeros((40, 10, 4), np.uint8)
    write_encoded(
        folder / "encoded.npz",
        iter([x]),
        x.shape,
        y.astype(np.int32),
        np.full(40, 10, np.int32),
        ["a", "b"],
        "b",
    )
    rows = np.arange(40)
    write_split(
        folder / "fold1" / "split.npz",
        {"train": rows[:16], "validation": rows[16:20], "test": rows[20:38]},
    )
    write_groups(folder / "groups.tsv", ids, rows)
    return folder


PROGRAM = """
import sys, time
from pathlib import Path
sys.path.insert(0, {folder!r})
import common, numpy as np
arguments = common.parse("").parse_args()
clock = common.Clock()
records = common.read(arguments.fasta, arguments.split)
assert [len(records.split[name]) for name in common.SPLITS] == [16, 4, 18]
right = records.positive[records.split["test"]].astype(float)
right[0] = 1 - right[0]
epochs = np.array([1 - right, right])
done = common.Training(16, [1.5, 2.5], 100.0, 2, epochs, "end")
common.save(arguments.out, clock, done, right, 200.0)
"""


def test_a_program_is_run_once_and_scored_by_its_predictions(peers, dataset, tmp_path, monkeypatch):
    program = tmp_path / "made_up.py"
    program.write_text(PROGRAM.format(folder=str(BENCHMARKS / "peers")))
    monkeypatch.setattr(peers, "PROGRAMS", tmp_path)
    monkeypatch.setitem(peers.PEERS, "made up", peers.Peer("made_up.py", "ours"))
    out = tmp_path / "out"
    peers.write_data(dataset, out)
    assert ">r38" not in (out / "data.fa").read_text()  # in no part of the split
    arguments = ("made up", dataset, out, sys.executable, 9.0)
    assert peers.one(*arguments, True) == "not run"
    found = peers.one(*arguments, False)
    # 9 of each class, one of the negatives taken for a positive, none the other way round.
    test = read_split(dataset / "fold1" / "split.npz")["test"]
    assert len(test) == 18
    assert found.metrics["auroc"].value == pytest.approx(1 - 0.5 / 9)
    assert found.metrics["mcc"].value == pytest.approx(np.sqrt(9 / 10 * 8 / 9))
    assert found.metrics["mcc"].low < found.metrics["mcc"].value < found.metrics["mcc"].high
    seconds, aurocs = zip(*found.curve, strict=True)
    assert seconds == (1.5, 2.5, 2.5)
    assert aurocs == pytest.approx((0.5 / 9, 1 - 0.5 / 9, 1 - 0.5 / 9))
    assert 0 < found.timings["processor"] and 0 < found.timings["clock"]

    program.write_text("raise SystemExit('gone')")  # what is there already is not made again
    assert peers.one(*arguments, False).timings == json.loads(
        (out / "made_up" / "result.json").read_text()
    )
    (out / "made_up" / "result.json").unlink()
    assert peers.one(*arguments, False) == "ended with status 1: gone"
