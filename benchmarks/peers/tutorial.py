"""The program that this project grew from, written anew: its network, fed with arrays as there.

Its facts: one-hot float64; four branches (kernel 3, 7, 15, 25) of 64 filters with a score for each
position; dense layers of 256 and 128; Adam at 0.001, batches of 64, at most 30 epochs, early
stopping after 10 without a better validation loss, half the learning rate after 5.
"""

from __future__ import annotations

import common
import keras
import numpy as np
from epochs import Epochs

layers = keras.layers

KERNEL_SIZES = (3, 7, 15, 25)
FILTERS = 64
EPOCHS = 30


def network(length: int) -> keras.Model:
    """Build the network for sequences of a length: 114,693 parameters for 200 bases."""
    inputs = keras.Input((length, 4))
    x = layers.Concatenate()([branch(inputs, size) for size in KERNEL_SIZES])
    for units, dropped in [(256, 0.5), (128, 0.3)]:
        x = layers.Dense(units, activation="relu")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Dropout(dropped)(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


def branch(inputs: keras.KerasTensor, size: int) -> keras.KerasTensor:
    """Add filters of one size and the maximum of each over the positions, weighted by attention."""
    x = layers.Conv1D(FILTERS, size, activation="relu", padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.2)(x)
    weights = layers.Flatten()(layers.Dense(1, activation="tanh")(x))
    weights = layers.RepeatVector(FILTERS)(layers.Activation("softmax")(weights))
    return layers.GlobalMaxPooling1D()(layers.Multiply()([x, layers.Permute((2, 1))(weights)]))


def compiled(length: int) -> keras.Model:
    """Return the network with its optimiser and loss."""
    model = network(length)
    optimizer = keras.optimizers.Adam(0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model


def rules() -> list[keras.callbacks.Callback]:
    """Return when to stop and when to slow down."""
    return [
        keras.callbacks.EarlyStopping("val_loss", patience=10, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=5, min_lr=1e-6),
    ]


def main() -> None:
    """Train, predict the test records, save."""
    arguments = common.parse(__doc__).parse_args()
    clock = common.Clock()
    keras.utils.set_random_seed(arguments.seed)
    records = common.read(arguments.fasta, arguments.split)
    x, y = common.one_hot(records.sequences), records.positive.astype(np.float64)
    train, validation, test = (records.split[name] for name in common.SPLITS)
    test = x[test]
    model = compiled(x.shape[1])

    def scores() -> np.ndarray:
        return model.predict(test, verbose=0)[:, 0].astype(np.float64)

    noted = Epochs(clock, len(train), scores, arguments.cap)
    model.fit(
        x[train],
        y[train],
        validation_data=(x[validation], y[validation]),
        epochs=EPOCHS,
        batch_size=64,
        callbacks=[*rules(), noted],
        verbose=0,
    )
    final, speed = common.timed(len(test), scores, clock)
    done = noted.training(EPOCHS, model.count_params())
    common.save(arguments.out, clock, done, final, speed)


if __name__ == "__main__":
    main()
