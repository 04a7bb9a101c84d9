"""The roles of the database that docs/operations.md tells to make: psql takes them, and the gateway needs no more."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from schedules.timetable import TIMETABLE
from smsgw.access import audit
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.store import schema
from tests.conftest import Postgres
from tests.docs.fences import everywhere, fences

pytestmark = [pytest.mark.peer, pytest.mark.slow]

ROLES, STRICT, REPORTS = (one for one in fences("docs/operations.md") if "CREATE ROLE" in one.words)
PHONE = "+38640111222"


@pytest.fixture
def name(postgres: Postgres) -> Iterator[str]:
    """What the role and the database `smsgw` of the page are called here, for the server's own is called so."""
    name = f"gateway{time.monotonic_ns()}"
    yield name
    with postgres.connect() as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        for role in (name, f"{name}_owner", f"{name}_reports"):
            admin.execute(f"DROP ROLE IF EXISTS {role}")


def typed(postgres: Postgres, words: str, name: str) -> None:
    """Have psql do what stands in a page."""
    command = [
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        f"--host={postgres.folder}",
        "--username=smsgw",
    ]
    ran = subprocess.run(
        [*command, "postgres"], input=re.sub(r"\bsmsgw", name, words), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def gateway(postgres: Postgres, role: str, name: str) -> Gateway:
    """A gateway over the database, under that role; its links are not started."""
    store = {"url": postgres.url(name).replace("//smsgw@", f"//{role}@"), "state_dir": str(postgres.folder)}
    phones = {"name": "carrier", "kind": "fake", "handsets": [PHONE]}
    return Gateway(Config.model_validate({"store": store, "links": [phones]}))


def connect(postgres: Postgres, role: str, name: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=str(postgres.folder), user=role, dbname=name, autocommit=True)


def test_the_gateway_works_with_the_roles_of_the_page_and_they_can_no_more(postgres: Postgres, name: str) -> None:
    typed(postgres, ROLES.words, name)
    made = gateway(postgres, name, name)
    try:
        schema.upgrade(made.database)
    finally:
        made.close()
    with connect(postgres, name, name) as plain, pytest.raises(psycopg.errors.InsufficientPrivilege):
        plain.execute(f"CREATE DATABASE {name}_2")
    typed(postgres, STRICT.words, name)
    made = gateway(postgres, name, name)
    try:
        schema.upgrade(made.database)  # as every start does; there is nothing to do
        schema.require_current(made.database)
        for job, _ in TIMETABLE:
            job(made, made.clock() + timedelta(seconds=1))
        audit.write(made.database.writer, audit.Line("cli", "key.created", "a key", made.clock()))
    finally:
        made.close()
    with connect(postgres, name, name) as plain:
        assert plain.execute("SELECT count(*) FROM audit").fetchone() == (1,)
        for forbidden in (
            "UPDATE audit SET says = ''", "DELETE FROM audit", "DROP TABLE message", "CREATE TABLE x (y int)",
            "UPDATE alembic_version SET version_num = '0'", "TRUNCATE message",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                plain.execute(forbidden)


def test_the_settings_of_postgresql_that_pages_show_are_some(postgres: Postgres) -> None:
    shown = {line.partition(" = ")[0] for one in everywhere() if one.kind == "ini" for line in one.words.splitlines()}
    with postgres.connect() as admin:
        known = {str(row[0]) for row in admin.execute("SELECT name FROM pg_settings").fetchall()}
    assert shown
    assert shown <= known


def test_who_only_looks_sees_no_words(postgres: Postgres, name: str) -> None:
    typed(postgres, ROLES.words, name)
    made = gateway(postgres, name, name)
    try:
        schema.upgrade(made.database)
    finally:
        made.close()
    typed(postgres, REPORTS.words, name)
    with connect(postgres, f"{name}_reports", name) as looking:
        looking.execute("SELECT link, state, count(*), sum(price) FROM message GROUP BY link, state")
        looking.execute("SELECT * FROM cost_entry")
        for forbidden in ("SELECT text FROM message", "SELECT recipient FROM message", "SELECT 1 FROM inbound",
                          "SELECT 1 FROM customer", "DELETE FROM rate"):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                looking.execute(forbidden)
