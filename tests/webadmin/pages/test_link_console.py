"""The page of one link: how it is, and what goes over its wire while somebody looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsgw.link import Health, LinkState
from smsgw.link_verbs import Traced, WireLine
from smsgw.outbound.submit import Asked
from smsgw.store import links
from tests.webadmin.pages.conftest import Visitor

Said = Callable[[str], str]
PAGE = "/links/phones"


@pytest.fixture(autouse=True)
def told(stranger: Visitor) -> None:
    """What the driver of the link `phones`, which is not started, said last."""
    gateway = stranger.gateway
    health = Health(LinkState.DOWN, "the network is away")
    gateway.database.writer.do(links.write_down, links.Heard("phones", "fake", health, gateway.clock()))


def says(visitor: Visitor, what: str, **fields: str) -> None:
    link = visitor.gateway.links["phones"]
    assert isinstance(link, Traced)
    link.tap.put(lambda: [WireLine("<", what, fields)])


def test_the_list_leads_to_a_page_of_each_link(admin: Visitor, said: Said) -> None:
    assert f'href="{PAGE}"' in admin.page("/links")
    page = said(admin.page(PAGE))
    assert "not connected" in page
    assert "It is off." in page


def test_switched_on_it_shows_the_newest_first_and_asks_again_by_itself(admin: Visitor, said: Said) -> None:
    assert admin.send(PAGE, "switch-form", act="on").status_code == 303
    assert "Nothing went over it yet." in said(admin.page(PAGE))
    says(admin, "first", destination_addr="38640111222")
    says(admin, "second")
    page = admin.page(PAGE)
    assert 'data-look="1000"' in page
    assert page.index("wire-2") < page.index("wire-1")
    assert "from the network to us first destination_addr 38640***222" in said(page)


def test_switched_off_it_hears_nothing_more(admin: Visitor, said: Said) -> None:
    admin.send(PAGE, "switch-form", act="hour")
    admin.send(PAGE, "switch-form", act="off")
    says(admin, "unheard")
    page = said(admin.page(PAGE))
    assert "unheard" not in page
    assert "Watch for five minutes" in page


def test_what_a_network_says_is_no_markup(admin: Visitor) -> None:
    admin.send(PAGE, "switch-form", act="on")
    says(admin, "<script>alert(1)</script>", **{"<b>": "<img src=x>"})
    page = admin.page(PAGE)
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


@pytest.mark.parametrize(
    ("role", "may"), [("manager", True), ("agent", False), ("viewer", False), ("developer", False)]
)
def test_who_may_not_look_sees_the_link_alone(stranger: Visitor, said: Said, role: str, may: bool) -> None:
    stranger.gateway.consoles.of("phones")
    stranger.get(stranger.link(role, role))
    page = said(stranger.page(PAGE))
    assert ("What goes over the wire" in page) is may
    if not may:
        found = stranger.post(f"{PAGE}/trace", {"act": "on", "csrf_token": "x"})
        assert found.status_code == 403
    console = stranger.gateway.consoles.of("phones")
    assert console is not None
    assert console.look(0, 1).until is None


def test_a_link_that_is_not_there_is_told(admin: Visitor) -> None:
    assert admin.get("/links/nowhere").status_code == 404


def test_a_text_that_goes_over_a_link_is_seen_without_its_words(
    owner: Visitor, within: Callable[..., object], said: Said
) -> None:
    owner.send(PAGE, "switch-form", act="on")
    owner.gateway.door.submit(Asked("+38640111222", "my dear secret", "cli"))
    within(lambda: "receipt" in said(owner.page(PAGE)))
    page = said(owner.page(PAGE))
    assert "part from" in page or "part to +38640***222" in page
    assert "‹14 octets gsm7›" in page
    assert "taken" in page
    assert "secret" not in page
