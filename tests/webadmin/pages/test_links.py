"""The page of the links: how each is, why, and how fast it sends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsgw.link import Health, LinkState
from smsgw.outbound.submit import Asked
from smsgw.store import links
from tests.webadmin.pages.conftest import Visitor

Said = Callable[[str], str]
READING = {
    "configured": None, "allowed": 12.5, "sent_second": 7, "sent_minute": 90, "throttled": 3, "throttled_minute": 1,
    "why": "the network says that it is too fast",
}  # fmt: skip


@pytest.fixture(autouse=True)
def told(admin: Visitor) -> None:
    """What the driver of the link `phones`, which is not started, said last."""
    health = Health(LinkState.DOWN, "the network is away")
    admin.gateway.database.writer.do(links.write_down, links.Heard("phones", "fake", health, admin.gateway.clock()))


def heard(admin: Visitor, pace: dict[str, object]) -> None:
    """The store's word about the link `phones`, which is not started."""
    admin.gateway.database.writer.do(links.write_paces, [("phones", pace)])


def test_every_link_says_how_it_is_and_what_waits(admin: Visitor, said: Said) -> None:
    page = said(admin.page("/links"))
    assert "phones fake not connected" in page
    assert "The network is away." in page
    admin.gateway.door.submit(Asked("+38640111222", "Hello", "cli"))
    assert "Waiting 1 " in said(admin.page("/links"))


def test_a_link_that_was_told_to_slow_down_says_so_and_draws_it(admin: Visitor, said: Said) -> None:
    now = admin.gateway.clock()
    heard(admin, links.with_past(READING, {"past": [[int(now.timestamp()) - 5, 20, None]]}, now))
    html = admin.page("/links")
    page = said(html)
    assert "12.5 parts a second" in page
    assert "3 times" in page
    assert "polyline" in html


def test_a_quiet_link_has_no_graph(admin: Visitor) -> None:
    now = admin.gateway.clock()
    heard(admin, links.with_past(READING | {"sent_second": 0}, None, now))
    assert "polyline" not in admin.page("/links")
