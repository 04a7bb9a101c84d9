"""Who did what, when and from where: a record that is only added to, and in which each line vouches for those before.

A line's seal is SHA-256 over the seal before it and the line itself. Whoever changes, adds or takes away a line in the
middle breaks the chain there, and `verify` says where. Lines cut off at the end leave a chain that is whole: so note
the newest seal elsewhere now and then, and have `verify` look for it.

`tell` works inside the caller's transaction: what was done and the line about it are stored together or not at all.
Who acts is known in all rooms as a string, `by`; a `Who` is such a string that also knows from where it came.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select, text

from ..store import keyset
from ..store.database import Database, Item, Result, Step, Writer
from ..store.keyset import Edge
from ..store.storable import storable, storable_or_none
from ..store.tables import account, api_key, audit
from ..store.tables.types import AnyRow

CLI = "cli"  # who acts on the command line
BEGINNING = bytes(32)  # the seal before the first line
PIECE = 2000  # lines read at a time
LONGEST = 2000  # letters of what is told
_LOCK = text("SELECT pg_advisory_xact_lock(7305808869229538401)")  # "audit" in our own way: any number of ours
_SEALED = ("id", "at", "who", "name", "source", "verb", "record", "record_id", "says", "before", "after")


class Who(str):
    """Who acts, as any room takes it, and the network address that it came from."""

    source: str | None

    def __new__(cls, id: str, source: str | None = None) -> Who:
        """id: of a key or an account, or "cli". source: an address, None when there is none to tell."""
        made = super().__new__(cls, id)
        made.source = source
        return made

    def __reduce__(self) -> tuple[type[Who], tuple[str, str | None]]:
        return Who, (str(self), self.source)


@dataclass(frozen=True, slots=True)
class Line:
    """Something that somebody did. verb: such as "key.created". record, id: what it was done to.

    says: a sentence for people. before, after: how it was and is, in words. source: from where, if `by` does not know.
    No secret and no whole number of a person belongs into any of these: a line stays when the person is forgotten.
    """

    by: str
    verb: str
    says: str
    at: datetime
    record: str | None = None
    id: str | None = None
    before: str | None = None
    after: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines to list. verb: one, or "key.*" for all of a kind; before: where the page stands."""

    who: str | None = None
    verb: str | None = None
    record_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: Edge = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain is whole. lines: how many were looked at; seal: the newest, in hexadecimal digits.

    broken: the number of the first line that does not fit, and why in words; None when all do. found: whether the
    seal that was asked for is there; None when none was.
    """

    lines: int
    seal: str
    broken: int | None = None
    why: str = ""
    found: bool | None = None


def tell(conn: Connection, lines: Sequence[Line]) -> None:
    """Add lines, in this order, inside the caller's transaction, which must be one of the writer."""
    if not lines:
        return
    if conn.dialect.name == "postgresql":  # several nodes may write: one after the other, until each commits
        conn.execute(_LOCK)
    last = conn.execute(select(audit.c.id, audit.c.seal).order_by(audit.c.id.desc()).limit(1)).first()
    id, seal = (0, BEGINNING) if last is None else (int(last.id), bytes(last.seal))
    names = names_of(conn, {str(line.by) for line in lines})
    rows = []
    for line in lines:
        id += 1
        row = {"id": id, **_row(line, names)}
        seal = sealed(seal, row)
        rows.append({**row, "seal": seal})
    conn.execute(insert(audit), rows)


def told(conn: Connection, batch: list[Line]) -> list[None]:
    """Writer step: add lines about what was done elsewhere."""
    tell(conn, batch)
    return [None] * len(batch)


def write(writer: Writer, line: Line) -> None:
    """Add a line, and wait until it is on disk: for what writes nothing else, or has written already."""
    writer.do(told, line)


def do(writer: Writer, step: Step[Item, Result], item: Item, line: Line) -> Result:
    """Have a writer step done over an item, and told by a line in the same transaction.

    Nothing is told where the step answers with an exception, or with False or 0: then nothing was done.
    """
    done: Result = writer.do(_do, (step, item, line))
    return done


def _do(conn: Connection, batch: list[tuple[Step[Any, Any], Any, Line]]) -> list[Any]:
    results = []
    for step, item, line in batch:
        [result] = step(conn, [item])
        if not isinstance(result, Exception) and result is not False and result != 0:
            tell(conn, [line])
        results.append(result)
    return results


def put(writer: Writer, line: Line) -> None:
    """Have a line added soon, without waiting for it: for what strangers can bring about."""
    writer.put(told, line)


def sealed(before: bytes, row: Any) -> bytes:
    """The seal of a line. row: by the names of its columns."""
    values = [row[name] for name in _SEALED]
    values[1] = values[1].astimezone(UTC).isoformat(timespec="microseconds")
    return sha256(before + json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def _row(line: Line, names: dict[str, str]) -> dict[str, Any]:
    who = storable(str(line.by), 64)
    source = line.source if line.source is not None else getattr(line.by, "source", None)
    if source is None and who == CLI:
        source = _operator()
    return {
        "at": line.at,
        "who": who,
        "name": storable(names.get(who, who), 120),
        "source": storable_or_none(source, 64),
        "verb": line.verb,
        "record": line.record,
        "record_id": storable_or_none(line.id, 64),
        "says": storable(line.says, LONGEST),
        "before": storable_or_none(line.before, LONGEST),
        "after": storable_or_none(line.after, LONGEST),
    }


@lru_cache(maxsize=1)
def _operator() -> str | None:
    """Who sits at this command line, by the system; for sudo, who called it."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in containers
        return None


def names_of(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """What keys and accounts are called at this time, for later they may be called otherwise or be gone."""
    found: dict[str, str] = {}
    for table, prefix in ((api_key, "key_"), (account, "acc_")):
        wanted = [id for id in ids if id.startswith(prefix)]
        if wanted:
            found |= {
                row[0]: row[1] for row in conn.execute(select(table.c.id, table.c.name).where(table.c.id.in_(wanted)))
            }
    return found


def listing(conn: Connection, wanted: Wanted, limit: int) -> list[AnyRow]:
    """Lines, newest first, at most `limit`."""
    a = audit.c
    query = select(audit)
    for column, value in ((a.who, wanted.who), (a.record_id, wanted.record_id)):
        if value is not None:
            query = query.where(column == value)
    if wanted.verb is not None and wanted.verb.endswith(".*"):
        query = query.where(a.verb.startswith(wanted.verb[:-1], autoescape=True))
    elif wanted.verb is not None:
        query = query.where(a.verb == wanted.verb)
    if wanted.since is not None:
        query = query.where(a.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(a.at < wanted.until)
    return keyset.rows(conn, query, a.id, wanted.before, limit)


def verify(database: Database, seal: str | None = None, watch: Callable[[int], None] = lambda lines: None) -> Verdict:
    """Read the whole chain. seal: one that was noted earlier, to see that nothing was cut off since. watch: is told
    now and then how many lines were read."""
    count, newest, found = 0, BEGINNING, False
    for row in _every(database):
        count += 1
        if count % PIECE == 0:
            watch(count)
        if row["id"] != count:
            why = f"line {count} is missing: after line {count - 1} comes line {row['id']}"
            return Verdict(count - 1, newest.hex(), count, why, None if seal is None else found)
        if sealed(newest, row) != bytes(row["seal"]):
            why = f"line {count} is not as it was written, or stands where it did not stand"
            return Verdict(count - 1, newest.hex(), count, why, None if seal is None else found)
        newest = bytes(row["seal"])
        found = found or newest.hex() == (seal or "").strip().lower()
    return Verdict(count, newest.hex(), found=None if seal is None else found)


def _every(database: Database) -> Iterator[Any]:
    after = 0
    while True:
        with database.reading() as conn:
            rows = (
                conn.execute(select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(PIECE)).mappings().all()
            )
        yield from rows
        if len(rows) < PIECE:
            return
        after = rows[-1]["id"]
