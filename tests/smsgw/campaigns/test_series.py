"""Series and follow-ups: each run once, the missed ones not in a heap, and only those who are meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smsgw.campaigns import life
from smsgw.campaigns.desk import Campaigns
from tests.smsgw.campaigns.town import Town

WEEKLY = {"repeat": {"rule": "FREQ=WEEKLY;COUNT=3", "first": "2026-11-24T13:00:00", "zone": "Europe/Ljubljana"}}


@pytest.fixture
def fresh_store_url(tmp_path: Path) -> str:
    """One engine is enough here: its neighbours ask the other one the same questions."""
    return f"sqlite:///{tmp_path / 'store.db'}"


def test_each_run_is_a_campaign_of_its_own_with_the_people_of_its_day(town: Town) -> None:
    town.people(3)
    id = town.started(terms=WEEKLY)
    town.tick()
    assert town.children(id) == []
    town.desk.later(hours=1)  # 13:00 in Ljubljana
    town.tick()
    town.tick()
    [first] = town.children(id)
    assert (first.run, first.state, first.placed) == ("2026-11-24T12:00Z", "running", 3)
    town.people(2)
    town.desk.later(days=7)
    town.tick()
    assert [(row.run, row.placed) for row in town.children(id)] == [
        ("2026-11-24T12:00Z", 3), ("2026-12-01T12:00Z", 5)
    ]  # fmt: skip
    assert (town.row(id).state, town.row(id).starts_at) == ("running", datetime(2026, 12, 8, 12, tzinfo=UTC))
    town.desk.later(days=7)
    town.tick()
    assert (town.row(id).state, len(town.children(id))) == ("finished", 3)


def test_of_the_runs_that_a_stopped_machine_missed_only_the_newest_is_made_up(town: Town) -> None:
    town.people(1)
    daily = {"repeat": {"rule": "FREQ=DAILY;COUNT=20", "first": "2026-11-24T13:00:00", "zone": "Europe/Ljubljana"}}
    id = town.started(terms=daily)
    town.desk.later(hours=1)
    town.tick()
    town.desk.later(days=5, hours=3)
    town.tick()
    assert [row.run for row in town.children(id)] == ["2026-11-24T12:00Z", "2026-11-29T12:00Z"]


def test_a_missed_run_that_is_too_old_is_not_made_up_at_all(town: Town) -> None:
    town.people(1)
    id = town.started(terms=WEEKLY | {"late": 120})
    town.tick()
    town.desk.later(days=2)
    town.tick()
    assert town.children(id) == []
    with town.database.reading() as conn:
        assert life.get(conn, id).state == "running"
    assert "missed" in town.desk.events(id)


def test_a_clock_that_is_set_back_begins_nothing_twice(town: Town) -> None:
    town.people(1)
    id = town.started(terms=WEEKLY)
    town.desk.later(hours=1)
    town.tick()
    town.desk.now -= timedelta(hours=2)
    town.tick()
    town.desk.later(hours=2)
    town.tick()
    assert len(town.children(id)) == 1


def test_two_clocks_on_one_store_begin_each_run_once(town: Town) -> None:
    town.people(120)
    id = town.started(terms=WEEKLY)
    other = Campaigns(town.database, town.desk.door, dict)
    town.desk.later(hours=1)
    for _ in range(20):
        for clock in (town.campaigns, other):
            clock.series(town.desk.now)
            clock.step(town.desk.now)
    [run] = town.children(id)
    numbers = [row.recipient for row in town.messages(run.id)]
    assert len(numbers) == len(set(numbers)) == 120


def test_a_series_that_is_paused_begins_no_run(town: Town) -> None:
    town.people(1)
    id = town.started(terms=WEEKLY)
    town.tick()
    town.desk.later(minutes=30)
    town.tick()
    town.desk.later(minutes=30)
    town.campaigns.step(town.desk.now)
    life.pause(town.database.writer, id, "ana", "holiday", town.desk.now)
    town.tick()
    assert town.children(id) == []
