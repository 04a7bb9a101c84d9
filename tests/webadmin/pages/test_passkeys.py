"""Passkeys with a virtual authenticator (CDP WebAuthn): made, asked for after the password, taken away."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from smsgw.access import accounts, audit, passkeys
from smsgw.access.passkeys import Place, Shown
from smsgw.errors import BadInput, Unauthenticated
from smsgw.gateway import Gateway
from tests.webadmin.pages.conftest import Visitor

PASSWORD = "four words of mine"
Open = Callable[..., Any]


@pytest.fixture
def browser(admin: Visitor, browser_page: Open, site_of: Callable[[Gateway], Any]) -> Any:
    """The account page, in a browser whose authenticator says yes to everything."""
    gateway = admin.gateway
    accounts.set_password(gateway.database.writer, "ana", PASSWORD, gateway.clock(), "test")
    page = browser_page()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    told = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": told})
    base = f"http://localhost:{site_of(gateway).server.port}"
    page.goto(base + admin.link())
    page.goto(f"{base}/me")
    return page


def verbs(gateway: Gateway) -> list[str]:
    with gateway.database.reading() as conn:
        return [row.verb for row in audit.listing(conn, audit.Wanted(), 20)]


@pytest.mark.peer
@pytest.mark.slow
def test_a_passkey_is_made_asked_for_after_the_password_and_taken_away(admin: Visitor, browser: Any) -> None:
    page = browser
    page.locator("#new-passkey [name=name]").fill("Phone")
    page.get_by_role("button", name="Make a passkey").click()
    codes = page.locator("#codes pre").inner_text().split()
    assert len(codes) == 10
    page.goto(page.url.replace("/me/passkeys", "/me"))
    page.locator("#passkeys", has_text="Phone").wait_for()

    page.get_by_role("button", name="Log out").click()
    page.locator("[name=name]").fill("ana")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url("**/login/code**")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "/login" not in url)

    page.goto(re.sub(r"(\d)/.*", r"\1/me", page.url))
    assert page.locator("#passkeys td", has_text="never").count() == 0
    page.get_by_role("button", name="Take it away").click()
    page.locator("#passkeys").wait_for(state="detached")
    assert {"account.passkey", "account.passkey_removed"} <= set(verbs(admin.gateway))
    with admin.gateway.database.reading() as conn:
        assert [row.passkeys for row in accounts.listing(conn)] == [None]


@pytest.mark.parametrize(
    "answer", ["", "[]", "{}", '{"id": "eA", "rawId": "eA", "response": {}, "type": "public-key"}']
)
def test_what_no_authenticator_answered_is_refused(admin: Visitor, answer: str) -> None:
    gateway = admin.gateway
    with gateway.database.reading() as conn:
        [ana] = accounts.listing(conn)
    shown = Shown(ana.id, answer, "token", Place("localhost", "http://localhost"), gateway.clock())
    with pytest.raises(BadInput, match="not made for this page"):
        passkeys.add(gateway.database.writer, shown)
    with pytest.raises(Unauthenticated):
        passkeys.check(gateway.database.writer, shown)


def test_a_bare_address_has_no_passkeys_and_says_why(admin: Visitor, said: Callable[[str], str]) -> None:
    client = admin.client.application.test_client()
    place = {"base_url": "http://192.168.1.5:8080", "headers": {"Accept": "text/html"}}
    client.get(admin.link(), **place)
    page = client.get("/me", **place).text
    assert "Passkeys need a name of this gateway" in said(page)
    assert "data-passkey" not in page
