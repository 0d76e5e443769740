"""A training that goes on after the last epoch that an earlier one finished."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from attendna import finite
from attendna.contracts.checkpoints import Checkpoint
from attendna.learning import replication
from attendna.learning.backend import keras

# What callbacks remember from epoch to epoch. One of our own names it in its attribute `kept`.
KEPT = {
    keras.callbacks.EarlyStopping: ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
    keras.callbacks.History: ("epoch", "history"),
}
LASTING_AFTER = 1.0  # seconds; an epoch that took less is not worth a wait for the disk


class Resume(keras.callbacks.Callback):
    """Keep the state of a training after each epoch, and start from the one that was kept.

    That state is all that later epochs depend on: variables of the model (weights, statistics,
    random states), of the optimiser (moments, step, learning rate), and what callbacks remember.
    The order of the records follows from the seed and the epoch.

    Parameters
    ----------
    checkpoint
        Where the state is kept.
    callbacks
        All other callbacks of the training, a `keras.callbacks.History` among them. This one has
        to come behind them: it sees what they remember after an epoch, and sets it before the
        first.
    model
        The network, compiled; a state of another form than it has is not used, and this is said.
    quiet
        Whether not to say after which epoch it goes on.

    Attributes
    ----------
    first_epoch
        The epoch to start with, counted from 0.
    stopped
        Whether the training that is taken up had ended.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        callbacks: Sequence[keras.callbacks.Callback],
        model: keras.Model,
        quiet: bool = False,
    ) -> None:
        super().__init__()
        self.checkpoint, self.quiet = checkpoint, quiet
        self.remembering = [(each, names) for each in callbacks if (names := _kept(each))]
        self.state = checkpoint.load()
        if self.state is not None and not self._fits(self.state, model):
            print(f"the state kept in {checkpoint.path} is of another form: starting anew")
            self.state = None
        self.first_epoch = self.state["epochs"] if self.state else 0
        self.stopped = bool(self.state and self.state["stopped"])
        self.saved = time.monotonic()

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Set what was kept."""
        if self.state is None:
            return
        for variables, values in zip(_variables(self.model), self.state["variables"], strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        for (each, _), memory in zip(self.remembering, self.state["callbacks"], strict=True):
            vars(each).update(memory)
        if not self.quiet:
            print(
                f"continuing after epoch {self.first_epoch}, where an earlier run stopped",
                flush=True,
            )
        self.state = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Keep the state."""
        state = {
            "epochs": epoch + 1,
            "stopped": bool(self.model.stop_training),
            "variables": [
                [keras.ops.convert_to_numpy(variable) for variable in variables]
                for variables in _variables(self.model)
            ],
            "callbacks": [
                {name: getattr(each, name) for name in names} for each, names in self.remembering
            ],
        }
        self.checkpoint.save(state, lasting=time.monotonic() - self.saved > LASTING_AFTER)
        self.saved = time.monotonic()

    def _fits(self, state: Any, model: keras.Model) -> bool:
        """Tell whether a state can be set: all its parts, of the right shapes, and numbers."""
        if not model.optimizer.built:
            with replication.scope(model):
                model.optimizer.build(model.trainable_variables)
        weights = [list(values.shape) for values in model.get_weights()]
        try:
            epochs, callbacks = state["epochs"], state["callbacks"]
            shapes = [[list(value.shape) for value in of] for of in state["variables"]]
            expected = [[list(each.shape) for each in of] for of in _variables(model)]
            numbers = all(finite.all_numbers(value) for of in state["variables"] for value in of)
            names = [set(names) for _, names in self.remembering]
            fits = [
                epochs in range(1, epochs + 1) and isinstance(state["stopped"], bool),
                shapes == expected and numbers,
                [set(memory) for memory in callbacks] == names,
            ]
            for (each, _), memory in zip(self.remembering, callbacks, strict=True):
                if isinstance(each, keras.callbacks.History):
                    seen = memory["epoch"]
                    fits += [len(seen) == epochs, seen == list(range(len(seen)))]
                    fits += [len(of) == epochs for of in memory["history"].values()]
                    fits += map(finite.all_numbers, memory["history"].values())
                best = memory.get("best_weights")
                fits.append(best is None or [list(of.shape) for of in best] == weights)
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        return all(fits)


def _variables(model: keras.Model) -> list[list[Any]]:
    """Return the variables of the model, random states among them, and of the optimiser."""
    return [model.variables, model.optimizer.variables]


def _kept(callback: keras.callbacks.Callback) -> tuple[str, ...]:
    return KEPT.get(type(callback), getattr(callback, "kept", ()))
