"""Make one of two customers who are the same person, and take that back.

The one that stays gets the addresses, tags, groups and notes of the other, and what it did not know itself; the other
is kept, empty, and its id leads to the one that stayed. A STOP of one is a STOP of the person from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ..access import audit
from ..errors import Conflict, NotFound, SmsgwError
from ..store import history
from ..store.database import Writer
from ..store.history import chunks
from ..store.ids import new_id
from ..store.tables import (
    address,
    consent,
    customer,
    customer_group,
    customer_merge,
    customer_note,
    customer_tag,
    group_member,
)
from ..store.tables.types import AnyRow
from . import customers
from .consent.consent import Statement, as_statement, grant_of, ledger, record, stop_of
from .consent.stop import withdraw
from .customers import PLAIN, Person
from .fields import fold, folded


@dataclass(frozen=True, slots=True)
class Merge:
    """Two customers that are one: `kept` stays, `gone` becomes a part of it."""

    kept: str
    gone: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Undo:
    """A merge that is to be taken back."""

    merge: str
    by: str
    at: datetime


def merge(writer: Writer, wish: Merge) -> str:
    """Merge two customers; returns the merge's id, by which it can be undone. Raises NotFound, Conflict."""
    return writer.do(_merge, wish)


def undo(writer: Writer, wish: Undo) -> None:
    """Take a merge back: what it moved goes home, if it is still where the merge put it. Raises NotFound, Conflict."""
    writer.do(_undo, wish)


def listing(conn: Connection, id: str) -> list[AnyRow]:
    """The merges by which a customer grew, newest first; also those that were undone."""
    m = customer_merge
    return list(conn.execute(select(m).where(m.c.kept_id == id).order_by(m.c.id.desc())))


def _merge(conn: Connection, batch: list[Merge]) -> list[str | Exception]:
    results: list[str | Exception] = []
    for wish in batch:
        try:
            kept, gone = customers.get(conn, wish.kept), customers.get(conn, wish.gone)
            if kept.id == gone.id:
                raise Conflict(f"{wish.gone} and {wish.kept} are one customer already")
            if gone.row.hold_at is not None:
                raise Conflict(f"{gone.id} is under a legal hold: {gone.row.hold_why}", hint="lift the hold first")
            results.append(_join(conn, kept, gone, wish))
        except SmsgwError as wrong:
            results.append(wrong)
    return results


def _join(conn: Connection, kept: Person, gone: Person, wish: Merge) -> str:
    grants = _standing(conn, kept, gone, wish.at)
    moved: dict[str, Any] = _filled(kept, gone) | {
        "addresses": [[one.address, one.kind, one.rank] for one in gone.addresses],
        "tags": gone.tags,
        "new_tags": sorted(set(gone.tags) - set(kept.tags)),
        "notes": list(conn.scalars(select(customer_note.c.id).where(customer_note.c.customer_id == gone.id))),
    }
    moved |= _move_groups(conn, kept.id, gone.id, wish)
    for kind in ("phone", "email"):
        behind = sum(one.kind == kind for one in kept.addresses)
        theirs = update(address).where(address.c.customer_id == gone.id, address.c.kind == kind)
        conn.execute(theirs.values(customer_id=kept.id, rank=address.c.rank + behind))
    customers.set_tags(conn, gone.id, ())
    customers.set_tags(conn, kept.id, sorted({*kept.tags, *gone.tags}))
    _move_notes(conn, moved["notes"], kept.id)
    freed = {"merged_into": kept.id, "revision": gone.row.revision + 1, "updated_at": wish.at}
    conn.execute(update(customer).where(customer.c.id == gone.id).values(**freed, reference=None))
    _set(conn, kept, moved["plain"], moved["fields"], wish.at)
    moved["reference"] = gone.row.reference
    moved["consents"] = _carry_stops(conn, kept, gone, grants, wish)
    id = new_id("mrg", wish.at)
    row = {"id": id, "kept_id": kept.id, "gone_id": gone.id, "moved": moved, "at": wish.at, "by": wish.by}
    conn.execute(insert(customer_merge), [row])
    _tell(conn, wish)
    return id


def _tell(conn: Connection, wish: Merge) -> None:
    says = f"{wish.gone} became a part of {wish.kept}"
    history.happened(conn, "customer", "merged", [wish.gone], says, by=wish.by, now=wish.at)
    history.happened(conn, "customer", "updated", [wish.kept], says, by=wish.by, now=wish.at)
    audit.tell(conn, [audit.Line(wish.by, "customer.merged", says, wish.at, "customer", wish.kept)])


def _filled(kept: Person, gone: Person) -> dict[str, Any]:
    """What the one that stays learns of the other."""
    plain = {key: value for key in PLAIN if not getattr(kept.row, key) and (value := getattr(gone.row, key))}
    fields = {key: value for key, value in gone.row.fields.items() if key not in kept.row.fields}
    return {"plain": plain, "fields": fields}


def _set(conn: Connection, person: Person, plain: Mapping[str, Any], fields: Mapping[str, Any], now: datetime) -> None:
    """Change values of a customer; a field that is None goes."""
    values = dict(plain)
    if "name" in values:
        values["name"] = values["name"] or ""
        values["name_key"] = fold(values["name"])[:120]
    whole = {key: value for key, value in {**person.row.fields, **fields}.items() if value is not None}
    values |= {"fields": whole, "folded": folded(whole), "updated_at": now, "revision": customer.c.revision + 1}
    conn.execute(update(customer).where(customer.c.id == person.id).values(**values))


def _move_groups(conn: Connection, kept: str, gone: str, wish: Merge) -> dict[str, list[str]]:
    m = group_member.c
    theirs = list(conn.scalars(select(m.group_id).where(m.customer_id == gone)))
    new = sorted(set(theirs) - set(conn.scalars(select(m.group_id).where(m.customer_id == kept))))
    conn.execute(delete(group_member).where(m.customer_id == gone))
    _enter(conn, kept, new, wish.by, wish.at)
    return {"groups": theirs, "new_groups": new}


def _enter(conn: Connection, id: str, groups: Sequence[str], by: str, at: datetime) -> None:
    if groups:
        rows = [{"group_id": group, "customer_id": id, "at": at, "by": by} for group in groups]
        conn.execute(insert(group_member), rows)


def _move_notes(conn: Connection, ids: Sequence[str], to: str) -> None:
    for some in chunks(ids):
        conn.execute(update(customer_note).where(customer_note.c.id.in_(some)).values(customer_id=to))


def _standing(conn: Connection, kept: Person, gone: Person, now: datetime) -> list[int]:
    """The statements by which something may be sent to either of them."""
    ledgers = ledger(conn, [one.address for one in (*kept.addresses, *gone.addresses)])
    found = []
    for rows in ledgers.values():
        for scope in {row["purpose"] for row in rows if row["statement"] == "granted"}:
            grant = grant_of(rows, scope, now, soft=True)
            if grant is not None:
                found.append(int(grant["id"]))
    return found


def _carry_stops(conn: Connection, kept: Person, gone: Person, grants: list[int], wish: Merge) -> list[int]:
    """What one of the two took back, the person took back; returns the grants of the other that this ended."""
    carried = False
    for person, other in ((kept, gone), (gone, kept)):
        if not other.addresses:
            continue
        for rows in ledger(conn, [one.address for one in person.addresses]).values():
            stop = stop_of(rows)
            if stop is not None:
                note = f"{person.id} and {other.id} are one person: merged by {wish.by}"
                withdraw(conn, [_again(as_statement(stop), wish.at, wish.by, note)], wish.at)
                carried = True
                break
    return grants if carried else []


def _again(said: Statement, at: datetime, by: str, note: str) -> Statement:
    return replace(said, at=at, recorded_at=at, by=by, note=note)


def _undo(conn: Connection, batch: list[Undo]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for wish in batch:
        try:
            _part(conn, wish)
            results.append(None)
        except SmsgwError as wrong:
            results.append(wrong)
    return results


def _part(conn: Connection, wish: Undo) -> None:
    row = conn.execute(select(customer_merge).where(customer_merge.c.id == wish.merge)).first()
    if row is None:
        raise NotFound(f"there is no merge {wish.merge[:60]}", hint="the card of the customer shows its merges")
    if row.undone_at is not None:
        raise Conflict(f"{row.id} was undone already by {row.undone_by}")
    kept = customers.get(conn, row.kept_id)
    if kept.id != row.kept_id:
        raise Conflict(f"{row.kept_id} was merged into {kept.id} since", hint="undo that merge first")
    back = {"merged_into": None, "updated_at": wish.at, "revision": customer.c.revision + 1}
    _return_values(conn, kept, row, wish.at)
    conn.execute(update(customer).where(customer.c.id == row.gone_id).values(**back, reference=row.moved["reference"]))
    _return_belongings(conn, kept, row, wish)
    _restore_grants(conn, row, wish)
    done = {"undone_at": wish.at, "undone_by": wish.by}
    conn.execute(update(customer_merge).where(customer_merge.c.id == row.id).values(**done))
    says = f"{row.gone_id} is no part of {row.kept_id} any more"
    both = [row.kept_id, row.gone_id]
    history.happened(conn, "customer", "updated", both, says, by=wish.by, now=wish.at)
    audit.tell(conn, [audit.Line(wish.by, "customer.parted", says, wish.at, "customer", row.kept_id)])


def _return_values(conn: Connection, kept: Person, row: AnyRow, now: datetime) -> None:
    """What the merge filled in and nobody changed since goes."""
    plain = {key: None for key, value in row.moved["plain"].items() if getattr(kept.row, key) == value}
    fields = {key: None for key, value in row.moved["fields"].items() if kept.row.fields.get(key) == value}
    _set(conn, kept, plain, fields, now)


def _return_belongings(conn: Connection, kept: Person, row: AnyRow, wish: Undo) -> None:
    moved, gone = row.moved, row.gone_id
    for spelled, _, rank in moved["addresses"]:
        mine = update(address).where(address.c.address == spelled, address.c.customer_id == kept.id)
        conn.execute(mine.values(customer_id=gone, rank=rank))
    close_ranks(conn, kept.id)
    close_ranks(conn, gone)
    tags = customer_tag.c
    conn.execute(delete(customer_tag).where(tags.customer_id == kept.id, tags.tag.in_(moved["new_tags"])))
    customers.set_tags(conn, gone, moved["tags"])
    m = group_member.c
    conn.execute(delete(group_member).where(m.customer_id == kept.id, m.group_id.in_(moved["new_groups"])))
    there = conn.scalars(select(customer_group.c.id).where(customer_group.c.id.in_(moved["groups"])))
    _enter(conn, gone, sorted(there), wish.by, wish.at)
    notes = select(customer_note.c.id).where(customer_note.c.id.in_(moved["notes"]))
    _move_notes(conn, list(conn.scalars(notes.where(customer_note.c.customer_id == kept.id))), gone)


def close_ranks(conn: Connection, id: str) -> None:
    """Let the addresses of a customer be numbered from 0 again, in their order, each kind for itself."""
    c = address.c
    for kind in ("phone", "email"):
        owned = conn.execute(select(c.address, c.rank).where(c.customer_id == id, c.kind == kind).order_by(c.rank))
        for rank, row in enumerate(owned.all()):
            if row.rank != rank:
                conn.execute(update(address).where(c.address == row.address).values(rank=rank))


def _restore_grants(conn: Connection, row: AnyRow, wish: Undo) -> None:
    """A yes that only the merge had ended stands again, as a statement of its own that says so."""
    note = f"stands again: the merge {row.id} that ended it was undone by {wish.by}"
    for some in chunks(row.moved["consents"]):
        for grant in conn.execute(select(consent).where(consent.c.id.in_(some))).mappings().all():
            rows = ledger(conn, [grant["address"]])[grant["address"]]
            stops = [one for one in rows if one["statement"] == "withdrawn" and one["id"] > grant["id"]]
            merged = f"merged by {row.by}"
            if stops and all(merged in (one["note"] or "") and one["at"] == row.at for one in stops):
                record(conn, [_again(as_statement(dict(grant)), wish.at, wish.by, note)])
