import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna.errors import UserError
from attendna.splitting import fixed, stratified

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


def cut(y, test=0.2, validation=0.2, folds=1, fold=1, seed=42):
    names = CLASSES[: y.max() + 1]
    return stratified(y, names, test, validation, folds, fold, seed)


def keep(splits, y, validation=0.2, folds=1, seed=42):
    ids = [f"r{i}" for i in range(len(y))]
    return fixed(splits, y, CLASSES[: y.max() + 1], ids, validation, folds, seed)


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
    assert len(cut(y, test=share)["test"]) == int(np.floor(share * len(y) + 0.5))


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
        ({"folds": 0}, "0 folds have no fold 1"),
        ({"folds": 3, "fold": 4}, "3 folds have no fold 4"),
        ({"folds": 3, "fold": 0}, "3 folds have no fold 0"),
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


def fixed_splits(train, validation, test):
    return np.repeat(np.array(SETS, dtype=object), [train, validation, test])


@pytest.mark.parametrize(
    ("splits", "y", "settings", "message"),
    [
        (
            [*fixed_splits(2, 2, 2), None, None],
            [0, 1] * 4,
            {},
            "6 records have a split and 2 have none of train, .* record 'r6'",
        ),
        (
            [*fixed_splits(2, 2, 2), "dev", "train"],
            [0, 1] * 4,
            {},
            r"7 records have a split and 1 .*'r6' \(its split: dev\)",
        ),
        (fixed_splits(2, 2, 2), [0, 1] * 3, {"folds": 5}, "5 folds can't be made"),
        (fixed_splits(4, 4, 0), [0, 1] * 4, {}, "no record has the split 'test'"),
        (fixed_splits(0, 4, 4), [0, 1] * 4, {}, "no record has the split 'train'"),
        (
            fixed_splits(3, 0, 4),
            [0, 1, 1] + [0, 1] * 2,
            {},
            "class 'a' has 1 records, .*validation",
        ),
        (fixed_splits(2, 2, 2), [0, 1, 0, 1, 0, 0], {}, "'b' has 0 records, .*split 'test'"),
        (fixed_splits(2, 2, 2), [0, 0, 0, 1, 0, 1], {}, "'b' has 0 records, .*split 'train'"),
        (fixed_splits(2, 2, 2), [0, 1, 1, 1, 0, 1], {}, "'a' has 0 records, .*split 'validation'"),
    ],
)
def test_fixed_splits_that_can_not_be_used(splits, y, settings, message):
    with pytest.raises(UserError, match=message):
        keep(splits, np.array(y), **settings)
