#!/bin/sh
# Installs the locked packages into .venv, which it makes when it must:
#
#     sh requirements/install.sh cpu|cuda [dev]
#     sh requirements/install.sh none
#
# `dev` adds the tools for tests and linting, `none` removes .venv. Nothing is done when .venv
# already holds what the locks say; it is made afresh when the lock of the accelerator, the
# accelerator or the place of this folder (a virtual environment cannot be moved) changes, when
# PYTHON names another version, or when an earlier set-up was killed. Nothing is changed while
# something runs from .venv, and of two set-ups at once the second waits for the first.
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

# Prints what runs from .venv on this machine, as "process 12 (python)", or nothing. A process is
# known by the program that it was started as or, if that tells nothing (`python` from the PATH), by
# the compiled modules that it has loaded; those of other users can be read for the former only.
user_of_environment() {
    place=$(pwd -P)/.venv
    found=
    for process in /proc/[0-9]*; do
        command=
        # What `read` takes as one line is all arguments together; the first is the program.
        { read -r command <"$process/cmdline"; } 2>/dev/null || true
        case $command in
            "$place"/* | "$PWD"/.venv/*)
                found=$process
                break
                ;;
        esac
    done
    if [ -z "$found" ]; then
        found=$(grep -lsF -e "$place/" /proc/[0-9]*/maps) || true
        found=${found%%/maps*}
    fi
    if [ -n "$found" ]; then
        echo "process ${found#/proc/} ($(cat "$found/comm" 2>/dev/null))"
    fi
}

refuse() {
    fail "$1 uses the packages in $PWD/.venv, which would change under it; wait until it has" \
        "ended, or end it, and do this again"
}

# Makes this process the only one that may change .venv, for as long as it and its children live.
# Runs hold a shared lock on the same file (hold_environment in rules/common.smk), which other
# machines see too where the file system lets them. Without `flock` or locks, /proc has to do.
take_environment() {
    told=
    if command -v flock >/dev/null; then
        exec 9>>.venv.lock
        while :; do
            status=0
            flock --nonblock 9 || status=$?
            [ "$status" = 1 ] || break
            if flock --shared --nonblock 9; then # so no set-up has it, but runs
                user=$(user_of_environment)
                refuse "${user:-a run on another machine}"
            fi
            [ -n "$told" ] || echo "Another set-up is running in this folder; waiting for it to end"
            told=yes
            flock --timeout 1 9 && break
        done
    fi
}

# Whether .venv is as it should be. The stamp is written last and removed first.
is_up_to_date() {
    installed=$(minor_version "$python") || installed=
    wanted=$installed
    if [ -n "${PYTHON:-}" ]; then
        wanted=$(minor_version "$PYTHON") || wanted=
    fi
    [ -n "$installed" ] && [ "$wanted" = "$installed" ] &&
        [ "$(cat .venv/installed-run 2>/dev/null)" = "$run_stamp" ]
}

has_tools() {
    [ "$tools" != dev ] || [ "$(cat .venv/installed-dev 2>/dev/null)" = "$dev_stamp" ]
}

install_lock() {
    {
        status=0
        export PIP_USER=0 PYTHONUNBUFFERED=1
        "$python" -m pip install --disable-pip-version-check --no-compile --no-deps \
            --no-build-isolation --use-pep517 --require-hashes \
            --requirement "requirements/$1.txt" || status=$?
        echo "pip ended with $status"
    } | count_packages "$(grep -c == "requirements/$1.txt")"
}

# Pip prints several lines a package, and one of thousands of letters. Its errors come by stderr.
# The status is that of pip.
count_packages() {
    number=0
    while IFS= read -r line; do
        case $line in
            "Collecting "* | "Processing "*)
                number=$((number + 1))
                [ $((number % 20)) -ne 0 ] || echo "  $number of at most $1 packages fetched"
                ;;
            "Installing collected packages"*) echo "  unpacking packages" ;;
            "pip ended with "*) return "${line##* }" ;;
        esac
    done
    return 1
}

# The library itself, as it is in this folder, so that notebooks and programs can import it. It needs
# nothing from outside: setuptools is in .venv, and so is all that the library imports.
install_library() {
    PIP_USER=0 "$python" -m pip install --disable-pip-version-check --no-deps --no-index \
        --no-build-isolation --editable . >/dev/null
}

# Byte code is compiled here and not by pip or by the first import: by pip it takes one core only,
# and with PYTHONDONTWRITEBYTECODE set each job would compile TensorFlow again (8 s a job).
compile_byte_code() {
    "$python" -m compileall -q -j 0 .venv/lib
}

# The same for what Numba compiles, which takes one core a minute. A run can do without.
compile_kernels() {
    "$python" requirements/kernels.py || echo "note: the first run will compile what this could not"
}

case $accelerator in
    cpu | cuda | none) ;;
    *) fail "ACCELERATOR is $accelerator, but it must be cpu or cuda" ;;
esac

if [ "$accelerator" = none ]; then
    [ -e .venv ] || exit 0
    take_environment
    user=$(user_of_environment)
    [ -z "$user" ] || refuse "$user"
    rm -f .venv/installed-run
    rm -rf .venv
    exit 0
fi

run_stamp="$PWD $accelerator $(cat requirements/build.txt "requirements/$accelerator.txt" | cksum)"
dev_stamp=$(cksum <requirements/dev.txt)

if is_up_to_date && has_tools; then
    exit 0
fi
is_up_to_date || base=$(choose_python)
take_environment
# Another set-up may have done it meanwhile.
if is_up_to_date && has_tools; then
    exit 0
fi
user=$(user_of_environment)
[ -z "$user" ] || refuse "$user"

if ! is_up_to_date; then
    base=${base:-$(choose_python)}
    echo "Installing requirements/$accelerator.txt into .venv with $base"
    rm -f .venv/installed-run
    "$base" -m venv --clear .venv
    # First, so that `make` after a kill goes on for the same one.
    echo "$accelerator" >.venv/accelerator
    install_lock build
    install_lock "$accelerator"
    install_library
    compile_kernels &
    kernels=$!
    compile_byte_code
    wait "$kernels"
    echo "$run_stamp" >.venv/installed-run
fi

if ! has_tools; then
    # Whoever is killed in here leaves packages that look whole and are not.
    rm -f .venv/installed-run .venv/installed-dev
    if ! install_lock dev; then
        echo "$run_stamp" >.venv/installed-run # pip has put back what it had begun
        exit 1
    fi
    compile_byte_code
    echo "$dev_stamp" >.venv/installed-dev
    echo "$run_stamp" >.venv/installed-run
fi
