"""What the first records of files tell of a dataset before a run, as the doctor and a run do."""

from pathlib import Path

import pytest
from configs import merged
from twobit import write_twobit

from attendna.data import genome
from attendna.planning import preflight
from attendna.planning.preflight import PROBLEM

SEQUENCES = ["ACGTACGTAC", "TTGACAGGAT", "GGATCCNNRY"]
GENOME = [("chr1", "ACGTTGCANN" * 30), ("chr2", "GGATTACANN" * 20)]


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Write files into the working directory, and return the problems of a config with them."""
    monkeypatch.chdir(tmp_path)

    def problems(dataset, **files):
        for name, content in files.items():
            path = tmp_path / name.replace("_", ".")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        config = merged({"datasets": {"d": dataset}})
        found = preflight.problems(preflight.check_inputs(config))
        assert all(finding.status == PROBLEM for finding in found)
        return [finding.sentence for finding in found]

    return problems


def fasta(count):
    return "".join(f">r{i}\n{SEQUENCES[i % 3]}\n" for i in range(count))


def table(labels, extra=""):
    rows = "".join(f"{SEQUENCES[i % 3]},{label}{extra}\n" for i, label in enumerate(labels))
    return "sequence,label" + (",part" if extra else "") + "\n" + rows


TWO = {"sources": [{"path": "a.fa", "label": "x"}, {"path": "b.fa", "label": "y"}]}
ONE = {"sources": [{"path": "a.csv"}]}


def test_sound_data_are_sound(check):
    assert check(TWO, a_fa=fasta(3), b_fa=fasta(3)) == []
    assert check(ONE, a_csv=table("000111222")) == []


def test_labels_in_columns_of_intervals_and_headers_count(check):
    letters = "".join(f">{name}\n{sequence}\n" for name, sequence in GENOME)
    bed = "".join(f"chr1\t{20 * i}\t{20 * i + 10}\t{'ab'[i > 3]}\n" for i in range(5))
    dataset = {"sources": [{"path": "x.bed"}], "columns": {"label": 4}, "genome": "g.fa"}
    [said] = check(dataset, x_bed=bed, g_fa=letters)
    assert said.startswith("datasets.d: the class 'b' has 1 record, too few")
    dataset = {"sources": [{"path": "x.fa"}], "columns": {"label": 2}}
    [said] = check(dataset, x_fa="".join(f">r{i}|{'ab'[i > 3]}\nACGT\n" for i in range(5)))
    assert said.startswith("datasets.d: the class 'b' has 1 record, too few")


def test_records_that_are_only_imported_may_be_few(check):
    check(ONE, a_csv=table("0001"))
    config = merged({"datasets": {"d": ONE}})
    for divided, problems in ((None, 1), ({"d"}, 1), (set(), 0), ({"e"}, 0)):
        found = preflight.problems(preflight.check_inputs(config, None, divided))
        assert len(found) == problems
    jobs = [("import_sequences", {"dataset": "d"})]
    for more, problems in (([("split", {"dataset": "d", "fold": "1"})], 1), ([], 0)):
        found = preflight.quick_checks(config, Path("results"), jobs + more, local=False)
        assert len(preflight.problems(found)) == problems


def test_one_class_is_too_few(check):
    [said] = check(ONE, a_csv=table("1111"))
    assert said == (
        "datasets.d: all records have the label '1', and a classifier needs two classes; add a "
        "source with another `label`, or have negatives made by `negatives: {method: "
        "dinucleotide_shuffle, label: background}` in the dataset."
    )
    made = {"method": "dinucleotide_shuffle", "label": "background"}
    assert check(ONE | {"negatives": made}, a_csv=table("1111")) == []


def test_a_class_that_can_not_be_divided_is_told(check):
    [said] = check(ONE, a_csv=table("00001"))
    assert said == (
        "datasets.d: the class '1' has 1 record, too few for training, validation and test: at "
        "least 3 are needed; add records of it, or leave it out with `labels: {1: null}` in the "
        "dataset."
    )
    [said] = check(ONE | {"split": {"folds": 5}}, a_csv=table("000001111"))
    assert "the class '1' has 4 records, too few for 5 folds: at least 5 are needed" in said
    assert check(ONE | {"columns": {"split": "part"}}, a_csv=table("01", ",train")) == []
    train = {"sources": [{"path": "a.csv", "split": "train"}, {"path": "b.csv", "split": "test"}]}
    assert check(train, a_csv=table("01"), b_csv=table("01")) == []


def test_labels_are_looked_at_across_files(check):
    both = {"sources": [{"path": "a.csv"}, {"path": "b.csv"}]}
    [said] = check(both, a_csv=table("000111"), b_csv=table(["0.0", "1.0"] * 3))
    assert "write `labels: {0: [0, '0.0'], 1: [1, '1.0']}` in the dataset" in said
    joined = {"labels": {"0": ["0", "0.0"], "1": ["1", "1.0"]}}
    assert check(both | joined, a_csv=table("000111"), b_csv=table(["0.0", "1.0"] * 3)) == []
    [said] = check(TWO | {"labels": {"z": ["x", "Y"]}}, a_fa=fasta(3), b_fa=fasta(3))
    assert "no record has the label 'Y'" in said


def test_what_stands_behind_the_first_records_is_no_problem(check, monkeypatch):
    monkeypatch.setattr("attendna.data.raw_text.FIRST", 200)
    assert check(ONE, a_csv=table("1" * 100 + "0" * 100)) == []
    assert check(ONE | {"labels": {"no": ["0"]}}, a_csv=table("1" * 100 + "0" * 100)) == []
    assert check(ONE | {"labels": {"1": None}}, a_csv=table("1" * 100 + "01" * 100)) == []
    many = bed(*[("other", i) for i in range(40)], *[("chr1", i) for i in range(9)])
    genome = {"missing_contigs": "drop"}
    assert check(PEAKS | genome, a_bed=many, g_fa=write_genome(False)) == []


def test_codes_of_classes_are_told_from_numbers_by_all_records_alone(check, monkeypatch):
    monkeypatch.setattr("attendna.data.raw_text.FIRST", 1000)
    codes = [str(i % 40) for i in range(2000)]
    assert check(ONE, a_csv=table(codes)) == []
    [said] = check(ONE, a_csv=table([f"{code}.5" for code in codes]))
    assert "these are numbers, not classes" in said


def bed(*rows):
    return "".join(f"{chrom}\t{start}\t{start + 20}\n" for chrom, start in rows)


PEAKS = {
    "sources": [{"path": "a.bed", "label": "bound"}],
    "genome": "g.fa",
    "negatives": {"method": "genome", "label": "unbound"},
}
SOUND = bed(*[("chr1", i) for i in range(5)])


def write_genome(twobit):
    if twobit:
        return write_twobit(GENOME)
    return "".join(f">{name}\n{letters}\n" for name, letters in GENOME).encode()


@pytest.mark.parametrize("twobit", [False, True], ids=["FASTA", "2bit"])
def test_chromosomes_and_their_ends_are_looked_at(check, twobit):
    g = write_genome(twobit)
    assert check(PEAKS, a_bed=SOUND, g_fa=g) == []
    [said] = check(PEAKS, a_bed=SOUND.replace("chr", ""), g_fa=g)
    assert said.startswith("datasets.d: a.bed, line 1: the chromosome '1' is not in g.fa, which ha")
    assert "write 'chr1' for '1', and so on" in said
    [said] = check(PEAKS, a_bed=SOUND + bed(("chrUn", 4)), g_fa=g)
    assert said.endswith("or leave such intervals out with `missing_contigs: drop`.")
    assert check(PEAKS | {"missing_contigs": "drop"}, a_bed=SOUND + bed(("U", 4)), g_fa=g) == []
    [said] = check(PEAKS, a_bed=SOUND + bed(("chr2", 5000)), g_fa=g)
    assert "they were made on another assembly, so name the FASTA file of that one" in said


def test_of_a_large_genome_what_was_read_is_held_against_the_intervals(check, monkeypatch):
    monkeypatch.setattr(genome, "LOOKED_AT", 100)
    monkeypatch.setattr("attendna.data.raw_text.BLOCK", 310)
    g = write_genome(False)
    assert check(PEAKS, a_bed=SOUND + bed(("chr3", 5)), g_fa=g) == []
    assert genome.genome_lengths("g.fa")[1] is False
    [said] = check(PEAKS, a_bed=SOUND + bed(("1", 5)), g_fa=g)
    assert "write 'chr1' for '1'" in said


def test_new_intervals_are_looked_at_too(check, tmp_path):
    (tmp_path / "new.bed").write_text(bed(("1", 3)))
    (tmp_path / "a.bed").write_text(SOUND)
    (tmp_path / "g.fa").write_bytes(write_genome(False))
    new = {"dataset": "d", "model": "m", "sources": [{"path": "new.bed"}]}
    config = merged({"datasets": {"d": PEAKS}, "predict": {"new": new}})
    [finding] = preflight.problems(preflight.check_inputs(config))
    assert finding.sentence.startswith("predict.new: new.bed, line 1: the chromosome '1' is not")
