"""The calendar for other programs (iCalendar, RFC 5545): whoever has its secret address sees names, times and counts.

No text of a message and no number stands in it. An address is of one person, and ends with them or when they end it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from sqlalchemy import Connection, delete, insert, select

from ..access import audit
from ..access.accounts import Person, person_of
from ..store.tables import account, campaign, own_key
from .calendar import Day, Entry

FOLDED = 75  # octets of a line (RFC 5545 section 3.1)


@dataclass(frozen=True, slots=True)
class Words:
    """What a feed says in a language. kinds: of an Entry, by its kind; waiting, people: sentences with one number."""

    name: str
    kinds: Mapping[str, str]
    holiday: str
    waiting: Mapping[int, str]
    people: Mapping[int, str]


def token(conn: Connection, account_id: str) -> str | None:
    """What the secret address of a person ends with; None if they have none."""
    found = conn.scalar(select(own_key.c.key).where(own_key.c.name == _name(account_id)))
    return None if found is None else f"{account_id}-{bytes(found).hex()}"


def renew(conn: Connection, account_id: str, now: datetime) -> None:
    """Give a person an address; one that they had leads nowhere any more."""
    conn.execute(delete(own_key).where(own_key.c.name == _name(account_id)))
    conn.execute(insert(own_key).values(name=_name(account_id), key=secrets.token_bytes(24)))
    _tell(conn, account_id, "opened", "a secret address of the calendar was made", now)


def end(conn: Connection, account_id: str, now: datetime) -> None:
    """Let the address of a person lead nowhere."""
    if conn.execute(delete(own_key).where(own_key.c.name == _name(account_id))).rowcount:
        _tell(conn, account_id, "closed", "the secret address of the calendar was ended", now)


def whose(conn: Connection, written: str) -> Person | None:
    """The person whose address it is; None for one that is wrong or was ended, or of an account that is closed."""
    id = written.rpartition("-")[0]
    good = token(conn, id)
    if good is None or not hmac.compare_digest(good.encode(), written.encode()):
        return None
    told = select(account.c.id, account.c.name, account.c.role, account.c.totp_since, account.c.passkeys)
    row = conn.execute(told.where(account.c.id == id, account.c.disabled_at.is_(None))).first()
    return None if row is None else person_of(row)


def _name(account_id: str) -> str:
    """What the key is called; an account's id alone is too long."""
    return f"ics:{hashlib.sha256(account_id.encode()).hexdigest()[:20]}"


def _tell(conn: Connection, id: str, what: str, says: str, now: datetime) -> None:
    audit.tell(conn, [audit.Line(id, f"calendar.{what}", says, now, "account", id)])


def people(conn: Connection, entries: Sequence[Entry]) -> dict[str, int]:
    """How many people the campaigns among `entries` were estimated to reach, by the campaign's id."""
    ids = {one.id for one in entries if one.kind in ("campaign", "run")}
    rows = conn.execute(select(campaign.c.id, campaign.c.estimate).where(campaign.c.id.in_(ids)))
    return {row.id: int(row.estimate["people"]) for row in rows if row.estimate and "people" in row.estimate}


def single(entries: Sequence[Entry], zone: tzinfo) -> dict[date, int]:
    """How many single messages wait for a time of each day."""
    found: dict[date, int] = {}
    for one in entries:
        if one.kind == "message":
            day = one.at.astimezone(zone).date()
            found[day] = found.get(day, 0) + 1
    return found


def written(
    entries: Sequence[Entry],
    days: Sequence[Day],
    reached: Mapping[str, int],
    waiting: Mapping[date, int],
    words: Words,
    now: datetime,
) -> bytes:
    """The feed, in octets: entries but single messages, the holidays of `days`, and counts of what waits."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//smsgw//calendar//EN", "CALSCALE:GREGORIAN"]
    lines += [f"NAME:{_text(words.name)}", f"X-WR-CALNAME:{_text(words.name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT1H"]
    stamp = f"DTSTAMP:{_moment(now)}"
    for one in entries:
        if one.kind == "message":
            continue
        at = _moment(one.at)
        once = one.id if one.kind in ("campaign", "survey") else f"{one.id}-{at}"
        many = f" ({words.people[reached[one.id]]})" if one.id in reached else ""
        said = f"SUMMARY:{_text(f'{words.kinds[one.kind]}: {one.title}{many}')}"
        status = "CANCELLED" if one.state == "stopped" else "CONFIRMED"
        when = [f"DTSTART:{at}", "DURATION:PT15M", f"STATUS:{status}"]
        lines += _event(f"{one.kind}-{once}", [stamp, *when, said])
    for told in (one for one in days if one.holiday):
        said = f"SUMMARY:{_text(words.holiday)}"
        lines += _event(f"holiday-{told.day}", [stamp, f"DTSTART;VALUE=DATE:{told.day:%Y%m%d}", said])
    for day, number in waiting.items():
        said = f"SUMMARY:{_text(words.waiting[number])}"
        lines += _event(f"messages-{day}", [stamp, f"DTSTART;VALUE=DATE:{day:%Y%m%d}", said])
    lines.append("END:VCALENDAR")
    return b"".join(piece + b"\r\n" for line in lines for piece in folded(line))


def _event(uid: str, lines: Sequence[str]) -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{uid}@smsgw", *lines, "TRANSP:TRANSPARENT", "END:VEVENT"]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(said: str) -> str:
    """Words as a value of type TEXT (RFC 5545 section 3.3.11); control characters are left out."""
    said = said.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r\n", "\n").replace("\n", "\\n")
    return "".join(letter for letter in said if letter.isprintable() or letter in "\u200c\u200d")


def folded(line: str) -> Iterator[bytes]:
    """A line in pieces of at most 75 octets, each after the first with its space; no letter is cut in two."""
    piece = b""
    for letter in line:
        octets = letter.encode("utf-8", "replace")
        if len(piece) + len(octets) > FOLDED:
            yield piece
            piece = b" "
        piece += octets
    yield piece
