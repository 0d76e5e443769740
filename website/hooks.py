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

# Files outside docs/ that the navigation names; others come in by the links that lead to them.
NAMED = ["CONTRIBUTING.md", "CHANGELOG.md", "THIRD_PARTY.md", "SECURITY.md"]
COPIED = {".json", ".png", ".svg"}
REPORTS = Path("gallery")  # of the repository, not in git: what CI puts there

LINK = re.compile(r"(\]\()([^)\s]+)(\))")
# A list within a numbered one: the host takes three blanks for it, the site four.
NESTED = re.compile(r"^   (?=[*-] )", re.MULTILINE)
ALERT = re.compile(r"^> \[!(\w+)\]\n((?:>.*\n?)+)", re.MULTILINE)
MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^( *)(```+)[^\n]*\n.*?^\1\2 *$", re.MULTILINE | re.DOTALL)
LANGUAGES = {".yaml": "yaml", ".cff": "yaml", ".json": "json"}


def site_path(path: str) -> str:
    """Return where a file of the repository is in the site."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path == "README.md":
        return "index.md"
    if path.endswith(".md"):
        return f"project/{path.lower()}"
    return f"files/{path}" if PurePosixPath(path).suffix in COPIED else f"files/{path}.md"


def leads_to(link: str, source: str) -> str | None:
    """Return the file of the repository that a link of one of its files leads to, if any.

    Raises
    ------
    ValueError
        If there is no such file.
    """
    target = link.partition("#")[0]
    if not target or "://" in target or target.startswith("mailto:"):
        return None
    path = os.path.normpath(os.path.join(os.path.dirname(source), target))
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    if not (ROOT / path).is_file():
        raise ValueError(f"{source}: no file {path}, to which it links; correct the link")
    return path


def outside() -> list[str]:
    """Return the files outside docs/ that become pages: named, linked, linked from these."""
    found = dict.fromkeys(NAMED)
    queue = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))] + NAMED
    while queue:
        source = queue.pop()
        text = (ROOT / source).read_text(encoding="utf-8")
        for link in LINK.findall(FENCE.sub("", text)):
            path = leads_to(link[1], source)
            if path and not path.startswith("docs/") and path != "README.md" and path not in found:
                found[path] = None
                if path.endswith(".md"):
                    queue.append(path)
    return list(found)


# Of the pages that are made from files outside docs/: those files.
SOURCES: dict[str, str] = {}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from files outside docs/."""
    for name in outside():
        place = site_path(name)
        SOURCES[place] = name
        if PurePosixPath(name).suffix in COPIED:
            files.append(File.generated(config, place, abs_src_path=str(ROOT / name)))
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        if not name.endswith(".md"):
            language = LANGUAGES.get(PurePosixPath(name).suffix, "text")
            text = f"# `{name}`\n\n````{language}\n{text}````\n"
        files.append(File.generated(config, place, content=text))
    for report in reports():
        files.append(File.generated(config, f"gallery/{report.name}", abs_src_path=str(report)))
    return files


def reports() -> list[Path]:
    """Return the reports that are there to be shown, by name."""
    return sorted((ROOT / REPORTS).glob("*.html"))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn a page of the repository into one of the site."""
    source = SOURCES.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    if page.file.src_uri.startswith("files/"):
        return markdown
    markdown = ALERT.sub(admonition, markdown)
    markdown = MERMAID.sub(picture, markdown)
    markdown = outside_code(markdown, lambda text: NESTED.sub("    ", linked(text, source)))
    if source == "docs/reference/settings.md":
        return markdown.replace("<!-- settings -->", settings_page.page(ROOT))
    if source == "docs/gallery.md":
        return markdown.replace("<!-- reports -->", gallery())
    return markdown


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
    """Lead a link to the place of its file in the site."""
    path = leads_to(link[2], source)
    if path is None:
        return link[0]
    here = os.path.dirname(site_path(source))
    new = os.path.relpath(site_path(path), here or ".")
    _, hash_, heading = link[2].partition("#")
    return f"{link[1]}{new}{hash_}{heading}{link[3]}"


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
