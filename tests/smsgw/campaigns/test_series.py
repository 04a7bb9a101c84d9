"""Series and follow-ups: each run once, the missed ones not in a heap, and only those who are meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from smsgw.campaigns import life
from smsgw.campaigns.desk import Campaigns
from smsgw.customers import fields
from smsgw.link import ReceiptState
from smsgw.store.tables import campaign
from tests.smsgw.campaigns.town import TEXT, Town

WEEKLY = {"repeat": {"rule": "FREQ=WEEKLY;COUNT=3", "first": "2026-11-24T13:00:00", "zone": "Europe/Ljubljana"}}


def children(town: Town, id: str) -> list[Any]:
    with town.database.reading() as conn:
        return list(conn.execute(select(campaign).where(campaign.c.parent_id == id).order_by(campaign.c.run)))


def tick(town: Town) -> None:
    """All jobs of the clock look once, and campaigns go on until nothing is to do at once."""
    town.campaigns.step(town.desk.now)
    town.campaigns.series(town.desk.now)
    town.campaigns.follow_ups(town.desk.now)
    town.run()


def test_each_run_is_a_campaign_of_its_own_with_the_people_of_its_day(town: Town) -> None:
    town.people(3)
    id = town.started(terms=WEEKLY)
    tick(town)
    assert children(town, id) == []
    town.desk.later(hours=1)  # 13:00 in Ljubljana
    tick(town)
    tick(town)
    [first] = children(town, id)
    assert (first.run, first.state, first.placed) == ("2026-11-24T12:00Z", "running", 3)
    town.people(2)
    town.desk.later(days=7)
    tick(town)
    assert [(row.run, row.placed) for row in children(town, id)] == [
        ("2026-11-24T12:00Z", 3), ("2026-12-01T12:00Z", 5)
    ]  # fmt: skip
    assert (town.row(id).state, town.row(id).starts_at) == ("running", datetime(2026, 12, 8, 12, tzinfo=UTC))
    town.desk.later(days=7)
    tick(town)
    assert (town.row(id).state, len(children(town, id))) == ("finished", 3)


def test_of_the_runs_that_a_stopped_machine_missed_only_the_newest_is_made_up(town: Town) -> None:
    town.people(1)
    daily = {"repeat": {"rule": "FREQ=DAILY;COUNT=20", "first": "2026-11-24T13:00:00", "zone": "Europe/Ljubljana"}}
    id = town.started(terms=daily)
    town.desk.later(hours=1)
    tick(town)
    town.desk.later(days=5, hours=3)
    tick(town)
    assert [row.run for row in children(town, id)] == ["2026-11-24T12:00Z", "2026-11-29T12:00Z"]


def test_a_missed_run_that_is_too_old_is_not_made_up_at_all(town: Town) -> None:
    town.people(1)
    id = town.started(terms=WEEKLY | {"late": 120})
    tick(town)
    town.desk.later(days=2)
    tick(town)
    assert children(town, id) == []
    with town.database.reading() as conn:
        assert life.get(conn, id).state == "running"
    assert "missed" in town.desk.events(id)


def test_a_clock_that_is_set_back_begins_nothing_twice(town: Town) -> None:
    town.people(1)
    id = town.started(terms=WEEKLY)
    town.desk.later(hours=1)
    tick(town)
    town.desk.now -= timedelta(hours=2)
    tick(town)
    town.desk.later(hours=2)
    tick(town)
    assert len(children(town, id)) == 1


def test_two_clocks_on_one_store_begin_each_run_once(town: Town) -> None:
    town.people(120)
    id = town.started(terms=WEEKLY)
    other = Campaigns(town.database, town.desk.door, dict)
    town.desk.later(hours=1)
    for _ in range(20):
        for clock in (town.campaigns, other):
            clock.series(town.desk.now)
            clock.step(town.desk.now)
    [run] = children(town, id)
    numbers = [row.recipient for row in town.messages(run.id)]
    assert len(numbers) == len(set(numbers)) == 120


def test_a_series_that_is_paused_begins_no_run(town: Town) -> None:
    town.people(1)
    id = town.started(terms=WEEKLY)
    tick(town)
    town.desk.later(minutes=30)
    tick(town)
    town.desk.later(minutes=30)
    town.campaigns.step(town.desk.now)
    life.pause(town.database.writer, id, "ana", "holiday", town.desk.now)
    tick(town)
    assert children(town, id) == []


def test_a_birthday_is_greeted_on_its_day_in_its_zone(town: Town) -> None:
    fields.define(town.database.writer, fields.Field("birthday", "Birthday", "date"), town.desk.now)
    [on] = town.people(1, fields={"birthday": "1990-11-27"})
    [leap] = town.people(1, fields={"birthday": "2000-02-29"})
    town.people(1, fields={"birthday": "1990-11-28"})
    town.people(1)
    told = {"relative": {"field": "birthday", "days": -1, "at": "09:00:00", "zone": "Europe/Ljubljana",
                         "until": "2027-12-31"}}  # fmt: skip
    id = town.started(terms=told, texts={"sl": "Jutri praznujete! Odjava: STOP"})
    town.desk.now = datetime(2026, 11, 26, 8, 0, 30, tzinfo=UTC)
    tick(town)
    runs = children(town, id)
    assert {row.recipient for run in runs for row in town.messages(run.id)} == {on}
    town.desk.now = datetime(2027, 2, 27, 8, 0, 30, tzinfo=UTC)
    tick(town)
    assert [row.recipient for row in town.messages(children(town, id)[-1].id)] == [leap]


def test_who_did_not_answer_and_whom_it_did_not_reach_are_followed_up(town: Town) -> None:
    answered, silent, unreached = town.people(2), town.people(3), town.people(2)
    follow_ups = [
        {"who": "silent", "after": 24, "texts": {"sl": "Še vedno? STOP"}},
        {"who": "unreached", "after": 48, "texts": {"sl": "Poskusimo znova. STOP"}},
    ]
    id = town.started(terms={"follow_ups": follow_ups, "limits": {"failures": 100}})
    town.run()
    for one in town.desk.claim(most=500):
        town.desk.taken(one, f"r{one.message_id}")
        state = ReceiptState.UNDELIVERABLE if one.to in unreached else ReceiptState.DELIVERED
        town.desk.receipt(f"r{one.message_id}", state)
    town.desk.later(seconds=10)
    tick(town)
    assert town.row(id).state == "finished"
    for number in answered:
        town.desk.text_from(number, "zanima me", f"n{number}")
    town.desk.later(hours=23)
    tick(town)
    assert children(town, id) == []
    town.desk.later(hours=2)
    tick(town)
    [first] = children(town, id)
    assert {row.recipient for row in town.messages(first.id)} == set(silent)
    assert (first.kind, {row.text for row in town.messages(first.id)}) == ("follow_up", {"Še vedno? STOP"})
    town.desk.later(hours=24)
    tick(town)
    tick(town)
    second = children(town, id)[-1]
    assert {row.recipient for row in town.messages(second.id)} == set(unreached)
    assert len(children(town, id)) == 2


def test_who_said_stop_is_in_no_follow_up(town: Town) -> None:
    numbers = town.people(3)
    follow_ups = [{"who": "silent", "after": 1, "texts": {"sl": TEXT}}]
    id = town.started(terms={"follow_ups": follow_ups, "limits": {"opt_outs": 100}})
    town.run()
    town.deliver()
    town.run()
    town.say(numbers[:1], granted=False)
    town.desk.later(hours=2)
    tick(town)
    [run] = children(town, id)
    assert {row.recipient for row in town.messages(run.id)} == set(numbers[1:])
    assert town.left_out(run.id) == {"recipient_opted_out": 1}
