"""Pictures and files at the pages: sent with an answer, seen in conversations and the log, given out safely."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

import pytest

from smsgw.customers import customers, timeline
from smsgw.gateway import Gateway
from smsgw.link import Content, ContentPart, InboundContent
from smsgw.media import page_visits, store
from smsgw.media.page_visits import Visit
from tests.webadmin.message_pages import PHONE, message_with, picture
from tests.webadmin.pages.conftest import Form, Visitor
from webadmin import create_app

JPEG = picture(900, 600)
ID = hashlib.sha256(JPEG).hexdigest()


@pytest.fixture
def gateway(configured: Any) -> Gateway:
    made: Gateway = configured(pages={"url": "https://m.example.com"})
    return made


@pytest.fixture
def admin(gateway: Gateway) -> Visitor:
    visitor = Visitor(create_app(gateway))
    visitor.get(visitor.link())
    return visitor


def brought(gateway: Gateway, *parts: ContentPart) -> None:
    gateway.brought("phones", InboundContent(f"r{len(parts)}", PHONE, "+38640999888", Content(parts))).result(90)


def answer(visitor: Visitor, text: str, *files: tuple[str, bytes]) -> Any:
    found = Form(visitor.page(f"/inbox/{PHONE}"), "answer")
    told: dict[str, Any] = {**found.fields, "text": text, "files": [(io.BytesIO(one), name) for name, one in files]}
    return visitor.client.post(found.action, data=told, headers={"Accept": "text/html"})


def test_an_answer_takes_files_along(admin: Visitor, gateway: Gateway) -> None:
    assert answer(admin, "here it is", ("C:\\a.jpg", JPEG), ("l.pdf", b"%PDF-1.4")).status_code == 303
    page = admin.page(f"/inbox/{PHONE}")
    assert f'src="/media/{ID}/small"' in page
    assert "PDF" in page
    [id] = set(re.findall(r"msg_[0-9A-Z]{26}", page))
    one = admin.page(f"/messages/{id}")
    assert "a text with a link to a page" in one
    assert '<div class="drawn"' in one
    assert "here it is" in one
    assert 'class="clip"' in admin.page("/messages")
    assert 'class="clip"' in admin.page("/inbox")


def test_a_file_that_is_none_of_ours_keeps_the_draft(admin: Visitor) -> None:
    response = answer(admin, "my words", ("a.svg", b"<svg onload=alert(1)>"))
    assert response.status_code == 422
    assert "my words" in response.text
    assert "no picture, sound, video" in response.text


def test_an_answer_without_files_is_a_text(admin: Visitor) -> None:
    assert answer(admin, "just words", ("", b"")).status_code == 303
    assert "/small" not in admin.page(f"/inbox/{PHONE}")


def test_what_came_in_is_shown_by_what_it_is(admin: Visitor, gateway: Gateway) -> None:
    brought(
        gateway,
        ContentPart("text/plain", b"look", "t.txt", "utf-8"),
        ContentPart("text/html", JPEG, "x.html"),
        ContentPart("image/png", b"<html><script>alert(1)</script>", "y.png"),
        ContentPart("audio/amr", b"#!AMR\n" + bytes(50), "z.amr"),
    )
    page = admin.page(f"/inbox/{PHONE}")
    assert f'src="/media/{ID}/small"' in page
    assert page.count("<audio") == 1
    trick = hashlib.sha256(b"<html><script>alert(1)</script>").hexdigest()
    assert f"/media/{trick}/small" not in page
    given = admin.get(f"/media/{trick}")
    assert given.mimetype == "application/octet-stream"
    assert given.headers["Content-Disposition"].startswith("attachment;")


def test_media_are_given_safely_and_small_ones_are_small(admin: Visitor, gateway: Gateway) -> None:
    brought(gateway, ContentPart("image/jpeg", JPEG, "p.jpg"))
    whole, file, small = (admin.get(f"/media/{ID}{more}") for more in ("", "/file", "/small"))
    assert (whole.data, file.data) == (JPEG, JPEG)
    assert whole.headers["Content-Disposition"].startswith("inline;")
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert len(small.data) < 41_000
    for one in (whole, file, small):
        assert one.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        assert one.headers["Cache-Control"].startswith("private")


def test_strangers_see_no_media(gateway: Gateway) -> None:
    brought(gateway, ContentPart("image/jpeg", JPEG, "p.jpg"))
    stranger = create_app(gateway).test_client()
    for more in ("", "/file", "/small"):
        assert stranger.get(f"/media/{ID}{more}").status_code == 303


def test_media_whose_octets_are_gone_say_so(admin: Visitor, gateway: Gateway) -> None:
    brought(gateway, ContentPart("image/jpeg", JPEG, "p.jpg"))

    def act(conn: Any, batch: list[None]) -> list[None]:
        conn.execute(store.medium.update().values(octets=None, purged_at=gateway.clock()))
        return batch

    gateway.database.writer.do(act, None)
    assert "its time was over" in admin.page(f"/inbox/{PHONE}")
    assert admin.get(f"/media/{ID}").status_code == 404
    assert admin.get(f"/media/{ID}/small").status_code == 404


def test_a_view_is_seen_where_the_message_is(admin: Visitor, gateway: Gateway) -> None:
    id, page = message_with(gateway, [{"text": "hello", "medium": JPEG}])
    assert "opened on its page" not in admin.page(f"/inbox/{PHONE}")
    for level in ("fetched", "opened", "loaded"):
        gateway.database.writer.do(page_visits.write_down, Visit(page.id, level, gateway.clock(), "203.0.113.9"))
    assert "opened on its page" in admin.page(f"/inbox/{PHONE}")
    one = admin.page(f"/messages/{id}")
    assert "opened: 1" in one
    assert "Opened on its page" in one  # the line of its life


def test_a_page_is_held_and_taken_back_by_hand(admin: Visitor, gateway: Gateway) -> None:
    id, _ = message_with(gateway, [{"text": "hello"}])
    assert admin.send(f"/messages/{id}", "hold", why="a claim").status_code == 303
    assert "a claim" in admin.page(f"/messages/{id}")
    assert admin.send(f"/messages/{id}", "revoke").status_code == 303
    page = admin.page(f"/messages/{id}")
    assert "taken back" in page
    assert 'id="revoke"' not in page


def test_a_person_says_on_the_card_who_can_show_an_mms(admin: Visitor, gateway: Gateway) -> None:
    person = customers.create(
        gateway.database.writer, customers.Wish({"addresses": [PHONE]}, "t", gateway.clock(), "SI")
    )
    assert "not known yet" in admin.page(f"/customers/{person}")
    assert admin.send(f"/customers/{person}", "mms-1", state="blocked").status_code == 303
    page = admin.page(f"/customers/{person}")
    assert "<b>gets none</b>" in page
    assert 'value="blocked" selected' in page
    assert admin.send(f"/customers/{person}", "mms-1", number="+38640000000", state="yes").status_code == 404


def test_a_view_stands_in_the_past_of_the_customer(admin: Visitor, gateway: Gateway) -> None:
    person = customers.create(
        gateway.database.writer, customers.Wish({"addresses": [PHONE]}, "t", gateway.clock(), "SI")
    )
    id, page = message_with(gateway, [{"text": "hello"}])
    for level in ("fetched", "opened", "opened", "loaded"):
        gateway.database.writer.do(page_visits.write_down, Visit(page.id, level, gateway.clock(), "203.0.113.9"))
    with gateway.database.reading() as conn:
        past = timeline.read(conn, customers.get(conn, person))
    assert [(one.kind, one.id) for one in past.entries if one.kind == "view"] == [("view", id), ("view", id)]
    assert "opened a page" in admin.page(f"/customers/{person}")


def test_a_message_is_written_quickly_to_any_number(admin: Visitor, gateway: Gateway) -> None:
    found = Form(admin.page("/messages"), "quick")
    told = {**found.fields, "to": "040 111 223", "text": "Ready", "files": [(io.BytesIO(JPEG), "a.jpg")]}
    sent = admin.client.post(found.action, data=told, headers={"Accept": "text/html"})
    assert sent.status_code == 303
    assert '<div class="drawn"' in admin.page(sent.headers["Location"])
    again = admin.client.post(
        found.action, data={**told, "files": [(io.BytesIO(JPEG), "a.jpg")]}, headers={"Accept": "text/html"}
    )
    assert again.headers["Location"] == sent.headers["Location"]
    wrong = admin.send("/messages", "quick", to="nobody", text="my words")
    assert wrong.status_code == 422
    assert "my words" in wrong.text
