"""The learning rate rises and falls, and more records mean larger batches and fewer passes."""

import numpy as np
import pytest

from attendna.learning.schedule import (
    WarmUpCosine,
    automatic_batch_size,
    automatic_epochs,
    disturbance,
)


def test_the_cosine_rises_to_its_highest_and_falls_to_zero():
    schedule = WarmUpCosine(0.01, 400)
    rates = np.array([float(schedule(step)) for step in range(400)])
    top = rates.argmax()
    assert 0 < rates[0] < 0.1 * rates[top]
    assert top <= 0.06 * 400 and 0.95 * 0.01 < rates[top] <= 0.01
    assert (np.diff(rates[: top + 1]) > 0).all() and (np.diff(rates[top:]) < 0).all()
    assert rates[-1] < 1e-5 * 0.01 * 4 and float(schedule(400)) == pytest.approx(0, abs=1e-9)
    assert float(schedule(500)) == pytest.approx(0, abs=1e-9)  # never below zero, never up again


def test_a_short_cosine_still_learns():
    schedule = WarmUpCosine(0.01, 1)
    assert float(schedule(0)) == pytest.approx(0.01)


def test_the_cosine_is_rebuilt_from_its_config():
    schedule = WarmUpCosine(0.01, 50)
    again = WarmUpCosine.from_config(schedule.get_config())
    assert [float(again(step)) for step in (0, 9, 49)] == [
        float(schedule(step)) for step in (0, 9, 49)
    ]


def test_automatic_sizes_follow_the_number_of_records():
    counts = [0, 1, 10, 100, 999, 5_000, 6_400, 20_000, 36_204, 50_000, 100_000, 10**6, 10**9]
    sizes = [automatic_batch_size(n) for n in counts]
    epochs = [automatic_epochs(n, size) for n, size in zip(counts, sizes, strict=True)]
    assert sizes == sorted(sizes) and (sizes[0], sizes[-1]) == (32, 256)
    assert all(size & (size - 1) == 0 for size in sizes)
    assert (epochs[0], epochs[-1]) == (60, 20)
    # More records never mean (noticeably) fewer steps: a larger set is not trained less.
    steps = [e * -(-n // size) for n, size, e in zip(counts, sizes, epochs, strict=True)]
    assert all(later > 0.95 * earlier for earlier, later in zip(steps, steps[1:], strict=False))


@pytest.mark.parametrize("epochs", [1, 5, 30])
def test_the_disturbance_falls_in_a_line_to_none_in_the_last_fifth(epochs):
    left = disturbance(epochs)
    assert left[0] == 1
    fading = left[left > 0]
    np.testing.assert_allclose(np.diff(fading), -1 / (0.8 * epochs))
    assert len(fading) == -(-4 * epochs // 5)
