"""A sent message over HTTP and SMPP: asked after when no receipt comes, taken back when the SMSC gives it back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.emulators.smsc import smpp_network
from tests.flows.running import Client, Running, until

PHONE = "+38641000001"
VERBS = {"query_sm": True, "cancel_sm": True}
pytestmark = pytest.mark.slow


def reaches(client: Client, id: str, wanted: str, seconds: float = 20) -> dict[str, Any]:
    """Wait until a message is in a state; returns it."""
    until(lambda: client.get(f"/messages/{id}")["status"] == wanted, seconds, f"{id} did not become {wanted}")
    found: dict[str, Any] = client.get(f"/messages/{id}")
    return found


def test_what_no_receipt_settles_is_asked_after_and_what_is_wanted_back_is_taken_back(
    open_gateway: Callable[..., Running],
) -> None:
    with smpp_network() as network:

        def delivered(frame: bytes) -> tuple[int, bytes]:
            id = frame[16:].split(b"\0", 1)[0]
            return 0, id + b"\0" + b"\0" + b"\x02\0"

        network.do(lambda smsc: smsc.behaviour.verbs.update({8: lambda frame: (0, b"")}))
        gateway = open_gateway([{"name": "net", "kind": "smpp", **network.settings(**VERBS)}], sending={"ask_after": 1})
        gateway.start()
        client = gateway.client()
        back = client.send(PHONE, "I want this back")
        reaches(client, back, "sent")
        said = json.loads(gateway.smsgw("cancel", back, "--json").stdout)
        assert said["status"] == "cancelled"
        assert client.get(f"/messages/{back}")["why"].endswith("the network gave it back")

        network.do(lambda smsc: smsc.behaviour.verbs.update({8: lambda frame: (0x11, b"")}))
        kept = client.send(PHONE, "This one stays")
        reaches(client, kept, "sent")
        status, problem = client.ask("POST", f"/messages/{kept}/cancel", {})
        assert (status, problem["code"]) == (409, "cannot_recall")
        assert "ESME_RCANCELFAIL" in problem["detail"]
        refused = gateway.smsgw("cancel", kept, check=False)
        assert refused.returncode != 0
        assert "ESME_RCANCELFAIL" in refused.stderr

        network.do(lambda smsc: smsc.behaviour.verbs.update({3: delivered}))
        reaches(client, kept, "delivered", 90)
        client.close()
        assert gateway.terminate()[0] == 0
