"""The networks: each one a function from numbers to a `keras.Model`.

Every network takes uint8 (batch, length, 4), the `x` of `encoded.npz`, and ends in a layer
"probabilities" (`layers.ClassProbabilities`). Layers named "attention_{kernel size}" hold what
`attention_along` reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from attendna import finite, values
from attendna.dna import CROPS
from attendna.errors import UserError
from attendna.intact_files import FAILURES, note, verify
from attendna.learning import allocator
from attendna.learning.backend import keras
from attendna.learning.filter_weights import FilterWeights
from attendna.learning.layers import (
    BaseFractions,
    BothStrands,
    ClassProbabilities,
    FadingDropout,
    GroupLasso,
    MemberMean,
    MotifAttention,
    MotifConv1D,
    PaddingPenalty,
    SiteAttention,
    StrandMean,
)
from attendna.learning.rows import Rows

layers = keras.layers

FILTERS = "filters_"  # then the kernel size of the scale
ATTENTION = "attention_"  # the same
PROBABILITIES = "probabilities"
REACH = 1 / 8  # of a filter at the start, as a share of its kernel; but `taper` at least
BOTH_STRANDS = ("average", "either")  # of reverse_complement: the network sees both
OUTPUT_DECAY = 2e-3  # L2 on the last layer of attention_cnn


def attention_cnn(
    length: int,
    classes: Sequence[str],
    positive: str,
    *,
    members: int,
    kernel_sizes: Sequence[int],
    filters: int,
    taper: float | None,
    sparsity: float,
    position: bool,
    position_decay: float,
    hidden: Sequence[int],
    dropout: float,
    filter_dropout: float,
    feature_sparsity: float,
    reverse_complement: str,
    partner_sizes: Sequence[int] = (),
    partner_reach: int = 0,
    partner_sparsity: float = 0.0,
    counting: bool = False,
    crop: str = "",
) -> keras.Model:
    """Build our network: motif detectors of several widths that attend to where they respond.

    It is a small ensemble: members of the same make that share nothing but the layers they are
    computed in, whose logits are averaged. Two members of half the filters cost what one costs,
    and err less, since each finds other motifs and takes other noise for one.

    Parameters
    ----------
    length
        Positions of the input.
    classes, positive
        See `layers.ClassProbabilities`.
    members
        Networks whose logits are averaged. Their losses are averaged too, and so are the penalties
        below: each is trained as it would be alone.
    kernel_sizes
        One scale each, in bases.
    filters
        Motif detectors a scale, of each member.
    taper
        Reach of a filter at the start, in bases, see `layers.MotifConv1D`; an eighth of the kernel
        where that is more.
    sparsity
        Strength of the pull of kernel positions to zero, see `layers.GroupLasso`.
    position
        Whether each filter learns a prior over where it attends.
    position_decay
        Strength of the pull of that prior to a flat one.
    hidden
        Units of the dense layers, of each member.
    dropout, filter_dropout
        Of the dense layers and of the pooled responses, in the first epoch; see
        `layers.FadingDropout`.
    feature_sparsity
        Strength of the pull of whole filters to no use at all: a group lasso on what the first
        dense layer makes of each, so that a filter that found nothing is switched off.
    reverse_complement
        "average" lets the network see both strands and average the logits, so that a sequence and
        its reverse complement have the same prediction; "either" lets each filter pool over both,
        with the same effect; "none" and "augment" (which is up to the training) leave it with one
        strand.
    partner_sizes
        Kernel sizes whose filters take account of the sites of one another, so of order and
        distance, see `layers.SiteAttention`.
    partner_reach
        Bases to either side in which they do.
    partner_sparsity
        Strength of the pull of pairs of them to no account at all.
    counting
        Whether filters also count their sites.
    crop
        See `layers.ClassProbabilities`; where it is set, sequences may hold padding.

    Returns
    -------
    keras.Model
        From uint8 (batch, length, 4) to float32 (batch, 1 or classes).
    """
    inputs = keras.Input((length, 4), dtype="uint8", name="sequence")
    fractions = BaseFractions(name="fractions")(inputs)  # (batch, length, 4)
    if reverse_complement in BOTH_STRANDS:
        fractions = BothStrands(name="both_strands")(fractions)  # (2 batch, length, 4)
    penalty = PaddingPenalty(name="penalty")(fractions)  # (batch, length, 1)
    seen = []
    for size in kernel_sizes:
        detectors = MotifConv1D(
            members * filters,
            size,
            taper=None if taper is None else max(taper, size * REACH),
            kernel_regularizer=GroupLasso(sparsity / members, axis=1),
            name=f"{FILTERS}{size}",
        )
        reach = partner_reach if size in partner_sizes else 0
        pooling = {"position": position, "position_decay": position_decay / members}
        attention = MotifAttention
        if reach or counting or reverse_complement == "either":
            attention = SiteAttention
            pooling |= {"reach": reach, "partner_sparsity": partner_sparsity / members}
            pooling |= {"members": members, "counting": counting, "padded": bool(crop)}
            pooling |= {"strands": reverse_complement == "either"}
        pooled = attention(**pooling, name=f"{ATTENTION}{size}")
        seen.append(pooled(detectors(fractions), penalty))  # (batch, members * filters)
    features = layers.Concatenate(name="features")(seen) if len(seen) > 1 else seen[0]
    features = layers.BatchNormalization(momentum=0.9, name="features_norm")(features)
    features = FadingDropout(filter_dropout, name="features_dropout")(features)
    shape = (len(kernel_sizes), members, filters)
    features = layers.Permute((2, 1, 3), name="members")(layers.Reshape(shape)(features))
    features = layers.Reshape((members, -1), name="member_features")(features)

    def dense(units: int, name: str, regularizer, **kwargs) -> layers.Layer:
        """Return a dense layer of each member's own: (batch, members, inputs) to (.., units)."""
        return layers.EinsumDense(
            "bmi,miu->bmu",
            (members, units),
            bias_axes="mu",
            # Keras counts the members among the inputs and outputs; it is Glorot's for one.
            kernel_initializer=keras.initializers.VarianceScaling(members, "fan_avg", "uniform"),
            kernel_regularizer=regularizer,
            name=name,
            **kwargs,
        )

    lasso = GroupLasso(feature_sparsity / members, axis=2)
    for i, units in enumerate(hidden, start=1):
        # No batch norm here: it would take away the scale that the group lasso works on.
        layer = dense(units, f"hidden_{i}", lasso if i == 1 else None, activation="relu")
        features = FadingDropout(dropout, name=f"hidden_{i}_dropout")(layer(features))
    # Else the group lasso could be evaded: small weights there, large ones here.
    decay = keras.regularizers.L2(OUTPUT_DECAY / members)
    logits = dense(1 if positive else len(classes), "logits", decay, dtype="float32")(features)
    if reverse_complement == "average":
        logits = StrandMean(dtype="float32", name="strand_mean")(logits)
    logits = MemberMean(dtype="float32", name="member_mean")(logits)
    outputs = ClassProbabilities(classes, positive, crop=crop, name=PROBABILITIES)(logits)
    return keras.Model(inputs, outputs, name="attention_cnn")


def tutorial_cnn(
    length: int, classes: Sequence[str], positive: str, *, crop: str = ""
) -> keras.Model:
    """Build the network of the tutorial that this project grew from, as it was: the yardstick.

    Four branches (kernels 3, 7, 15, 25): 64 filters with relu, batch norm, dropout 0.2, a tanh
    score for each position, softmax over positions, features times weights, global maximum; then
    dense 256 and 128, each with relu, batch norm and dropout (0.5, 0.3). With 200 bases and two
    classes it has 114,693 parameters.

    Parameters
    ----------
    length
        Positions of the input.
    classes, positive
        See `layers.ClassProbabilities`.
    """
    inputs = keras.Input((length, 4), dtype="uint8", name="sequence")
    fractions = BaseFractions(name="fractions")(inputs)
    branches = []
    for size in (3, 7, 15, 25):
        x = layers.Conv1D(64, size, activation="relu", padding="same", name=f"filters_{size}")(
            fractions
        )
        x = layers.BatchNormalization(name=f"filters_{size}_norm")(x)
        x = layers.Dropout(0.2, name=f"filters_{size}_dropout")(x)
        score = layers.Dense(1, activation="tanh", name=f"score_{size}")(x)
        weights = layers.Softmax(axis=1, name=f"{ATTENTION}{size}")(score)  # (batch, length, 1)
        x = layers.Multiply(name=f"attended_{size}")([x, weights])
        branches.append(layers.GlobalMaxPooling1D(name=f"maximum_{size}")(x))
    x = layers.Concatenate(name="features")(branches)
    for i, (units, rate) in enumerate([(256, 0.5), (128, 0.3)], start=1):
        x = layers.Dense(units, activation="relu", name=f"hidden_{i}")(x)
        x = layers.BatchNormalization(name=f"hidden_{i}_norm")(x)
        x = layers.Dropout(rate, name=f"hidden_{i}_dropout")(x)
    logits = layers.Dense(1 if positive else len(classes), dtype="float32", name="logits")(x)
    outputs = ClassProbabilities(classes, positive, crop=crop, name=PROBABILITIES)(logits)
    return keras.Model(inputs, outputs, name="tutorial_cnn")


NETWORKS = {"attention_cnn": attention_cnn, "tutorial_cnn": tutorial_cnn}


def attention_along(
    model: keras.Model, x: np.ndarray, batch_size: int
) -> tuple[list[int], np.ndarray]:
    """Return where a network attends along each sequence.

    Where each filter has weights of its own, the mean over the filters of a scale is taken, each
    counted by what it contributes to the decision, see `filter_weights` (all alike with another
    backend than TensorFlow).

    Parameters
    ----------
    model
        A network of this module.
    x
        uint8 (n, length, 4).
    batch_size
        Sequences at a time.

    Returns
    -------
    scales
        The kernel size of each scale.
    weights
        float32 (n, scales, length); each scale of a record sums to 1.
    """
    attentions = [layer for layer in model.layers if layer.name.startswith(ATTENTION)]
    watched = _watched(model, attentions)
    weights = np.empty((len(x), len(attentions), x.shape[1]), np.float32)
    for part, outputs in batches_of_outputs(watched, x, batch_size):
        # A model with one output gives the array itself.
        weights[part] = np.stack(outputs if isinstance(outputs, list) else [outputs], axis=1)
    finite.check(weights, "the network's attention weights", retraining(model))
    return [int(layer.name.removeprefix(ATTENTION)) for layer in attentions], weights


def _watched(
    model: keras.Model, attentions: Sequence[keras.layers.Layer]
) -> keras.Model | FilterWeights:
    """Return what gives the attention of each scale, float32 (n, length), for a batch."""
    pooling = all(isinstance(layer, MotifAttention) for layer in attentions)
    if pooling and keras.backend.backend() == "tensorflow":
        with suppress(ValueError):  # logits that depend on more than what filters pool
            return FilterWeights(model, attentions, model.get_layer(PROBABILITIES).input)
    return keras.Model(model.input, [_along(layer) for layer in attentions])


def _along(layer: keras.layers.Layer):
    """Return the attention of a scale as a symbol of the network's graph, (batch, length)."""
    if isinstance(layer, MotifAttention):
        return keras.ops.mean(layer.weights_along(*layer.input), axis=2)
    return keras.ops.squeeze(layer.output, axis=2)


def batches_of_outputs(
    model: keras.Model | FilterWeights, x: np.ndarray, batch_size: int
) -> Iterator[tuple]:
    """Yield (slice, outputs) for all of `x`, always calling the model with a full batch.

    A last batch of another size would make TensorFlow compile the model once more.
    """
    for start in range(0, len(x), batch_size):
        batch = np.asarray(x[start : start + batch_size])
        count = len(batch)
        filled = np.zeros((batch_size, *batch.shape[1:]), batch.dtype)
        filled[:count] = batch
        outputs = model.predict_on_batch(filled)
        whole = (
            [output[:count] for output in outputs] if isinstance(outputs, list) else outputs[:count]
        )
        yield slice(start, start + count), whole


def parameters(model: keras.Model) -> int:
    """Return how many numbers a network predicts with, those of its batch norms included."""
    states = sum(isinstance(layer, FadingDropout) for layer in model.layers)
    return model.count_params() - states


def load(path: str | Path) -> keras.Model:
    """Load a trained network, in safe mode: a file can't bring code of its own.

    Raises
    ------
    UserError
        If the file is no network of this project or is damaged.
    """
    allocator.keep_freed_memory()
    verify(path)
    note(path)
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        last = model.get_layer(PROBABILITIES)
        if not isinstance(last, ClassProbabilities):
            raise ValueError(f"its layer {PROBABILITIES!r} is of another kind")
        _check_classes(last)
        if not all(map(finite.all_numbers, model.get_weights())):
            raise ValueError("its weights are not numbers")
    except FAILURES as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"{path}: no network of attendna, or damaged ({reason}); "
            "name the model.keras of a finished run, or delete it and run again."
        ) from error
    return model


def _check_classes(last: ClassProbabilities) -> None:
    """Raise `ValueError` if what a file says of its classes can't be shown or calibrated with."""
    values.class_names(last.classes)
    values.known([last.positive], "the positive class", ["", *last.classes])
    values.require(last.positive == "" or len(last.classes) == 2, "one of three is positive")
    values.known([last.crop], "crop", ["", *CROPS])
    values.numbers(np.array(last.temperature), "temperature", least=1e-9)
    for name in ("priors", "biases"):
        by_class = getattr(last, name)
        if by_class is not None:
            values.numbers(np.array(by_class), name)
            values.require(len(by_class) == len(last.classes), f"not one of {name} for each class")


def retraining(
    model: keras.Model,
    learning_rate: float | None = None,
    schedule: str = "cosine",
    untrained: bool = False,
) -> str:
    """Say what helps a network whose values are not numbers: it depends on how it was trained.

    Parameters
    ----------
    model
        A network of this module.
    learning_rate, schedule
        Of its training, where that is known.
    untrained
        Whether it has made no step: then its learning rate is not to blame.
    """
    helps = []
    if not untrained:
        was = "" if learning_rate is None else f", which is {learning_rate:g}"
        helps.append(f"lower training.learning_rate{was}")
        if schedule != "cosine":
            helps.append("set training.schedule to cosine")
    elif model.losses:
        helps.append("lower the model's sparsity, position_decay or feature_sparsity")
    if any(layer.compute_dtype == "float16" for layer in model.layers):  # nothing above 65,504
        helps.append("set training.precision to mixed_bfloat16 or float32")
    return f"{', or '.join(helps or ['choose another model'])}, and train again"


def predict(
    model: keras.Model, x: np.ndarray | Rows, batch_size: int = 512, name: str = "the network"
) -> np.ndarray:
    """Return the probabilities of all classes.

    Parameters
    ----------
    model
        A network of this module.
    x
        uint8 (n, length, 4); as `Rows` no more than a batch is in memory.
    batch_size
        Sequences at a time.
    name
        Of the network, for the sentence where it fails.

    Returns
    -------
    numpy.ndarray
        float64 (n, classes), in the order of the model's classes; rows sum to 1.

    Raises
    ------
    UserError
        If a probability is not a number.
    """
    last = model.get_layer(PROBABILITIES)
    outputs = [outputs for _, outputs in batches_of_outputs(model, x, batch_size)]
    p = np.concatenate(outputs).astype(np.float64) if outputs else np.empty((0, len(last.classes)))
    finite.check(p, f"the probabilities of {name}", retraining(model))
    if last.positive and len(x):
        columns = [p, 1 - p] if last.classes[0] == last.positive else [1 - p, p]
        return np.concatenate(columns, axis=1)
    return p / p.sum(axis=1, keepdims=True)
