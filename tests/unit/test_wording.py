import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna.wording import ROUNDING, counted, decimals, each, either, listed, percent, share


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "no records"), (1, "1 record"), (2, "2 records"), (1234567, "1,234,567 records")],
)
def test_a_noun_agrees_with_its_number(number, text):
    assert counted(number, "record") == text
    assert counted(np.int64(number), "record") == text


def test_a_noun_may_have_a_plural_of_its_own():
    assert counted(0, "class", "classes") == "no classes"
    assert counted(1, "class", "classes") == "1 class"
    assert counted(2, "group of relatives", "groups of relatives") == "2 groups of relatives"


@pytest.mark.parametrize(
    ("words", "text"), [(["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_what_one_can_choose_from_is_listed(words, text):
    assert either(words) == text


def test_the_first_of_many_names_are_listed_and_the_others_counted():
    assert listed([]) == "" and listed(["a"]) == "a"
    assert listed(["a", "b", "c"], 3) == "a, b, c"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed([str(i) for i in range(1234)]).endswith("8, 9 and 1,224 more")


@pytest.mark.parametrize(
    ("share", "text"), [(0.8, "80%"), (0.975, "97.5%"), (1, "100%"), (0.57, "57%")]
)
def test_a_share_that_was_chosen_has_the_digits_that_it_needs(share, text):
    assert percent(share) == text


def test_classes_named_by_numbers_are_told_apart_from_their_counts():
    assert each({"0": 1191, "1": 20}) == "0: 1,191, 1: 20"
    assert each({}) == ""


@given(
    st.lists(
        st.one_of(
            st.floats(-1, 1),
            st.floats(-1e-5, 1e-5),
            st.floats(0, 1e-5).map(lambda gap: 1 - gap),
            st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-17, 1 - 1e-16]),
        ),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 4),
    st.sampled_from([1, 100]),
)
def test_no_number_looks_like_all_or_nothing_that_is_not(shares, digits, full):
    values = [full * part for part in shares]
    for value, text in zip(values, decimals(values, digits, full), strict=True):
        said = float(text.rpartition(" ")[2].replace("−", "-"))
        assert abs(said - value) <= 0.5 * 10**-digits + 1e-6
        assert not text.startswith("-")
        for exact in (0, full, -full):
            if abs(value - exact) > 2 * full * ROUNDING:
                assert said != exact
            elif abs(value - exact) < full * ROUNDING / 2:
                assert said == exact and "than" not in text


@pytest.mark.parametrize(
    ("values", "digits", "texts"),
    [
        ([0.9997, 0.9934, 1.0], 2, ["0.9997", "0.9934", "1.0000"]),
        ([0.0456, 0.0003, 0.0721], 3, ["0.046", "0.0003", "0.072"]),
        ([-0.0004, -1e-8, 1e-8], 3, ["−0.0004", "more than −0.000001", "less than 0.000001"]),
        ([1 - 1e-9, -1 + 1e-9], 2, ["more than 0.999999", "less than −0.999999"]),
        ([None, float("nan"), 12.34567, 1.0004], 2, ["–", "–", "12.35", "1.00"]),
    ],
)
def test_numbers_have_more_digits_near_all_or_nothing(values, digits, texts):
    assert decimals(values, digits) == texts


def test_a_measured_share_is_none_or_all_only_where_it_is():
    assert [share(n, 200) for n in (0, 14, 200)] == ["0.0%", "7.0%", "100.0%"]
    assert share(3, 10_000) == "0.03%" and share(9_998, 10_000) == "99.98%"
    assert share(0.62, digits=0) == "62%" and share(0.999, digits=0) == "99.9%"
    assert share(0, 0) == "–"
