"""The layers of our networks, in `keras.ops` alone, so that any Keras backend runs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.learning.backend import keras

ops = keras.ops

PACKAGE = "attendna"
COARSEST = 4  # numbers at most of the coarsest level of a prior over positions
# Numbers at most of a level that is drawn by one product with all coarser ones.
AT_ONCE = 512
BLOCK = 4  # positions among which there is one site of a motif at most
TINY = 1e-30  # of the highest term: what a sum of none is taken for
COUNTING_SPARSITY = 1e-3  # strength of the pull of filters to no counting
PARTNER_THRESHOLD = 3.0  # at the start: standard normal responses seldom pass it
# Standard deviation of the partners' weights at the start. At zero a filter that tells nothing by
# itself had no reason to learn, and a pair of them was found late or not at all.
PARTNER_SPREAD = 0.3


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
class MotifAttention(keras.layers.Layer):
    """Attention pooling: each filter looks for its motif along the sequence, by a softmax.

    A filter's response h at position l is read as the log-odds that its motif stands there. With
    a learned log-prior b over positions and a learned threshold c, both of the filter's own,

        score s_l = h_l + b_l,    weights a = softmax(s),    output = softplus(logsumexp(s) - c).

    If h is the log-odds of a position weight matrix, b the logarithm of where the motif tends to
    stand and c the log-odds that a sequence lacks it, then the output is, but for a constant, the
    exact log-likelihood ratio of MEME's model of zero or one occurrence a sequence (Bailey and
    Elkan 1994), sigmoid(logsumexp(s) - c) the posterior that the motif is there at all, and a the
    posterior of where, if it is. The threshold matters: without it the output of a sequence that
    lacks the motif would tell how well its best near miss fits, which is noise to all that
    follows. Whatever b and c are, the derivative of the output by the responses is the weights
    times that posterior, so what the model uses is what the picture of its attention shows. How
    sharp the attention is lies in the scale of h, see `MotifConv1D`. A prior that stays flat makes
    the pooling indifferent to position.

    A motif that tends to stand somewhere seldom stands at one position only, so b is a sum over
    levels: numbers at every position, at every second, every fourth and so on to a handful, each
    level drawn along its numbers as a quadratic spline. What one position teaches its neighbours
    learn, and yet a single position can stand out. A level counts times the square root of its
    spacing, which under a pull of equal strength on all of them is about a random walk: near
    positions alike, far ones free.

    Parameters
    ----------
    position
        Whether to learn the prior over positions; without it the pooling can't know where it is.
    position_decay
        Strength of the pull towards a flat prior (L2 on the numbers of each level).

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
        """Make a threshold for each filter and a prior for each position and filter."""
        _, length, filters = features_shape
        # Where standard normal responses of random sequences have their logsumexp, on average.
        threshold = float(np.log(length)) + 0.5
        self.threshold = self.add_weight(
            name="threshold",
            shape=(filters,),
            initializer=keras.initializers.Constant(threshold),
            dtype="float32",
            autocast=False,
        )
        if self.position:
            self.knots = _knots(length)
            self.numbers = self.add_weight(
                name="prior",
                shape=(sum(self.knots), filters),  # level after level, the finest first
                initializer="zeros",
                regularizer=keras.regularizers.L2(self.position_decay),
                dtype="float32",
                autocast=False,
            )
            self.finer = sum(knots > AT_ONCE for knots in self.knots)  # levels drawn one by one
            self.curves = _curves(self.knots[self.finer :])
        self.built = True

    def log_prior(self):
        """Return the prior b, float32 (length, filters)."""
        # One product, since many small steps take longer than the convolutions. Only of long
        # sequences it would be the larger work: their finest levels are drawn one by one.
        starts = np.cumsum([0, *self.knots]).tolist()
        first, second = starts[self.finer : self.finer + 2]
        prior = self.numbers[first:second] + ops.matmul(self.curves, self.numbers[second:])
        for level in reversed(range(self.finer)):
            own = self.numbers[starts[level] : starts[level + 1]]
            prior = _refined(np.sqrt(2.0) * prior, self.knots[level], ops) + own
        return prior

    def scores(self, features, penalty):
        """Return the scores s, float32 (batch, length, filters)."""
        scores = ops.cast(features, "float32")
        if self.position:
            scores = scores + self.log_prior()
        return scores + penalty

    def weights_along(self, features, penalty):
        """Return the attention weights a, float32 (batch, length, filters), summing to 1."""
        return ops.softmax(self.scores(features, penalty), axis=1)

    def call(self, features, penalty):
        """Pool over positions."""
        return self.from_total(ops.logsumexp(self.scores(features, penalty), axis=1))

    def from_total(self, total):
        """Return the output, float (batch, filters), for the logsumexp of the scores."""
        return ops.cast(ops.softplus(total - self.threshold), self.compute_dtype)

    def compute_output_shape(self, features_shape, penalty_shape=None):
        """Return (batch, filters)."""
        return (features_shape[0], features_shape[-1])

    def get_config(self) -> dict:
        """Return what rebuilds the layer."""
        config = super().get_config()
        return {**config, "position": self.position, "position_decay": self.position_decay}


@keras.saving.register_keras_serializable(package=PACKAGE)
class SiteAttention(MotifAttention):
    """Attention pooling that knows what stands beside a site, how many there are, and two strands.

    As `MotifAttention`, but in blocks of `BLOCK` positions, which hold one site at most: with s_l
    the scores there and c the threshold, the log-odds that block j holds the filter's motif are

        B_j = log sum over l in j of exp(s_l).

    **Partners** (`reach`). The evidence for filter g in block j, e_gj = softplus(B_gj - r_g) with a
    threshold r_g of its own, is the log-likelihood ratio of a site there, of which weak ones count
    too: a place that is expected is a small place to search. The filters of a member take account
    of each other's, by weights that depend on the distance d in blocks, its sign being the order:

        B'_fj = B_fj + sum over g and d of w_fgd e_g,j+d.

    If w_fgd is 1 at one distance, then f and g are one motif in two parts; if negative, g keeps f
    off. The weights start near zero, and a group lasso takes those of a pair of filters that tells
    nothing there. Without partners B' = B.

    **Two strands** (`strands`). The batch holds the reverse complements of its first half behind
    it (`BothStrands`), and the motif may stand on either: sums over positions run over both. Order
    and distance are told along the strand of the site, so a pair that is turned as a whole is the
    same pair.

    **Counting** (`counting`). The output is

        one + k (many - one),   one = softplus(logsumexp(B') - c),   many = sum of softplus(B' - c),

    the log-likelihood ratio of at most one site where k = 0, and but for overlaps that of a number
    of sites with Poisson's distribution where k = 1; k starts at zero, is learned, and is pulled to
    zero, so that only filters count of which the number tells something.

    Parameters
    ----------
    position, position_decay
        See `MotifAttention`.
    members
        Networks that the filters belong to, in equal parts: filters of one don't see another's.
    reach
        Bases to either side in which partners are seen; 0 for no partners.
    partner_sparsity
        Strength of the group lasso, of which a group are the weights of a pair at all distances.
    strands
        Whether the batch holds both strands of each sequence.
    counting
        Whether the number of sites counts.
    padded
        Whether sequences may hold padding, of which blocks are then counted from the first base.

    Call arguments
    --------------
    features
        float (batch, length, filters), the responses h.
    penalty
        float32 (batch, length, 1), added to the scores: 0, or very low at padding.

    Output: float (batch, filters); with both strands (batch / 2, filters).
    """

    def __init__(
        self,
        position: bool = True,
        position_decay: float = 0.0,
        members: int = 1,
        reach: int = 0,
        partner_sparsity: float = 0.0,
        strands: bool = False,
        counting: bool = False,
        padded: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(position, position_decay, **kwargs)
        self.members, self.reach, self.partner_sparsity = members, reach, partner_sparsity
        self.strands, self.counting, self.padded = strands, counting, padded

    def build(self, features_shape, penalty_shape=None) -> None:
        """Make what `MotifAttention` has, the weights of partners and of counting."""
        super().build(features_shape, penalty_shape)
        filters = features_shape[-1]
        single = {"dtype": "float32", "autocast": False}
        if self.counting:
            self.copies = self.add_weight(
                name="copies",
                shape=(filters,),
                initializer="zeros",
                constraint="non_neg",
                regularizer=keras.regularizers.L1(COUNTING_SPARSITY / self.members),
                **single,
            )
        if self.reach:
            own = filters // self.members
            self.partner_threshold = self.add_weight(
                name="partner_threshold",
                shape=(filters,),
                initializer=keras.initializers.Constant(PARTNER_THRESHOLD),
                **single,
            )
            self.partners = self.add_weight(
                name="partners",  # the distance from -reach to reach, the partner, the filter
                shape=(self.members, 2 * (self.reach // BLOCK) + 1, own, own),
                initializer=keras.initializers.RandomNormal(stddev=PARTNER_SPREAD),
                regularizer=GroupLasso(self.partner_sparsity, axis=1),
                **single,
            )

    def blocks(self, features, penalty):
        """Return the scores of blocks of positions, float32 (batch, blocks, filters)."""
        scores = self.scores(features, penalty)
        highest = ops.stop_gradient(ops.max(scores, axis=1, keepdims=True))
        terms = _in_blocks(ops.exp(scores - highest), self._first(penalty))
        return highest + ops.log(ops.sum(terms, axis=2) + TINY)

    def _first(self, penalty):
        """Return at which position of a block sequences begin, int32 (batch, 1, 1), or None."""
        if not self.padded:
            return None
        return ops.argmax(penalty, axis=1)[:, :, None] % BLOCK

    def from_partners(self, blocks):
        """Return what partners add to the scores of blocks, float32 (batch, blocks, filters)."""
        evidence = ops.softplus(blocks - self.partner_threshold)
        of_members = ops.split(evidence, self.members, axis=2)
        added = [ops.conv(e, self.partners[i], 1, "same") for i, e in enumerate(of_members)]
        return ops.concatenate(added, axis=2)

    def weights_along(self, features, penalty):
        """Return the attention weights, float32 (batch or half, length, filters), summing to 1.

        With both strands they are those of a position on either, along the first half's.
        """
        scores = self.scores(features, penalty)
        if self.reach:
            added = self.from_partners(self.blocks(features, penalty))
            scores = scores + _along_positions(added, scores.shape[1], self._first(penalty))
        if not self.strands:
            return ops.softmax(scores, axis=1)
        given, other = ops.split(scores, 2, axis=0)
        weights = ops.softmax(ops.concatenate([given, other], axis=1), axis=1)
        given, other = ops.split(weights, 2, axis=1)
        return given + ops.flip(other, axis=1)

    def call(self, features, penalty):
        """Pool over positions."""
        if not self.reach and not self.counting:
            total = ops.logsumexp(self.scores(features, penalty), axis=1)
            if self.strands:
                total = ops.logaddexp(*ops.split(total, 2, axis=0))
            return self.from_total(total)
        blocks = self.blocks(features, penalty)
        if self.reach:
            blocks = blocks + self.from_partners(blocks)
        if self.strands:
            blocks = ops.concatenate(ops.split(blocks, 2, axis=0), axis=1)
        one = self.from_total(ops.logsumexp(blocks, axis=1))
        if not self.counting:
            return one
        many = ops.sum(ops.softplus(blocks - self.threshold), axis=1)
        return one + ops.cast(self.copies, one.dtype) * (ops.cast(many, one.dtype) - one)

    def compute_output_shape(self, features_shape, penalty_shape=None):
        """Return (batch, filters)."""
        return (None if self.strands else features_shape[0], features_shape[-1])

    def get_config(self) -> dict:
        """Return what rebuilds the layer."""
        names = ["members", "reach", "partner_sparsity", "strands", "counting", "padded"]
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _in_blocks(terms, first):
    """Return positions by blocks: (batch, length, filters) to (batch, blocks, BLOCK, filters).

    The last block is filled up with zeros. If `first` is not None, int (batch, 1, 1), blocks begin
    at this position of a sequence, and what stands before it has to be zero.
    """
    length = terms.shape[1]
    blocks = -(-length // BLOCK)
    terms = ops.pad(terms, ((0, 0), (0, blocks * BLOCK - length), (0, 0)))
    if first is not None:
        places = (np.arange(blocks * BLOCK)[None, :, None] + first) % (blocks * BLOCK)
        terms = ops.take_along_axis(terms, places, axis=1)
    return ops.reshape(terms, (-1, blocks, BLOCK, terms.shape[2]))


def _along_positions(blocks, length: int, first):
    """Return what blocks have for each of their positions: the inverse of `_in_blocks`."""
    along = ops.repeat(blocks, BLOCK, axis=1)
    if first is not None:
        places = (np.arange(along.shape[1])[None, :, None] - first) % along.shape[1]
        along = ops.take_along_axis(along, places, axis=1)
    return along[:, :length]


def _knots(length: int) -> list[int]:
    """Return how many numbers a level of the prior has, from one a position to a handful."""
    knots = [length]
    while knots[-1] > COARSEST:
        knots.append(knots[-1] // 2 + 1)
    return knots


def _curves(knots: Sequence[int]) -> np.ndarray:
    """Return what the numbers of all coarser levels do to the finest: float32 (knots[0], others).

    A level counts times the square root of its spacing.
    """
    drawn = np.empty((knots[-1], 0))
    for coarse, fine in zip(knots[:0:-1], knots[-2::-1], strict=True):
        both = np.concatenate([np.eye(coarse), drawn], axis=1)
        drawn = np.sqrt(2.0) * _refined(both, fine, np)
    return drawn.astype(np.float32)


def _refined(coarse, count: int, array):
    """Return a curve at half the spacing: float (k, filters) to (count, filters).

    Each number twice and then smoothed by 1/4, 1/2, 1/4: corner cutting (Chaikin 1974), which
    repeated gives a quadratic spline. `array` is the module to compute with.
    """
    twice = array.repeat(coarse, 2, axis=0)
    ends = array.concatenate([twice[:1], twice, twice[-1:]], axis=0)
    smooth = (ends[:-2] + 2 * ends[1:-1] + ends[2:]) / 4
    start = (2 * coarse.shape[0] - count) // 2  # one or two are over
    return smooth[start : start + count]


@keras.saving.register_keras_serializable(package=PACKAGE)
class FadingDropout(keras.layers.Dropout):
    """Dropout that a training can lower, see `callbacks.FadeDropout`.

    Parameters
    ----------
    rate
        Share of the inputs that are left out at first.

    Attributes
    ----------
    left
        float32 (1,): what is left of the rate, 0 to 1. It is a weight so that a compiled step reads
        it anew, and is not counted among the parameters.
    """

    def build(self, input_shape) -> None:
        """Make the share."""
        single = {"dtype": "float32", "autocast": False}
        self.left = self.add_weight(
            name="left", shape=(1,), initializer="ones", trainable=False, **single
        )
        super().build(input_shape)

    def call(self, inputs, training=False):
        """Leave some out in training, and raise the others by as much."""
        if not training or self.rate == 0:
            return inputs
        rate = self.rate * self.left  # Keras's own dropout takes none that is known only later
        drawn = keras.random.uniform(ops.shape(inputs), dtype="float32", seed=self.seed_generator)
        kept = inputs / ops.cast(1 - rate, inputs.dtype)
        return ops.where(drawn >= rate, kept, ops.zeros_like(kept))


@keras.saving.register_keras_serializable(package=PACKAGE)
class BothStrands(keras.layers.Layer):
    """Put the reverse complements of a batch behind it, for `StrandMean` to average at the end.

    Call arguments
    --------------
    fractions
        float (batch, length, 4), in the order A, C, G, T: reversed along both axes it is the other
        strand.

    Output: float (2 batch, length, 4).
    """

    def call(self, fractions):
        """Append the other strand of each sequence."""
        return ops.concatenate([fractions, fractions[:, ::-1, ::-1]], axis=0)

    def compute_output_shape(self, input_shape):
        """Return the shape of the input but for the batch, which doubles."""
        return (None, *input_shape[1:])


@keras.saving.register_keras_serializable(package=PACKAGE)
class StrandMean(keras.layers.Layer):
    """Average what a network says of a sequence and of its reverse complement, see `BothStrands`.

    Call arguments
    --------------
    logits
        float (2 batch, ...).

    Output: float (batch, ...).
    """

    def call(self, logits):
        """Average the two halves of the batch."""
        return ops.mean(ops.reshape(logits, (2, -1, *logits.shape[1:])), axis=0)

    def compute_output_shape(self, input_shape):
        """Return the shape of the input but for the batch, which halves."""
        return (None, *input_shape[1:])


@keras.saving.register_keras_serializable(package=PACKAGE)
class MemberMean(keras.layers.Layer):
    """Average the logits of the members of an ensemble, but not in training.

    There each member answers for itself: a loss on the average would let members lean on one
    another. `losses.MemberLoss` takes the mean of their losses.

    Call arguments
    --------------
    logits
        float (batch, members, outputs).

    Output: float (batch, outputs), in training with several members (batch, members, outputs).
    """

    def call(self, logits, training=None):
        """Average over the members."""
        return logits if training and logits.shape[1] > 1 else ops.mean(logits, axis=1)

    def compute_output_shape(self, input_shape):
        """Return (batch, outputs)."""
        return (input_shape[0], input_shape[2])


@keras.saving.register_keras_serializable(package=PACKAGE)
class ClassProbabilities(keras.layers.Layer):
    """Turn logits into probabilities; the last layer of every network.

    It also keeps what a prediction needs beside the weights: the names of the classes, which of
    two is the positive one, the calibration (see `calibration.calibrate`), and how sequences come
    to the network's length. So a saved model explains itself.

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
    biases
        What calibration adds to the logit of each class once it is divided; None adds nothing.
    crop
        How sequences of another length are cropped and padded, see `cropping.offsets`; "" if all
        were of the network's length and others are none for it.

    Call arguments
    --------------
    logits
        float (batch, 1) for two classes, else (batch, classes); in training perhaps those of the
        members of an ensemble, (batch, members, ...).

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
        biases: Sequence[float] | None = None,
        **kwargs,
    ) -> None:
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)
        self.classes = list(classes)
        self.positive = positive
        self.temperature = float(temperature)
        self.priors = None if priors is None else [float(weight) for weight in priors]
        self.crop = crop
        self.biases = None if biases is None else [float(bias) for bias in biases]

    def of_logits(self, by_class: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return what numbers of the classes are in the logits, float32 (outputs,)."""
        numbers = np.asarray(by_class, np.float64)
        if self.positive:
            positive = self.classes.index(self.positive)
            numbers = numbers[[positive]] - numbers[[1 - positive]]
        return numbers.astype(np.float32)

    def call(self, logits):
        """Take off the weights of the classes, calibrate and squash."""
        if self.priors is not None:
            logits = logits - self.of_logits(np.log(self.priors))
        logits = logits / self.temperature
        if self.biases is not None:
            logits = logits + self.of_logits(self.biases)
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
            "biases": self.biases,
        }


@keras.saving.register_keras_serializable(package=PACKAGE)
class GroupLasso(keras.regularizers.Regularizer):
    """A penalty that empties whole groups of weights (Yuan and Lin 2006).

    It adds strength times the sum over all groups of the Euclidean norm of the group's weights: a
    group that tells nothing goes to zero, and one that tells something pays only in proportion.

    Parameters
    ----------
    strength
        What the sum of norms is multiplied by.
    axis
        Along which the weights of a group lie: 1 in a convolution's kernel (width, bases, filters)
        makes a group of the bases of each position and filter, 2 in a dense kernel (members,
        inputs, units) one of each input.
    """

    def __init__(self, strength: float, axis: int) -> None:
        self.strength, self.axis = strength, axis

    def __call__(self, kernel):
        """Return the penalty of a kernel."""
        # The small number keeps the derivative finite at zero.
        squares = ops.sum(ops.square(kernel), axis=self.axis)
        return self.strength * ops.sum(ops.sqrt(squares + 1e-8))

    def get_config(self) -> dict:
        """Return what rebuilds the regularizer."""
        return {"strength": self.strength, "axis": self.axis}


@keras.saving.register_keras_serializable(package=PACKAGE)
class MotifConv1D(keras.layers.Layer):
    """A convolution whose filters are position weight matrices in the units of log-odds.

    Three things set it apart from a plain one. Each kernel

    * is learned under a Gaussian envelope around its middle, w_j exp(-(j - middle)^2 / 2 taper^2):
      motifs are mostly short and a wide kernel mostly learns the training sequences by heart,
      since its outer positions see noise. A step of the optimiser moves the middle more than the
      ends. How wide the envelope is, is learned for each filter too;
    * is centred, so that the four bases' weights of a position sum to 0: adding a number to all
      four is no evidence. N and padding thereby say nothing (0);
    * is scaled to responses of variance 1 on uniform random bases and then by its sharpness, which
      is learned: that sets how far a match stands out from the rest of the sequence.

    This takes the place of batch normalisation on the whole map: weights are as many as positions
    of the kernel, so normalising them costs nothing (Salimans and Kingma 2016 normalise weights by
    their norm), and a response does not depend on the batch, nor on how much padding there is.

    Parameters
    ----------
    filters
        Motif detectors.
    kernel_size
        Positions of each, in bases.
    taper
        Standard deviation of the envelope at the start, in positions; None for no envelope.
    kernel_regularizer
        Penalty on the kernel before all this.

    Call arguments
    --------------
    fractions
        float (batch, length, 4).

    Output: float (batch, length, filters), position l of the sequence in the kernel's middle.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        taper: float | None = None,
        kernel_regularizer=None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.taper = filters, kernel_size, taper
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, fractions_shape) -> None:
        """Make the kernel, and for each filter a sharpness and a width of its envelope."""
        # In single precision throughout: the kernel is small, and its norm is squared.
        single = {"dtype": "float32", "autocast": False}
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, 4, self.filters),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
            regularizer=self.kernel_regularizer,
            **single,
        )
        self.log_sharpness = self.add_weight(
            name="log_sharpness", shape=(self.filters,), initializer="zeros", **single
        )
        if self.taper is not None:
            self.log_taper = self.add_weight(
                name="log_taper",
                shape=(self.filters,),
                initializer=keras.initializers.Constant(float(np.log(self.taper))),
                **single,
            )
        self.built = True

    def envelope(self):
        """Return the envelopes, float32 (kernel_size, 1, filters)."""
        distance = np.arange(self.kernel_size) - (self.kernel_size - 1) / 2
        squares = ops.convert_to_tensor((distance**2)[:, None, None], "float32")
        if self.taper is None:
            return ops.ones_like(squares)
        return ops.exp(-0.5 * squares * ops.exp(-2 * self.log_taper))

    def matrices(self):
        """Return the position weight matrices, float32 (kernel_size, 4, filters): what acts."""
        kernel = self.kernel * self.envelope()
        kernel = kernel - ops.mean(kernel, axis=1, keepdims=True)
        variance = ops.sum(ops.mean(ops.square(kernel), axis=1), axis=0)  # (filters,)
        # The small number lets a kernel that is all zero respond with zero.
        return kernel * ops.exp(self.log_sharpness) * ops.rsqrt(variance + 1e-6)

    def call(self, fractions):
        """Scan the sequence with the matrices."""
        return ops.conv(fractions, ops.cast(self.matrices(), fractions.dtype), 1, "same")

    def compute_output_shape(self, fractions_shape):
        """Return (batch, length, filters)."""
        return (*fractions_shape[:-1], self.filters)

    def get_config(self) -> dict:
        """Return what rebuilds the layer."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "taper": self.taper,
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
