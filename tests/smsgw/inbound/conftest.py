"""A shop that takes orders, and one that MMS are announced to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smsgw.store import schema
from smsgw.store.database import Database
from tests.emulators import mm1_mmsc
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.mms_shop import Shop, Stick
from tests.smsgw.inbound.talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A shop with its catalogue, on SQLite: the tests that begin with `on_both` see every statement on both engines."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield Talk(Desk(database))
    database.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with two sticks and an MMSC, on SQLite."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    with mm1_mmsc.mmsc() as mmsc:
        yield Shop(Desk(database), mmsc, {"a": Stick(mmsc), "b": Stick(mmsc)})
    database.close()
