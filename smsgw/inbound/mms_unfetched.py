"""Tell people of an MMS that could not be fetched: a letter, and a mark in the conversation, with the move itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..config import MailConfig
from ..media import mail
from ..media.mail_boxes import Boxes
from ..store import history
from ..store.ids import new_id
from ..store.lifecycle import INBOUND, MMS_NOTICE
from ..store.storable import storable
from ..store.tables.types import AnyRow
from ..text.wording import wording
from .mms_notices import forget_pushes, size_words

UNKNOWN = "unknown"  # the sender of what does not say who sent it
Recipients = Callable[[Connection, Mapping[str, Any]], list[str]]


def recipients_of(config: MailConfig) -> Recipients:
    """Who is told: the mailboxes that are told of MMS, else those who may answer everything; nobody without mail."""
    boxes = Boxes(config)

    def recipients(conn: Connection, text: Mapping[str, Any]) -> list[str]:
        return (boxes.recipients(text, {}) or list(config.operators)) if config.sends else []

    return recipients


@dataclass(frozen=True, slots=True)
class Unfetched:
    """A row of mms_notice that was not fetched, and the step that says why. tells: whether a person is told now."""

    row: AnyRow
    step: history.Step
    by: str
    at: datetime
    tells: bool = True


class Telling:
    """recipients: the mail addresses that are told of what came from somebody. own: our numbers, by link."""

    def __init__(self, recipients: Recipients, own: Callable[[str], str | None]) -> None:
        self._recipients = recipients
        self._own = own

    def put_off(self, conn: Connection, batch: list[Unfetched]) -> list[None]:
        """It is tried again later; a letter says that it waits, once."""
        for one in batch:
            [was] = history.move(conn, MMS_NOTICE, "put_off", [one.step], by=one.by, now=one.at)
            if was is not None and one.tells:
                until = f"{one.row.expires_at:%Y-%m-%d %H:%M} UTC"
                self._write(conn, one, "waits", "could not be fetched yet", f"It is tried again until {until}.")
        return [None] * len(batch)

    def give_up(self, conn: Connection, batch: list[Unfetched]) -> list[None]:
        """It is given up: a letter says so, and a line in the conversation."""
        for one in batch:
            [was] = history.move(conn, MMS_NOTICE, "give_up", [one.step], by=one.by, now=one.at)
            if was is None:
                continue
            forget_pushes(conn, [one.row.inbound_id])
            self._mark(conn, one)
            again = f"To try once more: smsgw modem mms-again {one.row.id}"
            self._write(conn, one, f"lost:{one.at:%Y%m%dT%H%M%S}", "could not be fetched", again)
        return [None] * len(batch)

    def _mark(self, conn: Connection, one: Unfetched) -> None:
        row = one.row
        text = wording("mms_unfetched", "en").format(size=size_words(row.size), reason=one.step.why)
        values = {
            "id": new_id("in", one.at),
            "link": row.link,
            "reference": f"{row.id}@{one.at:%Y%m%dT%H%M%S.%f}",
            "sender": row.sender or UNKNOWN,
            "recipient": self._own(row.link),
            "text": storable(f"{text} {row.subject}".strip(), 1000),
            "kind": "indication",
            "parts": 1,
            "missing": 0,
            "sent_at": None,
            "received_at": one.at,
            "understood_as": None,
            "explanation": None,
            "handled_at": None,
        }
        events = [("receive", f"came over {row.link}"), ("wait", "an MMS could not be fetched: a person must look")]
        history.begin(conn, INBOUND, [history.Birth(values, events)], by=one.by, now=one.at)

    def _write(self, conn: Connection, one: Unfetched, kind: str, what: str, end: str) -> None:
        row = one.row
        who, size = row.sender or "somebody who is not told", size_words(row.size)
        subject = f"An MMS from {who} {what}: {size}"
        body = [
            f"An MMS from {who} {what}.",
            "",
            f"Link: {row.link}",
            f"Size: {size}",
            *([f"Subject: {row.subject}"] if row.subject else []),
            f"Announced: {row.announced_at:%Y-%m-%d %H:%M} UTC",
            f"Reason: {one.step.why}",
            "",
            end,
        ]
        text = {"kind": "mms", "sender": row.sender or UNKNOWN, "recipient": self._own(row.link), "text": ""}
        letters = [
            mail.Letter(f"{row.id}:{kind}", to, subject, "\n".join(body) + "\n") for to in self._recipients(conn, text)
        ]
        if letters:
            mail.write(conn, letters, one.at)
