"""Which link, and why: one rule after the other, each in words."""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from smsgw.link import Health, LinkState
from smsgw.money.rates import Rates
from smsgw.outbound.familiar import Familiar
from smsgw.outbound.routing import Network, Served
from smsgw.store.database import Database
from smsgw.store.tables import rate
from smsgw.text.hours import read_hours

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
SLOVENE = "+38640111222"


def network(*links: Served, **more: object) -> Network:
    """A network with these links, all up."""
    made = Network(links, NOON, **more)  # type: ignore[arg-type]
    for link in links:
        made.heard(link.name, Health(LinkState.UP), NOON)
    return made


def rates(database: Database, *lines: tuple[str, str, int, str], valid_from: datetime = NOON) -> Rates:
    """Rates that begin at noon: link, prefix, millionths, currency."""
    with database.exclusive() as conn:
        conn.execute(
            rate.insert(),
            [
                {"link": link, "prefix": prefix, "valid_from": valid_from, "amount": amount, "currency": currency,
                 "charged": "submit"}
                for link, prefix, amount, currency in lines
            ],
        )  # fmt: skip
        known = Rates()
        known.read(conn)
    return known


def chosen(net: Network, to: str = SLOVENE, now: datetime = NOON, **more: object) -> tuple[str, list[str]]:
    choice = net.choose(to, now=now, **more)  # type: ignore[arg-type]
    assert choice is not None
    return choice.link.name, choice.trace


def test_one_link_says_what_it_serves_and_how_it_is() -> None:
    assert chosen(network(Served("a", "fake", ("+386",)))) == ("a", ["a serves numbers with +386 and is up"])


def test_a_number_that_nothing_serves_has_no_way() -> None:
    assert network(Served("a", "fake", ("+386",))).choose("+4366411122233", now=NOON) is None


def test_a_short_code_is_served_by_a_link_for_every_number_only() -> None:
    net = network(Served("a", "fake", ("+386",)), Served("b", "fake"))
    assert chosen(net, "1234")[0] == "b"


def test_a_link_that_went_away_is_waited_for_and_then_a_shorter_prefix_will_do() -> None:
    net = network(Served("home", "fake", ("+386",)), Served("world", "fake"), patience=60)
    net.heard("home", Health(LinkState.DOWN), NOON)
    assert chosen(net) == ("home", ["home serves numbers with +386 and is down, which may pass"])
    later = NOON + timedelta(seconds=60)
    assert chosen(net, now=later) == (
        "world",
        ["world serves every number and is up", "home serves numbers with +386 and is down"],
    )


def test_with_nothing_better_it_waits_for_the_link_that_is_away() -> None:
    net = network(Served("a", "fake"), patience=60)
    net.heard("a", Health(LinkState.DOWN), NOON)
    name, trace = chosen(net, now=NOON + timedelta(hours=1))
    assert name == "a"
    assert trace == ["a serves every number and is down", "nothing better serves the number, so it waits there"]


def test_out_of_its_hours_a_link_is_passed_over_and_says_when_it_opens() -> None:
    hours = read_hours(["Mo-Fr 08:00-20:00"], "Europe/Ljubljana")
    net = network(Served("day", "fake", ("+386",), hours=hours), Served("world", "fake"))
    night = NOON.replace(hour=19)  # 20:00 on the wall
    assert chosen(net, now=night - timedelta(seconds=1))[0] == "day"
    assert chosen(net, now=night) == (
        "world",
        [
            "world serves every number and is up",
            "day serves numbers with +386 and is closed until Tu 08:00 (Europe/Ljubljana)",
        ],
    )


def test_a_link_whose_network_refuses_everything_rests_and_its_work_goes_elsewhere() -> None:
    net = network(Served("a", "fake"), Served("b", "fake", preference=200))
    net.rest("a", 60, NOON)
    name, trace = chosen(net)
    assert name == "b"
    assert trace[1] == "a serves it too and rests, for its network refuses it"
    assert chosen(net, now=NOON + timedelta(seconds=61))[0] == "a"


def test_a_short_pause_of_a_link_changes_nothing() -> None:
    net = network(Served("a", "fake"), Served("b", "fake", preference=200))
    net.rest("a", 1.0, NOON)
    assert chosen(net)[0] == "a"


def test_the_preferred_one_goes_before_price_and_weight(database: Database) -> None:
    prices = rates(database, ("a", "", 20_000, "EUR"), ("b", "", 10_000, "EUR"))
    net = network(Served("a", "fake"), Served("b", "fake", preference=200, weight=50), rates=prices)
    assert chosen(net) == (
        "a",
        ["a serves every number and is up", "b serves it too, but a is preferred (100 before 200)"],
    )


def test_equals_share_by_weight_in_every_stretch_and_a_dead_one_gets_nothing() -> None:
    net = network(Served("a", "fake", weight=3), Served("b", "fake", weight=1), Served("c", "fake", weight=1))
    names = [chosen(net)[0] for _ in range(500)]
    for start in range(0, 500, 5):
        assert Counter(names[start : start + 5]) == {"a": 3, "b": 1, "c": 1}
    assert "it was the turn of" in chosen(net)[1][-1]
    net.heard("a", Health(LinkState.DOWN), NOON)
    assert Counter(chosen(net)[0] for _ in range(100)) == {"b": 50, "c": 50}


@pytest.mark.parametrize(("drawn", "first"), [(0.0, "a"), (0.59, "a"), (0.6, "b"), (0.99, "c")])
def test_chance_says_with_whom_a_round_begins_and_the_shares_stay(drawn: float, first: str) -> None:
    links = (Served("a", "fake", weight=3), Served("b", "fake"), Served("c", "fake"))
    net = network(*links, chance=lambda: drawn)
    names = [chosen(net)[0] for _ in range(51)]
    assert names[0] == first
    assert Counter(names[1:]) == {"a": 30, "b": 10, "c": 10}


def test_the_cheapest_for_that_number_is_taken_and_the_prices_are_told(database: Database) -> None:
    prices = rates(
        database, ("a", "+386", 19_000, "EUR"), ("b", "", 5_000, "EUR"), ("b", "+386", 12_000, "EUR"),
        ("c", "", 30_000, "EUR"),
    )  # fmt: skip
    net = network(Served("a", "fake"), Served("b", "fake"), Served("c", "fake"), rates=prices)
    name, trace = chosen(net)
    assert name == "b"
    assert trace == ["a, b and c serve every number and are alike", "b costs 0.012 EUR a part, a 0.019, c 0.03"]


def test_within_the_tolerance_prices_are_equal_and_weight_decides(database: Database) -> None:
    prices = rates(database, ("a", "", 10_500, "EUR"), ("b", "", 10_000, "EUR"), ("c", "", 10_501, "EUR"))
    net = network(*(Served(name, "fake") for name in "abc"), rates=prices, tolerance=5.0)
    assert Counter(chosen(net)[0] for _ in range(100)) == {"a": 50, "b": 50}


def test_a_gap_in_a_price_list_comes_last(database: Database) -> None:
    prices = rates(database, ("a", "+43", 1, "EUR"), ("b", "", 10_000, "EUR"))
    net = network(Served("a", "fake"), Served("b", "fake"), rates=prices)
    name, trace = chosen(net)
    assert (name, trace[-1]) == ("b", "b costs 0.01 EUR a part; a has no price for it")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([("a", "", 10_000, "EUR")], "no price list of b is known, so prices are not compared"),
        ([("a", "", 10_000, "EUR"), ("b", "", 1, "USD")], "prices are in EUR and USD, so they are not compared"),
    ],
)
def test_what_cannot_be_compared_is_not_and_that_is_told(
    database: Database, lines: list[tuple[str, str, int, str]], says: str
) -> None:
    net = network(Served("a", "fake"), Served("b", "fake"), rates=rates(database, *lines))
    assert Counter(chosen(net)[0] for _ in range(10)) == {"a": 5, "b": 5}
    assert says in chosen(net)[1]


def test_a_price_from_tomorrow_on_counts_from_tomorrow_on(database: Database) -> None:
    rates(database, ("a", "", 10_000, "EUR"), ("b", "", 20_000, "EUR"))
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    prices = rates(database, ("b", "", 5_000, "EUR"), valid_from=midnight)
    net = network(Served("a", "fake"), Served("b", "fake"), rates=prices)
    assert chosen(net, now=midnight - timedelta(seconds=1))[0] == "a"
    assert chosen(net, now=midnight)[0] == "b"


def test_new_rates_count_from_the_next_message_on(database: Database) -> None:
    prices = rates(database, ("a", "", 10_000, "EUR"), ("b", "", 20_000, "EUR"))
    net = network(Served("a", "fake"), Served("b", "fake"), rates=prices)
    assert chosen(net)[0] == "a"
    rates(database, ("b", "+386", 5_000, "EUR"))
    with database.reading() as conn:
        prices.read(conn)
    assert chosen(net)[0] == "b"


def test_an_answer_goes_by_the_link_that_the_customer_knows() -> None:
    net = network(Served("a", "fake", ("+386",)), Served("b", "fake", preference=500))
    known = Familiar("b", "+38640999", "is where they wrote last")
    choice = net.choose(SLOVENE, now=NOON, known=known)
    assert choice is not None
    assert (choice.link.name, choice.sender) == ("b", "+38640999")
    assert choice.trace[0] == "b is where they wrote last, so this goes the same way"


def test_if_the_link_that_they_know_is_away_another_answers_and_says_so() -> None:
    net = network(Served("a", "fake"), Served("b", "fake", preference=500), patience=0)
    net.heard("b", Health(LinkState.DOWN), NOON)
    choice = net.choose(SLOVENE, now=NOON, known=Familiar("b", "+38640999", "is where they wrote last"))
    assert choice is not None
    assert (choice.link.name, choice.sender) == ("a", None)
    assert choice.trace[0] == "b is where they wrote last, but is down"


def test_a_link_that_is_not_sticky_is_chosen_like_any_other() -> None:
    net = network(Served("a", "fake"), Served("b", "fake", preference=500, sticky=False))
    assert chosen(net, known=Familiar("b", None, "is where they wrote last"))[0] == "a"


def test_who_insists_on_a_link_gets_it_and_no_other() -> None:
    net = network(Served("a", "fake"), Served("b", "fake", preference=500))
    assert chosen(net, wanted="b") == ("b", ["b serves every number and is up, and the sender asked for it"])
    assert chosen(net, avoid=("a",))[0] == "b"
    assert net.choose(SLOVENE, avoid=("a", "b"), now=NOON) is None


def test_of_many_links_a_trace_names_a_few() -> None:
    links = [Served("a", "fake"), *(Served(f"b{n}", "fake", preference=200 + n) for n in range(20))]
    trace = chosen(network(*links))[1]
    assert len(trace) == 6
    assert trace[-1] == "and 16 more links"


def lines_of(net: Network, numbers: list[str]) -> int:
    """How many lines are run to choose a link for each: a measure that does not depend on the machine."""
    count = 0

    def count_lines(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return count_lines

    before = sys.gettrace()
    sys.settrace(count_lines)
    try:
        for to in numbers:
            net.choose(to, now=NOON)
    finally:
        sys.settrace(before)
    return count


def test_a_choice_costs_no_more_with_a_thousand_prefixes_than_with_ten(database: Database, record_property) -> None:
    prefixes = [f"+{n}" for n in range(100, 1100)]
    numbers = [f"{prefix}40111222" for prefix in prefixes[:10]]
    run = {}
    for served in (prefixes[:10], prefixes):
        links = [Served(f"{len(served)}-{n}", "fake", tuple(served), weight=n + 1) for n in range(20)]
        prices = rates(database, *((link.name, prefix, 10_000, "EUR") for link in links for prefix in served[::10]))
        net = network(*links, rates=prices)
        lines_of(net, numbers)  # what is remembered from the first choice on is there
        begun = time.perf_counter()
        for to in numbers:
            net.choose(to, now=NOON)
        took = (time.perf_counter() - begun) / len(numbers)
        record_property("figures", f"{len(served)} prefixes: {took * 1e6:.1f} microseconds a choice")
        run[len(served)] = lines_of(net, numbers)
    assert 0 < run[1000] <= 2 * run[10]
