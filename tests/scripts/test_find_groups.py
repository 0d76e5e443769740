"""find_groups.py writes groups.tsv from sequences.parquet."""

import json

import numpy as np
import pandas as pd
import pytest

import find_groups
from attendna.contracts.sequences import write_sequences
from attendna.contracts.splits import read_groups


@pytest.fixture
def sequences(tmp_path):
    """Six records: 0 and 1 share a stretch, 2 and 3 overlap, 4 and 0 are of one user's group."""
    letters = np.random.default_rng(0).choice(list("ACGT"), (6, 50))
    text = ["".join(row) for row in letters]
    text[1] = text[0][7:] + text[1][:7]
    table = pd.DataFrame({"id": [f"r{i}" for i in range(6)], "sequence": text, "label": "a"})
    table["group"] = ["g", None, None, None, "g", None]
    table["chrom"] = [None, None, "c", "c", None, None]
    table["start"] = pd.array([None, None, 100, 149, None, None], dtype="Int64")
    table["end"] = table["start"] + 50
    write_sequences(tmp_path / "sequences.parquet", table)
    return tmp_path / "sequences.parquet"


@pytest.mark.parametrize(
    ("groups", "shared_kmer", "identity", "expected"),
    [
        ("auto", 40, None, [1, 1, 2, 2, 1, 3]),
        ("auto", 44, None, [1, 2, 3, 3, 1, 4]),
        ("auto", 44, 0.8, [1, 1, 2, 2, 1, 3]),
        ("auto", 44, 0.95, [1, 1, 2, 2, 1, 3]),  # 40 of the 50 bases are the same
        ("column", 40, 0.8, [1, 2, 3, 4, 1, 5]),
        ("none", 40, 0.8, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_what_makes_a_group(sequences, tmp_path, groups, shared_kmer, identity, expected):
    settings = json.dumps({"groups": groups, "shared_kmer": shared_kmer, "identity": identity})
    output = tmp_path / "groups.tsv"
    arguments = ["--sequences", str(sequences), "--settings", settings, "--groups", str(output)]
    find_groups.main(arguments)
    ids, found = read_groups(output)
    assert list(ids) == [f"r{i}" for i in range(6)]
    assert found.tolist() == expected
