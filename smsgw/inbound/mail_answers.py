"""Answers by mail: what somebody of the company writes back to a letter goes to the customer's phone, once.

The order is that of the doubts: is the address ours, did a person write it, may this person answer, is it really that
person, is it new, is there something in it. Nothing is sent before all is answered. A refusal is told to its author
only if that is proved to be the author; else to the operators, for nobody else is to hear of a forged mail.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from ..config import MailConfig
from ..errors import BadInput, Fault, Forbidden, RefusedByPolicy, SmsgwError
from ..link import ContentPart, Envelope, InboundContent
from ..media import contents, mail, mail_checks, mail_quotes, mail_threads, store
from ..media.mail_threads import Found
from ..media.mail_tokens import Token
from ..outbound.submit import Accepted, Asked, Door, Ready
from ..store import history
from ..store.database import Database
from ..store.lifecycle import INBOUND
from ..store.storable import storable
from ..store.tables import inbound, inbound_medium, mail_answer
from . import conversations
from .orders.asking import Answered, summary_again

log = logging.getLogger(__name__)

CLIENT = "mail"  # who asks for these messages
DECORATION = 30_000  # octets: a smaller picture within the words is a logo under them
NOTICES_AN_HOUR = 10  # letters to operators about refusals
_MEDIA = ("image/", "audio/", "video/")


@dataclass(frozen=True, slots=True)
class _Refused:
    """An answer that is not sent. thread: None where the address is not ours. of_a_person: worth telling somebody."""

    thread: Found | None
    reference: str
    author: str
    why: str
    of_a_person: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class _Taken:
    """An answer that passed every check. given: its media, to be stored with it."""

    thread: Found
    reference: str
    author: str
    ready: Ready
    at: datetime


class Answers:
    """See the module's docstring."""

    def __init__(self, config: MailConfig, database: Database, door: Door) -> None:
        self._config = config
        self._database = database
        self._door = door

    def take(self, token: Token, told: InboundContent, envelope: Envelope, at: datetime) -> Future[None]:
        """Send an answer; the future is done when it, or its refusal, is on disk.

        Raises Forbidden, BadInput, RefusedByPolicy: it is refused, and its author is proved to be that and may hear it.
        QueueFull, StoreError: not now.
        """
        author = mail_checks.author(envelope)
        unproved = mail_checks.not_proved(envelope, author, self._config.authserv_id)
        with self._database.reading() as conn:
            thread = mail_threads.found(conn, token, at)
            try:
                self._checked(conn, thread, told, envelope, author, unproved, at)
                assert thread is not None
                if _known(conn, thread.id, told.reference):
                    return done()
                text, media = self._said(conn, thread, told)
            except (Forbidden, BadInput) as no:
                return self._refused(thread, told, author, no, unproved, envelope, at)
        try:
            ready = self._door.read(self._asked(thread, told, author, text, media, at))
        except (BadInput, RefusedByPolicy) as no:
            return self._refused(thread, told, author, no, unproved, envelope, at)
        taken = _Taken(thread, told.reference, author, ready, at)
        return self._database.writer.put(self._send, taken)

    def _checked(
        self,
        conn: Connection,
        thread: Found | None,
        told: InboundContent,
        envelope: Envelope,
        author: str,
        unproved: str | None,
        at: datetime,
    ) -> None:
        """Every check about the mail itself, before its words are looked at. Raises Forbidden, BadInput."""
        config = self._config
        if thread is None:
            raise Forbidden("there is no such address: it was revoked, or never was ours", code="mail_token_wrong")
        if (why := mail_checks.by_a_machine(envelope, config.domain)) is not None:
            raise Forbidden(why, code="mail_automatic")
        if thread.expired:
            raise Forbidden("the time for answers to that mail is over: write from the inbox", code="mail_token_old")
        may = mail_threads.told(conn, thread.id)
        if (why := mail_checks.not_allowed(author, may, config.operators, config.same_domain)) is not None:
            raise Forbidden(why, code="mail_stranger")
        if unproved is not None:
            raise Forbidden(unproved, code="mail_unproved")
        if envelope.size > mail_checks.MOST_OCTETS:
            raise Forbidden(f"the mail has {envelope.size} octets, and 5 MB are the most", code="mail_too_large")
        if len(told.content.parts) > mail_checks.MOST_PARTS:
            raise Forbidden(f"the mail has more than {mail_checks.MOST_PARTS} parts", code="mail_too_large")
        if _sent_lately(conn, thread.id, at) >= config.answers_per_hour:
            says = f"{config.answers_per_hour} answers went to {thread.address} within the hour, which is the most"
            raise Forbidden(says, code="mail_too_many")

    def _said(self, conn: Connection, thread: Found, told: InboundContent) -> tuple[str, list[ContentPart]]:
        """The new words, and the pictures, sounds and videos that are meant. Raises BadInput."""
        text = words(told.content.parts)
        theirs = _theirs(conn, thread.address)
        media = [
            part
            for part in told.content.parts
            if part.media_type.startswith(_MEDIA)
            and not (part.content_id and len(part.data) < DECORATION)
            and hashlib.sha256(part.data).hexdigest() not in theirs  # what we sent comes back within the quote
        ]
        if not text and not media:
            raise BadInput([_fault("nothing new is in the mail above what it quotes: write above the quote")])
        return text, media

    def _asked(
        self, thread: Found, told: InboundContent, author: str, text: str, media: Sequence[ContentPart], at: datetime
    ) -> Asked:
        """Raises BadInput for media that we do not pass on."""
        given = [store.examined(part.data, at) for part in media]
        ids = [one.medium.sha256 for one in given]
        if given:
            self._database.writer.put_all(store.take, given)[-1].result(60)
        return Asked(
            thread.address,
            "" if ids else text,
            CLIENT,
            client_ref=f"{thread.id}:{hashlib.sha256(told.reference.encode()).hexdigest()[:40]}",
            purpose="conversational",
            reply_to=thread.inbound_id,
            allow_duplicate=True,
            metadata={"mail_from": author},
            content=contents.of_media(ids, text) if ids else None,
        )

    def _send(self, conn: Connection, batch: list[_Taken]) -> list[SmsgwError | None]:
        """Writer step: store the message with the note that this mail was answered by it: both, or neither."""
        return [self._send_one(conn, one) for one in batch]

    def _send_one(self, conn: Connection, one: _Taken) -> SmsgwError | None:
        if _known(conn, one.thread.id, one.reference):
            return None
        [stored] = self._door.store(conn, [one.ready])
        if isinstance(stored, RefusedByPolicy):
            note(conn, _Refused(one.thread, one.reference, one.author, str(stored), True, one.at), self._config)
        if isinstance(stored, SmsgwError):
            return stored
        if not isinstance(stored, Accepted):
            raise stored
        id = str(stored.row["id"])
        _remember(conn, one.thread.id, one.reference, one.author, id, "sent", one.at)
        mail_threads.heard(conn, one.thread.id, one.reference)
        if one.thread.inbound_id is not None:
            why = f"answered by mail by {one.author}"
            seen = conversations.Seen(one.thread.address, one.thread.inbound_id, CLIENT, why, one.at)
            if conversations.handled(conn, [seen])[0]:
                summary_again(conn, [(self._door, Answered(one.thread.address, id, one.at))])
        return None

    def _refused(
        self,
        thread: Found | None,
        told: InboundContent,
        author: str,
        no: SmsgwError,
        unproved: str | None,
        envelope: Envelope,
        at: datetime,
    ) -> Future[None]:
        """Write a refusal down; tell its author only if that is known to be the author."""
        log.warning("an answer by mail from %s is not sent: %s", author or "nobody", no)
        person = mail_checks.by_a_machine(envelope, self._config.domain) is None
        noted = _Refused(thread, told.reference, author, str(no), person, at)
        future = self._database.writer.put(self._note, noted)
        if unproved is None:
            future.result(60)
            raise no
        return future

    def _note(self, conn: Connection, batch: list[_Refused]) -> list[None]:
        for one in batch:
            note(conn, one, self._config)
        return [None] * len(batch)


def note(conn: Connection, one: _Refused, config: MailConfig) -> None:
    """Write a refusal down where people look: with the conversation, and in a letter to the operators."""
    if one.thread is None or _known(conn, one.thread.id, one.reference, refused=True):
        return
    _remember(conn, one.thread.id, one.reference, one.author, None, one.why, one.at)
    if not one.of_a_person:
        return
    says = f"an answer by mail from {one.author or 'nobody'} was not sent: {one.why}"
    if one.thread.inbound_id is not None:
        history.note(conn, INBOUND, "mail_refused", [history.Step(one.thread.inbound_id, says)], by=CLIENT, now=one.at)
    if _refused_lately(conn, one.at) <= NOTICES_AN_HOUR and config.sends:
        body = f"{says}\n\nThe conversation: {one.thread.address}\nThe mail: {one.reference}\n"
        reference = f"refused:{hashlib.sha256(f'{one.thread.id} {one.reference}'.encode()).hexdigest()[:40]}"
        subject = f"Not sent to {one.thread.address}"
        mail.write(conn, [mail.Letter(reference, to, subject, body) for to in config.operators], one.at)


def words(parts: Sequence[ContentPart]) -> str:
    """What somebody newly wrote in a mail."""
    body = next((part for part in parts if part.media_type in ("text/plain", "text/html") and not part.name), None)
    if body is None:
        return ""
    text = body.data.decode(body.charset or "utf-8", "replace")
    return mail_quotes.newest(mail_quotes.words_of_html(text) if body.media_type == "text/html" else text)


def done() -> Future[None]:
    """What there is nothing more to do for."""
    future: Future[None] = Future()
    future.set_result(None)
    return future


def _fault(says: str) -> Fault:
    return Fault("/text", "text_missing", says)


def _known(conn: Connection, thread: int, reference: str, *, refused: bool = False) -> bool:
    """Whether a mail was answered by a message before; refused: or was refused. What was refused may be tried again."""
    a = mail_answer.c
    query = select(a.id).where(a.thread_id == thread, a.message_id == storable(reference, 254))
    return conn.execute(query if refused else query.where(a.sent_id.is_not(None))).first() is not None


def _remember(
    conn: Connection, thread: int, reference: str, author: str, sent: str | None, why: str, at: datetime
) -> None:
    a = mail_answer.c
    conn.execute(delete(mail_answer).where(a.thread_id == thread, a.message_id == storable(reference, 254)))
    conn.execute(
        insert(mail_answer).values(
            thread_id=thread, message_id=storable(reference, 254), sender=storable(author, 254), sent_id=sent,
            why=storable(why, 500), at=at,
        )
    )  # fmt: skip


def _sent_lately(conn: Connection, thread: int, at: datetime) -> int:
    a = mail_answer.c
    sent = select(func.count()).where(a.thread_id == thread, a.at > at - timedelta(hours=1), a.sent_id.is_not(None))
    return conn.scalar(sent) or 0


def _refused_lately(conn: Connection, at: datetime) -> int:
    a = mail_answer.c
    return conn.scalar(select(func.count()).where(a.at > at - timedelta(hours=1), a.sent_id.is_(None))) or 0


def _theirs(conn: Connection, address: str) -> set[str]:
    """The hashes of media that this customer sent lately."""
    m = inbound_medium.c
    query = select(m.sha256).join(inbound, inbound.c.id == m.inbound_id).where(inbound.c.sender == address)
    return set(conn.scalars(query.order_by(inbound.c.id.desc()).limit(200)))
