"""Attention of many filters as one curve a scale, each filter counted by what it contributes.

The plain mean over the filters of a scale is a picture of filters that mostly found nothing: each
divides a weight of 1 among the positions, whatever it does for the decision. So they are weighted
by how much the logit of the predicted class depends on what they pool: output times derivative, as
a number without its sign (gradient times input of Shrikumar et al. 2016, arXiv:1605.01713). What
all classes have in common does not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.learning.backend import keras
from attendna.learning.layers import MotifAttention


class FilterWeights:
    """A network up to its attention along the sequence, one curve a scale.

    Parameters
    ----------
    model
        The network.
    attentions
        Its layers that pool filters, one a scale.
    logits
        Of the network's graph, what its probabilities are made of.

    Raises
    ------
    ValueError
        If the logits depend on more than what these layers pool.
    """

    def __init__(
        self, model: keras.Model, attentions: Sequence[MotifAttention], logits: keras.KerasTensor
    ) -> None:
        """Take the network apart where filters are pooled."""
        import tensorflow as tf

        pooled = [attention.output for attention in attentions]
        along = [attention.weights_along(*attention.input) for attention in attentions]
        below, above = keras.Model(model.input, [pooled, along]), keras.Model(pooled, logits)

        @tf.function(reduce_retracing=True)
        def curves(batch):
            outputs, weights = below(batch, training=False)
            with tf.GradientTape() as tape:
                tape.watch(outputs)
                told = tf.cast(above(outputs, training=False), tf.float32)
                if told.shape[-1] > 1:
                    told = tf.reduce_max(told, axis=-1) - tf.reduce_mean(told, axis=-1)
                told = tf.reduce_sum(told)
            slopes = tape.gradient(told, outputs)
            return [
                tf.einsum("bf,blf->bl", _shares(tf, output, slope), weight)
                for output, slope, weight in zip(outputs, slopes, weights, strict=True)
            ]

        self._curves = curves

    def predict_on_batch(self, batch: np.ndarray) -> list[np.ndarray]:
        """Return the attention of each scale, float32 (n, length), which sums to 1.

        Parameters
        ----------
        batch
            uint8 (n, length, 4).
        """
        return [curve.numpy() for curve in self._curves(batch)]


def _shares(tf, output, slope):
    """Return how much each filter counts, float32 (n, filters); alike where none contributes."""
    size = tf.abs(tf.cast(output, tf.float32) * tf.cast(slope, tf.float32))
    total = tf.reduce_sum(size, axis=1, keepdims=True)
    alike = tf.ones_like(size) / tf.cast(tf.shape(size)[1], tf.float32)
    return tf.where(total > 0, size / tf.where(total > 0, total, 1.0), alike)
