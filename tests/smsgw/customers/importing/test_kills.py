"""An import that is killed (kill -9) at random moments is gone on from: each line is compared and written once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from smsgw.customers.importing import importing
from smsgw.customers.importing.importing import Importer, Upload, Wish
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import address, customer, import_line
from tests.smsgw.customers.importing.test_importing import NOW, clock

LINES = 6000
KILLS = 6
WORKER = """
import sys
from datetime import UTC, datetime
from smsgw.customers.importing import Importer
from smsgw.store.database import Database
database = Database(sys.argv[1])
print("begins", flush=True)
while Importer(database).advance(lambda: datetime(2026, 11, 26, 12, tzinfo=UTC)):
    pass
"""


@pytest.mark.slow
def test_an_import_that_is_killed_is_gone_on_from(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    database, chance = Database(url), random.Random(20261126)
    schema.upgrade(database)
    sheet = "phone,name\n" + "".join(f"040{100_000 + place},Person {place}\n" for place in range(LINES))
    id = importing.upload(database, Upload("list.csv", sheet.encode(), "ana", NOW, "SI"))
    for event in ("", "apply", "undo"):
        if event:
            importing.order(database.writer, Wish(id, event, "ana", NOW))
        for _ in range(KILLS // 2):
            killed_soon(url, chance.uniform(0.02, 0.25))
        row = Importer(database).finish(id, clock)
        assert row.state == {"": "ready", "apply": "applied", "undo": "undone"}[event]
        with database.reading() as conn:
            assert conn.scalar(select(func.count()).select_from(import_line)) == LINES
            people = conn.scalar(select(func.count()).select_from(customer))
            assert (
                people == conn.scalar(select(func.count()).select_from(address)) == (LINES if event == "apply" else 0)
            )
    database.close()


def killed_soon(url: str, after: float) -> None:
    """Let another process go on with the import, and kill it in the middle."""
    process = subprocess.Popen([sys.executable, "-c", WORKER, url], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    process.stdout.close()
