"""How large a network will be, told before it is built: no machine has room for any number."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from attendna.errors import UserError

NUMBER = 4  # bytes in single precision
# Of each weight: itself, its gradient, two moments of Adam, and the best epoch's.
COPIES = 5
BLOCK = 4  # positions, see `layers.SiteAttention`: imported it would bring TensorFlow along


def weights(hyperparameters: Mapping[str, Any], length: int, outputs: int) -> dict[str, int]:
    """Return how many weights `models.attention_cnn` has at least, by the setting they come of.

    Parameters
    ----------
    hyperparameters
        Those of `models.attention_cnn`, none of them "auto".
    length
        Positions of the input.
    outputs
        Logits.
    """
    sizes, filters = hyperparameters["kernel_sizes"], hyperparameters["filters"]
    members, hidden = hyperparameters["members"], hyperparameters["hidden"]
    every = members * filters
    layers = [len(sizes) * filters, *hidden, outputs]
    dense = sum((inputs + 1) * units for inputs, units in pairwise(layers))
    # Of a filter: a matrix, its sharpness and threshold, four numbers of its batch norm; perhaps a
    # taper, a number for counting, and a prior over positions, of which this is the finest level.
    others = (hyperparameters["taper"] is not None) + hyperparameters["counting"]
    own = [4 * size + 6 + others for size in sizes]
    return {
        "kernel_sizes": every * sum(own),
        "position": every * len(sizes) * length * bool(hyperparameters["position"]),
        "hidden": members * dense,
        "partner_reach": members * _of_pairs(hyperparameters),
    }


def _of_pairs(hyperparameters: Mapping[str, Any]) -> int:
    """Return how many weights a member has for pairs of filters and their distances."""
    scales = set(hyperparameters["partner_sizes"]) & set(hyperparameters["kernel_sizes"])
    distances = 2 * (hyperparameters["partner_reach"] // BLOCK) + 1
    filters = hyperparameters["filters"]
    return len(scales) * (distances * filters + 1) * filters


def responses(hyperparameters: Mapping[str, Any], length: int, batch_size: int) -> int:
    """Return how many numbers the filters of a step's batch give, all of which it has to keep."""
    strands = 2 if hyperparameters["reverse_complement"] in ("average", "either") else 1
    filters = hyperparameters["members"] * hyperparameters["filters"]
    return strands * batch_size * length * filters * len(hyperparameters["kernel_sizes"])


def check(
    hyperparameters: Mapping[str, Any],
    length: int,
    outputs: int,
    batch_size: int,
    available: int,
) -> None:
    """Raise if the training of an `attention_cnn` can't fit in the memory that there is.

    Parameters
    ----------
    hyperparameters, length, outputs
        See `weights`.
    batch_size
        Sequences of a step.
    available
        Bytes of memory.

    Raises
    ------
    UserError
        With the setting that takes most, and how much.
    """
    found = weights(hyperparameters, length, outputs)
    need = {name: NUMBER * COPIES * count for name, count in found.items()}
    need["filters"] = NUMBER * responses(hyperparameters, length, batch_size)
    total = sum(need.values())
    if total <= available:
        return
    most = max(need, key=need.get)
    beside = ["members"] if most in ("hidden", "filters") else ["filters", "members"]
    others = " and ".join(f"{name}: {hyperparameters[name]}" for name in beside)
    raise UserError(
        f"attention_cnn: {most}: {_shown(hyperparameters[most])}, with {others}, makes a network "
        f"of {sum(found.values()):,} weights "
        f"whose training takes {total / 1e9:,.1f} GB of memory or more, and there are "
        f"{available / 1e9:,.1f} GB; make it smaller."
    )


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
