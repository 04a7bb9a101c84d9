"""Every page in every language and both palettes, filled and empty: WCAG 2.2 AA as axe finds it, and within its width.

A new page is looked at without a word here: all addresses without a name in them are, and for each view with one the
first that any page leads to. With SCREENS=FOLDER in the environment pictures of all of them are put there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from smsgw.gateway import Gateway
from tests.webadmin.pages.conftest import Visitor
from tests.webadmin.pages.filled import fill
from webadmin.pages.language import CHOICE

pytestmark = [pytest.mark.peer, pytest.mark.slow]

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
EACH = 15_000  # octets of a page, as it is sent
LANGUAGES = ("en", "sl", "ru", "fa")
NO_PAGES = {"pages.static", "pages.enter", "pages.event_stream", "pages.start"}
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = {"type": "rule", "values": ["color-contrast"]}
LOOK = """async ([paths, rules]) => {
  const links = (page) => [...page.querySelectorAll("link[rel=stylesheet]")];
  const sheets = (page) => links(page).map((it) => it.getAttribute("href")).join();
  const loaded = (it) => it.sheet || new Promise((done) => it.addEventListener("load", done));
  const found = [];
  for (const path of paths) {
    const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
    const { lang, dir } = page.documentElement;
    Object.assign(document.documentElement, { lang, dir });
    document.title = page.title;
    if (sheets(page) !== sheets(document)) {
      document.head.replaceWith(page.head);
      await Promise.all(links(document).map(loaded));
    }
    document.body.replaceWith(page.body);
    const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false, ...rules });
    for (const { id, nodes } of violations) for (const { html, any, all, none } of nodes) {
      found.push(`${path} ${id}: ${html.slice(0, 200)} ${[...any, ...all, ...none][0]?.message}`);
    }
    if (document.documentElement.scrollWidth > innerWidth) found.push(`${path} is wider than the window`);
  }
  return found;
}"""


def reached(visitor: Visitor, more: list[str]) -> list[str]:
    """The address of every page: of each view once, by the links that pages have."""
    adapter = visitor.client.application.url_map.bind("localhost")
    rules = visitor.client.application.url_map.iter_rules()
    plain = [rule for rule in rules if rule.endpoint.startswith("pages.") and "GET" in (rule.methods or ())]
    paths = {rule.endpoint: rule.rule for rule in plain if not rule.arguments and rule.endpoint not in NO_PAGES}
    paths |= {adapter.match(path)[0]: path for path in more}
    open_ones, pages = list(paths.values()), []
    while open_ones:
        path = open_ones.pop(0)
        answer = visitor.get(path)
        if answer.status_code != 200 or not answer.mimetype.endswith("html"):
            continue
        pages.append(path)
        for link in re.findall(r'href="(/[^"#?]*)', answer.text):
            endpoint, names = adapter.match(link)
            if names and endpoint not in paths and endpoint not in NO_PAGES:
                paths[endpoint] = link
                open_ones.append(link)
    return pages


class Eyes:
    """A browser that looks at the pages of a gateway."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base

    def speak(self, language: str) -> None:
        """See pages in this language from now on."""
        self.page.context.add_cookies([{"name": CHOICE, "value": language, "url": self.base}])

    def faults(self, language: str, pages: list[str], width: int = 1280) -> list[str]:
        """What is wrong with pages in a language and both palettes.

        What costs most is to compare colours, and no rule of the sheet has other ones for a language: so of the
        languages every page gets one for each palette, the next page the next.
        """
        self.speak(language)
        self.page.set_viewport_size({"width": width, "height": 800})
        at = LANGUAGES.index(language)
        found = self._look(
            pages, {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"color-contrast": {"enabled": False}}}
        )
        for scheme, shift in (("light", 0), ("dark", 1)):
            self.page.emulate_media(color_scheme=scheme)
            found += self._look(pages[(at + shift) % len(LANGUAGES) :: len(LANGUAGES)], {"runOnly": COLOURS})
        return [f"{language} {fault}" for fault in found]

    def _look(self, pages: list[str], rules: dict[str, Any]) -> list[str]:
        return list(self.page.evaluate(LOOK, [pages, rules]))

    def draw(self, pages: list[str], folder: Path) -> None:
        """Pictures of pages: on a desk, on a telephone in the dark, and there in Persian."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, width, scheme, language in (
            ("desktop", 1280, "light", "en"), ("dark", 1280, "dark", "en"), ("phone", 360, "light", "sl"),
            ("persian", 360, "dark", "fa"),
        ):  # fmt: skip
            self.speak(language)
            self.page.set_viewport_size({"width": width, "height": 740})
            self.page.emulate_media(color_scheme=scheme)
            for path in pages:
                self.page.goto(self.base + path)
                called = re.sub(r"[^a-z]+", "-", re.sub(r"[\w+-]*\d[\w-]*", "one", path.lower())).strip("-")
                self.page.screenshot(path=folder / f"{called}.{name}.png", full_page=True)


@pytest.fixture
def eyes(admin: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any]) -> Eyes:
    """A browser, logged in, with axe in its page."""
    page = browser_page(bypass_csp=True)
    page.set_default_timeout(120_000)
    base = f"http://127.0.0.1:{site_of(admin.gateway).server.port}"
    page.goto(base + admin.link())
    page.evaluate(AXE.read_text())
    return Eyes(page, base)


def test_every_page_can_be_used_by_everybody(admin: Visitor, call: Callable[..., Any], clock: Any, eyes: Eyes) -> None:
    pages = reached(admin, fill(admin.gateway, call, clock.on))
    assert len(pages) >= 40
    heavy = {path: len(admin.get(path, Accept_Encoding="gzip").data) for path in pages}
    assert {path: size for path, size in heavy.items() if size > EACH} == {}
    if folder := os.environ.get("SCREENS"):
        eyes.draw(pages, Path(folder))
        eyes.page.evaluate(AXE.read_text())
    assert [fault for language in LANGUAGES for fault in eyes.faults(language, pages)] == []
    assert [fault for fault in eyes.faults("fa", pages, width=360) if "wider" in fault or " /inbox" in fault] == []


def test_pages_on_which_there_is_nothing_can_be_used_by_everybody(admin: Visitor, eyes: Eyes) -> None:
    assert eyes.faults("en", reached(admin, [])) == []
