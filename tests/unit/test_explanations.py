"""What the report says about explanations, held against the numbers that it is made from."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna.reporting import explanations

CLASSES = ["bound", "other"]
SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"
TAXA = ["vertebrates"]
METHODS = ["gradient", "integrated_gradients", "mutagenesis"]
WORDS = st.lists(st.text("ACGT", min_size=6, max_size=6), unique=True, max_size=12)


def paragraph(motifs, scores=None):
    return explanations.paragraph("net", motifs, scores, TAXA)


def numbers(text):
    """The numbers of a text, in order."""
    return [int(word.replace(",", "")) for word in re.findall(r"\d[\d,]*", text)]


def motif(name, consensus, like=None, matches=()):
    return {
        "class": name,
        "consensus": consensus,
        "like": like,
        "family": None,
        "matches": [{"name": match} for match in matches],
    }


def found(motifs, strands="one", **more):
    """motifs.json of 7 test records."""
    return {
        "records": 7,
        "parts": {"train": 0, "validation": 0, "test": 7},
        "classes": CLASSES,
        "strands": strands,
        "motifs": motifs,
        "scores": None,
        "jaspar": None,
    } | more


def scores(low=0.5, sure=METHODS, **more):
    """explanation_scores.json; deletion changes the score for the methods that are `sure`."""
    deletion = {name: {"low": 0.1 if name in sure else -0.1} for name in METHODS}
    return {
        "score": {"low": low},
        "faithfulness": {"deletion": deletion | {"random": {"low": 0.3}}},
    } | more


@given(bound=WORDS, variants=st.integers(0, 3))
def test_motifs_are_counted_and_the_first_are_named_with_their_class(bound, variants):
    like = {"motif": "motif1", "strand": "+"}
    other = ["NNNNNN"]  # no word of the other class
    motifs = [motif("bound", word) for word in bound] + [motif("other", other[0])]
    motifs += [motif("bound", "variant", like)] * variants
    text = paragraph(found(motifs))
    named, more = bound[: explanations.NAMED], len(bound) - explanations.NAMED
    expected = [7, len(bound) + 1, *([variants] * (variants > 0)), *([more] * (more > 0))]
    assert numbers(text) == expected
    assert re.findall("[ACGTN]{6}", text) == [*named, *other] and "variant:" not in text
    assert ("bound none" in text) == (not bound)
    assert text.index("other") < text.index(other[0])


def test_a_reverse_complement_is_a_motif_of_its_own_where_strands_count():
    like = {"motif": "motif1", "strand": "-"}
    motifs = [motif("bound", "GATTAC"), motif("bound", "GTAATC", like)]
    assert paragraph(found(motifs, "one")).startswith(
        "In 7 test records, net relies on 2 motifs, 1 of which is the reverse complement of "
        "another: for bound GATTAC, GTAATC;"
    )
    two = [*motifs, motif("other", "GGATTA", like)]
    assert "3 motifs, 2 of which are reverse complements of others:" in paragraph(found(two))
    assert numbers(paragraph(found(motifs, "both"))) == [7, 1, 1]
    assert "GTAATC" not in paragraph(found(motifs, "both"))


def test_a_class_without_a_motif_is_told():
    motifs = found([motif("other", "GATTAC")])
    assert (
        paragraph(motifs)
        == "In 7 test records, net relies on 1 motif: for bound none; for other GATTAC."
    )


def test_a_negative_value_has_a_true_minus_sign():
    agreement = {"methods": [], "seeds": [{"method": "attention", "seed": 2}]}
    agreement["seeds"][0] |= {"value": -0.04, "low": -0.07, "high": 0.02}
    assert explanations.agreement_rows({"agreement": agreement}) == [
        ("attention, compared with seed 2", "−0.04 (−0.07 to 0.02)")
    ]


def test_without_motifs_none_is_counted():
    assert numbers(paragraph(found([]))) == [7]


@given(known=st.integers(0, 8), unknown=st.integers(0, 3))
def test_known_motifs_are_counted_and_named_by_their_best_match(known, unknown):
    words = [f"{'ACGT'[i // 4]}{'ACGT'[i % 4]}GGGG" for i in range(known)]
    motifs = [motif("bound", word, None, [f"TF{word}", "second"]) for word in words]
    motifs += [motif("bound", "TTTTTT")] * unknown
    text = paragraph(found(motifs, jaspar="JASPAR")).removeprefix(paragraph(found(motifs)))
    named, more = words[: explanations.NAMED], known - explanations.NAMED
    assert numbers(text) == ([known] if known else []) + ([more] if more > 0 else [])
    assert re.findall(r"(\w{6}) \((\w+)\)", text) == [(word, f"TF{word}") for word in named]
    assert ("None" in text) == (known == 0 and unknown > 0)


@pytest.mark.parametrize("missed", [[], ["CAAT"], ["CAAT", "TATA", "GGGCGG"]])
def test_planted_motifs_are_counted_and_those_that_were_missed_named(missed):
    planted = {name: {"motif": "m"} for name in ("TTGACA", "GATTACA")} | dict.fromkeys(missed)
    counts = {"planted": len(planted), "recovered": 2}
    motifs = found([motif("bound", "TTTTTT", None, ["MAF"])], scores=counts, planted=planted)
    text = paragraph(motifs | {"jaspar": "JASPAR"}).removeprefix(
        paragraph(motifs | {"scores": None})
    )
    assert numbers(text) == ([len(planted), 2] if missed else [2])
    assert [name for name in planted if name in text] == missed
    assert "MAF" not in text  # the truth says more


@given(
    shares=st.dictionaries(
        st.sampled_from([*METHODS, "untrained_gradient", "untrained_mutagenesis"]),
        st.integers(0, 100),
    ),
    attention=st.none() | st.integers(0, 100),
)
def test_the_precision_is_that_of_the_best_method_of_the_trained_network(shares, attention):
    shares = {"gradient": 40} | shares
    all_shares = shares | ({} if attention is None else {"attention": attention})
    of_oracle = {name: {"value": share / 100} for name, share in all_shares.items()}
    text = paragraph(found([]), scores(of_oracle=of_oracle))
    best = max(METHODS, key=lambda name: shares.get(name, -1))
    assert numbers(text) == [7, shares[best], *([] if attention is None else [attention])]
    ties = [name for name in METHODS if shares.get(name) == shares[best]]
    assert any(explanations.METHODS[name] in text for name in ties)


@pytest.mark.parametrize("sure", [[], METHODS[:1], METHODS[1:], METHODS])
def test_methods_whose_bases_change_the_score_are_told_from_those_whose_do_not(sure):
    text = paragraph(found([]), scores(sure=sure))
    named = {name for name in METHODS if re.search(rf"\b{explanations.METHODS[name]}\b", text)}
    some = 0 < len(sure) < len(METHODS)
    assert named == (set(sure) if some else set())
    assert ("do not trust these explanations" in text) == (not sure)
    others = {tuple(each): paragraph(found([]), scores(sure=each)) for each in ([], METHODS[:1])}
    assert all((text == other) == (list(each) == sure) for each, other in others.items())


@pytest.mark.parametrize(("low", "warned"), [(-0.1, True), (0.0, True), (0.01, False)])
def test_a_network_that_does_not_tell_the_classes_apart_comes_with_a_warning_first(low, warned):
    text, sound = (paragraph(found([]), scores(low)) for low in (low, 1.0))
    assert (text != sound) == warned
    assert text.endswith(sound) and ("little" in text) == warned


def test_a_row_holds_the_numbers_of_its_method_and_nothing_for_those_that_there_are_not():
    def value(number):
        return {"value": number, "low": number - 0.01, "high": number + 0.01}

    content = {
        "auprc": {"gradient": value(0.61), "oracle": value(0.9), "untrained_gradient": value(0.2)},
        "top_k_recall": {"gradient": value(0.55)},
        "of_oracle": {"gradient": value(0.7)},
        "faithfulness": {
            "deletion": {"mutagenesis": value(1.5)},
            "insertion": {"mutagenesis": value(2.5)},
        },
        "agreement": {"untrained": {"mutagenesis": value(0.12)}},
    }
    rows = {row.pop("method"): row for row in explanations.score_rows(content)}
    none = explanations.score_rows(content)[0]["deletion"]
    gradient = {"auprc": "0.610 (0.600 to 0.620)", "of_oracle": "70% (69% to 71%)"}
    gradient |= {"untrained": "0.200 (0.190 to 0.210)", "recall": "0.550 (0.540 to 0.560)"}
    mutagenesis = {"deletion": "1.50 (1.49 to 1.51)", "insertion": "2.50 (2.49 to 2.51)"}
    mutagenesis |= {"control": "0.12 (0.11 to 0.13)"}
    for name, cells in (
        ("gradient", gradient),
        ("in-silico mutagenesis", mutagenesis),
        ("best possible", {"auprc": "0.900 (0.890 to 0.910)"}),
    ):
        assert {column: cell for column, cell in rows.pop(name).items() if cell != none} == cells
    assert not rows and not numbers(none)


# ------------------------------------------------------------------------------ which records


def one_motif(matches: list[str], family: dict | None, **parts: int) -> dict:
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
    assert "In 500 test records, cnn relies on 1 motif" in explanations.paragraph(
        "cnn", one_motif([], None, test=500), None, "all"
    )


def test_records_that_fill_up_are_told_from_those_of_the_test_part():
    text = explanations.paragraph("cnn", one_motif([], None, test=300, train=200), None, "all")
    assert "In 500 records (300 test, filled up with 200 training), cnn relies on" in text
    text = explanations.paragraph(
        "cnn", one_motif([], None, test=3, validation=2, train=1), None, "all"
    )
    assert "In 6 records (3 test, filled up with 2 validation and 1 training), cnn" in text


def test_a_match_that_relatives_share_is_one_of_a_family():
    family = {"names": ["Maf-related"], "members": ["MAF", "MAFA", "MAFK"]}
    text = explanations.paragraph("cnn", one_motif(["MAF", "MAFA"], family, test=9), None, TAXA)
    assert "TGCTGA (MAF or another member of Maf-related)" in text
    alone = {"names": ["Maf-related"], "members": ["MAF"]}
    for own in (alone, None):
        motifs = one_motif(["MAF"], own, test=9)
        assert "TGCTGA (MAF)." in explanations.paragraph("cnn", motifs, None, TAXA)


def test_matches_among_all_organisms_are_told_below_with_what_they_are_worth():
    motifs = one_motif(["WRKY21"], None, test=9)
    assert "WRKY21" not in explanations.paragraph("cnn", motifs, None, "all")
    assert "JASPAR" not in explanations.paragraph("cnn", motifs, None, "all")
    text = explanations.compared_with(motifs, "all")
    assert "no motifs of bacteria" in text
    groups = re.findall(r"items: \{enum: \[(vertebrates.*)\]\}", SCHEMA.read_text())
    assert f"({groups[0].removesuffix(', bacteria')})" in text
    assert explanations.compared_with(motifs, TAXA).endswith(
        "of these groups of organisms only: vertebrates."
    )
    none = motifs | {"jaspar": None}
    assert explanations.compared_with(none, "none") == "The motifs were not compared with JASPAR."
