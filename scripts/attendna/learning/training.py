"""Training a network: it is fitted to the training records, and its best epoch is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from attendna import finite
from attendna.contracts.checkpoints import Checkpoint
from attendna.learning import allocator, models, replication
from attendna.learning.backend import keras
from attendna.learning.batches import Batches, class_weights, targets
from attendna.learning.callbacks import (
    CALIBRATED,
    MONITORED,
    EpochStart,
    FadeDropout,
    FiniteLosses,
    LearningRateLog,
    Progress,
)
from attendna.learning.losses import CalibratedLoss, MemberLoss, MemberMetric
from attendna.learning.resuming import Resume
from attendna.learning.schedule import WarmUpCosine, disturbance, plan

CHECKED = 512  # validation records at a time
PLATEAU_PATIENCE, PLATEAU_FACTOR, PLATEAU_LOWEST = 5, 0.5, 1e-6


@dataclass(frozen=True)
class Training:
    """How a network is trained; see the section `training` of config.yaml."""

    epochs: int | str
    batch_size: int | str
    learning_rate: float
    schedule: str
    early_stopping: int | None
    class_weight: str
    mutation: float
    calibration: str

    @classmethod
    def of(cls, settings: Mapping) -> Training:
        """Take what concerns the training from all settings."""
        return cls(**{name: settings[name] for name in cls.__dataclass_fields__})


def train(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    split: Mapping[str, np.ndarray],
    training: Training,
    seed: int,
    reverse_complements: bool = False,
    count: int = 1,
    checkpoint: Checkpoint | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    quiet: bool = False,
) -> dict[str, list[float]]:
    """Train a network in place and leave it with the weights of its best epoch.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4).
    y
        int (n,), index into the model's classes.
    split
        Indices of "train" and "validation".
    training
        The settings.
    seed
        Of the shuffling.
    reverse_complements
        Whether to show each sequence as its reverse complement half of the times.
    count
        Devices that each step's batch is divided among.
    checkpoint
        Where to keep the state after each epoch and, if one was kept, to go on from it.
    callbacks
        Of the caller's, called after our own.
    quiet
        Whether to print nothing of it.

    Returns
    -------
    dict
        One list a column of `history.tsv`, one value an epoch.

    Raises
    ------
    UserError
        If a loss or a weight is not a number.
    """
    allocator.keep_freed_memory()
    last = model.get_layer(models.PROBABILITIES)
    records = len(split["train"])
    epochs, batch_size = plan(training.epochs, training.batch_size, records, count)
    by_class = class_weights(y[split["train"]], len(last.classes), training.class_weight)
    wanted, weights = targets(y, last.classes, last.positive), by_class[y]
    left = disturbance(epochs)
    fitted = Batches(
        x,
        wanted,
        weights,
        split["train"],
        batch_size,
        seed,
        training.mutation * left,
        reverse_complements,
        devices=count,
    )
    checked = Batches(x, wanted, weights, split["validation"], CHECKED)
    if not quiet:
        print(f"{records:,} training records, batches of {batch_size}, at most {epochs} epochs")
    fitting = model if count == 1 else replication.replicate(model, count)
    with replication.scope(fitting):
        _compile(fitting, training, epochs * len(fitted))
    ours = [EpochStart(fitted), FadeDropout(left), *_callbacks(training, epochs)]
    if not quiet:
        ours.append(Progress(epochs, records))
    history = _fit(fitting, fitted, checked, epochs, ours, checkpoint, callbacks, quiet)
    weights = fitting.get_weights()
    remedy = models.retraining(model, training.learning_rate, training.schedule)
    for values in weights:
        finite.check(values, "the weights of the network", remedy)
    if fitting is not model:
        model.set_weights(weights)
    last.priors = [float(weight) for weight in by_class]
    model.make_predict_function(force=True)  # a compiled one would go on without them
    return _columns(history)


def _fit(
    model: keras.Model,
    fitted: Batches,
    checked: Batches,
    epochs: int,
    ours: Sequence[keras.callbacks.Callback],
    checkpoint: Checkpoint | None,
    callbacks: Sequence[keras.callbacks.Callback],
    quiet: bool,
) -> dict[str, list[float]]:
    """Fit a compiled network, from the state that was kept if there is one; return its history."""
    ours = [*ours, keras.callbacks.History()]
    first_epoch = 0
    if checkpoint is not None:
        resume = Resume(checkpoint, ours, model, quiet)
        ours.append(resume)
        first_epoch = epochs if resume.stopped else resume.first_epoch
    return model.fit(
        fitted,
        validation_data=checked,
        epochs=epochs,
        initial_epoch=first_epoch,
        callbacks=[*ours, *callbacks],
        verbose=0,
        shuffle=False,  # `Batches` shuffles
    ).history


def _columns(history: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Return the columns of `history.tsv` from what Keras calls them."""
    columns = {"loss": "cross_entropy", "val_loss": MONITORED}
    columns |= {name: name for name in ["accuracy", "val_accuracy", "learning_rate"]}
    columns |= {CALIBRATED: CALIBRATED} if CALIBRATED in history else {}
    return {
        "epoch": list(range(1, len(history["loss"]) + 1)),
        **{
            name: [float(value) for value in history[of_keras]]
            for name, of_keras in columns.items()
        },
    }


def _compile(model: keras.Model, training: Training, steps: int) -> None:
    rate = training.learning_rate
    two = bool(model.get_layer(models.PROBABILITIES).positive)
    kind = "binary" if two else "categorical"
    model.compile(
        optimizer=keras.optimizers.Adam(
            WarmUpCosine(rate, steps) if training.schedule == "cosine" else rate
        ),
        loss=MemberLoss(f"{kind}_crossentropy"),
        metrics=[],
        weighted_metrics=[
            # The loss that Keras reports holds the penalties on the weights too.
            MemberMetric(f"{kind}_crossentropy", "cross_entropy"),
            MemberMetric(f"{kind}_accuracy", "accuracy"),
            *([] if training.calibration == "none" else [CalibratedLoss()]),
        ],
    )


def _callbacks(training: Training, epochs: int) -> list[keras.callbacks.Callback]:
    patience = epochs if training.early_stopping is None else training.early_stopping
    callbacks = [
        FiniteLosses(training.learning_rate, training.schedule),
        LearningRateLog(),
        keras.callbacks.EarlyStopping(
            monitor=MONITORED if training.calibration == "none" else CALIBRATED,
            mode="min",
            patience=patience,
            restore_best_weights=True,
        ),
    ]
    if training.schedule == "plateau":
        plateau = keras.callbacks.ReduceLROnPlateau(
            monitor=MONITORED,
            mode="min",
            factor=PLATEAU_FACTOR,
            patience=PLATEAU_PATIENCE,
            min_lr=PLATEAU_LOWEST,
        )
        callbacks.append(plateau)
    return callbacks
