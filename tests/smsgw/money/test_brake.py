"""The brake: who runs away waits for the owner, and dear or strange numbers too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from smsgw.money import alerts, brake
from smsgw.money.brake import Brake, Clearance, Limits, risk_of
from smsgw.outbound.gate.terms import Candidate
from smsgw.store.database import Database
from smsgw.store.tables import day_total
from tests.smsgw.desk import START

Ask = Callable[..., list[str]]


@pytest.fixture
def database(on_sqlite: Database) -> Database:
    """One engine: this is about money, not about SQL."""
    return on_sqlite


def known(database: Database, client: str, messages: int, country: str = "SI") -> None:
    """A client that sent so many messages on each of the last six days."""
    zero = dict.fromkeys(("parts", "delivered", "failed", "planned", "amount", "replies", "orders"), 0)
    names = {
        "link": "a",
        "prefix": "+38640",
        "campaign": "",
        "category": "",
        "sender": "",
        "kind": "sms",
        "currency": "",
    }
    with database.exclusive() as conn:
        for back in range(1, 7):
            day = f"{START - timedelta(days=back):%Y-%m-%d}"
            conn.execute(
                day_total.insert().values(day=day, client=client, country=country, messages=messages, **names, **zero)
            )


@pytest.fixture
def held(database: Database) -> Ask:
    """Ask a brake about messages of one client; says what is held of them."""
    it = Brake(Limits(times=10, least=20))
    known(database, "shop", 120)  # two in ten minutes
    with database.reading() as conn:
        it.learn(conn, START)

    def ask(count: int, to: str = "+38640111222", seconds: int = 0, **more: object) -> list[str]:
        facts: dict[str, Any] = {"client": "shop", "purpose": "transactional"} | more
        batch = [Candidate(to, "hello", send_at=START, **facts) for _ in range(count)]
        return list(it.ask(batch, START + timedelta(seconds=seconds)).values())

    ask.brake = it  # type: ignore[attr-defined]
    return ask


def settle(database: Database, it: Brake, seconds: int) -> list[str]:
    """What the job does every five seconds; returns the kinds that were told."""
    now = START + timedelta(seconds=seconds)
    with database.reading() as conn:
        alarms = it.read(conn, now)
    database.writer.do(lambda conn, batch: [alerts.tell(conn, one, now) for one in batch], alarms)
    it.told(alarms)
    return [alarm.kind for alarm in alarms]


def test_a_client_at_many_times_its_usual_pace_is_stopped_until_the_owner_says(database: Database, held: Ask) -> None:
    assert held(20) == []
    assert len(held(5)) == 5
    assert "25 messages in ten minutes, where 2 are usual and 20 are the most" in held(1)[0] or held(1)
    assert settle(database, held.brake, 5) == ["runaway.pace"]  # type: ignore[attr-defined]
    assert settle(database, held.brake, 10) == []  # type: ignore[attr-defined]
    assert len(held(1, seconds=3600)) == 1  # an hour later too
    wish = Clearance("shop", "", START + timedelta(hours=3), "ana", START)
    brake.clear(database.writer, wish)
    settle(database, held.brake, 3601)  # type: ignore[attr-defined]
    assert held(50, seconds=3602) == []


def test_an_alert_that_is_dealt_with_lets_the_client_go_on(database: Database, held: Ask) -> None:
    held(25)
    settle(database, held.brake, 5)  # type: ignore[attr-defined]
    with database.reading() as conn:
        [row] = alerts.standing(conn)
    alerts.over(database.writer, row.id, "ana", START)
    settle(database, held.brake, 10)  # type: ignore[attr-defined]
    assert held(10, seconds=11) == []


def test_campaigns_replies_and_strangers_are_not_counted(held: Ask) -> None:
    assert held(100, campaign_id="cam_1") == []
    assert held(100, purpose="conversational") == []
    assert held(100, client="new") == []


def test_premium_and_satellite_numbers_are_held(database: Database, held: Ask) -> None:
    assert risk_of("+8816123") is not None
    assert risk_of("+3864011") is None
    assert "held until somebody lets them go" in held(1, "+881612345678", client="new")[0]
    settle(database, held.brake, 5)  # type: ignore[attr-defined]
    brake.clear(database.writer, Clearance("", "+881", None, "ana", START))
    settle(database, held.brake, 10)  # type: ignore[attr-defined]
    assert held(1, "+881612345678", client="new") == []


def test_a_country_that_a_known_client_never_wrote_to_is_held(held: Ask) -> None:
    assert "in a country (GH) that this client never wrote to" in held(1, "+233241234567")[0]
    assert held(1, "+233241234567", client="new") == []
