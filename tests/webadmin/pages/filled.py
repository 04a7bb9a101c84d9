"""A shop with something on every page: what the screens are looked at with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert

from schedules import surveys
from smsgw.access import accounts, accounts_invites
from smsgw.customers import groups
from smsgw.customers.consent import choice
from smsgw.customers.consent.categories import Category, keep
from smsgw.customers.importing import importing
from smsgw.customers.importing.importing import Importer, Upload
from smsgw.gateway import Gateway
from smsgw.inbound.calls import Rang
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.link import Abilities, Call, Health, InboundPiece, LinkState
from smsgw.outbound.short_links import Click, listing
from smsgw.outbound.short_links import followed as follow
from smsgw.store import links
from smsgw.store.tables import delivery, webhook
from smsgw.text import parts
from tests.webadmin.message_pages import message_with, picture

ANA, BOR, MARYAM, CENE = "+38640111222", "+38640111333", "+989121234567", "+38640111444"
SHOP = "sku,price,currency,name_en,name_sl\nNB,2.9,EUR,notebook,zvezek\nPEN,0.8,EUR,pen,svinčnik\n"
SHEET = "Ime;Telefon\nAna Čopič;040111222\nDora;031555666\nNič;12\n"
PEOPLE = ((ANA, "Ana Novak", "sl"), (BOR, "Bor Зима", "ru"), (MARYAM, "مریم احمدی", "fa"), (CENE, "Cene", "en"))


Made = Callable[[str, str, Any], Any]


def fill(gateway: Gateway, call: Callable[..., Any], on: Callable[[float], None]) -> list[str]:
    """Fill a store through the API and its verbs; returns the addresses of pages that no page leads to."""

    def made(method: str, path: str, told: Any) -> Any:
        answer = call(method, f"/api/v1{path}", told)
        assert answer.status < 300, (path, answer.body)
        return answer.said if answer.body else None

    up, now = Health(LinkState.UP, "The simulated network is connected."), gateway.clock()
    gateway.network.heard("phones", up, now)
    gateway.database.writer.do(links.write_down, links.Heard("phones", "fake", up, now))
    _money(made)
    ids = _people(gateway, made)
    _texts(gateway, on)
    _campaigns(gateway, made)
    _programs(gateway)
    return [*_doors(gateway), f"/customers/{ids[0]}"]


def _money(made: Made) -> None:
    for prefix, amount in (("+386", "0.05"), ("+98", "0.12")):
        told = {"link": "phones", "prefix": prefix, "amount": amount, "currency": "EUR", "valid_from": "2026-01-01"}
        made("POST", "/rates", told)
    made("POST", "/plans", {"link": "phones", "name": "Mobil M", "units": "1000"})
    made("POST", "/budgets", {"name": "Autumn", "ceiling": "100"})


def _people(gateway: Gateway, made: Made) -> list[str]:
    """Customers with consent, a group, a segment, and a sheet that was brought; their ids."""
    writer, now = gateway.database.writer, gateway.clock()

    def categories(conn: Connection, batch: list[None]) -> list[None]:
        for code, names in (("school", {"en": "School", "sl": "Šola"}), ("bikes", {"en": "Bicycles"})):
            keep(conn, Category(code, names), "test", now)
        return [None for _ in batch]

    writer.do(categories, None)
    ids = []
    for number, name, language in PEOPLE:
        told = {"name": name, "addresses": [number], "language": language, "tags": ["vip"]}
        ids.append(str(made("POST", "/customers", told)["id"]))
        made("POST", "/consents", {"address": number, "statement": "granted", "words": "DA", "scope": "school"})
    made("POST", "/customers", {"name": "ana novak", "addresses": ["+38640999888"]})
    groups.create(writer, "Regulars", "test", now)
    made("POST", "/segments", {"name": "Slovenes", "rule": "prefix +386"})
    sheet = Upload("customers.csv", SHEET.encode(), "test", now, "SI")
    importing.upload(gateway.database, sheet)
    while Importer(gateway.database).advance(gateway.clock):
        pass
    return ids


def _texts(gateway: Gateway, on: Callable[[float], None]) -> None:
    """What people wrote, with orders, questions and a call; and what we sent."""
    writer = gateway.database.writer
    catalogue_import.apply(writer, catalogue_import.Wish(catalogue_file.read(SHOP), None, "test", gateway.clock()))
    texts = (
        (BOR, "200 notebooks please"), (ANA, "2 notebooks and a pen"), (MARYAM, "سلام، ساعت کار شما چیست؟"),
        (CENE, "What are your opening hours?"), (ANA, "Kdaj pride moje naročilo? " + "Ali lahko pridem jutri? " * 3),
    )  # fmt: skip
    for n, (number, text) in enumerate(texts):
        for part, piece in enumerate(parts.split(text, Abilities(), n)):
            told = InboundPiece(f"p{n}.{part}", number, None, piece.alphabet, piece.user_data, piece.udh)
            gateway.arrived("phones", told).result(90)
        gateway.reading.round()
        on(21)
        gateway.reading.round()
    writer.do(gateway.calls.take, Rang("phones", Call(ANA, gateway.clock()), gateway.clock()))
    message_with(gateway, [{"text": "Spring", "medium": picture()}, {"text": "سلام"}], subject="New in the shop")


def _campaigns(gateway: Gateway, made: Made) -> None:
    made("POST", "/templates", {"name": "School is near", "texts": {"sl": "Šola! STOP", "en": "School! STOP"}})
    told = {
        "name": "School supplies", "audience": {"rule": "prefix +386"}, "category": "school",
        "texts": {"sl": "Pozdravljeni, {{ first_name }}! Odjava: STOP", "en": "Hello! STOP ends it"},
    }  # fmt: skip
    made("POST", "/campaigns", told)
    gateway.short_links.base = "https://m.example.com"
    shop = {"sl": "{{ first_name }}, https://shop.example/jesen STOP", "en": "https://shop.example/ STOP ends it"}
    tracked = {"name": "Notebooks", "texts": shop, "terms": {"track_links": True}}
    id = made("POST", "/campaigns", told | tracked)["id"]
    made("POST", f"/campaigns/{id}/estimate", {})
    made("POST", f"/campaigns/{id}/approve", {})
    made("POST", f"/campaigns/{id}/schedule", {})
    while gateway.campaigns.step(gateway.clock()):
        pass
    made("POST", "/short-links", {"url": "https://shop.example/?from=leaflet", "note": "leaflet"})
    with gateway.database.reading() as conn:
        followed = [Click(row.id, gateway.clock(), human) for row in listing(conn, 9, None) for human in (True, False)]
    gateway.database.writer.do_all(follow, followed)
    questions = [
        {"kind": "scale", "text": {"en": "How was it?"}, "low": 1, "high": 5},
        {"kind": "free", "text": {"en": "What went wrong?"}},
    ]
    ends = (gateway.clock() + timedelta(days=9)).isoformat()
    survey = made("POST", "/surveys", {"name": "After the order", "questions": questions, "closes_at": ends})["id"]
    made("POST", f"/surveys/{survey}/start", {"to": [CENE]})
    surveys.run(gateway, gateway.clock())


def _programs(gateway: Gateway) -> None:
    """Webhooks with what was told, people, and somebody who is invited."""
    now = gateway.clock()
    hook = {
        "id": "whk_1", "state": "active", "why": "set up by cli", "url": "https://shop.example/hook?token=secret",
        "events": ["message.*"], "secrets": [], "after": 0, "by": "cli", "created_at": now, "failing_since": now,
    }  # fmt: skip
    row = {
        "id": "evt_1", "state": "dead", "why": "answered 500", "webhook_id": "whk_1", "event": "message.delivered",
        "record_id": "msg_1", "line": 1, "body": "{}", "created_at": now, "attempts": 3, "status": 500, "ended_at": now,
    }  # fmt: skip
    with gateway.database.exclusive() as conn:
        conn.execute(insert(webhook).values(hook))
        conn.execute(insert(delivery).values(row))


def _doors(gateway: Gateway) -> list[str]:
    """Pages that people come to by a link of their own."""
    writer, now = gateway.database.writer, gateway.clock()

    def chosen(conn: Connection, batch: list[None]) -> list[str]:
        return [choice.token(conn, ANA, now) for _ in batch]

    accounts.add(writer, "Maja", "agent", None, now)
    invited = accounts_invites.invite(writer, accounts_invites.Invitation("Nova", "viewer", now, "test"))
    _, page = message_with(gateway, [{"text": "Look", "medium": picture(300, 200)}], subject="For you")
    return [f"/c/{writer.do(chosen, None)}", f"/m/{page.token}", f"/invited/{invited}"]
