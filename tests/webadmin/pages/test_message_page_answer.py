"""An answer by the page of a message lands in the conversation as a text would: once, checked, and stored first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from smsgw.gateway import Gateway
from smsgw.inbound import conversations
from smsgw.media import page_visits, pages
from smsgw.outbound import outbox
from smsgw.outbound.familiar import PAGE, familiar
from smsgw.store.tables import inbound, message
from tests.webadmin.message_pages import PHONE, message_with, picture
from webadmin import create_app

LOOK = {"Accept": "text/html"}
OURS = "+38640999888"


class Writer:
    """Somebody who has opened a message and answers on its page."""

    def __init__(self, app: Any, page: pages.Page) -> None:
        self.client = app.test_client()
        self.place = f"/m/{page.token}"
        self.client.post(self.place, data=self.fields(), headers=LOOK)

    def page(self) -> str:
        return str(self.client.get(self.place, headers=LOOK).text)

    def fields(self) -> dict[str, str]:
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.page()))

    def answer(self, text: str = "", *files: tuple[str, bytes], fields: dict[str, str] | None = None) -> Any:
        told = {**(fields or self.fields()), "text": text, "website": ""}
        pieces = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in told.items()]
        pieces += [f'name="files"; filename="{name}"\r\n\r\n'.encode() + octets for name, octets in files]
        body = b"".join(b"--edge\r\nContent-Disposition: form-data; " + piece + b"\r\n" for piece in pieces)
        kind = "multipart/form-data; boundary=edge"
        return self.client.post(f"{self.place}/answer", data=body + b"--edge--\r\n", content_type=kind, headers=LOOK)


@pytest.fixture
def sent(gateway: Gateway) -> tuple[str, pages.Page]:
    """A message with a page, from a number of ours."""
    id, page = message_with(gateway, [{"text": "do you like it?", "medium": picture()}])

    def act(conn: Any, batch: list[None]) -> list[None]:
        conn.execute(update(message).where(message.c.id == id).values(sender=OURS, link="phones"))
        return batch

    gateway.database.writer.do(act, None)
    return id, page


@pytest.fixture
def customer(gateway: Gateway, sent: tuple[str, pages.Page]) -> Writer:
    return Writer(create_app(gateway), sent[1])


def texts(gateway: Gateway) -> list[Any]:
    gateway.database.writer.do(lambda conn, batch: batch, None)
    with gateway.database.reading() as conn:
        return list(conn.execute(select(inbound).order_by(inbound.c.id)))


def test_words_come_into_the_conversation_as_a_text_would(
    gateway: Gateway, customer: Writer, sent: tuple[str, pages.Page]
) -> None:
    response = customer.answer("Ja, čudovito! 😀\r\nVzamem dva.")
    assert response.status_code == 303
    assert response.headers["Location"] == f"{customer.place}/sent"
    assert "Thank you" in customer.client.get(f"{customer.place}/sent").text
    [row] = texts(gateway)
    assert (row.text, row.sender, row.recipient, row.link) == ("Ja, čudovito! 😀\nVzamem dva.", PHONE, OURS, PAGE)
    assert row.why == "came over web page"
    with gateway.database.reading() as conn:
        assert [one.id for one in conversations.timeline(conn, PHONE)] == [sent[0], row.id]
        assert {one.level: one.many for one in page_visits.seen(conn, sent[0])}["replied"] == 1
        assert "page_replied" in [one.event for one in outbox.events(conn, [sent[0]])]


def test_our_answer_to_it_leaves_by_the_number_they_know(gateway: Gateway, customer: Writer) -> None:
    customer.answer("yes")
    [row] = texts(gateway)

    def act(conn: Any, batch: list[None]) -> list[None]:
        conn.execute(update(message).values(sent_at=gateway.clock()))
        return batch

    gateway.database.writer.do(act, None)
    with gateway.database.reading() as conn:
        known = familiar(conn, PHONE, row.id)
    assert known is not None
    assert (known.link, known.number) == ("phones", OURS)


def test_the_same_form_twice_is_one_answer(gateway: Gateway, customer: Writer, sent: tuple[str, pages.Page]) -> None:
    fields = customer.fields()
    assert [customer.answer("yes", fields=fields).status_code for _ in range(3)] == [303, 303, 303]
    assert [row.text for row in texts(gateway)] == ["yes"]
    with gateway.database.reading() as conn:
        assert {one.level: one.many for one in page_visits.seen(conn, sent[0])}["replied"] == 1
    customer.answer("yes")
    assert len(texts(gateway)) == 2


def test_stop_on_a_page_is_stop(gateway: Gateway, customer: Writer) -> None:
    customer.answer("STOP")
    [row] = texts(gateway)
    assert row.understood_as == "optout"


@pytest.mark.parametrize(
    ("text", "files", "says"),
    [
        ("", (), "Please write something"),
        ("x" * 1001, (), "1001 letters, and 1000 are the most"),
        ("", (("a.jpg", b"<html>no picture</html>"),), "is no picture"),
        ("", (("run.exe", b"MZ\x90\0 not ours"),), "is no picture"),
        ("", (("empty.jpg", b""),), "is no picture"),
        ("", tuple((f"{n}.png", picture(8, 8, "PNG")) for n in range(4)), "more than 3 files"),
        ("", (("big.jpg", picture() + bytes(5 << 20)),), "is too large: up to 5 MB"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_given_back(
    gateway: Gateway, customer: Writer, text: str, files: Any, says: str
) -> None:
    response = customer.answer(text, *files)
    assert response.status_code == 422
    assert says in response.text
    assert not text or text in response.text
    assert texts(gateway) == []


def test_several_mistakes_are_told_at_once(customer: Writer) -> None:
    response = customer.answer(
        "x" * 1001, ("<b>.exe", b"MZ\x90\0"), *((f"{n}.png", picture(8, 8, "PNG")) for n in range(3))
    )
    assert "1001 letters" in response.text
    assert "more than 3 files" in response.text
    assert "&lt;b&gt;.exe" in response.text


def test_a_form_that_is_not_the_pages_own_is_refused_with_its_text(gateway: Gateway, customer: Writer) -> None:
    fields = customer.fields()
    for wrong in ({**fields, "once": "another"}, {**fields, "proof": ""}, {}):
        response = customer.client.post(f"{customer.place}/answer", data={**wrong, "text": "my words"}, headers=LOOK)
        assert response.status_code == 403
        assert "my words" in response.text
    foreign = {"Sec-Fetch-Site": "cross-site"}
    sent = customer.client.post(f"{customer.place}/answer", data={**fields, "text": "no"}, headers=foreign)
    assert sent.status_code == 403
    assert texts(gateway) == []


def test_a_robot_that_fills_every_field_believes_that_it_succeeded(gateway: Gateway, customer: Writer) -> None:
    told = {**customer.fields(), "text": "buy pills", "website": "https://pills.example"}
    assert customer.client.post(f"{customer.place}/answer", data=told, headers=LOOK).status_code == 303
    assert texts(gateway) == []


def test_a_page_takes_so_many_answers_an_hour(gateway: Gateway, customer: Writer, clock: Any) -> None:
    pace = customer.client.application.extensions["page_guard"]
    pace._looks._most = 10_000  # what this is not about
    for number in range(20):
        assert customer.answer(f"answer {number}").status_code == 303
        texts(gateway)
    assert customer.answer("one more").status_code == 429
    clock.on(3601)
    assert customer.answer("one more").status_code == 303


def test_nobody_answers_before_the_message_was_shown(gateway: Gateway) -> None:
    _, page = message_with(gateway, [{"text": "hello"}])
    client = create_app(gateway).test_client()
    response = client.post(f"/m/{page.token}/answer", data={"text": "hi"}, headers=LOOK)
    assert response.status_code == 303
    assert texts(gateway) == []


def test_without_a_form_there_are_still_the_other_ways(configured: Any) -> None:
    gateway = configured(pages={"answers": False, "call": "+38614701234"}, sending={"sender": OURS, "region": "SI"})
    _, page = message_with(gateway, [{"text": "hello"}])
    text = Writer(create_app(gateway), page).page()
    assert "<textarea" not in text
    assert f'href="sms:{OURS}"' in text
    assert 'href="tel:+38614701234"' in text


def test_while_the_store_takes_nothing_the_words_are_given_back(
    gateway: Gateway, customer: Writer, monkeypatch: Any
) -> None:
    fields = customer.fields()
    gateway.database.writer.close()
    response = customer.answer("do not lose this", fields=fields)
    assert response.status_code == 503
    assert "do not lose this" in response.text
    assert "try again" in response.text


def test_a_picture_comes_in_as_an_mms_would(gateway: Gateway, customer: Writer, within: Callable[..., Any]) -> None:
    file = picture()
    assert customer.answer("this one", ("C:\\my photo.jpg", file)).status_code == 303
    [row] = texts(gateway)
    assert (row.sender, row.link) == (PHONE, PAGE)
    assert "this one" in row.text
