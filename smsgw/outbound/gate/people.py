"""The checks about who it goes to: suppression, STOP, consent, doubt, and how the person likes to be reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ...customers.consent import consent
from ...customers.consent.suppression import suppressed as on_the_list
from ...store.prepared import Prepared, among
from ...store.tables import address, customer, inbound, suspected_stop
from ...text.mail_address import is_mail
from .terms import MARKETING, Candidate, Go, Hold, Refuse, Rules, Verdict

REPLY_WINDOW = timedelta(hours=24)  # an answer to somebody who wrote within it passes also after a STOP
LOOK_AGAIN = timedelta(days=1)  # while a person has not decided

_WROTE = Prepared(
    select(inbound.c.id, inbound.c.sender).where(
        among(inbound.c.id), inbound.c.received_at > bindparam("since", type_=inbound.c.received_at.type)
    )
)
_DOUBTS = Prepared(
    select(suspected_stop.c.address, suspected_stop.c.words).where(
        among(suspected_stop.c.address, "addresses"), suspected_stop.c.decided_at.is_(None)
    )
)
_WISHES = Prepared(
    select(address.c.address, customer.c.zone, customer.c.channel)
    .join_from(address, customer, address.c.customer_id == customer.c.id)
    .where(among(address.c.address, "addresses"))
)
_theirs = select(address.c.customer_id).where(address.c.kind == "email").subquery()
_CHANNELS = {"email": "by e-mail", "call": "by telephone", "sms": "by text", "mms": "by MMS"}
_MAILS = Prepared(
    select(address.c.address)
    .join_from(address, customer, address.c.customer_id == customer.c.id)
    .where(among(address.c.address, "addresses"), customer.c.id.in_(select(_theirs.c.customer_id)))
)


def marketing(batch: Sequence[Candidate]) -> list[int]:
    """The places of those that are marketing."""
    return [index for index, c in enumerate(batch) if c.purpose == MARKETING]


def suppressed(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Nothing goes to an address on the suppression list, but an answer to what it wrote within the last day."""
    if not rules.facts.suppressions:
        return {}
    listed = on_the_list(conn, {c.recipient for c in batch})
    meant = {
        index: listed[c.recipient]
        for index, c in enumerate(batch)
        if c.recipient in listed and (c.purpose == MARKETING or listed[c.recipient].reach == "everything")
    }
    if not meant:
        return {}
    answering = wrote_lately(conn, (batch[index] for index in meant), now)
    return {
        index: Refuse(
            "suppressed",
            f"{batch[index].recipient} is on the suppression list ({no.why}): take it off first, if that is right",
        )
        for index, no in meant.items()
        if not is_answer(batch[index], answering)
    }


def opted_out(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Nothing goes to a number that said STOP, but an answer to what it wrote within the last day."""
    stopped = consent.withdrawn(conn, {c.recipient for c in batch})
    if not stopped:
        return {}
    answering = wrote_lately(conn, batch, now)
    return {
        index: Refuse(
            "recipient_opted_out",
            f"{consent.stop_words(stopped[c.recipient])}; "
            "only an answer to a text of theirs from the last 24 hours may go",
        )
        for index, c in enumerate(batch)
        if c.recipient in stopped and not is_answer(c, answering)
    }


def is_answer(c: Candidate, answering: set[str]) -> bool:
    """Whether it answers what its recipient wrote within the last day."""
    return c.purpose == "conversational" and c.reply_to in answering


def wrote_lately(conn: Connection, batch: Iterable[Candidate], now: datetime) -> set[str]:
    """The texts of the last day that these answer, if they are of those whom they answer."""
    asked = {c.reply_to: c.recipient for c in batch if c.reply_to is not None}
    if not asked:
        return set()
    rows = _WROTE.run(conn, {"ids": list(asked), "since": now - REPLY_WINDOW})
    return {id for id, sender in rows if asked[id] == sender}


def agreed(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict | Go]:
    """Marketing goes only to those who said yes to its category, and have not taken that back."""
    answers: dict[int, Verdict | Go] = {}
    by_category: dict[str, list[int]] = {}
    for index in marketing(batch):
        wanted = batch[index].category
        known = rules.facts.categories.get(wanted or "")
        if wanted is None or known is None or not known.active:
            answers[index] = _no_category(wanted, rules)
        else:
            by_category.setdefault(wanted, []).append(index)
    for wanted, some in by_category.items():
        plain = consent.plain_yes(conn, {batch[index].recipient for index in some}, wanted)
        ledgers = consent.ledger(conn, {batch[index].recipient for index in some} - plain.keys())
        for index in some:
            recipient = batch[index].recipient
            yes = plain.get(recipient)
            if yes is not None:
                answers[index] = _because(yes.id, yes.day, yes.scope, yes.source)
            else:
                answers[index] = _weighed(recipient, ledgers.get(recipient, ()), wanted, rules, now)
    return answers


def _weighed(
    recipient: str, rows: Sequence[Mapping[str, Any]], category: str, rules: Rules, now: datetime
) -> Refuse | Go:
    """Whether marketing of a category may go to somebody with this ledger."""
    yes = consent.grant_of(rows, category, now, rules.soft_opt_in)
    if yes is not None:
        return _because(yes["id"], f"{yes['at']:%Y-%m-%d}", yes["purpose"], yes["source"])
    no = consent.objection(recipient, rows, category, now, rules.soft_opt_in)
    assert no is not None  # for there is no yes
    return Refuse(no.code, no.says)


def _because(id: int, day: str, scope: str, source: str) -> Go:
    """By which statement of the ledger it may go."""
    about = "everything" if scope == consent.EVERYTHING else scope
    return Go(f"consent: statement {id} of {day}, {about} ({source})")


def _no_category(wanted: str | None, rules: Rules) -> Refuse:
    there = ", ".join(sorted(code for code, one in rules.facts.categories.items() if one.active))
    there = f"there are: {there}" if there else "there is none yet: add one (smsgw consent categories)"
    if wanted is None:
        return Refuse("category_missing", f"marketing needs a category that its recipients agreed to; {there}")
    return Refuse("category_unknown", f"{wanted!r} is no category in use; {there}")


def doubted(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Marketing to somebody who may have said "leave me alone" waits until a person has read that."""
    places = marketing(batch)
    if not places:
        return {}
    found = dict(_DOUBTS.run(conn, {"addresses": list({batch[index].recipient for index in places})}))
    return {
        index: Hold(
            now + LOOK_AGAIN,
            f"{batch[index].recipient} wrote {found[batch[index].recipient][:40]!r}: "
            "a person must say whether that was a STOP",
        )
        for index in places
        if batch[index].recipient in found
    }


def wishes(conn: Connection, numbers: Iterable[str]) -> dict[str, tuple[str | None, str | None]]:
    """What is known of the customers with these numbers: their own time zone, and how they like to be reached."""
    rows = _WISHES.run(conn, {"addresses": list(numbers)})
    return {number: (zone, channel) for number, zone, channel in rows}


def channel(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Marketing goes only in the way in which its recipient asked to be reached: by text, by mail, not by telephone."""
    places = marketing(batch)
    if not places:
        return {}
    wished = wishes(conn, {batch[index].recipient for index in places})
    wrong = {
        index: str(how)
        for index in places
        if (how := wished.get(batch[index].recipient, (None, None))[1]) in _CHANNELS
        and not _as_wished(str(how), batch[index].recipient)
    }
    # Where mail is carried, the door writes to the mail address of who is asked about ahead (see `preferring`).
    ahead = [batch[i].recipient for i, how in wrong.items() if how == "email" and rules.mail and batch[i].link is None]
    by_mail = {row[0] for row in _MAILS.run(conn, {"addresses": ahead})} if ahead else set()
    return {
        index: Refuse(
            "channel_not_wanted",
            f"{batch[index].recipient} wants to be reached {_CHANNELS[how]}, "
            f"not {'by mail' if is_mail(batch[index].recipient) else 'by text'}: use that, "
            "or change what the customer wishes",
        )
        for index, how in wrong.items()
        if not (batch[index].recipient in by_mail and batch[index].link is None)
    }


def _as_wished(how: str, recipient: str) -> bool:
    return how == "email" if is_mail(recipient) else how in ("sms", "mms")
