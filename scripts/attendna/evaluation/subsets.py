"""The two sets of records that metrics are given for where a split leaks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attendna.contracts.predictions import Predictions


def subsets(
    parts: Mapping[str, Predictions], related: Mapping[str, np.ndarray]
) -> dict[tuple[str, str], np.ndarray]:
    """Return which records to measure, bool (n,), by split and subset.

    `all` records, and `unrelated`, those without a relative in training. A split without relatives
    in training, or with nothing else, has one set.

    Parameters
    ----------
    parts
        Predictions by split.
    related
        By split the ids of the records that have a relative in training, str.
    """
    chosen = {}
    for split, part in parts.items():
        chosen[split, "all"] = np.ones(len(part.ids), bool)
        unrelated = ~np.isin(part.ids, related[split])
        if unrelated.any() and not unrelated.all():
            chosen[split, "unrelated"] = unrelated
    return chosen
