"""Amounts and quantities of orders: rounded as the currency is paid, and written as a language writes them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from ..catalogue.catalogue import THOUSAND

MILLION = 1_000_000
_PLACES = {"BIF": 0, "CLP": 0, "IRR": 0, "ISK": 0, "JPY": 0, "KRW": 0, "UGX": 0, "VND": 0, "XAF": 0, "XOF": 0} | {
    "BHD": 3, "IQD": 0, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
_POINT = {"en": ".", "fa": "."}  # the others write a comma
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def places_of(currency: str) -> int:
    """How many decimals a currency is paid with (ISO 4217, and the rial as people count it)."""
    return _PLACES.get(currency, 2)


def line_amount(price: int, quantity: int, currency: str) -> int:
    """What so many thousandths cost, in millionths, rounded to what can be paid."""
    exact = Decimal(price) * quantity / THOUSAND
    step = Decimal(10) ** (6 - places_of(currency))
    return int((exact / step).quantize(Decimal(1), ROUND_HALF_UP) * step)


def money(amount: int | None, currency: str | None, language: str) -> str:
    """An amount such as "5.80 EUR"; "?" when nobody knows it."""
    if amount is None or currency is None:
        return "?"
    written = f"{Decimal(amount) / MILLION:.{places_of(currency)}f}"
    return f"{_digits(written, language)} {currency}"


def quantity(thousandths: int | None, language: str) -> str:
    """A quantity such as "1.5"; "?" when nobody said it."""
    if thousandths is None:
        return "?"
    return _digits(f"{(Decimal(thousandths) / THOUSAND).normalize():f}", language)


def _digits(written: str, language: str) -> str:
    spoken = language.replace("_", "-").split("-")[0].lower()
    written = written.replace(".", _POINT.get(spoken, ","))
    return written.translate(_PERSIAN).replace(".", "٫") if spoken == "fa" else written
