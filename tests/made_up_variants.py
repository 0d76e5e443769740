"""Genomes and variants that are drawn, and windows that are cut out by hand."""

import os

import numpy as np

BASES = "ACGT"

# What score_variants and check_effects write, in small.
ROW = {
    "chrom": "chr1",
    "pos": "1234",
    "id": "rs1",
    "ref": "A",
    "alt": "G" * 30,
    "effect_no": "-1.5",
    "effect_yes": "1.5",
    "sd_no": "0.25",
    "sd_yes": "0.25",
    "motif": "yes_1",
    "motif_change": "lost",
    "motif_ref": "10.25",
    "motif_alt": "-3.04",
}
SUMMARY = {
    "classes": ["no", "yes"],
    "models": 3,
    "shifts": [-10, 0, 10],
    "counts": {"ok": 1200, "ref_mismatch": 3},
    "told": ["chromosomes that the genome lacks: chrUn"],
    "strongest": [ROW],
}
LARGE = {
    "n": 100,
    "sign": 0.985,
    "spearman": 0.912,
    "infinite": 7,
    "spearman_finite": 0.95,
    "slope": 0.8,
}
MODEL = {
    "model": "cnn",
    "seed": 1,
    "substitutions": 600,
    "large": LARGE,
    "none": {"n": 400, "small": 0.97, "p95": 0.21},
    "sizes": [
        {"from": 0, "to": 0.5, "n": 20, "sign": 0.7, "median": 0.1, "rmse": 0.2},
        {"from": 4, "to": None, "n": 0, "sign": None, "median": None, "rmse": None},
        {"from": None, "to": None, "n": 7, "sign": 1.0, "median": 3.0, "rmse": None},
    ],
    "motifs": [{"motif": "", "n": 5, "sign": 1.0, "median": 0.6, "spearman": None}],
}


def draw_genome(lengths, seed):
    """Letters of chromosomes by name, some of them in lower case, no N."""
    rng = np.random.default_rng(seed)
    genome = {}
    for name, length in lengths.items():
        letters = "".join(rng.choice(list(BASES), length))
        start = length // 3
        genome[name] = letters[:start] + letters[start : start + 50].lower() + letters[start + 50 :]
    return genome


def write_genome(path, genome, width=60):
    lines = []
    for name, letters in genome.items():
        lines.append(f">{name} a description")
        lines += [letters[i : i + width] for i in range(0, len(letters), width)]
    path.write_text("\n".join(lines) + "\n")
    return path


def draw_variants(genome, count, seed, margin=0):
    """(chrom, pos, ref, alt) sorted: substitutions, insertions, deletions and mixtures of these."""
    rng = np.random.default_rng(seed)
    names = list(genome)
    found = []
    while len(found) < count:
        chrom = names[rng.integers(len(names))]
        kind = rng.integers(5)
        long = int(rng.integers(1, 9))
        size = 1 if kind < 2 else int(rng.integers(1, 7)) if kind == 4 else 1 + long * (kind == 2)
        start = int(rng.integers(margin, len(genome[chrom]) - size - margin))
        ref = genome[chrom][start : start + size].upper()
        if kind < 2:
            alt = str(rng.choice([base for base in BASES if base != ref]))
        elif kind == 2:
            alt = ref[0]
        elif kind == 3:
            alt = ref + "".join(rng.choice(list(BASES), long))
        else:
            alt = "".join(rng.choice(list(BASES), int(rng.integers(1, 7))))
        if alt != ref:
            found.append((chrom, start + 1, ref, alt))
    order = {name: i for i, name in enumerate(names)}
    return sorted(found, key=lambda its: (order[its[0]], its[1]))


def write_vcf(path, variants, header=True, ids=None):
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    lines = lines if header else []
    for i, (chrom, pos, ref, alt) in enumerate(variants):
        name = f"v{i}" if ids is None else ids[i]
        lines.append("\t".join([chrom, str(pos), name, ref, alt, ".", ".", "."]))
    path.write_text("\n".join(lines) + "\n")
    return path


def without_common(pos, ref, alt):
    """Free alleles of what they end with in common, then of what they begin with."""
    end = len(os.path.commonprefix([ref[::-1], alt[::-1]]))
    ref, alt = ref[: len(ref) - end], alt[: len(alt) - end]
    begin = len(os.path.commonprefix([ref, alt]))
    return pos - 1 + begin, ref[begin:], alt[begin:]


def windows_by_hand(chromosome, pos, ref, alt, place, length):
    """The two windows as text, cut out of whole chromosomes with the one and the other allele.

    "." stands where the chromosome has ended.
    """
    start, ref, alt = without_common(pos, ref, alt)
    beyond = "." * length
    found = []
    for allele in (ref, alt):
        whole = chromosome[:start] + allele + chromosome[start + len(ref) :]
        centre = start + len(allele) // 2
        whole = beyond + whole.upper() + beyond
        found.append(whole[length + centre - place :][:length])
    return found


def other_strand(text):
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))
