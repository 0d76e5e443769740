"""What MkDocs does not do by itself, called by `make docs` (see `hooks` in mkdocs.yml).

The pages of docs/ are written for two readers: who browses the repository, and who reads the site.
So a link may lead out of docs/; here such files become pages of the site, and the links lead to
them. Blocks that only the host of the repository knows become what the theme knows.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import mermaidx
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "website"))
import settings_page  # noqa: E402

# Files outside docs/ to which pages link, and their place in the site.
TEXTS = {
    name: f"project/{name.lower()}"
    for name in ("CONTRIBUTING.md", "CHANGELOG.md", "THIRD_PARTY.md", "SECURITY.md")
}
TEXTS["README.md"] = "index.md"
LISTINGS = ["config.yaml", "CITATION.cff", "LICENSE", "Snakefile", "requirements/sbom.json"]
LISTINGS += [f"presets/{path.name}" for path in sorted(ROOT.glob("presets/*.yaml"))]
LISTINGS += [f"profiles/{name}/config.yaml" for name in ("default", "slurm")]
REPORTS = Path("gallery")  # of the repository, not in git: what `make gallery` and CI put there

LINK = re.compile(r"(\]\()([^)\s]+)(\))")
# A list within a numbered one: the host takes three blanks for it, the site four.
NESTED = re.compile(r"^   (?=[*-] )", re.MULTILINE)
ALERT = re.compile(r"^> \[!(\w+)\]\n((?:>.*\n?)+)", re.MULTILINE)
MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^( *)(```+)[^\n]*\n.*?^\1\2 *$", re.MULTILINE | re.DOTALL)
LANGUAGES = {".yaml": "yaml", ".cff": "yaml", ".json": "json"}


def site_path(path: str) -> str | None:
    """Return where a file of the repository is in the site, or None where it is not in it."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path in TEXTS:
        return TEXTS[path]
    return f"files/{path}.md" if path in LISTINGS else None


def repository_path(site: str) -> str:
    """Return which file of the repository a page of the site is made from."""
    texts = {place: name for name, place in TEXTS.items() if name != "README.md"}
    return texts.get(site, f"docs/{site}")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from files outside docs/."""
    for name, place in TEXTS.items():
        if place != "index.md":
            text = (ROOT / name).read_text(encoding="utf-8")
            files.append(File.generated(config, place, content=text))
    for name in LISTINGS:
        if name.endswith("sbom.json"):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        language = LANGUAGES.get(PurePosixPath(name).suffix, "text")
        page = f"# `{name}`\n\n````{language}\n{text}````\n"
        files.append(File.generated(config, f"files/{name}.md", content=page))
    bill = "requirements/sbom.json"
    files.append(File.generated(config, f"files/{bill}", abs_src_path=str(ROOT / bill)))
    for report in reports():
        files.append(File.generated(config, f"gallery/{report.name}", abs_src_path=str(report)))
    return files


def reports() -> list[Path]:
    """Return the reports that are there to be shown, by name."""
    return sorted((ROOT / REPORTS).glob("*.html"))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn a page of the repository into one of the site."""
    source = repository_path(page.file.src_uri)
    if source == "docs/reference/settings.md":
        markdown = markdown.replace("<!-- settings -->", settings_page.page(ROOT))
    if source == "docs/gallery.md":
        markdown = markdown.replace("<!-- reports -->", gallery())
    if page.file.src_uri.startswith("files/"):
        return markdown
    markdown = ALERT.sub(admonition, markdown)
    markdown = MERMAID.sub(picture, markdown)
    return outside_code(markdown, lambda text: NESTED.sub("    ", linked(text, source)))


def linked(text: str, source: str) -> str:
    """Lead all links of a text to where their files are in the site."""
    return LINK.sub(lambda link: moved(link, source), text)


def outside_code(markdown: str, change) -> str:
    """Change the text between blocks of code."""
    parts, end = [], 0
    for block in FENCE.finditer(markdown):
        parts += [change(markdown[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, change(markdown[end:])])


def moved(link: re.Match, source: str) -> str:
    """Lead a link to the place of its file in the site; those that stay within docs/ do already."""
    target, _, heading = link[2].partition("#")
    if not target or "://" in target or target.startswith("mailto:"):
        return link[0]
    folder = os.path.dirname(source)
    path = os.path.normpath(os.path.join(folder, target))
    if path == "docs/decisions":
        path = "docs/decisions/README.md"
    place = site_path(path)
    if place is None:
        raise ValueError(f"{source}: {path} is not in the site; add it to website/hooks.py")
    if path.endswith(".json"):
        place = f"files/{path}"
    here = os.path.dirname(site_path(source) or "")
    new = os.path.relpath(place, here or ".")
    return f"{link[1]}{new}{'#' + heading if heading else ''}{link[3]}"


def admonition(alert: re.Match) -> str:
    """Write an alert of the host as one of the theme."""
    kind = {"important": "info", "caution": "danger"}.get(alert[1].lower(), alert[1].lower())
    lines = [line.removeprefix(">").removeprefix(" ") for line in alert[2].splitlines()]
    return f"!!! {kind}\n\n" + "".join(f"    {line}".rstrip() + "\n" for line in lines) + "\n"


def picture(block: re.Match) -> str:
    """Draw a diagram now: the theme would fetch what draws it from elsewhere."""
    drawn = mermaidx.render(block[1]).svg()
    words = "A diagram of the rules: its arrows are in the source of this page"
    drawn = drawn.replace("<svg ", f'<svg aria-label="{words}" ', 1).replace("\n", " ")
    return f'<div class="diagram">{drawn}</div>\n'


def gallery() -> str:
    """List the reports that are there."""
    found = reports()
    if not found:
        return "No reports were at hand when this site was built."
    return "\n".join(
        f"* [{report.stem.replace('_', ' ')}](gallery/{report.name})" for report in found
    )


def on_post_page(output: str, page: Page, config: Mapping) -> str:
    """Let what is wider than a phone be reached with the keyboard, too."""
    return output.replace('<div class="diagram">', '<div class="diagram" tabindex="0">')
