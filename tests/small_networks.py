"""Networks small enough to build in a second, and sequences on which they learn in a few.

Settings come from config.yaml, so that a new one needs no change here.
"""

from pathlib import Path

import numpy as np
import yaml

from attendna.dna import BASES, one_hot

CONFIG = yaml.safe_load((Path(__file__).parents[1] / "config.yaml").read_text())
# What the data else decide.
SETTLED = {"members": 2, "position": True, "reverse_complement": "none"}
SETTLED |= {"partner_sizes": [], "counting": False}
SMALL = {"attention_cnn": {"kernel_sizes": [3, 8], "filters": 4, "hidden": [4], **SETTLED}}
QUICK = {"epochs": 12, "batch_size": 32, "learning_rate": 0.02, "device": "cpu", "threads": 1}


def hyperparameters(architecture, **changes):
    others = ("training", "start")  # which are not the network's own
    block = {k: v for k, v in CONFIG["architectures"][architecture].items() if k not in others}
    return block | SMALL.get(architecture, {}) | changes


def training_settings(**changes):
    return CONFIG["training"] | QUICK | changes


def random_letters(n, length, seed):
    """uint8 (n, length), ASCII letters of uniform random bases."""
    bases = np.frombuffer(BASES.encode(), np.uint8)
    return np.random.default_rng(seed).choice(bases, (n, length))


def planted(n, length, motif, seed):
    """Plant a motif in every second sequence: letters, y (1 where planted), starts (n,)."""
    letters = random_letters(n, length, seed)
    y = np.arange(n) % 2
    starts = np.random.default_rng(seed + 1).integers(0, length - len(motif) + 1, n)
    for i in np.flatnonzero(y):
        letters[i, starts[i] : starts[i] + len(motif)] = list(motif.encode())
    return letters, y, starts


def encoded(n, length, seed):
    """uint8 (n, length, 4): random sequences, the first of which end in IUPAC codes and padding."""
    letters = random_letters(n, length, seed)
    letters[:3, -7:] = list(b"RNBDHVY")
    letters[0, -4:] = 0
    return one_hot(letters)
