"""A text and what is open with the customer: quantities, negations, corrections, answers, and spans."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsgw.inbound.reading.read import compile_catalogue, read
from smsgw.inbound.reading.terms import KINDS, Choice, Item, Open, Product, Reading
from tests.smsgw.inbound.reading.measured import catalogue, labelled

OFFER = Open("off", "offer", age=3, choices=(Choice(1, "NB-A4"),), quantity=Fraction(1))
CHOICES = Open("abc", "offer", age=3, choices=(Choice(1, "COF-250"), Choice(2, "TEA-GR")), quantity=Fraction(1))
PENDING = Open("conf", "confirm", age=0.2, order="48213", pending=(Item("NB-A4", Fraction(2)),))
SCALE = Open("csat", "survey", age=1, scale=(1, 5))


def taken(text: str, open: Open | None = None) -> dict[str, object]:
    """What is accepted without a person, by product."""
    found = read(text, catalogue(), open)
    assert (found.kind, found.reasons) == ("order", ()), found
    return {item.sku: item.quantity for item in found.items}


def why(text: str, open: Open | None = None) -> tuple[str, ...]:
    return read(text, catalogue(), open).reasons


@pytest.mark.parametrize(
    "text",
    [
        "ne 2, 3 modre kemične",
        "not 2 but 3 blue pens",
        "nicht 2 sondern 3 blaue Kulis",
        "не 2 а 3 синие ручки",
        "ne 2 nego 3 plave kemijske",
        "non 2 ma 3 penne blu",
        "۲ تا نه ۳ تا خودکار آبی",
        "2 modri kemični, popravek: 3",
    ],
)
def test_not_two_but_three(text: str) -> None:
    assert taken(text) == {"PEN-BL": 3}


def test_a_negation_behind_the_number_takes_the_later_one_away() -> None:
    assert taken("2, ne tri modre kemične") == {"PEN-BL": 2}


@pytest.mark.parametrize(
    "text",
    [
        "kilo in pol banan",
        "one and a half kilos of bananas",
        "полтора кило бананов",
        "یک و نیم کیلو موز",
        "eineinhalb Kilo Bananen",
        "kilu i pol banana",
        "un chilo e mezzo di banane",
        "1½ kg bananas",
        "1,5 kg banan",
    ],
)
def test_one_and_a_half_in_seven_languages(text: str) -> None:
    assert taken(text) == {"BANAN": Fraction(3, 2)}


@pytest.mark.parametrize(
    "text",
    [
        "da, ampak ne",
        "yes, but not that",
        "да, но не надо",
        "بله ولی نه",
        "ja, aber nicht",
        "da, ali ne",
        "sì ma no",
        "that's not right",
        "definitely not",
        "you are not right",
        "ni prav",
        "не верно",
        "stimmt nicht",
    ],
)
def test_a_yes_with_a_negation_confirms_nothing(text: str) -> None:
    found = read(text, catalogue(), PENDING)
    assert found.kind != "confirm_yes" or found.needs_review


@pytest.mark.parametrize(
    "text", ["DA", "yes please", "Да, спасибо", "بله مرسی", "Ja, passt", "potvrđujem", "sì grazie", "👍"]
)
def test_a_clean_yes_confirms(text: str) -> None:
    found = read(text, catalogue(), PENDING)
    assert (found.kind, found.reasons, found.answers) == ("confirm_yes", (), "conf")


def test_stop_in_the_middle_of_a_confirmation_is_an_opt_out_and_cancel_is_none() -> None:
    assert read("STOP", catalogue(), PENDING).kind == "optout"
    assert read("cancel", catalogue(), PENDING).kind == "confirm_no"


@pytest.mark.parametrize("text", ["۴ باتری نیم‌قلمی", "۴ باتری نیم قلمی", "۴ باتری نیمقلمی"])
def test_persian_with_a_narrow_space_a_space_and_neither(text: str) -> None:
    assert taken(text) == {"BATT-AAA": 4}


@pytest.mark.parametrize("text", ["бумага А4 2 пачки", "2 тонера 12А", "NВ-А4 3 шт"])
def test_codes_typed_in_cyrillic(text: str) -> None:
    assert len(taken(text)) == 1


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("2x škarje", {"SCISS": 2}),
        ("škarje x2", {"SCISS": 2}),
        ("dve radirki", {"ERASER": 2}),
        ("пару карандашей", {"PENCIL": 2}),
        ("دو تا مداد", {"PENCIL": 2}),
        ("pol kile limon", {"LEMON": Fraction(1, 2)}),
        ("1,5 kg limon", {"LEMON": Fraction(3, 2)}),
        ("a dozen pencils", {"PENCIL": 12}),
        ("Mleko 6 litrov", {"MILK-1": 6}),
        ("šifra 1010, 2 kosa", {"STAPLER": 2}),
        ("3 ta khodkar abi mikham", {"PEN-BL": 3}),
        ("2 tetradi A4 pozhalujsta", {"NB-A4": 2}),
        ("2 kalkulatrja", {"CALC": 2}),
    ],
)
def test_quantities_as_people_write_them(text: str, items: dict[str, object]) -> None:
    assert taken(text) == items


@pytest.mark.parametrize(
    "text",
    [
        "2 radirki po 1,30 EUR",
        "2 radirki, dostava 5.12.",
        "2 radirki, pokličite 031 777 888",
        "2 radirki do 14h",
        "2 radirki k naročilu 48213",
        "2 radirki z 20% popustom",
        "2 radirki 15. marca",
        "1) 2 radirki",
    ],
)
def test_numbers_that_are_no_quantities(text: str) -> None:
    assert taken(text) == {"ERASER": 2}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2 coffees", "several products fit"),
        ("we need pencils", "no quantity"),
        ("2 apples", "unit missing"),
        ("3 kg pencils", "unit unclear"),
        ("0.5 desk lamp", "fraction of a piece"),
        ("2000 envelopes", "above the largest quantity"),
        ("2 pencils 7", "number left over"),
        ("3 projectors please", "unknown product"),
        ("2 pencils gladiolus", "unknown word"),
        ("1 scisors gladiolus", "misspelt name"),
        ("2 coffee 250g, no sugar", "negation"),
        ("maybe 2 pencils", "doubt"),
        ("if there are any then 2 pencils", "condition"),
        ("some pencils please", "vague quantity"),
        ("2 pencils to another address", "address"),
        ("2 pencils, when do you deliver?", "question"),
        ("2 pencils and 3 pencils", "same product twice"),
        ("2 pencils, invoice to my company", "another matter"),
        ("2 pencils http://x.com", "link"),
        ("the usual please", "the usual"),
    ],
)
def test_every_reason_of_the_gate(text: str, reason: str) -> None:
    assert reason in why(text)


@pytest.mark.parametrize(
    "text",
    [
        "kot običajno prosim",
        "the usual please",
        "как обычно",
        "مثل همیشه",
        "wie immer bitte",
        "kao i obično",
        "il solito",
    ],
)
def test_the_usual_is_marked_for_whoever_knows_the_customer(text: str) -> None:
    found = read(text, catalogue())
    assert (found.kind, found.usual, found.reasons) == ("order", True, ("the usual",))


def test_a_question_about_a_product_is_no_order_of_it() -> None:
    assert read("koliko stane 10 radirk?", catalogue()).kind == "inquiry"
    assert read("can I get 10 erasers?", catalogue()).kind == "order"


def test_an_offer_is_answered_by_yes_a_number_a_choice_or_a_name() -> None:
    assert taken("YES", OFFER) == {"NB-A4": 1}
    assert taken("YES 2", OFFER) == {"NB-A4": 2}
    assert taken("2", CHOICES) == {"TEA-GR": 1}
    assert taken("1 and 2", CHOICES) == {"COF-250": 1, "TEA-GR": 1}
    assert taken("4 of the coffee", CHOICES) == {"COF-250": 4}
    assert "which choice" in why("yes", CHOICES)


def test_a_pending_order_is_changed_and_the_reading_is_the_whole_new_order() -> None:
    two = replace(PENDING, pending=(Item("COF-250", Fraction(2)), Item("SUG-1", Fraction(1))))
    assert taken("sugar should be 2", two) == {"COF-250": 2, "SUG-1": 2}
    assert taken("no sugar", two) == {"COF-250": 2}
    assert taken("make it 3", PENDING) == {"NB-A4": 3}
    assert taken("also 2 erasers", PENDING) == {"NB-A4": 2, "ERASER": 2}
    assert "add or replace" in why("2 erasers", PENDING)


def test_of_several_open_messages_the_one_that_fits_is_answered() -> None:
    survey = replace(SCALE, older=(replace(OFFER, age=26),))
    assert taken("YES 2 notebooks", survey) == {"NB-A4": 2}
    assert read("4", catalogue(), survey).answer == "4"
    assert read("7", catalogue(), replace(SCALE, older=(replace(OFFER, age=9),))).needs_review


def test_a_bare_number_between_two_that_are_equally_new_is_a_tie() -> None:
    assert "several open messages fit" in why("2", replace(OFFER, age=1, older=(replace(OFFER, id="b", age=2),)))


@pytest.mark.parametrize("text", ["9/10", "9", "nine"])
def test_a_rating_on_a_scale_of_ten(text: str) -> None:
    assert read(text, catalogue(), replace(SCALE, scale=(0, 10))).answer == "9"


def test_a_rating_outside_the_scale_goes_to_a_person() -> None:
    assert why("8", SCALE) == ("outside the scale",)


WORDS = sorted({word for row in labelled("open.jsonl") for word in row["text"].split(" ") if word})
SIGNS = [
    ",",
    ".",
    "\n",
    "?",
    "½",
    "12A",
    "4x40",
    "می",
    "ها",
    "STOP",
    "и",
    "0",
    "999999999999",
    "1/0",
    "*780#",
    "x.com",
    "0,5l",
    "-",
    "+",
    "👍",
]
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(SIGNS)), max_size=9).map(" ".join),
)


@settings(max_examples=400, deadline=None)
@given(text=TEXTS, open=st.sampled_from([None, OFFER, CHOICES, PENDING, SCALE]))
def test_no_text_crashes_a_reader_and_spans_lie_in_it(text: str, open: Open | None) -> None:
    found = read(text, catalogue(), open)
    assert found.kind in KINDS
    assert found == read(text, catalogue(), open)
    spans = [(one.start, one.end) for one in found.evidence] + [span for item in found.items for span in item.spans]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(item.quantity is None or 0 <= item.quantity < 10**9 for item in found.items)


@pytest.mark.parametrize(
    "text",
    [
        "2 blue pens, 3 green ones",
        "rokavice S 2",
        "toner 36A 2x",
        "2 pencil cases",
        "2 zelene kemične",
        "2-3 staplers",
        "1 desk",
        "2 mleka brez laktoze",
        "3 boxes of pencils",
        "dobil sem 2 radirki, naročil pa 3",
        "2 toner for Canon",
        "-\n2 белых шоколада",
    ],
)
def test_what_is_not_wholly_understood_goes_to_a_person(text: str) -> None:
    found = read(text, catalogue())
    assert found.kind != "order" or found.needs_review


def test_of_two_that_fit_the_one_of_the_kind_beside_it_is_meant() -> None:
    assert taken("12 small water and 6 large") == {"WAT-05": 12, "WAT-15": 6}
    assert taken("one green tea and two mint") == {"TEA-GR": 1, "TEA-MT": 2}


@pytest.mark.parametrize("text", ["the second one", "drugo", "вторую", "die zweite", "la seconda", "option 2"])
def test_a_choice_is_named_by_its_place(text: str) -> None:
    assert taken(text, CHOICES) == {"TEA-GR": 1}


def test_a_name_at_the_end_is_a_signature_and_an_unknown_word_elsewhere_is_none() -> None:
    assert taken("2 radirki prosim. Hvala, Maja Novak") == {"ERASER": 2}
    assert "unknown word" in why("2 radirki Novak")


def test_a_product_that_is_sold_no_more_does_not_stop_a_reading() -> None:
    empty = compile_catalogue([Product("X", names={"en": "thing"})])
    found: Reading = read("3", empty, PENDING)
    assert found.needs_review


@pytest.mark.parametrize(
    "text",
    [
        "Pozdrav iz Grgarja, naročam 3 modre kemične",
        "Flumpton calling! 3 blue pens please",
        "3 синие ручки. Всем Бурдюково",
    ],
)
def test_unknown_words_in_a_clause_of_their_own_leave_a_plain_order_alone(text: str) -> None:
    assert taken(text) == {"PEN-BL": 3}


@pytest.mark.parametrize(
    "text",
    [
        "3 blue flumpton pens please",
        "Flumpton calling from Grgarville, ask Burdock! 3 blue pens please",
        "Flumpton calling! blue pens please",
        "Flumpton calling! 3 blue pnes please",
    ],
)
def test_unknown_words_beside_the_order_many_of_them_or_a_doubtful_order_go_to_a_person(text: str) -> None:
    assert "unknown word" in why(text)


@pytest.mark.parametrize(
    "text",
    ["about 10 blue pens please", "10 penne blu circa", "10 blue pens, roughly. thanks", "okoli 10 modrih kemičnih"],
)
def test_about_so_many_goes_to_a_person_wherever_it_stands(text: str) -> None:
    assert "vague quantity" in why(text)


def test_about_a_time_says_nothing_of_the_quantity() -> None:
    assert taken("10 blue pens please, around 5pm") == {"PEN-BL": 10}


@pytest.mark.parametrize("text", ["2 Handcremes", "2 Handcreme bitte"])
def test_a_small_word_that_tells_a_product_from_another_must_be_said(text: str) -> None:
    names = {"S": "kleine Handcreme", "L": "große Handcreme"}
    both = compile_catalogue([Product(sku, names={"de": name}) for sku, name in names.items()])
    assert set(read(text, both).candidates) == {"L", "S"}
    assert [(item.sku, item.quantity) for item in read("2 große Handcremes", both).items] == [("L", 2)]


@pytest.mark.parametrize("text", ["I need 3 blue pens. Thanks, Ream", "3 blue pens please! Coffy Penny"])
def test_a_name_at_the_end_that_looks_like_a_product_orders_nothing(text: str) -> None:
    assert taken(text) == {"PEN-BL": 3}


@pytest.mark.parametrize("text", ["3 blue pens, Coffee 250g", "3 blue pens\nNotebok A4"])
def test_a_product_at_the_end_is_no_name(text: str) -> None:
    assert len(read(text, catalogue()).items) == 2
