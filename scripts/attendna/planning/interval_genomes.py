"""The genome of the intervals that a user has: among the other files, or named."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from attendna.data.genome import genome_lengths, spelling
from attendna.data.intervals import Intervals, check_places
from attendna.data.recognition import INTERVALS
from attendna.errors import UserError, shown
from attendna.planning.file_looks import Looks
from attendna.planning.found_files import Found
from attendna.planning.name_words import read_name
from attendna.wording import listed

HALF = 0.5
ROOM = 4  # places for a window, for each base of the windows that are wanted
BLACKLISTS = {"blacklist", "blacklisted", "blocklist", "exclude", "excluded", "exclusion"}
BLACKLISTS |= {"excludable", "greylist", "graylist"}


def genome_of(found: Found, genome: str | None, looks: Looks) -> str | None:
    """Return the genome of the intervals, and take it and other genomes out of the files.

    Raises
    ------
    UserError
        If there are intervals, and no or no certain genome.
    """
    _leave_out_blacklists(found)
    spans = [path for path, kind in found.files.items() if kind.format in INTERVALS]
    if not spans:
        if genome is not None:
            found.left_out[genome] = "a genome is for intervals, and there are none"
        return None
    if genome is None:
        genome = _genome_among(found, spans, looks)
    if genome is not None:
        found.files.pop(genome, None)
        _leave_out_chromosomes(found, genome)
        return genome
    others = len(found.files) - len(spans)
    if not others:
        raise UserError(
            f"{spans[0]}: intervals hold no sequences; name the FASTA or 2bit file of their "
            "genome, as in make new DATA=... GENOME=genome.fa.gz."
        )
    for path in spans:
        del found.files[path]
        found.left_out[path] = "intervals, and no genome has their chromosomes; GENOME= names one"
    return None


def _leave_out_blacklists(found: Found) -> None:
    """Leave out intervals that an analysis should not have, as far as their names tell."""
    for path, kind in list(found.files.items()):
        words = {word.lower() for word in read_name(path, "").words}
        if kind.format in INTERVALS and words & BLACKLISTS and path not in found.named:
            del found.files[path]
            found.left_out[path] = "by its name, it holds regions that analyses leave out"


def _genome_among(found: Found, spans: Sequence[str], looks: Looks) -> str | None:
    """Return the file that has most of the chromosomes of the intervals, if it has half of them.

    Of a large genome, of which the first chromosomes are read, half of these have to be among those
    of the intervals.

    Raises
    ------
    UserError
        If several different ones do, only some together, or one that spells chromosomes otherwise.
    """
    chroms = {chrom for path in spans for chrom in looks.records(path).chroms}
    fasta = [path for path, kind in found.files.items() if kind.format == "fasta"]
    shares: dict[str, float] = {}
    lengths: dict[str, dict[str, int]] = {}
    spelled_otherwise: dict[str, dict[str, int]] = {}
    for path in [*found.genomes, *fasta]:
        try:
            names, complete = genome_lengths(path)
        except UserError:  # as where a name stands twice: records, and no chromosomes
            continue
        lengths[path] = {name: names[name] for name in chroms & names.keys()}
        shares[path] = len(lengths[path]) / max(len(chroms if complete else names), 1)
        if {*map(spelling, names)} & {*map(spelling, chroms)}:
            spelled_otherwise[path] = names
    best = [path for path in shares if shares[path] == max(shares.values())]
    if not best or shares[best[0]] < HALF:
        parts = [path for path in lengths if lengths[path]]
        if len({name for path in parts for name in lengths[path]}) >= HALF * len(chroms):
            raise UserError(
                f"{shown(spans[0], 200)}: its chromosomes are in several files, "
                f"{listed([shown(path, 200) for path in parts])}; join them, as in `cat "
                f"{shlex.quote(parts[0])} ... > genome.fa`, and name that file: make new DATA=... "
                "GENOME=genome.fa."
            )
        first = looks.records(spans[0])
        for path, names in spelled_otherwise.items():
            if max(names.values()) >= max(first.ends):  # long enough for chromosomes
                check_places(first, names, path, "error")
        return None
    others = [path for path in best if lengths[path] != lengths[best[0]]]
    if others:
        raise UserError(
            f"{shown(spans[0], 200)}: several files have its chromosomes: "
            f"{listed([shown(path, 200) for path in [best[0], *others]])}; say which is the genome "
            "of the intervals, as in make new DATA=... GENOME=genome.fa.gz."
        )
    return best[0]


def _leave_out_chromosomes(found: Found, genome: str) -> None:
    """Leave out FASTA files that hold nothing but chromosomes of the genome."""
    chroms, _ = genome_lengths(genome)
    for path, kind in list(found.files.items()):
        if kind.format == "fasta":
            try:
                names, _ = genome_lengths(path)
            except UserError:
                continue
            if names.keys() <= chroms.keys():
                del found.files[path]
                found.left_out[path] = f"it holds chromosomes of the genome {shown(genome, 200)}"


def has_room(read: Sequence[Intervals], genome: str, width: int | None) -> bool:
    """Whether a genome has room for as many windows beside some intervals, drawn at random.

    Parameters
    ----------
    read
        The intervals of each file.
    genome
        FASTA or 2bit; where it is too large to be read in a moment, it has room.
    width
        What intervals are brought to; None: they stay as they are.
    """
    lengths, complete = genome_lengths(genome)
    if not complete:
        return True
    taken: dict[str, list[tuple[int, int]]] = {chrom: [] for chrom in lengths}
    widths = []
    for part in read:
        for chrom, start, end in zip(part.chroms, part.starts, part.ends, strict=True):
            widths.append(width or end - start)
            if chrom in taken:
                more = max(widths[-1] - (end - start), 0)  # on either side, wherever the centre is
                taken[chrom].append((start - more, end + more))
    longest, places = max(widths), 0
    for chrom, length in lengths.items():
        reach = 0
        for start, end in [*sorted(taken[chrom]), (length, length)]:
            places += max(start - reach - longest + 1, 0)
            reach = max(reach, end)
    return places >= ROOM * sum(widths)
