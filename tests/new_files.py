"""Files of users, made up: FASTA, tables, genomes and intervals, for `make new`."""

import gzip
import random
from pathlib import Path


def sequences(number, seed, length=30):
    draw = random.Random(seed)
    return ["".join(draw.choices("ACGT", k=length)) for _ in range(number)]


def write(path, content):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def fasta(path, number=6):
    records = enumerate(sequences(number, path))
    write(path, "".join(f">r{i}\n{sequence}\n" for i, sequence in records))


def table(path, header="sequence,label", number=20, separator=",", labels=("0", "1")):
    rows = [f"{s},{labels[i % len(labels)]}" for i, s in enumerate(sequences(number, path))]
    lines = [*([header] if header else []), *rows]
    write(path, "\n".join(lines).replace(",", separator) + "\n")


def genome(path, length=3000):
    chromosomes = zip((1, 2), sequences(2, path, length), strict=True)
    write(path, "".join(f">chr{name}\n{letters}\n" for name, letters in chromosomes))


def bed(path, number=20, width=30, shift=0):
    lines = [f"chr{1 + i % 2}\t{100 * i + shift}\t{100 * i + shift + width}" for i in range(number)]
    write(path, "\n".join(lines) + "\n")
