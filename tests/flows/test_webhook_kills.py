"""A gateway that is killed while it tells a webhook loses no event, keeps each event's id, and each message's order."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from smsgw.store.tables import delivery, history, webhook
from tests.flows.running import Running, environment, until
from tests.flows.wires import HANDSETS, Tape
from tests.smsgw.webhooks.receiver import Heard, Receiver, Reply

KILLS = environment("SMSGW_WEBHOOK_KILLS", 3)
SEED = environment("SMSGW_KILL_SEED", 7)


class Moody:
    """A receiver that now and then is out of order, hangs up, or is slow; for each event at most once."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._failed: set[str] = set()

    def __call__(self, heard: Heard) -> Reply:
        mood = self._chance.random()
        if mood < 0.05 and heard.id not in self._failed:
            self._failed.add(heard.id)
            return Reply(503) if mood < 0.03 else Reply(raw=b"")
        return Reply(pause=0.05 if mood > 0.95 else 0.0)


def send_some(gateway: Running, chance: Random, ids: set[str]) -> None:
    """Send some messages and have a phone write; what is not answered because of the kill does not count."""
    client = gateway.client()
    try:
        for number in range(chance.randint(10, 30)):
            ids.add(client.send(f"+49151{10_000_000 + len(ids)}", f"number {number}"))
            if number % 5 == 0:
                client.ask("POST", f"/simulator/handsets/{HANDSETS[0]}/messages", {"text": f"hello {len(ids)}"})
    except (OSError, HTTPException, json.JSONDecodeError):
        pass
    finally:
        client.close()


@pytest.mark.slow
def test_every_event_is_told_at_least_once_over_kills(
    fresh_store_url: str, tmp_path: Path, open_gateway: Callable[..., Running], tape: Tape
) -> None:
    chance = Random(SEED)
    receiver = Receiver(Moody(Random(SEED)))
    gateway = open_gateway([tape.link()], url=fresh_store_url)
    ids: set[str] = set()
    try:
        gateway.smsgw("webhook", "add", receiver.url, "--event", "message.*", "--event", "inbound.received")
        for _ in range(KILLS):
            gateway.start()
            send_some(gateway, chance, ids)
            gateway.kill()
        gateway.start()
        send_some(gateway, chance, ids)
        happened = until(lambda: _all_told(gateway), 90, "something waits for ever")
        heard = list(receiver.heard)
        _check(happened, heard, _happened(gateway), ids)
    finally:
        gateway.kill()
        receiver.close()


def _all_told(gateway: Running) -> list[tuple[str, str]] | None:
    """What happened, once all of it is planned and delivered. The daemon goes on: more may happen from then on."""
    happened = _happened(gateway)
    with gateway.looking() as conn:  # one question, for between two the daemon goes on
        return happened if [*conn.scalars(select(delivery.c.state))] == ["delivered"] * len(happened) else None


def _happened(gateway: Running) -> list[tuple[str, str]]:
    """(record, event) of every line of history that is to be told, in order."""
    with gateway.looking() as conn:
        after = conn.scalar(select(webhook.c.after))
        rows = conn.execute(select(history).where(history.c.id > after).order_by(history.c.id))
        return [
            (row.record_id, f"{row.record}.{row.now}")
            for row in rows
            if row.was != row.now and (row.record == "message" or (row.record, row.now) == ("inbound", "received"))
        ]


Events = list[tuple[str, str]]


def _check(happened: Events, heard: list[Heard], by_now: Events, ids: set[str]) -> None:
    """What happened was all heard, and what was heard has all happened by now."""
    by_id: dict[str, set[bytes]] = defaultdict(set)
    told: list[tuple[str, str]] = []
    for one in heard:
        if one.id not in by_id:
            told.append((one.about, one.type))
        by_id[one.id].add(one.body)
    assert [id for id, bodies in by_id.items() if len(bodies) > 1] == [], "an id that says two things"
    assert Counter(happened) <= Counter(told) <= Counter(by_now), "each event is told under one id"
    all_of = _by_record(by_now)
    for record, events in _by_record(told).items():
        assert events == all_of[record][: len(events)], "each record's events come in their order"
    assert ids <= {about for about, _ in told}


def _by_record(events: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for record, event in events:
        found[record].append(event)
    return found
