"""The audit: what was done stands there with who and from where, in a chain that shows every change."""

from __future__ import annotations

import pickle
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from smsgw.access import accounts, audit, keys
from smsgw.access.audit import Line, Wanted, Who
from smsgw.customers.consent import changes
from smsgw.errors import BadInput
from smsgw.store import history
from smsgw.store.database import Database
from smsgw.store.tables import audit as lines
from smsgw.store.tables import history as moves
from tests.smsgw.desk import START


def write(database: Database, many: int) -> None:
    told = [Line(Who("key_1", "192.0.2.7"), "thing.done", f"thing {n} was done", START, "thing", f"t{n}")
            for n in range(1, many + 1)]  # fmt: skip
    for one in told:
        database.writer.do(audit.told, one)


def listed(database: Database, **wanted: object) -> list[tuple[str, str, str]]:
    with database.reading() as conn:
        return [(row.name, row.verb, row.says) for row in audit.listing(conn, Wanted(**wanted), 100)]  # type: ignore[arg-type]


def test_an_untouched_chain_is_whole_and_its_newest_seal_can_be_noted(database: Database) -> None:
    write(database, 3)
    noted = audit.verify(database).seal
    write(database, 2)
    verdict = audit.verify(database, noted)
    assert (verdict.lines, verdict.broken, verdict.found) == (5, None, True)
    assert audit.verify(database, "00" * 32).found is False


@pytest.mark.parametrize(
    ("spoil", "first", "why"),
    [
        (update(lines).where(lines.c.id == 3).values(says="nothing was done"), 3, "is not as it was written"),
        (
            update(lines).where(lines.c.id == 2).values(at=START + timedelta(microseconds=1)),
            2,
            "is not as it was written",
        ),
        (delete(lines).where(lines.c.id == 1), 1, "is missing"),
        (delete(lines).where(lines.c.id == 4), 4, "is missing"),
    ],
)
def test_the_first_line_that_was_changed_or_taken_away_is_named(
    database: Database, spoil: object, first: int, why: str
) -> None:
    write(database, 5)
    with database.exclusive() as conn:
        conn.execute(spoil)  # type: ignore[call-overload]
    verdict = audit.verify(database)
    assert (verdict.broken, verdict.lines) == (first, first - 1)
    assert verdict.why.startswith(f"line {first} {why}")


def test_a_line_that_was_put_in_is_found_even_with_a_seal_of_its_own(database: Database) -> None:
    write(database, 2)
    with database.exclusive() as conn:
        row = dict(conn.execute(select(lines).where(lines.c.id == 2)).mappings().one())
        forged = row | {"id": 3, "says": "never happened"}
        conn.execute(insert(lines).values(forged | {"seal": audit.sealed(audit.BEGINNING, forged)}))
    assert audit.verify(database).broken == 3


def test_lines_cut_off_at_the_end_are_found_by_a_seal_that_was_noted(database: Database) -> None:
    write(database, 3)
    noted = audit.verify(database).seal
    with database.exclusive() as conn:
        conn.execute(delete(lines).where(lines.c.id == 3))
    verdict = audit.verify(database, noted)
    assert (verdict.broken, verdict.found) == (None, False)


def test_a_line_is_undone_with_what_it_tells(database: Database) -> None:
    keys.create(database.writer, keys.NewKey("shop", ["messages:send"], START, "a-secret-of-our-own-choosing"))
    with pytest.raises(BadInput):
        keys.create(database.writer, keys.NewKey("other", ["messages:send"], START, "a-secret-of-our-own-choosing"))
    assert [verb for _, verb, _ in listed(database)] == ["key.created"]


def test_who_acted_is_told_by_name_and_from_where(database: Database) -> None:
    id, _ = keys.create(database.writer, keys.NewKey("shop", ["admin:*"], START))
    keys.revoke(database.writer, "shop", START, Who(id, "198.51.100.4"))
    with database.reading() as conn:
        newest = audit.listing(conn, Wanted(), 1)[0]
    assert (newest.who, newest.name, newest.source, newest.record_id) == (id, "shop", "198.51.100.4", id)
    assert listed(database, verb="key.*", who="cli") == [
        ("cli", "key.created", "the key 'shop' was made; it may admin:*")
    ]


def test_sessions_begin_and_end_in_the_audit(database: Database) -> None:
    ana = accounts.add(database.writer, "Ana", "owner", "long enough, this", START)
    token = accounts.open_session(database.writer, ana, START, timedelta(hours=1), source="192.0.2.1")
    accounts.set_password(database.writer, "Ana", "long enough too", START)
    accounts.end_session(database.writer, token, START, "192.0.2.1")  # the password ended it already
    verbs = [verb for _, verb, _ in listed(database)]
    assert verbs == ["account.password", "login", "account.created"]


def test_what_is_done_on_the_command_line_tells_who_sat_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "ana")
    audit._operator.cache_clear()
    keys.create(database.writer, keys.NewKey("shop", ["messages:send"], START))
    audit._operator.cache_clear()
    with database.reading() as conn:
        newest = audit.listing(conn, Wanted(), 1)[0]
    assert (newest.who, newest.source) == ("cli", "ana")


def test_a_who_goes_into_every_column_as_its_id(database: Database) -> None:
    who = Who("key_1", "192.0.2.7")

    def write(conn: Connection, batch: list[None]) -> list[None]:
        changes.changed(conn, "a rule", who, START)
        history.happened(conn, "customer", "created", ["cus_1"], "why", by=who, now=START)
        history.happened(conn, "customer", "created", ["cus_2", "cus_3"], "why", by=who, now=START)
        return [None] * len(batch)

    database.writer.do(write, None)
    with database.reading() as conn:
        assert changes.listing(conn, 1)[0].by == "key_1"
        assert set(conn.scalars(select(moves.c.by))) == {"key_1"}


def test_no_words_from_outside_make_a_line_fail(database: Database) -> None:
    database.writer.do(audit.told, Line("nobody", "login.failed", "a\x00b\ud800", START, "account", "n" * 500))
    assert audit.verify(database).lines == 1


def test_a_who_is_a_string_that_keeps_its_source_on_its_way() -> None:
    who = pickle.loads(pickle.dumps(Who("key_1", "192.0.2.7")))
    assert (who, who.source) == ("key_1", "192.0.2.7")
