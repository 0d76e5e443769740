"""Training a network: the device, the batches, the schedule, early stopping."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from attendna import finite
from attendna.contracts.checkpoints import Checkpoint
from attendna.dna import reverse_complement
from attendna.errors import UserError
from attendna.learning import allocator, devices, models
from attendna.learning.resuming import Resume
from attendna.learning.rows import shuffled

# Half-precision arithmetic is fast from these compute capabilities on (Volta, Ampere).
FLOAT16_CAPABILITY, BFLOAT16_CAPABILITY = (7, 0), (8, 0)
MONITORED = "val_cross_entropy"
WARM_UP = 0.05  # share of a cosine schedule's steps in which the learning rate rises
PLATEAU_PATIENCE, PLATEAU_FACTOR, PLATEAU_LOWEST = 5, 0.5, 1e-6


# ------------------------------------------------------------------------------ the device


def set_up(
    device: str, precision: str, threads: int, deterministic: bool, seed: int, count: int = 1
) -> str:
    """Choose the device and its arithmetic; call once, before the first tensor.

    Parameters
    ----------
    device
        "auto" (a GPU if there is one), "cpu" or "gpu".
    precision
        "auto" or the name of a Keras dtype policy.
    threads
        Processor cores to use.
    deterministic
        Whether every operation must give the same bits each time.
    seed
        Of everything that is drawn at random.
    count
        How many devices the training will be divided among.

    Returns
    -------
    str
        What was chosen, for the log.

    Raises
    ------
    UserError
        If a GPU is asked for and TensorFlow sees none, or fewer devices than `count`.
    """
    keras.utils.set_random_seed(seed)
    # What the user's ~/.keras/keras.json may say otherwise.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    if keras.backend.backend() != "tensorflow":
        return f"the {keras.backend.backend()} backend of Keras"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    gpus = tf.config.list_physical_devices("GPU") if device != "cpu" else []
    if device == "gpu" and not gpus:
        raise UserError(
            "training.device: gpu was asked for, but TensorFlow sees no GPU; install the CUDA "
            "packages (make ACCELERATOR=cuda) and check nvidia-smi, or set it to auto or cpu."
        )
    if not gpus:
        tf.config.set_visible_devices([], "GPU")
        unused = device == "auto" and shutil.which("nvidia-smi") is not None
        hint = " (nvidia-smi is there, but TensorFlow sees no GPU: make ACCELERATOR=cuda)"
        keras.config.set_dtype_policy("float32" if precision == "auto" else precision)
        if count > 1:
            devices.names(count)
        return f"CPU, {threads} threads, {keras.config.dtype_policy().name}{hint * unused}"
    tf.config.set_visible_devices(gpus[:count], "GPU")
    for gpu in gpus[:count]:
        tf.config.experimental.set_memory_growth(gpu, True)
    if count > 1:
        devices.names(count)
    details = tf.config.experimental.get_device_details(gpus[0])
    if precision == "auto":
        capability = details.get("compute_capability", (0, 0))
        precision = "mixed_float16" if capability >= FLOAT16_CAPABILITY else "float32"
        precision = "mixed_bfloat16" if capability >= BFLOAT16_CAPABILITY else precision
    keras.config.set_dtype_policy(precision)
    several = f"{count} x " if count > 1 else ""
    return f"{several}GPU {details.get('device_name', '')}, {precision}"


# ------------------------------------------------------------------------------ the batches


class Batches(keras.utils.PyDataset):
    """Batches of one split, gathered from the mapped `encoded.npz` as they are needed.

    Parameters
    ----------
    x
        uint8 (n, length, 4).
    targets
        float32 (n, outputs), see `targets`.
    weights
        float32 (n,), what each record counts.
    indices
        int64, the records of the split.
    batch_size
        Records of a batch; the last one of an epoch may hold fewer.
    seed
        Shuffles anew each epoch, by the seed and the number of the epoch alone; None keeps the
        order.
    mutation
        Share of the bases that are replaced by random ones, by epoch; beyond the last: none.
    turn
        Whether each sequence is shown as its reverse complement half of the times.
    devices
        Among how many devices each batch is divided, evenly: of the last batch of an epoch the
        records that are over are left out.
    """

    def __init__(
        self,
        x: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        indices: np.ndarray,
        batch_size: int,
        seed: int | None = None,
        mutation: Sequence[float] = (),
        turn: bool = False,
        devices: int = 1,
    ) -> None:
        super().__init__()
        self.x, self.targets, self.weights = x, targets, weights
        self.indices, self.batch_size, self.seed = indices, batch_size, seed
        self.mutation, self.turn = mutation, turn
        self.count = len(indices) // devices * devices
        self.start(epoch=0)

    def start(self, epoch: int) -> None:
        """Shuffle for an epoch, counted from 0, and mutate at its rate."""
        self.epoch = epoch
        if self.seed is None:
            self.order = self.indices
        else:
            rng = np.random.default_rng([self.seed, self.epoch])
            self.order = shuffled(self.x, self.indices, rng)
        self.order = self.order[: self.count]

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        return math.ceil(self.count / self.batch_size)

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gather batch `i`."""
        chosen = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        x = self.x[chosen]
        # By the batch too: batches may be asked for in any order.
        rng = np.random.default_rng([self.seed or 0, self.epoch, i])
        if self.turn:
            other = rng.random(len(x)) < 0.5
            x[other] = reverse_complement(x[other])
        if self.epoch < len(self.mutation) and self.mutation[self.epoch]:
            x = mutate(x, self.mutation[self.epoch], rng)
        return x, self.targets[chosen], self.weights[chosen]


def mutate(x: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Replace bases by random ones; padding stays.

    A network that sees each sequence with other mutations can't learn it by heart (Lee et al.
    2023, EvoAug).

    Parameters
    ----------
    x
        uint8 (n, length, 4).
    rate
        Share of the positions; a quarter of them draws the base that was there.
    rng
        Where the randomness comes from.

    Returns
    -------
    numpy.ndarray
        uint8 (n, length, 4), a copy.
    """
    mutated = x.copy()
    chosen = (rng.random(x.shape[:2], dtype=np.float32) < rate) & x.any(axis=2)
    mutated[chosen] = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, chosen.sum())]
    return mutated


def mutation_rates(highest: float, epochs: int) -> np.ndarray:
    """Return the share of mutated bases in each epoch: down to none, and none in the last fifth.

    The last epochs fit the sequences as they are, as EvoAug's fine-tuning does.
    """
    return highest * np.maximum(0, 1 - np.arange(epochs) / (0.8 * epochs))


def targets(y: np.ndarray, classes: list[str], positive: str) -> np.ndarray:
    """Return what the outputs should be.

    Parameters
    ----------
    y
        int (n,), index into `classes`.
    classes, positive
        See `layers.ClassProbabilities`.

    Returns
    -------
    numpy.ndarray
        float32 (n, 1), 1 for the positive class, or one-hot (n, classes).
    """
    if positive:
        return (y == classes.index(positive)).astype(np.float32)[:, None]
    return np.eye(len(classes), dtype=np.float32)[y]


def class_weights(y: np.ndarray, classes: int, mode: str) -> np.ndarray:
    """Return what a record of each class counts: 1, or balanced, n / (classes * n_class)."""
    if mode == "none":
        return np.ones(classes, np.float32)
    counts = np.bincount(y, minlength=classes)
    return (len(y) / (classes * np.maximum(counts, 1))).astype(np.float32)


# ------------------------------------------------------------------------------ the schedule


@keras.saving.register_keras_serializable(package="attendna")
class WarmUpCosine(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises for a share of the steps and falls like a cosine to zero.

    Parameters
    ----------
    highest
        The highest learning rate.
    steps
        Steps of the whole training.
    """

    def __init__(self, highest: float, steps: int) -> None:
        self.highest, self.steps = highest, steps

    def __call__(self, step):
        """Return the learning rate of a step."""
        progress = keras.ops.cast(step, "float32") / self.steps
        fall = 0.5 * (1 + keras.ops.cos(math.pi * keras.ops.minimum(progress, 1.0)))
        rise = (progress + 1 / self.steps) / WARM_UP
        return self.highest * keras.ops.minimum(rise, fall)

    def get_config(self) -> dict:
        """Return what rebuilds the schedule."""
        return {"highest": self.highest, "steps": self.steps}


def automatic_batch_size(records: int) -> int:
    """Return how many records a step sees: more of a larger set, 32 to 256."""
    return int(np.clip(2 ** round(math.log2(max(records, 1) / 100)), 32, 256))


def chosen_batch_size(setting: int | str, records: int) -> int:
    """Return how many of the training records a step sees, which "auto" leaves to their number."""
    return automatic_batch_size(records) if setting == "auto" else setting


def automatic_epochs(records: int, batch_size: int) -> int:
    """Return how many passes are enough: 3,000 steps, but 20 to 60 passes."""
    return int(np.clip(math.ceil(3000 * batch_size / max(records, 1)), 20, 60))


# ------------------------------------------------------------------------------ training


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

    @classmethod
    def of(cls, settings: Mapping) -> Training:
        """Take what concerns the training from all settings."""
        return cls(**{name: settings[name] for name in cls.__dataclass_fields__})


class EpochStart(keras.callbacks.Callback):
    """Tell the batches which epoch begins.

    Keras calls their own `on_epoch_end` once more than there are epochs, when it looks at the
    shape of a batch, so counting there would be off by one.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the epoch."""
        self.batches.start(epoch)


class FiniteLosses(keras.callbacks.Callback):
    """End a training whose losses are not numbers, before its state is kept.

    Looked at once an epoch: what Keras tells of each batch costs a copy from the device.
    """

    def __init__(self, training: Training) -> None:
        super().__init__()
        self.training = training

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Note whether the penalties on the weights are numbers before any step."""
        penalties = [keras.ops.convert_to_numpy(loss) for loss in self.model.losses]
        self.untrained = not finite.all_numbers(np.array(penalties))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Check both losses."""
        self._check(logs["loss"], f"training losses of epoch {epoch + 1}", self.untrained)
        self._check(logs[MONITORED], f"validation losses of epoch {epoch + 1}")

    def _check(self, loss: float, what: str, untrained: bool = False) -> None:
        how = self.training.learning_rate, self.training.schedule, untrained
        finite.check(loss, f"the {what}", models.retraining(self.model, *how))


class Progress(keras.callbacks.Callback):
    """A line an epoch: losses, accuracy, speed, and the time that is left at most."""

    def __init__(self, epochs: int, records: int) -> None:
        super().__init__()
        self.epochs, self.records = epochs, records

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Note the time."""
        self.started, self.done = time.monotonic(), 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note the time."""
        self.epoch_started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Print the line."""
        now = time.monotonic()
        speed = self.records / (now - self.epoch_started)
        self.done += 1  # by this process; an earlier one may have done some
        left = (now - self.started) / self.done * (self.epochs - epoch - 1)
        print(
            f"epoch {epoch + 1}/{self.epochs}  loss {logs['cross_entropy']:.4f}  "
            f"val_loss {logs[MONITORED]:.4f}  val_accuracy {logs['val_accuracy']:.4f}  "
            f"{speed:,.0f} sequences/s  at most {math.ceil(left)} s left",
            flush=True,
        )


def train(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    split: Mapping[str, np.ndarray],
    training: Training,
    seed: int,
    turn: bool = False,
    count: int = 1,
    checkpoint: Checkpoint | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
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
        How.
    seed
        Of the shuffling.
    turn
        Whether to show each sequence as its reverse complement half of the times.
    count
        Devices that each step's batch is divided among.
    checkpoint
        Where to keep the state after each epoch and, if one was kept, to go on from it.
    callbacks
        Of the caller's, called after our own.

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
    batch_size = chosen_batch_size(training.batch_size, records)
    epochs = automatic_epochs(records, batch_size) if training.epochs == "auto" else training.epochs
    by_class = class_weights(y[split["train"]], len(last.classes), training.class_weight)
    weights = by_class[y]
    wanted = targets(y, last.classes, last.positive)
    mutation = mutation_rates(training.mutation, epochs)
    batch_size = math.ceil(batch_size / count) * count
    fitted = Batches(
        x, wanted, weights, split["train"], batch_size, seed, mutation, turn, devices=count
    )
    checked = Batches(x, wanted, weights, split["validation"], 512)
    print(f"{records:,} training records, batches of {batch_size}, at most {epochs} epochs")
    fitting = model if count == 1 else devices.replicate(model, count)
    with devices.scope(fitting):
        _compile(fitting, training, epochs * len(fitted))
    ours = [EpochStart(fitted), *_callbacks(training, epochs, records)]
    ours.append(keras.callbacks.History())
    first_epoch = 0
    if checkpoint is not None:
        resume = Resume(checkpoint, ours, fitting)
        ours.append(resume)
        first_epoch = epochs if resume.stopped else resume.first_epoch
    history = fitting.fit(
        fitted,
        validation_data=checked,
        epochs=epochs,
        initial_epoch=first_epoch,
        callbacks=[*ours, *callbacks],
        verbose=0,
        shuffle=False,  # `Batches` shuffles
    ).history
    weights = fitting.get_weights()
    remedy = models.retraining(model, training.learning_rate, training.schedule)
    for values in weights:
        finite.check(values, "the weights of the network", remedy)
    if fitting is not model:
        model.set_weights(weights)
    last.priors = [float(weight) for weight in by_class]
    model.make_predict_function(force=True)  # a compiled one would go on without them
    columns = {"loss": "cross_entropy", "val_loss": MONITORED}
    columns |= {name: name for name in ["accuracy", "val_accuracy", "learning_rate"]}
    return {
        "epoch": list(range(1, len(history["loss"]) + 1)),
        **{
            name: [float(value) for value in history[of_keras]]
            for name, of_keras in columns.items()
        },
    }


OF_RECORDS = {  # what is, beside what should be, (..., outputs) both, to a number each, (...)
    "binary_crossentropy": keras.losses.binary_crossentropy,
    "categorical_crossentropy": keras.losses.categorical_crossentropy,
    "binary_accuracy": keras.metrics.binary_accuracy,
    "categorical_accuracy": keras.metrics.categorical_accuracy,
}


@keras.saving.register_keras_serializable(package="attendna")
class MemberLoss(keras.losses.Loss):
    """The mean of a loss over the members of an ensemble, see `layers.MemberMean`.

    Parameters
    ----------
    of
        One of `OF_RECORDS`.
    """

    def __init__(self, of: str, name: str | None = None, **kwargs) -> None:
        super().__init__(name=name or of, **kwargs)
        self.of = of

    def call(self, y_true, y_pred):
        """Return the losses, (batch,), of (batch, outputs) or (batch, members, outputs)."""
        return _over_members(self.of, y_true, y_pred)

    def get_config(self) -> dict:
        """Return what rebuilds the loss."""
        return {**super().get_config(), "of": self.of}


@keras.saving.register_keras_serializable(package="attendna")
class MemberMetric(keras.metrics.Mean):
    """The mean over records and members of what is one of `OF_RECORDS`."""

    def __init__(self, of: str, name: str | None = None, **kwargs) -> None:
        super().__init__(name=name or of, **kwargs)
        self.of = of

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Add a batch, see `MemberLoss.call`."""
        super().update_state(_over_members(self.of, y_true, y_pred), sample_weight)

    def get_config(self) -> dict:
        """Return what rebuilds the metric."""
        return {**super().get_config(), "of": self.of}


def _over_members(of: str, y_true, y_pred):
    function = OF_RECORDS[of]
    if len(y_pred.shape) == len(y_true.shape):
        return function(y_true, y_pred)
    wanted = keras.ops.repeat(keras.ops.expand_dims(y_true, 1), y_pred.shape[1], axis=1)
    return keras.ops.mean(function(wanted, y_pred), axis=1)


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
        ],
    )


def _callbacks(training: Training, epochs: int, records: int) -> list[keras.callbacks.Callback]:
    patience = epochs if training.early_stopping is None else training.early_stopping
    callbacks = [
        FiniteLosses(training),
        LearningRateLog(),
        keras.callbacks.EarlyStopping(
            monitor=MONITORED, mode="min", patience=patience, restore_best_weights=True
        ),
        Progress(epochs, records),
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


class LearningRateLog(keras.callbacks.Callback):
    """Put the learning rate into the history."""

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Add it to the epoch's numbers."""
        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        logs["learning_rate"] = float(rate)
