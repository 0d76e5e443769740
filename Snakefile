# attendna: train, evaluate and explain attention CNNs on DNA sequences.
# This is the contents page: the config, then the stages in the order in which data flow. What a
# rule does stands in the script of its name; what the config may say stands in config.yaml.

import copy
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")
sys.path.insert(0, str(Path(workflow.basedir, "scripts")))
from attendna.planning import (
    config_checks,
    config_files,
    environment,
    loading,
    missing_outputs,
    settings,
)

environment.provide(Path(".snakemake", "caches"))

# Snakemake has loaded these already, but not looked for keys that stand twice and for code.
try:
    loading.check_files([Path(workflow.basedir, "config.yaml"), *workflow.overwrite_configfiles])
except config_files.ConfigError as error:
    raise WorkflowError(str(error)) from None

overlay = copy.deepcopy(config)


configfile: str(Path(workflow.basedir, "config.yaml"))


loading.put_back(config, overlay)
try:
    config_checks.check(config, Path(workflow.basedir, "schemas", "config.schema.yaml"))
    config_checks.check_sources(config)
except config_files.ConfigError as error:
    raise WorkflowError(str(error)) from None


include: "rules/common.smk"


speak()
check_simulations()
missing_outputs.need_every_output(workflow.basedir)
alive = hold_lock()
packages = hold_environment()


onsuccess:
    remove_states()
    tell_end()


onerror:
    remove_states()


localrules:
    all,
    download,  # the nodes of a cluster often have no way out
    data,
    models,
    evaluation,
    explanation,


onstart:
    check_machine()


rule all:
    default_target: True
    input:
        REPORT,
        metric_tables(),
        figures(),
        explanation_files(),
        new_predictions(),
        scan_files(),


rule data:
    input:
        dataset_files("audit.json", "encoded.npz"),
        giveaway_figures(),
        fold_files("split.npz"),
        fold_files("leakage.json"),


rule models:
    input:
        run_files("predictions.tsv.gz"),


rule evaluation:
    input:
        metric_tables(),
        dataset_figures(),


rule explanation:
    input:
        attention_figures(),
        explanation_files(),


include: "rules/data.smk"
include: "rules/models.smk"
include: "rules/evaluation.smk"
include: "rules/explanation.smk"
include: "rules/prediction.smk"
include: "rules/scanning.smk"
include: "rules/reporting.smk"
