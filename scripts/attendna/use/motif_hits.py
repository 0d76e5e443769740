"""The motifs in sequences: FIMO (Grant et al. 2011, Bioinformatics 27:1017), by memelite."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.contracts.motifs import MemeMotif
from attendna.dna import letters, one_hot
from attendna.names import to_word

BY_CHANCE = 0.2  # places in a random sequence that fit a motif as well as a hit does, at most


def in_sequences(sequences: Sequence[str], motifs: Sequence[MemeMotif]) -> list[str]:
    """Return for each sequence its motifs as words, joined by commas: "a(+),b(-)".

    Parameters
    ----------
    sequences
        n of one length, upper-case IUPAC.
    motifs
        Those that are longer than the sequences stand nowhere.
    """
    from memelite import fimo

    fitting = [motif for motif in motifs if len(motif.probabilities) <= len(sequences[0])]
    if not fitting:
        return [""] * len(sequences)
    x = one_hot(letters(sequences))
    x[x.sum(axis=2) > 1] = 0  # an N fits nothing
    places = 2 * x.shape[1]  # on both strands
    found: list[dict[str, float]] = [{} for _ in sequences]
    matrices = {str(i): motif.probabilities.T for i, motif in enumerate(fitting)}
    hits = fimo(matrices, x.transpose(0, 2, 1).astype(np.float64), threshold=BY_CHANCE / places)
    for motif, table in zip(fitting, hits, strict=True):
        for index, strand, p_value in zip(
            table["sequence_name"], table["strand"], table["p-value"], strict=True
        ):
            word = f"{to_word(motif.name)}({strand})"
            own = found[int(index)]
            own[word] = min(own.get(word, 1.0), float(p_value))
    return [",".join(sorted(own, key=lambda word: (own[word], word))) for own in found]
