"""Addresses of files in the web, and what of them may be shown."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

HIDDEN = "..."
SHORTEST = 4
PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^?#]*)([?#]?)(.*)", re.DOTALL)


def shown(url: str) -> str:
    """Return an address without what may be secret: a user with a password, and the query.

    What is cut off shows as three points. Text that is no address is returned as it is.
    """
    parts = PARTS.fullmatch(url)
    if parts is None:
        return url
    scheme, place, mark, query = parts.groups()
    if "@" in query and "/" not in place:  # a ? or # within the password
        return scheme + HIDDEN
    if "@" in place:
        place = f"{HIDDEN}@{place.rpartition('@')[2]}"
    return scheme + place + (mark + HIDDEN if query else mark)


def is_secret(url: str) -> bool:
    """Say whether an address has a part that is not shown."""
    return shown(url) != url


def without_secrets(value: Any) -> Any:
    """Return settings, such as a whole config, with each address in them as it may be shown."""
    if isinstance(value, Mapping):
        return {key: without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return shown(value) if isinstance(value, str) else value


def hide(text: str, url: str) -> str:
    """Return a text with the secret parts of an address cut out of it, as they are and in pieces.

    Pieces of fewer than `SHORTEST` letters stay: they occur in any text.
    """
    parts = PARTS.fullmatch(url)
    if parts is None:
        return text
    secrets = [parts[2].rpartition("@")[0], parts[4]]
    pieces = [piece for secret in secrets for piece in re.split("[:&;=]", secret)]
    known = {form for piece in secrets + pieces for form in (piece, unquote(piece))}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text


def _variable(path: str) -> str:
    return f"ATTENDNA_ADDRESS_{hashlib.sha256(path.encode()).hexdigest()[:16]}"


def environment(downloads: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables by which jobs get addresses that have a secret part.

    A command is shown to everybody, by Snakemake and by the system; an environment is not.

    Parameters
    ----------
    downloads
        The address of each file that has to be fetched, by the path where it comes to stand.
    """
    return {_variable(path): url for path, url in downloads.items() if is_secret(url)}


def flags(downloads: Mapping[str, str], path: str) -> str:
    """Return how the command that fetches a file names its address."""
    url = downloads[path]
    where = f" --variable {_variable(path)}" if is_secret(url) else ""
    return f"--url {shlex.quote(shown(url))}{where}"


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return the scheme, host and port of an address: to whom a password may be told.

    Raises
    ------
    ValueError
        If it is no address.
    """
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.hostname, parts.port


def without_user(url: str) -> tuple[str, str | None]:
    """Return an address without user and password, and these as an Authorization header says them.

    Raises
    ------
    ValueError
        If it is no address.
    """
    parts: SplitResult = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    coded = base64.b64encode(unquote(user).encode()).decode()
    return parts._replace(netloc=host).geturl(), f"Basic {coded}"
