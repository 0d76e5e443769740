"""What the files of a run tell of its motifs: matrices, sites, matches, what was planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna.contracts.motifs import MATCH_COLUMNS, MemeMotif
from attendna.contracts.sequences import BED_COLUMNS
from attendna.dna import reverse_complement
from attendna.explanation.merging import like_earlier
from attendna.explanation.motif_comparison import Likeness, Target
from attendna.explanation.motif_recovery import recovery
from attendna.explanation.motifs import Motif
from attendna.explanation.site_positions import position_peak

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 3  # matches of a motif in motifs.json


def match_table(
    names: Sequence[str],
    classes: Sequence[str],
    likenesses: Sequence[Likeness],
    known: Sequence[Target],
) -> pd.DataFrame:
    """Return the rows of `motif_matches.tsv`, one for each motif and each of its matches.

    Parameters
    ----------
    names, classes
        Of the motifs; a filter speaks for no class: "".
    likenesses
        What they are like.
    known
        What these refer to.
    """
    import pandas as pd

    rows = [
        [
            name,
            label,
            rank,
            known[match.target].identifier,
            known[match.target].name,
            "; ".join(known[match.target].families),
            match.p_value,
            match.e_value,
            match.q_value,
            match.offset,
            match.overlap,
            match.strand,
        ]
        for name, label, likeness in zip(names, classes, likenesses, strict=True)
        for rank, match in enumerate(likeness.matches, start=1)
    ]
    return pd.DataFrame(rows, columns=MATCH_COLUMNS)


def meme_motifs(
    found: Sequence[Motif], likenesses: Sequence[Likeness], known: Sequence[Target]
) -> list[MemeMotif]:
    """Return the motifs, their best match in JASPAR, else their consensus as the second name."""
    motifs = []
    for motif, likeness in zip(found, likenesses, strict=True):
        other = motif.consensus
        if likeness.matches:
            other = "_".join(known[likeness.matches[0].target].name.split())
        motifs.append(MemeMotif(motif.name, other, motif.probabilities, motif.sites))
    return motifs


def meme_filters(filters: Sequence[tuple[str, np.ndarray]]) -> list[MemeMotif]:
    """Return filters, described by a name and counts (width, 4), as motifs."""
    return [
        MemeMotif(name, "", counts / counts.sum(axis=1, keepdims=True), int(counts[0].sum()))
        for name, counts in filters
    ]


def hit_columns(found: Sequence[Motif], ids: np.ndarray) -> dict[str, Sequence]:
    """Return where the motifs occur, record by record, as the columns of a BED file.

    The score is 1000 for the site of a motif that contributes most.

    Parameters
    ----------
    found
        The motifs.
    ids
        str (n,): the ids of the records.
    """
    rows = []
    for motif in found:
        best = motif.evidence.max()
        for record, start, strand, evidence in zip(
            motif.records, motif.starts, motif.strands, motif.evidence, strict=True
        ):
            score = int(round(1000 * max(0.0, evidence / best))) if best > 0 else 0
            end = int(start) + motif.width
            rows.append((int(record), int(start), end, motif.name, score, str(strand)))
    rows.sort()
    record, start, end, name, score, strand = zip(*rows, strict=True) if rows else [()] * 6
    chrom = [str(ids[r]) for r in record]
    return dict(zip(BED_COLUMNS, (chrom, start, end, name, score, strand), strict=True))


def motif_contents(
    found: Sequence[Motif], likenesses: Sequence[Likeness], known: Sequence[Target], length: int
) -> list[dict[str, Any]]:
    """Return what motifs.json says about the motifs.

    Parameters
    ----------
    found, likenesses
        The motifs, and what they are like.
    known
        What their matches refer to.
    length
        Bases of a record.
    """
    return [
        _motif_content(motif, found[:i], likeness, known, length)
        for i, (motif, likeness) in enumerate(zip(found, likenesses, strict=True))
    ]


def _motif_content(
    motif: Motif,
    earlier: Sequence[Motif],
    likeness: Likeness,
    known: Sequence[Target],
    length: int,
) -> dict[str, Any]:
    """Return what motifs.json says about a motif."""
    like = like_earlier(motif, earlier)
    return {
        "name": motif.name,
        "class": motif.label,
        "method": motif.method,
        "consensus": motif.consensus,
        "sites": motif.sites,
        "records": len(set(motif.records.tolist())),
        "information": motif.information,
        "effect": float(motif.evidence.mean()),
        "position": _position(motif, length),
        "plus": float((motif.strands == "+").mean()),
        "starts": motif.starts,
        "counts": motif.counts,
        "contributions": motif.contributions,
        "like": None if like is None else {"motif": like[0].name, "strand": like[1]},
        "matches": [
            {
                "id": known[match.target].identifier,
                "name": known[match.target].name,
                "p_value": match.p_value,
                "e_value": match.e_value,
                "q_value": match.q_value,
                "offset": match.offset,
                "strand": match.strand,
                "probabilities": _on_strand(known[match.target].probabilities, match.strand),
            }
            for match in likeness.matches[:SHOWN]
        ],
        "planted": None,
        "family": None if likeness.family is None else asdict(likeness.family),
    }


def _position(motif: Motif, length: int) -> dict[str, float]:
    """Return where its sites start, counted from 1; `low` to `high` is where most do."""
    peak = position_peak(motif.starts, length - motif.width + 1)
    return {
        "mean": float(motif.starts.mean()) + 1,
        "sd": float(motif.starts.std()),
        "low": peak.first + 1,
        "high": peak.last + 1,
        "share": peak.share,
        "p_value": peak.p_value,
    }


def _on_strand(probabilities: np.ndarray, strand: str) -> np.ndarray:
    """Return a matrix as it reads on a strand."""
    return reverse_complement(probabilities) if strand == "-" else probabilities


def recovered_content(
    found: Sequence[Motif], planted: Sequence[Target], background: Sequence[Target], threads: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what motifs.json says about the planted motifs, and the best of them by motif."""
    result = recovery([motif.probabilities for motif in found], planted, background, threads)
    by_name = {
        name: None if match is None else {"motif": found[match[0]].name, "p_value": match[1]}
        for name, match in result.found.items()
    }
    best = {
        found[index].name: {"name": planted[match[0]].name, "p_value": match[1]}
        for index, match in enumerate(result.best)
        if match is not None
    }
    names = result.recovered
    scores = {"planted": len(by_name), "recovered": len(names), "names": names}
    return {"planted": by_name, "scores": scores}, best
