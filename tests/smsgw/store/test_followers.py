"""Who tells others what happened reads history to its end, leaves no line behind, and goes on where it was."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from smsgw.store import followers, schema
from smsgw.store.database import Database, open_engine
from smsgw.store.followers import Position, Tail
from smsgw.store.tables import follower, history

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def line(conn: Connection, record_id: str, now: str = "queued", record: str = "message") -> None:
    row = {"record": record, "record_id": record_id, "event": "x", "now": now, "why": "", "by": "test", "at": NOW}
    conn.execute(insert(history).values(row))


def written(database: Database, *ids: str) -> None:
    with database.exclusive() as conn:
        for id in ids:
            line(conn, id)


def read(database: Database, tail: Tail, upto: int, most: int = 100) -> tuple[list[str], int]:
    """What a follower at `upto` would be told now, and where it would stand then."""
    with database.reading() as conn:
        reach = tail.reach(conn, upto, most)
        return [row.record_id for row in followers.lines(conn, upto, reach, ("message",))], reach


def test_a_new_follower_is_told_nothing_of_what_was_before_it_and_everything_after(database: Database) -> None:
    written(database, "old")
    upto = followers.begin(database.writer, "mine", NOW)
    written(database, "a", "b")
    assert read(database, Tail(database), upto)[0] == ["a", "b"]


def test_a_follower_goes_on_where_it_was_and_never_back(database: Database) -> None:
    assert followers.begin(database.writer, "mine", NOW) == 0
    written(database, "a", "b", "c")
    database.writer.do(followers.remember, Position("mine", 2, NOW))
    database.writer.do(followers.remember, Position("mine", 1, NOW))
    upto = followers.begin(database.writer, "mine", NOW)
    assert read(database, Tail(database), upto) == (["c"], 3)


def test_a_follower_that_was_forgotten_begins_at_the_end_again(database: Database) -> None:
    followers.begin(database.writer, "mine", NOW)
    written(database, "a")
    database.writer.do(followers.forget, "mine")
    database.writer.do(followers.remember, Position("mine", 1, NOW))  # told by somebody who did not know yet
    with database.reading() as conn:
        assert conn.scalar(select(follower.c.upto)) is None
    assert followers.begin(database.writer, "mine", NOW) == 1


def test_a_long_backlog_is_read_in_portions_also_through_what_was_taken_away(database: Database) -> None:
    written(database, *"abcdefgh")
    with database.exclusive() as conn:
        conn.execute(delete(history).where(history.c.record_id.in_(["a", "d", "e"])))
    tail, upto, told = Tail(database), 0, []
    for _ in range(8):
        ids, upto = read(database, tail, upto, most=2)
        told += ids
    assert told == ["b", "c", "f", "g", "h"]


def test_only_lines_about_the_wanted_records_and_states_are_given(database: Database) -> None:
    with database.exclusive() as conn:
        line(conn, "a", "sent")
        line(conn, "b", "delivered")
        line(conn, "c", "waiting", record="inbound")
    with database.reading() as conn:
        both = followers.lines(conn, 0, 3, ("message", "inbound"))
        ended = followers.lines(conn, 0, 3, ("message",), ("delivered", "failed"))
    assert [row.record_id for row in both] == ["a", "b", "c"]
    assert [row.record_id for row in ended] == ["b"]


def test_a_line_that_a_second_process_commits_late_is_not_left_behind(postgres_url: str) -> None:
    """Two processes write to one PostgreSQL: the one that drew the smaller id commits after the other."""
    database = Database(postgres_url)
    schema.upgrade(database)
    other = open_engine(postgres_url)
    tail = Tail(database)
    written(database, "first")
    with other.begin() as slow:
        line(slow, "late")
        written(database, "early")
        assert read(database, tail, 0) == (["first"], 1)
        assert read(database, tail, 1) == ([], 1)
        written(database, "more")
        assert read(database, tail, 1) == ([], 1)
    assert read(database, tail, 1)[0][:2] == ["late", "early"]
    other.dispose()
    database.close()


def test_what_a_transaction_that_was_undone_had_drawn_holds_nobody_up(postgres_url: str) -> None:
    database = Database(postgres_url)
    schema.upgrade(database)
    other = open_engine(postgres_url)
    with other.connect() as conn:
        line(conn, "never")
        conn.rollback()
    written(database, "a", "b")
    tail, told, upto = Tail(database), [], 0
    for _ in range(2):
        ids, upto = read(database, tail, upto)
        told += ids
    assert told == ["a", "b"]
    other.dispose()
    database.close()
