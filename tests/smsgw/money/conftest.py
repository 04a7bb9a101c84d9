"""A shop, on SQLite for what is about money, on each engine for what is about SQL; and a store that is copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.money.shop import Shop


@pytest.fixture
def shop(on_sqlite: Database) -> Shop:
    """A shop with two links, a and b, both up, a preferred; nothing costs anything yet."""
    return Shop(on_sqlite)


@pytest.fixture
def each_shop(database: Database) -> Shop:
    """The same on each engine, for tests in which SQL does the work."""
    return Shop(database)


@pytest.fixture(scope="session")
def blank_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and no rows, to be copied."""
    file = tmp_path_factory.mktemp("blank") / "store.db"
    opened = Database(f"sqlite:///{file}")
    schema.upgrade(opened)
    opened.close()
    return file


@pytest.fixture
def on_sqlite(blank_store: Path, tmp_path: Path) -> Iterator[Database]:
    """An open store on SQLite."""
    shutil.copy(blank_store, tmp_path / "store.db")
    opened = Database(f"sqlite:///{tmp_path}/store.db")
    yield opened
    opened.close()
