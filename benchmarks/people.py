"""Customers in numbers: importing a large sheet, counting a segment, and taking an audience out of two million.

The customers are written in SQL: a phone each, a town, a statement of consent, for some an order and texts.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from benchmarks.measure import table
from benchmarks.stage import Stores
from smsgw.customers import audience, segments
from smsgw.customers.importing import importing
from smsgw.customers.importing.importing import Importer, Upload, Wish
from smsgw.customers.rule import Rule
from smsgw.store import schema
from smsgw.store.database import Database

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LINES = 100_000  # of the sheet
AT_A_TIME = 200_000
PIECE = 20_000  # of an audience
RULES = (
    "allows school and city in (Ljubljana, Koper, Kranj, Celje, Ptuj)",
    "allows school",
    "bought in 90 days and allows school",
    "silent for 60 days and not tag vip",
    "name begins person1",
)
IMPORT_HEADINGS = ("sheet of", "compare s", "CPU", "apply s", "CPU", "again s", "CPU", "undo s", "CPU", "peak MB")
HEADINGS = ("rule", "means", "count s", "CPU", "take all s", "CPU", "peak MB")

_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT {a} UNION ALL SELECT i + 1 FROM n WHERE i < {b})",
    "postgresql": "WITH n(i) AS (SELECT generate_series({a}, {b}))",
}
_DIGITS = {"sqlite": "printf('%0{0}d', {1})", "postgresql": "lpad(({1})::text, {0}, '0')"}
_TOWNS = (
    "CASE i % 10 "
    + " ".join(
        f"WHEN {place} THEN '{town}'"
        for place, town in enumerate(
            (
                "Ljubljana",
                "Maribor",
                "Koper",
                "Murska Sobota",
                "Kranj",
                "Nova Gorica",
                "Celje",
                "Trst",
                "Ptuj",
                "Zagreb",
            )
        )
    )
    + " END"
)
_CUSTOMER = """INSERT INTO customer (id, name, name_key, language, fields, folded, created_at, updated_at, revision)
    SELECT {id}, 'Person' || i, 'person' || i, 'sl', {town}, {folded}, {at}, {at}, 1 FROM n"""
_ADDRESS = """INSERT INTO address (address, customer_id, kind, "rank", region, created_at)
    SELECT {number}, {id}, 'phone', 0, 'SI', {at} FROM n"""
_CONSENT = """INSERT INTO consent (address, purpose, statement, source, words, "by", at)
    SELECT {number}, 'school', CASE WHEN i % 7 = 0 THEN 'withdrawn' ELSE 'granted' END, 'form', 'yes', 'x', {at}
    FROM n"""
_ORDER = """INSERT INTO "order" (id, state, why, number, address, language, revision, unclear, created_at, confirmed_at,
    proof, asked_at) SELECT {order}, 'confirmed', '', i, {number}, 'sl', 1, 0, {late}, {late}, '{{}}', {late} FROM n
    WHERE i % 4 = 0"""
_INBOUND = """INSERT INTO inbound (id, state, why, link, reference, sender, text, kind, parts, missing, received_at)
    SELECT {text}, 'handled', '', 'a', 'r' || i, {number}, 'hello', 'text', 1, 0, {late} FROM n WHERE i % 5 = 0"""


def run(stores: Stores, many: int) -> None:
    """An import of LINES, then audiences of `many` customers, on every store."""
    for kind in stores.kinds:
        database = _empty(stores, kind)
        with closing(database):
            table(f"(i) import of customers, on {kind}", IMPORT_HEADINGS, [_import(database, min(LINES, many))])
        database = _empty(stores, kind)
        with closing(database):
            _fill(database, kind, many)
            rows = [_audience(database, rule) for rule in RULES]
            table(f"(i) audiences of {many} customers, on {kind}", HEADINGS, rows)


def _empty(stores: Stores, kind: str) -> Database:
    database = Database(stores.url(kind))
    schema.upgrade(database)
    return database


def _import(database: Database, lines: int) -> list[str]:
    sheet = ["Ime;Priimek;Telefon;E-posta;Jezik"]
    sheet += [f"Ana{i};Novak{i % 977};0{40_000_000 + i};ana{i}@example.com;sl" for i in range(lines)]
    content = "\n".join(sheet).encode()
    worker = Importer(database)

    def bring() -> str:
        return importing.upload(database, Upload("people.csv", content, "bench", NOW, "SI"))

    def finish(id: str, event: str | None = None) -> None:
        if event is not None:
            importing.order(database.writer, Wish(id, event, "bench", NOW))
        worker.finish(id, lambda: NOW)

    first = bring()
    took = [*_timed(lambda: finish(first)), *_timed(lambda: finish(first, "apply"))]
    took += [*_timed(lambda: finish(bring())), *_timed(lambda: finish(first, "undo"))]
    return [str(lines), *took, _peak()]


def _timed(work: Callable[[], object]) -> tuple[str, str]:
    """Seconds by the clock and of the CPU."""
    began, used = time.monotonic(), time.process_time()
    work()
    return f"{time.monotonic() - began:.1f}", f"{time.process_time() - used:.1f}"


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"


def _fill(database: Database, kind: str, many: int) -> None:
    late = f"'{NOW - timedelta(days=30):%Y-%m-%d %H:%M:%S.%f}'"
    digits = _DIGITS[kind]
    words = {
        "id": "'cus_01' || " + digits.format(24, "i"),
        "order": "'ord_01KZ' || " + digits.format(22, "i"),
        "text": "'in_01KZ' || " + digits.format(22, "i"),
        "number": "'+386' || " + digits.format(8, "40000000 + i"),
        "town": '\'{{"city": "\' || ' + _TOWNS + " || '\"}}'",
        "folded": 'lower(\'{{"city": "\' || ' + _TOWNS + " || '\"}}')",
        "at": "'2026-01-01 12:00:00.000000'",
        "late": late,
    }
    casts = {"town": "::json", "folded": "::json", "at": "::timestamp", "late": "::timestamp"}
    if kind == "postgresql":
        words |= {name: f"({words[name]}){cast}" for name, cast in casts.items()}
    words = {name: word.replace("{{", "{").replace("}}", "}") for name, word in words.items()}
    with database.exclusive() as conn:
        _say(conn, "INSERT INTO category (code, names, words, active, created_at, \"by\") VALUES "
             f"('school', '{{}}', '[]', {'1' if kind == 'sqlite' else 'true'}, {words['at']}, 'x')")  # fmt: skip
        _say(
            conn,
            "INSERT INTO customer_field (name, label, kind, created_at) "
            f"VALUES ('city', 'City', 'text', {words['at']})",
        )
        for start in range(1, many + 1, AT_A_TIME):
            numbers = _NUMBERS[kind].format(a=start, b=min(start + AT_A_TIME - 1, many))
            for statement in (_CUSTOMER, _ADDRESS, _CONSENT, _ORDER, _INBOUND):
                _say(conn, numbers + " " + statement.format(**words))
    with database.exclusive() as conn:
        _say(conn, "ANALYZE")


def _say(conn: Connection, sql: str) -> None:
    conn.exec_driver_sql(sql.replace("%", "%%") if conn.dialect.name == "postgresql" else sql)


def _audience(database: Database, words: str) -> list[str]:
    with database.reading() as conn:
        rule = segments.read(conn, words)
    means: list[int] = []
    took = [*_timed(lambda: means.append(_count(database, rule))), *_timed(lambda: means.append(_take(database, rule)))]
    assert means[0] == means[1]
    return [words, str(means[0]), *took, _peak()]


def _count(database: Database, rule: Rule) -> int:
    with database.reading() as conn:
        return audience.count(conn, rule, NOW)


def _take(database: Database, rule: Rule) -> int:
    last, taken = None, 0
    while True:
        with database.reading() as conn:
            rows: list[Any] = list(conn.execute(audience.select(conn, rule, NOW, after=last).limit(PIECE)))
        taken += len(rows)
        if len(rows) < PIECE:
            return taken
        last = rows[-1].customer_id
