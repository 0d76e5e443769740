import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna.data.splitting import Division, chromosome, fixed, stratified, stratified_group
from attendna.errors import UserError

CLASSES = ["a", "b", "c"]
SETS = ["train", "validation", "test"]
FRACTIONS = st.sampled_from([0.05, 0.1, 0.2, 0.25, 0.29, 1 / 3, 0.5])
SEEDS = st.integers(0, 2**31)


@st.composite
def labels(draw, least=3):
    """Class numbers in any order, at least `least` of each class."""
    counts = draw(st.lists(st.integers(least, 60), min_size=2, max_size=3))
    y = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(draw(SEEDS)).permutation(y)


def division(test=0.2, validation=0.2, folds=1, fold=1, seed=42):
    return Division(test=test, validation=validation, folds=folds, fold=fold, seed=seed)


def cut(y, *shares, **changes):
    return stratified(y, CLASSES[: y.max() + 1], division(*shares, **changes))


def keep(splits, y, groups=None, **changes):
    ids = [f"r{i}" for i in range(len(y))]
    return fixed(splits, y, CLASSES[: y.max() + 1], ids, division(**changes), groups)


def assert_partition(split, y):
    assert list(split) == SETS
    for records in split.values():
        assert records.dtype == np.int64
        assert (np.diff(records) > 0).all()  # sorted, none twice
        assert set(y[records]) == set(y)  # every class
    np.testing.assert_array_equal(np.sort(np.concatenate(list(split.values()))), np.arange(len(y)))


def assert_share(chosen, of, y, share, leave):
    """Each class has its share within one record, as far as every set has one of it."""
    for number in np.unique(y):
        whole = np.count_nonzero(y[of] == number)
        count = np.count_nonzero(y[chosen] == number)
        ideal = np.clip(share * whole, 1, whole - leave)
        assert abs(count - ideal) < 1 + 1e-9


@given(labels(), FRACTIONS, FRACTIONS, SEEDS)
def test_sets_partition_the_records_in_the_shares(y, test, validation, seed):
    split = cut(y, test, validation, seed=seed)
    assert_partition(split, y)
    assert_share(split["test"], np.arange(len(y)), y, test, leave=2)
    rest = np.concatenate([split["train"], split["validation"]])
    assert_share(split["validation"], rest, y, validation, leave=1)


@given(labels(least=20), st.sampled_from([0.1, 0.2, 0.25, 0.29, 1 / 3]))
def test_largest_remainder_meets_the_total(y, share):
    # Where the share is a whole number and a half, rounding errors decide.
    assert abs(len(cut(y, test=share)["test"]) - share * len(y)) <= 0.5 + 1e-9


def test_remainders_go_to_the_largest_ones():
    # A fifth of 11, 12 and 14 is 2.2, 2.4 and 2.8: of 37 records 7, so one above 2 + 2 + 2.
    y = np.repeat([0, 1, 2], [11, 12, 14])
    assert np.bincount(y[cut(y)["test"]]).tolist() == [2, 2, 3]


def test_shares_of_the_tutorial():
    y = np.repeat([0, 1], 5000)
    split = cut(y)
    assert {name: len(records) for name, records in split.items()} == {
        "train": 6400,
        "validation": 1600,
        "test": 2000,
    }
    assert all(np.ptp(np.bincount(y[records])) == 0 for records in split.values())


@given(labels(least=12), st.integers(2, 6), SEEDS)
def test_folds_partition_the_records(y, folds, seed):
    splits = [cut(y, folds=folds, fold=fold, seed=seed) for fold in range(1, folds + 1)]
    for split in splits:
        assert_partition(split, y)
    tests = [split["test"] for split in splits]
    np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(len(y)))
    sizes = np.array([np.bincount(y[test]) for test in tests])
    assert (np.ptp(sizes, axis=0) <= 1).all()  # of each class
    assert np.ptp(sizes.sum(axis=1)) <= 1  # and as a whole


@pytest.mark.parametrize("folds", [1, 2, 3, 5])
def test_smallest_class_that_can_be_split(folds):
    needed = {1: 3, 2: 4}.get(folds, folds)
    y = np.repeat([0, 1], [needed, 30])
    for fold in range(1, folds + 1):
        assert_partition(cut(y, folds=folds, fold=fold), y)
    purpose = f"{folds} folds" if folds > 1 else "training, validation and test"
    message = f"class 'a' has {needed - 1} records, too few for {purpose}: at least {needed} are"
    with pytest.raises(UserError, match=message):
        cut(y[1:], folds=folds)


@given(labels(), SEEDS)
def test_same_seed_same_split(y, seed):
    for name, records in cut(y, seed=seed).items():
        np.testing.assert_array_equal(records, cut(y, seed=seed)[name])


def test_another_seed_another_split():
    y = np.repeat([0, 1], 50)
    assert cut(y, seed=1)["test"].tolist() != cut(y, seed=2)["test"].tolist()


def test_result_is_the_same_on_every_platform():
    # Raw draws of PCG64 are part of NumPy's compatibility promise, so these indices are for good.
    split = cut(np.repeat([0, 1], 10), seed=42)
    assert split["test"].tolist() == [4, 8, 15, 17]
    assert split["validation"].tolist() == [1, 2, 10]


def test_test_set_does_not_depend_on_the_validation_share():
    y = np.repeat([0, 1], 50)
    expected = cut(y, validation=0.1)["test"]
    np.testing.assert_array_equal(cut(y, validation=0.5)["test"], expected)


def test_validation_sets_of_folds_differ():
    y = np.repeat([0, 1], 100)
    first, second = (set(cut(y, folds=2, fold=fold)["validation"]) for fold in (1, 2))
    assert first.isdisjoint(second)
    one, two = (set(cut(y, folds=10, fold=fold)["validation"]) for fold in (1, 2))
    assert len(one & two) < len(one) / 2  # about a fifth by chance


def test_every_record_is_equally_likely_to_be_test():
    y = np.repeat([0, 1], [30, 10])
    draws = 2000
    hits = np.zeros(len(y))
    for seed in range(draws):
        hits[cut(y, seed=seed)["test"]] += 1
    deviation = (hits - 0.2 * draws) / np.sqrt(draws * 0.2 * 0.8)
    assert np.abs(deviation).max() < 4.5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"test": 0}, "split.test: 0 is no share"),
        ({"test": 1.0}, "split.test: 1.0 is no share"),
        ({"validation": -0.1}, "split.validation: -0.1 is no share"),
        ({"folds": 0}, "split.folds: 0, so there is no fold 1"),
        ({"folds": 3, "fold": 4}, "split.folds: 3, so there is no fold 4"),
        ({"folds": 3, "fold": 0}, "split.folds: 3, so there is no fold 0"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(UserError, match=message):
        cut(np.repeat([0, 1], 10), **settings)


@given(st.data())
def test_a_complete_fixed_split_is_kept(data):
    y = np.tile([0, 1], 30)
    order = np.random.default_rng(data.draw(SEEDS)).permutation(20)
    splits = np.array(SETS + [SETS[i % 3] for i in order[:17]], dtype=object).repeat(2)
    y = y[: len(splits)]
    split = keep(splits, y)
    assert_partition(split, y)
    for name in SETS:
        assert set(splits[split[name]]) == {name}


def test_missing_validation_is_cut_from_train():
    y = np.repeat([0, 1, 0, 1], [40, 20, 5, 5])
    splits = np.repeat(["train", "test"], [60, 10]).astype(object)
    split = keep(splits, y)
    assert_partition(split, y)
    np.testing.assert_array_equal(split["test"], np.arange(60, 70))
    assert np.bincount(y[split["validation"]]).tolist() == [8, 4]


def test_given_folds_are_tested_in_turn():
    y = np.tile([0, 1], 30)
    numbers = np.repeat(["1", "2", "3"], 20).astype(object)
    for fold in (1, 2, 3):
        split = keep(numbers, y, validation=0.25, folds=3, fold=fold)
        assert_partition(split, y)
        assert set(numbers[split["test"]]) == {str(fold)}
        assert np.bincount(y[split["validation"]]).tolist() == [5, 5]
    for folds in (1, 2, 4):
        with pytest.raises(UserError, match=f"split.folds: {folds}, but the data name the folds"):
            keep(numbers, y, folds=folds)
    with pytest.raises(UserError, match="the data name one fold only"):
        keep(numbers[:20], y[:20])


def fixed_splits(train, validation, test):
    return np.repeat(np.array(SETS, dtype=object), [train, validation, test])


@pytest.mark.parametrize(
    ("splits", "y", "settings", "message"),
    [
        (
            [*fixed_splits(2, 2, 2), None, None],
            [0, 1] * 4,
            {},
            "found it for 6 of 8; correct record 'r6' first",
        ),
        (
            [*fixed_splits(2, 2, 2), "dev", "train"],
            [0, 1] * 4,
            {},
            r"found it for 7 of 8; .*'r6' first \(its split: dev\)",
        ),
        (fixed_splits(2, 2, 2), [0, 1] * 3, {"folds": 5}, "5 folds can't be made"),
        (fixed_splits(4, 4, 0), [0, 1] * 4, {}, "no record has the split 'test'"),
        (fixed_splits(0, 4, 4), [0, 1] * 4, {}, "no record has the split 'train'"),
        (
            fixed_splits(3, 0, 4),
            [0, 1, 1] + [0, 1] * 2,
            {},
            "class 'a' has 1 record, .*validation",
        ),
        (fixed_splits(2, 2, 2), [0, 1, 0, 1, 0, 0], {}, "'b' has no records, .*split 'test'"),
        (fixed_splits(2, 2, 2), [0, 0, 0, 1, 0, 1], {}, "'b' has no records, .*split 'train'"),
        (fixed_splits(2, 2, 2), [0, 1, 1, 1, 0, 1], {}, "'a' has no records, .*split 'validation'"),
    ],
)
def test_fixed_splits_that_can_not_be_used(splits, y, settings, message):
    with pytest.raises(UserError, match=message):
        keep(splits, np.array(y), **settings)


# ------------------------------------------------------------------------------ whole groups


@st.composite
def grouped(draw, folds=1):
    """Class numbers and groups: many single records and some groups, at times of two classes."""
    y = draw(labels(least=12 * folds))
    rng = np.random.default_rng(draw(SEEDS))
    # More groups than records: most are alone, some are not.
    spread = draw(st.sampled_from([1, 3, 20]))
    groups = 1000 + rng.integers(0, spread * len(y), len(y))
    largest = draw(st.integers(0, len(y) // 6))
    groups[rng.permutation(len(y))[:largest]] = 1
    # So many of each class that are surely alone, that every set can have one.
    for number in np.unique(y):
        first = np.flatnonzero(y == number)[: 2 * folds + 2]
        groups[first] = -1 - first
    return y, groups


def cut_groups(y, groups, *shares, **changes):
    return stratified_group(y, CLASSES[: y.max() + 1], groups, division(*shares, **changes))


def assert_whole_groups(split, groups):
    where = [set(groups[records]) for records in split.values()]
    assert sum(map(len, where)) == len(set.union(*where))


@given(grouped(), FRACTIONS, FRACTIONS, SEEDS)
def test_no_group_is_separated(data, test, validation, seed):
    split = cut_groups(*data, test, validation, seed=seed)
    assert_partition(split, data[0])
    assert_whole_groups(split, data[1])


@given(grouped(folds=4), st.integers(2, 4), SEEDS)
def test_no_group_is_separated_by_folds(data, folds, seed):
    y, groups = data
    splits = [cut_groups(y, groups, folds=folds, fold=f + 1, seed=seed) for f in range(folds)]
    for split in splits:
        assert_partition(split, y)
        assert_whole_groups(split, groups)
    tests = [split["test"] for split in splits]
    np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(len(y)))


@given(labels(least=12), FRACTIONS, st.integers(1, 4), SEEDS)
def test_without_relatives_it_is_the_random_split(y, share, folds, seed):
    alone = np.random.default_rng(seed).permutation(len(y))
    expected = cut(y, share, share, folds, folds, seed)
    split = cut_groups(y, alone, share, share, folds, folds, seed)
    for name in SETS:
        np.testing.assert_array_equal(split[name], expected[name])


@pytest.mark.parametrize("mean", [1.2, 3, 30])  # records a group
@pytest.mark.parametrize("mixed", [False, True])  # whether groups hold several classes
@pytest.mark.parametrize("folds", [1, 5])
def test_class_proportions_hold_within_one_percent(mean, mixed, folds):
    rng = np.random.default_rng(3)
    groups = np.sort(rng.integers(0, int(10_000 / mean), 10_000))
    y = rng.choice(3, 10_000, p=[0.6, 0.3, 0.1])
    y = y if mixed else y[groups]
    shares = np.bincount(y) / len(y)
    for fold in range(1, folds + 1):
        split = cut_groups(y, groups, folds=folds, fold=fold, seed=5)
        assert_whole_groups(split, groups)
        for name, size in (("test", 0.2), ("validation", 0.16), ("train", 0.64)):
            found = np.bincount(y[split[name]], minlength=3)
            np.testing.assert_allclose(found / found.sum(), shares, atol=0.01)
            assert abs(found.sum() / len(y) - size) < 0.01


def test_a_group_larger_than_the_test_share_is_trained_on():
    y = np.tile([0, 1], 100)
    groups = np.arange(200)
    groups[:90] = 0
    for seed in range(10):
        split = cut_groups(y, groups, seed=seed)
        assert set(range(90)) <= set(split["train"])
        assert np.bincount(y[split["test"]]).tolist() == [20, 20]


def test_a_group_larger_than_a_fold_is_tested_once():
    y = np.tile([0, 1], 100)
    groups = np.arange(200)
    groups[:90] = 0
    sizes = [len(cut_groups(y, groups, folds=5, fold=f)["test"]) for f in range(1, 6)]
    assert sum(sizes) == 200
    assert max(sizes) == 90
    assert np.ptp(sorted(sizes)[:4]) <= 2


def test_large_and_small_groups_are_tested_alike():
    """Each group is as likely to be tested as the shares say, whatever its size."""
    groups = np.repeat(np.arange(60), np.tile([1, 2, 4, 8], 15))
    y = np.tile([0, 1], len(groups))[: len(groups)]
    hits = np.zeros(60)
    draws = 300
    for seed in range(draws):
        hits[np.unique(groups[cut_groups(y, groups, seed=seed)["test"]])] += 1
    by_size = hits.reshape(15, 4).mean(axis=0) / draws
    assert np.all(np.abs(by_size - 0.2) < 0.06)


def test_groups_that_can_not_be_divided():
    y = np.repeat([0, 1], 20)
    groups = np.r_[np.repeat([1, 2], 10), np.arange(100, 120)]
    message = "class 'a' is in 2 groups of related records, too few for training, validation and"
    with pytest.raises(UserError, match=message):
        cut_groups(y, groups)
    with pytest.raises(UserError, match="class 'a' is in 2 groups .* too few for 3 folds"):
        cut_groups(y, groups, folds=3)
    tangled = np.tile([1, 2, 3, 4], 10)  # of two classes each, and then none for a third set
    assert_whole_groups(cut_groups(y, tangled), tangled)


def test_group_splits_are_the_same_on_every_platform():
    y = np.repeat([0, 1], 12)
    groups = np.r_[0, 0, 0, 1, 1, 2:21]
    split = cut_groups(y, groups, seed=42)
    assert split["test"].tolist() == [3, 4, 8, 15, 17]
    assert split["validation"].tolist() == [10, 11, 13, 22]


def test_validation_cut_from_a_fixed_train_keeps_groups():
    y = np.tile([0, 1], 40)
    groups = np.arange(80) // 4
    splits = np.repeat(["train", "test"], [64, 16]).astype(object)
    split = keep(splits, y, groups, validation=0.25, seed=1)
    assert_partition(split, y)
    assert_whole_groups(split, groups)
    assert len(split["validation"]) == 16


# ------------------------------------------------------------------------------ chromosomes


def by_chromosome(y, chrom, test_chromosomes=None, validation_chromosomes=None, **changes):
    ids, names = [f"r{i}" for i in range(len(y))], CLASSES[: y.max() + 1]
    named = {
        "test_chromosomes": test_chromosomes,
        "validation_chromosomes": validation_chromosomes,
    }
    return chromosome(y, names, chrom, ids, division(**changes), **named)


@pytest.fixture
def genome():
    """2,000 records on 23 chromosomes of falling size."""
    rng = np.random.default_rng(0)
    sizes = np.linspace(250, 50, 23)
    chrom = rng.choice([f"chr{i}" for i in range(1, 24)], 2000, p=sizes / sizes.sum())
    return rng.integers(0, 2, 2000), chrom


def test_chromosomes_are_balanced(genome):
    y, chrom = genome
    for seed in range(5):
        split = by_chromosome(y, chrom, seed=seed)
        assert_partition(split, y)
        assert_whole_groups(split, chrom)
        assert abs(len(split["test"]) - 400) < 20
        assert abs(len(split["validation"]) - 320) < 20
        assert abs(y[split["test"]].mean() - y.mean()) < 0.03
    tests = [by_chromosome(y, chrom, folds=5, fold=f)["test"] for f in range(1, 6)]
    np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(2000))
    assert max(map(len, tests)) < 1.15 * 400


def test_named_chromosomes(genome):
    y, chrom = genome
    split = by_chromosome(y, chrom, test_chromosomes=["chr8", "chr9"])
    assert set(chrom[split["test"]]) == {"chr8", "chr9"}
    assert_partition(split, y)
    assert_whole_groups(split, chrom)
    split = by_chromosome(y, chrom, validation_chromosomes=["chr7"])
    assert set(chrom[split["validation"]]) == {"chr7"}
    assert abs(len(split["test"]) - 400) < 30
    both = {"test_chromosomes": ["chr1"], "validation_chromosomes": ["chr2", "chr3"]}
    split = by_chromosome(y, chrom, **both)
    assert set(chrom[split["train"]]) == {f"chr{i}" for i in range(4, 24)}


@pytest.mark.parametrize(
    ("changes", "named", "message"),
    [
        ({}, {"test_chromosomes": ["8"]}, "split.test_chromosomes: no record lies on '8'; the chr"),
        (
            {},
            {"test_chromosomes": ["chr1"], "validation_chromosomes": ["chr1"]},
            "'chr1' is among the validation chromosomes too",
        ),
        ({"folds": 2}, {"test_chromosomes": ["chr1"]}, "names one test set, but 2 folds"),
        (
            {"chrom": None},
            {},
            "but there is none for 1 record, first 'r0'",
        ),
        ({"chrom": "chr1"}, {}, "class 'a' is in 1 chromosome, too few for training"),
    ],
)
def test_chromosomes_that_can_not_be_used(genome, changes, named, message):
    y, chrom = genome
    chrom = chrom.astype(object)
    if "chrom" in changes:
        rows = slice(None) if changes["chrom"] else slice(1)
        chrom[rows] = changes["chrom"]
    with pytest.raises(UserError, match=message):
        by_chromosome(y, chrom, folds=changes.get("folds", 1), **named)
