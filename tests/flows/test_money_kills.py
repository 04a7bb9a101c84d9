"""A gateway that is killed at random moments under load books each part that a link took once, and what came in too.

SMSGW_MONEY_KILLS kills more often than CI does, SMSGW_KILL_SEED repeats the chance of a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from smsgw.money import budgeting, pricelist, proof
from smsgw.money.plans import Plans
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import budget_use, cost_entry, earlier_try, inbound, message, part, reservation
from tests.flows.killing import Siege
from tests.flows.running import Running, environment, until
from tests.flows.wires import Tape

KILLS = environment("SMSGW_MONEY_KILLS", 2)
SEED = environment("SMSGW_KILL_SEED", int(time.time()))
PART, TEXT = 12_345, 1_000  # millionths


@pytest.mark.slow
def test_each_part_is_booked_once_over_kills(
    tmp_path: Path, open_gateway: Callable[..., Running], record_property: Callable[[str, object], None]
) -> None:
    tape = Tape(tmp_path, seed=SEED, delay=0.01, receipt_delay=0.02, window=50)
    sending = {"unsure_wait": 1, "retry_first": 1, "resend_unsure": "resend"}
    gateway = open_gateway([tape.link()], sending=sending)
    begun = datetime.now(UTC) - timedelta(hours=1)
    prices_and_budget(gateway.store, begun)
    secret = gateway.smsgw("key", "create", "caller").stdout.strip()
    siege = Siege(gateway, tape, secret, Random(SEED))
    for number in range(KILLS):
        siege.round(f"round {number}")
    gateway.start()
    siege.ask_again()
    client = gateway.client()
    tape.types(client, "from a phone: the last")  # a kill may come before any other
    client.close()
    until(lambda: all(text.told for text in tape.typed()), 60, "a text was not acknowledged", every=0.3)
    until(lambda: not busy(gateway), 60, "a message did not come to its end", every=0.3)
    until(lambda: kept(gateway) == 0, 30, "a budget keeps money for a message that has ended", every=0.5)
    assert gateway.terminate()[0] == 0
    with gateway.looking() as conn:
        entries = conn.execute(select(cost_entry)).all()
        sure = (part.c.message_id == message.c.id, part.c.answer == "taken", message.c.state != "unsure")
        taken = conn.scalar(select(func.count()).where(*sure)) or 0  # of those in doubt it is booked when it ends
        again = conn.scalar(select(func.count()).select_from(earlier_try)) or 0
        texts = {row.id: row.parts for row in conn.execute(select(inbound.c.id, inbound.c.parts))}
        spent = conn.scalar(select(func.sum(budget_use.c.spent)))
        found = proof.prove(conn, Plans({}), begun, datetime.now(UTC) + timedelta(hours=1))
    out = [entry for entry in entries if entry.event == "submit"]
    came = [entry for entry in entries if entry.event == "inbound"]
    record_property("figures", f"seed {SEED}: {siege.kills} kills, {taken} parts, {len(texts)} texts, {found.says}")
    assert taken, "there was no load"
    assert texts, "no phone wrote"
    assert sum(entry.parts for entry in out) == taken + again
    assert sum(entry.amount for entry in out) == PART * (taken + again)
    assert sorted((entry.message_id, entry.parts) for entry in came) == sorted(texts.items())
    assert len(entries) == len(out) + len(came)
    assert spent == PART * (taken + again) + TEXT * sum(texts.values()), "the budget has spent what was booked"
    assert found.holds, found.differences
    assert found.entries == len(entries)


def prices_and_budget(store: str, at: datetime) -> None:
    """What parts and texts cost, and a budget that has enough for all of it: as if said at `at`."""
    database = Database(store)
    schema.upgrade(database)
    zones = {"net": ZoneInfo("UTC")}
    told = {"link": "net", "prefix": "*", "currency": "EUR", "valid_from": "2026-01-01"}
    lines = [
        pricelist.read_line(told | more, zones, at)
        for more in ({"amount": "0.012345"}, {"amount": "0.001", "kind": "inbound"})
    ]
    pricelist.store(database.writer, lines, at)
    terms = budgeting.read_terms({"name": "all", "ceiling": "9999", "period": "whole"}, "EUR", zones)
    budgeting.add(database.writer, terms, at)
    database.close()


def busy(gateway: Running) -> int:
    """How many messages a link has not taken yet."""
    with gateway.looking() as conn:
        return conn.scalar(select(func.count()).where(message.c.state.in_(("queued", "held", "sending")))) or 0


def kept(gateway: Running) -> int:
    """How many messages have money kept for them that is booked, or will never be."""
    over = message.c.state.in_(("sent", "delivered", "undelivered", "failed", "expired", "cancelled"))
    with gateway.looking() as conn:
        query = select(func.count()).select_from(reservation).join(message, message.c.id == reservation.c.message_id)
        return conn.scalar(query.where(over)) or 0
