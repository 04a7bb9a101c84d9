"""Who is meant by a rule: compiled to SQL, counted, and given in the order of their ids, on both engines alike.

Every condition looks outward from one customer through an index, so that a large audience can be taken in pieces
(`after`, `upto`) and each piece costs what it holds. None of them is ever NULL, so "not" means not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, exists, false, func, not_, or_, true
from sqlalchemy import select as look

from ..store.ids import first_id
from ..store.tables import (
    address,
    call,
    category,
    consent,
    customer,
    customer_group,
    customer_tag,
    group_member,
    inbound,
    message,
    order,
    order_line,
    segment,
)
from . import rule as rules
from .consent.consent import EVERYTHING, MARKETING
from .fields import defined, fold
from .rule import Known, Rule

Condition = ColumnElement[bool]
BOUGHT = ("confirmed", "fulfilled")
_mail = address.alias("mail")
own = address.alias("own")  # inside a condition; the query around it may look at addresses of its own
SCALE = 1000  # customers that one look goes through


def known(conn: Connection) -> Known:
    """What rules can speak of, as the store has it."""
    groups = conn.execute(look(customer_group.c.id, customer_group.c.name)).all()
    segments = conn.execute(look(segment.c.id, segment.c.name, segment.c.rule)).all()
    return Known(
        defined(conn),
        {row.id: row.name for row in groups},
        {row.id: row.rule for row in segments},
        {fold(row.name): row.id for row in groups},
        {fold(row.name): row.id for row in segments},
        {row.id: row.name for row in segments},
        frozenset(conn.scalars(look(category.c.code))),
    )


def check(conn: Connection, rule: Any, pointer: str = "/rule") -> Rule:
    """The rule in its one form. Raises BadInput with every mistake."""
    return rules.check(rule, known(conn), pointer)


def select(
    conn: Connection, rule: Rule, now: datetime, *, after: str | None = None, upto: str | None = None
) -> Select[*tuple[Any, ...]]:
    """Who is meant: customer_id, the number that is written to, without one the mail address (None without either),
    language, zone and channel, by id.

    rule: checked. after, upto: only customers behind the one id and up to the other, so that pieces can be taken.
    """
    number = and_(address.c.customer_id == customer.c.id, address.c.kind == "phone", address.c.rank == 0)
    mail = and_(_mail.c.customer_id == customer.c.id, _mail.c.kind == "email", _mail.c.rank == 0)
    instead = look(_mail.c.address).where(mail).correlate(customer).scalar_subquery()  # only read where it is needed
    query = (
        look(
            customer.c.id.label("customer_id"),
            func.coalesce(address.c.address, instead).label("address"),
            customer.c.language,
            customer.c.zone,
            customer.c.channel,
        )
        .outerjoin_from(customer, address, number)
        .where(customer.c.merged_into.is_(None), condition(rule, known(conn), now))
    )
    if after is not None:
        query = query.where(customer.c.id > after)
    if upto is not None:
        query = query.where(customer.c.id <= upto)
    return query.order_by(customer.c.id)


def count(conn: Connection, rule: Rule, now: datetime) -> int:
    """How many customers are meant. rule: checked."""
    query = look(func.count()).select_from(customer).where(customer.c.merged_into.is_(None))
    return conn.scalar(query.where(condition(rule, known(conn), now))) or 0


def ids(conn: Connection, rule: Rule, now: datetime, after: str | None = None) -> Iterator[str]:
    """The ids of those who are meant, in order, however many they are: a look for each `SCALE` of them."""
    wanted = condition(rule, known(conn), now)
    query = look(customer.c.id).where(customer.c.merged_into.is_(None), wanted).order_by(customer.c.id).limit(SCALE)
    last = after or ""
    while some := conn.scalars(query.where(customer.c.id > last)).all():
        yield from some
        last = some[-1]


def has(conn: Connection, rule: Rule, now: datetime, id: str) -> bool:
    """Whether this customer is meant."""
    return conn.scalar(look(customer.c.id).where(customer.c.id == id, condition(rule, known(conn), now))) is not None


def condition(rule: Rule, known: Known, now: datetime) -> Condition:
    """A rule as a condition on `customer`. rule: checked."""
    return _Compiler(known, now).rule(rule, ())


class _Compiler:
    """One translation of a rule."""

    def __init__(self, known: Known, now: datetime) -> None:
        self.known, self.now = known, now

    def rule(self, rule: Rule, within: tuple[str, ...]) -> Condition:
        if "field" in rule:
            return self.field(rule)
        ((word, inner),) = rule.items()
        if word in ("all", "any"):
            join = and_ if word == "all" else or_
            return join(*(self.rule(one, within) for one in inner)).self_group()
        if word == "not":
            return not_(self.rule(inner, within).self_group())
        if word == "segment":
            return self.segment(inner, within)
        if word in rules.SPANS:
            return self.span(word, inner)
        found: Condition = getattr(self, word)(inner)
        return found

    def segment(self, id: str, within: tuple[str, ...]) -> Condition:
        """A segment that is gone, or that would hold itself, means nobody."""
        rule = self.known.segments.get(id)
        return false() if rule is None or id in within else self.rule(rule, (*within, id))

    def everybody(self, inner: bool) -> Condition:
        return true()

    def tag(self, tag: str) -> Condition:
        return exists().where(customer_tag.c.tag == tag, customer_tag.c.customer_id == customer.c.id)

    def group(self, id: str) -> Condition:
        return exists().where(group_member.c.group_id == id, group_member.c.customer_id == customer.c.id)

    def country(self, countries: Sequence[str]) -> Condition:
        return self.owned(own.c.region.in_(countries))

    def prefix(self, prefixes: Sequence[str]) -> Condition:
        begins = [func.substr(own.c.address, 1, len(one)) == one for one in prefixes]
        return self.owned(or_(*begins), own.c.kind == "phone")

    def has(self, kind: str) -> Condition:
        return self.owned(own.c.kind == kind)

    def owned(self, *about: Condition) -> Condition:
        return exists().where(own.c.customer_id == customer.c.id, *about)

    def allows(self, code: str) -> Condition:
        """As consent.grant_of has it: a yes that stands, behind every no, in both the order and the time of saying."""
        yes, no = consent.alias("yes"), consent.alias("no")
        about = (EVERYTHING, MARKETING, code)
        undone = exists().where(
            no.c.address == yes.c.address,
            no.c.purpose.in_(about),
            no.c.statement == "withdrawn",
            or_(no.c.id > yes.c.id, no.c.at > yes.c.at),
        )
        return exists().where(
            own.c.customer_id == customer.c.id,
            own.c.rank == 0,
            yes.c.address == own.c.address,
            yes.c.purpose.in_(about),
            yes.c.statement == "granted",
            yes.c.basis.is_(None),
            or_(yes.c.expires_at.is_(None), yes.c.expires_at > self.now),
            not_(undone),
        )

    def withdrew(self, code: str) -> Condition:
        no = consent.alias("no")
        said = exists().where(
            own.c.customer_id == customer.c.id,
            own.c.rank == 0,
            no.c.address == own.c.address,
            no.c.purpose.in_((EVERYTHING, MARKETING, code)),
            no.c.statement == "withdrawn",
        )
        return and_(said, not_(self.allows(code)))

    def span(self, word: str, told: dict[str, Any]) -> Condition:
        days = told.get("days")
        since = None if days is None else self.now - timedelta(days=days)
        if word == "bought":
            return self.bought(since, told.get("times", 1), told.get("sku"))
        assert since is not None
        if word == "messaged":
            sent = [message.c.recipient == own.c.address, message.c.id >= first_id("msg", since)]
            return self.often(message.c.id, told.get("times", 1), *sent, message.c.sent_at.is_not(None))
        wrote = self.from_them(inbound.c.sender == own.c.address, inbound.c.id >= first_id("in", since))
        if word == "replied":
            return wrote
        rang = self.from_them(call.c.caller == own.c.address, call.c.id >= first_id("call", since))
        active = or_(wrote, rang, self.bought(since, 1, None))
        return active if word == "active" else not_(active.self_group())

    def from_them(self, *about: Condition) -> Condition:
        return exists().where(own.c.customer_id == customer.c.id, *about)

    def often(self, id: Column[str], times: int, *about: Condition) -> Condition:
        if times == 1:
            return self.from_them(*about)
        counted = look(func.count(id)).where(own.c.customer_id == customer.c.id, *about)
        return counted.correlate(customer).scalar_subquery() >= times

    def bought(self, since: datetime | None, times: int, sku: str | None) -> Condition:
        # Not through the index of states, which a store without statistics (ANALYZE) would choose for each customer.
        state = func.coalesce(order.c.state, "")
        about: list[Condition] = [order.c.address == own.c.address, state.in_(BOUGHT)]
        if since is not None:
            about.append(order.c.confirmed_at >= since)
        if sku is not None:
            line = order_line.c
            about.append(
                exists().where(line.order_id == order.c.id, line.revision == order.c.revision, line.sku == sku)
            )
        return self.often(order.c.id, times, *about)

    def field(self, rule: Rule) -> Condition:
        name = rule["field"]
        ((way, wanted),) = ((key, value) for key, value in rule.items() if key != "field")
        kind = self.known.kind(name)
        if kind is None:  # the field was taken away since
            return false()
        if name == "created":
            return self.created(way, wanted)
        column = _column(name, kind)
        if way == "known":
            there = column.is_not(None) if name != "name" else column != ""
            return there if wanted else not_(there)
        return func.coalesce(self.compared(column, kind, way, wanted), false())

    def compared(self, column: ColumnElement[Any], kind: str, way: str, wanted: Any) -> Condition:
        if kind in ("text", "choice"):
            wanted = [fold(one) for one in wanted] if way == "in" else fold(wanted)
        if kind == "date":
            return self.day(column, way, wanted)
        if kind == "number":  # psycopg binds the whole numbers of a list with its others as if all were whole
            wanted = [float(one) for one in wanted] if way == "in" else float(wanted)
        if way == "is_not":  # whoever has none is not it either
            return func.coalesce(column != wanted, true())
        if way == "in":
            return column.in_(wanted)
        if way == "contains":
            return column.contains(wanted, autoescape=True)
        if way == "begins":
            return column.startswith(wanted, autoescape=True)
        compared: Condition = {
            "is": column.__eq__, "over": column.__gt__, "under": column.__lt__, "at_least": column.__ge__,
            "at_most": column.__le__,
        }[way](wanted)  # fmt: skip
        return compared

    def day(self, column: ColumnElement[Any], way: str, wanted: Any) -> Condition:
        today = self.now.date()
        if way == "comes_within":
            days = [today + timedelta(days=ahead) for ahead in range(wanted + 1)]
            return func.substr(column, 6, 5).in_(sorted({f"{day:%m-%d}" for day in days}))
        day = rules.day_of(wanted, today).isoformat()
        return {"is": column == day, "after": column > day, "before": column < day}[way]

    def created(self, way: str, wanted: Any) -> Condition:
        if way == "known":
            return true() if wanted else false()
        if way == "comes_within":
            return false()
        begins = _midnight(rules.day_of(wanted, self.now.date()))
        ends = begins + timedelta(days=1)
        at = customer.c.created_at
        return {"is": and_(at >= begins, at < ends), "after": at >= ends, "before": at < begins}[way]


def _column(name: str, kind: str) -> ColumnElement[Any]:
    """Where a field's values stand, as they are compared."""
    if name == "name":
        return customer.c.name_key
    if name in rules.BUILT_IN:
        return customer.c[name]
    value: Any = (customer.c.folded if kind in ("text", "choice") else customer.c.fields)[name]
    read: ColumnElement[Any] = {"number": value.as_float, "yesno": value.as_boolean}.get(kind, value.as_string)()
    return read


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
