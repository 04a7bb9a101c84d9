"""A store for each test about people, on each engine; on PostgreSQL one that is emptied, for it has many tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import metadata


@pytest.fixture(scope="session")
def kept_url(postgres: Any) -> Iterator[str]:
    """A PostgreSQL database with its tables, for all tests of this folder."""
    name = f"people_{time.monotonic_ns()}"
    with postgres.connect() as admin:
        admin.execute(f"CREATE DATABASE {name}")
        opened = Database(postgres.url(name))
        schema.upgrade(opened)
        opened.close()
        yield postgres.url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open store with its tables and nothing in them."""
    on_postgres = request.param == "postgresql"
    opened = Database(request.getfixturevalue("kept_url") if on_postgres else f"sqlite:///{tmp_path / 'store.db'}")
    if not on_postgres:
        schema.upgrade(opened)
    yield opened
    if on_postgres:
        with opened.exclusive() as conn:
            for table in reversed(metadata.sorted_tables):
                conn.execute(delete(table))
    opened.close()
