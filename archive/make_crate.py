"""Describe a finished run as an RO-Crate, a ZIP that holds it: `make crate`.

The form is that of the Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5), a
Workflow Run Crate in which each job says which files it made from which. What ran when is read from
the records that Snakemake keeps in `.snakemake/metadata`.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from records import Job, jobs, result_files
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

CLONE = Path(__file__).resolve().parents[1]
# What the workflow consists of, in the folder `workflow` of the crate.
WORKFLOW = ["Snakefile", "config.yaml", "LICENSE", "CITATION.cff", "requirements/cpu.txt"]
WORKFLOW += ["envs", "presets", "profiles", "report", "rules", "schemas", "scripts"]
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
PROFILE_VERSIONS = {address: address.rpartition("/")[2] for address in PROFILES}
BIOSCHEMAS = "https://bioschemas.org/profiles"
TERMS = {
    "sha256": "https://w3id.org/ro/terms/workflow-run#sha256",
    "FormalParameter": "https://bioschemas.org/FormalParameter",
}
FORMATS = {
    ".html": "text/html",
    ".json": "application/json",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".gz": "application/gzip",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".yaml": "application/yaml",
    ".py": "text/x-python",
    ".parquet": "application/vnd.apache.parquet",
}
REPORT = "results/report.html"
UNSAID = "Not stated. Ask those who made the run."


class Crate:
    """The crate while it is made.

    Parameters
    ----------
    folder
        The working directory of the run.
    configs
        The config files that were laid over the default one.
    data
        Whether files of the user are put into it, too; else it has their names and checksums.
    """

    def __init__(self, folder: Path, configs: Iterable[Path], data: bool) -> None:
        self._folder, self._data = folder, data
        self._configs = list(configs)
        self._crate = ROCrate(version="1.1")
        self._crate.metadata.extra_terms.update(TERMS)
        self._files: dict[str, Any] = {}

    def make(self, done: list[Job], name: str, license_: str, author: str | None) -> ROCrate:
        """Describe everything; `done` are the jobs."""
        crate = self._crate
        self._describe_root(name, license_)
        workflow = self._add_workflow()
        for path in result_files(self._folder):
            self._file(path)
        run = self._add_run(workflow, done)
        self._add_jobs(workflow, run, done)
        if author:
            person = crate.add(ContextEntity(crate, "#author", {"@type": "Person", "name": author}))
            crate.root_dataset["author"] = person
            run["agent"] = person
        return crate

    def _context(self, address: str, /, **properties: Any) -> ContextEntity:
        properties = {"@type" if k == "kind" else k: v for k, v in properties.items()}
        return self._crate.add(ContextEntity(self._crate, address, properties))

    def _describe_root(self, name: str, license_: str) -> None:
        root = self._crate.root_dataset
        root["name"] = name
        root["description"] = (
            "A run of attendna, a Snakemake workflow that trains, evaluates and explains "
            "attention CNNs on DNA sequences: results, workflow, settings, and which job made "
            "which file from which."
        )
        root["license"] = license_
        root["conformsTo"] = [
            self._context(
                address, kind="CreativeWork", name=title, version=PROFILE_VERSIONS[address]
            )
            for address, title in PROFILES.items()
        ]

    def _file(self, path: str, place: str | None = None, source: Path | None = None, **more: Any):
        """Add a file once; `path` is where it was in the run."""
        if path not in self._files:
            source = source or self._folder / path
            properties = {
                "name": path,
                "encodingFormat": FORMATS.get(source.suffix, "application/octet-stream"),
                "contentSize": str(source.stat().st_size),
                "sha256": _digest(source),
                **more,
            }
            self._files[path] = self._crate.add_file(source, place or path, properties=properties)
        return self._files[path]

    def _add_workflow(self):
        """Add the files of the workflow; its first page is what the crate is about."""
        crate = self._crate
        snakemake = self._context(
            "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
            kind="ComputerLanguage",
            name="Snakemake",
            identifier="https://doi.org/10.1093/bioinformatics/bts480",
            url="https://snakemake.readthedocs.io",
        )
        for part in WORKFLOW:
            for path in _below(CLONE / part):
                name = path.relative_to(CLONE).as_posix()
                more = {}
                if name == "Snakefile":
                    more["@type"] = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
                    more |= {"name": "attendna", "version": _version(), "license": "MIT"}
                elif path.suffix == ".py" and path.parent == CLONE / "scripts":
                    more = {"@type": ["File", "SoftwareSourceCode"], "version": _version()}
                self._file(f"workflow/{name}", source=path, **more)
        workflow = self._files["workflow/Snakefile"]
        workflow["programmingLanguage"] = snakemake
        workflow["conformsTo"] = {"@id": f"{BIOSCHEMAS}/ComputationalWorkflow/1.0-RELEASE"}
        workflow["creator"] = self._context(
            "#attendna-developers", kind="Organization", name="The attendna developers"
        )
        crate.mainEntity = workflow
        return workflow

    def _add_run(self, workflow, done: list[Job]):
        """Add the run as a whole: the settings and data went in, the results came out."""
        settings = [
            self._file(f"config/{number}_{path.name}", source=path)
            for number, path in enumerate(self._configs, start=1)
        ]
        settings = settings or [self._files["workflow/config.yaml"]]
        made = {path for job in done for path in job.outputs}
        given = {path for job in done for path in job.inputs if _is_data(path)} - made
        inputs = [entity for path in sorted(given) if (entity := self._input(path)) is not None]
        outputs = [self._files[path] for path in sorted(made & self._files.keys())]
        workflow["input"] = self._parameter("#config", "config", settings[0], True)
        if REPORT in self._files:
            workflow["output"] = self._parameter("#report", "report", self._files[REPORT], False)
        run = self._context(
            "#run",
            kind="CreateAction",
            name="Run of attendna",
            startTime=_time(min(job.started for job in done)),
            endTime=_time(max(job.ended for job in done)),
            actionStatus="http://schema.org/CompletedActionStatus",
        )
        run["instrument"] = workflow
        run["object"] = _one_or_all([*settings, *inputs])
        run["result"] = _one_or_all(outputs)
        return run

    def _parameter(self, identifier: str, name: str, example, required: bool) -> ContextEntity:
        parameter = self._context(
            identifier,
            kind="FormalParameter",
            name=name,
            additionalType="File",
            valueRequired=required,
        )
        parameter["conformsTo"] = {"@id": f"{BIOSCHEMAS}/FormalParameter/1.0-RELEASE"}
        parameter["workExample"] = example
        example["exampleOfWork"] = parameter
        return parameter

    def _input(self, path: str):
        """Add a file of the user: itself, or what it was."""
        source = self._folder / path
        if not source.is_file():
            return None
        if self._data:
            return self._file(path, place=f"data/{_digest(source)[:12]}_{source.name}")
        return self._context(
            f"#data-{_digest(source)[:12]}",
            kind="CreativeWork",
            name=source.name,
            description="An input of the run that is not part of this crate.",
            sha256=_digest(source),
        )

    def _add_jobs(self, workflow, run, done: list[Job]) -> None:
        """Add each rule as a step, and each job as an action with what it read and made."""
        steps, tools, controls, actions = {}, {}, [], []
        for job in done:
            script = f"workflow/scripts/{job.script}"
            if script not in self._files:
                continue
            tool = tools.setdefault(script, self._files[script])
            if job.rule not in steps:
                steps[job.rule] = self._context(
                    f"#step-{job.rule}",
                    kind="HowToStep",
                    name=job.rule,
                    position=str(len(steps) + 1),
                )
                steps[job.rule]["workExample"] = tool
            number = len(controls) + 1
            action = self._context(
                f"#job-{number}",
                kind="CreateAction",
                name=f"{job.rule}: {job.outputs[0]}",
                startTime=_time(job.started),
                endTime=_time(job.ended),
                actionStatus="http://schema.org/CompletedActionStatus",
            )
            action["instrument"] = tool
            read = [path for path in job.inputs if _is_data(path)]
            known = [self._files[p] if p in self._files else self._input(p) for p in read]
            action["object"] = _one_or_all([entity for entity in known if entity is not None])
            action["result"] = _one_or_all(
                [self._files[path] for path in job.outputs if path in self._files]
            )
            actions.append(action)
            control = self._context(f"#control-{number}", kind="ControlAction", name=job.rule)
            control["instrument"] = steps[job.rule]
            control["object"] = action
            controls.append(control)
        workflow["hasPart"] = list(tools.values())
        workflow["step"] = list(steps.values())
        engine = self._context(
            "#snakemake",
            kind="SoftwareApplication",
            name="Snakemake",
            url="https://snakemake.github.io",
            softwareVersion=_locked("snakemake"),
        )
        organised = self._context(
            "#organised",
            kind="OrganizeAction",
            name="Snakemake runs the jobs",
            startTime=run["startTime"],
            endTime=run["endTime"],
        )
        organised["instrument"] = engine
        organised["object"] = controls
        organised["result"] = run
        self._crate.root_dataset["mentions"] = [run, organised, *actions]


def _one_or_all(entities: list[Any]) -> Any:
    """Return the only entity of a list, or the list; RO-Crate 1.1 asks for no list of one."""
    return entities[0] if len(entities) == 1 else entities


def _below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def _is_data(path: str) -> bool:
    """Whether an input of a job is no file of the workflow."""
    return not re.search(r"(?:^|/)(?:scripts/\w+\.py|report/[\w.]+)$", path)


def _digest(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _version() -> str:
    text = (CLONE / "scripts" / "attendna" / "version.py").read_text(encoding="utf-8")
    return re.search('__version__ = "(.+)"', text)[1]


def _locked(package: str) -> str:
    text = (CLONE / "requirements" / "cpu.txt").read_text(encoding="utf-8")
    return re.search(rf"^{package}==([\d.]+)", text, re.MULTILINE)[1]


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", type=Path, default=Path(), help="that of the run")
    parser.add_argument("--configfile", type=Path, nargs="+", default=[], help="those of the run")
    parser.add_argument("--out", type=Path, default=Path("crate.zip"), help="the file to write")
    parser.add_argument("--name", default="Results of attendna", help="title of the crate")
    parser.add_argument("--license", default=UNSAID, help="of the results, as an address or text")
    parser.add_argument("--author", help="who made the run")
    parser.add_argument("--data", action="store_true", help="put the user's files into it, too")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Write the crate, or say in one sentence why there is none."""
    given = parse(arguments)
    done = jobs(given.directory / ".snakemake" / "metadata", given.directory)
    if not done:
        sys.exit(
            f"error: {given.directory.resolve()}: no results with Snakemake's records of how they "
            "were made; finish a run first, or name its folder with --directory."
        )
    missing = [path for path in given.configfile if not path.is_file()]
    if missing:
        sys.exit(f"error: {missing[0]}: no such config; name those that the run was made with.")
    if given.out.suffix != ".zip":
        sys.exit(f"error: {given.out}: a crate is a ZIP file; name it so, as in crate.zip.")
    crate = Crate(given.directory, given.configfile, given.data)
    made = crate.make(done, given.name, given.license, given.author)
    made.write_zip(given.out)
    print(f"{given.out}: {len(done)} jobs, {sum(len(job.outputs) for job in done)} files")


if __name__ == "__main__":
    main()
