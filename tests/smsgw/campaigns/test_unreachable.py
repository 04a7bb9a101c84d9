"""The memory of numbers that cannot be reached: who is in it, what it saves, and what takes one out again."""

from __future__ import annotations

from smsgw.campaigns import report, unreachable
from smsgw.link import ReceiptState
from smsgw.store.followers import begin
from tests.smsgw.campaigns.town import Town


def fails(town: Town, number: str, reference: str) -> None:
    """A text to this number does not arrive."""
    town.desk.submit(number, f"hello {reference}", purpose="service")
    [wire] = town.desk.claim()
    town.desk.taken(wire, reference)
    town.desk.receipt(reference, ReceiptState.UNDELIVERABLE)


def arrives(town: Town, number: str, reference: str) -> None:
    town.desk.submit(number, f"hello {reference}", purpose="service")
    [wire] = town.desk.claim()
    town.desk.taken(wire, reference)
    town.desk.receipt(reference)


def dead(town: Town, number: str) -> bool:
    town.campaigns.learn(town.desk.now)
    with town.database.reading() as conn:
        return number in unreachable.dead(conn, [number])


def remembered(town: Town) -> str:
    """A number that failed twice, two days apart."""
    begin(town.database.writer, unreachable.NAME, town.desk.now)
    [number] = town.people(1)
    fails(town, number, "f1")
    assert not dead(town, number)
    town.desk.later(days=2)
    fails(town, number, "f2")
    assert dead(town, number)
    return number


def test_who_failed_time_after_time_is_left_out_and_what_that_saved_is_told(town: Town) -> None:
    remembered(town)
    town.people(2)
    id = town.started()
    town.run()
    assert town.left_out(id) == {"unreachable_number": 1}
    with town.database.reading() as conn:
        assert report.report(conn, id)["saved"]["messages"] == 1


def test_a_campaign_can_try_them_all_the_same(town: Town) -> None:
    remembered(town)
    id = town.started(terms={"unreachable": True})
    town.run()
    assert len(town.messages(id)) == 1


def test_several_failures_on_one_day_are_one(town: Town) -> None:
    begin(town.database.writer, unreachable.NAME, town.desk.now)
    [number] = town.people(1)
    for n in range(4):
        fails(town, number, f"f{n}")
        town.desk.later(hours=2)
    assert not dead(town, number)


def test_a_text_that_arrives_or_comes_in_is_a_sign_of_life(town: Town) -> None:
    number = remembered(town)
    arrives(town, number, "r1")
    assert not dead(town, number)
    other = remembered(town)
    town.desk.text_from(other, "I am here", "n1")
    assert not dead(town, other)


def test_a_number_gets_another_chance_after_half_a_year(town: Town) -> None:
    number = remembered(town)
    town.desk.later(days=181)
    assert not dead(town, number)
