"""The ways a letter leaves this machine: a mail server over SMTP, or this machine's own sendmail."""

from __future__ import annotations

import smtplib
import ssl
import subprocess
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Literal

PATIENCE = 20.0  # seconds for a server's answer
_TEMPFAIL = 75  # sysexits(3): try again later; so are all but those that say that the letter itself is wrong
_FOR_GOOD = (64, 65, 66, 67, 68)  # EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_NOUSER, EX_NOHOST


def connect(
    host: str, port: int, encryption: Literal["starttls", "tls", "none"], user: str | None, password: str | None
) -> smtplib.SMTP:
    """A connection to a mail server, encrypted as it is asked for and logged in. Raises SMTPException, OSError.

    A server that does not offer STARTTLS is not written to in the clear.
    """
    trusted = ssl.create_default_context()
    if encryption == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=trusted)
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE)
    try:
        if encryption == "starttls":
            server.starttls(context=trusted)
        if user is not None and password is not None:
            server.login(user, password)
    except BaseException:
        server.close()
        raise
    return server


class Sendmail:
    """The program `sendmail` of every mail server, with the one method of smtplib.SMTP that is needed."""

    def __init__(self, program: str) -> None:
        self._program = program

    def send_message(self, letter: EmailMessage, sender: str | None, to: Sequence[str]) -> None:
        """Hand a letter over. Raises SMTPResponseException (550 for good, 451 for now), OSError."""
        command = [self._program, "-i", "-f", sender or "", "--", *to]
        try:
            ran = subprocess.run(command, input=letter.as_bytes(), capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired as slow:
            raise smtplib.SMTPResponseException(451, f"{self._program} did not end in {PATIENCE:g} seconds") from slow
        if ran.returncode:
            said = ran.stderr.decode(errors="replace").strip() or f"it ended with status {ran.returncode}"
            raise smtplib.SMTPResponseException(550 if ran.returncode in _FOR_GOOD else 451, said)

    def quit(self) -> None:
        """Nothing is open."""
