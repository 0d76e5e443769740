#!/bin/sh
# Resolves requirements/*.in into the locks beside them: exact versions and hashes for every Python
# from 3.11 on, versions that a lock already has are kept unless --upgrade is given. Then writes
# what they hold as a bill of materials, sbom.json.
#
#     sh requirements/lock.sh [--upgrade]
set -eu
cd "$(dirname "$0")"

# The resolver is locked too; this Python is only the one that it is fetched with.
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --requirement tools.txt

# cpu first: the others are constrained by it.
for name in cpu cuda dev build tools docs crate peers; do
    "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        "$@" "$name.in" --output-file "$name.txt"
done
python3 sbom.py
