"""Summits, peaks and q-values: by brute force, and what q-values promise."""

import numpy as np
import pytest

from attendna.use import peaks

LENGTH, STEP = 20, 5


def scored(n, seed):
    return np.arange(n) * STEP, np.random.default_rng(seed).normal(size=n).astype(np.float32)


def greedy(starts, scores, threshold):
    """The best window, the best that does not overlap it, and so on."""
    chosen = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] >= threshold and all(abs(starts[i] - s) >= LENGTH for s in chosen):
            chosen.append(int(starts[i]))
    return sorted(chosen)


@pytest.mark.parametrize("threshold", [-1.0, 0.5, 1.5])
@pytest.mark.parametrize("cuts", [[], [1], [50, 100], [97, 98, 99, 250]])
def test_summits_are_the_best_windows_that_do_not_overlap(threshold, cuts):
    starts, scores = scored(300, seed=1)
    scores[120:130] = np.nan
    parts = list(zip(np.split(starts, cuts), np.split(scores, cuts), strict=True))
    found = [p for c in peaks.clusters(parts, threshold, LENGTH) for p in peaks.peaks(c, LENGTH)]
    assert [peak.summit for peak in found] == greedy(
        starts, np.nan_to_num(scores, nan=-9), threshold
    )
    assert [peak.score for peak in found] == [scores[peak.summit // STEP] for peak in found]


def test_peaks_are_merged_windows_above_the_threshold_and_do_not_overlap():
    starts, scores = scored(300, seed=2)
    high = starts[scores >= 1.0]
    covered = np.zeros(300 * STEP + LENGTH, bool)
    for start in high:
        covered[start : start + LENGTH] = True
    found = [
        p for c in peaks.clusters([(starts, scores)], 1.0, LENGTH) for p in peaks.peaks(c, LENGTH)
    ]
    told = np.zeros_like(covered, dtype=int)
    for peak in found:
        assert peak.start <= peak.summit + LENGTH // 2 <= peak.end
        told[peak.start : peak.end] += 1
    np.testing.assert_array_equal(told, covered)


def test_of_equal_windows_the_middle_one_is_the_summit():
    scores = np.array([2, 5, 5, 5, 2], np.float32)
    cluster = peaks.Cluster(np.arange(5) * STEP, scores)
    assert peaks.summits(cluster, LENGTH * 5).tolist() == [2]


def test_a_cluster_without_end_is_divided(monkeypatch):
    monkeypatch.setattr(peaks, "LONGEST", 100)
    parts = [(np.arange(i, i + 40) * STEP, np.ones(40, np.float32)) for i in range(0, 400, 40)]
    found = list(peaks.clusters(parts, 0.0, LENGTH))
    assert max(len(cluster.starts) for cluster in found) <= 140
    assert sum(len(cluster.starts) for cluster in found) == 400


def test_q_values_by_counting():
    scores, null = np.array([5.0, 1.0, 4.0, 3.0]), np.array([3.5, 0.5, 0.2])
    # At 5: 1 expected of 1; at 4: of 2; at 3: 2 of 3; at 1: 2 of 4, half as many windows.
    found = peaks.q_values(scores, null, 0.5)
    np.testing.assert_allclose(found, [1 / 4, 1 / 4, 1 / 4, 1 / 4])
    assert peaks.q_values(scores, np.array([]), 0.25).tolist() == [0.25 / 4] * 4
    assert (peaks.q_values(scores, np.full(100, 9.0), 1.0) == 1).all()
    assert len(peaks.q_values(np.array([]), null, 1.0)) == 0


@pytest.mark.thorough
def test_peaks_below_a_q_value_are_false_as_often_as_it_says():
    """Windows of noise, some of which are raised: the law, with a made-up scorer."""
    rng = np.random.default_rng(3)
    shares, powers = [], []
    for _ in range(24):
        starts = np.arange(20_000) * STEP
        noise, null = rng.normal(size=(2, 20_000)).astype(np.float32)
        planted = rng.choice(4000, 150, replace=False) * 5
        noise[planted] += 5
        raised = set((planted * STEP).tolist())
        of_genome, of_null = (
            [
                p
                for c in peaks.clusters([(starts, scores)], 1.5, LENGTH)
                for p in peaks.peaks(c, LENGTH)
            ]
            for scores in (noise, null)
        )
        q = peaks.q_values(*(np.array([p.score for p in of]) for of in (of_genome, of_null)), 1.0)
        called = [p.summit in raised for p, value in zip(of_genome, q, strict=True) if value <= 0.1]
        shares.append(1 - np.mean(called))
        powers.append(sum(called) / 150)
    assert 0.04 < np.mean(shares) < 0.11
    assert np.mean(powers) > 0.7
