"""What variants change in what trained models say: the mean over the models, and the spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from attendna.data.chromosome_access import Chromosomes
from attendna.data.variants import Variant
from attendna.dna import reverse_complement_letters
from attendna.use import motif_changes, variant_windows
from attendna.use.log_odds import LogOdds, probabilities
from attendna.use.motif_changes import Change, Searched
from attendna.use.variant_places import Place, Places
from attendna.use.variant_windows import Alleles, Cutting, Status

LETTERS = 1 << 22  # of the windows of one allele that are worked on at a time
FORWARD, REVERSE, BOTH = "+", "-", "both"


@dataclass(frozen=True)
class Effect:
    """What a variant changes.

    Attributes
    ----------
    p_ref, p_alt
        float64 (classes,): the calibrated probability of each class, the mean over models, shifts
        and strands.
    effect
        float64 (classes,): the difference of the log odds, alternative less reference, likewise.
    spread
        float64 (classes,): the standard deviation of the effect over the models; nan of one model.
    distance
        The Jensen-Shannon distance of the two distributions, with logarithms to the base 2: from
        0 to 1.
    """

    p_ref: np.ndarray
    p_alt: np.ndarray
    effect: np.ndarray
    spread: np.ndarray
    distance: float


@dataclass
class Row:
    """One alternative of a line, and what came of it.

    Attributes
    ----------
    variant
        The line.
    alt
        The alternative.
    status
        Whether it was scored, or why not.
    alleles
        Without what they have in common; None where they are no bases.
    place
        Where its windows are; None where it has none.
    effect
        None where it was not scored.
    change
        What happens to a motif; None: nothing.
    windows
        uint8 (2, length): the reference's window and the alternative's as the model sees them,
        without shift.
    """

    variant: Variant
    alt: str
    status: Status
    alleles: Alleles | None = None
    place: Place | None = None
    effect: Effect | None = None
    change: Change | None = None
    windows: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Scoring:
    """What scores variants.

    Attributes
    ----------
    models
        At least one, of the same classes and length.
    genome
        Where the windows come from.
    how
        How they are cut.
    places
        Where in its window a variant stands.
    strand
        "+", "-" (the windows of places without a strand of their own are turned) or "both" (the
        mean over a window and its reverse complement).
    motifs
        That are looked for at the variant; perhaps none.
    """

    models: Sequence[LogOdds]
    genome: Chromosomes
    how: Cutting
    places: Places
    strand: str = FORWARD
    motifs: Sequence[Searched] = ()

    def score(self, batch: Sequence[Variant], names: dict[str, str]) -> list[Row]:
        """Return a row for each alternative of some lines, in their order.

        Parameters
        ----------
        batch
            The lines.
        names
            Which chromosome of the genome the name of each means.

        Raises
        ------
        UserError
            If the genome or a model fails.
        """
        rows = [
            Row(variant, alt, variant_windows.kind_of(variant.ref, alt))
            for variant in batch
            for alt in variant.alts.split(",")
        ]
        by_chromosome: dict[str, list[Row]] = {}
        for row in rows:
            if row.status is not Status.OK:
                continue
            name = names.get(row.variant.chrom)
            if name is None:
                row.status = Status.NO_CHROMOSOME
            else:
                by_chromosome.setdefault(name, []).append(row)
        for name in [name for name in self.genome.lengths if name in by_chromosome]:
            letters = self.genome.letters(name)
            there = [row for row in by_chromosome[name] if self._check(row, name, letters)]
            at_once = max(1, LETTERS // self.how.length)
            for start in range(0, len(there), at_once):
                self._score(there[start : start + at_once], letters)
        return rows

    def _check(self, row: Row, name: str, letters: bytes) -> bool:
        """Say whether a variant can be scored; where its windows are, or why not."""
        variant = row.variant
        row.alleles = variant_windows.trimmed(variant.pos, variant.ref, row.alt)
        middle = row.alleles.start + len(row.alleles.ref) // 2
        place = self.places.of(name, middle)
        if place is None:  # whatever else it is, a wrong reference comes first
            place, missing = Place(self.how.length // 2, ""), True
        else:
            missing = False
        for shift in self.places.shifts:
            row.status = variant_windows.check_place(
                variant.pos, variant.ref, row.alleles, letters, place.index + shift, self.how
            )
            if row.status is not Status.OK:
                break
        if missing and row.status in (Status.OK, Status.NEAR_END, Status.TOO_LONG):
            row.status = Status.NO_WINDOW
        if row.status is Status.OK:
            row.place = place
        return row.status is Status.OK

    def _score(self, rows: Sequence[Row], letters: bytes) -> None:
        """Score variants of one chromosome."""
        alleles = [row.alleles for row in rows]
        indices = np.array([row.place.index for row in rows])
        reverse = np.array([(row.place.strand or self.strand) == REVERSE for row in rows])
        views = []
        for shift in self.places.shifts:
            ref, alt = variant_windows.cut(alleles, letters, indices + shift, self.how)
            seen = np.stack([ref, alt])
            seen[:, reverse] = reverse_complement_letters(seen[:, reverse])
            views.append(seen)
        centre = views[self.places.shifts.index(0)] if 0 in self.places.shifts else views[0]
        for row, effect in zip(rows, effects(self.models, views, self.strand), strict=True):
            row.effect = effect
        if self.motifs:
            self._find_motifs(rows, centre, reverse)
        for i, row in enumerate(rows):
            row.windows = centre[:, i]

    def _find_motifs(self, rows: Sequence[Row], windows: np.ndarray, reverse: np.ndarray) -> None:
        """Look for motifs at the variants, all of one size at a time."""
        shift = 0 if 0 in self.places.shifts else self.places.shifts[0]
        scores = np.empty((2, len(rows), len(self.motifs)), np.float32)
        for which in range(2):
            groups: dict[tuple[int, int], list[int]] = {}
            for i, row in enumerate(rows):
                size = len((row.alleles.ref, row.alleles.alt)[which])
                first = row.place.index + shift - size // 2
                first = self.how.length - first - size if reverse[i] else first
                groups.setdefault((first, size), []).append(i)
            for (first, size), members in groups.items():
                chosen = windows[which, members]
                for k, motif in enumerate(self.motifs):
                    scores[which, members, k] = motif_changes.best_scores(
                        chosen, first, size, motif
                    )
        changes = motif_changes.greatest_changes(scores[0], scores[1], self.motifs)
        for row, change in zip(rows, changes, strict=True):
            row.change = change

    def seen_at(self, row: Row) -> int:
        """Return where in its window, as the model sees it, the middle of a variant stands."""
        shift = 0 if 0 in self.places.shifts else self.places.shifts[0]
        index = row.place.index + shift
        turned = (row.place.strand or self.strand) == REVERSE
        return self.how.length - 1 - index if turned else index

    def strand_of(self, row: Row) -> str:
        """Return the strand that a variant was scored on; "both" where the mean was taken."""
        if self.strand == BOTH or all(model.both_strands for model in self.models):
            return BOTH
        return row.place.strand or self.strand


def effects(models: Sequence[LogOdds], views: Sequence[np.ndarray], strand: str) -> list[Effect]:
    """Return what variants change, by the two windows of each.

    Parameters
    ----------
    models
        At least one.
    views
        For each shift uint8 (2, n, length): the windows of the references and of the alternatives.
    strand
        "both" for the mean over the strands of models that see one.
    """
    n = views[0].shape[1]
    odds, p = [], []
    for model in models:
        sides = [False, True] if strand == BOTH and not model.both_strands else [False]
        of_model = [_of_windows(model, view, side) for view in views for side in sides]
        odds.append(np.mean([found[1] - found[0] for found in of_model], axis=0))
        p.append(np.mean([probabilities(found) for found in of_model], axis=0))
    p_ref, p_alt = np.mean(p, axis=0)
    effect = np.mean(odds, axis=0)
    spread = np.std(odds, axis=0, ddof=1) if len(models) > 1 else np.full(effect.shape, np.nan)
    distances = jensen_shannon(p_ref, p_alt)
    return [Effect(p_ref[i], p_alt[i], effect[i], spread[i], distances[i]) for i in range(n)]


def _of_windows(model: LogOdds, windows: np.ndarray, other_strand: bool) -> np.ndarray:
    """float64 (2, n, classes): the log odds of windows; of equal ones they are computed once."""
    both = windows.reshape(-1, windows.shape[2])
    if other_strand:
        both = reverse_complement_letters(both)
    both = np.ascontiguousarray(both)
    rows = both.view(np.dtype((np.void, both.shape[1]))).ravel()
    _, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
    return model(both[first])[inverse].reshape(*windows.shape[:2], -1)


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon distance of distributions: float64 (n,), from 0 to 1.

    The square root of the mean divergence of the two from their mean, with logarithms to the base
    2 (Endres and Schindelin 2003, IEEE Trans. Inf. Theory 49:1858).

    Parameters
    ----------
    p, q
        float64 (n, classes); rows sum to 1.
    """
    middle = (p + q) / 2
    total = np.zeros(len(p))
    for part in (p, q):
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(part > 0, part * np.log2(part / middle), 0)
        total += terms.sum(axis=1) / 2
    return np.sqrt(np.maximum(total, 0))
