"""A motif's information and consensus are those of its counts."""

import numpy as np
from contributions import motif_of

from attendna.explanation.motifs import column_information


def test_information_is_two_bits_for_a_certain_base_and_none_for_the_background():
    background = np.full(4, 0.25)
    certain = np.array([[1.0, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]])
    np.testing.assert_allclose(column_information(certain, background), [2, 0, 1])


def test_a_motif_of_one_word_has_its_letters_and_two_bits_for_each():
    motif = motif_of("GATTACA")
    assert (motif.consensus, motif.width, motif.information) == ("GATTACA", 7, 14.0)
