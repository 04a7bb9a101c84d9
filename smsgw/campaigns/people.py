"""Whom a campaign is about: a rule over customers, a list of numbers, or those of another campaign, piece by piece.

An audience is JSON: {"rule": RULE} or the same in words, {"numbers": ["+386…"]}; of a run by date also {"date":
{"field", "day", "yearly"}}; of a follow-up {"of": CAMPAIGN, "who": "silent" or "unreached"}. Every kind is read in the
order of a mark, so that reading can go on where it ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, or_, select

from ..customers import audience as rules
from ..customers import customers, segments
from ..errors import BadInput, Fault
from ..store.ids import first_id
from ..store.tables import address, campaign, customer, inbound, message, target
from ..store.tables.types import AnyRow
from ..text.number import read_number
from .facts import Person
from .occurrences import anniversaries

Audience = Mapping[str, Any]
MOST_NUMBERS = 100_000
UNREACHED = ("undelivered", "failed", "expired")
ARRIVED = ("sent", "delivered")
LAST = 30  # the place of the last letter in a customer's id, which is one by chance


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the people, and the mark behind which the others come; None when these were the last."""

    people: list[Person]
    mark: str | None


def check(conn: Connection, audience: Any, region: str | None) -> Audience:
    """The audience in its one form. Raises BadInput with every mistake."""
    if not isinstance(audience, Mapping) or len({"rule", "numbers"} & set(audience)) != 1 or len(audience) != 1:
        says = 'say who: {"rule": {"segment": "Regulars"}}, or {"numbers": ["+38640111222"]}'
        raise BadInput([Fault("/audience", "audience_missing", says)])
    if "rule" in audience:
        try:
            return {"rule": segments.read(conn, audience["rule"])}
        except BadInput as wrong:
            raise BadInput([Fault(f"/audience{f.pointer}", f.code, f.detail) for f in wrong.faults]) from wrong
    return {"numbers": _numbers(audience["numbers"], region)}


def _numbers(written: Any, region: str | None) -> list[str]:
    if not isinstance(written, list) or not written or len(written) > MOST_NUMBERS:
        says = f"numbers are a list of 1 to {MOST_NUMBERS}: for more, import them as customers"
        raise BadInput([Fault("/audience/numbers", "numbers_wrong", says)])
    found, faults = [], []
    for place, one in enumerate(written):
        try:
            found.append(read_number(str(one), region))
        except BadInput as wrong:
            faults += [Fault(f"/audience/numbers/{place}", fault.code, fault.detail) for fault in wrong.faults]
    if faults:
        raise BadInput(faults[:100])
    return found


def count(conn: Connection, audience: Audience, now: datetime) -> int | None:
    """How many a rule is about; None for the other kinds, which were counted when they were written or frozen."""
    if "rule" not in audience:
        return None
    return conn.scalar(select(func.count()).select_from(_of_rule(conn, audience, None, now).subquery()))


def pieces(conn: Connection, audience: Audience, now: datetime, size: int, letters: str = "") -> Iterator[list[Person]]:
    """Everybody, `size` at a time. letters: of a rule only those whose id ends in one of these: a sample by chance."""
    mark = None
    while True:
        piece = after(conn, audience, mark, size, now, letters=letters)
        if piece.people:
            yield piece.people
        if piece.mark is None:
            return
        mark = piece.mark


def after(
    conn: Connection,
    audience: Audience,
    mark: str | None,
    most: int,
    now: datetime,
    *,
    bare: bool = False,
    letters: str = "",
) -> Piece:
    """Those behind a mark (None: from the beginning), at most so many. bare: without names and fields."""
    if "numbers" in audience:
        return _of_list(conn, audience["numbers"], int(mark or 0), most)
    if "of" in audience:
        return _of_campaign(conn, audience, int(mark or 0), most)
    query = _of_rule(conn, audience, mark, now)
    if not bare:
        query = query.add_columns(customer.c.name, customer.c.fields)
    if letters:
        query = query.where(func.substr(customer.c.id, LAST, 1).in_(list(letters)))
    rows = conn.execute(query.limit(most)).all()
    if bare:
        people = [Person(row[0], row[1] or "", row[2], channel=row[4]) for row in rows]
    else:
        people = [_person(row) for row in rows]
    return Piece(people, rows[-1].customer_id if len(rows) == most else None)


def _of_rule(conn: Connection, audience: Audience, mark: str | None, now: datetime) -> Select[Any]:
    query = rules.select(conn, audience["rule"], now, after=mark)
    return _on_the_day(query, audience["date"]) if "date" in audience else query


def _person(row: AnyRow) -> Person:
    return Person(row.customer_id, row.address or "", row.language, row.name or "", row.fields or {}, row.channel)


def _on_the_day(query: Select[Any], told: Mapping[str, Any]) -> Select[Any]:
    """Only those whose date is the one of the run."""
    column, day = customer.c.fields[told["field"]].as_string(), date.fromisoformat(told["day"])
    if not told["yearly"]:
        return query.where(column == day.isoformat())
    return query.where(or_(*(column.endswith(ending) for ending in anniversaries(day))))


def of_numbers(conn: Connection, numbers: Sequence[str]) -> list[Person]:
    """Who has each of these numbers, as far as anybody is known."""
    return _of_list(conn, numbers, 0, len(numbers)).people


def _of_list(conn: Connection, numbers: Sequence[str], begin: int, most: int) -> Piece:
    some = numbers[begin : begin + most]
    known = customers.of(conn, some)
    people = []
    for number in some:
        row = known.get(number)
        if row is None:
            people.append(Person(None, number))
        else:
            people.append(Person(row.id, number, row.language, row.name, row.fields or {}, row.channel))
    return Piece(people, str(begin + most) if begin + most < len(numbers) else None)


def _of_campaign(conn: Connection, audience: Audience, mark: int, most: int) -> Piece:
    """Those of another campaign who did not answer, or whom it did not reach."""
    began = conn.scalar(select(campaign.c.started_at).where(campaign.c.id == audience["of"]))
    t, m = target.c, message.c
    query = (
        select(t.id, t.customer_id, t.address, t.language, customer.c.name, customer.c.fields, customer.c.channel)
        .join_from(target, message, m.id == t.message_id)
        .outerjoin(customer, customer.c.id == t.customer_id)
        .where(t.campaign_id == audience["of"], t.id > mark)
        .order_by(t.id)
        .limit(most)
    )
    if audience["who"] == "unreached":
        query = query.where(m.state.in_(UNREACHED))
    elif began is not None:
        since = inbound.c.id > first_id("in", began)
        answered = exists().where(inbound.c.sender == t.address, since)
        elsewhere = exists().where(address.c.customer_id == t.customer_id, inbound.c.sender == address.c.address, since)
        query = query.where(m.state.in_(ARRIVED), ~answered, ~elsewhere)
    rows = conn.execute(query).all()
    people = [replace(_person(row), target_id=row.id) for row in rows]
    return Piece(people, str(rows[-1].id) if len(rows) == most else None)


def with_their_own(conn: Connection, some: Sequence[Person]) -> list[Person]:
    """These people of a frozen audience with what is known of them now: name, fields, preferred channel."""
    ids = sorted({one.customer_id for one in some if one.customer_id is not None})
    known: dict[str | None, AnyRow] = {}
    for start in range(0, len(ids), 500):
        c = customer.c
        query = select(c.id, c.name, c.fields, c.channel).where(c.id.in_(ids[start : start + 500]))
        known.update((row.id, row) for row in conn.execute(query))
    return [
        one
        if (who := known.get(one.customer_id)) is None
        else replace(one, name=who.name, fields=who.fields or {}, channel=who.channel)
        for one in some
    ]


def words(conn: Connection, audience: Audience) -> str:
    """A rule in words, or how many numbers, or which people of another campaign."""
    if "rule" in audience:
        return segments.words(audience["rule"], rules.known(conn))
    return str(len(audience["numbers"])) if "numbers" in audience else str(audience["who"])


def has_number(person: Person) -> bool:
    """Whether there is a number to write to."""
    return bool(person.address) and "@" not in person.address
