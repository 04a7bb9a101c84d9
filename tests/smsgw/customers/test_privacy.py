"""A person can have a copy and be forgotten: no word, name or number of theirs is left anywhere, and the books stay."""

from __future__ import annotations

import io
import json
import random
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from smsgw.config.retention import RetentionConfig
from smsgw.customers import customers, export, forgetting, groups, merging, privacy, retention
from smsgw.customers.consent import consent
from smsgw.customers.consent.consent import Statement
from smsgw.customers.customers import Note, Wish
from smsgw.customers.importing import importing
from smsgw.customers.importing.compare import FORGOTTEN
from smsgw.customers.importing.importing import Importer, Upload
from smsgw.customers.privacy import Act
from smsgw.errors import Conflict, NotFound
from smsgw.store.database import Database
from smsgw.store.ids import new_id
from smsgw.store.tables import (
    campaign,
    capability,
    capability_sign,
    cost_entry,
    delivery,
    expectation,
    history,
    inbound,
    inbound_content,
    inbound_medium,
    inbound_part,
    inquiry,
    mail,
    mail_answer,
    mail_thread,
    medium,
    message,
    message_content,
    message_medium,
    metadata,
    order,
    order_revision,
    part,
    receipt,
    short_link,
    short_link_click,
    webhook,
)
from smsgw.store.tables import consent as ledger
from tests.smsgw.customers.town import settle

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NUMBER, MAIL, NEEDLE = "+38640111222", "zofija@example.com", "Needleworth"


def a_full_life(database: Database) -> str:
    """A customer who left something in every corner."""
    id = customers.create(
        database.writer, Wish({"name": NEEDLE, "addresses": [NUMBER, MAIL], "tags": ["vip"]}, "t", NOW, None)
    )
    customers.note(database.writer, Note(id, f"{NEEDLE} likes tea", "t", NOW))
    group = groups.create(database.writer, "Tea", "t", NOW)
    groups.set_members(database.writer, groups.Members(group, [id], "t", NOW))
    other = customers.create(database.writer, Wish({"name": f"{NEEDLE} too", "addresses": ["+38640111333"]}, "t", NOW))
    merging.merge(database.writer, merging.Merge(id, other, "t", NOW))
    sheet = Upload("l.csv", f"phone,name\n{NUMBER},{NEEDLE} again\n".encode(), "t", NOW)
    Importer(database).finish(importing.upload(database, sheet), lambda: NOW)
    with database.exclusive() as conn:
        consent.record(conn, [Statement(NUMBER, True, f"yes, {NEEDLE}", NOW, "sms", "t", customer_id=id)])
        _texts(conn)
        _pictures(conn)
        _mails(conn)
        _others(conn, id)
    return id


def _texts(conn: Any) -> None:
    told = f"Dear {NEEDLE}"
    values = {
        "id": "msg_A", "state": "delivered", "why": f"{NUMBER} took it", "client": "t", "client_ref": NEEDLE,
        "recipient": NUMBER, "text": told, "encoding": "gsm7", "parts": 1, "priority": 5, "purpose": "service",
        "on_unsure": "resend", "link": "a", "created_at": NOW, "due_at": NOW, "valid_until": NOW, "sent_at": NOW,
        "final_at": NOW, "attempts": 1, "metadata": {"who": NEEDLE}, "trace": [f"to {NUMBER}"],
    }  # fmt: skip
    conn.execute(insert(message), [values])
    conn.execute(
        insert(message),
        [values | {"id": "msg_B", "state": "queued", "final_at": None, "sent_at": None, "client_ref": "b", "why": ""}],
    )
    piece = {"alphabet": "gsm7", "user_data": told.encode(), "udh": b"", "position": 1}
    conn.execute(insert(part), [piece | {"message_id": "msg_A"}])
    said = {"link": "a", "reference": "1", "state": "delivered", "recipient": NUMBER, "said": told, "received_at": NOW}
    conn.execute(insert(receipt), [said | {"message_id": "msg_A", "position": 1}])
    came = {
        "id": "in_A", "state": "waiting", "why": told, "link": "a", "reference": "r", "sender": NUMBER, "text": told,
        "kind": "text", "parts": 1, "missing": 0, "received_at": NOW, "explanation": {"words": NEEDLE},
    }  # fmt: skip
    conn.execute(insert(inbound), [came])
    whole = piece | {"link": "a", "reference": "r", "copies": 1, "sender": NUMBER, "kind": "text", "wide": False}
    conn.execute(insert(inbound_part), [whole | {"of": 1, "received_at": NOW, "inbound_id": "in_A"}])
    cost = {"message_id": "msg_A", "link": "a", "parts": 1, "amount": 12_000, "currency": "EUR", "event": "submit"}
    conn.execute(insert(cost_entry), [cost | {"rate_id": 1, "at": NOW}])


def _mails(conn: Any) -> None:
    """A mailbox was told of in_A, and somebody answered."""
    letter = {
        "state": "sent",
        "why": "",
        "reference": "in_A",
        "recipient": "shop@firm.example",
        "body": "",
        "attempts": 1,
    }
    times = {"created_at": NOW, "due_at": NOW, "ended_at": NOW}
    conn.execute(
        insert(mail),
        [letter | times | {"id": "mail_C", "subject": f"MMS from {NEEDLE}", "inbound_id": "in_A", "thread_id": 1}],
    )
    thread = {"id": 1, "address": NUMBER, "series": 0, "answers_until": NOW, "created_at": NOW, "inbound_id": "in_A"}
    conn.execute(insert(mail_thread), [thread])
    answer = {"thread_id": 1, "message_id": "<a@x>", "sender": "shop@firm.example", "at": NOW}
    conn.execute(insert(mail_answer), [answer | {"why": f"too many to {NUMBER}"}])


def _pictures(conn: Any) -> None:
    told = f"Dear {NEEDLE}"
    for sha, octets in (("a" * 64, b"a catalogue"), ("b" * 64, told.encode())):
        values = {"sha256": sha, "media_type": "text/plain", "size": len(octets), "octets": octets}
        conn.execute(insert(medium), [values | {"created_at": NOW, "used_at": NOW}])
    carried = {
        "message_id": "msg_A", "subject": told, "slides": [{"text": told, "medium": "a" * 64}], "policy": "mms-first",
        "profile": "std300", "way": "mms", "why": "", "size": 1, "digest": "d", "language": "sl", "read_report": False,
        "from_name": NEEDLE, "reply_to": MAIL,
    }  # fmt: skip
    conn.execute(insert(message_content), [carried])
    used = {"message_id": "msg_A", "position": 1, "sha256": "a" * 64, "original": "a" * 64, "name": NEEDLE}
    conn.execute(insert(message_medium), [used])
    conn.execute(
        insert(inbound_content), [{"inbound_id": "in_A", "subject": told, "also_to": [NUMBER], "size": 1, "copies": 1}]
    )
    came = {"inbound_id": "in_A", "position": 1, "sha256": "b" * 64, "media_type": "text/plain", "name": NEEDLE}
    conn.execute(insert(inbound_medium), [came | {"content_id": ""}])
    known = {"number": NUMBER, "kind": "mms", "state": "yes", "evidence": "inbound", "source": "a", "why": NUMBER}
    conn.execute(insert(capability), [known | {"at": NOW, "by_admin": False}])
    sign = {"number": NUMBER, "kind": "mms", "sign": "inbound", "source": "a", "at": NOW}
    conn.execute(insert(capability_sign), [sign])


def _others(conn: Any, id: str) -> None:
    line = {"record": "message", "record_id": "msg_A", "event": "refuse", "now": "refused", "by": "gate", "at": NOW}
    conn.execute(insert(history), [line | {"why": f"{NUMBER} said {NEEDLE}"}])
    hook = {"id": "whk_A", "state": "active", "why": "", "url": "x", "events": [], "secrets": [], "after": 0, "by": "t"}
    conn.execute(insert(webhook), [hook | {"created_at": NOW}])
    told = {"id": "evt_A", "state": "delivered", "why": "", "webhook_id": "whk_A", "event": "x", "record_id": "in_A"}
    told |= {"line": 1, "body": json.dumps({"text": NEEDLE}), "created_at": NOW, "attempts": 1, "ended_at": NOW}
    conn.execute(insert(delivery), [told])
    asked = {
        "id": "ord_A", "state": "confirmed", "why": NEEDLE, "number": 7, "address": NUMBER, "language": "sl",
        "revision": 1, "unclear": 0, "created_at": NOW, "confirmed_at": NOW, "proof": {"words": NEEDLE},
        "asked_at": NOW, "wish": NEEDLE, "total": 5_000_000, "currency": "EUR",
    }  # fmt: skip
    conn.execute(insert(order), [asked])
    conn.execute(insert(order_revision), [{"order_id": "ord_A", "revision": 1, "words": NEEDLE, "by": "t", "at": NOW}])
    expected = {"id": "exp_A", "address": NUMBER, "kind": "confirm", "payload": {"text": NEEDLE}, "revision": 1}
    conn.execute(insert(expectation), [expected | {"sent_at": NOW, "expires_at": NOW}])
    terms = {
        "texts": {"a": {"sl": "x"}},
        "language": "sl",
        "terms": {},
        "wave": 0,
        "placed": 0,
        "planned": 0,
        "by": "t",
    }
    letter = {"id": "mail_A", "state": "sent", "why": "", "reference": "ord_A:1", "recipient": "shop@example.com"}
    letter |= {"subject": "Order 7", "body": f"Customer: {NUMBER}", "created_at": NOW, "due_at": NOW, "attempts": 1}
    letter |= {"ended_at": NOW}
    conn.execute(insert(mail), [letter, letter | {"id": "mail_B", "reference": "x", "body": ""}])
    about = {"id": "cam_A", "state": "draft", "why": "", "name": "c", "kind": "once", "purpose": "service"}
    about |= {"audience": {"numbers": [NUMBER, "+38640999888"]}, "created_at": NOW, "changed_at": NOW}
    conn.execute(insert(campaign), [about | terms])
    question = {"id": "inq_A", "state": "open", "why": NEEDLE, "address": NUMBER, "topic": "hours", "priority": 1}
    conn.execute(insert(inquiry), [question | {"language": "sl", "opened_at": NOW, "due_at": NOW}])


def everything(database: Database) -> str:
    """Every value of every table, as one text."""
    with database.reading() as conn:
        rows = [repr(tuple(row)) for table in metadata.sorted_tables for row in conn.execute(select(table))]
    return "\n".join(rows)


def test_who_is_forgotten_leaves_no_word_and_the_books_stay(database: Database) -> None:
    id = a_full_life(database)
    for needle in (NEEDLE, NUMBER, MAIL, "+38640111333"):
        assert needle in everything(database)
    counts = privacy.erase(database.writer, Act(id, "ana", NOW))
    assert counts == {"messages": 2, "texts": 1, "calls": 0, "talks": 0, "orders": 1, "inquiries": 1}
    left = everything(database)
    for needle in (NEEDLE, NUMBER, MAIL, "+38640111333", "Dear"):
        assert needle not in left, [line for line in left.splitlines() if needle in line]
    with database.reading() as conn:
        states = dict(conn.execute(select(message.c.id, message.c.state)).all())
        assert states == {"msg_A": "delivered", "msg_B": "refused"}
        assert conn.scalar(select(message.c.recipient).where(message.c.id == "msg_A")) == "+386"
        assert conn.scalar(select(cost_entry.c.amount)) == 12_000
        assert conn.scalars(select(medium.c.octets)).all() == [b"a catalogue"]  # ours, and maybe others' too
        assert conn.scalar(select(order.c.total)) == 5_000_000
        assert conn.scalar(select(mail.c.subject).where(mail.c.id == "mail_B")) == "Order 7"
        assert conn.scalar(select(campaign.c.audience)) == {"numbers": ["+38640999888"]}
        assert [row.what for row in privacy.accesses(conn, id)] == ["erased"]
    with pytest.raises(NotFound):
        privacy.erase(database.writer, Act(id, "ana", NOW))


def test_a_later_list_does_not_bring_the_forgotten_back(database: Database) -> None:
    id = a_full_life(database)
    privacy.erase(database.writer, Act(id, "ana", NOW))
    sheet = Upload("l.csv", f"phone,name\n{NUMBER},Z\n+38640111333,Z\n".encode(), "t", NOW)
    row = Importer(database).finish(importing.upload(database, sheet), lambda: NOW)
    with database.reading() as conn:
        found = importing.lines(conn, row.id, 10)
    assert [line.verdict for line in found] == ["invalid", "invalid"]
    assert FORGOTTEN in found[0].why


def test_a_legal_hold_keeps_everything_until_it_is_lifted(database: Database) -> None:
    id = a_full_life(database)
    privacy.hold(database.writer, Act(id, "ana", NOW, "case 17/2026"))
    with pytest.raises(Conflict, match="case 17/2026"):
        privacy.erase(database.writer, Act(id, "ana", NOW))
    later = NOW + timedelta(days=4000)
    assert not any(retention.run(database, RetentionConfig(), later, "t").values())
    privacy.release(database.writer, Act(id, "ana", NOW))
    assert privacy.erase(database.writer, Act(id, "ana", NOW))["messages"] == 2


def test_a_copy_of_everything_is_a_zip_that_people_and_programs_read(database: Database) -> None:
    id = a_full_life(database)
    with database.reading() as conn:
        everything_of = export.everything(conn, id, NOW)
        packed = zipfile.ZipFile(io.BytesIO(export.as_zip(everything_of, export.files(conn, everything_of))))
    told = json.loads(packed.read("person.json"))
    assert told["customer"]["name"] == NEEDLE
    assert {one["address"] for one in told["addresses"]} == {NUMBER, MAIL, "+38640111333"}
    assert {one["kind"] for one in told["timeline"]} >= {
        "message",
        "inbound",
        "order",
        "inquiry",
        "note",
        "consent",
        "merge",
    }
    assert told["orders"][0]["revisions"][0]["words"] == NEEDLE
    [picture] = told["pictures"]
    assert (picture["name"], packed.read(picture["file"])) == (NEEDLE, f"Dear {NEEDLE}".encode())
    assert told["shows_mms"][0]["state"] == "yes"
    page = packed.read("person.html").decode()
    assert f"<h1>{NEEDLE}</h1>" in page
    assert "<script" not in page


def ages(database: Database, days: int) -> None:
    """Let the texts of the full life be so old."""
    at = NOW - timedelta(days=days)
    with database.exclusive() as conn:
        conn.execute(update(message).where(message.c.id == "msg_A").values(id=(id := new_id("msg", at))))
        conn.execute(update(receipt).values(message_id=id, received_at=at))
        conn.execute(update(history).where(history.c.record_id == "msg_A").values(record_id=id))
        conn.execute(update(cost_entry).values(message_id=id))


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (10, set()),
        (20, {"traces of messages", "words of networks"}),
        (400, {"words of messages", "words of networks"}),
        (1200, {"messages"}),
    ],
)
def test_what_is_old_is_forgotten_by_its_class_and_a_dry_run_only_counts(
    database: Database, days: int, due: set[str]
) -> None:
    with database.exclusive() as conn:
        _texts(conn)
        conn.execute(update(part).values(message_id="msg_B"))
        _others(conn, "")
    ages(database, days)
    before = everything(database)
    planned = retention.run(database, RetentionConfig(), NOW, "t", dry=True)
    assert everything(database) == before
    oldest = [one.oldest for one in retention.planned(database, RetentionConfig(), NOW) if one.count]
    assert not due or None not in oldest
    assert {kind for kind, count in planned.items() if count} - {"words of networks"} == due - {"words of networks"}
    retention.run(database, RetentionConfig(), NOW, "t")
    assert not any(retention.run(database, RetentionConfig(), NOW, "t").values())
    with database.reading() as conn:
        assert conn.scalar(select(cost_entry.c.amount)) == 12_000
        said = conn.execute(select(receipt.c.said)).scalars().all()
        assert said == ([f"Dear {NEEDLE}"] if days == 10 else [] if days == 1200 else [None])
        texts = conn.execute(select(message.c.text).where(message.c.id != "msg_B")).scalars().all()
        assert texts == ([f"Dear {NEEDLE}"] if days < 400 else [""] if days == 400 else [])


def test_pictures_without_words_are_forgotten_as_words_are(database: Database) -> None:
    with database.exclusive() as conn:
        _texts(conn)
        _pictures(conn)
        old = new_id("in", NOW - timedelta(days=400))
        conn.execute(delete(inbound_medium))
        conn.execute(delete(inbound_part))
        conn.execute(delete(inbound_content))
        conn.execute(update(inbound).values(id=old, text=""))
        came = {"inbound_id": old, "position": 1, "sha256": "b" * 64, "media_type": "x", "name": "", "content_id": ""}
        conn.execute(insert(inbound_medium), [came])
    assert retention.run(database, RetentionConfig(), NOW, "t")["words of texts"] == 1
    assert retention.run(database, RetentionConfig(), NOW, "t")["words of texts"] == 0
    with database.reading() as conn:
        assert conn.scalars(select(medium.c.octets)).all() == [b"a catalogue"]


def test_the_proof_of_a_consent_goes_five_years_after_it_was_taken_back_and_the_no_stays(database: Database) -> None:
    long_ago = NOW - timedelta(days=6 * 366)
    with database.exclusive() as conn:
        for granted, at, words in ((True, long_ago, "yes, me"), (False, long_ago, "STOP it"), (True, NOW, "yes again")):
            consent.record(conn, [Statement(NUMBER, granted, words, at, "sms", "t")])
        consent.record(conn, [Statement("+38640999999", True, "yes, old", long_ago, "sms", "t")])
    assert retention.run(database, RetentionConfig(), NOW, "t")["proofs of consent"] == 2
    with database.reading() as conn:
        rows = conn.execute(select(ledger.c.statement, ledger.c.words).order_by(ledger.c.id)).all()
    assert [tuple(row) for row in rows] == [("withdrawn", ""), ("granted", "yes again"), ("granted", "yes, old")]


def test_it_happens_once_a_night_and_at_any_hour_after_two_missed_nights(database: Database) -> None:
    evening = datetime(2026, 11, 26, 20, tzinfo=UTC)

    def runs(hours: float) -> bool:
        at = evening + timedelta(hours=hours)
        return retention.nightly(database, RetentionConfig(), at, "Europe/Ljubljana") is not None

    assert not runs(0), "a new store waits for its first night"
    assert not runs(4.9), "one in the morning is too early"
    assert runs(5.1)
    assert not runs(5.2), "once a night"
    assert not runs(20)
    assert runs(29.5)
    assert not runs(72), "a night was missed"
    assert runs(96), "two were"


def test_everybody_of_a_town_can_be_forgotten(database: Database) -> None:
    town = settle(database, random.Random(7), 8)
    for one in town.people:
        privacy.erase(database.writer, Act(one.id, "ana", NOW))
    left = everything(database)
    for one in town.people:
        assert not one.number or one.number not in left
        told = [line for line in left.splitlines() if one.id in line]
        assert all("'erased'" in line or f"'customer', '{one.id}'" in line for line in told), told


def test_short_links_go_when_nobody_used_them_for_as_long_as_records_are_kept_and_those_of_a_person_with_their_text(
    database: Database,
) -> None:
    old, names = NOW - timedelta(days=1200), ("unused", "again", "clicked", "own")
    shared = {"url": "https://a.example/", "created_at": old, "by": "t"}
    with database.exclusive() as conn:
        _texts(conn)
        for name in names:
            used, whose = NOW if name == "again" else old, "msg_A" if name == "own" else None
            row = {"id": f"sl_{name}", "code": name, "used_at": used, "message_id": whose}
            conn.execute(insert(short_link).values(**shared, **row))
        for at in (old, NOW):
            conn.execute(insert(short_link_click).values(link_id="sl_clicked", at=at, human=True))
    found = retention.run(database, RetentionConfig(), NOW, "t")
    assert (found["short links"], found["clicks on short links"]) == (1, 1)
    with database.exclusive() as conn:
        forgetting.messages(conn, ["msg_A"])
        assert set(conn.scalars(select(short_link.c.code))) == {"again", "clicked"}
