"""Bad input, through the workflow: a sentence on the screen, status 1, nothing half-written.

The sentences themselves are tested with the readers, the encoding and the splitting.
"""

import gzip

import pytest

pytestmark = pytest.mark.slow

RECORD = ">r{i}\n" + "ACGTACGTnnACGTACGT\n"
GOOD = "".join(RECORD.format(i=i) for i in range(20))
TABLE = "sequence,kind\n" + "ACGTACGT,x\n" * 10

# Each dataset is good but for one file: its name, its content and the sentence about it.
BAD = {
    "letter": (
        "a.fa",
        ">a\nacgtn\n>b\nACGTEACGT\n",
        "data/letter/a.fa, line 4 (record b): 'E' is not an IUPAC nucleotide letter;",
    ),
    "early": ("a.fa", "ACGT\n" + GOOD, "data/early/a.fa, line 1: text before the first header;"),
    "gap": (
        "a.fa",
        ">a\nAC-GT\n",
        "data/gap/a.fa, line 2 (record a): '-' is not an IUPAC nucleotide",
    ),
    "empty": ("a.fa", "", "data/empty/a.fa: the file is empty."),
    "cut": (
        "a.fa.gz",
        gzip.compress(GOOD.encode(), mtime=0)[:-9],
        "data/cut/a.fa.gz: the gzip file is cut off;",
    ),
    "column": ("a.csv", TABLE, "data/column/a.csv, line 1: no column 'label';"),
    "hidden": (
        "a.csv",
        TABLE.replace("kind", "label").replace("x", "x\u202ey", 1),
        "data/hidden/a.csv, line 2: the label 'x\\u202ey' holds the character U+202E, which",
    ),
    "few": ("a.fa", RECORD.format(i=0), "class 'a' has 1 record"),
}
MADE = {  # what the stages before the one that fails have made
    "few": {
        f"few/{name}"
        for name in (
            "sequences.parquet",
            "audit.json",
            "giveaways.tsv",
            "figures/giveaways.svg",
            "figures/giveaways.png",
            "figures/giveaways.pdf",
            "encoded.npz",
            "groups.tsv",
        )
    },
}


@pytest.fixture
def bad(fresh):
    """A clone with a bad dataset of each kind."""
    sources = []
    for name, (file, content, _) in BAD.items():
        folder = fresh.folder / "data" / name
        folder.mkdir()
        data = content if isinstance(content, bytes) else content.encode()
        (folder / file).write_bytes(data)
        (folder / "b.fa").write_text(GOOD.replace(">r", ">s"))
        label = "" if file.endswith(".csv") else ", label: a"
        sources.append(
            f"  {name}: {{sources: [{{path: data/{name}/{file}{label}}}, "
            f"{{path: data/{name}/b.fa, label: b}}]}}\n"
        )
    # The records of a class are one sequence, which a split by groups would not divide.
    split = "split: {strategy: stratified}\n"
    (fresh.folder / "bad.yaml").write_text(split + "datasets:\n" + "".join(sources))
    fresh.configs = ["bad.yaml"]
    return fresh


@pytest.mark.thorough
def test_bad_input_is_told_and_leaves_nothing_and_mended_input_runs(bad):
    # Without the look at the first records as a run begins, see test_needs.py.
    result = bad.snakemake("--cores", "2", "--keep-going", "--no-hooks", "data")
    assert result.returncode == 1
    assert "Traceback" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 250  # sentences of errors are not broken
    assert f"{len(BAD)} jobs FAILED, see above; " in result.stdout
    for name, (_, _, sentence) in BAD.items():
        assert result.stdout.count(f"error: {sentence}") == 1
        assert f"\n  its log: results/{name}/" in result.stdout
        made = {path for path in bad.files() if path.startswith(f"{name}/")}
        assert made == MADE.get(name, set())

    (bad.folder / "data" / "letter" / "a.fa").write_text(GOOD)
    bad.run("results/letter/fold1/split.npz")
    assert "letter/fold1/split.npz" in bad.files()


@pytest.mark.thorough
def test_a_gpu_that_is_not_there_is_an_error(clone):
    results = "results/small/fold1/cnn/seed1"
    result = clone.snakemake(
        *("--cores", "2", "--no-hooks", f"{results}/model.keras"),
        config="training: {device: gpu}",
        CUDA_VISIBLE_DEVICES="-1",
    )
    assert result.returncode == 1
    assert result.stdout.count("gpu was asked for, but TensorFlow sees no GPU") == 1
    assert "Traceback" not in result.stdout
    assert not (clone.folder / results / "model.keras").exists()
