"""The explanation of some records by several methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from attendna.contracts.attributions import Attributions
from attendna.contracts.checkpoints import Parts
from attendna.explanation import attribution
from attendna.explanation.in_parts import in_parts
from attendna.learning import models
from attendna.learning.backend import keras


@dataclass(frozen=True)
class Methods:
    """How records are explained, as in config.yaml under `explain`.

    Attributes
    ----------
    methods
        Their names.
    baselines, shuffles, steps
        Of integrated gradients.
    seed
        Of the shuffling.
    """

    methods: Sequence[str]
    baselines: Sequence[str]
    shuffles: int
    steps: int
    seed: int


def explain(
    model: keras.Model,
    x: np.ndarray,
    known: Mapping[str, np.ndarray],
    methods: Methods,
    parts: Parts,
) -> Attributions:
    """Explain records.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4).
    known
        What `Attributions` holds of the records: `ids`, `records`, `parts`, `target`.
    methods
        How.
    parts
        What was computed before.
    """
    target = known["target"]

    def inputs(own: slice) -> tuple[int, np.ndarray, np.ndarray]:
        return own.start, x[own], target[own]

    def explained(own: slice) -> dict[str, np.ndarray]:
        return _explained(model, x[own], target[own], methods, own.start)

    found = in_parts(len(x), parts, inputs, explained)
    joined = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    scales, weights = models.attention_along(model, x, batch_size=64)
    return Attributions(
        **known,
        scores=attribution.target_scores(model, x, target),
        methods={method: joined[method] for method in methods.methods},
        scales=scales,
        attention=weights,
        attention_scores=joined["attention"],
        baselines=methods.baselines if "integrated_gradients" in methods.methods else [],
        differences=joined["differences"],
        totals=joined["totals"],
    )


def _explained(
    model: keras.Model, x: np.ndarray, target: np.ndarray, methods: Methods, start: int
) -> dict[str, np.ndarray]:
    """Return float32 (n, length, 4) by method, and what else is told of each record."""
    found = {name: np.zeros((len(x), 0), np.float32) for name in ("differences", "totals")}
    for method in methods.methods:
        if method == "gradient":
            found[method] = attribution.gradient(model, x, target)
        elif method == "mutagenesis":
            found[method] = attribution.in_silico_mutagenesis(model, x, target)
        else:
            found[method], found["differences"], found["totals"] = attribution.integrated_gradients(
                model,
                x,
                target,
                kinds=methods.baselines,
                seed=[methods.seed, start],
                shuffles=methods.shuffles,
                steps=methods.steps,
            )
    return found | {"attention": attribution.attention_scores(model, x, target)}
