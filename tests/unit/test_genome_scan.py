"""Which windows of a genome are scored, the shuffled DNA beside them, and what q-values promise."""

from collections import Counter

import numpy as np
import pytest
from small_networks import random_letters

from attendna.data.allowed_letters import CASE
from attendna.data.intervals import Intervals
from attendna.data.stretches import chromosome_lengths
from attendna.use import genome_scan, scan_peaks
from attendna.use.genome_scan import Scan, Spans

LENGTH, STEP = 50, 10


def scan_of(folder, texts, regions=None, exclude=None, shuffled=10_000_000, seed=1):
    path = folder / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in texts.items()))
    lengths = chromosome_lengths(str(path))
    more = (CASE["keep"], regions, exclude or {}, shuffled, seed)
    return Scan(str(path), lengths, LENGTH, STEP, *more)


def shuffled_of(scan):
    """What is shuffled of each block, as a scorer gets it."""
    found = []

    def keep(letters):
        found.append(letters.tobytes().decode())
        return np.zeros((1, max((len(letters) - LENGTH) // STEP + 1, 0)))

    for place, stretch in scan.letters(range(len(scan.blocks()))):
        scan.score(place, stretch.letters, keep, oriented=False)
    return found


def pairs(text):
    return Counter(zip(text[:-1], text[1:], strict=True))


def text_of(length, seed):
    return random_letters(1, length, seed)[0].tobytes().decode()


@pytest.mark.parametrize("length", [7, 30])
def test_spans_hold_and_overlap_what_they_cover(length):
    rng = np.random.default_rng(length)
    starts = rng.integers(0, 400, 25)
    ends = starts + rng.integers(1, 20, 25)
    chroms = ["a"] * 25
    spans = genome_scan.merged(Intervals("", chroms, starts.tolist(), ends.tolist()))["a"]
    covered = np.zeros(500, bool)
    for start, end in zip(starts, ends, strict=True):
        covered[start:end] = True
    places = np.arange(460)
    np.testing.assert_array_equal(spans.holding(places), covered[:460])
    touched = [covered[place : place + length].any() for place in places]
    np.testing.assert_array_equal(spans.overlapping(places, length), touched)
    assert not genome_scan.NO_SPANS.holding(places).any()
    assert not genome_scan.NO_SPANS.overlapping(places, length).any()


def test_every_window_is_in_one_block(tmp_path, monkeypatch):
    monkeypatch.setattr(genome_scan, "BLOCK", 200)
    scan = scan_of(tmp_path, {"a": text_of(1234, 1), "b": text_of(49, 2), "c": text_of(50, 3)})
    starts = {"a": [], "b": [], "c": []}
    for place in scan.blocks():
        starts[place.chrom] += scan.starts(place).tolist()
    assert starts == {"a": list(range(0, 1234 - 49, 10)), "b": [], "c": [0]}
    read = [place for place, _ in scan.letters(range(len(scan.blocks())))]
    assert read == scan.blocks()
    assert [place for place, _ in scan.letters(range(2, 4))] == read[2:4]


def test_shuffled_dna_has_the_pairs_of_the_genome_stretch_by_stretch(tmp_path):
    text = text_of(10_000, 4).replace("A", "C", 1500)  # another composition at the start
    scan = scan_of(tmp_path, {"a": text}, shuffled=10_000)
    (of_genome, shuffled) = shuffled_of(scan)
    assert of_genome == text and len(shuffled) == 10_000 and shuffled != text
    for start in range(0, 10_000, genome_scan.SHUFFLED_AT_ONCE):
        part = slice(start, start + genome_scan.SHUFFLED_AT_ONCE)
        assert pairs(shuffled[part]) == pairs(text[part])
    assert shuffled_of(scan)[1] == shuffled
    assert shuffled_of(scan_of(tmp_path, {"a": text}, shuffled=10_000, seed=2))[1] != shuffled


@pytest.mark.parametrize("shuffled", [4_000, 8_000, 30_000, 10_000_000])
def test_so_much_is_shuffled_and_evenly(tmp_path, monkeypatch, shuffled):
    monkeypatch.setattr(genome_scan, "LEAST_SHUFFLED", 20_000)
    texts = {"a": text_of(12_000, 5), "b": text_of(8_000, 6)}
    scored = shuffled_of(scan_of(tmp_path, texts, shuffled=shuffled))
    made = {name: scored[2 * i + 1] for i, name in enumerate(texts)}
    total = min(shuffled, 20_000)
    assert sum(map(len, made.values())) == total
    assert abs(len(made["a"]) - 0.6 * total) <= genome_scan.SHUFFLED_AT_ONCE


def test_of_small_regions_what_is_near_is_shuffled_several_times(tmp_path, monkeypatch):
    monkeypatch.setattr(genome_scan, "LEAST_SHUFFLED", 12_000)
    text = text_of(20_000, 7)
    region = {"a": Spans(np.array([4100]), np.array([4300]))}
    shuffled = shuffled_of(scan_of(tmp_path, {"a": text}, regions=region))[-1]
    assert len(shuffled) == 12_000
    copies = {shuffled[start : start + 2000] for start in range(0, 12_000, 2000)}
    assert len(copies) == 6
    assert all(pairs(copy) == pairs(text[4000:6000]) for copy in copies)


def test_stretches_of_n_are_not_shuffled(tmp_path):
    text = "N" * 4000 + text_of(4000, 8)
    assert "N" not in shuffled_of(scan_of(tmp_path, {"a": text}, shuffled=8000))[-1]


MOTIF = "TGACGTCATTGC"


def best_match(letters):
    """How well the best place of each window fits the motif, with some noise of the window's own.

    A made-up model: log odds of whatever scale.
    """
    if len(letters) < LENGTH:
        return np.zeros((1, 0))
    motif = np.frombuffer(MOTIF.encode(), np.uint8)
    fits = (np.lib.stride_tricks.sliding_window_view(letters, len(motif)) == motif).sum(axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(fits, LENGTH - len(motif) + 1)[::STEP]
    noise = (np.lib.stride_tricks.sliding_window_view(letters, LENGTH)[::STEP] == 65).mean(axis=1)
    return (windows.max(axis=1) + noise)[None]


class Yes:
    classes, tracks = ("yes",), (0,)


def test_peaks_in_a_genome_are_false_as_often_as_their_q_values_say(tmp_path):
    """Planted sites, each with two or three letters changed, so that chance makes some as good."""
    shares, found = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        letters = random_letters(1, 60_000, seed=100 + seed)[0]
        sites = np.arange(80) * 750 + rng.integers(0, 700, 80)
        for site in sites:
            copy = list(MOTIF.encode())
            for place in rng.choice(len(copy), rng.integers(1, 4), replace=False):
                copy[place] = ord(rng.choice(list("ACGT")))
            letters[site : site + len(copy)] = copy
        scan = scan_of(tmp_path, {"a": letters.tobytes().decode()}, shuffled=60_000)
        blocks = [
            scan.score(place, stretch.letters, best_match, oriented=False)
            for place, stretch in scan.letters(range(len(scan.blocks())))
        ]
        windows = sum(block.scores.shape[1] for block in blocks)
        table, _ = scan_peaks.call(scan, Yes(), blocks, windows, "auto", 0.1)
        starts = table["summit"][table["q_value"] <= 0.1].to_numpy() - LENGTH // 2
        holds = (sites >= starts[:, None]) & (sites + len(MOTIF) <= starts[:, None] + LENGTH)
        shares.append(1 - holds.any(axis=1).mean())
        found.append(holds.any(axis=0).mean())
    assert np.mean(shares) <= 0.12 and max(shares) > 0
    assert np.mean(found) > 0.5
