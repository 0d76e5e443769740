"""Every script that is given settings says so when they are none."""

import importlib
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts").glob("*.py"))
TAKERS = ("--settings", "parse_all_models")
WITH_SETTINGS = [p.stem for p in SCRIPTS if any(word in p.read_text() for word in TAKERS)]


@pytest.mark.parametrize("name", WITH_SETTINGS)
def test_settings_that_are_no_json_are_refused(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        importlib.import_module(name).main(["--settings", "{'seed': 1}"])
    assert stopped.value.code == 2
    assert "--settings: not JSON" in capsys.readouterr().err


def test_most_scripts_are_given_settings():
    assert len(WITH_SETTINGS) > 20
