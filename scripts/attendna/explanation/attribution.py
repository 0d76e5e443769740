"""Attributions: what each base of a sequence contributes to what a trained network says about it.

All methods give hypothetical contributions, an array (n, length, 4): what each of the four bases
would contribute at each position. Those of the bases that stand there are the contributions of the
sequence, and padding has none. What is explained is the score of a class, see `target_scores`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

# Before TensorFlow, which would import Keras with all that it can.
from attendna.learning.backend import keras  # isort: split

import tensorflow as tf

from attendna import finite
from attendna.dna import BASES, base_fractions, reverse_complement
from attendna.explanation.mutagenesis import (
    Scale,
    attended_bases,
    mutant_totals,
    sequence_totals,
    spread_evenly,
)
from attendna.learning import models
from attendna.learning.layers import (
    BaseFractions,
    BothStrands,
    MemberMean,
    MotifAttention,
    MotifConv1D,
    SiteAttention,
    StrandMean,
)
from attendna.shuffling import shuffle_encoded

Head = Callable[[list[tf.Tensor]], tf.Tensor]
BATCH = 256  # sequences at a time
TRACE = 1e-9  # of a base that is not there
MISS, MOST_STEPS = 0.01, 4  # see `integrated_gradients`
MUTANTS = 2**13  # at a time
AGREEMENT = 1e-3  # between two ways to a logit, absolute and relative


# ------------------------------------------------------------------------------ what is explained


def explainable(model: keras.Model) -> keras.Model:
    """Return a network in single precision, whatever it was trained in."""
    if model.dtype_policy.name == "float32" and all(
        layer.compute_dtype == "float32" for layer in model.layers if layer.weights
    ):
        return model

    def in_single_precision(layer):
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float32"})

    copy = keras.models.clone_model(model, clone_function=in_single_precision)
    copy.set_weights(model.get_weights())
    return copy


def untrained(model: keras.Model, seed: int) -> keras.Model:
    """Return a network of the same architecture before any training: the control."""
    keras.utils.set_random_seed(seed)
    return keras.models.clone_model(model)


@lru_cache(maxsize=2)  # each new one would be compiled by TensorFlow anew
def logits_of(model: keras.Model) -> keras.Model:
    """Return the part of a network that ends before the probabilities."""
    return keras.Model(model.input, model.get_layer(models.PROBABILITIES).input)


def target_weights(model: keras.Model, target: np.ndarray) -> np.ndarray:
    """Return the weights of the logits in the score that is explained, float32 (n, outputs).

    For two classes the score is the log odds of the target class, before calibration; for more it
    is the logit of the target class less the mean of all logits, since a number that is added to
    all of them changes no probability.

    Parameters
    ----------
    model
        A network of `models`.
    target
        int (n,), index of the target class of each record.
    """
    last = model.get_layer(models.PROBABILITIES)
    if last.positive:
        return np.where(target == last.classes.index(last.positive), 1, -1)[:, None].astype("f4")
    classes = len(last.classes)
    return np.eye(classes, dtype=np.float32)[target] - np.float32(1 / classes)


def target_scores(model: keras.Model, x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the score of each record's target class, float32 (n,), see `target_weights`."""
    logits = _predict(logits_of(model), x, 2 * BATCH)
    return _numbers(model, np.sum(logits * target_weights(model, target), axis=1), "the scores")


def _numbers(model: keras.Model, values: np.ndarray, what: str) -> np.ndarray:
    """Return what was found out about a network, or raise `UserError` if it is not numbers."""
    return finite.check(values, f"{what} of the network", models.retraining(model))


def _predict(network: keras.Model, x: np.ndarray, batch_size: int) -> np.ndarray:
    """Return the outputs of a network with one output, float32 (n, units)."""
    batch_size = max(1, min(batch_size, len(x)))
    outputs = [part for _, part in models.batches_of_outputs(network, x, batch_size)]
    return np.concatenate(outputs) if outputs else np.empty((0, network.output.shape[-1]), "f4")


# ------------------------------------------------------------------------------ gradients


class Gradients:
    """Derivatives of the target's score by the share of each base at each position.

    The network is entered behind its layer `BaseFractions`, so that shares may be any numbers.

    Parameters
    ----------
    model
        A network of `models`.
    """

    def __init__(self, model: keras.Model) -> None:
        (fractions,) = (layer for layer in model.layers if isinstance(layer, BaseFractions))
        logits = model.get_layer(models.PROBABILITIES).input
        self._network = keras.Model(fractions.output, logits)
        self._along = tf.function(self._scores_and_gradients, reduce_retracing=True)

    def __call__(
        self, fractions: np.ndarray, mask: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return scores, float32 (n,), and their derivatives, float32 (n, length, 4).

        Parameters
        ----------
        fractions
            float32 (n, length, 4), 0 at padding.
        mask
            bool (n, length): whether there is a base; derivatives by padding are 0.
        weights
            float32 (n, outputs), see `target_weights`.
        """
        # A network takes a position without any base for padding, but a baseline may have none.
        fractions = fractions + TRACE * mask[..., None]
        n = len(fractions)
        size = min(BATCH, n)
        parts = []
        for start in range(0, n, size):  # full batches, or TensorFlow compiles once more
            part = slice(start, start + size)
            filled = [_filled(array[part], size) for array in (fractions, weights)]
            parts.append([tensor.numpy() for tensor in self._along(*filled)])
        scores, gradients = (np.concatenate(part)[:n] for part in zip(*parts, strict=True))
        return scores, gradients * mask[..., None]

    def _scores_and_gradients(self, fractions, weights):
        with tf.GradientTape() as tape:
            tape.watch(fractions)
            logits = self._network(fractions, training=False)
            scores = tf.reduce_sum(tf.cast(logits, tf.float32) * weights, axis=1)
        return scores, tape.gradient(scores, fractions)


def _filled(array: np.ndarray, rows: int) -> tf.Tensor:
    """Add rows of zeros."""
    whole = np.zeros((rows, *array.shape[1:]), np.float32)
    whole[: len(array)] = array
    return tf.constant(whole)


def gradient(model: keras.Model, x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the gradient of the target's score, corrected for what no sequence can do.

    The four shares of a position sum to 1, so only the part of the derivative along that plane
    says anything; the other part is noise, and taking off the mean over the bases removes it
    (Majdandzic et al. 2023, Genome Biology 24:109).

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4).
    target
        int (n,), index of the target class.

    Returns
    -------
    numpy.ndarray
        float32 (n, length, 4), hypothetical contributions.
    """
    mask = x.any(axis=2)
    _, slopes = Gradients(model)(base_fractions(x), mask, target_weights(model, target))
    return _numbers(model, slopes - slopes.mean(axis=2, keepdims=True), "the gradients")


# ------------------------------------------------------------------------------ integrated


def baselines(x: np.ndarray, kind: str, seed: Sequence[int]) -> np.ndarray:
    """Return what sequences are compared to, as shares of bases.

    Parameters
    ----------
    x
        uint8 (n, length, 4).
    kind
        "zero" (no base), "uniform" (each base equally) or "shuffled" (the sequence in an order that
        keeps its dinucleotides, see `shuffling.shuffle_dinucleotides`).
    seed
        Of the shuffling; each record has a stream of its own.

    Returns
    -------
    numpy.ndarray
        float32 (n, length, 4), 0 at padding.
    """
    if kind == "zero":
        return np.zeros(x.shape, np.float32)
    if kind == "uniform":
        return np.repeat(x.any(axis=2, keepdims=True), len(BASES), axis=2) / np.float32(len(BASES))
    return base_fractions(shuffle_encoded(x, seed))


def integrated_gradients(
    model: keras.Model,
    x: np.ndarray,
    target: np.ndarray,
    *,
    kinds: Sequence[str],
    shuffles: int,
    steps: int,
    seed: Sequence[int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return gradients integrated from baselines to the sequences, the mean over the baselines.

    The contributions of a sequence sum to the difference between its score and that of the
    baseline (Sundararajan, Taly & Yan 2017, ICML). The contribution of another base is what it
    would get with the same slopes: its slope less that of the baseline's base.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4).
    target
        int (n,), index of the target class.
    kinds
        Of baselines, see `baselines`. Each counts as much as the next.
    shuffles
        Baselines of the kind "shuffled".
    steps
        Points of the integration, by the rule of Gauss and Legendre. Where the sum misses the
        difference by more than MISS of it, twice as many are taken, up to MOST_STEPS times.
    seed
        Of the shuffling.

    Returns
    -------
    contributions
        float32 (n, length, 4), hypothetical contributions.
    differences
        float32 (n, kinds): the score less the mean score of the baselines of a kind.
    totals
        float32 (n, kinds): the sum of the contributions by a kind, which should be the same.
    """
    weights, mask, fractions = target_weights(model, target), x.any(axis=2), base_fractions(x)
    gradients = Gradients(model)
    scores, _ = gradients(fractions, mask, weights)
    contributions = np.zeros(x.shape, np.float32)
    differences, totals = np.zeros((2, len(x), len(kinds)), np.float32)
    for k, kind in enumerate(kinds):
        draws = shuffles if kind == "shuffled" else 1
        for draw in range(draws):
            start = baselines(x, kind, [*seed, draw])
            difference = scores - gradients(start, mask, weights)[0]
            slopes = np.zeros(x.shape, np.float32)
            total = np.zeros(len(x), np.float32)
            missed, points = np.arange(len(x)), steps
            while len(missed) and points <= MOST_STEPS * steps:
                line = start[missed], fractions[missed]
                slopes[missed] = _integral(gradients, *line, mask[missed], weights[missed], points)
                total = np.sum((fractions - start) * slopes, axis=(1, 2))
                missed = np.flatnonzero(np.abs(total - difference) > MISS * np.abs(difference))
                points *= 2
            own = slopes - np.sum(start * slopes, axis=2, keepdims=True)
            contributions += own * mask[..., None] / (draws * len(kinds))
            differences[:, k] += difference / draws
            totals[:, k] += total / draws
    for found in (contributions, differences, totals):
        _numbers(model, found, "the integrated gradients")
    return contributions, differences, totals


def _integral(
    gradients: Gradients,
    start: np.ndarray,
    end: np.ndarray,
    mask: np.ndarray,
    weights: np.ndarray,
    points: int,
) -> np.ndarray:
    """Integrate the derivatives along straight lines: float32 (n, length, 4)."""
    places, shares = np.polynomial.legendre.leggauss(points)  # on [-1, 1]
    total = np.zeros(end.shape, np.float32)
    for place, share in zip((places + 1) / 2, shares / 2, strict=True):
        between = start + np.float32(place) * (end - start)
        total += np.float32(share) * gradients(between, mask, weights)[1]
    return total


# ------------------------------------------------------------------------------ mutagenesis


def in_silico_mutagenesis(model: keras.Model, x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return what happens to the target's score with each base at each position.

    Where the network is one whose filters are pooled along the sequence (`attention_cnn`), only the
    windows that a mutation can reach are computed (`mutagenesis`); a sample is held against the
    whole network, and if that is of another kind, all of it is predicted.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4).
    target
        int (n,), index of the target class.

    Returns
    -------
    numpy.ndarray
        float32 (n, length, 4): the score with this base in place, less the mean over the bases.
    """
    weights = target_weights(model, target)
    mutants = logits_of_mutants(model, x)
    scores = np.einsum("nlbk,nk->nlb", mutants, weights)
    effects = (scores - scores.mean(axis=2, keepdims=True)) * x.any(axis=2)[..., None]
    return _numbers(model, effects, "the effects of mutations")


def logits_of_mutants(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return the logits with each base at each position, by the fastest way that is right.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4).

    Returns
    -------
    numpy.ndarray
        float32 (n, length, 4, outputs); at padding, those of the sequence itself.
    """
    pooled = pooled_network(model)
    if pooled is not None:
        strands = [_logits_by_windows(*pooled, seen) for seen in _seen_at_once(model, x)]
        found = np.mean([strands[0], *map(_turned, strands[1:])], axis=0)
        if _agree(model, x, found):
            return found
        print("in-silico mutagenesis: the windows of this network don't tell all; predicting all")
    return predicted_mutants(model, x)


def predicted_mutants(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return the same as `logits_of_mutants` by predicting every mutant."""
    network = logits_of(model)
    own = _predict(network, x, BATCH)
    logits = np.broadcast_to(own[:, None, None], (*x.shape, own.shape[1])).copy()
    changed = x.any(axis=2)[..., None] & ((x == 0) | (x.sum(axis=2, keepdims=True) > 1))
    rows = max(1, MUTANTS // (x.shape[1] * x.shape[2]))
    for start in range(0, len(x), rows):
        where = np.argwhere(changed[start : start + rows]) + [start, 0, 0]
        logits[tuple(where.T)] = _predict(network, _mutants(x, where), 2 * BATCH)
    return logits


def _mutants(x: np.ndarray, where: np.ndarray) -> np.ndarray:
    """uint8 (m, length, 4): record i with base b at position l, for each row (i, l, b)."""
    records, places, bases = where.T
    mutants = x[records]
    mutants[np.arange(len(where)), places] = np.eye(x.shape[2], dtype=x.dtype)[bases]
    return mutants


def pooled_network(model: keras.Model) -> tuple[list[Scale], Head] | None:
    """Take a network apart into the scales that are pooled and what follows; None if it can't be.

    What follows is a function from the pooled scores of each scale, float32 (n, filters), to the
    logits, as tensors. Each scale has to be position weight matrices and `MotifAttention`, and all
    that follows has to depend on nothing else. Of a network that averages over the strands it is
    the part that sees one, see `averages_strands`.
    """
    attentions = [layer for layer in model.layers if isinstance(layer, MotifAttention)]
    try:
        scales = [_scale(model, attention) for attention in attentions]
        pooled = [attention.output for attention in attentions]
        logits = model.get_layer(models.PROBABILITIES).input
        if averages_strands(model):
            # One strand's logits of each member; their mean is the network's.
            members = _maker(model, logits, (MemberMean,)).input
            logits = keras.ops.mean(_maker(model, members, (StrandMean,)).input, axis=1)
        rest = keras.Model(pooled, logits)
    except (ValueError, AttributeError):  # layers that are used twice, other layers, other ways
        return None

    @tf.function(reduce_retracing=True)
    def head(of_scales):
        outputs = [a.from_total(total) for a, total in zip(attentions, of_scales, strict=True)]
        return rest(outputs if len(outputs) > 1 else outputs[0], training=False)

    return scales, head


def sees_both_strands(model: keras.Model) -> bool:
    """Tell whether a network sees a sequence and its reverse complement."""
    return any(isinstance(layer, BothStrands) for layer in model.layers)


def averages_strands(model: keras.Model) -> bool:
    """Tell whether the logits are the mean over a sequence and its reverse complement."""
    return any(isinstance(layer, StrandMean) for layer in model.layers)


def _seen_at_once(model: keras.Model, x: np.ndarray) -> list[list[np.ndarray]]:
    """Return the strands that are seen, in lists of those whose scores are pooled together."""
    if not sees_both_strands(model):
        return [[x]]
    strands = [x, reverse_complement(x)]
    return [[strand] for strand in strands] if averages_strands(model) else [strands]


def _turned(mutants: np.ndarray) -> np.ndarray:
    """Return what is of mutants (n, length, 4, ...) of the other strand in the order of this one.

    Base b at position l is, on the other strand, its complement counted from the end.
    """
    return mutants[:, ::-1, ::-1]


def _scale(model: keras.Model, attention: MotifAttention) -> Scale:
    """Read the weights of one scale."""
    if isinstance(attention, SiteAttention) and (attention.reach or attention.counting):
        raise ValueError(f"{attention.name}: what it pools is not the sum over windows alone")
    responses, _ = attention.input
    convolution = _maker(model, responses, (MotifConv1D,))
    _maker(model, convolution.input, (BaseFractions, BothStrands))
    matrices = keras.ops.convert_to_numpy(convolution.matrices()).astype(np.float64)
    if not attention.position:
        return Scale(matrices, np.zeros(matrices.shape[2]))
    return Scale(matrices, keras.ops.convert_to_numpy(attention.log_prior()).astype(np.float64))


def _maker(model: keras.Model, tensor, kinds: tuple[type, ...]) -> keras.layers.Layer:
    """Return the layer of one of these very kinds that makes a tensor of the network's graph."""
    for layer in model.layers:
        if type(layer) in kinds and layer.output is tensor:
            return layer
    raise ValueError(f"{tensor.name}: made by another kind of layer")


def _logits_by_windows(scales: list[Scale], head: Head, strands: list[np.ndarray]) -> np.ndarray:
    """float32 (n, length, 4, outputs): `logits_of_mutants` of a network taken apart."""
    length, bases = strands[0].shape[1:]
    parts = []
    rows = max(1, MUTANTS // (length * bases))
    for start in range(0, len(strands[0]), rows):
        fractions = [base_fractions(strand[start : start + rows]) for strand in strands]
        pooled = []
        for scale in scales:
            first, *others = (mutant_totals(scale, strand) for strand in fractions)
            pooled.append(np.logaddexp.reduce([first, *map(_turned, others)]))
        flat = [tf.constant(of.reshape(-1, of.shape[-1])) for of in pooled]
        parts.append(head(flat).numpy().reshape(*fractions[0].shape, -1))
    return np.concatenate(parts)


def _agree(model: keras.Model, x: np.ndarray, found: np.ndarray) -> bool:
    """Whether logits of mutants hold against the whole network, for a sample of them."""
    if not np.isfinite(found).all():
        return False
    where = np.argwhere(np.broadcast_to(x.any(axis=2)[..., None], x.shape))
    where = where[:: max(1, len(where) // BATCH)][:BATCH]
    expected = _predict(logits_of(model), _mutants(x, where), BATCH)
    return np.allclose(found[tuple(where.T)], expected, rtol=AGREEMENT, atol=AGREEMENT)


# ------------------------------------------------------------------------------ attention


def attention_scores(model: keras.Model, x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return attention as a score of each position.

    Where filters have attention of their own, those count that speak for the target class: by the
    derivative of its score by what they pool, where that is above 0. Each is spread over the bases
    that it looks at (`mutagenesis.attended_bases`). Else the mean over the scales is taken, each
    spread evenly over the width of its kernel.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4).
    target
        int (n,), index of the target class.

    Returns
    -------
    numpy.ndarray
        float32 (n, length), 0 at padding.
    """
    mask = x.any(axis=2)
    pooled = pooled_network(model)
    if pooled is None:
        widths, weights = models.attention_along(model, x, BATCH)
        spread = [spread_evenly(weights[:, i], width) for i, width in enumerate(widths)]
        return _numbers(model, np.mean(spread, axis=0) * mask, "the attention scores")
    ways = _seen_at_once(model, x)
    weights = target_weights(model, target) / len(ways)
    strands = np.concatenate([_attended(*pooled, strands, weights) for strands in ways])
    scores = np.sum([strands[0], *(other[:, ::-1] for other in strands[1:])], axis=0)
    return _numbers(model, scores, "the attention scores")


def _attended(
    scales: list[Scale], head: Head, strands: list[np.ndarray], weights: np.ndarray
) -> np.ndarray:
    """float32 (strands, n, length): `attention_scores` of strands that are pooled together."""
    scores = np.zeros((len(strands), *strands[0].shape[:2]), np.float32)
    for start in range(0, len(strands[0]), BATCH):
        part = slice(start, start + BATCH)
        fractions = [base_fractions(strand[part]) for strand in strands]
        totals = [[sequence_totals(scale, strand) for strand in fractions] for scale in scales]
        pooled = [tf.constant(np.logaddexp.reduce(total)) for total in totals]
        with tf.GradientTape() as tape:
            tape.watch(pooled)
            explained = tf.reduce_sum(head(pooled) * weights[part])
        slopes = tape.gradient(explained, pooled)
        for scale, total, both, slope in zip(scales, totals, pooled, slopes, strict=True):
            for i, strand in enumerate(fractions):
                share = np.exp(total[i] - both.numpy())  # how likely the site is on this strand
                importance = np.maximum(slope.numpy(), 0) * share
                scores[i, part] += attended_bases(scale, strand, importance)
    return scores


def first_filters(model: keras.Model) -> dict[str, np.ndarray]:
    """Return the filters of the first layers as they act on bases.

    Those of `attention_cnn` read as log odds, see `layers.MotifConv1D`.

    Parameters
    ----------
    model
        A network of `models`.

    Returns
    -------
    dict
        By the name of the layer, float32 (width, 4, filters).
    """
    found = {}
    for layer in model.layers:
        if isinstance(layer, MotifConv1D):
            found[layer.name] = keras.ops.convert_to_numpy(layer.matrices())
        elif isinstance(layer, keras.layers.Conv1D) and layer.kernel.shape[1] == len(BASES):
            found[layer.name] = keras.ops.convert_to_numpy(layer.kernel)
    return {
        name: _numbers(model, kernel.astype(np.float32), "the filters")
        for name, kernel in found.items()
    }
