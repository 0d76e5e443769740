"""Which words stand for the motifs of a network."""

import numpy as np
import pytest
from toy_scorers import motif

from attendna.explanation.pair_words import Word, parts, words_of


def letters(motifs, most=8):
    return [word.letters for word in words_of(motifs, most)]


def test_the_strongest_come_first_and_no_more_than_are_wanted():
    motifs = [motif("a", "GATTACAG", sites=20), motif("b", "CCGTTTGC", effect=-9.0)]
    motifs.append(motif("c", "TTGACATA", sites=90))
    assert letters(motifs) == ["CCGTTTGC", "TTGACATA", "GATTACAG"]
    assert letters(motifs, 2) == ["CCGTTTGC", "TTGACATA"]
    assert letters(motifs, 0) == [] and letters([]) == []


@pytest.mark.parametrize(
    "near",
    [
        motif("b", "GATTACAG", sites=9, like={"motif": "a", "strand": "-"}),
        motif("b", "CTGTAATC", sites=9),  # the other strand
        motif("b", "GATTTCAG", sites=9),  # one base is another one
        motif("b", "ATTACA", sites=9),  # a part
        motif("b", "CCGATTACAGTT", sites=9),  # or more of it
    ],
)
def test_a_near_copy_is_no_second_word(near):
    assert letters([motif("a", "GATTACAG"), near]) == ["GATTACAG"]
    assert len(letters([motif("a", "GATTACAG"), motif("b", "GATTGGTG")])) == 2


def test_flanks_that_tell_little_are_no_part_of_a_word():
    assert letters([motif("a", "CCGATTACAGTT", weak=(0, 1, 10, 11))]) == ["GATTACAG"]
    assert [len(word) for word in letters([motif("a", "CCGATTACAGTT", weak=(5, 6))])] == [12]
    assert letters([motif("a", "GATT", weak=(3,))]) == []  # too short
    assert letters([motif("a", "GATTACAG", weak=range(8))]) == []


def test_two_sites_in_one_motif_are_two_words():
    both = motif("a", "GATTACAGNNNNNCCGTTTGC", weak=range(8, 13))
    assert [(w.motif, w.letters) for w in words_of([both], 8)] == [
        ("a", "GATTACAG"),
        ("a", "CCGTTTGC"),
    ]
    assert parts(np.array(motif("a", "GATTACAGNNCCGTTTGC", weak=(8, 9))["counts"])) == [
        "GATTACAGAACCGTTTGC"
    ]


def test_a_word_on_the_other_strand_is_its_reverse_complement():
    word = Word("a", "hit", "GATTACAG")
    np.testing.assert_array_equal(word.on("-"), Word("a", "hit", "CTGTAATC").on("+"))
    assert [Word("", "", each).palindrome for each in ("TGACTCA", "GAATTC", "GATTACAG")] == [
        True,
        True,
        False,
    ]
