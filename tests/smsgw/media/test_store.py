"""Media are kept once, by what they are, and let go of when nothing needs them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import insert, select

from smsgw.errors import BadInput, NotFound
from smsgw.media import store
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import inbound, inbound_medium, medium

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield database
    database.close()


def picture(colour: str = "red", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def put(database: Database, octets: bytes, at: datetime = NOW) -> store.Medium:
    return database.writer.do(store.take, store.examined(octets, at))


def test_the_same_octets_are_kept_once_and_come_back_as_they_were(database: Database) -> None:
    first, second = put(database, picture()), put(database, picture(), NOW + timedelta(days=1))
    assert first == second
    assert (first.media_type, first.width, first.height, first.family) == ("image/jpeg", 40, 30, "picture")
    with database.reading() as conn:
        assert store.octets_of(conn, [first.sha256]) == {first.sha256: picture()}
        assert conn.execute(select(medium.c.used_at)).scalars().all() == [NOW + timedelta(days=1)]


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "media_empty"),
        (b"<svg onload=alert(1)>", "media_type_unknown"),
        (b"MZ\x90\0\x03\0\0\0", "media_type_unknown"),
        (b"hello" * 100, "media_too_large"),
    ],
)
def test_what_we_do_not_pass_on_is_refused_with_a_reason(octets: bytes, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        store.examined(octets, NOW, "/slides/0/picture", most=400)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/slides/0/picture", code)]


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    with pytest.raises(BadInput, match="400000000 pixels"):
        store.examined(out.getvalue(), NOW)


def test_what_came_in_is_kept_whatever_it_is() -> None:
    given = store.as_it_came(b"MZ\x90\0\x03", NOW)
    assert (given.medium.media_type, given.medium.family) == ("application/octet-stream", "other")


def test_what_nothing_carries_is_let_go_of_after_its_time(database: Database) -> None:
    old, new = put(database, picture("red")), put(database, picture("blue"), NOW + timedelta(days=6))
    later = NOW + timedelta(days=8)
    assert database.writer.do(store.purge, (NOW, later)) == 1
    with database.reading() as conn:
        assert store.get(conn, new.sha256) == new
        with pytest.raises(NotFound):
            store.get(conn, old.sha256)
    assert database.writer.do(store.purge, (NOW, later)) == 0


def test_what_came_in_is_kept_until_it_is_old_and_may_then_come_back(database: Database) -> None:
    kept = put(database, picture())
    with database.exclusive() as conn:
        conn.execute(insert(inbound).values(
            id="in_1", state="received", why="", link="l", reference="r", sender="+38641000001", text="", kind="mms",
            parts=1, missing=0, received_at=NOW,
        ))  # fmt: skip
        conn.execute(insert(inbound_medium).values(
            inbound_id="in_1", position=1, sha256=kept.sha256, media_type="image/jpeg", name="", content_id="",
        ))  # fmt: skip
    later = NOW + timedelta(days=100)
    assert database.writer.do(store.purge, (NOW - timedelta(days=1), later)) == 0
    assert database.writer.do(store.purge, (NOW + timedelta(days=1), later)) == 1
    with database.reading() as conn:
        assert store.octets_of(conn, [kept.sha256]) == {}
        assert conn.scalar(select(medium.c.purged_at)) == later  # the row stays: what came in had a picture
    assert put(database, picture(), later) == kept
    with database.reading() as conn:
        assert store.octets_of(conn, [kept.sha256]) == {kept.sha256: picture()}
