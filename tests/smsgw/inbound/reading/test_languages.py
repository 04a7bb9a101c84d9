"""Languages are data: a new one is a file, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import smsgw.inbound.reading.languages
from smsgw.inbound.reading.languages import load
from smsgw.inbound.reading.letters import fold
from smsgw.inbound.reading.read import compile_catalogue, read
from smsgw.inbound.reading.scan import scan
from smsgw.inbound.reading.terms import Product
from tests.smsgw.inbound.reading.test_measured import SPOKEN

ESPERANTO = """
tag = "eo"
name = "Esperanto"
[forms]
endings = "o oj on ojn"
plural = "oj ojn"
singular = "on"
[numbers]
1 = ["unu"]
2 = ["du"]
3 = ["tri"]
"1/2" = ["duono da"]
[more]
"1/2" = ["kaj duono"]
[units]
kg = ["kilogramoj", "kilogramo"]
[one]
words = ["kilogramo"]
[words]
order = ["mi mendas", "sendu"]
courtesy = ["mi petas"]
optout = ["ne plu skribu al mi"]
yes = ["jes"]
"""


def test_a_language_is_added_by_a_file_alone(tmp_path: Path) -> None:
    (tmp_path / "eo.toml").write_text(ESPERANTO, encoding="utf-8")
    products = [Product("PEN", names={"eo": "ruĝa plumo"}), Product("APPLE", unit="kg", names={"eo": "pomoj"})]
    compiled = compile_catalogue(products, load(tmp_path))
    found = read("Mi mendas du rugajn plumojn kaj duono", compiled)
    assert found.kind == "order"
    found = read("sendu du rugajn plumojn, mi petas", compiled)
    assert [(item.sku, item.quantity) for item in found.items] == [("PEN", 2)]
    assert (found.language, found.reasons) == ("eo", ())
    assert read("ne plu skribu al mi", compiled).kind == "optout"
    assert read("sendu du rugajn plumojn, mi petas", compile_catalogue(products)).needs_review


def test_every_language_has_the_words_of_consent() -> None:
    languages = load()
    for tag in SPOKEN:
        for sort in ("optout_word", "optout", "optin_word", "optin", "yes", "no", "not"):
            assert languages.of(tag, sort), (tag, sort)


PARTICLES = {"a", "li", "ли", "jel", "je", "fate"}
"""Words that make a polite request of a wish and are no question by themselves."""


@pytest.mark.parametrize("tag", SPOKEN)
def test_no_phrase_of_a_wish_or_a_delivery_hides_a_number_or_a_question(tag: str) -> None:
    languages, compiled = load(), compile_catalogue([])
    file = Path(smsgw.inbound.reading.languages.__file__).parent / f"{tag}.toml"
    counted = tomllib.loads(file.read_text(encoding="utf-8"))["numbers"]
    numbers = {fold(word).text for words in counted.values() for word in words if " " not in word}
    asked = {fold(word).text for word in languages.of(tag, "question") if " " not in word}
    for sort in ("order", "request", "shipping"):
        for phrase in languages.of(tag, sort):
            words = fold(phrase).text.replace("*", "").split()
            if len(words) < 2 or "_" in words:
                continue
            seen = scan(" ".join(words), compiled, set(), None)
            if numbers & set(words) and tag in seen.languages:
                assert seen.amounts, (sort, phrase)
            questions = asked & set(words)
            if sort == "request":
                assert questions <= PARTICLES, phrase
            elif questions and tag in seen.languages:
                assert seen.has("question", "ask", "request", "modal"), (sort, phrase)


def test_a_file_that_is_no_language_is_named(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text("name = 'nobody'", encoding="utf-8")
    with pytest.raises(ValueError, match=r"xx\.toml is no language"):
        load(tmp_path)
