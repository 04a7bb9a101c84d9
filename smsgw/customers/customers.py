"""People: make, change and look at customers, find them by their addresses, and make one of an unknown number.

A customer is told as `details.read` gives it. Functions that take a connection work inside a writer's step; `create`
and `change` are for those who have a writer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ..access.audit import Line, tell
from ..errors import BadInput, Conflict, Fault, NotFound
from ..store import history
from ..store.database import Writer
from ..store.history import chunks
from ..store.ids import new_id
from ..store.prepared import Prepared
from ..store.tables import address, customer, customer_note, customer_tag
from ..store.tables.types import AnyRow
from . import details
from .details import Reachable
from .fields import Field, defined, fold, folded

PLAIN = ("name", "language", "zone", "channel", "reference")
LONGEST_NOTE = 5_000

# Built once: an import adds a hundred thousand.
_COLUMNS = (*PLAIN, "id", "name_key", "fields", "folded", "created_at", "updated_at", "revision")
_ADD = Prepared(insert(customer), _COLUMNS)
_ADD_ADDRESS = Prepared(insert(address), ("address", "customer_id", "kind", "rank", "region", "created_at"))
_ADD_TAG = Prepared(insert(customer_tag), ("tag", "customer_id"))


@dataclass(frozen=True, slots=True)
class Wish:
    """A customer to be made or changed. told: as details.read takes it, unread. id: of the one to be changed.

    revision: the one that is to be changed and no other (If-Match); None: whichever it is now.
    """

    told: Mapping[str, Any]
    by: str
    at: datetime
    region: str | None = None
    id: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with everything that belongs to it."""

    row: AnyRow
    addresses: list[AnyRow] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The customer's id."""
        return str(self.row.id)

    def told(self) -> dict[str, Any]:
        """What we know of this person, as details.read would give it but with addresses as strings."""
        plain = {key: getattr(self.row, key) or None for key in PLAIN}
        spelled = [one.address for one in self.addresses]
        return {**plain, "addresses": spelled, "tags": self.tags, "fields": dict(self.row.fields)}


def of(conn: Connection, addresses: Collection[str]) -> dict[str, AnyRow]:
    """The customers that these addresses belong to, as rows of `customer`, by the address; unknown ones are missing."""
    found: dict[str, AnyRow] = {}
    owned = select(address.c.address.label("owned"), customer).join_from(address, customer)
    for some in chunks(list(addresses)):
        for row in conn.execute(owned.where(address.c.address.in_(some))):
            found[row.owned] = row
    return found


def ensure(conn: Connection, addresses: Collection[str], now: datetime) -> dict[str, str]:
    """The ids of the customers that these addresses belong to; who is unknown becomes a customer without a name.

    addresses: in the one spelling that the gateway keeps, E.164 for numbers.
    """
    known = {one: str(row.id) for one, row in of(conn, addresses).items()}
    unknown = [one for one in dict.fromkeys(addresses) if one not in known]
    people = [(new_id("cus", now), {"addresses": [details.kept(one)]}) for one in unknown]
    add(conn, people, now, by="gateway")
    return known | {one: id for one, (id, _) in zip(unknown, people, strict=True)}


def ensure_step(conn: Connection, batch: list[tuple[str, datetime]]) -> list[str]:
    """Writer step of `ensure`: an address and the time; returns the customers' ids."""
    ids = ensure(conn, [one for one, _ in batch], max(at for _, at in batch)) if batch else {}
    return [ids[one] for one, _ in batch]


def get(conn: Connection, id: str) -> Person:
    """A customer of today; the id of one that was merged leads to the one that it became. Raises NotFound."""
    found = many(conn, [id])
    if found and found[0].row.merged_into is not None:
        return get(conn, found[0].row.merged_into)
    if not found:
        raise NotFound(f"there is no customer {id[:60]}", hint="smsgw customer list shows them")
    return found[0]


def many(conn: Connection, ids: Sequence[str]) -> list[Person]:
    """These customers, in this order, with their addresses (best first) and tags; unknown ids are left out."""
    people: dict[str, Person] = {}
    for some in chunks(ids):
        rows = {row.id: Person(row) for row in conn.execute(select(customer).where(customer.c.id.in_(some)))}
        owned = select(address).where(address.c.customer_id.in_(some))
        for one in conn.execute(owned.order_by(address.c.kind.desc(), address.c.rank)):
            rows[one.customer_id].addresses.append(one)
        tags = select(customer_tag).where(customer_tag.c.customer_id.in_(some)).order_by(customer_tag.c.tag)
        for tag in conn.execute(tags):
            rows[tag.customer_id].tags.append(tag.tag)
        people |= rows
    return [people[id] for id in ids if id in people]


def create(writer: Writer, wish: Wish) -> str:
    """Make a customer; returns its id. Raises BadInput (also `address_taken`, `reference_taken`)."""
    return writer.do(create_step, wish)


def create_step(conn: Connection, batch: list[Wish]) -> list[str | Exception]:
    """Writer step: make customers; returns their ids."""
    fields = defined(conn)
    return [_create(conn, wish, fields) for wish in batch]


def _create(conn: Connection, wish: Wish, fields: Mapping[str, Field]) -> str | Exception:
    try:
        told = details.read(wish.told, fields, wish.region)
        if not told.get("name") and not told.get("addresses"):
            raise BadInput([Fault("/addresses", "person_empty", "say a name or an address of this person")])
        _require_free(conn, told, None)
    except BadInput as wrong:
        return wrong
    id = new_id("cus", wish.at)
    add(conn, [(id, told)], wish.at, by=wish.by)
    tell(conn, [Line(wish.by, "customer.created", "a customer was added", wish.at, "customer", id)])
    return id


def change(writer: Writer, wish: Wish) -> int:
    """Change a customer as told; what is not told stays (RFC 7396); returns the revision that it has now.

    Raises NotFound, BadInput, Conflict (`precondition_failed`) when somebody else changed it since.
    """
    return writer.do(change_step, wish)


def change_step(conn: Connection, batch: list[Wish]) -> list[int | Exception]:
    """Writer step: change customers; returns their new revisions."""
    fields = defined(conn)
    return [_change(conn, wish, fields) for wish in batch]


def _change(conn: Connection, wish: Wish, fields: Mapping[str, Field]) -> int | Exception:
    try:
        told = details.read(wish.told, fields, wish.region)
        person = get(conn, wish.id or "")
        require_revision(person, wish.revision)
        _require_free(conn, told, person.id)
    except (BadInput, NotFound, Conflict) as wrong:
        return wrong
    what = ", ".join(key for key in told if key != "fields") or "nothing but own fields"
    says = f"a customer was changed: {what}"
    tell(conn, [Line(wish.by, "customer.changed", says, wish.at, "customer", person.id)])
    return patch(conn, person, told, wish.at, by=wish.by)


def require_revision(person: Person, revision: int | None) -> None:
    """Raise Conflict, code `precondition_failed`, unless the customer is as it was when somebody looked."""
    if revision is not None and revision != person.row.revision:
        says = f"{person.id} was changed meanwhile: it is at revision {person.row.revision}, not {revision}"
        raise Conflict(says, code="precondition_failed", hint="read it again, and repeat what is still wanted")


def _require_free(conn: Connection, told: Mapping[str, Any], id: str | None) -> None:
    """Raise BadInput if an address or the reference belongs to somebody else."""
    wanted: list[Reachable] = told.get("addresses") or []
    owners = of(conn, [one.address for one in wanted])
    faults = [
        Fault(
            f"/addresses/{place}",
            "address_taken",
            f"{one.address} belongs to {owner.id}: merge the two, or take it there",
        )
        for place, one in enumerate(wanted)
        if (owner := owners.get(one.address)) is not None and owner.id != id
    ]
    reference = told.get("reference")
    if reference:
        owner = conn.scalar(select(customer.c.id).where(customer.c.reference == reference))
        if owner is not None and owner != id:
            faults.append(Fault("/reference", "reference_taken", f"{reference} is {owner} already"))
    if faults:
        raise BadInput(faults)


def add(conn: Connection, people: Sequence[tuple[str, Mapping[str, Any]]], now: datetime, *, by: str) -> None:
    """Store new customers, each an id and what details.read gave. Their addresses and references must be free."""
    rows: list[dict[str, Any]] = []
    addresses: list[dict[str, Any]] = []
    tags: list[dict[str, Any]] = []
    for id, told in people:
        values = {key: value for key, value in (told.get("fields") or {}).items() if value is not None}
        name = told.get("name") or ""
        row = {key: told.get(key) for key in PLAIN[1:]}
        row |= {"id": id, "name": name, "name_key": fold(name)[:120], "fields": values, "folded": folded(values)}
        rows.append(row | {"created_at": now, "updated_at": now, "revision": 1})
        addresses += ranked(id, told.get("addresses") or (), now)
        tags += [{"tag": tag, "customer_id": id} for tag in told.get("tags") or ()]
    _ADD.bulk(conn, rows)
    _ADD_ADDRESS.bulk(conn, addresses)
    _ADD_TAG.bulk(conn, tags)
    history.happened(conn, "customer", "created", [id for id, _ in people], f"added by {by}", by=by, now=now)


def ranked(id: str, addresses: Sequence[Reachable], now: datetime) -> list[dict[str, Any]]:
    """Rows of `address` for a customer: the first of each kind is the one that is written to."""
    ranks = {"phone": 0, "email": 0}
    rows = []
    for one in addresses:
        rows.append(
            {
                "address": one.address,
                "customer_id": id,
                "kind": one.kind,
                "rank": ranks[one.kind],
                "region": one.region,
                "created_at": now,
            }
        )
        ranks[one.kind] += 1
    return rows


def patch(conn: Connection, person: Person, told: Mapping[str, Any], now: datetime, *, by: str) -> int:
    """Change a customer as details.read told; returns its new revision. What it is given must be free."""
    values: dict[str, Any] = {key: told[key] for key in PLAIN if key in told}
    if "name" in values:
        values["name"] = values["name"] or ""
        values["name_key"] = fold(values["name"])[:120]
    if told.get("fields"):
        merged = {**person.row.fields, **told["fields"]}
        values["fields"] = {name: value for name, value in merged.items() if value is not None}
        values["folded"] = folded(values["fields"])
    if "addresses" in told:
        set_addresses(conn, person, told["addresses"] or (), now)
    if "tags" in told:
        set_tags(conn, person.id, told["tags"] or ())
    revision = int(person.row.revision) + 1
    changed = update(customer).where(customer.c.id == person.id)
    conn.execute(changed.values(**values, updated_at=now, revision=revision))
    history.happened(conn, "customer", "updated", [person.id], f"changed by {by}", by=by, now=now)
    return revision


def set_addresses(conn: Connection, person: Person, addresses: Sequence[Reachable], now: datetime) -> None:
    """Give a customer these addresses and no others; one that stays keeps the day it came."""
    came = {one.address: one.created_at for one in person.addresses}
    conn.execute(delete(address).where(address.c.customer_id == person.id))
    rows = [row | {"created_at": came.get(row["address"], now)} for row in ranked(person.id, addresses, now)]
    if rows:
        conn.execute(insert(address), rows)


def set_tags(conn: Connection, id: str, tags: Collection[str]) -> None:
    """Give a customer these tags and no others."""
    conn.execute(delete(customer_tag).where(customer_tag.c.customer_id == id))
    if tags:
        conn.execute(insert(customer_tag), [{"tag": tag, "customer_id": id} for tag in tags])


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote on a customer's card."""

    customer_id: str
    text: str
    by: str
    at: datetime


def note(writer: Writer, wish: Note) -> str:
    """Keep a note; returns its id. Raises NotFound, BadInput."""
    if not wish.text.strip() or len(wish.text) > LONGEST_NOTE:
        raise BadInput([Fault("/text", "text_length", f"a note has 1 to {LONGEST_NOTE} letters")])
    return writer.do(_note, wish)


def _note(conn: Connection, batch: list[Note]) -> list[str | Exception]:
    results: list[str | Exception] = []
    for wish in batch:
        try:
            id = get(conn, wish.customer_id).id
        except NotFound as missing:
            results.append(missing)
            continue
        note_id = new_id("note", wish.at)
        row = {"id": note_id, "customer_id": id, "text": wish.text, "by": wish.by, "at": wish.at}
        conn.execute(insert(customer_note), [row])
        results.append(note_id)
    return results


def listing(conn: Connection, limit: int, after: str | None = None) -> list[AnyRow]:
    """Customers of today, newest first; after: the id that the page begins behind."""
    query = select(customer).where(customer.c.merged_into.is_(None))
    if after is not None:
        query = query.where(customer.c.id < after)
    return list(conn.execute(query.order_by(customer.c.id.desc()).limit(limit)))
