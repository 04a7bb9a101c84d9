"""The API says which client programs are connected over SMPP."""

from __future__ import annotations

from typing import Any

from smsgw.access import keys, smpp_clients
from smsgw.access.smpp_clients import Terms
from smsgw.gateway import Gateway
from smsgw.listener import Knock


def test_who_is_bound_is_listed_with_what_it_did(gateway: Gateway, call: Any) -> None:
    assert call("GET", "/api/v1/clients").said["data"] == []
    writer = gateway.database.writer
    id, _ = keys.create(writer, keys.NewKey("shop", ["messages:send"], gateway.clock()))
    pair = smpp_clients.create(writer, "shop", Terms())
    guest = gateway.reception.enter(Knock(*pair, "192.0.2.7", sends=True, receives=True, where="here:2775")).result(90)
    said = call("GET", "/api/v1/clients").said
    [told] = said["data"]
    assert said["counts"] == {
        "binds": 1, "binds_refused": 0, "binds_throttled": 0, "submits": 0, "submits_throttled": 0,
    }  # fmt: skip
    assert told | {"since": ""} == {
        "key": id, "name": "shop", "system_id": pair[0], "address": "192.0.2.7", "listener": "here:2775",
        "mode": "transceiver", "since": "", "submitted": 0, "throttled": 0, "told": 0, "waiting": 0,
    }  # fmt: skip
    gateway.reception.leave(guest)
    assert call("GET", "/api/v1/clients").said["data"] == []
