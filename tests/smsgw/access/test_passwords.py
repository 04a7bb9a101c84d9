"""A password is hashed in earnest, as a gateway does it; other tests have a cheap hash."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from smsgw.access import accounts
from smsgw.errors import Unauthenticated
from smsgw.store.database import Database
from smsgw.store.tables import account
from tests.smsgw.desk import START

PASSWORD = "correct horse battery"


def test_the_right_password_tells_who_it_is_and_is_not_in_the_store(database: Database) -> None:
    id = accounts.add(database.writer, "ana", "owner", PASSWORD, START)
    with database.reading() as conn:
        assert accounts.check_password(conn, "ana", PASSWORD) == accounts.Person(id, "ana", "owner")
        kept = conn.execute(select(account)).one()
        assert PASSWORD not in str(kept)
        assert "$argon2id$v=19$m=65536,t=3,p=4$" in str(kept), "cheap to try many"
        with pytest.raises(Unauthenticated):
            accounts.check_password(conn, "ana", PASSWORD.upper())
