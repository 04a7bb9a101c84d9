"""The words of consent as they come in: what is written down, what is answered, and what a person must read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.customers.consent import consent
from smsgw.customers.consent.categories import Category, keep
from smsgw.customers.consent.changes import write
from smsgw.inbound import expectations
from smsgw.inbound.consent import answers as consent_answers
from smsgw.inbound.consent import questions as consent_questions
from smsgw.inbound.consent import vocabulary as consent_vocabulary
from smsgw.inbound.consent.saying import sentence
from smsgw.link import Abilities
from smsgw.store.tables import consent_answer, message, opt_in, suspected_stop
from smsgw.text.parts import split
from smsgw.text.wording import LANGUAGES
from smsgw.text.wording_consent import CONSENT
from tests.smsgw.desk import Desk

ANA, TEHRAN = "+38640111222", "+989121234567"


@pytest.fixture
def fresh_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, for a new PostgreSQL takes seconds; tests whose statements are worth it say so."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


on_both_engines = pytest.mark.parametrize("fresh_store_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """A desk with a category, school, which is called šolske potrebščine."""
    school = Category("school", {"sl": "šolske potrebščine", "en": "school supplies", "fa": "مدرسه"}, ("pouk",))
    write(desk.database.writer, lambda conn: keep(conn, school, "t", desk.now))
    return desk


def writes(desk: Desk, text: str, sender: str = ANA) -> str | None:
    """Somebody writes; returns what it was understood as."""
    desk.later(minutes=1)
    desk.text_from(sender, text, f"n{len(desk.texts())}")
    understood: str | None = desk.texts()[-1].understood_as
    return understood


def answers(desk: Desk) -> list[str]:
    """Have what is owed sent; returns what went out by now."""
    consent_answers.settle(desk.database, desk.door, desk.now)
    with desk.database.reading() as conn:
        return list(conn.scalars(select(message.c.text).where(message.c.client == "consent").order_by(message.c.id)))


def agreed(desk: Desk, category: str = "school", to: str = ANA) -> bool:
    with desk.database.reading() as conn:
        return bool(consent.allowed(conn, {to}, "marketing", category, desk.now))


@on_both_engines
def test_stop_of_a_category_ends_that_category_and_says_so_once(shop: Desk) -> None:
    assert writes(shop, "START") == "optin"
    assert agreed(shop)
    assert writes(shop, "Stop šolske potrebščine, hvala") == "optout_category"
    assert not agreed(shop)
    assert shop.texts()[-1].explanation["category"] == "school"
    assert writes(shop, "STOP pouk") == "optout_category"
    assert answers(shop) == [
        "Prijavljeni ste na obvestila. Za odjavo kadarkoli odgovorite STOP.",
        "Odjavljeni ste od: solske potrebscine. Kaj prejemate, izveste z odgovorom STATUS.",  # in one part
    ]
    assert len(answers(shop)) == 2
    shop.submit(text="Your order is ready")


def test_a_stop_is_confirmed_although_nothing_else_goes_to_them(shop: Desk) -> None:
    writes(shop, "ODJAVA")
    [text] = answers(shop)
    assert text == "Odjavljeni ste od obvestil. Za ponovno prijavo odgovorite START."
    writes(shop, "odjava!")
    assert answers(shop) == [text]  # once in a day
    shop.later(hours=25)
    writes(shop, "odjava")
    assert len(answers(shop)) == 2


def test_a_confirmation_that_comes_late_is_not_sent(shop: Desk) -> None:
    writes(shop, "STOP")
    shop.later(minutes=6)
    assert answers(shop) == []


def test_a_crash_between_storing_and_answering_answers_once(shop: Desk) -> None:
    writes(shop, "STOP")
    first = answers(shop)

    def forget(conn: Any) -> None:
        conn.execute(consent_answer.update().values(settled_at=None, message_id=None))

    write(shop.database.writer, forget)
    assert answers(shop) == first


@pytest.mark.parametrize(
    ("text", "sender", "understood"),
    [
        ("لغو۱۱", TEHRAN, "optout"),
        ("۱۱", TEHRAN, "optout"),
        ("12", TEHRAN, "optin"),
        ("11", ANA, None),
        ("12", ANA, None),
        ("Stopalka 3x", ANA, None),
        ("Konec tedna", ANA, None),
        ("shop", ANA, None),
        ("отписаться", ANA, "optout"),
        ("stpo", ANA, "optout"),
        ("da", ANA, None),
    ],
)
def test_words_count_by_meaning_and_some_in_one_country_only(
    shop: Desk, text: str, sender: str, understood: str | None
) -> None:
    assert writes(shop, text, sender) == understood


def test_a_start_with_a_slip_is_asked_back_and_only_the_answer_counts(shop: Desk) -> None:
    assert writes(shop, "strat") == "optin"
    assert not agreed(shop)
    assert answers(shop) == ["Odgovorite DA za naša obvestila."]
    assert writes(shop, "Da, hvala") == "optin"
    assert agreed(shop)


def test_help_and_status_are_answered_in_the_senders_language(shop: Desk) -> None:
    assert writes(shop, "pomoč") is None  # a person looks, too
    assert writes(shop, "STATUS") == "status"
    assert len(answers(shop)) == 2
    writes(shop, "prijava pouk")
    shop.later(hours=25)
    writes(shop, "STATUS")
    said = answers(shop)
    assert said[0].startswith("STOP vas odjavi")
    assert said[1] == "Ne prejemate obvestil. Za prijavo odgovorite START."
    assert said[-1] == "Prejemate vsa obvestila. Za odjavo odgovorite STOP."


def test_cancel_is_about_the_order_that_is_open(shop: Desk) -> None:
    asked = expectations.Expected(ANA, "confirm", shop.now, shop.now + timedelta(hours=5))
    write(shop.database.writer, lambda conn: expectations.open(conn, [asked]))
    assert writes(shop, "cancel") is None
    assert writes(shop, "preklic") is None
    assert writes(shop, "stop") == "optout"


@on_both_engines
def test_a_double_opt_in_waits_three_days_reminds_once_and_lapses(shop: Desk) -> None:
    def ask(conn: Any) -> int:
        wish = consent_questions.Wish(ANA, "school", "form", "ticked the box", "t")
        return consent_questions.ask(conn, wish, consent_vocabulary.vocabulary(conn), shop.now)

    first = write(shop.database.writer, ask)
    assert write(shop.database.writer, ask) == first
    assert len(answers(shop)) == 1
    assert not agreed(shop)
    shop.later(hours=25)
    for _ in range(2):
        shop.database.writer.do(consent_questions.advance, shop.now)
    assert len(answers(shop)) == 2
    shop.later(hours=48)
    assert writes(shop, "da") is None  # too late
    shop.database.writer.do(consent_questions.advance, shop.now)
    with shop.database.reading() as conn:
        assert conn.execute(select(opt_in.c.outcome)).scalar() == "lapsed"
    write(shop.database.writer, ask)
    assert writes(shop, "DA") == "optin"
    assert agreed(shop)
    with shop.database.reading() as conn:
        [yes] = consent.ledger(conn, {ANA})[ANA]
    assert yes["opt_in_id"] is not None
    assert yes["wording_id"] is not None


def test_a_no_to_a_double_opt_in_is_a_no(shop: Desk) -> None:
    def ask(conn: Any) -> int:
        wish = consent_questions.Wish(ANA, "school", "form", "ticked the box", "t")
        return consent_questions.ask(conn, wish, consent_vocabulary.vocabulary(conn), shop.now)

    write(shop.database.writer, ask)
    assert writes(shop, "ne") == "optin_declined"
    assert writes(shop, "da") is None
    assert not agreed(shop)


def test_what_may_be_a_stop_is_flagged_and_still_read_by_others(shop: Desk) -> None:
    assert writes(shop, "Ne želim več teh sporočil, kdo ste vi?") is None
    with shop.database.reading() as conn:
        [doubt] = conn.execute(select(suspected_stop)).all()
    assert (doubt.address, doubt.meant) == (ANA, None)


def test_a_shop_has_keywords_of_its_own_but_stop_stays(shop: Desk) -> None:
    write(
        shop.database.writer,
        lambda conn: consent_vocabulary.teach(conn, "Dovolj", "stop", "sl", "t", shop.now),
    )
    assert writes(shop, "dovolj!") == "optout"
    write(shop.database.writer, lambda conn: consent_vocabulary.teach(conn, "info", "nothing", None, "t", shop.now))
    assert writes(shop, "info") is None
    with pytest.raises(Exception, match="STOP always ends it"):
        write(shop.database.writer, lambda conn: consent_vocabulary.teach(conn, "stop", "nothing", None, "t", shop.now))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_fits_in_one_part_whatever_it_names(shop: Desk, language: str) -> None:
    with shop.database.reading() as conn:
        known = consent_vocabulary.vocabulary(conn)
    for key, said in CONSENT.items():
        assert set(said) == set(LANGUAGES)
        for names in ({"category": "school"}, {"category": ",".join(["šolske potrebščine in igrače"] * 6)}):
            text = sentence(key, language, names if "{category}" in said[language] else {}, known)
            assert len(split(text, Abilities(), 1)) == 1
            assert "{" not in text
