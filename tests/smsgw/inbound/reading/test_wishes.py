"""Orders as customers of a shop write them, with names, sizes, notes and stories: what is taken, and what is not."""

from __future__ import annotations

from functools import cache

import pytest

from smsgw.inbound.reading.read import Compiled, compile_catalogue, read
from smsgw.inbound.reading.terms import Choice, Open, Product, Reading

TAGS = ("sl", "en", "ru", "fa", "de", "hr", "it")
SHOP = {
    "TROUT": ("postrv", "trout", "форель", "قزل آلا", "Forelle", "pastrva", "trota"),
    "CHESTNUT": (
        "kostanjev med", "chestnut honey", "каштановый мёд", "عسل شاه بلوط", "Kastanienhonig", "kestenov med",
        "miele di castagno",
    ),
    "ACACIA": (
        "akacijev med", "acacia honey", "акациевый мёд", "عسل اقاقیا", "Akazienhonig", "bagremov med",
        "miele di acacia",
    ),
    "SCARF": ("moder šal", "blue scarf", "синий шарф", "شال آبی", "blauer Schal", "plavi šal", "sciarpa blu"),
    "JEANS34": ("kavbojke 34", "jeans 34", "джинсы 34", "شلوار جین ۳۴", "Jeans 34", "traperice 34", "jeans 34"),
    "JEANS36": ("kavbojke 36", "jeans 36", "джинсы 36", "شلوار جین ۳۶", "Jeans 36", "traperice 36", "jeans 36"),
    "SUN30": (
        "krema SPF 30", "sun cream SPF 30", "крем SPF 30", "کرم SPF 30", "Creme LSF 30", "krema SPF 30",
        "crema SPF 30",
    ),
    "SUN50": (
        "krema SPF 50", "sun cream SPF 50", "крем SPF 50", "کرم SPF 50", "Creme LSF 50", "krema SPF 50",
        "crema SPF 50",
    ),
    "NAPPY3": (
        "plenice št. 3", "nappies size 3", "подгузники размер 3", "پوشک سایز ۳", "Windeln Größe 3", "pelene br. 3",
        "pannolini taglia 3",
    ),
    "NAPPY4": (
        "plenice št. 4", "nappies size 4", "подгузники размер 4", "پوشک سایز ۴", "Windeln Größe 4", "pelene br. 4",
        "pannolini taglia 4",
    ),
    "ONION": ("čebula", "onions", "лук", "پیاز", "Zwiebeln", "luk", "cipolle"),
    "BOOTS": (
        "zimski škornji", "winter boots", "зимние сапоги", "چکمه", "Winterstiefel", "zimske čizme", "stivali invernali",
    ),
}  # fmt: skip


@cache
def shop() -> Compiled:
    units = {"ONION": "kg", "NAPPY3": "pack", "NAPPY4": "pack"}
    return compile_catalogue(
        Product(sku, units.get(sku, "pcs"), names=dict(zip(TAGS, names, strict=True))) for sku, names in SHOP.items()
    )


def said(text: str, open: Open | None = None) -> tuple[Reading, str]:
    reading = read(text, shop(), open)
    items = sorted((item.sku, "?" if item.quantity is None else f"{float(item.quantity):g}") for item in reading.items)
    return reading, ", ".join(f"{sku} {quantity}" for sku, quantity in items)


TAKEN = {
    "TROUT 2": [
        "2 postrvi za mojo sošolko", "2 trout for my sister, she will come by on Thursday", "2 форели для моей тёщи",
        "۲ تا قزل آلا برای خواهرم", "2 Forellen für den Elternverein", "2 pastrve za skijanje",
        "2 trote per mia cognata",
        "2 postrvi prosim, Bojan Kovač", "2 trout please, Simon Carter", "2 форели. Сергей Волков",
        "۲ تا قزل آلا به نام مرادی", "2 Forellen auf den Namen Krämer", "2 pastrve na ime Babić",
        "2 trote per la signora Ferri", "2 postrvi, Andreja Novak, Celje", "2 Forellen bitte, Sabine Kurz",
        "2 postrvi, prosim če odložite pri vratarju", "2 trout if you can manage it, usual address",
        "2 форели, если не трудно, адрес тот же", "اگه میشه ۲ تا قزل آلا", "2 Forellen, wenn's geht",
        "2 pastrve ako može", "2 trote, se possibile, solito indirizzo",
        "Zadnjič so bile super! Spet 2 postrvi", "Last time they were delicious! 2 trout again please",
        "L'ultima volta erano ottime! Di nuovo 2 trote", "Hotel Lipa, 2 postrvi", "Unser Stammtisch braucht 2 Forellen",
        "2 Forellen für Samstag um 7, Cafe Sonnenschein", "2 форели, домофон 14", "2 trout, buzzer 9",
        "wie jeden Samstag zwei Forellen, Frau Neumann", "due trote come ogni sabato, signora Conti",
        "javite kad je spremno: 2 pastrve",
    ],
    "ACACIA 1, CHESTNUT 1": [
        "kostanjev med in akacijev med, po enega", "chestnut honey and acacia honey, one each",
        "каштановый мёд и акациевый, по одной баночке", "عسل شاه بلوط و عسل اقاقیا هر کدوم یکی",
        "Kastanienhonig und Akazienhonig je eines", "kestenov med i bagremov med, po jedan",
        "miele di castagno e miele di acacia, uno per tipo", "chestnut honey and acacia honey. Tom",
    ],
    "SCARF 1": [
        "prosim dajte mi na stran moder šal", "please put aside the blue scarf for my sister", "отложите синий шарф",
        "لطفا شال آبی رو نگه دارید", "Ich möchte den blauen Schal", "ostavite mi sa strane plavi šal",
        "Può tenermi da parte la sciarpa blu?",
    ],
    "JEANS34 1": ["kavbojke 34 prosim", "Jeans 34 please. Tom", "нужны джинсы 34", "Jeans 34, danke"],
    "SUN50 2": ["SPF 50 x2", "sun cream SPF 50 x 2", "LSF 50 x2", "krema SPF 50 2x", "کرم SPF 50 دو تا"],
    "NAPPY3 4": ["nappies size 3 x 4", "4 packs of nappies size 3", "Windeln Größe 3, 4 Packungen"],
    "NAPPY4 3": ["۳ بسته پوشک سایز ۴", "pelene br. 4, tri paketa", "3 pacchi di pannolini taglia 4"],
    "NAPPY3 2, NAPPY4 2": ["Windeln Größe 3 und Größe 4 je 2 Packungen", "2 each of nappies size 3 and size 4"],
    "ONION 2, TROUT 3": ["postrvi 3, čebule pa 2 kg", "форели 3, а лука 2 кг", "pastrva: 3, luka: 2 kg"],
}  # fmt: skip


@pytest.mark.parametrize(("items", "text"), [(items, text) for items, texts in TAKEN.items() for text in texts])
def test_what_is_said_beside_an_order_does_not_stop_it(items: str, text: str) -> None:
    reading, got = said(text)
    assert (reading.kind, got, reading.reasons) == ("order", items, ())


@pytest.mark.parametrize(
    "text",
    [
        "2 postrvi in banane", "2 trout and a pineapple", "2 trout, pineapples", "bananas, 2 trout", "2 форели и торт",
        "2 Forellen und einen Kuchen", "2 postrvi pa eno torto", "due trote e una torta", "۲ تا قزل آلا و کیک",
        "my pineapple and 2 trout", "2 trout for Canon", "2 trout and for the llama", "1 Forelle, Grüne Oliven",
    ],
)  # fmt: skip
def test_what_may_be_a_further_item_goes_to_a_person(text: str) -> None:
    assert said(text)[0].needs_review


@pytest.mark.parametrize(
    "text",
    [
        "форели штук пять", "jedno pet pastrva", "pet šest postrvi", "cinque sei trote", "پنج شش تا قزل آلا",
        "two three trout", "бутылки три акациевого мёда",
    ],
)  # fmt: skip
def test_a_number_that_is_a_guess_goes_to_a_person(text: str) -> None:
    assert "vague quantity" in said(text)[0].reasons


@pytest.mark.parametrize(
    "text",
    [
        "2 postrvi ali 3 akacijeve medove", "blauer Schal oder Jeans 34, was da ist",
        "sciarpa blu o jeans 34, fate voi",
        "plavi šal ili traperice 34", "синий шарф или джинсы 34", "شال آبی یا شلوار جین ۳۴",
    ],
)  # fmt: skip
def test_one_of_two_products_is_an_order_for_a_person(text: str) -> None:
    reading, _ = said(text)
    assert (reading.kind, "doubt" in reading.reasons) == ("order", True)


@pytest.mark.parametrize(
    "text",
    [
        "2 trout but only if they're fresh, not frozen", "the blue scarf, unless it's sold out",
        "2 форели, если свежие, а мороженые не надо", "2 postrvi samo če so sveže", "2 Forellen, falls frisch",
    ],
)  # fmt: skip
def test_a_condition_is_an_order_for_a_person(text: str) -> None:
    reading, _ = said(text)
    assert (reading.kind, "condition" in reading.reasons) == ("order", True)


@pytest.mark.parametrize("text", ["un paio di stivali invernali", "пара зимних сапог", "пару зимних сапог"])
def test_a_pair_of_what_comes_in_pairs_may_be_one(text: str) -> None:
    assert "unit unclear" in said(text)[0].reasons


def test_a_pair_of_anything_else_is_two() -> None:
    assert said("пару форелей")[1] == "TROUT 2"
    assert said("un paio di trote")[1] == "TROUT 2"


@pytest.mark.parametrize("text", ["36 jeans", "jeans", "jeans 38", "the blue scarf is lovely", "2 lb of onions"])
def test_a_size_is_no_quantity_and_a_quantity_no_size(text: str) -> None:
    reading, _ = said(text)
    assert reading.kind != "order" or reading.needs_review


@pytest.mark.parametrize(
    "text",
    [
        "2 postrvi, koliko je dostava", "2 trout, what do you charge for delivery", "2 форели, сколько доставка",
        "2 pastrve, koliko dođe dostava", "2 Forellen, bis wohin liefert ihr",
    ],
)  # fmt: skip
def test_a_question_behind_an_order_is_heard(text: str) -> None:
    reading, _ = said(text)
    assert reading.kind == "inquiry" or reading.needs_review


def test_the_number_of_a_choice_is_told_from_how_many() -> None:
    offer = Open("o", "offer", choices=(Choice(1, "TROUT"), Choice(2, "SCARF"), Choice(3, "ACACIA")))
    assert said("zweimal Nummer 2", offer)[1] == "SCARF 2"
    assert said("one of the first and two of number 3", offer)[0].needs_review


def test_a_name_is_told_as_a_name() -> None:
    reading, _ = said("2 trout please, Simon Carter")
    told = {
        "2 trout please, Simon Carter"[one.start : one.end]: one.meaning
        for one in reading.evidence
        if one.meaning in ("name", "unknown word")
    }
    assert told == {"Simon": "name", "Carter": "name"}
