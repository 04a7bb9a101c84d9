"""What makes a campaign slower or pauses it: replies that wait, people who say stop, sick links, its own pace."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from smsgw.campaigns import life, watching, winning
from smsgw.campaigns.terms import Terms
from smsgw.link import Health, LinkState
from smsgw.outbound.routing import Served
from smsgw.store.database import Database
from tests.smsgw.campaigns.town import NOON, Town
from tests.smsgw.desk import Desk


@pytest.fixture
def fresh_store_url(tmp_path: Path) -> str:
    """One engine is enough here: its neighbours ask the other one the same questions."""
    return f"sqlite:///{tmp_path / 'store.db'}"


def test_a_storm_of_stops_makes_it_pause(town: Town) -> None:
    numbers = town.people(70)
    id = town.started(terms={"limits": {"opt_outs": 3}})
    town.campaigns.step(town.desk.now)
    town.campaigns.step(town.desk.now)
    town.deliver()
    town.say(numbers[:3], granted=False, scope="*")
    town.desk.later(seconds=6)
    town.run()
    row = town.row(id)
    assert (row.state, row.placed) == ("paused", 50)
    assert "3 of 50 said stop, more than 3 per cent" in row.why


def test_stops_from_before_it_began_are_not_its_own(town: Town) -> None:
    numbers = town.people(60)
    town.say(numbers[:30], granted=False)
    id = town.started()
    town.run()
    town.deliver()
    town.desk.later(seconds=6)
    town.run()
    assert town.row(id).state == "finished"


def test_replies_that_wait_for_a_person_make_it_slower_and_answering_them_faster(town: Town) -> None:
    numbers = town.people(150)
    town.paces = {"a": 2.0, "b": 2.0}
    id = town.started(terms={"limits": {"unanswered": 20}})
    town.run()
    town.deliver()
    assert town.row(id).placed == 120, "a minute of its link"
    for number in numbers[:10]:
        town.desk.text_from(number, "kdaj pa?", f"n{number}")
    town.desk.later(seconds=6)
    before = town.row(id).placed
    town.run()
    slow = town.row(id).placed - before
    assert 0 < slow <= 10, "half of what its links can do, for five seconds at most"
    for number in numbers[10:20]:
        town.desk.text_from(number, "in po čem?", f"n{number}")
    town.desk.later(seconds=6)
    before = town.row(id).placed
    town.run()
    assert town.row(id).placed == before, "so many wait that nothing more goes"
    assert town.row(id).state == "running"


def test_its_own_pace_is_kept_and_a_stopped_machine_makes_up_little(town: Town) -> None:
    town.people(40)
    id = town.started(terms={"per_minute": 60})
    for _ in range(10):
        town.run()
        town.desk.later(seconds=1)
    assert 9 <= town.row(id).placed <= 16
    before = town.row(id).placed
    town.desk.later(hours=1)
    town.run()
    assert town.row(id).placed - before <= 6


def test_a_clock_that_is_set_back_does_not_make_it_faster(town: Town) -> None:
    town.people(40)
    id = town.started(terms={"per_minute": 60})
    town.run()
    town.desk.later(seconds=10)
    town.run()
    before = town.row(id).placed
    town.desk.now -= timedelta(minutes=5)
    for _ in range(5):
        town.run()
        town.desk.later(seconds=1)
    assert town.row(id).placed == before


def test_the_queue_of_a_slow_link_stays_short(town: Town) -> None:
    town.people(80)
    town.paces = {"a": 0.2, "b": 0.2}
    id = town.started()
    town.run()
    assert len(town.messages(id)) == 20


def test_a_link_with_enough_to_do_keeps_nobody_waiting_whose_link_has_not(database: Database) -> None:
    town = Town(Desk(database, [Served("a", "fake", ("+386",)), Served("b", "fake", ("+385",))]))
    town.people(300)
    town.people(5, prefix="+38591")
    town.paces = {"a": 0.5, "b": 5.0}
    id = town.started()
    town.run()
    links = [row.link for row in town.messages(id)]
    assert (links.count("a"), links.count("b")) == (30, 5)


def test_a_link_that_is_away_is_waited_for_and_then_it_pauses(town: Town) -> None:
    town.people(10)
    for link in ("a", "b"):
        town.desk.network.heard(link, Health(LinkState.DOWN, "no signal"), town.desk.now)
    id = town.started()
    town.run()
    assert (town.row(id).state, town.messages(id)) == ("running", [])
    town.desk.later(seconds=70)
    town.run()
    row = town.row(id)
    assert row.state == "paused"
    assert "no link can take it: a is down" in row.why
    town.desk.network.heard("a", Health(LinkState.UP), town.desk.now)
    life.resume(town.database.writer, id, "ana", town.desk.now)
    town.run()
    assert len(town.messages(id)) == 10


def test_a_queue_that_is_full_is_waited_for(town: Town) -> None:
    town.people(30)
    id = town.started()
    town.desk.door._admission._terms = town.desk.terms.__class__(
        region="SI", queue_bound=20, rules=town.desk.terms.rules
    )
    town.run()
    assert town.row(id).placed == 20
    town.deliver()
    town.desk.later(seconds=31)
    town.run()
    assert town.row(id).placed == 30


def test_everybody_gets_it_at_a_decent_hour_of_their_own(town: Town) -> None:
    here, there = town.people(3), town.people(2, prefix="+79001", zone="Asia/Kamchatka")
    id = town.started()
    town.run()
    due = {row.recipient: row.due_at for row in town.messages(id)}
    assert {part.to for part in town.desk.claim(most=500)} == set(here)
    assert all(due[number] >= NOON.replace(hour=20) for number in there)  # eight in the morning there
    town.desk.now = NOON.replace(hour=21)  # and ten in the evening here
    town.database.writer.do(town.desk.waiting.release, town.desk.now)
    assert {part.to for part in town.desk.claim(most=500)} == set(there)


def test_how_it_fares_is_found_without_reading_all_its_targets(town: Town) -> None:
    town.people(3)
    id = town.started()
    town.run()
    row, asked = town.row(id), list[tuple[str, Any]]()
    with town.database.reading() as conn:
        event.listen(conn, "before_cursor_execute", lambda c, cur, sql, args, *_: asked.append((sql, args)))
        watching.look(conn, row)
        winning.replied(conn, row, Terms(), [watching.among_its_targets(id)])
        looked = [one for one in asked if " target" in one[0]]
        plans = [str(conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", args).all()) for sql, args in looked]
    assert len(plans) == 3, "those who said stop, texts that wait, who answered"
    assert [plan for plan in plans if "SEARCH target USING INDEX ix_target_address" not in plan] == []
