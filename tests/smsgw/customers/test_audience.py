"""Rules mean in SQL, on both engines, what a plain model means by them; and their words mean the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsgw.customers import audience, rule_words, segments
from smsgw.customers.consent import consent
from smsgw.store.database import Database
from tests.smsgw.customers.town import CITIES, CODES, NOW, Town, meant, named, settle

DAYS = st.integers(1, 120)
TEXTS = st.sampled_from([*CITIES, "mesto", "ČAT", "%", "_", "ana", "z"])


def fields() -> st.SearchStrategy[dict[str, Any]]:
    way = st.sampled_from
    texts = st.builds(
        lambda f, w, v: {"field": f, w: v}, way(["city", "name"]), way(["is", "is_not", "contains", "begins"]), TEXTS
    )
    numbers = st.builds(
        lambda w, v: {"field": "visits", w: v},
        way(["is", "is_not", "over", "under", "at_least", "at_most"]),
        way([0, 1, 2.5, 7, -1]),
    )
    days = st.builds(
        lambda f, w, v: {"field": f, w: v},
        way(["birthday", "created"]),
        way(["is", "after", "before"]),
        way(["today", "today-30", "1990-11-27", "2000-02-29", "today+1"]),
    )
    return st.one_of(
        texts,
        numbers,
        days,
        st.builds(lambda v: {"field": "city", "in": v}, st.lists(TEXTS, min_size=1, max_size=3)),
        st.builds(lambda v: {"field": "visits", "in": v}, st.lists(way([0, 1, 2.5]), min_size=1, max_size=3)),
        st.builds(lambda v: {"field": "birthday", "comes_within": v}, st.integers(0, 60)),
        st.builds(lambda v: {"field": "member", "is": v}, st.booleans()),
        st.builds(lambda v: {"field": "size", "is": v}, way(["S", "ž"])),
        st.builds(lambda v: {"field": "language", "is": v}, way(["sl", "en"])),
        st.builds(lambda f, v: {"field": f, "known": v}, way(["name", "city", "visits", "language"]), st.booleans()),
    )


def leaves() -> st.SearchStrategy[dict[str, Any]]:
    one = st.sampled_from
    return st.one_of(
        fields(),
        st.builds(lambda v: {"tag": v}, one(["vip", "rude", "none"])),
        st.just({"group": "teachers"}),
        st.just({"segment": "Locals"}),
        st.builds(lambda v: {"country": v}, one(["SI", ["HR", "GB"]])),
        st.builds(lambda v: {"prefix": v}, one(["+386", ["+3859", "+44"]])),
        st.builds(lambda v: {"has": v}, one(["phone", "email"])),
        st.builds(lambda w, v: {w: v}, one(["allows", "withdrew"]), one(CODES)),
        st.builds(lambda d, t: {"bought": {"days": d, "times": t}}, DAYS, st.integers(1, 2)),
        st.builds(lambda v: {"bought": {"sku": v}}, one(["rice", "oil"])),
        st.builds(lambda d, t: {"messaged": {"days": d, "times": t}}, DAYS, st.integers(1, 3)),
        st.builds(lambda w, d: {w: {"days": d}}, one(["replied", "active", "silent"]), DAYS),
    )


RULES = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.builds(lambda w, v: {w: v}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda v: {"not": v}, inner),
    ),
    max_leaves=6,
)


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    return settle(database, random.Random(20261126))


@given(rule=RULES)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rule_means_the_same_people_in_sql_as_in_the_model(
    database: Database, town: Town, rule: dict[str, Any]
) -> None:
    with database.reading() as conn:
        checked = audience.check(conn, rule)
        wanted = {one.id for one in town.people if meant(checked, town, one)}
        assert named(conn, town, rule) == wanted
        assert audience.count(conn, checked, NOW) == len(wanted)
        selected = conn.execute(audience.select(conn, checked, NOW)).all()
        assert {row.customer_id: row.address for row in selected} == {
            one.id: one.written_to for one in town.people if one.id in wanted
        }
        assert audience.check(conn, checked) == checked
        words = segments.words(checked, audience.known(conn))
        assert segments.read(conn, words) == checked, words
        assert rule_words.write(checked, {}) == rule_words.write(audience.check(conn, rule_words.read(words)), {})


def test_who_allows_a_category_is_whom_the_gate_lets_through(database: Database, town: Town) -> None:
    numbers = {one.number: one.id for one in town.people if one.number}
    with database.reading() as conn:
        for code in CODES:
            by_gate = consent.allowed(conn, list(numbers), "marketing", code, NOW)
            assert named(conn, town, {"allows": code}) == {numbers[one] for one in by_gate}
            assert by_gate, "the town must have somebody who agreed"


def test_an_audience_can_be_taken_in_pieces(database: Database, town: Town) -> None:
    with database.reading() as conn:
        rule = audience.check(conn, {"any": [{"field": "city", "known": True}, {"tag": "vip"}]})
        whole = [tuple(row) for row in conn.execute(audience.select(conn, rule, NOW))]
        middle = whole[len(whole) // 2][0]
        first = conn.execute(audience.select(conn, rule, NOW, upto=middle)).all()
        second = conn.execute(audience.select(conn, rule, NOW, after=middle)).all()
    assert [tuple(row) for row in (*first, *second)] == whole
    assert [row[0] for row in whole] == sorted(row[0] for row in whole)
    assert {row[1] for row in whole} <= {one.written_to for one in town.people}
