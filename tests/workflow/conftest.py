import pytest
from clones import Clone
from once import made_once


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Clone:
    """A clone after a whole run, one for all processes. Copy it; don't change it."""
    return Clone(_finished(tmp_path_factory) / "clone")


@pytest.fixture(scope="session")
def said(tmp_path_factory) -> str:
    """What that run said."""
    return (_finished(tmp_path_factory) / "said.txt").read_text()


def _finished(factory):
    return made_once(
        factory,
        "finished",
        lambda to: (to / "said.txt").write_text(Clone.fresh(to / "clone").run()),
    )


@pytest.fixture
def clone(finished, tmp_path) -> Clone:
    """A copy of a finished run that a test may change."""
    return finished.copy(tmp_path / "clone")


@pytest.fixture
def fresh(tmp_path) -> Clone:
    """A clone that has not run."""
    return Clone.fresh(tmp_path / "clone")
