"""Random sequences and relatives of them, with a number of edits of a kind."""

import numpy as np

BASES = np.frombuffer(b"ACGT", np.uint8)
KINDS = ["substitutions", "insertions and deletions"]


def as_text(codes):
    return BASES[np.asarray(codes)].tobytes().decode()


def edited(codes, edits, kind, rng):
    """Edit letters at different random places; a letter is exchanged for another one."""
    codes = codes.tolist()
    for place in sorted(rng.choice(len(codes), edits, replace=False).tolist(), reverse=True):
        if kind == "substitutions":
            codes[place] = (codes[place] + rng.integers(1, 4)) % 4
        elif rng.random() < 0.5:
            del codes[place]
        else:
            codes.insert(place, rng.integers(4))
    return np.array(codes)


def planted(n, length, relatives, identity, kind, rng, flank=""):
    """Return `n` random sequences and then a relative of each of the first, every second turned.

    Parameters
    ----------
    flank
        Stands before each, and is neither edited nor turned.
    """
    codes = rng.integers(0, 4, (n, length))
    sequences = [as_text(row) for row in codes]
    edits = round((1 - identity) * length)
    for i in range(relatives):
        copy = edited(codes[i], edits, kind, rng)
        sequences.append(as_text(3 - copy[::-1] if i % 2 else copy))
    return [flank + sequence for sequence in sequences]


def fewest_edits(stretch, whole):
    """Edits between all of a stretch and the best part of `whole` (Sellers 1980)."""
    row = [0] * (len(whole) + 1)
    for i, letter in enumerate(stretch, start=1):
        last, row = row, [i]
        for j, other in enumerate(whole, start=1):
            row.append(min(last[j - 1] + (letter != other), last[j] + 1, row[j - 1] + 1))
    return min(row)
