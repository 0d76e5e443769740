"""Hyperparameters of attention_cnn of which nothing is left for the data to decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SETTLED = {
    "members": 2,
    "position": False,
    "reverse_complement": "none",
    "partner_sizes": [],
    "counting": False,
}
NOT_ITS_OWN = ("training", "start")  # keys of the config that the network is not built with


def settled(config: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return those of a config, with as little to do as possible but for some changes."""
    values = config["architectures"]["attention_cnn"]
    own = {name: value for name, value in values.items() if name not in NOT_ITS_OWN}
    # An older config lacks some of them.
    return own | {name: value for name, value in SETTLED.items() if name in own} | changes
