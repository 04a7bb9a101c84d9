"""What a campaign costs: told before, to the cent, and booked after; and the budget at which it stops by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from smsgw.campaigns import estimate, life, report
from smsgw.outbound.handover import Handover
from smsgw.outbound.receipts import Receipts
from smsgw.outbound.sequel import Sequel
from smsgw.store.tables import rate
from tests.smsgw.campaigns.town import TEXT, Town
from tests.smsgw.desk import RETRY


@pytest.fixture
def fresh_store_url(tmp_path: Path) -> str:
    """One engine is enough here: its neighbours ask the other one the same questions."""
    return f"sqlite:///{tmp_path / 'store.db'}"


def priced(town: Town, *rates: tuple[str, str, int]) -> None:
    """These links cost so many millionths a part to numbers that begin so; the desk knows it, and books."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {"link": link, "prefix": prefix, "valid_from": begin, "amount": amount, "currency": "EUR", "charged": "submit"}
        for link, prefix, amount in rates
    ]
    town.do(lambda conn: conn.execute(insert(rate), rows))
    desk = town.desk
    with town.database.reading() as conn:
        desk.network.rates.read(conn)
    books = replace(RETRY, sequel=Sequel(desk.waiting.moving))
    desk.receipts = Receipts(books, lambda: 0.0)
    desk.handover = Handover(desk.receipts, books, lambda: 0.0)


LONG = "Dragi kupci, " + "zvezki " * 30 + "STOP"
WIDE = "Čas je za šolske potrebščine! Odjava: STOP"


def test_the_estimate_is_what_is_booked_when_nothing_fails(town: Town) -> None:
    priced(town, ("a", "+386", 45_000), ("a", "+385", 62_500))
    town.people(40, language="sl")
    town.people(25, language="en", name="Very Long Name Indeed Of Somebody Who Has Many Of Them")
    town.people(10, prefix="+38591", language="hr")
    town.people(5, agreed=False)
    texts = {"sl": WIDE, "en": "{{ name }}, " + LONG, "hr": TEXT}
    id = town.write(texts=texts)
    told = town.campaigns.estimate(id, "ana", town.desk.now)
    life.approve(town.database.writer, life.Approval(id, "bojan", town.desk.now))
    life.schedule(town.database.writer, life.When(id, "ana", town.desk.now))
    town.run()
    town.deliver()
    town.run()
    with town.database.reading() as conn:
        after = report.report(conn, id)
    assert (told["people"], told["messages"], told["left_out"]) == (80, 75, {"consent_missing": 5})
    assert told["parts"] == 40 + 25 * 2 + 10
    assert told["costs"] == [{"currency": "EUR", "amount": 90 * 45_000 + 10 * 62_500}]
    assert after["booked"] == after["planned"]["placed"] == told["costs"]
    assert after["difference"] == ""
    assert told["longest"]["parts"] == 2


def test_a_number_that_no_rate_knows_is_told(town: Town) -> None:
    priced(town, ("a", "+386", 45_000))
    town.people(3)
    town.people(2, prefix="+38591")
    told = town.campaigns.estimate(town.write(), "ana", town.desk.now)
    assert (told["messages"], told["unpriced"]) == (5, 2)


def test_the_end_is_told_by_the_links_pace_and_its_own(town: Town) -> None:
    town.people(60)
    town.paces = {"a": 0.5, "b": 0.5}
    told = town.campaigns.estimate(town.write(), "ana", town.desk.now)
    begins, ends = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
    assert (ends - begins).total_seconds() == 120
    told = town.campaigns.estimate(town.write(terms={"per_minute": 6}), "ana", town.desk.now)
    begins, ends = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
    assert (ends - begins).total_seconds() == 600


def test_who_sleeps_at_the_start_is_in_the_end_that_is_told(town: Town) -> None:
    town.people(3)
    town.people(1, prefix="+79001", zone="Asia/Kamchatka")
    told = town.campaigns.estimate(town.write(), "ana", town.desk.now)  # 23:00 in Kamchatka
    assert told["messages"] == 4
    assert datetime.fromisoformat(told["ends_at"]).isoformat()[:13] == "2026-11-24T20"


def test_the_first_few_are_waited_for_from_the_morning_on_in_which_they_get_it(town: Town) -> None:
    town.people(3)
    town.desk.now = datetime(2026, 11, 25, 2, tzinfo=UTC)
    ends = [
        datetime.fromisoformat(town.campaigns.estimate(town.write(terms=terms), "ana", town.desk.now)["ends_at"])
        for terms in ({}, {"canary": {"share": 5, "wait": 60}})
    ]
    assert ends[0] >= datetime(2026, 11, 25, 7, tzinfo=UTC)
    assert ends[1] - ends[0] == timedelta(hours=1)


def test_it_pauses_before_it_costs_more_than_its_budget(town: Town) -> None:
    priced(town, ("a", "+386", 45_000))
    town.people(60)
    id = town.started(terms={"limits": {"budget": "2.5"}})
    town.run()
    row = town.row(id)
    assert (row.state, row.placed, row.planned) == ("paused", 50, 2_250_000)
    assert "budget" in row.why


def test_the_report_says_why_it_cost_something_else(town: Town) -> None:
    priced(town, ("a", "+386", 45_000))
    numbers = town.people(10)
    id = town.started()
    town.say(numbers[:2], granted=False)
    town.run()
    town.deliver()
    town.run()
    with town.database.reading() as conn:
        told = report.report(conn, id)
    assert told["booked"] == [{"currency": "EUR", "amount": 8 * 45_000}]
    assert "10 messages were estimated and 8 placed" in told["difference"]
    assert "2 more left out: said stop" in told["difference"]


def test_a_very_large_audience_is_estimated_by_a_sample_that_says_so(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "EXACT", 100)
    priced(town, ("a", "+386", 45_000))
    town.people(150)
    town.people(150, agreed=False)
    told = town.campaigns.estimate(town.write(), "ana", town.desk.now)
    assert told["people"] == 300
    assert 40 < told["sampled"] < 250
    assert told["messages"] + told["left_out"]["consent_missing"] == pytest.approx(300, abs=1)
    assert 60 < told["messages"] < 240
    assert told["costs"][0]["amount"] == pytest.approx(told["messages"] * 45_000, abs=45_000)
    assert 5 < told["give_or_take"] < 45


def test_an_audience_that_is_looked_at_whole_does_not_speak_of_samples(town: Town) -> None:
    town.people(3)
    told = town.campaigns.estimate(town.write(), "ana", town.desk.now)
    assert (told["sampled"], told["give_or_take"]) == (None, 0.0)
