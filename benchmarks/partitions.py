"""One table beside partitions by month, on PostgreSQL: what the steps of a message cost the server in each.

The columns and indexes are those that the steps touch. All stand in the same server, filled alike over two years, and
take turns; what is shown is the processor time of the server, as the median of a step for a batch of 100 messages.
`plainly` is what PostgreSQL does by itself; `ours` is how smsgw keeps a store by months (smsgw/store/partitions.py):
parts point to the messages of their month, and whose a receipt is is asked of the last 35 days first.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import spell, table
from benchmarks.stage import Stores
from smsgw.outbound.receipts import LATELY
from smsgw.store.ids import first_id, new_id

MONTHS = 24
BATCH = 100
TURNS, WARM = 120, 20
_MESSAGE = (
    "id varchar(40) NOT NULL, state varchar(12) NOT NULL, why text NOT NULL, client varchar(64) NOT NULL, client_ref "
    "varchar(120), recipient varchar(254) NOT NULL, text text NOT NULL, priority smallint NOT NULL, link varchar(40), "
    "due_at timestamptz NOT NULL, claimed_at timestamptz, sent_at timestamptz, final_at timestamptz, PRIMARY KEY (id)"
)
_KEY = "FOREIGN KEY (message_id) REFERENCES {} (id) ON DELETE CASCADE"
_PART = (
    "message_id varchar(40) NOT NULL, position smallint NOT NULL, link "
    "varchar(40), reference varchar(80), answer varchar(8), outcome varchar(16), answered_at timestamptz, "
    "PRIMARY KEY (message_id, position)"
)
_INDEXES = (
    "ON {m} (link, priority DESC, due_at, id) WHERE state = 'queued'",
    "ON {m} (state, due_at) WHERE final_at IS NULL",
    "ON {m} (recipient, id)",
    "ON {p} (link, reference) WHERE reference IS NOT NULL",
    "ON {p} (link, answered_at) WHERE answer = 'taken'",
)
_NEW = (
    "INSERT INTO {m} (id, state, why, client, client_ref, recipient, text, priority, link, due_at) "
    "VALUES (%s, 'queued', 'acme serves +', 'key_1', %s, %s, 'Your parcel comes today.', 5, 'acme', now())"
)
_TAKEN = (
    "UPDATE {p} SET link = 'acme', reference = %s, answer = 'taken', answered_at = now() "
    "WHERE message_id = %s AND position = 1"
)
_CLAIM = (
    "SELECT id FROM {m} WHERE state = 'queued' AND link = 'acme' AND due_at <= now() "
    "ORDER BY priority DESC, due_at, id LIMIT %s FOR UPDATE SKIP LOCKED"
)


@dataclass
class _Shape:
    """One of the three: the names of its tables, whether it is ours, and what each step of it took, in seconds."""

    message: str
    part: str
    ours: bool = False
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def spelt(self, sql: str) -> str:
        return sql.format(m=self.message, p=self.part)


def run(stores: Stores, most: int) -> None:
    """Fill all with `most` messages, then measure."""
    stores.url("postgresql")
    with stores.server.connect("postgres") as conn:
        now = datetime.now(UTC)
        shapes = _Shape("message_1", "part_1"), _Shape("message_n", "part_n"), _Shape("message_o", "part_o", ours=True)
        _make(conn, shapes[0], [])
        months = [(now.replace(day=1, hour=0) - timedelta(days=30.44 * n)) for n in range(MONTHS - 1, -1, -1)]
        for shape in shapes[1:]:
            _make(conn, shape, [*months, now + timedelta(days=60)])
        for shape in shapes:
            _fill(conn, shape, months[0] + timedelta(hours=1), now, most)
        conn.execute("CHECKPOINT")
        for turn in range(TURNS):
            for shape in shapes:
                _turn(conn, shape, turn)
    rows = []
    for step in shapes[0].took:
        one, many, ours = (median(shape.took[step][WARM:]) * 1000 for shape in shapes)
        rows.append([step, spell(one), spell(many), spell(many / one), spell(ours), spell(ours / one)])
    headings = (f"CPU ms for {BATCH} messages", "one table", f"{MONTHS} months plainly", "ratio", "ours", "ratio")
    table(f"(s) partitions by month, {most:,} messages stored", headings, rows)


def _make(conn: Any, shape: _Shape, bounds: list[datetime]) -> None:
    """The tables; bounds: where partitions begin and, at last, end. None: no partitions."""
    for name, columns, key in (
        (shape.message, _MESSAGE, "id"),
        (shape.part, _PART if shape.ours else f"{_PART}, {_KEY.format(shape.message)}", "message_id"),
    ):
        conn.execute(f"CREATE TABLE {name} ({columns})" + (f" PARTITION BY RANGE ({key})" if bounds else ""))
    places = [shape.message]
    if bounds:
        places = [f"{shape.message}_{n}" for n in range(len(bounds) - 1)]
        for n, (begin, end) in enumerate(pairwise(bounds)):
            span = f"FOR VALUES FROM ('{first_id('msg', begin)}') TO ('{first_id('msg', end)}')"
            conn.execute(f"CREATE TABLE {shape.message}_{n} PARTITION OF {shape.message} {span}")
            conn.execute(f"CREATE TABLE {shape.part}_{n} PARTITION OF {shape.part} {span}")
            if shape.ours:
                conn.execute(f"ALTER TABLE {shape.part}_{n} ADD {_KEY.format(f'{shape.message}_{n}')}")
    for place in places:  # it cannot hold over all partitions: the time is no part of it
        conn.execute(f"CREATE UNIQUE INDEX ON {place} (client, client_ref)")
    for index in _INDEXES:
        conn.execute(f"CREATE INDEX {shape.spelt(index)}")


def _fill(conn: Any, shape: _Shape, begin: datetime, end: datetime, most: int) -> None:
    """Delivered messages, evenly over the time, to random numbers."""
    chance = random.Random(1)
    made = [(new_id("msg", at), at) for at in (begin + (end - begin) * n / most for n in range(most))]
    columns = "(id, state, why, client, recipient, text, priority, link, due_at, sent_at, final_at)"
    with conn.cursor().copy(f"COPY {shape.message} {columns} FROM STDIN") as copy:
        for name, at in made:
            to = f"+38640{chance.randrange(10**6):06d}"
            copy.write_row((name, "delivered", "told", "key_1", to, "Your parcel", 5, "acme", at, at, at))
    columns = "(message_id, position, link, reference, answer, outcome, answered_at)"
    with conn.cursor().copy(f"COPY {shape.part} {columns} FROM STDIN") as copy:
        for n, (name, at) in enumerate(made):
            copy.write_row((name, 1, "acme", f"{n:012x}", "taken", "delivered", at))
    conn.execute(f"ANALYZE {shape.message}")
    conn.execute(f"ANALYZE {shape.part}")


def _cpu(conn: Any) -> float:
    """Seconds of a processor that the server has used for this connection."""
    return int(Path(f"/proc/{conn.info.backend_pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def _turn(conn: Any, shape: _Shape, turn: int) -> None:
    """A batch on its whole way, each step timed."""
    rows = [(new_id("msg", datetime.now(UTC)), f"{turn}-{n}", f"+38640{turn * BATCH + n:06d}") for n in range(BATCH)]

    def step(name: str, what: Callable[[], Any]) -> Any:
        begun = _cpu(conn)
        result = what()
        shape.took[name].append(_cpu(conn) - begun)
        return result

    def ask(sql: str, *values: Any) -> list[Any]:
        return list(conn.execute(shape.spelt(sql), values).fetchall())

    def change(sql: str, *values: Any) -> None:
        conn.execute(shape.spelt(sql), values)

    def all_of(sql: str, values: list[Any]) -> None:
        conn.cursor().executemany(shape.spelt(sql), values)

    with conn.transaction():
        refs = "SELECT id FROM {m} WHERE (client, client_ref) IN (SELECT 'key_1', unnest(%s::text[]))"
        step("is the client_ref known?", lambda: ask(refs, [row[1] for row in rows]))
        step("store messages", lambda: all_of(_NEW, rows))
        step(
            "store parts",
            lambda: all_of("INSERT INTO {p} (message_id, position) VALUES (%s, 1)", [r[:1] for r in rows]),
        )
    with conn.transaction():
        ids = [row[0] for row in step("find what is due", lambda: ask(_CLAIM, BATCH))]
        claim = "UPDATE {m} SET state = 'sending', claimed_at = now() WHERE id = ANY(%s) AND state = 'queued'"
        step("claim", lambda: change(claim, ids))
    with conn.transaction():
        step("taken, parts", lambda: all_of(_TAKEN, [(f"r{name}", name) for name in ids]))
        step(
            "taken, messages", lambda: change("UPDATE {m} SET state = 'sent', sent_at = now() WHERE id = ANY(%s)", ids)
        )
    with conn.transaction():
        whose = "SELECT message_id FROM {p} WHERE link = 'acme' AND reference = ANY(%s) AND reference IS NOT NULL"
        whose += f" AND message_id >= '{first_id('msg', datetime.now(UTC) - LATELY)}'" if shape.ours else ""
        found = step("whose receipts are these?", lambda: ask(whose, [f"r{name}" for name in ids]))
        assert len(found) == BATCH
        step("settle, parts", lambda: change("UPDATE {p} SET outcome = 'delivered' WHERE message_id = ANY(%s)", ids))
        done = "UPDATE {m} SET state = 'delivered', final_at = now() WHERE id = ANY(%s)"
        step("settle, messages", lambda: change(done, ids))
    history = "SELECT id FROM {m} WHERE recipient = %s ORDER BY id DESC LIMIT 20"
    step("all of one number", lambda: ask(history, rows[0][2]))
    shape.took["the whole way"].append(sum(took[-1] for took in shape.took.values() if len(took) == turn + 1))
