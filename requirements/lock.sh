#!/bin/sh
# Resolves requirements/*.in into the locks beside them: exact versions and hashes for every Python
# from 3.11 on, versions that a lock already has are kept unless --upgrade is given.
#
#     sh requirements/lock.sh [--upgrade]
set -eu
cd "$(dirname "$0")"

if command -v uv >/dev/null; then
    uv=uv
else
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    python3 -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv
    uv=$tools/bin/uv
fi

# cpu first: the others are constrained by it.
for name in cpu cuda dev build; do
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        "$@" "$name.in" --output-file "$name.txt"
done
