"""One state is told by each door in its own words: as it is shown there, and as a report tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from smsgw.access import keys
from smsgw.gateway import Gateway
from smsgw.store.lifecycle import MESSAGE
from smsgw.store.tables import message
from smsgw.webhooks.dialects.twilio import account_sid
from smsgw.webhooks.dialects.words import STATES
from tests.webadmin.compat.conftest import SECRET

TO = "+38640111222"
# ours, Twilio's, the phone's, %d of Kannel (0: none), SMPP's in a receipt and Jasmin's
CONTRACT = [
    ("accepted", "accepted", "Pending", 0, "ACCEPTD"),
    ("held", "accepted", "Pending", 0, "ACCEPTD"),
    ("queued", "queued", "Pending", 4, "ENROUTE"),
    ("sending", "sending", "Processed", 0, "ENROUTE"),
    ("sent", "sent", "Sent", 8, "ENROUTE"),
    ("unsure", "sent", "Processed", 0, "UNKNOWN"),
    ("delivered", "delivered", "Delivered", 1, "DELIVRD"),
    ("undelivered", "undelivered", "Failed", 2, "UNDELIV"),
    ("expired", "undelivered", "Failed", 2, "EXPIRED"),
    ("failed", "failed", "Failed", 16, "REJECTD"),
    ("refused", "failed", "Failed", 16, "REJECTD"),
    ("cancelled", "canceled", "Cancelled", 2, "DELETED"),
]


def test_every_state_is_in_the_contract() -> None:
    assert {one[0] for one in CONTRACT} == set(MESSAGE.states)


@pytest.mark.parametrize(("ours", "twilio", "android", "kannel", "stat"), CONTRACT, ids=[one[0] for one in CONTRACT])
def test_a_state_is_shown_in_the_words_of_each_door(
    http: FlaskClient, gateway: Gateway, stored: Callable[[], list[Any]], ours: str, twilio: str, android: str,
    kannel: int, stat: str,
) -> None:  # fmt: skip
    with gateway.database.reading() as conn:
        [key] = [row.id for row in keys.listing(conn) if row.name == "shop"]
    sid = account_sid(key)
    told = {"textMessage": {"text": "hi"}, "phoneNumbers": [TO], "id": "order-1"}
    assert http.post("/3rdparty/v1/messages", json=told, auth=("shop", SECRET)).status_code == 202
    [row] = stored()
    now, open_ones = gateway.clock(), ("accepted", "held", "queued", "sending", "sent", "unsure")
    moments = {
        "claimed_at": now if ours == "sending" else None,
        "sent_at": now,
        "final_at": None if ours in open_ones else now,
    }
    with gateway.database.exclusive() as conn:
        conn.execute(update(message).where(message.c.id == row.id).values(state=ours, **moments))
    listed = http.get(f"/2010-04-01/Accounts/{sid}/Messages.json", auth=(sid, SECRET))
    assert [one["status"] for one in json.loads(listed.data)["messages"]] == [twilio]
    shown = json.loads(http.get("/3rdparty/v1/messages/order-1", auth=("shop", SECRET)).data)
    assert (shown["state"], shown["recipients"][0]["state"]) == (android, android)
    native = http.get(f"/api/v1/messages/{row.id}", headers={"Authorization": f"Bearer {SECRET}"})
    assert json.loads(native.data)["status"] == ours
    assert (STATES[ours].kannel, STATES[ours].stat) == (kannel, stat)
