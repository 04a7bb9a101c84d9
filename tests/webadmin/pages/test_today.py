"""Today: what waits, goes out and is wrong, each number with its list; an empty store leads to the first steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from smsgw.link import Abilities, Alphabet, InboundPiece
from smsgw.money import alerts
from smsgw.outbound.submit import Asked
from smsgw.text import parts
from tests.webadmin.pages.conftest import Visitor

ANA = "+38640111222"
Said = Callable[[str], str]


def come(visitor: Visitor, text: str) -> None:
    gateway = visitor.gateway
    [piece] = parts.split(text, Abilities(), 1)
    told = InboundPiece(text, ANA, None, Alphabet(piece.alphabet), piece.user_data)
    gateway.arrived("phones", told).result(90)
    gateway.reading.round()


def test_an_empty_store_leads_to_the_first_steps_until_they_are_left(admin: Visitor) -> None:
    assert admin.get("/today").location == "/begin"
    assert admin.send("/begin", "leave").location == "/today"
    assert "Set the gateway up, step by step" in admin.page("/today")


def test_each_number_leads_to_what_it_counts(admin: Visitor, said: Said, clock: Any) -> None:
    gateway = admin.gateway
    come(admin, "Why was it broken when it came?")
    clock.on(30)
    gateway.reading.round()
    gateway.door.submit(Asked("+38640333444", "later", "cli", purpose="service", send_at=clock() + timedelta(hours=30)))
    gateway.database.writer.do(
        lambda conn, batch: [alerts.tell(conn, [alerts.Alarm("disk.low", "/", "only 4 MB are free")], clock())], None
    )
    page = admin.page("/today")
    words = said(page)
    assert "1 Conversations without an answer 1 text" in words
    assert "1 Messages that wait for their time today: 0" in words
    assert "disk.low Only 4 MB are free." in words
    for way in ("/inbox", "/inquiries", "/messages?state=held", "/costs"):
        assert f'href="{way}"' in page, way


def test_the_day_says_when_nothing_waits(admin: Visitor, said: Said) -> None:
    admin.gateway.door.submit(Asked(ANA, "hello", "cli", purpose="service"))
    words = said(admin.page("/today"))
    assert "Everything is answered." in words
    assert "Went out 1 yesterday by now: 0" in words


def test_an_agent_sees_no_money_and_no_first_steps(admin: Visitor, app: Any) -> None:
    agent = Visitor(app)
    agent.get(agent.link("agent", "bo"))
    page = agent.page("/today")
    assert "/costs" not in page
    assert "/begin" not in page
