import json
import os

import pytest

from attendna import intact_files
from attendna.planning import fingerprints


@pytest.fixture
def kept(tmp_path):
    return tmp_path / ".snakemake" / "fingerprints.json"


@pytest.fixture
def pair(tmp_path):
    paths = [tmp_path / "a.fa", tmp_path / "b.fa"]
    for path in paths:
        path.write_text(f">{path.stem}\nACGT\n")
    return paths


def counting(monkeypatch):
    """Count how often files are read."""
    read, whole = [], intact_files.sha256
    monkeypatch.setattr(intact_files, "sha256", lambda path: read.append(path) or whole(path))
    return read


def test_the_content_decides_and_not_time_name_or_place(pair, kept, tmp_path):
    before = fingerprints.contents(pair, kept)
    for path in pair:
        os.utime(path, (1, 1))
    assert fingerprints.contents(pair, kept) == before
    moved = pair[0].rename(tmp_path / "c.fa")
    assert fingerprints.contents([moved, pair[1]], kept) == before
    assert fingerprints.contents(pair[::-1], kept) != before
    pair[1].write_text(">b\nACGA\n")
    assert fingerprints.contents([moved, pair[1]], kept) != before


def test_a_file_in_its_place_with_the_same_size_and_time_is_another(pair, kept):
    before, time = fingerprints.contents(pair, kept), pair[0].stat().st_mtime_ns
    incoming = pair[0].with_name("incoming")
    incoming.write_text(">a\nACGA\n")
    os.utime(incoming, ns=(time, time))
    assert incoming.stat().st_size == pair[0].stat().st_size
    os.replace(incoming, pair[0])
    assert pair[0].stat().st_mtime_ns == time
    assert fingerprints.contents(pair, kept) != before


def test_files_are_read_once_until_they_change(pair, kept, monkeypatch):
    read = counting(monkeypatch)
    for _ in range(3):
        fingerprints.contents(pair, kept)
    assert read == pair
    pair[1].write_text(">b\nACGA\n")
    fingerprints.contents(pair, kept)
    assert read == [*pair, pair[1]]


@pytest.mark.parametrize(
    "content", [b"", b"[1, 2]", b'{"a": 1}', b"\xff", b'{"x": [1, 2]}', b"[" * 10**5]
)
def test_what_was_kept_may_be_damaged(pair, kept, content):
    before = fingerprints.contents(pair, kept)
    kept.write_bytes(content)
    assert fingerprints.contents(pair, kept) == before


@pytest.mark.parametrize("digest", [5, None, ["x"], True, "abc", "A" * 64])
def test_a_digest_that_is_none_is_not_taken(pair, kept, digest):
    before = fingerprints.contents(pair, kept)
    content = json.loads(kept.read_text())
    kept.write_text(json.dumps({path: [digest, *state] for path, (_, *state) in content.items()}))
    assert fingerprints.contents(pair, kept) == before


def test_nothing_waits_for_a_named_pipe(pair, kept, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    gone = fingerprints.contents([tmp_path / "gone"], kept)
    assert fingerprints.contents([pipe], kept) == fingerprints.contents([tmp_path], kept) == gone
    assert fingerprints.contents(pair, pipe) == fingerprints.contents(pair, kept)


def test_nothing_need_be_kept(pair, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert fingerprints.contents(pair, tmp_path / "file" / "kept.json") == fingerprints.contents(
        pair, tmp_path / "kept.json"
    )


def test_a_file_that_is_not_there_is_not_an_empty_one(pair, kept):
    there = fingerprints.contents(pair, kept)
    pair[0].unlink()
    gone = fingerprints.contents(pair, kept)
    pair[0].write_text("")
    assert len({there, gone, fingerprints.contents(pair, kept)}) == 3


def test_a_file_that_will_be_fetched_counts_as_what_it_will_hold(pair, kept):
    expected = {str(pair[0]): intact_files.sha256(pair[0])}
    there = fingerprints.contents(pair, kept, expected)
    content = pair[0].read_bytes()
    pair[0].unlink()
    assert fingerprints.contents(pair, kept, expected) == there
    pair[0].write_bytes(content + b"A")  # replaced since
    assert fingerprints.contents(pair, kept, expected) != there
