"""May somebody be answered automatically? The brake on loops: machines, codes, our own numbers, and too much at once.

Everything that the gateway writes by itself in answer to a text asks here first: automatic answers, orders' summaries
and surveys' next questions. What is not answered is not lost: a person sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from sqlalchemy import Connection, bindparam, select

from ..store.ids import first_id
from ..store.tables import inbound, message
from ..text.mail_address import is_mail
from ..text.number import is_reachable
from .robots import folded, robots_words

AUTOMATIC = ("answers", "consent", "missed_call", "orders", "surveys")
"""The clients whose messages nobody wrote by hand: the `client` of everything that the gateway says by itself."""

MOST = 5  # automatic messages to one contact within an hour
HOUR = timedelta(hours=1)
ALIKE = 3  # texts in a row that say the same but for their digits, each after a text of ours: a machine
_M, _I = message.c, inbound.c
_OURS = (  # built once: every automatic answer asks it
    select(_M.text)
    .where(_M.recipient == bindparam("its_address"), _M.id > bindparam("since"), _M.client.in_(AUTOMATIC))
    .order_by(_M.id.desc())
    .limit(100)
)
_THEIRS = (
    select(_I.text)
    .where(_I.sender == bindparam("its_address"), _I.id > bindparam("since"), _I.kind == "text")
    .order_by(_I.id.desc())
    .limit(ALIKE)
)
_COSTLY = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether somebody may be answered automatically; if not, a stable code and why, in words."""

    may: bool
    code: str = ""
    why: str = ""


_YES = Verdict(True)


def may_answer(
    conn: Connection,
    sender: str,
    now: datetime,
    *,
    text: str = "",
    ours: Collection[str] = (),
    most: int = MOST,
) -> Verdict:
    """Whether an automatic message may go to who sent `text`. ours: the gateway's own numbers. most: in an hour.

    Codes: name, short_code, own_number, premium, robot, echo, alike, often.
    """
    return never(sender, text, ours) or _by_what_was(conn, sender, text, now, most) or _YES


def never(sender: str, text: str = "", ours: Collection[str] = ()) -> Verdict | None:
    """What forbids an automatic answer whatever was before: who it is, or a machine's words. None: nothing does."""
    return _to_whom(sender, ours) or _by_words(text)


def _to_whom(sender: str, ours: Collection[str]) -> Verdict | None:
    if sender in ours:
        return Verdict(False, "own_number", f"{sender} is a number of our own")
    if is_mail(sender):
        return None  # programs that write mails say so, and such mails do not come in
    if not is_reachable(sender):
        if sender.isdigit():
            return Verdict(False, "short_code", f"{sender} is a short code: programs have those")
        return Verdict(False, "name", f"{sender} is a name, to which nothing can be sent")
    if is_premium(sender):
        return Verdict(False, "premium", f"{sender} is a number that costs whoever writes to it")
    return None


def is_premium(number: str) -> bool:
    """Whether a number (E.164) costs more than others to write to, as far as the numbering plans tell."""
    try:
        return phonenumbers.number_type(phonenumbers.parse(number)) in _COSTLY
    except NumberParseException:
        return False


def _by_words(text: str) -> Verdict | None:
    said = robots_words(text)
    return None if said is None else Verdict(False, "robot", f"a machine seems to have written it: {said!r}")


def _by_what_was(conn: Connection, sender: str, text: str, now: datetime, most: int) -> Verdict | None:
    """What the last hour says: two machines that talk with each other, or simply too much."""
    ours = _automatic_texts(conn, sender, now - HOUR)
    if text and any(folded(text) == folded(one) for one in ours):
        return Verdict(False, "echo", f"{sender} sends our own words back")
    theirs = _texts_from(conn, sender, now - HOUR)
    if len(ours) >= ALIKE - 1 and len(theirs) >= ALIKE and len({_shape(one) for one in theirs[:ALIKE]}) == 1:
        return Verdict(False, "alike", f"{sender} sends the same again and again")
    if len(ours) >= most:
        return Verdict(False, "often", f"{len(ours)} automatic texts went to {sender} within the hour")
    return None


def _shape(text: str) -> str:
    return "".join("0" if letter.isdigit() else letter for letter in folded(text))


def _automatic_texts(conn: Connection, address: str, since: datetime) -> Sequence[str]:
    """What we sent there by ourselves, newest first."""
    return conn.scalars(_OURS, {"its_address": address, "since": first_id("msg", since)}).all()


def _texts_from(conn: Connection, address: str, since: datetime) -> Sequence[str]:
    """What came from there, newest first."""
    return conn.scalars(_THEIRS, {"its_address": address, "since": first_id("in", since)}).all()
