"""USSD answers in every form that modems give them, and the money in them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.modem.ussd import balance, read, written


@pytest.mark.parametrize(
    ("line", "text", "open_", "ended"),
    [
        ('+CUSD: 0,"Your balance is 5.20 EUR",15', "Your balance is 5.20 EUR", False, ""),
        ('+CUSD: 1,"1 Balance\n2 Data",15', "1 Balance\n2 Data", True, ""),
        ('+CUSD: 0,"say ""hi"" now, please",15', 'say ""hi"" now, please', False, ""),
        ('+CUSD:0,"00560061017E0065",72', "Važe", False, ""),
        ('+CUSD: 0,"0412043004480430",15', "Ваша", False, ""),  # says GSM, is UCS-2
        ("+CUSD: 4", "", False, "the network does not support this code"),
        ("+CUSD: 2", "", False, "the network ended it"),
        ("+CUSD: 5", "", False, "the network did not answer in time"),
        ('+CUSD: 2,"bye"', "bye", False, ""),
        ("+CUSD: 0, 041000002, 15", "041000002", False, ""),
        ('+CUSD: 0,"1234",15', "1234", False, ""),
    ],
)
def test_an_answer_is_read(line: str, text: str, open_: bool, ended: str) -> None:
    said = read(line)
    assert said is not None
    assert (said.text, said.open, said.ended) == (text, open_, ended)


def test_packed_septets_are_read_as_they_were_written() -> None:
    packed = written("Bilanca 3 EUR", packed=True).split('"')[1]
    said = read(f'+CUSD: 0,"{packed}",15')
    assert said is not None
    assert said.text == "Bilanca 3 EUR"


def test_a_code_is_written_plain_or_packed() -> None:
    assert written("*101#", packed=False) == 'AT+CUSD=1,"*101#",15'
    assert written("*100#", packed=True) == 'AT+CUSD=1,"AA180C3602",15'  # as Huawei's documents show it


@pytest.mark.parametrize("code", ["", 'a"b', "日本"])
def test_what_is_no_code_is_told(code: str) -> None:
    with pytest.raises(ValueError, match="no USSD code"):
        written(code, packed=False)


def test_another_line_is_no_answer() -> None:
    assert read("+CSQ: 21,99") is None


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("Your balance is 5.20 EUR, valid until 31.12.2026", Decimal("5.20"), "EUR"),
        ("Stanje: 12,35 €. Veljavnost 01.02.2027", Decimal("12.35"), "€"),
        ("Kredit -0.50 Kč", Decimal("-0.50"), "Kč"),
        ("You have no credit", None, None),
    ],
)
def test_the_usual_forms_of_money_are_found(text: str, amount: Decimal | None, currency: str | None) -> None:
    found = balance(text, None)
    assert (found.amount, found.currency, found.said) == (amount, currency, text)


@pytest.mark.parametrize(
    ("text", "pattern", "amount"),
    [
        ("Saldo 1.234,56 Gs", r"Saldo (?P<amount>[\d.,]+)", Decimal("1234.56")),
        ("Solde: 1 234 F", r"(?P<amount>[\d ]+) F", Decimal("1234")),
        ("Ostatok 1.000 din", r"(?P<amount>[\d.]+) din", Decimal("1000")),
        ("Left: 7", r"\d+$", Decimal("7")),
        ("something else", r"(?P<amount>\d+) F", None),
    ],
)
def test_an_operators_own_form_is_found_by_its_pattern(text: str, pattern: str, amount: Decimal | None) -> None:
    assert balance(text, pattern).amount == amount
