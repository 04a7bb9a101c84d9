"""A store of every schema that was released comes up to this one with what is in it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from smsgw.store import schema
from smsgw.store.database import Database

SCRIPTS = Path(schema.__file__).parent / "migrations"
RELEASED = [f"{number:04}" for number in (*range(1, 18), *range(19, 25))]  # 0018 was never released
AT = "2026-03-01 12:00:00.000000"


def made_at(revision: str, database: Database) -> None:
    """Bring an empty store to a released schema, and put a message with its part and its history into it."""
    with database.exclusive() as conn:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = conn
        command.upgrade(config, revision)
        for table, values in (
            ("message", {
                "id": "msg_1", "state": "accepted", "why": "asked", "client": "cli", "recipient": "+38640111222",
                "text": "Hello", "encoding": "gsm7", "parts": 1, "priority": 5, "purpose": "transactional",
                "on_unsure": "hold", "created_at": AT, "due_at": AT, "valid_until": AT, "attempts": 0,
            }),
            ("history", {
                "record": "message", "record_id": "msg_1", "event": "accept", "now": "accepted", "why": "asked",
                "by": "cli", "at": AT,
            }),
        ):  # fmt: skip
            names = ", ".join(f'"{name}"' for name in values)
            given = ", ".join(f":{name}" for name in values)
            conn.execute(text(f"INSERT INTO {table} ({names}) VALUES ({given})"), values)
        part = {"message_id": "msg_1", "position": 1}
        needed = conn.execute(text("SELECT * FROM part WHERE 1 = 0")).keys()
        part |= {name: b"" for name in ("user_data", "udh") if name in needed}
        part |= {name: value for name, value in (("alphabet", "gsm7"), ("of", 1)) if name in needed}
        names, given = ", ".join(f'"{name}"' for name in part), ", ".join(f":{name}" for name in part)
        conn.execute(text(f"INSERT INTO part ({names}) VALUES ({given})"), part)


@pytest.mark.parametrize("revision", RELEASED)
def test_a_store_of_a_released_schema_comes_up_with_what_is_in_it(revision: str, tmp_path: Path) -> None:
    comes_up(f"sqlite:///{tmp_path / 'x.db'}", revision)


def test_a_view_that_somebody_made_in_the_store_stays_as_it_is(tmp_path: Path) -> None:
    theirs = "CREATE VIEW theirs AS SELECT id FROM message WHERE state IN (SELECT now FROM history)"
    with closing(Database(f"sqlite:///{tmp_path / 'x.db'}", synchronous="NORMAL")) as database:
        made_at("0024", database)
        with database.exclusive() as conn:
            conn.execute(text(theirs))
        schema.upgrade(database)
        with database.reading() as conn:
            assert conn.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'theirs'")) == theirs
            assert conn.scalar(text("SELECT id FROM theirs")) == "msg_1"


@pytest.mark.peer
@pytest.mark.parametrize("revision", [RELEASED[0], "0008", "0016", RELEASED[-1]])
def test_so_does_one_on_postgresql(revision: str, postgres_url: str) -> None:
    comes_up(postgres_url, revision)


def comes_up(url: str, revision: str) -> None:
    """Make a store of this schema, and bring it to the newest."""
    with closing(Database(url, synchronous="NORMAL")) as database:
        made_at(revision, database)
        assert schema.upgrade(database) == (revision, schema.newest())
        assert schema.faults(database) == []
        with database.reading() as conn:
            assert conn.execute(text("SELECT recipient, text, state FROM message")).all() == [
                ("+38640111222", "Hello", "accepted")
            ]
            assert conn.execute(text("SELECT event, now FROM history")).all() == [("accept", "accepted")]
            assert conn.scalar(text("SELECT count(*) FROM part")) == 1
