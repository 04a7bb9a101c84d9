"""Remember who can show an MMS: each sign with its time and source, what follows from them, and until when it holds.

What a person says stands until they say otherwise. Everything else ends after half a year, for telephones are replaced;
a number that goes to another operator begins anew. Rules, by sign, are in `_follows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ..errors import BadInput, Fault
from ..store.history import chunks
from ..store.tables import capability, capability_sign
from ..store.tables.types import AnyRow
from .profiles import PROFILES

HOLDS = timedelta(days=180)
IN_A_ROW = 2  # messages that expired one after the other, and contents that were rejected, until that says something
KIND = "mms"
STATES = ("unknown", "yes", "no", "blocked")


class Says(StrEnum):
    """What a sign is."""

    RETRIEVED = "retrieved"  # the phone has fetched one
    INBOUND = "inbound"  # it sent one
    UNRECOGNISED = "unrecognised"  # the network says that it cannot
    NOT_SUPPORTED = "not_supported"
    REJECTED = "rejected"  # the phone or its owner did not want this one
    EXPIRED = "expired"  # nobody fetched it in time
    UNREACHABLE = "unreachable"
    SILENT = "silent"  # nothing was heard of it in time
    PROFILE = "profile"  # it told how much it takes
    OPENED = "opened"  # somebody opened the page: it shows links, which tells nothing of MMS
    ADMIN = "admin"
    IMPORT = "import"
    LOOKUP = "lookup"  # an operator's answer, or that its network has no MMS


SETS = (Says.ADMIN, Says.IMPORT, Says.LOOKUP)  # tell a state outright
WORDS = {  # how networks say it in a receipt (3GPP TS 23.140 section 8.1.5.2, and what is seen in the field)
    "unrecognised": Says.UNRECOGNISED,
    "unrecognized": Says.UNRECOGNISED,
    "notsupported": Says.NOT_SUPPORTED,
    "not_supported": Says.NOT_SUPPORTED,
    "unreachable": Says.UNREACHABLE,
    "rejected": Says.REJECTED,
    "expired": Says.EXPIRED,
    "retrieved": Says.RETRIEVED,
}


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that tells of a number. source: who told: a link, a person, a file. message_id: of or from which.

    content: what tells one content from another. state: what somebody sets. profile: how much the phone takes.
    """

    number: str
    says: Says
    source: str
    at: datetime
    message_id: str | None = None
    content: str | None = None
    state: str | None = None
    profile: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a number now: unknown, yes, no or blocked; why, and how much it takes."""

    state: str = "unknown"
    why: str = "nothing is known of this phone yet"
    profile: str | None = None
    by_admin: bool = False
    at: datetime | None = None
    expires_at: datetime | None = None


NOTHING = Known()


def known(conn: Connection, numbers: Iterable[str], now: datetime) -> dict[str, Known]:
    """What is known of each of these numbers; those of which nothing is, are left out."""
    found: dict[str, Known] = {}
    for some in chunks(list(dict.fromkeys(numbers))):
        rows = conn.execute(select(capability).where(capability.c.number.in_(some), capability.c.kind == KIND))
        found |= {row.number: _known(row) for row in rows if row.expires_at is None or row.expires_at > now}
    return found


def of(conn: Connection, number: str, now: datetime) -> Known:
    """What is known of one number."""
    return known(conn, [number], now).get(number, NOTHING)


def _known(row: AnyRow) -> Known:
    return Known(row.state, row.why, row.profile, row.by_admin, row.at, row.expires_at)


def hear(conn: Connection, batch: list[Sign]) -> list[Known]:
    """Writer step: write signs down and draw what follows; for each what is known of its number then."""
    return [_hear(conn, sign) for sign in batch]


def _hear(conn: Connection, sign: Sign) -> Known:
    row = conn.execute(select(capability).where(capability.c.number == sign.number, capability.c.kind == KIND)).first()
    before = NOTHING if row is None or _over(row, sign.at) else _known(row)
    after = _follows(conn, sign, before)
    conn.execute(
        insert(capability_sign).values(
            number=sign.number, kind=KIND, sign=sign.says.value, source=sign.source[:80], message_id=sign.message_id,
            content=sign.content, effect=None if after is None else after.state, note=sign.note, at=sign.at,
        )
    )  # fmt: skip
    if after is None:
        return before
    values = {
        "state": after.state, "evidence": sign.says.value, "source": sign.source[:80], "why": after.why,
        "at": sign.at, "expires_at": after.expires_at, "profile": after.profile, "by_admin": after.by_admin,
    }  # fmt: skip
    if row is None:
        conn.execute(insert(capability).values(number=sign.number, kind=KIND, **values))
    else:
        where = (capability.c.number == sign.number) & (capability.c.kind == KIND)
        conn.execute(update(capability).where(where).values(**values))
    return after


def _over(row: AnyRow, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


def _follows(conn: Connection, sign: Sign, before: Known) -> Known | None:
    """What is known after a sign; None where it changes nothing by itself."""
    says, until = sign.says, sign.at + HOLDS
    if says in SETS:
        return _set(sign, before)
    if says is Says.PROFILE and sign.profile in PROFILES:
        return Known(before.state, before.why, sign.profile, before.by_admin, sign.at, before.expires_at or until)
    if before.by_admin:
        return None
    if says in (Says.RETRIEVED, Says.INBOUND):
        why = "it fetched an MMS" if says is Says.RETRIEVED else "it sent us an MMS"
        return Known("yes", f"{why} over {sign.source}", before.profile, False, sign.at, until)
    if says in (Says.UNRECOGNISED, Says.NOT_SUPPORTED):
        why = f"the network of {sign.source} says that it cannot show an MMS ({says})"
        return Known("no", why, before.profile, False, sign.at, until)
    if says is Says.REJECTED and _rejected(conn, sign) >= IN_A_ROW:
        return Known("no", "it rejected two different MMS", before.profile, False, sign.at, until)
    if says is Says.EXPIRED and _expired(conn, sign) >= IN_A_ROW:
        return Known("no", "two MMS in a row were never fetched", before.profile, False, sign.at, until)
    return None


def _set(sign: Sign, before: Known) -> Known | None:
    """What somebody sets: people win over files and operators, and `unknown` takes their word back."""
    by_admin = sign.says is Says.ADMIN and sign.state != "unknown"
    if before.by_admin and sign.says is not Says.ADMIN:
        return None
    who = {Says.ADMIN: f"{sign.source} says so", Says.IMPORT: f"it is so in {sign.source}"}
    why = sign.note or who.get(sign.says, f"{sign.source} says so")
    until = None if sign.says is Says.ADMIN else sign.at + HOLDS
    return Known(sign.state or "unknown", why, sign.profile or before.profile, by_admin, sign.at, until)


def _lately(conn: Connection, sign: Sign) -> Sequence[AnyRow]:
    """The signs of a number since it last showed an MMS or somebody set what it can, newest first."""
    s = capability_sign.c
    rows = conn.execute(
        select(s.sign, s.content, s.message_id)
        .where(s.number == sign.number, s.kind == KIND, s.at > sign.at - HOLDS)
        .order_by(s.id.desc())
        .limit(50)
    ).all()
    ends = {Says.RETRIEVED, Says.INBOUND, *SETS}
    end = next((place for place, row in enumerate(rows) if row.sign in ends), len(rows))
    return rows[:end]


def _rejected(conn: Connection, sign: Sign) -> int:
    """How many different contents the number rejected, this one too."""
    told = {row.content for row in _lately(conn, sign) if row.sign == Says.REJECTED}
    return len({*told, sign.content} - {None})


def _expired(conn: Connection, sign: Sign) -> int:
    """How many messages to the number expired in a row, this one too; each once, however often it is told."""
    told = {row.message_id for row in _lately(conn, sign) if row.sign == Says.EXPIRED}
    return len({*told, sign.message_id})


def set_by_hand(number: str, state: str, by: str, now: datetime, note: str | None = None) -> Sign:
    """The sign of a person who says what a phone can; unknown: they take back what they said. Raises BadInput."""
    if state not in STATES:
        raise BadInput([Fault("/state", "state_unknown", f"a state is one of {', '.join(STATES)}")])
    return Sign(number, Says.ADMIN, by, now, state=state, note=note)


def forget(conn: Connection, batch: list[str]) -> list[None]:
    """Writer step: these numbers belong to other phones or operators now, or to people who are to be forgotten."""
    for number in batch:
        conn.execute(delete(capability).where(capability.c.number == number))
        conn.execute(delete(capability_sign).where(capability_sign.c.number == number))
    return [None] * len(batch)


def signs(conn: Connection, number: str, most: int = 50) -> list[AnyRow]:
    """What was heard of a number, newest first."""
    s = capability_sign.c
    query = select(capability_sign).where(s.number == number, s.kind == KIND).order_by(s.id.desc()).limit(most)
    return list(conn.execute(query))


def listing(conn: Connection, state: str | None = None, most: int = 500) -> list[AnyRow]:
    """What is known of numbers, newest first."""
    query = select(capability).where(capability.c.kind == KIND).order_by(capability.c.at.desc()).limit(most)
    return list(conn.execute(query if state is None else query.where(capability.c.state == state)))


def sign_of_receipt(state: str, error: str | None, said: str | None) -> Says | None:
    """What a receipt about an MMS tells of the phone. state: of `smsgw.link.ReceiptState`."""
    if state == "delivered":
        return Says.RETRIEVED
    words: Mapping[str, Says] = WORDS
    for told in (error, said):
        found = words.get((told or "").strip().lower().replace(" ", "").replace("-", "_"))
        if found is not None:
            return found
    by_state: dict[str, Any] = {"expired": Says.EXPIRED, "rejected": Says.REJECTED}
    return by_state.get(state)
