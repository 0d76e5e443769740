import json
import shutil
import subprocess
from pathlib import Path

import made_up_results as made_up
import pytest
from test_report import tell

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def visit(page: Path, folder: Path) -> tuple[str, list[str], set[str]]:
    """Open a page; return the document, the lines of the console and the addresses it asked for."""
    log = folder / "network.json"
    command = [CHROMIUM, *QUIET, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}"]
    command += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=3000", "--dump-dom"]
    done = subprocess.run(
        [*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    details = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    # Chromium's own requests, for updates and the time, come from no page: "not an origin".
    asked = {
        detail["url"]
        for detail in details
        if detail.get("initiator", "not an origin") != "not an origin"
    }
    return done.stdout, console, asked


def test_a_bad_page_would_be_noticed(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text('<img src="http://127.0.0.1:9/x.png"><script>console.error("oh")</script>')
    _, console, asked = visit(page, tmp_path)
    assert any("oh" in line for line in console)
    assert asked == {"http://127.0.0.1:9/x.png"}


def test_the_report_opens_without_an_error_or_a_request(tmp_path):
    results = tmp_path / "results"
    made = made_up.MadeUp()
    made_up.write(results, made)
    made_up.draw(results, made)
    tell(results, made)
    document, console, asked = visit(results / "report.html", tmp_path)
    assert "What attendna found" in document
    assert console == []
    assert asked == set()
