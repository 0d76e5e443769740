#!/bin/sh
# Installs a lock that no run needs into an environment of its own, .tools/NAME:
#
#     sh requirements/side.sh docs|crate|peers
#
# Nothing is done when it already holds what the lock says; it is made afresh when the lock or the
# place of this folder changes.
set -eu
cd "$(dirname "$0")/.."

name=$1
place=.tools/$name
stamp="$PWD $(cksum <"requirements/$name.txt")"
if [ "$(cat "$place/installed" 2>/dev/null)" = "$stamp" ]; then
    exit 0
fi

# That of .venv is known to be one that the locks are for.
python=${PYTHON:-.venv/bin/python}
"$python" -c '' 2>/dev/null || python=python3
if ! "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "error: $python cannot make this environment; install Python 3.11 or newer with its module" \
        "venv (on Debian and Ubuntu: the package python3-venv), or name one, as in:" \
        "make docs PYTHON=/path/to/python3.12" >&2
    exit 1
fi
echo "Installing requirements/$name.txt into $place"
rm -f "$place/installed"
"$python" -m venv --clear "$place"
"$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --requirement "requirements/$name.txt"
echo "$stamp" >"$place/installed"
