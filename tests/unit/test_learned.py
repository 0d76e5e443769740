import re
from pathlib import Path

from attendna.reporting import explanations

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"
TAXA = ["vertebrates"]


def found(matches: list[str], family: dict | None, **parts: int) -> dict:
    """motifs.json with one motif, of real data."""
    parts = {"train": 0, "validation": 0, "test": 0} | parts
    motif = {"class": "bound", "consensus": "TGCTGA", "like": None, "family": family}
    motif["matches"] = [{"name": name} for name in matches]
    return {
        "records": sum(parts.values()),
        "parts": parts,
        "classes": ["bound", "other"],
        "strands": "one",
        "motifs": [motif],
        "scores": None,
        "jaspar": "JASPAR",
    }


def test_where_all_are_test_records_that_is_all_that_is_said():
    assert "In 500 test records cnn relies on 1 motif" in explanations.paragraph(
        "cnn", found([], None, test=500), None, "all"
    )


def test_records_that_fill_up_are_told_from_those_of_the_test_part():
    text = explanations.paragraph("cnn", found([], None, test=300, train=200), None, "all")
    assert "In 500 records (300 test, with 200 training to fill up) cnn relies on" in text
    text = explanations.paragraph(
        "cnn", found([], None, test=3, validation=2, train=1), None, "all"
    )
    assert "In 6 records (3 test, with 2 validation and 1 training to fill up) cnn" in text


def test_a_match_that_relatives_share_is_one_of_a_family():
    family = {"names": ["Maf-related"], "members": ["MAF", "MAFA", "MAFK"]}
    text = explanations.paragraph("cnn", found(["MAF", "MAFA"], family, test=9), None, TAXA)
    assert "TGCTGA (MAF or another of Maf-related)" in text
    alone = {"names": ["Maf-related"], "members": ["MAF"]}
    for own in (alone, None):
        motifs = found(["MAF"], own, test=9)
        assert "TGCTGA (MAF)." in explanations.paragraph("cnn", motifs, None, TAXA)


def test_matches_among_all_organisms_are_told_below_with_what_they_are_worth():
    motifs = found(["WRKY21"], None, test=9)
    assert "WRKY21" not in explanations.paragraph("cnn", motifs, None, "all")
    assert "JASPAR" not in explanations.paragraph("cnn", motifs, None, "all")
    text = explanations.compared_with(motifs, "all")
    assert "none of bacteria" in text
    groups = re.findall(r"items: \{enum: \[(vertebrates.*)\]\}", SCHEMA.read_text())
    assert f"({groups[0]})" in text
    assert explanations.compared_with(motifs, TAXA).endswith(
        "of these groups of organisms only: vertebrates."
    )
    none = motifs | {"jaspar": None}
    assert explanations.compared_with(none, "none") == "The motifs were not compared with JASPAR."
