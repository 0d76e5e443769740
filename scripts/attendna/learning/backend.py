"""Keras as this library imports it: without packages that it only offers wrappers for.

Keras imports scikit-learn and matplotlib wherever they are installed, for wrappers and pictures
that nothing here uses: more than a quarter of the start of each training.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

WRAPPED = ("matplotlib", "sklearn")


@contextmanager
def _hidden(packages: tuple[str, ...]) -> Iterator[None]:
    """Make packages that are not imported yet look as if they were not installed."""
    hidden = [package for package in packages if package not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # None there is an ImportError
    try:
        yield
    finally:
        for package in hidden:
            del sys.modules[package]


with _hidden(WRAPPED):
    import keras

__all__ = ["keras"]
