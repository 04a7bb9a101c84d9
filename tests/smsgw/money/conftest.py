"""A shop on each engine."""

from __future__ import annotations

import pytest

from smsgw.store.database import Database
from tests.smsgw.money.shop import Shop


@pytest.fixture
def shop(database: Database) -> Shop:
    """A shop with two links, a and b, both up, a preferred; nothing costs anything yet."""
    return Shop(database)
