"""Chains of gateways: a daemon whose carriers are another daemon's doors and its own API, and a real Kannel.

What is looked at is the end: the phone shows the text, and the first gateway has it delivered by a signed receipt; and
what a phone writes comes in at the first gateway.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulators.ports import unused
from tests.emulators.smsc import Network, smpp_network
from tests.flows.running import Client, Running, until
from tests.peers.doors import OURS, PHONE, Doors, doors
from tests.peers.kannel import ADMIN, Kannel

pytestmark = [pytest.mark.peer, pytest.mark.slow]
TOKEN = "a-word-that-only-the-carrier-knows"
LONG = "Kos za kosom, drug za drugim. " * 8


class Chain:
    """The first gateway, and what its carriers lead to."""

    def __init__(self, first: Running, second: Doors, smsc: Network) -> None:
        self.first, self.second, self.smsc = first, second, smsc
        self.client: Client = first.client()

    def send(self, link: str, text: str, to: str = PHONE) -> str:
        """Send a text over a link; its id."""
        status, said = self.client.ask("POST", "/messages", {"to": to, "text": text, "link": link, "from": OURS})
        assert status == 202, said
        return str(said["id"])

    def wait_delivered(self, id: str) -> None:
        """Until the first gateway has the receipt."""
        until(lambda: self.client.get(f"/messages/{id}")["status"] == "delivered", 20, "no receipt came", 0.1)

    def received(self) -> list[str]:
        """The texts that came in at the first gateway."""
        return [one["text"] for one in self.client.get("/inbound?limit=200")["data"]]


def _links(base: str, account: str, secret: str, hook: str, kannel: int, whsec: str) -> list[dict[str, Any]]:
    common = {"kind": "web", "hook": hook, "probe_every": 0.5, "secret": TOKEN, "sender": OURS}
    return [
        {**common, "name": "kn", "profile": "kannel", "url": base, "user": "shop", "password": secret},
        {**common, "name": "tw", "profile": "twilio", "url": base, "user": account, "password": secret},
        {**common, "name": "an", "profile": "android", "url": base, "user": "shop", "password": secret},
        {**common, "name": "sm", "profile": "smsgw", "url": base, "password": secret, "secret": whsec},
        {
            **common,
            "name": "real",
            "profile": "kannel",
            "url": f"http://127.0.0.1:{kannel}",
            "user": ADMIN,
            "password": ADMIN,
        },
    ]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    port = unused()
    hook = f"http://127.0.0.1:{port}"
    folder = tmp_path_factory.mktemp("first")
    with doors(tmp_path_factory.mktemp("second")) as second, smpp_network() as smsc:
        smsc.automatic_receipts()
        settings = smsc.settings()
        receiver = f"{hook}/carriers/real?token={TOKEN}&from=%p&to=%P&text=%a&id=%I"
        kannel = Kannel(
            tmp_path_factory.mktemp("kannel"), settings["port"], settings["system_id"], settings["password"], receiver
        )
        kannel.start()
        whsec = _hook(second, f"{hook}/carriers/sm")
        _android(second, f"{hook}/carriers/an")
        second.running.smsgw(
            "key", "doors", "shop", "--no-reply", "--get-url",
            f"{hook}/carriers/kn?token={TOKEN}&from=%p&to=%P&text=%a&id=%I",
        )  # fmt: skip
        links = _links(second.url, second.account, second.secret, hook, kannel.http, whsec)
        first = Running(folder, f"sqlite:///{folder / 'store.db'}", links, web={"listen": f"127.0.0.1:{port}"})
        first.start()
        made = Chain(first, second, smsc)
        until(lambda: _all_up(made), 20, "the carriers are not reached")
        until(lambda: kannel.online, 20, "Kannel is not bound")
        yield made
        made.client.close()
        first.kill()
        kannel.stop()


def _all_up(chain: Chain) -> bool:
    return {one["health"] for one in chain.client.get("/links")["data"]} == {"up"}


def _hook(second: Doors, url: str) -> str:
    """A webhook of the second gateway's own."""
    client = second.running.client()
    status, said = client.ask("POST", "/webhooks", {"url": url, "events": ["message.*", "inbound.received"]})
    client.close()
    assert status == 201, said
    return str(said["secret"])


def _android(second: Doors, url: str) -> None:
    """Webhooks of the Android gateway's kind, signed with our word."""
    told: list[tuple[str, str, Any]] = [("PATCH", "settings", {"webhooks": {"signing_key": TOKEN}})]
    told += [
        ("POST", "webhooks", {"url": url, "event": f"sms:{event}"}) for event in ("received", "delivered", "failed")
    ]
    for method, path, body in told:
        ask = urllib.request.Request(
            f"{second.url}/3rdparty/v1/{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {second.secret}", "Content-Type": "application/json"},
            method=method,
        )
        urllib.request.urlopen(ask, timeout=90).close()


@pytest.mark.parametrize("link", ["kn", "tw", "an", "sm"])
@pytest.mark.parametrize("text", ["Pozdrav {}", "سلام {}", LONG], ids=["gsm", "ucs2", "long"])
def test_a_text_goes_through_both_gateways_and_its_receipt_comes_back(chain: Chain, link: str, text: str) -> None:
    whole = f"{text.format(link)} {link}"
    id = chain.send(link, whole)
    until(lambda: whole in chain.second.phone_shows(), 20, "it did not come to the phone", 0.1)
    chain.wait_delivered(id)


@pytest.mark.parametrize("text", ["Pozdrav skozi Kannel", "سلام دنیا", LONG], ids=["gsm", "ucs2", "long"])
def test_a_text_goes_through_a_real_kannel_and_its_receipt_comes_back(chain: Chain, text: str) -> None:
    id = chain.send("real", text, "+4915112345678")
    until(lambda: ("+4915112345678", text) in chain.smsc.submitted(), 20, "it did not come to the SMSC", 0.1)
    chain.wait_delivered(id)


def test_a_text_of_a_phone_comes_in_over_each_carrier_once(chain: Chain) -> None:
    chain.second.phone_types("da, prosim čaj")
    until(lambda: chain.received().count("da, prosim čaj") >= 3, 20, "it did not come in over all", 0.2)
    chain.smsc.phone_sends("+4915112345678", "hello through Kannel")
    until(lambda: "hello through Kannel" in chain.received(), 20, "it did not come through Kannel", 0.2)
    assert chain.received().count("da, prosim čaj") == 3  # as get-url, Android's webhook, and ours


def test_a_call_without_the_carriers_proof_is_refused(chain: Chain) -> None:
    for link in ("kn", "tw", "an", "sm"):
        url = f"http://127.0.0.1:{chain.first.port}/carriers/{link}?from=%2B38641000009&text=forged&id=1&token=wrong"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url, timeout=90)
        assert refused.value.code == 403
        refused.value.close()
    assert "forged" not in chain.received()
