"""Fetch a file from its address and keep it only if it has the checksum that it should have."""

from __future__ import annotations

import argparse
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from attendna.command_line import run
from attendna.errors import UserError
from attendna.files import whole

ATTEMPTS = 4
PAUSE = 2  # seconds before the second attempt; twice as long before each further one
TIMEOUT = 60  # seconds without a byte
BLOCK = 1 << 20
# Answers after which the same question may have another one.
PASSING = {408, 425, 429, 500, 502, 503, 504}


class Interrupted(Exception):
    """A transfer that failed, but may succeed the next time."""


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="http, https or file")
    parser.add_argument("--sha256", required=True, help="the checksum, 64 hexadecimal digits")
    parser.add_argument("--file", type=Path, required=True, help="the file to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Fetch, check and save."""
    args = parse(argv)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            size = fetch(args.url, args.sha256.lower(), args.file)
            break
        except Interrupted as error:
            print(f"attempt {attempt} of {ATTEMPTS}: {error}", flush=True)
            if attempt == ATTEMPTS:
                raise UserError(
                    f"{args.url}: could not be fetched in {ATTEMPTS} attempts ({error}); check the "
                    "address and the network, or fetch it by hand and name it by `path`."
                ) from error
            time.sleep(PAUSE * 2 ** (attempt - 1))
    print(f"{size:,} bytes, sha256 as expected")


def fetch(url: str, sha256: str, path: Path) -> int:
    """Write the file of an address to `path`, in blocks; return its size in bytes.

    Raises
    ------
    UserError
        If the server refuses the file or it is not the one that the checksum names; nothing is
        left at `path` then.
    Interrupted
        If another attempt may do better.
    """
    digest, size = hashlib.sha256(), 0
    with whole(path) as handle:
        for block in blocks(url):
            digest.update(block)
            size += handle.write(block)
        if digest.hexdigest() != sha256:
            raise UserError(
                f"{url}: the sha256 of this file is {digest.hexdigest()} and not {sha256}, as the "
                "config says; correct the config if you trust the file, else look for the right "
                "one."
            )
    return size


def blocks(url: str) -> Iterator[bytes]:
    """Yield the content of an address in blocks.

    Raises
    ------
    UserError, Interrupted
        See `fetch`.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "attendna"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            while block := answer.read(BLOCK):
                yield block
            missing = getattr(answer, "length", None)  # what the header promised beyond that
            if missing:  # without this, a connection that is cut would look like the end
                raise Interrupted(f"the connection was cut, {missing:,} bytes are missing")
    except urllib.error.HTTPError as error:
        said = f"the server answers {error.code} {error.reason}"
        if error.code in PASSING:
            raise Interrupted(said) from error
        raise UserError(f"{url}: {said}; check the address.") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, FileNotFoundError | IsADirectoryError | PermissionError):
            reason = error.reason.strerror
            raise UserError(f"{url}: can't be read ({reason}); check the address.") from error
        raise Interrupted(str(error.reason)) from error
    except http.client.InvalidURL as error:
        raise UserError(f"{url}: no address that can be fetched ({error}); correct it.") from error
    except http.client.IncompleteRead as error:
        raise Interrupted("the connection was cut") from error
    except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
        raise Interrupted(str(error) or type(error).__name__) from error


if __name__ == "__main__":
    run(main)
