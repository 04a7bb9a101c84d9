"""The page of a message: who sees it, what counts as a look, and what is said to those who guess."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from smsgw.customers import customers, forgetting, privacy
from smsgw.gateway import Gateway
from smsgw.media import page_visits, pages
from smsgw.outbound import outbox
from smsgw.store.tables import alert, message_page, page_visit, rendition
from smsgw.text import persian
from tests.webadmin.message_pages import LOOK, PHONE, Phone, message_with, picture
from webadmin import create_app


@pytest.fixture
def app(gateway: Gateway) -> Any:
    return create_app(gateway)


def levels(gateway: Gateway, within: Callable[..., Any] | None = None) -> list[str]:
    gateway.database.writer.do(lambda conn, batch: batch, None)  # what was put before is written
    with gateway.database.reading() as conn:
        return list(conn.scalars(select(page_visit.c.level).order_by(page_visit.c.id)))


def test_a_link_holds_128_bits_and_only_their_hash_is_kept(gateway: Gateway) -> None:
    id, page = message_with(gateway, [{"text": "hello"}])
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", page.token)
    assert page.url == f"/m/{page.token}"  # and nothing that tells whose it is
    with gateway.database.reading() as conn:
        row = conn.execute(select(message_page)).one()
    assert row.token_hash == hashlib.sha256(page.token.encode()).digest()
    assert row.message_id == id


def test_looking_is_no_view_and_a_tap_on_show_is_one(gateway: Gateway, app: Any) -> None:
    id, page = message_with(gateway, [{"text": "the picture of the day", "medium": picture()}])
    phone = Phone(app, page)
    envelope = phone.get()
    assert envelope.status_code == 200
    assert "the picture of the day" not in envelope.text  # a preview of the link shows nobody the message
    assert "Knjigarna Pri Lipi" in envelope.text
    assert phone.get("/1").status_code == 404
    assert levels(gateway) == ["fetched"]
    opened = phone.show()
    assert opened.status_code == 303
    assert "the picture of the day" in phone.get().text
    assert phone.get("/1").mimetype == "image/jpeg"
    assert levels(gateway) == ["fetched", "fetched", "opened", "fetched", "loaded"]
    with gateway.database.reading() as conn:
        events = [(one.event, one.why) for one in outbox.events(conn, [id])]
        seen = {row.level: row.many for row in page_visits.seen(conn, id)}
    assert ("page_opened", "opened on its page") in events
    assert seen == {"fetched": 3, "opened": 1, "loaded": 1}


@pytest.mark.parametrize(
    ("method", "headers"),
    [("HEAD", {}), ("GET", {"Sec_Purpose": "prefetch"}), ("GET", {"Sec_Purpose": "prefetch;prerender"}),
     ("GET", {"Purpose": "prefetch"})],
)  # fmt: skip
def test_heads_and_prefetches_count_as_nothing(
    gateway: Gateway, app: Any, method: str, headers: dict[str, str]
) -> None:
    _, page = message_with(gateway, [{"text": "hello", "medium": picture()}])
    phone = Phone(app, page)
    assert phone.get(method=method, **headers).status_code == 200
    assert levels(gateway) == []
    phone.show()
    before = levels(gateway)
    assert phone.get("/1", method=method, **headers).status_code == 200
    assert levels(gateway) == before


def test_a_show_from_another_site_opens_nothing(gateway: Gateway, app: Any) -> None:
    _, page = message_with(gateway, [{"text": "hello"}])
    phone = Phone(app, page)
    fields = phone.fields()
    foreign = phone.client.post(phone.place, data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    without = phone.client.post(phone.place, data={"proof": "0" * 32})
    assert (foreign.status_code, without.status_code) == (403, 403)
    assert "opened" not in levels(gateway)


def test_a_page_says_what_no_page_of_ours_does(gateway: Gateway, app: Any) -> None:
    _, page = message_with(gateway, [{"text": "hello", "medium": picture()}])
    phone = Phone(app, page)
    phone.show()
    for more in ("", "/1", "/1/original", "/sent"):
        headers = phone.get(more).headers
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Set-Cookie" not in headers
    text = phone.get().text
    assert not re.search(r"<script|\sstyle=|\son\w+=|og:", text)
    assert {place.partition("/")[0] for place in re.findall(r'(?:src|href|action)="([^"]*)"', text)} <= {
        "",
        "sms:",
        "tel:",
    }


def test_wrong_ended_and_revoked_links_get_one_answer_after_one_question(
    gateway: Gateway, app: Any, clock: Any
) -> None:
    _, ended = message_with(gateway, [{"text": "two"}], to="+38640111223")
    clock.on(timedelta(days=14).total_seconds())
    id, revoked = message_with(gateway, [{"text": "one"}])
    assert Phone(app, revoked).get().status_code == 200
    pages.take_back(gateway.database.writer, id, "ana", gateway.clock())
    asked: list[str] = []

    def hear(*told: Any) -> None:
        asked.append(told[2])

    event.listen(Engine, "before_cursor_execute", hear)
    answers, questions = [], []
    for token in (revoked.token, ended.token, secrets.token_urlsafe(16), "short", "x" * 500, "é" * 22):
        asked.clear()
        response = app.test_client().get(f"/m/{token}", headers=LOOK)
        kept = {name: value for name, value in response.headers if name not in ("X-Request-Id", "Date")}
        answers.append((response.status_code, response.data, kept))
        questions.append([one for one in asked if "message_page" in one])
    event.remove(Engine, "before_cursor_execute", hear)
    assert answers[0][0] == 404
    assert all(one == answers[0] for one in answers)
    assert all(len(one) == 1 and one == questions[0] for one in questions)
    with gateway.database.reading() as conn:
        assert "page_revoked" in [one.event for one in outbox.events(conn, [id])]


def test_the_last_moment_of_a_page(gateway: Gateway, app: Any, clock: Any) -> None:
    _, page = message_with(gateway, [{"text": "hello"}])
    clock.on(timedelta(days=14).total_seconds() - 1)
    assert Phone(app, page).get().status_code == 200
    clock.on(1)
    assert Phone(app, page).get().status_code == 404


def test_who_guesses_must_wait_and_others_need_not(configured: Any) -> None:
    gateway = configured(pages={"tries": 30, "alarm": 40})
    app = create_app(gateway)
    _, page = message_with(gateway, [{"text": "hello"}])
    guesser = Phone(app, page, "198.51.100.9")
    good, guesser.place = guesser.place, ""
    tried = [guesser.get(f"/m/{secrets.token_urlsafe(16)}").status_code for _ in range(35)]
    assert tried == [404] * 30 + [429] * 5
    limited = guesser.get(good)  # a hit would tell the guesser; so even a good link waits
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["Retry-After"]) <= 60
    assert Phone(app, page, "198.51.100.10").get().status_code == 200
    with gateway.database.reading() as conn:
        assert conn.scalar(select(alert.c.kind)) is None
    second = Phone(app, page, "2001:db8:1:2::1")
    second.place = ""
    for number in range(10):  # one subscriber has a whole /64
        second.address = f"2001:db8:1:2::{number + 1:x}"
        second.get(f"/m/{secrets.token_urlsafe(16)}")
    levels(gateway)
    with gateway.database.reading() as conn:
        assert conn.scalar(select(alert.c.kind)) == "page_guessing"


def test_one_page_is_not_asked_for_without_end(configured: Any) -> None:
    gateway = configured(pages={"tries": 5})
    _, page = message_with(gateway, [{"text": "hello"}])
    phone = Phone(create_app(gateway), page)
    assert [phone.get().status_code for _ in range(7)] == [200] * 5 + [429] * 2


def test_a_proxy_names_who_asks(configured: Any) -> None:
    gateway = configured(pages={"tries": 2, "address_header": "X-Forwarded-For"})
    _, page = message_with(gateway, [{"text": "hello"}])
    phone = Phone(create_app(gateway), page, "127.0.0.1")
    good, phone.place = phone.place, "/m/"
    for _ in range(3):
        phone.get("wrong", X_Forwarded_For="6.6.6.6, 198.51.100.9")
    phone.place = good
    assert phone.get(X_Forwarded_For="198.51.100.9").status_code == 429
    assert phone.get(X_Forwarded_For="198.51.100.9, 203.0.113.5").status_code == 200
    levels(gateway)
    with gateway.database.reading() as conn:
        assert conn.scalar(select(page_visit.c.address)) == "203.0.113.0/24"


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3::9", "2001:db8:1::/48"),
     ("::ffff:203.0.113.7", "203.0.113.0/24"),
     ("fe80::1%eth0", "fe80::/48"), ("nonsense", "")],
)  # fmt: skip
def test_addresses_are_kept_by_their_network(address: str, network: str) -> None:
    assert page_visits.network_of(address) == network


def test_a_code_guards_a_page_and_five_wrong_ones_lock_it(gateway: Gateway, app: Any) -> None:
    _, page = message_with(gateway, [{"text": "your results", "medium": picture()}], pin="ab-12")
    phone = Phone(app, page)
    assert "your results" not in phone.get().text
    assert phone.show(pin="۱۲").status_code == 403
    assert phone.show(pin="AB 12").status_code == 303
    assert "your results" in phone.get().text
    assert phone.get("/1").status_code == 200
    other = Phone(app, page)  # the link alone, without the code, on another telephone
    assert "your results" not in other.get().text
    assert other.get("/1").status_code == 404
    left = [other.show(pin="0000").text for _ in range(4)]
    assert "Tries left: 3" in left[0]
    assert "too many wrong codes" in left[3]
    assert other.client.post(other.place, data={"proof": "", "pin": "ab12"}).status_code == 403
    fields = re.findall(r'name="pin"', other.get().text)
    assert fields == []  # it is locked, also for the right code
    assert "your results" in phone.get().text  # who had the code before is not thrown out


def test_a_code_may_be_the_end_of_the_customers_own_number(configured: Any) -> None:
    gateway = configured(pages={"pin": "reference"})
    app = create_app(gateway)
    _, page = message_with(gateway, [{"text": "your results"}])
    assert 'name="pin"' not in Phone(app, page).get().text  # nobody knows a number of theirs
    told = {"name": "Ana", "addresses": [PHONE], "reference": "K-2026-0815"}
    customers.create(gateway.database.writer, customers.Wish(told, "test", gateway.clock(), "SI"))
    phone = Phone(app, page)
    assert 'name="pin"' in phone.get().text
    assert phone.show(pin="2026").status_code == 403
    assert phone.show(pin="08 15").status_code == 303
    assert "your results" in phone.get().text


@pytest.mark.parametrize(
    ("language", "way", "show"),
    [("en", "ltr", "Show the message"), ("sl", "ltr", "Pokaži sporočilo"), ("ru", "ltr", "Показать сообщение"),
     ("fa", "rtl", "نمایش پیام"), ("de", "ltr", "Nachricht zeigen")],
)  # fmt: skip
def test_it_speaks_the_customers_language(gateway: Gateway, app: Any, language: str, way: str, show: str) -> None:
    _, page = message_with(gateway, [{"text": "hello"}], language=language)
    text = Phone(app, page).get(Accept_Language="it").text
    assert f'<html lang="{language}" dir="{way}">' in text
    assert show in text


def test_the_language_on_the_card_wins_over_that_of_the_message(gateway: Gateway, app: Any) -> None:
    told = {"addresses": [PHONE], "language": "fa"}
    customers.create(gateway.database.writer, customers.Wish(told, "test", gateway.clock(), "SI"))
    _, page = message_with(gateway, [{"text": "hello"}], language="en")
    told = Phone(app, page).get().text
    assert '<html lang="fa" dir="rtl">' in told
    assert persian.day_name(page.expires_at.astimezone().date(), year=True) in told


def test_a_wrong_link_speaks_the_browsers_language(app: Any) -> None:
    text = app.test_client().get("/m/wrong", headers={"Accept-Language": "fa,en;q=0.5"}).text
    assert '<html lang="fa" dir="rtl">' in text


def test_a_newer_link_ends_the_older_one(gateway: Gateway, app: Any) -> None:
    id, first = message_with(gateway, [{"text": "hello"}])
    second = gateway.database.writer.do(lambda conn, b: [pages.make(conn, id, gateway.clock())], None)
    assert Phone(app, first).get().status_code == 404
    assert Phone(app, second).get().status_code == 200


def test_the_purge_takes_what_was_made_and_leaves_who_came(running: Gateway) -> None:
    id, page = message_with(running, [{"medium": picture(4000, 3000)}])
    held_id, _ = message_with(running, [{"medium": picture(3000, 4000)}], to="+38640111223")
    phone = Phone(create_app(running), page)
    phone.show()
    assert phone.get("/1").status_code == 200
    pages.hold(running.database.writer, held_id, "a dispute", "ana", running.clock())
    later = running.clock() + timedelta(days=15)
    counts = [running.database.writer.do(pages.purge, later) for _ in range(2)]
    assert counts == [1, 0]
    with running.database.reading() as conn:
        assert conn.scalar(select(rendition.c.fit)) is None
        assert {row.level for row in page_visits.seen(conn, id)} == {"fetched", "opened", "loaded"}
        assert pages.of_message(conn, held_id).purged_at is None
        assert pages.of_message(conn, id).purged_at == later
    pages.hold(running.database.writer, held_id, None, "ana", running.clock())
    assert running.database.writer.do(pages.purge, later) == 1


def test_a_customer_on_hold_keeps_their_pages(gateway: Gateway, clock: Any) -> None:
    message_with(gateway, [{"text": "hello"}])
    told = {"name": "Ana", "addresses": [PHONE]}
    person = customers.create(gateway.database.writer, customers.Wish(told, "test", clock(), "SI"))
    privacy.hold(gateway.database.writer, privacy.Act(person, "ana", clock(), "a claim"))
    clock.on(timedelta(days=15).total_seconds())
    assert gateway.database.writer.do(pages.purge, clock()) == 0
    privacy.release(gateway.database.writer, privacy.Act(person, "ana", clock()))
    assert gateway.database.writer.do(pages.purge, clock()) == 1


def test_a_message_that_is_forgotten_has_no_page(gateway: Gateway, app: Any) -> None:
    id, page = message_with(gateway, [{"text": "hello"}])
    phone = Phone(app, page)
    phone.show()
    levels(gateway)

    def act(conn: Any, batch: list[None]) -> list[None]:
        forgetting.messages(conn, [id])
        return batch

    gateway.database.writer.do(act, None)
    assert phone.get().status_code == 404
    with gateway.database.reading() as conn:
        assert set(conn.scalars(select(page_visit.c.address))) == {""}


def test_guessing_at_random_finds_nothing_whatever_the_number_of_tries(gateway: Gateway) -> None:
    for number in range(3):
        message_with(gateway, [{"text": "hello"}], to=f"+3864011122{number}")
    now = gateway.clock()
    with gateway.database.reading() as conn:
        assert not any(pages.find(conn, secrets.token_urlsafe(16), now) for _ in range(2000))
