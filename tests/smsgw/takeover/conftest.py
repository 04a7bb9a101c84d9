"""A store to bring things into, and files as other gateways leave them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.takeover.found import Found
from smsgw.takeover.storing import Report, Terms, bring

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(fresh_store_url: str) -> Iterator[Database]:
    """An open store, on either engine."""
    opened = Database(fresh_store_url)
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file: file("dump.sql", text)."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def brought(database: Database) -> Callable[..., Report]:
    """Store what was found: brought(things), or only look: brought(things, dry=True)."""
    terms = Terms("gammu", "cli", NOW, "SI", dry=False)

    def store(found: Iterable[Found], **more: Any) -> Report:
        return bring(database, found, replace(terms, **more))

    return store
