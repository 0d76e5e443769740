"""A config is data: what YAML says, or a sentence; nothing that stands in it is run or lost."""

import json

import pytest
import yaml

from attendna.planning import config_files

BOMB = "\n".join(
    ["a0: &a0 {x: 1, y: 1}"]
    + [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 30)]
)


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return config_files.read(path)
        except config_files.ConfigError as error:
            sentence = str(error)
            assert "\n" not in sentence and sentence.endswith("."), sentence
            return sentence.replace(f"{path}", "mine.yaml")

    return read


@pytest.mark.parametrize(
    "text",
    [
        "datasets: {d: {sources: [{path: a.fa, label: 1}]}}\nseeds: [1, 2]",
        "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: [*x, *x]",  # `<<` is what a key is merged for
        "label: '?'\n1: a\n'1': b\n'a?': c",
        "\ufeffa: 1",
    ],
)
def test_a_config_means_what_yaml_says(read, text):
    assert read(text) == yaml.safe_load(text)


def test_json_means_what_json_says(read):
    text = '{"a": 1e-5,\n\t"b": "\\ud83d\\ude00 \\/", "c": {"a": [true, null]}}'
    assert read(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb:\n  c: 1\n\n  c: 2\n", "line 5: the key c occurs twice in one mapping, first"),
        ("a: {b: 1,\n b: 1}", "line 2: the key b occurs twice in one mapping, first on line 1,"),
        ("a: {1: x, true: y}", "line 1: the key True occurs twice"),  # one key of a dict
        ('{"a": 1,\n\t"b": 2,\n\t"a": 3}', "line 3: the key a occurs twice in one mapping, first "),
        ("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x", "line 4: the key << occurs twice"),
        ("a: {\u202eb: 1, \u202eb: 2}", "line 1: the key '\\u202eb' occurs twice"),
    ],
)
def test_a_key_that_stands_twice_is_named_with_its_lines(read, text, said):
    assert read(text).startswith(f"config: mine.yaml, {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__use_yte__: true", "line 1: the key __use_yte__ belongs to YTE"),
        ("seeds: [1]\n__use_yte__: false", "line 2: the key __use_yte__ belongs to YTE"),
        ('"\\x5f_use_yte__": true', "line 1: the key __use_yte__ belongs to YTE"),
        ("<<: {__use_yte__: true}", "line 1: the key __use_yte__ belongs to YTE"),
        ("__definitions__:\n  - import os", "line 1: the key __definitions__ belongs to YTE"),
        ("a:\n  b: 1\n  ?if True:\n    c: 1", "line 3: the key ?if True belongs to YTE"),
        ('{"__use_yte__": true}', "line 1: the key __use_yte__ belongs to YTE"),
    ],
)
def test_keys_by_which_a_config_would_run_code_are_refused(read, text, said):
    assert read(text).startswith(f"config: mine.yaml, {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 5000, "config: mine.yaml, line 1: more than 30 levels deep;"),
        ("\n".join(" " * i + "a:" for i in range(60)), "config: mine.yaml, line 31: more than 30"),
        ("{" * 5000, "config: mine.yaml, line 1: more than 30 levels deep;"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "config: mine.yaml, line 1: more than 30 levels deep;"),
        (BOMB, "config: mine.yaml, line 6: by `<<`, more than 100,000 values are merged;"),
        ("a: &a {<<: *a}", "mine.yaml: no config ("),
        ("a: {<<: [[1, 2]]}", "mine.yaml: no config ("),
        ("!!python/str '__use_yte__': true", "mine.yaml: no config (could not determine"),
        ("a: !!python/object/apply:os.system ['true']", "mine.yaml: no config (could not "),
        ("? [a]\n: 1", "mine.yaml: no config ("),
        ("- 1", "mine.yaml: no config (it has no keys at its top);"),
        ("", "mine.yaml: no config (it has no keys at its top);"),
        ("a: " + "x" * 1_000_000, "mine.yaml: no config (it has more than 1,000,000 bytes);"),
    ],
)
def test_what_is_too_deep_too_large_or_no_config_gets_a_sentence(read, text, said):
    assert read(text).startswith(said)


def test_a_config_of_too_many_values_gets_a_sentence(read, monkeypatch):
    monkeypatch.setattr(config_files, "MOST_VALUES", 100)
    assert read("a: [" + "1," * 100 + "]") == {"a": [1] * 100}
    said = read("a: [" + "1," * 220 + "]")
    assert said.startswith("config: mine.yaml, line 1: more than 100 values;")


def test_a_config_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(config_files.ConfigError, match="none.yaml: no config .*No such file"):
        config_files.read(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("datasets:\n  d\n    sources: []\n", "line 2: a colon is missing after 'd'; write `d:`."),
        ("datasets\n  d: {}\n", "line 1: a colon is missing after 'datasets'; write `datasets:`."),
        (
            "datasets:\n  d:\n    sources\n      - {path: a.fa}\n",
            "line 3: a colon is missing aft",
        ),
        ("seeds [1, 2]\ndatasets: {}\n", "after 'seeds'; write `seeds: [1, 2]`."),
        (
            "a: 1\nwidth 200 # bases\nb: 2",
            "line 2: a colon is missing after 'width'; write `width: ",
        ),
        (
            "s:\n  - path a.fa\n    label: x\n",
            "line 2: a colon is missing after 'path'; write `pa",
        ),
        ("seeds", "line 1: a colon is missing after 'seeds'; write `seeds:`."),
    ],
)
def test_a_missing_colon_is_named_with_its_line(read, text, said):
    sentence = read(text)
    assert sentence.startswith("config: mine.yaml, line ") and said in sentence


def test_a_missing_colon_is_not_seen_where_none_is_missing(read):
    assert "no config (while scanning" in read("training:\n\tepochs: 3")
    assert read("a: |\n  some text\n  b\n") == {"a": "some text\nb\n"}
