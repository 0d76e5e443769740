"""What the report says about explanations: one paragraph from the numbers, and rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attendna import wording
from attendna.evaluation import summary
from attendna.wording import counted

METHODS = {
    "gradient": "gradient",
    "integrated_gradients": "integrated gradients",
    "mutagenesis": "in-silico mutagenesis",
    "attention": "attention",
    "oracle": "best possible",
}
PROPOSED = {"tfmodisco": "TF-MoDISco", "kmers": "k-mers", "places": "place"}
CLEAR = 0.001  # p-value below which a preferred position is told
RELATIVES = 8  # matches that are named of a family
NAMED = 4  # motifs that the paragraph names of a class
LACKING = "bacteria, archaea or viruses"  # in JASPAR


def paragraph(
    model: str,
    motifs: Mapping[str, Any],
    scores: Mapping[str, Any] | None,
    taxa: str | Sequence[str],
) -> str:
    """Say in a few sentences what a network relies on and how reliable this is.

    Parameters
    ----------
    model
        Its name.
    motifs
        `motifs.json`.
    scores
        `explanation_scores.json`; None: not there.
    taxa
        `explain.motifs.jaspar` of the config. Matches are told only where it names groups of
        organisms: among all of them most would be those of strangers.
    """
    known = "" if isinstance(taxa, str) else _known(motifs)
    sentences = [_found(model, motifs), known, _planted(motifs)]
    low = None if scores is None else scores["score"]["low"]
    if low is not None and low <= 0:
        sentences.insert(0, f"{model} does not tell the classes apart: what follows means little.")
    if scores is not None:
        sentences += [_truth(scores), _believed(scores)]
    return " ".join(sentence for sentence in sentences if sentence)


def _found(model: str, motifs: Mapping[str, Any]) -> str:
    """Say how many motifs there are, and name the first."""
    own = _distinct(motifs)
    records = records_in_words(motifs)
    if not own:
        return f"In {records}, no motif was found that {model} relies on; the reason is below."
    named = []
    for name in motifs["classes"]:
        first = [motif["consensus"] for motif in own if motif["class"] == name]
        if first:
            more = len(first) - NAMED
            rest = f" and {more} more" if more > 0 else ""
            named.append(f"for {name} {', '.join(first[:NAMED])}{rest}")
        else:
            named.append(f"for {name} none")
    count = counted(len(own), "motif")
    turned = sum(motif["like"] is not None for motif in own)
    if turned:
        is_one = "is the reverse complement of another"
        are_some = "are reverse complements of others"
        count += f", {turned:,} of which {is_one if turned == 1 else are_some}"
    variants = len(motifs["motifs"]) - len(own)
    of_what = "it" if len(own) == 1 else "these motifs"
    also = f", and on {counted(variants, 'variant')} of {of_what}" if variants else ""
    return f"In {records}, {model} relies on {count}{also}: {'; '.join(named)}."


def compared_with(motifs: Mapping[str, Any], taxa: str | Sequence[str]) -> str:
    """Say which known motifs they were compared with, and what a match is worth; "" without any.

    Parameters
    ----------
    motifs, taxa
        See `paragraph`.
    """
    if not motifs["motifs"]:
        return ""
    if motifs["jaspar"] is None:
        return "The motifs were not compared with JASPAR."
    if isinstance(taxa, str):
        return (
            f"The motifs were compared with {motifs['jaspar']}, of all its groups of organisms "
            f"(vertebrates, plants, fungi, insects, nematodes, urochordates, diatoms). It has no "
            f"motifs of {LACKING}. A match with a factor of another organism does not mean that "
            "your organism has such a factor, so the summary above names no match. To see matches "
            "there, list the groups of your organism in explain.motifs.jaspar (those of "
            "bacteria are published boxes of sigma factors); `none` leaves the comparison out."
        )
    return (
        f"The motifs were compared with {motifs['jaspar']}, of these groups of organisms only: "
        f"{', '.join(taxa)}."
    )


def records_in_words(motifs: Mapping[str, Any]) -> str:
    """Say how many records were explained, and of which parts where not all are test records."""
    parts = motifs["parts"]
    if parts["test"] == motifs["records"]:
        return f"{motifs['records']:,} test records"
    other = [f"{parts[part]:,} {part}" for part in ("validation", "train") if parts[part]]
    names = " and ".join(other).replace("train", "training")
    return f"{motifs['records']:,} records ({parts['test']:,} test, filled up with {names})"


def _distinct(motifs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Leave out what looks like an earlier motif; reversed it is another one if strands count."""
    return [
        motif
        for motif in motifs["motifs"]
        if motif["like"] is None or (motif["like"]["strand"] == "-" and motifs["strands"] == "one")
    ]


def _known(motifs: Mapping[str, Any]) -> str:
    """Say which are known; where the truth is known, that says more."""
    if motifs["scores"] or motifs["jaspar"] is None or not motifs["motifs"]:
        return ""
    known = [motif for motif in _distinct(motifs) if motif["matches"]]
    if not known:
        return "None of them matches a known motif."
    names = [f"{motif['consensus']} ({_nearest(motif)})" for motif in known[:NAMED]]
    more = len(known) - NAMED
    match = "matches a known motif" if len(known) == 1 else "match known motifs"
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(known)} of them {match}: {', '.join(names)}{rest}."


def _nearest(motif: Mapping[str, Any]) -> str:
    """Name the best match, and that its relatives match too."""
    best = motif["matches"][0]["name"]
    family = motif["family"]
    if family is None or len(family["members"]) == 1:
        return best
    return f"{best} or another member of {', '.join(family['names'])}"


def _planted(motifs: Mapping[str, Any]) -> str:
    """Say which planted motifs were recovered."""
    if not motifs["scores"] or not motifs["scores"]["planted"]:
        return ""
    planted, recovered = motifs["scores"]["planted"], motifs["scores"]["recovered"]
    if recovered == planted:
        if planted == 1:
            return "The planted motif was recovered."
        return f"All {planted} planted motifs were recovered."
    missed = [name for name, match in motifs["planted"].items() if match is None]
    were = "was" if recovered == 1 else "were"
    of_all = counted(planted, "planted motif")
    return f"Of {of_all}, {recovered or 'none'} {were} recovered; missed: {', '.join(missed)}."


def _truth(scores: Mapping[str, Any]) -> str:
    """Say how well the best method finds what was planted."""
    shares = scores.get("of_oracle")
    if not shares:
        return ""
    methods = {
        name: share
        for name, share in shares.items()
        if name != "attention" and not name.startswith("untrained_")
    }
    best = max(methods, key=lambda name: methods[name]["value"] or 0)
    text = (
        f"Ranked by {METHODS.get(best, best)}, the bases reach "
        f"{_percent({'value': methods[best]['value']})} of the best possible precision (AUPRC) in "
        "finding the planted ones"
    )
    if "attention" in shares:
        attention = _percent({"value": shares["attention"]["value"]})
        text += f"; ranked by attention, they reach {attention}"
    return text + "."


def _believed(scores: Mapping[str, Any]) -> str:
    """Say whether the network does rely on the bases that are called important."""
    deletion = {
        name: effect
        for name, effect in scores["faithfulness"]["deletion"].items()
        if name != "random"
    }
    if not deletion:
        return ""
    sure = [METHODS.get(name, name) for name, effect in deletion.items() if effect["low"] > 0]
    if len(sure) == len(deletion):
        return (
            "Deleting the bases that are called important changes the score more than deleting "
            "random ones."
        )
    if not sure:
        return (
            "Deleting the bases that are called important changes the score no more than deleting "
            "random ones, so do not trust these explanations."
        )
    return (
        f"Only deleting the bases that are called important by {' and '.join(sure)} changes the "
        "score more than deleting random ones."
    )


def motif_rows(motifs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the table of motifs, those that are like an earlier one marked so."""
    return [
        {
            "name": motif["name"],
            "class": motif["class"],
            "consensus": motif["consensus"],
            "sites": f"{motif['sites']:,}",
            "effect": _signed(motif["effect"]),
            "bits": f"{motif['information']:.1f}",
            "position": _position(motif["position"]),
            "strand": f"{_whole(motif['plus'])} +" if motifs["strands"] == "both" else "",
            "matches": "; ".join(
                f"{match['name']} ({match['id']}{_on_strand(match)}), {_p(match)}"
                for match in motif["matches"]
            ),
            "family": _family(motif["family"]),
            "planted": motif["planted"]["name"] if motif["planted"] else "",
            "like": _like(motif["like"]),
            "method": PROPOSED.get(motif["method"], motif["method"]),
        }
        for motif in motifs["motifs"]
    ]


def _on_strand(match: Mapping[str, Any]) -> str:
    return ", reverse complement" if match["strand"] == "-" else ""


def _family(family: Mapping[str, Any] | None) -> str:
    """Name the family of the best match, and which of the matches are of it."""
    if family is None:
        return ""
    more = len(family["members"]) - RELATIVES
    rest = f" and {more} more" if more > 0 else ""
    return f"{', '.join(family['names'])}: {', '.join(family['members'][:RELATIVES])}{rest}"


def _position(where: Mapping[str, float]) -> str:
    """Say where the sites start: the stretch that they clearly prefer, or mean and spread."""
    if where["p_value"] < CLEAR:
        low, high = f"{where['low']:.0f}", f"{where['high']:.0f}"
        return f"{_whole(where['share'])} at {low}" + (f" to {high}" if high != low else "")
    return f"{where['mean']:.0f} ± {where['sd']:.0f}"


def _p(match: Mapping[str, Any]) -> str:
    return f"p {match['p_value']:.1g}, E {match['e_value']:.1g}, q {match['q_value']:.1g}"


def _like(like: Mapping[str, str] | None) -> str:
    if like is None:
        return ""
    return like["motif"] if like["strand"] == "+" else f"{like['motif']}, reverse complement"


def score_rows(scores: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the table of scores, a row for each method, attention and the oracle.

    Cells are empty where a score does not exist.
    """
    auprc, recall = scores.get("auprc", {}), scores.get("top_k_recall", {})
    shares = scores.get("of_oracle", {})
    deletion = scores["faithfulness"]["deletion"]
    insertion = scores["faithfulness"]["insertion"]
    untrained = scores["agreement"]["untrained"]
    names = [name for name in METHODS if name in auprc or name in deletion]
    return [
        {
            "method": METHODS[name],
            "auprc": _value(auprc.get(name)),
            "of_oracle": _percent(shares.get(name)),
            "untrained": _value(auprc.get(f"untrained_{name}")),
            "recall": _value(recall.get(name)),
            "deletion": _value(deletion.get(name), 2),
            "insertion": _value(insertion.get(name), 2),
            "control": _value(untrained.get(name), 2),
        }
        for name in names
    ]


def agreement_rows(scores: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what agrees with what, and how well."""
    agreement = scores["agreement"]
    rows = [
        (f"{METHODS.get(pair['a'], pair['a'])} and {METHODS.get(pair['b'], pair['b'])}", pair)
        for pair in agreement["methods"]
    ]
    rows += [
        (f"{METHODS.get(own['method'], own['method'])}, compared with seed {own['seed']}", own)
        for own in agreement["seeds"]
    ]
    return [(name, _value(value, 2)) for name, value in rows]


def completeness_text(scores: Mapping[str, Any]) -> str:
    """Say how well integrated gradients add up, or nothing without them."""
    found = (scores.get("completeness") or {}).get("all")
    if not found or found["value"] is None:
        return ""
    return (
        "Integrated gradients should add up to a difference between two scores; in the median "
        f"record they miss it by {wording.share(found['value'], digits=2)}."
    )


def _value(found: Mapping[str, Any] | None, digits: int = 3) -> str:
    """Return a value with its interval as text; "–" where it does not exist."""
    return summary.with_interval(found or {"value": None}, digits)


def _percent(found: Mapping[str, Any] | None) -> str:
    """Return a share with its interval as per cents; it may be more than all."""
    if not found or found.get("value") is None:
        return summary.number(None)
    parts = [found.get(name) for name in ("value", "low", "high")]
    text, *bounds = [_whole(part) for part in parts if part is not None]
    return f"{text} ({' to '.join(bounds)})" if len(bounds) == 2 else text


def _whole(share: float) -> str:
    return wording.share(share, digits=0)


def _signed(value: float) -> str:
    """Write an effect with its sign: "+2.50"."""
    text = summary.number(value)
    return f"+{text}" if value > 0 else text
