"""Background DNA of simulations: Markov chains of order 0 to 3, in their stationary state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from attendna.dna import BASES
from attendna.errors import UserError

HIGHEST_ORDER = 3


@dataclass(frozen=True, eq=False)
class Background:
    """How likely each base is, given the bases before it.

    Attributes
    ----------
    tables
        float64 (4^i, 4) for i = 0 to the order: the probabilities of A, C, G and T after i bases.
        A row is numbered by these bases as digits to the base 4, the nearest one last. The tables
        below the order hold for the start of a sequence, which is in the stationary state.
    """

    tables: tuple[np.ndarray, ...]

    @property
    def order(self) -> int:
        """How many bases before it a base depends on."""
        return len(self.tables) - 1

    @classmethod
    def of_composition(cls, gc: float = 0.5) -> Background:
        """Independent bases of which a share `gc` is G or C, each of the two equally likely."""
        return cls((np.array([[1 - gc, gc, gc, 1 - gc]]) / 2,))

    @classmethod
    def of_transitions(cls, transitions: np.ndarray) -> Background:
        """Return the chain with these transitions.

        Parameters
        ----------
        transitions
            float64 (4^order, 4), all above 0, so that there is one stationary state; rows are
            made to sum to 1.
        """
        transitions = transitions / transitions.sum(axis=1, keepdims=True)
        words = len(transitions)
        order = round(np.log2(words) / 2)
        # p = p P over words of `order` bases; one equation is replaced by the sum of 1.
        steps = np.zeros((words, words))
        source = np.arange(words)
        for base in range(4):
            np.add.at(steps, (source, (source * 4 + base) % words), transitions[:, base])
        equations = steps.T - np.eye(words)
        equations[-1] = 1
        stationary = np.linalg.solve(equations, np.eye(words)[-1])
        tables = []
        for before in range(order):
            joint = stationary.reshape(4**before, 4, -1).sum(axis=2)
            tables.append(joint / joint.sum(axis=1, keepdims=True))
        return cls((*tables, transitions))

    @classmethod
    def from_settings(cls, settings: Any, key: str) -> Background:
        """Check the settings of a background.

        Parameters
        ----------
        settings
            `{"order": k}` with, if wanted, `"gc"` (the share of G and C, 1/2 by default) and, for
            k of 1 to 3, either `"seed"`: each transition is the base's share times a factor from
            1/2 to 2 that is drawn at random; or `"transitions"` in place of both: 4^k rows of the
            probabilities of A, C, G and T, in the order AA, AC, AG and so on.
        key
            What the settings are called in messages.

        Raises
        ------
        UserError
            If a setting is missing, unknown or makes no sense; the message names its key.
        """
        names = ["order", "gc", "seed", "transitions"]
        if not isinstance(settings, Mapping) or "order" not in settings:
            raise UserError(f"{key}.order: missing; set it to 0, 1, 2 or 3.")
        for name in settings:
            if name not in names:
                raise UserError(f"{key}.{name}: unknown; the keys are {', '.join(names)}.")
        order = settings["order"]
        if isinstance(order, bool) or order not in range(HIGHEST_ORDER + 1):
            raise UserError(f"{key}.order: expected 0, 1, 2 or 3, got {order!r}.")
        if "transitions" in settings:
            for name in ("gc", "seed"):
                if name in settings:
                    raise UserError(f"{key}.{name}: the transitions say all; remove one of them.")
            return cls.of_transitions(_transitions(settings["transitions"], order, key))
        gc = settings.get("gc", 0.5)
        if isinstance(gc, bool) or not isinstance(gc, int | float) or not 0 < gc < 1:
            raise UserError(f"{key}.gc: expected a number between 0 and 1, got {gc!r}.")
        independent = cls.of_composition(gc)
        if order == 0:
            if "seed" in settings:
                raise UserError(f"{key}.seed: nothing is drawn for order 0; remove it.")
            return independent
        seed = settings.get("seed")
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise UserError(f"{key}.seed: order {order} needs a seed (from 0) or transitions.")
        uniform = np.random.Generator(np.random.PCG64(seed)).random((4**order, 4))
        return cls.of_transitions(independent.tables[0] * 4 ** (uniform - 0.5))

    def log_probabilities(self, bases: np.ndarray) -> np.ndarray:
        """Return the log probability of each base, given those before it.

        Parameters
        ----------
        bases
            integers (n, length), 0 to 3 for A, C, G and T.

        Returns
        -------
        numpy.ndarray
            float64 (n, length).
        """
        length = bases.shape[1]
        logs = np.empty(bases.shape)
        words = np.zeros(bases.shape, dtype=np.uint8)  # the bases up to here, as a number
        for before, table in enumerate(self.tables[:length]):
            words[:, before:] += bases[:, : length - before].astype(np.uint8) << 2 * before
            end = length if before == self.order else before + 1
            logs[:, before:end] = np.log(table).ravel()[words[:, before:end]]
        return logs


def _transitions(rows: Any, order: int, key: str) -> np.ndarray:
    """Check a table of transitions."""
    try:
        table = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.shape != (4**order, len(BASES)):
        raise UserError(f"{key}.transitions: order {order} needs {4**order} rows of 4 numbers.")
    if not (np.isfinite(table).all() and (table > 0).all()):
        raise UserError(f"{key}.transitions: every probability has to be above 0.")
    if np.abs(table.sum(axis=1) - 1).max() > 0.01:
        row = int(np.abs(table.sum(axis=1) - 1).argmax())
        raise UserError(
            f"{key}.transitions: row {row + 1} sums to {table[row].sum():g}; make it sum to 1."
        )
    return table
