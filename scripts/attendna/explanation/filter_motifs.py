"""The filters of a network's first layers as motifs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from attendna.dna import base_fractions

LEAST_WINDOWS = 10  # of a filter; one with fewer is left out


def filter_motifs(
    filters: np.ndarray, x: np.ndarray, least: int = LEAST_WINDOWS
) -> Iterator[tuple[int, np.ndarray]]:
    """Describe first-layer filters by the windows that excite them most.

    As in Alipanahi et al. 2015, Nat. Biotechnol. 33:831: of each record the window with the
    highest response, where that is above half the highest response of all.

    Parameters
    ----------
    filters
        float (size, 4, filters): the kernels.
    x
        float (n, length, 4): one-hot records.
    least
        Windows; a filter with fewer is left out.

    Yields
    ------
    tuple
        The number of the filter and its counts, float (size, 4).
    """
    # (n, starts, 4, size); padding is 0 and answers with 0
    windows = np.lib.stride_tricks.sliding_window_view(x, len(filters), axis=1)
    responses = np.einsum("nlbk,kbf->nlf", windows, filters, optimize=True)
    best = responses.argmax(axis=1)  # (n, filters)
    peaks = responses.max(axis=1)
    for number in range(filters.shape[2]):
        own = np.flatnonzero(peaks[:, number] > max(0.0, peaks[:, number].max() / 2))
        if len(own) >= least:
            yield number, windows[own, best[own, number]].sum(axis=0).T


def filter_matrices(
    filters: Mapping[str, np.ndarray], x: np.ndarray
) -> list[tuple[str, np.ndarray]]:
    """Describe the filters of all layers by their strongest windows.

    Parameters
    ----------
    filters
        By the name of the layer, float (size, 4, filters).
    x
        uint8 (n, length, 4): the records, encoded.

    Returns
    -------
    list
        Of each filter that is described its name and its counts, float (size, 4).
    """
    fractions = base_fractions(x).astype(np.float32)
    return [
        (f"{layer}_{number}", counts)
        for layer, kernels in filters.items()
        if len(kernels) <= x.shape[1]
        for number, counts in filter_motifs(kernels, fractions)
    ]
