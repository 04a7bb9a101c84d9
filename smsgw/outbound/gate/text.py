"""The checks about what is said: a way out in marketing, its length, and the same text to the same number twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, bindparam, select

from ...store.ids import first_id
from ...store.prepared import Prepared, among
from ...store.tables import message, message_content
from ...text.keywords import names_a_stop
from ..destinations import is_name
from .people import marketing
from .terms import Candidate, Refuse, Rules, Verdict

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S+", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d[\d\s/().-]{5,}\d")


def text(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Marketing must say how to end it, by a way that its sender can hear, and must not be longer than it may be.

    Every mail of it has a header and a link for that.
    """
    verdicts: dict[int, Verdict] = {}
    for index in marketing(batch):
        c = batch[index]
        if rules.marketing_parts and c.parts > rules.marketing_parts:
            says = f"marketing may take {rules.marketing_parts} parts, and this takes {c.parts}: shorten it"
            verdicts[index] = Refuse("text_too_long", says)
        elif rules.way_out and c.encoding not in ("octets", "mail") and not has_way_out(c.text, c.sender):
            verdicts[index] = Refuse("way_out_missing", _no_way_out(c.sender))
    return verdicts


@lru_cache(maxsize=1024)  # a campaign says the same to many
def has_way_out(words: str, sender: str | None) -> bool:
    """Whether a text says how to get no more of its kind: a stop word, or a link; a name as sender hears no word."""
    if _ADDRESS.search(words):
        return True
    if sender is not None and is_name(sender):
        return _NUMBER.search(words) is not None
    return names_a_stop(words)


def _no_way_out(sender: str | None) -> str:
    if sender is not None and is_name(sender):
        return f"nobody can answer {sender}: marketing must carry a link or a number by which it can be ended"
    return 'marketing must say how it can be ended, such as "STOP to end", or carry a link'


_LATELY = Prepared(
    select(message.c.id, message.c.recipient, message.c.text).where(
        among(message.c.recipient, "recipients"),
        message.c.created_at > bindparam("since", type_=message.c.created_at.type),
        message.c.id > bindparam("first"),
        *(message.c.state != state for state in ("refused", "cancelled", "failed")),
    )
)


def duplicate(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """The same text to the same number twice within the window is a slip, unless the caller says it is meant."""
    if not rules.duplicate_window:
        return {}
    guarded = [
        index
        for index, c in enumerate(batch)
        if not c.allow_duplicate and c.purpose != "conversational" and c.id is None
    ]
    earlier = _same_lately(conn, {batch[index].recipient for index in guarded}, rules, now)
    carried = {batch[index].recipient for index in guarded if batch[index].digest is not None}
    if carried:
        earlier |= _same_content_lately(conn, carried, rules, now)
    verdicts: dict[int, Verdict] = {}
    for index in guarded:
        c = batch[index]
        said = c.text if c.digest is None else c.digest  # the link of a page is another each time, what it shows is not
        twin = earlier.get((c.recipient, said))
        if twin is not None:
            what = "text" if c.digest is None else "content"
            verdicts[index] = Refuse(
                "duplicate_message",
                f"the same {what} went to {c.recipient} less than {rules.duplicate_window} seconds ago ({twin}); "
                "send it with allow_duplicate if it is meant",
            )
        else:
            earlier[(c.recipient, said)] = "in this batch"
    return verdicts


_CONTENT_LATELY = Prepared(
    select(message.c.id, message.c.recipient, message_content.c.digest)
    .join_from(message, message_content, message_content.c.message_id == message.c.id)
    .where(
        among(message.c.recipient, "recipients"),
        message.c.created_at > bindparam("since", type_=message.c.created_at.type),
        message.c.id > bindparam("first"),
        message_content.c.instead_of.is_(None),
        *(message.c.state != state for state in ("refused", "cancelled", "failed")),
    )
)


def _same_content_lately(
    conn: Connection, recipients: set[str], rules: Rules, now: datetime
) -> dict[tuple[str, str], str]:
    since = now - timedelta(seconds=rules.duplicate_window)
    values = {"recipients": list(recipients), "since": since, "first": first_id("msg", since)}
    return {(recipient, digest): id for id, recipient, digest in _CONTENT_LATELY.run(conn, values)}


def _same_lately(conn: Connection, recipients: set[str], rules: Rules, now: datetime) -> dict[tuple[str, str], str]:
    if not recipients:
        return {}
    # Ids sort by time, so the index (recipient, id) finds the youngest without touching a long history.
    since = now - timedelta(seconds=rules.duplicate_window)
    values = {"recipients": list(recipients), "since": since, "first": first_id("msg", since)}
    return {(recipient, text): id for id, recipient, text in _LATELY.run(conn, values)}
