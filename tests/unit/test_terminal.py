"""What the terminal is told of a run: words, times, epochs, failures, the end."""

import json
import re
import string
from pathlib import Path

import pytest

from attendna import durations
from attendna.terminal import closing, epochs, failures, steps
from attendna.terminal.progress import Planned, Progress, key

RULES = Path(__file__).parents[2] / "rules"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7200, "2 hours"), (2e5, "2 days")],
)
def test_times_are_told_in_a_unit_of_which_there_are_two(seconds, expected):
    assert durations.about(seconds) == expected


# ------------------------------------------------------------------------------ words


OF_A_RUN = "{dataset}{fold}{model}{seed}"


def rules_of(stage):
    text = (RULES / f"{stage}.smk").read_text()
    parts = re.split(r"^rule (\w+):$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_rule_has_words_in_the_stage_that_it_belongs_to():
    stages = {path.stem for path in RULES.glob("*.smk")} - {"common", "place"}
    assert {stage: {*rules} for stage, rules in steps.STEPS.items()} == {
        stage: {*rules_of(stage)} for stage in stages
    }


def test_words_name_every_wildcard_of_a_rule_but_checksums():
    for stage, rules in steps.STEPS.items():
        for rule, words in rules.items():
            block = re.sub(r"{RUN}|exported_files\(.*\)", OF_A_RUN, rules_of(stage)[rule])
            outputs = re.split(r"^    (?:output|log):$", block, flags=re.MULTILINE)[1]
            wildcards = {*re.findall(r"\{+(\w+)\}+", outputs)} - {"sha256", "settings"}
            if rule == "score_oracle":  # of one model, with one seed
                wildcards -= {"model", "seed"}
            named = {name for _, name, _, _ in string.Formatter().parse(words) if name}
            assert named == wildcards & {*"dataset fold model seed name scatteritem".split()}, rule


def test_a_job_is_told_in_words():
    run = {"dataset": "tutorial", "fold": "1", "model": "attention_cnn", "seed": "1"}
    assert steps.words("train", run) == "train attention_cnn on tutorial, fold 1, seed 1"
    assert steps.words("their_rule", {"x": "1"}) == "their rule, x 1"  # of a rule added by hand


@pytest.mark.parametrize("number", [1, 1200])
def test_a_plan_is_short_and_counts_every_job(number):
    counts = dict.fromkeys(steps.WORDS, number) | {"their_rule": 1}
    for width in (80, 100):
        lines = steps.planned(counts, width)
        assert max(map(len, lines)) <= width and "their rule" in lines[-1]
        assert len(lines) <= (14 if number == 1 else 21)
    numbers = [line.split()[1] for line in lines if line[2] != " "]
    assert sum(int(number.replace(",", "")) for number in numbers) == sum(counts.values())


# ------------------------------------------------------------------------------ progress


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize("slower", [0.5, 1, 3])
def test_the_time_left_follows_how_long_jobs_really_take(slower):
    """Ten jobs of a minute, one at a time, on a machine that is so much slower than estimated."""
    clock = Clock()
    jobs = [Planned("train", {"seed": str(i)}, 60.0) for i in range(10)]
    progress = Progress(jobs, 1, clock=clock)
    assert progress.left() == 600 and progress.total == 10
    for i, job in enumerate(jobs[:5]):
        assert progress.begin(key(*job[:2])) == (i + 1, False)
        clock.now += 60 * slower
        progress.finish(key(*job[:2]))
    assert (progress.done, progress.share()) == (5, 0.5)
    assert progress.left() == pytest.approx(300 * slower, rel=0.4)
    assert abs(progress.left() - 300 * slower) < abs(300 - 300 * slower) or slower == 1


def test_several_cores_share_the_work():
    jobs = [Planned("train", {"seed": str(i)}, 60.0) for i in range(10)]
    assert Progress(jobs, 4, clock=Clock()).left() == 150


def test_of_a_cluster_no_time_is_told_before_its_queue_is_known():
    clock, jobs = Clock(), [Planned("train", {"seed": str(i)}, 60.0) for i in range(10)]
    progress = Progress(jobs, 50, queued=True, clock=clock)
    assert progress.time() == "" and Progress(jobs, 1, clock=clock).time() == "about 10 minutes"
    progress.begin(key(*jobs[0][:2]))
    clock.now = 600
    progress.finish(key(*jobs[0][:2]))
    assert progress.time().startswith("about ")


def test_a_running_job_counts_for_what_it_has_done_and_never_as_finished():
    clock = Clock()
    progress = Progress([Planned("train", {}, 60.0)], 1, clock=clock)
    progress.begin(key("train", {}))
    clock.now = 30
    assert progress.share() == 0.5
    clock.now = 1000
    assert progress.share() == 0.9 and progress.left() > 0
    progress.fail(key("train", {}))
    assert progress.share() == 0
    assert progress.begin(key("train", {})) == (1, True)  # tried again
    progress.finish(key("train", {}))
    assert progress.share() == 1 and progress.left() == 0


# ------------------------------------------------------------------------------ epochs

EPOCH = (
    "epoch {}/30  loss 0.4500  val_loss 0.4400  val_accuracy 0.7900  900 sequences/s  at most 9 s"
)


def test_epochs_are_read_from_a_log_as_it_grows(tmp_path):
    log = tmp_path / "train.log"
    followed = epochs.Followed()
    followed.begin("job", "train cnn", log)
    assert followed.news() == []  # no log yet
    log.write_text("training on CPU\n" + EPOCH.format(1)[:20])
    assert followed.news() == []
    log.write_text(f"training on CPU\n{EPOCH.format(1)}\n{EPOCH.format(2)}\nepoch 3/3")
    (training,) = followed.news()
    assert (training.number, training.epochs, training.words) == (2, 30, "train cnn")
    assert training.said.startswith("loss 0.4500")
    assert followed.news() == []
    log.write_text("continuing after epoch 2, where an earlier run stopped\n")  # tried again
    assert followed.news() == [training] and training.resumed.startswith("continuing after epoch 2")
    followed.end("job")
    log.write_text(f"{EPOCH.format(9)}\n" * 9)
    assert followed.news() == []


def test_blocks_of_a_scan_are_read_from_its_log(tmp_path):
    log = tmp_path / "scan_genome.log"
    followed = epochs.Followed()
    followed.begin("job", "scan", log)
    log.write_text("block 3/5  up to chr1:3,000,080, about 22 seconds left\n")
    (scan,) = followed.news()
    assert (scan.unit, scan.number, scan.epochs) == ("block", 3, 5)
    assert scan.said == "up to chr1:3,000,080, about 22 seconds left"


# ------------------------------------------------------------------------------ failures


def test_of_a_failure_the_last_error_is_told_and_what_follows_it(tmp_path):
    noisy, quiet, gone = tmp_path / "a.log", tmp_path / "b.log", tmp_path / "c.log"
    noisy.write_text("I0000 oneDNN\nerror: old\nsteps\nerror: data/a.fa, line 2: no.\n")
    quiet.write_text(
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
        "I0000 00:00:1796048208.519365   15962 port.cc:153] oneDNN custom operations are on.\n"
        "all went well\n"
    )
    assert failures.told([quiet, noisy, gone]) == ["error: data/a.fa, line 2: no."]
    assert failures.told([quiet, gone]) == ["all went well"]  # better than nothing
    assert failures.says_why([quiet, noisy]) and not failures.says_why([quiet, gone])
    noisy.write_text("chatter\nTraceback (most recent call last):\n  File\nKeyError: 'x'\n")
    assert failures.told([noisy])[0].startswith("Traceback") and len(failures.told([noisy])) == 3


def test_how_a_command_ended_is_taken_from_the_exception():
    text = "CalledProcessError in file x, line 3:\nCommand 'set; python' {}."
    for how in ("returned non-zero exit status 2", "died with <Signals.SIGTERM: 15>"):
        assert failures.end(text.format(how)) == how
    for how in ("returned non-zero exit status 137", "died with <Signals.SIGKILL: 9>"):
        killed = f"was killed, perhaps for lack of memory ({how})"
        assert failures.end(text.format(how)) == killed
    assert failures.end("something else") == "failed"


# ------------------------------------------------------------------------------ the end

FINDINGS = [{"severity": s, "message": f"{s} {i}"} for i, s in enumerate(["note", "warning"] * 3)]


def write_verdict(results, datasets):
    results.mkdir()
    (results / "verdict.json").write_text(json.dumps({"datasets": datasets}))


def test_a_run_ends_with_verdict_findings_and_path(tmp_path):
    results = tmp_path / "results"
    one = {"name": "promoters", "verdict": "Yes, " + "clearly better " * 20, "findings": FINDINGS}
    two = {"name": "peaks", "verdict": None, "findings": []}
    write_verdict(results, [one, two])
    lines = closing.of_report(results, 60)
    text = " ".join(" ".join(lines).split())
    assert "Dataset promoters Is it good? Yes, clearly better clearly" in text
    # The worst first, and not too many.
    assert "warning: warning 1 warning: warning 3 warning: warning 5 and 3 more findings" in text
    assert "Dataset peaks The audit found nothing wrong in what it checked." in text
    assert lines[-1] == f"The report: {results}/report.html"
    assert max(map(len, lines[:-1])) <= 60


def test_of_many_datasets_the_first_are_told(tmp_path):
    results = tmp_path / "results"
    names = [f"set{i}" for i in range(9)]
    write_verdict(results, [{"name": name, "verdict": "Yes.", "findings": []} for name in names])
    text = "\n".join(closing.of_report(results, 80))
    assert "set2" in text and "set3" not in text and "and 6 more datasets" in text


def test_a_run_without_a_report_tells_the_findings_and_what_is_asked_for(tmp_path):
    folder = tmp_path / "peaks"
    (folder / "fold1").mkdir(parents=True)
    (folder / "audit.json").write_text(json.dumps({"findings": FINDINGS[:1]}))
    (folder / "fold1" / "leakage.json").write_text(json.dumps({"findings": FINDINGS[1:2]}))
    lines = closing.of_part(tmp_path, ["peaks"], ["results/peaks/audit.json"], 80)
    assert lines[1:4] == ["Dataset peaks", "  warning: warning 1", "  note: note 0"]
    assert "Up to date: results/peaks/audit.json" in lines and "snakemake --cores" in lines[-1]
    (folder / "fold1" / "leakage.json").write_text("{")
    told = closing.of_part(tmp_path, ["peaks"], [], 80)
    assert not any("audit" in line or "peaks" in line for line in told)
    (tmp_path / "report.html").touch()
    assert "may be older" in closing.of_part(tmp_path, [], [], 80)[-1]


@pytest.mark.parametrize("content", [None, "", "{"])
def test_what_is_missing_or_damaged_does_not_spoil_the_end(tmp_path, content):
    if content is not None:
        (tmp_path / "verdict.json").write_text(content)
    assert closing.of_report(tmp_path, 80)[-1] == f"The report: {tmp_path}/report.html"
