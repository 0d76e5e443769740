"""Effects of variants are what the predictions of the two windows say, however these are cut."""

import keras
import numpy as np
import pytest
from made_up_variants import (
    draw_genome,
    draw_variants,
    other_strand,
    windows_by_hand,
    without_common,
    write_genome,
)
from scipy.spatial.distance import jensenshannon
from small_networks import hyperparameters

from attendna.data.chromosome_access import Chromosomes
from attendna.data.variants import Variant
from attendna.dna import one_hot
from attendna.errors import UserError
from attendna.learning import baselines, models
from attendna.use.log_odds import LogOdds
from attendna.use.scorers import load
from attendna.use.variant_places import from_windows
from attendna.use.variant_scoring import jensen_shannon
from attendna.use.variant_settings import Asked, load_models, prepared
from attendna.use.variant_windows import Status

LENGTH = 60
CLASSES = ["no", "yes"]


def network(path, classes=CLASSES, positive="yes", seed=1, **changes):
    """Save a network that has learned nothing, calibrated somehow."""
    keras.utils.set_random_seed(seed)
    settings = hyperparameters("attention_cnn", **changes)
    model = models.attention_cnn(LENGTH, classes, positive, **settings)
    rng = np.random.default_rng(seed)
    # Else its answers would hardly differ.
    model.set_weights([w + 0.3 * rng.normal(size=w.shape) for w in model.get_weights()])
    last = model.get_layer(models.PROBABILITIES)
    last.temperature, last.biases = 1.7, [0.1 * i for i in range(len(classes))]
    last.priors = [1.0 + i for i in range(len(classes))]
    model.save(path)
    return str(path)


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    letters = draw_genome({"chr1": 3000, "chr2": 1500, "scaffold": 400}, seed=5)
    path = write_genome(tmp_path_factory.mktemp("genome") / "genome.fa", letters)
    return letters, Chromosomes(str(path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="module")
def two_seeds(folder):
    return [network(folder / f"seed{seed}.keras", seed=seed) for seed in (1, 2)]


def scored(scoring, variants):
    batch = [Variant(i, *its[:2], ".", *its[2:]) for i, its in enumerate(variants)]
    return scoring.score(batch, {name: name for name in scoring.genome.lengths})


def log_odds(path, windows):
    """float64 (n, classes): by the probabilities of the whole network."""
    letters = np.array([list(window.replace(".", "\0").encode()) for window in windows], np.uint8)
    p = models.predict(load(path).model, one_hot(letters))
    return np.log(p) - np.log(1 - p)


def effects_by_hand(paths, pairs):
    """float64 (models, n, classes)."""
    found = []
    for path in paths:
        ref, alt = (log_odds(path, [pair[which] for pair in pairs]) for which in range(2))
        found.append(alt - ref)
    return np.array(found)


def test_effects_of_a_thousand_variants_are_those_of_windows_cut_by_hand(genome, two_seeds):
    letters, access = genome
    variants = draw_variants(letters, 1000, seed=3, margin=LENGTH)
    scoring = prepared(load_models(two_seeds), access, None, Asked(offset=4, strand="-"))
    rows = scored(scoring, variants)
    assert {row.status for row in rows} == {Status.OK}
    place = LENGTH // 2 + 4
    pairs = [
        [other_strand(w) for w in windows_by_hand(letters[chrom], pos, ref, alt, place, LENGTH)]
        for chrom, pos, ref, alt in variants
    ]
    assert sum(len(ref) != len(alt) for *_, ref, alt in variants) > 300
    expected = effects_by_hand(two_seeds, pairs)
    found = np.array([row.effect.effect for row in rows])
    assert np.abs(found).max() > 0.1  # else anything would equal anything
    assert np.allclose(found, expected.mean(axis=0), atol=1e-5)
    spread = np.array([row.effect.spread for row in rows])
    assert np.allclose(spread, np.abs(expected[0] - expected[1]) / np.sqrt(2), atol=1e-5)


def test_both_strands_are_the_mean_over_them(genome, two_seeds):
    letters, access = genome
    variants = draw_variants(letters, 60, seed=4, margin=LENGTH)
    scoring = prepared(load_models(two_seeds[:1]), access, None, Asked(strand="both"))
    rows = scored(scoring, variants)
    forward = [
        windows_by_hand(letters[chrom], pos, ref, alt, LENGTH // 2, LENGTH)
        for chrom, pos, ref, alt in variants
    ]
    turned = [[other_strand(window) for window in pair] for pair in forward]
    both = effects_by_hand(two_seeds[:1] * 2, forward + turned)[0].reshape(2, 60, 2)
    found = np.array([row.effect.effect for row in rows])
    assert np.allclose(found, both.mean(axis=0), atol=1e-5)
    assert not np.allclose(both[0], both[1], atol=1e-3)
    assert {scoring.strand_of(row) for row in rows} == {"both"}
    assert all(np.isnan(row.effect.spread).all() for row in rows)  # of one model


def test_shifts_are_averaged_only_where_places_are_not_known(genome, folder, two_seeds):
    letters, access = genome
    variants = draw_variants(letters, 40, seed=6, margin=LENGTH)
    indifferent = network(folder / "indifferent.keras", position=False)
    scoring = prepared(load_models([indifferent]), access, None, Asked(shifts=[-12, 0, 9]))
    found = np.array([row.effect.effect for row in scored(scoring, variants)])
    expected = []
    for shift in (-12, 0, 9):
        place = LENGTH // 2 + shift
        pairs = [windows_by_hand(letters[c], p, r, a, place, LENGTH) for c, p, r, a in variants]
        expected.append(effects_by_hand([indifferent], pairs)[0])
    assert np.allclose(found, np.mean(expected, axis=0), atol=1e-5)
    assert not np.allclose(expected[0], expected[1], atol=1e-4)
    known = prepared(load_models(two_seeds), access, None, Asked(shifts=[-12, 0, 9]))
    assert known.places.shifts == (0,)


def test_given_windows_say_where_and_on_which_strand_a_variant_is_seen(genome, two_seeds, tmp_path):
    letters, access = genome
    bed = tmp_path / "windows.bed"
    bed.write_text("1\t480\t540\ta\t0\t-\n1\t500\t560\tb\t0\t+\nchr2\t100\t130\tc\t0\t+\n")
    scoring = prepared(load_models(two_seeds[:1]), access, None, Asked(windows=str(bed)))
    variants = []
    for chrom, start in [("chr1", 510), ("chr1", 532), ("chr2", 86), ("chr2", 300)]:
        ref = letters[chrom][start].upper()
        variants.append((chrom, start + 1, ref, "A" if ref != "A" else "C"))
    rows = scored(scoring, variants)
    assert [row.status for row in rows] == [Status.OK] * 3 + [Status.NO_WINDOW]
    # 510 is nearest to the middle of the first, 532 to that of the second; the third has a middle.
    windows = [("chr1", 480, "-"), ("chr1", 500, "+"), ("chr2", 115 - LENGTH // 2, "+")]
    pairs = []
    for (chrom, pos, ref, alt), (_, start, strand) in zip(variants, windows, strict=False):
        pair = windows_by_hand(letters[chrom], pos, ref, alt, pos - 1 - start, LENGTH)
        assert pair[0] == letters[chrom][start : start + LENGTH].upper()
        pairs.append([other_strand(w) for w in pair] if strand == "-" else pair)
    found = np.array([row.effect.effect for row in rows[:3]])
    assert np.allclose(found, effects_by_hand(two_seeds[:1], pairs)[0], atol=1e-5)
    assert [scoring.strand_of(row) for row in rows[:3]] == ["-", "+", "+"]
    for row, pair in zip(rows[:3], pairs, strict=True):
        seen = row.windows.tobytes().decode()
        assert [seen[:LENGTH], seen[LENGTH:]] == pair
        middle = scoring.seen_at(row)
        assert pair[0][:middle] == pair[1][:middle] and pair[0][middle] != pair[1][middle]


def test_a_variant_has_one_effect_however_it_is_written(genome, two_seeds):
    letters, access = genome
    scoring = prepared(load_models(two_seeds[:1]), access, None, Asked())
    text = letters["chr1"][299:330].upper()
    short = ("chr1", 310, text[10:13], text[10])
    long = ("chr1", 305, text[5:20], text[5:11] + text[13:20])
    assert without_common(*short[1:])[1:] == without_common(*long[1:])[1:]
    one, other = scored(scoring, [short, long])
    assert np.array_equal(one.effect.effect, other.effect.effect)


@pytest.mark.parametrize(
    ("ref", "alt", "status"),
    [
        (None, ".", Status.NO_ALTERNATIVE),
        (None, "*", Status.OVERLAPPING),
        (None, "<DEL>", Status.SYMBOLIC),
        (None, "<NON_REF>", Status.SYMBOLIC),
        (None, "G]chr2:321]", Status.BREAKEND),
        (None, "[chr2:321[G", Status.BREAKEND),
        (None, ".G", Status.BREAKEND),
        (None, "N", Status.NO_BASES),
        ("N", "A", Status.NO_BASES),
        ("", "A", Status.NO_BASES),
        (None, "same", Status.NO_CHANGE),
        ("wrong", "A", Status.MISMATCH),
        (None, "A" * 100, Status.TOO_LONG),
    ],
)
def test_what_can_not_be_scored_has_a_reason_and_no_score(genome, two_seeds, ref, alt, status):
    letters, access = genome
    scoring = prepared(load_models(two_seeds[:1]), access, None, Asked())
    there = letters["chr1"][699].upper()
    wrong = "A" if there != "A" else "C"
    ref = {None: there, "wrong": wrong}.get(ref, ref)
    alt = {"same": there, "A": "G" if ref == "A" else "A"}.get(alt, alt)
    (row,) = scored(scoring, [("chr1", 700, ref, alt)])
    assert row.status is status and row.effect is None


def test_a_wrong_reference_is_no_swap_and_lower_case_is_no_mismatch(genome, two_seeds):
    letters, access = genome
    scoring = prepared(load_models(two_seeds[:1]), access, None, Asked())
    there = letters["chr1"][1010]
    assert there.islower()
    other = "A" if there != "a" else "C"
    right, swapped = scored(
        scoring, [("chr1", 1011, there.upper(), other), ("chr1", 1011, other, there.upper())]
    )
    assert (right.status, swapped.status) == (Status.OK, Status.MISMATCH)
    masked = prepared(load_models(two_seeds[:1]), access, None, Asked(soft_masked="mask"))
    (row,) = scored(masked, [("chr1", 1011, there.upper(), other)])
    assert row.status is Status.MASKED
    near = letters["chr1"][990].upper()
    (row,) = scored(masked, [("chr1", 991, near, "A" if near != "A" else "C")])
    window = row.windows[0].tobytes().decode()
    start = 990 - LENGTH // 2
    expected = "".join("N" if c.islower() else c for c in letters["chr1"][start : start + LENGTH])
    assert window == expected and "N" in window


def test_near_the_ends_padding_stands_where_the_model_knows_it(genome, folder, two_seeds):
    letters, access = genome
    size = len(letters["chr1"])
    variants = []
    for place in (0, 3, 29, 30, size - 30, size - 29, size - 1):
        ref = letters["chr1"][place].upper()
        variants.append(("chr1", place + 1, ref, "A" if ref != "A" else "C"))
    variants.append(("chr1", size, letters["chr1"][-1].upper(), letters["chr1"][-1].upper() + "AC"))
    scoring = prepared(load_models(two_seeds[:1]), access, None, Asked())
    near = [row.status is Status.NEAR_END for row in scored(scoring, variants)]
    assert near == [True, True, True, False, False, True, True, True]
    padded = network(folder / "padded.keras", crop="centre")
    rows = scored(prepared(load_models([padded]), access, None, Asked()), variants)
    pairs = [windows_by_hand(letters[c], p, r, a, LENGTH // 2, LENGTH) for c, p, r, a in variants]
    assert pairs[0][0].startswith("." * 30) and pairs[6][0].endswith(".")
    found = np.array([row.effect.effect for row in rows])
    assert np.allclose(found, effects_by_hand([padded], pairs)[0], atol=1e-5)


def test_places_beyond_a_chromosome_and_foreign_chromosomes_have_reasons(genome, two_seeds):
    letters, access = genome
    scoring = prepared(load_models(two_seeds[:1]), access, None, Asked())
    last = letters["chr1"][-1].upper()
    variants = [
        ("chr1", 0, "A", "C"),
        ("chr1", len(letters["chr1"]) + 1, "A", "C"),
        ("chr1", len(letters["chr1"]), last + "A", last),
        ("chrUn", 5, "A", "C"),
    ]
    statuses = [row.status for row in scored(scoring, variants)]
    assert statuses == [Status.OUTSIDE] * 3 + [Status.NO_CHROMOSOME]


def test_more_than_two_classes_and_a_baseline(genome, folder):
    letters, access = genome
    variants = draw_variants(letters, 50, seed=8, margin=LENGTH)
    pairs = [windows_by_hand(letters[c], p, r, a, LENGTH // 2, LENGTH) for c, p, r, a in variants]
    three = network(folder / "three.keras", classes=["a", "b", "c"], positive="")
    rows = scored(prepared(load_models([three]), access, None, Asked()), variants)
    found = np.array([row.effect.effect for row in rows])
    assert np.allclose(found, effects_by_hand([three], pairs)[0], atol=1e-5)
    p = np.array([[row.effect.p_ref, row.effect.p_alt] for row in rows])
    assert np.allclose(p.sum(axis=2), 1)
    distance = [jensenshannon(*pair, base=2) for pair in p]
    assert np.allclose([row.effect.distance for row in rows], distance)

    rng = np.random.default_rng(1)
    x = one_hot(rng.choice(np.frombuffer(b"ACGT", np.uint8), (300, LENGTH)))
    y = np.arange(300) % 2
    fitted = baselines.fit_kmer_logistic(
        x[:200],
        y[:200],
        x[200:],
        y[200:],
        classes=CLASSES,
        positive="yes",
        seed=1,
        k=3,
        c=0.1,
        both_strands=False,
    )
    baselines.save(folder / "model.npz", fitted, LENGTH, "")
    model = load_models([str(folder / "model.npz")])
    rows = scored(prepared(model, access, None, Asked()), variants)
    odds = []
    for which in range(2):
        windows = np.array([list(pair[which].encode()) for pair in pairs], np.uint8)
        p = baselines.predict(fitted, one_hot(windows))
        odds.append(np.log(p) - np.log(1 - p))
    found = np.array([row.effect.effect for row in rows])
    assert np.allclose(found, odds[1] - odds[0], atol=1e-5) and np.abs(found).max() > 0.01


def test_models_know_what_they_know(folder, two_seeds):
    strands = network(folder / "strands.keras", reverse_complement="average", position=False)
    plain, averaged = (LogOdds(load(path)) for path in (two_seeds[0], strands))
    assert (plain.knows_places, plain.both_strands, plain.padded) == (True, False, False)
    assert (averaged.knows_places, averaged.both_strands) == (False, True)
    assert plain.length == LENGTH


def test_distances_of_distributions_by_hand():
    p = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    q = np.array([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    assert np.allclose(jensen_shannon(p, q), [1, 0, 0])


def test_windows_on_foreign_chromosomes_end_in_a_sentence(genome, tmp_path):
    bed = tmp_path / "windows.bed"
    bed.write_text("chr7\t1\t20\n")
    with pytest.raises(UserError, match=r"none of its chromosomes \(chr7"):
        from_windows(str(bed), LENGTH, list(genome[1].lengths))
