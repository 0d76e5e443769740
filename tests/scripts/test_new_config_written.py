"""What `make new` writes and says, and how `make` hands names over to it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from new_files import bed, fasta, genome, write

import new_config
from attendna.errors import UserError
from attendna.planning import config_checks, config_files, loading
from attendna.planning.class_names import alike, choose_positive
from attendna.planning.new_config import as_yaml

ROOT = Path(__file__).parents[2]


def test_a_config_that_is_there_stays(make):
    fasta("pos.fa"), fasta("neg.fa")
    write("my.yaml", "seeds: [1]\n")
    with pytest.raises(UserError, match="my.yaml: this file is there already and stays as it is; "):
        make("pos.fa", "neg.fa")
    assert Path("my.yaml").read_text() == "seeds: [1]\n"
    make("pos.fa", "neg.fa", "--out", "other.yaml")


def test_the_lines_for_a_first_look_are_settings(make):
    fasta("pos.fa"), fasta("neg.fa")
    make("pos.fa", "neg.fa")
    written = Path("my.yaml").read_text()
    before, mark, models = written.partition("# models:")
    write("my.yaml", before + (mark + models).replace("# ", "").replace("#\n", "\n"))
    config = loading.load(ROOT / "config.yaml", ["my.yaml"])
    config_checks.check(config, ROOT / "schemas" / "config.schema.yaml")
    assert list(config["models"]) == ["attention_cnn", "kmer_logistic"]
    assert config["training"]["epochs"] == 5


NAMES = ["a, b", "it's", 'say "x"', "#1", "a: b", "a #b", "{x}", "[x]", "- x", "yes", "1", "0x1F"]
NAMES += ["é", "null", "~", "?x", "%x", "&x *y", "a\tb", "!x", "1:30", " x ", "\\", "|"]


@pytest.mark.parametrize("name", NAMES)
def test_names_come_back_as_they_are(name, make):
    key = name.strip("?")  # with which a key of a config may not begin
    write("t.yaml", f"a: {as_yaml({key: [name, {'b': name}]})}\n")
    assert config_files.read("t.yaml") == {"a": {key: [name, {"b": name}]}}
    path = f"d/{name}.fa"
    fasta(path), fasta("d/other/x.fa"), fasta("d/other/y.fa")
    config, said = make("d")
    paths = [source["path"] for d in config["datasets"].values() for source in d["sources"]]
    if "{" in name:
        assert (
            f"Left out: {path!r}: its name holds {{ or }}, which Snakemake takes for wildcards"
            in said
        )
    elif "\t" in name:
        assert (
            f"Left out: {path!r}: its name holds the character U+0009, which can't be shown" in said
        )
    else:
        assert path in paths


def test_no_name_ends_a_comment(make):
    name = "d/x\nseeds: [9]\n.csv"
    write(name, "a,b\n1,2\n")
    fasta("d/pos.fa"), fasta("d/neg.fa")
    assert "seeds" not in make("d")[0]


def test_what_is_not_there_or_holds_no_sequences_is_told(make):
    write("README.txt", "Some words.\n")
    Path("empty").mkdir()
    for words, sentence in [
        (["nope.fa"], "nope.fa: no such file"),
        (["README.txt"], "README.txt: neither its name nor its content tells the format"),
        (["empty"], "'empty': no file in it holds labelled sequences"),
        ([], "DATA names no file; write which"),
        (["--words", "'a b.fa"], "has a quotation mark that is never closed"),
    ]:
        with pytest.raises(UserError, match=sentence):
            make(*words)
    assert not Path("my.yaml").exists()


def test_words_are_those_of_a_shell(make):
    fasta("a b.fa"), fasta("c_neg.fa")
    for words in ("'a b.fa' c_neg.fa", "*.fa", r"a\ b.fa c_neg.fa"):
        Path("my.yaml").unlink(missing_ok=True)
        [dataset] = make("--words", words)[0]["datasets"].values()
        assert {source["path"] for source in dataset["sources"]} == {"a b.fa", "c_neg.fa"}


def test_a_problem_that_the_doctor_finds_is_told(make, capsys):
    fasta("pos.fa", 2), fasta("neg.fa")
    with pytest.raises(SystemExit) as end:
        new_config.main(["pos.fa", "neg.fa"])
    assert end.value.code == 1
    said = capsys.readouterr().out
    assert "the class 'pos' has 2 records, too few" in said
    assert said.endswith("1 problem: fix the lines marked PROBLEM in my.yaml.\n")


def test_a_tilde_in_quotes_is_the_home_folder(make, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    bed("p.bed"), bed("n.bed", shift=40), genome("g.fa")
    [dataset] = make("--words", "~/p.bed ~/n.bed", "--genome", "~/g.fa")[0]["datasets"].values()
    assert dataset["genome"] == f"{tmp_path}/g.fa"
    assert [source["path"] for source in dataset["sources"]] == [
        f"{tmp_path}/p.bed",
        f"{tmp_path}/n.bed",
    ]


@pytest.mark.parametrize(
    ("count", "positive"),
    [
        ({"0": 9, "1": 90}, "1"),
        ({"-1": 9, "1": 9}, "1"),
        ({"non_prom": 5, "prom": 90}, "prom"),
        ({"tf_control": 5, "tf": 90}, "tf"),
        ({"exon": 90, "donor": 5}, "donor"),
        ({"exon": 90, "intron": 50}, "intron"),  # which is not the absence of it
        ({"active": 90, "inactive": 50}, "active"),
        ({"uninduced": 50, "induced": 90}, "induced"),
        ({"universal": 50, "nodal": 90}, "universal"),
        ({"exon": 5, "donor": 5}, "exon"),
        ({"unbound": 9, "neg": 5}, "neg"),  # both are absent: the rarer one
    ],
)
def test_the_positive_class(count, positive):
    assert choose_positive(count)[0] == positive


def test_labels_that_are_alike():
    labels = ["1", "1.0", "Pos", "pos", "p os", "neg"]
    assert alike(labels) == {"1.0": "1", "Pos": "pos", "p os": "pos"}
    assert alike(["a", "b"]) == {}


def test_make_hands_names_over_as_they_are(tmp_path):
    shutil.copy2(ROOT / "Makefile", tmp_path)
    write(tmp_path / "requirements" / "install.sh", "")
    command = tmp_path / ".venv" / "bin" / "python"
    write(command, '#!/bin/sh\nprintf "%s|" "$@" >>said\n')
    command.chmod(0o755)
    data = "'a b.fa' $(touch${IFS}made)`touch${IFS}made`;touch${IFS}made \"c"
    given = [f"DATA={data}", "GENOME=g $(x).fa", "OUT=o'x.yaml"]
    given = [word.replace("$", "$$") for word in given]
    subprocess.run(["make", "new", *given], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    words = (tmp_path / "said").read_text().split("|")[:-1]
    assert words == [
        "scripts/new_config.py", "--words", data, "--genome", "g $(x).fa", "--out", "o'x.yaml"
    ]  # fmt: skip
    assert not (tmp_path / "made").exists()
