"""A mail server that takes mails over SMTP, or does what a test tells it to; and programs that bring mails to us."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.emulators.ports import unused


class Box:
    """What arrived, with its envelope, and how the server answers."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str], list[str]]] = []  # from, to, the options of MAIL FROM
        self.answer: str | None = None  # to DATA
        self.refuses: dict[str, str] = {}  # the answer to RCPT TO, by recipient
        self.silent = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.silent:
            await asyncio.sleep(3600)
        if self.answer is not None:
            return self.answer
        letter = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos), list(envelope.mail_options)))
        return "250 taken"


@contextmanager
def mail_server(box: Box, port: int | None = None) -> Iterator[int]:
    """The server runs while the block does; gives its port."""
    controller = Controller(box, hostname="127.0.0.1", port=port or unused(), ready_timeout=90)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def bring(port: int, mail: bytes, sender: str, to: str, *, lmtp: bool = True) -> tuple[int, str]:
    """Hand a mail to our listener as a mail server does; its last answer, to RCPT if it says no there."""
    kind = smtplib.LMTP if lmtp else smtplib.SMTP
    server = kind("127.0.0.1", port, timeout=120)
    try:
        server.ehlo_or_helo_if_needed()
        server.mail(sender)
        code, words = server.rcpt(to)
        if code == 250:
            code, words = server.data(mail)
    except smtplib.SMTPResponseException as refused:
        code, words = refused.smtp_code, refused.smtp_error  # type: ignore[assignment]
    finally:
        server.close()
    return code, words.decode(errors="replace")
