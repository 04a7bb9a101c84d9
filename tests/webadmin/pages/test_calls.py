"""The call desk: what rings brings up its customer, a call is taken and written down, and its promise is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from smsgw.customers import customers
from smsgw.customers.customers import Note, Wish
from smsgw.inbound import talks
from smsgw.link import Call
from smsgw.outbound import outbox
from tests.webadmin.pages.conftest import Visitor

ANA = "+38640111222"
Said = Callable[[str], str]


@pytest.fixture
def desk(admin: Visitor, clock: Any) -> Visitor:
    """The desk of a shop that knows Marija."""
    gateway = admin.gateway
    told = {"name": "Marija <b>Novak</b>", "addresses": [ANA, "marija@example.com"]}
    id = customers.create(gateway.database.writer, Wish(told, "test", clock(), "SI"))
    customers.note(gateway.database.writer, Note(id, "likes squared paper", "test", clock()))
    return admin


def started(visitor: Visitor, direction: str = "in", number: str = "040 111 222") -> str:
    response = visitor.send("/calls", "new", number=number, direction=direction)
    assert response.status_code == 303, response.text
    return str(response.location)


def test_what_rings_brings_up_its_customer_and_is_taken_once(desk: Visitor, said: Said, clock: Any) -> None:
    desk.gateway.rang("phones", Call("040 111 222", clock())).result(90)
    page = desk.page("/calls")
    assert "Marija <b>" not in page  # a name is words, whatever is in it
    assert "+386 40 111 222 Marija" in said(page)
    assert "likes squared paper" in said(page)
    with desk.gateway.database.reading() as conn:
        [rang] = talks.rung(conn, clock())
    taken = desk.send("/calls", f"take-{rang.id}")
    assert str(taken.location).startswith("/calls/talk_")
    assert f"take-{rang.id}" not in desk.page("/calls")
    assert desk.page(taken.location).count("likes squared paper") == 1


def test_a_call_is_written_down_and_its_promise_is_an_inquiry_in_the_customers_past(
    desk: Visitor, said: Said, clock: Any
) -> None:
    call = started(desk)
    clock.on(240)
    until = (clock() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    done = desk.send(
        call, "outcome", outcome="callback", note="wants 200", promised="the price", promised_at=until, about="product"
    )
    assert done.status_code == 303
    words = said(desk.page(call))
    assert "an answer was promised" in words
    assert "4 minutes" in words
    assert "its inquiry" in words
    card = desk.get(f"/customers?q={ANA[1:]}").text.split('href="/customers/cus_')[1].split('"')[0]
    assert "wants 200; promised: the price" in said(desk.page(f"/customers/cus_{card}"))
    assert "a product" in said(desk.page("/inquiries"))


def test_a_promise_may_be_a_text_that_goes_out_by_itself_and_one_may_go_at_once(desk: Visitor, clock: Any) -> None:
    call = started(desk, "out")
    until = (clock() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    assert desk.send(call, "outcome", outcome="other", later="We have it", promised_at=until).status_code == 303
    assert desk.send(call, "text", to=ANA, text="At once").status_code == 303
    with desk.gateway.database.reading() as conn:
        rows = outbox.listing(conn, outbox.Wanted(to=ANA), 10)
    assert {(row.text, row.due_at > clock() + timedelta(hours=4)) for row in rows} == {
        ("We have it", True), ("At once", False),
    }  # fmt: skip


def test_what_is_wrong_is_told_and_what_was_typed_stays(desk: Visitor, said: Said) -> None:
    call = started(desk)
    wrong = desk.send(call, "outcome", outcome="other", note="kept", promised="x", promised_at="2020-01-01T10:00")
    assert wrong.status_code == 422
    assert "A promise lies ahead." in said(wrong.text)
    assert ">kept</textarea>" in wrong.text
    none = desk.send("/calls", "new", number="", direction="out")
    assert (none.status_code, "Say whom you call." in said(none.text)) == (422, True)


def test_statistics_say_who_spoke_and_when_and_come_as_csv(desk: Visitor, said: Said, clock: Any) -> None:
    call = started(desk)
    clock.on(120)
    desk.send(call, "outcome", outcome="solved")
    assert "ana 1 0 0 2 0 0" in said(desk.page("/calls/statistics"))
    sheet = desk.get("/calls/statistics?csv=hour")
    assert sheet.mimetype == "text/csv"
    assert sheet.text.splitlines()[0].startswith("Hour,Calls taken,Calls made,Missed")
    assert desk.get("/calls/statistics?since=x").status_code == 422


def test_who_only_looks_takes_no_call(desk: Visitor, app: Any, clock: Any) -> None:
    desk.gateway.rang("phones", Call(ANA, clock())).result(90)
    viewer = Visitor(app)
    viewer.get(viewer.link("viewer", "vi"))
    assert 'action="/calls' not in viewer.page("/calls")
