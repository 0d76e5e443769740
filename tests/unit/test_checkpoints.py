"""State is kept whole, and used only where it belongs."""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from attendna.contracts.arrays import write_arrays
from attendna.contracts.checkpoints import Checkpoint, Parts, key

SCRIPTS = Path(__file__).parents[2] / "scripts"
STATE = {
    "epochs": 3,
    "best": math.inf,
    "half": 0.1 + 0.2,
    "none": None,
    "text": "ä",
    "lists": [[np.arange(6, dtype=np.float32).reshape(2, 3)], [], [np.array(7, np.int64)]],
    "history": {"loss": [0.5, np.float64(0.25)]},
    "nothing": np.zeros((0, 4)),
}


def test_a_state_comes_back_to_the_last_bit(tmp_path):
    checkpoint = Checkpoint(tmp_path / "state.npz", "key")
    checkpoint.save(STATE)
    found = checkpoint.load()
    for name in ("epochs", "best", "half", "none", "text", "history"):
        assert found[name] == STATE[name]
    for one, other in zip(found["lists"], STATE["lists"], strict=True):
        for mine, theirs in zip(one, other, strict=True):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)
    assert found["nothing"].shape == (0, 4)


def test_nothing_was_kept(tmp_path, capsys):
    assert Checkpoint(tmp_path / "state.npz", "key").load() is None
    assert capsys.readouterr().out == ""


def test_a_state_that_belongs_to_something_else_is_not_used_and_said(tmp_path, capsys):
    Checkpoint(tmp_path / "state.npz", "one").save(STATE)
    other = Checkpoint(tmp_path / "state.npz", "other")
    assert other.load() is None
    assert "belongs to other data, settings or code" in capsys.readouterr().out
    other.save({"epochs": 1})
    assert other.load() == {"epochs": 1}


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_a_damaged_state_is_not_used_and_said(tmp_path, capsys, where):
    checkpoint = Checkpoint(tmp_path / "state.npz", "key")
    checkpoint.save({"weights": np.random.default_rng(1).random(5000)}, lasting=False)
    content = bytearray(checkpoint.path.read_bytes())
    content[int(len(content) * where)] ^= 4
    checkpoint.path.write_bytes(content)
    assert checkpoint.load() is None
    assert "is damaged: starting anew" in capsys.readouterr().out
    os.truncate(checkpoint.path, 100)
    assert checkpoint.load() is None


def test_the_key_follows_contents_and_settings_alone(tmp_path):
    for folder, content in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "data").write_text(content)
    one, same, other = (key({"x": 1, "y": 2}, [tmp_path / f / "data"]) for f in "abc")
    assert one == same != other
    assert key({"y": 2, "x": 1}, [tmp_path / "a" / "data"]) == one
    assert key({"y": 2, "x": 2}, [tmp_path / "a" / "data"]) != one
    assert key({"y": 2, "x": 1}, []) != one


# ------------------------------------------------------------------------------ parts


def test_each_part_is_computed_once_and_again_if_it_changed(tmp_path):
    done = []

    def run(belongs="models", contents="abc"):
        kept = Parts(tmp_path / "state", belongs)
        for number, content in enumerate(contents):
            result = kept.once(
                number, content, lambda c=content: done.append(c) or {"code": np.array([ord(c)])}
            )
            assert list(result) == ["code"] and result["code"].tolist() == [ord(content)]
        return kept.found

    assert run() == 0 and done == list("abc")
    assert run() == 3 and done == list("abc")
    (tmp_path / "state" / "000001.npz").write_bytes(b"damaged")
    assert run() == 2 and done == list("abcb")
    assert run(contents="axc") == 2 and done == list("abcbx")
    assert run(belongs="other models") == 0


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = Parts(None, "")
    for value in (1, 2):
        assert kept.once(0, "a", lambda v=value: {"x": np.array(v)}) == {"x": value}
    assert kept.found == 0 and not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------ alone

HOLD = """
import json, sys, time
from attendna.contracts.checkpoints import alone
with alone(sys.argv[1]):
    print(json.dumps(time.time()), flush=True)
    time.sleep(float(sys.argv[2]))
"""


def hold(folder, seconds):
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, folder, str(seconds)],
        cwd=SCRIPTS,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_never_do_the_same_job_and_a_killed_one_hinders_nobody(tmp_path):
    first = hold(tmp_path / "state", 60)
    assert first.stdout.readline()
    second = hold(tmp_path / "state", 0)
    said = second.stdout.readline()
    assert "a process that an earlier run left is still at this: waiting" in said
    time.sleep(0.2)
    assert second.poll() is None
    before = time.time()
    first.kill()
    entered = json.loads(second.stdout.readline())
    assert entered > before and second.wait() == 0
    first.wait()


@pytest.mark.parametrize(
    "tree",
    [
        "3",
        "[]",
        "{}",
        '{"belongs": "key"}',
        '{"belongs": "key", "state": {"array": "7"}}',
        '{"belongs": "key", "state": {"array": [1]}}',
        "[" * 100_000,
    ],
)
def test_a_garbled_state_is_not_used_and_said(tmp_path, capsys, tree):
    write_arrays(tmp_path / "state.npz", {"tree": np.array(tree)})
    assert Checkpoint(tmp_path / "state.npz", "key").load() is None
    assert "is damaged: starting anew" in capsys.readouterr().out


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_state_that_is_no_file_is_not_used_and_said(tmp_path, capsys, make):
    make(tmp_path / "state.npz")
    assert Checkpoint(tmp_path / "state.npz", "key").load() is None
    assert "is damaged: starting anew" in capsys.readouterr().out
