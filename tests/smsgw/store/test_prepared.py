"""Statements that are compiled once: the same rows and the same errors as through SQLAlchemy, on each engine."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.prepared import TOGETHER, Prepared, among
from smsgw.store.tables import consent, customer, message, part

NOW = datetime(2026, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)
STORE = Prepared(insert(consent), ("address", "purpose", "statement", "source", "words", "by", "at"))


def saying(words: str, address: str = "+1") -> dict[str, object]:
    return {
        "address": address, "purpose": "*", "statement": "granted", "source": "sms", "words": words, "by": "t",
        "at": NOW,
    }  # fmt: skip


def test_rows_are_stored_and_read_with_our_types(database: Database) -> None:
    read = Prepared(select(consent.c.words, consent.c.at).where(consent.c.address == bindparam("who")))
    with database.exclusive() as conn:
        STORE.many(conn, [saying("yes"), saying("' or 1=1 --", "+2")])
        assert read.records(conn, {"who": "+2"}) == [{"words": "' or 1=1 --", "at": NOW}]
        assert read.records(conn, {"who": "+3"}) == []


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with database.exclusive() as conn, pytest.raises(ValueError, match="no time zone"):
        STORE.many(conn, [saying("yes") | {"at": NOW.replace(tzinfo=None)}])


@pytest.mark.parametrize("count", [0, 1, 3, 700])
def test_a_list_of_any_length_is_one_value(database: Database, count: int) -> None:
    change = Prepared(
        update(consent)
        .where(among(consent.c.address), consent.c.by == "t")
        .values(source=bindparam("to_source"))
        .returning(consent.c.address)
    )
    everybody = [f'+{n}"\\' for n in range(700)]
    with database.exclusive() as conn:
        STORE.many(conn, [saying("yes", address) for address in everybody])
        changed = [row[0] for row in change.run(conn, {"ids": everybody[:count], "to_source": "api"})]
        assert sorted(changed) == sorted(everybody[:count])
        assert len(conn.execute(select(consent).where(consent.c.source == "api")).all()) == count


@pytest.mark.parametrize("count", [1, 2, 3, TOGETHER - 1, TOGETHER, 2 * TOGETHER + 3])
def test_rows_are_stored_in_their_order_however_many_go_in_one_step(database: Database, count: int) -> None:
    everybody = [f"+{n}" for n in range(count)]
    with database.exclusive() as conn:
        STORE.many(conn, [saying(f"yes {address}", address) for address in everybody])
        stored = conn.execute(select(consent.c.address, consent.c.words, consent.c.at).order_by(consent.c.id)).all()
    assert [tuple(row) for row in stored] == [(address, f"yes {address}", NOW) for address in everybody]


def test_hundreds_of_rows_in_one_value_are_what_they_are_one_by_one(database: Database) -> None:
    names = ("id", "name", "name_key", "language", "zone", "fields", "folded", "created_at", "updated_at", "revision")
    add = Prepared(insert(customer), names)
    there = NOW.astimezone(timezone(timedelta(hours=3, minutes=30)))
    rows = [
        {
            "id": f"{way}_{place:03d}", "name": name, "name_key": "", "language": None, "zone": "",
            "fields": {"said": name, "many": [1, 2.5, True, None, {}]}, "folded": {},
            "created_at": there, "updated_at": NOW, "revision": 2**31 - 1 - place,
        }
        for way in ("one", "two")
        for place, name in enumerate(["Ana", "' or 1=1 --", '"\\\n\t', "فاطمه 🙂", "%s %(id)s :id", "null", ""] * 9)
    ]  # fmt: skip
    with database.exclusive() as conn:
        add.many(conn, rows[:63])
        add.bulk(conn, rows[63:])
        stored = [tuple(row) for row in conn.execute(select(*(customer.c[name] for name in names)).order_by("id"))]
    assert stored == [tuple(row.values()) for row in rows]
    assert [row[1:] for row in stored[:63]] == [row[1:] for row in stored[63:]]


def test_octets_do_not_go_as_json(database: Database) -> None:
    orphans = [
        {"message_id": "msg_nobody", "position": place, "alphabet": "gsm7", "user_data": b"\xff", "udh": b"\0"}
        for place in range(TOGETHER)
    ]
    with pytest.raises(IntegrityError), database.exclusive() as conn:
        Prepared(insert(part), tuple(orphans[0])).bulk(conn, orphans)


def test_what_an_engine_refuses_is_told_as_sqlalchemy_tells_it(database: Database) -> None:
    orphan = {"message_id": "msg_nobody", "position": 1, "alphabet": "gsm7", "user_data": b"", "udh": b""}
    with pytest.raises(IntegrityError), database.exclusive() as conn:
        Prepared(insert(part), tuple(orphan)).many(conn, [orphan])


def test_what_never_changes_in_a_statement_is_compared_as_it_is_spelled(database: Database) -> None:
    odd = 'it\'s 100 % "so"; --'
    count = Prepared(select(consent.c.address).where(consent.c.words == odd, consent.c.source == "sms").limit(1))
    with database.exclusive() as conn:
        STORE.many(conn, [saying(odd), saying("it''s", "+2")])
        assert count.run(conn, {}) == [("+1",)]


def test_sqlite_plans_a_statement_once_however_often_it_runs(tmp_path: Path) -> None:
    store = Database(f"sqlite:///{tmp_path / 'x.db'}")
    schema.upgrade(store)
    find = Prepared(select(message.c.id).where(message.c.state == "queued", message.c.link == bindparam("its_link")))
    asked: list[tuple[Any, ...]] = []  # SQLite asks whether it may, whenever it plans
    with store.exclusive() as conn:
        engine: Any = conn.connection.dbapi_connection
        engine.set_authorizer(lambda *what: asked.append(what) or sqlite3.SQLITE_OK)
        find.run(conn, {"its_link": "a"})
        once = len(asked)
        for link in ("a", "b", "c"):
            find.run(conn, {"its_link": link})
        assert len(asked) == once > 0
    store.close()


def test_a_missing_value_is_told_by_its_name(database: Database) -> None:
    read = Prepared(select(message.c.id).where(message.c.state == bindparam("wanted")))
    with database.exclusive() as conn, pytest.raises(KeyError, match="wanted"):
        read.run(conn, {"unwanted": "sent"})
