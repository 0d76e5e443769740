"""A data set as numbers: `encoded.npz`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attendna import values
from attendna.contracts.arrays import load_arrays, map_array, open_member
from attendna.dna import CROPS
from attendna.intact_files import is_recorded, reading, whole


@dataclass(frozen=True)
class Encoded:
    """A data set as numbers.

    Attributes
    ----------
    x
        uint8 (n, length, 4) in order A, C, G, T: every base that a letter allows is 1, so N is
        1111 and padding is 0000. Mapped from disk, not loaded.
    y
        int32 (n,), index into `classes`.
    length
        int32 (n,), letters of each sequence, padding not counted.
    classes
        The names of the classes.
    positive
        Of two classes, the one whose probability a binary model predicts; "" for more.
    crop
        How sequences of another length are brought to this one, see `cropping.offsets`; "" if all
        simply have it.
    """

    x: np.ndarray
    y: np.ndarray
    length: np.ndarray
    classes: list[str]
    positive: str
    crop: str


def write_encoded(
    path: str | Path,
    blocks: Iterator[np.ndarray],
    shape: tuple[int, int, int],
    y: np.ndarray,
    length: np.ndarray,
    classes: Sequence[str],
    positive: str,
    crop: str = "",
) -> None:
    """Write `encoded.npz` block by block, so that `x` need never be in memory as a whole.

    Parameters
    ----------
    path
        The file to write.
    blocks
        uint8 arrays (any, length, 4) that make up `x` in order.
    shape
        (n, length, 4), the shape of `x`.
    y, length
        int32 (n,), see `Encoded`.
    classes
        The names of the classes, in the order that `y` counts.
    positive
        The positive one of two classes, "" for more.
    crop
        See `Encoded`.

    Raises
    ------
    ValueError
        If the blocks do not make up `shape`.
    """
    members = {
        "y": np.asarray(y, dtype=np.int32),
        "length": np.asarray(length, dtype=np.int32),
        "classes": np.array(list(classes), dtype=np.str_),
        "positive": np.array(positive, dtype=np.str_),
        "crop": np.array(crop, dtype=np.str_),
    }
    with whole(path) as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive:
        with open_member(archive, "x") as member:
            header = {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}
            np.lib.format.write_array_header_1_0(member, header)
            written = 0
            for block in blocks:
                written += member.write(memoryview(np.ascontiguousarray(block)).cast("B"))
            if written != np.prod(shape, dtype=np.int64):
                raise ValueError(f"blocks: expected {shape} in all, received {written} bytes")
        for name, array in members.items():
            with open_member(archive, name) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_encoded(path: str | Path) -> Encoded:
    """Open `encoded.npz`; `x` is mapped, the small arrays are loaded.

    Raises
    ------
    UserError
        If the file is damaged or holds impossible values. (Those of `x` are looked at only where
        no digest vouches for them: that would be one more pass over what may be gigabytes.)
    """
    with reading(path):
        small = load_arrays(path, ["y", "length", "classes", "positive", "crop"])
        x = map_array(path, "x")
        if x.shape[2:] != (4,) or not x.shape[:1] == small["y"].shape == small["length"].shape:
            raise ValueError("its arrays do not belong together")
        classes = _classes(small)
        values.whole_numbers(small["y"], "y", below=len(classes))
        values.whole_numbers(small["length"], "length", below=x.shape[1] + 1)
        values.known([str(small["positive"])], "the positive class", ["", *classes])
        values.known([str(small["crop"])], "crop", ["", *CROPS])
        values.require(x.dtype == np.uint8, "x holds no bytes")
        if not is_recorded(path):
            values.one_hot(x)
        return Encoded(
            x=x,
            y=small["y"],
            length=small["length"],
            classes=classes,
            positive=str(small["positive"]),
            crop=str(small["crop"]),
        )


def _classes(arrays: Mapping[str, np.ndarray]) -> list[str]:
    classes = [str(name) for name in arrays["classes"]]
    values.class_names(classes)
    return classes


def read_classes(path: str | Path) -> tuple[list[str], str]:
    """Read of `encoded.npz` the names of the classes and the positive one, see `Encoded`.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    small = load_arrays(path, ["classes", "positive"])
    with reading(path, verified=False):
        classes = _classes(small)
        values.known([str(small["positive"])], "the positive class", ["", *classes])
    return classes, str(small["positive"])


def read_labels(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """Read of `encoded.npz` the int32 (n,) classes of the records and the names that they count.

    Raises
    ------
    UserError
        If the file is damaged or holds impossible values.
    """
    small = load_arrays(path, ["y", "classes"])
    with reading(path, verified=False):
        classes = _classes(small)
        values.whole_numbers(small["y"], "y", below=len(classes))
    return small["y"], classes


def join_encoded(path: str | Path, parts: Sequence[str | Path]) -> None:
    """Join files of encoded records; their arrays `x` are mapped and copied block by block."""
    encoded = [read_encoded(part) for part in parts]
    first = encoded[0]
    write_encoded(
        path,
        _blocks([part.x for part in encoded]),
        shape=(sum(len(part.y) for part in encoded), *first.x.shape[1:]),
        y=np.concatenate([part.y for part in encoded]),
        length=np.concatenate([part.length for part in encoded]),
        classes=first.classes,
        positive=first.positive,
        crop=first.crop,
    )


def _blocks(arrays: Sequence[np.ndarray], rows: int = 4096) -> Iterator[np.ndarray]:
    for array in arrays:
        for start in range(0, len(array), rows):
            yield array[start : start + rows]
