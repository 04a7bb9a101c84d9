"""The money on SIMs: asked when it is due, kept, told beside the link, and warned of when it is low."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from smsgw.errors import Conflict, NotFound, SmsgwError
from smsgw.link import Abilities, Health, Link, LinkState
from smsgw.link_verbs import Balance, UssdAnswer
from smsgw.outbound import balances
from smsgw.outbound.balances import Balances, Plan
from smsgw.outbound.usage import Usage, parts_sent, usage
from tests.smsgw.desk import Desk

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Stick:
    """A link that tells what the test put into it."""

    abilities = Abilities(optional=frozenset({"ussd", "balance"}))

    def __init__(self, *says: Balance | SmsgwError) -> None:
        self.says = list(says)
        self.asked = 0
        self.state = LinkState.UP
        self.gate = threading.Event()
        self.gate.set()

    def health(self) -> Health:
        return Health(self.state)

    def balance(self, timeout: float = 60.0) -> Balance:
        self.asked += 1
        assert self.gate.wait(120)
        said = self.says.pop(0)
        if isinstance(said, SmsgwError):
            raise said
        return said

    def ussd(self, code: str, timeout: float = 60.0) -> UssdAnswer:
        raise AssertionError

    def ussd_reply(self, text: str, timeout: float = 60.0) -> UssdAnswer:
        raise AssertionError

    def ussd_cancel(self) -> None:
        raise AssertionError


EURO = Balance(Decimal("12.34"), "EUR", "Your balance is 12.34 EUR")


class Book:
    """Balances of one stick, and what was told of them."""

    def __init__(self, desk: Desk, stick: Stick, plan: Plan | None) -> None:
        self.desk = desk
        self.told: dict[str, str | None] = {}
        links = cast(dict[str, Link], {"a": stick, "fake": type("Fake", (), {"abilities": Abilities()})()})
        self.balances = Balances(
            {} if plan is None else {"a": plan},
            links,
            desk.database,
            lambda: desk.now,
            lambda _, f: self.told.update(f),
        )

    def due(self) -> bool:
        """Ask whoever is due, and wait for the answer."""
        begun = self.balances.ask_due(self.desk.now, UTC)
        for thread in threading.enumerate():
            if thread.name == "balance of a":
                thread.join(90)
        return bool(begun)

    def kept(self) -> list[Any]:
        with self.desk.database.reading() as conn:
            return balances.history(conn, "a", 50)


@pytest.fixture
def book(desk: Desk) -> Callable[..., Book]:
    return lambda *says, plan=None: Book(desk, Stick(*says), plan)


def test_an_answer_is_kept_to_the_cent_and_told_beside_the_link(book: Callable[..., Book]) -> None:
    it = book(EURO)
    row = it.balances.ask("a")
    assert (row.amount, row.currency, row.said) == (12_340_000, "EUR", EURO.said)
    assert balances.money(row) == "12.34 EUR"
    assert it.told == {"balance": "12.34 EUR (2026-03-01 12:00 UTC)", "balance low": None}


def test_an_answer_without_an_amount_is_kept_in_its_words(book: Callable[..., Book]) -> None:
    it = book(Balance(None, None, "Ask again tomorrow"))
    assert it.balances.ask("a").amount is None
    assert str(it.told["balance"]).startswith("Ask again tomorrow")


def test_a_network_that_is_silent_is_kept_too_and_told_to_who_asked(book: Callable[..., Book]) -> None:
    it = book(SmsgwError("no answer in 60 s", code="modem_silent"))
    with pytest.raises(SmsgwError, match="no answer"):
        it.balances.ask("a")
    assert [(row.amount, row.trouble) for row in it.kept()] == [(None, "no answer in 60 s")]


def test_it_is_asked_at_once_and_then_every_so_often(book: Callable[..., Book]) -> None:
    it = book(EURO, EURO, plan=Plan(every=DAY))
    assert it.due()
    assert not it.due()
    it.desk.later(hours=23)
    assert not it.due()
    it.desk.later(hours=1)
    assert it.due()
    assert len(it.kept()) == 2


def test_it_is_asked_once_a_day_at_its_hour(book: Callable[..., Book]) -> None:
    it = book(EURO, EURO, EURO, plan=Plan(at=time(6, 30)))
    assert it.due()  # nothing is known yet
    it.desk.later(hours=18)  # 06:00
    assert not it.due()
    it.desk.later(minutes=31)
    assert it.due()
    assert not it.due()
    it.desk.later(hours=24)
    assert it.due()


def test_the_hour_is_that_of_the_zone() -> None:
    plan, ljubljana = Plan(at=time(6, 30)), ZoneInfo("Europe/Ljubljana")
    last = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)  # 06:00 there
    assert not plan.due(datetime(2026, 3, 1, 5, 29, tzinfo=UTC), last, ljubljana)
    assert plan.due(datetime(2026, 3, 1, 5, 31, tzinfo=UTC), last, ljubljana)


def test_after_a_time_in_vain_it_is_tried_again_in_ten_minutes_also_after_a_restart(
    book: Callable[..., Book], desk: Desk
) -> None:
    it = book(Conflict("not there"), plan=Plan(every=DAY))
    assert it.due()
    again = Book(desk, Stick(EURO), Plan(every=DAY))
    desk.later(minutes=9)
    assert not again.due()
    desk.later(minutes=1)
    assert again.due()
    assert [row.trouble for row in it.kept()] == [None, "not there"]


def test_a_link_is_not_asked_twice_at_a_time(desk: Desk) -> None:
    stick = Stick(EURO)
    stick.gate.clear()
    it = Book(desk, stick, Plan(every=DAY))
    assert it.balances.ask_due(desk.now) == ["a"]
    with pytest.raises(Conflict, match="being asked"):
        it.balances.ask("a")
    assert it.balances.ask_due(desk.now) == []
    stick.gate.set()
    it.due()
    assert stick.asked == 1


def test_a_link_that_is_away_is_asked_when_it_is_back(desk: Desk) -> None:
    stick = Stick(EURO)
    stick.state = LinkState.CONNECTING
    it = Book(desk, stick, Plan(every=DAY))
    assert not it.due()
    stick.state = LinkState.DEGRADED
    assert it.due()
    assert [row.trouble for row in it.kept()] == [None]


def test_a_low_balance_is_warned_of_and_the_warning_goes_when_it_is_topped_up(
    book: Callable[..., Book], caplog: pytest.LogCaptureFixture
) -> None:
    it = book(Balance(Decimal("4.99"), "EUR", "4.99 EUR"), EURO, plan=Plan(low=Decimal(5)))
    with caplog.at_level(logging.WARNING):
        it.balances.ask("a")
    assert "the balance is low: 4.99 EUR, below 5" in caplog.text
    assert it.told["balance low"] == "below 5: top it up"
    it.balances.ask("a")
    assert it.told["balance low"] is None


def test_what_was_known_is_told_again_after_a_start(book: Callable[..., Book], desk: Desk) -> None:
    book(Balance(Decimal(3), None, "3"), SmsgwError("silent")).balances.ask("a")
    again = Book(desk, Stick(), Plan(low=Decimal(5)))
    again.balances.recall()
    assert again.told == {"balance": "3.00 (2026-03-01 12:00 UTC)", "balance low": "below 5: top it up"}


def test_what_cannot_be_asked_says_so(book: Callable[..., Book]) -> None:
    it = book()
    with pytest.raises(NotFound, match="there is no link 'b'; there are: a, fake"):
        it.balances.ask("b")
    with pytest.raises(Conflict, match="only modems"):
        it.balances.ask("fake")


def test_parts_are_counted_by_day_and_month_also_after_a_restart(desk: Desk) -> None:
    for days in (0, 1, 0):
        desk.later(days=days)
        desk.submit(text="x" * 200 + str(days), allow_duplicate=True)
        for wire in desk.claim():
            desk.taken(wire, f"r{wire.message_id}{wire.position}"[-70:])
    desk.submit("+38640999999", "only queued")
    desk.later(minutes=1)
    with desk.database.reading() as conn:
        assert usage(conn, "a", desk.now, UTC) == Usage(4, 6)
        assert parts_sent(conn, "a", NOON - DAY, NOON + timedelta(hours=1)) == 2
        assert parts_sent(conn, "b", NOON - DAY, desk.now) == 0
        assert usage(conn, "a", desk.now + timedelta(days=31), UTC) == Usage(0, 0)
