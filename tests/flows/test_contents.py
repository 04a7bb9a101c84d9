"""What stands in messages, over HTTP, the store and SMPP: whole texts, data, and receipts over another account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulators.smsc import smpp_network
from tests.flows.running import Client, Running, until

PHONE = "+38641000001"
LONG = "A long text, which the network cuts. " * 12
pytestmark = pytest.mark.slow


def delivered(client: Client, id: str) -> dict[str, Any]:
    """Wait until a message is delivered; returns it."""
    until(lambda: client.get(f"/messages/{id}")["status"] == "delivered", 30, f"{id} was not delivered")
    found: dict[str, Any] = client.get(f"/messages/{id}")
    return found


def test_whole_texts_data_and_receipts_over_another_account_come_to_their_end(
    open_gateway: Callable[..., Running],
) -> None:
    with smpp_network() as network:
        network.automatic_receipts()
        account = {"kind": "smpp", **network.settings(long_texts="payload")}
        links = [
            {"name": "one", "receipts_over": ["two"], **account},
            {"name": "two", "receipts_over": ["one"], **account},  # the SMSC reports over one of the connections
        ]
        gateway = open_gateway(links)
        gateway.start()
        client = gateway.client()
        until(lambda: len(network.smsc.sessions) == 2, 30, "the links did not bind")
        texts = [client.send(PHONE, f"{LONG}{number}", link=("one", "two")[number % 2]) for number in range(6)]
        ended = [delivered(client, id) for id in texts]
        assert [one["parts"] for one in ended] == [3] * 6
        whole = [(PHONE, f"{LONG}{number}") for number in range(6)]
        assert sorted(network.submitted()) == whole

        said = client.ask("POST", "/messages", {"to": PHONE, "data_hex": "00ff" * 100, "ports": {"to": 2948}})[1]
        assert delivered(client, said["id"])["ports"] == {"to": 2948, "from": 0}
        pieces = network.do(lambda smsc: [one for one in smsc.submits if one.data_coding == 4])
        assert [len(one.udh) for one in pieces] == [12, 12]
        assert b"".join(one.message[len(one.udh) :] for one in pieces) == b"\0\xff" * 100
        client.close()
        assert gateway.terminate()[0] == 0
