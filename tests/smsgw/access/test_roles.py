"""What each role may do."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from smsgw.access import accounts, roles
from smsgw.access.keys import SCOPES
from smsgw.store import schema
from smsgw.store.database import Database

WRITES = [name for name in roles.PERMISSIONS if not name.endswith((":read", ":*"))]


def test_a_viewer_writes_nothing() -> None:
    assert [name for name in WRITES if roles.may("viewer", name)] == []
    assert roles.may("viewer", "messages:read")
    assert roles.may("viewer", "money:read")


def test_an_agent_answers_and_sees_nothing_of_money() -> None:
    assert roles.may("agent", "messages:send")
    assert roles.may("agent", "conversations:write")
    for never in ("money:read", "money:manage", "keys:manage", "people:manage", "customers:privacy", "audit:read"):
        assert not roles.may("agent", never), never


def test_a_developer_has_keys_and_webhooks_and_no_text_of_a_customer() -> None:
    assert roles.may("developer", "keys:manage")
    assert roles.may("developer", "webhooks:read")
    for never in ("messages:read", "conversations:read", "customers:read", "orders:read", "inquiries:read"):
        assert not roles.may("developer", never), never


def test_nobody_gives_a_key_more_than_they_have() -> None:
    assert roles.grantable("developer") == ["messages:send", "links:read"]  # no webhook either: it would be told texts
    assert roles.grantable("owner") == list(SCOPES)


@pytest.mark.parametrize("role", ["manager", "agent", "viewer", "developer"])
def test_only_the_owner_decides_about_people(role: str) -> None:
    assert not roles.may(role, "people:manage")
    assert roles.may(role, roles.SELF)


def test_a_role_that_is_none_may_nothing() -> None:
    assert not any(roles.may("admin", name) for name in (*roles.PERMISSIONS, roles.SELF))


@pytest.mark.empty_store
def test_who_had_a_role_from_before_has_its_heir(fresh_store_url: str) -> None:
    database = Database(fresh_store_url)
    rows = "('acc_1', 'ana', 'admin', '2026-01-01 00:00:00'), ('acc_2', 'bo', 'clerk', '2026-01-01 00:00:00')"
    with database.exclusive() as conn:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
        config.attributes["connection"] = conn
        command.upgrade(config, "0011")
        conn.execute(text(f"INSERT INTO account (id, name, role, created_at) VALUES {rows}"))
        command.upgrade(config, "head")
    with database.reading() as conn:
        told = {row.name: (row.role, row.disabled_at) for row in accounts.listing(conn)}
    database.close()
    assert told == {"ana": ("owner", None), "bo": ("agent", None)}
