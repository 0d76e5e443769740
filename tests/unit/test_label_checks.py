"""Labels: one class in two spellings, numbers, missing values; joined and dropped as asked."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from sentences import sentence

from attendna.data.label_checks import MOST_NUMBERS, check_labels, looks_missing, yaml_text
from attendna.data.readers import import_sources
from attendna.planning import settings

COLUMNS = {"sequence": "sequence", "label": "label", "id": None, "group": None, "split": None}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write tables of labels, and perhaps groups, in the working directory and import them."""
    monkeypatch.chdir(tmp_path)

    def read_labels(*tables, labels=None, groups=None, **source):
        sources = []
        for i, table in enumerate(tables):
            rows = [f"ACGT,{label}" for label in table]
            if groups:
                rows = [f"{row},{group}" for row, group in zip(rows, groups, strict=True)]
            header = "sequence,label" + (",gene" if groups else "")
            (tmp_path / f"{i}.csv").write_text("\n".join([header, *rows]) + "\n")
            sources.append({"path": f"{i}.csv", **source})
        config = {"datasets": {"d": {"labels": labels or {}}}}
        columns = COLUMNS | ({"group": "gene"} if groups else {})
        return import_sources(sources, columns, joined=settings.joined_labels(config, "d"))

    return read_labels


def labels(found):
    return found.table["label"].tolist()


# ------------------------------------------------------------------------------ spellings


@pytest.mark.parametrize(
    ("tables", "said", "setting"),
    [
        (
            [["0", "1"], ["0.0", "1.0"]],
            "'0' and '0.0', '1' and '1.0' differ in spelling alone",
            "{0: [0, '0.0'], 1: [1, '1.0']}",
        ),
        ([["Promoter", "promoter", "x"]], "", "{promoter: [Promoter, promoter]}"),
        (
            [["open chromatin", "open  chromatin", "x"]],
            "",
            "{'open chromatin': ['open  chromatin', 'open chromatin']}",
        ),
        ([["TRUE", "true", "false"]], "", "{'true': ['TRUE', 'true']}"),
        ([["1", "01", "+1", "2"]], "'+1' and '01' and '1' differ", "{1: ['+1', '01', 1]}"),
        ([["NA", "na", "x"]], "", "{na: [NA, na]}"),
        ([["1e0", "1", "2"]], "", "{1: [1, '1e0']}"),
    ],
)
def test_one_class_in_two_spellings_ends_in_the_setting_that_joins_them(
    read, tables, said, setting
):
    message = sentence(read, *tables)
    assert said in message and f"write `labels: {setting}` in the dataset" in message
    found = read(*tables, labels=yaml.safe_load(setting))
    wanted = settings.joined_labels({"datasets": {"d": {"labels": yaml.safe_load(setting)}}}, "d")
    assert labels(found) == [wanted.get(label, label) for table in tables for label in table]
    assert len(set(labels(found))) == len({label for t in tables for label in t}) - len(wanted) + (
        len(set(wanted.values()))
    )


def test_labels_that_differ_in_more_are_classes():
    check_labels(Counter(["+", "-", ".", "1", "2", "-1", "a b", "a-b", "nan", "inf"]))


def test_classes_that_differ_in_case_alone_can_be_told_apart_by_other_names(read):
    found = read(["Alu", "alu"], labels={"element": ["Alu"], "other": "alu"})
    assert labels(found) == ["element", "other"]


@pytest.mark.parametrize(
    "text", ["a", "0", "12", "01", "1.0", "yes", "NULL", "it's", "", "a: b", "-"]
)
def test_a_text_is_written_so_that_yaml_reads_it(text):
    assert str(yaml.safe_load(yaml_text(text))) == text


# ------------------------------------------------------------------------------ the setting


def test_subtypes_are_joined_and_classes_dropped(read):
    found = read(
        ["enhancer", "promoter", "silencer", "unknown"],
        ["unknown", "promoter", "promoter", "silencer"],
        labels={"active": ["enhancer", "promoter"], "unknown": None},
    )
    assert labels(found) == ["active", "active", "silencer", "active", "active", "silencer"]
    assert found.table["id"].tolist() == ["0:2", "0:3", "0:4", "1:3", "1:4", "1:5"]
    assert [note["message"] for note in found.notes] == [
        "1 record of 0.csv is left out by the label: 'unknown' 1.",
        "1 record of 1.csv is left out by the label: 'unknown' 1.",
    ]


def test_lower_case_letters_stay_with_their_records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("sequence,label\nACGT,x\nacgt,out\nACgt,y\n")
    config = {"datasets": {"d": {"labels": {"out": None}}}}
    found = import_sources([{"path": "a.csv"}], COLUMNS, joined=settings.joined_labels(config, "d"))
    assert found.table["lower_case"].tolist() == [0, 2]


def test_labels_of_sources_are_joined_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        (tmp_path / f"{name}.fa").write_text(f">{name}\nACGT\n")
    sources = [{"path": f"{name}.fa", "label": name} for name in "abc"]
    found = import_sources(sources, COLUMNS, joined={"a": "x", "b": None})
    assert found.table[["id", "label"]].to_numpy().tolist() == [["a", "x"], ["c", "c"]]
    assert "1 record of b.fa is left out by the label: 'b' 1." in found.notes[0]["message"]


def test_a_label_that_no_record_has_is_named(read):
    message = sentence(read, ["a", "b"], labels={"x": ["a", "B"]})
    assert message == (
        "labels: no record has the label 'B' (the labels are 'a', 'b'); correct it or take it out."
    )
    assert "all records are left out" in sentence(read, ["a", "a"], labels={"a": None})


def test_the_classes_of_a_config_are_the_joined_ones():
    sources = [{"path": "a", "label": "x"}, {"path": "b", "label": 1}, {"path": "c", "label": "y"}]
    block = {"sources": sources, "labels": {"one": ["x", 1], "y": None}, "negatives": {"label": 0}}
    assert settings.class_order({"datasets": {"d": block}}, "d") == ["one", "0"]


# ------------------------------------------------------------------------------ missing


def test_a_record_without_a_label_is_named_or_left_out(read):
    message = sentence(read, ["a", "", "b", ""])
    assert message == (
        "0.csv, line 3: the record has no label (2 such records); fill it in, or leave such "
        "records out with `labels: {'': null}` in the dataset."
    )
    assert labels(read(["a", "", "b", ""], labels={"": None})) == ["a", "b"]
    assert labels(read(["a", "", "b", ""], labels={"none given": [""]})) == [
        *("a", "none given", "b", "none given")
    ]


@pytest.mark.parametrize("label", ["NA", "nan", "null", "N/A", "None", "<NA>"])
def test_labels_that_read_like_missing_values_are_asked_about(read, label):
    found = read(["HA", label, label, "M2"])
    assert labels(found) == ["HA", label, label, "M2"]
    [note] = found.notes
    assert note["severity"] == "warning"
    assert note["message"] == (
        f"The label {label!r} of 2 records reads like a missing value: is it one? Then leave them "
        f"out with `labels: {{{yaml_text(label)}: null}}`."
    )
    setting = yaml.safe_load(f"{{{yaml_text(label)}: null}}")
    assert labels(read(["HA", label, label, "M2"], labels=setting)) == ["HA", "M2"]


def test_groups_that_read_like_missing_values_are_none(read):
    found = read(list("abcde"), groups=["g1", "NA", "nan", "NA", "g1"])
    assert found.table["group"].isna().tolist() == [False, True, True, True, False]
    [note] = found.notes
    assert note["severity"] == "warning" and note["message"] == (
        "3 records of 0.csv with a group that reads like a missing value ('NA' 2, 'nan' 1) count "
        "as having no group: is it one? If not, rename it."
    )


def test_words_that_mean_something_do_not_look_missing():
    assert not any(map(looks_missing, ["no", "0", "nano", "missense", "background", None, "-"]))


# ------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    "numbers",
    [
        [f"{i / 7:.4f}" for i in range(199)],
        [f"-{i}.5e-3" for i in range(MOST_NUMBERS)],
        [str(i * i) for i in range(60)],
        [str(i) for i in range(40)],
        [f"{i / 7:.2f}".replace(".", ",") for i in range(30)],
        [f"{i}%" for i in range(30)],
        [str(i * i) for i in range(20) for _ in range(10)],
    ],
    ids=["activities", "small", "counts", "few", "decimal commas", "per cent", "many of each"],
)
def test_numbers_are_no_classes(read, numbers):
    numbers = [f'"{number}"' if "," in number else number for number in numbers]
    different = len(set(numbers))
    assert sentence(read, [*numbers, "NA", "nan"]).startswith(f"labels: {different + 2} different")
    message = sentence(read, numbers)
    assert message.startswith(f"labels: {different} different numbers, such as ")
    assert "these are numbers, not classes; divide them into bins such as low and high" in message


def test_few_numbers_and_codes_of_classes_are_classes(read):
    assert len(set(labels(read([f"{i / 7:.3f}" for i in range(MOST_NUMBERS - 1)])))) == 19
    assert len(set(labels(read([str(i) for i in range(25)] * 10)))) == 25
    assert len(set(labels(read([str(i + 1) for i in range(20)] * 10)))) == 20
    assert len(set(labels(read([*map(str, range(30)), "x"])))) == 31


def test_numbers_can_be_joined_to_classes(read):
    numbers = [str(i * i) for i in range(30)]
    found = read(numbers, labels={"low": numbers[:15], "high": numbers[15:]})
    assert labels(found) == ["low"] * 15 + ["high"] * 15
