"""Budgets: never a cent over, however many ask at once; what waits, what is given back, what the owner is told."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from smsgw.errors import BadInput, RefusedByPolicy, SmsgwError
from smsgw.link import ReceiptState as State
from smsgw.link import RejectedForGood
from smsgw.money import budget as of_budget
from smsgw.money import budgeting, exchange
from smsgw.outbound import outbox
from smsgw.outbound.replacing import Replacing
from smsgw.outbound.rewording import Replacement
from smsgw.outbound.submit import Asked
from smsgw.store.database import Database
from smsgw.store.tables import budget_use, history, message, reservation
from smsgw.webhooks import events
from tests.smsgw.desk import START
from tests.smsgw.money.shop import Shop, emptied

CENT = 10_000


def use(shop: Shop) -> tuple[int, int]:
    """What is kept and spent of the only budget."""
    with shop.database.reading() as conn:
        row = conn.execute(select(budget_use)).first()
        return (0, 0) if row is None else (row.kept, row.spent)


def test_what_a_message_will_cost_is_kept_then_spent(each_shop: Shop) -> None:
    each_shop.rate("a", "*", "0.01")
    each_shop.budget("1.00")
    id = each_shop.submit()
    assert use(each_shop) == (CENT, 0)
    each_shop.sends(id)
    assert use(each_shop) == (0, CENT)


def test_at_the_ceiling_a_message_waits_and_goes_when_the_budget_is_raised(each_shop: Shop) -> None:
    each_shop.rate("a", "*", "0.01")
    id = each_shop.budget("0.02")
    first, second, third = (each_shop.submit(f"+3864011122{n}") for n in range(3))
    assert [each_shop.state(one) for one in (first, second, third)] == ["queued", "queued", "held"]
    assert "spring of 0.02 EUR a month has 0 left, and this costs 0.01" in each_shop.row(third).why
    assert ("budget.exceeded") in [kind for kind, _ in each_shop.told()]
    budgeting.change(each_shop.database.writer, id, {"ceiling": "0.03"}, each_shop.now)
    each_shop.read()
    each_shop.database.writer.do(each_shop.waiting.release, each_shop.now)
    assert each_shop.state(third) == "queued"
    assert use(each_shop) == (3 * CENT, 0)


def test_a_budget_that_refuses_says_so_at_the_door(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.budget("0", beyond="refuse")
    with pytest.raises(RefusedByPolicy) as no:
        shop.submit()
    assert no.value.code == "budget_exceeded"


def test_codes_and_replies_go_on_and_count(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.budget("0.01")
    shop.sends(shop.submit())
    id = shop.submit("+38641111222", purpose="otp")
    assert shop.state(id) == "queued"
    assert use(shop) == (CENT, CENT)


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_what_never_goes_gives_back_what_was_kept(each_shop: Shop, end: str) -> None:
    each_shop.rate("a", "*", "0.01")
    each_shop.budget("0.01")
    id = each_shop.submit("+38640111222", link="a")
    if end == "cancel":
        outbox.cancel(each_shop.database.writer, outbox.Cancelled(id, "test", each_shop.now))
    else:
        [wire] = each_shop.claim()
        each_shop.failed(wire, RejectedForGood("no such number", "11"))
    each_shop.database.writer.do(of_budget.follow, each_shop.now)
    assert use(each_shop) == (0, 0)
    assert each_shop.state(each_shop.submit("+38641111222")) == "queued"


def test_another_text_keeps_what_it_costs_and_what_there_is_no_money_for_changes_nothing(each_shop: Shop) -> None:
    each_shop.rate("a", "*", "0.01")
    each_shop.budget("0.02", beyond="refuse")
    id, verb = each_shop.submit(link="a"), Replacing({}, each_shop.database, each_shop.door)

    def say(parts: int) -> None:
        verb.replace(Replacement(id, "0123456789" * 15 * parts, "ana", each_shop.now))
        assert (each_shop.row(id).parts, each_shop.row(id).price, use(each_shop)) == (
            parts,
            parts * CENT,
            (parts * CENT, 0),
        )

    say(2)
    with pytest.raises(RefusedByPolicy) as no:
        say(3)
    assert no.value.code == "budget_exceeded"
    assert (each_shop.row(id).parts, use(each_shop)) == (2, (2 * CENT, 0))
    say(1)


def test_another_text_that_is_too_dear_waits_for_money_where_the_budget_holds(each_shop: Shop) -> None:
    each_shop.rate("a", "*", "0.01")
    each_shop.budget("0.02")
    id = each_shop.submit(link="a")
    long = Replacement(id, "0123456789" * 40, "ana", each_shop.now)
    Replacing({}, each_shop.database, each_shop.door).replace(long)
    assert (each_shop.state(id), each_shop.row(id).parts, use(each_shop)) == ("held", 3, (0, 0))
    assert "has 0.02 left, and this costs 0.03" in each_shop.row(id).why


def test_what_is_charged_on_delivery_stays_kept_until_it_is_clear(shop: Shop) -> None:
    shop.rate("a", "*", "0.01", charged="delivery")
    shop.budget("1")
    there, lost = shop.submit("+38640111222"), shop.submit("+38641111222")
    shop.take_all()
    shop.database.writer.do(of_budget.follow, shop.now)
    assert use(shop) == (2 * CENT, 0)
    shop.arrives_all(there)
    shop.arrives_all(lost, State.UNDELIVERABLE)
    shop.database.writer.do(of_budget.follow, shop.now)
    assert use(shop) == (0, CENT)


def test_every_budget_that_a_message_falls_under_must_have_money(each_shop: Shop) -> None:
    each_shop.submit("+38651111222")  # while nothing costs anything: now the client is known
    each_shop.rate("a", "*", "0.01")
    each_shop.budget("1", name="whole")
    each_shop.budget("0.01", name="key", scope="client", subject="test")
    each_shop.budget("0", name="other", scope="link", subject="b")
    assert each_shop.state(each_shop.submit("+38640111222")) == "queued"
    held = each_shop.submit("+38641111222")
    assert "the budget of this key key" in each_shop.row(held).why


@pytest.mark.parametrize("scope", ["client", "campaign", "customer", "link"])
def test_a_budget_for_nobody_would_stop_nothing_and_is_refused(shop: Shop, scope: str) -> None:
    with pytest.raises(BadInput) as no:
        shop.budget("1", scope=scope, subject="shpo")
    assert [fault.code for fault in no.value.faults] == ["subject_unknown"]


def test_money_of_another_currency_is_exchanged_and_unknown_money_waits(shop: Shop) -> None:
    shop.rate("a", "*", "0.01", "USD")
    shop.budget("0.01")
    assert "no rate of exchange says what USD is in EUR" in shop.row(shop.submit()).why
    line = exchange.read_line({"currency": "EUR", "into": "USD", "worth": "2"}, shop.till.zone, START)
    exchange.store(shop.database.writer, [line], START)
    shop.read()
    assert [shop.state(shop.submit(f"+3864011133{n}")) for n in range(3)] == ["queued", "queued", "held"]


def test_the_owner_is_warned_once_a_month(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.budget("0.05", warn_at="50")
    for n in range(5):
        shop.submit(f"+3864011122{n}")
    kinds = [kind for kind, _ in shop.told()]
    assert kinds == ["budget.warning", "budget.exceeded"]


def test_a_webhook_hears_what_the_owner_is_told(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.budget("0")
    shop.submit()
    with shop.database.reading() as conn:
        lines = conn.execute(select(history).where(history.c.record == "alert")).all()
        told = [json.loads(body) for body in events.bodies(conn, lines)]
    kinds = ["budget.warning", "budget.exceeded"]
    assert [(one["type"], one["data"]["kind"]) for one in told] == [("alert.raised", kind) for kind in kinds]
    assert "the ceiling is reached" in told[1]["data"]["why"]


def test_a_month_has_its_own_money(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.budget("0.01")
    shop.at("2026-03-31 23:00:00")
    shop.sends(shop.submit())
    assert shop.state(shop.submit("+38641111222")) == "held"
    shop.at("2026-04-01 00:00:01")
    shop.database.writer.do(shop.waiting.release, shop.now)
    assert shop.state(shop.submit("+38651111222")) == "held"  # the one that waited came first
    assert sum(shop.state(row.id) == "queued" for row in _all(shop)) == 1


def test_what_was_told_of_a_month_that_is_over_stands_no_more(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.budget("0.01")
    shop.plan("b", units="1", warn_at="1")
    shop.sends(shop.submit())
    shop.sends(shop.submit(link="b", to="+38641111222"), "b")
    shop.till.watch(shop.database, shop.now)
    assert len(shop.told()) == 3
    shop.at("2026-04-03 03:00:00")
    shop.till.close_due(shop.database, shop.now)
    assert shop.told() == []


def _all(shop: Shop) -> list[Any]:
    with shop.database.reading() as conn:
        return list(conn.execute(select(message).order_by(message.c.id)))


def test_another_link_that_costs_more_needs_the_money_for_it(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.rate("b", "*", "0.03")
    shop.budget("0.02")
    id = shop.submit()
    [wire] = shop.claim()
    shop.failed(wire, RejectedForGood("not here", "11"))
    assert shop.row(id).link == "a"
    assert shop.state(id) == "failed"
    assert "budget.exceeded" in [kind for kind, _ in shop.told()], "the owner knows that money was wanting"
    shop.database.writer.do(of_budget.follow, shop.now)
    assert use(shop) == (0, 0)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ceiling=st.integers(0, 25),
    prices=st.lists(st.integers(1, 4), min_size=8, max_size=24),
    workers=st.integers(2, 5),
)
def test_threads_that_ask_at_once_never_spend_a_cent_too_much(
    database: Database, ceiling: int, prices: list[int], workers: int
) -> None:
    """Several doors with their own writers, as processes have them, for the same last cents."""
    emptied(database)
    shop = Shop(database)
    for cents in range(1, 5):
        shop.rate("a", f"+38640{cents}", f"0.0{cents}")
    shop.budget(f"{ceiling / 100:.2f}", period="day")
    stores = [Database(database.url) for _ in range(workers)] if database.url.startswith("postgres") else []
    doors = [Shop(store) for store in stores] or [shop] * workers
    for one in doors:
        one.read()
    accepted: list[int] = []

    def ask(door: Shop, mine: list[int], place: int) -> None:
        for number, cents in enumerate(mine):
            to = f"+38640{cents}{place:02}{number:03}0"[:12]
            try:
                row = door.door.submit(Asked(to, "hello", "test", allow_duplicate=True)).row
            except SmsgwError:
                continue
            if row["state"] != "held":
                accepted.append(cents)

    threads = [
        threading.Thread(target=ask, args=(door, prices[place::workers], place)) for place, door in enumerate(doors)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for store in stores:
        store.close()
    kept, spent = use(shop)
    assert kept == sum(accepted) * CENT
    assert kept + spent <= ceiling * CENT
    with database.reading() as conn:
        assert (conn.scalar(select(func.sum(reservation.c.amount))) or 0) == kept
