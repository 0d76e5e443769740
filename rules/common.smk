# What the rules share: which code a script needs, which files a run makes, which settings a job
# gets. Functions only.

import fcntl
import json
import os
import shlex
import shutil
from contextlib import suppress

from attendna import addresses, code_inputs
from attendna.contracts import layout
from attendna.errors import UserError
from attendna.planning import config_files, estimates, job_settings, needs, preflight, threads
from attendna.simulation.specification import Simulation
from attendna.terminal import closing, lines
from attendna.terminal.progress import Planned

RESULTS = "results"
REPORT = f"{RESULTS}/report.html"
NETWORKS = [name for name in config["models"] if settings.kind(config, name) == "network"]
BASELINES = [name for name in config["models"] if settings.kind(config, name) == "baseline"]
ORACLES = [name for name in config["models"] if settings.kind(config, name) == "oracle"]
SIMULATED = [name for name in config["datasets"] if settings.simulated(config, name)]
IMPORTED = [name for name in config["datasets"] if name not in SIMULATED]

RUN = str(layout.run_folder(RESULTS, layout.ANY_RUN))
FIGURE = ("svg", "png")
EXPLANATION_FIGURES = ("motifs", "motif_positions", "contributions", "rules")
LONGEST_SETTINGS = 120_000  # bytes; Linux takes 131,072 for the command of a job


wildcard_constraints:
    dataset=settings.pattern(list(config["datasets"])),
    model=settings.pattern(list(config["models"])),
    fold=r"\d+",
    seed=r"\d+",


def check_simulations():
    """What can't be simulated is found before anything runs, with the key of the config."""
    try:
        preflight.check_simulations(config)
    except config_files.ConfigError as error:
        raise WorkflowError(str(error)) from None


def check_machine():
    """What will fail for want of room, permission, a GPU or sound data fails now."""
    planned = workflow.dag.needrun_jobs()
    jobs = [(job.rule.name, job.wildcards_dict) for job in planned if job.output]
    findings = preflight.quick_checks(config, Path(RESULTS), jobs, workflow.local_exec)
    # Elsewhere, and in environments that Snakemake makes, `python` is another one.
    if jobs and workflow.local_exec and not workflow.deployment_settings.deployment_method:
        findings += preflight.check_command()
    wrong = preflight.problems(findings)
    if wrong:
        raise WorkflowError(
            "this run would fail (`make doctor` tells more, --no-hooks runs all the same):",
            *(f"{finding.subject}: {finding.sentence}" for finding in wrong),
        )


# ---------------------------------------------------------------------------------- terminal


def speak():
    """Say in words what is done, instead of Snakemake's own lists; `--verbose` shows these."""
    lines.take_over(workflow, planned_jobs, ending)


def planned_jobs():
    """The jobs that will run, without those that make nothing, and the work that each is."""
    return [
        Planned(job.rule.name, job.wildcards_dict, work(job.rule.name, job.wildcards_dict))
        for job in workflow.dag.needrun_jobs()
        if job.output
    ]


def work(rule, wildcards):
    """Estimated seconds on one core."""
    cores = estimates.cores(config) if rule in estimates.SEVERAL_CORES else 1
    parts = config["chunks"]["number"] if rule.endswith(estimates.CHUNK) else 1
    return estimates.seconds(config, rule, wildcards) * cores / parts


def tell_end():
    from snakemake.logging import logger

    logger.info("\n".join(ending()))


def ending():
    """What came out of this run, for somebody who reads no more than that."""
    width = min(100, shutil.get_terminal_size((100, 24)).columns)
    jobs = list(workflow.dag.jobs)
    if any(job.rule.name == "report" for job in jobs):
        return closing.of_report(Path(RESULTS), width)
    audited = [job.wildcards["dataset"] for job in jobs if job.rule.name == "audit"]
    targets = [str(path) for path in workflow.dag.targetfiles]
    return closing.of_part(Path(RESULTS), sorted(audited), targets, width)


# ---------------------------------------------------------------------------------- code


def from_here(path):
    """Name a file of the workflow from the working directory, so that the clone can move."""
    return os.path.relpath(path, os.getcwd())


def script(name):
    return from_here(HERE / "scripts" / f"{name}.py")


def code(name):
    """A digest of a script and of the modules that it imports, so that changed code reruns it.

    A param, as the modules themselves would be dozens of inputs of each job, which take Snakemake
    longer than all else.
    """
    return code_inputs.digest(HERE / "scripts" / f"{name}.py")


def report_file(name):
    return from_here(HERE / "report" / name)


# ---------------------------------------------------------------------------------- files


def dataset_files(*names):
    return [
        str(layout.dataset_folder(RESULTS, d) / name) for d in config["datasets"] for name in names
    ]


def chunks(letters, folder, name, suffix="npz"):
    """The files of the parts of what has so many letters; none where one job does it all."""
    parts = settings.parts(config, letters)
    return [str(layout.part_path(folder, name, part, suffix)) for part in parts]


def dataset_chunks(dataset, stage, suffix):
    folder = layout.dataset_folder(RESULTS, dataset)
    return chunks(settings.letters(config, dataset), folder, stage, suffix)


def prediction_chunks(dataset, name):
    folder = layout.prediction_path(RESULTS, dataset, name).parent
    return chunks(settings.file_letters(config["predict"][name]), folder, name)


def files_of_folds(dataset, name):
    folds = settings.folds(config, dataset)
    return [str(layout.fold_folder(RESULTS, dataset, fold) / name) for fold in folds]


def fold_files(name):
    return [path for d in config["datasets"] for path in files_of_folds(d, name)]


def runs_of(dataset, kinds=("network", "baseline", "oracle")):
    runs = settings.runs(config, dataset)
    return [run for run in runs if settings.kind(config, run.model) in kinds]


def run_file(run, name):
    return str(layout.run_folder(RESULTS, run) / name)


def files_of_runs(dataset, name, **which):
    return [run_file(run, name) for run in runs_of(dataset, **which)]


def run_files(*names, **which):
    return [
        path
        for d in config["datasets"]
        for name in names
        for path in files_of_runs(d, name, **which)
    ]


def explained_files(*names):
    return [
        run_file(run, name)
        for d in config["datasets"]
        for run in settings.explained(config, d)
        for name in names
    ]


def explanation_files():
    """What the explanation of the explained runs ends in."""
    figures = [f"figures/{name}.{end}" for name in EXPLANATION_FIGURES for end in FIGURE]
    return explained_files("explanation_scores.json", *figures)


def report_pages():
    """The pages of datasets behind the report, where there are several."""
    shown = {"caption": "../report/page.rst", "category": "Report"}
    pages = layout.report_pages(RESULTS, list(config["datasets"]))
    return [report(str(page), **shown, labels={"dataset": page.stem}) for page in pages]


def metric_tables():
    return dataset_files("metrics.tsv", "summary.tsv", "comparison.tsv")


def dataset_figures():
    names = ["comparison", "curves", "calibration"]
    return dataset_files(*[f"figures/{name}.{end}" for name in names for end in FIGURE])


def giveaway_figures():
    return dataset_files(*[f"figures/giveaways.{end}" for end in FIGURE])


def attention_figures():
    return run_files(*[f"figures/attention.{end}" for end in FIGURE], kinds=["network"])


def figures():
    overviews = run_files(*[f"figures/overview.{end}" for end in FIGURE])
    return giveaway_figures() + dataset_figures() + overviews + attention_figures()


def exported_files(format):
    """What an export makes of one format in the folder of its run."""
    return [f"{RUN}/{layout.EXPORT}/{path}" for path in layout.EXPORTED[format]]


def cards_of(dataset):
    """The cards of the exported networks of a dataset, which need the networks beside them."""
    runs = settings.exported(config, dataset)
    return [run_file(run, f"{layout.EXPORT}/MODEL_CARD.md") for run in runs]


def exports():
    return [card for d in config["datasets"] for card in cards_of(d)]


def explained_of(w, name):
    """A file that explains the run of a job; nothing where the run is not explained."""
    run = layout.Run(w.dataset, int(w.fold), w.model, int(w.seed))
    return run_file(run, name) if run in settings.explained(config, w.dataset) else []


def files_of_data(dataset):
    """The user's files that a dataset comes from; none of a simulated one."""
    if dataset in SIMULATED:
        return []
    return settings.files_read(config, dataset, config["datasets"][dataset])


def new_predictions():
    return [
        str(layout.prediction_path(RESULTS, prediction["dataset"], name))
        for name, prediction in config["predict"].items()
    ]


def of_variants(name, *suffixes):
    place = config["variants"][name]["dataset"], name
    return [str(layout.variant_path(RESULTS, *place, suffix)) for suffix in suffixes]


def scored_variants():
    suffixes = ("tsv.gz", "vcf.gz", "vcf.gz.tbi", "json", *FIGURE)
    return [path for name in config["variants"] for path in of_variants(name, *suffixes)]


def variant_chunks(dataset, name):
    letters = settings.variant_lines(config, name) * settings.LETTERS_OF_A_VARIANT
    folder = layout.variant_path(RESULTS, dataset, name, "tsv.gz").parent
    return chunks(letters, folder, name, "tsv")


def exact_effects():
    return [
        str(layout.dataset_folder(RESULTS, dataset) / "effects.json")
        for dataset in config["datasets"]
        if settings.exactly_known(config, dataset)
    ]


def compared_models(dataset):
    return [
        str(layout.model_path(RESULTS, run, settings.kind(config, run.model)))
        for run in settings.compared_runs(config, dataset)
    ]


def compared_flags(dataset):
    """`--run MODEL SEED PATH` of each model whose effects are compared with the exact ones."""
    pairs = zip(settings.compared_runs(config, dataset), compared_models(dataset))
    return " ".join(f"--run {run.model} {run.seed} {path}" for run, path in pairs)


def scan_files():
    return [
        f"{layout.scan_path(RESULTS, scan['dataset'], name)}{end}"
        for name, scan in config["scans"].items()
        for end in (".json", ".tsv.gz", ".bed", "")
    ]


def scanning_chunks(dataset, name):
    letters = settings.letters_in(settings.scanned_files(config, name))
    return chunks(letters, layout.scan_path(RESULTS, dataset, name).parent, name)


# ---------------------------------------------------------------------------------- needs


def memory(rule):
    """MB of a job, from the size of its data; more when it is tried again.

    A batch system counts the Snakemake that runs inside the job, too.
    """

    def mem_mb(w, attempt):
        inside = 0 if workflow.local_exec else needs.SNAKEMAKE
        return (estimates.memory(config, rule, w) + inside) * attempt

    return mem_mb


def runtime(rule):
    """Minutes that a batch system gives a job, several times the usual; more when tried again."""
    return lambda w, attempt: estimates.minutes(config, rule, w) * attempt


# ---------------------------------------------------------------------------------- kills


def hold_lock():
    """Open a file that is locked as long as this process lives, however it ends.

    By it `make` tells a lock of Snakemake's own whose owner is gone, which is a plain file, from
    one that a living run holds.
    """
    with suppress(OSError):  # a folder that is read-only, a file system without locks
        os.makedirs(".snakemake", exist_ok=True)
        alive = open(".snakemake/alive", "w")
        fcntl.flock(alive, fcntl.LOCK_SH)
        return alive


def hold_environment():
    """Lock the packages that this process runs from against set-ups, as long as it lives.

    Shared, and for reading alone, so that a clone may be read-only. Environments that
    requirements/install.sh did not make have no such file.
    """
    try:
        packages = open(f"{sys.prefix}.lock")
        fcntl.flock(packages, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return packages
    except BlockingIOError:
        raise WorkflowError(
            f"{sys.prefix}: a set-up is changing these packages; wait for its end, and run again."
        ) from None
    except OSError:  # no such file, a file system without locks
        return None


def remove_states():
    """Remove what finished jobs kept for the case of a kill.

    Not for the jobs themselves to do: one that is killed before Snakemake has noted its end is
    done again.
    """
    trained = map(Path, run_files("predictions.tsv.gz", kinds=["network"]))
    states = [(path, layout.training_state(path.parent)) for path in trained]
    explained = map(Path, explained_files("filters.npz"))  # the last that it writes
    states += [(path, layout.attribution_state(path.parent)) for path in explained]
    for name, prediction in config["predict"].items():
        place = (RESULTS, prediction["dataset"], name)
        states.append((layout.prediction_path(*place), layout.prediction_state(*place)))
    for name, block in config["variants"].items():
        place = (RESULTS, block["dataset"], name)
        states.append((layout.variant_path(*place, "json"), layout.variant_state(*place)))
    for name, scan in config["scans"].items():
        path = layout.scan_path(RESULTS, scan["dataset"], name)
        parts = ["", *(f".{part}" for part in settings.parts(config, sys.maxsize))]
        for part in parts:
            state = layout.scan_state(RESULTS, scan["dataset"], f"{name}{part}")
            states.append((f"{path}.json", state))
    for output, state in states:
        if os.path.exists(output):
            shutil.rmtree(state, ignore_errors=True)


# ---------------------------------------------------------------------------------- settings


def settings_of(rule):
    """The settings that a job of this rule gets, as a function of its wildcards."""

    def settings_json(w):
        named = {key: w[key] for key in ("dataset", "model", "name") if key in w.keys()}
        return job_settings.text(config, rule, **named)

    return settings_json


def models_of(section, name):
    """The trained models that what is scored is the mean of.

    `section` is predict, variants or scans, and `name` one of its keys.
    """
    its = config[section][name]
    return [
        str(layout.model_path(RESULTS, run, settings.kind(config, run.model)))
        for run in runs_of(its["dataset"])
        if run.model == its["model"]
    ]


def motifs_of(section, name):
    """The motifs of those runs of these models that are explained."""
    its = config[section][name]
    runs = settings.explained(config, its["dataset"])
    return [run_file(run, "motifs.meme") for run in runs if run.model == its["model"]]


def run_flags(dataset):
    """`--run FOLD MODEL SEED PREDICTIONS` for each run; names are plain words, checked."""
    paths = files_of_runs(dataset, "predictions.tsv.gz")
    return " ".join(
        f"--run {run.fold} {run.model} {run.seed} {path}"
        for run, path in zip(runs_of(dataset), paths)
    )


def related_flags(dataset):
    """`--related FOLD RELATED` for each fold."""
    paths = files_of_folds(dataset, "related.tsv")
    folds = settings.folds(config, dataset)
    return " ".join(f"--related {fold} {path}" for fold, path in zip(folds, paths))


def oracle_of(dataset):
    """The name of the dataset's oracle, or nothing."""
    return next((m for m in settings.models(config, dataset) if m in ORACLES), "")


def run_threads(rule):
    """The processor cores of a training, or of a rule that explains what was trained."""

    def cores(w):
        training = settings.training(config, w.dataset, w.model)
        return shared_threads(training, rule, gpus(w.dataset, w.model))

    return cores


def gkm_svm_threads(model):
    """The processor cores of a baseline: one, but for the one that is slow."""
    slow = config["models"][model]["architecture"] == "gkm_svm"
    return shared_threads(config["training"], "fit_baseline") if slow else 1


def scoring_threads(section, name, joins=False):
    """The processor cores of a job that scores: those of a training where a network does."""
    network = config[section][name]["model"] in NETWORKS and not joins
    return shared_threads(config["training"], section) if network else 1


def shared_threads(training, rule, on_gpu=False):
    """The processor cores of a section `training`, or by "auto" a share of those of this run.

    Nothing is shared among jobs of a batch system, nor with a training that waits for the GPU.
    Snakemake asks when a job can begin: the fewer there are left, the more each gets.
    """
    setting = settings.threads(training)
    if setting != "auto":
        return setting
    cores = workflow.global_resources["_cores"].value or sys.maxsize
    alone = on_gpu or not (workflow.local_exec and workflow.is_main_process)
    left = ((job.rule.name, job.wildcards_dict) for job in workflow.dag.needrun_jobs())
    at_once = 1 if alone else threads.sharing(config, left, cores)
    return threads.share(setting, cores, at_once, rule)


def gpus(dataset, model):
    """How many of the GPUs of this machine a training takes."""
    uses = estimates.uses_gpu(config, dataset, model)
    return settings.training(config, dataset, model)["devices"] if uses else 0


def other_seeds(w):
    """`SEED PATH` of the attributions of the same model on the same fold with another seed."""
    return {
        run.seed: run_file(run, "attributions.npz")
        for run in settings.explained(config, w.dataset)
        if (str(run.fold), run.model) == (w.fold, w.model) and str(run.seed) != w.seed
    }


def truth_of(dataset):
    """Flags with what was planted in a simulated dataset and how; nothing for others."""
    if dataset not in SIMULATED:
        return ""
    simulation = shlex.quote(settings.simulation_json(config, dataset))
    planted = layout.dataset_folder(RESULTS, dataset) / "planted.bed"
    return f"--planted {planted} --simulation {simulation}"


def simulation_flag(dataset):
    """The flag that says how a dataset was simulated; nothing for others."""
    if dataset not in SIMULATED:
        return ""
    return f"--simulation {shlex.quote(settings.simulation_json(config, dataset))}"


def report_settings():
    """All that the report tells beside the results: the config, what ran and what did not."""
    datasets = {dataset: dataset_report(dataset) for dataset in config["datasets"]}
    # In the order of the config: the page shows it so.
    told = settings.as_json(
        {"config": addresses.without_secrets(config), "datasets": datasets}, sort_keys=False
    )
    if len(told.encode()) > LONGEST_SETTINGS:
        raise WorkflowError(
            f"config: datasets: {len(datasets)} datasets are too many for one report; divide them "
            "among several configs, each with a --directory of its own."
        )
    return told


def dataset_report(dataset):
    ran = settings.models(config, dataset)
    split = settings.split(config, dataset)
    return {
        "simulated": settings.simulated(config, dataset),
        "negatives": (settings.negatives(config, dataset) or {}).get("method", ""),
        "split": {key: split[key] for key in ("strategy", "groups")},
        "sources": job_settings.checksums(config, dataset),
        "models": {
            name: {
                "architecture": config["models"][name]["architecture"],
                "kind": settings.kind(config, name),
                **{
                    key: value
                    for key, value in settings.hyperparameters(config, name).items()
                    if key == "max_records"
                },
            }
            for name in ran
        },
        "skipped": {
            name: "the best possible classifier is known for simulated data only"
            for name in config["models"]
            if name not in ran
        },
        # What the runs follow from: in full, thousands of them do not fit in a command.
        "runs": {
            "folds": settings.folds(config, dataset),
            "models": [
                {
                    "model": name,
                    "kind": settings.kind(config, name),
                    "seeds": settings.seeds(config, name),
                }
                for name in ran
            ],
        },
        "explained": [run._asdict() for run in settings.explained(config, dataset)],
        "origins": job_settings.origins(config, dataset, "report"),
        "exported": [os.path.relpath(card, RESULTS) for card in cards_of(dataset)],
        "predict": [
            name for name, block in config["predict"].items() if block["dataset"] == dataset
        ],
        "variants": [
            name for name, block in config["variants"].items() if block["dataset"] == dataset
        ],
        "effects": settings.exactly_known(config, dataset),
        "scans": [name for name, scan in config["scans"].items() if scan["dataset"] == dataset],
    }
