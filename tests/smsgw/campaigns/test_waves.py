"""Who goes first and with which text: a canary, texts against each other and their winner, and who is held out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from sqlalchemy import insert, select

from smsgw.campaigns import life, report, winning
from smsgw.errors import BadInput
from smsgw.inbound import expectations
from smsgw.link import ReceiptState, RejectedForGood
from smsgw.store import history
from smsgw.store.ids import new_id
from smsgw.store.lifecycle import ORDER
from smsgw.store.tables import product, target
from tests.smsgw.campaigns.town import TEXT, Town

STOP = " Odjava: STOP"
NIGHT = datetime(2026, 11, 25, 2, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 8, tzinfo=UTC)  # in Ljubljana it is nine
TWO = {"split": {"against": [{"sl": "Drugo besedilo." + STOP}], "share": 40, "decide_after": 60}}


def fail(town: Town, link: str = "a") -> int:
    """A link takes what waits, and the phones cannot be reached; returns how many messages that were."""
    count = 0
    while wire := town.desk.claim(link, 500):
        for one in wire:
            town.desk.taken(one, f"f{one.message_id}", link)
            town.desk.receipt(f"f{one.message_id}", ReceiptState.UNDELIVERABLE, link)
        count += len(wire)
    return count


def take(town: Town, link: str = "a") -> int:
    """A link takes what waits, and no receipt comes; returns how many messages that were."""
    wire = town.desk.claim(link, 500)
    for one in wire:
        town.desk.taken(one, f"t{one.message_id}", link)
    return len(wire)


def wake(town: Town) -> None:
    """It is morning, and what waited for it is released."""
    town.desk.now = MORNING
    while town.database.writer.do(town.desk.waiting.release, MORNING):
        pass


def order(town: Town, number: str, total: int = 10_000_000) -> None:
    """Somebody orders, and confirms it."""
    now = town.desk.now
    town.count += 1
    row = {
        "id": new_id("ord", now), "number": town.count, "address": number, "language": "sl", "revision": 1,
        "total": total, "currency": "EUR", "unclear": 0, "created_at": now, "confirmed_at": now,
        "confirmed_revision": 1, "proof": {"words": "da"}, "asked_at": now,
    }  # fmt: skip
    births = [history.Birth(row, [("take", "asked"), ("confirm", "said yes")])]
    town.do(lambda conn: history.begin(conn, ORDER, births, by="test", now=now))


def test_the_first_few_go_alone_and_the_others_follow_when_these_arrived(town: Town) -> None:
    town.people(150)
    id = town.started(terms={"canary": {"share": 5, "wait": 30}})
    town.run()
    first = len(town.messages(id))
    assert 2 <= first <= 20
    town.run()
    assert len(town.messages(id)) == first
    town.deliver()
    town.run()
    assert len(town.messages(id)) == 150


def test_the_others_stay_when_too_many_of_the_first_failed(town: Town) -> None:
    town.people(150)
    id = town.started(terms={"canary": {"share": 5, "failures": 20, "wait": 30}, "limits": {"sample": 1000}})
    town.run()
    first = fail(town)
    town.desk.later(seconds=10)
    town.run()
    row = town.row(id)
    assert (row.state, len(town.messages(id))) == ("paused", first)
    assert f"{first} of the first {first} failed" in row.why


def test_receipts_that_do_not_come_are_waited_for_and_not_for_ever(town: Town) -> None:
    town.people(150)
    id = town.started(terms={"canary": {"share": 5, "wait": 30}})
    town.run()
    first = take(town)
    town.desk.later(minutes=29)
    town.run()
    assert len(town.messages(id)) == first
    town.desk.later(minutes=2)
    town.run()
    assert len(town.messages(id)) == 150


def test_first_ones_that_wait_for_the_morning_say_nothing_yet(town: Town) -> None:
    town.people(150)
    town.desk.now = NIGHT
    id = town.started(terms={"canary": {"share": 5, "wait": 30}})
    town.run()
    first = len(town.messages(id))
    assert {row.state for row in town.messages(id)} == {"held"}
    town.desk.later(minutes=120)
    town.run()
    assert len(town.messages(id)) == first
    wake(town)
    assert take(town) == first
    for minutes, placed in ((29, first), (2, 150)):
        town.desk.later(minutes=minutes)
        town.run()
        assert len(town.messages(id)) == placed


def test_no_text_wins_before_they_have_left(town: Town) -> None:
    town.people(120)
    town.desk.now = NIGHT
    id = town.started(terms=TWO)
    town.run()
    tried = len(town.messages(id))
    town.desk.later(minutes=61)
    town.run()
    assert (town.row(id).winner, len(town.messages(id))) == (None, tried)
    wake(town)
    assert town.deliver() == tried
    town.desk.later(minutes=61)
    town.run()
    assert town.row(id).winner == "a"
    assert len(town.messages(id)) == 120


def test_one_who_sleeps_elsewhere_does_not_keep_the_others_waiting(town: Town) -> None:
    town.people(120)
    id = town.started(terms=TWO)
    town.run()
    tried = town.messages(id)
    wire = [one for one in town.desk.claim("a", 500) if one.message_id != tried[0].id]
    for one in wire:
        town.desk.taken(one, f"t{one.message_id}", "a")
    town.desk.later(minutes=61)
    town.run()
    assert town.row(id).winner == "a"


def test_the_text_that_is_answered_more_goes_to_everybody_else(town: Town) -> None:
    numbers = town.people(120)
    id = town.started(terms=TWO)
    town.run()
    tried = town.messages(id)
    texts = Counter(row.text for row in tried)
    assert 30 <= len(tried) <= 70
    assert set(texts) == {TEXT, "Drugo besedilo." + STOP}
    town.deliver()
    second = [row.recipient for row in tried if row.text.startswith("Drugo")]
    for number in second[:3]:
        town.desk.text_from(number, "zanima me", f"n{number}")
    for _ in range(4):  # three replies wait, so it goes a little slower
        town.desk.later(minutes=61)
        town.run()
    rest = town.messages(id)[len(tried) :]
    assert town.row(id).winner == "b"
    with town.database.reading() as conn:
        told = report.report(conn, id)["difference"]
    assert told == "text b won, and text a was estimated for those who waited for it"
    assert {row.text for row in rest} == {"Drugo besedilo." + STOP}
    assert len(tried) + len(rest) == len(numbers)


def test_a_text_that_people_answer_with_stop_does_not_win_by_it(town: Town) -> None:
    town.people(120)
    id = town.started(terms={**TWO, "limits": {"opt_outs": 100, "failures": 100, "sample": 1000}})
    town.run()
    town.deliver()
    tried = {
        name: [row.recipient for row in town.messages(id) if row.text.startswith("Drugo") == (name == "b")]
        for name in ("a", "b")
    }
    for number in tried["b"][:4]:
        town.desk.text_from(number, "STOP", f"n{number}")
    town.say(tried["b"][:4], granted=False)
    town.desk.text_from(tried["a"][0], "zanima me", "one")
    with town.database.reading() as conn:
        row = town.row(id)
        assert (winning.brought(conn, row, "a").replied, winning.brought(conn, row, "b").replied) == (1, 4)
        assert winning.winner(conn, row) == "a"


def test_when_everybody_is_tried_on_nobody_waits_for_a_winner(town: Town) -> None:
    town.people(90)
    id = town.started(terms={"split": {"against": [{"sl": "Drugo." + STOP}, {"sl": "Tretje." + STOP}], "share": 100}})
    town.run()
    counted = Counter(row.text for row in town.messages(id))
    assert sum(counted.values()) == 90
    assert len(counted) == 3
    assert min(counted.values()) >= 15


def test_who_is_held_out_would_have_got_it_and_is_compared_with_those_who_did(town: Town) -> None:
    town.people(120)
    town.people(20, agreed=False)
    id = town.started(terms={"control": 20})
    town.run()
    held = town.left_out(id)
    assert held["consent_missing"] == 20
    assert 8 <= held["control"] <= 45
    with town.database.reading() as conn:
        t = target.c
        out = conn.scalars(select(t.address).where(t.campaign_id == id, t.left_out == "control")).all()
    got = [row.recipient for row in town.messages(id)]
    assert not set(out) & set(got)
    town.desk.later(minutes=5)
    for number in [*got[:10], out[0]]:
        order(town, number)
    with town.database.reading() as conn:
        told = report.report(conn, id)
    assert (told["brought"]["orders"], told["brought"]["value"], told["control"]["orders"]) == (10, 100_000_000, 1)
    rate = 10 / len(got) - 1 / len(out)
    assert told["control"]["extra_orders"] == round(rate * len(got), 1)


def test_a_link_that_refuses_everything_makes_it_pause(town: Town) -> None:
    town.people(100)
    id = town.started(terms={"limits": {"sample": 10}})
    town.run()
    for one in town.desk.claim(most=30):
        town.desk.failed(one, RejectedForGood("no such subscriber"))
    town.desk.later(seconds=6)
    town.run()
    row = town.row(id)
    assert row.state == "paused"
    assert "30 of 30 failed" in row.why
    assert town.desk.claim(most=500) == []


def test_whoever_resumes_it_is_not_paused_again_by_what_was(town: Town) -> None:
    town.people(100)
    id = town.started(terms={"limits": {"sample": 10}})
    town.run()
    for one in town.desk.claim(most=30):
        town.desk.failed(one, RejectedForGood("no such subscriber"))
    town.desk.later(seconds=6)
    town.run()
    assert town.row(id).state == "paused"
    life.resume(town.database.writer, id, "ana", town.desk.now)
    town.run()
    town.database.writer.do(town.desk.waiting.release, town.desk.now)
    town.desk.later(seconds=6)
    town.run()
    assert town.row(id).state == "running"
    assert town.deliver() == 70
    town.desk.later(seconds=6)
    town.run()
    assert town.row(id).state == "finished"


def test_an_offer_can_be_answered_by_its_number(town: Town) -> None:
    [number] = town.people(1)
    now = town.desk.now
    row = {"sku": "rice", "names": {"sl": "riz"}, "unit": "pcs", "max_auto": 5000, "active": True, "changed_at": now}
    town.do(lambda conn: conn.execute(insert(product).values(**row)))
    offer = {"choices": [{"number": 2, "sku": "rice", "label": "Riž"}], "quantity": "3", "hours": 24}
    with pytest.raises(BadInput, match="no product 'rye'"):
        town.write(terms={"offer": {"choices": [{"number": 1, "sku": "rye", "label": "x"}]}})
    id = town.started(terms={"offer": offer})
    town.run()
    with town.database.reading() as conn:
        found = expectations.newest(conn, number, now)
    assert found is not None
    assert (found.kind, found.campaign, found.quantity) == ("offer", id, Fraction(3))
    assert [(one.number, one.sku) for one in found.choices] == [(2, "rice")]


def test_texts_against_each_other_are_in_the_same_languages(town: Town) -> None:
    texts = {"sl": TEXT, "fa": "سلام. لغو۱۱"}
    with pytest.raises(BadInput) as wrong:
        town.write(texts=texts, terms={"split": {"against": [{"sl": "Drugo." + STOP}]}})
    assert [(fault.pointer, fault.code) for fault in wrong.value.faults] == [
        ("/terms/split/against/0", "language_missing")
    ]
    with pytest.raises(BadInput, match="text a is not in fa"):
        town.write(terms={"split": {"against": [{"sl": "Drugo." + STOP, "fa": "دیگر. لغو۱۱"}]}})
    town.write(texts=texts, terms={"split": {"against": [{"sl": "Drugo." + STOP, "fa": "دیگر. لغو۱۱"}]}})
