"""Motifs that a network learned: what the stretches that speak for a class have in common.

Every motif is found in two steps. A seed proposes it: a pattern of TF-MoDISco (`tfmodisco`), or, in
what that leaves, a k-mer at which the contributions are far higher than elsewhere. Then sites and
matrix are fitted to each other by expectation and maximisation with hard assignments, as in MEME
(Bailey & Elkan 1994, ISMB 2:28), where a site needs both: letters like the matrix, and
contributions like the other sites'. The contributions that the sites explain are taken out before
the next seed. Strands are kept apart unless asked otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from attendna.dna import BASES, base_fractions
from attendna.explanation.mixture import two_motifs

UNKNOWN = 4  # the number of what is no single base: N, other ambiguous letters, padding
SHIFTS = 5  # of the contributions along their records: what seeds look like where there is nothing
ROUNDS = 20  # of sites and matrix, at most
FLANK = 8  # bases that a motif may grow on each side in one round
LONGEST = 30
LEAST_WIDTH = 4
COLUMN_BITS = 0.3  # a column at a motif's end has to tell so much
COLUMN_CHI2 = 16.3  # and be unlike the background with p < 0.001 (chi-squared, 3 degrees)
COLUMN_SHARE = 0.08  # and contribute this share of what the best column does
DOUBT = 3.0  # nats by which a site's letters must speak for the motif, whatever it contributes
PLACE_WIDTHS = (5, 7)  # bases of the windows that places are compared by
PLACE_REACH = 3  # bases by which sites of one place may be apart from it
PLACE_TOP = 0.05  # share of all windows that count as high there
DIVISIONS = 2  # times that what was found is divided, at most
PEAKS = (7, 3, 1)  # positions that a preferred one is told to within
SMOOTHING = 7  # positions over which a preference counts
PREFERENCE = 1e-6  # p-value from which on a preference is believed
PSEUDOCOUNT = 1.0  # sites that are like the background
LEAST_EFFECT = 0.1  # mean contribution of the sites: log odds that change by a tenth
LEAST_SHARE = 0.01  # of all that speaks for the class
ALIKE = 0.9  # correlation of two matrices from which on they are one motif


@dataclass(frozen=True, eq=False)
class Direction:
    """What speaks for one class, in some records.

    Attributes
    ----------
    name
        The class.
    records
        int64 (m,): which records.
    bases
        uint8 (m, length): 0 to 3, or `UNKNOWN`.
    evidence
        float32 (m, length): what the base that stands there contributes to the class.
    one_hot, hypothetical
        float32 (m, length, 4): the records, and what each base would contribute there.
    """

    name: str
    records: np.ndarray
    bases: np.ndarray
    evidence: np.ndarray
    one_hot: np.ndarray
    hypothetical: np.ndarray


@dataclass(frozen=True, eq=False)
class Motif:
    """A motif and where it occurs.

    Attributes
    ----------
    name
        Such as "positive_1": the class and a number, the motif that explains most first.
    klass
        The class that it speaks for.
    method
        What proposed it: "tfmodisco", "kmers" or "places".
    counts
        float (width, 4): how many sites hold A, C, G and T.
    contributions
        float (width, 4): the mean over the sites of what each base contributes.
    records
        int64 (sites,), among those that were explained.
    starts
        int64 (sites,): the leftmost base.
    strands
        str (sites,): "+" or "-".
    evidence
        float (sites,): what the site contributes to the class.
    """

    name: str
    klass: str
    method: str
    counts: np.ndarray
    contributions: np.ndarray
    records: np.ndarray
    starts: np.ndarray
    strands: np.ndarray
    evidence: np.ndarray

    @property
    def width(self) -> int:
        """Its bases."""
        return len(self.counts)

    @property
    def sites(self) -> int:
        """How many sites it has."""
        return len(self.records)

    @property
    def probabilities(self) -> np.ndarray:
        """float64 (width, 4): the shares of the bases; rows sum to 1."""
        return self.counts / self.counts.sum(axis=1, keepdims=True)

    @property
    def consensus(self) -> str:
        """Its letters: upper case from a share of 1/2 on, lower case where none reaches that."""
        best = self.probabilities.argmax(axis=1)
        share = self.probabilities.max(axis=1)
        letters = [
            BASES[i] if p >= 0.5 else BASES[i].lower() for i, p in zip(best, share, strict=True)
        ]
        return "".join(letters)

    @property
    def information(self) -> float:
        """Information content in bits, against equal shares, as in a sequence logo."""
        return float(column_information(self.probabilities, np.full(4, 0.25)).sum())


@dataclass(frozen=True)
class Level:
    """Which k-mers may be seeds.

    Attributes
    ----------
    lengths
        Their bases.
    top
        Share of all windows that count as high.
    purity
        Share of a k-mer's occurrences that have to be high.
    information
        Bits that the motif has to reach.
    """

    lengths: range
    top: float
    purity: float
    information: float


# What contributes much may be short; what contributes little has to be more telling, since a
# network answers a little to every part of what it looks for.
LEVELS = [Level(range(4, 9), 0.02, 0.25, 0.0), Level(range(6, 9), 0.1, 0.5, 10.0)]

# ------------------------------------------------------------------------------ directions


def directions(
    x: np.ndarray, hypothetical: np.ndarray, target: np.ndarray, classes: Sequence[str]
) -> list[Direction]:
    """Divide the contributions by the class that they speak for.

    Of two classes, what speaks against one speaks for the other, so both take all records. Of
    more, a class takes the records that were explained for it.

    Parameters
    ----------
    x
        uint8 (n, length, 4): the records, encoded.
    hypothetical
        float (n, length, 4): what each base would contribute to the target class.
    target
        int (n,): index into `classes`.
    classes
        Their names.
    """
    fractions = base_fractions(x).astype(np.float32)
    bases = np.where(fractions.max(axis=2) == 1, fractions.argmax(axis=2), UNKNOWN)
    bases = bases.astype(np.uint8)
    found = []
    for index, name in enumerate(classes):
        if len(classes) == 2:
            own = np.arange(len(x))
            sign = np.where(target == index, 1, -1).astype(np.float32)
        else:
            own = np.flatnonzero(target == index)
            sign = np.ones(len(own), np.float32)
        towards = hypothetical[own].astype(np.float32) * sign[:, None, None]
        evidence = (towards * fractions[own]).sum(axis=2)
        found.append(Direction(name, own, bases[own], evidence, fractions[own], towards))
    return found


# ------------------------------------------------------------------------------ seeds


@dataclass(frozen=True, eq=False)
class Seed:
    """A proposal.

    Attributes
    ----------
    probabilities
        float (width, 4), rows sum to 1.
    method
        Who made it.
    place
        Where its sites start, give or take `PLACE_REACH` bases; None: anywhere.
    """

    probabilities: np.ndarray
    method: str
    place: int | None = None


@dataclass(frozen=True)
class Found:
    """The motifs of one direction, and sentences on what was tried and why it ended."""

    motifs: list[Motif]
    notes: list[str]


def discover(
    direction: Direction,
    seeds: Iterable[Seed] = (),
    own: bool = True,
    *,
    min_sites: int,
    most: int,
    both_strands: bool = False,
    seed: int = 1,
) -> Found:
    """Find the motifs that speak for a class.

    Parameters
    ----------
    direction
        See `Direction`.
    seeds
        Proposals that come first.
    own
        Whether to look for k-mers in what they leave.
    min_sites
        A motif with fewer sites is none.
    most
        Motifs, at most.
    both_strands
        Whether a motif and its reverse complement are one.
    seed
        Of the shifts that tell what k-mers reach by chance.

    Returns
    -------
    Found
        The motifs, the one whose sites contribute most first.
    """
    if len(direction.bases) == 0:
        return Found([], [f"{direction.name}: no record was explained for this class."])
    search = _Search(direction, min_sites, both_strands)
    notes = []
    for proposal in seeds:
        search.try_seed(proposal)
    if own:
        notes += _own_seeds(search, direction.name, most, seed)
    motifs = sorted(search.motifs, key=lambda motif: -motif.evidence.sum())[:most]
    motifs = [
        replace(motif, name=f"{direction.name}_{number}")
        for number, motif in enumerate(motifs, start=1)
    ]
    return Found(motifs, notes)


def _own_seeds(search: _Search, name: str, most: int, seed: int) -> list[str]:
    """Try places, then k-mers, until none stands out, and say how it ended if none did."""
    before = len(search.motifs)
    places = _try_places(search, most, seed)
    tried = 0
    best = []
    for level in LEVELS:
        threshold = search.chance_level(level, seed)
        highest = 0.0
        while len(search.motifs) < most:
            word, score = search.best_word(level)
            highest = max(highest, score)
            if score <= threshold:
                break
            tried += 1
            probabilities = np.full((len(word), 4), 0.05)
            probabilities[np.arange(len(word)), word] = 0.85
            if not search.try_seed(Seed(probabilities, "kmers"), level.information):
                search.dismiss(word)
        if highest > 0:
            best.append(f"{highest:.1f} against {threshold:.1f}")
    if len(search.motifs) > before:
        return []
    if tried or places:
        return [
            f"{name}: {tried} k-mers and {places} places contribute more than chance, but none "
            f"with at least {search.min_sites} sites that are alike."
        ]
    if not best:
        return [f"{name}: no k-mer is among the highest contributions often enough to be counted."]
    return [
        f"{name}: no k-mer{' in what was left' if before else ''} contributes more often than "
        f"chance (log-likelihood ratio of the best and of chance: {', '.join(best)})."
    ]


def _try_places(search: _Search, most: int, seed: int) -> int:
    """Try places until none stands out; return how many were tried.

    A motif of few or ambiguous letters is common everywhere, and so no k-mer tells it. Where it
    always stands at the same place, the place does.
    """
    dismissed: set[tuple[int, int]] = set()
    while len(search.motifs) < most:
        proposal = search.best_place(seed, dismissed)
        if proposal is None:
            break
        dismissed.add((len(proposal.probabilities), proposal.place))
        search.try_seed(proposal)
    return len(dismissed)


class _Search:
    """What is left to explain, and the motifs so far."""

    def __init__(self, direction: Direction, min_sites: int, both_strands: bool) -> None:
        self.direction = direction
        self.min_sites = min_sites
        self.both_strands = both_strands
        self.motifs: list[Motif] = []
        self.left = direction.evidence.astype(np.float64)
        self.total = float(np.maximum(self.left, 0).sum())
        counts = np.bincount(direction.bases.ravel(), minlength=5)[:4] + 1.0
        if both_strands:
            counts += counts[::-1]
        self.background = counts / counts.sum()
        lengths = sorted({k for level in LEVELS for k in level.lengths})
        self.words = {
            k: _words(direction.bases, k, both_strands)
            for k in lengths
            if k <= direction.bases.shape[1]
        }
        # What counts as high stays the same while motifs are taken out.
        self.high = {
            (k, level.top): np.quantile(_windows(self.left, k), 1 - level.top)
            for level in LEVELS
            for k in level.lengths
            if k in self.words
        }
        self.dismissed: set[tuple[int, int]] = set()

    # ---------------------------------------------------------------- k-mers

    def best_word(self, level: Level) -> tuple[np.ndarray, float]:
        """Return the k-mer, as numbers of bases, that stands out most, and by how much."""
        best, highest = (0, 0), 0.0
        for k, scores in self._scores(self.left, level):
            for other, number in self.dismissed:
                if other == k:
                    scores[number] = 0
            if scores.max() > highest:
                best, highest = (k, int(scores.argmax())), float(scores.max())
        k, number = best
        return np.array([number >> 2 * (k - 1 - i) & 3 for i in range(k)], dtype=np.int64), highest

    def chance_level(self, level: Level, seed: int) -> float:
        """Return the highest score of any k-mer when contributions are moved along their records.

        Each record's contributions keep their values and neighbours but not their letters.
        """
        generator = np.random.default_rng(seed)
        rows, length = self.left.shape
        highest = 0.0
        for _ in range(SHIFTS):
            shifts = generator.integers(0, length, rows)
            columns = (np.arange(length) + shifts[:, None]) % length
            moved = np.take_along_axis(self.left, columns, axis=1)
            scores = [scores.max() for _, scores in self._scores(moved, level)]
            highest = max(highest, *map(float, scores)) if scores else highest
        return highest

    def _scores(self, left: np.ndarray, level: Level) -> Iterator[tuple[int, np.ndarray]]:
        """Score all k-mers of each length, float (4^k,).

        The score is the log-likelihood ratio of two binomial distributions: occurrences are high
        as often as they are, or as often as any window is.
        """
        least = max(3, self.min_sites // 2)  # the motif may have more, with other letters
        for k in level.lengths:
            if k not in self.words:
                continue
            words = self.words[k]
            known = words >= 0
            threshold = self.high[k, level.top]
            high = (_windows(left, k) > max(threshold, 0.0)) & known
            number = np.bincount(words[known], minlength=4**k)
            among = np.bincount(words[high], minlength=4**k)
            share = np.clip(among / np.maximum(number, 1), 1e-9, 1 - 1e-9)
            usual = np.clip(high.sum() / max(known.sum(), 1), 1e-9, 1 - 1e-9)
            ratio = among * np.log(share / usual)
            ratio += (number - among) * np.log((1 - share) / (1 - usual))
            good = (share > usual) & (share >= level.purity) & (among >= least)
            yield k, np.where(good, ratio, 0.0)

    def dismiss(self, word: np.ndarray) -> None:
        """Do not propose a k-mer again."""
        number = 0
        for base in word:
            number = number * 4 + int(base)
        self.dismissed.add((len(word), number))

    # ---------------------------------------------------------------- places

    def best_place(self, seed: int, dismissed: set[tuple[int, int]]) -> Seed | None:
        """Propose what stands at the place that is high in more records than any is by chance.

        High are the windows that contribute most of all in what is left; by chance is when each
        record's contributions are moved along it.

        Parameters
        ----------
        seed
            Of the moves.
        dismissed
            Widths and places that were proposed before.
        """
        generator = np.random.default_rng(seed)
        rows, length = self.left.shape
        best, highest = None, 0.0
        for width in PLACE_WIDTHS:
            if width > length:
                continue
            windows = _windows(self.left, width)
            threshold = max(0.0, float(np.quantile(windows, 1 - PLACE_TOP)))
            high = windows > threshold
            scores = _place_scores(high)
            chance = 0.0
            for _ in range(SHIFTS):
                columns = (np.arange(length) + generator.integers(0, length, (rows, 1))) % length
                moved = np.take_along_axis(self.left, columns, axis=1)
                chance = max(chance, _place_scores(_windows(moved, width) > threshold).max())
            scores[scores <= 2 * chance] = 0
            scores[high.sum(axis=0) < self.min_sites] = 0
            scores[[place for other, place in dismissed if other == width]] = 0
            if scores.max() > highest:
                highest, place = float(scores.max()), int(scores.argmax())
                best = width, place, np.flatnonzero(high[:, place])
        if best is None:
            return None
        width, place, own = best
        letters = self.direction.bases[own, place : place + width]
        counts = np.stack([(letters == base).sum(axis=0) for base in range(4)], axis=1)
        counts = counts + PSEUDOCOUNT * self.background
        return Seed(counts / counts.sum(axis=1, keepdims=True), "places", place)

    # ---------------------------------------------------------------- sites

    def try_seed(self, proposal: Seed, information: float = 0.0, depth: int = 0) -> bool:
        """Fit a motif to a proposal; keep it, and take out what it explains, if it is one.

        It needs sites and so many bits of information. What turns out to be two motifs becomes two
        proposals, and these again, `DIVISIONS` times.
        """
        fitted = self._fit(proposal.probabilities, proposal.place)
        if fitted is None:
            return False
        width, rows, starts, reverse = fitted
        if depth < DIVISIONS:
            parts = self._divided(proposal, width, rows, starts, reverse)
            kept = [self.try_seed(part, information, depth + 1) for part in parts]
            if any(kept):
                return True
        motif = self._motif(proposal.method, width, rows, starts, reverse)
        if motif.information < information or motif.evidence.mean() < LEAST_EFFECT:
            return False
        if motif.evidence.sum() < LEAST_SHARE * self.total:
            return False
        for row, start in zip(rows, starts, strict=True):
            self.left[row, start : start + width] = 0
        for i, other in enumerate(self.motifs):
            shift = alike(other, motif)
            if shift is not None:
                self.motifs[i] = self._joined(other, motif, shift)
                return True
        self.motifs.append(motif)
        return True

    def _divided(
        self, parent: Seed, width: int, rows: np.ndarray, starts: np.ndarray, reverse: np.ndarray
    ) -> list[Seed]:
        """Return the two motifs that sites belong to, if they are two: see `two_motifs`."""
        inner = slice(FLANK, FLANK + width)
        second = two_motifs(self._letters(width, rows, starts, reverse)[:, inner], self.min_sites)
        if second is None:
            return []
        seeds = []
        for own in (~second, second):
            counts = self._counts(width, rows[own], starts[own], reverse[own])[inner]
            counts += PSEUDOCOUNT * self.background
            place = None if parent.place is None else int(np.median(starts[own]))
            seeds.append(Seed(counts / counts.sum(axis=1, keepdims=True), parent.method, place))
        return seeds

    def _fit(
        self, probabilities: np.ndarray, place: int | None
    ) -> tuple[int, np.ndarray, np.ndarray, np.ndarray] | None:
        """Alternate between sites and matrix; None if too few sites are left.

        With a `place` its sites start near it, see `Seed`.

        Returns
        -------
        tuple
            The width, and for each site its row, its start and whether it is on the other strand.
        """
        before = None
        places = np.zeros(0, np.int64)  # where the sites of the round before start
        for _ in range(ROUNDS):
            if len(probabilities) > self.left.shape[1]:
                return None
            sites = self._sites(probabilities, places, place)
            if len(sites[0]) < self.min_sites:
                return None
            width = len(probabilities)
            key = (width, *(part.tobytes() for part in sites))
            if key == before:
                return width, *sites
            before, places = key, sites[1]
            counts = self._counts(width, *sites)
            first, last = self._trimmed(counts, self._column_evidence(width, *sites))
            places = places + first - FLANK
            place = None if place is None else place + first - FLANK
            if last - first < LEAST_WIDTH:
                return None
            counts = counts[first:last] + PSEUDOCOUNT * self.background
            probabilities = counts / counts.sum(axis=1, keepdims=True)
        return width, *sites

    def _sites(
        self, probabilities: np.ndarray, places: np.ndarray, place: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return row, start and strand of the places that look like the motif and contribute.

        The log odds of a site are those of its letters (matrix against background) plus those of
        its contributions (two normal distributions of the same spread, whose means are those of
        likely sites and of all places) plus the prior odds, and where the sites so far (`places`)
        prefer a position, those of the position. However much a place contributes, its letters
        have to speak for the motif by `DOUBT`, since other motifs contribute too. With a `place`
        there are sites near it only, each position of which is as likely.
        """
        width = len(probabilities)
        logs = np.log(probabilities / self.background)
        letters = _scan(self.direction.bases, logs)
        strand = np.zeros(letters.shape, dtype=bool)
        if self.both_strands:
            turned = _scan(self.direction.bases, logs[::-1, ::-1])
            strand = turned > letters
            letters = np.maximum(letters, turned)
        evidence = _windows(self.left, width)
        mean, spread = evidence.mean(), evidence.std() + 1e-12
        like = letters > np.maximum(0.6 * logs.max(axis=1).sum(), DOUBT)
        like &= evidence > mean
        prefer = position_odds(places, letters.shape[1])
        if place is not None:
            away = np.abs(np.arange(letters.shape[1]) - place) > PLACE_REACH
            like[:, away] = False
            prefer = np.where(away, -np.inf, np.log(len(away) / max(1, (~away).sum())))
        if like.sum() < self.min_sites:
            return (np.zeros(0, np.int64),) * 3
        typical = evidence[like].mean()
        prior = np.log(like.sum() / like.size)
        gain = (typical - mean) * (evidence - (typical + mean) / 2) / spread**2
        odds = letters + np.minimum(gain + prior, -DOUBT) + prefer
        odds[evidence <= mean] = -np.inf
        return _apart(odds, strand, width)

    def _counts(
        self, width: int, rows: np.ndarray, starts: np.ndarray, reverse: np.ndarray
    ) -> np.ndarray:
        """Count the bases of the sites and `FLANK` bases on each side: float (width + 16, 4)."""
        letters = self._letters(width, rows, starts, reverse)
        return np.stack([(letters == base).sum(axis=0) for base in range(4)], axis=1).astype(float)

    def _letters(
        self, width: int, rows: np.ndarray, starts: np.ndarray, reverse: np.ndarray
    ) -> np.ndarray:
        """Return the bases of sites and flanks as the motif reads: (sites, width + 16)."""
        letters = self._at_sites(self.direction.bases, UNKNOWN, width, rows, starts)
        complement = np.array([3, 2, 1, 0, UNKNOWN], dtype=np.uint8)
        return np.where(reverse[:, None], complement[letters[:, ::-1]], letters)

    def _column_evidence(
        self, width: int, rows: np.ndarray, starts: np.ndarray, reverse: np.ndarray
    ) -> np.ndarray:
        """Float (width + 16,): the mean contribution of the sites' columns and their flanks."""
        values = self._at_sites(self.left, 0, width, rows, starts)
        return np.where(reverse[:, None], values[:, ::-1], values).mean(axis=0)

    @staticmethod
    def _at_sites(
        values: np.ndarray, outside: float, width: int, rows: np.ndarray, starts: np.ndarray
    ) -> np.ndarray:
        """(sites, width + 2 FLANK): values of (m, length) around sites, `outside` beyond ends."""
        columns = starts[:, None] + np.arange(-FLANK, width + FLANK)
        inside = (columns >= 0) & (columns < values.shape[1])
        taken = values[rows[:, None], np.clip(columns, 0, values.shape[1] - 1)]
        return np.where(inside, taken, np.array(outside, values.dtype))

    def _trimmed(self, counts: np.ndarray, evidence: np.ndarray) -> tuple[int, int]:
        """Return the first column that tells something and the one after the last."""
        total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        bits = column_information(counts / total, self.background)
        needed = np.maximum(COLUMN_BITS, COLUMN_CHI2 / (2 * np.log(2) * total[:, 0]))
        telling = (bits >= needed) & (evidence >= COLUMN_SHARE * evidence.max())
        telling &= total[:, 0] >= 0.5 * total.max()
        where = np.flatnonzero(telling)
        if not len(where):
            return 0, 0
        # Around the most telling column, as far as no gap is wider than a half turn of the helix.
        peak = int(np.argmax(np.where(telling, bits, -1)))
        first = last = int(np.searchsorted(where, peak))
        while first > 0 and where[first] - where[first - 1] <= FLANK:
            first -= 1
        while last + 1 < len(where) and where[last + 1] - where[last] <= FLANK:
            last += 1
        begin, end = int(where[first]), int(where[last]) + 1
        return begin, min(end, begin + LONGEST)

    def _motif(
        self, method: str, width: int, rows: np.ndarray, starts: np.ndarray, reverse: np.ndarray
    ) -> Motif:
        """Put together a motif from its sites."""
        direction = self.direction
        inner = slice(FLANK, FLANK + width)
        columns = starts[:, None] + np.arange(width)
        values = direction.hypothetical[rows[:, None], columns]
        values = values * direction.one_hot[rows[:, None], columns]
        values = np.where(reverse[:, None, None], values[:, ::-1, ::-1], values)
        return Motif(
            name="",
            klass=direction.name,
            method=method,
            counts=self._counts(width, rows, starts, reverse)[inner],
            contributions=values.mean(axis=0),
            records=direction.records[rows],
            starts=starts,
            strands=np.where(reverse, "-", "+"),
            evidence=direction.evidence[rows[:, None], columns].sum(axis=1),
        )

    def _joined(self, motif: Motif, other: Motif, shift: int) -> Motif:
        """Add the sites of a motif that is the same, `shift` bases further right in it."""
        rows = {record: row for row, record in enumerate(self.direction.records.tolist())}
        width = motif.width
        plus = other.strands == "+"
        starts = np.where(plus, other.starts - shift, other.starts + other.width + shift - width)
        fits = (starts >= 0) & (starts + width <= self.left.shape[1])
        own = {(r, s) for r, s in zip(motif.records.tolist(), motif.starts.tolist(), strict=True)}
        near = [
            any((r, s + d) in own for d in range(1 - width, width))
            for r, s in zip(other.records.tolist(), starts.tolist(), strict=True)
        ]
        fits &= ~np.array(near, dtype=bool)
        records = np.concatenate([motif.records, other.records[fits]])
        starts = np.concatenate([motif.starts, starts[fits]])
        reverse = np.concatenate([motif.strands, other.strands[fits]]) == "-"
        return self._motif(
            motif.method, width, np.array([rows[r] for r in records.tolist()]), starts, reverse
        )


def _place_scores(high: np.ndarray) -> np.ndarray:
    """Score places, float (places,), by how much more often they are high, bool (rows, places).

    The log-likelihood ratio of two binomial distributions, as of k-mers; 0 where not more often.
    """
    rows, places = high.shape
    among = high.sum(axis=0)
    share = np.clip(among / rows, 1e-9, 1 - 1e-9)
    usual = np.clip(high.mean(), 1e-9, 1 - 1e-9)
    ratio = among * np.log(share / usual) + (rows - among) * np.log((1 - share) / (1 - usual))
    return np.where(share > usual, ratio, 0.0)


def _words(bases: np.ndarray, k: int, both_strands: bool) -> np.ndarray:
    """Give each k-mer a number: int64 (m, length - k + 1), -1 where a letter is unknown.

    With both strands, a k-mer has the lower of its own number and its reverse complement's.
    """
    starts = bases.shape[1] - k + 1
    numbers = np.zeros((len(bases), starts), dtype=np.int64)
    turned = np.zeros_like(numbers)
    known = np.ones(numbers.shape, dtype=bool)
    for i in range(k):
        part = bases[:, i : i + starts]
        known &= part != UNKNOWN
        numbers += part.astype(np.int64) << 2 * (k - 1 - i)
        turned += (3 - part.astype(np.int64)) << 2 * i
    return np.where(known, np.minimum(numbers, turned) if both_strands else numbers, -1)


def _windows(values: np.ndarray, width: int) -> np.ndarray:
    """Sum float (m, length) over windows: (m, length - width + 1)."""
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums[:, width:] - sums[:, :-width]


def _scan(bases: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """Sum a matrix of logs (width, 4) at each start: (m, length - width + 1); -inf at unknown."""
    starts = bases.shape[1] - len(logs) + 1
    table = np.concatenate([logs, np.full((len(logs), 1), -np.inf)], axis=1)
    total = np.zeros((len(bases), starts))
    for i, row in enumerate(table):
        total += row[bases[:, i : i + starts]]
    return total


def _apart(
    odds: np.ndarray, strand: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose places with odds above 0 that do not overlap: best first, of equals the leftmost."""
    rows, starts = np.nonzero(odds > 0)
    order = np.lexsort((starts, -np.round(odds[rows, starts], 6), rows))
    chosen: list[tuple[int, int]] = []
    taken: dict[int, list[int]] = {}
    for row, start in zip(rows[order].tolist(), starts[order].tolist(), strict=True):
        others = taken.setdefault(row, [])
        if all(abs(start - other) >= width for other in others):
            others.append(start)
            chosen.append((row, start))
    chosen.sort()
    table = np.array(chosen, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1], strand[table[:, 0], table[:, 1]]


# ------------------------------------------------------------------------------ positions


@dataclass(frozen=True)
class Peak:
    """Where most sites start: the first and the last position, the share, and a p-value.

    The p-value is that of so many sites in any such stretch if all positions were alike
    (Poisson, times the number of stretches).
    """

    first: int
    last: int
    share: float
    p_value: float


def position_peak(starts: np.ndarray, places: int) -> Peak:
    """Return the stretch of positions at which sites start more often than anywhere else.

    Parameters
    ----------
    starts
        int (sites,), from 0; at least one.
    places
        How many positions there are.

    Returns
    -------
    Peak
        Of the stretches of `PEAKS` positions the one that is least likely by chance.
    """
    counts = np.bincount(np.clip(starts, 0, places - 1), minlength=places)
    peaks = [_peak(counts, width) for width in PEAKS if width <= places]
    return min(peaks, key=lambda peak: peak.p_value)


def _peak(counts: np.ndarray, width: int) -> Peak:
    """Return the stretch of `width` positions with most sites."""
    from scipy.stats import poisson

    sums = np.convolve(counts, np.ones(width, int), mode="valid")
    # Of stretches that follow each other and hold equally many, that in the middle.
    first = int(sums.argmax())
    tied = int(np.argmin(np.append(sums[first:] == sums[first], False)))
    first += (tied - 1) // 2
    total = int(counts.sum())
    p_value = float(poisson.sf(sums[first] - 1, total * width / len(counts)))
    tests = len(sums) * len(PEAKS)
    return Peak(first, first + width - 1, float(sums[first] / total), min(1.0, p_value * tests))


def position_odds(starts: np.ndarray, places: int) -> np.ndarray:
    """Return the log odds of each position, where sites clearly prefer some: float (places,).

    Half of them are taken to be spread as the sites so far, smoothed, the other half evenly.
    """
    if not len(starts) or position_peak(starts, places).p_value > PREFERENCE:
        return np.zeros(places)
    counts = np.bincount(np.clip(starts, 0, places - 1), minlength=places).astype(float)
    smooth = np.convolve(counts, np.ones(SMOOTHING) / SMOOTHING, mode="full")
    centre = (len(smooth) - places) // 2
    smooth = smooth[centre : centre + places]
    return np.log(0.5 + 0.5 * smooth / smooth.mean())


# ------------------------------------------------------------------------------ matrices


def column_information(probabilities: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return the relative entropy of each column, in bits.

    Parameters
    ----------
    probabilities
        float (width, 4).
    background
        float (4,), above 0.
    """
    ratio = np.where(probabilities > 0, probabilities / background, 1.0)
    return (probabilities * np.log2(ratio)).sum(axis=1)


def alike(motif: Motif, other: Motif) -> int | None:
    """Return by how many bases a motif stands further right in another if both are the same.

    The same means: over an overlap of at least three quarters of the shorter one and 4 bases, the
    information-weighted matrices correlate by at least `ALIKE`.
    """
    a, b = _heights(motif.probabilities), _heights(other.probabilities)
    least = max(4, -(-3 * min(len(a), len(b)) // 4))
    best, best_shift = ALIKE, None
    for shift in range(least - len(b), len(a) - least + 1):
        first, last = max(0, shift), min(len(a), shift + len(b))
        if last - first < least:
            continue
        one, two = a[first:last].ravel(), b[first - shift : last - shift].ravel()
        size = np.linalg.norm(a) * np.linalg.norm(b)
        if size > 0 and float(one @ two) / size > best:
            best, best_shift = float(one @ two) / size, shift
    return best_shift


def like_earlier(motif: Motif, earlier: Sequence[Motif]) -> tuple[Motif, str] | None:
    """Return the first of several motifs that looks like one, or holds it, and on which strand.

    Rather on the same strand than on the other.
    """
    for strand, matrix in (("+", motif.probabilities), ("-", motif.probabilities[::-1, ::-1])):
        for other in earlier:
            if _resemblance(other.probabilities, matrix) >= ALIKE:
                return other, strand
    return None


def _resemblance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the highest correlation of the shorter matrix with a part of the longer one."""
    long, short = sorted((_heights(one), _heights(other)), key=len, reverse=True)
    best = 0.0
    for shift in range(len(long) - len(short) + 1):
        part = long[shift : shift + len(short)]
        size = np.linalg.norm(part) * np.linalg.norm(short)
        best = max(best, float((part * short).sum() / size) if size > 0 else 0.0)
    return best


def _heights(probabilities: np.ndarray) -> np.ndarray:
    """Letters' heights in a logo: probability times information of the column."""
    bits = column_information(probabilities, np.full(4, 0.25))
    return (probabilities - 0.25) * bits[:, None]


# ------------------------------------------------------------------------------ filters


def filter_motifs(
    filters: np.ndarray, x: np.ndarray, least: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Describe first-layer filters by the windows that excite them most.

    As in Alipanahi et al. 2015, Nat. Biotechnol. 33:831: of each record the window with the
    highest response, where that is above half the highest response of all.

    Parameters
    ----------
    filters
        float (size, 4, filters): the kernels.
    x
        float (n, length, 4): one-hot records.
    least
        Windows; a filter with fewer is left out.

    Yields
    ------
    tuple
        The number of the filter and its counts, float (size, 4).
    """
    # (n, starts, 4, size); padding is 0 and answers with 0
    windows = np.lib.stride_tricks.sliding_window_view(x, len(filters), axis=1)
    responses = np.einsum("nlbk,kbf->nlf", windows, filters, optimize=True)
    best = responses.argmax(axis=1)  # (n, filters)
    peaks = responses.max(axis=1)
    for number in range(filters.shape[2]):
        own = np.flatnonzero(peaks[:, number] > max(0.0, peaks[:, number].max() / 2))
        if len(own) >= least:
            yield number, windows[own, best[own, number]].sum(axis=0).T
