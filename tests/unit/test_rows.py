"""Records that are gathered as they are needed."""

import numpy as np

from attendna.rows import Rows


class Watched:
    """An array that counts what is gathered from it at most."""

    def __init__(self, array):
        self.array, self.most = array, 0

    def __getitem__(self, indices):
        self.most = max(self.most, len(indices))
        return self.array[indices]


def test_slices_are_those_of_the_gathered_array():
    random = np.random.default_rng(1)
    array = random.integers(0, 9, (50, 3, 4))
    indices = random.permutation(50)[:20]
    rows, gathered = Rows(array, indices), array[indices]
    assert len(rows) == 20
    for part in (slice(0, 7), slice(7, 20), slice(15, 30), slice(30, 40)):
        np.testing.assert_array_equal(rows[part], gathered[part])


def test_no_more_is_gathered_than_a_slice_asks_for():
    watched = Watched(np.arange(100))
    rows = Rows(watched, np.arange(100))
    for start in range(0, len(rows), 8):
        rows[start : start + 8]
    assert watched.most == 8
