"""Databases of every age: made, brought up to date with their data, or refused with the next step."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError

from smsgw.errors import StoreError, StoreTooNew
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import metadata

SCRIPTS = Path(schema.__file__).parent / "migrations"
NOW = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture
def empty(fresh_store_url: str) -> Any:
    opened = Database(fresh_store_url)
    yield opened
    opened.close()


def at_first_revision(conn: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = conn
    command.upgrade(config, "0001")


def test_an_empty_database_gets_every_table(empty: Database) -> None:
    assert schema.upgrade(empty) == (None, schema.newest())
    assert schema.revision(empty) == schema.newest()
    assert schema.faults(empty) == []


def test_the_revisions_lead_to_exactly_the_tables_of_the_code(empty: Database) -> None:
    schema.migrate(empty)
    with empty.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


@pytest.mark.parametrize("made", [schema.upgrade, schema.migrate])
def test_sqlite_is_told_no_list_that_it_would_build_for_each_row(tmp_path: Path, made: Any) -> None:
    store = Database(f"sqlite:///{tmp_path / 'x.db'}")
    made(store)
    with store.reading() as conn:
        said = "\n".join(conn.scalars(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")))
        price = {"link": "a", "prefix": "", "valid_from": NOW.replace(tzinfo=UTC), "amount": 1, "currency": "EUR"}
        with pytest.raises(IntegrityError, match="ck_rate_charged_known"):
            conn.execute(insert(metadata.tables["rate"]), price | {"charged": "on Fridays"})
    store.close()
    assert " IN (" not in said
    assert "state = 'queued'" in said


def test_alembic_takes_an_empty_database_that_we_made_for_its_own(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.exclusive() as conn:
        assert MigrationContext.configure(conn).get_current_revision() == schema.newest()
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []
    schema.migrate(empty)
    assert schema.faults(empty) == []


def test_a_start_does_not_load_alembic_when_there_is_nothing_to_bring_up_to_date(fresh_store_url: str) -> None:
    script = """
import sys
from smsgw.gateway import Gateway
from smsgw.store import schema
from smsgw.store.database import Database
for _ in range(2):
    database = Database(sys.argv[1])
    schema.upgrade(database)
    database.close()
assert not [name for name in sys.modules if name.startswith(("alembic", "mako"))]
"""
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", script, fresh_store_url], cwd=root, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_an_upgrade_twice_changes_nothing(empty: Database) -> None:
    schema.upgrade(empty)
    assert schema.upgrade(empty) == (schema.newest(), schema.newest())


def test_a_database_of_the_first_revision_keeps_its_data(empty: Database) -> None:
    message = {
        "id": "msg_1", "state": "delivered", "why": "the phone has it", "client": "cli", "recipient": "+38640111222",
        "text": "Živjo", "encoding": "ucs2", "parts": 1, "priority": 5, "purpose": "transactional",
        "on_unsure": "resend", "link": "a", "created_at": NOW, "due_at": NOW, "valid_until": NOW, "sent_at": NOW,
        "final_at": NOW, "attempts": 1,
    }  # fmt: skip
    with empty.exclusive() as conn:
        at_first_revision(conn)
        columns = ", ".join(message)
        conn.execute(text(f"INSERT INTO message ({columns}) VALUES ({', '.join(f':{c}' for c in message)})"), message)
        part = "message_id, position, alphabet, user_data, udh"
        values = {"user_data": "Živjo".encode("utf-16-be"), "udh": b""}
        conn.execute(text(f"INSERT INTO part ({part}) VALUES ('msg_1', 1, 'ucs2', :user_data, :udh)"), values)
    schema.upgrade(empty)
    assert schema.faults(empty) == []
    with empty.reading() as conn:
        row = conn.execute(metadata.tables["message"].select()).one()
        assert (row.id, row.state, row.text) == ("msg_1", "delivered", "Živjo")


def test_a_database_of_a_newer_version_is_refused_with_the_way_out(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.exclusive() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="9999") as refused:
        schema.upgrade(empty)
    assert "newer smsgw" in refused.value.hint


def test_somebody_elses_tables_are_left_alone(empty: Database) -> None:
    with empty.exclusive() as conn:
        conn.execute(text("CREATE TABLE message (id integer)"))
    with pytest.raises(StoreError, match="message"):
        schema.upgrade(empty)


def test_the_command_line_refuses_an_empty_database_by_naming_the_command(empty: Database) -> None:
    with pytest.raises(StoreError, match="empty") as refused:
        schema.require_current(empty)
    assert "db migrate" in refused.value.hint


def test_a_message_without_parts_is_found_by_the_check(empty: Database) -> None:
    schema.upgrade(empty)
    now = datetime.now(UTC)
    row = {
        "id": "msg_1", "state": "accepted", "why": "x", "client": "c", "recipient": "+1", "text": "x",
        "encoding": "gsm7", "parts": 1, "priority": 5, "purpose": "otp", "on_unsure": "hold", "created_at": now,
        "due_at": now, "valid_until": now, "attempts": 0,
    }  # fmt: skip
    with empty.exclusive() as conn:
        conn.execute(insert(metadata.tables["message"]).values(row))
    assert schema.faults(empty) == ["1 messages have no parts"]
