"""Every block of code in the README and the documents is checked here, or says that it is not run.

A block says so in a comment before it, which readers do not see: `<!-- not run: why -->`. Or it
names the file of the test that runs it: `<!-- run by tests/... -->`.
"""

import ast
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import snakemake.cli
import yaml

from attendna import dna
from attendna.contracts.attributions import Attributions, write_attributions
from attendna.contracts.encoded import read_encoded, write_encoded
from attendna.contracts.sequences import read_sequences
from attendna.contracts.splits import read_split

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^ *(?P<mark><!-- (?:not run:|run by) \S.*-->)\n)?"
    r"^(?P<indent>(?:> )?(?: {2,})?)```(?P<kind>\w*) ?(?P<info>.*)\n"
    r"(?P<text>(?:.*\n)*?)(?P=indent)```$",
    re.MULTILINE,
)
SENTENCES = ("error: ", "config: ")
# Pages whose files and configs tests/unit/test_docs.py imports and splits, or runs.
MADE = {"docs/your-data.md", "docs/outputs.md"}


def blocks(page):
    """What stands before each block of a page, its kind, its title, and its lines."""
    for match in BLOCK.finditer(page.read_text()):
        lines = match["text"].splitlines()
        text = "\n".join(line.removeprefix(match["indent"].rstrip()) for line in lines)
        yield match["mark"], match["kind"], match["info"], text


def all_blocks(kind):
    return [
        (name(page), text)
        for page in PAGES
        for mark, its_kind, _, text in blocks(page)
        if its_kind == kind and not mark
    ]


def name(page):
    return str(page.relative_to(ROOT))


def commands(text):
    """The commands of a block, each as one line, without comments."""
    joined = text.replace("\\\n", " ").splitlines()
    lines = [re.sub(r"(?:^| {2,}| )#( .*|$)", "", line).strip() for line in joined]
    return [line for line in lines if line]


def test_every_fence_is_the_end_of_a_block():
    for page in PAGES:
        fences = re.findall(r"^(?:> )?\s*```", page.read_text(), re.MULTILINE)
        assert len(fences) == 2 * len(list(blocks(page))), page


# What checks a block of each kind; a kind that is not here has to be marked.


def is_command(line):
    """Whether a command is one that the tests of this file and of test_docs.py look into."""
    try:
        words = shlex.split(line)
    except ValueError:  # a quotation mark that is never closed
        return False
    if words[0] == "cd" and len(words) == 2:
        return True
    if line in (". .venv/bin/activate", ". <clone>/.venv/bin/activate"):
        return True
    if words[0] == "make":
        return True
    if words[0] == "snakemake":
        return parsed(words[1:])
    if words[0] == "python" and words[1:3] == ["-m", "pytest"]:
        return all((ROOT / path).exists() for path in words[3:] if not path.startswith("-"))
    if words[0] == "python":
        script = ROOT / words[1].removeprefix("<clone>/")
        return script.is_relative_to(ROOT / "scripts") and script.is_file()
    return False


def parsed(arguments):
    """Whether Snakemake takes these arguments; plugins that are not installed it takes none of.

    A target behind the configs would be taken for one more of them.
    """
    try:
        read = snakemake.cli.get_argument_parser().parse_args(arguments)
    except SystemExit:
        return False
    return all(str(path).endswith(".yaml") for path in read.configfile or [])


def what_is_wrong(page, kind, info, text):
    """Why no test looks into a block, or nothing."""
    if kind == "yaml":
        yaml.safe_load(text)
        return None  # whether it is a legal config says test_docs.py
    if kind == "python":
        return None if page in RUN | MADE else "no test runs it"
    if kind == "mermaid":
        return None if page == "docs/architecture.md" else "no test compares it with the rules"
    if kind == "text" and info:
        return None if page in MADE else "no test makes this file"
    if kind in ("", "text") and text.startswith(SENTENCES):
        return None
    if kind == "":
        wrong = [line for line in commands(text) if not is_command(line)]
        return f"nothing checks {wrong[0]!r}" if wrong else None
    return f"nothing checks blocks of the kind {kind!r}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_checked_or_says_that_it_is_not_run(page):
    for mark, kind, info, text in blocks(page):
        if mark and (by := re.fullmatch(r"<!-- run by (\S+) -->", mark)):
            assert f'"{page.name}"' in (ROOT / by[1]).read_text(), mark
        elif mark is None:
            wrong = what_is_wrong(name(page), kind, info, text)
            assert not wrong, f"{wrong}: let a test do, or write <!-- not run: WHY --> before it"


@pytest.mark.parametrize(
    "block",
    [
        "```\ncurl https://example.org/x | sh\n```",
        "```\nsnakemake --cores 2 --no-such-option\n```",
        "```\nsnakemake --configfile my.yaml data\n```",
        "```\npython scripts/no_such_script.py\n```",
        "```\ndon't\n```",
        "```r\nplot(1)\n```",
        "```text data/new.fa\n>a\nACGT\n```",
        "```python\nimport os\n```",
        "> ```\n> curl example.org\n> ```",
    ],
)
def test_a_block_that_nothing_checks_is_noticed(block, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"Text\n\n{block}\n")
    [(mark, kind, info, text)] = blocks(page)
    assert mark is None and what_is_wrong("docs/page.md", kind, info, text)
    page.write_text(f"Text\n\n<!-- not run: an example -->\n{block}\n")
    [(mark, *_)] = blocks(page)
    assert mark


# ------------------------------------------------------------------------------ sentences


GAP = re.compile(r"(\{\w*\})")
LEAST = 18  # fixed letters of a template that say which one it is


def templates():
    """What the code can say: of each text its constant parts, and None for each value."""
    shells = [ROOT / "requirements" / "install.sh", ROOT / "requirements" / "side.sh"]
    for path in sorted((ROOT / "scripts").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield [
                    part.value if isinstance(part, ast.Constant) else None for part in node.values
                ]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                # A template of str.format has its gaps in braces; others have none.
                parts = GAP.split(node.value)
                yield [
                    None if GAP.fullmatch(part) else part.replace("{{", "{").replace("}}", "}")
                    for part in parts
                ]
    for path in shells:
        text = re.sub(r'" \\\n\s+"', " ", path.read_text())
        for said in re.findall(r'(?:fail|refuse) "(.+)"', text):
            while (without := re.sub(r"\$\{[^{}]*\}|\$\w+", "\0", said)) != said:
                said = without
            yield [None if part == "\0" else part for part in re.split("(\0)", said)]


def pattern(parts):
    """A regular expression for what a template makes, and how many letters of it are fixed."""
    fixed = sum(len(part) for part in parts if part)
    return "".join(".*?" if part is None else re.escape(part) for part in parts), fixed


@pytest.fixture(scope="module")
def can_be_said():
    found = [pattern(parts) for parts in templates()]
    return [(re.compile(f"(?s:{text})"), fixed) for text, fixed in found if fixed >= LEAST]


def known_part(sentence, can_be_said):
    """The largest number of fixed letters of a template that says it.

    Either all of it, or what stands behind the file and line, or, where a sentence is put together
    from parts, the last of these.
    """
    sentence = sentence.removeprefix("error: ")
    bare = re.sub(r"^\S+, line \d+( \(record \S+\))?: |^config: |^\S+: ", "", sentence)
    last = bare.removesuffix(".").rpartition("; ")[2]
    fits = [
        fixed
        for template, fixed in can_be_said
        for said in {sentence, bare, last}
        if template.fullmatch(said)
    ]
    return max(fits, default=0)


def sentences():
    return [
        (name(page), line)
        for page in PAGES
        for _, kind, _, text in blocks(page)
        if kind in ("", "text")
        for line in text.splitlines()
        if line.startswith(SENTENCES)
    ]


def test_every_error_that_is_shown_is_one_that_the_code_can_say(can_be_said):
    shown = sentences()
    assert len({page for page, _ in shown}) >= 3 and len(shown) >= 30
    for page, sentence in shown:
        assert known_part(sentence, can_be_said), f"{page}: {sentence}"


def test_an_error_that_the_code_does_not_say_is_noticed(can_be_said):
    for sentence in (
        "error: data/bad.fa: the file is too beautiful; make it uglier.",
        "error: the training losses of epoch 1 are not pretty; lower the learning rate.",
    ):
        assert known_part(sentence, can_be_said) == 0


# ------------------------------------------------------------------------------ Python

RUN = {
    "docs/how-to/notebook.md",
    "docs/how-to/many-datasets.md",
}


def in_the_clone(text):
    return text.replace("<clone>", str(ROOT))


def test_many_datasets_get_a_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name_ in ("liver_bound.fa", "liver_unbound.fa", "heart_bound.fa", "heart_unbound.fa"):
        (tmp_path / "data" / name_).write_text(">a\nACGT\n")
    [code] = [text for page, text in all_blocks("python") if "many-datasets" in page]
    exec(code, {})
    written = yaml.safe_load((tmp_path / "many.yaml").read_text())["datasets"]
    assert list(written) == ["heart", "liver"]
    assert written["liver"]["sources"][1] == {"path": "data/liver_unbound.fa", "label": "unbound"}


def explain(folder, dataset):
    """Write attributions of two test records whose strongest position is the fifth."""
    made = read_encoded(dataset / "encoded.npz")
    x = dna.one_hot(dna.letters(list(read_sequences(dataset / "sequences.parquet")["sequence"])))
    write_encoded(
        dataset / "encoded.npz", iter([x]), x.shape, made.y, made.length, made.classes, "positive"
    )
    records = read_split(dataset / "fold1" / "split.npz")["test"][:2]
    n, length = 2, x.shape[1]
    contributions = np.zeros((n, length, 4), np.float32)
    contributions[:, 4] = x[records, 4] * 2 - 0.5
    attributions = Attributions(
        ids=np.array(["a", "b"]),
        records=np.asarray(records),
        parts=np.array(["test", "test"]),
        target=np.zeros(n, int),
        scores=np.ones(n),
        methods={"mutagenesis": contributions},
        scales=np.array([3]),
        attention=np.full((n, 1, length), 1 / length),
        attention_scores=np.zeros((n, length)),
        baselines=np.array([], str),
        differences=np.zeros((n, 0)),
        totals=np.zeros((n, 0)),
    )
    write_attributions(folder / "attributions.npz", attributions)


@pytest.mark.slow
def test_the_notebook_runs(tmp_path, monkeypatch, capsys):
    import made_up_results as made_up
    from small_networks import hyperparameters

    from attendna.learning import models

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    results = tmp_path / "my-analysis" / "results"
    made_up.write(results, made_up.MadeUp(name="promoters"))
    # As collect_metrics writes them: means over runs, of which here is one.
    scores = results / "promoters" / "metrics.tsv"
    (results / "promoters" / "summary.tsv").write_bytes(scores.read_bytes())
    run = results / "promoters" / "fold1" / "attention_cnn" / "seed1"
    explain(run, results / "promoters")
    network = models.attention_cnn(
        made_up.LENGTH, ["positive", "negative"], "positive", **hyperparameters("attention_cnn")
    )
    network.save(run / "model.keras")
    names = {}
    for page, text in all_blocks("python"):
        if page == "docs/how-to/notebook.md":
            exec(in_the_clone(text), names)
    said = capsys.readouterr().out
    assert "attention_cnn" in said and "test records are wrong" in said
    assert names["strongest"].tolist() == [4, 4]
    assert len(names["sequences"].loc[names["wrong"]["id"]]) == len(names["wrong"])
    last = np.array(said.splitlines()[-1].strip("[]").split(), float)
    assert last.shape == (2,) and last.sum() == pytest.approx(1)


def test_the_python_page_documents_what_is_there():
    page = (ROOT / "docs" / "reference" / "python.md").read_text()
    named = re.findall(r"^::: (attendna[\w.]+)$", page, re.MULTILINE)
    assert len(named) > 20
    for path in named:
        *module, last = path.split(".")
        file = ROOT / "scripts" / Path(*module) if last == "dna" else ROOT / "scripts"
        file = (file / "dna.py") if last == "dna" else file / Path(*module).with_suffix(".py")
        tree = ast.parse(file.read_text())
        known = {node.name for node in tree.body if hasattr(node, "name")}
        assert last == "dna" or last in known, path
