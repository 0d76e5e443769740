"""Arrays in `.npz`: uncompressed, so that they can be mapped, and never pickles."""

from __future__ import annotations

import math
import tokenize
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from attendna.intact_files import reading, whole


def open_member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open a new array of an `.npz` that is being written."""
    # A ZipInfo made by hand has the fixed date of 1980, so equal arrays give equal bytes.
    return archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True)


def map_array(path: str | Path, name: str) -> np.ndarray:
    """Map one array of an uncompressed `.npz` at its offset in the file, read-only."""
    with reading(path), open(path, "rb") as handle, zipfile.ZipFile(handle) as archive:
        member = archive.getinfo(f"{name}.npy")
        shape, fortran, dtype, size = _array_header(archive, member)
        # The local header: 30 bytes, the name and an extra field whose length it states itself.
        handle.seek(member.header_offset)
        local = handle.read(30)
        names, extra = (int.from_bytes(local[i : i + 2], "little") for i in (26, 28))
        if 0 in shape:
            return np.empty(shape, dtype)
        return np.memmap(
            path,
            dtype=dtype,
            mode="r",
            offset=member.header_offset + 30 + names + extra + size,
            shape=shape,
            order="F" if fortran else "C",
        )


def _array_header(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Read the header of an array; return shape, Fortran order, type and bytes of the header.

    Raises
    ------
    ValueError
        If the array is compressed, holds Python objects or is not as large as it says: reading it
        could then take any amount of memory or run code.
    """
    name = member.filename.removesuffix(".npy")
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed, which ours never is")
    with archive.open(member) as handle:
        version = np.lib.format.read_magic(handle)
        read_header = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
        try:
            shape, fortran, dtype = read_header(handle)
        except (SyntaxError, tokenize.TokenError) as error:
            raise ValueError(f"{name} has no header that can be read") from error
        size = handle.tell()
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects")
    if min(shape, default=0) < 0 or size + math.prod(shape) * dtype.itemsize != member.file_size:
        raise ValueError(f"{name} is not as large as it says")
    return shape, fortran, dtype, size


def load_arrays(path: str | Path, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Load arrays of an `.npz`, never pickles.

    Raises
    ------
    UserError
        If the file is damaged or lacks an array.
    """
    # Each member brings a checksum: no need to read the others, which may be large, for a digest.
    with reading(path, verified=False):
        # Before NumPy sees it, which takes other files than archives, too.
        with zipfile.ZipFile(path) as archive:
            chosen = names or [member.removesuffix(".npy") for member in archive.namelist()]
            for name in chosen:
                _array_header(archive, archive.getinfo(f"{name}.npy"))
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in chosen}


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], lasting: bool = True) -> None:
    """Write arrays as an uncompressed `.npz` whose bytes depend on the arrays alone.

    `lasting` as in `intact_files.whole_path`.
    """
    with (
        whole(path, lasting=lasting) as handle,
        zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name, array in arrays.items():
            with open_member(archive, name) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
