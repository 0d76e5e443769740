"""How variants are scored: what is asked for, and what it comes to with the models at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attendna import machine
from attendna.data.chromosome_access import Chromosomes
from attendna.dna import BASES
from attendna.errors import UserError
from attendna.use import motif_changes, scorers, variant_places
from attendna.use.log_odds import LogOdds
from attendna.use.variant_places import Places
from attendna.use.variant_scoring import Scoring
from attendna.use.variant_survey import BATCH
from attendna.use.variant_windows import Cutting


@dataclass(frozen=True)
class Asked:
    """How variants are to be scored.

    Attributes
    ----------
    offset
        Bases by which the variant stands right of the middle of its window.
    shifts
        By which windows are moved, for the mean, where the models know no places.
    windows
        BED that says where windows lie; None: about each variant.
    strand
        "+", "-" or "both".
    mismatches
        The largest share of references that may differ from the genome.
    soft_masked
        "keep" or "mask", as the models were trained.
    width
        Letters of a window, of models that take any length; None: those of training.
    """

    offset: int = 0
    shifts: Sequence[int] = (0,)
    windows: str | None = None
    strand: str = "+"
    mismatches: float = 0.1
    soft_masked: str = "keep"
    width: int | None = None


def load_models(paths: Sequence[str]) -> list[LogOdds]:
    """Open models of one dataset, such as the seeds and folds of one model.

    Raises
    ------
    UserError
        If one can't be opened, or they have other classes or lengths.
    """
    models = [LogOdds(scorer) for scorer in scorers.load_alike(paths)]
    for model in models:
        if model.length != models[0].length:
            raise UserError(
                f"{model.scorer.path}: it takes {model.length} letters and {paths[0]} "
                f"{models[0].length}; average models of one dataset only."
            )
    return models


def prepared(
    models: Sequence[LogOdds], genome: Chromosomes, motifs: str | None, asked: Asked
) -> Scoring:
    """Return what scores variants.

    Parameters
    ----------
    models
        See `load_models`.
    genome
        Where the windows come from.
    motifs
        A MEME file of the motifs to look for; None: none.
    asked
        How to score.

    Raises
    ------
    UserError
        If the length of the windows is not known or another one than the models', the place is
        outside of them, no memory holds a batch, or a file can't be read.
    """
    length = _length(models, asked)
    if asked.windows is not None:
        places = variant_places.from_windows(asked.windows, length, list(genome.lengths))
    else:
        known = any(model.knows_places for model in models)
        places = Places(length // 2 + asked.offset, (0,) if known else tuple(asked.shifts))
        for shift in places.shifts:
            if not 0 <= places.index + shift < length:
                raise UserError(
                    f"variants: with the offset {asked.offset} and the shift {shift} the variant "
                    f"is outside of its window of {length} bases; choose smaller ones."
                )
    padded = all(model.padded for model in models)
    how = Cutting(length, padded, asked.soft_masked == "mask")
    found = motif_changes.read(motifs) if motifs else []
    return Scoring(models, genome, how, places, asked.strand, found)


def _length(models: Sequence[LogOdds], asked: Asked) -> int:
    path, own = models[0].scorer.path, models[0].length
    if own is None and asked.width is None:
        raise UserError(f"{path}: it takes any length; say the width of the windows.")
    if asked.width not in (None, own) and own is not None and models[0].scorer.length is not None:
        raise UserError(
            f"{path}: it was trained on {own} letters, not on {asked.width}; leave the width out, "
            "or train on another length."
        )
    length = asked.width or own
    if min(BATCH, 512) * length * len(BASES) > machine.memory():
        raise UserError(
            f"{path}: takes sequences of {length:,} letters, which need more memory than there "
            "is; name another model, or give this machine or job more."
        )
    return length
