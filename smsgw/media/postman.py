"""Take letters to the mail server of the configuration: what it refuses for good is dead, the rest is tried again.

A letter is sent at least once: a kill between the server's yes and our note of it sends it again, under the same
Message-ID, by which mail programs show it once.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection, select

from ..config import MailConfig
from ..store import history
from ..store.database import Database
from ..store.lifecycle import MAIL
from ..store.tables import mail
from ..store.tables.types import AnyRow
from .mail import BY, lost
from .mail_told import told
from .mail_way import Sendmail, connect
from .mail_writing import largest, written

log = logging.getLogger(__name__)

PAUSES = (60, 300, 900, 3600, 7200, 4 * 3600)  # seconds after each failed try; the last one again and again
AT_A_TIME = 50  # letters over one connection


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try ended: the event of the life and why; due_at: when it is tried again."""

    id: str
    event: str
    why: str
    attempts: int
    at: datetime
    due_at: datetime | None = None


class Postman:
    """Takes letters to the server of the configuration. clock: to note when a try ended."""

    def __init__(
        self,
        config: MailConfig,
        clock: Callable[[], datetime],
        public_url: str | None = None,
        language: str = "en",
    ) -> None:
        """public_url: where the pages are, for letters that are too large. language: of what is added to letters."""
        self._language = language
        self._config = config
        self._clock = clock
        self._public_url = public_url

    def run(self, database: Database, now: datetime) -> int:
        """Try what is due; returns how many letters were taken. Does nothing without a server."""
        if not self._config.sends:
            return 0
        with database.reading() as conn:
            m = mail.c
            due = select(mail).where(m.state == "pending", m.due_at <= now).order_by(m.due_at, m.id)
            rows = list(conn.execute(due.limit(AT_A_TIME)))
        if not rows:
            return 0
        tried = self._deliver(database, rows)
        for future in database.writer.put_all(_note, tried):
            future.result(60)
        return sum(one.event == "send" for one in tried)

    def _deliver(self, database: Database, rows: Sequence[AnyRow]) -> list[Tried]:
        way: smtplib.SMTP | Sendmail | None = None
        tried: list[Tried] = []
        try:
            way = self._connect() if self._config.host is not None else Sendmail(str(self._config.sendmail))
            for row in rows:
                tried.append(self._send(way, database, row))
        except (smtplib.SMTPException, OSError) as problem:
            says = f"the mail server {self._where} cannot be used: {_said(problem)}"
            log.warning("%s", says)
            tried += [self._failed(row, says) for row in rows[len(tried) :]]
        finally:
            if way is not None:
                with suppress(smtplib.SMTPException, OSError):
                    way.quit()
        return tried

    @property
    def _where(self) -> str:
        return self._config.host or str(self._config.sendmail)

    def _connect(self) -> smtplib.SMTP:
        config = self._config
        assert config.host is not None
        password = None if config.password is None else config.password.get_secret_value()
        return connect(config.host, config.port, config.encryption, config.user, password)

    def _send(self, way: smtplib.SMTP | Sendmail, database: Database, row: AnyRow) -> Tried:
        """One letter. Raises what says that the connection is of no more use."""
        try:
            letter = self._written(database, row)
            way.send_message(letter, row.bounce_to or self._config.sender, [row.recipient])
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = refused.recipients[row.recipient]
            return self._refused(row, code, words)
        except smtplib.SMTPResponseException as refused:
            return self._refused(row, refused.smtp_code, refused.smtp_error)
        except (smtplib.SMTPException, UnicodeError, ValueError) as odd:
            return self._failed(row, _said(odd), for_good=True)
        return Tried(row.id, "send", f"{self._where} took it", row.attempts + 1, self._clock())

    def _refused(self, row: AnyRow, code: int, words: bytes | str) -> Tried:
        said = words.decode(errors="replace") if isinstance(words, bytes) else words
        return self._failed(row, f"the server said {code} {said[:200]}", for_good=code >= 500)

    def _failed(self, row: AnyRow, why: str, *, for_good: bool = False) -> Tried:
        now, attempts = self._clock(), row.attempts + 1
        if for_good or attempts >= self._config.attempts:
            return Tried(row.id, "give_up", why, attempts, now)
        pause = timedelta(seconds=PAUSES[min(attempts, len(PAUSES)) - 1])
        return Tried(row.id, "put_off", why, attempts, now, now + pause)

    def _written(self, database: Database, row: AnyRow) -> EmailMessage:
        """The letter, with what it tells of read now: media are not kept twice, and what is forgotten is not sent."""
        found = None
        if row.inbound_id is not None:
            with database.reading() as conn:
                found = told(conn, row.inbound_id, largest(self._config))
        return written(row, self._config, found, self._public_url, self._language)


def _said(problem: BaseException) -> str:
    return str(problem)[:300] or type(problem).__name__


def _note(conn: Connection, batch: list[Tried]) -> list[None]:
    for one in batch:
        values: dict[str, Any] = {"attempts": one.attempts}
        values |= {"due_at": one.due_at} if one.event == "put_off" else {"ended_at": one.at}
        history.move(conn, MAIL, one.event, [history.Step(one.id, one.why, values)], by=BY, now=one.at)
        if one.event == "give_up":
            lost(conn, [one.id], one.why, one.at)
    return [None] * len(batch)
