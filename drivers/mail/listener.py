"""Take mails from the company's mail server, over LMTP or SMTP: stored first, answered after.

One recipient at a time, so that each has an answer of its own: a mail server sends the mail again for the next one
(RFC 5321 section 4.5.3.1.10). What the gateway refuses is refused while the other side still listens, with 550: no mail
about it is ever sent to whom the mail claims to be from.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from drivers.mail.config import Config, place
from drivers.mail.reading import Unreadable
from smsgw.errors import BadInput, Forbidden, NotFound, RefusedByPolicy, SmsgwError

log = logging.getLogger(__name__)

FOR_GOOD = (BadInput, Forbidden, NotFound, RefusedByPolicy, Unreadable)
STORED_WITHIN = 50.0  # seconds; mail servers wait for minutes (RFC 5321 section 4.5.3.2.6)
Take = Callable[[bytes, str, str, bool], "Future[None]"]
"""A mail's octets, its envelope's sender and recipient, whether it was handed in by somebody who logged in."""


class Doorman:
    """What aiosmtpd asks: see its `handle_…` hooks."""

    def __init__(self, domains: frozenset[str], take: Take) -> None:
        self._domains = domains
        self._take = take

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Whether we take mails for this address."""
        domain = address.rpartition("@")[2].lower()
        if domain not in self._domains:
            return "550 5.7.1 no mails for this domain are taken here"
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time: send it again for the next one"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a whole mail; the answer says what the gateway said, and comes when the mail is on disk."""
        loop = asyncio.get_running_loop()
        arguments = (envelope.content, envelope.mail_from or "", envelope.rcpt_tos[0], bool(session.authenticated))
        try:
            # In a thread: to read a large mail takes a while, and so may the store.
            future = await loop.run_in_executor(None, self._take, *arguments)
            await asyncio.wait_for(asyncio.wrap_future(future), STORED_WITHIN)
        except FOR_GOOD as no:
            return f"550 5.7.1 {_line(no)}"
        except (SmsgwError, TimeoutError) as later:
            log.warning("a mail cannot be stored now: %s", later)
            return "451 4.3.0 it cannot be stored now: try again later"
        except Exception:  # whatever it is, the mail was not stored: its server tries again
            log.exception("a mail could not be taken")
            return "451 4.3.0 it cannot be taken now: try again later"
        return "250 2.0.0 stored"


def _line(problem: Exception) -> str:
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in " ".join(str(problem).split()))[:400]


class MailListener(Controller):
    """The port. Made with the port in hand: raises OSError when it cannot be had."""

    def __init__(self, config: Config, domains: frozenset[str], take: Take) -> None:
        assert config.listen is not None
        host, port = place(config.listen)
        self._settings = config
        self._socket = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        super().__init__(Doorman(domains, take), hostname=host, port=self.bound, ready_timeout=10.0)

    @property
    def bound(self) -> int:
        """The port that it has; also where the system chose it."""
        return int(self._socket.getsockname()[1])

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)

    def factory(self) -> SMTP:
        """What speaks to one caller."""
        config = self._settings
        kind = LMTP if config.protocol == "lmtp" else SMTP
        more: dict[str, Any] = {}
        if config.listen_user is not None:
            more = {"authenticator": self._known, "auth_require_tls": False, "auth_required": False}
        return kind(
            self.handler, hostname="smsgw", ident="smsgw", data_size_limit=int(config.max_mb * 1_000_000),
            enable_SMTPUTF8=True, timeout=300, **more,
        )  # fmt: skip

    def _known(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        config = self._settings
        assert config.listen_user is not None
        assert config.listen_password is not None
        told = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        name = hmac.compare_digest(told.login, config.listen_user.encode())
        password = hmac.compare_digest(told.password, config.listen_password.get_secret_value().encode())
        return AuthResult(success=name and password, handled=False)
