"""What failed is never forgotten: after a failure with changed settings, the same command ends
as a fresh run would, or in the same error, and never with results of before and status 0.

Snakemake removes the outputs of a failed job and, by itself, misses none whose followers are there.
"""

import gzip
import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest
from clones import Clone, read_blocks, script_of, touch, write_fasta
from kills import leftovers

from attendna import provenance

pytestmark = pytest.mark.thorough

# Every setting that a rule depends on has another value than in the run before.
CHANGED = """
datasets:
  small:
    simulate:
      sequences: 400
      length: 40
      seed: 2
      classes:
        bound: {fraction: 0.5, planted: 1.0, motifs: [TGACTCA]}
        unbound: {fraction: 0.5, planted: 0.3, motifs: [GGGGGG]}
  files:
    sources:
      - {path: data/bound2.fa, label: bound}
      - {path: data/unbound.fa, label: "not {bound}'s <b>"}
architectures: {attention_cnn: {partner_sizes: [], counting: false}}
models:
  cnn: {architecture: attention_cnn, kernel_sizes: [7], filters: 5, hidden: [8]}
  kmers: {architecture: kmer_logistic, k: 2}
  oracle: {architecture: oracle}
split: {seed: 43, shared_kmer: 30}
evaluation: {bootstrap: 51}
explain: {steps: 5, motifs: {min_sites: 11}}
plots: {dpi: 61, attention_records: 2}
variant_scoring: {mismatches: 0.2}
chunks: {letters: 500, number: 2}
"""
# Rules of which none follows from another, in the order in which data flow. (What `download` brings
# is what its checksum says, whatever else has changed.)
LEVELS = [
    {"simulate_chunk", "import_sequences"},
    {"simulate", "import_sequences"},
    {"audit", "encode_chunk", "find_groups"},
    {"encode", "plot_giveaways"},
    {"split"},
    {"audit_split", "train", "fit_baseline", "score_oracle"},
    {"evaluate", "compare_models", "plot_curves", "plot_calibration", "predict_chunk"}
    | {"plot_attention", "attribute", "score_variants_chunk", "export_onnx"}
    | {"check_effects"},
    {"collect_metrics", "plot_run", "find_motifs", "predict", "score_variants", "export"},
    {"plot_comparison", "find_rules", "score_explanations", "plot_variants"},
    {"plot_explanations", "write_card"},
    {"report"},
]


class Pretended:
    """A clone whose jobs compute nothing, see pretended_python.sh."""

    def __init__(self, folder):
        self.clone = Clone.fresh(folder / "clone")
        write_fasta(self.clone.folder / "data" / "bound2.fa", "TGACTCA", 40)
        programs = folder / "bin"
        programs.mkdir()
        shutil.copy(Path(__file__).with_name("pretended_python.sh"), programs / "python")
        path = os.pathsep.join([str(programs), str(Path(sys.executable).parent)])
        self.environment = {
            "PATH": os.pathsep.join([path, os.environ["PATH"]]),
            "FAILING": "",
            "KILLED": "",
        }

    def run(self, *arguments, **options):
        self.clone.run(*arguments, **self.environment | options)

    def run_badly(self, how, scripts, **options):
        """Run with scripts that end badly; return the rules that began."""
        these = {how: "".join(f"|{name}|" for name in sorted(scripts))}
        result = self.clone.snakemake(
            "--cores", "2", "--keep-going", "--verbose", **self.environment | these | options
        )
        assert result.returncode == 1
        return {rule for rule, _ in read_blocks(result.stdout)}

    def contents(self):
        results = self.clone.folder / "results"
        return {name: (results / name).read_text() for name in self.clone.files()}


@pytest.fixture
def pretended(tmp_path):
    return Pretended(tmp_path / "before"), Pretended(tmp_path / "changed")


def test_every_rule_that_failed_with_changed_settings_is_done_again(pretended):
    """Level after level fails, while what follows is there from before."""
    one, changed = pretended
    one.run()
    changed.run(config=CHANGED)
    everything = set().union(*LEVELS)
    clone = one.clone
    assert clone.plan("--forceall", config=CHANGED).rules == everything
    # The other settings change all that there is, or old results could not be told from new ones.
    before, expected = one.contents(), changed.contents()
    assert before.keys() == expected.keys()
    assert not before.items() & expected.items()
    for i, level in enumerate(LEVELS):
        began = one.run_badly(["FAILING", "KILLED"][i % 2], level, config=CHANGED)
        assert level <= began, f"{level - began} did not even run"
        # Nothing that was made from what is missing passes for up to date, and nothing that is
        # missing for made, also where the target is the last file of all and there.
        later = set().union(*LEVELS[i:])
        planned = clone.plan("results/report.html", config=CHANGED).rules
        assert later <= planned, f"{later - planned} forgotten after {level}"
    one.run(config=CHANGED)
    assert one.contents() == expected
    assert leftovers(clone.folder) == []
    assert clone.plan(config=CHANGED).jobs == []


# A rule, one of its outputs, and a target that follows from it: by name, or a file.
WAYS = [
    ("import_sequences", "files/sequences.parquet", "data"),
    ("import_sequences", "files/sequences.parquet", "results/files/metrics.tsv"),
    ("split", "small/fold1/split.npz", "models"),
    ("train", "small/fold1/cnn/seed1/history.tsv", "evaluation"),
    ("train", "small/fold1/cnn/seed1/predictions.tsv.gz", "results/small/comparison.tsv"),
    ("attribute", "small/fold1/cnn/seed1/untrained.npz", "explanation"),
    ("find_motifs", "small/fold1/cnn/seed1/motifs.meme", "results/report.html"),
    ("evaluate", "files/fold1/kmers/seed1/classification_report.txt", "evaluation"),
    ("train", "files/fold1/cnn/seed1/model.keras", "all"),
]


@pytest.mark.parametrize(("rule", "output", "target"), WAYS)
def test_every_target_misses_every_output_on_its_way(clone, rule, output, target):
    (clone.folder / "results" / output).unlink()
    assert rule in clone.plan(target).rules


def test_the_last_file_of_all_misses_the_outputs_of_every_rule(clone):
    """Of each rule alone, whose followers are there and have nothing else to be done again for."""
    said = clone.snakemake("-n", "--verbose", "--forceall").stdout
    last = {
        rule: job["output"].split(", ")[-1] for rule, job in read_blocks(said) if "output" in job
    }
    # The files of parts are not kept.
    rules = {rule for rule in set().union(*LEVELS) if not rule.endswith("_chunk")} - {"report"}
    for rule in sorted(rules):
        path, kept = clone.folder / last[rule], clone.folder / "kept"
        path.rename(kept)
        assert {rule, "report"} <= clone.plan("results/report.html").rules, path
        kept.rename(path)


def test_what_is_missing_off_the_way_is_left_alone(clone):
    (clone.folder / "results/small/fold1/cnn/seed1/model.keras").unlink()
    (clone.folder / "results/small/fold1/cnn/seed1/attributions.npz").unlink()
    assert clone.plan("data", "results/files/metrics.tsv").jobs == []


def test_a_bad_source_ends_in_the_same_error_again_and_shows_no_old_result(clone):
    """The story that this began with: a new file with a bad line, the same command twice."""
    text = (clone.folder / "data" / "bound.fa").read_text()
    (clone.folder / "data" / "new_bound.fa").write_text(text + ">last\nACGT!CGT\n")
    config = (
        "datasets: {files: {sources: [{path: data/new_bound.fa, label: bound}, "
        '{path: data/unbound.fa, label: "not {bound}\'s <b>"}]}}'
    )
    for _ in range(2):
        result = clone.snakemake("--cores", "2", config=config)
        assert result.returncode == 1
        assert "data/new_bound.fa" in result.stdout and "'!'" in result.stdout
    # No other target takes the old results for those of the new file either.
    for target in ("evaluation", "results/files/comparison.tsv"):
        assert clone.snakemake("--cores", "2", target, config=config).returncode == 1


def test_results_without_records_are_made_again_or_taken_on_demand(pretended):
    """Snakemake alone would take what was copied without `.snakemake` for results of any config."""
    one, _ = pretended
    one.run()
    clone = one.clone
    everything = clone.plan("--forceall").rules
    shutil.rmtree(clone.folder / ".snakemake")
    assert clone.plan().rules == everything
    said = clone.snakemake("-n", "--verbose", "data").stdout
    assert "report.html" not in said  # no more than is asked for
    assert clone.plan("--rerun-triggers", "mtime").jobs == []
    one.run("--touch")
    assert clone.plan().jobs == []


# ------------------------------------------------------------------------------ shown beside


def test_jobs_read_no_result_that_is_not_among_their_inputs(clone):
    """Or it could change without them: what they read, the record of each output tells."""
    declared = {}
    for job in clone.plan("--forceall").jobs:
        declared.setdefault(script_of(job.rule), set()).update(job.inputs)
    read = {}
    for record in (clone.folder / "results").rglob(".digests/*.sha256"):
        found = provenance.origin(record.parents[1] / record.stem)
        read.setdefault(found.script, set()).update(
            os.path.relpath(path, clone.folder) for path in found.sources
        )
    assert len(read) > 15
    assert {rule: found - declared[rule] for rule, found in read.items()} == {
        rule: set() for rule in read
    }


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ("evaluation: {bootstrap: 51}", "compare_models"),
        ("explain: {motifs: {min_sites: 11}}", "find_motifs"),
        ("training: {epochs: 3}", "train"),
    ],
)
def test_the_report_refuses_results_that_were_made_with_other_settings(clone, config, named):
    """However it came about that they were not made anew."""
    page = clone.folder / "results" / "report.html"
    clone.run("--touch", config=config)
    assert clone.plan(config=config).jobs == []
    result = clone.snakemake("--cores", "2", "--forcerun", "report", config=config)
    assert result.returncode == 1 and not page.exists()
    assert f"made with other settings ({named}) than those that are to be shown" in result.stdout


# ------------------------------------------------------------------------------ older times


def replace(path, content, older=10_000):
    """Put another file in the place of one, as `mv` and `rsync -a` do, with an older time."""
    new = path.with_name("incoming")
    new.write_bytes(content)
    time = path.stat().st_mtime - older
    os.utime(new, (time, time))
    os.replace(new, path)


@pytest.mark.parametrize("older", [10_000, 0])
@pytest.mark.parametrize(("file", "rule"), [("bound", "import_sequences"), ("new", "predict")])
def test_a_source_replaced_by_one_that_is_not_newer_is_read_again(clone, file, rule, older):
    path = clone.folder / "data" / f"{file}.fa"
    content = path.read_bytes()
    replace(path, content.replace(b"TGACTCA", b"TGACTCC"), older)
    assert rule in clone.plan().rules
    replace(path, content, older)  # the old content with another time is the old content
    assert clone.plan().jobs == []


OTHERS = """
datasets:
  table: {sources: [{path: data/table.csv}]}
  packed: {sources: [{path: data/packed.fa.gz, label: a}, {path: data/bound.fa, label: b}]}
  peaks:
    genome: data/genome.fa
    sources: [{path: data/a.bed, label: a}, {path: data/b.bed, label: b}]
  fetched:
    sources: [{url: "file://FILE", sha256: SHA, label: a}, {path: data/unbound.fa, label: b}]
"""


def test_sources_of_every_kind_are_known_by_their_content(fresh):
    """Tables, gzip, intervals, genomes and what was fetched: replaced, then touched."""
    data = fresh.folder / "data"
    text = (data / "bound.fa").read_text()
    sequences = ["ACGTTGCA" * 3 + letter * 6 for letter in "ACGTRY"]
    rows = [f"{sequence},{'ab'[i % 2]}" for i, sequence in enumerate(sequences)]
    (data / "table.csv").write_text("\n".join(["sequence,label", *rows]) + "\n")
    (data / "packed.fa.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    (data / "genome.fa").write_text(">chr1\n" + "ACGTTGCAGT" * 20 + "\n")
    for name, start in {"a": 0, "b": 100}.items():
        lines = [f"chr1\t{at}\t{at + 20}\n" for at in range(start, start + 75, 25)]
        (data / f"{name}.bed").write_text("".join(lines))
    digest = hashlib.sha256(text.encode()).hexdigest()
    config = OTHERS.replace("FILE", str(data / "bound.fa")).replace("SHA", digest)
    (fresh.folder / "others.yaml").write_text(config)
    fresh.configs = ["others.yaml"]
    names = ("table", "packed", "peaks", "fetched")
    targets = [f"results/{name}/sequences.parquet" for name in names]
    fresh.run(*targets)
    fetched = next((fresh.folder / "results" / "downloads").glob(f"{digest}/*.fa"))
    files = {data / "table.csv": "table", data / "packed.fa.gz": "packed", fetched: "fetched"}
    files |= {data / "genome.fa": "peaks", data / "a.bed": "peaks"}
    before = {path: path.read_bytes() for path in files}
    touch(files)
    assert fresh.plan(*targets).jobs == []
    for path, content in before.items():
        replace(path, content[:-2] + content[-1:])
    assert fresh.plan(*targets).wildcard("dataset") == set(names)
    for path, content in before.items():
        replace(path, content)
    assert fresh.plan(*targets).jobs == []
