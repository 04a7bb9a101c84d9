"""What people tell about a consent: checked whole, written down with its proof, chosen in one go, certified."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from smsgw.customers.consent import choice as consent_choice
from smsgw.customers.consent import consent
from smsgw.customers.consent import proof as consent_proof
from smsgw.customers.consent.basis import is_purchase
from smsgw.customers.consent.categories import Category, keep, retire
from smsgw.customers.consent.choice import Choice, Chosen
from smsgw.customers.consent.telling import Told, tell
from smsgw.errors import BadInput, NotFound
from smsgw.store.database import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA = "+38640111222"


@pytest.fixture
def shop(database: Database) -> Database:
    """A store with two categories."""
    with database.exclusive() as conn:
        for code in ("school", "bikes"):
            keep(conn, Category(code, {"en": code, "sl": f"{code}-sl"}), "t", NOW)
    return database


def told(**more: Any) -> Told:
    return Told(**{"address": ANA, "granted": True, "words": "ticked the box", "source": "form", "by": "t", **more})


@pytest.mark.parametrize(
    ("words", "purchase"),
    [
        ("bought a pen", True),
        ("kupila zvezke", True),
        ("kupec od 2019", True),
        ("Bestellung 1042", True),
        ("купил в магазине", True),
        ("invoice 2026-17", True),
        ("signed the order form", False),
        ("soglasje na računu", False),
        ("ticked the box", False),
    ],
)
def test_a_purchase_is_no_consent(words: str, purchase: bool) -> None:
    assert is_purchase(words) == purchase


def test_all_mistakes_are_told_at_once_and_nothing_is_written(shop: Database) -> None:
    wrong = told(scope="toys", words="bought a pen", at=NOW + timedelta(days=1), expires_at=NOW)
    with shop.exclusive() as conn:
        with pytest.raises(BadInput) as no:
            tell(conn, wrong, NOW)
        codes = [fault.code for fault in no.value.faults]
        assert codes == ["category_unknown", "purchase_is_no_consent", "out_of_range", "out_of_range"]
        assert consent.ledger(conn, [ANA]) == {}


def test_a_choice_of_three_levels_holds_at_once(shop: Database) -> None:
    def chosen(level: str, *categories: str) -> Chosen:
        return Chosen(ANA, Choice(level, frozenset(categories)), "on the page", "page", "t", NOW)

    with shop.exclusive() as conn:
        assert consent_choice.standing(conn, ANA, NOW) == Choice("orders")
        consent_choice.choose(conn, chosen("everything"))
        assert consent_choice.standing(conn, ANA, NOW) == Choice("everything", frozenset({"school", "bikes"}))
        consent_choice.choose(conn, chosen("some", "bikes"))
        assert consent_choice.standing(conn, ANA, NOW) == Choice("some", frozenset({"bikes"}))
        consent_choice.choose(conn, chosen("nothing"))
        assert consent_choice.standing(conn, ANA, NOW) == Choice("nothing")
        assert consent.allowed(conn, {ANA}, "transactional", None, NOW) == set()
        consent_choice.choose(conn, chosen("orders"))
        assert consent_choice.standing(conn, ANA, NOW) == Choice("orders")
        assert consent.allowed(conn, {ANA}, "transactional", None, NOW) == {ANA}
        with pytest.raises(BadInput):
            consent_choice.choose(conn, chosen("some", "toys"))


def test_a_link_is_for_one_address_and_for_ninety_days(shop: Database) -> None:
    with shop.exclusive() as conn:
        written = consent_choice.token(conn, ANA, NOW)
        secret = consent_choice.make_key(conn, consent_choice.LINK_KEY)
        assert consent_choice.token(conn, ANA, NOW) == written
    assert consent_choice.read_token(secret, written, NOW + timedelta(days=89)) == ANA
    for bad, at in (
        (written, NOW + timedelta(days=92)),
        (written[:-5] + ("A" if written[-5] != "A" else "B") + written[-4:], NOW),
        ("x", NOW),
        ("", NOW),
        ("é.b.c", NOW),
    ):
        with pytest.raises(NotFound):
            consent_choice.read_token(secret, bad, at)


def test_a_certificate_has_every_statement_with_its_proof_and_wording(shop: Database) -> None:
    with shop.exclusive() as conn:
        tell(conn, told(scope="school", wording="Yes, send me news", at=NOW - timedelta(days=9)), NOW)
        tell(conn, told(scope="school", wording="Yes, send me news"), NOW)
        tell(conn, told(scope="bikes", wording="Yes, send me bikes"), NOW)
        tell(conn, told(granted=False, words="on the telephone", source="clerk", scope="bikes"), NOW)
        found = consent_proof.certificate(conn, ANA, NOW)
    assert [row["words"] for row in found["statements"]] == ["ticked the box"] * 3 + ["on the telephone"]
    assert [(row["name"], row["version"]) for row in found["wordings"]] == [("form", 1), ("form", 2)]
    assert found["statements"][0]["recorded_at"] == NOW
    standing = found["standing"][ANA]
    assert {code: one["allowed"] for code, one in standing.items()} == {"orders": True, "school": True, "bikes": False}
    assert standing["bikes"]["by"] == found["statements"][3]["id"]


def test_a_category_that_is_retired_takes_nothing_more(shop: Database) -> None:
    with shop.exclusive() as conn:
        tell(conn, told(scope="bikes"), NOW)
        retire(conn, "bikes", "t", NOW)
        with pytest.raises(BadInput, match="no category in use"):
            tell(conn, told(scope="bikes"), NOW)
        with pytest.raises(BadInput) as no:
            keep(conn, Category("Not A Code", {}, ("",)), "t", NOW)
    assert [fault.pointer for fault in no.value.faults] == ["/code", "/names", "/words"]
