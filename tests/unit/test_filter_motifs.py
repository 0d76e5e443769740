"""A filter is described by what it looks for."""

import numpy as np
from contributions import motif_of, number, planted

from attendna.explanation.filter_motifs import filter_motifs


def test_a_filter_is_described_by_the_windows_that_it_looks_for():
    made, _ = planted(["GATTACA"])
    kernel = np.eye(4)[number("GATTACA")]
    filters = np.stack([kernel, np.zeros_like(kernel)], axis=2)
    ((which, counts),) = filter_motifs(filters, made.one_hot, least=10)
    assert which == 0
    assert motif_of("GATTACA").consensus == "".join("ACGT"[i] for i in counts.argmax(axis=1))
    np.testing.assert_allclose(counts.sum(axis=1), len(made.bases))
