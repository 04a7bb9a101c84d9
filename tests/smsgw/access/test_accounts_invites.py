"""Invitations, and the first account of all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from smsgw.access import accounts
from smsgw.access import accounts_invites as invites
from smsgw.errors import BadInput, NotFound, Unauthenticated
from smsgw.store.database import Database
from smsgw.store.tables import session
from tests.smsgw.desk import START

PASSWORD = "correct horse battery"


def invited(database: Database, name: str = "bo", *, again: bool = False) -> str:
    return invites.invite(database.writer, invites.Invitation(name, "agent", START, "ana", again))


def redeemed(token: str, password: str = PASSWORD, name: str = "", at: timedelta = timedelta(0)) -> invites.Redeemed:
    return invites.Redeemed(token, password, START + at, "192.0.2.1", name)


def test_whoever_is_invited_chooses_the_password_once(database: Database) -> None:
    token = invited(database)
    with database.reading() as conn:
        assert invites.invited(conn, token, START).name == "bo"  # to look uses nothing up
        assert token not in str(conn.execute(select(session)).all())
    assert invites.redeem(database.writer, redeemed(token)).role == "agent"
    with database.reading() as conn:
        assert accounts.check_password(conn, "bo", PASSWORD).name == "bo"
    with pytest.raises(Unauthenticated, match="used already"):
        invites.redeem(database.writer, redeemed(token))


def test_a_password_that_is_refused_leaves_the_link_as_it_was(database: Database) -> None:
    token = invited(database)
    with pytest.raises(BadInput, match="12 characters"):
        invites.redeem(database.writer, redeemed(token, "short"))
    invites.redeem(database.writer, redeemed(token))


def test_an_invitation_ends_with_its_time_and_with_a_newer_one(database: Database) -> None:
    first = invited(database)
    second = invited(database, again=True)
    with pytest.raises(Unauthenticated):
        invites.redeem(database.writer, redeemed(first))
    with pytest.raises(Unauthenticated):
        invites.redeem(database.writer, redeemed(second, at=invites.LASTS))
    invites.redeem(database.writer, redeemed(second))


def test_a_new_password_by_a_link_ends_the_sessions_of_the_old_one(database: Database) -> None:
    id = invites.redeem(database.writer, redeemed(invited(database))).id
    token = accounts.open_session(database.writer, id, START, timedelta(hours=1))
    invites.redeem(database.writer, redeemed(invited(database, again=True), "another password"))
    with database.reading() as conn, pytest.raises(Unauthenticated):
        accounts.whose(conn, token, START)


def test_a_name_that_is_taken_and_one_that_is_not_there_are_told(database: Database) -> None:
    invited(database)
    with pytest.raises(BadInput, match="already"):
        invited(database)
    with pytest.raises(NotFound):
        invited(database, "ci", again=True)


def test_the_first_account_is_made_by_a_link_that_works_once(database: Database) -> None:
    old, token = (invites.begin_setup(database.writer, START) for _ in range(2))
    assert old
    assert token
    with pytest.raises(Unauthenticated):  # a new start makes a new one
        invites.finish_setup(database.writer, redeemed(old, name="ana"))
    with pytest.raises(BadInput, match="needs a name"):
        invites.finish_setup(database.writer, redeemed(token))
    assert invites.finish_setup(database.writer, redeemed(token, name="ana")).role == "owner"
    with pytest.raises(Unauthenticated):
        invites.finish_setup(database.writer, redeemed(token, name="eve"))
    assert invites.begin_setup(database.writer, START) is None


def test_the_link_for_the_first_account_is_void_as_soon_as_there_is_one(database: Database) -> None:
    token = invites.begin_setup(database.writer, START)
    assert token
    accounts.add(database.writer, "ana", "owner", None, START)
    with pytest.raises(Unauthenticated):
        invites.finish_setup(database.writer, redeemed(token, name="eve"))


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "password_short"), ("Ana Novak ana novak", "password_guessed"), ("abababababababab", "password_guessed"),
     ("x" * 201, "password_long")],
)  # fmt: skip
def test_a_password_is_long_and_not_the_name_and_of_any_letters(password: str, code: str) -> None:
    assert [fault.code for fault in accounts.password_faults(password, "Ana Novak")] == [code]
    assert accounts.password_faults("vsi gradovi v oblakih", "Ana Novak") == []
