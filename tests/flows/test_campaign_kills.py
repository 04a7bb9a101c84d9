"""A campaign whose gateway is killed at random moments sends to each of its targets exactly once.

SMSGW_CAMPAIGN_TARGETS=10000 takes more of them than CI does, SMSGW_KILL_SEED repeats the chance of a run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from smsgw.campaigns import life
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import campaign, message, target
from tests.flows.running import Running, environment, until
from tests.flows.wires import Tape
from tests.smsgw.campaigns.town import Town
from tests.smsgw.desk import Desk

TARGETS = environment("SMSGW_CAMPAIGN_TARGETS", 1_500)
SEED = environment("SMSGW_KILL_SEED", int(time.time()))
KILLS = 3


@pytest.mark.slow
def test_each_target_gets_it_once_over_kills(
    tmp_path: Path, open_gateway: Callable[..., Running], record_property: Callable[[str, object], None]
) -> None:
    chance = Random(SEED)
    tape = Tape(tmp_path, seed=SEED, delay=0.005, receipt_delay=0.02, window=200)
    gateway = open_gateway([tape.link()], sending={"region": "SI", "resend_unsure": "hold"})
    id = planned(gateway.store, TARGETS)
    for _ in range(KILLS):
        gateway.start()
        time.sleep(chance.uniform(0.2, 2.5))
        gateway.kill()
    gateway.start()
    until(lambda: state(gateway, id) == "finished", 120, "the campaign did not end", every=0.3)
    until(lambda: not unsettled(gateway), 60, "a message did not come to its end", every=0.3)
    status, _ = gateway.terminate()
    assert status == 0
    with gateway.looking() as conn:
        going = dict(conn.execute(select(target.c.address, target.c.message_id)).all())
        messages = {row.id: row for row in conn.execute(select(message))}
        frozen = conn.scalar(select(func.count()).select_from(target))
        row = conn.execute(select(campaign)).one()
    on_the_wire = Counter(part.to for part in tape.taken())
    ends = Counter(one.state for one in messages.values())
    record_property("figures", f"seed {SEED}: {TARGETS} targets, {KILLS} kills, {dict(ends)}")
    assert frozen == len(going) == TARGETS, "the audience was frozen whole, and nobody twice"
    assert {going[one.recipient] for one in messages.values()} == set(messages), "each target has its own message"
    assert len(messages) == row.placed == TARGETS
    assert max(on_the_wire.values()) == 1, "nothing went out twice"
    missing = [one for one in messages.values() if not on_the_wire[one.recipient] and one.state != "unsure"]
    assert missing == [], "what did not go out is known to be in doubt"
    assert set(ends) <= {"delivered", "unsure"}


def planned(store: str, targets: int) -> str:
    """A campaign to so many customers, that begins with the gateway; returns its id."""
    database = Database(store)
    schema.upgrade(database)
    town = Town(Desk(database))
    town.desk.now = datetime.now(UTC)
    town.people(targets, agreed=False)
    id = town.write(purpose="service", category=None, links=("net",), texts={"sl": "Pozdravljeni, {{ first_name }}!"})
    told = {"costs": [], "messages": targets, "left_out": {}}
    life.estimated(database.writer, id, told, town.row(id).changed_at, "ana", town.desk.now)
    life.approve(database.writer, life.Approval(id, "bojan", town.desk.now))
    life.schedule(database.writer, life.When(id, "ana", town.desk.now))
    database.close()
    return id


def state(gateway: Running, id: str) -> str:
    """How the campaign is."""
    with gateway.looking() as conn:
        return str(conn.scalar(select(campaign.c.state).where(campaign.c.id == id)))


def unsettled(gateway: Running) -> int:
    """How many messages are on their way."""
    with gateway.looking() as conn:
        busy = message.c.state.in_(("queued", "held", "sending", "sent"))
        return conn.scalar(select(func.count()).where(busy)) or 0
