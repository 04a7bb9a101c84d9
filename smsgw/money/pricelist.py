"""Keep the price list: read lines of it from a person or a file, store them all at once, list and export them.

A line is one rate: what a part to numbers with a prefix, or of a network, costs over a link, from a moment on. The same
again is a correction and replaces what was there; what was booked by the old one stays booked.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, insert, select, update

from ..access import audit
from ..errors import BadInput, Fault, NotFound
from ..paper.sheets import open_sheet
from ..store.database import Writer
from ..store.outcomes import attempt
from ..store.tables import rate
from ..store.tables.types import AnyRow
from .rates import spelled
from .spelling import read_amount, read_currency, read_moment
from .spelling import read_prefix as prefix_of

COLUMNS = (
    "link", "prefix", "valid_from", "amount", "currency", "charged", "kind", "network", "upto_kb", "failed", "minimum",
    "round_up_to",
)  # fmt: skip
NEEDED = ("link", "prefix", "amount", "currency")
KINDS = ("sms", "mms", "inbound", "ussd")
_IN_USE = rate.c.gone_at.is_(None)
_NETWORK = re.compile(r"[2-9][0-9]{2}([0-9]{2,3})?")
_SAYS = ("amount", "currency", "charged", "failed", "minimum", "step")  # what a line says, beside what it is about


@dataclass(frozen=True, slots=True)
class Line:
    """One rate. amount: millionths of the currency for one part. prefix: "" is every number. See the table `rate`."""

    link: str
    prefix: str
    valid_from: datetime
    amount: int
    currency: str
    charged: str = "submit"
    kind: str = "sms"
    network: str = ""
    upto: int = 0
    failed: int | None = None
    minimum: int | None = None
    step: int | None = None

    @property
    def about(self) -> tuple[str, str, str, str, int, datetime]:
        """What the line is the price of, and from when on: there is one price for each."""
        return self.link, self.kind, self.network, self.prefix, self.upto, self.valid_from


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
        "prefix": take("prefix", prefix_of),
        "valid_from": take("valid_from", lambda written: read_moment(written, zone) if written else now),
        "amount": take("amount", read_amount),
        "currency": take("currency", read_currency),
        "charged": take("charged", _charged),
        "kind": take("kind", _kind),
        "network": take("network", _network),
        "upto": take("upto_kb", _size),
        "failed": take("failed", _maybe),
        "minimum": take("minimum", _maybe),
        "step": take("round_up_to", _step),
    }
    if values["network"] and values["prefix"]:
        says = "a price is for a network or for a prefix: leave one of them out"
        faults.append(Fault(f"{where}/network", "network_invalid", says))
    if values["upto"] and values["kind"] != "mms":
        faults.append(Fault(f"{where}/upto_kb", "upto_kb_invalid", "only the price of an MMS depends on its size"))
    if faults:
        raise BadInput(faults)
    return Line(**values)  # type: ignore[arg-type]


def read_csv(text: str, zones: Mapping[str, ZoneInfo], now: datetime) -> list[Line]:
    """The lines of a CSV file with a heading (separated by commas or semicolons). Raises BadInput with every fault.

    The pointers name the line of the file: /3/amount.
    """
    plain = text.lstrip("\ufeff")
    first = plain.splitlines()[:1]
    reader = csv.reader(io.StringIO(plain, newline=""), delimiter=";" if ";" in "".join(first) else ",")
    return read_rows(((reader.line_num, row) for row in reader), zones, now)


def read_sheet(content: bytes, zones: Mapping[str, ZoneInfo], now: datetime) -> list[Line]:
    """The same of a file's octets, CSV or XLSX."""
    return read_rows(open_sheet(content).rows(), zones, now)


def read_rows(rows: Iterable[tuple[int, Sequence[str]]], zones: Mapping[str, ZoneInfo], now: datetime) -> list[Line]:
    """The same of a sheet's rows, each with its number; the first one is the heading."""
    lines: dict[tuple[object, ...], Line] = {}
    faults: list[Fault] = []
    for number, told in _named(iter(rows)):
        where = f"/{number}"
        try:
            line = read_line(told, zones, now, where)
        except BadInput as wrong:
            faults += wrong.faults
            continue
        if line.about in lines and lines[line.about] != line:
            what = line.network or line.prefix or "*"
            says = f"{line.link} {what} has two prices from {line.valid_from:%Y-%m-%d} on: keep one"
            faults.append(Fault(where, "price_twice", says))
        lines[line.about] = line
    if faults:
        raise BadInput([Fault(f.pointer, f.code, f"line {f.pointer.split('/')[1]}: {f.detail}") for f in faults])
    if not lines:
        raise BadInput([Fault("/1", "empty", "there is no line below the heading")])
    return list(lines.values())


def _named(rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the heading that are not empty, their cells by the heading's names."""
    _, first = next(rows, (1, ()))
    heading = [name.strip().lower() for name in first]
    while heading and not heading[-1]:
        heading.pop()
    missing, odd = [n for n in NEEDED if n not in heading], [n for n in heading if n not in COLUMNS]
    if "network" in heading and missing == ["prefix"]:
        missing = []
    if missing or odd:
        says = f"the first line must name the columns {', '.join(COLUMNS)} (those behind currency may be left out)"
        raise BadInput([Fault("/1", "columns_wrong", f"{says}; {_heading(missing, odd)}")])
    for number, row in rows:
        if any(cell.strip() for cell in row):
            yield number, dict(zip(heading, row, strict=False))


def _heading(missing: Sequence[str], odd: Sequence[str]) -> str:
    told = [f"{', '.join(missing)} is missing"] if missing else []
    return "; ".join([*told, *([f"{', '.join(map(repr, odd))} is none of them"] if odd else [])])


def store(writer: Writer, lines: Sequence[Line], now: datetime, by: str = "cli") -> Stored:
    """Store lines, all of them or none."""
    after = "; ".join(_in_words(line) for line in lines[:20])
    says = f"{len(lines)} rates were set" if len(lines) != 1 else "a rate was set"
    return audit.do(writer, _store, (lines, now), audit.Line(by, "rate.added", says, now, "rate", after=after))


def _in_words(line: AnyRow | Line) -> str:
    return ", ".join(f"{name} {value}" for name, value in as_told(line).items() if value not in (None, ""))


def _store(conn: Connection, batch: list[tuple[Sequence[Line], datetime]]) -> list[Stored]:
    return [_store_all(conn, lines, now) for lines, now in batch]


def _store_all(conn: Connection, lines: Sequence[Line], now: datetime) -> Stored:
    known = in_use(conn, {line.link for line in lines})
    fresh: list[Line] = []
    replaced: list[int] = []
    for line in lines:
        row = known.get(line.about)
        if row is not None and same(row, line):
            continue
        fresh.append(line)
        if row is not None:
            replaced.append(row.id)
    if replaced:
        gone = update(rate).where(rate.c.id == bindparam("its_id"))
        conn.execute(gone, [{"its_id": id, "gone_at": now} for id in replaced])
    if fresh:
        conn.execute(insert(rate), [asdict(line) | {"added_at": now} for line in fresh])
    return Stored(len(fresh) - len(replaced), len(replaced), len(lines) - len(fresh))


def in_use(conn: Connection, links: Iterable[str]) -> dict[tuple[object, ...], AnyRow]:
    """The rates of these links that count, by what they are about (see `Line.about`)."""
    rows = conn.execute(select(rate).where(_IN_USE, rate.c.link.in_(list(links))))
    return {(row.link, row.kind, row.network, row.prefix, row.upto, row.valid_from): row for row in rows}


def same(row: AnyRow, line: Line) -> bool:
    """Whether a row says what a line says."""
    return all(row._mapping[name] == getattr(line, name) for name in _SAYS)


def get(conn: Connection, id: int) -> AnyRow:
    """A rate that counts. Raises NotFound."""
    row = conn.execute(select(rate).where(_IN_USE, rate.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no rate {id}", hint="GET /rates lists them")
    return row


@dataclass(frozen=True, slots=True)
class Correction:
    """Other words for fields of a rate, as `read_line` takes them. zones: as there."""

    id: int
    told: Mapping[str, str]
    zones: Mapping[str, ZoneInfo]
    by: str
    now: datetime


def correct(writer: Writer, wish: Correction) -> int:
    """Put a corrected rate in the place of one; returns its number, for what was booked keeps the old one.

    Raises NotFound, BadInput.
    """
    return writer.do(_correct, wish)


def _correct(conn: Connection, batch: list[Correction]) -> list[int | Exception]:
    return [attempt(_correct_one, conn, wish) for wish in batch]


def _correct_one(conn: Connection, wish: Correction) -> int:
    row = get(conn, wish.id)
    was = as_told(row)
    line = read_line({**was, **wish.told}, wish.zones, wish.now)
    if as_told(line) == was:
        return wish.id
    conn.execute(update(rate).where(rate.c.id == wish.id).values(gone_at=wish.now))
    _store_all(conn, [line], wish.now)
    new: int = in_use(conn, [line.link])[line.about].id
    told = audit.Line(wish.by, "rate.changed", "a rate was changed", wish.now, "rate", str(new), _in_words(row),
                      _in_words(line))  # fmt: skip
    audit.tell(conn, [told])
    return new


def remove(writer: Writer, link: str, prefix: str, now: datetime, by: str = "cli") -> int:
    """Take every rate of a link for a prefix away; returns how many there were."""
    says = f"the rates of {link} for {prefix or 'every number'} were taken away"
    return audit.do(writer, _remove, (link, prefix, now), audit.Line(by, "rate.removed", says, now, "rate"))


def _remove(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[int]:
    taken = update(rate).where(_IN_USE)
    return [
        conn.execute(taken.where(rate.c.link == link, rate.c.prefix == prefix).values(gone_at=now)).rowcount
        for link, prefix, now in batch
    ]


def remove_one(writer: Writer, id: int, now: datetime, by: str = "cli") -> bool:
    """Take one rate away; returns whether it was there."""
    line = audit.Line(by, "rate.removed", "a rate was taken away", now, "rate", str(id))
    return audit.do(writer, _remove_one, (id, now), line)


def _remove_one(conn: Connection, batch: list[tuple[int, datetime]]) -> list[bool]:
    taken = update(rate).where(_IN_USE)
    return [conn.execute(taken.where(rate.c.id == id).values(gone_at=now)).rowcount == 1 for id, now in batch]


def listing(conn: Connection, link: str | None = None) -> list[AnyRow]:
    """Every rate that counts, or those of one link: by link, kind, network, prefix and time."""
    c = rate.c
    query = select(rate).where(_IN_USE).order_by(c.link, c.kind, c.network, c.prefix, c.upto, c.valid_from)
    return list(conn.execute(query if link is None else query.where(c.link == link)))


def as_csv(rows: Iterable[AnyRow]) -> str:
    """Rates as a file that `read_csv` reads."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(COLUMNS)
    for row in rows:
        told = as_told(row)
        write.writerow([told[name] for name in COLUMNS])
    return out.getvalue()


def as_told(row: AnyRow | Line) -> dict[str, str]:
    """A rate by the columns of a file, as `read_line` reads it."""
    at = row.valid_from.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {
        "link": row.link, "prefix": row.prefix, "valid_from": at, "amount": spelled(row.amount),
        "currency": row.currency, "charged": row.charged, "kind": row.kind, "network": row.network,
        "upto_kb": str(row.upto) if row.upto else "", "failed": _told(row.failed), "minimum": _told(row.minimum),
        "round_up_to": _told(row.step),
    }  # fmt: skip


def _told(amount: int | None) -> str:
    return "" if amount is None else spelled(amount)


def read_prefix(written: str) -> str:
    """The beginning of a number as rates have it: "+386"; "" for every number. Raises BadInput."""
    try:
        return prefix_of(written.strip())
    except ValueError as wrong:
        raise BadInput([Fault("/prefix", "prefix_invalid", f"prefix {wrong}")]) from wrong


def _link(written: str, zones: Mapping[str, ZoneInfo]) -> str:
    if written not in zones:
        raise ValueError(f"{written!r} is no link; there are: {', '.join(sorted(zones)) or 'none'}")
    return written


def _charged(written: str) -> str:
    if written not in ("", "submit", "delivery"):
        raise ValueError(f"{written!r} must be submit or delivery")
    return written or "submit"


def _kind(written: str) -> str:
    if written not in ("", *KINDS):
        raise ValueError(f"{written!r} must be one of {', '.join(KINDS)}")
    return written or "sms"


def _network(written: str) -> str:
    if written and not _NETWORK.fullmatch(written):
        raise ValueError(f"{written!r} must be MCC and MNC such as 29341, or an MCC alone such as 293")
    return written


def _size(written: str) -> int:
    if written and not (written.isascii() and written.isdigit() and len(written) < 7):
        raise ValueError(f"{written!r} must be a whole number of kilobytes")
    return int(written or 0)


def _maybe(written: str) -> int | None:
    return read_amount(written) if written else None


def _step(written: str) -> int | None:
    step = _maybe(written)
    if step == 0:
        raise ValueError("must be above 0, such as 0.01")
    return step
