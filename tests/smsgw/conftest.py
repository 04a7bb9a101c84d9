"""An open store on each engine, and a desk over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.desk import Desk


@pytest.fixture
def database(fresh_store_url: str) -> Iterator[Database]:
    """An open store with its tables, on each engine."""
    opened = Database(fresh_store_url)
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk with two links, a and b, both up, a preferred."""
    return Desk(database)
