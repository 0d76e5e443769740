"""Negatives: what must stay as it is in them stays, what must not be touched is not."""

from collections import Counter
from itertools import pairwise, permutations
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna.contracts.sequences import read_sequences, sequence_notes, write_sequences
from attendna.data import negatives
from attendna.data.audit import audit
from attendna.data.negatives import add_negatives, choose_models, measure
from attendna.data.readers import import_sources
from attendna.data.sources import Reading
from attendna.errors import UserError
from attendna.shuffling import shuffle_dinucleotides

COLUMNS = {"sequence": "sequence", "label": "label", "id": None, "group": None, "split": None}


def random_dna(rng, length, weights=(0.25, 0.25, 0.25, 0.25)):
    return "".join(np.array(list("ACGT"))[rng.choice(4, size=length, p=weights)])


# ------------------------------------------------------------------------------ shuffling


@given(
    st.one_of(
        st.text("ACGT", min_size=1, max_size=80),
        st.text("AC", min_size=1, max_size=40),
        st.text("ACGTNR", min_size=1, max_size=80),
    ),
    st.integers(0, 1000),
)
def test_a_shuffle_keeps_dinucleotides_ends_and_other_letters(sequence, seed):
    shuffled = shuffle_dinucleotides(sequence, np.random.default_rng(seed))
    assert Counter(pairwise(shuffled)) == Counter(pairwise(sequence))
    assert Counter(shuffled) == Counter(sequence)
    assert shuffled[0] == sequence[0] and shuffled[-1] == sequence[-1]
    for old, new in zip(sequence, shuffled, strict=True):
        assert (old == new) or (old in "ACGT" and new in "ACGT")


@pytest.mark.parametrize("sequence", ["ACGATCAGC", "AACAGAATA", "ACACAGAC"])
def test_all_shuffles_are_equally_likely(sequence):
    """Against all arrangements of the letters with the same dinucleotides."""
    pairs = Counter(pairwise(sequence))
    inner = set(permutations(sequence[1:-1]))
    allowed = {sequence[0] + "".join(letters) + sequence[-1] for letters in inner}
    allowed = {other for other in allowed if Counter(pairwise(other)) == pairs}
    rng = np.random.default_rng(3)
    draws = 400 * len(allowed)
    found = Counter(shuffle_dinucleotides(sequence, rng) for _ in range(draws))
    assert set(found) == allowed and len(allowed) > 2
    expected = draws / len(allowed)
    chi_square = sum((count - expected) ** 2 / expected for count in found.values())
    freedom = len(allowed) - 1
    assert chi_square < freedom + 5 * np.sqrt(2 * freedom)


def test_no_shuffle_is_drawn_more_than_once():
    """Even of a sequence with one way out, which a try at random would hardly find."""
    one_way_out = "A" * 300 + "C" * 300 + "AC" * 100 + "G"
    random = np.random.default_rng(1)
    for sequence in [one_way_out, *(random_dna(random, 200) for _ in range(100))]:
        rng = Mock(wraps=random)
        shuffled = shuffle_dinucleotides(sequence, rng)
        assert shuffled != sequence and Counter(pairwise(shuffled)) == Counter(pairwise(sequence))
        assert len(rng.method_calls) == 5  # the last ways out, and an order for each base


@pytest.mark.parametrize("ratio, count", [(1, 10), (2.5, 25), (0.3, 3), (0.001, 1), (3, 30)])
def test_records_are_models_equally_often(ratio, count):
    models = choose_models(10, ratio, np.random.default_rng(0))
    assert len(models) == count
    used = np.bincount(models, minlength=10)
    assert used.max() - used.min() <= 1


# ------------------------------------------------------------------------------ whole


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A genome whose GC content drifts and whose repeats are lower case, and peaks in it."""
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(11)
    chromosomes = {}
    for name, size in (("chr1", 60_000), ("chr2", 30_000), ("tiny", 40)):
        parts = []
        while sum(map(len, parts)) < size:
            gc = rng.uniform(0.2, 0.8)
            part = random_dna(rng, 300, [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])
            parts.append(part.lower() if rng.random() < 0.3 else part)
        chromosomes[name] = "".join(parts)[:size]
    letters = chromosomes["chr1"]
    chromosomes["chr1"] = letters[:50_000] + "N" * 5_000 + letters[55_000:]
    text = "".join(f">{name}\n{letters}\n" for name, letters in chromosomes.items())
    (folder / "genome.fa").write_text(text)
    rows = []
    for i in range(150):
        chrom = ["chr1", "chr2"][i % 2]
        start = int(rng.integers(0, 29_000))
        width = int(rng.choice([60, 100, 101]))
        rows.append(f"{chrom}\t{start}\t{start + width}\tp{i}\t0\t{'+-'[i % 3 == 0]}\n")
    (folder / "peaks.bed").write_text("".join(rows))
    (folder / "a.fa").write_text(
        "".join(f">s{i}\n{random_dna(rng, 60, [0.4, 0.1, 0.1, 0.4])}NNN\n" for i in range(40))
        + ">poly\n"
        + "A" * 63
        + "\n"
    )
    return folder, chromosomes


def imported(folder, *files, **reading):
    reading = Reading(**{"genome": str(folder / "genome.fa")} | reading)
    sources = [{"path": str(folder / name), **more} for name, more in files]
    return import_sources(sources, COLUMNS, reading=reading), reading


PEAKS = ("peaks.bed", {"label": "peak", "split": "train"})
SHUFFLE = {"method": "dinucleotide_shuffle", "label": "none", "ratio": 1, "seed": 1}
GENOME = SHUFFLE | {"method": "genome"}


def stretches(table):
    return list(zip(table["chrom"], table["start"], table["end"], strict=True))


def test_windows_of_a_hard_masked_genome_hold_as_many_n_as_the_peaks(tmp_path):
    """Where repeats are N, negatives without any would give the class away."""
    rng = np.random.default_rng(5)
    letters = random_dna(rng, 200_000, [0.25] * 4)
    for start in rng.integers(0, 199_000, 80):
        letters = letters[:start] + "N" * 300 + letters[start + 300 :]
    (tmp_path / "genome.fa").write_text(f">chr1\n{letters}\n")
    starts = np.sort(rng.choice(500, 150, replace=False)) * 400
    rows = [f"chr1\t{start}\t{start + 200}\n" for start in starts]
    (tmp_path / "peaks.bed").write_text("".join(rows))
    before, reading = imported(tmp_path, ("peaks.bed", {"label": "peak"}))
    after = add_negatives(before, reading, **GENOME)
    unknown = after.table["sequence"].str.count("N").to_numpy() / 200
    records = len(before.table)
    peaks, windows = unknown[:records], unknown[records:]
    assert (peaks > 0.2).sum() > 10  # so there is something to match
    assert (np.abs(peaks - windows) <= 0.05 + 1e-9).mean() > 0.95
    found = audit(*(after.table[name].tolist() for name in ("id", "sequence", "label", "split")))
    (ambiguous,) = [row for row in found["giveaways"]["kinds"] if row["kind"] == "ambiguous"]
    assert ambiguous["p_adjusted"] > 0.01


@pytest.mark.parametrize("soft_masked", ["keep", "mask"])
@pytest.mark.parametrize("width", [None, 40])
def test_windows_touch_nothing_and_are_alike(folder, width, soft_masked):
    folder, chromosomes = folder
    before, reading = imported(folder, PEAKS, width=width, soft_masked=soft_masked)
    after = add_negatives(before, reading, **GENOME | {"ratio": 1.5})
    records, made = len(before.table), after.table.iloc[len(before.table) :]
    assert len(made) == round(1.5 * records) and after.table["id"].is_unique
    assert set(made["label"]) == {"none"} and set(made["split"]) == {"train"}
    assert after.table.iloc[:records].equals(before.table)

    occupied = {name: np.zeros(len(letters), int) for name, letters in chromosomes.items()}
    for line in (folder / "peaks.bed").read_text().splitlines():
        chrom, start, end = line.split("\t")[:3]
        occupied[chrom][int(start) : int(end)] = 1
    for chrom, start, end in stretches(before.table):
        occupied[chrom][start:end] = 1
    for chrom, start, end in stretches(made):
        assert not occupied[chrom][start:end].any()  # no peak, also where it is wider
        occupied[chrom][start:end] = 1  # nor another window

    text = [chromosomes[chrom][start:end] for chrom, start, end in stretches(after.table)]
    content = measure([window.encode() for window in text], masked=soft_masked == "mask")
    models = choose_models(records, 1.5, np.random.default_rng(1))
    widths = (after.table["end"] - after.table["start"]).to_numpy()
    assert (widths[records:] == widths[:records][models]).all()
    gc = np.abs(content.gc[records:] - content.gc[:records][models])
    repeats = np.abs(content.repeats[records:] - content.repeats[:records][models])
    unknown = np.abs(content.unknown[records:] - content.unknown[:records][models])
    alike = ((gc <= 0.02 + 1e-9) | np.isnan(gc)) & (repeats <= 0.1 + 1e-9)
    alike &= unknown <= 0.05 + 1e-9
    assert alike.mean() > 0.9
    warned = [note for note in after.notes if "by more than" in note["message"]]
    assert [note["severity"] for note in warned] == ["warning"] * (not alike.all())
    if not alike.all():
        assert warned[0]["message"].startswith(f"{(~alike).sum()} of {len(made)} records")

    found = audit(*(after.table[name].tolist() for name in ("id", "sequence", "label", "split")))
    assert found["gc"]["separation"]["auroc"] < 0.55
    assert sorted(made["strand"]) == sorted(before.table["strand"].iloc[models])


def test_without_matching_gc_would_tell(folder):
    """The test above can fail: windows at random differ from AT-rich positives."""
    folder, chromosomes = folder
    letters = chromosomes["chr2"].upper()
    poor = min(range(0, 29_000, 300), key=lambda i: sum(map(letters[i : i + 300].count, "GC")))
    (folder / "poor.bed").write_text(
        f"chr2\t{poor}\t{poor + 50}\nchr2\t{poor + 50}\t{poor + 100}\n"
    )
    before, reading = imported(folder, ("poor.bed", {"label": "peak"}))
    made = add_negatives(before, reading, **GENOME | {"ratio": 20}).table.iloc[2:]
    gc = made["sequence"].str.count("[GC]").mean() / 50
    genome = sum(map(letters.count, "GC")) / len(letters)
    assert gc < 0.32 < 0.4 < genome


def test_shuffles_belong_to_their_models(folder):
    folder, _ = folder
    before, reading = imported(folder, PEAKS)
    after = add_negatives(before, reading, **SHUFFLE | {"ratio": 2})
    records, made = len(before.table), after.table.iloc[len(before.table) :]
    assert len(made) == 2 * records and after.table["id"].is_unique
    first = before.table.iloc[0]
    pair = made[made["id"].isin([f"shuffled:{first['id']}", f"shuffled:{first['id']}/2"])]
    assert len(pair) == 2 and set(pair["chrom"]) == {first["chrom"]}
    assert (
        pair["start"].isna().all() and pair["end"].isna().all() and set(pair["split"]) == {"train"}
    )
    for sequence in pair["sequence"]:
        assert Counter(pairwise(sequence)) == Counter(pairwise(first["sequence"]))
    assert after.table.dtypes.equals(before.table.dtypes)


def test_shuffles_of_fasta_need_no_genome_and_skip_what_can_t_change(folder):
    folder, _ = folder
    before, reading = imported(folder, ("a.fa", {"label": "yes"}), genome=None)
    after = add_negatives(before, reading, **SHUFFLE)
    assert after.table["label"].value_counts().to_dict() == {"yes": 41, "none": 40}
    assert after.table["sequence"].str.endswith("NNN").sum() == 80
    assert after.table["sequence"].is_unique
    assert "1 record of none is missing: some others" in after.notes[-1]["message"]


@pytest.mark.parametrize("how", [SHUFFLE, GENOME], ids=["shuffle", "genome"])
def test_a_seed_decides(folder, how):
    folder, _ = folder
    before, reading = imported(folder, PEAKS)
    tables = [add_negatives(before, reading, **how | {"seed": s}).table for s in (1, 1, 2)]
    assert tables[0].equals(tables[1]) and not tables[0].equals(tables[2])


def test_notes_come_to_the_audit(folder, tmp_path):
    folder, _ = folder
    before, reading = imported(folder, PEAKS)
    after = add_negatives(before, reading, **SHUFFLE)
    write_sequences(tmp_path / "s.parquet", after.table, after.notes)
    assert sequence_notes(tmp_path / "s.parquet") == after.notes
    table = read_sequences(tmp_path / "s.parquet")
    assert table["start"].isna().sum() == len(before.table)
    columns = [table[name].tolist() for name in ("id", "sequence", "label", "split")]
    found = audit(*columns, notes=after.notes)["findings"]
    assert after.notes[0] in found
    write_sequences(tmp_path / "s.parquet", before.table)
    assert sequence_notes(tmp_path / "s.parquet") == []


# ------------------------------------------------------------------------------ what is wrong


def wrong(folder, files, how, **reading):
    before, reading = imported(folder, *files, **reading)
    with pytest.raises(UserError) as caught:
        add_negatives(before, reading, **how)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message


def test_wrong_negatives(folder, monkeypatch):
    folder, chromosomes = folder
    fasta = ("a.fa", {"label": "yes"})
    assert "record 's0' has no place in the genome" in wrong(folder, [PEAKS, fasta], GENOME)
    label = wrong(folder, [fasta], SHUFFLE | {"label": "yes"}, genome=None)
    assert label.startswith("negatives.label: records of the class 'yes' are in the sources alread")
    (folder / "poly.fa").write_text(">p\nAAAAAAAA\n>q\nACG\n")
    poly = wrong(folder, [("poly.fa", {"label": "yes"})], SHUFFLE, genome=None)
    assert "no shuffle changes any of the sequences" in poly
    monkeypatch.setattr(negatives, "ROUNDS", 2)
    (folder / "all.bed").write_text("chr1\t0\t60000\nchr2\t0\t29990\n")
    full = wrong(folder, [("all.bed", {"label": "yes"})], GENOME)
    assert "the genome has no room for 2 windows" in full and "2 of them found no place" in full
