"""Files appear whole, and a changed byte is found before anybody parses it."""

import errno
import hashlib
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from folders import names

from attendna import intact_files
from attendna.contracts.arrays import load_arrays, write_arrays
from attendna.contracts.attention import read_attention, write_attention
from attendna.contracts.encoded import read_encoded, write_encoded
from attendna.contracts.measurements import METRIC_COLUMNS, read_metrics, write_metrics
from attendna.contracts.predictions import (
    Calibration,
    Predictions,
    read_calibration,
    read_predictions,
    write_calibration,
    write_predictions,
)
from attendna.contracts.sequences import bed_writer, read_bed, read_sequences, write_sequences
from attendna.contracts.splits import read_groups, read_split, write_groups, write_split
from attendna.contracts.tables import read_json, write_json, write_table
from attendna.errors import UserError
from attendna.intact_files import reading, sha256, verify, whole
from attendna.learning import models

SCRIPTS = Path(__file__).parents[2] / "scripts"


def write(path, content=b"what was written"):
    with whole(path) as handle:
        handle.write(content)
    return path


# ------------------------------------------------------------------------------ writing


def test_the_digest_is_one_that_sha256sum_checks(tmp_path):
    write(tmp_path / "a b.bin")
    record = (tmp_path / ".digests" / "a b.bin.sha256").read_text()
    assert record == f"{hashlib.sha256(b'what was written').hexdigest()}  a b.bin\n"
    done = subprocess.run(["sha256sum", "--check", ".digests/a b.bin.sha256"], cwd=tmp_path)
    assert done.returncode == 0


def test_what_is_not_lasting_has_no_digest(tmp_path):
    with whole(tmp_path / "a", lasting=False) as handle:
        handle.write(b"1")
    assert os.listdir(tmp_path) == ["a"]
    write(tmp_path / "a")
    with whole(tmp_path / "a", lasting=False) as handle:
        handle.write(b"2")
    verify(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"2"


def test_what_a_killed_writer_left_is_removed_by_the_next_and_nothing_else(tmp_path):
    for name in (".123.a.txt", ".123.b.txt", ".x.a.txt", "1.a.txt"):
        (tmp_path / name).write_text("half")
    write(tmp_path / "a.txt")
    assert names(tmp_path) == [".123.b.txt", ".x.a.txt", "1.a.txt", "a.txt"]


@pytest.mark.parametrize("step", ["fsync", "unlink", "replace", "record"])
def test_no_record_is_a_wrong_one_whenever_the_writer_is_killed(tmp_path, monkeypatch, step):
    path = write(tmp_path / "a", b"old")

    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        if step == "record":
            calls = []
            replace = os.replace
            patch.setattr(os, "replace", lambda *a: kill() if calls else calls.append(replace(*a)))
        else:
            patch.setattr(Path if step == "unlink" else os, step, kill)
        with pytest.raises(Killed):
            write(path, b"new")
    verify(path)  # either the old file with its record, or one without
    assert path.read_bytes() == (b"new" if step == "record" else b"old")
    write(path, b"newer")
    assert names(tmp_path) == ["a"] and os.listdir(tmp_path / ".digests") == ["a.sha256"]
    verify(path)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "No space left on device.; make room"),
        (errno.EROFS, "Read-only file system.; make its folder writable"),
    ],
)
def test_what_the_system_refuses_is_a_sentence(tmp_path, monkeypatch, code, remedy):
    def refuse(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(UserError, match=rf"new/a: can't be written \({remedy}.*, and run again\."):
        write(tmp_path / "new" / "a")
    assert names(tmp_path / "new") == []


def test_an_error_of_another_file_is_not_blamed_on_this_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="other"), whole(tmp_path / "a"):
        open(tmp_path / "other")
    with pytest.raises(PermissionError, match="other"), whole(tmp_path / "a"):
        raise PermissionError(errno.EACCES, "no", str(tmp_path / "other"))


WRITERS = {
    "json": lambda path: write_json(path, ["x" * 100_000]),
    "gz": lambda path: write_table(path, table()),
    "tsv": lambda path: write_table(path, table()),
    "npz": lambda path: write_arrays(path, {"x": np.zeros(100_000)}),
    "parquet": lambda path: write_sequences(path, sequences(3000)),
}


def table():
    return pd.DataFrame({"x": np.random.default_rng(1).random(10_000)})


def sequences(n):
    letters = np.random.default_rng(1).choice(list("ACGT"), (n, 100))
    rows = ["".join(row) for row in letters]
    return pd.DataFrame({"id": [f"r{i}" for i in range(n)], "sequence": rows, "label": "a"})


@pytest.mark.parametrize("name", WRITERS)
def test_every_writer_ends_in_a_sentence_on_a_full_disk(tmp_path, name):
    """A limit on the size of files stands for the disk: both fail in the middle of a write."""
    path = tmp_path / f"file.{name}"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(UserError, match=rf"file\.{name}: can't be written \(File too large"):
            WRITERS[name](path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert names(tmp_path) == []


# ------------------------------------------------------------------------------ checking


def test_a_damaged_file_is_named_and_moved_aside_once(tmp_path):
    path = write(tmp_path / "a.tsv")
    path.write_bytes(b"what was Written")
    with pytest.raises(UserError, match=r"a\.tsv: damaged.*moved aside to a\.tsv\.damaged; run ag"):
        verify(path)
    assert names(tmp_path) == ["a.tsv.damaged"]
    assert (tmp_path / "a.tsv.damaged").read_bytes() == b"what was Written"
    verify(write(path))
    assert names(tmp_path) == ["a.tsv", "a.tsv.damaged"]


@pytest.mark.parametrize("record", [None, b"", b"\xff\xfe", b"0" * 63 + b"  a\n"])
def test_a_file_without_a_record_is_taken_as_it_is(tmp_path, record):
    path = tmp_path / "a"
    path.write_bytes(b"a user's own")
    if record is not None:
        (tmp_path / ".digests").mkdir()
        (tmp_path / ".digests" / "a.sha256").write_bytes(record)
    verify(path)
    with reading(path):
        assert path.read_bytes() == b"a user's own"


@pytest.fixture
def no_waiting():
    """End a test that opens a pipe, which nobody ever writes to."""

    def waited(*_):
        raise TimeoutError("it waits for a pipe")

    usual = signal.signal(signal.SIGALRM, waited)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, usual)


def folder_of_things(path):
    path.mkdir()
    (path / "thing").touch()


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, folder_of_things])
def test_a_record_that_is_no_file_is_none_and_makes_room_for_one(tmp_path, make):
    path = tmp_path / "a"
    path.write_bytes(b"a user's own")
    record = intact_files.digest_path(path)
    record.parent.mkdir()
    make(record)
    assert intact_files.read_bytes(path) == b"a user's own"
    assert not intact_files.is_recorded(path)
    write(path)
    assert record.read_text() == f"{sha256(path)}  a\n"
    assert intact_files.is_recorded(path)


@pytest.mark.parametrize("lasting", [True, False])
def test_what_stands_where_digests_belong_is_named(tmp_path, lasting):
    (tmp_path / ".digests").touch()
    with (
        pytest.raises(UserError, match=r"\.digests: not a folder.*remove it and run again"),
        whole(tmp_path / "a", lasting=lasting) as handle,
    ):
        handle.write(b"1")
    assert names(tmp_path) == []


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_named_and_not_waited_for(tmp_path, make):
    make(tmp_path / "a")
    kind = {os.mkfifo: "a named pipe", os.mkdir: "a folder"}[make]
    for read in [
        *READERS,
        intact_files.read_bytes,
        intact_files.read_text,
        load_arrays,
        models.load,
    ]:
        with pytest.raises(UserError, match=f"a: {kind} where a file belongs; delete it and run a"):
            read(tmp_path / "a")


def test_a_link_to_a_file_is_a_file(tmp_path):
    (tmp_path / "link").symlink_to(write(tmp_path / "a"))
    assert intact_files.read_bytes(tmp_path / "link") == b"what was written"


def test_a_file_that_is_gone_is_not_called_damaged(tmp_path):
    path = write(tmp_path / "a")
    path.unlink()
    with pytest.raises(FileNotFoundError):
        intact_files.read_bytes(path)


def test_where_nothing_can_be_moved_the_sentence_says_delete(tmp_path, monkeypatch):
    path = write(tmp_path / "a")
    path.write_bytes(b"")

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UserError, match="a: damaged.*delete it and run again"):
        verify(path)


RANDOM = np.random.default_rng(2)
IDS = np.array([f"r{i}" for i in range(6)])


def encoded_at(path):
    x = RANDOM.integers(0, 2, (6, 5, 4)).astype(np.uint8)
    write_encoded(path, iter([x]), x.shape, np.zeros(6), np.full(6, 5), ["a", "b"], "a")


def predictions_at(path):
    p = RANDOM.dirichlet([1, 1], 6)
    splits = np.repeat(["validation", "test"], 3)
    labels = np.array(["a", "b"] * 3)
    write_predictions(path, Predictions(IDS, splits, labels, p, ["a", "b"]))


def metrics_at(path):
    row = dict.fromkeys(METRIC_COLUMNS, "x") | {"fold": 1, "seed": 1, "value": 0.5}
    row |= {"split": "test", "low": 0.25, "high": 0.75}
    write_metrics(path, pd.DataFrame([row] * 3))


def planted_at(path):
    with bed_writer(path) as append:
        values = {"chrom": ["a"], "start": [1], "end": [2], "name": ["m"], "score": [0]}
        append(values | {"strand": ["+"]})


def read_x(path):
    return np.array(read_encoded(path).x)


CONTRACTS = {
    "sequences.parquet": (lambda p: write_sequences(p, sequences(6)), read_sequences),
    "planted.bed": (planted_at, read_bed),
    "groups.tsv": (lambda p: write_groups(p, IDS, np.arange(6)), read_groups),
    "leakage.json": (lambda p: write_json(p, {"exact": 12345}), read_json),
    "encoded.npz": (encoded_at, read_x),
    "split.npz": (
        lambda p: write_split(p, {"train": [0], "validation": [1], "test": [2]}),
        read_split,
    ),
    "predictions.tsv.gz": (predictions_at, read_predictions),
    "metrics.tsv": (metrics_at, read_metrics),
    "calibration.json": (
        lambda p: write_calibration(p, Calibration(1.2345, [0.5, -0.5])),
        read_calibration,
    ),
    "attention.npz": (
        lambda p: write_attention(p, RANDOM.random((2, 1, 5)), [3], ["a", "b"]),
        read_attention,
    ),
}


READERS = [read for _, read in CONTRACTS.values()]


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_flipped_bit_gives_another_result(tmp_path, name):
    """Any bit of any file: either it is named and moved aside, or what is read is the same."""
    save, read = CONTRACTS[name]
    path = tmp_path / name
    save(path)
    content, right = path.read_bytes(), repr(read(path))
    found = 0
    chosen = RANDOM.choice(8 * len(content), 60, replace=False)
    for bit in chosen:
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            assert repr(read(path)) == right
        except UserError as error:
            found += 1
            assert f"{name}: damaged" in str(error) and "run again" in str(error)
            assert names(tmp_path) == [f"{name}.damaged"]
            save(path)
            path.write_bytes(content)
            digest = f"{hashlib.sha256(content).hexdigest()}  {name}\n"
            intact_files.digest_path(path).write_text(digest)
    # Archives have bytes that mean nothing, such as dates; elsewhere all count.
    assert found == 60 or (name in {"split.npz", "attention.npz"} and found > 20)


@pytest.mark.parametrize("name", CONTRACTS)
@pytest.mark.parametrize("keep", [0, 0.5, -1])
def test_every_truncated_file_is_named_and_moved_aside(tmp_path, name, keep):
    save, read = CONTRACTS[name]
    path = tmp_path / name
    save(path)
    os.truncate(path, path.stat().st_size + keep if keep < 0 else int(path.stat().st_size * keep))
    with pytest.raises(UserError, match=f"{name}: damaged.*moved aside.*run again"):
        read(path)
    assert names(tmp_path) == [f"{name}.damaged"]


def test_the_digest_of_a_large_file_takes_no_memory_for_it(tmp_path):
    path = tmp_path / "large"
    with open(path, "wb") as handle:
        handle.truncate(300 << 20)
    code = (
        "import resource, sys; from attendna.intact_files import sha256; before = "
        "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; sha256(sys.argv[1]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 20_000  # KiB
    assert len(sha256(path)) == 64
