"""What is known of a phone follows from what was heard of it, for half a year, and a person has the last word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smsgw.errors import BadInput
from smsgw.media import capability
from smsgw.media.capability import Says, Sign
from smsgw.store import schema
from smsgw.store.database import Database

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TO = "+38641000001"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


def heard(database: Database, *signs: str, after: timedelta = timedelta(), **more: Any) -> str:
    """What is known after these signs, each of a message and a content of its own."""
    at = NOW + after
    for number, says in enumerate(signs):
        at += timedelta(seconds=1)
        values = {"message_id": f"msg_{number}", "content": f"c{number}"} | more
        database.writer.do(capability.hear, Sign(TO, Says(says), "mmsc", at, **values))
    with database.reading() as conn:
        return capability.of(conn, TO, at).state


def test_every_sign_has_its_effect(database: Database) -> None:
    rows = {
        ("retrieved",): "yes", ("inbound",): "yes", ("unrecognised",): "no", ("not_supported",): "no",
        ("rejected",): "unknown", ("rejected", "rejected"): "no", ("expired",): "unknown",
        ("expired", "expired"): "no", ("expired", "retrieved", "expired"): "yes",
        ("rejected", "retrieved", "rejected"): "yes", ("unreachable", "unreachable"): "unknown",
        ("silent", "silent"): "unknown", ("opened",): "unknown", ("unrecognised", "retrieved"): "yes",
        ("retrieved", "unrecognised"): "no", ("profile",): "unknown",
    }  # fmt: skip
    for signs, state in rows.items():
        database.writer.do(capability.forget, TO)
        assert heard(database, *signs) == state, signs


def test_the_same_told_twice_counts_once(database: Database) -> None:
    assert heard(database, "expired", "expired", message_id="msg_1") == "unknown"
    assert heard(database, "rejected", "rejected", content="c1") == "unknown"


def test_it_ends_after_half_a_year(database: Database) -> None:
    heard(database, "unrecognised")
    with database.reading() as conn:
        assert capability.of(conn, TO, NOW + timedelta(days=179)).state == "no"
        assert capability.of(conn, TO, NOW + timedelta(days=181)).state == "unknown"


def test_what_a_person_says_stands_until_they_take_it_back(database: Database) -> None:
    heard(database, "retrieved")
    database.writer.do(capability.hear, capability.set_by_hand(TO, "blocked", "ana", NOW, "asked us to"))
    assert heard(database, "retrieved", "inbound") == "blocked"
    assert heard(database, "import", state="yes") == "blocked"
    with database.reading() as conn:
        known = capability.of(conn, TO, NOW + timedelta(days=3650))
        assert (known.state, known.why, known.by_admin) == ("blocked", "asked us to", True)
    database.writer.do(capability.hear, capability.set_by_hand(TO, "unknown", "ana", NOW))
    assert heard(database, "retrieved") == "yes"
    with pytest.raises(BadInput):
        capability.set_by_hand(TO, "perhaps", "ana", NOW)


def test_a_phone_that_tells_how_much_it_takes_is_believed(database: Database) -> None:
    heard(database, "retrieved")
    database.writer.do(capability.hear, Sign(TO, Says.PROFILE, "mmsc", NOW, profile="rich100"))
    with database.reading() as conn:
        known = capability.of(conn, TO, NOW)
    assert (known.state, known.profile) == ("yes", "rich100")


def test_every_sign_is_kept_with_what_it_led_to(database: Database) -> None:
    heard(database, "silent", "expired", "unrecognised")
    with database.reading() as conn:
        told = [(row.sign, row.effect, row.source) for row in capability.signs(conn, TO)]
    assert told == [("unrecognised", "no", "mmsc"), ("expired", None, "mmsc"), ("silent", None, "mmsc")]


@pytest.mark.parametrize(
    ("state", "error", "says"),
    [
        ("delivered", None, "retrieved"), ("undeliverable", "Unrecognised", "unrecognised"),
        ("undeliverable", "Unrecognized", "unrecognised"), ("undeliverable", "NotSupported", "not_supported"),
        ("undeliverable", "Not-Supported", "not_supported"), ("undeliverable", "Unreachable", "unreachable"),
        ("expired", None, "expired"), ("rejected", None, "rejected"), ("unknown", "Indeterminate", None),
        ("undeliverable", "2002", None),
    ],
)  # fmt: skip
def test_receipts_tell_of_phones(state: str, error: str | None, says: str | None) -> None:
    assert capability.sign_of_receipt(state, error, None) == says
