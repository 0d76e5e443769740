"""Stages in parts: the same bytes as in one job, for any number of parts."""

import json

import numpy as np
import pytest

import encode
import simulate
from attendna.contracts.chunks import WHOLE, Chunk
from attendna.simulation import specification

CLASSES = {
    "bound": {"fraction": 0.5, "planted": 1.0, "motifs": ["TGACTCA"]},
    "unbound": {"fraction": 0.5, "planted": 0.3, "motifs": ["GGNNGG"]},
}
SIMULATION = {"sequences": 230, "length": 30, "seed": 1, "classes": CLASSES}
ENCODING = {"classes": None, "positive": None, "length": "auto", "crop": "centre"}


def simulated(folder, *more):
    folder.mkdir(exist_ok=True)
    paths = [str(folder / "sequences.parquet"), str(folder / "planted.bed")]
    files = ["--sequences", paths[0], "--planted", paths[1]]
    simulate.main(["--settings", json.dumps(SIMULATION), *files, *more])
    return paths


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A simulation of four blocks, the last of which is smaller, in one job."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(specification, "BLOCK_RECORDS", 64)
        return simulated(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_simulation_in_parts_has_the_bytes_of_one_job(whole, tmp_path, monkeypatch, count):
    monkeypatch.setattr(specification, "BLOCK_RECORDS", 64)
    parts = []
    for number in range(1, count + 1):
        made = simulated(tmp_path / str(number), "--chunk", f"{number}-of-{count}")
        parts += ["--parts", *made]
    for ours, theirs in zip(simulated(tmp_path / "joined", *parts), whole, strict=True):
        assert open(ours, "rb").read() == open(theirs, "rb").read()


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("length", ["auto", 20])
def test_an_encoding_in_parts_has_the_bytes_of_one_job(whole, tmp_path, count, length):
    settings = json.dumps(ENCODING | {"length": length})
    given = ["--sequences", whole[0], "--settings", settings, "--encoded"]
    encode.main([*given, str(tmp_path / "whole.npz")])
    parts = [str(tmp_path / f"{number}.npz") for number in range(1, count + 1)]
    for number, part in enumerate(parts, start=1):
        encode.main([*given, part, "--chunk", f"{number}-of-{count}"])
    encode.main([*given, str(tmp_path / "joined.npz"), "--parts", *parts])
    assert (tmp_path / "joined.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    sizes = [np.load(part)["y"].size for part in parts]
    assert sum(sizes) == 230 and max(sizes) < 230 or count == 1


@pytest.mark.parametrize("total", [0, 1, 7, 100])
@pytest.mark.parametrize("count", [1, 3, 8])
def test_parts_follow_each_other_and_are_as_even_as_can_be(total, count):
    parts = [Chunk(number, count).of(total) for number in range(1, count + 1)]
    assert [i for part in parts for i in part] == list(range(total))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert list(WHOLE.of(total)) == list(range(total))


@pytest.mark.parametrize("text", ["", "1", "0-of-2", "3-of-2", "1-of-0", "1-of-2 ", "-1-of-2"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ValueError, match="no part"):
        Chunk.parse(text)
