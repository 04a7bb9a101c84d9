"""The ledger of consent: a yes counts until it is taken back, in Python, in SQL, and by a model of ten lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine

from smsgw.customers.consent import consent
from smsgw.customers.consent.categories import Category
from smsgw.customers.consent.consent import EVERYTHING, MARKETING, ORDERS, SOFT, Statement
from smsgw.outbound.gate.people import agreed
from smsgw.outbound.gate.terms import Candidate, Go, Rules
from smsgw.store.database import Database
from smsgw.store.tables import account, api_key, audit, history
from smsgw.store.tables import consent as ledger

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA, BINE = "+38640111222", "+38640111333"


def said(scope: str, granted: bool, days_ago: int = 0, to: str = ANA, **more: Any) -> Statement:
    return Statement(to, granted, "words", NOW - timedelta(days=days_ago), "form", "t", scope=scope, **more)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The tables that the ledger writes to, in memory: each example undoes what it wrote."""
    made = create_engine("sqlite://")
    for table in (ledger, history, audit, api_key, account):
        table.create(made)
    yield made
    made.dispose()


SCOPES = st.sampled_from([EVERYTHING, MARKETING, ORDERS, "school", "bikes"])
STATEMENT = st.builds(
    said,
    SCOPES,
    st.booleans(),
    st.integers(0, 3),
    basis=st.sampled_from([None, None, None, SOFT]),
    expires_at=st.sampled_from([None, None, NOW - timedelta(hours=1), NOW + timedelta(days=1)]),
)


def model(history: list[Statement], category: str, soft: bool) -> bool:
    """May marketing of a category go? Ten lines that a lawyer can read."""
    about = [one for one in history if one.scope in (EVERYTHING, MARKETING, category)]
    for place, yes in enumerate(about):
        if not yes.granted or (yes.basis == SOFT and not soft):
            continue
        if yes.expires_at is not None and yes.expires_at <= NOW:
            continue
        later_no = any(not no.granted for no in about[place:])
        newer_no = any(not no.granted and no.at > yes.at for no in about)
        if not later_no and not newer_no:
            return True
    return False


def rules(soft: bool) -> Rules:
    """The rules of a gate that knows both categories."""
    made = Rules(soft_opt_in=soft)
    made.facts.categories = {code: Category(code, {}) for code in ("school", "bikes")}
    return made


@settings(deadline=None, max_examples=300)
@given(st.lists(STATEMENT, max_size=8), st.booleans())
def test_any_history_is_judged_as_the_model_does(engine: Engine, history: list[Statement], soft: bool) -> None:
    with engine.connect() as conn:
        consent.record(conn, history)
        for category in ("school", "bikes"):
            wanted = model(history, category, soft)
            assert (consent.allowed(conn, {ANA}, "marketing", category, NOW, soft) == {ANA}) == wanted
            assert (list(conn.scalars(consent.agreeing(category, NOW, soft))) == [ANA]) == wanted
            asked = Candidate(ANA, "", "marketing", NOW, category=category)
            answer = agreed(conn, [asked], rules(soft), NOW)[0]
            assert isinstance(answer, Go) == wanted
            yes = consent.plain_yes(conn, {ANA}, category)
            assert wanted or not yes, "what is looked at in passing must be a yes by any look"
            if yes and isinstance(answer, Go):
                assert answer.says.startswith(f"consent: statement {yes[ANA].id} of ")
        conn.rollback()


@settings(deadline=None, max_examples=200)
@given(st.lists(STATEMENT, max_size=8))
def test_a_stop_to_everything_stands_until_a_yes_of_any_kind(engine: Engine, history: list[Statement]) -> None:
    stops = [place for place, one in enumerate(history) if not one.granted and one.scope == EVERYTHING]
    yeses = [place for place, one in enumerate(history) if one.granted and one.basis is None]
    lifted = any(
        yes > max(stops) and history[yes].at >= max(history[stop].at for stop in stops) for yes in yeses if stops
    )
    with engine.connect() as conn:
        consent.record(conn, history)
        assert (ANA in consent.withdrawn(conn, {ANA, BINE})) == (bool(stops) and not lifted)
        conn.rollback()


def judged(conn: Connection, *history: Statement, category: str = "school", soft: bool = False) -> str:
    consent.record(conn, history)
    found = consent.objections(conn, {ANA}, "marketing", category, NOW, soft)
    return found[ANA].code if found else "may go"


def test_what_is_said_of_one_category_holds_for_it_alone(database: Database) -> None:
    with database.exclusive() as conn:
        assert judged(conn, said("school", True, 3)) == "may go"
        assert judged(conn, category="bikes") == "consent_missing"
        assert judged(conn, said("school", False, 2)) == "recipient_opted_out"
        assert judged(conn, said(EVERYTHING, True, 1)) == "may go"
        assert judged(conn, said("bikes", False), category="bikes") == "recipient_opted_out"
        assert judged(conn) == "may go"
        assert consent.allowed(conn, {ANA, BINE}, "transactional", None, NOW) == {ANA, BINE}
        assert set(conn.scalars(consent.agreeing("school", NOW))) == {ANA}


def test_a_list_that_comes_late_does_not_undo_a_stop(database: Database) -> None:
    with database.exclusive() as conn:
        assert judged(conn, said(EVERYTHING, False, 7), said("school", True, 30)) == "recipient_opted_out"
        assert judged(conn, said("school", True, 1)) == "may go"


def test_a_soft_opt_in_counts_only_where_it_is_switched_on_and_never_against_a_no(database: Database) -> None:
    with database.exclusive() as conn:
        assert judged(conn, said("school", True, 3, basis=SOFT)) == "consent_missing"
        assert judged(conn, soft=True) == "may go"
        assert judged(conn, said(EVERYTHING, False, 2), said("school", True, 1, basis=SOFT)) == "recipient_opted_out"
        assert ANA in consent.withdrawn(conn, {ANA})


def test_only_orders_lifts_a_stop_from_orders_and_is_no_yes_to_offers(database: Database) -> None:
    with database.exclusive() as conn:
        consent.record(conn, [said(EVERYTHING, False, 2)])
        assert consent.allowed(conn, {ANA}, "transactional", None, NOW) == set()
        consent.record(conn, [said(ORDERS, True, 1)])
        assert consent.allowed(conn, {ANA}, "transactional", None, NOW) == {ANA}
        assert judged(conn) == "recipient_opted_out"
