"""attendna: train, evaluate and explain attention CNNs on DNA sequences.

The library that the scripts share: pure functions, arrays in, arrays out. Nothing here knows of
Snakemake, and `planning` alone knows of the config file.

A room for each stage: `data`, `simulation`, `learning`, `evaluation`, `explanation`, `reporting`
and `planning`. `contracts` holds the files that they hand to each other: a pair of functions for
each, and nobody else knows the names of its columns and arrays. What all of them use is beside the
rooms. Imports lead downwards only; tests/unit/test_floors.py lists the floors. Inner `__init__.py`
files are empty: rules find the modules that a script depends on by the import statements, and a
name that a package passes on would hide one.
"""

import os

# Whatever the user's ~/.keras/keras.json says; Keras reads it when it is first imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

# TensorFlow reads it when it is first imported: warnings only, its chatter hides what we say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
