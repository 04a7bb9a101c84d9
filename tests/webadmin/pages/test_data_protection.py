"""Data protection: what is kept, what would go, who is held, and what people asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import insert, select

from smsgw.customers import customers, privacy
from smsgw.customers.customers import Wish
from smsgw.customers.privacy import Act
from smsgw.store.ids import new_id
from smsgw.store.tables import inbound, inbound_medium, medium
from tests.webadmin.pages.conftest import Visitor

Said = Callable[[str], str]


def came(visitor: Visitor, sender: str, days: int) -> None:
    """A text came in with a picture, so many days ago."""
    at = visitor.gateway.clock() - timedelta(days=days)
    text = {
        "id": new_id("in", at), "state": "handled", "why": "", "link": "phones", "reference": f"{sender} {days}",
        "sender": sender, "text": "hello", "kind": "text", "parts": 1, "missing": 0, "received_at": at,
    }  # fmt: skip
    shown = {
        "inbound_id": text["id"],
        "position": 1,
        "sha256": "b" * 64,
        "media_type": "x",
        "name": "",
        "content_id": "",
    }
    seen = {"sha256": "b" * 64, "media_type": "x", "octets": b"picture", "size": 7, "created_at": at, "used_at": at}
    with visitor.gateway.database.exclusive() as conn:
        if conn.scalar(select(medium.c.sha256)) is None:
            conn.execute(insert(medium), [seen])
        conn.execute(insert(inbound), [text])
        conn.execute(insert(inbound_medium), [shown])


def test_it_tells_what_is_kept_what_would_go_who_is_held_and_what_was_asked_for(
    admin: Visitor, app: Flask, said: Said
) -> None:
    gateway = admin.gateway
    now, writer = gateway.clock(), gateway.database.writer
    empty = said(admin.page("/data-protection"))
    assert "and the pictures that came with them 12 months retention.bodies_months" in empty
    assert "Nothing was counted yet." in empty
    assert "Nobody is under a legal hold." in empty
    assert "No copy was taken yet, and nobody was forgotten." in empty
    assert "Nothing is old enough" in said(admin.page("/data-protection?count=yes"))
    came(admin, "+38640111112", 360)
    ahead = said(admin.page("/data-protection?count=yes"))
    assert "the words of texts that came in 0 0 " in ahead
    assert " 1 in 6 days" in ahead
    ana, bor, cene = (
        customers.create(writer, Wish({"name": name, "addresses": [f"+3864011111{n}"]}, "t", now))
        for n, name in enumerate(("Ana", "Bor", "Cene"))
    )
    for number, days in (("+38640111110", 400), ("+38640111111", 400)):
        came(admin, number, days)
    privacy.hold(writer, Act(bor, "ana", now, "case 17/2026"))
    admin.get(f"/customers/{ana}/copy.zip")
    privacy.erase(writer, Act(cene, "ana", now))
    page = said(admin.page("/data-protection?count=yes"))
    assert "the words of texts that came in 1 1 " in page  # Bor's stays
    assert "Bor : case 17/2026" in page
    assert "A copy of all that is kept of a customer was taken." in page
    assert "A customer was forgotten." in page
    for role, status in (("manager", 200), ("agent", 403), ("viewer", 403), ("developer", 403)):
        other = Visitor(app)
        other.get(other.link(role, role))
        assert other.get("/data-protection").status_code == status
