"""Sort the mails that come in: answers to our letters, bounces of them, and what customers write to us.

What a customer writes is read as a text is: the newest words of it, without what they quote. A mail of which nobody
knows whether it is of its author is kept for a person, and only a STOP in it is obeyed, which harms nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from ..config import MailConfig
from ..errors import NotFound
from ..link import Content, ContentPart, Envelope, InboundContent, Receipt, ReceiptState
from ..media import mail, mail_checks, mail_threads, mail_tokens
from ..media.mail_tokens import Token
from ..outbound.familiar import PAGE
from ..outbound.submit import Door
from ..store.database import Database
from ..store.tables import mail as letters
from .contents import Brought, Contents
from .mail_answers import Answers, done, words
from .mail_doubt import READERS

log = logging.getLogger(__name__)

BY = "mail"


@dataclass(frozen=True, slots=True)
class _Bounced:
    """A letter came back. token: of the address that it came back to."""

    token: Token
    bounces: tuple[Receipt, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Doubtful:
    """A customer's mail, and why nobody knows that it is theirs; None: it is."""

    brought: Brought
    doubt: str | None


class Post:
    """See the module's docstring."""

    def __init__(
        self,
        config: MailConfig,
        database: Database,
        door: Door,
        contents: Contents,
        clock: Callable[[], datetime],
        own: frozenset[str] = frozenset(),
    ) -> None:
        """own: the addresses that we write from, and that customers write to."""
        self._own = own
        self._config = config
        self._database = database
        self._contents = contents
        self._in_doubt = Contents(contents.with_readers(READERS))
        self._clock = clock
        self._answers = Answers(config, database, door)

    def take(self, link: str, told: InboundContent) -> Future[None]:
        """Take a mail in; the future is done when what became of it is on disk. Raises as `Answers.take`, NotFound."""
        envelope, now = told.envelope, self._clock()
        assert envelope is not None
        local, _, domain = (told.to or "").rpartition("@")
        token = mail_tokens.read(local)
        if token is not None and token.purpose == "b":
            return self._database.writer.put(self._bounced, _Bounced(token, envelope.bounces, now))
        if token is not None and token.purpose == "c":
            return self._by_page(token, told, envelope, now)
        if token is not None:
            return self._answers.take(token, told, envelope, now)
        author = mail_checks.author(envelope)
        unproved = mail_checks.not_proved(envelope, author, self._config.authserv_id)
        if domain == self._config.domain and told.to not in self._own:
            if unproved is None:
                raise NotFound(f"there is no address {told.to}", code="mail_token_wrong")
            log.warning("a mail to %s, which is no address of ours, is dropped", told.to)
            return done()
        return self._written(link, told, envelope, author, unproved, now)

    def _by_page(self, token: Token, told: InboundContent, envelope: Envelope, now: datetime) -> Future[None]:
        """What a customer writes to the address on the page of a message: into the conversation of their number.

        Whoever has that address has seen the page, which is all that its form asks for, too.
        """
        with self._database.reading() as conn:
            thread = mail_threads.found(conn, token, now)
        if thread is None or thread.expired:
            raise NotFound(f"there is no address {told.to}, or no longer", code="mail_token_wrong")
        machine = mail_checks.by_a_machine(envelope, self._config.domain)
        if machine is not None:
            log.warning("a mail to the page of a message is dropped: %s", machine)
            return done()
        plain = replace(told, sender=thread.address, to=None, content=_plain(told.content))
        return self._database.writer.put(self._keep, _Doubtful(Brought(PAGE, plain, now), None))

    def _written(
        self,
        link: str,
        told: InboundContent,
        envelope: Envelope,
        author: str,
        unproved: str | None,
        now: datetime,
    ) -> Future[None]:
        """What a customer writes to us."""
        machine = mail_checks.by_a_machine(envelope, self._config.domain)
        if machine is None and (not author or author in self._own):
            machine = "it does not say whom it is from, or it is from ourselves"
        if machine is not None:
            log.warning("a mail from %s is dropped: %s", told.sender or "nobody", machine)
            return done()
        plain = replace(told, sender=author, content=_plain(told.content))
        return self._database.writer.put(self._keep, _Doubtful(Brought(link, plain, now), unproved))

    def _keep(self, conn: Connection, batch: list[_Doubtful]) -> list[None]:
        """Writer step: store mails as everything that comes in; those in doubt have readers of their own."""
        for one in batch:
            contents = self._contents if one.doubt is None else self._in_doubt
            [id] = contents.take(conn, [one.brought])
            if id is not None and one.doubt is not None:
                log.warning("%s waits for a person: %s", id, one.doubt)
        return [None] * len(batch)

    def _bounced(self, conn: Connection, batch: list[_Bounced]) -> list[None]:
        """Writer step: mark letters that came back."""
        for one in batch:
            thread = mail_threads.found(conn, one.token, one.at)
            if thread is None:
                log.warning("a bounce came to an address that is not ours")
                continue
            for id, why in _came_back(conn, thread.id, one.bounces):
                mail.bounced(conn, [id], why, one.at)
        return [None] * len(batch)


def _came_back(conn: Connection, thread: int, bounces: tuple[Receipt, ...]) -> list[tuple[str, str]]:
    """The letters of a conversation that a bounce is about, and why: by Message-ID, else the newest to its recipient.

    A bounce in no form that is known is about the newest letter.
    """
    m = letters.c
    newest = select(m.id).where(m.thread_id == thread, m.state == "sent").order_by(m.id.desc()).limit(1)
    if not bounces:
        id = conn.scalar(newest)
        return [] if id is None else [(id, "it came back")]
    found = []
    for bounce in bounces:
        if not bounce.state.final or bounce.state is ReceiptState.DELIVERED:
            continue
        named = bounce.reference.strip("<>").partition("@")[0]
        query = (
            newest.where(m.id == named) if named.startswith("mail_") else newest.where(m.recipient == bounce.recipient)
        )
        id = conn.scalar(query)
        if id is not None:
            found.append((id, f"it came back: {bounce.error or ''} {bounce.said or ''}".strip()))
    return found


def _plain(content: Content) -> Content:
    """A content whose first part is the words that are new in it."""
    body = next(
        (part for part in content.parts if part.media_type in ("text/plain", "text/html") and not part.name), None
    )
    said = words(content.parts)
    rest = tuple(part for part in content.parts if part is not body)
    first = (ContentPart("text/plain", said.encode(), "", "utf-8"),) if said else ()
    return replace(content, parts=(*first, *rest))
