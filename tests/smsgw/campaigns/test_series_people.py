"""Whom runs of series and follow-ups are about: by a date, by what became of a message, never against a no."""

from __future__ import annotations

from datetime import UTC, datetime

from smsgw.customers import customers, fields
from smsgw.link import ReceiptState
from tests.smsgw.campaigns.town import TEXT, Town


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
    town.tick()
    runs = town.children(id)
    assert {row.recipient for run in runs for row in town.messages(run.id)} == {on}
    town.desk.now = datetime(2027, 2, 27, 8, 0, 30, tzinfo=UTC)
    town.tick()
    assert [row.recipient for row in town.messages(town.children(id)[-1].id)] == [leap]


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
    town.tick()
    assert town.row(id).state == "finished"
    for number in answered:
        town.desk.text_from(number, "zanima me", f"n{number}")
    town.desk.later(hours=23)
    town.tick()
    assert town.children(id) == []
    town.desk.later(hours=2)
    town.tick()
    [first] = town.children(id)
    assert {row.recipient for row in town.messages(first.id)} == set(silent)
    assert (first.kind, {row.text for row in town.messages(first.id)}) == ("follow_up", {"Še vedno? STOP"})
    town.desk.later(hours=24)
    town.tick()
    town.tick()
    second = town.children(id)[-1]
    assert {row.recipient for row in town.messages(second.id)} == set(unreached)
    assert len(town.children(id)) == 2


def test_an_answer_from_another_number_of_theirs_is_an_answer(town: Town) -> None:
    [silent, answering] = town.people(2)
    with town.database.reading() as conn:
        who = customers.of(conn, [answering])[answering].id
    told = {"addresses": [answering, "+38631700700"]}
    customers.change(town.database.writer, customers.Wish(told, "test", town.desk.now, "SI", who))
    id = town.started(terms={"follow_ups": [{"who": "silent", "after": 1, "texts": {"sl": TEXT}}]})
    town.run()
    town.deliver()
    town.run()
    town.desk.text_from("+38631700700", "zanima me", "n1")
    town.desk.later(hours=2)
    town.tick()
    [run] = town.children(id)
    assert {row.recipient for row in town.messages(run.id)} == {silent}


def test_who_said_stop_is_in_no_follow_up(town: Town) -> None:
    numbers = town.people(3)
    follow_ups = [{"who": "silent", "after": 1, "texts": {"sl": TEXT}}]
    id = town.started(terms={"follow_ups": follow_ups, "limits": {"opt_outs": 100}})
    town.run()
    town.deliver()
    town.run()
    town.say(numbers[:1], granted=False)
    town.desk.later(hours=2)
    town.tick()
    [run] = town.children(id)
    assert {row.recipient for row in town.messages(run.id)} == set(numbers[1:])
    assert town.left_out(run.id) == {"recipient_opted_out": 1}
