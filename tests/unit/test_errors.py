"""How a script ends: with a status and a sentence, and without half-written files."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from attendna.command_line import run

SCRIPTS = Path(__file__).parents[2] / "scripts"
WRITING = """
import sys, time
from attendna.command_line import run
from attendna.intact_files import whole
def main():
    with whole(sys.argv[1]) as handle:
        handle.write(b"half")
        print("writing", flush=True)
        time.sleep(60)
run(main)
"""


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        (signal.SIGTERM, 143, "error: asked to end (SIGTERM); run again to go on."),
        (signal.SIGINT, 130, "error: interrupted; run again to go on."),
    ],
)
def test_a_script_that_is_asked_to_end_leaves_nothing_half_written(
    tmp_path, sent, status, sentence
):
    script = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(tmp_path / "file")],
        cwd=SCRIPTS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    script.stdout.readline()
    assert len(list(tmp_path.iterdir())) == 1  # the temporary file
    script.send_signal(sent)
    _, said = script.communicate(timeout=30)
    assert (script.returncode, said.strip()) == (status, sentence)
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_gets_a_sentence(monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for error, reason in ((MemoryError(), ""), (MemoryError("4 PiB"), " (4 PiB)")):

        def main(error=error):
            raise error

        with pytest.raises(SystemExit) as ended:
            run(main)
        assert ended.value.code.startswith(f"error: not enough memory{reason}; give ")
