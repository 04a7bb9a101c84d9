"""A database that came through every migration is the one that the tables describe."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import CheckConstraint, Column, Connection, Index, Integer, MetaData, inspect

from smsgw.store import schema
from smsgw.store.database import Database, open_engine
from smsgw.store.prepared import execute_raw
from smsgw.store.tables import metadata


def described(conn: Connection) -> set[str]:
    """Every column, constraint and index of a database, a line each; Alembic's own table left out.

    Alembic's comparison (`alembic check`) does not see check constraints and partial indexes; this does.
    """
    seen = inspect(conn)
    lines: set[str] = set()
    for table in seen.get_table_names():
        if table == "alembic_version":
            continue
        facts: list[tuple[str, Any]] = [("primary key", seen.get_pk_constraint(table)["constrained_columns"])]
        facts += [("column", _column(column)) for column in seen.get_columns(table)]
        facts += [("unique", sorted(found["column_names"])) for found in seen.get_unique_constraints(table)]
        facts += [("check", (found["name"], found["sqltext"])) for found in seen.get_check_constraints(table)]
        facts += [("index", _index(found)) for found in seen.get_indexes(table)]
        facts += [
            ("foreign key", (key["constrained_columns"], key["referred_table"], key["options"]))
            for key in seen.get_foreign_keys(table)
        ]
        lines |= {f"{table} {kind} {fact}" for kind, fact in facts}
    return lines


def _column(column: Any) -> tuple[str, str, bool, str | None]:
    return column["name"], str(column["type"]), column["nullable"], column["default"]


def _index(index: Any) -> tuple[Any, ...]:
    what = index.get("expressions") or index["column_names"]
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return index["name"], what, bool(index["unique"]), index.get("column_sorting"), options


def drift(url: str, tables: MetaData) -> tuple[set[str], set[str]]:
    """In an empty database: what only the migrations make, and what only the tables describe."""
    database = Database(url)
    schema.migrate(database)
    database.close()
    engine = open_engine(url)
    with engine.begin() as conn:
        migrated = described(conn)
        everything = MetaData()
        everything.reflect(conn)
        everything.drop_all(conn)
        for statement in schema.statements(conn.dialect, tables):
            execute_raw(conn, statement)
        wanted = described(conn)
    engine.dispose()
    return migrated - wanted, wanted - migrated


def test_the_migrations_make_what_the_tables_describe(fresh_store_url: str) -> None:
    assert drift(fresh_store_url, metadata) == (set(), set())


def test_a_table_that_no_migration_knows_of_is_told(fresh_store_url: str) -> None:
    newer = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(newer)
    changed = newer.tables["message"]
    changed.append_column(Column("mood", Integer))
    changed.append_constraint(CheckConstraint("attempts < 9", name="patience"))
    Index("ix_mood", changed.c.mood, sqlite_where=changed.c.mood > 1, postgresql_where=changed.c.mood > 1)
    only_migrated, only_described = drift(fresh_store_url, newer)
    assert only_migrated == set()
    assert {line.split()[1] for line in only_described} == {"column", "check", "index"}
    assert sum("mood" in line for line in only_described) == 2


def test_a_second_upgrade_changes_nothing(fresh_store_url: str) -> None:
    database = Database(fresh_store_url)
    before, after = schema.upgrade(database)
    assert before is None
    assert schema.upgrade(database) == (after, after)
    with database.reading() as conn:
        assert conn.execute(sqlalchemy.text("SELECT count(*) FROM alembic_version")).scalar() == 1
    database.close()
