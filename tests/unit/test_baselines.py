"""k-mers are counted right, planted signals are found, a model survives its file."""

import re
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.linear_model import LogisticRegression

from attendna import mapped
from attendna.data import cropping
from attendna.dna import ENCODING
from attendna.errors import UserError
from attendna.learning import baselines, gapped_kmers
from attendna.learning.rows import Rows

ROOT = Path(__file__).parents[2]


def encode(sequences):
    length = max(map(len, sequences))
    letters = [list(sequence.encode()) + [0] * (length - len(sequence)) for sequence in sequences]
    return ENCODING[np.array(letters, dtype=np.uint8)]


def random_sequences(n, length, seed, letters="ACGT"):
    rng = np.random.default_rng(seed)
    return ["".join(row) for row in rng.choice(list(letters), (n, length))]


def words(k):
    result = [""]
    for _ in range(k):
        result = [word + base for word in result for base in "ACGT"]
    return result


def count(sequence, word):
    """Overlapping occurrences."""
    return len(re.findall(f"(?={word})", sequence))


def complement(word):
    return word.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def features(sequences, k, both_strands=False):
    return np.concatenate(list(baselines.kmer_features(encode(sequences), k, both_strands)))


@pytest.mark.parametrize("letters", ["ACGT", "ACGTNR"])
def test_kmers_are_counted_as_by_hand(letters):
    sequences = [*random_sequences(5, 40, 1, letters), "ACGTA", "NNN", "A"]
    expected = [
        [count(sequence, word) for size in (1, 2, 3) for word in words(size)]
        for sequence in sequences
    ]
    np.testing.assert_allclose(features(sequences, 3) ** 2, expected, rtol=1e-6)


def test_words_longer_than_the_sequences_are_never_counted():
    assert features(["ACG", "TTT"], 5)[:, 4 + 16 + 64 :].sum() == 0


def test_both_strands_count_a_word_with_its_complement():
    sequences = random_sequences(4, 30, 2)
    expected = [
        [
            count(sequence, word) + (word != complement(word)) * count(sequence, complement(word))
            for size in (1, 2, 3, 4)
            for word in words(size)
            if word <= complement(word)
        ]
        for sequence in sequences
    ]
    np.testing.assert_allclose(features(sequences, 4, True) ** 2, expected, rtol=1e-6)
    turned = features([complement(sequence) for sequence in sequences], 4, True)
    np.testing.assert_array_equal(turned, features(sequences, 4, True))


def test_blocks_do_not_change_the_features(monkeypatch):
    sequences = random_sequences(7, 20, 3)
    whole = features(sequences, 2)
    monkeypatch.setattr(baselines, "CELLS", 60)
    assert len(list(baselines.kmer_features(encode(sequences), 2, False))) == 3
    np.testing.assert_array_equal(features(sequences, 2), whole)


def test_positions_are_shares_of_bases():
    (block,) = baselines.positional_features(encode(["ARN", "C"]))
    rows = block.reshape(2, 3, 4)
    assert rows[0].tolist() == [[1, 0, 0, 0], [0.5, 0, 0.5, 0], [0.25] * 4]
    assert rows[1].tolist() == [[0, 1, 0, 0], [0] * 4, [0] * 4]


def planted(motif, n, length, seed, position=None):
    """Half with the motif, at one position or anywhere."""
    rng = np.random.default_rng(seed)
    sequences = random_sequences(n, length, seed)
    y = np.arange(n) % 2
    for i in np.flatnonzero(y):
        start = rng.integers(0, length - len(motif)) if position is None else position
        sequences[i] = sequences[i][:start] + motif + sequences[i][start + len(motif) :]
    return encode(sequences), y


def fit(architecture, x, y, classes=("no", "yes"), positive="yes", **hyperparameters):
    """Train on the first 60%, validate on the next 20%."""
    a, b = len(x) * 6 // 10, len(x) * 8 // 10
    return baselines.FIT[architecture](
        x[:a], y[:a], x[a:b], y[a:b], classes=classes, positive=positive, seed=1, **hyperparameters
    )


def accuracy(model, x, y):
    rest = slice(len(x) * 8 // 10, None)
    return np.mean(baselines.predict(model, x[rest]).argmax(axis=1) == y[rest])


KMERS = {"k": 4, "both_strands": False}


@pytest.mark.parametrize("c", [0.1, "auto"])
def test_kmers_find_a_motif_anywhere_and_positions_do_not(c):
    x, y = planted("GCATTACG", 1000, 40, 0)  # every base twice: composition tells nothing
    assert accuracy(fit("kmer_logistic", x, y, c=c, **KMERS), x, y) > 0.85
    assert accuracy(fit("positional_logistic", x, y, c=c), x, y) < 0.65


def test_positions_find_an_anchored_motif_that_shuffling_would_hide():
    x, y = planted("CAG", 800, 40, 1, position=20)
    model = fit("positional_logistic", x, y, c="auto")
    assert accuracy(model, x, y) > 0.95
    strongest = np.argsort(-model.coef.reshape(40, 4), axis=None)[:3]
    assert sorted(strongest) == [20 * 4 + 1, 21 * 4 + 0, 22 * 4 + 2]


def test_a_motif_on_either_strand_is_one_feature():
    x, y = planted("TTGACA", 800, 40, 2)
    turn = np.arange(len(x)) // 2 % 2 == 0
    x[turn] = x[turn][:, ::-1, ::-1]
    both = fit("kmer_logistic", x, y, c="auto", k=4, both_strands=True)
    assert accuracy(both, x, y) > 0.8
    turned = baselines.predict(both, x[:, ::-1, ::-1])
    np.testing.assert_allclose(turned, baselines.predict(both, x), atol=1e-6)


def test_probabilities_are_those_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    x, y = planted("CAGGTA", 300, 30, 3)
    y = y + (np.arange(300) % 3 == 0) * (y == 0) * 2  # three classes
    model = fit("kmer_logistic", x, y, ("a", "b", "c"), "", c=0.1, **KMERS)
    counts = np.concatenate(list(baselines.kmer_features(x, 4, False)))
    reference = LogisticRegression(C=0.1, max_iter=1000).fit(counts[:180], y[:180])
    expected = reference.predict_proba(counts)
    np.testing.assert_allclose(baselines.predict(model, x), expected, atol=2e-3)


def test_auto_chooses_the_penalty_with_the_lowest_validation_loss():
    x, y = planted("TATAAT", 500, 40, 4)
    model = fit("kmer_logistic", x, y, c="auto", **KMERS)

    def loss(c):
        p = baselines.predict(fit("kmer_logistic", x, y, c=c, **KMERS), x[300:400])
        return -np.log(p[np.arange(100), y[300:400]]).mean()

    chosen = baselines.C_GRID.index(model.c)
    neighbours = [baselines.C_GRID[i] for i in (chosen - 1, chosen + 1)]
    assert loss(model.c) <= min(loss(c) for c in neighbours) + 1e-3


@pytest.mark.parametrize(
    ("architecture", "hyperparameters"),
    [
        ("kmer_logistic", {"c": 0.1, "k": 3, "both_strands": True}),
        ("positional_logistic", {"c": "auto"}),
    ],
)
def test_a_loaded_model_predicts_the_same(tmp_path, architecture, hyperparameters):
    x, y = planted("CAG", 200, 20, 5, position=3)
    model = fit(architecture, x, y, **hyperparameters)
    baselines.save(tmp_path / "model.npz", model)
    loaded = baselines.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(baselines.predict(loaded, x), baselines.predict(model, x))
    assert (loaded.classes, loaded.positive, loaded.c) == (model.classes, "yes", model.c)
    assert loaded.both_strands == model.both_strands
    assert (loaded.k, loaded.length) == (model.k, model.length)


def test_rows_sum_to_one_and_nothing_gives_nothing():
    x, y = planted("CAG", 100, 20, 6)
    model = fit("kmer_logistic", x, y, c=10.0, **KMERS)
    np.testing.assert_allclose(baselines.predict(model, x).sum(axis=1), 1)
    assert baselines.predict(model, x[:0]).shape == (0, 2)


def test_another_length_is_refused_by_positions_and_welcome_to_kmers():
    x, y = planted("CAG", 100, 20, 7)
    with pytest.raises(UserError, match="sequences of 20 letters and can't score sequences of 15"):
        baselines.predict(fit("positional_logistic", x, y, c=1.0), x[:, :15])
    model = fit("kmer_logistic", x, y, c=1.0, **KMERS)
    assert baselines.predict(model, x[:, :15]).shape == (100, 2)


def test_a_class_without_training_records_is_named():
    x, y = planted("CAG", 100, 20, 8)
    with pytest.raises(UserError, match="'never' has no training record"):
        fit("positional_logistic", x, y, ("no", "yes", "never"), "", c=1.0)


def test_auto_needs_validation_records():
    x, y = planted("CAG", 100, 20, 9)
    with pytest.raises(UserError, match="set c to a number"):
        baselines.fit_positional_logistic(
            x, y, x[:0], y[:0], classes=("no", "yes"), positive="yes", seed=1, c="auto"
        )


@pytest.mark.parametrize("crop", cropping.CROPS)
@pytest.mark.parametrize(
    ("architecture", "hyperparameters"),
    [
        ("gc_content", {}),
        ("kmer_logistic", {"k": 3, "c": 0.1, "both_strands": True}),
        ("positional_logistic", {"c": 0.1}),
    ],
)
def test_neither_fit_nor_prediction_changes_with_the_padding(architecture, hyperparameters, crop):
    lengths = np.random.default_rng(2).integers(4, 21, 100)
    whole = random_sequences(100, 20, 3)
    sequences = [row[:n] for row, n in zip(whole, lengths, strict=True)]
    y = np.arange(100) % 2
    found = []
    for length in (20, 33):
        x = ENCODING[cropping.fit(sequences, length, crop)]
        found.append(baselines.predict(fit(architecture, x, y, **hyperparameters), x))
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    assert np.ptp(found[0][:, 0]) > 1e-2


def test_how_sequences_come_to_their_length_survives_the_file(tmp_path):
    x, y = planted("CAG", 100, 20, 9)
    baselines.save(tmp_path / "model.npz", fit("positional_logistic", x, y, c=0.1), 20, "left")
    assert baselines.load_rows(tmp_path / "model.npz") == (20, "left")
    assert baselines.load(tmp_path / "model.npz").length == 20


def test_gc_features_are_counted_as_by_hand():
    (block,) = baselines.gc_features(encode(["GGCA", "ATAT", "SSWNR", "NNNN"]))
    # 3 of 4, 0 of 4, 2 of the 3 that tell, none: in tenths from one half.
    np.testing.assert_allclose(block[:, 0], [2.5, -5, 5 / 3, 0], rtol=1e-6)
    np.testing.assert_allclose(block[:, 1], block[:, 0] ** 2, rtol=1e-6)


def of_gc(shares, length=100):
    """One sequence a share, with exactly that GC content."""
    rng = np.random.default_rng(0)
    rows = [list("GC" * round(length * s / 2) + "AT" * round(length * (1 - s) / 2)) for s in shares]
    return encode(["".join(rng.permutation(row)) for row in rows])


def test_gc_content_ranks_by_gc_and_sees_nothing_else():
    rng = np.random.default_rng(1)
    y = np.arange(400) % 2
    x = of_gc(np.clip(np.round(rng.normal(0.4 + 0.2 * y, 0.1) * 50) / 50, 0, 1))
    model = fit("gc_content", x, y)
    assert accuracy(model, x, y) > 0.75
    turned = np.stack([row[rng.permutation(100)] for row in x])
    np.testing.assert_allclose(baselines.predict(model, turned), baselines.predict(model, x))
    padded = np.concatenate([x, np.zeros_like(x)], axis=1)
    np.testing.assert_allclose(baselines.predict(model, padded), baselines.predict(model, x))


def test_gc_content_finds_a_class_in_the_middle_and_more_than_two():
    shares = np.tile([0.2, 0.5, 0.8], 100)
    ends = fit("gc_content", of_gc(shares), np.tile([0, 1, 0], 100))
    assert accuracy(ends, of_gc(shares), np.tile([0, 1, 0], 100)) == 1
    three = fit("gc_content", of_gc(shares), np.tile([0, 1, 2], 100), ("a", "b", "c"), "")
    assert accuracy(three, of_gc(shares), np.tile([0, 1, 2], 100)) == 1


def test_gc_content_survives_its_file(tmp_path):
    x = of_gc(np.tile([0.2, 0.8], 50))
    model = fit("gc_content", x, np.tile([0, 1], 50))
    baselines.save(tmp_path / "model.npz", model)
    again = baselines.load(tmp_path / "model.npz")
    assert again.architecture == "gc_content"
    np.testing.assert_array_equal(baselines.predict(again, x), baselines.predict(model, x))


def test_the_matrix_of_counts_is_not_in_memory(monkeypatch):
    """It is that of the blocks, one after another, and all that is held is one of them."""
    monkeypatch.setattr(mapped, "SMALL", 0)
    monkeypatch.setattr(baselines, "CELLS", 5_000)
    x = encode(random_sequences(5_000, 60, 4))
    expected = np.concatenate(list(baselines.kmer_features(x, 3, False)))
    tracemalloc.start()
    found = baselines._as_matrix(baselines.kmer_features(x, 3, False))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found.toarray(), expected)
    assert found.has_canonical_format
    assert peak < (found.data.nbytes + found.indices.nbytes) / 4
    w = np.random.default_rng(1).random(found.shape[1])
    np.testing.assert_allclose(found @ w, expected @ w)


def test_a_matrix_of_more_entries_than_32_bits_count_is_the_same(monkeypatch):
    x = encode(random_sequences(50, 40, 4))
    narrow = baselines._as_matrix(baselines.kmer_features(x, 3, True))
    monkeypatch.setattr(baselines, "MOST_INT32", len(narrow.data) - 1)
    monkeypatch.setattr(baselines, "CELLS", 100)
    wide = baselines._as_matrix(baselines.kmer_features(x, 3, True))
    assert wide.indices.dtype == wide.indptr.dtype == np.int64
    assert narrow.indices.dtype == narrow.indptr.dtype == np.int32
    np.testing.assert_array_equal(wide.toarray(), narrow.toarray())


@pytest.mark.parametrize("architecture", ["kmer_logistic", "gc_content", "positional_logistic"])
def test_rows_give_what_the_gathered_array_gives(architecture):
    x, y = planted("GCATTACG", 120, 40, 0)
    rng = np.random.default_rng(2)
    train, validation = np.split(rng.permutation(len(x)), [80])
    options = {"kmer_logistic": {"k": 3, "c": "auto", "both_strands": True}, "gc_content": {}}
    options = options.get(architecture, {"c": 1.0})
    found = []
    for of in (lambda i: x[i], lambda i: Rows(x, i)):
        parts = of(train), y[train], of(validation), y[validation]
        names = {"classes": ["a", "b"], "positive": "b", "seed": 1}
        model = baselines.FIT[architecture](*parts, **names, **options)
        found.append((model.coef, baselines.predict(model, of(validation))))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


# ------------------------------------------------------------------------------ not a number


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("architecture", ["gc_content", "kmer_logistic", "positional_logistic"])
def test_scores_that_are_no_numbers_are_no_probabilities(architecture, bad):
    x, y = planted("CAG", 100, 20, 9)
    settings = {"kmer_logistic": {"c": 0.1, "k": 2, "both_strands": False}, "gc_content": {}}
    model = fit(architecture, x, y, **settings.get(architecture, {"c": 0.1}))
    broken = replace(model, intercept=np.array([bad]))
    with pytest.raises(UserError, match=r"^the scores of a\.npz are not numbers; delete the model"):
        baselines.predict(broken, x, "a.npz")


def test_no_penalty_is_chosen_by_a_loss_that_is_no_number(monkeypatch):
    usual = LogisticRegression.fit

    def diverges(self, *data):
        usual(self, *data).coef_[0, 0] = np.nan
        return self

    monkeypatch.setattr(LogisticRegression, "fit", diverges)
    x, y = planted("CAG", 100, 20, 9)
    with pytest.raises(UserError, match=r"logistic regression with c = 0\.0001 are not numbers"):
        fit("positional_logistic", x, y, c="auto")


# ------------------------------------------------------------------------------ impossible values


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("coef", np.full((1, 4), np.nan), "coef holds what is not a number"),
        ("coef", np.ones((1, 5)), "coef does not belong to the features"),
        ("intercept", np.array([np.inf]), "intercept holds what is not a number"),
        ("intercept", np.zeros(2), "intercept does not belong to the classes"),
        ("k", 30, "k is not from 0 to 8"),
        ("k", 2, "coef does not belong to the features"),
        ("architecture", "oracle", "no architecture of a baseline"),
        ("classes", ("a", "a"), "names of classes occur twice"),
        ("classes", ("a",), "it has 1 classes, and a classifier has two or more"),
        ("classes", ("a\n", "b"), r".*U\+000A, which can't be shown; remove it"),
        ("positive", "c", r"the positive class \['c'\] is none of , a, b"),
    ],
)
def test_a_file_of_an_impossible_model_is_named(tmp_path, name, value, reason):
    path = tmp_path / "model.npz"
    settings = {"c": 1.0, "k": 1, "both_strands": False, "length": 0}
    model = baselines.Baseline(
        "kmer_logistic", ("a", "b"), "b", np.ones((1, 4)), np.zeros(1), **settings
    )
    baselines.save(path, model)
    baselines.load(path)
    baselines.save(path, replace(model, **{name: value}))
    with pytest.raises(
        UserError, match=rf"model\.npz: damaged .*\({reason}\).*run again to remake"
    ):
        baselines.load(path)


@pytest.mark.parametrize(("row_length", "crop"), [(-1, "left"), (5, "middle")])
def test_rows_of_an_impossible_length_or_place_are_named(tmp_path, row_length, crop):
    x, y = planted("CAG", 100, 20, 9)
    baselines.save(tmp_path / "model.npz", fit("gc_content", x, y), row_length, crop)
    with pytest.raises(UserError, match=r"model\.npz: damaged .*run again to remake"):
        baselines.load_rows(tmp_path / "model.npz")


def test_the_largest_models_of_the_schema_can_be_read():
    schema = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
    words, windows = (
        schema["$defs"][f"{name}_values"]["properties"] for name in ("kmer_logistic", "gkm_svm")
    )
    assert words["k"]["maximum"] == baselines.LONGEST_WORD
    assert windows["l"]["maximum"] == gapped_kmers.LONGEST_WINDOW
