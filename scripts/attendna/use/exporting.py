"""Trained networks for other programs: ONNX and TensorFlow's SavedModel, checked against Keras.

Both hold the network as `Network.predict` uses it: calibrated, its strands and members
joined inside, with the probability of every class.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from attendna import intact_files
from attendna.contracts import layout
from attendna.dna import BASES
from attendna.errors import UserError
from attendna.learning import models
from attendna.learning.backend import keras
from attendna.learning.layers import BothStrands
from attendna.use import onnx_graph
from attendna.use.onnx_graph import INPUT, OUTPUT
from attendna.version import __version__

ALIKE = 1e-5  # how far the probabilities of what is exported may be from those of Keras
CHECKED = 1000  # records on which that is looked at
BATCH = 250  # of them at a time
UNFINISHED = ".unfinished"  # ends the folder of a SavedModel that is being written
SERVING = "serving_default"  # what SavedModels call the signature that is used if none is named


def facts(network: keras.Model, settings: Mapping[str, str], run: layout.Run) -> dict[str, Any]:
    """Return what a user of an exported network has to know beside it.

    Parameters
    ----------
    network
        One of `learning.models`.
    settings
        `input` (the type of the numbers that it takes), `soft_masked` and `gaps` (how sequences
        were read).
    run
        Which one it is.
    """
    last = network.get_layer(models.PROBABILITIES)
    return {
        **run._asdict(),
        "classes": last.classes,
        "positive": last.positive,
        "length": network.input_shape[1],
        "alphabet": BASES,
        "crop": last.crop,
        **{key: settings[key] for key in ("input", "soft_masked", "gaps")},
        "both_strands": any(isinstance(layer, BothStrands) for layer in network.layers),
        "weights": models.parameters(network),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions of what an export is made with."""
    import onnx

    made = {"attendna": __version__, "Keras": keras.__version__, "ONNX": onnx.__version__}
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        made["TensorFlow"] = tf.__version__
    return made


def in_single_precision(network: keras.Model) -> keras.Model:
    """Make a network compute in single precision throughout, and return it.

    One that was trained with 16 bits would otherwise depend, in its second digit, on where it runs.
    """
    for layer in network.layers:
        layer.dtype_policy = "float32"
    network.make_predict_function(force=True)
    return network


def for_check(x: np.ndarray) -> np.ndarray:
    """Return the records on which an export is checked: spread evenly over the data.

    Parameters
    ----------
    x
        uint8 (n, length, 4), may be mapped from disk.
    """
    return np.asarray(x[np.unique(np.linspace(0, len(x) - 1, min(len(x), CHECKED)).astype(int))])


def check(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    expected: np.ndarray,
    dtype: str,
    name: str,
) -> float:
    """Hold what an exported network predicts against Keras; return the largest difference.

    Parameters
    ----------
    predict
        From (n, length, 4) to (n, classes).
    x
        uint8 (n, length, 4).
    expected
        What Keras predicts for these.
    dtype
        Of the numbers that `predict` takes.
    name
        Of the exported file.

    Raises
    ------
    UserError
        If a probability differs by more than `ALIKE` or is no number.
    """
    batches = [x[start : start + BATCH].astype(dtype) for start in range(0, len(x), BATCH)]
    found = np.concatenate([predict(batch) for batch in batches])
    worst = float(np.abs(found - expected).max())
    if not worst <= ALIKE:
        raise UserError(
            f"{name}: its probabilities differ from those of Keras by up to {worst:.2g} on "
            f"{len(x):,} records, where {ALIKE:g} is allowed; it was not written. Leave this "
            "format out of `export.formats`, and report it."
        )
    return worst


# ------------------------------------------------------------------------------ ONNX


def write_onnx(
    path: str | Path,
    network: keras.Model,
    known: Mapping[str, Any],
    x: np.ndarray,
    expected: np.ndarray,
) -> float:
    """Write a network as ONNX once it was checked; return the largest difference from Keras.

    Parameters
    ----------
    path
        The file to write.
    network
        In single precision.
    known
        Its `facts`, which become the file's metadata: text as it is, all else as JSON.
    x, expected
        See `check`.

    Raises
    ------
    UserError
        If the network can't be written as ONNX, or what is written predicts something else.
    """
    metadata = {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in known.items()
    }
    try:
        model = onnx_graph.model_of(network, known["input"], metadata)
    except onnx_graph.UnknownLayer as error:
        raise UserError(f"{path}: {error}; take another of `export.formats`.") from error
    content = model.SerializeToString(deterministic=True)
    session = open_onnx(content)
    worst = check(
        lambda batch: session.run([OUTPUT], {INPUT: batch})[0], x, expected, known["input"], path
    )
    with intact_files.whole(path) as handle:
        handle.write(content)
    return worst


def open_onnx(content: bytes | str, threads: int = 1):
    """Open an ONNX model, of its bytes or its path, on so many processor cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


# ------------------------------------------------------------------------------ SavedModel


def write_saved_model(
    folder: str | Path,
    network: keras.Model,
    dtype: str,
    x: np.ndarray,
    expected: np.ndarray,
) -> float:
    """Write a network as a SavedModel once it was checked; return the largest difference.

    Parameters
    ----------
    folder
        Where it comes to stand.
    network, dtype, x, expected
        See `check`; the network in single precision.

    Raises
    ------
    UserError
        If Keras runs on another backend than TensorFlow, or what is written predicts something
        else.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            f"{folder}: only TensorFlow writes SavedModels, and KERAS_BACKEND is "
            f"{keras.backend.backend()}; unset it, or leave saved_model out of `export.formats`."
        )
    folder = Path(folder)
    # Of one name, so that what a writer that was killed has left is removed by the next one.
    temporary = folder.with_name(f".{folder.name}{UNFINISHED}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        _save(str(temporary), network, dtype)
        worst = check(open_saved_model(temporary), x, expected, dtype, str(folder))
        for name in layout.EXPORTED["saved_model"]:
            below = Path(name).relative_to("saved_model")
            with intact_files.whole_path(folder / below) as place:
                shutil.copyfile(temporary / below, place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return worst


def _save(folder: str, network: keras.Model, dtype: str) -> None:
    import tensorflow as tf

    first = network.get_layer("fractions")
    # Behind the first layer, since a Keras model would turn fractions into the bytes it is fed.
    rest = keras.Model(first.output, network.output)
    last = network.get_layer(models.PROBABILITIES)

    def probabilities(sequence: tf.Tensor) -> dict[str, tf.Tensor]:
        p = rest(first(sequence), training=False)
        if last.positive:
            both = [p, 1 - p] if last.classes[0] == last.positive else [1 - p, p]
            p = tf.concat(both, axis=-1)
        return {OUTPUT: p}

    signature = tf.TensorSpec((None, *network.input_shape[1:]), dtype, name=INPUT)
    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint("serve", probabilities, input_signature=[signature])
    archive.write_out(folder, verbose=False)


def open_saved_model(folder: str | Path) -> Callable[[np.ndarray], np.ndarray]:
    """Open a SavedModel; return what predicts with it, from (n, length, 4) to (n, classes)."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    serve = loaded.signatures[SERVING]

    def predict(batch: np.ndarray, _kept=loaded) -> np.ndarray:  # it owns the variables
        return serve(**{INPUT: tf.constant(batch)})[OUTPUT].numpy()

    return predict
