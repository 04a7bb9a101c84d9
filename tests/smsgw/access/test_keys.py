"""API keys: shown once, found by their hash, limited by scopes, gone when revoked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from smsgw.access import keys
from smsgw.errors import BadInput, NotFound, Unauthenticated
from smsgw.store.database import Database
from smsgw.store.tables import api_key
from tests.smsgw.desk import START

CHOSEN = "a-secret-of-our-own-choosing"


def create(database: Database, name: str = "shop", secret: str | None = None, *scopes: str) -> tuple[str, str]:
    return keys.create(database.writer, keys.NewKey(name, scopes or ("messages:send",), START, secret))


def authenticate(database: Database, secret: str) -> keys.Client:
    with database.reading() as conn:
        return keys.authenticate(conn, secret)


def test_a_new_key_opens_the_door_with_its_scopes(database: Database) -> None:
    id, secret = create(database)
    client = authenticate(database, secret)
    assert (client.id, client.name) == (id, "shop")
    assert client.may("messages:send")
    assert not client.may("messages:read")


def test_the_secret_is_nowhere_in_the_store(database: Database) -> None:
    _, secret = create(database)
    with database.reading() as conn:
        row = conn.execute(select(api_key)).one()
    assert secret not in str(row)
    assert secret.startswith(row.hint)


@pytest.mark.parametrize(
    ("has", "wants", "may"),
    [
        ("admin:*", "messages:send", True),
        ("simulator:*", "simulator:read", True),
        ("messages:read", "messages:send", False),
        ("simulator:*", "messages:send", False),
    ],
)
def test_a_star_covers_its_scopes_and_admin_covers_all(has: str, wants: str, may: bool) -> None:
    assert keys.Client("k", "n", frozenset({has})).may(wants) is may


def test_a_key_may_have_both_scopes_of_messages_by_their_star(database: Database) -> None:
    _, secret = create(database, "shop", None, "messages:*")
    client = authenticate(database, secret)
    assert [client.may(scope) for scope in ("messages:send", "messages:read", "admin:*")] == [True, True, False]


def test_who_sees_messages_sees_the_links_but_not_the_other_way() -> None:
    assert keys.Client("k", "n", frozenset({"messages:read"})).may("links:read")
    assert not keys.Client("k", "n", frozenset({"messages:send"})).may("links:read")
    assert not keys.Client("k", "n", frozenset({"links:read"})).may("messages:read")


def test_the_same_key_made_twice_by_a_script_is_one_key(database: Database) -> None:
    first, _ = create(database, "one", CHOSEN)
    assert create(database, "one", CHOSEN) == (first, CHOSEN)
    keys.revoke(database.writer, "one", START)
    with pytest.raises(BadInput, match="another key has this secret"):
        create(database, "one", CHOSEN)


def test_a_chosen_secret_works_and_a_second_key_cannot_have_it(database: Database) -> None:
    create(database, "one", CHOSEN)
    assert authenticate(database, CHOSEN).name == "one"
    with pytest.raises(BadInput, match="another key has this secret"):
        create(database, "two", CHOSEN)


def test_every_mistake_in_a_new_key_is_told_at_once(database: Database) -> None:
    with pytest.raises(BadInput) as refused:
        create(database, " ", "short", "messages:sned")
    assert [fault.code for fault in refused.value.faults] == ["scope_unknown", "name_missing", "secret_short"]


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_revoked_key_is_refused_and_says_since_when(database: Database, by: str) -> None:
    id, secret = create(database)
    keys.revoke(database.writer, id if by == "id" else "shop", START)
    with pytest.raises(Unauthenticated, match="revoked on 2026-03-01"):
        authenticate(database, secret)
    with pytest.raises(NotFound):
        keys.revoke(database.writer, "shop", START)


def test_an_unknown_key_is_refused_with_the_command_that_makes_one(database: Database) -> None:
    with pytest.raises(Unauthenticated) as refused:
        authenticate(database, "smsgw_live_nothing")
    assert "smsgw key create" in refused.value.hint
