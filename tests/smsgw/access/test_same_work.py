"""Whether a name or a key is known cannot be told from the work that refuses it: the steps are the same ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from smsgw.access import accounts, keys, smpp_clients
from smsgw.errors import Unauthenticated
from smsgw.store.database import Database
from tests.smsgw.access.same_work import steps
from tests.smsgw.desk import START

PASSWORD = "a long password of Ana"


def _refused(database: Database, check: Callable[..., Any], *given: str) -> list[str]:
    def ask(conn: Connection) -> None:
        with pytest.raises(Unauthenticated):
            check(conn, *given)

    with database.reading() as conn:
        return steps(lambda: ask(conn))


def test_a_wrong_secret_of_a_known_key_is_refused_by_the_same_steps_as_any_other(database: Database) -> None:
    _, secret = keys.create(database.writer, keys.NewKey("shop", ["messages:send"], START))
    told = [
        _refused(database, keys.authenticate, wrong)
        for wrong in ("warm", secret[:-1] + ("a" if secret[-1] != "a" else "b"), "smsgw_live_of-nobody-at-all")
    ]
    assert told[1] == told[2]
    assert told[1].count("compare_digest") == told[1].count("openssl_sha256") == 1


def test_a_wrong_password_of_a_known_system_id_is_refused_by_the_same_steps_as_any_other(database: Database) -> None:
    _, secret = keys.create(database.writer, keys.NewKey("shop", ["messages:send"], START))
    system_id, password = smpp_clients.create(database.writer, "shop", smpp_clients.Terms())
    asked = [("warm", "x"), (system_id, "wrong"), ("nobody", "wrong"), ("shop", "wrong"), ("nobody", password),
             ("nobody", secret), (system_id, secret)]  # fmt: skip
    told = [_refused(database, smpp_clients.authenticate, *one) for one in asked]
    assert [one == told[1] for one in told[2:]] == [True] * 5
    assert (told[1].count("argon2_verify"), told[1].count("compare_digest")) == (1, 1)


def test_a_wrong_password_of_a_known_name_is_refused_by_the_same_steps_as_any_other(database: Database) -> None:
    accounts.add(database.writer, "Ana", "owner", PASSWORD, START)
    accounts.add(database.writer, "Bor", "agent", None, START)  # has no password yet
    told = [
        _refused(database, accounts.check_password, name, "not her password")
        for name in ("warm", "Ana", "Bor", "nobody")
    ]
    assert told[1] == told[2] == told[3]
    assert told[1].count("argon2_verify") == 1
