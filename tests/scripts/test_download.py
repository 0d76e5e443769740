"""A file is fetched whole and with its checksum, or there is a sentence and no file."""

import hashlib
import os
import socket
import tracemalloc

import pytest
from folders import names
from loopback import serving

import download
from attendna.errors import UserError

CONTENT = os.urandom(300_000)
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server():
    with serving() as server:
        server.files["/a.fa"] = CONTENT
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 0.01)
    monkeypatch.setattr(download, "TIMEOUT", 0.3)


def fetch(url, folder, sha256=SUM):
    path = folder / "fetched" / "a.fa"
    download.main(["--url", url, "--sha256", sha256, "--file", str(path)])
    assert names(path.parent) == ["a.fa"]
    return path.read_bytes()


def sentence(url, folder, sha256=SUM):
    """Return what download.py says of a file that it can't fetch; it must leave nothing."""
    with pytest.raises(UserError) as caught:
        fetch(url, folder, sha256)
    assert "\n" not in str(caught.value)
    assert os.listdir(folder / "fetched") == []
    return str(caught.value)


# ------------------------------------------------------------------------------ fetched


@pytest.mark.parametrize("query", ["", "?part=1"])
def test_a_file_is_fetched_as_it_is(server, query, tmp_path):
    assert fetch(server.url(f"/a.fa{query}"), tmp_path) == CONTENT
    assert sum(server.asked.values()) == 1


def test_a_checksum_may_be_in_upper_case(server, tmp_path):
    assert fetch(server.url("/a.fa"), tmp_path, SUM.upper()) == CONTENT


def test_an_empty_file_is_a_file(server, tmp_path):
    server.files["/empty"] = b""
    assert fetch(server.url("/empty"), tmp_path, hashlib.sha256(b"").hexdigest()) == b""


def test_a_redirection_is_followed(server, tmp_path):
    server.faults["/old.fa"] = ["/a.fa"]
    assert fetch(server.url("/old.fa"), tmp_path) == CONTENT


def test_a_file_of_this_machine_is_copied(tmp_path):
    (tmp_path / "there.fa").write_bytes(CONTENT)
    assert fetch((tmp_path / "there.fa").as_uri(), tmp_path) == CONTENT


@pytest.mark.parametrize("fault", [503, 429, "cut", "chunked", "silent"])
def test_what_may_pass_is_tried_again(server, fault, tmp_path, capsys):
    server.faults["/a.fa"] = [fault, fault]
    assert fetch(server.url("/a.fa"), tmp_path) == CONTENT
    assert server.asked["/a.fa"] == 3
    assert "attempt 2 of 4: " in capsys.readouterr().out


def test_memory_does_not_grow_with_the_file(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "BLOCK", 1 << 16)
    path = tmp_path / "large"
    path.write_bytes(CONTENT * 40)
    expected = hashlib.sha256(CONTENT * 40).hexdigest()
    target = str(tmp_path / "copy")
    tracemalloc.start()
    download.main(["--url", path.as_uri(), "--sha256", expected, "--file", target])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6  # of 12 MB


# ------------------------------------------------------------------------------ refused


def test_another_checksum_is_told_and_not_tried_again(server, tmp_path):
    url = server.url("/a.fa")
    assert sentence(url, tmp_path, "0" * 64) == (
        f"{url}: the sha256 of this file is {SUM} and not {'0' * 64}, as the config says; "
        "correct the config if you trust the file, else look for the right one."
    )
    assert server.asked["/a.fa"] == 1


@pytest.mark.parametrize(("status", "reason"), [(404, "Not Found"), (403, "Forbidden")])
def test_a_refusal_is_told_and_not_tried_again(server, status, reason, tmp_path):
    server.faults["/b.fa"] = [status]
    url = server.url("/b.fa")
    expected = f"{url}: the server answers {status} {reason}; check the address."
    assert sentence(url, tmp_path) == expected
    assert server.asked["/b.fa"] == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("cut", "the connection was cut, 150,000 bytes are missing"),
        ("chunked", "the connection was cut"),
        ("silent", "timed out"),
        (500, "the server answers 500 Internal Server Error"),
    ],
)
def test_what_never_passes_is_told_after_some_attempts(server, fault, reason, tmp_path):
    server.faults["/a.fa"] = [fault] * 10
    url = server.url("/a.fa")
    assert sentence(url, tmp_path) == (
        f"{url}: could not be fetched in 4 attempts ({reason}); check the address and the network, "
        "or fetch it by hand and name it by `path`."
    )
    assert server.asked["/a.fa"] == 4


def test_a_server_that_is_not_there_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.fa"
    assert "could not be fetched in 4 attempts ([Errno 111] Connection refused)" in sentence(
        url, tmp_path
    )


def test_a_file_of_this_machine_that_is_not_there_is_told(tmp_path):
    url = (tmp_path / "missing.fa").as_uri()
    expected = f"{url}: can't be read (No such file or directory); check the address."
    assert sentence(url, tmp_path) == expected
    url = tmp_path.as_uri()
    assert sentence(url, tmp_path) == f"{url}: can't be read (Is a directory); check the address."


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/a", "http://127.0.0.1/a b"])
def test_an_address_that_is_none_is_told(url, tmp_path):
    assert sentence(url, tmp_path).startswith(f"{url}: no address that can be fetched (")


def test_a_file_that_was_there_stays_where_the_new_one_fails(server, tmp_path):
    (tmp_path / "fetched").mkdir()
    (tmp_path / "fetched" / "a.fa").write_bytes(b"old")
    with pytest.raises(UserError):
        fetch(server.url("/a.fa"), tmp_path, "0" * 64)
    assert (tmp_path / "fetched" / "a.fa").read_bytes() == b"old"
