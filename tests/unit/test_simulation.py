"""Laws of the simulation: what is drawn is what the settings say, whatever is drawn beside it."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna.dna import IUPAC
from attendna.errors import UserError
from attendna.simulation import specification as module
from attendna.simulation.specification import ClassSpec, Simulation, simulate, simulate_block


def settings(classes, sequences=1000, length=50, seed=7):
    return {"sequences": sequences, "length": length, "seed": seed, "classes": classes}


def make(classes, **rest):
    return Simulation.from_settings(settings(classes, **rest))


def spec(fraction=1.0, planted=0.0, motifs=()):
    return {"fraction": fraction, "planted": planted, "motifs": list(motifs)}


def letters(block):
    """str (n, length): each base as a letter."""
    return block.sequences.view("S1").astype(str)


def chi_square_is_plausible(counts, expected):
    """Pearson's statistic within five standard deviations of its mean, the degrees of freedom."""
    counts = np.ravel(counts)
    statistic = np.sum((counts - expected) ** 2 / np.ravel(expected))
    freedom = counts.size - 1
    return abs(statistic - freedom) < 5 * np.sqrt(2 * freedom)


THREE = {
    "promoter": spec(0.5, 1.0, ["TATAAA", "RYN", "ggc"]),
    "enhancer": spec(0.3, 0.4, ["GGGCGGNNAT"]),
    "background": spec(0.2),
}


# ------------------------------------------------------------------------------ planted motifs


def test_motifs_stand_where_the_block_says():
    simulation = make(THREE)
    block = simulate_block(simulation, 0)
    sequences = letters(block)
    for row, start, end, motif in zip(
        block.planted, block.starts, block.ends, block.motifs, strict=True
    ):
        assert 0 <= start < end <= simulation.length
        site = sequences[row, start:end]
        assert len(site) == len(motif)
        assert all(base in IUPAC[letter] for base, letter in zip(site, motif, strict=True))


def test_outside_the_motif_the_background_stands():
    with_motifs = simulate_block(make({"a": spec(1.0, 0.7, ["TATAAA", "RYN"])}), 0)
    without = simulate_block(make({"a": spec()}), 0)
    outside = np.ones(with_motifs.sequences.shape, dtype=bool)
    for row, start, end in zip(
        with_motifs.planted, with_motifs.starts, with_motifs.ends, strict=True
    ):
        outside[row, start:end] = False
    assert (with_motifs.sequences == without.sequences)[outside].all()
    assert not (with_motifs.sequences == without.sequences)[~outside].all()


def test_each_class_gets_its_own_motifs_at_its_own_rate():
    block = simulate_block(make(THREE, sequences=20_000), 0)
    owner = block.labels[block.planted]
    assert set(block.motifs[owner == "promoter"]) == {"TATAAA", "RYN", "GGC"}
    assert set(block.motifs[owner == "enhancer"]) == {"GGGCGGNNAT"}
    assert (owner == "promoter").sum() == 10_000
    assert abs((owner == "enhancer").sum() - 0.4 * 6_000) < 5 * np.sqrt(6_000 * 0.4 * 0.6)
    assert (owner == "background").sum() == 0
    assert np.all(np.diff(block.planted) > 0)


def test_motifs_and_starts_are_equally_likely():
    motifs = ["TATAAA", "CAAT", "GGGCGG"]
    simulation = make({"a": spec(1.0, 1.0, motifs)}, sequences=40_000)
    block = simulate_block(simulation, 0)
    of_motif = [block.motifs == motif for motif in motifs]
    assert chi_square_is_plausible([chosen.sum() for chosen in of_motif], 40_000 / 3)
    for motif, chosen in zip(motifs, of_motif, strict=True):
        starts = simulation.length - len(motif) + 1
        counts = np.bincount(block.starts[chosen], minlength=starts)
        assert counts.size == starts  # the last start that fits is reached, none beyond
        assert chi_square_is_plausible(counts, chosen.sum() / starts)


def test_ambiguous_letters_are_uniform_and_independent():
    block = simulate_block(make({"a": spec(1.0, 1.0, ["RYBN"])}, sequences=30_000), 0)
    sites = letters(block)[np.arange(30_000)[:, None], block.starts[:, None] + np.arange(4)]
    instances, counts = np.unique(sites, axis=0, return_counts=True)
    assert len(instances) == 2 * 2 * 3 * 4
    assert chi_square_is_plausible(counts, 30_000 / 48)


def test_a_motif_may_fill_the_sequence():
    block = simulate_block(make({"a": spec(1.0, 1.0, ["TATAAA"])}, length=6), 0)
    assert (letters(block) == list("TATAAA")).all()
    assert (block.starts == 0).all()


# ------------------------------------------------------------------------------ background


@pytest.mark.parametrize("length", [1, 3, 50, 65])
def test_background_is_uniform(length):
    sequences = letters(simulate_block(make({"a": spec()}, sequences=20_000, length=length), 0))
    assert sequences.shape == (20_000, length)
    counts = np.stack([(sequences == base).sum(axis=0) for base in "ACGT"])
    assert (counts.sum(axis=0) == 20_000).all()  # nothing but A, C, G, T
    # Within a position the four counts leave three degrees of freedom.
    statistic = np.sum((counts - 5_000) ** 2 / 5_000)
    assert abs(statistic - 3 * length) < 5 * np.sqrt(6 * length)


@pytest.mark.parametrize("distance", [1, 4, 32])
def test_background_bases_are_independent(distance):
    block = simulate_block(make({"a": spec()}, sequences=4_000, length=100), 0)
    bases = np.searchsorted(list("ACGT"), letters(block))
    pairs = bases[:, distance:] * 4 + bases[:, :-distance]
    below = bases[1:] * 4 + bases[:-1]
    for codes in (pairs, below):
        assert chi_square_is_plausible(np.bincount(codes.ravel()), codes.size / 16)


# ------------------------------------------------------------------------------ counts, order, ids


@given(
    st.integers(1, 10**7),
    st.lists(st.integers(1, 1000), min_size=1, max_size=8),
)
def test_counts_are_the_quotas_rounded_up_or_down(sequences, weights):
    fractions = [weight / sum(weights) for weight in weights]
    classes = tuple(ClassSpec(str(i), share, 0.0, ()) for i, share in enumerate(fractions))
    counts = Simulation(sequences, 10, 0, classes).counts
    assert counts.sum() == sequences
    assert (np.abs(counts - sequences * np.array(fractions)) < 1 + 1e-6).all()


@pytest.mark.parametrize(
    ("sequences", "fractions", "counts"),
    [
        (10, [0.5, 0.5], [5, 5]),
        (11, [0.5, 0.5], [6, 5]),  # a tie goes to the first
        (10, [0.26, 0.26, 0.48], [3, 2, 5]),
        (3, [0.1, 0.2, 0.7], [0, 1, 2]),
        (10, [0.1, 0.2, 0.7], [1, 2, 7]),
        (1, [0.4, 0.6], [0, 1]),
    ],
)
def test_counts_by_hand(sequences, fractions, counts):
    classes = tuple(ClassSpec(str(i), share, 0.0, ()) for i, share in enumerate(fractions))
    assert Simulation(sequences, 10, 0, classes).counts.tolist() == counts


def test_classes_stand_in_the_order_of_the_config():
    block = simulate_block(make(THREE, sequences=101), 0)
    assert block.labels.tolist() == ["promoter"] * 51 + ["enhancer"] * 30 + ["background"] * 20


def test_ids_are_unique_and_equally_wide(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_RECORDS", 64)
    blocks = simulate(make({"a": spec()}, sequences=150))
    ids = [row.tobytes().decode() for block in blocks for row in block.ids]
    assert ids == [f"seq{i:07d}" for i in range(1, 151)]
    wide = dataclasses.replace(make({"a": spec()}), sequences=10**7)
    last = simulate_block(wide, 10**7 // 64 - 1).ids[-1]
    assert last.tobytes() == b"seq10000000"


# ------------------------------------------------------------------------------ seeds and blocks


def same(one, other):
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in dataclasses.fields(one)
    )


def test_equal_settings_make_equal_blocks_and_another_seed_others():
    assert same(simulate_block(make(THREE), 0), simulate_block(make(THREE), 0))
    one, other = (simulate_block(make({"a": spec()}, seed=seed), 0).sequences for seed in (1, 2))
    assert abs((one == other).mean() - 0.25) < 0.01


def test_a_block_alone_is_the_block_of_the_stream(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_RECORDS", 64)
    simulation = make(THREE, sequences=150)
    blocks = list(simulate(simulation))
    assert [len(block.labels) for block in blocks] == [64, 64, 22]
    assert all(same(block, simulate_block(simulation, i)) for i, block in enumerate(blocks))
    assert sum(len(block.labels) for block in blocks) == simulation.sequences
    for one, other in pairwise(blocks):  # no block repeats another
        rows = min(len(one.sequences), len(other.sequences))
        assert abs((one.sequences[:rows] == other.sequences[:rows]).mean() - 0.25) < 0.06


def test_records_stay_when_the_simulation_grows_and_their_class_stays(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_RECORDS", 64)
    classes = {"a": spec(1.0, 0.5, ["TATAAA", "RYN"])}
    small, large = (
        list(simulate(make(classes, sequences=sequences))) for sequences in (100, 1_000)
    )
    assert same(small[0], large[0])  # a full block
    assert np.array_equal(small[1].sequences, large[1].sequences[:36])  # and the start of one


def test_a_class_does_not_depend_on_the_motifs_of_another():
    def records(other):
        classes = {"a": spec(0.5, 0.5, ["TATAAA"]), "b": spec(0.5, *other)}
        return simulate_block(make(classes), 0).sequences[:500]

    assert np.array_equal(records((0.0, [])), records((1.0, ["CCCCCCC", "GGGGGGG"])))


def test_long_sequences_make_small_blocks():
    simulation = make({"a": spec()}, sequences=100, length=2**20)
    assert simulate_block(simulation, 0).sequences.shape == (16, 2**20)


# ------------------------------------------------------------------------------ bad settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sequences": 0}, r"simulate\.sequences: .*at least 1, got 0"),
        ({"sequences": 10.5}, r"simulate\.sequences: "),
        ({"length": True}, r"simulate\.length: "),
        ({"seed": -1}, r"simulate\.seed: "),
        ({"classes": {}}, r"simulate\.classes: name at least one class"),
        ({"classes": ["a"]}, r"simulate\.classes: "),
        ({"sequense": 10}, r"simulate\.sequense: unknown"),
        (
            {"classes": {"a": spec(0.5), "b": spec(0.4)}},
            r"simulate\.classes: the fractions of the classes sum to 0\.9; make them sum to 1",
        ),
        ({"classes": {"a": spec(1.5)}}, r"simulate\.classes\.a\.fraction: .*got 1\.5"),
        ({"classes": {"a": spec(1.0), "b": spec(0)}}, r"simulate\.classes\.b\.fraction: 0"),
        ({"classes": {"a": spec(float("nan"))}}, r"simulate\.classes\.a\.fraction: "),
        ({"classes": {"a": spec(1.0, -0.1)}}, r"simulate\.classes\.a\.planted: "),
        ({"classes": {"a": {"fraction": 1.0, "planted": 0}}}, r"classes\.a\.motifs: missing"),
        ({"classes": {"a": 1.0}}, r"simulate\.classes\.a: expected the keys"),
        (
            {"classes": {"a": spec(1.0, 0.5)}},
            r"simulate\.classes\.a\.motifs: name at least one motif",
        ),
        (
            {"classes": {"positive": spec(1.0, 0.5, ["TATXA"])}},
            r"simulate\.classes\.positive\.motifs: TATXA has the letter 'X'",
        ),
        ({"classes": {"a": spec(1.0, 0.5, [""])}}, r"simulate\.classes\.a\.motifs: "),
        (
            {"classes": {"a": spec(1.0, 0.5) | {"motifs": "TATAAA"}}},
            r"simulate\.classes\.a\.motifs: expected a list",
        ),
        (
            {"length": 5, "classes": {"a": spec(1.0, 0.5, ["TATAAA"])}},
            r"simulate\.classes\.a\.motifs: TATAAA \(6 letters\) is longer than the sequences \(5",
        ),
    ],
)
def test_bad_settings_name_their_key(changes, message):
    with pytest.raises(UserError, match=message):
        Simulation.from_settings(settings({"a": spec()}) | changes)


def test_settings_that_are_no_mapping_are_an_error():
    with pytest.raises(UserError, match="simulate: expected the keys"):
        Simulation.from_settings([1])
