"""A SIM's plan: free units are spent first, caps are not passed, and everybody knows when the bundle ends."""

from __future__ import annotations

from datetime import date

import pytest

from smsgw.errors import BadInput
from smsgw.money import bundles
from smsgw.money.plans import runs_out
from smsgw.money.till import Till
from smsgw.outbound.routing import Served
from smsgw.store.database import Database
from tests.smsgw.money.shop import Shop

TWO = "a" * 200


@pytest.fixture
def equal(database: Database) -> Shop:
    """A shop whose two links are alike: only what they cost tells them apart."""
    return Shop(database, links=[Served("a", "fake"), Served("b", "fake")])


def link_of(shop: Shop, id: str) -> str:
    return str(shop.row(id).link)


def test_routing_spends_free_units_first_and_then_goes_by_price(equal: Shop) -> None:
    equal.rate("a", "*", "0.06")
    equal.rate("b", "*", "0.01")
    equal.plan("a", units="3")
    ids = [equal.submit(f"+3864011122{n}") for n in range(5)]
    assert [link_of(equal, id) for id in ids] == ["a", "a", "a", "b", "b"]
    assert "a has 3 free parts left, which are spent first" in equal.row(ids[0]).trace
    assert any("b costs 0.01 EUR a part, a 0.06" in words for words in equal.row(ids[4]).trace)


def test_what_waits_counts_as_used_after_a_restart_too(equal: Shop) -> None:
    equal.rate("b", "*", "0.01")
    equal.rate("a", "*", "0.06")
    equal.plan("a", units="2")
    equal.sends(equal.submit("+38640111222"))
    equal.submit("+38640111223")
    again = Shop(equal.database, links=equal.links)
    again.read()
    assert again.till.plans.free("a", "+38640111224") == 0
    assert link_of(again, again.submit("+38640111224")) == "b"


def test_a_hard_stop_sends_the_bundle_and_not_a_part_more(each_shop: Shop) -> None:
    each_shop.plan(units="3", beyond="stop", name="S")
    ids = [each_shop.submit(f"+3864011122{n}", TWO, link="a") for n in range(2)]
    assert each_shop.take_all() == 2
    assert each_shop.state(ids[0]) == "sent"
    assert "the bundle S of a is used up" in each_shop.row(ids[1]).why


@pytest.mark.parametrize(("cap", "words"), [("hour_cap", "in an hour"), ("day_cap", "in a day")])
def test_a_cap_on_parts_stops_before_it_is_passed(shop: Shop, cap: str, words: str) -> None:
    shop.plan(**{cap: "3"}, name="fair")
    ids = [shop.submit(f"+3864011122{n}", TWO, link="a") for n in range(2)]
    assert shop.take_all() == 2
    assert shop.state(ids[1]) == "held"
    assert words in shop.row(ids[1]).why
    shop.later(days=1, minutes=1)
    shop.database.writer.do(shop.waiting.release, shop.now)
    assert shop.take_all() == 2


def test_a_link_at_its_cap_leaves_the_work_to_another(equal: Shop) -> None:
    equal.plan("a", hour_cap="1")
    equal.submit("+38640111222", link="a")
    equal.take_all("a")
    equal.read()
    id = equal.submit("+38640111223")
    assert link_of(equal, id) == "b"
    assert any("a serves it too and has sent the 1 parts" in words for words in equal.row(id).trace)


def test_so_many_people_in_a_month_and_no_more(each_shop: Shop) -> None:
    each_shop.plan(people_cap="2")
    for number in ("+38640111222", "+38640111223"):
        each_shop.sends(each_shop.submit(number, link="a"))
    known = each_shop.submit("+38640111222", "again", link="a")
    third = each_shop.submit("+38640111224", link="a")
    each_shop.take_all()
    assert (each_shop.state(known), each_shop.state(third)) == ("sent", "held")
    assert "2 different numbers in a month" in each_shop.row(third).why


def test_the_day_on_which_a_bundle_runs_out_is_foreseen(shop: Shop) -> None:
    plan = shop.plan(units="300")
    shop.at("2026-03-11 00:00:00")
    assert runs_out(plan, 300, 100, shop.now) == date(2026, 3, 31)
    assert runs_out(plan, 300, 50, shop.now) is None
    assert runs_out(plan, 300, 300, shop.now) == date(2026, 3, 11)


def test_the_owner_is_told_when_a_bundle_is_low_and_when_it_is_empty(shop: Shop) -> None:
    shop.plan(units="5", warn_at="60", name="M")
    for n in range(3):
        shop.sends(shop.submit(f"+3864011122{n}"))
    shop.till.watch(shop.database, shop.now)
    shop.till.watch(shop.database, shop.now)
    assert [kind for kind, _ in shop.told()] == ["bundle.low"]
    assert "a: 3 of 5 parts of M are used since 2026-03-01" in shop.told()[0][1]


def test_periods_begin_on_the_day_that_the_operator_says(shop: Shop) -> None:
    month = shop.plan(units="1", reset_day="31")
    assert month.begun(shop.at("2026-03-30 12:00")) == date(2026, 2, 28)
    assert month.begun(shop.at("2026-04-30 00:00")) == date(2026, 4, 30)
    week = shop.plan(units="1", period="week", reset_day="3")
    assert week.begun(shop.at("2026-03-03 23:59")) == date(2026, 2, 25)
    assert week.begun(shop.at("2026-03-04 00:00")) == date(2026, 3, 4)


def test_a_plan_that_says_nothing_or_nonsense_is_told_all_at_once(shop: Shop) -> None:
    told = {"link": "z", "units": "many", "reset_day": "40", "beyond": "explode"}
    with pytest.raises(BadInput) as wrong:
        bundles.read_terms(told, shop.zones, "EUR", shop.now)
    assert {fault.pointer for fault in wrong.value.faults} == {"/link", "/units", "/reset_day", "/beyond"}
    with pytest.raises(BadInput, match="it is no plan"):
        bundles.read_terms({"link": "a"}, shop.zones, "EUR", shop.now)


def test_what_arrives_less_is_not_cheap(equal: Shop) -> None:
    equal.rate("a", "*", "0.010")
    equal.rate("b", "*", "0.011")
    equal.network.learn({"a": 0.8, "b": 0.99})
    id = equal.submit()
    assert link_of(equal, id) == "b"
    assert any("(99% arrive), a 0.01 (80% arrive)" in words for words in equal.row(id).trace)


def test_a_till_without_plans_asks_nothing(shop: Shop) -> None:
    assert isinstance(shop.till, Till)
    assert not shop.till.plans.some
    assert not shop.till.plans.guards("a")
