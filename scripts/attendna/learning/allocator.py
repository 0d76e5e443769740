"""How the C library gives memory back: whether a training computes or waits for pages.

A step of a network makes and frees arrays of megabytes. TensorFlow sets `M_TRIM_THRESHOLD` when a
Python generator feeds it, and with that glibc stops to adapt its other thresholds: every array of
more than 128 kB is then mapped anew in each step, and the kernel clears page after page.
"""

from __future__ import annotations

import ctypes
from functools import cache

from attendna.learning.backend import keras

# Of malloc.h. glibc takes no larger threshold for mapping than half of a heap, 32 MB.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
KEPT = {M_MMAP_THRESHOLD: 32 << 20, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 64 << 20}


@cache
def keep_freed_memory() -> bool:
    """Let this process keep what it frees, for the next step; once is enough.

    TensorFlow sets its threshold once, when the first generator feeds it, so one does so here
    before: it would undo what is set.

    Returns
    -------
    bool
        Whether the C library took it. Others than glibc have no such settings.
    """
    if keras.backend.backend() == "tensorflow":
        _feed_tensorflow()
    try:
        library = ctypes.CDLL(None)
        taken = [library.mallopt(key, value) for key, value in KEPT.items()]
        return all(answer == 1 for answer in taken)
    except (OSError, AttributeError):
        return False


def _feed_tensorflow() -> None:
    import tensorflow as tf

    number = tf.TensorSpec((), tf.int32)
    for _ in tf.data.Dataset.from_generator(lambda: iter([0]), output_signature=number):
        pass
