"""Users without a home folder or a name: what packages keep goes to a folder of ours."""

import getpass
import os

import pytest

from attendna.planning import environment

USUAL = "/dev/null"  # nobody makes a folder below it, not even root


@pytest.fixture
def provided(tmp_path, monkeypatch):
    """Call `provide` in an environment, and return what it changed."""
    monkeypatch.chdir(tmp_path)
    for name in [*environment.CACHES, "HOME", "LOGNAME", "USER"]:
        monkeypatch.delenv(name, raising=False)

    def provided(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        before = dict(os.environ)
        environment.provide("kept")
        return {k: v for k, v in os.environ.items() if before.get(k) != v}

    return provided


def test_nothing_is_changed_where_there_is_a_home(provided, tmp_path):
    assert provided(HOME=tmp_path) == {}
    assert provided(HOME=tmp_path / "not" / "yet") == {}
    assert provided(HOME=USUAL, XDG_CACHE_HOME=tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("home", [USUAL, f"{USUAL}/none", "~"])
def test_caches_go_to_a_folder_of_ours_where_there_is_none(provided, tmp_path, home):
    kept = tmp_path / "kept"
    assert provided(HOME=home) == {
        "XDG_CACHE_HOME": str(kept),
        "MPLCONFIGDIR": str(kept / "matplotlib"),
        "NUMBA_CACHE_DIR": str(kept / "numba"),
        "KERAS_HOME": str(kept / "keras"),
    }


def test_a_folder_that_the_user_names_stays(provided, tmp_path):
    changed = provided(HOME=USUAL, MPLCONFIGDIR=tmp_path / "own", KERAS_HOME=f"{USUAL}/keras")
    assert "MPLCONFIGDIR" not in changed
    assert changed["KERAS_HOME"] == str(tmp_path / "kept" / "keras")


def test_a_user_without_a_name_gets_one(provided, tmp_path, monkeypatch):
    def unknown(number):
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert provided(HOME=tmp_path) == {"USER": str(os.getuid())}
    assert getpass.getuser() == str(os.getuid())


def test_a_home_is_a_whole_path(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert environment.home() == "/somewhere"
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # no account, no HOME
    assert environment.home() == ""
