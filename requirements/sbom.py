"""Write sbom.json, what software this project is made of, from the locks beside it.

The form is CycloneDX 1.6. Equal locks make equal bytes: there is no date in it and no serial
number. A package has the hashes of all its files, of which pip takes one. Which package needs which
is not in it, for the locks do not say so. `make lock` calls this; it needs nothing but Python.
"""

import json
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What a run needs, the tools of which none comes with it, and what installs them.
LOCKS = {"cpu": "required", "cuda": "required", "dev": "excluded", "build": "excluded"}
LOCKS |= {"tools": "excluded", "docs": "excluded", "crate": "excluded", "peers": "excluded"}
PACKAGE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.*?))? \\")
HASH = re.compile(r"    --hash=sha256:([0-9a-f]{64})(?: \\)?")


def read_lock(path):
    """Return each package of a lock as (name, version, marker or None, hashes).

    Raises
    ------
    ValueError
        If a line is neither a package nor a hash.
    """
    packages = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        package, hashed = PACKAGE.fullmatch(line), HASH.fullmatch(line)
        if package:
            packages.append((package["name"], package["version"], package["marker"], []))
        elif hashed and packages:
            packages[-1][3].append(hashed[1])
        else:
            raise ValueError(f"{path}, line {number}: neither a package nor a hash")
    return packages


def components():
    """Return every package once, with the locks that name it."""
    found = {}
    for lock, scope in LOCKS.items():
        for name, version, marker, hashes in read_lock(HERE / f"{lock}.txt"):
            reference = f"pkg:pypi/{name}@{version}"
            component = found.setdefault(
                reference,
                {
                    "type": "library",
                    "bom-ref": reference,
                    "name": name,
                    "version": version,
                    "scope": scope,
                    "hashes": set(),
                    "purl": reference,
                    "properties": [],
                },
            )
            component["hashes"].update(hashes)
            where = lock if marker is None else f"{lock} ; {marker}"
            component["properties"].append({"name": "attendna:lock", "value": where})
    for component in found.values():
        listed = sorted(component["hashes"])
        component["hashes"] = [{"alg": "SHA-256", "content": content} for content in listed]
    return [found[reference] for reference in sorted(found)]


def bill():
    """Return the content of sbom.json."""
    project = (HERE.parent / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', project, re.MULTILINE)[1]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "attendna",
                "name": "attendna",
                "version": version,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": components(),
    }


if __name__ == "__main__":
    (HERE / "sbom.json").write_text(json.dumps(bill(), indent=1) + "\n", encoding="utf-8")
