"""Download a file and keep it only if it has the expected checksum."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import os
import signal
import ssl
import string
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from attendna import addresses
from attendna.command_line import run
from attendna.errors import UserError, readable, shown
from attendna.intact_files import whole

ATTEMPTS = 4
PAUSE = 2  # seconds before the second attempt; twice as long before each further one
TIMEOUT = 60  # seconds without a byte
BLOCK = 1 << 20
REDIRECTIONS = 10
# Answers after which the same question may have another one.
PASSING = {408, 425, 429, 500, 502, 503, 504}
MOVED = {301, 302, 303, 307, 308}
SCHEMES = {"http", "https", "file"}
LONGEST = 200  # letters of what a server says


class Interrupted(Exception):
    """A transfer that failed, but may succeed the next time."""


class Overdue(Exception):
    """The time for all attempts together is over."""


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="http, https or file")
    parser.add_argument(
        "--variable",
        help="an environment variable with the whole address; --url is then the part that may be "
        "shown",
    )
    parser.add_argument("--sha256", required=True, help="the checksum, 64 hexadecimal digits")
    parser.add_argument("--gigabytes", type=float, required=True, help="the largest file to accept")
    parser.add_argument("--minutes", type=float, required=True, help="for all attempts together")
    parser.add_argument("--file", type=Path, required=True, help="the file to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Fetch, check and save."""
    args = parse(argv)
    url = args.url
    if args.variable is not None:
        if args.variable not in os.environ:
            raise UserError(
                f"{addresses.shown(url)}: the environment variable {args.variable} should hold the "
                "whole address, but it is not set; start the download with the workflow."
            )
        url = os.environ[args.variable]
    most = round(args.gigabytes * 1e9)
    try:
        with within(60 * args.minutes):
            size = fetch_patiently(url, args.sha256.lower(), args.file, most)
    except Overdue as error:
        raise UserError(
            f"{addresses.shown(url)}: was not here after {args.minutes:g} minutes; give it more by "
            "`downloads.minutes` of the config, or fetch it by hand and name it by `path`."
        ) from error
    print(f"{size:,} bytes, sha256 as expected")


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `Overdue` when the block takes longer, whatever it waits for."""

    def end(*_: object) -> None:
        raise Overdue

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fetch_patiently(url: str, sha256: str, path: Path, most: int) -> int:
    """Fetch a file in several attempts; see `fetch`."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return fetch(url, sha256, path, most)
        except Interrupted as error:
            print(f"attempt {attempt} of {ATTEMPTS}: {error}", flush=True)
            if attempt == ATTEMPTS:
                raise UserError(
                    f"{addresses.shown(url)}: could not be fetched in {ATTEMPTS} attempts "
                    f"({error}); check the address and the network, or fetch it by hand and name "
                    "it by `path`."
                ) from error
            time.sleep(PAUSE * 2 ** (attempt - 1))
    raise AssertionError("the last attempt returns or raises")


def fetch(url: str, sha256: str, path: Path, most: int) -> int:
    """Write the file of an address to `path`, in blocks; return its size in bytes.

    Parameters
    ----------
    most
        How many bytes it may have.

    Raises
    ------
    UserError
        If the server refuses the file, it is too large or it is not the one that the checksum
        names; nothing is left at `path` then.
    Interrupted
        If another attempt may do better.
    """
    digest, size = hashlib.sha256(), 0
    with whole(path) as handle, told(url), opened(url) as answer:
        refuse_if_larger(announced(answer), most, url)
        while block := answer.read(BLOCK):
            size += len(block)
            refuse_if_larger(size, most, url)
            digest.update(block)
            handle.write(block)
        missing = getattr(answer, "length", None)  # what the header promised beyond that
        if missing:  # without this, a connection that is cut would look like the end
            raise Interrupted(f"the connection was cut, {missing:,} bytes are missing")
        if digest.hexdigest() != sha256:
            raise UserError(
                f"{addresses.shown(url)}: the sha256 of this file is {digest.hexdigest()} and not "
                f"{sha256}, as the config says{encoding(answer)}; correct the config if you trust "
                "the file, else look for the right one."
            )
    return size


def refuse_if_larger(size: int, most: int, url: str) -> None:
    """Refuse a file with more bytes than allowed, before they come where that is known."""
    if size > most:
        raise UserError(
            f"{addresses.shown(url)}: this file has {size:,} bytes or more, but at most {most:,} "
            "are accepted; set `downloads.gigabytes` of the config higher if you trust it."
        )


def announced(answer: Any) -> int:
    """Return the size that a server says its file has; 0 where it says none."""
    said = answer.headers.get("Content-Length") or ""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 100 else 0


def encoding(answer: Any) -> str:
    """Tell that what came is packed, if it is: a file is kept as it comes."""
    said = answer.headers.get("Content-Encoding")
    return f" (the server sends it packed, Content-Encoding: {brief(said)})" if said else ""


@contextlib.contextmanager
def opened(url: str) -> Iterator[Any]:
    """Ask for an address and for those that the answers lead to; give the answer with the file.

    User and password go to the server that the address names, and to no other.
    """
    try:
        start, authorization = addresses.without_user(url)
        own = addresses.origin(start)
    except ValueError as error:
        raise http.client.InvalidURL(str(error)) from error
    if own[0] not in SCHEMES:
        raise http.client.InvalidURL("neither http nor https nor file")
    here = start
    for _ in range(REDIRECTIONS + 1):
        request = urllib.request.Request(here, headers={"User-Agent": "attendna"})
        if authorization and addresses.origin(here) == own:
            request.add_header("Authorization", authorization)
        try:
            with OPENER.open(request, timeout=TIMEOUT) as answer:
                yield answer
            return
        except urllib.error.HTTPError as error:
            with error:  # its text is never read: it may have no end
                location = error.headers.get("Location")
                if error.code not in MOVED or not location:
                    raise
                here = moved(url, here, location)
    raise UserError(
        f"{addresses.shown(url)}: the server leads from one address to the next more than "
        f"{REDIRECTIONS} times; check the address."
    )


def moved(url: str, here: str, location: str) -> str:
    """Return the address that a server leads to, if it is one to go to."""
    try:
        there, _ = addresses.without_user(quote(urljoin(here, location), safe=string.punctuation))
        old, new = addresses.origin(here)[0], addresses.origin(there)[0]
    except ValueError:
        new = None
    if new not in {"http", "https"} or (old == "https" and new == "http"):
        why = "is not encrypted" if new == "http" else "is no address in the web"
        place = brief(addresses.shown(location))
        raise UserError(
            f"{addresses.shown(url)}: the server leads to {place}, which {why}; check the address."
        )
    return there


class Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere by itself, so that `opened` sees where it is led."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""

    def http_error_302(self, *_: object) -> None:
        """Look at nothing: the original reads the answer to its end, and there may be none."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


OPENER = urllib.request.build_opener(Stay)


@contextlib.contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what goes wrong in a transfer into `UserError` or `Interrupted`."""
    place = addresses.shown(url)
    try:
        yield
    except urllib.error.HTTPError as error:
        said = f"the server answers {error.code} {brief(addresses.hide(str(error.reason), url))}"
        if error.code in PASSING:
            raise Interrupted(said) from error
        raise UserError(f"{place}: {said}; check the address.") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, FileNotFoundError | IsADirectoryError | PermissionError):
            reason = error.reason.strerror
            raise UserError(f"{place}: can't be read ({reason}); check the address.") from error
        raise Interrupted(brief(addresses.hide(str(error.reason), url))) from error
    except (http.client.InvalidURL, UnicodeError) as error:
        # What Python says of it may hold the very part that is hidden.
        why = "" if addresses.is_secret(url) else f" ({brief(str(error))})"
        raise UserError(f"{place}: no address that can be fetched{why}; correct it.") from error
    except http.client.IncompleteRead as error:
        raise Interrupted("the connection was cut") from error
    # ValueError: a chunk of fewer bytes than none, as Python says it.
    except (
        http.client.HTTPException,
        ConnectionError,
        TimeoutError,
        ssl.SSLError,
        ValueError,
    ) as error:
        said = brief(addresses.hide(str(error), url)) or type(error).__name__
        raise Interrupted(said) from error


def brief(text: str) -> str:
    """Return what a server said on one line, without control characters, and not at length."""
    return readable(text) if len(text) <= LONGEST else shown(text, LONGEST)


if __name__ == "__main__":
    run(main)
