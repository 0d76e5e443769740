"""The layers of our networks, in `keras.ops` alone, so that any Keras backend runs them."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

PACKAGE = "attendna"


@keras.saving.register_keras_serializable(package=PACKAGE)
class BaseFractions(keras.layers.Layer):
    """Turn the bases that a letter allows into fractions: R is 1/2 A + 1/2 G, padding stays 0.

    Call arguments
    --------------
    x
        uint8 (batch, length, 4), the `x` of `encoded.npz`.

    Output: float (batch, length, 4), each position summing to 1, or to 0 where it is padding.
    """

    def __init__(self, **kwargs) -> None:
        # The input is a byte and must not be cast before the division.
        super().__init__(autocast=False, **kwargs)

    def call(self, x):
        """Divide by the number of bases allowed."""
        x = ops.cast(x, self.compute_dtype)
        return x / ops.maximum(ops.sum(x, axis=-1, keepdims=True), 1)

    def compute_output_shape(self, input_shape):
        """Return the shape of the input."""
        return input_shape


@keras.saving.register_keras_serializable(package=PACKAGE)
class PaddingPenalty(keras.layers.Layer):
    """Attention scores of padding: a number so low that the softmax gives it no weight.

    Call arguments
    --------------
    fractions
        float (batch, length, 4), zero where there is no base.

    Output: float32 (batch, length, 1), 0 at a base and -1e9 at padding.
    """

    def __init__(self, **kwargs) -> None:
        kwargs["dtype"] = "float32"  # -1e9 is no half-precision number
        super().__init__(**kwargs)

    def call(self, fractions):
        """Mark the positions that hold no base."""
        # Compared, not subtracted: in half precision the thirds of B, D, H and V don't add up to 1.
        return ops.where(ops.sum(fractions, axis=-1, keepdims=True) > 0, 0.0, -1e9)

    def compute_output_shape(self, input_shape):
        """Return (batch, length, 1)."""
        return (*input_shape[:-1], 1)


@keras.saving.register_keras_serializable(package=PACKAGE)
class BaseNormalization(keras.layers.BatchNormalization):
    """Batch normalisation along sequences that counts positions with a base and no padding.

    Else the mean and the variance, and with them the training, would depend on how much padding
    there is. Where there is none it is batch normalisation.

    Call arguments
    --------------
    responses
        float (batch, length, filters).
    penalty
        float32 (batch, length, 1), see `PaddingPenalty`.

    Output: float (batch, length, filters).
    """

    def build(self, responses_shape, penalty_shape=None) -> None:
        """Make the weights."""
        super().build(responses_shape)

    def call(self, responses, penalty, training=None):
        """Normalise; padded positions too, which are not looked at."""
        return super().call(responses, training=training, mask=penalty[..., 0] == 0)

    def compute_output_shape(self, responses_shape, penalty_shape=None):
        """Return the shape of the responses."""
        return responses_shape


@keras.saving.register_keras_serializable(package=PACKAGE)
class MotifAttention(keras.layers.Layer):
    """Attention pooling: each filter looks for its motif along the sequence, by a sharp softmax.

    A filter's response h at position l is read as the log-odds that its motif stands there. With
    a learned log-prior b over positions and an inverse temperature t, both of the filter's own,

        score s_l = t h_l + b_l,    weights a = softmax(s),    output = logsumexp(s) / t.

    If h is the log-odds of a position weight matrix, b the logarithm of where the motif tends to
    stand and t = 1, the output is the exact log-likelihood ratio of "the motif stands somewhere"
    to "it stands nowhere", and a is the posterior of where. Whatever b and t, the weights are the
    derivative of the output by the responses, so what the model uses is what the picture of its
    attention shows. (The mixture is that of MEME's one-occurrence model, Bailey and Elkan 1994.)
    A prior that stays flat makes the pooling indifferent to position.

    Parameters
    ----------
    position
        Whether to learn the prior over positions; without it the pooling can't know where it is.
    position_decay
        Strength of the pull towards a flat prior (L2).

    Call arguments
    --------------
    features
        float (batch, length, filters), the responses h.
    penalty
        float32 (batch, length, 1), added to the scores: 0, or very low at padding.

    Output: float (batch, filters).
    """

    def __init__(self, position: bool = True, position_decay: float = 0.0, **kwargs) -> None:
        # The penalty must stay in single precision: half precision has no -1e9.
        super().__init__(autocast=False, **kwargs)
        self.position = position
        self.position_decay = position_decay

    def build(self, features_shape, penalty_shape=None) -> None:
        """Make a temperature for each filter and a prior for each position and filter."""
        _, length, filters = features_shape
        self.log_sharpness = self.add_weight(
            name="log_sharpness",
            shape=(filters,),
            initializer="zeros",
            dtype="float32",
            autocast=False,
        )
        if self.position:
            self.prior = self.add_weight(
                name="prior",
                shape=(length, filters),
                initializer="zeros",
                regularizer=keras.regularizers.L2(self.position_decay),
                dtype="float32",
                autocast=False,
            )
        self.built = True

    def scores(self, features, penalty):
        """Return the scores s, float (batch, length, filters)."""
        # Features first: `attention_along` passes symbols, and JAX takes none on the right.
        scores = features * ops.exp(ops.cast(self.log_sharpness, features.dtype))
        if self.position:
            scores = scores + ops.cast(self.prior, features.dtype)
        return ops.cast(scores, "float32") + penalty

    def weights_along(self, features, penalty):
        """Return the attention weights a, float32 (batch, length, filters), summing to 1."""
        return ops.softmax(self.scores(features, penalty), axis=1)

    def call(self, features, penalty):
        """Pool over positions."""
        return self.from_total(ops.logsumexp(self.scores(features, penalty), axis=1))

    def from_total(self, total):
        """Return the output, float (batch, filters), for the logsumexp of the scores."""
        return ops.cast(total / ops.exp(self.log_sharpness), self.compute_dtype)

    def compute_output_shape(self, features_shape, penalty_shape=None):
        """Return (batch, filters)."""
        return (features_shape[0], features_shape[-1])

    def get_config(self) -> dict:
        """Return what rebuilds the layer."""
        config = super().get_config()
        return {**config, "position": self.position, "position_decay": self.position_decay}


@keras.saving.register_keras_serializable(package=PACKAGE)
class ClassProbabilities(keras.layers.Layer):
    """Turn logits into probabilities; the last layer of every network.

    It also keeps what a prediction needs beside the weights: the names of the classes, which of
    two is the positive one, the calibration temperature (Guo et al. 2017) that divides the logits,
    and how sequences come to the network's length. So a saved model explains itself.

    Parameters
    ----------
    classes
        The names of the classes, in the order of `encoded.npz`.
    positive
        The positive one of two classes, "" for more.
    temperature
        What the logits are divided by; 1 before calibration.
    priors
        How much a record of each class counted in training, once that is done: a network that
        was trained with weights w estimates w p(class | sequence), and dividing by w gives the
        probability back. None divides by nothing.
    crop
        How sequences of another length are cropped and padded, see `cropping.offsets`; "" if all
        were of the network's length and others are none for it.

    Call arguments
    --------------
    logits
        float (batch, 1) for two classes, else (batch, classes).

    Output: float32 of the same shape: the positive class's probability (sigmoid), or one
    probability a class (softmax).
    """

    def __init__(
        self,
        classes: Sequence[str],
        positive: str,
        temperature: float = 1.0,
        priors: Sequence[float] | None = None,
        crop: str = "",
        **kwargs,
    ) -> None:
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)
        self.classes = list(classes)
        self.positive = positive
        self.temperature = float(temperature)
        self.priors = None if priors is None else [float(weight) for weight in priors]
        self.crop = crop

    def shift(self) -> np.ndarray:
        """Return what the weights of the classes added to the logits, float32 (outputs,)."""
        logs = np.log(np.array(self.priors or [1.0] * len(self.classes)))
        if self.positive:
            positive = self.classes.index(self.positive)
            logs = logs[[positive]] - logs[[1 - positive]]
        return logs.astype(np.float32)

    def call(self, logits):
        """Take off the weights of the classes, divide by the temperature and squash."""
        logits = (logits - self.shift()) / self.temperature
        return ops.sigmoid(logits) if self.positive else ops.softmax(logits)

    def compute_output_shape(self, input_shape):
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict:
        """Return what rebuilds the layer."""
        return {
            **super().get_config(),
            "classes": self.classes,
            "positive": self.positive,
            "temperature": self.temperature,
            "priors": self.priors,
            "crop": self.crop,
        }


@keras.saving.register_keras_serializable(package=PACKAGE)
class GroupLasso(keras.regularizers.Regularizer):
    """A penalty that empties whole positions of a convolution's kernel (Yuan and Lin 2006).

    It adds strength times the sum, over kernel positions and filters, of the Euclidean norm of
    the four bases' weights: a position that tells nothing goes to zero, so filters keep to their
    motif, and one that tells something pays only in proportion.

    Parameters
    ----------
    strength
        What the sum of norms is multiplied by.
    """

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def __call__(self, kernel):
        """Return the penalty of a kernel (width, bases, filters)."""
        # The small number keeps the derivative finite at zero.
        return self.strength * ops.sum(ops.sqrt(ops.sum(ops.square(kernel), axis=1) + 1e-8))

    def get_config(self) -> dict:
        """Return what rebuilds the regularizer."""
        return {"strength": self.strength}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TaperedConv1D(keras.layers.Conv1D):
    """A convolution whose kernel is learned under a Gaussian envelope around its middle.

    Motifs are mostly short and a wide kernel mostly learns the training sequences by heart: its
    outer positions see noise. Here the kernel that acts is w_j exp(-(j - middle)^2 / 2 taper^2),
    so a step of the optimiser moves the middle more than the ends, and a filter grows wide only
    where the data insist.

    Parameters
    ----------
    taper
        Standard deviation of the envelope, in positions; None for a plain convolution.
    """

    def __init__(self, filters: int, kernel_size: int, taper: float | None = None, **kwargs):
        super().__init__(filters, kernel_size, **kwargs)
        self.taper = taper

    def envelope(self) -> np.ndarray:
        """Return the envelope, float32 (kernel_size, 1, 1)."""
        width = self.kernel_size[0]
        distance = np.arange(width) - (width - 1) / 2
        if self.taper is None:
            return np.ones((width, 1, 1), np.float32)
        return np.exp(-0.5 * (distance / self.taper) ** 2).astype(np.float32)[:, None, None]

    def call(self, x):
        """Convolve with the kernel under its envelope."""
        kernel = self.kernel * ops.cast(self.envelope(), self.kernel.dtype)
        outputs = self.convolution_op(x, kernel)
        return self.activation(outputs + self.bias if self.use_bias else outputs)

    def get_config(self) -> dict:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "taper": self.taper}
