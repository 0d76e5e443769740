"""Export a trained network for other programs: as ONNX, with an example, and as a SavedModel."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attendna import intact_files
from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_encoded
from attendna.contracts.exports import write_facts
from attendna.contracts.layout import EXPORTED, Run
from attendna.errors import UserError
from attendna.learning import devices, models
from attendna.learning.backend import keras
from attendna.use import exporting
from attendna.wording import counted


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="model.keras of the run")
    parser.add_argument("--encoded", help="encoded.npz, with records to check on what is written")
    parser.add_argument(
        "--run",
        required=True,
        nargs=4,
        metavar=("DATASET", "FOLD", "MODEL", "SEED"),
        help="which run it is, for those who get the files",
    )
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help="JSON: input (uint8 or float32), soft_masked, gaps (as in config.yaml)",
    )
    parser.add_argument("--facts", help="the model.json to write")
    parser.add_argument("--onnx", help="the model.onnx to write")
    parser.add_argument("--example", help="the example.py to write beside it")
    parser.add_argument("--saved-model", help="the folder for a SavedModel")
    parser.add_argument(
        "--files", nargs="+", default=[], help="what was written before, to be named in --facts too"
    )
    arguments = parser.parse_args(argv)
    if not (arguments.onnx or arguments.saved_model or (arguments.facts and arguments.files)):
        parser.error("name what to write: --onnx, --saved-model, or --facts with the --files")
    if bool(arguments.onnx or arguments.saved_model) > bool(arguments.encoded):
        parser.error("--onnx and --saved-model are checked on records; name --encoded")
    if bool(arguments.example) > bool(arguments.onnx):
        parser.error("--example reads what --onnx writes; name both")
    return arguments


def main(argv: list[str] | None = None) -> None:
    """Load, write and check, and describe."""
    args = parse(argv)
    # On a processor: GPUs round otherwise, by more than what is exported may be off.
    devices.set_up("cpu", "float32", 1, False, 0)
    network = exporting.in_single_precision(models.load(args.model))
    dataset, fold, model, seed = args.run
    known = exporting.facts(network, args.settings, Run(dataset, int(fold), model, int(seed)))
    written = write(args, network, known) if args.onnx or args.saved_model else []
    if args.facts:
        write_facts(args.facts, known, [*args.files, *written])


def write(args: argparse.Namespace, network: keras.Model, known: Mapping[str, Any]) -> list[Path]:
    """Write the formats that are asked for, and return their files."""
    encoded = read_encoded(args.encoded)
    if network.input_shape[1:] != encoded.x.shape[1:]:
        raise UserError(
            f"{args.model}: takes {network.input_shape[1]:,} letters, but the records of "
            f"{args.encoded} have {encoded.x.shape[1]:,}; name the files of one run."
        )
    x = exporting.for_check(encoded.x)
    expected = models.predict(network, x, exporting.BATCH, args.model)
    files = []
    if args.onnx:
        worst = exporting.write_onnx(args.onnx, network, known, x, expected)
        print(f"{args.onnx}: as Keras to {worst:.1g} on {counted(len(x), 'record')}")
        files.append(Path(args.onnx))
    if args.example:
        with intact_files.whole_path(args.example) as place:
            shutil.copyfile(Path(exporting.__file__).with_name("example.py"), place)
        files.append(Path(args.example))
    if args.saved_model:
        worst = exporting.write_saved_model(args.saved_model, network, known["input"], x, expected)
        print(f"{args.saved_model}: as Keras to {worst:.1g} on {counted(len(x), 'record')}")
        names = EXPORTED["saved_model"]
        files += [Path(args.saved_model).parent / name for name in names]
    return files


if __name__ == "__main__":
    run(main)
