"""attendna: train, evaluate and explain attention CNNs on DNA sequences.

The library that the scripts share: pure functions, arrays in, arrays out. Nothing here knows of
Snakemake or of the config file.
"""

__version__ = "0.1.0"
