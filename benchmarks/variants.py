"""How fast variants are scored beside plain prediction of as many sequences, and in what memory.

    python benchmarks/variants.py speed [VARIANTS]
    python benchmarks/variants.py memory [VARIANTS ...]

`speed` scores variants (three of four are substitutions) and predicts as many sequences with the
same network, an untrained attention_cnn of the default size, in turns in one process. `memory` runs
score_variants.py with a small network on files of several sizes, each in a process of its own.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml
from settled import settled

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from attendna.data.chromosome_access import Chromosomes  # noqa: E402
from attendna.data.variants import read_variants  # noqa: E402
from attendna.learning import models  # noqa: E402
from attendna.use import scorers, variant_rows, variant_survey  # noqa: E402
from attendna.use.variant_settings import Asked, load_models, prepared  # noqa: E402

LENGTH = 200
SMALL = {"kernel_sizes": [7], "filters": 2, "members": 1, "hidden": []}


def write_network(path, **changes):
    """Save an untrained attention_cnn of the default size, but for some changes."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    settings = settled(config, **changes)
    models.attention_cnn(LENGTH, ["no", "yes"], "yes", **settings).save(path)


def write_genome(path, letters=5_000_000):
    """Write a genome of one chromosome; return its letters, uint8."""
    bases = np.random.default_rng(1).choice(np.frombuffer(b"ACGT", np.uint8), letters)
    lines = bases.reshape(-1, 100)
    with open(path, "wb") as handle:
        handle.write(b">chr1\n" + b"\n".join(line.tobytes() for line in lines) + b"\n")
    return bases


def write_variants(path, bases, count):
    """Write a sorted VCF, a quarter of it insertions and deletions."""
    rng = np.random.default_rng(2)
    places = np.sort(rng.integers(LENGTH, len(bases) - LENGTH, count))
    others = rng.integers(1, 4, count)
    kinds = rng.integers(0, 8, count)
    with open(path, "w") as handle:
        handle.write("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for place, other, kind in zip(
            places.tolist(), others.tolist(), kinds.tolist(), strict=True
        ):
            ref = chr(bases[place])
            alt = "ACGT"[("ACGT".index(ref) + other) % 4]
            if kind == 0:
                alt = ref + alt * other
            elif kind == 1:
                ref, alt = bases[place : place + 1 + other].tobytes().decode(), ref
            handle.write(f"chr1\t{place + 1}\t.\t{ref}\t{alt}\t.\t.\t.\n")


def speed(count=20_000):
    """Score variants and predict as many sequences, in turns."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_network(folder / "model.keras")
        bases = write_genome(folder / "genome.fa")
        write_variants(folder / "v.vcf", bases, count)
        genome = Chromosomes(str(folder / "genome.fa"))
        scoring = prepared(load_models([str(folder / "model.keras")]), genome, None, Asked())
        starts = np.random.default_rng(3).integers(0, len(bases) - LENGTH, 2 * count)
        sequences = [bases[start : start + LENGTH].tobytes().decode() for start in starts]
        fitted = [scorers.load(str(folder / "model.keras"))]

        def score():
            lines = 0
            for batch in variant_survey.batches(read_variants(str(folder / "v.vcf")), 4096):
                rows = scoring.score(batch, {"chr1": "chr1"})
                lines += len([variant_rows.line_of(row, scoring, ["no", "yes"]) for row in rows])
            assert lines == count

        def predict():
            for start in range(0, len(sequences), 4096):
                scorers.mean(sequences[start : start + 4096], fitted)

        for call in (score, predict):  # TensorFlow compiles
            call()
        for _ in range(3):
            seconds = []
            for call in (score, predict):
                began = time.perf_counter()
                call()
                seconds.append(time.perf_counter() - began)
            print(
                f"{count:,} variants: {seconds[0]:.1f} s ({count / seconds[0]:,.0f}/s); "
                f"{2 * count:,} sequences: {seconds[1]:.1f} s; "
                f"speed {seconds[1] / seconds[0]:.2f} of plain prediction",
                flush=True,
            )


def memory(counts):
    """Score files of several sizes, each in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_network(folder / "model.keras", **SMALL)
        bases = write_genome(folder / "genome.fa")
        for count in counts:
            write_variants(folder / "v.vcf", bases, count)
            command = [sys.executable, ROOT / "scripts" / "score_variants.py"]
            command += ["--model", folder / "model.keras", "--variants", folder / "v.vcf"]
            command += ["--genome", folder / "genome.fa", "--table", folder / "t.tsv.gz"]
            command += ["--vcf", folder / "t.vcf.gz", "--settings", '{"shifts": [0]}']
            began = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            assert status == 0
            seconds = time.perf_counter() - began
            print(
                f"{count:,} variants: {seconds:.0f} s ({usage.ru_utime + usage.ru_stime:.0f} s of "
                f"processors), {usage.ru_maxrss / 1e3:.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[2:]]
    if sys.argv[1:2] == ["speed"]:
        speed(*numbers[:1])
    elif sys.argv[1:2] == ["memory"]:
        memory(numbers or [10_000, 100_000, 1_000_000])
    else:
        sys.exit(__doc__)
