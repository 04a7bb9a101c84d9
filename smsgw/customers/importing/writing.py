"""Write the lines of an import into customers, and take them back: a few hundred in one transaction, each once.

A line is compared again in the transaction that applies it: what is written down as changed is what really changed, and
is what an undo takes back where nobody has touched it since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from ...store import history
from ...store.history import Step, chunks
from ...store.ids import new_id
from ...store.lifecycle import CUSTOMER_IMPORT
from ...store.prepared import Prepared
from ...store.tables import address, customer, customer_import, customer_tag, import_line
from ...store.tables.types import AnyRow, Moment, written_json
from .. import customers, details
from ..consent.consent import Statement, record
from ..consent.stop import withdraw
from ..customers import PLAIN, Person
from ..fields import fold, folded
from ..merging import close_ranks
from .columns import Said
from .compare import Row, compare, reread

AT_ONCE = 400  # lines in one transaction: others wait for it
# One statement for all lines of a piece: on PostgreSQL one for each took half of the server's time.
_SET_LINE = """UPDATE import_line SET verdict = {verdict}, customer_id = {customer}, changes = {changes}, why = {why},
    applied_at = CASE WHEN {why} IS NULL THEN {at} END
    FROM {said} AS said{shape}
    WHERE import_id = :import AND import_line.line BETWEEN :first AND :last AND import_line.line = {line}"""
_NAMES = ("line", "verdict", "customer", "changes", "why")
_AT = bindparam("at", type_=Moment())
_WRITTEN = Prepared(
    text(
        _SET_LINE.format(
            **{name: f"json_extract(said.value, '$.{name}')" for name in _NAMES},
            said="json_each(:said)",
            shape="",
            at=":at",
        )
    ).bindparams(_AT),
    postgresql=text(
        _SET_LINE.format(
            **{name: f"said.{name}" for name in _NAMES},
            said="json_to_recordset(CAST(:said AS json))",
            shape="(line integer, verdict text, customer text, changes json, why text)",
            at="CAST(:at AS timestamp)",
        )
    ).bindparams(_AT),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """The next lines of an import. behind: the last line that was looked at, where known; those before need no look."""

    id: str
    by: str
    at: datetime
    behind: int | None = None


def apply_piece(conn: Connection, batch: list[Piece]) -> list[int | None]:
    """Writer step: apply the next lines; returns the last one that was looked at. With none left it is applied."""
    return [_apply(conn, piece) for piece in batch]


def take_back_piece(conn: Connection, batch: list[Piece]) -> list[int | None]:
    """Writer step: take the next lines back, the last first, as `apply_piece`. With none left the import is undone."""
    return [_take_back(conn, piece) for piece in batch]


def _locked(conn: Connection, piece: Piece, state: str) -> AnyRow | None:
    """The import, if it is in this state; on PostgreSQL nobody else works on it until the transaction ends."""
    c = customer_import.c
    query = select(c.id, c.done, c.by).where(c.id == piece.id, c.state == state)
    return conn.execute(query.with_for_update()).first()


def _count(conn: Connection, row: AnyRow, more: int) -> None:
    conn.execute(update(customer_import).where(customer_import.c.id == row.id).values(done=row.done + more))


def _apply(conn: Connection, piece: Piece) -> int | None:
    c = import_line.c
    owner = _locked(conn, piece, "applying")
    if owner is None:
        return None
    wanted = [c.import_id == piece.id, c.verdict.in_(("new", "changed")), c.applied_at.is_(None), c.why.is_(None)]
    if piece.behind is not None:
        wanted.append(c.line > piece.behind)
    stored = conn.execute(select(import_line).where(*wanted).order_by(c.line).limit(AT_ONCE)).all()
    if not stored:
        step = Step(piece.id, "every good line is written", {"applied_at": piece.at})
        history.move(conn, CUSTOMER_IMPORT, "finish", [step], by="import", now=piece.at)
        return None
    rows = [_again(line) for line in stored]
    compare(conn, rows, {}, piece.at)
    new = [(row, new_id("cus", piece.at)) for row in rows if row.verdict == "new"]
    customers.add(conn, [(id, row.said.told) for row, id in new if row.said is not None], piece.at, by=piece.by)
    changed = [row for row in rows if row.verdict == "changed" and row.whom is not None]
    _change(conn, changed, piece.at)
    known = [row.whom.id for row in changed if row.whom is not None]
    history.happened(conn, "customer", "updated", known, f"by the import {piece.id}", by=piece.by, now=piece.at)
    ids = {row.line: id for row, id in new} | {row.line: row.whom.id for row in rows if row.whom is not None}
    _consent(conn, rows, ids, piece)
    _write_down(conn, piece, rows, ids)
    _count(conn, owner, len(rows))
    return rows[-1].line


def _again(line: AnyRow) -> Row:
    told = dict(line.told)
    consent = told.pop("consent", None)
    return Row(line.line, Said(reread(told), consent))


def _write_down(conn: Connection, piece: Piece, rows: Sequence[Row], ids: dict[int, str]) -> None:
    """What really became of each line: one that is neither new nor changed any more says why nothing was done."""
    said = []
    for row in rows:
        why = None if row.verdict in ("new", "changed") else row.why or "it is so already"
        told = {"line": row.line, "verdict": row.verdict, "customer": ids.get(row.line), "changes": row.changes or None}
        said.append({**told, "why": why})
    within = {"import": piece.id, "first": rows[0].line, "last": rows[-1].line, "at": piece.at}
    _WRITTEN.run(conn, {**within, "said": written_json(said)})


_SET = (*PLAIN, "name_key", "fields", "folded", "updated_at", "revision")


def _store(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write customers whose every column is known, each a mapping of `_SET` and its id."""
    if rows:
        changed = update(customer).where(customer.c.id == bindparam("its_id"))
        values = {name: bindparam(f"to_{name}", type_=customer.c[name].type) for name in _SET}
        conn.execute(
            changed.values(values),
            [{"its_id": row["id"], **{f"to_{name}": row[name] for name in _SET}} for row in rows],
        )


def _as_it_is(person: Person, now: datetime) -> dict[str, Any]:
    row = person.row
    plain = {key: getattr(row, key) for key in PLAIN}
    return {"id": row.id, **plain, "fields": dict(row.fields), "updated_at": now, "revision": row.revision + 1}


def _finished(row: dict[str, Any]) -> dict[str, Any]:
    row["name"] = row["name"] or ""
    return row | {"name_key": fold(row["name"])[:120], "folded": folded(row["fields"])}


def _change(conn: Connection, rows: Sequence[Row], now: datetime) -> None:
    wanted, addresses, tags = [], [], []
    for row in rows:
        assert row.whom is not None
        after = _as_it_is(row.whom, now)
        for key, (_, value) in row.changes.items():
            if key in PLAIN:
                after[key] = value
            elif key.startswith("fields."):
                after["fields"][key[7:]] = value
        wanted.append(_finished(after))
        addresses += _more_addresses(row, now)
        before, more = row.changes.get("tags", [[], []])
        tags += [{"tag": tag, "customer_id": row.whom.id} for tag in more if tag not in before]
    _store(conn, wanted)
    for table, values in ((address, addresses), (customer_tag, tags)):
        if values:
            conn.execute(insert(table), values)


def _more_addresses(row: Row, now: datetime) -> list[dict[str, Any]]:
    """Rows for the addresses that a line adds: behind those that the customer has."""
    assert row.whom is not None
    before, after = row.changes.get("addresses", [[], []])
    ranked = customers.ranked(row.whom.id, [details.kept(one) for one in after], now)
    return [one for one in ranked if one["address"] not in before]


def _consent(conn: Connection, rows: Sequence[Row], ids: dict[int, str], piece: Piece) -> None:
    """Hand to the ledger what lines claim, with its proof. A STOP stands: what was said before it undoes nothing."""
    said = []
    for row in rows:
        if row.verdict in ("new", "changed") and row.said is not None and row.said.consent is not None:
            proof = row.said.consent
            at = min(datetime.fromisoformat(proof["consent_at"]), piece.at)
            note = f"source: {proof['consent_source']}; {piece.id}, line {row.line}"
            template = Statement(
                "",
                True,
                proof["consent_words"],
                at,
                "import",
                piece.by,
                scope=proof["consent"],
                customer_id=ids.get(row.line),
                note=note,
                recorded_at=piece.at,
            )
            said += [replace(template, address=one) for one in _spoken_for(row)]
    record(conn, said)


def _spoken_for(row: Row) -> list[str]:
    """The addresses that a line's consent is about: its own, and for a line with a reference only, the customer's."""
    return row.addresses or ([one.address for one in row.whom.addresses] if row.whom is not None else [])


def _take_back(conn: Connection, piece: Piece) -> int | None:
    c = import_line.c
    owner = _locked(conn, piece, "undoing")
    if owner is None:
        return None
    wanted = [c.import_id == piece.id, c.applied_at.is_not(None), c.undone_at.is_(None)]
    if piece.behind is not None:
        wanted.append(c.line < piece.behind)
    lines = conn.execute(select(import_line).where(*wanted).order_by(c.line.desc()).limit(AT_ONCE)).all()
    if not lines:
        step = Step(piece.id, "what it wrote is taken back, but for what somebody changed since")
        history.move(conn, CUSTOMER_IMPORT, "take_back", [step], by="import", now=piece.at)
        return None
    people = {one.id: one for one in customers.many(conn, sorted({line.customer_id for line in lines}))}
    _unsay(conn, lines, people, piece)
    why = _remove(conn, [line for line in lines if line.verdict == "new"], people)
    why |= _change_back(conn, [line for line in lines if line.verdict == "changed"], people, piece.at)
    done = update(import_line).where(c.import_id == piece.id, c.line.in_([line.line for line in lines]))
    conn.execute(done.values(undone_at=piece.at))
    if why:
        kept = update(import_line).where(c.import_id == piece.id, c.line == bindparam("its_line"))
        conn.execute(kept.values(why=bindparam("to_why")), [{"its_line": a, "to_why": b} for a, b in why.items()])
    _count(conn, owner, len(lines))
    return int(lines[-1].line)


def _remove(conn: Connection, lines: Sequence[AnyRow], people: dict[str, Person]) -> dict[int, str]:
    """Take the customers away that only this import knows; returns why others stay, by line."""
    why: dict[int, str] = {}
    gone = []
    for line in lines:
        person = people.get(line.customer_id)
        if person is None:
            why[line.line] = "the customer is gone already"
        elif person.row.revision != 1 or person.row.merged_into is not None or person.row.hold_at is not None:
            why[line.line] = "kept: somebody changed this customer since"
        else:
            gone.append(person.id)
    for some in chunks(gone):
        conn.execute(delete(customer).where(customer.c.id.in_(some)))
    return why


def _change_back(conn: Connection, lines: Sequence[AnyRow], people: dict[str, Person], now: datetime) -> dict[int, str]:
    """Give values back that are still as the import left them; returns which are not, by line."""
    why: dict[int, str] = {}
    wanted = []
    for line in lines:
        person = people.get(line.customer_id)
        if person is None or person.row.merged_into is not None:
            why[line.line] = "the customer is gone already"
            continue
        after, kept = _as_it_is(person, now), []
        for key, (before, value) in (line.changes or {}).items():
            if key in PLAIN and (after[key] or None) == value:
                after[key] = before
            elif key.startswith("fields.") and after["fields"].get(key[7:]) == value:
                after["fields"] = {
                    name: one for name, one in {**after["fields"], key[7:]: before}.items() if one is not None
                }
            elif key not in ("addresses", "tags", "consent"):
                kept.append(key)
        wanted.append(_finished(after))
        _drop(conn, person.id, line.changes or {})
        if kept:
            why[line.line] = f"kept: {', '.join(kept)}, which somebody changed since"
    _store(conn, wanted)
    return why


def _drop(conn: Connection, id: str, changes: dict[str, Any]) -> None:
    """Take the addresses and tags away that a line had added."""
    before, after = changes.get("addresses", [[], []])
    if added := [one for one in after if one not in before]:
        conn.execute(delete(address).where(address.c.customer_id == id, address.c.address.in_(added)))
        close_ranks(conn, id)
    before, after = changes.get("tags", [[], []])
    if added := [one for one in after if one not in before]:
        conn.execute(delete(customer_tag).where(customer_tag.c.customer_id == id, customer_tag.c.tag.in_(added)))


def _unsay(conn: Connection, lines: Sequence[AnyRow], people: dict[str, Person], piece: Piece) -> None:
    """What the import told the ledger stays in it, and is taken back by a statement of its own."""
    for line in lines:
        consent = (line.told or {}).get("consent")
        if consent is None:
            continue
        person = people.get(line.customer_id)
        spoken = line.told["addresses"] or ([one.address for one in person.addresses] if person else [])
        words = f"the import {piece.id} that said so was undone"
        withdraw(
            conn,
            [Statement(one, False, words, piece.at, "import", piece.by, scope=consent["consent"]) for one in spoken],
            piece.at,
        )
