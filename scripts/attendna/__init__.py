"""attendna: train, evaluate and explain attention CNNs on DNA sequences.

The library that the scripts share: mostly pure functions from arrays to arrays. Only `planning`
uses Snakemake and interprets the config; the other packages take the values that they need.

`from attendna import load` opens a trained model in a notebook (docs/python.md).

There is a package (a "room") for each stage: `data`, `simulation`, `learning`, `evaluation`,
`explanation`, `use`, `reporting` and `planning`. `contracts` reads and writes the tables and arrays
that stages exchange, and defines the names of their columns. Modules that every package needs are
in this folder itself. Imports go downwards only; tests/unit/test_floors.py lists the floors. The
`__init__.py` files of the packages are empty, because the rules find the modules that a script
depends on by following import statements, and a name that a package re-exports would hide a
dependency. See docs/architecture.md.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

# Whatever the user's ~/.keras/keras.json says; Keras reads it when it is first imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

# TensorFlow reads it when it is first imported: warnings only, its chatter hides what we say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def __getattr__(name: str) -> Any:
    """Return `load` when it is asked for: whatever else imports the library does not wait for it.

    The name of its module is text, since what is imported here would be an input of every rule.
    """
    if name == "load":
        return importlib.import_module("attendna.use.trained").load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
