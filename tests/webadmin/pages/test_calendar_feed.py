"""The calendar for other programs: a secret address, names and counts, and an end."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from smsgw.campaigns import life, writing
from smsgw.outbound.submit import Asked
from tests.webadmin.pages.conftest import Visitor
from webadmin import create_app

ANA = "+38640111222"
NAME = "Šola; zvezki, peresa in vse drugo, kar se jeseni najraje izgubi v torbi prvošolca"


def test_it_has_names_and_counts_but_no_text_until_it_is_ended(configured: Callable[..., Any]) -> None:
    gateway = configured(business={"zone": "Europe/Ljubljana", "country": "SI"}, pages={"company": "Papirnica"})
    visitor = Visitor(create_app(gateway))
    visitor.get(visitor.link("viewer", "vid"))
    wish = writing.Wish(
        name=NAME, audience={"numbers": [ANA]}, by="ana", now=gateway.clock(), texts={"sl": "Skrivno"},
        purpose="service", language="sl", links=("phones",), region="SI",
    )  # fmt: skip
    id = writing.create(gateway.database, wish)
    gateway.campaigns.estimate(id, "ana", gateway.clock())
    life.approve(gateway.database.writer, life.Approval(id, "ana", gateway.clock()))
    life.schedule(gateway.database.writer, life.When(id, "ana", gateway.clock(), datetime(2027, 1, 13, 8, tzinfo=UTC)))
    gateway.door.submit(Asked(ANA, "Skrivno", "app", send_at=gateway.clock() + timedelta(days=1)))
    assert "readonly" not in visitor.page("/calendar")
    assert visitor.send("/calendar", "address", act="new").status_code == 303
    address = visitor.page("/calendar").split('readonly dir="ltr" value="')[1].split('"')[0].replace("&amp;", "&")
    key = address.split("-")[1].split(".")[0]
    packed = visitor.get("/calendar", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert key not in gzip.decompress(packed.data).decode()
    path = address.removeprefix("http://localhost")
    stranger = Visitor(create_app(gateway))
    answer = stranger.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert "no-store" in answer.headers["Cache-Control"]
    lines = answer.data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    told = answer.data.replace(b"\r\n ", b"").decode()
    assert "Šola\\; zvezki\\, peresa in vse drugo" in told
    assert "prvošolca (1 person)" in told
    assert "DTSTART:20270113T080000Z" in told
    assert "SUMMARY:1 single message" in told
    assert "DTSTART;VALUE=DATE:20261225" in told
    assert ("Skrivno" in told, ANA in told) == (False, False)
    assert "praznik" in stranger.get(path.replace("language=en", "language=sl")).text
    assert stranger.get(path.replace(".ics", "x.ics")).status_code == 404
    assert visitor.send("/calendar", "address", act="end").status_code == 303
    assert stranger.get(path).status_code == 404
