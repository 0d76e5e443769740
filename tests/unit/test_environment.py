"""The locks, the conda environments and the set-up script hold together."""

import ast
import contextlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from attendna import code_inputs

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
LOCKS = ["cpu", "cuda", "dev", "build", "tools", "docs", "crate", "peers"]
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
HASH_LINE = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def wanted(name: str) -> list[Requirement]:
    """Give the requirements that a .in file names, those of the files it includes too."""
    found = []
    for line in (REQUIREMENTS / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            found += wanted(line.removeprefix("-r ").removesuffix(".in"))
        elif line and not line.startswith(("#", "-c ")):
            found.append(Requirement(line))
    return found


def locked(name: str) -> list[tuple[Requirement, int]]:
    """Give each requirement of a lock and the number of its hashes; any other line fails."""
    found = []
    for line in (REQUIREMENTS / f"{name}.txt").read_text().splitlines():
        if HASH_LINE.fullmatch(line):
            requirement, hashes = found.pop()
            found.append((requirement, hashes + 1))
        else:
            found.append((Requirement(line.removesuffix("\\")), 0))
    return found


def versions(name: str, python: str, machine: str = "x86_64") -> dict[str, str]:
    """Give the version of each package that a lock installs on Linux with this Python."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "os_name": "posix",
    }
    return {
        canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
        for requirement, _ in locked(name)
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_one_version_and_hashes_and_no_address(name):
    for requirement, hashes in locked(name):
        assert hashes > 0, requirement
        assert requirement.url is None, requirement
        assert re.fullmatch(r"==[0-9][0-9a-z.+]*", str(requirement.specifier)), requirement


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_lock_has_what_its_source_names(name, python, machine):
    have = versions(name, python, machine)
    for requirement in wanted(name):
        if requirement.marker and not requirement.marker.evaluate({"platform_machine": machine}):
            continue
        version = have.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not in {name}.txt: run make lock"
        assert version in requirement.specifier, f"{requirement} is old in {name}.txt: make lock"


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("name", ["cuda", "dev", "build"])
def test_locks_agree_with_the_lock_for_the_cpu(name, python):
    cpu = versions("cpu", python)
    other = versions(name, python)
    assert {package: other[package] for package in cpu.keys() & other.keys()} == {
        package: cpu[package] for package in cpu.keys() & other.keys()
    }


def test_one_environment_has_one_tensorflow():
    cpu = versions("cpu", "3.12")
    assert "tensorflow-cpu" in cpu
    assert "tensorflow" not in cpu
    assert "tensorflow-cpu" not in versions("cuda", "3.12")
    assert "tensorflow-cpu" not in versions("cpu", "3.12", machine="aarch64")


def test_nothing_is_installed_without_a_hash():
    seen = []
    for path in [ROOT / ".ci" / "run", *REQUIREMENTS.glob("*.sh")]:
        text = path.read_text().replace("\\\n", " ")
        seen += [line for line in text.splitlines() if re.search(r"pip\"? install", line)]
    assert len(seen) == 5
    [own] = [line for line in seen if not re.search("--require-hashes +--requirement", line)]
    assert {"--no-index", "--no-deps", "--editable", "."} <= set(own.split())  # this folder alone


# The bill of materials.


def hashes(name: str) -> dict[tuple[str, str], set[str]]:
    """Give the hashes of each package and version of a lock."""
    found: dict[tuple[str, str], set[str]] = {}
    for line in (REQUIREMENTS / f"{name}.txt").read_text().splitlines():
        if not line.startswith(" "):
            requirement = Requirement(line.removesuffix("\\"))
            version = str(requirement.specifier).removeprefix("==")
            own = found[(requirement.name, version)] = set()
        else:
            own.add(re.search("sha256:(.{64})", line)[1])
    return found


@pytest.fixture(scope="module")
def bill():
    return json.loads((REQUIREMENTS / "sbom.json").read_text())


def test_the_bill_lists_every_package_of_every_lock_and_no_other(bill):
    listed = {}
    for component in bill["components"]:
        key = (component["name"], component["version"])
        assert key not in listed
        assert component["purl"] == component["bom-ref"] == "pkg:pypi/{}@{}".format(*key)
        assert {each["alg"] for each in component["hashes"]} == {"SHA-256"}
        listed[key] = component
    locks = {name: hashes(name) for name in LOCKS}
    assert listed.keys() == {key for lock in locks.values() for key in lock}
    for key, component in listed.items():
        holders = [name for name, lock in locks.items() if key in lock]
        said = [each["value"].split(" ; ")[0] for each in component["properties"]]
        assert said == holders
        scope = {"cpu": "required", "cuda": "required"}.get(holders[0], "excluded")
        assert component["scope"] == scope
        contents = [each["content"] for each in component["hashes"]]
        assert contents == sorted(set().union(*(locks[name][key] for name in holders)))


def test_the_bill_is_what_the_locks_make_and_nothing_of_here_and_now(bill):
    spec = importlib.util.spec_from_file_location("sbom", REQUIREMENTS / "sbom.py")
    sbom = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sbom)
    assert bill == sbom.bill(), "make lock, or python requirements/sbom.py"
    assert "serialNumber" not in bill and "timestamp" not in bill["metadata"]
    assert "://" not in json.dumps(bill)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert bill["metadata"]["component"]["version"] == project["version"]


def test_a_line_that_is_no_package_stops_the_bill(tmp_path):
    shutil.copytree(REQUIREMENTS, tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    script = tmp_path / "requirements" / "sbom.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    made = (tmp_path / "requirements" / "sbom.json").read_bytes()
    assert done.returncode == 0 and made == (REQUIREMENTS / "sbom.json").read_bytes()
    with open(tmp_path / "requirements" / "dev.txt", "a") as lock:
        lock.write("another @ file:///another.whl\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 1 and "neither a package nor a hash" in done.stderr


# The licences.


def licence(package: str) -> str:
    """Give the licence of an installed package, as its metadata say it."""
    data = importlib.metadata.metadata(package)
    if data.get("License-Expression"):
        return data["License-Expression"]
    kinds = [
        kind.split(" :: ")[-1]
        for kind in data.get_all("Classifier", [])
        if kind.startswith("License")
    ]
    text = (data.get("License") or "").strip().splitlines()
    return " or ".join(kinds) or (text[0] if text else "not said")


def licences_told() -> dict[str, str]:
    text = (ROOT / "THIRD_PARTY.md").read_text()
    return dict(re.findall(r"^\| `([\w-]+)` \| (.+?) \|$", text, re.MULTILINE))


def test_the_licence_of_every_direct_dependency_is_told():
    direct = {canonicalize_name(r.name) for name in LOCKS for r in wanted(name)}
    told = licences_told()
    assert direct <= told.keys()
    there = {d.name.lower() for d in importlib.metadata.distributions()}
    compared = sorted(told.keys() & there)
    assert len(compared) > 20
    assert [(name, told[name]) for name in compared] == [(name, licence(name)) for name in compared]


def test_every_package_under_the_gpl_is_told():
    there = {d.name.lower() for d in importlib.metadata.distributions()}
    strict = {
        package
        for package in versions("cpu", "3.12").keys() & there
        if re.search("GPL|General Public", licence(package))
    }
    assert {"igraph", "leidenalg"} & there <= strict
    assert strict <= licences_told().keys()


# The conda environments.


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_conda_environment_pins_what_the_lock_pins(path):
    *conda, pip = yaml.safe_load(path.read_text())["dependencies"]
    python = conda[0].removeprefix("python=")
    assert python in {"3.11", "3.12", "3.13"}
    lock = versions("cpu", python)
    pins = [Requirement(line) for line in pip["pip"]]
    assert [str(pin.specifier) for pin in pins] == [f"=={lock[pin.name]}" for pin in pins]


# Packages that are imported under another name.
PACKAGES = {
    "gkmsvm": "gkmsvm-lite",
    "modiscolite": "modisco-lite",
    "sklearn": "scikit-learn",
    "tensorflow": "tensorflow-cpu",
    "yaml": "pyyaml",
}


def rule_environments() -> list[tuple[str, str]]:
    """Give the script of each rule with a job and the conda environment that it names."""
    found = []
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for block in re.split(r"^ *rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            name = re.search(r'script=.*script\("(\w+)"\)', block)[1]
            found.append((name, re.search(r'conda:\s+"\.\./envs/(\w+)\.yaml"', block)[1]))
    return found


def foreign_imports(script: Path) -> set[str]:
    """Give the packages, by name of installation, that a script and its library modules import."""
    names = set()
    for path in [script, *code_inputs.modules(script)]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module)
    roots = {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"attendna"}
    return {PACKAGES.get(root, root) for root in roots}


@pytest.mark.parametrize(("script", "env"), sorted(set(rule_environments())))
def test_conda_environment_of_a_rule_has_what_its_script_imports(script, env):
    *_, pip = yaml.safe_load((ROOT / "envs" / f"{env}.yaml").read_text())["dependencies"]
    have = {Requirement(line).name for line in pip["pip"]}
    missing = foreign_imports(ROOT / "scripts" / f"{script}.py") - have
    assert not missing


def test_every_conda_environment_is_used_by_a_rule():
    assert {env for _, env in rule_environments()} == {path.stem for path in ENVS}


def test_profiles_agree_on_what_is_not_about_the_cluster():
    default, slurm = (
        yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text())
        for name in ("default", "slurm")
    )
    # A cluster has a GPU a job; one machine shares its own.
    assert default.pop("resources") == {"gpu": 1}
    assert default.items() <= slurm.items()


# The set-up script, with a Python that only notes what it is asked to do.

FAKE_PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) echo VERSION ;;
    *ensurepip*) exit ENSUREPIP ;;
    *"-m venv --clear .venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python
        echo venv >>calls ;;
    *"-m pip install"*) for last; do :; done; echo "install $last" >>calls ;;
    *"-m compileall"*) echo compile >>calls ;;
    *"requirements/kernels.py") echo compiled >kernels ;;
    *) exit 1 ;;
esac
"""


@pytest.fixture
def tools(tmp_path):
    """Give a folder with the commands that the script calls, and no Python: the only PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("cat", "cksum", "cp", "dirname", "flock", "grep", "mkdir", "rm", "sleep", "touch"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


@pytest.fixture
def clone(tmp_path, tools):
    shutil.copytree(REQUIREMENTS, tmp_path / "a clone" / "requirements")
    return tmp_path / "a clone"


def fake_python(folder: Path, version: str = "3.12", ensurepip: int = 0) -> Path:
    path = folder / f"python{version}"
    path.write_text(FAKE_PYTHON.replace("VERSION", version).replace("ENSUREPIP", str(ensurepip)))
    path.chmod(0o755)
    return path


def install(clone: Path, *arguments: str, python: Path | str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        ["/bin/sh", clone / "requirements" / "install.sh", *arguments],
        env={"PATH": str(clone.parent / "bin"), "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )


def change(path: Path) -> None:
    """Change one digit of a lock, and neither its length nor its time."""
    stat = path.stat()
    text = path.read_text()
    path.write_text(text[:-2] + ("1" if text[-2] == "0" else "0") + text[-1])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def calls(clone: Path) -> list[str]:
    """Give what was asked of Python since the last time."""
    path = clone / "calls"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def install_all(lock: str) -> list[str]:
    return [
        "venv",
        "install requirements/build.txt",
        f"install requirements/{lock}.txt",
        "install .",
        "compile",
    ]


ADD_TOOLS = ["install requirements/dev.txt", "compile"]


def test_set_up_is_done_again_only_when_something_changed(clone, tmp_path):
    python = fake_python(tmp_path)
    assert install(clone, "cpu", python=python).returncode == 0
    assert calls(clone) == install_all("cpu")

    (clone / "requirements" / "cpu.txt").touch()
    assert install(clone, "cpu", python=python).returncode == 0
    assert install(clone, "cpu").returncode == 0
    assert calls(clone) == []

    install(clone, "cpu", "dev")
    install(clone, "cpu", "dev")
    assert calls(clone) == ADD_TOOLS

    change(clone / "requirements" / "dev.txt")
    install(clone, "cpu", "dev")
    assert calls(clone) == ADD_TOOLS

    change(clone / "requirements" / "cpu.txt")
    install(clone, "cpu", "dev", python=python)
    assert calls(clone) == [*install_all("cpu"), *ADD_TOOLS]

    install(clone, "cuda", python=python)
    assert calls(clone) == install_all("cuda")

    install(clone, "cuda", python=fake_python(tmp_path, "3.13"))
    assert calls(clone) == install_all("cuda")


def test_kernels_are_compiled_with_the_environment(clone, tmp_path):
    python = fake_python(tmp_path)
    assert install(clone, "cpu", python=python).returncode == 0
    (clone / "kernels").unlink()
    assert install(clone, "cpu", "dev").returncode == 0
    assert not (clone / "kernels").exists()


def test_a_set_up_ends_well_where_kernels_can_not_be_compiled(clone, tmp_path):
    python = fake_python(tmp_path)
    python.write_text(python.read_text().replace("echo compiled >kernels", "exit 1"))
    done = install(clone, "cpu", python=python)
    assert done.returncode == 0 and "note: the first run will compile" in done.stdout
    assert install(clone, "cpu", python=python).stdout == ""


PIP = """
    for i in 1 2 3 4 5 6 7 8 9; do
        for j in 1 2 3 4 5; do
            echo "Collecting p$i$j==1 (from -r requirements/cpu.txt (line 1))"
            echo "  Downloading p$i$j.whl (1 kB)"
        done
    done
    echo "Installing collected packages: p11, p12"
    echo "ERROR: what pip complains of" >&2
    exit STATUS
"""


@pytest.mark.parametrize("status", [0, 3])
def test_of_a_set_up_a_few_lines_are_told_and_every_error(clone, tmp_path, status):
    python = fake_python(tmp_path)
    install_line = "for last; do :; done;"
    assert install_line in python.read_text()
    pip = PIP.replace("STATUS", str(status)) + ";; never)"
    python.write_text(python.read_text().replace(install_line, pip))
    done = install(clone, "cpu", python=python)
    assert done.returncode == status
    first, *told = done.stdout.splitlines()
    assert first.startswith("Installing requirements/cpu.txt into .venv with ")
    assert [re.sub(r"most \d+", "most N", line) for line in told[:3]] == [
        "  20 of at most N packages fetched",
        "  40 of at most N packages fetched",
        "  unpacking packages",
    ]
    assert len(told) == (6 if status == 0 else 3)  # of both locks, or of the first
    assert done.stderr.splitlines() == ["ERROR: what pip complains of"] * (3 if status == 0 else 1)


def test_a_moved_folder_is_set_up_again(clone, tmp_path):
    python = fake_python(tmp_path)
    install(clone, "cpu", python=python)
    moved = clone.rename(tmp_path / "moved")
    calls(moved)
    install(moved, "cpu", python=python)
    assert calls(moved) == install_all("cpu")


def test_an_interrupted_set_up_is_done_again(clone, tmp_path):
    broken = fake_python(tmp_path)
    whole = broken.read_text()
    broken.write_text(whole.replace("echo compile >>calls", "exit 1"))
    assert install(clone, "cpu", python=broken).returncode != 0
    calls(clone)
    broken.write_text(whole)
    assert install(clone, "cpu", python=broken).returncode == 0
    assert calls(clone) == install_all("cpu")


def test_the_newest_python_that_will_do_is_chosen(clone, tools):
    for version, ensurepip in [("3.14", 0), ("3.13", 1), ("3.12", 0), ("3.11", 0)]:
        fake_python(tools, version, ensurepip)
    done = install(clone, "cpu")
    assert done.stdout.startswith(f"Installing requirements/cpu.txt into .venv with {tools}/python")
    assert done.stdout.splitlines()[0].endswith("python3.12")


def test_no_python_gets_a_sentence(clone):
    done = install(clone, "cpu")
    assert done.returncode == 1
    assert "3.13 is needed, but python3 was not found; install" in done.stderr


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_another_python_gets_a_sentence(clone, tmp_path, version):
    done = install(clone, "cpu", python=fake_python(tmp_path, version))
    assert done.returncode == 1
    assert done.stderr == (
        f"error: Python 3.11, 3.12 or 3.13 is needed, but {tmp_path}/python{version} is {version}; "
        "install one of them or name it, as in: make PYTHON=/path/to/python3.12\n"
    )
    assert not (clone / ".venv").exists()


def test_a_python_that_does_not_exist_gets_a_sentence(clone):
    done = install(clone, "cpu", python="/nowhere/python3.12")
    assert done.returncode == 1
    assert "3.13 is needed, but /nowhere/python3.12 was not found; install" in done.stderr


def test_a_python_without_ensurepip_gets_a_sentence(clone, tmp_path):
    done = install(clone, "cpu", python=fake_python(tmp_path, ensurepip=1))
    assert done.returncode == 1
    assert "cannot make virtual environments, because its module venv or ensurepip" in done.stderr
    assert "python3-venv" in done.stderr


def test_an_unknown_accelerator_gets_a_sentence(clone):
    done = install(clone, "gpu")
    assert done.returncode == 1
    assert done.stderr == "error: ACCELERATOR is gpu, but it must be cpu or cuda\n"


# Set-ups at the same time, and under what runs from the environment.


def start(clone: Path, *arguments: str, python: Path | str = "") -> subprocess.Popen:
    """Start the set-up script as `install` runs it, and do not wait for its end."""
    return subprocess.Popen(
        ["/bin/sh", clone / "requirements" / "install.sh", *arguments],
        env={"PATH": str(clone.parent / "bin"), "PYTHON": str(python)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(there: Callable[[], bool]) -> None:
    """Wait for something that has to come."""
    for _ in range(3000):
        if there():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


@pytest.fixture
def installed(clone, tmp_path):
    """Give a clone that is set up, and forget what that asked of Python."""
    assert install(clone, "cpu", python=fake_python(tmp_path)).returncode == 0
    calls(clone)
    return clone


@contextlib.contextmanager
def running(command: list[str | Path], **how) -> Iterator[subprocess.Popen]:
    """Run a command that prints a line when it is ready, for as long as the block lasts."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **how) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


SLEEP = "import time; print('ready', flush=True); time.sleep(600)"


def by_its_program(clone: Path) -> list[str | Path]:
    program = clone / ".venv" / "bin" / "python3"
    program.symlink_to(sys.executable)
    return [program, "-c", SLEEP]


def by_what_it_loaded(clone: Path) -> list[str | Path]:
    """Give a process that is started by a name from the PATH and has a module mapped."""
    module = clone / ".venv" / "lib" / "module.so"
    module.parent.mkdir()
    module.write_bytes(bytes(5000))
    code = "import mmap, sys; file = open(sys.argv[1], 'rb'); "
    code += "held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ); "
    return [sys.executable, "-c", code + SLEEP, module]


def by_its_lock(clone: Path) -> list[str | Path]:
    """Give a process that holds what a run holds, and nothing of which this machine could see."""
    code = "import fcntl, sys; fcntl.flock(file := open(sys.argv[1]), fcntl.LOCK_SH); "
    return [sys.executable, "-c", code + SLEEP, clone / ".venv.lock"]


RUNS = [by_its_program, by_what_it_loaded, by_its_lock]


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("wanted", [("cuda",), ("cpu", "dev"), ("none",)])
def test_an_environment_in_use_is_not_changed(installed, tmp_path, run, wanted):
    command = run(installed)
    before = sorted((installed / ".venv").rglob("*"))
    python = fake_python(tmp_path)
    with running(command) as process:
        done = install(installed, *wanted, python=python)
        assert done.returncode == 1
        who = "a run on another machine"
        if run is not by_its_lock:
            name = Path(f"/proc/{process.pid}/comm").read_text().strip()
            who = f"process {process.pid} ({name})"
        assert done.stderr == (
            f"error: {who} uses the packages in {installed}/.venv, which would change under it; "
            "wait until it has ended, or end it, and do this again\n"
        )
        assert calls(installed) == []
        assert sorted((installed / ".venv").rglob("*")) == before
        # What is as it should be is no change.
        assert install(installed, "cpu", python=python).returncode == 0
    assert install(installed, *wanted, python=python).returncode == 0


def test_what_only_names_the_environment_does_not_use_it(installed, tmp_path):
    file = installed / ".venv" / "bin" / "python"
    with running([sys.executable, "-c", SLEEP, file], cwd=installed / ".venv"):
        assert install(installed, "cuda", python=fake_python(tmp_path)).returncode == 0
    assert calls(installed) == install_all("cuda")


def halting(folder: Path, step: str) -> tuple[Path, Path]:
    """Give a Python that stops at a step until a file is there, and that file."""
    python, go = fake_python(folder), folder / "go"
    waits = f'touch "{folder}/begun"; while [ ! -e "{go}" ]; do sleep 0.02; done; {step}'
    python.write_text(python.read_text().replace(step, waits))
    return python, go


def test_of_two_set_ups_one_works_and_the_other_waits(clone, tmp_path):
    python, go = halting(tmp_path, "echo compile >>calls")
    first = start(clone, "cpu", python=python)
    until((tmp_path / "begun").exists)
    second = start(clone, "cpu", python=python)
    assert second.stdout.readline() == (
        "Another set-up is running in this folder; waiting for it to end\n"
    )
    go.touch()
    assert "Installing" in first.communicate(timeout=60)[0]
    assert second.communicate(timeout=60)[0] == ""
    assert (first.returncode, second.returncode) == (0, 0)
    assert calls(clone) == install_all("cpu")


@pytest.mark.parametrize(
    ("wanted", "step"),
    [
        (("cuda",), "rm -rf .venv"),
        (("cuda",), "echo venv >>calls"),
        (("cuda",), "echo compile >>calls"),
        (("cpu", "dev"), "echo compile >>calls"),
    ],
)
def test_a_set_up_that_is_killed_is_done_again_from_the_start(installed, tmp_path, wanted, step):
    halting(tmp_path, step)
    # The one in the environment is what compiles.
    shutil.copy2(tmp_path / "python3.12", installed / ".venv" / "bin" / "python")
    killed = subprocess.Popen(
        ["/bin/sh", installed / "requirements" / "install.sh", *wanted],
        env={"PATH": str(tmp_path / "bin"), "PYTHON": str(tmp_path / "python3.12")},
        start_new_session=True,
    )
    until((tmp_path / "begun").exists)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    calls(installed)
    # As it was before, so that nothing but the kill tells that it has to be done again.
    python = fake_python(tmp_path)
    if (installed / ".venv" / "bin").is_dir():
        shutil.copy2(python, installed / ".venv" / "bin" / "python")
    assert install(installed, "cpu", python=python).returncode == 0
    assert calls(installed) == install_all("cpu")


def test_tools_that_can_not_be_fetched_leave_the_rest_as_it_is(installed, tmp_path):
    fetched = "*/dev.txt) exit 1 ;;"
    inside = installed / ".venv" / "bin" / "python"
    whole = inside.read_text()
    inside.write_text(whole.replace('case "$*" in', f'case "$*" in {fetched}'))
    assert install(installed, "cpu", "dev").returncode == 1
    inside.write_text(whole)
    assert install(installed, "cpu", "dev").returncode == 0
    assert calls(installed) == ADD_TOOLS


def test_what_is_removed_is_set_up_again(installed, tmp_path):
    assert install(installed, "none").returncode == 0
    assert not (installed / ".venv").exists()
    assert install(installed, "none").returncode == 0
    assert install(installed, "cpu", python=fake_python(tmp_path)).returncode == 0
    assert calls(installed) == install_all("cpu")


def test_make_help_names_every_target():
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    assert [line.split()[1] for line in done.stdout.splitlines()] == targets
