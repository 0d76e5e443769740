"""The genome of the intervals that a user has: among the other files, or named."""

from __future__ import annotations

from attendna.data.genome import genome_lengths
from attendna.data.recognition import INTERVALS
from attendna.errors import UserError, shown
from attendna.planning.file_looks import Looks
from attendna.planning.found_files import Found


def genome_of(found: Found, genome: str | None) -> str | None:
    """Return the genome of the intervals, and take it and other genomes out of the files."""
    spans = [path for path, kind in found.files.items() if kind.format in INTERVALS]
    if not spans:
        return None
    if genome is None:
        genome = _genome_among(found, spans[0])
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


def _genome_among(found: Found, spans: str) -> str | None:
    """Return the first file that has most of the chromosomes of some intervals."""
    chroms = set(Looks({spans: found.files[spans].format}).records(spans).chroms)
    fasta = [path for path, kind in found.files.items() if kind.format == "fasta"]
    for path in [*found.genomes, *fasta]:
        try:
            names, _ = genome_lengths(path)
        except UserError:  # as where a name stands twice: records, and no chromosomes
            continue
        if 2 * len(chroms & names.keys()) >= len(chroms):
            return path
    return None


def _leave_out_chromosomes(found: Found, genome: str) -> None:
    """Leave out FASTA files that hold nothing but chromosomes of the genome."""
    chroms, _ = genome_lengths(genome)
    for path, kind in list(found.files.items()):
        if kind.format == "fasta":
            names = {name.split()[0] for name in Looks({path: "fasta"}).records(path).ids}
            if names <= chroms.keys():
                del found.files[path]
                found.left_out[path] = f"it holds chromosomes of the genome {shown(genome, 200)}"
