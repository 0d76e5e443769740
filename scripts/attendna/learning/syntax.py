"""Whether it matters how sites are arranged and how many there are, so filters should see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from attendna.contracts.checkpoints import Checkpoint
from attendna.contracts.encoded import Encoded
from attendna.learning import models, starting, training
from attendna.learning.automatic import sample
from attendna.learning.backend import keras
from attendna.learning.layers import SiteAttention
from attendna.learning.probes import standard_error

RECORDS = 5_000  # training records at most that a small network learns from
CHECKED = 4_000  # and validation records that it is tested on
FEWEST_RECORDS = 1_000  # training records from which on they can show anything
STEPS, FEWEST = 600, 8  # of its training: steps, and epochs at least
SHOWN = 3.0  # in standard errors: so much better is one that sees the arrangement
# Share of counting from which a small network starts, and to which it pulls up only a filter of
# which the number of sites matters; of all others it falls.
COUNTED = 0.5
USUAL = 15  # bases: of the scale that small networks have, or the nearest one
LEAST = 1e-9  # probability that is reckoned with
NONE: dict[str, Any] = {"partner_sizes": [], "counting": False}


def decided(
    hyperparameters: Mapping[str, Any],
    encoded: Encoded,
    split: Mapping[str, np.ndarray],
    settings: training.Training,
    seed: int,
    checkpoint: Callable[[str], Checkpoint | None] = lambda name: None,
) -> dict[str, Any]:
    """Return hyperparameters with `partner_sizes`, `counting` and `start` decided if "auto".

    A network of one member and one scale, whose filters learned from shuffled sequences, counts
    sites by half: if one of its filters gets to count more than that, their number matters. Another
    one, of the same start and on the same records, sees the arrangement of sites instead: if its
    log loss is significantly lower on the validation records, the arrangement matters. Of few
    records neither could be learned, so nothing is asked of them.

    Parameters
    ----------
    hyperparameters
        Of `models.attention_cnn`, all others decided.
    encoded, split
        The data, and the indices of "train" and "validation".
    settings
        How the network is trained, but for fewer epochs.
    seed
        Of the records that are drawn and of the trainings.
    checkpoint
        What gives the checkpoint of a training by its name.
    """
    chosen = dict(hyperparameters)
    asked = [name for name in NONE if chosen.get(name) == "auto"]
    if asked and len(split["train"]) < FEWEST_RECORDS:
        chosen |= {name: NONE[name] for name in asked}
        reason = "too few records to learn from how sites are arranged or how many there are"
        print(reason, flush=True)
    elif asked:
        size = min(chosen["kernel_sizes"], key=lambda size: abs(size - USUAL))
        small = chosen | {"members": 1, "kernel_sizes": [size]}
        probes = _Probes(small, encoded, split, settings, seed, checkpoint)
        if "counting" in asked:
            matters = chosen["counting"] = probes.number_matters()
            found = "matters: filters count them" if matters else "does not matter"
            print(f"the number of sites {found}", flush=True)
        if "partner_sizes" in asked:
            matters = probes.arrangement_matters()
            chosen["partner_sizes"] = [size] if matters else []
            found = "matters: filters see each other's sites" if matters else "does not matter"
            print(f"the arrangement of sites {found}", flush=True)
    if chosen.get("start") == "auto":
        chosen["start"] = "shuffled" if chosen.get("partner_sizes") else "random"
    return chosen


class _Probes:
    """Small networks on some of the records; see `decided`."""

    def __init__(
        self,
        small: Mapping[str, Any],
        encoded: Encoded,
        split: Mapping[str, np.ndarray],
        settings: training.Training,
        seed: int,
        checkpoint: Callable[[str], Checkpoint | None],
    ) -> None:
        self.small = starting.own(small) | {"partner_sizes": []}
        self.may_count = self.small.pop("counting") in (True, "auto")
        self.encoded, self.settings, self.seed = encoded, settings, seed
        self.checkpoint = checkpoint
        rng = np.random.default_rng(seed)
        self.rows = {
            part: np.sort(sample(encoded.y, split[part], rng, most))
            for part, most in (("train", RECORDS), ("validation", CHECKED))
        }
        about = (encoded, self.rows, settings, seed)
        kept = checkpoint("syntax_start")
        self.start = starting.learned(self.small, *about, checkpoint=kept)
        self.base = self.trained("syntax_base", counting=self.may_count)

    def number_matters(self) -> bool:
        """Tell whether a network that may count does."""
        shares = [keras.ops.convert_to_numpy(layer.copies) for layer in _poolings(self.base)]
        return bool(np.max(shares) > COUNTED)

    def arrangement_matters(self) -> bool:
        """Tell whether a network that sees the arrangement of sites is significantly better."""
        seeing = self.trained("syntax_partners", partner_sizes=self.small["kernel_sizes"])
        gain = self.losses(self.base) - self.losses(seeing)
        return len(gain) > 1 and bool(gain.mean() > SHOWN * standard_error(gain))

    def trained(self, name: str, **others: Any) -> keras.Model:
        """Train a small network that is named so in the checkpoints."""
        encoded, rows = self.encoded, self.rows
        about = (encoded.x.shape[1], encoded.classes, encoded.positive)
        model = models.attention_cnn(*about, crop=encoded.crop, **self.small | others)
        starting.hand_on(self.start, model)
        for layer in _poolings(model):
            if layer.counting:
                layer.copies.assign(np.full(layer.copies.shape, COUNTED, np.float32))
        training.train(
            model,
            encoded.x,
            encoded.y,
            rows,
            starting.briefly(self.settings, len(rows["train"]), STEPS, FEWEST),
            self.seed,
            reverse_complements=self.small["reverse_complement"] == "augment",
            checkpoint=self.checkpoint(name),
            quiet=True,
        )
        return model

    def losses(self, model: keras.Model) -> np.ndarray:
        """Return the log loss of each validation record, float64 (n,)."""
        validation = self.rows["validation"]
        p = models.predict(model, self.encoded.x[validation])
        own = p[np.arange(len(p)), self.encoded.y[validation]]
        return -np.log(np.maximum(own, LEAST))


def _poolings(model: keras.Model) -> list[SiteAttention]:
    """Return the layers of a network that pool sites, if it has such."""
    return [layer for layer in model.layers if isinstance(layer, SiteAttention)]
