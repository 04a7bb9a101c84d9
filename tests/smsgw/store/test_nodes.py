"""Leases with fencing numbers, writes refused in their transaction, words between nodes, and mixed versions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from smsgw.errors import Fenced, StoreError, StoreTooNew
from smsgw.store import nodes, schema
from smsgw.store.database import Database, open_engine
from smsgw.store.fences import Guard, steady, under
from smsgw.store.nodes import Me
from smsgw.store.wake import Bell

pytestmark = pytest.mark.peer


@pytest.fixture
def shared(postgres_url: str) -> Iterator[Database]:
    """A store that nodes can share."""
    database = Database(postgres_url)
    schema.upgrade(database)
    yield database
    database.close()


def me(name: str, lasts: float = 60.0, revision: str = "") -> Me:
    return Me(name, "0.1.0", ("links",), revision or schema.newest(), {}, lasts)


def taken(database: Database, who: Me, *names: str) -> dict[str, int]:
    with database.exclusive() as conn:
        return dict(nodes.take(conn, who, names))


def lapse(database: Database) -> None:
    """Time goes by until every lease is over."""
    with database.exclusive() as conn:
        conn.execute(text("UPDATE lease SET until = until - interval '1 hour'"))


def write(conn: Connection, batch: list[str]) -> list[str]:
    return [f"{word} is written" for word in batch]


def test_what_one_node_has_another_takes_only_when_its_time_is_over_and_under_a_higher_number(shared: Database) -> None:
    assert taken(shared, me("alpha"), "link:net", "clock") == {"link:net": 1, "clock": 1}
    assert taken(shared, me("beta"), "link:net", "clock") == {}
    lapse(shared)
    assert taken(shared, me("beta"), "link:net") == {"link:net": 2}
    with shared.exclusive() as conn:
        mine = [Guard("link:net", 1, 0.0), Guard("clock", 1, 0.0)]
        assert nodes.renew(conn, me("alpha"), mine) == {"clock"}  # its time was over, but nobody took it


def test_what_is_given_back_is_free_at_once(shared: Database) -> None:
    taken(shared, me("alpha"), "clock")
    with shared.exclusive() as conn:
        nodes.release(conn, "alpha", [Guard("clock", 1, 0.0)])
    assert taken(shared, me("beta"), "clock") == {"clock": 2}


def test_a_node_that_starts_again_has_what_it_had_at_once_under_a_higher_number(shared: Database) -> None:
    taken(shared, me("alpha"), "clock")
    assert taken(shared, me("alpha"), "clock") == {"clock": 2}


def test_a_write_of_a_former_holder_is_refused_in_its_transaction_and_others_beside_it_are_not(
    shared: Database,
) -> None:
    taken(shared, me("alpha"), "link:net")
    old = Guard("link:net", 1, steady() + 3600)
    assert shared.writer.do(write, "first", guard=old) == "first is written"
    lapse(shared)
    taken(shared, me("beta"), "link:net")
    assert old.holds(), "by its own clock it believes in it still"
    late, beside = shared.writer.put(write, "late", old), shared.writer.put(write, "beside")
    with pytest.raises(Fenced, match="link:net is another node's by now"):
        late.result(60)
    assert beside.result(60) == "beside is written"
    with under(old), pytest.raises(Fenced):
        shared.writer.do(write, "by a job")


def test_whoever_takes_over_waits_for_a_transaction_of_the_old_holder(shared: Database) -> None:
    taken(shared, me("alpha"), "link:net")
    guard, inside, go_on = Guard("link:net", 1, steady() + 3600), threading.Event(), threading.Event()

    def slow(conn: Connection, batch: list[None]) -> list[None]:
        inside.set()
        assert go_on.wait(60)
        return batch

    writing = shared.writer.put(slow, None, guard)
    assert inside.wait(60)
    lapse_of_all = "UPDATE lease SET until = until - interval '1 hour'"
    with shared.reading() as conn:  # the holder's own renewals are not in its way
        conn.execute(text("SET LOCAL lock_timeout = '30s'"))
        conn.execute(text(lapse_of_all))
        conn.commit()
    with shared.reading() as conn:
        assert nodes.take(conn, me("beta"), ["link:net"]) == []
        conn.rollback()
    go_on.set()
    writing.result(60)
    with shared.reading() as conn:
        assert nodes.take(conn, me("beta"), ["link:net"]) == [("link:net", 2)]
        conn.commit()


def test_a_link_that_somebody_stopped_is_nobodys_until_it_is_started_or_a_node_starts_alone(shared: Database) -> None:
    taken(shared, me("alpha"), "link:net")
    assert shared.writer.do(nodes.halt, ("net", "Ana")) is True
    lapse(shared)
    assert taken(shared, me("beta"), "link:net") == {}
    with shared.exclusive() as conn:
        nodes.live(conn, me("beta"), born=True)
    assert taken(shared, me("beta"), "link:net") == {"link:net": 2}


def test_a_word_reaches_the_other_nodes_and_not_the_one_that_says_it(postgres_url: str) -> None:
    heard: dict[str, list[str]] = {"one": [], "two": []}
    one, two = Bell(postgres_url, heard["one"].append), Bell(postgres_url, heard["two"].append)
    for bell in (one, two):
        bell.start()
    until(lambda: all(words == ["missed"] for words in heard.values()))  # both listen
    one.ring("reading")  # the first word tells which session rings
    until(lambda: "reading" in heard["two"])
    one.ring("link:net")
    until(lambda: "link:net" in heard["two"])
    two.ring("leases")
    until(lambda: "leases" in heard["one"])
    assert "link:net" not in heard["one"]
    words = ["desk:writes", "desk:leaves", "desk:looks", "desk:writes"]  # of two that are alike the last counts
    for word in words:
        two.ring(word)
    two.ring("over")
    until(lambda: "over" in heard["one"])
    assert [word for word in heard["one"] if word in words][-3:] == words[1:]
    for bell in (one, two):
        bell.stop()


def until(what: Any) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_an_older_program_goes_on_with_newer_tables_that_say_it_may(fresh_store_url: str) -> None:
    database = Database(fresh_store_url)
    schema.upgrade(database)
    with database.exclusive() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="9999"):  # whoever changed the tables said nothing of us
        schema.upgrade(database)
    with database.exclusive() as conn:
        conn.execute(text("UPDATE schema_rule SET revision = '9999', oldest = :ours"), {"ours": schema.newest()})
    assert schema.upgrade(database) == ("9999", "9999")
    schema.require_current(database)
    with database.exclusive() as conn:
        conn.execute(text("UPDATE schema_rule SET oldest = '9998'"))
    with pytest.raises(StoreTooNew, match="9999"):
        schema.upgrade(database)
    database.close()


def test_tables_are_not_changed_under_a_running_node_that_could_not_go_on(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared.exclusive() as conn:
        nodes.live(conn, me("alpha", revision="0017"), born=True)
        conn.execute(text("UPDATE alembic_version SET version_num = '0017'"))
    monkeypatch.setattr(schema, "_run_revisions", lambda conn: None)
    monkeypatch.setattr(schema, "_words_for", lambda: {"0017": "0017", "0018": "0018"})
    with pytest.raises(StoreError, match="older nodes cannot go on: alpha") as refused:
        schema.upgrade(shared)
    assert refused.value.code == "nodes_too_old"
    monkeypatch.setattr(schema, "_words_for", lambda: {"0017": "0017", "0018": "0017"})
    assert schema.upgrade(shared)[0] == "0017"


def test_writers_that_do_nothing_are_ended_by_others_and_neither_readers_nor_other_programs_are(
    shared: Database, postgres_url: str
) -> None:
    names = ("clock", "link:net", "reading")
    taken(shared, me("alpha"), *names)
    lapse(shared)
    ours, others = open_engine(postgres_url, writing=True), create_engine(postgres_url)
    with ours.connect() as between, ours.connect() as within, ours.connect() as reads, others.connect() as stranger:
        for conn, name in zip((stranger, between, within), names, strict=True):
            conn.execute(text("SELECT 1 FROM lease WHERE name = :name FOR KEY SHARE"), {"name": name})
        reads.execute(text("SELECT 1 FROM lease"))
        stands_within_a_pipeline(within)
        until(lambda: wait_within(shared) == ["SELECT 'said'"])
        with shared.exclusive() as conn:
            free = nodes.take(conn, me("beta"), names)
            ended = [nodes.end_frozen(conn, after) for after in (3600.0, 0.0)]
        within.invalidate()
        assert (free, ended) == ([], [0, 2])
        until(lambda: taken(shared, me("beta"), *names) == {"link:net": 2, "reading": 2})
        with pytest.raises(DBAPIError):
            between.execute(text("SELECT 1"))
        reads.execute(text("SELECT 1"))
        stranger.execute(text("SELECT 1"))
    ours.dispose()
    others.dispose()


def stands_within_a_pipeline(conn: Connection) -> None:
    """As an executemany does whose program is frozen: PostgreSQL's own timeouts do not count there."""
    wire = conn.connection.driver_connection
    assert wire is not None
    wire.pgconn.enter_pipeline_mode()
    wire.pgconn.send_query_params(b"SELECT 'said'", None)
    wire.pgconn.flush()


def wait_within(database: Database) -> list[str]:
    """The statements after which the server waits for the rest of what it is told."""
    asked = "SELECT query FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'ClientRead'"
    with database.reading() as conn:
        return list(conn.scalars(text(asked)))
