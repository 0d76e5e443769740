"""Large arrays are mapped from files without a name, and take no memory of their own."""

import errno
import os
import tempfile
import tracemalloc

import numpy as np
import pytest

from attendna import mapped
from attendna.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def peak_of(work):
    """Return what the work returns, and the bytes that Python and NumPy held at most."""
    tracemalloc.start()
    try:
        found = work()
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def growing(pieces, dtype=np.int32):
    array = mapped.Growing(dtype)
    for piece in pieces:
        array.append(piece)
    return array.mapped()


@pytest.mark.parametrize("shape", [5, (3, 4), 1 << 22, (2, 1 << 21)])
def test_zeros_are_those_of_numpy_whatever_their_size(folder, shape):
    found, expected = mapped.zeros(shape, np.float64), np.zeros(shape)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, expected)
    found[..., -1] = 3
    assert found[..., -1].min() == 3
    assert not list(folder.iterdir())


def test_large_zeros_take_no_memory(folder):
    _, peak = peak_of(lambda: mapped.zeros(8 * mapped.SMALL, np.uint8))
    assert peak < mapped.SMALL / 100
    _, peak = peak_of(lambda: mapped.zeros(mapped.SMALL, np.uint8))
    assert peak >= mapped.SMALL


@pytest.mark.parametrize("sizes", [[], [0], [3], [2, 0, 5]])
def test_pieces_are_joined(folder, sizes):
    rng = np.random.default_rng(1)
    pieces = [rng.integers(0, 99, 2 * size)[::2] for size in sizes]
    found = growing(pieces)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, np.concatenate([np.zeros(0, np.int32), *pieces]))
    assert not list(folder.iterdir())


def test_pieces_take_no_more_memory_than_one_of_them(folder):
    piece = np.ones(1 << 17, np.int32)
    found, peak = peak_of(lambda: growing([piece] * 20))
    assert found.sum() == 20 << 17
    assert peak < 2 * piece.nbytes


def test_a_full_disk_is_told_before_anything_is_written(folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(UserError, match=f"{folder}: no room .* set TMPDIR"):
        mapped.zeros(2 * mapped.SMALL, np.uint8)
    assert len(mapped.zeros(2, np.uint8)) == 2
