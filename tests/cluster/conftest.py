import tempfile
from pathlib import Path

import pytest
from clones import Clone
from slurm import Slurm

# Three trainings, of which two run at a time; the same numbers to the last bit each time.
MORE = "seeds: [1, 2, 3]\ntraining: {deterministic: true}\n"


@pytest.fixture(scope="session")
def slurm():
    """A cluster of two nodes with a GPU each that is only counted."""
    # A short path, because Slurm's sockets lie in it.
    cluster = Slurm(Path(tempfile.mkdtemp(prefix="attendna-slurm-")))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def calm(slurm, tmp_path_factory) -> Clone:
    """A clone after a run on the cluster that nothing disturbed."""
    clone = clone_of_small(tmp_path_factory.mktemp("calm") / "clone")
    slurm.finish(slurm.start(clone), clone)
    return clone


@pytest.fixture
def fresh(tmp_path) -> Clone:
    """A clone that has not run, with the same config."""
    return clone_of_small(tmp_path / "clone")


def clone_of_small(folder: Path) -> Clone:
    clone = Clone.fresh(folder)
    (folder / "more.yaml").write_text(MORE)
    clone.configs = ["small.yaml", "more.yaml"]
    return clone
