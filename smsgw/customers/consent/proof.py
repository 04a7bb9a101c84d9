"""The proof: which text of ours somebody answered, and a certificate of all that was said about one person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from ...store.tables import address, consent_wording, customer, opt_in
from .categories import every
from .consent import EVERYTHING, MARKETING, grant_of, ledger, stop_of
from .suppression import suppressed


def wording_id(conn: Connection, name: str, text: str, now: datetime) -> int:
    """The id of this text under this name; a text that differs from those before becomes the next version."""
    w = consent_wording.c
    known = conn.execute(select(w.id).where(w.name == name, w.text == text)).scalar()
    if known is not None:
        return int(known)
    newest = conn.execute(select(func.max(w.version)).where(w.name == name)).scalar() or 0
    row = {"name": name, "version": newest + 1, "text": text, "since": now}
    return int(conn.execute(insert(consent_wording).values(row).returning(w.id)).scalar_one())


def certificate(conn: Connection, written: str, now: datetime, soft: bool = False) -> dict[str, Any]:
    """Everything that was said about one person, for an inspector: what holds now, and every statement with its proof.

    written: an address, or a customer's id. It names the person's addresses, the state of each category, the ledger,
    the questions of double opt-in, and the full wordings.
    """
    owner, addresses = _whose(conn, written)
    ledgers = ledger(conn, addresses)
    rows = [row for spoken in ledgers.values() for row in spoken]
    questions = select(opt_in).where(opt_in.c.address.in_(addresses)).order_by(opt_in.c.id)
    asked = [row._asdict() for row in conn.execute(questions)]
    used = {row["wording_id"] for row in [*rows, *asked] if row["wording_id"] is not None}
    wordings = conn.execute(select(consent_wording).where(consent_wording.c.id.in_(used)))
    listed = suppressed(conn, addresses)
    return {
        "made_at": now,
        "customer": owner,
        "addresses": addresses,
        "standing": {one: standing(conn, ledgers.get(one, []), now, soft) for one in addresses},
        "suppressed": {one: {"reach": no.reach, "why": no.why} for one, no in listed.items()},
        "statements": [_told(row) for row in sorted(rows, key=lambda row: int(row["id"]))],
        "questions": asked,
        "wordings": [row._asdict() for row in wordings],
    }


def _whose(conn: Connection, written: str) -> tuple[str | None, list[str]]:
    owner = conn.execute(select(address.c.customer_id).where(address.c.address == written)).scalar()
    if owner is None:
        owner = conn.execute(select(customer.c.id).where(customer.c.id == written)).scalar()
    if owner is None:
        return None, [written]
    owned = select(address.c.address).where(address.c.customer_id == owner).order_by(address.c.kind, address.c.rank)
    return str(owner), list(conn.scalars(owned))


def standing(
    conn: Connection, rows: list[dict[str, Any]], now: datetime, soft: bool = False
) -> dict[str, dict[str, Any]]:
    """What holds for an address by its ledger: for each category in use, and for everything else."""
    stop = stop_of(rows)
    found: dict[str, dict[str, Any]] = {
        "orders": {"allowed": stop is None, "by": None if stop is None else int(stop["id"])}
    }
    for code, one in every(conn).items():
        grant = grant_of(rows, code, now, soft) if one.active else None
        no = next(
            (
                row
                for row in reversed(rows)
                if row["statement"] == "withdrawn" and row["purpose"] in (EVERYTHING, MARKETING, code)
            ),
            None,
        )
        decides = grant if grant is not None else no
        found[code] = {"allowed": grant is not None, "by": None if decides is None else int(decides["id"])}
    return found


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(row)
    told["scope"] = told.pop("purpose")
    told["double_opt_in"] = row["opt_in_id"] is not None
    return told
