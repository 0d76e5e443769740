import os
import sys

import pytest
from hypothesis import settings

# Machines that run tests are shared and slow at times: a deadline for each example would fail them.
settings.register_profile("attendna", deadline=None)
# Of tests/fuzz: --hypothesis-profile thorough
settings.register_profile("thorough", settings.get_profile("attendna"), max_examples=10_000)
settings.load_profile("attendna")


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item):
    """Undo what scripts that a test calls do to the variables of this process.

    They are made to be the only one in theirs; the next test may be any.
    """
    if item.get_closest_marker("no_cover"):
        # pytest-cov pauses, but in processes of pytest-xdist it counted on, in twice the time.
        sys.settrace(None)
    before = dict(os.environ)
    try:
        return (yield)
    finally:
        if os.environ != before:
            os.environ.clear()
            os.environ.update(before)
