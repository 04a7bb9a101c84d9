"""What is found in another gateway's files and tables, in our words; and how its times are read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TypeAlias

SENT, DELIVERED, UNDELIVERED, EXPIRED, FAILED = "sent", "delivered", "undelivered", "expired", "failed"
_FORMS = ("%Y-%m-%d %H:%M:%S", "%y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that was sent, or was to be. state: one of the words above; SENT: no report was kept.

    ref: its name there; with its text and time it is known again. where: the file and line, or the table and row.
    """

    where: str
    ref: str
    to: str
    text: str
    at: datetime
    state: str = SENT
    said: str = ""
    link: str = ""
    sender: str = ""
    final_at: datetime | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A text that a phone sent."""

    where: str
    ref: str
    sender: str
    text: str
    at: datetime
    link: str = ""
    to: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person in an address book, and the groups that the person is in."""

    where: str
    name: str
    number: str
    email: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """A number that is not to be written to. reach: "everything", or "marketing"."""

    where: str
    number: str
    why: str
    reach: str = "everything"


@dataclass(frozen=True, slots=True)
class Note:
    """What was not understood, or not taken over: where it stands, and why."""

    where: str
    why: str


Found: TypeAlias = Sent | Received | Contact | Stop | Note


def name_of(*words: object) -> str:
    """A short name for what has none: the same for the same words."""
    return hashlib.sha256("\0".join(map(str, words)).encode("utf-8", "replace")).hexdigest()[:16]


def moment(written: object, zone: tzinfo) -> datetime | None:
    """A time as other programs write it, in UTC; None when it is none. zone: of times that name none themselves."""
    at = written if isinstance(written, datetime) else _read(str(written or "").strip())
    if at is None:
        return None
    try:
        return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read(text: str) -> datetime | None:
    plain = text.partition(".")[0].removesuffix("Z")
    if not plain or plain.startswith("0000-00-00"):
        return None
    found = next((at for form in _FORMS if (at := _parsed(plain, form)) is not None), None)
    if found is not None:
        return found
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None
