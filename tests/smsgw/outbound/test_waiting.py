"""What waits: planned texts, validity, links that are down; and how the clock moves it on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from smsgw.customers.consent.consent import Statement, record
from smsgw.link import Abilities, Health, LinkState
from smsgw.outbound import waiting
from smsgw.outbound.gate import gate
from smsgw.outbound.routing import Served
from smsgw.outbound.unsure import Due
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import part
from tests.smsgw.desk import START, Desk

DAY = timedelta(days=1)


def release(desk: Desk) -> set[str]:
    return desk.database.writer.do(desk.waiting.release, desk.now)


def test_a_planned_text_is_held_until_its_time_and_then_sent(desk: Desk) -> None:
    id = desk.submit(send_at=START + timedelta(hours=2))
    assert (desk.state(id), desk.woken) == ("held", [])
    assert "planned for 2026-03-01 14:00:00" in desk.row(id).why
    desk.later(hours=1)
    assert release(desk) == set()
    desk.later(hours=1)
    assert release(desk) == {"a"}
    assert [w.message_id for w in desk.claim()] == [id]
    assert desk.events(id) == ["accept", "hold", "release", "admit", "claim"]


def test_a_stop_overnight_stops_the_mornings_text_at_the_gate(desk: Desk) -> None:
    id = desk.submit(send_at=START + timedelta(hours=12))
    stop = Statement("+38640111222", False, "no more, she said on the phone", START, "clerk", "ana")
    with desk.database.exclusive() as conn:
        record(conn, [stop])
    desk.later(hours=12)
    release(desk)
    assert desk.state(id) == "refused"
    assert "no more, she said on the phone" in desk.row(id).why


def test_a_text_whose_validity_is_over_is_expired_and_never_sent(desk: Desk) -> None:
    id = desk.submit(expires_in=60)
    desk.later(seconds=61)
    assert desk.claim() == []
    assert desk.database.writer.do(desk.waiting.expire, (desk.now, DAY)) == 1
    assert desk.state(id) == "expired"


def test_validity_counts_from_the_planned_time(desk: Desk) -> None:
    id = desk.submit(send_at=START + timedelta(hours=5), expires_in=60)
    desk.later(hours=5, seconds=30)
    assert desk.database.writer.do(desk.waiting.expire, (desk.now, DAY)) == 0
    release(desk)
    assert desk.state(id) == "queued"


def test_a_sent_text_without_a_receipt_expires_and_says_that_nobody_knows(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    desk.later(hours=23)
    desk.database.writer.do(desk.waiting.expire, (desk.now, DAY))
    assert desk.state(id) == "sent"
    desk.later(hours=1)
    desk.database.writer.do(desk.waiting.expire, (desk.now, DAY))
    assert desk.state(id) == "expired"
    assert "nobody knows" in desk.row(id).why


def reroute(desk: Desk) -> set[str]:
    return desk.database.writer.do(desk.waiting.reroute, (desk.now, timedelta(seconds=60)))


def test_what_waits_for_a_link_that_stays_down_goes_to_another_that_is_up(desk: Desk) -> None:
    id = desk.submit()
    desk.network.heard("a", Health(LinkState.DOWN, "unplugged"), desk.now)
    desk.later(seconds=59)
    assert reroute(desk) == set()
    desk.later(seconds=1)
    assert reroute(desk) == {"b"}
    assert (desk.row(id).link, desk.events(id)[-1]) == ("b", "reroute")
    assert [w.message_id for w in desk.claim("b")] == [id]


def test_a_text_for_one_link_only_waits_for_it(desk: Desk) -> None:
    id = desk.submit(link="a")
    desk.network.heard("a", Health(LinkState.DOWN), desk.now)
    desk.later(minutes=10)
    assert reroute(desk) == set()
    assert desk.row(id).link == "a"


def test_with_every_link_down_texts_stay_where_they_are(desk: Desk) -> None:
    id = desk.submit()
    for link in ("a", "b"):
        desk.network.heard(link, Health(LinkState.DOWN), desk.now)
    desk.later(minutes=10)
    assert reroute(desk) == set()
    assert desk.row(id).link == "a"


def test_texts_for_a_link_that_was_taken_out_of_the_configuration_move_at_once(desk: Desk) -> None:
    id = desk.submit()
    desk.network.forget("a")
    assert reroute(desk) == {"b"}
    assert desk.row(id).link == "b"


def test_a_text_is_cut_anew_for_a_link_that_carries_other_alphabets(database: Database) -> None:
    turkish = Abilities(single_shift=frozenset({1}), locking_shift=frozenset({1}))
    desk = Desk(database, links=[Served("a", "fake", abilities=turkish), Served("b", "fake", preference=200)])
    text = "ığüşöç " * 14
    id = desk.submit(text=text)
    assert (desk.row(id).encoding, desk.row(id).parts) == ("gsm7+turkish", 1)
    desk.network.heard("a", Health(LinkState.DOWN), desk.now)
    desk.later(seconds=60)
    reroute(desk)
    assert (desk.row(id).encoding, desk.row(id).parts) == ("ucs2", 2)
    with database.reading() as conn:
        assert list(conn.scalars(select(part.c.alphabet).order_by(part.c.position))) == ["ucs2", "ucs2"]


@pytest.mark.parametrize("hours", [0, 12])
def test_releasing_twice_sends_once(desk: Desk, hours: int) -> None:
    desk.submit(send_at=START + timedelta(hours=hours + 1))
    desk.later(hours=hours + 1)
    release(desk)
    assert release(desk) == set()
    assert len(desk.claim()) == 1
    assert desk.claim() == []


def test_sqlite_finds_what_is_due_by_an_index_however_many_messages_have_ended(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    desk = Desk(database)
    asked: list[tuple[str, Any]] = []
    with database.reading() as conn:
        event.listen(conn, "before_cursor_execute", lambda c, cur, sql, args, *_: asked.append((sql, args)))
        gate.waiting(conn)
        desk.waiting.expire(conn, [(desk.now, timedelta(days=3))])
        desk.unsure.look(conn, [Due(desk.now, 60)])
        due = waiting._SOME_DUE._for(conn)
        looked = [one for one in asked if "FROM message" in one[0] and one[0].startswith("SELECT")]
        looked.append((due.sql, tuple(due.bound({"now": desk.now}))))
        plans = [conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", args).all() for sql, args in looked]
    database.close()
    assert len(plans) == 6
    assert [plan for plan in plans if not any("ix_message_open" in row[3] for row in plan)] == []
