"""Snakemake's records as lines: plainly in a pipe, above bars in a real terminal."""

import io
import logging
import os
import pty
import re
import time
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from attendna.terminal import lines, screens
from attendna.terminal.progress import Planned

RUN = {"dataset": "small", "fold": "1", "model": "cnn", "seed": "1"}
SENTENCE = "error: data/a.fa, line 2 (record a): 'E' is not an IUPAC nucleotide letter; correct it."
JOBS = [Planned("simulate", {"dataset": "small"}, 10.0), Planned("train", RUN, 100.0)]


def record(event=None, message="", level=logging.INFO, **fields):
    made = logging.LogRecord("snakemake.logging", level, "", 0, message, (), None)
    made.__dict__.update({"event": event} if event else {}, **fields)
    return made


def begins(number, job, log="job.log", reason="Missing output files: x", output=("results/x",)):
    return record(
        LogEvent.JOB_INFO,
        jobid=number,
        rule_name=job.rule,
        wildcards=job.wildcards,
        output=list(output),
        log=[str(log)],
        reason=reason,
        input=["scripts/x.py"] * 99,
    )


def fails(number, log, **fields):
    given = {"jobid": number, "rule_name": "train", "log": [str(log)], "rule_msg": None}
    return record(LogEvent.JOB_ERROR, **{"indent": False, **given, **fields})


def told(records, screen=None, **options):
    """Return what is written of records; how long it takes is the machine's affair."""
    stream = io.StringIO()
    handler = lines.Lines(
        screen or screens.Plain(stream),
        lambda: JOBS,
        lambda: ["The report: x"],
        lambda: (1, False),
        **options,
    )
    for one in records:
        handler.handle(one)
    handler.close()
    return re.sub(r"about \d+ (seconds?|minutes)", "about SOME time", stream.getvalue())


def whole_run(log):
    """Snakemake's records of a run that ends well."""
    yield record(LogEvent.WORKFLOW_STARTED, "Workflow has started!")
    yield record(None, "Building DAG of jobs...")
    yield record(LogEvent.RESOURCES_INFO, "Provided cores: 2")
    yield record(LogEvent.RUN_INFO, "Job stats:\njob count", stats={})
    yield record(None, "Select jobs to execute...")
    yield record(LogEvent.JOB_STARTED, "Execute 1 jobs...", jobs=[1])
    yield begins(1, JOBS[0])
    yield record(LogEvent.SHELLCMD, "Shell command: python scripts/simulate.py")
    yield record(LogEvent.JOB_FINISHED, "Finished jobid: 1", job_id=1)
    yield record(LogEvent.PROGRESS, "None", done=1, total=3)
    yield begins(2, JOBS[1], log)
    yield record(LogEvent.JOB_FINISHED, "Finished jobid: 2", job_id=2)
    yield begins(0, Planned("all", {}, 0), output=())
    yield record(None, "Dataset small\nThe report: results/report.html")
    yield record(None, "Complete log(s): x")
    yield record(None, "Elapsed time: 0:00:01")


def test_a_run_is_told_in_a_line_a_job_and_ends_with_the_report(tmp_path):
    text = told(whole_run(tmp_path / "no.log"))
    assert text == (
        "Planned: 2 jobs, about SOME time on 1 core\n"
        "  data             1  simulate\n"
        "  models           1  train\n"
        "[1/2, about SOME time left] simulate small\n"
        "[2/2, about SOME time left] train cnn on small, fold 1, seed 1\n"
        "Dataset small\nThe report: results/report.html\n"
    )


def test_a_plan_for_a_cluster_tells_no_time():
    stream = io.StringIO()
    handler = lines.Lines(screens.Plain(stream), lambda: JOBS, list, lambda: (50, True))
    for one in (record(LogEvent.RUN_INFO), begins(1, JOBS[0])):
        handler.handle(one)
    handler.close()
    assert stream.getvalue().startswith("Planned: 2 jobs\n")
    assert stream.getvalue().endswith("\n[1/2] simulate small\n")


def test_a_dry_run_tells_no_times_but_why_what_was_done_is_done_again():
    changed = "Params have changed since last execution: before ...; Missing output files: y"
    text = told([begins(1, JOBS[0]), begins(2, JOBS[1], reason=changed)], dry=True)
    assert text == (
        "[1/2] simulate small\n"
        "[2/2] train cnn on small, fold 1, seed 1 (params have changed since last execution)\n"
    )


def test_commands_are_shown_on_demand(tmp_path):
    assert "Shell command: python" in told(whole_run(tmp_path / "no.log"), commands=True)


@pytest.mark.parametrize(
    ("quiet", "jobs", "plan", "rest"),
    [("rules", 0, 1, 1), ("progress", 2, 0, 1), ("all", 0, 0, 0)],
)
def test_quiet_leaves_out_what_it_names_and_never_an_error(tmp_path, quiet, jobs, plan, rest):
    log = tmp_path / "train.log"
    log.write_text(SENTENCE + "\n")
    text = told([*whole_run(tmp_path / "no.log"), fails(2, log)], quiet=frozenset({quiet}))
    assert (text.count("small, fold 1") - 1 + text.count("] simulate")) == jobs
    assert (text.count("Planned"), text.count("The report")) == (plan, rest)
    assert text.count(SENTENCE) == 1


# ------------------------------------------------------------------------------ failures


def error(text, name="RuleException"):
    return record(LogEvent.ERROR, text, logging.ERROR, exception=name)


def last_words(*failed):
    yield from failed
    yield record(None, "Shutting down, this might take some time.")
    yield record(None, "Exiting because a job execution failed. Look above", logging.ERROR)
    yield error("WorkflowError:\nAt least one job did not complete successfully.", "WorkflowError")


def test_a_job_that_fails_is_told_once_with_its_sentence_and_its_log(tmp_path):
    log = tmp_path / "train.log"
    log.write_text(f"I0000 oneDNN custom operations are on\n{SENTENCE}\n")
    exception = error(
        f"RuleException:\nCalledProcessError in file x:\nCommand '... > {log}' {'x' * 999}"
    )
    text = told([begins(2, JOBS[1], log), *last_words(exception, fails(2, log))])
    assert text == (
        "[1/2, about SOME time left] train cnn on small, fold 1, seed 1\n"
        "FAILED: train cnn on small, fold 1, seed 1\n"
        f"  {SENTENCE}\n"
        f"  its log: {log}\n"
        "1 job FAILED, see above; 0 of 2 jobs done. Correct what is wrong and run the same command "
        "again:\nwhat is done is kept.\n"
    )


@pytest.mark.parametrize("said", ["", "training on CPU\n"])
def test_a_job_that_was_killed_is_told_by_how_it_ended(tmp_path, said):
    log = tmp_path / "train.log"
    log.write_text(said)
    exception = error(
        f"RuleException:\nCalledProcessError in file x, line 1:\nCommand 'python > {log}' "
        "died with <Signals.SIGKILL: 9>."
    )
    text = told([begins(2, JOBS[1], log), exception, fails(2, log)])
    assert text.endswith(
        f"FAILED: train cnn on small, fold 1, seed 1\n{'  ' if said else ''}{said}"
        "  its command was killed, perhaps for lack of memory (died with <Signals.SIGKILL: 9>)\n"
        f"  its log: {log}\n"
    )


def test_several_failures_are_named_again_at_the_end(tmp_path):
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    for log in logs:
        log.write_text(SENTENCE + "\n")
    records = [begins(i, JOBS[i], logs[i]) for i in (0, 1)]
    records += last_words(*(fails(i, logs[i]) for i in (0, 1)))
    text = told(records)
    assert text.count(SENTENCE) == 2 and "2 jobs FAILED" in text
    end = text[text.index("2 jobs FAILED") :]
    assert f"  simulate small:  {logs[0]}" in end and str(logs[1]) in end


def test_a_job_that_ends_well_when_it_is_tried_again_has_not_failed(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(SENTENCE + "\n")
    again = [begins(0, JOBS[0], log), record(LogEvent.JOB_FINISHED, job_id=0)]
    other = [begins(1, JOBS[1], log), fails(1, log)]
    text = told([begins(0, JOBS[0], log), fails(0, log), *again, *last_words(*other)])
    assert "[1/2, about " in text and "simulate small (again)\n" in text
    assert "1 job FAILED, see above; 1 of 2 jobs done" in text


def test_of_a_group_only_what_failed_is_told(tmp_path):
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    logs[0].write_text("fine\n")
    logs[1].write_text(SENTENCE + "\n")
    infos = [
        {"jobid": i, "rule_name": JOBS[i].rule, "log": [str(logs[i])], "output": []} for i in (0, 1)
    ]
    group = record(LogEvent.GROUP_ERROR, job_error_info=infos, aux_logs=[], groupid="g")
    inside = [fails(i, logs[i], indent=True) for i in (0, 1)]
    text = told([*(begins(i, JOBS[i], logs[i]) for i in (0, 1)), group, *inside])
    assert text.count("FAILED") == text.count(SENTENCE) == 1
    assert "FAILED: train cnn on small" in text and "fine" not in text


def test_an_error_that_is_no_jobs_is_told_in_full():
    assert told([error("WorkflowError:\nthis run would fail: disk", "WorkflowError")]) == (
        "WorkflowError:\nthis run would fail: disk\n"
    )


def test_who_stops_a_run_is_not_told_that_jobs_failed(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("error: interrupted; run again to go on.\n")
    stop = record(None, "Terminating processes on user request, this might take some time.")
    text = told([begins(0, JOBS[0], log), stop, fails(0, log), *last_words()])
    assert "FAILED" not in text
    assert text.endswith("Stopped, with 0 of 2 jobs done. Run the same command again to go on.\n")


def test_where_nothing_is_to_be_done_the_end_is_told_all_the_same():
    nothing = "Nothing to be done (all requested files are present and up to date)."
    assert told([record(None, nothing)]) == f"{nothing}\nThe report: x\n"
    assert told([record(None, nothing)], dry=True) == f"{nothing}\n"


def test_warnings_and_what_is_not_known_are_passed_on():
    some = [record(None, "Job 5 has been submitted with SLURM jobid 7"), record(None, "?", 30)]
    assert told(some) == "Job 5 has been submitted with SLURM jobid 7\n?\n"


# ------------------------------------------------------------------------------ epochs, terminals


def wait_until(found, what):
    for _ in range(200):
        if what in found():
            return
        time.sleep(0.01)
    raise AssertionError(found())


def test_epochs_stay_as_lines_in_a_pipe_but_not_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "TICK", 0.01)
    stream, log = io.StringIO(), tmp_path / "train.log"
    handler = lines.Lines(screens.Plain(stream), lambda: JOBS, list, lambda: (1, False))
    for one in (record(LogEvent.RUN_INFO), begins(1, JOBS[1], log)):
        handler.handle(one)
    log.write_text("epoch 1/30  loss 0.5\n")
    wait_until(stream.getvalue, "  epoch 1/30  loss 0.5  (train cnn on small, fold 1, seed 1)\n")
    with open(log, "a") as handle:
        handle.write("epoch 2/30  loss 0.4\ncontinuing after epoch 2\n")
    wait_until(stream.getvalue, "  continuing after epoch 2  (train cnn")
    handler.close()
    assert "epoch 2/30" not in stream.getvalue()  # ten seconds are not over


def read_all(descriptor):
    found = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # the other side is closed
            return found.decode()
        found += piece


def test_a_terminal_of_80_columns_shows_bars_and_keeps_none(tmp_path, monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setattr(lines, "TICK", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    here, there = pty.openpty()
    log = tmp_path / "train.log"
    log.write_text("epoch 7/30  loss 0.5\n")
    with open(there, "w") as stream:
        screen = screens.screen(stream)
        assert isinstance(screen, screens.Drawn) and screen.width == 80
        handler = lines.Lines(screen, lambda: JOBS, list, lambda: (1, False))
        for one in (record(LogEvent.RUN_INFO), begins(1, JOBS[1], log)):
            handler.handle(one)
        wait_until(lambda: str(handler._screen._tasks), "train cnn")
        time.sleep(0.6)  # two drawings
        handler.handle(record(LogEvent.JOB_FINISHED, job_id=1))
        handler.handle(record(None, "The report: x"))
        handler.close()
    drawn = read_all(here)
    os.close(here)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn)
    assert "[1/2] train cnn on small, fold 1, seed 1" in plain
    assert "0 of 2 jobs done" in plain and "epoch 7/30" in plain and "left" in plain
    assert max(map(len, re.split(r"[\r\n]+", plain))) <= 80
    assert drawn.rstrip().endswith("\x1b[2K") and "\x1b[?25h" in drawn  # bars gone, cursor back


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_not_draw_gets_plain_lines(monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    assert isinstance(screens.screen(SimpleNamespace(isatty=lambda: True)), screens.Plain)
    assert isinstance(screens.screen(io.StringIO()), screens.Plain)
