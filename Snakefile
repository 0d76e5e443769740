# attendna: train, evaluate and explain attention CNNs on DNA sequences.
# This is the contents page: the config, then the stages in the order in which data flow. What a
# rule does stands in the script of its name; what the config may say stands in config.yaml.

import copy
import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")


include: "rules/place.smk"


HERE = own_folder(workflow.current_basedir)
IS_MODULE = not workflow.modifier.is_main_snakefile()
sys.path.insert(0, str(HERE / "scripts"))
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
    loading.check_files([HERE / "config.yaml", *workflow.overwrite_configfiles])
except config_files.ConfigError as error:
    raise WorkflowError(str(error)) from None

overlay = copy.deepcopy(config)
if IS_MODULE:
    if workflow.modifier.modify_path("results/report.html") != "results/report.html":
        raise WorkflowError(
            "module: attendna writes to results/ in the working directory; leave `prefix` and "
            "`replace_prefix` out, and name another working directory with --directory."
        )
    # There Snakemake ignores `configfile`, and the config may be that of the whole workflow.
    config = loading.over_default(HERE / "config.yaml", overlay)
else:

    configfile: str(HERE / "config.yaml")

    loading.put_back(config, overlay)


try:
    config_checks.check(config, HERE / "schemas" / "config.schema.yaml")
    config_checks.check_sources(config)
except config_files.ConfigError as error:
    raise WorkflowError(str(error)) from None


include: "rules/common.smk"


speak()
check_simulations()
missing_outputs.need_every_output(workflow.current_basedir.get_path_or_uri(secret_free=True))
alive = hold_lock()
packages = hold_environment()


onsuccess:
    remove_states()
    tell_end()


onerror:
    remove_states()


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
        exports(),
        scored_variants(),
        exact_effects(),
        scan_files(),
    localrule: True


rule data:
    input:
        dataset_files("audit.json", "encoded.npz"),
        giveaway_figures(),
        fold_files("split.npz"),
        fold_files("leakage.json"),
    localrule: True


rule models:
    input:
        run_files("predictions.tsv.gz"),
    localrule: True


rule evaluation:
    input:
        metric_tables(),
        dataset_figures(),
    localrule: True


rule explanation:
    input:
        attention_figures(),
        explanation_files(),
    localrule: True


include: "rules/data.smk"
include: "rules/models.smk"
include: "rules/evaluation.smk"
include: "rules/explanation.smk"
include: "rules/prediction.smk"
include: "rules/export.smk"
include: "rules/variants.smk"
include: "rules/scanning.smk"
include: "rules/reporting.smk"
