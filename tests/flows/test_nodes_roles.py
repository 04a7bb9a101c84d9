"""One gateway in three processes, each with its part of the work: web, links and clock."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.flows.running import Client, Running, until
from tests.flows.wires import Journal

pytestmark = [pytest.mark.slow, pytest.mark.peer]
PATIENCE = 120.0


@pytest.fixture
def roles(postgres_url: str, tmp_path: Path) -> Iterator[dict[str, Running]]:
    """A process for each role. Only that for the links has any in its configuration."""
    wire = Journal(tmp_path, rate=1, count=1)
    made: dict[str, Running] = {}
    for role in ("links", "clock", "web"):
        node = Running(
            tmp_path / role, postgres_url, [wire.link()] if role == "links" else [], node={"name": role, "lease": 4}
        )
        node.words = ["run", "--only", role]
        made[role] = node
    try:
        made["web"].start(patience=PATIENCE)
        for role in ("links", "clock"):
            made[role].spawn()
        for role in ("links", "clock"):
            until(lambda role=role: "smsgw is running" in made[role].last_words(), PATIENCE, f"{role} did not start")  # type: ignore[misc]
        yield made
    finally:
        for node in made.values():
            node.kill()
        wire.close()


def state(client: Client, id: str) -> str:
    return str(client.get(f"/messages/{id}")["status"])


def test_what_the_web_takes_goes_out_over_the_links_by_the_clock_and_answers_are_read(
    roles: dict[str, Running],
) -> None:
    client = roles["web"].client()
    with closing(client):
        _goes_round(roles, client)


def _goes_round(roles: dict[str, Running], client: Client) -> None:
    def accepted() -> Any:
        status, answer = client.ask("POST", "/messages", {"to": "+4915120000001", "text": "At once"})
        return answer["id"] if status == 202 else None

    at_once = until(accepted, PATIENCE, "the web does not know of the link of another node")
    until(lambda: state(client, at_once) == "delivered", PATIENCE, "it did not arrive")
    later = client.send(
        "+4915120000002", "Later", send_at=(datetime.now(UTC) + timedelta(seconds=4)).isoformat(timespec="seconds")
    )
    until(lambda: state(client, later) == "delivered", PATIENCE, "the clock did not release it")
    until(lambda: client.get("/inbound")["data"], PATIENCE, "no text came in")
    until(
        lambda: all(text["status"] != "received" for text in client.get("/inbound")["data"]), PATIENCE, "nobody reads"
    )
    has = {"node:links": {"link:net"}, "node:clock": {"clock", "reading", "webhooks"}, "node:web": set()}
    until(lambda: _nodes(roles["web"]) == has, PATIENCE, "the nodes do not have what is theirs")

    assert "has link:net (since" in roles["web"].smsgw("doctor", check=False).stdout
    status, answer = client.ask("POST", "/links/net/stop")
    assert status == 200, answer
    waits = client.send("+4915120000003", "It waits")
    assert state(client, waits) == "queued"
    assert client.ask("POST", "/links/net/start")[0] == 200
    until(lambda: state(client, waits) == "delivered", PATIENCE, "the link was not started again")
    process = roles["clock"].process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0


def _nodes(node: Running) -> dict[str, set[str]]:
    """What each node has, as /health tells."""
    with urlopen(f"http://127.0.0.1:{node.port}/health", timeout=120) as answer:
        checks = json.load(answer)["checks"]
    return {name: set(told[0]["observedValue"]) for name, told in checks.items() if name.startswith("node:")}
