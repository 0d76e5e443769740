"""Sources with an address, and sequences of different lengths, through the workflow."""

import gzip
import hashlib

import numpy as np
import pandas as pd
import pytest
from loopback import serving

from attendna.contracts.encoded import read_encoded
from attendna.contracts.predictions import read_predictions
from attendna.contracts.sequences import read_sequences
from attendna.contracts.tables import read_json
from attendna.data import cropping
from attendna.dna import one_hot

pytestmark = pytest.mark.thorough

CONFIG = """
datasets:
  fetched:
    sources:
      - {{url: {bound}, sha256: {bound_sum}, label: bound}}
      - {{url: {unbound}, sha256: {unbound_sum}, label: unbound}}
    length: 30
    crop: right
architectures: {{attention_cnn: {{partner_sizes: [], counting: false}}}}
models:
  cnn: {{architecture: attention_cnn, kernel_sizes: [7], filters: 4, hidden: [8]}}
  kmers: {{architecture: kmer_logistic, k: 3}}
predict:
  new: {{dataset: fetched, model: cnn, sources: [{{url: {bound}, sha256: {bound_sum}}}]}}
  words: {{dataset: fetched, model: kmers, sources: [{{url: {bound}, sha256: {bound_sum}}}]}}
training: {{epochs: 2, device: cpu, threads: 1}}
"""


@pytest.fixture
def server():
    with serving() as server:
        rng = np.random.default_rng(1)
        for name, motif in {"bound": "TGACTCA", "unbound": ""}.items():
            sequences = ["".join(rng.choice(list("ACGT"), rng.integers(4, 50))) for _ in range(40)]
            text = "".join(f">{name}{i}\n{s}{motif}\n" for i, s in enumerate(sequences))
            server.files[f"/{name}.fa.gz"] = gzip.compress(text.encode(), mtime=0)
        yield server


def write_config(clone, server, **changes):
    values = {}
    for name in ("bound", "unbound"):
        values[name] = server.url(f"/{name}.fa.gz")
        values[f"{name}_sum"] = hashlib.sha256(server.files[f"/{name}.fa.gz"]).hexdigest()
    (clone.folder / "fetched.yaml").write_text(CONFIG.format(**values | changes))
    clone.configs = ["fetched.yaml"]
    return values


def test_files_are_fetched_once_and_their_lengths_made_one(fresh, server):
    values = write_config(fresh, server)
    run = "results/fetched/fold1/cnn/seed1"
    targets = [f"results/fetched/predict/{name}.tsv.gz" for name in ("new", "words")]
    targets += [f"{run}/figures/attention.svg", "results/fetched/audit.json"]
    fresh.run(*targets)
    names = ("bound", "unbound")
    fetched = {f"downloads/{values[f'{name}_sum']}/{name}.fa.gz" for name in names}
    assert fetched <= fresh.files()
    assert server.asked == {f"/{name}.fa.gz": 1 for name in names}

    results = fresh.folder / "results" / "fetched"
    encoded = read_encoded(results / "encoded.npz")
    sequences = list(read_sequences(results / "sequences.parquet")["sequence"])
    np.testing.assert_array_equal(encoded.x, one_hot(cropping.fit(sequences, 30, "right")))
    assert encoded.length.tolist() == [min(len(sequence), 30) for sequence in sequences]
    rows = read_json(results / "audit.json")["lengths"]["rows"]
    assert rows["length"] == 30 and rows["cropped"] > 0 and rows["padded"] > 0
    for name, model in {"new": "cnn", "words": "kmers"}.items():
        # What the run said of its test records, it says of them when they come as new ones.
        said = read_predictions(results / f"fold1/{model}/seed1/predictions.tsv.gz")
        again = pd.read_csv(results / f"predict/{name}.tsv.gz", sep="\t", index_col="id")
        known = np.isin(said.ids, again.index)
        assert known.sum() > 5
        np.testing.assert_allclose(
            again.loc[said.ids[known], ["p_bound", "p_unbound"]],
            said.probabilities[known],
            atol=1e-5,
        )

    server.files.clear()  # nobody asks again
    assert fresh.plan(*targets).jobs == []
    fresh.edit("scripts/download.py")
    assert "download" not in fresh.plan(*targets).rules


def test_a_file_that_is_another_one_is_told_and_not_kept(fresh, server):
    wrong = hashlib.sha256(b"another file").hexdigest()
    write_config(fresh, server, unbound_sum=wrong)
    result = fresh.snakemake("--cores", "1", "results/fetched/sequences.parquet")
    assert result.returncode == 1 and "Traceback" not in result.stdout
    assert f"error: {server.url('/unbound.fa.gz')}: the sha256 of this file is " in result.stdout
    assert not any(wrong in path for path in fresh.files())

    write_config(fresh, server)
    fresh.run("results/fetched/sequences.parquet")
    assert server.asked == {"/bound.fa.gz": 1, "/unbound.fa.gz": 2}


def test_a_plan_asks_no_server(fresh, server):
    write_config(fresh, server)
    jobs = [job for job in fresh.plan("data").jobs if job.rule == "download"]
    assert len(jobs) == 2 and not server.asked


def test_what_is_secret_in_an_address_stays_in_the_config(fresh, server):
    secret = {}
    for name in ("bound", "unbound"):
        url = server.url(f"/{name}.fa.gz?key=seKret").replace("//", "//ownName:passWord@")
        secret[name] = f'"{url}"'
    write_config(fresh, server, **secret)
    plan = fresh.snakemake("-n", "--printshellcmds", "report")
    assert plan.returncode == 0 and "python" in plan.stdout, plan.stdout
    said = plan.stdout

    target = "results/fetched/sequences.parquet"
    server.faults["/bound.fa.gz?key=seKret"] = [404]
    for status in (1, 0):
        done = fresh.snakemake("--cores", "1", "--printshellcmds", "--verbose", target)
        assert done.returncode == status, done.stdout
        said += done.stdout
    assert "//...@127.0.0.1" in said and "the server answers 404" in said
    assert len(server.authorizations) == 3 and None not in server.authorizations

    written = {p: p.read_bytes() for p in fresh.folder.rglob("*") if p.is_file()}
    for word in ("ownName", "passWord", "seKret"):
        assert word not in said
        holders = [path.name for path, content in written.items() if word.encode() in content]
        assert holders == ["fetched.yaml"]


def test_a_file_above_the_limit_is_refused(fresh, server):
    write_config(fresh, server)
    target = "results/fetched/sequences.parquet"
    result = fresh.snakemake("--cores", "1", target, config="downloads: {gigabytes: 1.0e-9}")
    assert result.returncode == 1
    assert "bytes or more, but at most 1 are accepted; set `downloads.gigabytes`" in result.stdout
    fresh.run(target)
    # What is there stays, whatever the limits are.
    assert fresh.plan(target, config="downloads: {gigabytes: 1.0e-9, minutes: 1}").jobs == []
