"""The site of the documentation: the page of settings, the check of links, its navigation."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import yaml
from configs import DEFAULT, SCHEMA, places

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "website" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


check_site, settings_page = load("check_site"), load("settings_page")


@pytest.fixture(scope="module")
def page():
    return settings_page.page(ROOT)


def entries(page):
    """Each setting of the page, and what the page says of it."""
    parts = re.split(r"^##+ `(.+)` \{ #.+ \}\n", page, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_key_of_the_default_config_has_its_default(page):
    found = entries(page)
    seen = 0
    for place in places(DEFAULT):
        names = [str(part) for part in place]
        if not names or names[0] in ("datasets", "models", "predict"):
            continue
        if "training" in names[:-1] and names[0] == "architectures":
            continue  # described once, under training
        value = DEFAULT
        for part in place:
            value = value[part]
        if isinstance(value, dict) or any(isinstance(part, int) for part in place):
            continue
        default = re.search(r"\*\*Default:\*\* `(.+)`", found[".".join(names)])[1]
        assert yaml.safe_load(default) == value, names
        seen += 1
    assert seen > 80


def test_every_key_of_the_schema_is_on_the_page(page):
    last = {name.rpartition(".")[2] for name in entries(page)}

    def keys(node):
        if isinstance(node, dict):
            for name, inner in node.items():
                if name == "properties" and "if" not in node:
                    yield from inner
                yield from keys(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from keys(inner)

    # Said in words of the key that they belong to.
    parts = {"poisson", "from", "to"}
    assert set(keys(SCHEMA)) - last - parts == set()


def test_what_a_key_means_is_its_comment_whole(page):
    found = entries(page)
    assert found["split.test"].strip().startswith("Share of the records; ignored with folds.")
    assert "which stay together) \\| stratified (single records)" in found["split.strategy"]
    assert "What makes records related" in found["split.groups"]
    assert "- `gkm_svm`: support vector machine" in found["models"]
    assert "each takes" not in found["models.MODEL.architecture"]
    assert "As [`width`](#width), for this dataset only." in found["datasets.DATASET.width"]
    assert "the last in sorted order" in found["datasets.DATASET.positive"]


def test_links_of_the_page_lead_to_settings_on_it(page):
    anchors = set(re.findall(r"\{ #([\w-]+) \}", page))
    linked = set(re.findall(r"\]\(#([\w-]+)\)", page))
    assert linked and linked <= anchors


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<a href="b.html">b</a><a href="b.html#there">b</a><a href="#here" id="here">h</a>', None),
        ('<a href="c.html">c</a>', "leads to c.html, which is not there"),
        ('<a href="b.html#gone">b</a>', "has no such place"),
        ('<a href="#gone">b</a>', "has no such place"),
        ('<img src="x.png">', "loads x.png, which is not there"),
        ('<script src="https://example.org/x.js"></script>', "from elsewhere"),
        ('<link rel="stylesheet" href="//example.org/x.css">', "from elsewhere"),
        ('<a href="https://example.org">e</a>', None),
    ],
)
def test_the_check_of_links_finds_what_leads_nowhere(tmp_path, body, wrong):
    (tmp_path / "a.html").write_text(body)
    (tmp_path / "b.html").write_text('<h2 id="there">There</h2>')
    found, elsewhere = check_site.check(tmp_path)
    assert len(found) == (wrong is not None)
    assert wrong is None or wrong in found[0]
    assert list(elsewhere) == (["https://example.org"] if '<a href="https' in body else [])


class Loose(yaml.SafeLoader):
    """Reads mkdocs.yml, which names a function of Python."""


Loose.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: suffix)
MKDOCS = yaml.load((ROOT / "mkdocs.yml").read_text(), Loose)


def named(tree):
    """The pages that a navigation names."""
    for item in tree:
        for value in item.values():
            if isinstance(value, str):
                yield value
            else:
                yield from named(value)


def test_every_page_is_in_the_navigation_and_every_entry_is_a_page():
    made = {f"project/{name}.md" for name in ("changelog", "contributing", "security")}
    made.add("project/third_party.md")
    there = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    decisions = {path for path in there if path.startswith("decisions/")} - {"decisions/README.md"}
    assert set(named(MKDOCS["nav"])) == (there - decisions) | made


def test_the_site_fetches_no_font_and_warnings_fail():
    assert MKDOCS["theme"]["font"] is False
    assert MKDOCS["strict"] is True
    levels = [*MKDOCS["validation"]["nav"].values(), *MKDOCS["validation"]["links"].values()]
    assert set(levels) == {"warn"}
