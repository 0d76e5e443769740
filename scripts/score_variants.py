"""Score variants of a genome: what they change in what trained models say, the mean over models."""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from attendna import code_inputs, durations
from attendna.command_line import json_argument, run
from attendna.contracts import checkpoints, variants
from attendna.contracts.arrays import write_arrays
from attendna.contracts.chunks import WHOLE, Chunk
from attendna.contracts.tables import write_json
from attendna.data.chromosome_access import Chromosomes
from attendna.data.variants import Variant, read_variants
from attendna.errors import UserError
from attendna.use import variant_maps, variant_rows, variant_survey
from attendna.use.scorers import SCORERS, limit_threads
from attendna.use.variant_scoring import Row, Scoring
from attendna.use.variant_settings import Asked, load_models, prepared
from attendna.use.variant_survey import BATCH, Survey
from attendna.use.variant_windows import MEANINGS, Status
from attendna.version import __version__
from attendna.wording import counted

SHOWN = 6  # of the strongest effects get a mutation map
EVERY = 10  # seconds from one line of progress to the next, at least


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model",
        required=True,
        nargs="+",
        help="model.keras or model.npz of one run or, for their mean, of several",
    )
    parser.add_argument(
        "--variants", required=True, help="VCF (also gzip, bgzip, without header), BCF or table"
    )
    parser.add_argument("--genome", required=True, help="FASTA (also gzip, bgzip) or 2bit")
    parser.add_argument("--motifs", help="motifs.meme of the model, to name the motif that changes")
    parser.add_argument(
        "--settings",
        type=json_argument,
        default={},
        help='JSON: {"offset", "shifts", "windows" (BED), "strand" (+, - or both), "mismatches" '
        '(largest share), "soft_masked" (keep or mask), "width"}; each may be left out',
    )
    parser.add_argument("--table", required=True, help="the .tsv.gz to write; with --chunk a .tsv")
    parser.add_argument("--vcf", help="the .vcf.gz to write, sorted, with an index beside it")
    parser.add_argument("--summary", help="the .json to write: counts and strongest effects")
    parser.add_argument("--maps", help="the .npz to write: mutation maps of the strongest effects")
    work = parser.add_mutually_exclusive_group()
    work.add_argument("--chunk", type=Chunk.parse, help="score a part only, as 2-of-8")
    work.add_argument(
        "--parts", nargs="+", help="what --chunk made, in order, to be joined instead of scored"
    )
    parser.add_argument("--threads", type=int, help="processor cores of a network; default: all")
    parser.add_argument(
        "--state",
        type=Path,
        help="a folder to keep what is scored in, so that a run that was killed goes on from it; "
        "delete it when the table is there",
    )
    arguments = parser.parse_args(argv)
    if arguments.threads is not None and arguments.threads < 1:
        parser.error("--threads: expected a number from 1")
    for model in arguments.model[1:]:
        if Path(model).suffix not in SCORERS:
            parser.error(f"--model: {model} is no model.keras or model.npz")
    return arguments


def main(argv: list[str] | None = None) -> None:
    """Look at the file, score it or join its parts, and sum up."""
    args = parse(argv)
    if args.threads is not None:
        limit_threads(args.threads)
    asked = Asked(**{key: args.settings[key] for key in args.settings if key in ASKED})
    lines = read_variants(args.variants)  # says at once what is wrong with the file
    genome = Chromosomes(args.genome)
    found = variant_survey.survey(lines, genome)
    for sentence in variant_survey.told(found):
        print(f"{args.variants}: {sentence}", flush=True)
    variant_survey.check(found, args.variants, genome, asked.mismatches)
    models = load_models(args.model)
    scoring = prepared(models, genome, args.motifs, asked)
    classes = models[0].classes
    if args.parts:
        variants.join_effects(args.table, classes, args.parts)
    else:
        parts = kept(args)
        variants.write_effects(args.table, classes, score(args, scoring, found, parts))
        if parts.found:
            print(f"{parts.found} batches had been scored before an earlier run stopped")
    if not args.chunk:
        finish(args, scoring, found)


ASKED = tuple(Asked.__dataclass_fields__)


def kept(args: argparse.Namespace) -> checkpoints.Parts:
    """Return where the rows of batches are kept, under all that they come from."""
    if args.state is None:
        return checkpoints.Parts(None, "")
    code = [Path(__file__), *code_inputs.modules(Path(__file__).resolve())]
    files = [*args.model, args.genome, *([args.motifs] if args.motifs else []), *code]
    windows = args.settings.get("windows")
    files += [windows] if windows else []
    return checkpoints.Parts(args.state, checkpoints.key(["variants", args.settings], files))


def score(
    args: argparse.Namespace, scoring: Scoring, found: Survey, parts: checkpoints.Parts
) -> Iterator[str]:
    """Yield the lines of the table, or those of a part of it, batch by batch."""
    own = (args.chunk or WHOLE).of(-(-found.lines // BATCH))
    progress = Progress(len(own))
    for number, batch in enumerate(variant_survey.batches(read_variants(args.variants), BATCH)):
        if number not in own:
            if number >= own.stop:
                return
            continue
        scored = parts.once(
            number,
            repr(batch),
            lambda batch=batch: {"rows": rows_of(batch, scoring, found)},
        )
        # One by one: whoever writes them takes so many at once, whatever they are.
        yield from io.StringIO(scored["rows"].tobytes().decode(), newline="\n")
        progress.tell(number - own.start + 1)


def rows_of(batch: Sequence[Variant], scoring: Scoring, found: Survey) -> np.ndarray:
    """Return the lines of a batch as bytes: uint8 (bytes,)."""
    classes = scoring.models[0].classes
    rows = scoring.score(batch, found.names)
    lines = "".join(variant_rows.line_of(row, scoring, classes) for row in rows)
    return np.frombuffer(lines.encode(), np.uint8)


class Progress:
    """Tells how far the work is, and how long it will take."""

    def __init__(self, batches: int) -> None:
        self._batches, self._began = batches, time.monotonic()
        self._told = self._began

    def tell(self, done: int) -> None:
        """Print a line, if the last one is long ago."""
        now = time.monotonic()
        if now - self._told < EVERY and done < self._batches:
            return
        self._told = now
        left = (now - self._began) / done * (self._batches - done)
        until = f", about {durations.about(left)} left" if done < self._batches else ""
        print(f"batch {done:,} of {self._batches:,} is scored{until}", flush=True)


def finish(args: argparse.Namespace, scoring: Scoring, found: Survey) -> None:
    """Sum the table up, and write what follows from it."""
    summary = variant_rows.summarise(*variants.read_lines(args.table))
    for status, number in summary.counts.items():
        print(f"{counted(number, 'variant')}: {MEANINGS[Status(status)]}")
    if args.vcf:
        genome = scoring.genome
        about = variants.About(
            classes=scoring.models[0].classes,
            lengths={name: genome.lengths[own] for name, own in found.names.items()},
            reasons={s.value: text for s, text in MEANINGS.items() if s is not Status.OK},
            source=f"attendna {__version__}",
            genome=Path(genome.path).name,
        )
        left_out = variants.write_vcf(args.vcf, f"{args.vcf}.tbi", args.table, about)
        if left_out:
            print(f"{counted(left_out, 'row')} of the table can't be written as VCF")
    strongest = again(summary.strongest, scoring, found)
    if args.summary:
        write_json(args.summary, told(summary, scoring, found))
    if args.maps:
        write_arrays(args.maps, maps(strongest[:SHOWN], scoring))


def again(strongest: Sequence[dict[str, str]], scoring: Scoring, found: Survey) -> list[Row]:
    """Score the strongest once more, for their windows."""
    rows = []
    for line in strongest:
        variant = Variant(0, line["chrom"], int(line["pos"]), line["id"], line["ref"], line["alt"])
        rows += scoring.score([variant], found.names)
    if any(row.effect is None for row in rows):
        raise UserError("the genome has changed during the run; run again.")
    return rows


def told(summary: variant_rows.Summary, scoring: Scoring, found: Survey) -> dict:
    """Return what the report tells."""
    return {
        "classes": scoring.models[0].classes,
        "models": len(scoring.models),
        "length": scoring.how.length,
        "shifts": list(scoring.places.shifts),
        "knows_places": any(model.knows_places for model in scoring.models),
        "counts": summary.counts,
        "strongest": summary.strongest,
        "told": variant_survey.told(found),
    }


def maps(rows: Sequence[Row], scoring: Scoring) -> dict[str, np.ndarray]:
    """Return the mutation maps of variants, see `variant_maps.mutation_maps`, as arrays."""
    classes, length = scoring.models[0].classes, scoring.how.length
    windows = np.array([row.windows for row in rows], np.uint8).reshape(-1, 2, length)
    places = np.array([scoring.seen_at(row) for row in rows], np.int64)
    target = np.array([variant_rows.class_of(row.effect.effect) for row in rows], np.int64)
    letters, effects = variant_maps.mutation_maps(scoring.models, windows, places, target)
    names = [f"{row.variant.chrom}:{row.variant.pos} {row.variant.ref}>{row.alt}" for row in rows]
    return {
        "letters": letters,
        "effects": effects,
        "names": np.array(names, np.str_),
        "labels": np.array([classes[k] for k in target], np.str_),
        "changes": np.array([row.effect.effect[k] for row, k in zip(rows, target, strict=True)]),
    }


if __name__ == "__main__":
    run(main)
