"""What passes the gate and what does not: how much is said, how little of a name is enough, and what is beside it."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest

from smsgw.inbound.reading.read import Compiled, compile_catalogue, read
from smsgw.inbound.reading.terms import Choice, Item, Open, Product, Reading

TAGS = ("sl", "en", "ru", "fa", "de", "hr", "it")
SHOP = {
    "GAUZE": ("povoj", "bandages", "бинт", "باند", "Pflaster", "zavoj", "cerotti"),
    "TULIP": ("tulipani", "tulips", "тюльпаны", "لاله", "Tulpen", "tulipani", "tulipani"),
    "SOAP1": ("milo", "soap", "мыло", "صابون", "Seife", "sapun", "sapone"),
    "BROOM1": ("metla", "broom", "метла", "جارو", "Besen", "metla", "scopa"),
    "BEAR": (
        "plišasti medvedek", "teddy bear", "плюшевый мишка", "خرس عروسکی", "Teddybär", "plišani medvjedić",
        "orsacchiotto di peluche",
    ),
    "BREAD": ("beli kruh", "white bread", "белый хлеб", "نان سفید", "Weißbrot", "bijeli kruh", "pane bianco"),
    "WINE": ("rdeče vino", "red wine", "красное вино", "شراب قرمز", "Rotwein", "crno vino", "vino rosso"),
    "WHITE": ("belo vino", "white wine", "белое вино", "شراب سفید", "Weißwein", "bijelo vino", "vino bianco"),
    "PASTE": ("zobna pasta", "toothpaste", "зубная паста", "خمیردندان", "Zahnpasta", "pasta za zube", "dentifricio"),
    "SPADE": ("lopata", "spade", "лопата", "بیل", "Spaten", "štihača", "vanga"),
    "BALL": ("žoga", "ball", "мяч", "توپ", "Ball", "lopta", "palla"),
    "TOM": ("paradižnik", "tomatoes", "помидоры", "گوجه فرنگی", "Tomaten", "rajčica", "pomodori"),
    "BULB": (
        "LED žarnica", "LED bulb", "лампочка LED", "لامپ LED", "LED-Lampe", "LED žarulja", "lampadina LED",
    ),
    "SHIRT1": ("majica XL", "shirt XL", "футболка XL", "تی شرت XL", "Hemd XL", "majica XL", "maglietta XL"),
    "PUZZLE100": (
        "sestavljanka 100 kosov", "puzzle 100 pieces", "пазл 100 деталей", "پازل 100 تکه", "Puzzle 100 Teile",
        "slagalica 100 komada", "puzzle 100 pezzi",
    ),
    "PUZZLE500": (
        "sestavljanka 500 kosov", "puzzle 500 pieces", "пазл 500 деталей", "پازل 500 تکه", "Puzzle 500 Teile",
        "slagalica 500 komada", "puzzle 500 pezzi",
    ),
    "TEA1": ("čaj", "tea", "чай", "چای", "Tee", "čaj", "tè"),
}  # fmt: skip


@cache
def shop() -> Compiled:
    return compile_catalogue(Product(sku, names=dict(zip(TAGS, names, strict=True))) for sku, names in SHOP.items())


def said(text: str, open: Open | None = None) -> tuple[Reading, str]:
    reading = read(text, shop(), open)
    return reading, ", ".join(sorted(f"{item.sku} {item.quantity}" for item in reading.items))


@pytest.mark.parametrize(
    "text",
    [
        "mandatemi dei cerotti", "vorrei del sapone", "dell'orsacchiotto di peluche, grazie", "mandatemi i tulipani",
        "Schicken Sie mir Pflaster und Tulpen", "Tulpen bitte", "die Tulpen bitte",
        "some soap please", "a few bandages please", "bandages please", "nekaj mila prosim", "belega kruha prosim",
        "tulipane prosim", "nešto sapuna molim", "bijelog kruha molim", "par zavoja molim", "немного мыла пожалуйста",
        "чаю пожалуйста", "белого хлеба пожалуйста", "یه کم صابون لطفا", "مقداری چای بفرستید",
        "etwas Seife bitte", "ein paar Pflaster bitte", "einige Tulpen bitte",
    ],
)  # fmt: skip
def test_some_of_a_product_is_no_quantity(text: str) -> None:
    reading, _ = said(text)
    assert reading.kind == "order"
    assert {"no quantity", "vague quantity"} & set(reading.reasons)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("naročila bi plišastega medvedka za vnuka", "BEAR 1"),
        ("naručila bih plišanog medvjedića za unuka", "BEAR 1"),
        ("Хочу заказать плюшевого мишку внуку", "BEAR 1"),
        ("den Besen bitte", "BROOM1 1"),
        ("Seife und einen Besen bitte", "BROOM1 1, SOAP1 1"),
        ("soap and tea please", "SOAP1 1, TEA1 1"),
        ("нужно мыло и метлу", "BROOM1 1, SOAP1 1"),
        ("milo in metlo prosim", "BROOM1 1, SOAP1 1"),
    ],
)
def test_a_plain_singular_is_one(text: str, items: str) -> None:
    reading, got = said(text)
    assert (reading.kind, got, reading.reasons) == ("order", items, ())


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("3 butylki krasnogo vina pozhaluysta", "WINE 3"),
        ("2 butylki belogo vina spasibo", "WHITE 2"),
        ("salam 2 ta khamir dandan mikham", "PASTE 2"),
        ("salam 2 ta khamirdandan mikham", "PASTE 2"),
    ],
)
def test_a_romanised_text_is_heard_where_its_words_are_spelt_like_those_of_others(text: str, items: str) -> None:
    reading, got = said(text)
    assert (reading.kind, got, reading.reasons) == ("order", items, ())


def test_a_name_in_the_language_of_the_text_beats_one_whose_vowels_would_have_to_change() -> None:
    assert said("3 lopate.. ups, 4 lopate")[1] == "SPADE 4"
    assert said("3 lopte molim")[1] == "BALL 3"


@pytest.mark.parametrize(
    "text",
    [
        "15 тюльпанов на восьмое марта", "15 тюльпанов к двадцать пятому мая", "15 tulips for the eighth of March",
        "15 tulips for the twenty-first of June", "15 Tulpen zum achten März", "15 tulipanov za osmi marec prosim",
        "15 tulipana za osmog ožujka molim", "15 tulipani per l'otto marzo", "۱۵ تا لاله برای هشتم مارس",
        "۱۵ تا لاله برای هشت مارس",
    ],
)  # fmt: skip
def test_a_day_in_words_is_no_quantity(text: str) -> None:
    reading, got = said(text)
    assert (reading.kind, got, reading.reasons) == ("order", "TULIP 15", ())


@pytest.mark.parametrize("text", ["2 brooms and 3 march tulips", "2 Besen, achte Tulpen"])
def test_what_is_no_day_stays_what_it_is(text: str) -> None:
    assert said(text)[0].needs_review


@pytest.mark.parametrize("text", ["2 brooms please. Cheers, Tom", "2 metli prosim. Lp, Tom", "2 brooms. Thanks, Tom"])
def test_who_signs_with_the_name_of_a_product_orders_none(text: str) -> None:
    reading, got = said(text)
    assert (got, reading.reasons) == ("BROOM1 2", ())


def test_a_product_behind_a_thank_you_is_one() -> None:
    assert said("2 brooms. Thanks, Tomatoes")[0].needs_review
    assert said("2 brooms and tomatoes")[0].needs_review


_OFFER = Open("o", "offer", choices=(Choice(1, "BEAR"), Choice(2, "TULIP"), Choice(3, "BALL")), quantity=Fraction(1))


@pytest.mark.parametrize("text", ["no 2 please", "No. 2", "number two", "#2", "št. 2", "br. 2", "n. 2", "№ 2", "Nr. 2"])
def test_a_number_may_be_called_one(text: str) -> None:
    reading, got = said(text, _OFFER)
    assert (reading.kind, got, reading.reasons) == ("order", "TULIP 1", ())


@pytest.mark.parametrize("text", ["no, 2 please", "no 2 boxes", "no 5 please"])
def test_a_no_that_may_be_one_goes_to_a_person(text: str) -> None:
    assert said(text, _OFFER)[0].needs_review


_PENDING = Open("c", "confirm", pending=(Item("BREAD", Fraction(2)),))


@pytest.mark.parametrize(
    "text",
    [
        "ja ampak brez enega kruha", "yes but without one bread", "да, но без одного хлеба", "da ali bez jednog kruha",
        "sì ma senza un pane", "بله ولی بدون یک نان",
    ],
)  # fmt: skip
def test_a_yes_that_takes_some_away_is_an_order_for_a_person(text: str) -> None:
    reading, _ = said(text, _PENDING)
    assert (reading.kind, reading.needs_review) == ("order", True)


@pytest.mark.parametrize(
    "text",
    [
        "ja ampak ne danes", "yes but not today", "да но не сегодня", "بله ولی امروز نه", "ja aber nicht heute",
        "da ali ne danas", "sì ma non oggi",
    ],
)  # fmt: skip
def test_a_yes_for_another_day_is_a_yes_for_a_person(text: str) -> None:
    reading, _ = said(text, _PENDING)
    assert (reading.kind, reading.needs_review) == ("confirm_yes", True)


@pytest.mark.parametrize(
    "text",
    [
        "3 žarnice in metlo", "3 bulbs and a broom", "3 лампочки и метлу", "سه تا لامپ و یک جارو بفرستید",
        "3 žarulje i metlu", "3 lampadine e una scopa",
    ],
)  # fmt: skip
def test_a_name_without_its_abbreviation_is_enough(text: str) -> None:
    reading, got = said(text)
    assert (got, reading.reasons) == ("BROOM1 1, BULB 3", ())


@pytest.mark.parametrize("text", ["3 LED and a broom", "2 shirts", "2 majici in metlo", "3 bulbs and a zebra", "2 red"])
def test_less_of_a_name_is_not(text: str) -> None:
    assert said(text)[0].needs_review


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("2 sestavljanki 100 kosov", "PUZZLE100 2"),
        ("one 500 piece puzzle and one 100 piece puzzle", "PUZZLE100 1, PUZZLE500 1"),
        ("two 500-piece puzzles please", "PUZZLE500 2"),
        ("2 slagalice 100 komada", "PUZZLE100 2"),
        ("2 puzzle 100 pezzi", "PUZZLE100 2"),
        ("2 пазла 500 деталей", "PUZZLE500 2"),
        ("2 Puzzle 100 Teile", "PUZZLE100 2"),
    ],
)
def test_a_number_of_pieces_tells_one_product_from_another(text: str, items: str) -> None:
    reading, got = said(text)
    assert (got, reading.reasons) == (items, ())


@pytest.mark.parametrize("text", ["100 kosov sestavljank", "100 pieces of puzzle", "2 puzzles", "puzzle, 100 pieces"])
def test_a_number_of_pieces_that_may_be_how_many_goes_to_a_person(text: str) -> None:
    assert said(text)[0].needs_review


def test_a_number_of_pieces_of_something_else_is_how_many() -> None:
    assert said("100 pieces tulips")[0].items[0].quantity == 100
