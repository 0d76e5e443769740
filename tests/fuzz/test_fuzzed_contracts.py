"""The files between the stages, whatever bytes they hold: read, or refused in a sentence.

Written by the project's own writers and then damaged, without the digest that would tell. A few
hundred files for each reader; `--hypothesis-profile thorough` takes 10,000.
"""

import gzip
import io
import pickle
import re
import resource
import zipfile
from contextlib import contextmanager
from functools import cache

import made_up_rules
import numpy as np
import pandas as pd
import pytest
from damage import anything, fuzz, mutated, told
from hypothesis import given
from hypothesis import strategies as st

from attendna.contracts.attention import read_attention, write_attention
from attendna.contracts.attributions import read_filters, write_filters
from attendna.contracts.encoded import read_classes, read_encoded, read_labels, write_encoded
from attendna.contracts.exports import read_facts, write_facts
from attendna.contracts.giveaways import GIVEAWAY_COLUMNS, read_giveaways, write_giveaways
from attendna.contracts.measurements import (
    COMPARISON_COLUMNS,
    METRIC_COLUMNS,
    SUMMARY_COLUMNS,
    read_comparison,
    read_history,
    read_metrics,
    read_run_metrics,
    read_summary,
    write_comparison,
    write_history,
    write_metrics,
    write_run_metrics,
    write_summary,
)
from attendna.contracts.predictions import (
    Calibration,
    Novelty,
    Predictions,
    join_scores,
    read_calibration,
    read_new_predictions,
    read_predictions,
    write_calibration,
    write_new_predictions,
    write_predictions,
    write_scores,
)
from attendna.contracts.rules import (
    read_rule_effects,
    read_rule_summary,
    read_rules,
    write_rule_effects,
    write_rule_summary,
    write_rules,
)
from attendna.contracts.scans import (
    PEAK_COLUMNS,
    Block,
    read_block,
    read_peaks,
    read_scan,
    write_blocks,
    write_peaks,
    write_scan,
)
from attendna.contracts.sequences import (
    bed_writer,
    read_bed,
    read_sequences,
    sequence_batches,
    sequence_columns,
    sequence_groups,
    sequence_notes,
    write_sequences,
)
from attendna.contracts.splits import (
    RELATED_COLUMNS,
    groups_of,
    read_dropped,
    read_groups,
    read_related,
    read_split,
    write_groups,
    write_related,
    write_split,
)
from attendna.contracts.tables import read_json, write_json
from attendna.contracts.trainings import read_training, write_training
from attendna.learning import baselines

# The same lines thousands of times: half of the time would go into counting them.
pytestmark = pytest.mark.no_cover

SOME_MEMORY = 3 << 30  # bytes beyond what this process has: enough for any of these small files
IDS, CLASSES = ["r1", "r2", "r3", "é4"], ["yes", "no"]
FACTS = {"classes": ["no", "yes"], "positive": "yes", "length": 8, "weights": 12}
FACTS |= dict.fromkeys(("dataset", "model", "crop", "input", "soft_masked", "gaps", "alphabet"), "")
FACTS |= {"fold": 1, "seed": 1, "versions": {}, "both_strands": True}
X = np.eye(4, dtype=np.uint8)[np.arange(20).reshape(4, 5) % 4]
Y, LENGTH = np.array([0, 1, 1, 0]), np.full(4, 5)
INDICES = {"train": np.array([0, 1]), "validation": np.array([2]), "test": np.array([3])}
SCORES = np.array([[0.25, 0.75]] * 4)
RUN_METRICS = dict.fromkeys(("fold", "seed"), 1) | {"dataset": "d", "model": "m"}
RUN_METRICS |= {"classes": ["x", "y"], "positive": "x", "n": {"test": 2}, "groups": {"test": 2}}
RUN_METRICS |= {"unrelated": {}, "confusion": {}, "reliability": {}, "rows": [{"value": 0.5}]}

TRAINING = dict.fromkeys(("parameters", "records", "batch_size", "epochs"), 1)
TRAINING |= {"architecture": "cnn", "device": "CPU"}
TRAINING |= {"hyperparameters": {"filters": 4}, "settings": {}, "versions": {"numpy": "2"}}


BLOCK = Block(
    np.array([[0.5, np.nan, 1, -2]] * 2, np.float32),
    np.array([[True, False, True, False]] * 2),
    np.ones((2, 5), np.float32),
    np.array([1, 0]),
)
SCAN = dict.fromkeys(("classes", "windows", "lost", "peaks", "tracks", "q_value"), 1)


def sequences(path):
    table = pd.DataFrame({"id": IDS, "sequence": ["ACGTN"] * 4, "label": ["yes", "no"] * 2})
    write_sequences(path, table, [{"severity": "note", "message": "text"}])


def planted(path):
    columns = {"chrom": IDS, "start": [0, 1, 2, 3], "end": [4] * 4, "name": ["TATA"] * 4}
    with bed_writer(path) as write:
        write(columns | {"score": [0] * 4, "strand": ["+"] * 4})


def predictions(path):
    splits = np.array(["validation", "test"] * 2)
    p = np.array([[0.25, 0.75]] * 4)
    content = Predictions(np.array(IDS), splits, np.array(CLASSES * 2), p, CLASSES)
    write_predictions(path, content)


def rows_of(columns, **told):
    """Two rows of a table: what is told of a column, else 1."""
    return pd.DataFrame({name: told.get(name, [1, 1]) for name in columns})


def baseline(path):
    model = baselines.Baseline(
        architecture="kmer_logistic",
        classes=tuple(CLASSES),
        positive="yes",
        coef=np.ones((1, 4)),
        intercept=np.zeros(1),
        c=1.0,
        k=1,
        both_strands=False,
        length=0,
    )
    baselines.save(path, model, 5)


def batches(path):
    return [batch.num_rows for batch in sequence_batches(path, ["id", "label"], 3)]


RELATED = rows_of(
    RELATED_COLUMNS,
    split=["test", "validation"],
    relation=["exact", "group"],
)
UNLIKE = Novelty(np.ones(len(IDS)), np.array(["length"] * len(IDS)))
HISTORY = ["epoch", "loss", "val_loss"]


# The name of each file, how it is written, and all that reads it.
FILES = {
    "sequences.parquet": (
        sequences,
        read_sequences,
        sequence_notes,
        lambda path: sequence_columns(path, ["id", "sequence"]),
        batches,
        lambda path: list(sequence_groups(path, ["id", "label"])),
    ),
    "planted.bed": (planted, read_bed),
    "audit.json": (lambda path: write_json(path, {"a": [1, None]}), read_json),
    "giveaways.tsv": (
        lambda path: write_giveaways(path, rows_of(GIVEAWAY_COLUMNS, kind=["gc", "length"])),
        read_giveaways,
    ),
    "calibration.json": (
        lambda path: write_calibration(path, Calibration(1.5, [0.25, -0.25])),
        read_calibration,
    ),
    "model.json": (lambda path: write_facts(path, FACTS, []), read_facts),
    "encoded.npz": (
        lambda path: write_encoded(path, iter([X]), X.shape, Y, LENGTH, CLASSES, "yes"),
        read_encoded,
        read_classes,
        read_labels,
    ),
    "split.npz": (
        lambda path: write_split(path, INDICES),
        read_split,
        read_dropped,
    ),
    "groups.tsv": (
        lambda path: write_groups(path, IDS, np.array([1, 2, 2, 3])),
        read_groups,
        lambda path: groups_of(path, np.array(["r1", "r3"])),
    ),
    "related.tsv": (
        lambda path: write_related(path, RELATED),
        read_related,
    ),
    "predictions.tsv.gz": (
        predictions,
        read_predictions,
        lambda path: read_predictions(path, CLASSES),
    ),
    "metrics.tsv": (
        lambda path: write_metrics(
            path, rows_of(METRIC_COLUMNS, model=["x", "y"], split=["test"] * 2)
        ),
        read_metrics,
    ),
    "training.json": (lambda path: write_training(path, TRAINING), read_training),
    "metrics.json": (lambda path: write_run_metrics(path, RUN_METRICS), read_run_metrics),
    "new.tsv.gz": (
        lambda path: write_new_predictions(path, np.array(IDS), SCORES, CLASSES, np.array(IDS)),
        read_new_predictions,
    ),
    "scores.npz": (
        lambda path: write_scores(path, np.array(IDS), SCORES, CLASSES, UNLIKE),
        lambda path: join_scores([path]),
    ),
    "scan.npz": (
        lambda path: write_blocks(path, [(3, BLOCK)]),
        lambda path: read_block(path, 3, 2, 4),
    ),
    "peaks.tsv.gz": (
        lambda path: write_peaks(path, rows_of(PEAK_COLUMNS, motifs=["a(+)", ""])),
        read_peaks,
    ),
    "scan.json": (lambda path: write_scan(path, SCAN), read_scan),
    "rules.tsv": (lambda path: write_rules(path, made_up_rules.rules()), read_rules),
    "rule_effects.tsv.gz": (
        lambda path: write_rule_effects(path, made_up_rules.effects(4)),
        read_rule_effects,
    ),
    "rules.json": (
        lambda path: write_rule_summary(path, made_up_rules.summary()),
        read_rule_summary,
    ),
    "filters.npz": (
        lambda path: write_filters(path, {"filters_3": np.ones((3, 4, 2), np.float32)}),
        read_filters,
    ),
    "summary.tsv": (
        lambda path: write_summary(path, rows_of(SUMMARY_COLUMNS)),
        read_summary,
    ),
    "comparison.tsv": (
        lambda path: write_comparison(path, rows_of(COMPARISON_COLUMNS)),
        read_comparison,
    ),
    "history.tsv": (
        lambda path: write_history(path, rows_of(HISTORY, epoch=[1, 2])),
        read_history,
    ),
    "attention.npz": (
        lambda path: write_attention(path, np.ones((1, 1, 5)), [7], ["r1"]),
        read_attention,
    ),
    "model.npz": (baseline, baselines.load, baselines.load_rows),
}
READERS = [(name, place) for name, (_, *readers) in FILES.items() for place in range(len(readers))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("contracts")


@contextmanager
def little_memory():
    """Let memory that is asked for beyond a bound fail, as on a machine that has no more."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as handle:
        used = int(handle.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + SOME_MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def written(folder, name):
    path = folder / f"written.{name}"
    if not path.exists():
        FILES[name][0](path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "place"), READERS, ids=[f"{name}-{place}" for name, place in READERS]
)
@fuzz(40)
@given(data=st.data())
def test_a_damaged_file_is_read_or_gets_a_sentence(folder, name, place, data):
    path = folder / name
    path.write_bytes(data.draw(damaged(name, written(folder, name))))
    with little_memory():
        _, sentence = told(FILES[name][1 + place], path)
    assert sentence is None or str(path) in sentence


@cache
def damaged(name: str, content: bytes) -> st.SearchStrategy[bytes]:
    """Damage of every kind; the strategy is made once, which takes longer than an example."""
    documents = anything(st.just(content))
    return st.one_of(documents, damaged_members(content)) if name.endswith(".npz") else documents


@st.composite
def damaged_members(draw, archive: bytes) -> bytes:
    """An archive whose checksums are right, and whose arrays are not: as if someone made it so."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(made, "w") as new:
        names = old.namelist()
        chosen = draw(st.sampled_from(names))
        for name in names:
            content = old.read(name)
            if name == chosen:
                content = draw(damaged_arrays(content))
            new.writestr(name, content, draw(st.sampled_from([0, 0, zipfile.ZIP_DEFLATED])))
    return made.getvalue()


def scores(model):
    """Whether a model gives probabilities, or says in a sentence that they are none."""
    p, sentence = told(baselines.predict, model, X)
    return sentence is not None or bool(np.isfinite(p).all())


NUMBERS = [0, 1, -1, 2, 5, 127, 2**31 - 1, -(2**31), 0.5, 1e30, -1e300, np.nan, np.inf, -np.inf]
# What holds of all that is read, whatever the file: scripts go on without a look.
LAWS = {
    "encoded.npz": lambda read: [
        read.y.dtype.kind in "iu" and set(read.y) <= set(range(len(read.classes))),
        ((read.length >= 0) & (read.length <= read.x.shape[1])).all(),
        set(np.unique(read.x)) <= {0, 1},
    ],
    "split.npz": lambda read: [
        *((np.diff(its) > 0).all() and (its >= 0).all() for its in read.values()),
        len(set(np.concatenate(list(read.values())))) == sum(map(len, read.values())),
    ],
    "attention.npz": lambda read: [
        np.isfinite(read["weights"]).all(),
        (read["weights"] >= 0).all(),
    ],
    "model.npz": lambda read: [scores(read)],
    "predictions.tsv.gz": lambda read: [
        (read.probabilities >= 0).all(),
        np.allclose(read.probabilities.sum(axis=1), 1),
        len(set(read.ids)) == len(read.ids),
        set(read.labels) <= set(read.classes),
    ],
    "groups.tsv": lambda read: [len(set(read[0])) == len(read[0]), (read[1] >= 0).all()],
    "calibration.json": lambda read: [
        read is None or (0 < read.temperature < np.inf and np.isfinite(read.biases).all())
    ],
    "model.json": lambda read: [read["length"] >= 1, len(read["classes"]) >= 2],
    "metrics.tsv": lambda read: [
        not np.isinf(read[["value", "low", "high"]].to_numpy(float)).any(),
        not (read["low"] > read["high"]).any(),
    ],
    "history.tsv": lambda read: [np.isfinite(read["val_loss"].to_numpy(float)).all()],
}


@pytest.mark.parametrize("name", LAWS)
@fuzz(60)
@given(data=st.data())
def test_whatever_value_is_changed_what_is_read_is_possible(folder, name, data):
    """The file is sound, its checksums too, and one number in it is another."""
    path = folder / f"changed.{name}"
    change = changed_array if name.endswith(".npz") else changed_text
    path.write_bytes(data.draw(change(written(folder, name), name.endswith(".gz"))))
    read, sentence = told(FILES[name][1], path)
    assert str(path) in sentence if sentence else all(LAWS[name](read))


@st.composite
def changed_array(draw, content: bytes, _: bool) -> bytes:
    with np.load(io.BytesIO(content)) as archive:
        arrays = dict(archive)
    name = draw(st.sampled_from([name for name, of in arrays.items() if of.dtype.kind in "iuf"]))
    array = arrays[name].astype(draw(st.sampled_from([arrays[name].dtype, np.float64])))
    if array.size:
        place = draw(st.integers(0, array.size - 1))
        with np.errstate(invalid="ignore", over="ignore"):
            array.flat[place] = np.array(draw(st.sampled_from(NUMBERS))).astype(array.dtype)
    made = io.BytesIO()
    np.savez(made, **arrays | {name: array})
    return made.getvalue()


@st.composite
def changed_text(draw, content: bytes, packed: bool) -> bytes:
    text = gzip.decompress(content) if packed else content
    numbers = list(re.finditer(rb"(?<![\w.])-?\d[\d.]*(?![\w.])", text))
    chosen = draw(st.sampled_from(numbers))
    others = [str(number).encode() for number in NUMBERS] + [b"", b"x", b"NaN", b"Infinity"]
    text = text[: chosen.start()] + draw(st.sampled_from(others)) + text[chosen.end() :]
    return gzip.compress(text, mtime=0) if packed else text


@cache
def damaged_arrays(array: bytes) -> st.SearchStrategy[bytes]:
    return st.one_of(mutated(st.just(array)), headers(array))


@st.composite
def headers(draw, array: bytes) -> bytes:
    """An array that says it has another shape or type than its bytes."""
    shape = draw(st.lists(st.sampled_from([0, 1, 5, -1, 10**9, 10**18, 2**63]), max_size=4))
    kind = draw(st.sampled_from(["|u1", "<i4", "<i8", "<f8", "|O", "<U9", "<U999999999", "|V0"]))
    header = {"descr": kind, "fortran_order": draw(st.booleans()), "shape": tuple(shape)}
    made = io.BytesIO()
    np.lib.format.write_array_header_1_0(made, header)
    start = 10 + int.from_bytes(array[8:10], "little")
    return made.getvalue() + array[start:]


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".npz")])
def test_a_pickle_in_an_archive_is_never_run(folder, tmp_path, name):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "run"), "w"))

    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|O", "fortran_order": False, "shape": ()}
    )
    bomb = header.getvalue() + pickle.dumps(Bomb(), protocol=3)
    path = tmp_path / name
    with zipfile.ZipFile(io.BytesIO(written(folder, name))) as old:
        for chosen in old.namelist():
            with zipfile.ZipFile(path, "w") as new:
                for member in old.namelist():
                    new.writestr(member, bomb if member == chosen else old.read(member))
            sentences = [told(reader, path)[1] for reader in FILES[name][1:]]
            assert any(sentences) or chosen == "dropped.npy"
            assert not (tmp_path / "run").exists()
    np.load(io.BytesIO(bomb), allow_pickle=True)
    assert (tmp_path / "run").exists()  # the bomb is one


def test_a_compressed_archive_is_refused(folder, tmp_path):
    """Ours never are, and a small one can hold more than the memory."""
    path = tmp_path / "split.npz"
    np.savez_compressed(path, **INDICES, dropped=np.zeros(0, np.int64))
    assert "is compressed" in told(read_split, path)[1]


@pytest.mark.parametrize("group", ["1e300", "nan", "", "0.5", "9" * 30, "x"])
def test_groups_that_are_no_whole_numbers_are_refused(tmp_path, group):
    path = tmp_path / "groups.tsv"
    path.write_text(f"id\tgroup\na\t{group}\nb\t1\n")
    assert told(read_groups, path)[1]


@pytest.mark.parametrize("header", [b"{'descr': '<U3'", b"'descr': '<U3'}", b""])
def test_an_array_is_no_archive(tmp_path, header):
    """NumPy would read it as an array, and fail on its header in its own words."""
    path = tmp_path / "model.npz"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert told(baselines.load, path)[1]
