"""p(sequence | class) by brute force, from the settings alone and by no code of the library."""

from itertools import product
from math import exp, factorial

import numpy as np

ALLOWED = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "W": "AT", "N": "ACGT"}


def matrix_of(motif):
    return [
        [(base in ALLOWED[letter]) / len(ALLOWED[letter]) for base in "ACGT"] for letter in motif
    ]


def other_strand(matrix):
    return [row[::-1] for row in matrix[::-1]]


def forms_of(element, followers):
    """(probability, [(start, matrix)], width) of an element and those that follow it, forwards."""
    motifs = element.get("motif", "?")
    matrices = (
        [element["matrix"]]
        if "matrix" in element
        else [matrix_of(motif) for motif in ([motifs] if isinstance(motifs, str) else motifs)]
    )
    strands = {"both": "+-"}.get(element.get("strand", "+"), element.get("strand", "+"))
    if "after" not in element:
        strands = "+"  # of a leader: that of the whole, turned below
    for matrix, strand in product(matrices, strands):
        p = 1 / len(matrices) / len(strands)
        own = matrix if strand == "+" else other_strand(matrix)
        if not followers:
            yield p, [(0, own)], len(own)
            continue
        follower = followers[0]
        there = follower.get("probability", 1)
        if there < 1:
            yield p * (1 - there), [(0, own)], len(own)
        gaps = range(follower["gap"][0], follower["gap"][1] + 1)
        for gap in gaps:
            for q, sites, width in forms_of(follower, followers[1:]):
                shift = len(own) + gap
                placed = [(start + shift, matrix) for start, matrix in sites]
                yield p * there * q / len(gaps), [(0, own), *placed], shift + width


def units_of(elements):
    """Each leader with its followers."""
    units, where = [], {}
    for element in elements:
        name = element.get("name", str(element.get("motif")))
        if "after" in element:
            units[where[element["after"]]].append(element)
            where[name] = where[element["after"]]
        else:
            where[name] = len(units)
            units.append([element])
    return units


def placements_of(unit, length, anchor):
    """(probability, [(start, matrix)], (start, end)) of one copy of a unit."""
    head = unit[0]
    strand = head.get("strand", "+")
    position = head.get("position", "uniform")
    for p, sites, width in forms_of(head, unit[1:]):
        for side in {"both": "+-"}.get(strand, strand):
            turned = (
                sites
                if side == "+"
                else [
                    (width - start - len(matrix), other_strand(matrix)) for start, matrix in sites
                ]
            )
            if position == "uniform":
                starts = range(length - width + 1)
            elif isinstance(position, int):
                starts = [anchor + position]
            else:
                starts = range(anchor + position["from"], anchor + position["to"] + 1)
            for start in starts:
                share = p / len(starts) / (2 if strand == "both" else 1)
                placed = [(start + offset, matrix) for offset, matrix in turned]
                yield share, placed, (start, start + width)


def copies_of(unit, length, anchor):
    """(probability, sites, spans) of all copies of a unit, those that overlap included."""
    head = unit[0]
    count = head.get("count", 1)
    placements = list(placements_of(unit, length, anchor))
    if isinstance(count, dict):
        mean, narrowest = count["poisson"], min(end - start for _, _, (start, end) in placements)
        # More copies than fit overlap in any case.
        numbers = {k: exp(-mean) * mean**k / factorial(k) for k in range(length // narrowest + 1)}
    else:
        there = head.get("probability", 1)
        numbers = {0: 1 - there, count: there}
    for number, probability in numbers.items():
        for chosen in product(placements, repeat=number):
            p = probability * np.prod([share for share, _, _ in chosen])
            if p > 0:
                yield p, [site for _, sites, _ in chosen for site in sites], [s[2] for s in chosen]


def overlap(spans):
    spans = sorted(spans)
    return any(left[1] > right[0] for left, right in zip(spans, spans[1:], strict=False))


def likelihoods(elements, length, anchor=0, background=None):
    """p(sequence | class) of all 4^length sequences, in the order of the digits A, C, G, T.

    background: {word of bases before: [4 probabilities]} for words of each length up to the order.
    """
    background = background or {"": [0.25] * 4}
    order = max(map(len, background))
    words = ["".join(bases) for bases in product("ACGT", repeat=length)]
    total, likelihood = 0.0, np.zeros(len(words))
    for parts in product(*(list(copies_of(unit, length, anchor)) for unit in units_of(elements))):
        if overlap([span for _, _, spans in parts for span in spans]):
            continue
        p = np.prod([part[0] for part in parts])
        total += p
        columns = {
            start + j: row
            for part in parts
            for start, matrix in part[1]
            for j, row in enumerate(matrix)
        }
        given = np.ones(1)  # from left to right, over all words of each length
        for i in range(length):
            if i in columns:
                given = np.outer(given, columns[i]).ravel()
            else:
                before = ["".join(word) for word in product("ACGT", repeat=i)]
                rows = np.array([background[word[len(word) - min(i, order) :]] for word in before])
                given = (given[:, None] * rows).ravel()
        likelihood += p * given
    return words, likelihood / total
