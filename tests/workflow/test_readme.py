"""Every command of the README, as it is typed there, in a folder that has what the README says.

What is cheap runs, what Snakemake would run is planned, and what is left is named with the part of
`.ci/run` that runs it, or the reason why nothing does.
"""

import os
import random
import re
import shlex
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from clones import ROOT, write_fasta
from forked_jobs import forked_script

pytestmark = pytest.mark.thorough

README = (ROOT / "README.md").read_text()
# Its mark, see test_doc_blocks.py, its kind, and its lines.
BLOCK = re.compile(r"(?:^<!-- (not run|run by).*\n)?^```(\w*)\n((?:.*\n)*?)```$", re.MULTILINE)

# What runs as a whole elsewhere, or can't: the line of .ci/run, or None, and why.
ELSEWHERE = {
    "make": ("start default_run at_low_priority run_default", "a whole run"),
    "make example": ("timeout 40m make example CORES=1", "whole runs"),
    "make test": ("run_tests test PYTEST", "this test is one of them"),
    "make ACCELERATOR=cuda": (None, "installs several GB; the Makefile's variables are parsed"),
    "python <clone>/scripts/predict.py --model "
    "results/promoters/fold1/attention_cnn/seed1/model.keras --predictions new.tsv.gz "
    "data/new.fa.gz": ("run_tests test PYTEST", "needs a trained model: test_predict.py"),
}


def commands():
    """Each command of a block of no kind, without comments, with the number of its block."""
    for number, (mark, kind, block) in enumerate(BLOCK.findall(README)):
        for line in [] if kind or mark else block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield number, words


def typed(words):
    """A command as it stands in `ELSEWHERE`."""
    return " ".join(words)


def test_what_runs_elsewhere_is_in_the_readme_and_in_ci():
    ci = [line.strip() for line in (ROOT / ".ci" / "run").read_text().splitlines()]
    found = {typed(words) for _, words in commands()}
    assert ELSEWHERE.keys() <= found, ELSEWHERE.keys() - found
    for line, why in ELSEWHERE.values():
        assert why and (line is None or any(said.startswith(line) for said in ci)), line


@pytest.fixture
def typing(fresh):
    """A clone in which `make` finds an environment, with the data that the README speaks of."""
    clone = fresh.folder
    (clone / ".venv").symlink_to(sys.prefix)
    (clone / "requirements").mkdir()
    (clone / "requirements" / "install.sh").write_text("")  # what it does is tested by itself
    (clone / "requirements" / "cpu.txt").write_text("")
    shutil.copy2(ROOT / "Makefile", clone)
    shutil.rmtree(clone / "data")
    for folder in (clone, clone / "my-analysis"):
        folder.mkdir(exist_ok=True)
        put_data(folder / "data")
    fresh.configs = []
    return fresh


def put_data(data):
    """Two FASTA files, a table, and intervals with their genome, few and small."""
    for name, motif, number in (("promoters", "TATAAT", 12), ("background", "", 12)):
        write_fasta(data / f"{name}.fa", motif, number)
    letters = "".join(random.Random(1).choices("ACGT", k=3000))
    (data / "genome.fa").write_text(f">chr1\n{letters}\n")
    for name in ("background", "genome"):
        subprocess.run(["gzip", data / f"{name}.fa"], check=True)
    rows = [(letters[i : i + 20], i // 20 % 2) for i in range(0, 400, 20)]
    pd.DataFrame(rows, columns=["seq", "bound"]).to_excel(data / "peaks.xlsx", index=False)
    places = "".join(f"chr1\t{i}\t{i + 30}\n" for i in range(0, 2000, 100))
    (data / "peaks.bed").write_text(places)


def do(clone, words, folder):
    """Do what a command says, as far as that is cheap; return where one is then."""
    program, *arguments = [word.replace("<clone>", str(clone.folder)) for word in words]
    if program == "cd":
        return folder / arguments[0]
    if program == ".":  # what it sets is set here in any case
        assert arguments[0].endswith(".venv/bin/activate")
        return folder
    if program == "make":
        if arguments[0] == "new":  # which overwrites nothing
            (folder / "my.yaml").unlink(missing_ok=True)
        planned = ["CORES=1 --dry-run"] if arguments[0].startswith("CONFIG") else []
        command = ["make", *arguments, *planned]
        ran = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    elif program == "python":
        ran = forked_script(arguments, folder, dict(os.environ))
    else:
        assert program == "snakemake", words
        ran = clone.snakemake(*arguments, "--dry-run", cwd=folder)
    assert ran.returncode == 0, f"{typed(words)}: {ran.stdout}"
    assert "Traceback" not in ran.stdout
    return folder


def test_every_other_command_of_the_readme_does_what_it_says(typing):
    blocks = {number: typing.folder for number, _ in commands()}
    done = set()
    for number, words in commands():
        if typed(words) not in ELSEWHERE:
            blocks[number] = do(typing, words, blocks[number])
            done.add(words[0])
    assert done == {"make", "cd", ".", "python", "snakemake"}
    assert (typing.folder / "my-analysis" / "my.yaml").exists()
    assert not (typing.folder / "results").exists()
