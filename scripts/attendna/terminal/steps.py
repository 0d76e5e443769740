"""What each rule does, in the words of a line of the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

BLANK = "\xa0"  # one at which no line is broken
RUN = "fold {fold}, seed {seed}"
# By stage, which is the name of a file of rules/, and rule; braces hold wildcards of the rule.
STEPS = {
    "data": {
        "download": "download {name}",
        "simulate_chunk": "simulate {dataset}, part {scatteritem}",
        "simulate": "simulate {dataset}",
        "import_sequences": "read the files of {dataset}",
        "audit": "audit {dataset}",
        "plot_giveaways": "draw what gives the classes of {dataset} away",
        "encode_chunk": "encode {dataset}, part {scatteritem}",
        "encode": "encode {dataset}",
        "find_groups": "find related records in {dataset}",
        "split": "split {dataset}, fold {fold}",
        "audit_split": "audit the split of {dataset}, fold {fold}",
    },
    "models": {
        "train": f"train {{model}} on {{dataset}}, {RUN}",
        "fit_baseline": f"fit {{model}} to {{dataset}}, {RUN}",
        "score_oracle": "score {dataset} with the best possible classifier, fold {fold}",
    },
    "evaluation": {
        "evaluate": f"evaluate {{model}} on {{dataset}}, {RUN}",
        "compare_models": "compare the models on {dataset}",
        "collect_metrics": "collect the metrics of {dataset}",
        "plot_run": f"draw the results of {{model}} on {{dataset}}, {RUN}",
        "plot_curves": "draw the ROC and precision-recall curves of {dataset}",
        "plot_calibration": "draw the calibration on {dataset}",
        "plot_comparison": "draw the comparison of the models on {dataset}",
    },
    "explanation": {
        "plot_attention": f"draw the attention of {{model}} on {{dataset}}, {RUN}",
        "attribute": f"explain {{model}} on {{dataset}}, {RUN}",
        "find_motifs": f"find the motifs of {{model}} on {{dataset}}, {RUN}",
        "find_rules": f"find the rules between the motifs of {{model}} on {{dataset}}, {RUN}",
        "score_explanations": f"test the explanations of {{model}} on {{dataset}}, {RUN}",
        "plot_explanations": f"draw the explanations of {{model}} on {{dataset}}, {RUN}",
    },
    "prediction": {
        "predict_chunk": "predict {name} with the models of {dataset}, part {scatteritem}",
        "predict": "predict {name} with the models of {dataset}",
    },
    "scanning": {
        "scan_genome_chunk": "scan the genome of {name} with the models of {dataset}, "
        "part {scatteritem}",
        "scan_genome": "scan the genome of {name} with the models of {dataset}",
    },
    "variants": {
        "score_variants_chunk": "score the variants {name} with {dataset}, part {scatteritem}",
        "score_variants": "score the variants {name} with the models of {dataset}",
        "plot_variants": "draw the strongest effects of {name} on {dataset}",
        "check_effects": "compare effects in {dataset} with the exact ones",
    },
    "export": {
        "export_onnx": f"export {{model}} on {{dataset}}, {RUN}, as ONNX",
        "export_saved_model": f"export {{model}} on {{dataset}}, {RUN}, as a SavedModel",
        "export": f"describe what was exported of {{model}} on {{dataset}}, {RUN}",
        "write_card": f"write the card of {{model}} on {{dataset}}, {RUN}",
    },
    "reporting": {"report": "write the report"},
}
# What trained models are used for: one paragraph of a plan.
USES = ("prediction", "scanning", "variants", "export")
WORDS = {rule: words for rules in STEPS.values() for rule, words in rules.items()}


def words(rule: str, wildcards: Mapping[str, str]) -> str:
    """Say what a job does: "train attention_cnn on tutorial, fold 1, seed 1".

    Parameters
    ----------
    rule
        Its rule; of one that is not known here, the name and the wildcards have to do.
    wildcards
        Of the job.
    """
    if rule in WORDS:
        return WORDS[rule].format_map(wildcards)
    return ", ".join([rule.replace("_", " "), *(f"{k} {v}" for k, v in wildcards.items())])


def planned(counts: Mapping[str, int], width: int) -> list[str]:
    """Say how many jobs of each rule are planned, a paragraph a stage.

    Parameters
    ----------
    counts
        Jobs of each rule.
    width
        Letters of a line.
    """
    paragraphs: dict[str, list[str]] = {}
    for stage, rules in STEPS.items():
        paragraphs.setdefault("use" if stage in USES else stage, []).extend(rules)
    paragraphs["other"] = [rule for rule in counts if rule not in WORDS]
    lines = []
    for stage, rules in paragraphs.items():
        here = {rule: counts[rule] for rule in rules if counts.get(rule)}
        if here:
            told = (
                rule.replace("_", BLANK) + (f"{BLANK}({number:,})" if number > 1 else "")
                for rule, number in here.items()
            )
            start = f"  {stage:<12}{sum(here.values()):>6,}  "
            wrapped = textwrap.wrap(
                start + ", ".join(told), width, subsequent_indent=" " * len(start)
            )
            lines += [line.replace(BLANK, " ") for line in wrapped]
    return lines
