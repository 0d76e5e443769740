"""Matrices of JASPAR, from the copy that pyjaspar carries: no network is needed."""

from __future__ import annotations

import warnings
from functools import cache

from attendna.dna import BASES
from attendna.errors import UserError

PSEUDOCOUNT = 0.25  # sites, added to each base: no base is impossible


@cache
def probabilities(identifier: str, key: str) -> tuple[tuple[float, ...], ...]:
    """Return the matrix of a transcription factor.

    Parameters
    ----------
    identifier
        With its version, such as MA0108.2 (Ovek Baydar et al. 2026, Nucleic Acids Res. 54:D184).
    key
        The setting that names it, for the message.

    Returns
    -------
    tuple
        For each position the probabilities of A, C, G and T.

    Raises
    ------
    UserError
        If JASPAR has no such matrix.
    """
    from pyjaspar import jaspardb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        motif = jaspardb().fetch_motif_by_id(identifier)
    if motif is None:
        raise UserError(
            f"{key}: JASPAR has no matrix {identifier!r}; give an identifier with its version, "
            "such as MA0108.2."
        )
    counts = zip(*(motif.counts[base] for base in BASES), strict=True)
    return tuple(
        tuple((count + PSEUDOCOUNT) / (sum(column) + 4 * PSEUDOCOUNT) for count in column)
        for column in counts
    )
