"""A shop that takes orders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A shop with its catalogue, on SQLite: the tests that begin with `on_both` see every statement on both engines."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield Talk(Desk(database))
    database.close()
