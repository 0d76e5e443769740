import pytest
from clones import Clone
from once import made_once


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Clone:
    """A clone after a whole run, one for all processes. Copy it; don't change it."""
    folder = made_once(tmp_path_factory, "finished", lambda to: Clone.fresh(to / "clone").run())
    return Clone(folder / "clone")


@pytest.fixture
def clone(finished, tmp_path) -> Clone:
    """A copy of a finished run that a test may change."""
    return finished.copy(tmp_path / "clone")


@pytest.fixture
def fresh(tmp_path) -> Clone:
    """A clone that has not run."""
    return Clone.fresh(tmp_path / "clone")
