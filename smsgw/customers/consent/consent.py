"""Who agreed to what and who took it back: statements with their proof, append only.

A statement is about one address and a scope: everything, all marketing, one category, or "orders" (a later yes that
lifts a STOP from order and service texts and is no yes to marketing). A yes undoes a no only if it was both said and
written down after it: so neither an old list that is imported late nor a clock that jumps can undo a STOP.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, text

from ...access import audit
from ...store import history
from ...store.prepared import Prepared, among
from ...store.tables import consent
from ...text.number import mask

EVERYTHING, MARKETING, ORDERS = "*", "marketing", "orders"
RESERVED = frozenset({EVERYTHING, MARKETING, ORDERS})
SOFT = "soft_opt_in"
SOURCES = ("sms", "form", "paper", "import", "clerk", "api", "smpp", "page")
LONGEST_WORDS = 500

# Built once: the gate asks it for every batch, and nearly always finds nobody. Its values stand in the words of the
# statement, for only so SQLite knows that the index of withdrawals alone will do.
_STOPPED = Prepared(
    select(consent.c.address).where(
        among(consent.c.address, "addresses"), text(f"purpose = '{EVERYTHING}'"), text("statement = 'withdrawn'")
    )
)
_ALL = Prepared(select(consent).where(among(consent.c.address, "addresses")))
_PLAIN = Prepared(
    select(
        consent.c.address, consent.c.purpose, consent.c.statement, consent.c.basis, consent.c.expires_at, consent.c.id,
        consent.c.at, consent.c.source,
    ).where(among(consent.c.address, "addresses"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """What one address said, or somebody for it.

    words: as said. at: when it was said. source: one of SOURCES. by: who or what wrote it down. scope: "*",
    "marketing", "orders" or a category's code. basis: None for consent, SOFT for an existing customer. wording_id:
    which text of ours they answered. recorded_at: when it was written down, if that was later.
    """

    address: str
    granted: bool
    words: str
    at: datetime
    source: str
    by: str
    inbound_id: str | None = None
    scope: str = EVERYTHING
    customer_id: str | None = None
    basis: str | None = None
    wording_id: int | None = None
    opt_in_id: int | None = None
    expires_at: datetime | None = None
    note: str | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why nothing may go to an address: a stable code, and words."""

    code: str
    says: str


def record(conn: Connection, statements: Sequence[Statement]) -> None:
    """Append statements to the ledger, as they are. What waits to be sent is `consent_stop.withdraw`'s affair."""
    if not statements:
        return
    added = insert(consent).returning(consent.c.id, sort_by_parameter_order=True)
    ids = list(conn.scalars(added, [_row(one) for one in statements]))
    alike: dict[tuple[Any, ...], list[tuple[int, Statement]]] = {}
    for id, one in zip(ids, statements, strict=True):
        alike.setdefault((one.granted, one.scope, one.by, one.source, one.recorded_at or one.at), []).append((id, one))
    for said in alike.values():
        _tell(conn, said)


def _tell(conn: Connection, said: Sequence[tuple[int, Statement]]) -> None:
    """What happened, for those who listen, and who wrote it down; said: statements that differ by their address."""
    one = said[0][1]
    what, at = "granted" if one.granted else "revoked", one.recorded_at or one.at
    about = {EVERYTHING: "everything", MARKETING: "all marketing"}.get(one.scope, one.scope)
    says = f"consent to {about} was {what} ({one.source})"
    history.happened(conn, "consent", what, [str(id) for id, _ in said], says, by=one.by, now=at)
    whose = f"{len(said)} addresses" if len(said) > 1 else mask(one.address) if one.address[:1] == "+" else "an address"
    told_of = ("customer", one.customer_id) if one.customer_id and len(said) == 1 else (None, None)
    audit.tell(conn, [audit.Line(one.by, f"consent.{what}", f"{says}, of {whose}", at, *told_of)])


def _row(one: Statement) -> dict[str, Any]:
    return {
        "address": one.address,
        "purpose": one.scope,
        "statement": "granted" if one.granted else "withdrawn",
        "source": one.source,
        "words": one.words[:LONGEST_WORDS],
        "inbound_id": one.inbound_id,
        "by": one.by,
        "at": one.at,
        "recorded_at": one.recorded_at,
        "customer_id": one.customer_id,
        "basis": one.basis,
        "wording_id": one.wording_id,
        "opt_in_id": one.opt_in_id,
        "expires_at": one.expires_at,
        "note": one.note,
    }


def ledger(conn: Connection, addresses: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Every statement of each of `addresses`, oldest first, as rows."""
    found: dict[str, list[dict[str, Any]]] = {}
    if addresses:
        for row in _ALL.records(conn, {"addresses": list(addresses)}):
            found.setdefault(row["address"], []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: int(row["id"]))
    return found


@dataclass(slots=True)
class PlainYes:
    """A yes that nothing is to be weighed against. day: on which it was said."""

    id: int
    scope: str
    day: str
    source: str


def plain_yes(conn: Connection, addresses: Collection[str], category: str) -> dict[str, PlainYes]:
    """Those of `addresses` that said nothing but yes to marketing of this category, for good: each with the last one.

    These are nearly all, and so much can be told without reading whole statements.
    """
    about = (EVERYTHING, MARKETING, category)
    found: dict[str, PlainYes] = {}
    others: set[str] = set()
    rows = _PLAIN.run(conn, {"addresses": list(addresses)}) if addresses else ()
    for address, scope, statement, basis, expires, id, at, source in rows:
        if statement != "granted" or scope not in about or basis is not None or expires is not None:
            others.add(address)
        elif address not in found or found[address].id < id:
            found[address] = PlainYes(id, scope, str(at)[:10], source)
    for address in others:
        found.pop(address, None)
    return found


def withdrawn(conn: Connection, addresses: Collection[str]) -> dict[str, Statement]:
    """Those of `addresses` that said STOP to everything and nothing else since, each with that statement."""
    if not addresses:
        return {}
    asked = {address for (address,) in _STOPPED.run(conn, {"addresses": list(addresses)})}
    found = {address: stop_of(rows) for address, rows in ledger(conn, asked).items()}
    return {address: as_statement(row) for address, row in found.items() if row is not None}


def stop_of(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The STOP to everything that stands in a ledger, if there is one. Any later yes lifts it, but a soft opt-in."""
    stops = [row for row in rows if row["statement"] == "withdrawn" and row["purpose"] == EVERYTHING]
    if not stops or any(row["statement"] == "granted" and row["basis"] is None and _undoes(row, stops) for row in rows):
        return None
    return max(stops, key=lambda row: int(row["id"]))


def grant_of(
    rows: Sequence[Mapping[str, Any]], category: str, now: datetime, soft: bool = False
) -> Mapping[str, Any] | None:
    """The yes by which marketing of `category` may go, None if there is none. soft: whether a soft opt-in counts."""
    about = (EVERYTHING, MARKETING, category)
    spoken = [row for row in rows if row["purpose"] in about]
    noes = [row for row in spoken if row["statement"] == "withdrawn"]
    return next((row for row in reversed(spoken) if _holds(row, now, soft) and _undoes(row, noes)), None)


def _holds(row: Mapping[str, Any], now: datetime, soft: bool) -> bool:
    """Whether a statement is a yes that counts, and whose time is not over."""
    over = row["expires_at"] is not None and row["expires_at"] <= now
    return row["statement"] == "granted" and (row["basis"] is None or soft) and not over


def _undoes(yes: Mapping[str, Any], noes: Sequence[Mapping[str, Any]]) -> bool:
    return all(yes["id"] > no["id"] and yes["at"] >= no["at"] for no in noes)


def objections(
    conn: Connection,
    addresses: Collection[str],
    purpose: str,
    category: str | None,
    now: datetime,
    soft: bool = False,
) -> dict[str, Objection]:
    """Those of `addresses` to which a message of this purpose and category may not go, and why.

    Marketing needs a yes that stands; everything else only no STOP to everything. soft: whether a soft opt-in counts.
    """
    if purpose != "marketing":
        stopped = withdrawn(conn, addresses)
        return {address: Objection("recipient_opted_out", stop_words(one)) for address, one in stopped.items()}
    if category is None:
        return {address: Objection("category_missing", "marketing needs a category") for address in addresses}
    ledgers = ledger(conn, addresses)
    found = {address: objection(address, ledgers.get(address, ()), category, now, soft) for address in addresses}
    return {address: no for address, no in found.items() if no is not None}


def objection(
    address: str, rows: Sequence[Mapping[str, Any]], category: str, now: datetime, soft: bool = False
) -> Objection | None:
    """Why marketing of `category` may not go to an address with this ledger; None if it may."""
    if grant_of(rows, category, now, soft) is not None:
        return None
    stop = stop_of(rows)
    if stop is not None:
        return Objection("recipient_opted_out", stop_words(as_statement(stop)))
    about = (EVERYTHING, MARKETING, category)
    spoken = [row for row in rows if row["purpose"] in about]
    noes = [row for row in spoken if row["statement"] == "withdrawn"]
    if noes:
        return Objection("recipient_opted_out", stop_words(as_statement(noes[-1])))
    if any(row["basis"] == SOFT for row in spoken):
        return Objection("consent_missing", f"{address} is an existing customer only, and soft opt-in is off")
    if spoken:
        return Objection("consent_missing", f"the consent of {address} to {category} was valid for a time that is over")
    return Objection("consent_missing", f"{address} never agreed to {category}: ask, and record the answer")


def stop_words(said: Statement) -> str:
    """What a refusal says about a no."""
    about = {EVERYTHING: "", MARKETING: " to all marketing"}.get(said.scope, f" to {said.scope}")
    how = "" if said.source == "sms" else f" ({said.source})"
    return f"{said.address} said {said.words!r}{about} on {said.at:%Y-%m-%d}{how}"


def allowed(
    conn: Connection,
    addresses: Collection[str],
    purpose: str,
    category: str | None,
    now: datetime,
    soft: bool = False,
) -> set[str]:
    """Those of `addresses` to which a message of this purpose and category may go at `now`; see `objections`."""
    return set(addresses) - set(objections(conn, addresses, purpose, category, now, soft))


def agreeing(category: str, now: datetime, soft: bool = False) -> Select[tuple[str]]:
    """The addresses to which marketing of `category` may go, as a select for audiences: the same rule in SQL."""
    c = consent.c
    about = c.purpose.in_((EVERYTHING, MARKETING, category))
    no = (
        select(c.address, func.max(c.id).label("id"), func.max(c.at).label("at"))
        .where(c.statement == "withdrawn", about)
        .group_by(c.address)
        .subquery()
    )
    return (
        select(c.address)
        .distinct()
        .outerjoin_from(consent, no, no.c.address == c.address)
        .where(
            c.statement == "granted",
            about,
            or_(c.expires_at.is_(None), c.expires_at > now),
            or_(no.c.id.is_(None), and_(c.id > no.c.id, c.at >= no.c.at)),
            *(() if soft else (c.basis.is_(None),)),
        )
    )


def as_statement(row: Mapping[str, Any]) -> Statement:
    """A row of the ledger as it was said."""
    return Statement(
        row["address"],
        row["statement"] == "granted",
        row["words"],
        row["at"],
        row["source"],
        row["by"],
        row["inbound_id"],
        row["purpose"],
        row["customer_id"],
        row["basis"],
        row["wording_id"],
        row["opt_in_id"],
        row["expires_at"],
        row["note"],
        row["recorded_at"],
    )
