"""A small town of customers with a past, made by chance from a seed, and a plain model of who is meant by a rule."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from smsgw.customers import audience, customers, groups, segments
from smsgw.customers.details import read
from smsgw.customers.fields import Field, define, defined, fold
from smsgw.customers.rule import day_of
from smsgw.store.database import Database
from smsgw.store.ids import new_id
from smsgw.store.tables import call, category, consent, inbound, message, order, order_line, order_revision

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FIELDS = (
    Field("city", "City", "text"),
    Field("visits", "Visits", "number"),
    Field("birthday", "Birthday", "date"),
    Field("member", "Member", "yesno"),
    Field("size", "Size", "choice", ("S", "M", "Ž")),
)
CITIES = ("Ljubljana", "Čatež", "čatež", "Novo mesto", "100%_sure")
CODES = ("school", "wine")


@dataclass
class Resident:
    """A customer as the model knows it. said: (scope, granted, soft, at, expires_at) in the order of writing."""

    id: str
    told: dict[str, Any]
    number: str | None
    groups: set[str] = field(default_factory=set)
    said: list[tuple[str, bool, bool, datetime, datetime | None]] = field(default_factory=list)
    bought: list[tuple[datetime, str]] = field(default_factory=list)
    wrote: list[datetime] = field(default_factory=list)
    rang: list[datetime] = field(default_factory=list)
    messaged: list[datetime] = field(default_factory=list)

    @property
    def written_to(self) -> str:
        """The number; of who has none the mail address."""
        return str(self.number or self.told["addresses"][0])


@dataclass
class Town:
    """Everybody, and the ids of the group and the segment that rules may name."""

    people: list[Resident]
    group: str
    segment: str


def settle(database: Database, chance: random.Random, many: int = 40) -> Town:
    """Fill an empty store; returns the model of it."""
    for one in FIELDS:
        define(database.writer, one, NOW)
    group = groups.create(database.writer, "Teachers", "test", NOW)
    wish = segments.Wish("test", NOW, "Locals", {"field": "city", "is": "Ljubljana"})
    people = [_resident(chance, place) for place in range(many)]
    with database.exclusive() as conn:
        rows = [
            {"code": code, "names": {}, "words": [], "active": True, "created_at": NOW, "by": "test"} for code in CODES
        ]
        conn.execute(insert(category), rows)
        fields = defined(conn)
        customers.add(conn, [(one.id, read(one.told, fields, None)) for one in people], NOW, by="test")
    segment = segments.save(database.writer, wish)
    members = [one.id for one in people if chance.random() < 0.3]
    groups.set_members(database.writer, groups.Members(group, members, "test", NOW))
    with database.exclusive() as conn:
        for one in people:
            one.groups = {group} if one.id in members else set()
            if one.number is not None:
                _live(conn, one, chance)
    return Town(people, group, segment)


def _resident(chance: random.Random, place: int) -> Resident:
    told: dict[str, Any] = {"name": chance.choice(("Ana", "Žiga Čeh", "", "Bor")), "fields": {}}
    number = f"{chance.choice(('+38640', '+38591', '+447700'))}{100_000 + place}" if chance.random() < 0.9 else None
    told["addresses"] = [number] if number else []
    if chance.random() < 0.3 or not number:
        told["addresses"].append(f"p{place}@example.com")
    told["language"] = chance.choice(("sl", "en", None))
    told["tags"] = [tag for tag in ("vip", "rude") if chance.random() < 0.3]
    values = {
        "city": chance.choice(CITIES), "visits": chance.choice((0, 1, 2.5, 7)), "member": chance.random() < 0.5,
        "birthday": chance.choice(("1990-11-27", "1985-12-20", "2000-02-29", "2026-11-26")),
        "size": chance.choice("SMŽ"),
    }  # fmt: skip
    told["fields"] = {name: value for name, value in values.items() if chance.random() < 0.7}
    made = NOW - timedelta(days=chance.randrange(300))
    return Resident(new_id("cus", made), told, number)


def _ago(chance: random.Random, days: int = 120) -> datetime:
    return NOW - timedelta(hours=chance.randrange(days * 24), minutes=7)


def _live(conn: Connection, one: Resident, chance: random.Random) -> None:
    """Give a person a past, in the store and in the model."""
    number = str(one.number)
    for _ in range(chance.randrange(4)):
        scope, granted = chance.choice(("*", "marketing", *CODES)), chance.random() < 0.7
        soft, at = granted and chance.random() < 0.2, _ago(chance)
        expires = NOW + timedelta(days=chance.choice((-5, 5))) if granted and chance.random() < 0.3 else None
        one.said.append((scope, granted, soft, at, expires))
        row = {"address": number, "purpose": scope, "statement": "granted" if granted else "withdrawn", "source": "sms"}
        row |= {"words": "so", "by": "test", "at": at, "basis": "soft_opt_in" if soft else None, "expires_at": expires}
        conn.execute(insert(consent), [row])
    for _ in range(chance.choice((0, 0, 1, 2))):
        at = _ago(chance)
        one.wrote.append(at)
        values = {
            "link": "a",
            "reference": new_id("r", NOW),
            "sender": number,
            "text": "hi",
            "kind": "text",
            "parts": 1,
        }
        born = {"id": new_id("in", at), "state": "received", "why": "", "missing": 0, "received_at": at}
        conn.execute(insert(inbound), [values | born])
    for _ in range(chance.choice((0, 0, 0, 1))):
        at = _ago(chance)
        one.rang.append(at)
        row = {"id": new_id("call", at), "state": "noted", "why": "", "link": "a", "caller": number, "at": at}
        conn.execute(insert(call), [row | {"heard": at, "copies": 1}])
    for _ in range(chance.choice((0, 1, 2))):
        at = _ago(chance)
        one.messaged.append(at)
        conn.execute(insert(message), [_sent(number, at)])
    for place in range(chance.choice((0, 0, 1, 2))):
        at, sku = _ago(chance), chance.choice(("rice", "oil"))
        one.bought.append((at, sku))
        _buy(conn, number, at, sku, place)


def _sent(number: str, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id("msg", at), "state": "sent", "why": "", "client": "test", "recipient": number, "text": "x",
        "encoding": "gsm7", "parts": 1, "priority": 5, "purpose": "service", "on_unsure": "resend", "link": "a",
        "created_at": at, "due_at": at, "valid_until": at, "sent_at": at, "attempts": 1,
    }  # fmt: skip


def _buy(conn: Connection, number: str, at: datetime, sku: str, place: int) -> None:
    id = new_id("ord", at)
    row = {
        "id": id, "state": "confirmed", "why": "", "number": int(number[5:]) * 10 + place, "address": number,
        "language": "sl", "revision": 1, "unclear": 0, "created_at": at, "confirmed_at": at, "proof": {},
        "asked_at": at,
    }  # fmt: skip
    conn.execute(insert(order), [row])
    conn.execute(insert(order_revision), [{"order_id": id, "revision": 1, "words": "", "by": "test", "at": at}])
    line = {
        "order_id": id,
        "revision": 1,
        "position": 1,
        "sku": sku,
        "name": sku,
        "unit": "pcs",
        "spans": [],
        "how": "",
    }
    conn.execute(insert(order_line), [line])


def meant(rule: dict[str, Any], town: Town, one: Resident) -> bool:
    """Whether a rule means somebody: the model."""
    if "field" in rule:
        return _field(rule, one)
    ((word, inner),) = rule.items()
    if word == "all":
        return all(meant(each, town, one) for each in inner)
    if word == "any":
        return any(meant(each, town, one) for each in inner)
    if word == "not":
        return not meant(inner, town, one)
    return _leaf(word, inner, one)


def _leaf(word: str, inner: Any, one: Resident) -> bool:
    addresses = one.told["addresses"]
    if word == "everybody":
        return True
    if word == "tag":
        return inner in one.told["tags"]
    if word == "group":
        return inner in one.groups
    if word == "segment":
        return _field({"field": "city", "is": "Ljubljana"}, one)
    if word == "country":
        country = {"+386": "SI", "+385": "HR", "+447": "GB"}.get((one.number or "")[:4])
        return country in inner
    if word == "prefix":
        return any((one.number or "").startswith(each) for each in inner)
    if word == "has":
        return any(("@" in each) == (inner == "email") for each in addresses)
    if word == "allows":
        return _allows(one, inner)
    if word == "withdrew":
        noes = [said for said in one.said if said[0] in ("*", "marketing", inner) and not said[1]]
        return bool(noes) and not _allows(one, inner)
    return _span(word, inner, one)


def _allows(one: Resident, code: str) -> bool:
    about = [(place, *said) for place, said in enumerate(one.said) if said[0] in ("*", "marketing", code)]
    noes = [said for said in about if not said[2]]
    return any(
        granted and not soft and (ends is None or ends > NOW) and all(place > no[0] and at >= no[4] for no in noes)
        for place, _, granted, soft, at, ends in about
    )


def _span(word: str, told: dict[str, Any], one: Resident) -> bool:
    since = NOW - timedelta(days=told.get("days", 100_000))
    bought = [sku for at, sku in one.bought if at >= since and told.get("sku", sku) == sku]
    lately = any(at >= since for at in (*one.wrote, *one.rang)) or bool(bought)
    return {
        "bought": len(bought) >= told.get("times", 1),
        "messaged": sum(at >= since for at in one.messaged) >= told.get("times", 1),
        "replied": any(at >= since for at in one.wrote),
        "active": lately,
        "silent": not lately,
    }[word]


def _field(rule: dict[str, Any], one: Resident) -> bool:
    name = rule["field"]
    ((way, wanted),) = ((key, value) for key, value in rule.items() if key != "field")
    value = one.told["fields"].get(name) if name in {each.name for each in FIELDS} else one.told.get(name)
    value = NOW.date().isoformat() if name == "created" else value
    if way == "known":
        return (value not in (None, "")) == wanted
    if value is None:
        return way == "is_not"
    if isinstance(value, str) and name in ("name", "city", "size"):
        value, wanted = fold(value), [fold(each) for each in wanted] if way == "in" else fold(wanted)
    if way == "comes_within":
        return any(str(value)[5:] == f"{NOW + timedelta(days=ahead):%m-%d}" for ahead in range(wanted + 1))
    if name in ("birthday", "created"):
        value, wanted = date.fromisoformat(value), day_of(wanted, NOW.date())
    return {
        "is": lambda: value == wanted, "is_not": lambda: value != wanted, "in": lambda: value in wanted,
        "contains": lambda: wanted in value, "begins": lambda: value.startswith(wanted),
        "over": lambda: value > wanted, "under": lambda: value < wanted, "at_least": lambda: value >= wanted,
        "at_most": lambda: value <= wanted, "after": lambda: value > wanted, "before": lambda: value < wanted,
    }[way]()  # fmt: skip


def named(conn: Connection, town: Town, rule: dict[str, Any]) -> set[str]:
    """Whom the store means by a rule."""
    return set(audience.ids(conn, audience.check(conn, rule), NOW))
