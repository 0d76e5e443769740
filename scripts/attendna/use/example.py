#!/usr/bin/env python3
"""Score the sequences of a FASTA file with model.onnx, by ONNX Runtime and NumPy alone.

    pip install onnxruntime numpy
    python example.py sequences.fa > predictions.tsv

The table has a row for each sequence: its id, the most probable class, and the probability of each
class. This program needs nothing of attendna; take from it what you need.
"""

import argparse
import gzip
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

BATCH = 256  # sequences at a time
# The bases that each letter allows, as the four numbers of a position: A, C, G, T.
ALLOWED = {
    "A": "A", "C": "C", "G": "G", "T": "T", "U": "T",
    "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip


class Model:
    """A network of attendna as an ONNX file, with what it tells of itself.

    Attributes
    ----------
    classes
        Their names, in the order of the columns of `predict`.
    length
        Letters that the network sees.
    crop
        What keeps its place in sequences of another length: centre, left (the first letter) or
        right (the last one); "" if the network takes sequences of `length` only.
    soft_masked, gaps
        How lower-case letters, and - and ., were read in training.
    """

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        facts = self.session.get_modelmeta().custom_metadata_map
        self.classes, self.length = json.loads(facts["classes"]), int(facts["length"])
        self.crop, alphabet = facts["crop"], facts["alphabet"]
        self.soft_masked, self.gaps = facts["soft_masked"], facts["gaps"]
        self.dtype = np.dtype(facts["input"])
        self.table = np.zeros((256, 4), np.uint8)  # any other letter, and padding, is 0000
        for letter, bases in ALLOWED.items():
            for base in bases:
                self.table[ord(letter), alphabet.index(base)] = 1

    def letters(self, sequence):
        """Return a sequence in upper case, without gaps; ValueError if it has other letters."""
        if self.soft_masked == "mask":
            sequence = "".join("N" if letter.islower() else letter for letter in sequence)
        sequence = sequence.upper()
        if self.gaps != "error":
            for gap in "-.":
                sequence = sequence.replace(gap, "N" if self.gaps == "n" else "")
        wrong = set(sequence) - set(ALLOWED)
        if wrong or not sequence:
            raise ValueError(f"has the letter {min(wrong)!r}" if wrong else "has no sequence")
        if len(sequence) != self.length and not self.crop:
            raise ValueError(f"has {len(sequence)} letters; the model takes {self.length}")
        return sequence

    def row(self, sequence):
        """Return uint8 (length,): the letters of a sequence, cropped and padded with 0."""
        before = {  # so much padding stands before the sequence; below 0, so much is cut off
            "centre": self.length // 2 - len(sequence) // 2,
            "right": self.length - len(sequence),
        }.get(self.crop, 0)
        row = np.zeros(self.length, np.uint8)
        kept = sequence[max(-before, 0) : max(self.length - before, 0)]
        start = max(before, 0)
        row[start : start + len(kept)] = list(kept.encode())
        return row

    def encode(self, sequences):
        """Return (n, length, 4) of what `letters` returned: 1 at each base that a letter allows."""
        return self.table[np.stack([self.row(sequence) for sequence in sequences])]

    def predict(self, sequences):
        """Return float32 (n, classes): the calibrated probabilities; rows sum to 1."""
        x = self.encode([self.letters(sequence) for sequence in sequences]).astype(self.dtype)
        return self.session.run(["probabilities"], {"sequence": x})[0]


def read_fasta(path):
    """Yield the id and the letters of each record, gzip or not."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as handle:
        name, lines = None, []
        for line in map(str.strip, handle):
            if line.startswith(">"):
                if name is not None:
                    yield name, "".join(lines)
                name, lines = (line[1:].split() or [""])[0], []
            elif line and not line.startswith(";"):
                if name is None:
                    raise ValueError("does not begin with >, so it is no FASTA")
                lines.append("".join(line.split()).rstrip("*"))
        if name is not None:
            yield name, "".join(lines)


def main():
    """Read, score and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("fasta", help="sequences, gzip or not")
    parser.add_argument(
        "--model",
        default=str(Path(__file__).with_name("model.onnx")),
        help="default: model.onnx beside this file",
    )
    arguments = parser.parse_args()
    model = Model(arguments.model)
    try:
        records = list(read_fasta(arguments.fasta))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {arguments.fasta}: {error}")
    print("id", "predicted", *(f"p_{name}" for name in model.classes), sep="\t")
    for start in range(0, len(records), BATCH):
        names, sequences = zip(*records[start : start + BATCH], strict=True)
        for name, sequence in zip(names, sequences, strict=True):
            try:
                model.letters(sequence)
            except ValueError as error:
                sys.exit(f"error: {arguments.fasta}, record {name}: {error}")
        for name, p in zip(names, model.predict(sequences), strict=True):
            print(name, model.classes[p.argmax()], *(f"{value:.6g}" for value in p), sep="\t")


if __name__ == "__main__":
    main()
