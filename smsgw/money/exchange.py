"""What money of one currency is worth in another: a dated table, typed or imported; held in memory, whole numbers only.

A currency is exchanged directly, the other way round, or over one in between. Nothing is ever guessed: where no rate
is known that was in force, the answer is None.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, insert, select, update

from ..access import audit
from ..errors import BadInput, Fault
from ..store.database import Writer
from ..store.tables import exchange
from ..store.tables.types import AnyRow
from .spelling import read_currency, read_moment

SCALE = 1_000_000_000  # `worth` is in thousand-millionths
COLUMNS = ("currency", "into", "valid_from", "worth")
_IN_USE = exchange.c.gone_at.is_(None)
_LOOK = select(func.coalesce(func.max(exchange.c.id), 0), func.count(exchange.c.gone_at))


@dataclass(frozen=True, slots=True)
class Line:
    """From a moment on, one unit of `currency` is worth so many thousand-millionths of `into`."""

    currency: str
    into: str
    valid_from: datetime
    worth: int


class Exchange:
    """The rates of exchange. Reading is safe from any thread; `read` by one at a time."""

    def __init__(self) -> None:
        self._seen = (0, 0)
        self._pairs: dict[tuple[str, str], tuple[list[datetime], list[int]]] = {}

    def read(self, conn: Connection) -> bool:
        """Read the table if it is another than the one that was read last; returns whether it is."""
        newest, gone = conn.execute(_LOOK).one()
        if (newest, gone) == self._seen:
            return False
        self.take(conn.execute(select(exchange).where(_IN_USE).order_by(exchange.c.valid_from)))
        self._seen = (newest, gone)
        return True

    def take(self, rows: Iterable[AnyRow] | Iterable[Line]) -> None:
        """Know these, in order of time, and nothing else."""
        pairs: dict[tuple[str, str], tuple[list[datetime], list[int]]] = {}
        for row in rows:
            times, worths = pairs.setdefault((row.currency, row.into), ([], []))
            times.append(row.valid_from)
            worths.append(row.worth)
        self._pairs = pairs

    def worth(self, currency: str, into: str, at: datetime) -> Fraction | None:
        """What one unit is worth at a time (aware); None when no rate says."""
        if currency == into:
            return Fraction(1)
        direct = self._direct(currency, into, at)
        if direct is not None:
            return direct
        between = {other for pair in self._pairs for other in pair} - {currency, into}
        for other in sorted(between):
            first, second = self._direct(currency, other, at), self._direct(other, into, at)
            if first is not None and second is not None:
                return first * second
        return None

    def _direct(self, currency: str, into: str, at: datetime) -> Fraction | None:
        forth, back = self._said(currency, into, at), self._said(into, currency, at)
        if forth is not None and (back is None or forth[0] >= back[0]):
            return Fraction(forth[1], SCALE)
        return None if back is None else Fraction(SCALE, back[1])

    def _said(self, currency: str, into: str, at: datetime) -> tuple[datetime, int] | None:
        times, worths = self._pairs.get((currency, into), ([], []))
        place = bisect_right(times, at)
        return (times[place - 1], worths[place - 1]) if place else None

    def convert(self, amount: int, currency: str, into: str, at: datetime) -> int | None:
        """An amount in another currency, in millionths, rounded half away from zero; None when no rate says."""
        worth = self.worth(currency, into, at)
        if worth is None:
            return None
        if worth == 1:
            return amount
        exact = abs(amount) * worth
        rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
        return rounded if amount >= 0 else -rounded


def read_line(told: Mapping[str, str], zone: ZoneInfo, now: datetime, where: str = "") -> Line:
    """A line from its written fields. Raises BadInput with every fault. zone: in which its days begin."""
    faults: list[Fault] = []
    values: dict[str, str] = {}
    for name in ("currency", "into"):
        try:
            values[name] = read_currency((told.get(name) or "").strip())
        except ValueError as wrong:
            faults.append(Fault(f"{where}/{name}", f"{name}_invalid", f"{name} {wrong}"))
    if len(values) == 2 and values["currency"] == values["into"]:
        faults.append(Fault(f"{where}/into", "into_invalid", "into must be another currency"))
    valid_from, worth = now, 0
    try:
        written = (told.get("valid_from") or "").strip()
        valid_from = read_moment(written, zone) if written else now
    except ValueError as wrong:
        faults.append(Fault(f"{where}/valid_from", "valid_from_invalid", f"valid_from {wrong}"))
    try:
        worth = _worth((told.get("worth") or "").strip())
    except ValueError as wrong:
        faults.append(Fault(f"{where}/worth", "worth_invalid", f"worth {wrong}"))
    if faults:
        raise BadInput(faults)
    return Line(values["currency"], values["into"], valid_from, worth)


def read_rows(rows: Iterable[tuple[int, Sequence[str]]], zone: ZoneInfo, now: datetime) -> list[Line]:
    """The lines of a sheet whose first row names the columns. Raises BadInput with every fault."""
    found = iter(rows)
    _, first = next(found, (1, ()))
    heading = [name.strip().lower() for name in first]
    missing = [name for name in ("currency", "into", "worth") if name not in heading]
    if missing:
        says = f"the first line must name the columns {', '.join(COLUMNS)}; {', '.join(missing)} is missing"
        raise BadInput([Fault("/1", "columns_wrong", says)])
    lines: list[Line] = []
    faults: list[Fault] = []
    for number, row in found:
        if not any(cell.strip() for cell in row):
            continue
        try:
            lines.append(read_line(dict(zip(heading, row, strict=False)), zone, now, f"/{number}"))
        except BadInput as wrong:
            faults += [Fault(f.pointer, f.code, f"line {number}: {f.detail}") for f in wrong.faults]
    if faults:
        raise BadInput(faults)
    return lines


def _worth(written: str) -> int:
    plain = written.replace(",", ".") if written.count(",") == 1 and "." not in written else written
    try:
        worth = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{written!r} must be what one unit is worth, such as 1.0845") from None
    if not worth.is_finite() or not 0 < worth < 1_000_000:
        raise ValueError(f"{written!r} must be above 0 and below 1,000,000")
    whole = worth * SCALE
    if whole != whole.to_integral_value():
        raise ValueError(f"{written!r} has more than nine decimals")
    return int(whole)


def store(writer: Writer, lines: Sequence[Line], now: datetime, by: str = "cli") -> int:
    """Store lines, all of them or none; the same pair and moment again replaces what was there. Returns how many."""
    after = "; ".join(str(line) for line in lines[:20])
    says = f"{len(lines)} rates of exchange were set"
    return audit.do(writer, _store, (lines, now), audit.Line(by, "exchange.added", says, now, "exchange", after=after))


def _store(conn: Connection, batch: list[tuple[Sequence[Line], datetime]]) -> list[int]:
    c = exchange.c
    gone = update(exchange).where(
        _IN_USE,
        c.currency == bindparam("its_currency"),
        c.into == bindparam("its_into"),
        c.valid_from == bindparam("its_from", type_=c.valid_from.type),
    )
    counts = []
    for lines, now in batch:
        for line in lines:
            keys = {"its_currency": line.currency, "its_into": line.into, "its_from": line.valid_from}
            conn.execute(gone.values(gone_at=now), keys)
        if lines:
            conn.execute(insert(exchange), [{**asdict(line), "added_at": now} for line in lines])
        counts.append(len(lines))
    return counts


def listing(conn: Connection) -> list[AnyRow]:
    """Every rate that counts: by pair, newest first."""
    c = exchange.c
    return list(conn.execute(select(exchange).where(_IN_USE).order_by(c.currency, c.into, c.valid_from.desc())))


def spelled(worth: int) -> str:
    """Thousand-millionths as people write them: 1084500000 is 1.0845."""
    return f"{Decimal(worth) / SCALE:f}".rstrip("0").rstrip(".") if worth % SCALE else str(worth // SCALE)
