"""Import customers from a sheet: compare, look, apply, and for a day take back; each step goes on after a kill.

What is to be done is in the rows: a sheet is kept until it is read, a line is applied in the transaction that writes
its customer. `Importer.advance` does the next piece of work and may be called by anybody at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from ...errors import BadInput, Conflict, Fault, NotFound
from ...paper.sheets import Sheet, open_sheet
from ...store import history, keyset
from ...store.database import Database, Writer
from ...store.history import Birth, Step
from ...store.ids import new_id
from ...store.keyset import Edge
from ...store.lifecycle import CUSTOMER_IMPORT
from ...store.prepared import Prepared
from ...store.tables import customer_import, import_line
from ...store.tables.types import AnyRow
from ..consent import basis as consent_basis
from ..consent.categories import every
from ..fields import Field, defined, fold
from .columns import Columns, Said, in_future, read_row, recognise, spelled
from .compare import Row, compare, fault_words
from .writing import Piece, apply_piece, take_back_piece

UNDO_FOR = timedelta(days=1)
READ_AT_ONCE = 1000
BUSY = ("reading", "applying", "undoing")
_KEEP = Prepared(
    insert(import_line), ("import_id", "line", "verdict", "opted_out", "customer_id", "told", "changes", "why")
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A sheet that somebody brings. region: whose national spelling of numbers is understood.

    columns: what a heading is, where we would not know (a target of import_columns, `field.NAME`, or "-").
    encoding, delimiter: where they are known. consent: for rows that say none, with its proof, by the names of columns.
    """

    file: str
    content: bytes
    by: str
    at: datetime
    region: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    consent: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of an import: `event` is apply, undo or discard."""

    id: str
    event: str
    by: str
    at: datetime


def upload(database: Database, wish: Upload) -> str:
    """Take a sheet in; returns the import's id. Nothing is compared yet: `Importer.advance` does that.

    Raises BadInput when it cannot be read at all, or when nobody can say which column is what.
    """
    sheet = open_sheet(wish.content, wish.encoding, wish.delimiter)
    with database.reading() as conn:
        fields = defined(conn)
    first = next(sheet.rows(), None)
    if first is None:
        raise BadInput([Fault("/file", "sheet_empty", "the sheet has no row")])
    columns = recognise(first[1], fields, wish.columns, wish.region)
    facts = {
        "kind": sheet.kind,
        "encoding": sheet.encoding,
        "delimiter": sheet.delimiter,
        "columns": columns.shown(),
        "header": columns.header,
    }
    values: dict[str, Any] = {
        "id": new_id("imp", wish.at),
        "file": wish.file[-200:],
        "content": wish.content,
        "wish": {"region": wish.region, "consent": dict(wish.consent) if wish.consent else None},
        "facts": facts,
        "done": 0,
        "by": wish.by,
        "created_at": wish.at,
    }
    return database.writer.do(_begin, values)


def _begin(conn: Connection, batch: list[dict[str, Any]]) -> list[str]:
    for values in batch:
        birth = Birth(values, [("upload", f"{values['by']} brought {values['file']}")])
        history.begin(conn, CUSTOMER_IMPORT, [birth], by=values["by"], now=values["created_at"])
    return [values["id"] for values in batch]


def get(conn: Connection, id: str) -> AnyRow:
    """An import, without the sheet itself. Raises NotFound."""
    columns = [column for column in customer_import.c if column.name != "content"]
    row = conn.execute(select(*columns).where(customer_import.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no import {id[:60]}", hint="smsgw customer imports shows them")
    return row


def listing(conn: Connection, limit: int, after: Edge = None) -> list[AnyRow]:
    """Imports, newest first; after: the id that the page begins behind."""
    columns = [column for column in customer_import.c if column.name != "content"]
    return keyset.rows(conn, select(*columns), customer_import.c.id, after, limit)


def counts(conn: Connection, id: str) -> dict[str, int]:
    """How many lines are new, changed, unchanged, invalid and opted out, as far as it is read; applied and undone."""
    c = import_line.c
    tally = func.count().label("n")
    query = select(c.verdict, tally, func.sum(c.opted_out).label("out"), func.count(c.applied_at).label("applied"))
    found = {"new": 0, "changed": 0, "unchanged": 0, "invalid": 0, "opted_out": 0, "applied": 0, "undone": 0}
    undone = func.count(c.undone_at).label("undone")
    for row in conn.execute(query.add_columns(undone).where(c.import_id == id).group_by(c.verdict)):
        found[row.verdict] = row.n
        found["opted_out"] += row.out
        found["applied"] += row.applied
        found["undone"] += row.undone
    return found


def lines(conn: Connection, id: str, limit: int, verdict: str | None = None, after: int = 0) -> list[AnyRow]:
    """Lines of the difference in their order. verdict: only such, or "opted_out"; after: behind this line."""
    c = import_line.c
    query = select(import_line).where(c.import_id == id, c.line > after).order_by(c.line).limit(limit)
    if verdict == "opted_out":
        query = query.where(c.opted_out == 1)
    elif verdict is not None:
        query = query.where(c.verdict == verdict)
    return list(conn.execute(query))


def order(writer: Writer, wish: Wish) -> None:
    """Have an import applied, undone or discarded; `Importer.advance` does it. Raises NotFound, Conflict."""
    writer.do(_order, wish)


def _order(conn: Connection, batch: list[Wish]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for wish in batch:
        try:
            row = get(conn, wish.id)
            _require(row, wish)
            values: dict[str, Any] = {"done": 0} if wish.event != "discard" else {"content": None}
            step = Step(row.id, f"{wish.by} wished it", values)
            if history.move(conn, CUSTOMER_IMPORT, wish.event, [step], by=wish.by, now=wish.at) == [None]:
                raise Conflict(f"an import that is {row.state} cannot be {_DONE[wish.event]}")
            results.append(None)
        except (NotFound, Conflict) as wrong:
            results.append(wrong)
    return results


_DONE = {"apply": "applied", "undo": "undone", "discard": "discarded"}


def _require(row: AnyRow, wish: Wish) -> None:
    if wish.event == "undo" and row.state == "applied" and wish.at - row.applied_at > UNDO_FOR:
        says = f"it was applied on {row.applied_at:%Y-%m-%d %H:%M} UTC, and can be undone for a day only"
        raise Conflict(says, code="undo_late", hint="change or erase the customers themselves")


class Importer:
    """Does the work of imports, a piece at a time; one for each process. It keeps a sheet open between two pieces."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: _Reading | None = None
        self._behind: tuple[str, str, int | None] = ("", "", None)  # the import, its state, the last line looked at

    def advance(self, clock: Callable[[], datetime], patience: float = 2.0) -> bool:
        """Go on with what is being read, applied or undone, for about `patience` seconds; whether there is more."""
        ends = time.monotonic() + patience
        while True:
            with self._database.reading() as conn:
                busy = select(customer_import.c.id).where(customer_import.c.state.in_(BUSY))
                id = conn.scalar(busy.order_by(customer_import.c.id).limit(1))
                row = None if id is None else get(conn, id)
            if row is None:
                return False
            self._piece(row, clock())
            if time.monotonic() >= ends:
                return True

    def finish(
        self, id: str, clock: Callable[[], datetime], told: Callable[[AnyRow], None] = lambda row: None
    ) -> AnyRow:
        """Go on until this import waits for a person or has ended. told: is called after each piece."""
        while True:
            with self._database.reading() as conn:
                row = get(conn, id)
            told(row)
            if row.state not in BUSY:
                return row
            self._piece(row, clock())

    def _piece(self, row: AnyRow, now: datetime) -> None:
        if row.state == "reading":
            self._read(row, now)
        else:
            step = apply_piece if row.state == "applying" else take_back_piece
            id, state, behind = self._behind
            piece = Piece(row.id, row.by, now, behind if (id, state) == (row.id, row.state) else None)
            self._behind = (row.id, row.state, self._database.writer.do(step, piece))

    def _read(self, row: AnyRow, now: datetime) -> None:
        """Compare the next lines with the store, and keep the difference."""
        if self._open is None or self._open.id != row.id or self._open.done != row.done:
            with self._database.reading() as conn:
                content = conn.scalar(select(customer_import.c.content).where(customer_import.c.id == row.id))
                self._open = _Reading(row, bytes(content or b""), defined(conn), _codes(conn))
                self._open.recall(conn)
        reading = self._open
        try:
            rows = reading.next(now)
        except BadInput as wrong:
            self._open = None
            self._database.writer.do(_fail, (row.id, fault_words(wrong), now))
            return
        with self._database.reading() as conn:
            compare(conn, rows, reading.seen, now)
        reading.done = self._database.writer.do(_keep, _Read(row.id, reading.done, rows, now))


class _Reading:
    """A sheet that is being read, from where the store says that it was."""

    def __init__(self, row: AnyRow, content: bytes, fields: Mapping[str, Field], codes: Mapping[str, str]) -> None:
        facts = row.facts
        self.id, self.done, self.wish, self.fields = row.id, row.done, row.wish, fields
        self.codes = codes
        told = facts["columns"]
        self.columns = Columns(tuple(one["heading"] for one in told), tuple(one["is"] for one in told), facts["header"])
        sheet = Sheet(facts["kind"], content, facts["encoding"], facts["delimiter"])
        self.rows: Iterator[tuple[int, list[str]]] = islice(sheet.rows(), row.done + self.columns.header, None)
        self.seen: dict[str, int] = {}

    def recall(self, conn: Connection) -> None:
        """What stood on the lines that were read before a stop."""
        c = import_line.c
        if self.done:
            for row in conn.execute(select(c.line, c.told).where(c.import_id == self.id, c.told.is_not(None))):
                for key in (
                    *row.told.get("addresses", ()),
                    *([f"#{ref}"] if (ref := row.told.get("reference")) else ()),
                ):
                    self.seen.setdefault(key, row.line)

    def next(self, now: datetime) -> list[Row]:
        """The next rows, read; none at the end. Raises BadInput where the sheet breaks off."""
        return [self._row(line, cells, now) for line, cells in islice(self.rows, READ_AT_ONCE)]

    def _row(self, line: int, cells: list[str], now: datetime) -> Row:
        try:
            said = read_row(cells, self.columns, self.fields, self.wish)
        except BadInput as wrong:
            return Row(line, None, why=fault_words(wrong))
        if said.consent is None:
            return Row(line, said)
        if in_future(said.consent, now):
            return Row(line, None, why="its consent claims to have been given in the future")
        proof = f"{said.consent['consent_words']} {said.consent['consent_source']}"
        if consent_basis.is_purchase(proof):
            return Row(line, None, why=f"{said.consent['consent_words'][:60]!r} {consent_basis.SAYS}")
        code = self.codes.get(fold(said.consent["consent"]))
        if code is None:
            return Row(line, None, why=f"there is no category of consent {said.consent['consent'][:40]!r}")
        return Row(line, Said(said.told, said.consent | {"consent": code}))


def _codes(conn: Connection) -> dict[str, str]:
    """Categories of consent by all that a sheet may call them."""
    found: dict[str, str] = {}
    for code, one in every(conn).items():
        found |= {fold(name): code for name in (code, *one.names.values()) if one.active}
    return found


@dataclass(frozen=True)
class _Read:
    """Rows that were compared, of a sheet of which `done` were kept before."""

    id: str
    done: int
    rows: list[Row]
    at: datetime


def _keep(conn: Connection, batch: list[_Read]) -> list[int]:
    """Writer step: keep a piece of the difference, and how far that is; with none left the import is ready."""
    return [_keep_one(conn, read) for read in batch]


def _keep_one(conn: Connection, read: _Read) -> int:
    c = customer_import.c
    done = read.done + len(read.rows)
    same = (c.id == read.id, c.state == "reading", c.done == read.done)
    if not conn.execute(update(customer_import).where(*same).values(done=done)).rowcount:
        return -1  # somebody else reads it: begin again from what is kept
    if not read.rows:
        values = {"lines": done, "content": None}
        step = Step(read.id, f"{done} lines are compared", values)
        history.move(conn, CUSTOMER_IMPORT, "compare", [step], by="import", now=read.at)
        return done
    _KEEP.bulk(conn, [_line(read, row) for row in read.rows])
    return done


def _line(read: _Read, row: Row) -> dict[str, Any]:
    told = None
    if row.said is not None and row.verdict in ("new", "changed"):
        told = spelled(row.said.told) | ({"consent": row.said.consent} if row.said.consent else {})
    elif row.said is not None:  # what stands on it twice must still be known after a stop
        told = {"addresses": row.addresses}
    return {
        "import_id": read.id,
        "line": row.line,
        "verdict": row.verdict,
        "opted_out": int(row.opted_out),
        "customer_id": None if row.whom is None else row.whom.id,
        "told": told,
        "changes": row.changes or None,
        "why": row.why,
    }


def _fail(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[None]:
    for id, why, now in batch:
        history.move(conn, CUSTOMER_IMPORT, "fail", [Step(id, why, {"content": None})], by="import", now=now)
    return [None] * len(batch)


def forget_lines(conn: Connection, batch: list[datetime]) -> list[int]:
    """Writer step: forget what stood in sheets of imports older than this; what an import did stays in its counts."""
    old = select(customer_import.c.id).where(
        customer_import.c.created_at < max(batch),
        customer_import.c.state.in_(("applied", "undone", "discarded", "failed")),
    )
    gone = conn.execute(
        update(import_line)
        .where(import_line.c.import_id.in_(old), or_(import_line.c.told.is_not(None), import_line.c.why.is_not(None)))
        .values(told=None, changes=None, why=None)
    ).rowcount
    return [gone] * len(batch)
