"""attendna: train, evaluate and explain attention CNNs on DNA sequences.

The library that the scripts share: pure functions, arrays in, arrays out. Nothing here knows of
Snakemake or of the config file.
"""

import os

# Whatever the user's ~/.keras/keras.json says; Keras reads it when it is first imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

# TensorFlow reads it when it is first imported: warnings only, its chatter hides what we say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
