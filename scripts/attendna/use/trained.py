"""Trained models for notebooks and programs: from text to tables and arrays, without a script.

from attendna import load

model = load("results/promoters")
model.predict(["ACGT...", ...])
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attendna.contracts.variants import columns
from attendna.data import cropping
from attendna.data.chromosome_access import Chromosomes
from attendna.data.chromosome_names import matching
from attendna.data.variants import Variant
from attendna.dna import BASES, ENCODING
from attendna.errors import UserError, shown
from attendna.use import exact_effects, scorers, variant_rows
from attendna.use.log_odds import LogOdds
from attendna.use.variant_settings import Asked, load_models, prepared

if TYPE_CHECKING:
    import pandas as pd

FILES = ("model.keras", "model.npz")
RUNS = "fold*/{model}/seed*"
BATCH = 4096  # sequences at a time


class Trained:
    """The runs of one trained model, whose mean counts.

    Attributes
    ----------
    paths
        The file of each run.
    classes
        Names of the classes, in the order of all columns.
    length
        Bases of a row that the model sees; None where it takes any.
    runs
        `log_odds.LogOdds` of each.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = [str(path) for path in paths]
        self.runs: list[LogOdds] = load_models(self.paths)
        self.classes, self.length = self.runs[0].classes, self.runs[0].length
        self._genomes: dict[str, Chromosomes] = {}

    def __repr__(self) -> str:
        """Return what it is in one line."""
        return f"<{len(self.paths)} runs such as {self.paths[0]}: {', '.join(self.classes)}>"

    def predict(self, sequences: str | Sequence[str]) -> pd.DataFrame:
        """Return the probability of each class for each sequence.

        Parameters
        ----------
        sequences
            n texts of IUPAC letters in upper or lower case, or one. Other lengths than the model's
            are cropped and padded if it was trained so.

        Returns
        -------
        pandas.DataFrame
            n rows in the order of the sequences: `predicted`, the most probable class, and a
            column `p_CLASS` for each class, float64, calibrated, the mean over the runs.

        Raises
        ------
        UserError
            If a sequence holds something else, or has another length than a model without crops
            takes.
        """
        import pandas as pd

        sequences = self._checked(sequences)
        found = np.empty((len(sequences), len(self.classes)))
        fitted = [run.scorer for run in self.runs]
        for start in range(0, len(sequences), BATCH):
            part = slice(start, start + BATCH)
            found[part] = scorers.mean(sequences[part], fitted)
        table = pd.DataFrame(found, columns=[f"p_{name}" for name in self.classes])
        names = np.array(self.classes)[found.argmax(axis=1)] if len(found) else []
        table.insert(0, "predicted", names)
        return table

    def attribute(self, sequences: str | Sequence[str], target: str | None = None) -> np.ndarray:
        """Return what each base contributes to the log odds of a class, by mutagenesis.

        Parameters
        ----------
        sequences
            n texts, as for `predict`.
        target
            The class; None: of two the positive one, of more the one that is most probable.

        Returns
        -------
        numpy.ndarray
            float32 (n, length, 4) in the order A, C, G, T: the log odds with this base in place,
            less the mean over the four bases, the mean over the runs; 0 at padding. `length` is
            that of the model's rows.

        Raises
        ------
        UserError
            As for `predict`, or if there is no such class.
        """
        sequences = self._checked(sequences)
        if not sequences:
            return np.zeros((0, self.length or 0, len(BASES)), np.float32)
        rows = self._rows(sequences)
        classes = self._targets(sequences, target)
        effects = [exact_effects.model_effects(run, rows, classes) for run in self.runs]
        mean = np.mean(effects, axis=0)
        centred = mean - mean.mean(axis=2, keepdims=True)
        return (centred * (rows != 0)[..., None]).astype(np.float32)

    def effects(
        self,
        chrom: str | Sequence[str],
        pos: int | Sequence[int],
        ref: str | Sequence[str],
        alt: str | Sequence[str],
        genome: str | Path | Chromosomes,
        **asked: object,
    ) -> pd.DataFrame:
        """Return what variants change, as `score_variants.py` does.

        Parameters
        ----------
        chrom, pos, ref, alt
            As in a VCF, positions counted from 1; texts and a number for one variant, or lists of
            equal length.
        genome
            A FASTA or 2bit file, or `Chromosomes` of one. It stays open for the next call.
        **asked
            See `variant_settings.Asked`: `offset`, `shifts`, `windows`, `strand`, `soft_masked`,
            `width`.

        Returns
        -------
        pandas.DataFrame
            A row for each variant and alternative: `chrom pos id ref alt status place strand`, for
            each class `p_ref_CLASS p_alt_CLASS effect_CLASS sd_CLASS`, of more than two classes
            `jsd`. Where the status is not "ok" they are NaN: a wrong reference is no error.

        Raises
        ------
        UserError
            If the genome can't be read, or the arguments do not go together.
        """
        import pandas as pd

        if isinstance(chrom, str):
            chrom, pos, ref, alt = [chrom], [pos], [ref], [alt]
        if not len(chrom) == len(pos) == len(ref) == len(alt):
            raise UserError("chrom, pos, ref and alt: lists of different lengths; give equal ones.")
        if not isinstance(genome, Chromosomes):
            known = self._genomes.get(str(genome)) or Chromosomes(str(genome))
            genome = self._genomes[str(genome)] = known
        scoring = prepared(self.runs, genome, None, Asked(**asked))
        batch = [
            Variant(number, name, int(place), ".", one, other)
            for number, (name, place, one, other) in enumerate(
                zip(chrom, pos, ref, alt, strict=True)
            )
        ]
        names = matching(dict.fromkeys(chrom), list(genome.lengths))
        lines = [
            variant_rows.line_of(row, scoring, self.classes).rstrip("\n").split("\t")
            for row in scoring.score(batch, names)
        ]
        table = pd.DataFrame(lines, columns=columns(self.classes))
        table = table[[name for name in table if not name.startswith("motif")]]
        kinds = ("p_", "effect_", "sd_", "jsd", "pos", "place")
        for name in [name for name in table if name.startswith(kinds)]:
            table[name] = pd.to_numeric(table[name])
        return table

    def _checked(self, sequences: str | Sequence[str]) -> list[str]:
        """Return sequences as a list in upper case, or raise."""
        listed = [sequences] if isinstance(sequences, str) else list(sequences)
        listed = [text.upper() for text in listed]
        for number, text in enumerate(listed):
            letters = np.frombuffer(text.encode(), np.uint8)
            if not len(letters) or not ENCODING[letters].any(axis=1).all():
                raise UserError(
                    f"sequence {number}: {shown(text)} is no DNA; give IUPAC letters only."
                )
            for run in self.runs:
                wanted = run.scorer.length
                if not run.scorer.crop and wanted is not None and len(text) != wanted:
                    raise UserError(
                        f"sequence {number}: {len(text)} letters, but {run.scorer.path} was "
                        f"trained on {wanted}; give sequences of {wanted} letters."
                    )
        return listed

    def _rows(self, sequences: Sequence[str]) -> np.ndarray:
        """uint8 (n, length): the letters that the model sees."""
        scorer = self.runs[0].scorer
        length = scorer.length or max(map(len, sequences))
        return cropping.fit(sequences, length, scorer.crop or cropping.CROPS[0])

    def _targets(self, sequences: Sequence[str], target: str | None) -> np.ndarray:
        if target is not None and target not in self.classes:
            raise UserError(f"no class {target!r}; name one of {', '.join(self.classes)}.")
        if target is None and len(self.classes) > 2:
            predicted = self.predict(sequences)["predicted"]
            return np.array([self.classes.index(name) for name in predicted])
        name = target or self._positive()
        return np.full(len(sequences), self.classes.index(name))

    def _positive(self) -> str:
        model = self.runs[0].scorer.model
        if hasattr(model, "positive"):
            return model.positive or self.classes[-1]
        from attendna.learning.models import PROBABILITIES

        return model.get_layer(PROBABILITIES).positive or self.classes[-1]


def load(path: str | Path | Sequence[str], model: str | None = None) -> Trained:
    """Open a trained model.

    Parameters
    ----------
    path
        The results of a dataset, such as "results/promoters", whose runs of one model are averaged;
        the folder of one run; a `model.keras` or `model.npz`; or a list of such files.
    model
        Which model of the dataset, by its name in the config; None: attention_cnn if it is there,
        else the first network by name, else the first baseline.

    Returns
    -------
    Trained
        With `predict`, `attribute` and `effects`.

    Raises
    ------
    UserError
        If there is no trained model, or a file is damaged.
    """
    if not isinstance(path, str | Path):
        return Trained([str(each) for each in path])
    path = Path(path)
    if path.is_file() or not path.exists():
        return Trained([str(path)])
    own = [path / name for name in FILES if (path / name).is_file()]
    if own:
        return Trained([str(own[0])])
    found: dict[str, list[Path]] = {}
    for folder in sorted(path.glob(RUNS.format(model="*")), key=_order):
        for name in FILES:
            if (folder / name).is_file():
                found.setdefault(folder.parent.name, []).append(folder / name)
    if not found:
        raise UserError(f"{path}: no trained model; name the results of a dataset, after a run.")
    if model is not None and model not in found:
        raise UserError(f"{path}: no model {model!r}; there are {', '.join(sorted(found))}.")
    chosen = model or min(found, key=lambda name: (found[name][0].name != FILES[0], name))
    return Trained([str(each) for each in found[chosen]])


def _order(folder: Path) -> tuple[int, str, int]:
    """Return by what runs are sorted: fold, model, seed, as numbers."""
    fold, seed = folder.parts[-3].removeprefix("fold"), folder.name.removeprefix("seed")
    return int(fold), folder.parent.name, int(seed)
