"""Compile what Numba compiles at its first call, so that the first run finds it on the disk.

    python requirements/kernels.py

The comparison of motifs takes a minute of one core, in each process that comes before the first is
done. Nothing depends on it: what is not on the disk is compiled when it is called.
"""

import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
from attendna.contracts.motifs import MemeMotif
from attendna.explanation.motif_comparison import Target, compare
from attendna.use import motif_hits

warnings.simplefilter("ignore")  # that one target is too few for p-values
MOTIF = np.full((8, 4), 0.25)

for both_strands in (True, False):
    compare([MOTIF], [Target("any", "any", MOTIF)], both_strands=both_strands)
motif_hits.in_sequences(["ACGT" * 4], [MemeMotif("any", "", MOTIF, 1)])
