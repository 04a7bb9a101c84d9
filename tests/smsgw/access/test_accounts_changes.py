"""Accounts change, and one owner always stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from smsgw.access import accounts, audit, sessions
from smsgw.access import accounts_changes as changes
from smsgw.errors import BadInput, Conflict, NotFound, Unauthenticated
from smsgw.store.database import Database
from tests.smsgw.desk import START

HOUR = timedelta(hours=1)


def add(database: Database, name: str, role: str = "owner") -> str:
    return accounts.add(database.writer, name, role, None, START)


def act(named: str, role: str = "") -> changes.Act:
    return changes.Act(named, START, "ana", role)


def verbs(conn: Connection) -> list[str]:
    return [row.verb for row in audit.listing(conn, audit.Wanted(), 20)][::-1]


def role_of(database: Database, name: str) -> str:
    with database.reading() as conn:
        return {row.name: row.role for row in accounts.listing(conn)}[name]


def test_a_role_is_changed_and_told_with_the_one_before(database: Database) -> None:
    add(database, "ana")
    add(database, "bo", "agent")
    changes.set_role(database.writer, act("bo", "manager"))
    assert role_of(database, "bo") == "manager"
    with database.reading() as conn:
        line = audit.listing(conn, audit.Wanted(verb="account.role"), 1)[0]
    assert (line.before, line.after) == ("agent", "manager")


def test_a_role_that_is_none_and_an_account_that_is_none_are_told(database: Database) -> None:
    add(database, "ana")
    with pytest.raises(BadInput, match="owner, manager"):
        changes.set_role(database.writer, act("ana", "admin"))
    with pytest.raises(NotFound):
        changes.set_role(database.writer, act("bo", "agent"))


def test_the_last_owner_keeps_the_role_and_the_account(database: Database) -> None:
    add(database, "ana")
    gone = add(database, "bo")
    changes.disable(database.writer, act(gone))
    for verb, wish in ((changes.set_role, act("ana", "agent")), (changes.disable, act("ana"))):
        with pytest.raises(Conflict, match="last owner"):
            verb(database.writer, wish)
    changes.enable(database.writer, act("bo"))
    changes.set_role(database.writer, act("ana", "agent"))
    assert role_of(database, "ana") == "agent"


def test_two_owners_who_go_in_the_same_moment_do_not_both_go(database: Database) -> None:
    add(database, "ana")
    add(database, "bo")
    wishes = [act("ana", "agent"), act("bo", "agent")]
    futures = database.writer.put_all(changes._set_role, wishes)
    errors = [future.exception(30) for future in futures]
    assert [type(error) for error in errors] == [type(None), Conflict]


def test_who_is_switched_off_is_out_at_once_and_comes_in_no_more(database: Database) -> None:
    add(database, "ana")
    bo = add(database, "bo", "agent")
    token = accounts.open_session(database.writer, bo, START, HOUR)
    changes.disable(database.writer, act("bo"))
    with database.reading() as conn, pytest.raises(Unauthenticated):
        accounts.whose(conn, token, START)
    once = accounts.open_session(database.writer, bo, START, HOUR, "once")
    with pytest.raises(Unauthenticated):
        accounts.use_once(database.writer, once, START)
    with database.reading() as conn:
        assert verbs(conn)[-2:] == ["account.disabled", "login.link"]


def test_sessions_are_listed_with_browser_and_address_and_ended_one_or_all_others(database: Database) -> None:
    ana, bo = add(database, "ana"), add(database, "bo")
    kept = accounts.open_session(database.writer, ana, START, HOUR, source="192.0.2.1", browser="Lynx")
    accounts.open_session(database.writer, ana, START, HOUR)
    other = accounts.open_session(database.writer, bo, START, HOUR)
    with database.reading() as conn:
        mine = sessions.listing(conn, START, ana, kept)
        everybody = sessions.listing(conn, START, None, kept)
    assert len(mine) == 2
    assert len(everybody) == 3
    [here] = [one for one in mine if one.here]
    assert (here.browser, here.address) == ("Lynx", "192.0.2.1")
    foreign = next(one.id for one in everybody if one.name == "bo")
    with pytest.raises(NotFound):
        sessions.end(database.writer, sessions.End(START, ana, ana, id=foreign))
    assert sessions.end(database.writer, sessions.End(START, ana, ana, keep=kept)) == 1
    with database.reading() as conn:
        assert [one.here for one in sessions.listing(conn, START, ana, kept)] == [True]
        assert accounts.whose(conn, other, START).name == "bo"
        assert "session.ended" in verbs(conn)


def test_that_a_session_is_used_is_seen(database: Database) -> None:
    ana = add(database, "ana")
    token = accounts.open_session(database.writer, ana, START, HOUR)
    accounts.prolong(database.writer, token, START + 2 * HOUR, START + HOUR / 2, "192.0.2.7")
    database.writer.do(lambda conn, batch: [None] * len(batch), None)
    with database.reading() as conn:
        [one] = sessions.listing(conn, START + HOUR, ana, token)
        assert (one.used_at, one.address) == (START + HOUR / 2, "192.0.2.7")
        assert accounts.listing(conn)[0].seen_at == START + HOUR / 2
