"""A desk that several people share: whose a conversation is, put off, done and open again; and the queues of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from smsgw.access import audit
from smsgw.errors import BadInput
from smsgw.inbound import conversation_desk as verbs
from smsgw.inbound import conversation_queues as queues
from smsgw.inbound.conversation_desk import Decision, Standing
from smsgw.inbound.conversations import END
from smsgw.outbound import outbox
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import history
from tests.smsgw.desk import START, Desk

ANA, BINE, CENE = "+38640111222", "+38640111333", "+38640111444"


class Shop:
    """A desk with people at it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.writer = desk.database.writer

    def writes(self, number: str, text: str = "hello") -> str:
        """A number writes, a second later; returns the id."""
        self.desk.later(seconds=1)
        self.desk.text_from(number, text, f"{number} {self.desk.now}")
        return str(self.desk.texts()[-1].id)

    def wish(self, number: str = ANA, upto: str | None = None) -> Decision:
        """Something that Maja decides, a second later."""
        self.desk.later(seconds=1)
        return Decision(number, "acc_maja", self.desk.now, upto=upto)

    def stands(self, number: str = ANA) -> Standing:
        """How a conversation stands now."""
        with self.desk.database.reading() as conn:
            return verbs.standings(conn, [number], self.desk.now).get(number, Standing())

    def queue(self, name: str, limit: int = 50, before: str = END) -> tuple[list[str], str | None]:
        """The numbers of a page of a queue of Maja's, and the cursor."""
        with self.desk.database.reading() as conn:
            asked = queues.Asked(name, self.desk.now, "Maja")
            found, following = queues.queue(conn, asked, limit, before)
        return [one.number for one in found], following

    def told(self) -> list[str]:
        """What history tells of conversations."""
        with self.desk.database.reading() as conn:
            said = select(history.c.now).where(history.c.record == "conversation").order_by(history.c.id)
            return list(conn.scalars(said))


@pytest.fixture
def shop(desk: Desk) -> Shop:
    return Shop(desk)


def test_whose_it_is_is_in_the_audit_and_does_not_close_what_they_opened_again(shop: Shop) -> None:
    shop.writes(ANA)
    verbs.close(shop.writer, shop.wish())
    shop.writes(ANA, "and another thing")
    verbs.assign(shop.writer, shop.wish(), "Maja")
    assert shop.stands() == Standing("open", "Maja")
    verbs.assign(shop.writer, shop.wish(), None)
    with shop.desk.database.reading() as conn:
        lines = audit.listing(conn, audit.Wanted(verb="conversation.assigned"), 10)
    assert [(line.before, line.after, line.who) for line in lines] == [
        ("Maja", None, "acc_maja"), (None, "Maja", "acc_maja"),
    ]  # fmt: skip
    assert ANA not in f"{lines[0].says}{lines[0].record_id}"


def test_what_is_put_off_comes_back_by_its_time_alone_and_is_told_once(shop: Shop) -> None:
    shop.writes(ANA)
    verbs.snooze(shop.writer, shop.wish(), shop.desk.now + timedelta(hours=1))
    assert (shop.queue("all")[0], shop.queue("snoozed")[0]) == ([], [ANA])
    shop.desk.later(hours=1)
    assert (shop.queue("all")[0], shop.queue("snoozed")[0]) == ([ANA], [])
    assert [verbs.wake(shop.writer, shop.desk.now) for _ in range(2)] == [1, 0]
    assert shop.told() == ["snoozed", "returned"]


def test_what_is_put_off_comes_back_at_once_when_they_write_and_its_time_tells_nothing(shop: Shop) -> None:
    shop.writes(ANA)
    verbs.snooze(shop.writer, shop.wish(), shop.desk.now + timedelta(hours=1))
    shop.writes(ANA, "are you there?")
    assert (shop.queue("all")[0], shop.stands().status) == ([ANA], "open")
    verbs.wake(shop.writer, shop.desk.now + timedelta(hours=2))
    assert shop.told() == ["snoozed"]
    with pytest.raises(BadInput):
        verbs.snooze(shop.writer, shop.wish(), shop.desk.now)


def test_done_is_what_the_person_saw_and_a_text_that_they_did_not_see_keeps_it_open(shop: Shop) -> None:
    seen = shop.writes(ANA, "one")
    later = shop.writes(ANA, "two, while the person was reading")
    verbs.close(shop.writer, shop.wish(upto=seen))
    assert shop.stands().status == "open"
    assert {row.id: row.state for row in shop.desk.texts()} == {seen: "handled", later: "waiting"}
    verbs.close(shop.writer, shop.wish(upto=later))
    assert shop.stands().status == "closed"
    assert shop.stands().since == shop.desk.now


def test_what_is_opened_again_waits_again_and_nothing_else_does(shop: Shop) -> None:
    first = shop.writes(ANA, "one")
    verbs.close(shop.writer, shop.wish())
    second = shop.writes(ANA, "two")
    verbs.close(shop.writer, shop.wish())
    for _ in range(2):
        verbs.reopen(shop.writer, shop.wish())
    assert {row.id: row.state for row in shop.desk.texts()} == {first: "handled", second: "waiting"}
    assert shop.stands() == Standing("open")
    assert shop.told() == ["closed", "closed", "reopened"]


def test_queues_are_mine_nobodys_all_put_off_and_done(shop: Shop) -> None:
    for number in (ANA, BINE, CENE):
        shop.writes(number)
    verbs.assign(shop.writer, shop.wish(ANA), "Maja")
    verbs.assign(shop.writer, shop.wish(BINE), "Nina")
    assert [shop.queue(name)[0] for name in queues.NAMES] == [[ANA], [CENE], [CENE, BINE, ANA], [], []]
    verbs.close(shop.writer, shop.wish(ANA))
    verbs.snooze(shop.writer, shop.wish(CENE), shop.desk.now + timedelta(days=1))
    assert [shop.queue(name)[0] for name in queues.NAMES] == [[], [], [BINE], [CENE], [ANA]]
    with shop.desk.database.reading() as conn:
        assert queues.counts(conn, "Nina", shop.desk.now) == queues.Counts(1, 0, 1)
    shop.writes(ANA)
    assert [shop.queue(name)[0] for name in queues.NAMES] == [[ANA], [], [ANA, BINE], [CENE], []]


def test_nobodys_is_only_what_waits_for_a_person(shop: Shop) -> None:
    shop.desk.submit(ANA, "An offer")
    assert (shop.queue("nobody")[0], shop.queue("all")[0]) == ([], [ANA])


@pytest.mark.parametrize("name", ["mine", "nobody", "snoozed", "done"])
def test_pages_of_a_queue_hold_every_conversation_once(shop: Shop, name: str) -> None:
    expected = [f"+3864000{n:04}" for n in range(5)]
    for number in expected:
        shop.writes(number)
    until = shop.desk.now + timedelta(days=1)  # the same for all: a page ends between two of one time
    for number in expected:
        if name == "mine":
            verbs.assign(shop.writer, shop.wish(number), "Maja")
        elif name == "snoozed":
            verbs.snooze(shop.writer, shop.wish(number), until)
        elif name == "done":
            verbs.close(shop.writer, shop.wish(number))
    seen: list[str] = []
    cursor: str | None = END
    while cursor is not None:
        found, cursor = shop.queue(name, 2, cursor)
        seen += found
    assert seen == (expected if name == "snoozed" else expected[::-1])


def test_what_is_done_is_not_looked_for_in_all_that_was_ever_said(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr("smsgw.inbound.conversations.WINDOW", 2)
    monkeypatch.setattr("smsgw.inbound.conversations.WIDER", 2)
    numbers = [f"+3864000{n:04}" for n in range(12)]
    for number in numbers:
        shop.writes(number)
    for number in numbers[1:]:
        verbs.close(shop.writer, shop.wish(number))
    seen: list[str] = []
    pages = 0
    cursor: str | None = END
    while cursor is not None:
        found, cursor = shop.queue("all", before=cursor)
        seen += found
        pages += 1
    assert seen == numbers[:1]
    assert pages > 1


def test_answers_of_others_are_told_and_ones_own_and_those_by_themselves_are_not(shop: Shop) -> None:
    def says(text: str, client: str, purpose: str = "conversational") -> str:
        shop.desk.later(seconds=1)
        return str(shop.desk.door.submit(Asked(ANA, text, client, purpose=purpose)).row["id"])

    known = says("first", "acc_nina")
    for text, client in (("mine", "acc_maja"), ("by itself", "answers"), ("Yes", "acc_nina"), ("No", "acc_nina")):
        last = says(text, client)
    says("Your order is here", "acc_nina", "transactional")
    outbox.cancel(shop.writer, outbox.Cancelled(last, "acc_nina", shop.desk.now))
    with shop.desk.database.reading() as conn:
        assert [row.text for row in queues.answers_since(conn, ANA, known, "acc_maja")] == ["Yes"]
        assert queues.answers_since(conn, ANA, queues.newest_of_ours(conn, ANA), "acc_maja") == []


def test_sqlite_finds_every_queue_through_the_indexes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    asked: list[tuple[str, Any]] = []
    with database.reading() as conn:
        event.listen(conn, "before_cursor_execute", lambda c, cur, sql, args, *_: asked.append((sql, args)))
        for name in ("mine", "nobody", "snoozed", "done"):
            queues.queue(conn, queues.Asked(name, START, "Maja"))
        queues.counts(conn, "Maja", START)
        queues.answers_since(conn, ANA, "", "acc_maja")
        plans = [
            row[3]
            for sql, args in list(asked)
            if sql.startswith("SELECT") and "WHERE 1!=1" not in sql
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", args)
        ]
    database.close()
    tables = ("conversation", "inbound", "message", "call")
    whole = [plan for plan in plans if plan.split()[0] == "SCAN" and plan.split()[1] in tables]
    assert [plan for plan in whole if "ix_inbound_waiting" not in plan] == []
    columns = ("assigned_to", "snoozed_until", "closed_at")
    assert [name for name in columns if f"ix_conversation_{name}" in str(plans)] == list(columns)
