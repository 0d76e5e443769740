import numpy as np
import pytest

from attendna.wording import counted, each, either, listed, percent


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
