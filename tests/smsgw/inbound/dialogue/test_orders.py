"""The dialogue about an order, row by row: nothing is ordered without a yes to the newest summary."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from smsgw.inbound.orders.orders import Times
from smsgw.inbound.orders.rules import Rules
from smsgw.inbound.reading.terms import Reading
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.talk import ANA, BOR, NO, SHOP, WHAT, YES, Talk, order_of

SUMMARY = "Order 10001: 2 x notebook A4 = 5.80 EUR. Reply YES to confirm, NO to cancel."


def test_on_both_engines_an_order_is_asked_changed_reminded_lapsed_renewed_and_confirmed(desk: Desk) -> None:
    talk = Talk(desk, Rules(mail_to=("shop@example.com",), maximum=50_000_000))
    talk.hears("2 notebooks", order_of(("NB-A4", 2), wish="tomorrow"))
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("3 pens", order_of(("PEN-BL", 3)))
    talk.hears("1", Reading("survey", answer="1", language="en"))
    talk.hears("hmpf", WHAT, answers=False)
    talk.desk.later(hours=13)
    assert talk.clock() == 1
    talk.desk.later(hours=13)
    assert talk.clock() == 1
    talk.hears("yes", YES)
    talk.hears("yes", YES)
    [row] = talk.orders()
    assert (row.state, row.revision, row.confirmed_revision, row.total) == ("confirmed", 3, 3, 8_200_000)
    assert talk.lines(row) == [("NB-A4", 2000), ("PEN-BL", 3000)]
    assert len(talk.letters()) == 1
    assert talk.desk.events(row.id) == ["take", "revise", "unclear", "remind", "lapse", "revise", "confirm"]


def test_on_both_engines_a_change_after_the_yes_and_a_stop_are_for_people(desk: Desk) -> None:
    talk = Talk(desk)
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    talk.hears("make it 3", order_of(("NB-A4", 3)))
    talk.hears("also blue pens?", order_of(("PEN-BL", None), reasons=("no quantity",)), answers=False)
    text = talk.hears("STOP", WHAT)
    assert ([row.state for row in talk.orders()], text.state) == (["needs_review"], "handled"), "it was confirmed once"


def test_an_order_is_asked_about_with_its_total_and_confirmed_by_a_yes(talk: Talk) -> None:
    text = talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    assert talk.said() == [SUMMARY]
    assert (text.state, text.understood_as, text.explanation["order"]) == ("handled", "order", "10001")
    [row] = talk.orders()
    assert (row.state, row.number, row.total, row.currency) == ("asked", 10001, 5_800_000, "EUR")
    yes = talk.hears("Yes please", YES)
    [row] = talk.orders()
    assert (row.state, row.confirmed_revision, row.proof["words"]) == ("confirmed", 1, "Yes please")
    assert row.proof["inbound_id"] == yes.id
    assert talk.said()[1:] == ["Thank you, order 10001 is confirmed: 5.80 EUR."]


def test_the_customer_is_answered_in_the_language_of_the_text(talk: Talk) -> None:
    said = {
        "sl": "Naročilo 10001: 2 x zvezek A4 = 5,80 EUR. Odgovorite DA za potrditev, NE za preklic.",
        "ru": "Заказ 10002: 2 x тетрадь А4 = 5,80 EUR. Ответьте ДА для подтверждения, НЕТ для отмены.",
        "fa": "سفارش 10003: ۲ x دفتر A4 = ۵٫۸۰ EUR. برای تأیید «بله» و برای لغو «نه» بفرستید.",
    }
    for place, (language, summary) in enumerate(said.items()):
        customer = f"+3864055500{place}"
        talk.hears("2", order_of(("NB-A4", 2), language=language), customer)
        assert talk.said(customer) == [summary]


def test_what_is_in_doubt_waits_for_a_person_with_the_guess_filled_in(talk: Talk) -> None:
    text = talk.hears("2 notebooks red", order_of(("NB-A4", 2), reasons=("unknown word next to a product",)))
    [row] = talk.orders()
    assert (row.state, row.reasons, talk.lines(row)) == (
        "needs_review",
        ["unknown word next to a product"],
        [("NB-A4", 2000)],
    )
    assert text.state == "waiting"
    assert "10001" in text.why
    assert talk.said() == ["Thank you, we have your order 10001. Somebody looks at it and answers you."]


def test_no_cancels_it(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("no", NO)
    assert [row.state for row in talk.orders()] == ["cancelled"]
    assert talk.said()[-1] == "Order 10001 is cancelled. Nothing is ordered."


def test_an_edit_makes_a_new_summary_and_only_that_can_be_confirmed(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("make it 3", order_of(("NB-A4", 3)))
    [row] = talk.orders()
    assert (row.revision, row.state, row.total, talk.lines(row)) == (2, "asked", 8_700_000, [("NB-A4", 3000)])
    assert talk.said()[-1].startswith("Order 10001: 3 x notebook A4 = 8.70 EUR.")
    talk.hears("yes", YES)
    assert talk.orders()[0].confirmed_revision == 2


def test_a_yes_that_was_sent_before_the_newest_summary_confirms_nothing(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    before = talk.desk.now
    talk.desk.later(seconds=5)
    talk.hears("make it 30", order_of(("NB-A4", 30)))
    text = talk.hears("yes", YES, sent_at=before)
    [row] = talk.orders()
    assert row.state == "asked"
    assert "older" in text.why
    assert talk.said()[-1].startswith("Order 10001: 30 x notebook A4")
    talk.hears("yes", YES)
    assert talk.orders()[0].state == "confirmed"


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_network_whose_clock_is_hours_off_neither_loses_a_yes_nor_lends_one(talk: Talk, hours: int) -> None:
    def off() -> datetime:
        return talk.desk.now + timedelta(hours=hours, seconds=-2)

    for customer in range(3):
        talk.hears("hello", WHAT, f"+3864055500{customer}", sent_at=off())
    talk.hears("2 notebooks", order_of(("NB-A4", 2)), sent_at=off())
    before = off()
    talk.desk.later(seconds=5)
    talk.hears("make it 30", order_of(("NB-A4", 30)), sent_at=off())
    talk.hears("yes", YES, sent_at=before)
    assert talk.orders()[0].state == "asked"
    talk.hears("yes", YES, sent_at=off())
    assert talk.orders()[0].state == "confirmed"


def test_a_further_product_with_an_also_is_added(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("also a pen", order_of(("NB-A4", 2), ("PEN-BL", 1)))
    [row] = talk.orders()
    assert talk.lines(row) == [("NB-A4", 2000), ("PEN-BL", 1000)]
    assert "2 x notebook A4, 1 x blue pen = 6.60 EUR" in talk.said()[-1]


@pytest.mark.parametrize(("answer", "lines"), [("1", [("NB-A4", 2000), ("PEN-BL", 3000)]), ("2", [("PEN-BL", 3000)])])
def test_another_product_without_such_a_word_is_asked_about(talk: Talk, answer: str, lines: list[object]) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("3 pens", order_of(("NB-A4", 2), ("PEN-BL", 3), reasons=("add or replace",)))
    assert talk.said()[-1] == "3 x blue pen: add to order 10001, or instead of it? Reply 1 to add, 2 to replace."
    assert talk.lines(talk.orders()[0]) == [("NB-A4", 2000)]
    talk.hears(answer, Reading("survey", answer=answer, language="en"))
    [row] = talk.orders()
    assert (row.state, talk.lines(row)) == ("asked", lines)
    talk.hears("yes", YES)
    assert talk.orders()[0].state == "confirmed"


def test_while_that_is_open_a_yes_is_to_nothing(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("3 pens", order_of(("PEN-BL", 3)))
    talk.hears("yes", YES, answers=False)
    assert talk.orders()[0].state == "asked"


def test_more_of_the_same_is_summed_up(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("also 3 notebooks", order_of(("NB-A4", 3), reasons=("add or replace",)))
    talk.hears("1", Reading("survey", answer="1", language="en"))
    assert talk.lines(talk.orders()[0]) == [("NB-A4", 5000)]


def test_the_usual_is_the_last_confirmed_order_and_is_asked_about(talk: Talk) -> None:
    usual = Reading("order", usual=True, reasons=("the usual",), language="en")
    talk.hears("the usual", usual)
    assert talk.orders()[0].reasons == ["the usual, and there is no order before", "nothing that could be ordered"]
    talk.hears("2 notebooks", order_of(("NB-A4", 2)), BOR)
    talk.hears("yes", YES, BOR)
    talk.import_shop(SHOP.replace("2.90", "3.10"))
    talk.hears("the usual", usual, BOR, answers=False)
    row = talk.orders()[-1]
    assert (row.state, row.total, talk.lines(row)) == ("asked", 6_200_000, [("NB-A4", 2000)])


def test_a_question_leaves_it_asked_and_goes_to_a_person(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    text = talk.hears("are they lined?", Reading("inquiry", topic="product", language="en"), answers=False)
    assert (talk.orders()[0].state, text.state) == ("asked", "waiting")
    talk.hears("yes", YES)
    assert talk.orders()[0].state == "confirmed"


def test_stop_cancels_what_is_not_confirmed_and_a_person_is_told(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    text = talk.hears("STOP", WHAT)
    assert [row.state for row in talk.orders()] == ["cancelled"]
    assert (text.understood_as, text.state) == ("optout", "waiting")
    assert "10001" in text.why


def test_a_stop_in_whole_sentences_cancels_it_too(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    text = talk.hears("I really had enough of being written to by you", Reading("optout", language="en"), answers=False)
    assert ([row.state for row in talk.orders()], text.state) == (["cancelled"], "waiting")


def test_stop_leaves_what_is_confirmed(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    text = talk.hears("STOP", WHAT)
    assert ([row.state for row in talk.orders()], text.state) == (["confirmed"], "handled")


def test_what_is_not_understood_is_asked_once_more_and_then_goes_to_a_person(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    first = talk.hears("hmpf", WHAT, answers=False)
    assert (talk.orders()[0].state, first.state) == ("asked", "handled")
    assert talk.said()[-1].startswith("Sorry, we did not understand. Order 10001: 2 x notebook A4 = 5.80 EUR.")
    second = talk.hears("grmbl", WHAT, answers=False)
    assert (talk.orders()[0].state, second.state) == ("needs_review", "waiting")
    assert "not understood twice" in talk.orders()[0].reasons
    assert talk.said()[-1] == "Thank you, we have your order 10001. Somebody looks at it and answers you."


def test_a_yes_with_more_words_is_never_a_confirmation(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes but my sister says no", Reading("confirm_yes", language="en", reasons=("negation",)))
    assert talk.orders()[0].state == "asked"


def test_silence_is_reminded_once_and_then_lapses(talk: Talk) -> None:
    talk.follow(Rules(times=Times(timedelta(hours=10))))
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.desk.later(hours=4)
    assert talk.clock() == 0
    talk.desk.later(hours=1)
    assert (talk.clock(), talk.clock()) == (1, 0)
    assert talk.said()[1:] == [
        "Your order 10001 still waits: 2 x notebook A4 = 5.80 EUR. Reply YES or NO; without an answer it lapses."
    ]
    talk.desk.later(hours=5)
    assert (talk.clock(), talk.clock()) == (1, 0)
    assert [row.state for row in talk.orders()] == ["lapsed"]
    assert talk.said()[2:] == ["Order 10001 was not confirmed, so nothing is ordered. Reply YES if you still want it."]


def test_a_reminder_waits_for_its_hours(talk: Talk) -> None:
    from smsgw.text.hours import read_hours

    talk.follow(Rules(times=Times(timedelta(hours=20)), remind_hours=read_hours(["Mo-Su 09:00-20:00"], "UTC")))
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))  # at noon: half of the time is over at ten in the evening
    talk.desk.later(hours=10)
    assert talk.clock() == 0
    talk.desk.later(hours=6)
    assert talk.clock() == 0


def test_a_yes_after_it_lapsed_asks_again_with_todays_prices(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.desk.later(hours=25)
    talk.clock()
    talk.import_shop(SHOP.replace("2.90", "3.10"))
    talk.hears("yes", YES)
    [row] = talk.orders()
    assert (row.state, row.revision, row.total) == ("asked", 2, 6_200_000)
    assert talk.said()[-1].startswith("Order 10001: 2 x notebook A4 = 6.20 EUR.")
    talk.hears("yes", YES)
    assert talk.orders()[0].state == "confirmed"


def test_prices_stay_as_they_were_when_it_was_asked(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.import_shop(SHOP.replace("2.90", "3.10"))
    talk.hears("yes", YES)
    assert talk.orders()[0].total == 5_800_000


@pytest.mark.parametrize(("reading", "what"), [(order_of(("NB-A4", 3)), "edit"), (NO, "cancel")])
def test_a_change_after_the_yes_goes_to_a_person_as_a_request(talk: Talk, reading: Reading, what: str) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    text = talk.hears("no, please make it 3", reading)
    [row] = talk.orders()
    assert (row.state, row.request["what"], row.request["words"]) == ("needs_review", what, "no, please make it 3")
    assert (row.confirmed_revision, talk.lines(row)) == (1, [("NB-A4", 2000)])
    assert text.state == "waiting"


def test_other_products_after_the_yes_are_a_new_order(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    talk.hears("3 pens", order_of(("PEN-BL", 3)))
    assert [(row.number, row.state) for row in talk.orders()] == [(10001, "confirmed"), (10002, "asked")]


def test_a_second_yes_changes_nothing(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    said = talk.said()
    text = talk.hears("yes", YES)
    assert (talk.orders()[0].state, talk.said(), text.state) == ("confirmed", said, "handled")


def test_the_same_words_again_within_ten_minutes_are_one_order(talk: Talk) -> None:
    talk.hears("2 Notebooks", order_of(("NB-A4", 2)))
    text = talk.hears("2  notebooks", order_of(("NB-A4", 2)))
    assert (len(talk.orders()), talk.said(), text.state) == (1, [SUMMARY], "handled")
    talk.hears("2 notebooks", order_of(("NB-A4", 2)), BOR)
    assert len(talk.orders()) == 2


def test_words_that_undo_a_change_are_no_repetition(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("3 notebooks", order_of(("NB-A4", 3)))
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    assert (talk.orders()[0].revision, talk.lines(talk.orders()[0])) == (3, [("NB-A4", 2000)])


def test_the_same_words_after_ten_minutes_are_another_order(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    talk.desk.later(hours=30)
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    assert [row.state for row in talk.orders()] == ["confirmed", "asked"]


def test_an_offer_that_is_accepted_makes_an_order_of_its_campaign_and_is_closed(talk: Talk) -> None:
    from smsgw.inbound import expectations

    def offered(conn, batch):  # type: ignore[no-untyped-def]
        until = talk.desk.now + timedelta(days=3)
        wanted = expectations.Expected(ANA, "offer", talk.desk.now, until, campaign="cmp_1")
        return [expectations.open(conn, [wanted]) for _ in batch]

    talk.desk.database.writer.do(offered, None)
    talk.hears("yes 2", order_of(("NB-A4", 2)))
    [row] = talk.orders()
    assert (row.campaign, row.state) == ("cmp_1", "asked")
    with talk.desk.database.reading() as conn:
        assert [one.kind for one in expectations.listing(conn, ANA, talk.desk.now)] == ["confirm"]
