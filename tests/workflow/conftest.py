import pytest
from clones import Clone


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Clone:
    """A clone after a whole run. Copy it; don't change it."""
    clone = Clone.fresh(tmp_path_factory.mktemp("finished") / "clone")
    clone.run()
    return clone


@pytest.fixture
def clone(finished, tmp_path) -> Clone:
    """A copy of a finished run that a test may change."""
    return finished.copy(tmp_path / "clone")


@pytest.fixture
def fresh(tmp_path) -> Clone:
    """A clone that has not run."""
    return Clone.fresh(tmp_path / "clone")
