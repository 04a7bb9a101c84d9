"""Keep the price list: read lines of it from a person or a CSV file, store them all at once, list and export them.

A line is one rate: what a part to numbers with a prefix costs over a link, from a moment on. The same link, prefix and
moment again is a correction and replaces what was there; what was booked by the old one stays booked.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, insert, select, update

from ..errors import BadInput, Fault
from ..store.database import Writer
from ..store.tables import rate
from ..store.tables.types import AnyRow
from .rates import spelled

COLUMNS = ("link", "prefix", "valid_from", "amount", "currency", "charged")
NEEDED = ("link", "prefix", "amount", "currency")
MOST = Decimal(1_000_000)  # for one part; more is a slip of the decimal point
_IN_USE = rate.c.gone_at.is_(None)
_PREFIX = re.compile(r"\+?([1-9][0-9]{0,14})")


@dataclass(frozen=True, slots=True)
class Line:
    """One rate. amount: millionths of the currency for one part. prefix: "" is every number."""

    link: str
    prefix: str
    valid_from: datetime
    amount: int
    currency: str
    charged: str = "submit"


@dataclass(frozen=True, slots=True)
class Stored:
    """How many lines were new, how many replaced another price, and how many said what was known."""

    new: int
    changed: int
    same: int


def read_line(told: Mapping[str, str], zones: Mapping[str, ZoneInfo], now: datetime, where: str = "") -> Line:
    """A line from its written fields. Raises BadInput with every fault, each pointing at `where`/field.

    zones: the links there are, each with the zone in which its dates begin. A missing valid_from is `now`.
    """
    faults: list[Fault] = []

    def take(field: str, read: Callable[[str], object]) -> object:
        try:
            return read((told.get(field) or "").strip())
        except ValueError as wrong:
            faults.append(Fault(f"{where}/{field}", f"{field}_invalid", f"{field} {wrong}"))
            return None

    link = take("link", lambda written: _link(written, zones))
    zone = zones.get(str(link), ZoneInfo("UTC"))
    values = {
        "link": link,
        "prefix": take("prefix", _prefix),
        "valid_from": take("valid_from", lambda written: _moment(written, zone) if written else now),
        "amount": take("amount", _amount),
        "currency": take("currency", _currency),
        "charged": take("charged", _charged),
    }
    if faults:
        raise BadInput(faults)
    return Line(**values)  # type: ignore[arg-type]


def read_csv(text: str, zones: Mapping[str, ZoneInfo], now: datetime) -> list[Line]:
    """The lines of a CSV file with a heading (separated by commas or semicolons). Raises BadInput with every fault.

    The pointers name the line of the file: /3/amount.
    """
    first = text.lstrip("\ufeff").splitlines()[:1]
    rows = csv.DictReader(
        io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=";" if ";" in "".join(first) else ","
    )
    heading = [name.strip().lower() for name in rows.fieldnames or ()]
    missing, odd = [n for n in NEEDED if n not in heading], [n for n in heading if n not in COLUMNS]
    if missing or odd:
        says = f"the first line must name the columns {', '.join(COLUMNS)} (valid_from and charged may be left out)"
        raise BadInput([Fault("/1", "columns_wrong", f"{says}; {_heading(missing, odd)}")])
    rows.fieldnames = heading
    lines: dict[tuple[str, str, datetime], Line] = {}
    faults: list[Fault] = []
    for row in rows:
        where = f"/{rows.line_num}"
        try:
            line = read_line({key: value for key, value in row.items() if isinstance(value, str)}, zones, now, where)
        except BadInput as wrong:
            faults += wrong.faults
            continue
        key = (line.link, line.prefix, line.valid_from)
        if key in lines and lines[key] != line:
            says = f"{line.link} {line.prefix or '*'} has two prices from {line.valid_from:%Y-%m-%d} on: keep one"
            faults.append(Fault(where, "price_twice", says))
        lines[key] = line
    if faults:
        raise BadInput([Fault(f.pointer, f.code, f"line {f.pointer.split('/')[1]}: {f.detail}") for f in faults])
    if not lines:
        raise BadInput([Fault("/1", "empty", "there is no line below the heading")])
    return list(lines.values())


def _heading(missing: Sequence[str], odd: Sequence[str]) -> str:
    told = [f"{', '.join(missing)} is missing"] if missing else []
    return "; ".join([*told, *([f"{', '.join(map(repr, odd))} is none of them"] if odd else [])])


def store(writer: Writer, lines: Sequence[Line], now: datetime) -> Stored:
    """Store lines, all of them or none."""
    return writer.do(_store, (lines, now))


def _store(conn: Connection, batch: list[tuple[Sequence[Line], datetime]]) -> list[Stored]:
    return [_store_all(conn, lines, now) for lines, now in batch]


def _store_all(conn: Connection, lines: Sequence[Line], now: datetime) -> Stored:
    rows = conn.execute(select(rate).where(_IN_USE, rate.c.link.in_({line.link for line in lines})))
    known = {(row.link, row.prefix, row.valid_from): row for row in rows}
    fresh: list[Line] = []
    replaced: list[int] = []
    for line in lines:
        row = known.get((line.link, line.prefix, line.valid_from))
        if row is not None and (row.amount, row.currency, row.charged) == (line.amount, line.currency, line.charged):
            continue
        fresh.append(line)
        if row is not None:
            replaced.append(row.id)
    if replaced:
        gone = update(rate).where(rate.c.id == bindparam("its_id"))
        conn.execute(gone, [{"its_id": id, "gone_at": now} for id in replaced])
    if fresh:
        conn.execute(insert(rate), [asdict(line) for line in fresh])
    return Stored(len(fresh) - len(replaced), len(replaced), len(lines) - len(fresh))


def remove(writer: Writer, link: str, prefix: str, now: datetime) -> int:
    """Take every rate of a link for a prefix away; returns how many there were."""
    return writer.do(_remove, (link, prefix, now))


def _remove(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[int]:
    taken = update(rate).where(_IN_USE)
    return [
        conn.execute(taken.where(rate.c.link == link, rate.c.prefix == prefix).values(gone_at=now)).rowcount
        for link, prefix, now in batch
    ]


def listing(conn: Connection, link: str | None = None) -> list[AnyRow]:
    """Every rate that counts, or those of one link: by link, prefix and time."""
    query = select(rate).where(_IN_USE).order_by(rate.c.link, rate.c.prefix, rate.c.valid_from)
    return list(conn.execute(query if link is None else query.where(rate.c.link == link)))


def as_csv(rows: Iterable[AnyRow]) -> str:
    """Rates as a file that `read_csv` reads."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(COLUMNS)
    for row in rows:
        at = row.valid_from.astimezone(UTC).isoformat().replace("+00:00", "Z")
        write.writerow([row.link, row.prefix, at, spelled(row.amount), row.currency, row.charged])
    return out.getvalue()


def read_prefix(written: str) -> str:
    """The beginning of a number as rates have it: "+386"; "" for every number. Raises BadInput."""
    try:
        return _prefix(written.strip())
    except ValueError as wrong:
        raise BadInput([Fault("/prefix", "prefix_invalid", f"prefix {wrong}")]) from wrong


def _link(written: str, zones: Mapping[str, ZoneInfo]) -> str:
    if written not in zones:
        raise ValueError(f"{written!r} is no link; there are: {', '.join(sorted(zones)) or 'none'}")
    return written


def _prefix(written: str) -> str:
    if written in ("", "*", "+"):
        return ""
    found = _PREFIX.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} must be how numbers begin, such as +386, or * for every number")
    return f"+{found[1]}"


def _moment(written: str, zone: ZoneInfo) -> datetime:
    try:
        if len(written) == len("2026-03-01"):
            return datetime.combine(date.fromisoformat(written), time(), zone).astimezone(UTC)
        at = datetime.fromisoformat(written)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{written!r} must be a day (2026-03-01) or a time with its zone (2026-03-01T00:00:00Z)")


def _amount(written: str) -> int:
    like = f"{written!r} must be what a part costs, such as 0.012"
    plain = written.replace(",", ".") if written.count(",") == 1 and "." not in written else written
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise ValueError(like) from None
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise ValueError(f"{like}, and not below 0 or above {MOST:,}")
    millionths = amount * 1_000_000
    if millionths != millionths.to_integral_value():
        raise ValueError(f"{written!r} has more than six decimals")
    return int(millionths)


def _currency(written: str) -> str:
    from babel.numbers import is_currency  # it reads a table of its own, which only this needs

    if not is_currency(written.upper()):
        raise ValueError(f"{written!r} must be three letters such as EUR (ISO 4217)")
    return written.upper()


def _charged(written: str) -> str:
    if written not in ("", "submit", "delivery"):
        raise ValueError(f"{written!r} must be submit or delivery")
    return written or "submit"
