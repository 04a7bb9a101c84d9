"""What the law gives a person: a copy of everything, being forgotten, and knowing who looked; and a hold against both.

Forgetting keeps the books: a message stays as a line with its cost and its country, without number and words. A keyed
digest of the number stays on the suppression list, so that no later list brings the person back, and in the ledger of
consent, so that it can still be proved to whoever shows the number.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers
from sqlalchemy import Connection, String, Table, cast, delete, insert, or_, select, update

from ..access import audit
from ..errors import BadInput, Conflict, Fault, NotFound, SmsgwError
from ..store import history
from ..store.database import Writer
from ..store.tables import (
    access_log,
    auto_answer,
    budget,
    call,
    campaign,
    capability,
    capability_sign,
    consent,
    consent_answer,
    conversation,
    customer,
    customer_total,
    expectation,
    import_line,
    inbound,
    inbound_part,
    inquiry,
    mail,
    mail_answer,
    mail_thread,
    message,
    opt_in,
    order,
    participant,
    plan_person,
    refusal,
    suspected_stop,
    talk,
    target,
    unreachable,
)
from ..store.tables.types import AnyRow
from . import customers, forgetting
from .consent.consent import Statement
from .consent.stop import withdraw
from .consent.suppression import digest, make_key, suppress
from .customers import Person
from .importing.compare import FORGOTTEN


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done about a person: for erase, hold and release. why: of a hold."""

    id: str
    by: str
    at: datetime
    why: str = ""


def seen(conn: Connection, batch: list[tuple[str, str, str, datetime]]) -> list[None]:
    """Writer step: write down who looked: customer, what ("seen", "exported", …), by whom, when."""
    if batch:
        rows = [{"customer_id": id, "what": what, "by": by, "at": at} for id, what, by, at in batch]
        conn.execute(insert(access_log), rows)
        audit.tell(conn, [_line(*one) for one in batch if one[1] != "seen"])
    return [None] * len(batch)


def _line(id: str, what: str, by: str, at: datetime) -> audit.Line:
    verb = f"customer.{what.replace(' ', '_')}"
    says = {"exported": "a copy of all that is kept of a customer was taken", "erased": "a customer was forgotten"}
    return audit.Line(by, verb[:40], says.get(what, f"of a customer: {what}"), at, "customer", id)


def accesses(conn: Connection, id: str, limit: int = 200) -> list[AnyRow]:
    """Who looked at a customer, newest first; also when the customer is forgotten already."""
    query = select(access_log).where(access_log.c.customer_id == id)
    return list(conn.execute(query.order_by(access_log.c.id.desc()).limit(limit)))


def held(conn: Connection, limit: int = 200) -> list[AnyRow]:
    """Customers under a legal hold (id, name, hold_why, hold_by, hold_at), the newest hold first."""
    c = customer.c
    query = select(c.id, c.name, c.hold_why, c.hold_by, c.hold_at).where(c.hold_at.is_not(None))
    return list(conn.execute(query.order_by(c.hold_at.desc(), c.id).limit(limit)))


def hold(writer: Writer, act: Act) -> None:
    """Put a customer under a legal hold: nothing is forgotten while it stands. Raises NotFound, BadInput."""
    if not act.why.strip() or len(act.why) > 500:
        raise BadInput([Fault("/why", "why_missing", "say why, in 1 to 500 letters: a court's number, a claim")])
    writer.do(_hold, act)


def release(writer: Writer, act: Act) -> None:
    """Lift a legal hold. Raises NotFound."""
    writer.do(_release, act)


def _hold(conn: Connection, batch: list[Act]) -> list[Exception | None]:
    return [_set_hold(conn, act, "held", hold_why=act.why, hold_by=act.by, hold_at=act.at) for act in batch]


def _release(conn: Connection, batch: list[Act]) -> list[Exception | None]:
    return [_set_hold(conn, act, "hold lifted", hold_why=None, hold_by=None, hold_at=None) for act in batch]


def _set_hold(conn: Connection, act: Act, what: str, **values: Any) -> Exception | None:
    try:
        id = customers.get(conn, act.id).id
    except NotFound as missing:
        return missing
    conn.execute(update(customer).where(customer.c.id == id).values(**values, revision=customer.c.revision + 1))
    seen(conn, [(id, what, act.by, act.at)])
    return None


def erase(writer: Writer, act: Act) -> dict[str, int]:
    """Forget a person; returns how many records of each kind lost their words.

    Raises NotFound, Conflict (`legal_hold`).
    """
    return writer.do(_erase, act, timeout=600)


def _erase(conn: Connection, batch: list[Act]) -> list[dict[str, int] | Exception]:
    results: list[dict[str, int] | Exception] = []
    for act in batch:
        try:
            results.append(_forget(conn, act))
        except SmsgwError as wrong:
            results.append(wrong)
    return results


def _forget(conn: Connection, act: Act) -> dict[str, int]:
    person = customers.get(conn, act.id)
    held = select(customer.c.id).where(
        or_(customer.c.id == person.id, customer.c.merged_into == person.id), customer.c.hold_at.is_not(None)
    )
    if conn.scalar(held) is not None:
        says = f"{person.id} is under a legal hold: {person.row.hold_why or 'of a customer merged into it'}"
        raise Conflict(says, code="legal_hold", hint="lift the hold first, if the law allows it")
    addresses = [one.address for one in person.addresses]
    _stop(conn, addresses, act)
    found = _clear(conn, person, addresses)
    secret = make_key(conn)
    for one in addresses:
        _unname(conn, one, digest(secret, one))
    suppress(conn, addresses, FORGOTTEN, act.by, act.at, reach="marketing", hinted=False)
    merged = list(conn.scalars(select(customer.c.id).where(customer.c.merged_into == person.id)))
    _forget_card(conn, [person.id, *merged], addresses)
    seen(conn, [(person.id, "erased", act.by, act.at)])
    history.happened(conn, "customer", "erased", [person.id, *merged], f"by {act.by}", by=act.by, now=act.at)
    return found


def _stop(conn: Connection, addresses: Sequence[str], act: Act) -> None:
    """What still waits to be sent to them is refused."""
    words = "asked to be forgotten"
    withdraw(conn, [Statement(one, False, words, act.at, "clerk", act.by) for one in addresses], act.at)


def _clear(conn: Connection, person: Person, addresses: Sequence[str]) -> dict[str, int]:
    """Clear the words of everything that was said with these addresses."""
    sources = {
        "messages": (message.c.recipient, message.c.id, forgetting.messages),
        "texts": (inbound.c.sender, inbound.c.id, forgetting.texts),
        "calls": (call.c.caller, call.c.id, forgetting.calls),
        "talks": (talk.c.number, talk.c.id, forgetting.talks),
        "orders": (order.c.address, order.c.id, forgetting.orders),
        "inquiries": (inquiry.c.address, inquiry.c.id, forgetting.inquiries),
    }
    for other in (auto_answer, participant):
        forgetting.tales(conn, list(conn.scalars(select(other.c.id).where(other.c.address.in_(addresses)))))
    found: dict[str, int] = {}
    for kind, (address, id, clear) in sources.items():
        ids = list(conn.scalars(select(id).where(address.in_(addresses))))
        clear(conn, ids)
        found[kind] = len(ids)
    return found


NOBODY = 1_000_000_000  # a series of addresses for answers that none was ever made for: those out there are not good
# Where a number stands and must give way to something that means nobody, alike in no two tables.
_NUMBERS: tuple[tuple[Table, str, dict[str, Any]], ...] = (
    (order, "address", {}),
    (inquiry, "address", {}),
    (expectation, "address", {"payload": {}}),
    (auto_answer, "address", {"text": "", "why": forgetting.GONE}),
    (participant, "address", {"why": forgetting.GONE}),
    (budget, "subject", {}),
    (consent_answer, "address", {"text": "", "why": None}),
    (suspected_stop, "address", {"words": ""}),
    (target, "address", {"customer_id": None, "says": None}),
    (plan_person, "recipient", {}),
    (mail_thread, "address", {"last_mail": None, "inbound_id": None, "series": NOBODY}),
    (customer_total, "customer", {}),
)


def _unname(conn: Connection, one: str, told: str) -> None:
    """Take an address out of every record. told: what stands for it in the ledger."""
    country = _country(one)
    _set(conn, message, "recipient", one, recipient=country)
    _set(conn, inbound, "sender", one, sender=country)
    _set(conn, inbound_part, "sender", one, sender=country, user_data=b"")
    _set(conn, refusal, "recipient", one, recipient=country, says=forgetting.GONE)
    _set(conn, mail, "recipient", one, recipient=forgetting.GONE, subject=forgetting.GONE, body="")
    _set(conn, consent, "address", one, address=told, words="", note=None, customer_id=None)
    _set(conn, opt_in, "address", one, address=told, words="")
    theirs = select(mail_thread.c.id).where(mail_thread.c.address == one)
    conn.execute(update(mail_answer).where(mail_answer.c.thread_id.in_(theirs)).values(why=forgetting.GONE))
    for table, column, values in _NUMBERS:
        _set(conn, table, column, one, **{column: f"~{secrets.token_hex(8)}"}, **values)
    conn.execute(delete(unreachable).where(unreachable.c.address == one))
    conn.execute(delete(capability).where(capability.c.number == one))
    conn.execute(delete(capability_sign).where(capability_sign.c.number == one))
    conn.execute(delete(conversation).where(conversation.c.number == one))
    listed = cast(campaign.c.audience, String).contains(f'"{one}"', autoescape=True)
    for row in conn.execute(select(campaign.c.id, campaign.c.audience).where(listed)).all():
        numbers = [number for number in row.audience.get("numbers", ()) if number != one]
        audience = row.audience | {"numbers": numbers}
        conn.execute(update(campaign).where(campaign.c.id == row.id).values(audience=audience))


def _set(conn: Connection, table: Table, column: str, was: str, **values: Any) -> None:
    conn.execute(update(table).where(table.c[column] == was).values(**values))


def _country(number: str) -> str:
    """What is left of a number for the books: its country's code, as +386."""
    try:
        return f"+{phonenumbers.parse(number).country_code}"
    except phonenumbers.NumberParseException:
        return forgetting.GONE


def _forget_card(conn: Connection, ids: Sequence[str], addresses: Sequence[str]) -> None:
    """The customer itself, with notes, tags, groups and merges; what lists said of it; the sums of what it cost."""
    told = cast(import_line.c.told, String)
    spoken = [told.contains(f'"{one}"', autoescape=True) for one in addresses]
    conn.execute(
        update(import_line)
        .where(or_(import_line.c.customer_id.in_(ids), *spoken))
        .values(told=None, changes=None, why=None, customer_id=None)
    )
    for id in ids:
        _set(conn, target, "customer_id", id, customer_id=None)
        _set(conn, consent, "customer_id", id, customer_id=None)
        _set(conn, customer_total, "customer", id, customer=f"~{secrets.token_hex(8)}")
        _set(conn, budget, "subject", id, subject=f"~{secrets.token_hex(8)}")
    conn.execute(delete(customer).where(customer.c.id.in_(ids)))
