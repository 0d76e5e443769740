"""Names: which are taken, and that words stand for them without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna import names

ODD = ['5" box', "open chromatin", "50%", "%41", "#1", "track", "browser", "=1+1", "é ü", "a;b"]
shown = st.text(min_size=1, max_size=20).filter(str.isprintable)


@pytest.mark.parametrize("name", [*ODD, "x" * 1000, "日本", "naïve 'x'"])
def test_what_can_be_shown_is_a_name(name):
    assert names.fault(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a\tb", "holds the character U+0009, which can't be shown; remove it."),
        ("a\nb", "holds the character U+000A,"),
        ("\x1b[2J", "holds the character U+001B,"),
        ("a\ud800", "holds the character U+D800,"),
        ("\u202eabc", "holds the character U+202E,"),
        ("abc\u2066", "holds the character U+2066,"),
        ("a\u200fb", "holds the character U+200F,"),
        ("  ", "holds nothing but blanks, which can't be seen; choose another."),
        ("x" * 1001, "has 1,001 letters, and at most 1,000 can be shown; shorten it."),
    ],
)
def test_what_can_not_be_shown_is_none(name, said):
    assert names.fault(name).startswith(said)


@given(st.one_of(st.sampled_from(ODD), shown))
def test_a_word_stands_for_one_name(name):
    word = names.to_word(name)
    assert names.from_word(word) == name
    assert word.split() == [word] and '"' not in word
    assert not word.startswith("#") and word not in ("track", "browser")


def test_plain_names_are_words_as_they_are():
    for name in ("chr1:10-20(+)", "hit_1", "FOS::JUN", "sp|P1|X", "é", "a'b", "=1+1"):
        assert names.to_word(name) == name
    assert names.to_word("open chromatin_1") == "open%20chromatin_1"
