"""The calendar: what is planned stands on its day, series tell their runs ahead, and a campaign can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smsgw.campaigns import calendar, life
from smsgw.config.business import BusinessConfig
from smsgw.errors import BadInput, Conflict
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.campaigns.town import NOON, Town
from tests.smsgw.desk import Desk

ZONE = ZoneInfo("Europe/Ljubljana")
WEEKLY = {"repeat": {"rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=3", "first": "2026-12-01T09:00:00", "zone": ZONE.key}}


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Town]:
    """A town on SQLite; the test with `town` sees every statement on both engines."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield Town(Desk(database))
    database.close()


def planned(town: Town, days: int = 30) -> list[tuple[str, datetime, str]]:
    with town.database.reading() as conn:
        found = calendar.between(conn, NOON, NOON + timedelta(days=days), NOON)
    return [(one.kind, one.at, one.title) for one in found]


def test_campaigns_runs_and_messages_stand_in_order_with_their_times(town: Town) -> None:
    town.people(1)
    at = NOON + timedelta(days=2)
    single = town.approved()
    life.schedule(town.database.writer, life.When(single, "ana", NOON, at))
    series = town.approved(name="News", terms=WEEKLY)
    life.schedule(town.database.writer, life.When(series, "ana", NOON))
    town.desk.submit("+38640111222", "it came", send_at=NOON + timedelta(days=1))
    town.write(name="Later")
    nine = datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert planned(town) == [
        ("message", NOON + timedelta(days=1), "+38640111222: it came"),
        ("campaign", at, "School"),
        ("run", nine, "News"),
        ("run", nine + timedelta(days=7), "News"),
        ("run", nine + timedelta(days=14), "News"),
    ]
    with town.database.reading() as conn:
        assert [row.name for row in calendar.without_time(conn)] == ["Later"]


def test_a_campaign_is_moved_and_a_series_is_not(village: Town) -> None:
    village.people(1)
    id, writer = village.approved(), village.database.writer
    first, second = NOON + timedelta(days=1), NOON + timedelta(days=3)
    assert calendar.reschedule(writer, life.When(id, "ana", NOON, first)) == first
    assert calendar.reschedule(writer, life.When(id, "ana", NOON, second)) == second
    assert planned(village) == [("campaign", second, "School")]
    with pytest.raises(BadInput, match="ahead"):
        calendar.reschedule(writer, life.When(id, "ana", NOON, NOON))
    series = village.approved(name="News", terms=WEEKLY)
    life.schedule(writer, life.When(series, "ana", NOON))
    with pytest.raises(Conflict, match="rule"):
        calendar.reschedule(writer, life.When(series, "ana", NOON, second))


def test_days_tell_who_is_there_and_when_offers_may_arrive(village: Town) -> None:
    config = BusinessConfig(zone=ZONE.key, hours=["Mo-Fr 08:00-16:00"], country="SI")
    rules = village.desk.terms.rules
    days = calendar.days(config.business, "SI", rules, ZONE, date(2026, 12, 24), date(2026, 12, 27))
    assert [(one.day.day, one.closed, one.holiday) for one in days] == [
        (24, False, False), (25, True, True), (26, True, True), (27, True, False),
    ]  # fmt: skip
    assert days[0].open == [("08:00", "20:00")]
