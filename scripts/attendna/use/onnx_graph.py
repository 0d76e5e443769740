"""A trained network as an ONNX graph, written layer by layer.

Each kind of layer has a function here that adds what it computes; a layer of another kind, or one
in a way that its function does not know, is an error and never something else in its place. So
nothing has to be traced, and what the graph needs is in the operators of opset 18 (ONNX 1.13, which
ONNX Runtime reads from 1.14 on). Priors over places and kernels under their envelopes are constants
of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from attendna.learning import layers
from attendna.learning.backend import keras
from attendna.version import __version__

OPSET = 18
IR_VERSION = 8  # of the first ONNX with that opset; newer ones are refused by older runtimes
INPUT, OUTPUT = "sequence", "probabilities"
INPUTS = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}
ACTIVATIONS = {"linear": None, "relu": "Relu", "tanh": "Tanh"}


class UnknownLayer(ValueError):
    """A layer does what no function of this module writes."""


class Graph:
    """The nodes and constants of a graph while it is written."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def add(self, kind: str, *inputs: str, name: str, **attributes) -> str:
        """Add a node with one output, and return what the output is called.

        Parameters
        ----------
        kind
            The operator.
        inputs
            What its inputs are called.
        name
            Of the node and its output, made unique.
        attributes
            Of the operator.
        """
        output = f"{name}/{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, value: np.ndarray | Sequence[float], dtype: str = "float32") -> str:
        """Add a constant, each once, and return what it is called."""
        array = np.ascontiguousarray(value, dtype)
        key = f"{dtype}{array.shape}{array.tobytes().hex()}" if array.size < 16 else None
        name = key or f"constant_{len(self.constants)}"
        if name not in self.constants:
            called = f"constant_{len(self.constants)}"
            self.constants[name] = numpy_helper.from_array(array, called)
        return self.constants[name].name

    def axes(self, *axes: int) -> str:
        """Add axes, or a shape, as a constant."""
        return self.constant(axes, "int64")

    def reduce(self, kind: str, x: str, axis: int, name: str, keepdims: bool = False) -> str:
        """Add a reduction along one axis."""
        return self.add(kind, x, self.axes(axis), name=name, keepdims=int(keepdims))


def model_of(network: keras.Model, dtype: str, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """Return a network as an ONNX model.

    Its input `sequence`, (batch, length, 4), holds the bases that each letter allows, in the order
    A, C, G, T: as bytes or, as float32, their shares or any multiple of them. Its output
    `probabilities`, float32 (batch, classes), has the calibrated probability of each class; rows
    sum to 1.

    Parameters
    ----------
    network
        One of `learning.models`, in single precision (see `exporting.in_single_precision`).
    dtype
        "uint8" or "float32", of the input.
    metadata
        What a reader of the file has to know beside the graph.

    Raises
    ------
    UnknownLayer
        If the network has a layer that can't be written.
    """
    graph = Graph()
    known: dict[int, str] = {id(network.input): INPUT}
    for layer in network.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        inputs = layer.input if isinstance(layer.input, list | tuple) else [layer.input]
        names = [known[id(tensor)] for tensor in inputs]
        known[id(layer.output)] = _writer(layer)(graph, layer, *names)
    graph.add("Identity", known[id(network.output)], name=OUTPUT)
    graph.nodes[-1].output[0] = OUTPUT
    last = network.layers[-1]
    length = network.input_shape[1]
    made = helper.make_graph(
        graph.nodes,
        network.name,
        [helper.make_tensor_value_info(INPUT, INPUTS[dtype], ["batch", length, 4])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", len(last.classes)])],
        list(graph.constants.values()),
    )
    model = helper.make_model(
        made,
        producer_name="attendna",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    return model


def _writer(layer: keras.layers.Layer) -> Callable[..., str]:
    writer = WRITERS.get(type(layer))
    if writer is None:
        raise UnknownLayer(
            f"the layer {layer.name!r} is of the kind {type(layer).__name__}, which can't be "
            "written as ONNX"
        )
    return writer


def _require(layer: keras.layers.Layer, **wanted) -> None:
    """Raise `UnknownLayer` unless attributes of a layer are what its function takes for granted."""
    for name, value in wanted.items():
        found = getattr(layer, name)
        if found != value:
            raise UnknownLayer(
                f"the layer {layer.name!r} has {name} {found!r}; only {value!r} can be written as "
                "ONNX"
            )


# ------------------------------------------------------------------------------ the layers


def _base_fractions(graph: Graph, layer: keras.layers.Layer, x: str) -> str:
    name = layer.name
    x = graph.add("Cast", x, name=name, to=TensorProto.FLOAT)
    total = graph.reduce("ReduceSum", x, -1, name, keepdims=True)
    return graph.add("Div", x, graph.add("Max", total, graph.constant([1]), name=name), name=name)


def _padding_penalty(graph: Graph, layer: keras.layers.Layer, fractions: str) -> str:
    total = graph.reduce("ReduceSum", fractions, -1, layer.name, keepdims=True)
    base = graph.add("Greater", total, graph.constant([0]), name=layer.name)
    return graph.add("Where", base, graph.constant([0]), graph.constant([-1e9]), name=layer.name)


def _both_strands(graph: Graph, layer: keras.layers.Layer, fractions: str) -> str:
    last, before_first = graph.axes(-1, -1), graph.axes(*[np.iinfo(np.int64).min] * 2)
    turned = graph.add(
        "Slice", fractions, last, before_first, graph.axes(1, 2), last, name=layer.name
    )
    return graph.add("Concat", fractions, turned, name=layer.name, axis=0)


def _scan(graph: Graph, name: str, x: str, kernel: np.ndarray, groups: int = 1) -> str:
    """Add a convolution that keeps the length: kernel (width, channels of a group, filters)."""
    width = len(kernel)
    before = (width - 1) // 2
    x = graph.add("Transpose", x, name=name, perm=[0, 2, 1])
    weights = graph.constant(kernel.transpose(2, 1, 0))
    pads = [before, width - 1 - before]
    x = graph.add("Conv", x, weights, name=name, pads=pads, group=groups)
    return graph.add("Transpose", x, name=name, perm=[0, 2, 1])


def _motif_conv(graph: Graph, layer: layers.MotifConv1D, fractions: str) -> str:
    return _scan(graph, layer.name, fractions, keras.ops.convert_to_numpy(layer.matrices()))


def _conv(graph: Graph, layer: keras.layers.Conv1D, x: str) -> str:
    _require(layer, padding="same", strides=(1,), dilation_rate=(1,), groups=1)
    _require(layer, data_format="channels_last")
    x = _scan(graph, layer.name, x, keras.ops.convert_to_numpy(layer.kernel))
    return _activated(graph, layer, _with_bias(graph, layer, x))


def _with_bias(graph: Graph, layer: keras.layers.Layer, x: str) -> str:
    if layer.bias is None:
        return x
    return graph.add("Add", x, graph.constant(_numbers(layer.bias)), name=layer.name)


def _activated(graph: Graph, layer: keras.layers.Layer, x: str) -> str:
    called = keras.activations.serialize(layer.activation)
    if called not in ACTIVATIONS:
        raise UnknownLayer(
            f"the layer {layer.name!r} has the activation {called!r}, which can't be written as "
            "ONNX"
        )
    return graph.add(ACTIVATIONS[called], x, name=layer.name) if ACTIVATIONS[called] else x


def _motif_attention(
    graph: Graph, layer: layers.MotifAttention, features: str, penalty: str
) -> str:
    scores = _scores(graph, layer, features, penalty)
    return _evidence(graph, layer, graph.reduce("ReduceLogSumExp", scores, 1, layer.name))


def _scores(graph: Graph, layer: layers.MotifAttention, features: str, penalty: str) -> str:
    scores = features
    if layer.position:
        prior = graph.constant(keras.ops.convert_to_numpy(layer.log_prior()))
        scores = graph.add("Add", scores, prior, name=layer.name)
    return graph.add("Add", scores, penalty, name=layer.name)


def _evidence(graph: Graph, layer: layers.MotifAttention, total: str) -> str:
    """Add the softplus of how far totals are above the threshold of their filter."""
    above = graph.add("Sub", total, graph.constant(_numbers(layer.threshold)), name=layer.name)
    return graph.add("Softplus", above, name=layer.name)


def _site_attention(graph: Graph, layer: layers.SiteAttention, features: str, penalty: str) -> str:
    name = layer.name
    scores = _scores(graph, layer, features, penalty)
    if layer.reach or layer.counting:
        scores = _blocks(graph, layer, scores, penalty)
    if layer.reach:
        scores = graph.add("Add", scores, _from_partners(graph, layer, scores), name=name)
    if layer.strands:  # (2 batch, places, filters) to (batch, 2 places, filters)
        places, filters = layer.input[0].shape[1:]
        if layer.reach or layer.counting:
            places = -(-places // layers.BLOCK)
        apart = graph.add("Reshape", scores, graph.axes(2, -1, places, filters), name=name)
        beside = graph.add("Transpose", apart, name=name, perm=[1, 0, 2, 3])
        scores = graph.add("Reshape", beside, graph.axes(-1, 2 * places, filters), name=name)
    one = _evidence(graph, layer, graph.reduce("ReduceLogSumExp", scores, 1, name))
    if not layer.counting:
        return one
    many = graph.reduce("ReduceSum", _evidence(graph, layer, scores), 1, name)
    more = graph.add("Sub", many, one, name=name)
    counted = graph.add("Mul", graph.constant(_numbers(layer.copies)), more, name=name)
    return graph.add("Add", one, counted, name=name)


def _blocks(graph: Graph, layer: layers.SiteAttention, scores: str, penalty: str) -> str:
    """Add the logsumexp of the scores in each block: (batch, length, filters) to (.., blocks, ..).

    As the layer does it, with what it adds to empty blocks, whose score counts where sites do.
    """
    name = layer.name
    length, filters = layer.input[0].shape[1:]
    blocks = -(-length // layers.BLOCK)
    filled = blocks * layers.BLOCK
    highest = graph.reduce("ReduceMax", scores, 1, name, keepdims=True)
    terms = graph.add("Exp", graph.add("Sub", scores, highest, name=name), name=name)
    terms = graph.add("Pad", terms, graph.axes(0, 0, 0, 0, filled - length, 0), name=name)
    if layer.padded:
        first = graph.add("ArgMax", penalty, name=name, axis=1)  # (batch, 1, 1), in positions
        first = graph.add("Mod", first, graph.axes(layers.BLOCK), name=name)
        along = graph.constant(np.arange(filled)[None, :, None], "int64")
        places = graph.add("Add", along, first, name=name)
        places = graph.add("Mod", places, graph.axes(filled), name=name)
        terms = graph.add("GatherND", terms, places, name=name, batch_dims=1)
    terms = graph.add("Reshape", terms, graph.axes(-1, blocks, layers.BLOCK, filters), name=name)
    total = graph.reduce("ReduceSum", terms, 2, name)
    total = graph.add("Add", total, graph.constant([layers.TINY]), name=name)
    return graph.add("Add", highest, graph.add("Log", total, name=name), name=name)


def _from_partners(graph: Graph, layer: layers.SiteAttention, blocks: str) -> str:
    """Add what the filters of a member say of one another: a convolution in groups."""
    threshold = graph.constant(_numbers(layer.partner_threshold))
    above = graph.add("Sub", blocks, threshold, name=layer.name)
    evidence = graph.add("Softplus", above, name=layer.name)
    kernel = np.concatenate(keras.ops.convert_to_numpy(layer.partners), axis=2)
    return _scan(graph, layer.name, evidence, kernel, layer.members)


def _concatenate(graph: Graph, layer: keras.layers.Concatenate, *inputs: str) -> str:
    return graph.add("Concat", *inputs, name=layer.name, axis=layer.axis)


def _batch_norm(graph: Graph, layer: keras.layers.BatchNormalization, x: str) -> str:
    last = len(layer.output.shape) - 1
    if layer.axis not in (-1, last):
        raise UnknownLayer(f"the layer {layer.name!r} has the axis {layer.axis}, which is not last")
    scale = 1 / np.sqrt(_numbers(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale = scale * _numbers(layer.gamma)
    offset = -_numbers(layer.moving_mean) * scale
    if layer.center:
        offset = offset + _numbers(layer.beta)
    x = graph.add("Mul", x, graph.constant(scale), name=layer.name)
    return graph.add("Add", x, graph.constant(offset), name=layer.name)


def _numbers(variable) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(variable), np.float64)


def _as_it_is(graph: Graph, layer: keras.layers.Layer, x: str) -> str:
    return x


def _reshape(graph: Graph, layer: keras.layers.Reshape, x: str) -> str:
    return graph.add("Reshape", x, graph.axes(-1, *layer.output.shape[1:]), name=layer.name)


def _permute(graph: Graph, layer: keras.layers.Permute, x: str) -> str:
    return graph.add("Transpose", x, name=layer.name, perm=[0, *layer.dims])


def _einsum(graph: Graph, layer: keras.layers.EinsumDense, x: str) -> str:
    kernel = graph.constant(_numbers(layer.kernel))
    x = graph.add("Einsum", x, kernel, name=layer.name, equation=layer.equation)
    return _activated(graph, layer, _with_bias(graph, layer, x))


def _dense(graph: Graph, layer: keras.layers.Dense, x: str) -> str:
    x = graph.add("MatMul", x, graph.constant(_numbers(layer.kernel)), name=layer.name)
    return _activated(graph, layer, _with_bias(graph, layer, x))


def _softmax(graph: Graph, layer: keras.layers.Softmax, x: str) -> str:
    return graph.add("Softmax", x, name=layer.name, axis=layer.axis)


def _multiply(graph: Graph, layer: keras.layers.Multiply, *inputs: str) -> str:
    first, *others = inputs
    for other in others:
        first = graph.add("Mul", first, other, name=layer.name)
    return first


def _maximum(graph: Graph, layer: keras.layers.GlobalMaxPooling1D, x: str) -> str:
    _require(layer, data_format="channels_last", keepdims=False)
    return graph.reduce("ReduceMax", x, 1, layer.name)


def _strand_mean(graph: Graph, layer: layers.StrandMean, logits: str) -> str:
    shape = graph.axes(2, -1, *layer.output.shape[1:])
    apart = graph.add("Reshape", logits, shape, name=layer.name)
    return graph.reduce("ReduceMean", apart, 0, layer.name)


def _member_mean(graph: Graph, layer: layers.MemberMean, logits: str) -> str:
    return graph.reduce("ReduceMean", logits, 1, layer.name)


def _probabilities(graph: Graph, layer: layers.ClassProbabilities, logits: str) -> str:
    name = layer.name
    if layer.priors is not None:
        offset = graph.constant(layer.of_logits(np.log(layer.priors)))
        logits = graph.add("Sub", logits, offset, name=name)
    logits = graph.add("Div", logits, graph.constant([layer.temperature]), name=name)
    if layer.biases is not None:
        offset = graph.constant(layer.of_logits(layer.biases))
        logits = graph.add("Add", logits, offset, name=name)
    if not layer.positive:
        return graph.add("Softmax", logits, name=name, axis=-1)
    p = graph.add("Sigmoid", logits, name=name)
    both = [p, graph.add("Sub", graph.constant([1]), p, name=name)]
    if layer.classes.index(layer.positive) == 1:
        both.reverse()
    return graph.add("Concat", *both, name=name, axis=-1)


WRITERS: dict[type, Callable[..., str]] = {
    layers.BaseFractions: _base_fractions,
    layers.BothStrands: _both_strands,
    layers.PaddingPenalty: _padding_penalty,
    layers.MotifConv1D: _motif_conv,
    layers.MotifAttention: _motif_attention,
    layers.SiteAttention: _site_attention,
    layers.StrandMean: _strand_mean,
    layers.MemberMean: _member_mean,
    layers.ClassProbabilities: _probabilities,
    keras.layers.Conv1D: _conv,
    keras.layers.Concatenate: _concatenate,
    keras.layers.BatchNormalization: _batch_norm,
    layers.FadingDropout: _as_it_is,
    keras.layers.Dropout: _as_it_is,
    keras.layers.Reshape: _reshape,
    keras.layers.Permute: _permute,
    keras.layers.EinsumDense: _einsum,
    keras.layers.Dense: _dense,
    keras.layers.Softmax: _softmax,
    keras.layers.Multiply: _multiply,
    keras.layers.GlobalMaxPooling1D: _maximum,
}
