"""People: passwords that are only proved, sessions that end, links that log in one time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from smsgw.access import accounts
from smsgw.errors import BadInput, Unauthenticated
from smsgw.store.database import Database
from smsgw.store.tables import session
from tests.smsgw.desk import START

HOUR = timedelta(hours=1)
PASSWORD = "correct horse battery"


def add(database: Database, name: str = "ana", password: str | None = PASSWORD) -> str:
    return accounts.add(database.writer, name, "owner", password, START)


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong password"), ("bor", PASSWORD), ("ana", "")])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(database: Database, name: str, password: str) -> None:
    add(database)
    with database.reading() as conn, pytest.raises(Unauthenticated, match="this name and password do not fit"):
        accounts.check_password(conn, name, password)


def test_an_account_without_a_password_cannot_be_entered_by_one(database: Database) -> None:
    add(database, password=None)
    with database.reading() as conn, pytest.raises(Unauthenticated):
        accounts.check_password(conn, "ana", "nobody")


def test_a_name_is_taken_once_and_a_short_password_not_at_all(database: Database) -> None:
    add(database)
    with pytest.raises(BadInput, match="already"):
        add(database)
    with pytest.raises(BadInput, match="12 characters"):
        add(database, "bor", "short")


def test_a_session_ends_with_its_time_and_when_somebody_logs_out(database: Database) -> None:
    token = accounts.open_session(database.writer, add(database), START, HOUR)
    with database.reading() as conn:
        assert accounts.whose(conn, token, START).name == "ana"
        with pytest.raises(Unauthenticated):
            accounts.whose(conn, token, START + HOUR)
    accounts.end_session(database.writer, token)
    with database.reading() as conn, pytest.raises(Unauthenticated):
        accounts.whose(conn, token, START)


def test_the_token_of_a_session_is_not_in_the_store(database: Database) -> None:
    token = accounts.open_session(database.writer, add(database), START, HOUR)
    with database.reading() as conn:
        assert token not in str(conn.execute(select(session)).one())


def test_a_one_time_link_works_one_time(database: Database) -> None:
    token = accounts.open_session(database.writer, add(database, password=None), START, HOUR, "once")
    assert accounts.use_once(database.writer, token, START).name == "ana"
    with pytest.raises(Unauthenticated, match="used already"):
        accounts.use_once(database.writer, token, START)


def test_a_one_time_link_is_no_session_and_a_session_no_one_time_link(database: Database) -> None:
    id = add(database)
    once = accounts.open_session(database.writer, id, START, HOUR, "once")
    token = accounts.open_session(database.writer, id, START, HOUR)
    with database.reading() as conn, pytest.raises(Unauthenticated):
        accounts.whose(conn, once, START)
    with pytest.raises(Unauthenticated):
        accounts.use_once(database.writer, token, START)


def test_a_new_password_ends_the_sessions_of_the_old_one(database: Database) -> None:
    token = accounts.open_session(database.writer, add(database), START, HOUR)
    accounts.set_password(database.writer, "ana", "another password")
    with database.reading() as conn:
        assert accounts.check_password(conn, "ana", "another password").name == "ana"
        with pytest.raises(Unauthenticated):
            accounts.whose(conn, token, START)
