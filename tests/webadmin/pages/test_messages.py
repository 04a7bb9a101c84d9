"""The message log: what was sent, of one state or to one number, and why one message is as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from smsgw.errors import SmsgwError
from smsgw.gateway import Gateway
from smsgw.link import Link
from smsgw.outbound.handover import Answer, Claim
from smsgw.outbound.submit import Asked
from tests.smsgw.smsc_on_paper import Smsc
from tests.webadmin.pages.conftest import Visitor

ANA, BINE = "+38640111222", "+38640111333"
Said = Callable[[str], str]


@pytest.fixture
def sent(admin: Visitor) -> list[str]:
    """Two messages that wait, one that is on hold until tomorrow; their ids."""
    door, now = admin.gateway.door, admin.gateway.clock()
    later = now.replace(day=now.day + 1)
    asked = [
        Asked(ANA, "Hello <Ana>", "cli"),
        Asked(BINE, "Hello Bine", "cli"),
        Asked(ANA, "Later", "cli", send_at=later),
    ]
    return [str(door.submit(one).row["id"]) for one in asked]


@pytest.fixture
def at_network(admin: Visitor) -> Callable[[str, Smsc], None]:
    """Let this network have a message, as r1."""
    gateway = admin.gateway

    def take(id: str, smsc: Smsc) -> None:
        now, served = gateway.clock(), gateway.network.links["phones"]
        gateway.network.links["phones"] = replace(served, abilities=smsc.abilities)
        gateway.links["phones"] = cast(Link, smsc)
        for wire in gateway.database.writer.do(gateway.handover.claim, Claim("phones", 10, now)):
            reference = "r1" if wire.message_id == id else wire.message_id
            answer = Answer("phones", wire.message_id, wire.position, now, reference=reference)
            gateway.database.writer.do(gateway.handover.record, answer)

    return take


def silence() -> None:
    raise SmsgwError("phones did not answer replace_sm within 30 seconds", code="no_answer")


def test_the_log_shows_what_was_sent_newest_first(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = said(admin.page("/messages"))
    assert page.index("Later") < page.index("Hello Bine") < page.index("Hello &lt;Ana&gt;")
    assert "+386 40 111 333" in page


def test_it_shows_those_to_one_number_however_it_is_written(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = said(admin.page("/messages?to=%2B386+40+111+333"))
    assert "Hello Bine" in page
    assert "Later" not in page
    assert "No message is like that." in said(admin.page("/messages?to=nonsense"))


def test_it_shows_those_in_one_state(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = said(admin.page("/messages?state=held"))
    assert "Later" in page
    assert "Hello Bine" not in page


def test_one_message_tells_what_happened_to_it_and_why(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = said(admin.page(f"/messages/{sent[2]}"))
    assert "Later" in page
    assert "Planned for" in page
    assert sent[2] in page


def test_a_message_that_waits_can_be_taken_back_and_no_other(admin: Visitor, said: Said, sent: list[str]) -> None:
    path = f"/messages/{sent[2]}"
    assert admin.send(path, "cancel").status_code == 303
    page = admin.page(path)
    assert "taken back" in said(page)
    assert 'id="cancel"' not in page


def test_taking_back_too_late_says_so(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = admin.page(f"/messages/{sent[2]}")
    fields = {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0]}
    admin.post(f"/messages/{sent[2]}/cancel", fields)
    again = admin.post(f"/messages/{sent[2]}/cancel", fields)
    assert again.status_code == 409
    assert "The message is cancelled" in said(again.text)


def test_a_text_that_waits_is_changed_on_its_page_and_the_first_one_stays_to_be_read(
    admin: Visitor, said: Said, sent: list[str]
) -> None:
    path = f"/messages/{sent[2]}"
    assert "Change the text" in said(admin.page(path))
    assert admin.send(path, "replace", text="Later,\r\nfor 2 EUR").status_code == 303
    page = admin.page(path)
    assert '<p class="words said" dir="auto" id="says">Later,\nfor 2 EUR</p>' in page
    assert "Before that it said: Later" in said(page)
    assert "Its text was replaced by ana before it left." in said(page)
    page = admin.page(f"/inbox/{ANA}")
    assert "At first it said: Later" in said(page)
    assert f"{path}#other" in page


def test_a_text_that_cannot_stand_there_stays_in_the_form_beside_the_reason(
    admin: Visitor, said: Said, sent: list[str]
) -> None:
    answer = admin.send(f"/messages/{sent[2]}", "replace", text="far too long " * 200)
    assert answer.status_code == 422
    assert '<details id="other" open>' in answer.text
    assert "\nfar too long far too long" in answer.text
    assert "The text needs" in said(answer.text)


def test_what_its_network_has_is_taken_back_where_that_gives_it_back(
    admin: Visitor, said: Said, sent: list[str], at_network: Callable[[str, Smsc], None]
) -> None:
    path, smsc = f"/messages/{sent[1]}", Smsc("cancel")
    at_network(sent[1], smsc)
    assert admin.send(path, "cancel").status_code == 303
    page = admin.page(path)
    assert smsc.gave_back == ["r1"]
    assert "the network gave it back" in said(page)
    assert 'id="cancel"' not in page


def test_what_its_network_has_is_offered_where_that_replaces_texts(
    admin: Visitor, said: Said, sent: list[str], at_network: Callable[[str, Smsc], None]
) -> None:
    path, smsc = f"/messages/{sent[1]}", Smsc("replace")
    at_network(sent[1], smsc)
    assert f"/messages/{sent[1]}#other" in admin.page(f"/inbox/{BINE}")
    page = admin.page(path)
    assert "The network has it. If the phone does not, this comes in its place" in said(page)
    assert 'id="cancel"' not in page
    assert admin.send(path, "replace", text="Hello Bine, 2 EUR").status_code == 303
    assert smsc.asked == [("r1", "Hello Bine, 2 EUR")]
    smsc.answers = silence
    answer = admin.send(path, "replace", text="Hello Bine, 3 EUR")
    assert answer.status_code == 409
    page = admin.page(path)
    assert ">\nHello Bine, 3 EUR</textarea>" in page, "to be asked for again"
    page = said(page)
    assert "did not answer, so either may come: Hello Bine, 3 EUR" in page
    assert "Nobody knows which text the network has now" in page


def test_what_nothing_can_be_done_about_is_not_offered(
    admin: Visitor, sent: list[str], at_network: Callable[[str, Smsc], None]
) -> None:
    at_network(sent[1], Smsc())
    assert 'id="replace"' not in admin.page(f"/messages/{sent[1]}")
    assert "#other" not in admin.page(f"/inbox/{BINE}")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_form_for_another_text_fits_a_phone(
    admin: Visitor, sent: list[str], browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any], language: str
) -> None:
    site = site_of(admin.gateway)
    page = browser_page(width=360, dark=language == "fa", locale=language)
    page.goto(f"http://127.0.0.1:{site.server.port}{admin.link()}")
    page.goto(f"http://127.0.0.1:{site.server.port}/messages/{sent[2]}")
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "fa" else "ltr")
    page.locator("#other summary").click()
    assert page.locator("#replace textarea").input_value() == "Later"
    page.locator("#replace textarea").fill("Later, for 2 EUR")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#replace button").click()
    page.locator("#before-1").wait_for()
    assert page.locator("#says").inner_text() == "Later, for 2 EUR"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_unknown_message_is_not_found(admin: Visitor) -> None:
    assert admin.get("/messages/msg_nothing").status_code == 404


def test_the_log_fits_a_phone_and_follows_what_happens(
    admin: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any]
) -> None:
    site = site_of(admin.gateway)
    page = browser_page(width=360, dark=True)
    page.goto(f"http://127.0.0.1:{site.server.port}{admin.link()}")
    page.goto(f"http://127.0.0.1:{site.server.port}/messages")
    admin.gateway.door.submit(Asked(ANA, "Quite new", "cli"))
    page.get_by_text("Quite new").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
