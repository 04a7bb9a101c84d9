"""The live graph of a link: what it tells without a browser, and that a browser draws it and keeps it going."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import webadmin
from smsgw.gateway import Gateway
from smsgw.link import Abilities, Health, InboundPiece, LinkState
from smsgw.outbound.submit import Asked
from smsgw.store import links
from smsgw.text import parts
from tests.webadmin.pages.conftest import Visitor

Said = Callable[[str], str]
ANA = "+38640111222"
PAGE = "/links/phones"
FIRST = 100_000  # octets that the first page of a visit may cost, with all that it loads
BROUGHT = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
}  # SHA-256 of what uPlot 1.6.32 has on npm: never edited
READING = {
    "configured": None, "allowed": 12.5, "sent_second": 7, "sent_minute": 90, "throttled": 3, "throttled_minute": 1,
    "why": "the network says that it is too fast",
}  # fmt: skip


def paced(visitor: Visitor) -> int:
    """The link has sent for a while, by the store; the present second."""
    gateway = visitor.gateway
    now, writer = gateway.clock(), gateway.database.writer
    writer.do(
        links.write_down, links.Heard("phones", "fake", Health(LinkState.UP, "the simulated network is connected"), now)
    )
    past = {"past": [[int(now.timestamp()) - 5 * n, 20 + n % 7, 25.5] for n in range(119, 0, -1)]}
    writer.do(links.write_paces, [("phones", links.with_past(READING, past, now))])
    return int(now.timestamp())


def drawn(page: str) -> dict[str, Any]:
    found = re.search(r'<data id="flow-data" value="([^"]*)"', page)
    assert found is not None
    told: dict[str, Any] = json.loads(html.unescape(found[1]))
    return told


def test_it_tells_what_is_sent_what_came_the_bound_and_the_queue_as_a_graph_and_in_words(
    admin: Visitor, said: Said, clock: Any
) -> None:
    [piece] = parts.split("Are you there?", Abilities(), 1)
    admin.gateway.arrived("phones", InboundPiece("p", ANA, None, piece.alphabet, piece.user_data)).result(90)
    clock.on(1)
    now = paced(admin)
    admin.gateway.door.submit(Asked(ANA, "Hello", "cli", link="phones"))
    page = admin.page(PAGE)
    told = drawn(page)
    assert told["now"] == [now, 7, 1, 12.5, 1]
    assert [now - 5, 21, 25.5] in told["past"]
    assert [now - 300, 0] in told["came"]
    assert "Sent: 7 parts a second Received: 1 parts a second May send: 12.5 parts a second 1 message waits" in said(
        page
    )
    assert "polyline" in page  # without scripts this drawing stays


def test_the_page_of_a_link_and_all_that_it_loads_are_light(admin: Visitor) -> None:
    paced(admin)
    answer = admin.get(PAGE, Accept_Encoding="gzip")
    page = gzip.decompress(answer.data).decode()
    loads = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page)) | {"/static/news.js"}
    assert any("uPlot" in path for path in loads)
    assert len(answer.data) <= 15_000
    assert sum(len(admin.get(path, Accept_Encoding="gzip").data) for path in loads) + len(answer.data) <= FIRST
    assert "uPlot" not in admin.page("/links")


def test_what_was_brought_from_elsewhere_is_as_it_was_published_with_its_license_beside_it() -> None:
    folder = Path(webadmin.__file__).parent / "static" / "uplot"
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.min.*")} == BROUGHT
    assert "MIT License" in (folder / "LICENSE.txt").read_text()


@pytest.mark.peer
@pytest.mark.slow
def test_a_browser_draws_it_moves_it_on_and_leaves_the_other_drawing_out(
    owner: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any]
) -> None:
    gateway = owner.gateway
    base = f"http://127.0.0.1:{site_of(gateway).server.port}"
    page = browser_page(dark=True, locale="fa")
    page.goto(base + owner.link())
    page.goto(base + PAGE)
    page.locator("#flow-graph canvas").wait_for()
    before = page.locator("#flow-data").get_attribute("value", timeout=120_000)
    gateway.door.submit(Asked(ANA, "Quite new", "cli"))
    page.wait_for_function("(was) => document.getElementById('flow-data').value !== was", arg=before)
    assert page.locator("#card figure").count() == 0 or not page.locator("#card figure").is_visible()
    assert page.locator("#flow-graph canvas").count() == 1
