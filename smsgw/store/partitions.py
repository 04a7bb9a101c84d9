"""Keep messages and their parts by the month on PostgreSQL, where a business with very many of them chose that.

A store has one table of each, unless `smsgw db partition` was told. Then every month has tables of its own, and vacuum,
moves to another disk and the end of old messages are of one month. What there was before is the first partition as it
stands: nothing is copied. A month is found by the id, which begins with the time.

The surprise: a unique constraint over all months would have to contain the month, so (client, client_ref) is unique in
each; two nodes can store the same name at one time in two months only around the turn, and there a trigger looks into
all of them. Parts point to the messages of their own month, which have the same bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ..errors import Conflict, StoreError
from .database import Database
from .ids import first_id
from .tables import message, metadata, part

AHEAD = 3  # months that are there before they are needed
TURN = timedelta(hours=6)  # by which nodes' clocks differ at most
_KEYS = {message.name: "id", part.name: "message_id"}  # in the order in which they are locked
# Whoever waits for longer would stop everybody behind it; and PostgreSQL looks for deadlocks after a second.
_PATIENCE = "SET LOCAL lock_timeout = '500ms'"
# What takes everything of a store away, in either form.
_OURS = ", ".join([f'"{name}"' for name in metadata.tables])
CLEARED = f"DROP TABLE IF EXISTS {_OURS}, alembic_version CASCADE; DROP FUNCTION IF EXISTS message_client_ref()"
_HOW = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass('message')")
_LEAVES = text(
    """SELECT substr(relname, 9) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = to_regclass('message') ORDER BY relname"""
)
_BOTH = "(to_regclass('message'), to_regclass('part'))"
_LARGE = text(
    f"""SELECT sum(greatest(reltuples, 0)) FILTER (WHERE relname = 'message')::bigint AS rows,
    sum(pg_relation_size(oid))::bigint AS octets FROM pg_class WHERE oid IN {_BOTH}"""
)
_POINTING = text(
    f"""SELECT conrelid::regclass::text AS owner, conname AS name, pg_get_constraintdef(oid) AS says FROM pg_constraint
    WHERE contype = 'f' AND confrelid IN {_BOTH} AND conrelid <> to_regclass('part') ORDER BY 1, 2"""
)
_INDEXES = text("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = to_regclass(:table)")
_TRIGGER = """CREATE FUNCTION message_client_ref() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.client || ' ' || NEW.client_ref, 0));
    IF EXISTS (SELECT FROM message WHERE client = NEW.client AND client_ref = NEW.client_ref) THEN
        RAISE unique_violation USING MESSAGE = 'another month has a message with this client_ref',
            CONSTRAINT = 'uq_message_client_client_ref', TABLE = 'message';
    END IF;
    RETURN NEW;
END $$"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What `convert` would do: how much there is as PostgreSQL estimates it, and from when on months begin."""

    rows: int
    octets: int
    begins: datetime


def partitioned(conn: Connection) -> bool:
    """Whether the store is kept by months. Asked once for each connection: nobody is connected while that changes."""
    known = conn.info.get("partitioned")
    if known is None:
        known = conn.info["partitioned"] = conn.dialect.name == "postgresql" and bool(conn.scalar(_HOW))
    return bool(known)


def plan(database: Database, now: datetime) -> Plan:
    """What `convert` would do at `now`. Raises Conflict where there is nothing to do."""
    with database.reading() as conn:
        return _planned(conn, now)


def convert(database: Database, now: datetime) -> Plan:
    """Keep the store by months from now on, in one transaction: killed in the middle, nothing has happened.

    Nobody else may use the store, and it must have this version's tables. Raises Conflict, StoreError.
    """
    with database.exclusive() as conn:
        found = _planned(conn, now)
        end = first_id("msg", found.begins)
        conn.execute(text("LOCK TABLE message, part IN ACCESS EXCLUSIVE MODE"))
        if (late := conn.scalar(text("SELECT max(id) FROM message"))) is not None and late >= end:
            says = f"the store holds {late}, which is later than the end of this month"
            raise StoreError(says, hint="a clock was ahead: set it right, and do this in the month after that")
        pointing = conn.execute(_POINTING).all()
        for one in pointing:
            conn.execute(text(f"ALTER TABLE {one.owner} DROP CONSTRAINT {one.name}"))
        conn.execute(text(_TRIGGER))
        first = f"before_{found.begins:%Y_%m}"
        for table, key in _KEYS.items():
            for index in conn.scalars(_INDEXES, {"table": table}).all():
                conn.execute(text(f"ALTER INDEX {index} RENAME TO {index}_{first}"))
            conn.execute(text(f"ALTER TABLE {table} RENAME TO {table}_{first}"))
            like = f"(LIKE {table}_{first} INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE ({key})"
            conn.execute(text(f"CREATE TABLE {table} {like}"))
        for described in (message, part):
            key = ", ".join(f'"{column.name}"' for column in described.primary_key)
            conn.execute(text(f"ALTER TABLE {described.name} ADD CONSTRAINT pk_{described.name} PRIMARY KEY ({key})"))
            for index in sorted(described.indexes, key=lambda one: str(one.name)):
                index.create(conn)
        _attach(conn, first, f"FOR VALUES FROM (MINVALUE) TO ('{end}')")
        _watch(conn, first, f"NEW.id >= '{first_id('msg', found.begins - TURN)}'")
        for one in pointing:
            conn.execute(text(f"ALTER TABLE {one.owner} ADD CONSTRAINT {one.name} {one.says}"))
        _make(conn, "default", "DEFAULT")
        _watch(conn, "default", "true")
        _make_ahead(conn, found.begins)
        conn.info.clear()  # what is known of it
    _count(database)
    return found


def keep_ahead(database: Database, now: datetime) -> bool:
    """Make the months that will be needed; False: somebody was in the way, so try again later.

    A month that has messages among those beyond all months stays there: they are found and counted as any others.
    """
    with database.reading() as conn:
        if not partitioned(conn) or not _missing(conn, now):
            return True
    made = False
    with _between_others(database) as conn:
        _make_ahead(conn, now)
        made = True
    if made:
        _count(database)
    return made


def drop_empty(database: Database, before: datetime) -> list[str]:
    """Take away months that ended before this time and of which nothing is left; returns their names."""
    gone: list[str] = []
    with database.reading() as conn:
        ended = [name for name in _leaves(conn) if _ended(name, before)] if partitioned(conn) else []
        empty = [name for name in ended if _is_empty(conn, name)]
    for name in empty:
        with _between_others(database) as conn:
            conn.execute(text("LOCK TABLE message, part IN ACCESS EXCLUSIVE MODE"))
            if _is_empty(conn, name):
                for table in reversed(_KEYS):
                    conn.execute(text(f"ALTER TABLE {table} DETACH PARTITION {table}_{name}"))
                    conn.execute(text(f"DROP TABLE {table}_{name}"))
                gone.append(name)
    return gone


def _planned(conn: Connection, now: datetime) -> Plan:
    if conn.dialect.name != "postgresql":
        raise Conflict("only a store on PostgreSQL can be kept by months", hint="see docs/several-machines.md")
    if conn.scalar(_HOW):
        raise Conflict("the store is kept by months already", hint="nothing is to be done: the clock makes new months")
    row = conn.execute(_LARGE).one()
    return Plan(row.rows, row.octets, _next(now))


@contextmanager
def _between_others(database: Database) -> Iterator[Connection]:
    """A transaction that changes the tables while everybody works, or gives up: then nothing has happened."""
    try:
        with database.exclusive() as conn:
            conn.execute(text("SELECT pg_advisory_xact_lock(hashtext('smsgw schema'))"))
            conn.execute(text(_PATIENCE))
            yield conn
    except DBAPIError as problem:
        if getattr(problem.orig, "sqlstate", None) != "55P03":  # lock_not_available
            raise


def _make_ahead(conn: Connection, now: datetime) -> None:
    for begin in _missing(conn, now):
        end, name = _next(begin), f"{begin:%Y_%m}"
        _make(conn, name, f"FROM ('{first_id('msg', begin)}') TO ('{first_id('msg', end)}')")
        edges = first_id("msg", begin + TURN), first_id("msg", end - TURN)
        _watch(conn, name, f"(NEW.id < '{edges[0]}' OR NEW.id >= '{edges[1]}')")


def _missing(conn: Connection, now: datetime) -> list[datetime]:
    """The beginnings of months that are not there yet, should be, and of which nothing lies beyond all months."""
    there = _leaves(conn)
    months = [_month(now)]
    for _ in range(AHEAD):
        months.append(_next(months[-1]))
    beyond = text("SELECT EXISTS (SELECT FROM message_default WHERE id >= :begin AND id < :end)")
    return [
        begin
        for begin in months
        if not {f"{begin:%Y_%m}", f"before_{_next(begin):%Y_%m}"} & set(there)
        and not conn.scalar(beyond, {"begin": first_id("msg", begin), "end": first_id("msg", _next(begin))})
    ]


def _make(conn: Connection, name: str, bounds: str) -> None:
    """New tables for messages and parts with ids in these bounds, made aside, so that few are waited for."""
    for table in _KEYS:
        conn.execute(text(f"CREATE TABLE {table}_{name} (LIKE {table} INCLUDING ALL)"))
    unique = f"CONSTRAINT uq_message_client_client_ref_{name} UNIQUE (client, client_ref)"
    conn.execute(text(f"ALTER TABLE message_{name} ADD {unique}"))
    key = f"CONSTRAINT fk_part_message_id_message FOREIGN KEY (message_id) REFERENCES message_{name} ON DELETE CASCADE"
    conn.execute(text(f"ALTER TABLE part_{name} ADD {key}"))
    _attach(conn, name, bounds if bounds == "DEFAULT" else f"FOR VALUES {bounds}")


def _attach(conn: Connection, name: str, bounds: str) -> None:
    for table in _KEYS:
        conn.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {table}_{name} {bounds}"))


def _watch(conn: Connection, name: str, when: str) -> None:
    """Have the trigger look at new messages with a client_ref for which this is true."""
    only = f"BEFORE INSERT ON message_{name} FOR EACH ROW WHEN (NEW.client_ref IS NOT NULL AND {when})"
    conn.execute(text(f"CREATE TRIGGER client_ref {only} EXECUTE FUNCTION message_client_ref()"))


def _count(database: Database) -> None:
    """Have PostgreSQL look at all months together, which it does not by itself: how it plans depends on that."""
    with database.exclusive() as conn:
        conn.execute(text("ANALYZE message, part"))


def _leaves(conn: Connection) -> list[str]:
    return list(conn.scalars(_LEAVES))


def _is_empty(conn: Connection, name: str) -> bool:
    return not conn.scalar(text(f"SELECT EXISTS (SELECT FROM message_{name})"))


def _ended(name: str, before: datetime) -> bool:
    """Whether a month is over at this time."""
    if name == "default":
        return False
    begin = datetime.strptime(name[-7:], "%Y_%m").replace(tzinfo=UTC)
    return (begin if name.startswith("before") else _next(begin)) <= before


def _month(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(at: datetime) -> datetime:
    """The beginning of the month after."""
    return _month(_month(at) + timedelta(days=32))
