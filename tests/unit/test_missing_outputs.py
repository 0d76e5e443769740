from pathlib import Path
from types import SimpleNamespace

import pytest

from attendna.planning.missing_outputs import forgotten, unrecorded

OURS = Path("/clone")


class File(str):
    """A file of Snakemake's: a path with flags."""

    def __new__(cls, path, **flags):
        file = super().__new__(cls, path)
        file.flags = flags
        return file


class Job:
    def __init__(self, output, snakefile="/clone/Snakefile", params=("settings",)):
        self.output = [file if isinstance(file, File) else File(file) for file in output]
        self.rule = SimpleNamespace(snakefile=snakefile, params=dict.fromkeys(params))


class Records:
    """Those of Snakemake, of some files, of which some are of an old form."""

    def __init__(self, files, old):
        self.metadata = {*files, *old}.__contains__
        self.has_outdated_metadata = lambda job: not set(job.output).isdisjoint(old)


def graph(jobs, reads, targets=(), recorded=(), old=()):
    """A graph in which `reads` lists (maker, reader, files)."""
    depending = {job: {} for job in jobs}
    for maker, reader, files in reads:
        depending[maker][reader] = set(files)
    workflow = SimpleNamespace(persistence=Records(recorded, old))
    return SimpleNamespace(
        jobs=jobs, depending=depending, targetfiles=set(targets), workflow=workflow
    )


@pytest.fixture
def there(tmp_path):
    path = tmp_path / "there"
    path.write_text("x")
    return str(path)


def test_a_missing_file_whose_follower_is_there_is_forgotten(there):
    a, b = Job(["gone"]), Job([there])
    assert list(forgotten(graph([a, b], [(a, b, ["gone"])], [there]), {OURS})) == ["gone"]


def test_what_a_target_names_and_what_a_job_that_runs_reads_is_not(there):
    a, b, target = Job(["gone"]), Job(["gone too"]), Job([])
    assert not list(forgotten(graph([a], [], ["gone"]), {OURS}))
    assert not list(forgotten(graph([a, target], [(a, target, ["gone"])]), {OURS}))
    assert not list(forgotten(graph([a, b], [(a, b, ["gone"])], ["gone too"]), {OURS}))


def test_an_output_that_nobody_reads_counts_too(there):
    """Its job has another output, which is there."""
    a, b = Job([there, "gone"]), Job(["gone too"])
    assert list(forgotten(graph([a, b], [(a, b, [there])], ["gone too"]), {OURS})) == ["gone"]


def test_files_that_are_not_kept_and_rules_of_others_do_not_count(there):
    temporary, other = Job([File("part", temp=True)]), Job(["gone"], "/elsewhere/Snakefile")
    last = Job([there])
    dag = graph([temporary, other, last], [(temporary, last, ["part"]), (other, last, ["gone"])])
    assert not list(forgotten(dag, {OURS}))


def test_what_was_made_nobody_knows_how_is_named(there):
    """After a copy of the results without the folder `.snakemake`."""
    job, gone = Job([there]), Job(["gone"])
    assert list(unrecorded(graph([job, gone], []), {OURS})) == [there]
    assert not list(unrecorded(graph([job], [], recorded=[there]), {OURS}))
    assert list(unrecorded(graph([job], [], old=[there]), {OURS})) == [there]


def test_what_is_not_kept_rules_of_others_and_downloads_need_no_record(there):
    temporary, other = Job([File(there, temp=True)]), Job([there], "/elsewhere/Snakefile")
    download = Job([there], params=["address"])
    assert not list(unrecorded(graph([temporary, other, download], []), {OURS}))
