"""Check a crate with rocrate-validator, without a network: `python check_crate.py crate.zip`.

The validator looks up the words of RO-Crate under their address. Here it finds them in its cache,
where those that the package rocrate brings are put before. They are of version 1.3, in which words
of version 1.1 mean the same, but for those of Bioschemas, which are put back.
"""

from __future__ import annotations

import argparse
import importlib.resources
import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

PROFILE = "provenance-run-crate"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
# What these words meant in version 1.1.
BIOSCHEMAS = {
    "terms/ComputationalWorkflow": "ComputationalWorkflow",
    "terms/FormalParameter": "FormalParameter",
    "terms/input": "ComputationalWorkflow#input",
    "terms/output": "ComputationalWorkflow#output",
}
ACCEPTED = {"Accept": "application/ld+json, application/json, */*;q=0.1"}


class Shipped(HTTPAdapter):
    """Answers every request with the words that the package rocrate brings."""

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        """Answer a request."""
        shipped = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld")
        words = shipped.read_text(encoding="utf-8")
        for new, old in BIOSCHEMAS.items():
            words = words.replace(f'bioschemas.org/{new}"', f'bioschemas.org/{old}"')
        headers = {"Content-Type": "application/ld+json"}
        raw = HTTPResponse(io.BytesIO(words.encode()), headers, 200, preload_content=False)
        raw._request_url = request.url
        return self.build_response(request, raw)


def fill(cache: Path) -> None:
    """Put into the validator's cache what it will look up."""
    session = CachedSession(str(cache), expire_after=-1)
    session.mount("https://", Shipped())
    session.get(CONTEXT, headers=ACCEPTED)
    session.close()


def main() -> None:
    """Print what the validator says, and end with its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("crate", type=Path, help="the ZIP file")
    parser.add_argument("--severity", default="required", help="required, recommended or optional")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder, "cache")
        fill(cache)
        command = [str(Path(sys.executable).with_name("rocrate-validator"))]
        command += ["--disable-color", "--no-interactive", "validate", "--offline", "--no-paging"]
        command += ["--cache-path", str(cache), "--profile-identifier", PROFILE, "--verbose"]
        command += ["--requirement-severity", given.severity, str(given.crate)]
        sys.exit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()
