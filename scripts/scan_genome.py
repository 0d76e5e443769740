"""Scan a genome with trained models: tracks, peaks with q-values, and the motifs in them."""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attendna import code_inputs
from attendna.command_line import json_argument, run
from attendna.contracts import checkpoints, scans, tracks
from attendna.contracts.chunks import Chunk
from attendna.contracts.motifs import read_meme
from attendna.contracts.scans import Block
from attendna.contracts.sequences import sequence_columns
from attendna.data.allowed_letters import CASE
from attendna.data.genome import spelling
from attendna.data.intervals import Intervals, check_places, parse_bed
from attendna.data.raw_text import read_bytes
from attendna.data.stretches import chromosome_lengths
from attendna.durations import about
from attendna.errors import UserError
from attendna.use import genome_scan, motif_hits, priors, scan_peaks, scorers
from attendna.use.genome_scan import BlockPlace, Scan
from attendna.use.windows import ModelOfWindows
from attendna.wording import counted

DEFAULTS = {  # of scans by hand; those of config.yaml
    "regions": "all",
    "exclude": None,
    "step": 10,
    "prior": None,
    "threshold": "auto",
    "q_value": 0.1,
    "shuffled": 1.0e7,
    "seed": 1,
    "soft_masked": "keep",
    "missing_contigs": "error",
}


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model",
        required=True,
        nargs="+",
        help="model.keras or model.npz of one run or, for their mean, of several",
    )
    parser.add_argument("--genome", help="FASTA, plain, gzip or bgzip, or 2bit; needs no index")
    parser.add_argument(
        "--settings",
        type=json_argument,
        help='JSON: any of {"genome", ' + ", ".join(f'"{key}"' for key in DEFAULTS) + "}, see "
        f"`scanning` in config.yaml; what is missing is {json.dumps(DEFAULTS)}",
    )
    parser.add_argument(
        "--known",
        help="sequences.parquet of the dataset that the models learned from: how frequent the "
        "classes were there, which a prior needs",
    )
    parser.add_argument("--motifs", nargs="*", default=[], help="motifs.meme, looked for in peaks")
    parser.add_argument("--threads", type=int, default=1, help="processor cores; default: 1")
    parser.add_argument(
        "--output",
        help="the beginning of the names of what is written: .bed, .tsv.gz, .json, and a folder "
        "with a bigWig for each class",
    )
    work = parser.add_mutually_exclusive_group()
    work.add_argument("--chunk", type=Chunk.parse, help="scan a part only, as 2-of-8")
    work.add_argument("--parts", nargs="+", help="what --chunk made, in order: only to be joined")
    parser.add_argument("--scores", help="with --chunk: the .npz to write")
    parser.add_argument(
        "--state",
        type=Path,
        help="a folder to keep what is scored in, so that a scan that was killed goes on from it; "
        "delete it when the scan is done",
    )
    args = parser.parse_args(argv)
    if bool(args.chunk) != bool(args.scores) or bool(args.chunk) == bool(args.output):
        parser.error("give --output, or --chunk with --scores")
    if args.threads < 1:
        parser.error("--threads: expected a number from 1")
    given = dict(args.settings or {}) | ({"genome": args.genome} if args.genome else {})
    if "genome" not in given:
        parser.error("name a genome with --genome or in --settings")
    args.settings = DEFAULTS | given
    return args


def main(argv: list[str] | None = None) -> None:
    """Scan, or join what was scanned."""
    args = parse(argv)
    scorers.limit_threads(args.threads)
    fitted = scorers.load_alike(args.model)
    model = model_of_windows(fitted, args)
    scan = plan(model, args.settings)
    total = len(scan.blocks())
    if args.chunk:
        scans.write_blocks(args.scores, score(scan, model, args.chunk.of(total), args))
        return
    if args.parts:
        join(scan, model, Parts(args.parts, scan, model), args)
        return
    Path(args.output).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=Path(args.output).parent, prefix=".scan") as temporary:
        path = Path(args.state or temporary) / "scores.npz"
        scans.write_blocks(path, score(scan, model, range(total), args))
        join(scan, model, Parts([str(path)], scan, model), args)


def model_of_windows(
    fitted: Sequence[scorers.Network | scorers.Baseline], args: argparse.Namespace
) -> ModelOfWindows:
    """Put the models together, with the prior if there is one."""
    settings, length, trained, expected = args.settings, None, None, None
    if args.known:
        columns = sequence_columns(args.known, ["sequence", "label"])
        length = max(map(len, columns["sequence"]))
    if settings["prior"] is not None:
        if not args.known:
            raise UserError(
                "prior: it corrects the shares of the classes that the models learned from; name "
                "the sequences.parquet of their dataset with --known."
            )
        plain = ModelOfWindows(fitted, settings["step"], args.threads, length)
        classes = plain.classes
        positive = classes[plain.tracks[0]] if len(classes) == 2 else ""
        expected = priors.expected_shares(settings["prior"], classes, positive)
        trained = priors.shares(list(columns["label"]), classes, args.known)
    return ModelOfWindows(fitted, settings["step"], args.threads, length, trained, expected)


def plan(model: ModelOfWindows, settings: Mapping[str, Any]) -> Scan:
    """Read the lengths of the chromosomes, the regions and what is left out."""
    genome = settings["genome"]
    lengths = chromosome_lengths(genome)
    regions, exclude = None, {}
    if settings["regions"] != "all":
        regions = genome_scan.merged(intervals("regions", settings, lengths))
    if settings["exclude"] is not None:
        exclude = genome_scan.merged(intervals("exclude", settings, lengths))
    scan = Scan(
        path=genome,
        lengths=lengths,
        length=model.length,
        step=settings["step"],
        case=CASE[settings["soft_masked"]],
        regions=regions,
        exclude=exclude,
        shuffled=int(settings["shuffled"]),
        seed=settings["seed"],
    )
    genome_scan.check_regions(scan, settings["regions"])
    return scan


def intervals(key: str, settings: Mapping[str, Any], lengths: Mapping[str, int]) -> Intervals:
    """Read a BED file; its chromosomes may be spelled otherwise than in the genome.

    Those on chromosomes that the genome lacks are an error, or nowhere (`missing_contigs`).
    """
    path, genome = settings[key], settings["genome"]
    found = parse_bed(read_bytes(path), path)
    renamed = genome_scan.spelled_as(found, list(lengths), spelling)
    other = {a: b for a, b in zip(found.chroms, renamed.chroms, strict=True) if a != b}
    if other:
        first = next(iter(other.items()))
        print(f"{path}: {first[0]} is {first[1]} in {genome}" + (", and so on" * (len(other) > 1)))
    check_places(renamed, lengths, genome, settings["missing_contigs"])
    return renamed


# ------------------------------------------------------------------------------ scores


def score(
    scan: Scan, model: ModelOfWindows, chosen: range, args: argparse.Namespace
) -> Iterator[tuple[int, Block]]:
    """Yield the blocks, one after another, those of an earlier run as they are."""
    state = kept(args)
    begun = time.monotonic()
    for done, (place, stretch) in enumerate(scan.letters(chosen)):
        told = json.dumps([place, args.settings], sort_keys=True, default=str)
        content = told + hashlib.sha256(stretch.letters).hexdigest() + _regions_of(scan, place)
        arrays = state.once(
            place.number,
            content,
            lambda place=place, stretch=stretch: scan.score(
                place, stretch.letters, model, model.oriented
            )._asdict(),
        )
        fresh = done + 1 - state.found
        left = (time.monotonic() - begun) / max(fresh, 1) * (len(chosen) - done - 1)
        where = f"{place.chrom}:{place.start + len(stretch.letters):,}"
        print(
            f"block {done + 1}/{len(chosen)}  up to {where}"
            + (f", about {about(left)} left" if left >= 1 else ""),
            flush=True,
        )
        yield place.number, Block(**{name: arrays[name] for name in Block._fields})
    if state.found:
        print(f"{counted(state.found, 'block')} had been scored before an earlier run stopped")


def _regions_of(scan: Scan, place: BlockPlace) -> str:
    """Return a digest of the regions and of what is left out on a chromosome."""
    regions = None if scan.regions is None else scan.regions.get(place.chrom)
    spans = [regions, scan.exclude.get(place.chrom)]
    return hashlib.sha256(
        b"".join(b"-" if of is None else np.stack(of).tobytes() for of in spans)
    ).hexdigest()


def kept(args: argparse.Namespace) -> checkpoints.Parts:
    """Return where blocks are kept, under the models and the code they come from."""
    if args.state is None:
        return checkpoints.Parts(None, "")
    code = [Path(__file__), *code_inputs.modules(Path(__file__).resolve())]
    files = [*args.model, *([args.known] if args.known else []), *code]
    return checkpoints.Parts(args.state, checkpoints.key("scan_genome", files))


class Parts:
    """The blocks of a scan, in one file or in those of its parts.

    Parameters
    ----------
    paths
        What `--chunk` made, in order.
    scan, model
        What was scored, by what.
    """

    def __init__(self, paths: Sequence[str], scan: Scan, model: ModelOfWindows) -> None:
        self._scan, self._tracks = scan, len(model.tracks)
        places = scan.blocks()
        self._of = [
            (path, places[number])
            for part, path in enumerate(paths, start=1)
            for number in Chunk(part, len(paths)).of(len(places))
        ]

    def __iter__(self) -> Iterator[Block]:
        """Read the blocks one by one."""
        for path, place in self._of:
            windows = len(self._scan.starts(place))
            yield scans.read_block(path, place.number, self._tracks, windows)


# ------------------------------------------------------------------------------ results


def join(scan: Scan, model: ModelOfWindows, parts: Parts, args: argparse.Namespace) -> None:
    """Write the tracks, the peaks and the summary."""
    output, settings = Path(args.output), args.settings
    windows, null_windows, lost = 0, 0, np.zeros(len(scans.LOST), np.int64)
    for block in parts:
        null_windows += block.null.shape[1]
        windows += int((~np.isnan(block.scores[0])).sum())
        lost += block.lost
    if not windows:
        raise UserError(
            f"{settings['genome']}: no window could be scored: {lost[0]:,} hold too many N, and "
            f"{lost[1]:,} are excluded; give other regions, or exclude less."
        )
    write_tracks(scan, model, parts, output, settings["prior"] is not None)
    table, of_classes = scan_peaks.call(
        scan, model, parts, windows, settings["threshold"], settings["q_value"]
    )
    probabilities = 1 / (1 + np.exp(-table["log_odds"].to_numpy(np.float64)))
    table["probability"] = np.nan if settings["prior"] is None else probabilities
    high = table["q_value"] <= settings["q_value"]
    table["motifs"] = ""
    if args.motifs and high.any():
        motifs = [motif for path in args.motifs for motif in read_meme(path)]
        sequences = scan_peaks.summit_sequences(scan, table[high])
        table.loc[high, "motifs"] = motif_hits.in_sequences(sequences, motifs)
    scans.write_peaks(f"{output}.tsv.gz", table)
    scans.write_peaks_bed(f"{output}.bed", table[high])
    summary = {
        "classes": [model.classes[index] for index in model.tracks],
        "length": model.length,
        "step": scan.step,
        "models": len(args.model),
        "windows": windows,
        "lost": dict(zip(scans.LOST, lost.tolist(), strict=True)),
        "null_windows": null_windows,
        "strands": "better" if model.oriented else "both",
        "prior": settings["prior"],
        "tracks": "log odds" if settings["prior"] is None else "probability",
        "q_value": settings["q_value"],
        "peaks": of_classes,
    }
    scans.write_scan(f"{output}.json", summary)
    for name, told in of_classes.items():
        print(
            f"{name}: {counted(told['found'], 'peak')} with q at most {settings['q_value']:g}, of "
            f"{counted(told['candidates'], 'candidate')} above log odds of {told['threshold']:.2f}"
        )


def write_tracks(
    scan: Scan, model: ModelOfWindows, parts: Parts, folder: Path, probabilities: bool
) -> None:
    """Write a bigWig for each class: log odds, or probabilities where a prior is known."""
    shift = scan.length // 2 - scan.step // 2
    columns = {model.classes[index]: (track, 1) for track, index in enumerate(model.tracks)}
    if len(model.classes) == 2:  # the other one's log odds are the same below 0
        columns |= {name: (0, -1) for name in model.classes if name not in columns}

    def spans(track: int, sign: int) -> Iterator[tuple[str, int, int, float]]:
        for place, block in zip(scan.blocks(), parts, strict=True):
            values = sign * block.scores[track].astype(np.float64)
            if probabilities:
                values = 1 / (1 + np.exp(-values))
            letters = scan.lengths[place.chrom]
            yield from tracks.track_spans(
                place.chrom, scan.starts(place), values, shift, scan.step, letters
            )

    for name, (track, sign) in columns.items():
        tracks.write_track(tracks.track_path(folder, name), scan.lengths, spans(track, sign))


if __name__ == "__main__":
    run(main)
