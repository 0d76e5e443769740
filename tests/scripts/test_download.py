"""A file is fetched whole and with its checksum, or there is a sentence and no file."""

import base64
import gzip
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


def arguments(url, sha256, path, gigabytes=0.1, minutes=1.0):
    limits = ["--gigabytes", str(gigabytes), "--minutes", str(minutes)]
    return ["--url", url, "--sha256", sha256, *limits, "--file", str(path)]


def fetch(url, folder, sha256=SUM, **limits):
    path = folder / "fetched" / "a.fa"
    download.main(arguments(url, sha256, path, **limits))
    assert names(path.parent) == ["a.fa"]
    return path.read_bytes()


def sentence(url, folder, sha256=SUM, **limits):
    """Return what download.py says of a file that it can't fetch; it must leave nothing."""
    with pytest.raises(UserError) as caught:
        fetch(url, folder, sha256, **limits)
    assert str(caught.value).isprintable()
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


def negative_chunk(handler, content):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"-5\r\n" + content)


@pytest.mark.parametrize("fault", [503, 429, "cut", "chunked", "silent", negative_chunk])
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
    tracemalloc.start()
    download.main(arguments(path.as_uri(), expected, tmp_path / "copy"))
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


# ------------------------------------------------------------------------------ hostile servers


def drip(handler, what):
    """Send a byte a moment, often enough that the connection never seems to be dead."""
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(what)


def endless_body(handler, content):
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(content)


def endless_chunks(handler, content):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))


def endless_refusal(handler, content):
    handler.send_response(404)
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(content)


def endless_redirection(handler, content):
    handler.send_response(302)
    handler.send_header("Location", "/b.fa")
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(content)


def slow_head(handler, content):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Wait: ")
    drip(handler, b".")


def slow_body(handler, content):
    handler.send_response(200)
    handler.end_headers()
    drip(handler, b"A")


def says(status, content=b"", **headers):
    """Give an answer with a status line and headers of one's own."""

    def answer(handler, _):
        lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
        handler.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + content)

    return answer


@pytest.mark.parametrize("fault", [endless_body, endless_chunks])
def test_a_file_without_end_is_left_at_the_limit(server, fault, tmp_path):
    server.faults["/a.fa"] = [fault]
    url = server.url("/a.fa")
    begin, end = sentence(url, tmp_path, gigabytes=0.002).split(" bytes or more, ")
    assert begin.startswith(f"{url}: this file has 2,") or begin.startswith(
        f"{url}: this file has 3,"
    )
    assert end == (
        "but at most 2,000,000 are accepted; set `downloads.gigabytes` of the config higher if you "
        "trust it."
    )
    assert server.asked["/a.fa"] == 1


def test_a_file_may_have_as_many_bytes_as_the_limit_and_no_more(server, tmp_path):
    assert fetch(server.url("/a.fa"), tmp_path, gigabytes=len(CONTENT) / 1e9) == CONTENT
    said = sentence(server.url("/a.fa"), tmp_path / "more", gigabytes=(len(CONTENT) - 1) / 1e9)
    assert f"this file has {len(CONTENT):,} bytes or more, but at most 299,999 are" in said


def test_a_size_that_is_too_large_is_refused_before_a_byte_comes(server, tmp_path):
    # What follows would be waited for.
    server.faults["/a.fa"] = [says("200 OK", Content_Length=10**12)]
    said = sentence(server.url("/a.fa"), tmp_path)
    assert "this file has 1,000,000,000,000 bytes or more, but at most 100,000,000 are" in said
    assert server.asked["/a.fa"] == 1


def test_a_size_that_is_too_small_cuts_the_file(server, tmp_path):
    server.faults["/a.fa"] = [says("200 OK", CONTENT, Content_Length=10)]
    cut = hashlib.sha256(CONTENT[:10]).hexdigest()
    assert f"the sha256 of this file is {cut} and not {SUM}" in sentence(
        server.url("/a.fa"), tmp_path
    )


@pytest.mark.parametrize("length", [-1, "many", "9" * 5000, "\xb2"])
def test_a_size_that_is_none_is_not_believed(server, length, tmp_path):
    server.faults["/a.fa"] = [says("200 OK", CONTENT, Content_Length=length)]
    assert fetch(server.url("/a.fa"), tmp_path) == CONTENT


@pytest.mark.parametrize("fault", [slow_head, slow_body])
def test_what_takes_for_ever_is_left(server, fault, tmp_path):
    server.faults["/a.fa"] = [fault]
    url = server.url("/a.fa")
    assert sentence(url, tmp_path, minutes=0.01) == (
        f"{url}: was not here after 0.01 minutes; give it more by `downloads.minutes` of the "
        "config, or fetch it by hand and name it by `path`."
    )


def test_the_time_is_for_all_attempts_together(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 1000)
    server.faults["/a.fa"] = [503]
    assert "was not here after 0.01 minutes" in sentence(
        server.url("/a.fa"), tmp_path, minutes=0.01
    )


def test_no_alarm_is_left_behind(server, tmp_path):
    fetch(server.url("/a.fa"), tmp_path)
    assert download.signal.getitimer(download.signal.ITIMER_REAL) == (0, 0)


def test_the_text_of_a_refusal_is_not_read(server, tmp_path):
    server.faults["/a.fa"] = [endless_refusal]
    assert "the server answers 404 Not Found; check" in sentence(server.url("/a.fa"), tmp_path)


def test_the_text_of_a_redirection_is_not_read(server, tmp_path):
    server.files["/b.fa"] = CONTENT
    server.faults["/a.fa"] = [endless_redirection]
    assert fetch(server.url("/a.fa"), tmp_path) == CONTENT


@pytest.mark.parametrize("status", [404, 503])
def test_what_a_server_says_is_shown_and_not_done(server, status, tmp_path, capsys):
    escape = "\x1b]0;title\x07\x1b[2J\x9b31m"
    server.faults["/a.fa"] = [says(f"{status} {escape}")] * 4
    said = sentence(server.url("/a.fa"), tmp_path)
    assert "\\x1b]0;title\\x07\\x1b[2J\\x9b31m" in said
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("status", ["404 ", "503 ", "nothing like HTTP "])
def test_what_a_server_says_is_not_told_at_length(server, status, tmp_path, capsys):
    server.faults["/a.fa"] = [says(status + "x" * 30_000)] * 4
    if status[0] == "n":
        server.faults["/a.fa"] = [
            lambda handler, _: handler.wfile.write(b"n" * 30_000 + b"\r\n")
        ] * 4
    assert len(sentence(server.url("/a.fa"), tmp_path)) < 500
    assert len(capsys.readouterr().out) < 2000


@pytest.mark.parametrize("path", [["/a.fa"], ["/b.fa", "/a.fa"]])
def test_redirections_in_a_circle_end(server, path, tmp_path):
    for here, there in zip(path, path[1:] + path[:1], strict=True):
        server.faults[here] = [there] * 50
    url = server.url(path[0])
    assert sentence(url, tmp_path) == (
        f"{url}: the server leads from one address to the next more than 10 times; check the "
        "address."
    )
    assert sum(server.asked.values()) == 11


def test_ten_redirections_are_followed(server, tmp_path):
    server.faults["/a.fa"] = ["/a.fa"] * 10
    assert fetch(server.url("/a.fa"), tmp_path) == CONTENT


@pytest.mark.parametrize(
    "place", ["file:///etc/hostname", "ftp://127.0.0.1/a", "data:,ACGT", "http://[x/"]
)
def test_a_redirection_leads_to_the_web_only(server, place, tmp_path):
    server.faults["/a.fa"] = [place]
    url = server.url("/a.fa")
    said = sentence(url, tmp_path, hashlib.sha256(b"ACGT").hexdigest())
    expected = f"{url}: the server leads to {place}, which is no address in the web; check the"
    assert said.startswith(expected)
    assert server.asked["/a.fa"] == 1


def test_a_redirection_stays_encrypted():
    first, second = "https://h.org/a?key=1", "https://cdn.org/a?token=2"
    assert download.moved(first, first, second) == second
    assert download.moved(first, second, "b") == "https://cdn.org/b"
    assert download.moved("http://h.org/a", "http://h.org/a", second) == second
    with pytest.raises(UserError) as caught:
        download.moved(first, second, "http://u:p@h.org/b?token=3")
    assert str(caught.value) == (
        "https://h.org/a?...: the server leads to http://...@h.org/b?..., which is not encrypted; "
        "check the address."
    )


@pytest.mark.parametrize("encoding", ["gzip", "\x1b[31m"])
def test_a_packed_file_is_kept_as_it_comes(server, encoding, tmp_path):
    packed = gzip.compress(CONTENT, mtime=0)
    server.faults["/a.fa"] = [says("200 OK", packed, Content_Encoding=encoding)] * 2
    assert fetch(server.url("/a.fa"), tmp_path, hashlib.sha256(packed).hexdigest()) == packed
    shown = encoding.replace("\x1b", "\\x1b")
    assert (
        f", as the config says (the server sends it packed, Content-Encoding: {shown}); correct"
    ) in sentence(server.url("/a.fa"), tmp_path / "more")


# ------------------------------------------------------------------------------ secrets


def with_secrets(server, path):
    """Give an address with a password and a key, and the same as it may be shown."""
    where = f"127.0.0.1:{server.server_port}{path}"
    return f"http://reader:pass%21word@{where}?key=seKret", f"http://...@{where}?..."


def test_user_and_password_are_told_to_the_server_that_they_are_for(server, tmp_path):
    url, _ = with_secrets(server, "/a.fa")
    server.faults["/a.fa?key=seKret"] = ["/c.fa", server.url("/c.fa"), 503]
    server.faults["/c.fa"] = ["/a.fa"]
    assert fetch(url, tmp_path) == CONTENT
    own = "Basic " + base64.b64encode(b"reader:pass!word").decode()
    assert server.authorizations == [own] * 3


def test_user_and_password_are_told_to_no_other_server(server, tmp_path):
    url, _ = with_secrets(server, "/a.fa")
    with serving() as other:
        other.files["/a.fa"] = CONTENT
        there = other.url("/a.fa").replace("//", "//own:word@")
        server.faults["/a.fa?key=seKret"] = [there]
        assert fetch(url, tmp_path) == CONTENT
        assert other.authorizations == [None]


@pytest.mark.parametrize(
    "fault",
    [
        404,
        503,
        "cut",
        "silent",
        says("404 no seKret of reader:pass%21word"),
        says("503 no seKret of reader:pass%21word"),
        says("404 no pass!word"),
        says("200 OK", Content_Length=10**12),
        lambda handler, _: handler.wfile.write(f"{handler.path}\r\n".encode()),
        "/a.fa?key=seKret",
        "file:///a?key=seKret",
        slow_body,
        None,
    ],
)
def test_what_is_secret_in_an_address_is_never_said(server, fault, tmp_path, capsys):
    url, shown = with_secrets(server, "/a.fa")
    server.faults["/a.fa?key=seKret"] = [fault] * 20 if fault else []
    said = sentence(url, tmp_path, "0" * 64, minutes=0.02)
    assert said.startswith(f"{shown}: ")
    told = said + capsys.readouterr().out
    for secret in ("reader", "pass", "word", "seKret"):
        assert secret not in told


@pytest.mark.parametrize(
    "url", ["http://u:pa/ss@h/a", "http://u:pa?ss@h/a", "http://h/a b?ss", "http://u:ss@h:ss/a"]
)
def test_what_is_secret_in_a_bad_address_is_never_said(url, tmp_path):
    said = sentence(url, tmp_path)
    assert "pa" not in said.split(": ")[0] and "ss;" not in said and "ss'" not in said
    assert said.startswith("http://") and said.endswith(
        ": no address that can be fetched; correct it."
    )


def test_an_address_with_a_secret_comes_by_the_environment(server, tmp_path, monkeypatch):
    url, shown = with_secrets(server, "/a.fa")
    path = tmp_path / "a.fa"
    command = [*arguments(shown, SUM, path), "--variable", "ADDRESS"]
    with pytest.raises(UserError) as caught:
        download.main(command)
    assert str(caught.value) == (
        f"{shown}: the environment variable ADDRESS should hold the whole address, but it is not "
        "set; start the download with the workflow."
    )
    monkeypatch.setenv("ADDRESS", url)
    download.main(command)
    assert path.read_bytes() == CONTENT
