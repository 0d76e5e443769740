import subprocess
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from attendna import intact_files, machine, provenance
from attendna.contracts.checkpoints import Checkpoint, Parts
from attendna.errors import UserError

MADE, OTHER = provenance.digest('{"a": 1}'), provenance.digest('{"a": 2}')


def write(path, text, script="make", settings=MADE, sources=()):
    with intact_files.job(script, settings):
        for source in sources:
            assert intact_files.read_text(source)
        with intact_files.whole(path, "w") as handle:
            handle.write(text)
    return path


@pytest.fixture
def chain(tmp_path):
    """A result of two steps: results/d/first.txt, from which a run made second.txt."""
    first = write(tmp_path / "d" / "first.txt", "1")
    second = tmp_path / "d" / "fold1" / "cnn" / "seed1" / "second.txt"
    return first, write(second, "2", "train", OTHER, [first])


def test_a_record_tells_script_settings_and_sources(chain):
    first, second = chain
    assert provenance.origin(first)[:3] == ("make", MADE, {})
    assert provenance.origin(second)[:3] == ("train", OTHER, {first: intact_files.sha256(first)})


def test_the_settings_are_those_of_the_command_line():
    argv = ["scripts/train.py", "--seed", "1", "--settings", '{"a": 1}', "--model", "m"]
    assert provenance.settings_digest(argv) == MADE
    assert provenance.settings_digest(["x.py", '--settings={"a": 2}']) == OTHER
    assert provenance.settings_digest(["x.py"]) not in (MADE, OTHER)


@pytest.mark.parametrize("wanted", [{}, {"make": MADE, "train": OTHER}, {"train": {"cnn": OTHER}}])
def test_what_belongs_together_passes(chain, wanted):
    provenance.Checker(wanted).check(chain[1])


@pytest.mark.parametrize(
    ("wanted", "named"),
    [({"train": MADE}, 1), ({"make": OTHER}, 0), ({"train": {"cnn": MADE, "other": OTHER}}, 1)],
)
def test_other_settings_are_found_however_far_back(chain, wanted, named):
    with pytest.raises(UserError, match="made with other settings") as error:
        provenance.Checker(wanted).check(chain[1])
    assert str(error.value).startswith(f"{chain[named]}: ")


def test_predictions_of_new_sequences_are_known_by_their_name(tmp_path):
    path = write(tmp_path / "d" / "predict" / "mine.tsv.gz", "1", "predict")
    provenance.Checker({"predict": {"mine": MADE, "other": OTHER}}).check(path)
    with pytest.raises(UserError, match="made with other settings"):
        provenance.Checker({"predict": {"mine": OTHER, "other": MADE}}).check(path)


def test_a_source_that_was_made_again_with_another_content_is_found(chain):
    first, second = chain
    write(first, "3")
    with pytest.raises(UserError, match="made from another .*first.txt than the one that is there"):
        provenance.Checker({}).check(second)
    write(first, "1")  # the same content again is the same source
    provenance.Checker({}).check(second)


def test_files_without_a_record_are_taken_as_they_are(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("by hand")
    with intact_files.whole(tmp_path / "outside.txt", "w") as handle:  # of no job
        handle.write("x")
    for name in ("mine.txt", "outside.txt", "nothing.txt"):
        assert provenance.origin(tmp_path / name) is None
        provenance.Checker({"make": MADE}).check(tmp_path / name)


def test_the_day_and_the_machine_of_results_are_told(chain):
    checker = provenance.Checker({})
    checker.check(chain[-1])
    assert checker.machines == {machine.description()}
    today = datetime.now(UTC).date()
    assert checker.days and checker.days <= {str(today), str(today - timedelta(days=1))}
    record = intact_files.digest_path(chain[0])
    older = [line for line in record.read_text().splitlines() if not line.startswith("# at ")]
    record.write_text("\n".join([*older, ""]))
    assert provenance.origin(chain[0])[3:] == ("", "")


def test_a_garbled_record_is_none(chain):
    intact_files.digest_path(chain[0]).write_bytes(b"\xff\x00# made by nobody")
    assert provenance.origin(chain[0]) is None


def test_sha256sum_takes_the_record(chain):
    for path in chain:
        record = intact_files.digest_path(path)
        command = ["sha256sum", "--check", "--strict", str(record.relative_to(path.parent))]
        assert subprocess.run(command, cwd=path.parent, check=True, capture_output=True)


def test_what_a_job_kept_for_itself_is_no_source(tmp_path):
    """It goes on with it, and keeps something else there before it is done."""
    result, parts = tmp_path / "result.txt", Parts(tmp_path / "parts", "this")
    checkpoint = Checkpoint(tmp_path / "state.npz", "this")
    for epoch, content in ((1, "before"), (2, "after")):
        with intact_files.job("train", MADE):
            assert checkpoint.load() == ({"epoch": 1} if epoch == 2 else None)
            parts.once(0, "same", lambda: {"x": np.zeros(1)})
            checkpoint.save({"epoch": epoch})
            parts.once(1, content, lambda: {"x": np.zeros(1)})
            with intact_files.whole(result, "w") as handle:
                handle.write(content)
    assert parts.found == 1
    assert provenance.origin(result)[:3] == ("train", MADE, {})
    provenance.Checker({"train": MADE}).check(result)


def test_what_a_job_wrote_is_no_source_of_what_it_writes_next(chain, tmp_path):
    first, _ = chain
    table, index = tmp_path / "table.tsv", tmp_path / "index.txt"
    with intact_files.job("score_variants", MADE):
        for path, read in ((table, first), (index, table)):
            text = intact_files.read_text(read)
            with intact_files.whole(path, "w") as handle:
                handle.write(text)
    for path in (table, index):
        assert provenance.origin(path).sources == {first: intact_files.sha256(first)}
