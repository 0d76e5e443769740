"""A config that can't be run gets a sentence with its key, and nothing ends in a traceback."""

import copy
import os
from pathlib import Path

import pytest
import yaml
from configs import (
    DEFAULT,
    FETCHED,
    PEAKS,
    SCHEMA_FILE,
    SUM,
    TWO_FILES,
    checked,
    merged,
    places,
    simulation,
    some_class,
    with_element,
)

from attendna.planning import config_checks, config_files, settings


def test_an_oracle_alone_is_no_model_for_real_data():
    with pytest.raises(
        config_files.ConfigError, match=r"an oracle alone can't learn from datasets\.d"
    ):
        checked(TWO_FILES, "models: {m: {architecture: oracle}}")


def test_a_genome_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.bed").touch()
    config = checked(PEAKS % ", negatives: {method: dinucleotide_shuffle, label: n}")
    with pytest.raises(config_files.ConfigError, match="datasets.d.genome: no file 'g.fa', looked"):
        config_checks.check_sources(config)
    (tmp_path / "g.fa").touch()
    config_checks.check_sources(config)


@pytest.mark.parametrize(
    ("path", "files", "said"),
    [
        ("chroms", ["chr1.fa", "chr2.fa"], "name a file in it, such as 'chroms/chr1.fa', or join"),
        ("chroms/", ["chr1.fa", ".hidden"], "name its file 'chroms/chr1.fa', or join its files by"),
        ("chroms", [], "name a file in it, or join its files by `cat chroms/*.fa > genome.fa`."),
        ("a/../chroms", ["g.2bit"], "name its file 'a/../chroms/g.2bit', or join its files by"),
        ("link", ["chr1.fa"], "'link' is a folder; name its file 'link/chr1.fa', or join"),
    ],
)
def test_a_folder_in_place_of_a_genome_is_named(tmp_path, monkeypatch, path, files, said):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "chroms"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("chroms")
    for name in ("p.bed", *(f"chroms/{name}" for name in files)):
        (tmp_path / name).touch()
    config = checked((PEAKS % ", negatives: {method: genome, label: n}").replace("g.fa", path))
    with pytest.raises(config_files.ConfigError) as error:
        config_checks.check_sources(config)
    assert str(error.value).startswith("config: datasets.d.genome: ")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("data/promotors.fa", "data/promoters.fa"),
        ("data/promoters.fa.gz", "data/promoters.fa"),
        ("data/Promoters.fa", "data/promoters.fa"),
        ("data/genes.fa", None),
        ("date/promoters.fa", None),
    ],
)
def test_the_file_that_was_meant_is_named(tmp_path, monkeypatch, path, meant):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "promoters.fa").touch()
    config = checked(TWO_FILES.replace("a.fa", path))
    with pytest.raises(config_files.ConfigError) as error:
        config_checks.check_sources(config)
    hint = f"did you mean {meant!r}? Else correct the path," if meant else "; correct the path,"
    assert hint in str(error.value)


def test_a_genome_that_new_sequences_alone_need_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.bed").touch()
    config = checked(
        "genome: g.fa",
        "predict: {n: {dataset: tutorial, model: attention_cnn, sources: [{path: c.bed}]}}",
    )
    os.mkfifo("g.fa")
    with pytest.raises(config_files.ConfigError, match="^config: genome: no file 'g.fa', looked"):
        config_checks.check_sources(config)
    os.unlink("g.fa")
    (tmp_path / "g.fa").touch()
    config_checks.check_sources(config)


def test_what_is_to_be_fetched_need_not_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = checked(f"datasets: {{d: {{sources: [{{url: 'http://h/a', sha256: {SUM}}}]}}}}")
    config_checks.check_sources(config)


def test_the_first_source_that_is_no_file_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = checked(
        TWO_FILES, "predict: {n: {dataset: d, model: attention_cnn, sources: [{path: c.fa}]}}"
    )
    for name, place in [("a", "datasets.d.sources.0"), ("b", "datasets.d.sources.1")]:
        with pytest.raises(
            config_files.ConfigError, match=rf"^config: {place}.path: no file '{name}."
        ):
            config_checks.check_sources(config)
        Path(f"{name}.fa").touch()
    Path("c.fa").mkdir()
    with pytest.raises(
        config_files.ConfigError,
        match="^config: predict.n.sources.0.path: 'c.fa' is a folder; name a file in it.$",
    ):
        config_checks.check_sources(config)
    Path("c.fa").rmdir()
    Path("c.fa").touch()
    config_checks.check_sources(config)


@pytest.mark.parametrize("path", ["x" * 5000, "x" * 300 + ".fa", "a/" * 4000 + "b.fa"])
def test_a_path_that_is_too_long_gets_a_sentence(path):
    config = checked(
        f"datasets: {{d: {{sources: [{{path: {path}, label: x}}, {{path: b, label: y}}]}}}}"
    )
    with pytest.raises(
        config_files.ConfigError, match=r"sources\.0\.path: .*\(File name too long\); c"
    ):
        config_checks.check_sources(config)


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        # Keys
        ("trainig: {}", "trainig: unknown key; did you mean 'training'?"),
        ("zzz: 1", "zzz: unknown key; known are architectures, "),
        ("1: 2", "1: unknown key; known are"),
        ("null: 2", "None: unknown key; known are"),
        ("training: {epoch: 3}", "training.epoch: unknown key; did you mean 'epochs'?"),
        ("training: {3: 3}", "training.3: unknown key; known are attention_records,"),
        ("columns: {seq: x}", "columns.seq: unknown key; known are group, id, label,"),
        (
            "architectures: {attention_cnn: {filter: 3}}",
            "architectures.attention_cnn.filter: unknown key; did you mean 'filters'?",
        ),
        ("architectures: {oracle: {k: 3}}", "architectures.oracle.k: unknown key; there is noth"),
        ("architectures: {resnet: {}}", "architectures.resnet: unknown key; known are attention_c"),
        (
            "datasets: {d: {source: [{path: a}]}}",
            "datasets.d.source: unknown key; did you mean 'sources'?",
        ),
        (
            "datasets: {d: {sources: [{path: a, labl: x}]}}",
            "datasets.d.sources.0.labl: unknown key; did you mean 'label'?",
        ),
        (
            "datasets: {d: {sources: [{label: x}]}}",
            "datasets.d.sources.0: expected either path or url, found neither.",
        ),
        (
            f"predict: {{n: {{dataset: tutorial, model: attention_cnn, sources: [{FETCHED}]}}}}",
            "predict.n.sources.0: expected either path or url, found both.",
        ),
        (
            "datasets: {d: {sources: [{url: 'http://h/a.fa'}]}}",
            "datasets.d.sources.0.sha256: missing; url and sha256 have to be given together.",
        ),
        (
            f"datasets: {{d: {{sources: [{{path: a.fa, sha256: {SUM}}}]}}}}",
            "datasets.d.sources.0.url: missing; url and sha256 have to be given together.",
        ),
        (
            "datasets: {d: {sources: [{url: 'http://h/a.fa', sha256: 12ab}]}}",
            "datasets.d.sources.0.sha256: expected the 64 hexadecimal digits that sha256sum "
            'prints, as text, found "12ab".',
        ),
        (
            f"datasets: {{d: {{sources: [{{url: 'http://h/a.fa', sha256: {'1' * 64}}}]}}}}",
            "datasets.d.sources.0.sha256: expected the 64 hexadecimal digits that sha256sum "
            "prints, as text, found 11111",
        ),
        *(
            (
                f"datasets: {{d: {{sources: [{{url: '{url}', sha256: {SUM}}}]}}}}",
                "datasets.d.sources.0.url: expected an address without blanks that begins with "
                f'http://, https:// or file:///, found "{url}".',
            )
            for url in ["s3://b/a.fa", "a.fa", "http:///a.fa", "file://a.fa", "http://h/a b.fa"]
        ),
        (
            f"datasets: {{d: {{sources: [{{url: 'http://[h/a.fa', sha256: {SUM}}}]}}}}",
            "datasets.d.sources.0.url: 'http://[h/a.fa' is no address (Invalid IPv6 URL); "
            "correct it.",
        ),
        (
            f"datasets: {{d: {{sources: [{{url: 'ftp://u:p@h/a?key', sha256: {SUM}}}]}}}}",
            "datasets.d.sources.0.url: expected an address without blanks that begins with "
            'http://, https:// or file:///, found "ftp://...@h/a?...".',
        ),
        (
            f"datasets: {{d: {{sources: [{{url: 'http://u:p@[h/a?key', sha256: {SUM}}}]}}}}",
            "datasets.d.sources.0.url: 'http://...@[h/a?...' is no address",
        ),
        (
            f"{{genome: {{url: 'http://[h/a?key', sha256: {SUM}}}, datasets: {{d: {{sources: "
            "[{path: a.bed, label: a}]}}}",
            "genome.url: 'http://[h/a?...' is no address (Invalid IPv6 URL); correct it.",
        ),
        # Lengths
        ("length: 0", "length: expected auto or a whole number from 1 to 10000000, found 0."),
        (
            "datasets: {d: {length: longest, sources: [{path: a}]}}",
            'datasets.d.length: expected auto or a whole number from 1 to 10000000, found "longe',
        ),
        ("crop: middle", 'crop: expected one of centre, left, right, found "middle".'),
        *(
            (
                f"datasets: {{d: {DEFAULT['datasets']['tutorial'] | {key: value}!r}}}",
                f"datasets.d.{key}: simulated sequences have the length that simulate.length "
                "says; remove the key.",
            )
            for key, value in {"length": 100, "crop": "left"}.items()
        ),
        # Sections that are empty or no mapping
        ("training:", "training: expected keys with values, found nothing."),
        ("datasets:", "datasets: expected keys with values, found nothing."),
        ("datasets: {}", "datasets: expected at least 1 entry, found no key."),
        ("datasets: {d: }", "datasets.d: expected keys with values, found nothing."),
        ("datasets: !!set {a, b}", "datasets: expected keys with values, found"),
        ("models: [a]", 'models: expected keys with values, found ["a"].'),
        (
            "models: {m: attention_cnn}",
            'models.m: expected keys with values, found "attention_cnn"',
        ),
        ("split: random", 'split: expected keys with values, found "random".'),
        ("predict: [a]", 'predict: expected keys with values, found ["a"].'),
        ("datasets: {d: {sources: }}", "datasets.d.sources: expected a list, found nothing."),
        ("datasets: {d: {sources: []}}", "datasets.d.sources: expected at least 1 item, found []."),
        (
            "datasets: {d: {sources: {path: a}}}",
            "datasets.d.sources: expected a list, found the keys path.",
        ),
        ("datasets: {d: {sources: [a.fa]}}", "datasets.d.sources.0: expected keys with values,"),
        ("datasets: {d: {sources: [{path: ''}]}}", "datasets.d.sources.0.path: expected the path"),
        (
            "datasets: {d: {sources: [{path: 'a{b}.fa'}]}}",
            "datasets.d.sources.0.path: expected the path of a file, without { and }, which Snakem",
        ),
        # Names
        (
            "datasets: {my data: {sources: [{path: a}]}}",
            "datasets.my data: 'my data' is not a plain word; use letters, digits, _ and - only.",
        ),
        ("datasets: {../d: {sources: [{path: a}]}}", "datasets.../d: '../d' is not a plain word;"),
        ("datasets: {-d: {sources: [{path: a}]}}", "datasets.-d: '-d' is not a plain word;"),
        ('datasets: {"d\\n": {sources: []}}', "datasets.d\\n: 'd\\n' is not a plain word;"),
        ('datasets: {"": {sources: [{path: a}]}}', "datasets.: a name can't be empty;"),
        ("datasets: {1: {sources: [{path: a}]}}", "datasets.1: YAML reads this name as 1, which"),
        ("datasets: {2020-01-01: {}}", "datasets.2020-01-01: YAML reads this name as 2020-01-01"),
        ("models: {1.5: {architecture: oracle}}", "models.1.5: YAML reads this name as 1.5, which"),
        ("models: {a b: {architecture: oracle}}", "models.a b: 'a b' is not a plain word;"),
        (
            "variants: {v: {model: attention_cnn, vcf: a}}",
            "variants.v.dataset: missing; it has to be given.",
        ),
        (
            "variants: {v: {dataset: nobody, model: attention_cnn, vcf: a, genome: g}}",
            "variants.v.dataset: 'nobody' is not among the datasets: tutorial.",
        ),
        (
            "variants: {v: {dataset: tutorial, model: oracle, vcf: a, genome: g}}",
            "variants.v.model: the oracle knows one simulation",
        ),
        (
            "variants: {v: {dataset: tutorial, model: attention_cnn, vcf: a}}",
            "variants.v.genome: missing; name the genome",
        ),
        (
            "variant_scoring: {mismatches: 2}",
            "variant_scoring.mismatches: expected a number from 0 to 1",
        ),
        ("variant_scoring: {shifts: []}", "variant_scoring.shifts:"),
        ("explain: {effects: -1}", "explain.effects: expected a whole number from 0"),
        ("predict: {x y: {}}", "predict.x y: 'x y' is not a plain word;"),
        (
            f"datasets: {{{'d' * 101}: {{sources: [{{path: a}}]}}}}",
            f"datasets.'{'d' * 40}'...'{'d' * 20}': 101 letters, and at most 100 are taken;",
        ),
        (
            f"predict: {{n{'ab' * 20}: {{dataset: tutorial, model: attention_cnn, "
            "sources: [{path: a}]}}",
            f"predict.n{'ab' * 20}: the name ends in a part that is repeated 20 times,",
        ),
        (
            f"models: {{{'m' * 240}: {{architecture: oracle}}}}",
            f"models.'{'m' * 40}'...'{'m' * 20}': 240 letters, and at most 100 are taken;",
        ),
        (
            "datasets: {d: {sources: [{path: a, label: x}, {path: b, label: "
            f"{'y' * 1001}}}]}}}}",
            f"datasets.d.sources.1.label: the text '{'y' * 40}'...'{'y' * 20}' has 1,001 letters, "
            "and at most 1,000 can be shown;",
        ),
        (
            'datasets: {d: {sources: [{path: a, label: x}, {path: b, label: "\\u202Ey"}]}}',
            "datasets.d.sources.1.label: the text '\\u202ey' holds the character U+202E, which can",
        ),
        (
            'datasets: {d: {sources: [{path: a, label: x}, {path: "b\\uD800", label: y}]}}',
            "datasets.d.sources.1.path: the text 'b\\ud800' holds the character U+D800, which can",
        ),
        (
            'datasets: {d: {simulate: {sequences: 9, length: 9, seed: 1, classes: {"a\\u2066": '
            "{fraction: 0.5, planted: 1, motifs: [GGA]}, b: {fraction: 0.5, planted: 0, motifs: []}"
            "}}}}",
            "datasets.d.simulate.classes: the text 'a\\u2066' holds the character U+2066, which",
        ),
        (
            'columns: {id: "\\u200Fid"}',
            "columns.id: the text '\\u200fid' holds the character U+200F, which can't be shown;",
        ),
        # Values
        (
            "training: {epochs: many}",
            "training.epochs: expected auto or a whole number from 1 to 1000000, fou",
        ),
        (
            "training: {epochs: 0}",
            "training.epochs: expected auto or a whole number from 1 to 1000000, found 0",
        ),
        (
            "training: {epochs: 2.0}",
            "training.epochs: expected auto or a whole number from 1 to 1000000, found",
        ),
        (
            "training: {epochs: yes}",
            "training.epochs: expected auto or a whole number from 1 to 1000000, found",
        ),
        ("training: {epochs: 2020-01-01}", "training.epochs: expected auto or a whole number from"),
        (
            "training: {epochs: .inf}",
            "training.epochs: expected auto or a whole number from 1 to 1000000, fou",
        ),
        ("training: {learning_rate: .inf}", "training.learning_rate: expected a number above 0, f"),
        ("training: {learning_rate: .nan}", "training.learning_rate: expected a number above 0, f"),
        (
            "training: {learning_rate: 1e-5}",
            "training.learning_rate: expected a number above 0, "
            'found "1e-5", which is text in YAML; write 0.00001.',
        ),
        (
            "training: {learning_rate: fast}",
            'training.learning_rate: expected a number above 0, found "fast".',
        ),
        (
            "training: {device: tpu}",
            'training.device: expected one of auto, cpu, gpu, found "tpu".',
        ),
        (
            "training: {deterministic: 1}",
            "training.deterministic: expected true or false, found 1.",
        ),
        (
            "training: {early_stopping: 0}",
            "training.early_stopping: expected a whole number from 1",
        ),
        ("split: {test: 1.5}", "split.test: expected a number between 0 and 1, found 1.5."),
        ("split: {folds: 0}", "split.folds: expected a whole number from 1 to 1000, found 0."),
        (
            "split: {test_chromosomes: [8]}",
            "split.test_chromosomes.0: expected the name of a chromosome as text, such as chr8",
        ),
        (
            "split: {test_chromosomes: chr8}",
            "split.test_chromosomes: expected a list of names of chromosomes or null, found",
        ),
        (
            "split: {shared_kmer: 5}",
            "split.shared_kmer: expected a whole number from 10 to 10000000, found 5.",
        ),
        ("split: {groups: user}", "split.groups: expected one of auto, column, none, found"),
        ("split: {on_leak: stop}", "split.on_leak: expected one of report, drop, fail, found"),
        (
            "datasets: {d: {sources: [{path: a, label: x}, {path: b, label: y}], "
            "split: {test_chromosomes: [c]}}}",
            "datasets.d.split.test_chromosomes: the strategy is stratified_group, which knows no",
        ),
        (
            "datasets: {d: {sources: [{path: a, label: x}, {path: b, label: y}], "
            "split: {strategy: chromosome, validation_chromosomes: [c], folds: 2}}}",
            "datasets.d.split.validation_chromosomes: names one set, but there are 2 folds;",
        ),
        (
            "datasets: {d: {sources: [{path: a, label: x}, {path: b, label: y}], "
            "split: {strategy: chromosome, test_chromosomes: [a, c], "
            "validation_chromosomes: [c]}}}",
            "datasets.d.split.test_chromosomes: c is among the validation chromosomes too;",
        ),
        (
            "split: {strategy: chromosome}",
            "datasets.tutorial.split.strategy: simulated sequences lie on no chromosome;",
        ),
        (
            "datasets: {d: {sources: [{path: a}], split: {groups: column}}}",
            "datasets.d.columns.group: missing; `groups: column` asks for the name of the column",
        ),
        (
            "split: {strategy: random}",
            "split.strategy: expected one of stratified_group, stratified, chromosome, found",
        ),
        (
            "evaluation: {confidence: 95}",
            "evaluation.confidence: expected a number between 0 and 1",
        ),
        ("explain: {records: 0}", "explain.records: expected a whole number from 1, found 0."),
        ("explain: {steps: 1}", "explain.steps: expected a whole number from 2, found 1."),
        (
            "explain: {models: some}",
            'explain.models: expected auto, all, none or a list of networks, found "some".',
        ),
        (
            "explain: {models: [oracle]}",
            "explain.models: 'oracle' is not among the networks: attention_cnn, tutorial_cnn.",
        ),
        (
            "export: {models: [oracle]}",
            "export.models: 'oracle' is not among the networks: attention_cnn, tutorial_cnn.",
        ),
        (
            "export: {formats: [torch]}",
            'export.formats.0: expected one of onnx, saved_model, found "torch".',
        ),
        (
            "export: {license: MIT License}",
            "export.license: expected the name that model hubs have for a licence, such as mit, "
            'found "MIT License".',
        ),
        (
            "explain: {methods: [gradients]}",
            "explain.methods.0: expected one of gradient, integrated_gradients, mutagenesis, "
            'found "gradients".',
        ),
        (
            "explain: {motifs: {attribution: gradient}, methods: [mutagenesis]}",
            "explain.motifs.attribution: gradient is not among explain.methods: mutagenesis.",
        ),
        (
            "explain: {motifs: {jaspar: [mammals]}}",
            "explain.motifs.jaspar: expected all, none or a list of groups of organisms, found",
        ),
        (
            "explain: {motifs: {min_sites: 1}}",
            "explain.motifs.min_sites: expected a whole number from 5, found 1.",
        ),
        (
            "explain: {rules: {backgrounds: 1}}",
            "explain.rules.backgrounds: expected a whole number from 5 to 1000, found 1.",
        ),
        (
            "explain: {rules: {gap: -1}}",
            "explain.rules.gap: expected a whole number from 0 to 1000, found -1.",
        ),
        (
            "explain: {motifs: {q_value: 0}}",
            "explain.motifs.q_value: expected a number above 0 and up to 1, found 0.",
        ),
        ("plots: {dpi: 10}", "plots.dpi: expected a whole number from 50 to 1200, found 10."),
        (
            "columns: {sequence: null}",
            "columns.sequence: expected the name of a column, or its number from 1, found nothing.",
        ),
        ("columns: {id: 0}", "columns.id: expected the name of a column, its number from 1, or nu"),
        (
            "datasets: {d: {labels: {x: [a, b], y: b}, sources: [{path: a.csv}]}}",
            "datasets.d.labels.y: the label 'b' stands in x too; a label belongs to one class, so",
        ),
        (
            "datasets: {d: {labels: {x: [1, 1.0], '1': null}, sources: [{path: a.csv}]}}",
            "datasets.d.labels.1: the label '1' stands in x too;",
        ),
        (
            "datasets: {d: {labels: {x: true}, sources: [{path: a.csv}]}}",
            "datasets.d.labels.x: expected a list of labels that become this class, or null to le",
        ),
        (
            "datasets: {d: {labels: {b: null}, sources: [{path: a.fa, label: a}, {path: b.fa, "
            "label: b}]}}",
            "datasets.d: a classifier needs at least two classes, found 1 (a).",
        ),
        (
            "datasets: {d: {labels: {c: [a]}, positive: a, sources: [{path: a.fa, label: a}, "
            "{path: b.fa, label: b}]}}",
            "datasets.d.positive: 'a' is no class; the classes are c, b.",
        ),
        (
            "datasets: {tutorial: {labels: {x: [y]}, simulate: {preset: splice, sequences: 9, "
            "length: 99, seed: 1}}}",
            "datasets.tutorial.labels: a simulation reads no files; remove the k",
        ),
        ("gaps: keep", "gaps: expected one of error, remove, n, found"),
        ("missing_contigs: true", "missing_contigs: expected one of error, drop, found true."),
        ("seeds: [1, 1]", "seeds: expected values that differ, found [1, 1]."),
        ("seeds: 1", "seeds: expected a list, found 1."),
        ("seeds: []", "seeds: expected at least 1 item, found []."),
        ("seeds: [1.0]", "seeds.0: expected a whole number from 0, found 1.0."),
        ("seeds: [-1]", "seeds.0: expected a whole number from 0, found -1."),
        ("seeds: [true]", "seeds.0: expected a whole number from 0, found true."),
        (
            "seeds: " + 70 * "x",
            f'seeds: expected a list, found "{56 * "x"}...',
        ),
        (
            "datasets: {d: {sources: [{path: a, label: yes}]}}",
            "datasets.d.sources.0.label: expected the name of a class as text on one line (put "
            "quotes around words such as yes, no and true), found true.",
        ),
        (
            'datasets: {d: {sources: [{path: a, label: "x\\ny"}]}}',
            "datasets.d.sources.0.label: expected the name of a class as text on one line (put "
            'quotes around words such as yes, no and true), found "x\\ny".',
        ),
        (
            "datasets: {d: {sources: [{path: a, split: dev}]}}",
            'datasets.d.sources.0.split: expected one of train, validation, test, found "dev".',
        ),
        # Datasets
        (
            "datasets: {d: {positive: a}}",
            "datasets.d: expected either simulate or sources, found neither.",
        ),
        (
            f"datasets: {{d: {DEFAULT['datasets']['tutorial'] | {'sources': [{'path': 'a'}]}}}}",
            "datasets.d: expected either simulate or sources, found both.",
        ),
        (
            "datasets: {d: {sources: [{path: a, label: x}, {path: b, label: x}]}}",
            "datasets.d: a classifier needs at least two classes, found 1 (x).",
        ),
        (simulation({}), "datasets.d: a classifier needs at least two classes, found 0 (none)."),
        (
            simulation({1: some_class(), "1": some_class()}),
            "datasets.d.simulate.classes.1: stands there twice, as a number and as text;",
        ),
        (
            simulation({True: some_class(), False: some_class()}),
            "datasets.d.simulate.classes.True: YAML reads this name as True, which is no text;",
        ),
        (
            simulation({"a": some_class(motifs=[False]), "b": some_class()}),
            "datasets.d.simulate.classes.a.motifs.0: expected text in IUPAC letters, such as TAT",
        ),
        (
            simulation({"a": some_class(fraction=1), "b": some_class()}),
            "datasets.d.simulate.classes.a.fraction: expected a number between 0 and 1, found 1.",
        ),
        (
            "datasets: {d: {simulate: {sequences: 9, length: 9, seed: 1}}}",
            "datasets.d.simulate.classes: missing; name some, or a preset.",
        ),
        (
            "datasets: {d: {simulate: {preset: promotor, sequences: 9, length: 9, seed: 1}}}",
            "datasets.d.simulate.preset: expected one of promoter, splice, regulatory, clusters",
        ),
        (
            simulation({"a": {"fraction": 0.5, "planted": 1}, "b": some_class()}),
            "datasets.d.simulate.classes.a.motifs: missing; give planted and motifs, or elements",
        ),
        (
            simulation({"a": {"fraction": 0.5, "motifs": ["A"]}, "b": some_class()}),
            "datasets.d.simulate.classes.a.planted: missing; give planted and motifs, or elements",
        ),
        (
            simulation({"a": some_class(elements=[]), "b": some_class()}),
            "datasets.d.simulate.classes.a.planted: does not go with elements;",
        ),
        (
            with_element(motive="TATAAA"),
            "datasets.d.simulate.classes.a.elements.0.motive: unknown key; did you mean 'motif'?",
        ),
        (
            with_element(motif=[]),
            "datasets.d.simulate.classes.a.elements.0.motif: expected text in IUPAC letters, such "
            "as TATAAA, or a list of such, found [].",
        ),
        (
            with_element(name="m", matrix=[[1, 0, 0]]),
            "datasets.d.simulate.classes.a.elements.0.matrix.0: expected the four probabilities",
        ),
        (
            with_element(motif="A", strand="minus"),
            'datasets.d.simulate.classes.a.elements.0.strand: expected one of +, -, both, found "m',
        ),
        (
            with_element(motif="A", position={"from": 1}),
            "datasets.d.simulate.classes.a.elements.0.position: expected uniform, a whole number o",
        ),
        (
            with_element(motif="A", count={"mean": 1}),
            "datasets.d.simulate.classes.a.elements.0.count: expected a whole number from 1 to 20 ",
        ),
        (
            with_element(motif="A", after="B", gap=3),
            "datasets.d.simulate.classes.a.elements.0.gap: expected [LEAST, MOST] bases between,",
        ),
        (
            f"{TWO_FILES[:-2]}, positive: c}}}}",
            "datasets.d.positive: 'c' is no class; the classes are a, b.",
        ),
        (
            "datasets: {d: {positive: a, sources: "
            "[{path: a, label: a}, {path: b, label: b}, {path: c, label: c}]}}",
            "datasets.d.positive: only one of two classes can be positive, and there are 3;",
        ),
        (
            "datasets: {d: {split: {folds: 3}, sources: [{path: a, split: train}]}}",
            "datasets.d.split.folds: the sources fix the split, so folds must be 1.",
        ),
        (
            "{split: {folds: 3}, datasets: {d: {sources: [{path: a, split: train}]}}}",
            "datasets.d.split.folds: the sources fix the split, so folds must be 1.",
        ),
        # Intervals and negatives
        (
            "datasets: {d: {sources: [{path: p.bed, label: a}, {path: b.fa, label: b}]}}",
            "datasets.d.genome: missing; sources.0 holds intervals, and their sequences come from",
        ),
        (
            "datasets: {d: {sources: [{path: a.fa, label: a}, {path: p.narrowPeak.gz, label: b}]}}",
            "datasets.d.genome: missing; sources.1 holds intervals,",
        ),
        (
            "datasets: {d: {sources: [{path: p, format: bed, label: a}]}}",
            "datasets.d.genome: missing; sources.0 holds intervals,",
        ),
        (PEAKS % "", "datasets.d: a classifier needs at least two classes, found 1 (bound)."),
        (
            PEAKS % ", centre: summit",
            "datasets.d.width: missing; `centre: summit` asks for a width",
        ),
        (
            PEAKS % ", centre: start",
            'datasets.d.centre: expected one of middle, summit, found "start".',
        ),
        (
            PEAKS % ", width: 0",
            "datasets.d.width: expected a whole number from 1 to 10000000, or null, found 0",
        ),
        (
            PEAKS % ", soft_masked: yes",
            "datasets.d.soft_masked: expected one of keep, mask, found true.",
        ),
        (
            PEAKS.replace("g.fa", "3") % "",
            "datasets.d.genome: expected the path of a FASTA or 2bit file, {url: ..., sha256",
        ),
        (
            PEAKS.replace("g.fa", "{url: 'https://x.org/g'}") % "",
            "datasets.d.genome: expected the path of a FASTA or 2bit file, {url: ..., sha256",
        ),
        (
            PEAKS % ", negatives: {method: genome}",
            "datasets.d.negatives.label: missing; it has to be given.",
        ),
        (
            PEAKS % ", negatives: {label: n}",
            "datasets.d.negatives.method: missing; it has to be given.",
        ),
        (
            PEAKS % ", negatives: {method: shuffle, label: n}",
            'datasets.d.negatives.method: expected one of dinucleotide_shuffle, genome, found "shu',
        ),
        (
            PEAKS % ", negatives: {method: genome, label: n, ratio: 0}",
            "datasets.d.negatives.ratio: expected a number above 0 and up to 1000, found 0.",
        ),
        (
            PEAKS % ", negatives: {method: genome, label: bound}",
            "datasets.d.negatives.label: 'bound' is the label of a source already; name the",
        ),
        (
            "datasets: {d: {sources: [{path: a.fa, label: a}], "
            "negatives: {method: genome, label: n}}}",
            "datasets.d.genome: missing; negatives.method genome draws from it.",
        ),
        ("negatives: {method: genome}", "negatives.method: unknown key; known are ratio, seed."),
        *[
            (
                f"datasets: {{d: {DEFAULT['datasets']['tutorial'] | {key: value}}}}",
                f"datasets.d.{key}: a simulation reads no files; remove the key.",
            )
            for key, value in {
                "genome": "g.fa",
                "width": 9,
                "soft_masked": "mask",
                "negatives": {"method": "genome", "label": "n"},
            }.items()
        ],
        # Models
        ("models: {m: {filters: 3}}", "models.m.architecture: missing; it has to be given."),
        (
            "models: {m: {architecture: resnet}}",
            "models.m.architecture: expected one of attention_c",
        ),
        (
            "models: {m: {architecture: attention_cnn, filter: 3}}",
            "models.m.filter: unknown hyperparameter of attention_cnn; did you mean 'filters'?",
        ),
        (
            "models: {m: {architecture: attention_cnn, epochs: 3}}",
            "models.m.epochs: unknown hyperparameter of attention_cnn; it belongs one level "
            "deeper, under models.m.training.",
        ),
        (
            "models: {m: {architecture: tutorial_cnn, filters: 3}}",
            "models.m.filters: unknown hyperparameter of tutorial_cnn; there is nothing to set",
        ),
        (
            "models: {m: {architecture: attention_cnn, filters: 2.5}}",
            "models.m.filters: expected a whole number from 1 to 100000, found 2.5.",
        ),
        (
            "models: {m: {architecture: kmer_logistic, c: 0}}",
            "models.m.c: expected auto or a number above 0, found 0.",
        ),
        (
            "models: {m: {architecture: kmer_logistic, training: {epochs: 3}}}",
            "models.m.training: kmer_logistic is not trained in epochs; remove the block.",
        ),
        (
            "models: {m: {architecture: gc_content, k: 3}}",
            "models.m.k: unknown hyperparameter of gc_content; there is nothing to set here.",
        ),
        (
            "models: {m: {architecture: gkm_svm, l: 13}}",
            "models.m.l: expected a whole number from 2 to 12, found 13.",
        ),
        (
            "models: {m: {architecture: attention_cnn, partner_sizes: [7, 11]}}",
            "models.m.partner_sizes: 11 is not among the kernel_sizes: 3, 7, 15, 25; name some",
        ),
        (
            "models: {m: {architecture: attention_cnn, partner_reach: 3}}",
            "models.m.partner_reach: expected a whole number from 4, found 3",
        ),
        (
            "models: {m: {architecture: gkm_svm, l: 6}}",
            "models.m.k: 7 bases don't fit in a window of l: 6; make k smaller or l larger.",
        ),
        (
            "models: {m: {architecture: gkm_svm, max_records: all}}",
            'models.m.max_records: expected a whole number from 2 to 100000, found "all".',
        ),
        # New sequences
        (
            "predict: {n: {dataset: tutorial, model: m, sources: [{path: a}]}}",
            "predict.n.model: 'm' is not among the models: attention_cnn, tutorial_cnn,",
        ),
        (
            "predict: {n: {dataset: d, model: oracle, sources: [{path: a}]}}",
            "predict.n.dataset: 'd' is not among the datasets: tutorial.",
        ),
        (
            "predict: {n: {dataset: tutorial, model: oracle, sources: [{path: a}]}}",
            "predict.n.model: the oracle knows one simulation and can't score new sequences;",
        ),
        (
            "predict: {n: {dataset: tutorial, sources: [{path: a}]}}",
            "predict.n.model: missing; it has to be given.",
        ),
        # Genomes
        ("scans: [a]", 'scans: expected keys with values, found ["a"].'),
        (
            "scans: {n: {dataset: d, model: attention_cnn, genome: a.fa}}",
            "scans.n.dataset: 'd' is not among the datasets: tutorial.",
        ),
        (
            "scans: {n: {dataset: tutorial, model: oracle, genome: a.fa}}",
            "scans.n.model: the oracle knows one simulation and can't score a genome;",
        ),
        (
            "scans: {n: {dataset: tutorial, model: attention_cnn}}",
            "scans.n.genome: no genome is named, neither here nor for the dataset tutorial;",
        ),
        (
            "scans: {n: {dataset: tutorial, model: attention_cnn, genome: a.fa, step: 0}}",
            "scans.n.step: expected a whole number from 1 to 1000000, found 0.",
        ),
        (
            "scans: {n: {dataset: tutorial, model: attention_cnn, genome: a.fa, steps: 5}}",
            "scans.n.steps: unknown",
        ),
        ("scanning: {prior: 1.5}", "scanning.prior: expected a number between 0 and 1, one for"),
        ("scanning: {threshold: low}", "scanning.threshold: expected auto or log odds from"),
        ("scanning: {genome: a.fa}", "scanning.genome: unknown"),
        ("scanning: {q_value: 0}", "scanning.q_value: expected a number between 0 and 1"),
    ],
)
def test_a_bad_config_gets_a_sentence_with_its_key(overlay, expected):
    with pytest.raises(config_files.ConfigError) as error:
        checked(overlay)
    assert str(error.value).startswith(f"config: {expected}")
    assert str(error.value).endswith((".", "?"))


SURPRISES = yaml.safe_load(
    "[null, yes, 0, -1, 1.0, .inf, .nan, 1e3, '', x, 2020-01-01, 2020-01-01T00:00:00Z, "
    "[], [[]], {}, {1: 2}, {null: x}, {2020-01-01: x, a: 1}, !!set {a}, !!binary aGk=, "
    "[1, a, null]]"
)
FULL = (
    f"{TWO_FILES[:-2]}, positive: a, columns: {{id: n}}, split: {{test: 0.1}}, training: "
    f"{{epochs: 1}}}}, s: {DEFAULT['datasets']['tutorial']}}}",
    "predict: {n: {dataset: d, model: attention_cnn, sources: [{path: c.fa}], columns: {id: n}}}",
)


@pytest.mark.no_cover  # the same lines, thousands of times: half of the time was counting them
@pytest.mark.parametrize("key", DEFAULT)
def test_no_value_anywhere_ends_in_a_traceback(key):
    full = checked(*FULL)
    for path in places(full[key], (key,)):
        for surprise in SURPRISES:
            overlay = copy.deepcopy(full)
            parent = overlay
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = copy.deepcopy(surprise)
            config = merged(overlay)
            try:
                config_checks.check(config, SCHEMA_FILE)
            except config_files.ConfigError:
                continue
            for dataset in config["datasets"]:
                for run in settings.runs(config, dataset):
                    settings.training(config, dataset, run.model)
            settings.as_json(config)


def test_keys_that_are_numbers_and_text_are_told_side_by_side():
    """jsonschema alone would compare 1 with x, and fail."""
    classes = "{1: {fraction: 2, motifs: []}, x: {fraction: 3, motifs: []}}"
    with pytest.raises(
        config_files.ConfigError, match=r"fraction: expected a number between 0 and 1"
    ):
        checked(simulation(classes))


@pytest.mark.parametrize("place", [(), ("datasets",), ("models", "attention_cnn"), ("training",)])
def test_a_key_with_more_digits_than_python_writes_is_refused(place):
    """YAML reads hexadecimal numbers of any length."""
    config = copy.deepcopy(DEFAULT)
    section = config
    for key in place:
        section = section[key]
    section[16**10_000] = {}
    with pytest.raises(config_files.ConfigError, match=r"int: a number of more than 100 digits"):
        config_checks.check(config, SCHEMA_FILE)
