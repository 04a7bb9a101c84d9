"""Hand mails to a mail server over SMTP, one connection for each worker, and say what became of each.

What happened is told by where the exchange ended: before the dot of a mail's data nothing was sent, and after the dot
without an answer nobody knows (RFC 5321 section 4.2.5 and 6.1).
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from datetime import datetime

from drivers.mail import trace
from drivers.mail.config import Config
from drivers.mail.writing import reference_of, written
from smsgw.link import (
    LinkDown,
    LinkError,
    Misconfigured,
    NoAnswer,
    RejectedForGood,
    RejectedForNow,
    Throttled,
    WirePart,
)
from smsgw.link_verbs import Tap

_BUSY = (421, 451, 452)  # the server, not the mail: 452 is "too many", 421 goes away


class Hand:
    """One connection, opened when it is needed and again when it was lost. Used by one thread. tap: hears of it."""

    def __init__(self, config: Config, tap: Tap | None = None) -> None:
        self._config = config
        self._tap = tap or Tap()
        self._server: smtplib.SMTP | None = None

    def give(self, part: WirePart, at: datetime) -> str | LinkError:
        """Send one mail; our reference when the server took it, else why not. Raises nothing for the network's sake."""
        try:
            mail = written(part, self._config, at).as_bytes()
        except (ValueError, UnicodeError, LookupError) as odd:
            return RejectedForGood(f"it cannot be written as a mail: {odd}", code="unwritable")
        for _ in range(2):  # an old connection may be gone without a word: once more over a new one
            fresh = self._server is None
            if fresh and (trouble := self._open()) is not None:
                return trouble
            if self._tap.tell is not None:
                self._tap.put(trace.given, self._config.bounces_to or self._config.address or "", part.to, mail)
            outcome = self._exchange(part, mail)
            if self._tap.tell is not None:
                self._tap.put(trace.answered, outcome)
            if outcome is not None:
                return outcome
            self.close()
            if fresh:
                break
        return LinkDown(f"{self._config.host} closed the connection", code="closed")

    def look(self) -> LinkError | None:
        """Whether the server can be used: connect, or say something over a connection that is there."""
        if self._server is None:
            return self._open()
        with suppress(smtplib.SMTPException, OSError):
            if self._server.noop()[0] == 250:
                return None
        self.close()
        return self._open()

    def close(self) -> None:
        """Hang up."""
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server.close()
            self._server = None

    def _open(self) -> LinkError | None:
        config = self._config
        assert config.host is not None
        trusted = ssl.create_default_context()
        try:
            if config.encryption == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    config.host, config.port, timeout=config.answer_timeout, context=trusted
                )
            else:
                server = smtplib.SMTP(config.host, config.port, timeout=config.answer_timeout)
        except (OSError, smtplib.SMTPException) as problem:
            return _unreachable(config, problem)
        try:
            if config.encryption == "starttls":
                server.starttls(context=trusted)
            if config.user is not None and config.password is not None:
                server.login(config.user, config.password.get_secret_value())
            server.ehlo_or_helo_if_needed()
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as problem:
            server.close()
            return Misconfigured(f"{config.host} does not let us in: {said(problem)}", code="login")
        except (OSError, smtplib.SMTPException) as problem:
            server.close()
            return _unreachable(config, problem)
        self._server = server
        if self._tap.tell is not None:
            self._tap.put(trace.opened, config.host, config.port, config.encryption)
        return None

    def _exchange(self, part: WirePart, mail: bytes) -> str | LinkError | None:
        """None: the connection was gone before anything of the mail was sent."""
        server = self._server
        assert server is not None
        config = self._config
        dsn = server.has_extn("dsn")  # RFC 3461: only then may it be asked for
        options = [f"size={len(mail)}"] if server.has_extn("size") else []
        options += ["RET=HDRS", f"ENVID={reference_of(part)}"] if dsn else []
        options += [] if part.to.isascii() else ["SMTPUTF8"]
        try:
            code, words = server.mail(config.bounces_to or config.address or "", options)
            if code == 250:
                code, words = server.rcpt(part.to, ["NOTIFY=FAILURE,DELAY"] if dsn else [])
            if code in (250, 251):
                code, words = server.docmd("DATA")
            if code != 354:
                with suppress(smtplib.SMTPException, OSError):
                    server.rset()
                return _refused(code, words)
        except (smtplib.SMTPException, OSError, UnicodeError):
            return None
        try:
            server.send(_dotted(mail))
            code, words = server.getreply()
        except (smtplib.SMTPException, OSError) as problem:
            self.close()
            return NoAnswer(f"{config.host} did not answer after the mail was sent: {said(problem)}", code="silent")
        return reference_of(part) if code == 250 else _refused(code, words)


def _dotted(mail: bytes) -> bytes:
    """As data on the wire: lines that begin with a dot have two, and a dot ends it (RFC 5321 section 4.5.2)."""
    lines = mail.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    dotted = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return dotted + (b".\r\n" if dotted.endswith(b"\r\n") else b"\r\n.\r\n")


def _unreachable(config: Config, problem: Exception) -> LinkError:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return Misconfigured(f"{config.host}: its certificate is not trusted: {problem.verify_message}", code="tls")
    return LinkDown(f"{config.host} cannot be reached: {said(problem)}", code="down")


def _refused(code: int, words: bytes) -> LinkError:
    says = f"the mail server said {code} {words.decode(errors='replace')[:200]}"
    if code in _BUSY:
        return (
            Throttled(says, code=str(code), after=60.0, rest=5.0)
            if code == 421
            else RejectedForNow(says, code=str(code))
        )
    if code in (530, 535):
        return Misconfigured(says, code=str(code))
    return RejectedForGood(says, code=str(code)) if code >= 500 else RejectedForNow(says, code=str(code))


def said(problem: BaseException) -> str:
    """What a problem says, in a line."""
    if isinstance(problem, smtplib.SMTPResponseException):
        words = problem.smtp_error
        return f"{problem.smtp_code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"[:300]
    return str(problem)[:300] or type(problem).__name__
