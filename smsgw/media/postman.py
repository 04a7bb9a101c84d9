"""Take letters to the mail server of the configuration: what it refuses for good is dead, the rest is tried again.

A letter is sent at least once: a kill between the server's yes and our note of it sends it again, under the same
Message-ID, by which mail programs show it once.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from sqlalchemy import Connection, select

from ..config import MailConfig
from ..store import history
from ..store.database import Database
from ..store.lifecycle import MAIL
from ..store.tables import mail
from ..store.tables.types import AnyRow
from .mail import BY

log = logging.getLogger(__name__)

PAUSES = (60, 300, 900, 3600, 3 * 3600, 6 * 3600)  # seconds after each failed try; the last one again and again
AT_A_TIME = 50  # letters over one connection
PATIENCE = 20.0  # seconds for a server's answer


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

    def __init__(self, config: MailConfig, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._clock = clock

    def run(self, database: Database, now: datetime) -> int:
        """Try what is due; returns how many letters were taken. Does nothing without a server."""
        if self._config.host is None:
            return 0
        with database.reading() as conn:
            m = mail.c
            due = select(mail).where(m.state == "pending", m.due_at <= now).order_by(m.due_at, m.id)
            rows = list(conn.execute(due.limit(AT_A_TIME)))
        if not rows:
            return 0
        tried = self._deliver(rows)
        for future in database.writer.put_all(_note, tried):
            future.result(60)
        return sum(one.event == "send" for one in tried)

    def _deliver(self, rows: Sequence[AnyRow]) -> list[Tried]:
        server: smtplib.SMTP | None = None
        tried: list[Tried] = []
        try:
            server = self._connect()
            for row in rows:
                tried.append(self._send(server, row))
        except (smtplib.SMTPException, OSError) as problem:
            says = f"the mail server {self._config.host} cannot be used: {_said(problem)}"
            log.warning("%s", says)
            tried += [self._failed(row, says) for row in rows[len(tried) :]]
        finally:
            if server is not None:
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        return tried

    def _connect(self) -> smtplib.SMTP:
        config, trusted = self._config, ssl.create_default_context()
        assert config.host is not None
        if config.encryption == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=PATIENCE, context=trusted)
        else:
            server = smtplib.SMTP(config.host, config.port, timeout=PATIENCE)
        try:
            if config.encryption == "starttls":
                server.starttls(context=trusted)
            if config.user is not None and config.password is not None:
                server.login(config.user, config.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server

    def _send(self, server: smtplib.SMTP, row: AnyRow) -> Tried:
        """One letter. Raises what says that the connection is of no more use."""
        try:
            server.send_message(self._written(row), self._config.sender, [row.recipient])
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = refused.recipients[row.recipient]
            return self._refused(row, code, words)
        except smtplib.SMTPResponseException as refused:
            return self._refused(row, refused.smtp_code, refused.smtp_error)
        except (smtplib.SMTPException, UnicodeError) as odd:
            return self._failed(row, _said(odd), for_good=True)
        return Tried(row.id, "send", f"{self._config.host} took it", row.attempts + 1, self._clock())

    def _refused(self, row: AnyRow, code: int, words: bytes | str) -> Tried:
        said = words.decode(errors="replace") if isinstance(words, bytes) else words
        return self._failed(row, f"the server said {code} {said[:200]}", for_good=code >= 500)

    def _failed(self, row: AnyRow, why: str, *, for_good: bool = False) -> Tried:
        now, attempts = self._clock(), row.attempts + 1
        if for_good or attempts >= self._config.attempts:
            return Tried(row.id, "give_up", why, attempts, now)
        pause = timedelta(seconds=PAUSES[min(attempts, len(PAUSES)) - 1])
        return Tried(row.id, "put_off", why, attempts, now, now + pause)

    def _written(self, row: AnyRow) -> EmailMessage:
        assert self._config.sender is not None
        letter = EmailMessage(policy=SMTP)
        letter["From"] = self._config.sender
        letter["To"] = row.recipient
        letter["Subject"] = row.subject
        letter["Date"] = format_datetime(row.created_at)
        letter["Message-ID"] = f"<{row.id}@{self._config.sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(row.body)
        return letter


def _said(problem: BaseException) -> str:
    return str(problem)[:300] or type(problem).__name__


def _note(conn: Connection, batch: list[Tried]) -> list[None]:
    for one in batch:
        values: dict[str, Any] = {"attempts": one.attempts}
        values |= {"due_at": one.due_at} if one.event == "put_off" else {"ended_at": one.at}
        history.move(conn, MAIL, one.event, [history.Step(one.id, one.why, values)], by=BY, now=one.at)
    return [None] * len(batch)
