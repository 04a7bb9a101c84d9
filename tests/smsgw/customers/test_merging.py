"""Two customers who are one: everything moves, a STOP counts for both, and an undo sends everything home."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.customers import customers, groups, merging, timeline
from smsgw.customers.consent import consent
from smsgw.customers.consent.consent import Statement
from smsgw.customers.consent.stop import withdraw
from smsgw.customers.customers import Note, Person, Wish
from smsgw.customers.merging import Merge, Undo
from smsgw.errors import Conflict, NotFound
from smsgw.store.database import Database
from smsgw.store.tables import address, customer_note, group_member
from tests.smsgw.customers.town import settle

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def make(database: Database, **told: Any) -> str:
    return customers.create(database.writer, Wish(told, "test", NOW, "SI"))


def read(database: Database, id: str) -> Person:
    with database.reading() as conn:
        return customers.get(conn, id)


def two(database: Database) -> tuple[str, str]:
    one = make(database, name="Ana", addresses=["040111222", "a@b.si"], tags=["vip"], language="sl")
    other = make(
        database, name="A. Novak", addresses=["031555666", "041777888"], tags=["new", "vip"], zone="Europe/Rome",
        reference="K-1",
    )  # fmt: skip
    group = groups.create(database.writer, "Tea", "t", NOW)
    groups.set_members(database.writer, groups.Members(group, [other], "t", NOW))
    customers.note(database.writer, Note(other, "likes tea", "t", NOW))
    return one, other


def snapshot(database: Database, *ids: str) -> list[Any]:
    """Everything that a merge may move."""
    with database.reading() as conn:
        found: list[Any] = [person.told() for person in customers.many(conn, ids)]
        for table in (address, customer_note, group_member):
            columns = [c for c in table.c if c.name not in ("at", "by")]
            found.append(sorted(tuple(row) for row in conn.execute(select(*columns))))
    return found


def test_a_merge_moves_everything_and_an_undo_sends_it_home(database: Database) -> None:
    one, other = two(database)
    before = snapshot(database, one, other)
    id = merging.merge(database.writer, Merge(one, other, "ana", NOW))
    person = read(database, other)
    assert person.id == one
    told = person.told()
    assert told["addresses"] == ["+38640111222", "+38631555666", "+38641777888", "a@b.si"]
    assert (told["name"], told["zone"], told["reference"], told["tags"]) == (
        "Ana",
        "Europe/Rome",
        "K-1",
        ["new", "vip"],
    )
    with database.reading() as conn:
        assert [row.name for row in groups.of(conn, one)] == ["Tea"]
        assert [row.id for row in customers.listing(conn, 10)] == [one]
        kinds = [entry.kind for entry in timeline.read(conn, person).entries]
    assert kinds == ["merge", "note"] or kinds == ["note", "merge"]
    merging.undo(database.writer, Undo(id, "ana", LATER))
    assert snapshot(database, one, other) == before
    with pytest.raises(Conflict, match="undone already"):
        merging.undo(database.writer, Undo(id, "ana", LATER))


def test_an_undo_leaves_what_was_changed_since(database: Database) -> None:
    one, other = two(database)
    id = merging.merge(database.writer, Merge(one, other, "ana", NOW))
    told = {"zone": "Europe/Ljubljana", "addresses": ["+38640111222", "+38641777888"]}
    customers.change(database.writer, Wish(told, "bo", LATER, None, one))
    merging.undo(database.writer, Undo(id, "ana", LATER))
    assert read(database, one).row.zone == "Europe/Ljubljana"
    assert read(database, other).told()["addresses"] == ["+38641777888"]


def test_who_is_one_already_or_nobody_is_told(database: Database) -> None:
    one, other = two(database)
    merge = merging.merge(database.writer, Merge(one, other, "ana", NOW))
    with pytest.raises(Conflict, match="one customer already"):
        merging.merge(database.writer, Merge(one, other, "ana", NOW))
    with pytest.raises(NotFound):
        merging.merge(database.writer, Merge(one, "cus_0", "ana", NOW))
    with pytest.raises(NotFound):
        merging.undo(database.writer, Undo("mrg_0", "ana", NOW))
    third = make(database, name="Third")
    merging.merge(database.writer, Merge(third, one, "ana", NOW))
    with pytest.raises(Conflict, match="was merged into"):
        merging.undo(database.writer, Undo(merge, "ana", NOW))
    assert read(database, other).id == third


def test_a_stop_of_one_is_a_stop_of_the_person_until_the_merge_is_undone(database: Database) -> None:
    one, other = two(database)
    yes = Statement("+38640111222", True, "I agree", NOW - timedelta(days=9), "form", "t", scope="school")
    stop = Statement("+38631555666", False, "STOP", NOW - timedelta(days=5), "sms", "t")
    with database.exclusive() as conn:
        consent.record(conn, [yes])
        withdraw(conn, [stop], NOW - timedelta(days=5))

    def allowed() -> set[str]:
        with database.reading() as conn:
            return consent.allowed(conn, ["+38640111222", "+38631555666"], "marketing", "school", LATER)

    assert allowed() == {"+38640111222"}
    id = merging.merge(database.writer, Merge(one, other, "ana", NOW))
    assert allowed() == set()
    merging.undo(database.writer, Undo(id, "ana", LATER))
    assert allowed() == {"+38640111222"}


def test_a_stop_said_after_the_merge_outlives_its_undoing(database: Database) -> None:
    one, other = two(database)
    with database.exclusive() as conn:
        consent.record(conn, [Statement("+38640111222", True, "I agree", NOW, "form", "t", scope="school")])
        withdraw(conn, [Statement("+38631555666", False, "STOP", NOW, "sms", "t")], NOW)
    id = merging.merge(database.writer, Merge(one, other, "ana", NOW))
    with database.exclusive() as conn:
        withdraw(conn, [Statement("+38640111222", False, "STOP", LATER, "sms", "t")], LATER)
    merging.undo(database.writer, Undo(id, "ana", LATER + timedelta(hours=1)))
    with database.reading() as conn:
        assert consent.allowed(conn, ["+38640111222"], "marketing", "school", LATER + timedelta(days=1)) == set()


def test_the_timeline_comes_in_pages_that_neither_repeat_nor_hide(database: Database) -> None:
    town = settle(database, random.Random(3), 12)
    with database.reading() as conn:
        for one in town.people:
            person = customers.get(conn, one.id)
            whole = timeline.read(conn, person, 1000).entries
            assert [entry.place for entry in whole] == sorted((entry.place for entry in whole), reverse=True)
            kinds = [entry.kind for entry in whole]
            wanted = {"inbound": one.wrote, "call": one.rang, "message": one.messaged, "order": one.bought}
            for kind, past in {**wanted, "consent": one.said}.items():
                assert kinds.count(kind) == len(past), kind
            pieces, before = [], timeline.END
            while before:
                page = timeline.read(conn, person, 2, before)
                pieces += page.entries
                before = page.next or ""
            assert pieces == whole
            only = timeline.read(conn, person, 1000, kinds=("consent",)).entries
            assert only == [entry for entry in whole if entry.kind == "consent"]
