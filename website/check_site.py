"""Check the links of a site that was built: `python check_site.py FOLDER`.

Links within the site must lead to a file and, behind a #, to a place in it, and a page must load
nothing from elsewhere. Links that lead out are listed with `--external`; nobody is asked for them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself, by the attribute that names it.
LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("object", "data"),
}
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}


@dataclass
class Page(HTMLParser):
    """The places of a page that links may lead to, and its links."""

    places: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the parser itself ready."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names and where it leads."""
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}
        for name, value in given.items():
            if (tag, name) in LOADED:
                self.loads.append(value)
        if tag == "link" and set(given.get("rel", "").split()) & LOADING_LINKS:
            self.loads.append(given.get("href", ""))
        elif tag in ("a", "area") and given.get("href"):
            self.links.append(given["href"])


def read(path: Path) -> Page:
    """Read a page of the site."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def check(site: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Return what is wrong, in sentences, and the pages that lead to each address elsewhere."""
    pages = {path: read(path) for path in sorted(site.rglob("*.html"))}
    wrong, elsewhere = [], defaultdict(list)
    for path, page in pages.items():
        name = path.relative_to(site)
        # The page that a server shows for a wrong address can't know where it stands.
        base = site if name == Path("404.html") else path.parent
        for target in page.loads:
            if urlsplit(target).netloc or target.startswith(("http:", "https:")):
                wrong.append(f"{name}: loads {target} from elsewhere")
            elif not target.startswith("data:") and not _file(base, site, target).is_file():
                wrong.append(f"{name}: loads {target}, which is not there")
        for target in page.links:
            parts = urlsplit(target)
            if parts.scheme in ("http", "https") or parts.netloc:
                elsewhere[target].append(str(name))
                continue
            if parts.scheme:  # mailto:, javascript:, data:
                continue
            file = _file(base, site, target) if parts.path else path
            if not file.is_file():
                wrong.append(f"{name}: leads to {target}, which is not there")
            elif parts.fragment and file in pages:
                if unquote(parts.fragment) not in pages[file].places | {"__skip", "top"}:
                    wrong.append(f"{name}: leads to {target}, but that page has no such place")
    return wrong, elsewhere


def _file(base: Path, site: Path, target: str) -> Path:
    """Return the file that an address within the site stands for."""
    path = unquote(urlsplit(target).path)
    file = site / path.lstrip("/") if path.startswith("/") else base / path
    file = Path(os.path.normpath(file))
    return file / "index.html" if file.is_dir() else file


def main() -> None:
    """Print what is wrong, and fail where anything is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="the folder of the built site")
    parser.add_argument("--external", action="store_true", help="list the links that lead out")
    arguments = parser.parse_args()
    wrong, elsewhere = check(arguments.site)
    if arguments.external:
        for address, pages in sorted(elsewhere.items()):
            print(f"{address}  ({', '.join(sorted(set(pages))[:3])})")
    count = len(list(arguments.site.rglob("*.html")))
    print(f"{count} pages; {len(elsewhere)} addresses elsewhere, not asked for")
    if wrong:
        sys.exit("\n".join(["error: links that lead nowhere or loads from elsewhere:", *wrong]))


if __name__ == "__main__":
    main()
