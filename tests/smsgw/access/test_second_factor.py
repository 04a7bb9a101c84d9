"""Codes of an authenticator: proved once, taken once, and never without the secret."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from smsgw.access import accounts, accounts_changes, second_factor
from smsgw.access.second_factor import STEP, Given
from smsgw.errors import BadInput, Conflict, Unauthenticated
from smsgw.store.database import Database
from smsgw.store.tables import account
from tests.smsgw.desk import START


class Phone:
    """Somebody's account and authenticator."""

    def __init__(self, database: Database) -> None:
        self.writer = database.writer
        self.id = accounts.add(self.writer, "ana", "owner", None, START)
        self.secret = second_factor.begin(self.writer, self.id)

    def given(self, seconds: int = 0, code: str | None = None) -> Given:
        at = START + timedelta(seconds=seconds)
        return Given(self.id, code or pyotp.TOTP(self.secret).at(at), at, "192.0.2.1")


@pytest.fixture
def phone(database: Database) -> Phone:
    """With a secret that is not proved yet."""
    return Phone(database)


def test_a_secret_counts_when_it_is_proved_and_is_the_same_until_then(phone: Phone, database: Database) -> None:
    assert second_factor.begin(phone.writer, phone.id) == phone.secret
    with pytest.raises(BadInput, match="this code is wrong"):
        second_factor.confirm(phone.writer, phone.given(code="000000"))
    with pytest.raises(Unauthenticated):  # not proved
        second_factor.check(phone.writer, phone.given())
    assert len(set(second_factor.confirm(phone.writer, phone.given()))) == second_factor.RECOVERY
    with pytest.raises(Conflict):
        second_factor.begin(phone.writer, phone.id)
    with database.reading() as conn:
        assert accounts.listing(conn)[0].totp_since == START


def test_a_code_is_taken_once_and_no_older_one_after_it(phone: Phone) -> None:
    second_factor.confirm(phone.writer, phone.given())
    for seconds in (0, -STEP):  # the one that proved it is used too
        with pytest.raises(Unauthenticated, match="used already"):
            second_factor.check(phone.writer, phone.given(seconds))
    second_factor.check(phone.writer, phone.given(STEP))
    with pytest.raises(Unauthenticated):
        second_factor.check(phone.writer, phone.given(STEP))


def test_the_same_code_twice_in_the_same_moment_is_taken_once(phone: Phone) -> None:
    second_factor.confirm(phone.writer, phone.given())
    given = phone.given(STEP)
    errors = [future.exception(30) for future in phone.writer.put_all(second_factor._check, [given, given])]
    assert [type(error) for error in errors] == [type(None), Unauthenticated]


def test_a_clock_may_be_a_step_off_and_no_more(phone: Phone) -> None:
    second_factor.confirm(phone.writer, phone.given())
    code = phone.given(300).code
    now = START + timedelta(seconds=300)
    with pytest.raises(Unauthenticated):
        second_factor.check(phone.writer, Given(phone.id, code, now + timedelta(seconds=2 * STEP)))
    second_factor.check(phone.writer, Given(phone.id, f" {code[:3]} {code[3:]}", now + timedelta(seconds=STEP)))


def test_a_recovery_code_works_once_and_is_not_in_the_store(phone: Phone, database: Database) -> None:
    codes = second_factor.confirm(phone.writer, phone.given())
    with database.reading() as conn:
        assert codes[0] not in str(conn.execute(select(account)).all())
    second_factor.check(phone.writer, phone.given(code=codes[0].upper().replace("-", " ")))
    with pytest.raises(Unauthenticated):
        second_factor.check(phone.writer, phone.given(code=codes[0]))
    with database.reading() as conn:
        assert second_factor.recovery_left(conn, phone.id) == second_factor.RECOVERY - 1
    fresh = second_factor.renew(phone.writer, phone.given(code=codes[1]))
    with pytest.raises(Unauthenticated):
        second_factor.check(phone.writer, phone.given(code=codes[2]))
    second_factor.check(phone.writer, phone.given(code=fresh[0]))


def test_it_is_taken_away_with_a_code_or_by_the_owner(phone: Phone, database: Database) -> None:
    second_factor.confirm(phone.writer, phone.given())
    with pytest.raises(Unauthenticated):
        second_factor.remove(phone.writer, phone.given(code="000000"))
    second_factor.remove(phone.writer, phone.given(STEP))
    phone.secret = second_factor.begin(phone.writer, phone.id)
    second_factor.confirm(phone.writer, phone.given(60))
    accounts_changes.reset_factor(phone.writer, accounts_changes.Act("ana", START, "bo"))
    with database.reading() as conn:
        assert accounts.listing(conn)[0].totp_since is None
