"""Read a mailbox over IMAP (RFC 3501): each mail is stored first, then moved away; what is refused has its own folder.

A mail that was stored and not moved, because we or the server went away, is read again: its Message-ID tells the
gateway that it has it. Only the mailbox's own server is asked; nothing is deleted that was not copied before.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from email import message_from_bytes
from email.policy import compat32

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from drivers.mail.config import Config
from drivers.mail.listener import FOR_GOOD, STORED_WITHIN
from drivers.mail.reading import addresses
from smsgw.errors import SmsgwError

log = logging.getLogger(__name__)

AT_A_TIME = 20  # mails that are fetched in a row
PATIENCE = 30.0  # seconds for the server's answers
IDLES = 240.0  # seconds of waiting for news in one go: servers hang up after half an hour (RFC 2177)
Take = Callable[[bytes, str, "str | None"], "Future[None]"]
"""A mail's octets, whom it says it is from on its way (Return-Path), and to which of our addresses."""
_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")


class Mailbox:
    """One mailbox, read in the thread that calls `run`."""

    def __init__(self, config: Config, domains: frozenset[str], take: Take, tell: Callable[[str], None]) -> None:
        """tell: is told what is wrong, in words, "" when all is well."""
        self._config = config
        self._domains = domains
        self._take = take
        self._tell = tell
        self._end = threading.Event()
        self._client: IMAPClient | None = None

    def stop(self) -> None:
        """Read no further mail."""
        self._end.set()

    def run(self) -> None:
        """Read until `stop`; a lost connection is tried again with growing pauses."""
        pause = 1.0
        while not self._end.is_set():
            try:
                self._client = self._connect()
                self._tell("")
                pause = 1.0
                self._read_on(self._client)
            except (IMAPClientError, OSError, ssl.SSLError, ValueError) as problem:
                if not self._end.is_set():
                    log.warning("the mailbox at %s cannot be read: %s", self._config.imap_host, problem)
                    self._tell(f"the mailbox at {self._config.imap_host} cannot be read: {str(problem)[:200]}")
                    self._end.wait(pause)
                    pause = min(pause * 2, 300.0)
            finally:
                self._hang_up()

    def _hang_up(self) -> None:
        if self._client is not None:
            with suppress(IMAPClientError, OSError, ValueError):
                self._client.logout()
            self._client = None

    def _connect(self) -> IMAPClient:
        client = connect(self._config)
        for folder in (self._config.imap_done, self._config.imap_refused):
            if not client.folder_exists(folder):
                client.create_folder(folder)
        client.select_folder(self._config.imap_folder)
        return client

    def _read_on(self, client: IMAPClient) -> None:
        idles = client.has_capability("IDLE")
        later: set[int] = set()  # what could not be stored: tried again after a pause, not at once
        while not self._end.is_set():
            waiting = [uid for uid in client.search(["NOT", "DELETED"]) if uid not in later]
            for uid in waiting[:AT_A_TIME]:
                if self._end.is_set():
                    return
                if not self._one(client, uid):
                    later.add(uid)
            if not waiting:
                self._wait(client, idles)
                later.clear()

    def _wait(self, client: IMAPClient, idles: bool) -> None:
        """Until there may be news; ends soon after `stop`."""
        until = time.monotonic() + min(self._config.imap_every, IDLES)
        if not idles:
            self._end.wait(max(0.0, until - time.monotonic()))
            client.noop()
            return
        client.idle()
        try:
            while not self._end.is_set() and time.monotonic() < until:
                if any(b"EXISTS" in told for told in client.idle_check(timeout=0.5) if isinstance(told, tuple)):
                    return
        finally:
            client.idle_done()

    def _one(self, client: IMAPClient, uid: int) -> bool:
        """Take one mail; returns whether it is out of the way."""
        most = int(self._config.max_mb * 1_000_000)
        size = client.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE", 0)
        if size > most:
            log.warning("a mail of %d octets is larger than %d and is not read", size, most)
            self._move(client, uid, self._config.imap_refused)
            return True
        octets = client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
        if octets is None:  # somebody else took it
            return True
        sender, to = route(octets, self._domains)
        try:
            self._take(octets, sender, to or self._config.address).result(STORED_WITHIN)
        except FOR_GOOD as no:
            log.warning("a mail from %s is refused: %s", sender or "nobody", no)
            self._move(client, uid, self._config.imap_refused)
            return True
        except (SmsgwError, TimeoutError) as trouble:
            log.warning("a mail cannot be stored now: %s", trouble)
            return False
        self._move(client, uid, self._config.imap_done)
        return True

    def _move(self, client: IMAPClient, uid: int, folder: str) -> None:
        if client.has_capability("MOVE"):  # RFC 6851
            client.move([uid], folder)
            return
        client.copy([uid], folder)
        client.add_flags([uid], [b"\\Deleted"])
        if client.has_capability("UIDPLUS"):
            client.uid_expunge([uid])
        else:
            client.expunge()


def connect(config: Config) -> IMAPClient:
    """A mailbox's server, encrypted as it is asked for and logged in. Raises IMAPClientError, OSError."""
    assert config.imap_host is not None
    assert config.imap_user is not None
    assert config.imap_password is not None
    trusted = ssl.create_default_context()
    tls = config.imap_encryption == "tls"
    client = IMAPClient(
        config.imap_host, config.imap_port, ssl=tls, ssl_context=trusted if tls else None, timeout=PATIENCE
    )
    try:
        if config.imap_encryption == "starttls":
            client.starttls(trusted)
        client.login(config.imap_user, config.imap_password.get_secret_value())
    except BaseException:
        with suppress(IMAPClientError, OSError):
            client.shutdown()
        raise
    return client


def trouble(config: Config) -> str:
    """Why the mailbox cannot be read now; "" when it can."""
    try:
        client = connect(config)
    except (IMAPClientError, OSError) as problem:
        return f"the mailbox at {config.imap_host} cannot be read: {str(problem)[:200]}"
    with suppress(IMAPClientError, OSError):
        client.logout()
    return ""


def route(octets: bytes, domains: frozenset[str]) -> tuple[str, str | None]:
    """The envelope of a mail in a mailbox: its Return-Path, and the first of our addresses that it names.

    Where there is no Return-Path the author stands for it: only what says that it is a bounce is one.
    """
    head = message_from_bytes(octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=compat32)
    back = str(head.get("Return-Path", "")).strip()
    sender = back.strip("<> ") if back else next(iter(addresses([str(head.get("From", ""))])), "")
    named = addresses([str(value) for header in _TO for value in head.get_all(header, [])])
    return sender, next((one for one in named if one.rpartition("@")[2] in domains), None)
