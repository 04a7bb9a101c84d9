"""One error is told by each door in its own words: the table, and a refusal of the gate through all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from drivers.smpp.server.refusals import BY_CODE as SMPP
from smsgw.access import keys
from smsgw.customers.consent.consent import Statement
from smsgw.customers.consent.stop import withdraw
from smsgw.gateway import Gateway
from smsgw.webhooks.dialects.twilio import account_sid
from tests.webadmin.compat.conftest import OPEN, SECRET
from webadmin import create_app
from webadmin.catalogue import BY_CODE
from webadmin.compat.errors import TABLE

TO, NOBODYS = "+38640111222", "+79161234567"
DENIED = (400, "Number(s) has/have been denied by white- and/or black-lists.")
NOT_ROUTABLE, LATER = (403, "Not routable. Do not try again."), (503, "Temporal failure, try again later.")
WHO = (403, "Authorization failed for sendsms")
SENDER = (400, "Sender missing and no global set, rejected")
CHARSET = (400, "Charset or body misformed, rejected")

# code, our own status, Twilio's status and code, Kannel's, Jasmin's status, SMPP's command_status
CONTRACT: list[tuple[str, int, tuple[int, int], tuple[int, str] | None, int, int | None]] = [
    ("unauthenticated", 401, (401, 20003), WHO, 403, 0x0E),
    ("forbidden_scope", 403, (403, 20403), WHO, 403, 0x0D),
    ("ip_not_allowed", 403, (403, 20403), WHO, 403, 0x0D),
    ("not_found", 404, (404, 20404), (404, "Unknown request."), 404, None),
    ("malformed_body", 400, (400, 20001), (400, "Invalid content-type"), 400, None),
    ("recipient_missing", 422, (400, 21604), (400, "Missing receiver number, rejected"), 400, 0x0B),
    ("recipient_invalid", 422, (400, 21211), DENIED, 400, 0x0B),
    ("recipient_not_mobile", 422, (400, 21614), DENIED, 400, 0x0B),
    ("sender_missing", 422, (400, 21603), SENDER, 400, 0x0A),
    ("sender_invalid", 422, (400, 21212), SENDER, 400, 0x0A),
    ("sender_not_allowed", 422, (400, 21606), SENDER, 400, 0x0A),
    ("text_missing", 422, (400, 21602), None, 400, 0x01),  # which Kannel takes
    ("text_too_long", 422, (400, 21617), (400, "Text too long, rejected"), 400, 0x01),
    ("text_undecodable", 422, (400, 21602), CHARSET, 400, 0x01),
    ("media_invalid", 422, (400, 21620), None, 400, None),
    ("recipient_opted_out", 422, (400, 21610), DENIED, 403, 0x0B),
    ("consent_missing", 422, (400, 21610), DENIED, 403, 0x0B),
    ("suppressed", 422, (400, 21610), DENIED, 403, 0x0B),
    ("country_not_allowed", 422, (400, 21408), NOT_ROUTABLE, 412, 0x0B),
    ("no_route", 422, (400, 21612), NOT_ROUTABLE, 412, 0x45),
    ("budget_exceeded", 402, (400, 30010), NOT_ROUTABLE, 403, 0x45),
    ("price_too_high", 402, (400, 30010), NOT_ROUTABLE, 403, 0x45),
    ("frequency_capped", 409, (400, 21610), LATER, 400, 0x58),
    ("quiet_hours", 409, (400, 21610), LATER, 400, 0x58),
    ("already_final", 409, (400, 30409), None, 400, None),
    ("rate_limited", 429, (429, 20429), LATER, 429, 0x58),
    ("queue_full", 503, (429, 21611), LATER, 500, 0x14),
    ("internal", 500, (500, 20500), (500, "Sending failed."), 500, 0x08),
]


@pytest.mark.parametrize(("code", "ours", "twilio", "kannel", "jasmin", "smpp"), CONTRACT, ids=[c[0] for c in CONTRACT])
def test_an_error_has_its_place_in_every_vocabulary(
    code: str, ours: int, twilio: tuple[int, int], kannel: tuple[int, str] | None, jasmin: int, smpp: int | None
) -> None:
    assert (TABLE[code].twilio, TABLE[code].jasmin[0]) == (twilio, jasmin)
    assert kannel is None or TABLE[code].kannel == kannel
    assert smpp is None or SMPP[code] == smpp
    assert code not in BY_CODE or BY_CODE[code].status == ours


Told = tuple[int, Any]


def through_every_door(http: FlaskClient, gateway: Gateway, to: str) -> dict[str, Told]:
    """The same text to a number, asked for at each door: status, and what was said."""
    with gateway.database.reading() as conn:
        [key] = [row.id for row in keys.listing(conn) if row.name == "shop"]
    sid, basic = account_sid(key), {"auth": ("shop", SECRET)}
    words = {"username": "shop", "password": SECRET, "to": to}
    twilio = http.post(
        f"/2010-04-01/Accounts/{sid}/Messages.json", data={"To": to, "From": "Shop", "Body": "hi"}, auth=(sid, SECRET)
    )
    android = http.post("/3rdparty/v1/messages", json={"textMessage": {"text": "hi"}, "phoneNumbers": [to]}, **basic)
    kannel = http.get("/cgi-bin/sendsms", query_string=words | {"text": "hi"})
    jasmin = http.get("/send", query_string=words | {"content": "hi"})
    native = http.post("/api/v1/messages", json={"to": to, "text": "hi"}, headers={"Authorization": f"Bearer {SECRET}"})
    return {
        "ours": (native.status_code, json.loads(native.data).get("code")),
        "kannel": (kannel.status_code, kannel.get_data(as_text=True)),
        "twilio": (twilio.status_code, json.loads(twilio.data).get("code")),
        "jasmin": (jasmin.status_code, jasmin.get_data(as_text=True)),
        "android": (android.status_code, json.loads(android.data)),
    }


def test_a_number_that_said_stop_is_refused_by_each_door_in_its_words(
    http: FlaskClient, gateway: Gateway, stored: Callable[[], list[Any]]
) -> None:
    now = gateway.clock()

    def stop(conn: Any, batch: list[None]) -> list[None]:
        withdraw(conn, [Statement(TO, False, "STOP", now, "sms", "test")], now)
        return batch

    gateway.database.writer.do(stop, None)
    told = through_every_door(http, gateway, TO)
    assert {door: told[door] for door in ("ours", "kannel", "twilio")} == {
        "ours": (422, "recipient_opted_out"), "kannel": DENIED, "twilio": (400, 21610),
    }  # fmt: skip
    assert told["jasmin"][0] == 403
    assert told["jasmin"][1].startswith('Error "')
    assert told["android"][0] == 400
    assert set(told["android"][1]) == {"message", "code"}
    assert stored() == []


def test_a_number_that_no_link_serves_is_refused_by_each_door_in_its_words(
    configured: Callable[..., Gateway],
) -> None:
    phones = {"name": "phones", "kind": "fake", "handsets": [TO], "prefixes": ["+386"]}
    gateway = configured(doors=OPEN, links=[phones])
    http = create_app(gateway).test_client()
    keys.create(gateway.database.writer, keys.NewKey("shop", ("messages:send",), gateway.clock(), SECRET))
    told = through_every_door(http, gateway, NOBODYS)
    assert told["ours"] == (422, "no_route")
    assert (told["kannel"], told["twilio"]) == (NOT_ROUTABLE, (400, 21612))
    assert (told["jasmin"], told["android"][0]) == ((412, 'Error "No route found"'), 400)
