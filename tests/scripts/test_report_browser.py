import json
import re
import shutil
import subprocess
from pathlib import Path

import made_up_results as made_up
import pytest
from made_up_variants import MODEL, ROW, SUMMARY
from test_report import tell

from attendna.contracts.tables import write_json

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


@pytest.mark.thorough
def test_the_report_opens_without_an_error_or_a_request(tmp_path):
    results = tmp_path / "results"
    made = made_up.MadeUp()
    made_up.write(results, made)
    made_up.draw(results, made)
    tell(results, made, section=write_variants(results / made.name, "rs1"))
    document, console, asked = visit(results / "report.html", tmp_path)
    assert "What attendna found" in document
    assert "How far can the effects be trusted?" in document and "yes_1 lost" in document
    assert console == []
    assert asked == set()


# As a click on a heading of the overview, twice on the same one.
CLICK = """<script>const rows = () => [...document.querySelectorAll("table.sortable tbody tr")]
.map((row) => row.cells[0].innerText + " " + row.cells[1].innerText.split("\\n")[0]);
const [dataset, , auroc] = document.querySelectorAll("table.sortable th button");
const told = [rows()];
for (const button of [auroc, auroc, dataset]) { button.click(); told.push(rows()); }
document.title = JSON.stringify(told);</script>"""


def test_the_overview_opens_without_an_error_and_sorts_without_a_network(tmp_path):
    results = tmp_path / "results"
    made = [made_up.MadeUp(name=name) for name in ("two", "one")]
    for its in made:
        made_up.write(results, its)
    page = results / "report.html"
    page.write_text(tell(results, *made).replace("</body>", f"{CLICK}</body>"))
    document, console, asked = visit(page, tmp_path)
    assert console == []
    assert asked == set()
    (title,) = re.findall("<title>(.*)</title>", document)
    config, falling, rising, by_name = json.loads(title)
    models = ["attention_cnn", "kmer_logistic", "oracle"]
    assert config == [f"{name} {model}" for name in ("two", "one") for model in models]
    by_score = [f"{name} {m}" for m in ("oracle", *models[:2]) for name in ("two", "one")]
    assert falling == by_score
    turned = [
        f"{name} {m}" for m in ("kmer_logistic", models[0], "oracle") for name in ("two", "one")
    ]
    assert rising == turned
    assert [row.split()[0] for row in by_name] == ["one"] * 3 + ["two"] * 3
    # The page of a dataset, too.
    document, console, asked = visit(results / "report" / "one.html", tmp_path)
    assert "What attendna found: one" in document
    assert console == [] and asked == set()


def write_variants(folder: Path, name: str) -> dict:
    """Write what the report shows of variants, one of which has this id; return its settings."""
    picture = next(folder.glob("figures/*.png"))
    (folder / "variants").mkdir()
    shutil.copy(picture, folder / "variants" / "mine.png")
    summary = SUMMARY | {"strongest": [ROW | {"id": name}]}
    write_json(folder / "variants" / "mine.json", summary)
    write_json(folder / "effects.json", {"records": 200, "positive": "yes", "models": [MODEL]})
    return {"variants": ["mine"], "effects": True}


HOSTILE = """<script>console.error("ran")</script><img src=x onerror=console.error("ran")>"""


@pytest.mark.thorough
def test_what_data_say_is_shown_and_not_run(tmp_path):
    """Ids of records, as from FASTA headers, names of classes and findings are text."""
    results = tmp_path / "results"
    made = made_up.MadeUp(classes=(f"a{HOSTILE}", f"b</td>{HOSTILE}"), ids=f"r{HOSTILE}")
    made_up.write(results, made)
    made_up.draw(results, made)
    made_up.write_prediction(results, made.name, "mine", list(made.classes), ids=f"s{HOSTILE}")
    made_up.write_scan(results, made.name, "genome", f"g{HOSTILE}")
    audit = results / made.name / "audit.json"
    content = json.loads(audit.read_text())
    content["findings"] = [{"severity": "warning", "message": f"f{HOSTILE}"}]
    write_json(audit, content)
    section = {"predict": ["mine"], "scans": ["genome"]}
    section |= write_variants(results / made.name, f"v{HOSTILE}")
    tell(results, made, section=section)
    document, console, asked = visit(results / "report.html", tmp_path)
    shown = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    assert "v&lt;script&gt" in document
    for begin in ("a", "b&lt;/td&gt;", "s", "f", "g"):
        assert f"{begin}{shown}" in document
    assert console == []
    assert asked == set()
    # The same text would run if it were not escaped.
    page = tmp_path / "unescaped.html"
    page.write_text(HOSTILE)
    assert len(visit(page, tmp_path)[1]) >= 1
