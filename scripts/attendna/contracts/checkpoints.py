"""What a job keeps while it works, so that one that was killed goes on where it stopped.

It stands in a folder of its own, apart from the outputs (Snakemake deletes those of a job that did
not end well), under a key that says what it belongs to: what has another key is never used.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from attendna.contracts.arrays import load_arrays, write_arrays
from attendna.errors import UserError
from attendna.intact_files import aside, sha256

PACKAGES = ["numpy", "scipy", "scikit-learn", "numba", "keras", "tensorflow", "tensorflow-cpu"]
ARRAY = "array"  # {"array": name} in the tree of a state stands for an array
BELONGS = "belongs"  # the array beside those of a part that says what it belongs to


def key(about: Any, files: Iterable[str | Path]) -> str:
    """Return what a state belongs to: all that decides what comes of the job, and the packages.

    Parameters
    ----------
    about
        Settings, seed: what JSON can hold.
    files
        Data and code, of which the contents count.
    """
    told = json.dumps([about, _versions(), [sha256(path) for path in files]], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _versions() -> list[tuple[str, str]]:
    """Return the packages that compute, as far as they are installed."""
    found = []
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found.append((name, metadata.version(name)))
    return found


@contextmanager
def alone(folder: str | Path) -> Iterator[None]:
    """Wait until no other process works on the same job: a killed Snakemake may leave one behind.

    The system frees the lock of a process that ends, however it ends.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("a process that an earlier run left is still at this: waiting", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:  # the file system has no locks
            pass
        yield


class Checkpoint:
    """The state of a job that can be taken up again.

    Parameters
    ----------
    path
        The file, an `.npz`.
    belongs
        What the state belongs to, see `key`.
    """

    def __init__(self, path: str | Path, belongs: str) -> None:
        self.path, self.belongs = Path(path), belongs

    def load(self) -> dict[str, Any] | None:
        """Return what `save` was given last; None if that can't be used, and say why."""
        if not self.path.exists():
            return None
        try:
            with aside():
                arrays = load_arrays(self.path)
            tree = json.loads(str(arrays["tree"]))
            belongs, state = tree["belongs"], _with_arrays(tree["state"], arrays)
        except (UserError, KeyError, RecursionError, TypeError, ValueError):
            print(f"the state kept in {self.path} is damaged: starting anew", flush=True)
            return None
        if belongs != self.belongs:
            print(
                f"the state kept in {self.path} belongs to other data, settings or code: "
                "starting anew",
                flush=True,
            )
            return None
        return state

    def save(self, state: Mapping[str, Any], lasting: bool = True) -> None:
        """Keep a state in place of the last one.

        Parameters
        ----------
        state
            Dicts, lists, numbers, text, None and arrays.
        lasting
            See `intact_files.whole_path`.
        """
        arrays: dict[str, np.ndarray] = {}
        tree = {"belongs": self.belongs, "state": _without_arrays(state, arrays)}
        write_arrays(self.path, {"tree": np.array(json.dumps(tree))} | arrays, lasting)


def _without_arrays(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Replace the arrays of a state by their names in `arrays`, where they are put."""
    if isinstance(value, Mapping):
        return {name: _without_arrays(item, arrays) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        name = str(len(arrays))
        arrays[name] = np.asarray(value)
        return {ARRAY: name}
    return value


def _with_arrays(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Undo `_without_arrays`."""
    if isinstance(value, list):
        return [_with_arrays(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {ARRAY}:
        return arrays[value[ARRAY]]
    return {name: _with_arrays(item, arrays) for name, item in value.items()}


class Parts:
    """The results of a long job's parts, each of which is computed once.

    Parameters
    ----------
    folder
        Where they are kept; None keeps none.
    belongs
        What all of them belong to, see `key`.
    """

    def __init__(self, folder: str | Path | None, belongs: str) -> None:
        self.folder = None if folder is None else Path(folder)
        self.belongs, self.found = belongs, 0

    def once(
        self, number: int, content: str, compute: Callable[[], Mapping[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """Return the result of a part: the one that was kept, or else what `compute` returns.

        Parameters
        ----------
        number
            Of the part.
        content
            What this part is computed from; if it has changed, so has the part.
        compute
            A function without arguments that returns arrays by name.
        """
        if self.folder is None:
            return dict(compute())
        own = hashlib.sha256(f"{self.belongs}\n{content}".encode()).hexdigest()
        path = self.folder / f"{number:06d}.npz"
        with suppress(UserError, KeyError, FileNotFoundError):
            with aside():
                kept = load_arrays(path)
            if str(kept.pop(BELONGS)) == own:
                self.found += 1
                return kept
        result = dict(compute())
        write_arrays(path, {BELONGS: np.array(own)} | result, lasting=False)
        return result
