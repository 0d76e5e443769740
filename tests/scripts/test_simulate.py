"""simulate.py: files that keep the contract, equal for equal settings."""

import hashlib
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import simulate
from attendna.contracts.sequences import (
    SEQUENCE_COLUMNS,
    read_bed,
    read_sequences,
    write_sequences,
)
from attendna.errors import UserError
from attendna.simulation import specification as module

SETTINGS = {
    "sequences": 500,
    "length": 60,
    "seed": 42,
    "classes": {
        "positive": {"fraction": 0.6, "planted": 1.0, "motifs": ["TATAAA", "CAAT"]},
        "negative": {"fraction": 0.4, "planted": 0.3, "motifs": ["CCCCCCC"]},
    },
}


def make(folder, settings=SETTINGS):
    sequences, planted = folder / "sequences.parquet", folder / "planted.bed"
    arguments = ["--sequences", str(sequences), "--planted", str(planted)]
    simulate.main(["--settings", json.dumps(settings), *arguments])
    return sequences, planted


def test_files_keep_the_contract(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_RECORDS", 128)  # several blocks
    sequences, planted = make(tmp_path)
    table = read_sequences(sequences)
    assert list(table) == SEQUENCE_COLUMNS
    assert table["id"].is_unique
    assert table["label"].tolist() == ["positive"] * 300 + ["negative"] * 200
    assert table["sequence"].str.fullmatch("[ACGT]{60}").all()
    assert table[SEQUENCE_COLUMNS[3:]].isna().all(axis=None)

    sites = read_bed(planted)
    by_id = table.set_index("id")
    found = [by_id.at[site.chrom, "sequence"][site.start : site.end] for site in sites.itertuples()]
    assert found == sites["name"].tolist()
    assert sites["chrom"].is_monotonic_increasing
    assert sites["chrom"].is_unique
    assert (sites["score"] == 0).all()
    assert (sites["strand"] == "+").all()
    labels = by_id.loc[sites["chrom"], "label"].to_numpy()
    assert (labels == "positive").sum() == 300
    assert (sites["name"][labels == "negative"] == "CCCCCCC").all()


def test_every_site_of_a_pair_is_listed_with_its_strand(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_RECORDS", 128)
    pair = [
        {"name": "left", "motif": "GATTACA", "strand": "both"},
        {"name": "right", "motif": "CCCTTG", "after": "left", "gap": [2, 5]},
    ]
    classes = {
        "pair": {"fraction": 0.6, "elements": pair},
        "none": {"fraction": 0.4, "elements": []},
    }
    background = {"order": 2, "seed": 1}
    paths = make(tmp_path, SETTINGS | {"classes": classes, "background": background})
    table, sites = read_sequences(paths[0]).set_index("id"), read_bed(paths[1])
    reads = {"left": {"+": "GATTACA", "-": "TGTAATC"}, "right": {"+": "CCCTTG", "-": "CAAGGG"}}
    for site in sites.itertuples():
        found = table.at[site.chrom, "sequence"][site.start : site.end]
        assert found == reads[site.name][site.strand]
    assert len(sites) == 600 and sites["chrom"].is_monotonic_increasing
    assert (table.loc[sites["chrom"], "label"] == "pair").all()
    plus = sites["strand"][sites["name"] == "left"] == "+"
    assert 100 < plus.sum() < 200
    first, second = sites.iloc[::2], sites.iloc[1::2]
    gaps = second["start"].to_numpy() - first["end"].to_numpy()
    assert set(gaps) == {2, 3, 4, 5}
    assert (first["strand"].to_numpy() == second["strand"].to_numpy()).all()
    assert ((first["name"] == "left") == (first["strand"] == "+")).all()


def test_schema_is_that_of_every_sequences_file(tmp_path):
    sequences, _ = make(tmp_path)
    other = tmp_path / "other.parquet"
    write_sequences(other, pd.DataFrame({"id": ["a"], "sequence": ["ACGT"], "label": ["b"]}))
    assert pq.read_schema(sequences).equals(pq.read_schema(other), check_metadata=True)


def test_equal_settings_give_equal_bytes_and_a_seed_others(tmp_path):
    def digests(folder, settings):
        paths = make(tmp_path / folder, settings)
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]

    first = digests("one", SETTINGS)
    assert first == digests("two", SETTINGS)
    assert not set(first) & set(digests("three", SETTINGS | {"seed": 43}))


def test_pure_background_leaves_an_empty_bed_that_can_be_read(tmp_path):
    classes = {"noise": {"fraction": 1.0, "planted": 0, "motifs": []}}
    sequences, planted = make(tmp_path, SETTINGS | {"classes": classes})
    assert planted.read_bytes() == b""
    assert len(read_bed(planted)) == 0
    assert len(read_sequences(sequences)) == 500


def test_bed_is_plain_text(tmp_path):
    _, planted = make(tmp_path)
    lines = planted.read_text().splitlines()
    assert np.unique([line.count("\t") for line in lines]) == [5]
    assert not any('"' in line for line in lines)


def test_a_bad_setting_writes_nothing(tmp_path):
    with pytest.raises(UserError, match=r"simulate\.length"):
        make(tmp_path, SETTINGS | {"length": 0})
    assert list(tmp_path.iterdir()) == []


def test_a_failure_on_the_way_leaves_nothing_half_written(tmp_path, monkeypatch):
    def fails(simulation, some):
        yield module.simulate_block(simulation, 0)
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate, "simulate", fails)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path)
    assert list(tmp_path.iterdir()) == []
