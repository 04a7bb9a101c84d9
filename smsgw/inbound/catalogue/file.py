"""The catalogue as a CSV file: read it, show what it would change, change it in a second step, write it.

Columns: sku, code, unit, pack, price, currency, max_auto, stock, valid_from, valid_to, and for each language name_xx
and aliases_xx (several separated by |); name and aliases without a language are for any. Only sku is always needed:
what a file has no column for stays as it is, and of a new product it is what is usual.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ...errors import BadInput, Fault
from ...store.tables.types import AnyRow
from ...webhooks.order_document import decimal
from .catalogue import THOUSAND

COLUMNS = ("sku", "code", "unit", "pack", "price", "currency", "max_auto", "stock", "valid_from", "valid_to")
_SPOKEN = re.compile(r"(name|aliases)(?:_([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?))?")
UNITS, STOCKS = ("pcs", "pack", "kg"), ("in", "low", "out")
USUAL_MOST = 50 * THOUSAND
MILLION = 1_000_000
LONGEST_FILE = 50_000  # lines
HIGHEST = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Line:
    """A product as a file tells it. price: millionths; max_auto: thousandths."""

    sku: str
    code: str | None = None
    unit: str = "pcs"
    pack: str | None = None
    price: int | None = None
    currency: str | None = None
    max_auto: int = USUAL_MOST
    stock: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invalid:
    """A line that cannot be used: its number in the file, the column, and the reason in words."""

    line: int
    sku: str
    column: str
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that was read. columns: those it has; what it leaves out stays as it is. numbers: the line of each sku."""

    lines: tuple[Line, ...]
    invalid: tuple[Invalid, ...]
    columns: frozenset[str] = frozenset()
    numbers: Mapping[str, int] = field(default_factory=dict)
    whole: bool = False  # what it leaves out is empty

    def over(self, was: Line, line: Line) -> Line:
        """A product as it was, with what the file says of it."""
        if self.whole:
            return line
        told = {name: getattr(line, name) for name in COLUMNS if name in self.columns}
        if "price" in self.columns:
            told["currency"] = (line.currency or was.currency) if line.price is not None else None
        return replace(
            was, **told, names=self._spoken("name", was.names, line.names),
            aliases=self._spoken("aliases", was.aliases, line.aliases),
        )  # fmt: skip

    def _spoken(self, kind: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        named = {tag for tag in {*was, *now} if f"{kind}_{tag}".rstrip("_") in self.columns}
        return {tag: words for tag, words in was.items() if tag not in named} | dict(now)


def alone(told: Mapping[str, str], currency: str | None = None) -> Listed:
    """One product by the columns of a file, and nothing of it is kept that these do not name.

    Raises BadInput with every fault, each at its column: /price.
    """
    odd = [(name, "columns_wrong", f"{name!r} names no language such as sl") for name in told
           if name not in COLUMNS and not _SPOKEN.fullmatch(name)]  # fmt: skip
    found, wrong = _line(told, currency)
    if found is not None and (missing := lacks(found)) is not None:
        wrong.append(missing)
    if found is None or wrong or odd:
        raise BadInput([Fault(f"/{column}", code, why) for column, code, why in (*odd, *wrong)])
    return Listed((found,), (), whole=True)


def read(text: str, currency: str | None = None) -> Listed:
    """The products of a CSV file, and what is wrong with which line. currency: of prices that name none.

    Raises BadInput when the heading cannot be used, or there is nothing below it.
    """
    rows = _rows(text)
    lines: dict[str, tuple[int, Line]] = {}
    codes: dict[str, str] = {}
    invalid: list[Invalid] = []
    for row in rows:
        number = rows.line_num
        told = {key: value for key, value in row.items() if isinstance(key, str) and isinstance(value, str)}
        if not any(value.strip() for value in told.values()):
            continue
        sku = (told.get("sku") or "").strip()
        found, wrong = _line(told, currency)
        if None in row:
            wrong.append(("", "columns_many", "has more fields than the heading: is a comma not in quotes?"))
        if sku in lines:
            wrong.append(("sku", "sku_twice", f"{sku} stands in line {lines[sku][0]} already"))
        code = (told.get("code") or "").strip()
        if code and codes.setdefault(code, sku) != sku:
            wrong.append(("code", "code_twice", f"the code {code} belongs to {codes[code]} already"))
        if found is None or wrong:
            invalid += [Invalid(number, sku, *one) for one in wrong]
        else:
            lines[sku] = (number, found)
    if not lines and not invalid:
        raise BadInput([Fault("/1", "empty", "there is no line below the heading")])
    numbers = {sku: number for sku, (number, _) in lines.items()}
    columns = frozenset(rows.fieldnames or ())
    return Listed(tuple(line for _, line in lines.values()), tuple(invalid), columns, numbers)


def _rows(text: str) -> csv.DictReader[str]:
    text = text.lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    heading = [name.strip().lower().replace(" ", "_") for name in rows.fieldnames or ()]
    odd = [name for name in heading if name not in COLUMNS and not _SPOKEN.fullmatch(name)]
    faults = []
    if "sku" not in heading:
        faults.append(Fault("/1", "columns_wrong", "the first line must name the columns; sku is missing"))
    if odd:
        known = f"{', '.join(COLUMNS)}, name_xx, aliases_xx (xx: a language such as sl)"
        faults.append(Fault("/1", "columns_wrong", f"nobody knows the columns {', '.join(odd)}; there are: {known}"))
    if len(set(heading)) != len(heading):
        faults.append(Fault("/1", "columns_wrong", "a column is named twice"))
    if text.count("\n") > LONGEST_FILE:
        faults.append(Fault("", "too_long", f"the file has more than {LONGEST_FILE} lines"))
    if faults:
        raise BadInput(faults)
    rows.fieldnames = heading
    return rows


_Wrong = tuple[str, str, str]  # column, code, why


def _line(told: Mapping[str, str], currency: str | None) -> tuple[Line | None, list[_Wrong]]:
    wrong: list[_Wrong] = []

    def take(column: str, read: Callable[[str], Any], usual: Any = None) -> Any:
        written = (told.get(column) or "").strip()
        try:
            return read(written) if written else usual
        except ValueError as problem:
            wrong.append((column, f"{column}_invalid", str(problem)))
            return usual

    price = take("price", _money)
    spoken = {"name": {}, "aliases": {}}  # type: dict[str, dict[str, Any]]
    for column, written in told.items():
        match = _SPOKEN.fullmatch(column)
        if match and written.strip():
            read = _aliases if match[1] == "aliases" else _name
            spoken[match[1]][match[2] or ""] = take(column, read, "")
    values = {
        "sku": take("sku", _sku, ""),
        "code": take("code", _code),
        "unit": take("unit", _one_of(UNITS), "pcs"),
        "pack": take("pack", _short(20)),
        "price": price,
        "currency": take("currency", _currency, currency) if price is not None else None,
        "max_auto": take("max_auto", _quantity, USUAL_MOST),
        "stock": take("stock", _one_of(STOCKS)),
        "valid_from": take("valid_from", _moment),
        "valid_to": take("valid_to", _moment),
        "names": spoken["name"],
        "aliases": spoken["aliases"],
    }
    if not values["sku"] and not any(column == "sku" for column, _, _ in wrong):
        wrong.append(("sku", "sku_missing", "every product needs a sku"))
    if values["valid_from"] and values["valid_to"] and values["valid_from"] >= values["valid_to"]:
        wrong.append(("valid_to", "valid_to_invalid", "ends before it begins"))
    return (None if wrong else Line(**values)), wrong


def lacks(line: Line) -> _Wrong | None:
    """What a whole product lacks, if anything: the column, a code, and the reason."""
    if line.price is not None and line.currency is None:
        return "currency", "currency_missing", "the price has no currency: write EUR, or set [orders] currency"
    if not line.names and not line.aliases and not line.code:
        return "name", "name_missing", "nobody could order it: it has no name, alias or code"
    return None


def _sku(written: str) -> str:
    if len(written) > 40 or any(c.isspace() or not c.isprintable() for c in written):
        raise ValueError(f"{written[:50]!r} is no sku: at most 40 letters without spaces")
    return written


def _code(written: str) -> str:
    if not re.fullmatch(r"[^\W_][\w.-]{0,19}", written):
        raise ValueError(f"{written[:30]!r} is no code: letters and digits, at most 20")
    return written


def _short(most: int) -> Callable[[str], str]:
    def read(written: str) -> str:
        if len(written) > most:
            raise ValueError(f"{written[:50]!r} is longer than {most} letters")
        return " ".join(written.split())

    return read


_name = _short(80)


def _aliases(written: str) -> tuple[str, ...]:
    words = [" ".join(one.split()) for one in written.split("|")]
    if any(len(one) > 120 for one in words):
        raise ValueError("an alias is longer than 120 letters: separate several with |")
    return tuple(dict.fromkeys(one for one in words if one))


def _one_of(known: Sequence[str]) -> Callable[[str], str]:
    def read(written: str) -> str:
        if written.lower() not in known:
            raise ValueError(f"{written[:30]!r} is none of {', '.join(known)}")
        return written.lower()

    return read


def _currency(written: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", written):
        raise ValueError(f"{written[:10]!r} is no currency: three letters, such as EUR")
    return written.upper()


def _decimal(written: str, places: int) -> Decimal:
    plain = written.replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{written[:20]!r} is no number") from None
    if not number.is_finite() or not 0 <= number <= HIGHEST or number != round(number, places):
        raise ValueError(f"{written[:20]!r} is not between 0 and {HIGHEST:,} with at most {places} decimals")
    return number


def _money(written: str) -> int:
    return int(_decimal(written, 6) * MILLION)


def _quantity(written: str) -> int:
    number = int(_decimal(written, 3) * THOUSAND)
    if number == 0:
        raise ValueError("must be more than 0")
    return number


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{written[:30]!r} is no date: write 2026-12-01 or 2026-12-01T08:00+01:00") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def as_line(row: AnyRow, spoken: Mapping[str, tuple[str, ...]]) -> Line:
    """A stored product as a file would tell it."""
    told = {one.name: row._mapping[one.name] for one in fields(Line) if one.name != "aliases"}
    return Line(**told, aliases=dict(spoken))


def as_csv(lines: Iterable[Line]) -> str:
    """The file that `read` reads back as these lines."""
    lines = list(lines)
    tongues = sorted({tag for line in lines for tag in (*line.names, *line.aliases)})
    columns = [f"{kind}{'_' + tag if tag else ''}" for tag in tongues for kind in ("name", "aliases")]
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*COLUMNS, *columns])
    for line in lines:
        told: list[Any] = [_written(name, getattr(line, name)) for name in COLUMNS]
        for tag in tongues:
            told += [line.names.get(tag, ""), "|".join(line.aliases.get(tag, ()))]
        rows.writerow(told)
    return out.getvalue()


def _written(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "price":
        return decimal(value, MILLION)
    if name == "max_auto":
        return decimal(value, THOUSAND)
    return value.isoformat() if isinstance(value, datetime) else str(value)
