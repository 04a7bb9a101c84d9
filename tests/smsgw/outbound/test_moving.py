"""From link to link: after a refusal, after silence, when a link is away; and what each costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.link import (
    Health,
    LinkDown,
    LinkState,
    NoAnswer,
    ReceiptState,
    RecipientUnreachable,
    RejectedForGood,
    RejectedForNow,
    Throttled,
)
from smsgw.outbound.handover import Handover
from smsgw.outbound.receipts import Receipts
from smsgw.outbound.retry import Retry
from smsgw.outbound.routing import Moves, Network, Served
from smsgw.outbound.sequel import Sequel
from smsgw.outbound.silence import Silence
from smsgw.outbound.waiting import Waiting
from smsgw.store.database import Database
from smsgw.store.tables import cost_entry, message, rate, receipt
from smsgw.text import parts
from smsgw.text.hours import read_hours
from tests.smsgw.desk import START, Desk

LONG = "0123456789" * 40  # three parts
MAY_DOUBLE = frozenset({"otp"})


def wired(database: Database, *links: Served) -> Desk:
    """A desk as the daemon wires it: what follows from a settled message is asked."""
    desk = Desk(database, links=list(links) or [Served("a", "fake"), Served("b", "fake", preference=200)])
    desk.waiting = Waiting(desk.network, desk.terms.rules, desk.door.next_reference, MAY_DOUBLE)
    retry = Retry(3, 10, 2, 100, 0, sequel=Sequel(desk.waiting.moving))
    desk.receipts = Receipts(retry, lambda: 0.0)
    desk.handover = Handover(desk.receipts, retry, lambda: 0.0)
    return desk


def prices(desk: Desk, *lines: tuple[str, int, str]) -> None:
    """Rates for every number: link, millionths a part, when charged."""
    with desk.database.exclusive() as conn:
        for link, amount, charged in lines:
            values = {"link": link, "prefix": "", "valid_from": START, "amount": amount, "currency": "EUR"}
            conn.execute(rate.insert().values(**values, charged=charged))
        desk.network.rates.read(conn)


def booked(desk: Desk) -> list[tuple[Any, ...]]:
    with desk.database.reading() as conn:
        rows = conn.execute(select(cost_entry).order_by(cost_entry.c.id))
        return [(row.link, row.parts, row.amount, row.event) for row in rows]


@pytest.mark.parametrize("refusal", [RejectedForGood("no such route", "ESME_RINVDSTADR"), RejectedForNow("busy", "8")])
def test_what_a_link_refuses_goes_over_another_one_and_says_so(database: Database, refusal: Any) -> None:
    desk = wired(database)
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, refusal)
    row = desk.row(id)
    assert (row.state, row.link, row.tried, row.due_at) == ("queued", "b", ["a"], desk.now)
    assert row.why.startswith(f"a refused it: {refusal.says} ({refusal.code}); b serves every number")
    assert row.trace[0] == "a refused it"
    assert desk.events(id)[-1] == "reroute"
    [again] = desk.claim("b")
    desk.taken(again, "r1", "b")
    assert desk.state(id) == "sent"


def test_when_every_link_has_refused_it_the_last_refusal_counts(database: Database) -> None:
    desk = wired(database)
    id = desk.submit()
    desk.failed(desk.claim()[0], RejectedForGood("not here"))
    desk.failed(desk.claim("b")[0], RejectedForGood("nor here"), "b")
    assert (desk.state(id), desk.row(id).why) == ("failed", "nor here")
    assert desk.events(id) == ["accept", "admit", "claim", "reroute", "claim", "give_up"]


@pytest.mark.parametrize(
    "error", [Throttled("slow down"), LinkDown("gone"), RecipientUnreachable("the phone is off")], ids=lambda e: e.says
)
def test_what_another_link_would_not_do_better_stays(database: Database, error: Any) -> None:
    desk = wired(database)
    id = desk.submit()
    desk.failed(desk.claim()[0], error)
    assert (desk.row(id).link, desk.state(id)) == ("a", "queued")


def test_a_link_whose_policy_says_no_keeps_what_it_refused(database: Database) -> None:
    stays = Served("a", "fake", moves=Moves(rejection=False))
    desk = wired(database, stays, Served("b", "fake", preference=200))
    id = desk.submit()
    desk.failed(desk.claim()[0], RejectedForGood("no"))
    assert (desk.row(id).link, desk.state(id)) == ("a", "failed")


@pytest.mark.parametrize(("code", "link"), [("ESME_RSUBMITFAIL", "b"), ("ESME_RINVDSTADR", "a")])
def test_only_the_named_codes_let_a_message_go(database: Database, code: str, link: str) -> None:
    picky = Served("a", "fake", moves=Moves(codes=frozenset({"ESME_RSUBMITFAIL"})))
    desk = wired(database, picky, Served("b", "fake", preference=200))
    id = desk.submit()
    desk.failed(desk.claim()[0], RejectedForGood("no", code))
    assert desk.row(id).link == link


def test_a_message_for_one_link_only_fails_there(database: Database) -> None:
    desk = wired(database)
    id = desk.submit(link="a")
    desk.failed(desk.claim()[0], RejectedForGood("no"))
    assert desk.state(id) == "failed"


def test_it_does_not_go_to_a_link_that_is_away(database: Database) -> None:
    desk = wired(database)
    desk.network.heard("b", Health(LinkState.DOWN), desk.now)
    id = desk.submit()
    desk.failed(desk.claim()[0], RejectedForGood("no"))
    assert (desk.row(id).link, desk.state(id)) == ("a", "failed")


def test_a_text_of_which_a_link_took_a_part_is_not_split_over_two_links(database: Database) -> None:
    desk = wired(database)
    id = desk.submit(text=LONG)
    one, two, three = desk.claim()
    desk.taken(one, "r1")
    desk.failed(two, RejectedForNow("busy"))
    desk.taken(three, "r3")
    assert (desk.row(id).link, desk.state(id)) == ("a", "queued")
    desk.network.heard("a", Health(LinkState.DOWN), desk.now)
    desk.later(seconds=61)
    assert desk.database.writer.do(desk.waiting.reroute, (desk.now, timedelta(seconds=60))) == set()
    assert desk.row(id).link == "a"


def test_where_it_may_come_twice_all_of_it_is_sent_anew_and_the_history_says_so(database: Database) -> None:
    desk = wired(database)
    prices(desk, ("a", 10_000, "submit"), ("b", 20_000, "submit"))
    id = desk.submit(text=LONG, purpose="otp")
    one, two, three = desk.claim()
    desk.taken(one, "r1")
    desk.failed(two, RejectedForNow("busy"))
    desk.taken(three, "r3")
    row = desk.row(id)
    assert (row.link, row.state, row.price) == ("b", "queued", 60_000)
    assert "a had taken 2 parts already, so all is sent anew and some may come twice" in row.why
    wires = desk.claim("b")
    assert [w.position for w in wires] == [1, 2, 3]
    assert parts.concatenation(wires[0].udh) != parts.concatenation(one.udh)  # else a phone would mix the two
    for wire in wires:
        desk.taken(wire, f"s{wire.position}", "b")
    assert booked(desk) == [("a", 2, 20_000, "submit"), ("b", 3, 60_000, "submit")]


def test_nobody_knows_so_it_does_not_go_elsewhere(database: Database) -> None:
    desk = wired(database)
    id = desk.submit(text=LONG)
    one, two, three = desk.claim()
    desk.failed(one, NoAnswer("lost"))
    desk.failed(two, RejectedForGood("no"))
    desk.failed(three, RejectedForGood("no"))
    assert (desk.row(id).link, desk.state(id)) == ("a", "failed")


# When its link may not send


def reroute(desk: Desk) -> set[str]:
    return desk.database.writer.do(desk.waiting.reroute, (desk.now, timedelta(seconds=60)))


def test_what_waits_for_a_link_that_rests_goes_elsewhere_at_once(database: Database) -> None:
    desk = wired(database)
    id = desk.submit()
    desk.network.rest("a", 60, desk.now)
    assert reroute(desk) == {"b"}
    assert desk.row(id).why == ("a rests, for its network refuses it: b serves every number and is up")


def test_what_waits_for_a_link_that_closes_goes_elsewhere(database: Database) -> None:
    day = Served("a", "fake", hours=read_hours(["08:00-20:00"], "UTC"))
    desk = wired(database, day, Served("b", "fake", preference=200))
    id = desk.submit()
    assert reroute(desk) == set()
    desk.later(hours=8)
    assert reroute(desk) == {"b"}
    assert desk.row(id).why.startswith("a is closed until Mo 08:00 (UTC): b serves every number")


def test_messages_that_cannot_leave_are_not_in_the_way_of_those_that_can(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smsgw.outbound.moving.BATCH", 2)
    desk = wired(database, Served("a", "fake"), Served("b", "fake", ("+43",), preference=200))
    for n in range(5):
        desk.submit(to=f"+3864011122{n}")
    id = desk.submit(to="+4366411122233")
    with database.exclusive() as conn:
        conn.execute(message.update().values(link="a"))
    desk.network.rest("a", 600, desk.now)
    assert [reroute(desk) for _ in range(4)].count({"b"}) == 1
    assert desk.row(id).link == "b"


# After silence


SILENT = Served("a", "fake", moves=Moves(silence=120))


def look(desk: Desk) -> set[str]:
    return desk.database.writer.do(Silence(desk.waiting.moving).look, desk.now)


def sent_over_a(desk: Desk, purpose: str = "otp", text: str = "your code is 1234") -> str:
    id = desk.offer(text=text) if purpose == "marketing" else desk.submit(text=text, purpose=purpose)
    for wire in desk.claim():
        desk.taken(wire, f"r{wire.position}")
    assert desk.state(id) == "sent"
    return id


def test_after_silence_it_is_sent_again_over_another_link_and_never_silently(database: Database) -> None:
    desk = wired(database, SILENT, Served("b", "fake", preference=200))
    id = sent_over_a(desk)
    desk.later(seconds=119)
    assert look(desk) == set()
    desk.later(seconds=1)
    assert look(desk) == {"b"}
    row = desk.row(id)
    assert (row.state, row.link, row.tried) == ("queued", "b", ["a"])
    why = "a took it, and no receipt came within 120 s: it is sent again over b, and may arrive twice"
    assert row.why == why
    assert look(desk) == set()
    [again] = desk.claim("b")
    desk.taken(again, "s1", "b")
    desk.receipt("s1", link="b")
    assert desk.state(id) == "delivered"


@pytest.mark.parametrize("purpose", ["transactional", "marketing"])
def test_what_must_not_come_twice_is_not_sent_again(database: Database, purpose: str) -> None:
    desk = wired(database, SILENT, Served("b", "fake", preference=200))
    id = sent_over_a(desk, purpose)
    desk.later(seconds=600)
    assert look(desk) == set()
    assert desk.state(id) == "sent"


def test_a_link_without_the_policy_is_waited_for(database: Database) -> None:
    desk = wired(database)
    id = sent_over_a(desk)
    desk.later(hours=10)
    assert look(desk) == set()
    assert desk.state(id) == "sent"


def test_a_text_that_arrived_in_part_is_not_sent_again(database: Database) -> None:
    desk = wired(database, SILENT, Served("b", "fake", preference=200))
    id = sent_over_a(desk, text=LONG)
    desk.receipt("r2")
    desk.later(seconds=600)
    assert look(desk) == set()
    assert desk.state(id) == "sent"


def test_a_late_receipt_stops_the_second_try_that_still_waits(database: Database) -> None:
    desk = wired(database, SILENT, Served("b", "fake", preference=200))
    prices(desk, ("a", 10_000, "delivery"))
    id = sent_over_a(desk, text=LONG)
    desk.later(seconds=120)
    look(desk)
    for reference in ("r1", "r3"):
        desk.receipt(reference)
    look(desk)
    assert desk.state(id) == "queued"
    desk.receipt("r2")
    look(desk)
    assert desk.state(id) == "delivered"
    assert desk.row(id).why == "a receipt came late: the phone has it by a already, so it is not sent again"
    assert desk.claim("b") == []
    assert sum(amount for _, _, amount, _ in booked(desk)) == 30_000
    with database.reading() as conn:
        assert set(conn.scalars(select(receipt.c.message_id))) == {id}


def test_a_late_receipt_after_the_second_try_is_told_and_moves_nothing(database: Database) -> None:
    desk = wired(database, SILENT, Served("b", "fake", preference=200))
    id = sent_over_a(desk)
    desk.later(seconds=120)
    look(desk)
    [again] = desk.claim("b")
    desk.taken(again, "s1", "b")
    desk.receipt("s1", ReceiptState.UNDELIVERABLE, link="b")
    desk.receipt("r1")
    look(desk)
    look(desk)
    assert desk.state(id) == "undelivered"
    assert desk.events(id)[-1] == "late"
    assert desk.events(id).count("late") == 1


def test_the_number_of_a_link_does_not_travel_to_another_one_but_one_that_was_asked_for_does(
    database: Database,
) -> None:
    own = Served("a", "fake", sender="+38640999000"), Served("b", "fake", preference=200, sender="+38641999000")
    desk = wired(database, *own)
    desk.text_from("+38640111222", "hello?", "n1")
    ids = [desk.submit(text="one"), desk.submit(text="two", sender="Bakery")]
    assert [desk.row(id).sender for id in ids] == ["+38640999000", "Bakery"]
    for wire in desk.claim():
        desk.failed(wire, RejectedForGood("no"))
    assert [desk.row(id).sender for id in ids] == ["+38641999000", "Bakery"]


# What nothing can carry


def test_what_no_link_serves_any_more_is_held_with_words_and_goes_when_one_is_there(database: Database) -> None:
    desk = wired(database, Served("a", "fake", ("+386",)), Served("b", "fake", ("+43",)))
    id = desk.submit()
    links = dict(desk.network.links)
    desk.network.forget("a")
    desk.database.writer.do(desk.waiting.reroute, (desk.now, timedelta(seconds=60)))
    row = desk.row(id)
    assert row.state == "held"
    assert row.why.startswith("no link serves +38640111222 now: add one to the configuration")
    for _ in range(10):
        desk.later(seconds=60)
        desk.database.writer.do(desk.waiting.release, desk.now)
    assert desk.events(id) == ["accept", "admit", "hold"]  # it does not fill its history meanwhile
    desk.waiting = Waiting(Network(links.values(), desk.now), desk.terms.rules, desk.door.next_reference)
    desk.later(seconds=60)
    desk.database.writer.do(desk.waiting.release, desk.now)
    assert (desk.state(id), desk.row(id).link) == ("queued", "a")


# What it costs


def test_a_message_carries_its_estimate_and_is_booked_once_when_it_is_taken(database: Database) -> None:
    desk = wired(database)
    prices(desk, ("a", 12_000, "submit"))
    single, long = desk.submit(), desk.submit(text=LONG)
    assert (desk.row(single).price, desk.row(single).currency, desk.row(long).price) == (12_000, "EUR", 36_000)
    for number, wire in enumerate(desk.claim()):
        desk.taken(wire, f"r{number}")
        desk.receipt(f"r{number}")
        desk.receipt(f"r{number}")
    assert [desk.state(id) for id in (single, long)] == ["delivered", "delivered"]
    assert sorted(booked(desk)) == [("a", 1, 12_000, "submit"), ("a", 3, 36_000, "submit")]


def test_what_is_charged_on_delivery_is_booked_with_the_last_receipt(database: Database) -> None:
    desk = wired(database)
    prices(desk, ("a", 12_000, "delivery"))
    desk.submit()
    long = desk.submit(text=LONG)
    wires = desk.claim()
    for number, wire in enumerate(wires):
        desk.taken(wire, f"r{number}")
    assert booked(desk) == []
    for number in range(4):
        desk.receipt(f"r{number}")
    assert desk.state(long) == "delivered"
    assert sorted(booked(desk)) == [("a", 1, 12_000, "delivery"), ("a", 3, 36_000, "delivery")]


def test_what_was_refused_costs_nothing_and_what_was_taken_of_a_failed_one_costs(database: Database) -> None:
    desk = wired(database)
    prices(desk, ("a", 12_000, "submit"))
    desk.submit(link="a")
    desk.failed(desk.claim()[0], RejectedForGood("no"))
    desk.submit(text=LONG, link="a")
    one, two, three = desk.claim()
    desk.taken(one, "r1")
    desk.failed(two, RejectedForGood("no"))
    desk.taken(three, "r3")
    assert booked(desk) == [("a", 2, 24_000, "submit")]


def test_without_rates_nothing_is_booked(database: Database) -> None:
    desk = wired(database)
    id = desk.submit()
    desk.taken(desk.claim()[0], "r1")
    desk.receipt("r1")
    assert (desk.state(id), desk.row(id).price, booked(desk)) == ("delivered", None, [])
