"""What a person chooses in one go: everything, only these categories, or only my orders; by a page, an API or a clerk.

The link to the page is signed and needs no login: it says whose choice it is and until when it may be used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from ...errors import BadInput, Fault, NotFound
from .categories import every
from .consent import EVERYTHING, MARKETING, ORDERS, Statement, grant_of, ledger, record
from .stop import withdraw
from .suppression import came_back, make_key

LEVELS = ("everything", "some", "orders", "nothing")
LINK_KEY = "preferences"
VALID_FOR = timedelta(days=90)
_LENGTH = 12  # octets of a signature: 96 bits


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants. level: one of LEVELS. categories: of the level "some"."""

    level: str
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice, and who wrote it down where. words: what was on the page or form. source, by: as of a Statement."""

    address: str
    choice: Choice
    words: str
    source: str
    by: str
    at: datetime
    wording_id: int | None = None
    note: str | None = None


def standing(conn: Connection, address: str, now: datetime) -> Choice:
    """What holds for an address, as the choice that it comes to."""
    rows = ledger(conn, [address]).get(address, [])
    active = [code for code, one in every(conn).items() if one.active]
    theirs = frozenset(code for code in active if grant_of(rows, code, now) is not None)
    if grant_of(rows, EVERYTHING, now) is not None and len(theirs) == len(active):
        return Choice("everything", theirs)
    if theirs:
        return Choice("some", theirs)
    newest = max((row for row in rows), key=lambda row: int(row["id"]), default=None)
    stopped = newest is not None and newest["statement"] == "withdrawn" and newest["purpose"] == EVERYTHING
    return Choice("nothing" if stopped else "orders")


def choose(conn: Connection, chosen: Chosen) -> None:
    """Write a choice down; what waits and is not wanted any more is refused. Raises BadInput."""
    active = {code for code, one in every(conn).items() if one.active}
    wanted, faults = chosen.choice, []
    if wanted.level not in LEVELS:
        faults.append(Fault("/level", "value_unknown", f"{wanted.level!r}: it is one of {', '.join(LEVELS)}"))
    for code in sorted(wanted.categories - active if wanted.level == "some" else ()):
        faults.append(Fault("/categories", "category_unknown", f"{code!r} is no category in use"))
    if wanted.level == "some" and not wanted.categories:
        faults.append(Fault("/categories", "value_missing", "say which categories, or choose the level orders"))
    if faults:
        raise BadInput(faults)
    if wanted.level == "everything":
        record(conn, [_said(chosen, True, EVERYTHING)])
        _back(conn, chosen)
    elif wanted.level == "nothing":
        withdraw(conn, [_said(chosen, False, EVERYTHING)], chosen.at)
    else:
        withdraw(conn, [_said(chosen, False, MARKETING)], chosen.at)
        scopes = sorted(wanted.categories) if wanted.level == "some" else [ORDERS]
        record(conn, [_said(chosen, True, scope) for scope in scopes])
        if wanted.level == "some":
            _back(conn, chosen)


def _back(conn: Connection, chosen: Chosen) -> None:
    if chosen.source == "page":  # who has the link to it is the person
        came_back(conn, chosen.address, chosen.by, chosen.at)


def _said(chosen: Chosen, granted: bool, scope: str) -> Statement:
    return Statement(
        chosen.address,
        granted,
        chosen.words,
        chosen.at,
        chosen.source,
        chosen.by,
        scope=scope,
        wording_id=chosen.wording_id,
        note=chosen.note,
    )


def token(conn: Connection, address: str, now: datetime) -> str:
    """What the link to an address's page ends with; inside a writer's step, for the key is made at its first use."""
    return signed(make_key(conn, LINK_KEY), address, now)


def signed(secret: bytes, address: str, now: datetime) -> str:
    """The same with the key at hand."""
    until = int((now + VALID_FOR).timestamp()) // 86400
    told = f"{until:x}.{_spelled(address.encode())}"
    return f"{told}.{_sign(secret, told)}"


def read_token(secret: bytes | None, written: str, now: datetime) -> str:
    """The address that a link is for. Raises NotFound for one that we did not make, or that is too old."""
    told, _, signature = written.rpartition(".")
    if secret is None or not hmac.compare_digest(_sign(secret, told).encode(), signature.encode()):
        raise NotFound("this link is not one of ours", hint="open the link from the text as it is")
    until, _, spelled = told.partition(".")
    if datetime.fromtimestamp((int(until, 16) + 1) * 86400, UTC) <= now:
        raise NotFound("this link is too old", hint="ask for a new one: reply STATUS to our last text, or STOP")
    return base64.urlsafe_b64decode(spelled + "=" * (-len(spelled) % 4)).decode()


def _sign(secret: bytes, told: str) -> str:
    return _spelled(hmac.new(secret, told.encode(), hashlib.sha256).digest()[:_LENGTH])


def _spelled(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
