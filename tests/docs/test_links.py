"""Every link in the pages leads to a file that is there, and to a heading that is in it."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.docs.fences import PAGES, ROOT

FOR_ALL = (*PAGES, "CHANGELOG.md", "benchmarks/README.md", "systemd/README.md")


def inline(text: str) -> list[Token]:
    """What stands in the sentences of a page, and in its tables."""
    return [one for one in MarkdownIt().enable("table").parse(text) if one.type == "inline"]


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    tokens = MarkdownIt().parse(text)
    heads = [after.content for one, after in pairwise(tokens) if one.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def lost(page: str, root: Path = ROOT) -> list[str]:
    """The links of a page that lead nowhere."""
    text = (root / page).read_text()
    found = []
    for block in inline(text):
        for child in block.children or []:
            target = str(child.attrGet("href") or "") if child.type == "link_open" else ""
            file, _, heading = target.partition("#")
            if not target or "://" in target or target.startswith("mailto:"):
                continue
            place = root / Path(page).parent / file if file else root / page
            if not place.exists() or (heading and heading not in anchors(place.read_text())):
                found.append(f"{page}: {target}")
    return found


@pytest.mark.parametrize("page", FOR_ALL)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    assert not (found := lost(page)), "\n".join(found)


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text(
        "# One, two\n\n[a](#one-two) [b](#three) [c](y.md) [d](https://a.example)\n\n| [e](z.md) |\n|---|\n"
    )
    assert lost("x.md", tmp_path) == ["x.md: #three", "x.md: y.md", "x.md: z.md"]


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = (ROOT / "docs/README.md").read_text()
    pages = [page for page in PAGES if page.startswith("docs/") and page != "docs/README.md"]
    assert not [page for page in pages if f"({Path(page).name}" not in listed]
