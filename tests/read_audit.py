"""Tell what pip-audit found: `python tests/read_audit.py LOCK JSON`; status 1 for vulnerabilities.

pip-audit calls packages that its source does not know harmless, so those are counted here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(lock: str, answer: str) -> int:
    """Print a line for the lock and one for each vulnerability; return the exit status."""
    if not Path(answer).is_file():
        print(f"{lock}: not audited, for the list of vulnerabilities can't be reached")
        return 0
    packages = json.loads(Path(answer).read_text(encoding="utf-8"))["dependencies"]
    known = [package for package in packages if "vulns" in package]
    print(f"{lock}: {len(known)} of {len(packages)} packages could be looked up")
    found = [(package, problem) for package in known for problem in package["vulns"]]
    for package, problem in found:
        fixed = ", ".join(problem["fix_versions"]) or "no version yet"
        print(f"  {package['name']} {package['version']}: {problem['id']}, fixed in {fixed}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
