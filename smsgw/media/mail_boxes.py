"""Tell mailboxes of what came in: who is told of what, written in the transaction that stores it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from ..config import BoxConfig, MailConfig
from ..errors import BadInput
from ..store.tables import address, customer, mail
from ..text.mail_address import domain_of, read_mail
from ..text.wording import wording
from .mail import Letter, message_id, write
from .mail_threads import address_for, opened

KINDS = {"mms": "mms", "text": "sms", "flash": "sms", "mail": "mail"}
WORDS = {"mms": "MMS", "sms": "SMS", "mail": "Mail"}


@dataclass(frozen=True, slots=True)
class _Person:
    """What is known of who wrote."""

    name: str
    fields: Mapping[str, Any]


class Boxes:
    """See the module's docstring; of one configuration."""

    def __init__(self, config: MailConfig, language: str = "en") -> None:
        """language: of the subjects."""
        self._config = config
        self._language = language
        self._kinds = {what for box in config.boxes for what in box.what} if config.sends else set()

    def tell(self, conn: Connection, texts: Sequence[Mapping[str, Any]], now: datetime) -> int:
        """Writer step: write the letters about what came in (rows of `inbound`); returns how many."""
        told = [text for text in texts if KINDS.get(str(text["kind"])) in self._kinds]
        if not told:
            return 0
        people = _people(conn, {str(text["sender"]) for text in told})
        letters: list[Letter] = []
        for text in told:
            person = people.get(str(text["sender"]), _Person("", {}))
            if to := self.recipients(text, person.fields):
                letters += self._letters(conn, text, person, to, now)
        return write(conn, letters, now)

    def recipients(self, text: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
        """Who is told of this text, each once. fields: of the customer who sent it."""
        found: list[str] = []
        for box in self._config.boxes:
            if _is_for(box, text):
                owner = _owner(box, fields)
                found += box.to if owner is None else [owner]
        return list(dict.fromkeys(found))

    def _letters(
        self, conn: Connection, text: Mapping[str, Any], person: _Person, to: Iterable[str], now: datetime
    ) -> list[Letter]:
        config, sender = self._config, str(text["sender"])
        thread = opened(conn, sender, now, timedelta(days=config.answer_days), str(text["id"]))
        answer_to = bounce_to = None
        if config.domain is not None:
            answer_to = address_for(conn, "r", thread, config.domain, now)
            bounce_to = address_for(conn, "b", thread, config.domain, now)
        what = WORDS[KINDS[str(text["kind"])]]
        return [
            Letter(
                reference=str(text["id"]),
                recipient=one,
                subject=wording("mail_subject", self._language).format(what=what, name=person.name or sender),
                body="",
                inbound_id=str(text["id"]),
                thread_id=thread.id,
                answer_to=answer_to,
                bounce_to=bounce_to,
                follows=" ".join(filter(None, [_before(conn, thread.id, one, config), thread.last_mail])) or None,
            )
            for one in to
            if domain_of(one) != config.domain  # a mailbox there would be told of its own answers
        ]


def _is_for(box: BoxConfig, text: Mapping[str, Any]) -> bool:
    if KINDS[str(text["kind"])] not in box.what:
        return False
    if box.numbers and text["recipient"] not in box.numbers:
        return False
    first = re.match(r"\W*(\w+)", str(text["text"]))
    return not box.keywords or (first is not None and first[1].casefold() in {w.casefold() for w in box.keywords})


def _owner(box: BoxConfig, fields: Mapping[str, Any]) -> str | None:
    """The mail address of who looks after a customer, where the box asks for it and it is one."""
    written = fields.get(box.owner_field or "")
    if not isinstance(written, str) or not written.strip():
        return None
    try:
        return read_mail(written)
    except BadInput:
        return None


def _people(conn: Connection, numbers: set[str]) -> dict[str, _Person]:
    rows = conn.execute(
        select(address.c.address, customer.c.name, customer.c.fields)
        .join_from(address, customer, address.c.customer_id == customer.c.id)
        .where(address.c.address.in_(numbers))
    )
    return {row.address: _Person(row.name, row.fields or {}) for row in rows}


def _before(conn: Connection, thread: int, recipient: str, config: MailConfig) -> str | None:
    """The Message-ID of the letter before, to the same mailbox about the same conversation."""
    m = mail.c
    query = select(m.id).where(m.thread_id == thread, m.recipient == recipient).order_by(m.id.desc()).limit(1)
    before = conn.scalar(query)
    return None if before is None else message_id(before, config)
