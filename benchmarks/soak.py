"""A shop's months in virtual time: opening hours, campaigns, orders, nights, the night of summer time, a month's end.

Every night what the network took is compared with what the store says, and at the end the tables, the backups, the
closed days and the memory are looked at. Nothing waits but for the gateway itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import holidays
from sqlalchemy import func, select

from benchmarks.measure import table
from benchmarks.soak_shop import ZONE, Shop, Tape, moments
from benchmarks.stage import Stores
from smsgw.money import closing, proof
from smsgw.money.facts import span
from smsgw.store.tables import inbound, message, metadata, order

FIRST = date(2026, 3, 5)  # a Thursday; clocks change on the 29th, the month ends two days later
WARM = 5  # days after which memory is looked at for the first time
GROWTH = 1.25  # more than so many times the memory of then is a fault
HOLIDAYS = holidays.country_holidays("SI", years=range(2026, 2030))
SHOWN_FAULTS = 20
WELL = "nothing was lost, doubled, sent at night, on a holiday or after a stop; every day is closed and proved"
NOT_SENT = ("refused", "cancelled", "held", "expired")
SHOWN = ("message", "part", "receipt", "history", "inbound", "inbound_part", "cost_entry", "target", "refusal")
HEADINGS = ("day", "asked", "campaigns", "typed", "on the wire", "MB", *SHOWN)


@dataclass
class Month:
    """What a run found: a line a week, and everything that is wrong."""

    rows: list[list[str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def run(stores: Stores, days: int, seed: int) -> bool:
    """So many days on every store; prints a line a week and what is wrong. True when nothing is."""
    logging.getLogger("smsgw").setLevel(logging.CRITICAL)  # what it tells its owner is no news here
    well = True
    for kind in stores.kinds:
        begun, cpu = time.monotonic(), time.process_time()
        told = live(stores.folder(), stores.url(kind), days, seed)
        table(f"(p) {days} days of a shop, on {kind}, seed {seed}", HEADINGS, told.rows)
        print(f"{time.monotonic() - begun:.0f} s, of them {time.process_time() - cpu:.0f} s of the processor")
        print("\n".join(told.wrong[:SHOWN_FAULTS]) or WELL)
        well = well and not told.wrong
    return well


def live(folder: Path, url: str, days: int, seed: int) -> Month:
    """Live through the days, counting each night."""
    shop, month = Shop(folder, url, _midnight(FIRST).astimezone(UTC), seed), Month()
    tape = Tape(shop.tape)
    try:
        for number in range(days):
            day = FIRST + timedelta(days=number)
            _day(shop, day)
            tape.read()
            month.wrong += [f"{day}: {what}" for what in _counted(shop, tape, day)]
            month.memory.append(_megabytes())
            if number % 7 == 6 or number == days - 1:
                month.rows.append(_row(shop, tape, day, month.memory[-1]))
        shop.run(_midnight(FIRST + timedelta(days=days), hour=6).astimezone(UTC))  # the last night's jobs
        month.wrong += list(_at_the_end(shop, tape, days, month))
    finally:
        shop.close()
    return month


def _midnight(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


def _day(shop: Shop, day: date) -> None:
    """One day: campaigns on Tuesday and Friday at ten; on Saturday one when the shop is closed, which must wait."""
    for moment, is_open in moments(_midnight(day)):
        shop.run(moment)
        local = moment.astimezone(ZONE)
        if is_open:
            shop.asks()
            shop.writes()
        if (local.weekday() in (1, 4) and (local.hour, local.minute) == (10, 0)) or (
            local.weekday() == 5 and local.hour == 21
        ):
            shop.campaign("marketing")
        if is_open or local.hour == 21:
            shop.rest()


def _counted(shop: Shop, tape: Tape, day: date) -> Iterator[str]:
    """What is wrong with the day before, all of which has come to its end by now but what waits for open hours."""
    m, before = message.c, day - timedelta(days=1)
    since, until = _midnight(before).astimezone(UTC), _midnight(day).astimezone(UTC)
    with shop.gateway.database.reading() as conn:
        rows = conn.execute(
            select(m.id, m.state, m.parts, m.recipient).where(m.created_at >= since, m.created_at < until)
        ).all()
        came = conn.scalar(select(func.count()).where(inbound.c.received_at >= since, inbound.c.received_at < until))
    known = {row.id for row in rows}
    for id in (id for id, at in shop.seen.asked.items() if since <= at < until and id not in known):
        yield f"{id} was accepted and is not there"
    for row in rows:
        times = [tape.parts.get((row.id, position), 0) for position in range(1, row.parts + 1)]
        if max(times) > 1:
            yield f"{row.id} to {row.recipient} went out {max(times)} times"
        if row.state == "delivered" and min(times) < 1:
            yield f"{row.id} is delivered and was not on the wire"
        if row.state not in ("delivered", *NOT_SENT, "queued"):
            yield f"{row.id} is still {row.state}"
        if row.state in NOT_SENT and max(times):
            yield f"{row.id} is {row.state} and was on the wire"
    if came is not None and came != (typed := sum(shop.seen.typed[f"{one:%Y-%m-%d}"] for one in [before])):
        yield f"phones wrote {typed} texts the day before, {came} are stored"


def _at_the_end(shop: Shop, tape: Tape, days: int, month: Month) -> Iterator[str]:
    """What only the end shows: hours, stops, closed days and their proof, retention, backups, memory."""
    for to, at in tape.offers:
        if not 8 <= (local := at.astimezone(ZONE)).hour < 21 or local.date() in HOLIDAYS:
            yield f"an offer went to {to} on {local:%a %d %b %H:%M}"
        if (since := shop.seen.stopped.get(to)) is not None and at > since:
            yield f"an offer went to {to} at {at} after its STOP of {since}"
    last, now, gateway = FIRST + timedelta(days=days - 2), shop.time(), shop.gateway
    with gateway.database.reading() as conn:
        wanted = {FIRST + timedelta(days=number) for number in range(days - 1)}
        if open_days := sorted(wanted - closing.closed(conn, FIRST, last)):
            yield f"not closed: {', '.join(map(str, open_days[:5]))}"
        since, until = span(max(FIRST, last - timedelta(days=25)), last, ZONE)
        if differences := proof.prove(conn, gateway.till.plans, since, until).differences:
            yield f"money that is not proved: {differences[:3]}"
        old = now - timedelta(days=31 + 2)
        if kept := conn.scalar(select(func.count()).where(message.c.created_at < old)):
            yield f"{kept} messages are older than they may be"
        if not conn.scalar(select(func.count()).where(order.c.state.in_(["confirmed", "fulfilled"]))):
            yield "nobody's order was confirmed"
    backups = [path for path in gateway.config.store.backups.iterdir() if not path.name.startswith(".")]
    if len(backups) != (wanted_ones := min(days + 1, gateway.config.store.backup_keep)):
        yield f"{len(backups)} backups are kept, not {wanted_ones}"
    if days > WARM * 2 and month.memory[-1] > month.memory[WARM] * GROWTH:
        yield f"memory grew from {month.memory[WARM]:.0f} to {month.memory[-1]:.0f} MB"


def _row(shop: Shop, tape: Tape, day: date, memory: float) -> list[str]:
    with shop.gateway.database.reading() as conn:
        sizes = [conn.scalar(select(func.count()).select_from(metadata.tables[name])) for name in SHOWN]
    seen: Any = shop.seen
    counts = (len(seen.asked), len(seen.campaigns), sum(seen.typed.values()), sum(tape.parts.values()))
    return [str(day), *(f"{one:,}" for one in counts), f"{memory:.0f}", *(f"{size:,}" for size in sizes)]


def _megabytes() -> float:
    """What this process holds just now."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmRSS"].split()[0]) / 1024
