"""What the report says about variants, and about how far their effects can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attendna.use.variant_windows import MEANINGS, Status
from attendna.wording import counted, decimals, share


def of_variants(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the section of some variants shows.

    Parameters
    ----------
    summary
        `NAME.json`, what `score_variants` wrote.

    Returns
    -------
    dict
        `sentence`; `counts`, pairs of words and numbers; `told`, what was noted about the file;
        `header` and `rows` of the strongest effects.
    """
    classes = summary["classes"]
    scored = summary["counts"].get("ok", 0)
    total = sum(summary["counts"].values())
    sentence = f"{scored:,} of {counted(total, 'variant')} scored"
    means = [f"{summary['models']} models"] * (summary["models"] > 1)
    means += [f"{len(summary['shifts'])} places in the window"] * (len(summary["shifts"]) > 1)
    if means:
        sentence += f"; each effect is the mean over {' and over '.join(means)}"
    shown = classes[-1:] if len(classes) == 2 else classes
    header = ["variant", "id", "alleles"]
    header += [f"change of the log odds of {name}" for name in shown] + ["spread", "motif"]
    return {
        "sentence": f"{sentence}.",
        "counts": [(MEANINGS[Status(key)], count) for key, count in summary["counts"].items()],
        "told": summary["told"],
        "header": header,
        "rows": [_row(row, shown) for row in summary["strongest"]],
    }


def _row(row: Mapping[str, str], classes: Sequence[str]) -> list[str]:
    effects = [decimals([float(row[f"effect_{name}"])], 2)[0] for name in classes]
    spreads = [row[f"sd_{name}"] for name in classes]
    spread = decimals([max(map(float, spreads))], 2)[0] if all(spreads) else "–"
    motif = ""
    if row["motif"]:
        scores = decimals([float(row["motif_ref"]), float(row["motif_alt"])], 1)
        motif = f"{row['motif']} {row['motif_change']} ({scores[0]} to {scores[1]} bits)"
    alleles = f"{_brief(row['ref'])} > {_brief(row['alt'])}"
    return [f"{row['chrom']}:{row['pos']}", _brief(row["id"]), alleles, *effects, spread, motif]


def _brief(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:12]}… ({len(text)} letters)"


def of_effects(effects: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the section "How far can the effects be trusted?" shows.

    Parameters
    ----------
    effects
        `effects.json`, what `check_effects` wrote.

    Returns
    -------
    dict
        `records`; `rows`, of each model and seed `model seed sign spearman slope small p95`;
        `sizes`, of the first model by size of the exact effect; `motifs`, of the first model;
        `sentence`, what follows for the first model.
    """
    models = effects["models"]
    first = models[0]
    return {
        "records": effects["records"],
        "substitutions": first["substitutions"],
        "infinite": first["large"]["infinite"],
        "sentence": believed(first),
        "rows": [
            {
                "model": its["model"],
                "seed": its["seed"],
                "sign": _share(its["large"]["sign"]),
                "spearman": _number(its["large"]["spearman"]),
                "finite": _number(its["large"]["spearman_finite"]),
                "slope": _number(its["large"]["slope"]),
                "small": _share(its["none"]["small"]),
                "p95": _number(its["none"]["p95"]),
            }
            for its in models
        ],
        "model": first["model"],
        "sizes": [
            {
                "size": _size(its),
                "n": its["n"],
                "sign": _share(its["sign"]),
                "median": _number(its["median"]),
                "rmse": _number(its["rmse"]),
            }
            for its in first["sizes"]
            if its["n"]
        ],
        "motifs": [
            {
                "motif": its["motif"] or "no motif",
                "n": its["n"],
                "sign": _share(its["sign"]),
                "median": _number(its["median"]),
                "spearman": _number(its["spearman"]),
            }
            for its in first["motifs"]
        ],
    }


def believed(its: Mapping[str, Any]) -> str:
    """Say in a sentence or two how far the effects of a model can be believed."""
    large, none = its["large"], its["none"]
    told = []
    if large["n"] and large["sign"] is not None:
        told.append(
            f"Where the exact log odds change by more than 0.5, the effects that {its['model']} "
            f"predicts have the right sign in {share(large['sign'])} of the substitutions"
        )
        if large["spearman"] is not None:
            ranked = _number(large["spearman"])
            told[-1] += f", and Spearman's correlation with the exact ones is {ranked}"
        told[-1] += "."
    if none["n"] and none["p95"] is not None:
        told.append(
            "Where the exact log odds do not change, 95% of the effects are below "
            f"{_number(none['p95'])}: treat smaller ones as no effect."
        )
    return " ".join(told) or "No substitution changes anything here."


def _size(its: Mapping[str, Any]) -> str:
    if its["from"] is None:
        return "infinite"
    return f"above {its['from']:g}" if its["to"] is None else f"{its['from']:g} to {its['to']:g}"


def _share(value: float | None) -> str:
    return "–" if value is None else share(value)


def _number(value: float | None) -> str:
    return decimals([value], 2)[0]
