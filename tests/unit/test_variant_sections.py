"""What the report says about variants and about how far effects can be believed."""

import copy
from pathlib import Path

from made_up_variants import MODEL, SUMMARY

from attendna.reporting import variant_sections
from attendna.use.variant_windows import MEANINGS, Status


def test_every_status_has_words_and_is_in_the_docs():
    page = (Path(__file__).parents[2] / "docs" / "variants.md").read_text()
    assert set(MEANINGS) == set(Status)
    assert [status for status in Status if f"`{status}`" not in page] == []


def test_variants_are_told_with_their_strongest_effects():
    told = variant_sections.of_variants(SUMMARY)
    assert told["sentence"] == (
        "1,200 of 1,203 variants scored; each effect is the mean over 3 models and over 3 places "
        "in the window."
    )
    assert told["counts"][1] == ("the reference allele is not what the genome has there", 3)
    [row] = told["rows"]
    assert told["header"] == [
        "variant",
        "id",
        "alleles",
        "change of the log odds of yes",
        "spread",
        "motif",
    ]
    assert row[:2] == ["chr1:1234", "rs1"] and row[3:5] == ["1.50", "0.25"]
    assert row[2] == "A > GGGGGGGGGGGG… (30 letters)"
    assert row[5] == "yes_1 lost (10.2 to −3.0 bits)"
    three = copy.deepcopy(SUMMARY) | {"classes": ["no", "yes", "x"], "models": 1}
    three["strongest"][0] |= {"effect_x": "0.1", "sd_x": "", "sd_no": "", "sd_yes": "", "motif": ""}
    [row] = variant_sections.of_variants(three)["rows"]
    assert row[3:] == ["−1.50", "1.50", "0.10", "–", ""]


def test_how_far_effects_can_be_believed_is_said():
    told = variant_sections.of_effects({"records": 200, "models": [MODEL]})
    assert told["sentence"] == (
        "Where the exact log odds change by more than 0.5, the effects that cnn predicts have the "
        "right sign in 98.5% of the substitutions, and Spearman's correlation with the exact "
        "ones is 0.91. "
        "Where the exact log odds do not change, 95% of the effects are below 0.21: treat smaller "
        "ones as no effect."
    )
    assert told["rows"][0]["finite"] == "0.95" and told["infinite"] == 7
    assert [row["size"] for row in told["sizes"]] == ["0 to 0.5", "infinite"]  # none that is empty
    assert told["motifs"][0]["motif"] == "no motif" and told["motifs"][0]["spearman"] == "–"
    nothing = copy.deepcopy(MODEL)
    nothing["large"] |= {"n": 0, "sign": None, "spearman": None}
    nothing["none"] = {"n": 0, "small": None, "p95": None}
    assert variant_sections.believed(nothing) == "No substitution changes anything here."
