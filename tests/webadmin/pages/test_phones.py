"""The phones beside the inbox, and the line that makes one of them buzz."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from html import unescape
from typing import Any

from smsgw.gateway import Gateway
from tests.webadmin.pages.conftest import Form, Visitor
from webadmin import create_app

PHONE = "+38640111222"
KEY = "smsgw_demo_0123456789abcdefghij"
Within = Callable[..., Any]


def screen(visitor: Visitor) -> str:
    """The HTML of what the phone shows."""
    return visitor.page("/inbox").split(f'id="screen{PHONE}"')[1].split("</ol>")[0]


def test_a_text_typed_on_a_phone_arrives_in_the_inbox_and_is_ticked(owner: Visitor, within: Within) -> None:
    response = owner.send("/inbox", f"type{PHONE}", text="Do you have it?")
    assert (response.status_code, response.location) == (303, "/inbox")
    within(lambda: f'id="to{PHONE}"' in owner.page("/inbox"))
    within(lambda: "delivered" in screen(owner))
    assert "Do you have it?" in screen(owner)


def test_the_knobs_of_the_network_are_turned_beside_the_phones(owner: Visitor, said: Callable[[str], str]) -> None:
    turned = owner.send("/inbox", "network-phones", rejection="25", delay="1,5", disconnected="yes")
    assert turned.status_code == 303
    knobs = owner.gateway.links["phones"].faults()  # type: ignore[attr-defined]
    assert (knobs["rejection"], knobs["delay"], knobs["disconnected"]) == (0.25, 1.5, True)
    for wrong in ("many", "101"):
        answer = owner.send("/inbox", "network-phones", rejection=wrong)
        assert (answer.status_code, 'class="problem"' in answer.text) == (422, True)
    page = owner.page("/inbox")
    form = Form(page, "network-phones")
    assert form.fields["rejection"] == "25.0"
    owner.post(form.action, {name: value for name, value in form.fields.items() if name != "disconnected"})
    assert owner.gateway.links["phones"].faults()["disconnected"] is False  # type: ignore[attr-defined]


def test_typing_beside_a_conversation_leads_back_to_it(owner: Visitor) -> None:
    response = owner.send(f"/inbox/{PHONE}", f"type{PHONE}", text="hello")
    assert response.location == f"/inbox/{PHONE}"


def test_an_answer_appears_on_the_phone(owner: Visitor, within: Within) -> None:
    owner.send(f"/inbox/{PHONE}", "answer", text="Yes, two copies.")
    within(lambda: "Yes, two copies." in screen(owner))
    assert "theirs" in screen(owner)


def test_what_a_phone_cannot_send_is_told_on_it_and_stays_there(owner: Visitor, said: Callable[[str], str]) -> None:
    response = owner.send("/inbox", f"type{PHONE}", text="x" * 50_000)
    assert response.status_code == 422
    phone = response.text.split(f'id="type{PHONE}"')[1].split("</form>")[0]
    assert 'role="alert"' in phone
    assert "x" * 50_000 in phone


def test_a_phone_that_is_not_there_is_not_found(admin: Visitor) -> None:
    token = admin.page("/inbox").split('name="csrf_token" value="')[1].split('"')[0]
    assert admin.post("/phones/+38640999999", {"csrf_token": token, "text": "hello"}).status_code == 404


def test_a_gateway_without_simulated_links_draws_no_phones(configured: Callable[..., Gateway]) -> None:
    visitor = Visitor(create_app(configured(links=[])))
    visitor.get(visitor.link())
    page = visitor.page("/inbox")
    assert "<aside" not in page
    assert "No link is configured" in page


def curl(visitor: Visitor) -> list[str] | None:
    """The words of the line on the page, as a shell reads them."""
    found = re.findall(r'<pre id="curl"[^>]*>(.*?)</pre>', visitor.page("/inbox"), re.DOTALL)
    return shlex.split(unescape(found[0]).replace("\\\n", "")) if found else None


def test_the_page_shows_a_line_that_sends_with_the_real_key_to_the_first_phone(admin: Visitor) -> None:
    (admin.gateway.config.store.folder / "demo.key").write_text(f"{KEY}\n")
    line = curl(admin)
    assert line is not None
    assert line[:2] == ["curl", "http://localhost/api/v1/messages"]
    assert f"Authorization: Bearer {KEY}" in line
    assert json.loads(line[line.index("-d") + 1])["to"] == PHONE


def test_the_key_is_shown_to_an_admin_of_a_demo_only(stranger: Visitor) -> None:
    stranger.get(stranger.link("owner", "ana"))
    assert curl(stranger) is None  # no demo: no file
    (stranger.gateway.config.store.folder / "demo.key").write_text(f"{KEY}\n")
    assert curl(stranger) is not None
    stranger.get(stranger.link("agent", "bine"))
    assert curl(stranger) is None
    assert KEY not in stranger.page("/inbox")


def test_the_line_names_the_address_that_the_outside_knows(configured: Callable[..., Gateway]) -> None:
    visitor = Visitor(create_app(configured(web={"public_url": "https://sms.example.com"})))
    (visitor.gateway.config.store.folder / "demo.key").write_text(KEY)
    visitor.get(visitor.link())
    line = curl(visitor)
    assert line is not None
    assert line[1] == "https://sms.example.com/api/v1/messages"
