"""The devices of a training: which there are, and their arithmetic."""

from __future__ import annotations

import shutil

from attendna.errors import UserError
from attendna.learning.backend import keras

# Half-precision arithmetic is fast from these compute capabilities on (Volta, Ampere).
FLOAT16_CAPABILITY, BFLOAT16_CAPABILITY = (7, 0), (8, 0)


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
    if gpus:
        return _use_gpus(gpus[:count], precision, count)
    if device == "gpu":
        raise UserError(
            "training.device: gpu was asked for, but TensorFlow sees no GPU; install the CUDA "
            "packages (make ACCELERATOR=cuda) and check nvidia-smi, or set it to auto or cpu."
        )
    used = _use_processors(precision, threads, count)
    unused = device == "auto" and shutil.which("nvidia-smi") is not None
    hint = " (nvidia-smi is there, but TensorFlow sees no GPU: make ACCELERATOR=cuda)"
    return used + hint * unused


def _use_processors(precision: str, threads: int, count: int) -> str:
    """Leave GPUs out; return what was chosen."""
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    keras.config.set_dtype_policy("float32" if precision == "auto" else precision)
    if count > 1:
        names(count)
    return f"CPU, {threads} threads, {keras.config.dtype_policy().name}"


def _use_gpus(gpus: list, precision: str, count: int) -> str:
    """Take these GPUs, memory as it is needed, and the arithmetic that is fast on the first."""
    import tensorflow as tf

    tf.config.set_visible_devices(gpus, "GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if count > 1:
        names(count)
    details = tf.config.experimental.get_device_details(gpus[0])
    if precision == "auto":
        capability = details.get("compute_capability", (0, 0))
        precision = "mixed_float16" if capability >= FLOAT16_CAPABILITY else "float32"
        precision = "mixed_bfloat16" if capability >= BFLOAT16_CAPABILITY else precision
    keras.config.set_dtype_policy(precision)
    several = f"{count} x " if count > 1 else ""
    return f"{several}GPU {details.get('device_name', '')}, {precision}"


def names(count: int) -> list[str]:
    """Return the names of the first devices: of the GPUs, or without any of the processors.

    Raises
    ------
    UserError
        If there are not so many.
    """
    import tensorflow as tf

    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    seen = [device.name for device in tf.config.list_logical_devices(kind)]
    if count > len(seen):
        raise UserError(
            f"training.devices: {count} were asked for, but TensorFlow sees {len(seen)} {kind}; "
            "lower it, or ask for more GPUs (on a cluster: gpu, in the profile)."
        )
    return seen[:count]
