import argparse

import pytest

from attendna.command_line import json_argument
from attendna.errors import UserError


def test_an_object_of_json_is_read_with_what_is_in_it():
    assert json_argument('{"seed": 1, "split": {"test": 0.2}, "names": ["a"]}') == {
        "seed": 1,
        "split": {"test": 0.2},
        "names": ["a"],
    }


@pytest.mark.parametrize("text", ['{"seed": 1', "", "[1, 2]", "7", "null"])
def test_anything_else_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="JSON"):
        json_argument(text)


def test_what_is_missing_is_named_at_any_depth():
    settings = json_argument('{"seed": 1, "split": {"test": 0.2}}')
    with pytest.raises(UserError, match=r"no 'records' .*\(seed, split\)"):
        settings["records"]
    with pytest.raises(UserError, match=r"no 'folds' .*\(test\)"):
        settings["split"]["folds"]
    assert settings.get("records") is None
