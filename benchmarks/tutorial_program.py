"""The program that this project grew from, as far as speed and quality go, fed with arrays.

Written anew from its facts. `tutorial_cnn` is the same network, but fed as ours are: comparing with
it alone would hide what feeding costs.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

KERNELS, FILTERS, BATCH, EPOCHS = (3, 7, 15, 25), 64, 64, 30


def network(length: int) -> keras.Model:
    """Build and compile its network for two classes; 114,693 parameters for 200 bases.

    Parameters
    ----------
    length
        Bases of a sequence.
    """
    inputs = keras.Input((length, 4))
    x = keras.layers.Concatenate()([_branch(inputs, kernel) for kernel in KERNELS])
    for units, dropped in ((256, 0.5), (128, 0.3)):
        x = keras.layers.Dense(units, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Dropout(dropped)(x)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
    model.compile(keras.optimizers.Adam(0.001), "binary_crossentropy", metrics=["accuracy"])
    return model


def _branch(inputs: keras.KerasTensor, kernel: int) -> keras.KerasTensor:
    x = keras.layers.Conv1D(FILTERS, kernel, activation="relu", padding="same")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.2)(x)
    score = keras.layers.Flatten()(keras.layers.Dense(1, activation="tanh")(x))
    weights = keras.layers.RepeatVector(FILTERS)(keras.layers.Activation("softmax")(score))
    attended = keras.layers.Multiply()([x, keras.layers.Permute((2, 1))(weights)])
    return keras.layers.GlobalMaxPooling1D()(attended)


def one_hot(x: np.ndarray) -> np.ndarray:
    """Return sequences as it holds them: float64 (n, length, 4)."""
    return x.astype(np.float64)


def rules() -> list[keras.callbacks.Callback]:
    """Return when it stops and when it slows down."""
    return [
        keras.callbacks.EarlyStopping("val_loss", patience=10, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=5, min_lr=1e-6),
    ]


def fit(
    model: keras.Model,
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    epochs: int = EPOCHS,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, list[float]]:
    """Train as it does: at most 30 epochs, stopped early, the learning rate halved on a plateau.

    Parameters
    ----------
    model
        Of `network`.
    training, validation
        Sequences, see `one_hot`, and 0 or 1 for each.
    epochs
        At most.
    callbacks
        Called after its own.

    Returns
    -------
    dict
        One list a metric.
    """
    return model.fit(
        *training,
        validation_data=validation,
        batch_size=BATCH,
        epochs=epochs,
        callbacks=[*rules(), *callbacks],
        verbose=0,
    ).history
