"""Datasets of two classes that differ in one simple thing, and datasets that do not differ."""

import numpy as np

RECORDS, LENGTH = 300, 100  # of each class
ADAPTER = "AGATCGGAAGAGC"


def random_records(rng, n, length=LENGTH, weights=(0.25, 0.25, 0.25, 0.25)):
    return ["".join(row) for row in rng.choice(list("ACGT"), (n, length), p=weights)]


def _some(rng, records, share, change):
    """Change a share of the records."""
    return [change(record) if rng.random() < share else record for record in records]


def _with(record, position, letters):
    return record[:position] + letters + record[position + len(letters) :]


def length(rng, a, b):
    return a, [record + "ACGT"[i % 4] * int(rng.integers(0, 5)) for i, record in enumerate(b)]


def gc(rng, a, b):
    return a, random_records(rng, len(b), weights=(0.22, 0.28, 0.28, 0.22))


def bases(rng, a, b):
    return a, random_records(rng, len(b), weights=(0.28, 0.22, 0.28, 0.22))


def pairs(rng, a, b):
    """Half of the CG turned around: the bases stay the same."""
    return a, [record.replace("CG", "GC") for record in b]


def base_at_a_position(rng, a, b):
    return a, _some(rng, b, 0.4, lambda record: _with(record, 50, "G"))


def padding(rng, a, b):
    return a, _some(rng, b, 0.4, lambda record: record[:-8] + "A" * 8)


def adapter_at_the_start(rng, a, b):
    return a, _some(rng, b, 0.15, lambda record: _with(record, 0, ADAPTER))


def adapter_at_uneven_ends(rng, a, b):
    """At the end of records of different lengths."""
    cut = [[record[: int(rng.integers(60, 101))] for record in records] for records in (a, b)]
    return cut[0], _some(rng, cut[1], 0.15, lambda record: record[: -len(ADAPTER)] + ADAPTER)


def n_at_a_position(rng, a, b):
    return a, _some(rng, b, 0.15, lambda record: _with(record, 30, "N"))


def share_of_n(rng, a, b):
    def change(record):
        for position in rng.integers(0, LENGTH, 5):
            record = _with(record, int(position), "N")
        return record

    return a, _some(rng, b, 0.2, change)


def place_of_n(rng, a, b):
    """As many N, in a half of their own, at no position often."""
    first, last = rng.integers(0, 50, len(a)), rng.integers(50, 100, len(b))
    return tuple(
        [_with(record, int(at), "N") for record, at in zip(records, places, strict=True)]
        for records, places in ((a, first), (b, last))
    )


def run_of_n(rng, a, b):
    def change(record):
        size = int(rng.integers(1, 20))
        return "N" * size + record[size:]

    return _some(rng, a, 0.1, change), _some(rng, b, 0.4, change)


def other_ambiguous_letters(rng, a, b):
    return a, _some(rng, b, 0.15, lambda record: _with(record, int(rng.integers(0, 99)), "R"))


KINDS = {  # what to plant, and the kind that it has to be reported as
    length: "length",
    gc: "gc",
    bases: "bases",
    pairs: "pairs",
    base_at_a_position: "position",
    padding: "position",
    adapter_at_the_start: "ends",
    adapter_at_uneven_ends: "ends",
    n_at_a_position: "ambiguous",
    share_of_n: "ambiguous",
    place_of_n: "ambiguous",
    run_of_n: "ambiguous",
    other_ambiguous_letters: "ambiguous",
}


def planted(change, seed):
    """Return the sequences and the labels of a dataset with one giveaway."""
    rng = np.random.default_rng([seed, list(KINDS).index(change)])
    a, b = change(rng, *(random_records(rng, RECORDS) for _ in range(2)))
    return [*a, *b], ["a"] * len(a) + ["b"] * len(b)


def nothing(seed):
    """Return the sequences, the labels and the lower case of a dataset whose classes are alike.

    Of two to four classes of any size, one or many lengths, any composition, with or without N
    (here and there, or at the ends), an adapter or a flank.
    """
    rng = np.random.default_rng([seed, 99])
    sizes = rng.integers(20, 300, rng.integers(2, 5))
    weights = rng.dirichlet([8] * 4)
    records = random_records(rng, int(sizes.sum()), int(rng.integers(20, 90)), weights)
    if rng.random() < 0.5:
        records = [record[: int(rng.integers(10, len(record) + 1))] for record in records]
    if rng.random() < 0.5:
        records = _some(rng, records, rng.random() / 4, lambda r: _with(r, len(r) // 3, "N"))
    if rng.random() < 0.3:
        records = _some(rng, records, 0.1, lambda r: "N" * int(rng.integers(1, 9)) + r[9:])
    if rng.random() < 0.3:
        records = _some(rng, records, rng.random(), lambda r: ADAPTER + r)
    labels = [f"c{number}" for number in np.repeat(np.arange(len(sizes)), sizes)]
    lower_case = [int(rng.integers(0, len(record))) for record in records]
    return records, labels, lower_case if rng.random() < 0.5 else None
