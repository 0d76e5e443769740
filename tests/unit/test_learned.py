from attendna.reporting import explanations


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
    assert "In 500 test records cnn goes by 1 motif" in explanations.paragraph(
        "cnn", found([], None, test=500), None
    )


def test_records_that_fill_up_are_told_from_those_of_the_test_part():
    text = explanations.paragraph("cnn", found([], None, test=300, train=200), None)
    assert "In 500 records (300 test, with 200 training to fill up) cnn goes by" in text
    text = explanations.paragraph("cnn", found([], None, test=3, validation=2, train=1), None)
    assert "In 6 records (3 test, with 2 validation and 1 training to fill up) cnn" in text


def test_a_match_that_relatives_share_is_one_of_a_family():
    family = {"names": ["Maf-related"], "members": ["MAF", "MAFA", "MAFK"]}
    text = explanations.paragraph("cnn", found(["MAF", "MAFA"], family, test=9), None)
    assert "TGCTGA (MAF or another of Maf-related)" in text
    alone = {"names": ["Maf-related"], "members": ["MAF"]}
    for own in (alone, None):
        assert "TGCTGA (MAF)." in explanations.paragraph("cnn", found(["MAF"], own, test=9), None)
