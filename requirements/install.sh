#!/bin/sh
# Installs the locked packages into .venv, which it makes when it must:
#
#     sh requirements/install.sh cpu|cuda [dev]
#
# `dev` adds the tools for tests and linting. Nothing is done when .venv already holds what the
# locks say; it is made afresh when the lock of the accelerator, the accelerator or the place of
# this folder (a virtual environment cannot be moved) changes, or when PYTHON names another version.
set -eu
cd "$(dirname "$0")/.."

accelerator=$1
tools=${2:-}
python=.venv/bin/python

fail() {
    echo "error: $*" >&2
    exit 1
}

minor_version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

# Prints the Python to make the environment with: PYTHON, or the newest that will do. The names are
# tried by running them, since version managers put commands on PATH that only say "not found".
choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3.13 python3.12 python3.11 python3 python
    fi
    found=
    incomplete=
    for candidate in "$@"; do
        version=$(minor_version "$candidate") || continue
        case $version in
            3.11 | 3.12 | 3.13) ;;
            *)
                found="${found:+$found, }$candidate is $version"
                continue
                ;;
        esac
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
        incomplete=${incomplete:-$candidate ($version)}
    done
    if [ -n "$incomplete" ]; then
        fail "$incomplete cannot make virtual environments, because its module venv or ensurepip" \
            "is missing; install it (on Debian and Ubuntu: the package python3-venv) or name" \
            "another Python, as in: make PYTHON=/path/to/python3.12"
    fi
    fail "Python 3.11, 3.12 or 3.13 is needed, but ${found:-${PYTHON:-python3} was not found};" \
        "install one of them or name it, as in: make PYTHON=/path/to/python3.12"
}

install_lock() {
    PIP_USER=0 "$python" -m pip install --disable-pip-version-check --no-compile --no-deps \
        --no-build-isolation --use-pep517 --require-hashes --requirement "requirements/$1.txt"
}

# Byte code is compiled here and not by pip or by the first import: by pip it takes one core only,
# and with PYTHONDONTWRITEBYTECODE set each job would compile TensorFlow again (8 s a job).
compile_byte_code() {
    "$python" -m compileall -q -j 0 .venv/lib
}

case $accelerator in
    cpu | cuda) ;;
    *) fail "ACCELERATOR is $accelerator, but it must be cpu or cuda" ;;
esac

run_stamp="$PWD $accelerator $(cat requirements/build.txt "requirements/$accelerator.txt" | cksum)"
dev_stamp=$(cksum <requirements/dev.txt)

installed=$(minor_version "$python") || installed=
wanted=$installed
if [ -n "${PYTHON:-}" ]; then
    wanted=$(minor_version "$PYTHON") || wanted=
fi

if [ -z "$installed" ] || [ "$wanted" != "$installed" ] ||
    [ "$(cat .venv/installed-run 2>/dev/null)" != "$run_stamp" ]; then
    base=$(choose_python)
    echo "Installing requirements/$accelerator.txt into .venv with $base"
    "$base" -m venv --clear .venv
    install_lock build
    install_lock "$accelerator"
    compile_byte_code
    echo "$accelerator" >.venv/accelerator
    echo "$run_stamp" >.venv/installed-run
fi

if [ "$tools" = dev ] && [ "$(cat .venv/installed-dev 2>/dev/null)" != "$dev_stamp" ]; then
    install_lock dev
    compile_byte_code
    echo "$dev_stamp" >.venv/installed-dev
fi
