"""A store kept by months: what there was goes on, a client_ref is known over all of them, months come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Connection, Integer, text

from smsgw.cli import postgres
from smsgw.config.retention import RetentionConfig
from smsgw.customers import retention
from smsgw.errors import Conflict, StoreError
from smsgw.outbound.submit import Asked
from smsgw.store import backup, partitions, schema
from smsgw.store.database import Database
from smsgw.store.tables import metadata
from tests.smsgw.desk import START, Desk

pytestmark = pytest.mark.peer
TURN = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def opened(postgres_url: str) -> Iterator[Callable[[], Database]]:
    """Opens the store, as often as a test starts anew; it has its tables."""
    ends: list[Database] = []

    def again() -> Database:
        while ends:
            ends.pop().close()
        ends.append(Database(postgres_url))
        schema.upgrade(ends[0])
        return ends[0]

    yield again
    while ends:
        ends.pop().close()


def months(database: Database) -> list[str]:
    with database.reading() as conn:
        return [str(name)[5:] for name in conn.scalars(text("SELECT relid FROM pg_partition_tree('part') OFFSET 1"))]


def where(database: Database, id: str) -> str:
    with database.reading() as conn:
        return str(conn.scalar(text("SELECT tableoid::regclass FROM message WHERE id = :id"), {"id": id}))


def test_a_store_with_messages_is_kept_by_months_and_everything_goes_on(opened: Callable[[], Database]) -> None:
    desk = Desk(opened())
    old, waits = desk.submit(client_ref="one"), desk.submit("+38640111333", "later")
    [first, _] = desk.claim()
    desk.taken(first, "r1")
    partitions.convert(desk.database, START)

    desk = Desk(opened(), now=START)
    assert schema.faults(desk.database) == []
    assert sorted(months(desk.database)) == [
        *(f"2026_{month:02}" for month in range(4, 8)),
        "before_2026_04",
        "default",
    ]
    desk.receipt("r1")
    assert (desk.state(old), desk.state(waits)) == ("delivered", "sending")
    assert not desk.door.submit(Asked("+38640111222", "hello", "test", client_ref="one")).created
    with pytest.raises(Conflict, match="belongs to"):
        desk.submit(text="other words", client_ref="one")

    desk.now = TURN + timedelta(days=20)  # what was asked for in one month is delivered in another
    assert not desk.door.submit(Asked("+38640111222", "hello", "test", client_ref="one")).created
    new = desk.submit(text="in another month", client_ref="two")
    assert (where(desk.database, old), where(desk.database, new)) == ("message_before_2026_04", "message_2026_04")
    [second] = desk.claim()
    desk.taken(second, "r2")
    desk.later(days=30)
    desk.receipt("r2")
    assert desk.state(new) == "delivered"
    desk.receipt("r1")  # once more, of a message that is two months old
    with desk.database.reading() as conn:
        assert list(conn.scalars(text("SELECT DISTINCT message_id FROM receipt WHERE reference = 'r1'"))) == [old]


def test_a_month_comes_ahead_and_goes_when_retention_left_nothing_in_it(opened: Callable[[], Database]) -> None:
    partitions.convert(opened(), START)
    desk = Desk(opened())
    [wire] = [desk.submit(), *desk.claim()][1:]
    desk.taken(wire, "r1")
    desk.receipt("r1")
    later = TURN + timedelta(days=70)
    assert partitions.keep_ahead(desk.database, later)
    assert partitions.drop_empty(desk.database, TURN) == []
    retention.run(desk.database, RetentionConfig(metadata_months=1, bodies_months=1), later, "test")
    assert partitions.drop_empty(desk.database, TURN) == ["before_2026_04"]
    assert sorted(months(desk.database)) == [*(f"2026_{month:02}" for month in range(4, 10)), "default"]

    desk.now = datetime(2027, 1, 5, tzinfo=UTC)  # it stood still for longer than there were months ahead
    beyond = desk.submit()
    assert partitions.keep_ahead(desk.database, desk.now)
    assert (where(desk.database, beyond), desk.state(beyond)) == ("message_default", "queued")
    assert {"2027_01", "2027_02"} & set(months(desk.database)) == {"2027_02"}


def test_who_is_in_the_way_of_a_new_month_is_not_waited_for(opened: Callable[[], Database]) -> None:
    partitions.convert(opened(), START)
    database = opened()
    with database.reading() as reader:  # as a backup does
        reader.execute(text("LOCK TABLE message, part IN ACCESS SHARE MODE"))
        assert not partitions.keep_ahead(database, TURN + timedelta(days=40))
        assert partitions.drop_empty(database, TURN) == []
    assert partitions.keep_ahead(database, TURN + timedelta(days=40))
    assert "2026_08" in months(database)


def test_a_client_ref_is_taken_once_also_by_two_nodes_at_the_turn_of_the_month(opened: Callable[[], Database]) -> None:
    partitions.convert(opened(), START)
    database = opened()
    one = Desk(database, now=TURN - timedelta(seconds=1))
    said: list[Any] = []
    with closing(Database(database.url)) as theirs:
        other = Desk(theirs, now=TURN + timedelta(seconds=1))
        asked = Asked("+38640111222", "hello", "test", client_ref="same", allow_duplicate=True)
        second = threading.Thread(target=lambda: said.extend(other.door.submit_many([asked])))

        def stored_by_both(conn: Connection, batch: list[Any]) -> list[Any]:
            results = one.door.store(conn, batch)
            if not said and not second.ident:
                second.start()
                second.join(1)
                assert second.is_alive(), "it does not wait for what the first node has not committed"
            return list(results)

        first = database.writer.do(stored_by_both, one.door.read(asked))
        second.join(600)
    assert [accepted.created for accepted in (first, said[0])] == [True, False]
    assert said[0].row["id"] == first.row["id"]


def test_killed_in_the_middle_nothing_has_happened(opened: Callable[[], Database]) -> None:
    desk = Desk(opened())
    id = desk.submit()
    ended: list[Exception] = []

    def convert() -> None:
        with closing(Database(desk.database.url)) as database:
            try:
                partitions.convert(database, START)
            except Exception as problem:  # noqa: BLE001 - looked at below
                ended.append(problem)

    with desk.database.exclusive() as other:
        other.execute(text("LOCK TABLE question IN ACCESS SHARE MODE"))  # the last of the keys that it takes off
        thread = threading.Thread(target=convert)
        thread.start()
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE question%'"
        while thread.is_alive() and not other.execute(text(kill)).all():
            thread.join(0.02)
            other.execute(text("SELECT pg_stat_clear_snapshot()"))
        thread.join(600)
    assert len(ended) == 1
    with desk.database.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []
    partitions.convert(desk.database, START)
    desk = Desk(opened())
    assert desk.state(id) == "queued"
    with pytest.raises(Conflict, match="already"):
        partitions.convert(desk.database, START)


def test_a_backup_from_before_comes_back_whole_or_not_at_all(opened: Callable[[], Database], tmp_path: Path) -> None:
    desk = Desk(opened())
    id, url, file = desk.submit(), desk.database.url, tmp_path / "backup"
    backup.write(url, file)
    partitions.convert(desk.database, START)
    whole = file.read_bytes()
    file.write_bytes(whole[:-2000])
    with pytest.raises(StoreError, match="brought back"):
        postgres.bring_back(url, file)
    assert "before_2026_04" in months(opened())
    file.write_bytes(whole)
    (tmp_path / "backup.before").unlink()
    postgres.bring_back(url, file)
    desk = Desk(opened())
    assert (desk.state(id), months(desk.database), schema.faults(desk.database)) == ("queued", [], [])


def test_a_clock_that_was_ahead_is_told(opened: Callable[[], Database]) -> None:
    desk = Desk(opened(), now=TURN)
    desk.submit()
    with pytest.raises(StoreError, match="later than the end of this month"):
        partitions.convert(desk.database, START)


def test_steps_of_the_schema_reach_every_month_and_those_that_come(opened: Callable[[], Database]) -> None:
    partitions.convert(opened(), START)
    database = opened()
    with database.exclusive() as conn:
        context = MigrationContext.configure(conn)
        missing = [kind[0] for kind in compare_metadata(context, metadata) if kind[0].startswith("add")]
        assert missing == ["add_constraint", "add_fk"]  # unique within a month; parts point to messages of their month
        step = Operations(context)
        step.add_column("message", Column("mood", Integer))
        step.create_index("ix_message_mood", "message", ["mood"])
        step.drop_constraint("ck_message_counts", "message")
    partitions.keep_ahead(database, TURN)
    with database.reading() as conn:
        names = "SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%(mood)' ORDER BY 1"
        assert set(conn.scalars(text(names))) == {"message", *(f"message_{name}" for name in months(database))}
        assert not conn.scalar(text("SELECT count(*) FROM pg_constraint WHERE conname = 'ck_message_counts'"))
