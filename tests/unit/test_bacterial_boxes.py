"""Boxes of bacterial sigma factors: what was published, and found where it stands."""

import numpy as np
import pytest
from matrices import matrix

from attendna.dna import IUPAC
from attendna.explanation.bacterial_boxes import BOXES, FAMILY, described, targets
from attendna.explanation.motif_comparison import jaspar_targets, likenesses


@pytest.fixture(scope="module")
def background():
    return jaspar_targets()


def test_boxes_are_matrices_of_what_was_published():
    for box, target in zip(BOXES, targets(), strict=True):
        np.testing.assert_allclose(target.probabilities.sum(axis=1), 1)
        for word, row in zip(box.columns.split(), target.probabilities, strict=True):
            named = ["ACGT".index(base) for base in IUPAC[word[0]]]
            share = int(word[1:]) / 100 if word[1:] else 1.0 if len(named) == 4 else 0.8
            assert row[named].sum() == pytest.approx(share)
            assert row[named].min() == pytest.approx(row[named].max()) and row.min() > 0
        assert target.families == (FAMILY[box.family],) and box.source
    assert len({box.identifier for box in BOXES}) == len(BOXES)
    assert described().startswith(f"{len(BOXES)} boxes")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("TATAAT", {"sigma-70 -10 box", "sigma-A -10 box"}),
        ("CTTGACA", {"sigma-70 -35 box", "sigma-A -35 box"}),
        ("TGGTATAAT", {"sigma-A extended -10 box"}),
        ("GCCGATAA", {"sigma-28 -10 box"}),
        ("CTGGCACG", {"sigma-54 promoter"}),
        ("CCCCATTTA", {"sigma-32 -10 box"}),
    ],
)
def test_what_a_network_learns_of_a_promoter_has_its_name(found, expected, background):
    known = targets()
    [like] = likenesses([matrix(found, 0.9)], known, 0.1, 10, background=background)
    assert known[like.matches[0].target].name in expected


@pytest.mark.thorough
def test_few_random_motifs_have_a_name(background):
    """With JASPAR as background, so that p-values mean something among 10 targets."""
    rng = np.random.default_rng(0)
    motifs = [rng.dirichlet([0.3] * 4, int(rng.integers(6, 14))) for _ in range(100)]
    like = likenesses(motifs, targets(), 0.1, 10, background=background)
    assert sum(bool(each.matches) for each in like) <= 20
