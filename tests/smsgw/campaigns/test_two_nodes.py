"""Two nodes whose clocks look at the same campaigns at the same moment: each target once, each start once."""

from __future__ import annotations

import threading

from smsgw.campaigns import life
from smsgw.campaigns.advance import Advance
from smsgw.campaigns.freezing import freeze_some
from smsgw.store.database import Database
from tests.smsgw.campaigns.town import Town
from tests.smsgw.desk import Desk


def test_two_clocks_at_once_place_each_target_once(town: Town) -> None:
    numbers = town.people(400)
    id = town.started()
    other = Town.__new__(Town)
    other.__dict__ |= town.__dict__ | {"desk": Desk(Database(town.database.url))}
    other.desk.now = town.desk.now
    other.campaigns = type(town.campaigns)(other.desk.database, other.desk.door, dict)
    together = threading.Barrier(2)
    problems: list[BaseException] = []

    def run(node: Town) -> None:
        together.wait(90)
        try:
            while node.campaigns.step(node.desk.now):
                pass
        except BaseException as problem:  # noqa: BLE001 - told by the test
            problems.append(problem)

    nodes = [threading.Thread(target=run, args=(node,)) for node in (town, other)]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join(240)
    town.run()
    other.desk.database.close()
    assert problems == []
    assert sorted(row.recipient for row in town.messages(id)) == sorted(numbers)
    assert town.row(id).placed == 400
    assert town.desk.events(id).count("start") == 1


def test_who_comes_late_to_freeze_takes_nothing_away(town: Town) -> None:
    numbers = town.people(120)
    id = town.started()
    Advance(town.database, town.desk.door).begin_due(town.desk.now)
    late = town.row(id)  # as another node read it
    while town.row(id).frozen_at is None:
        town.campaigns.step(town.desk.now)
    freeze_some(town.database, late, town.desk.door.terms.rules, town.desk.now)
    town.run()
    assert sorted(row.recipient for row in town.messages(id)) == sorted(numbers)


def test_a_pause_by_one_holds_for_the_other(town: Town) -> None:
    town.people(120)
    id = town.started()
    town.campaigns.step(town.desk.now)
    town.campaigns.step(town.desk.now)
    second = Database(town.database.url)
    life.pause(second.writer, id, "bojan", "from the other node", town.desk.now)
    second.close()
    town.run()
    assert len(town.messages(id)) == 50
    assert town.desk.claim(most=500) == []
