"""A daemon with every door open and a network of phones, for tests of real client programs."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.flows.running import Running
from tests.peers.called import Called

PHONE, OURS = "+38641000001", "+38641000000"
DOORS = ["kannel", "twilio", "android", "jasmin"]


class Doors:
    """The daemon, its key, and a program that it calls back."""

    def __init__(self, running: Running, secret: str, account: str, called: Called) -> None:
        self.running, self.secret, self.account, self.called = running, secret, account, called
        self.url = f"http://127.0.0.1:{running.port}"
        self._client = running.client()

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def settings(self) -> tuple[int, Any]:
        """The settings of the Android gateway's door."""
        ask = urllib.request.Request(
            f"{self.url}/3rdparty/v1/settings", headers={"Authorization": f"Bearer {self.secret}"}
        )
        with urllib.request.urlopen(ask, timeout=90) as answer:
            return answer.status, json.load(answer)

    def phone_types(self, text: str) -> None:
        """A phone sends a text to our number."""
        status, said = self._client.ask("POST", f"/simulator/handsets/{PHONE}/messages", {"text": text, "to": OURS})
        assert status in (200, 201, 202), said

    def phone_shows(self) -> list[str]:
        """What came to the phone."""
        said = self._client.get(f"/simulator/handsets/{PHONE}/messages")
        return [one["text"] for one in said["data"] if not one["mine"]]


@contextmanager
def doors(folder: Path) -> Iterator[Doors]:
    """Run one."""
    link = {
        "name": "phones", "kind": "fake", "handsets": [PHONE], "number": OURS, "sender": OURS, "delay": 0.0,
        "receipt_delay": 0.02,
    }  # fmt: skip
    running = Running(
        folder, f"sqlite:///{folder / 'store.db'}", [link], doors={"open": DOORS}, sending={"region": "SI"},
        webhooks={"networks": ["127.0.0.0/8"]}, pages={"url": "https://m.example.com"},
    )  # fmt: skip
    running.start()
    called = Called()
    try:
        key = json.loads(running.smsgw("key", "create", "shop", "--json").stdout)
        told = json.loads(running.smsgw("key", "doors", "shop", "--json").stdout)
        account = told["twilio"].split()[1].strip(",")
        made = Doors(running, key["secret"], account, called)
        yield made
        made.close()
    finally:
        called.close()
        running.kill()
