"""Intervals of a genome through the workflow: negatives that are made, and new intervals scored."""

import gzip

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

CONFIG = """
genome: data/genome.fa.gz
datasets:
  peaks:
    sources: [{path: data/peaks.bed, label: bound}]
    width: 30
    negatives: {method: genome, label: unbound}
    split: {strategy: stratified}
models:
  kmers: {architecture: kmer_logistic, k: 3}
predict:
  new: {dataset: peaks, model: kmers, sources: [{path: data/new.bed}]}
evaluation: {bootstrap: 50}
"""


@pytest.fixture
def peaks(fresh):
    """A clone with a genome, peaks in it and two new intervals."""
    rng = np.random.default_rng(1)
    genome = "".join(rng.choice(list("ACGTacgt"), 20_000))
    data = fresh.folder / "data"
    (data / "genome.fa.gz").write_bytes(gzip.compress(f">chr1\n{genome}\n".encode(), mtime=0))
    starts = range(100, 8_100, 200)
    (data / "peaks.bed").write_text(
        "".join(f"chr1\t{s}\t{s + 50}\tp\t0\t{'+-'[i % 2]}\n" for i, s in enumerate(starts))
    )
    (data / "new.bed").write_text("chr1\t15000\t15070\nchr1\t19980\t20010\n")
    (fresh.folder / "peaks.yaml").write_text(CONFIG)
    fresh.configs = ["peaks.yaml"]
    return fresh


@pytest.mark.thorough
def test_peaks_become_a_data_set_and_new_ones_are_scored(peaks):
    peaks.run("results/peaks/predict/new.tsv.gz", "results/peaks/audit.json")
    table = pd.read_parquet(peaks.folder / "results/peaks/sequences.parquet")
    assert table["label"].value_counts().to_dict() == {"bound": 40, "unbound": 40}
    assert table["sequence"].str.len().eq(30).all() and table["chrom"].eq("chr1").all()
    assert table["start"].iloc[0] == 110 and table["strand"].tolist()[:2] == ["+", "-"]
    log = (peaks.folder / "results/peaks/import_sequences.log").read_text()
    assert "40 records of unbound are drawn from the genome" in log
    audit = (peaks.folder / "results/peaks/audit.json").read_text()
    assert "40 records of unbound are drawn from the genome" in audit
    scored = pd.read_csv(peaks.folder / "results/peaks/predict/new.tsv.gz", sep="\t")
    assert scored["id"].tolist() == ["chr1:15020-15050(.)"]
    said = (peaks.folder / "results/peaks/predict/new.predict.log").read_text()
    assert "1 of 2 intervals of data/new.bed is left out: it reaches past an end of its" in said

    assert "import_sequences" not in peaks.plan("data").rules
    (peaks.folder / "data" / "genome.fa.gz").write_bytes(
        gzip.compress(b">1\n" + b"ACGT" * 5_000, mtime=0)
    )
    result = peaks.snakemake("--cores", "2", "data")
    assert result.returncode == 1 and "Traceback" not in result.stdout
    assert (
        "input: datasets.peaks: data/peaks.bed, line 1: the chromosome 'chr1' is not in "
        "data/genome.fa.gz, which has '1' (40 of 40 intervals lie on 1 chromosome that it lacks: "
        "'chr1' 40); write '1' for 'chr1', and so on, in the intervals or the genome."
    ) in result.stdout
