"""How far apart two motifs may be for a network to see how they are arranged."""

from __future__ import annotations

from dataclasses import dataclass

from attendna.learning.backend import keras
from attendna.learning.layers import (
    BLOCK,
    BaseFractions,
    BothStrands,
    ClassProbabilities,
    FadingDropout,
    MemberMean,
    MotifAttention,
    MotifConv1D,
    PaddingPenalty,
    SiteAttention,
    StrandMean,
)

layers = keras.layers
DETECTORS = (MotifConv1D, layers.Conv1D)
# What computes at each position alone, or pools a filter over all of them whatever their order.
BLIND = (
    *(layers.InputLayer, BaseFractions, BothStrands, PaddingPenalty, MotifAttention),
    *(layers.BatchNormalization, layers.Dropout, FadingDropout, layers.Dense, layers.Activation),
    *(layers.Softmax, layers.Multiply, layers.GlobalMaxPooling1D, layers.GlobalAveragePooling1D),
    *(layers.Concatenate, layers.EinsumDense, StrandMean, MemberMean, ClassProbabilities),
)


@dataclass(frozen=True)
class Sight:
    """What a network sees of an arrangement.

    Attributes
    ----------
    kernel
        Bases of its widest filter: both motifs may stand in one.
    reach
        Bases to either side in which filters see each other's sites; 0: they do not.
    whole
        Whether it may see anything, because it has layers of other kinds.
    """

    kernel: int
    reach: int = 0
    whole: bool = False

    def farthest(self, shortest: int) -> int | None:
        """Return the most bases between two words of so many together; None: any number.

        Below 0 no arrangement can be seen at all. One filter has to hold both words; with partners
        each word may be at the outer end of a filter, and these at the ends of their reach. (What a
        third filter between them sees of both is not counted: it takes a third site.)
        """
        if self.whole:
            return None
        # Partners are seen by block: from one end of a block to the other end of another.
        apart = self.reach + BLOCK - 1 if self.reach else 0
        return apart + self.kernel - shortest


def sight(model: keras.Model) -> Sight:
    """Find out from the layers of a network how far it sees.

    A network whose filters all read bases, and are each pooled over the sequence before they meet,
    sees two motifs at once only in one filter or, with partners, within their reach.
    """
    kernel = reach = 0
    for layer in model.layers:
        if isinstance(layer, DETECTORS):
            if layer.input.shape[-1] != 4:  # it reads other filters, not bases
                return Sight(model.input_shape[1], whole=True)
            kernel = max(kernel, *_numbers(layer.kernel_size))
        elif isinstance(layer, layers.Reshape | layers.Permute):
            if _has_positions(layer, model.input_shape[1]):
                return Sight(model.input_shape[1], whole=True)
        elif not isinstance(layer, BLIND):
            return Sight(model.input_shape[1], whole=True)
        if isinstance(layer, SiteAttention):
            reach = max(reach, layer.reach)
    return Sight(kernel, reach)


def _has_positions(layer: keras.layers.Layer, length: int) -> bool:
    """Whether a layer may move positions of the sequence to where they are told apart."""
    return length in layer.input.shape[1:-1]


def _numbers(size: int | tuple[int, ...]) -> tuple[int, ...]:
    return size if isinstance(size, tuple) else (size, size)
