"""A run and a set-up of the packages that it runs from keep out of each other's way."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import time

import pytest
from clones import ROOT, Clone
from loopback import serving

pytestmark = pytest.mark.thorough


@pytest.fixture
def clone(tmp_path):
    """Give a clone with an environment of its own, which has the packages of this one."""
    clone = Clone.fresh(tmp_path / "clone")
    shutil.copytree(ROOT / "requirements", clone.folder / "requirements")
    venv = clone.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    packages = venv / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    (packages / "outside.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (clone.folder / ".venv.lock").touch()
    return clone


def command(clone, *arguments):
    """Give the command of a run in another folder than the clone's."""
    start = [clone.folder / ".venv" / "bin" / "python", "-m", "snakemake", *arguments]
    start += ["--snakefile", clone.folder / "Snakefile", "--directory", clone.folder.parent]
    return [*start, "--cores", "1", "--configfile", clone.folder / "small.yaml"]


def said(clone, *arguments):
    done = subprocess.run(command(clone, *arguments), capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def remove(clone):
    script = clone.folder / "requirements" / "install.sh"
    return subprocess.run(["sh", script, "none"], capture_output=True, text=True)


def test_a_run_does_not_start_while_packages_change(clone):
    lock = clone.folder / ".venv.lock"
    with open(lock, "a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        status, output = said(clone, "-n")
    assert status == 1 and "Traceback" not in output
    assert f"{clone.folder}/.venv: a set-up is changing these packages; wait for its end" in output

    lock.chmod(0o444)
    assert said(clone, "-n", "-q")[0] == 0
    lock.unlink()  # what was not made by install.sh has none
    assert said(clone, "-n", "-q")[0] == 0


def test_packages_do_not_change_under_a_run_in_another_folder(clone):
    content = b">a\nACGT\n"
    sha256 = hashlib.sha256(content).hexdigest()
    with serving() as server:
        server.files["/a.fa"], server.faults["/a.fa"] = content, ["silent"]
        (clone.folder / "small.yaml").write_text(
            "datasets: {d: {sources: [{path: b.fa, label: b}, "
            f"{{url: '{server.url('/a.fa')}', sha256: {sha256}, label: a}}]}}}}"
        )
        (clone.folder.parent / "b.fa").write_bytes(content)
        target = f"results/downloads/{sha256}/a.fa"
        with subprocess.Popen(command(clone, target), stderr=subprocess.DEVNULL) as run:
            while not server.asked:
                assert run.poll() is None
                time.sleep(0.05)
            refused = remove(clone)
            with open(clone.folder / ".venv.lock", "a") as free, pytest.raises(BlockingIOError):
                fcntl.flock(free, fcntl.LOCK_EX | fcntl.LOCK_NB)
            server.closing.set()
            run.terminate()
            run.wait()
    assert refused.returncode == 1 and "would change under it; wait until it has" in refused.stderr
    assert (clone.folder / ".venv" / "bin" / "python").exists()
    assert remove(clone).returncode == 0
    assert not (clone.folder / ".venv").exists()
