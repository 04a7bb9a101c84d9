"""Media fit once for each way of fitting, share the room of a message fairly, and say why when they cannot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsgw.errors import NotFound
from smsgw.media import building, contents, film, smil, store
from smsgw.media.adapt import Fitted, Unfit, picture
from smsgw.media.contents import Contents, Slide
from smsgw.media.fitting import Fitting, shares
from smsgw.media.profiles import PROFILES, fitting, smaller
from smsgw.media.store import Medium
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.media.test_adapt import photograph

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
STD = PROFILES["std300"]


class Fitter:
    """Fits pictures in this process, and counts them."""

    def __init__(self) -> None:
        self.count = 0
        self.lock = threading.Lock()

    def __call__(self, octets: bytes, most: int, width: int, height: int) -> Fitted:
        with self.lock:
            self.count += 1
        return picture(octets, most, width, height)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


def put(database: Database, octets: bytes) -> Medium:
    return database.writer.do(store.take, store.as_it_came(octets, NOW))


def test_a_picture_is_fitted_once_also_by_others_and_after_a_restart(database: Database) -> None:
    source, fitter = put(database, photograph(800, 600)), Fitter()
    first = Fitting(database, fitter)
    found: list[Medium] = []
    threads = [
        threading.Thread(target=lambda: found.append(first.one(source, 60_000, STD, NOW))) for _ in range(4)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Fitting(database, fitter).one(source, 60_000, STD, NOW)
    assert fitter.count == 1
    assert {one.sha256 for one in found} == {again.sha256}
    assert again.size <= 60_000
    first.one(source, 30_000, STD, NOW)
    assert fitter.count == 2


def test_what_cannot_be_fitted_is_known_and_not_tried_again(database: Database) -> None:
    source, fitter = put(database, b"\xff\xd8\xff" + b"no picture" * 50), Fitter()
    for fitted in (Fitting(database, fitter), Fitting(database, fitter)):
        with pytest.raises(Unfit, match="cannot be read"):
            fitted.one(source, 60_000, STD, NOW)
    assert fitter.count == 1


def test_octets_that_are_gone_are_told(database: Database) -> None:
    gone = Medium("f" * 64, "image/jpeg", 10)
    with pytest.raises(NotFound):
        Fitting(database, Fitter()).one(gone, 60_000, STD, NOW)


@pytest.mark.parametrize(
    ("media_type", "size", "profile", "says"),
    [
        ("video/mp4", 10_000_000, "std300", "ffmpeg is not installed"),
        ("video/webm", 10_000, "std300", "ffmpeg is not installed"),
        ("audio/wav", 10_000, "std300", "ffmpeg is not installed"),
        ("video/mp4", 1000, "basic", "takes no video"),
        ("application/pdf", 300_000, "std300", "does not fit"),
        ("video/mp4", 100_000, "std300", None),
        ("audio/amr", 100_000, "std300", None),
        ("application/pdf", 100_000, "std300", None),
    ],
)
def test_without_ffmpeg_what_fits_goes_as_it_is_and_the_rest_is_refused_clearly(
    database: Database, monkeypatch: pytest.MonkeyPatch, media_type: str, size: int, profile: str, says: str | None
) -> None:
    monkeypatch.setenv("PATH", "")
    octets = {"video/mp4": b"\0\0\0\x18ftypisom", "audio/amr": b"#!AMR\n", "video/webm": b"\x1a\x45\xdf\xa3"}
    kept = put(database, octets.get(media_type, b"%PDF-1") + b"x" * 20)
    medium = Medium(kept.sha256, media_type, size)
    fitted = Fitting(database, Fitter())
    if says is None:
        assert fitted.one(medium, 200_000, PROFILES[profile], NOW).sha256 == kept.sha256
    else:
        with pytest.raises(Unfit, match=says):
            fitted.one(medium, 200_000, PROFILES[profile], NOW)


def test_film_is_looked_for_where_programs_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert not film.installed("ffmpeg")


def test_small_media_leave_their_room_to_large_ones() -> None:
    small, large = Medium("a", "image/jpeg", 10_000), Medium("b", "image/jpeg", 5_000_000)
    paper, third = Medium("c", "application/pdf", 50_000), Medium("d", "image/png", 9_000_000)
    found = shares([large, small, paper, third], 280_000)
    assert found["c"] == 50_000
    assert 10_000 < found["a"] < 20_000
    assert found["b"] == found["d"] > 100_000
    assert sum(found.values()) <= 280_000


def test_profiles_are_chosen_by_what_is_least() -> None:
    assert smaller("std300", "rich100").name == "rich100"
    assert smaller("std300", "large1m").name == "std300"
    assert smaller("std300", "no such").name == "std300"
    assert (fitting(650_000).name, fitting(50_000).name, fitting(10).name) == ("std600", "basic", "basic")


def test_a_name_that_is_longer_by_a_letter_asks_for_no_other_picture() -> None:
    told = [Contents((Slide(f"Dear {name}, our new season", "f" * 64),)) for name in ("Al", "Bartholomew", "Ana")]
    assert len({building.overhead(one) for one in told}) == 1


def test_slides_are_written_as_phones_write_them() -> None:
    shown = [smil.Shown(5, "picture-1.jpg", text="text-1.txt", sound="sound-2.amr"), smil.Shown(2.5, 'a"&<.mp4', True)]
    written = smil.written(shown).decode()
    assert written.startswith('<smil><head><layout><root-layout width="320" height="240"/><region id="Image"')
    assert (
        '<par dur="5000ms"><img src="picture-1.jpg" region="Image"/><audio src="sound-2.amr"/>'
        '<text src="text-1.txt" region="Text"/></par>' in written
    )
    assert '<par dur="2500ms"><video src=\'a"&amp;&lt;.mp4\' region="Image"/></par>' in written


def test_files_have_names_that_phones_take_and_each_its_own() -> None:
    told = contents.told(
        [{"text": "a", "medium": "p1"}, {"medium": "p2"}],
        [{"medium": name, "name": name} for name in ("cenik.pdf", "cénik 2026.pdf", "text-1.txt", "slides.smil")],
    )
    fitted = {id: Medium(id, "application/pdf" if "p" not in id[:1] else "image/jpeg", 1) for id in told.media}
    rows = building.media_rows(told, fitted, "msg_1", "mms")
    names = [row["name"] for row in rows]
    assert names == ["picture-1.jpg", "picture-2.jpg", "cenik.pdf", "file-4.pdf", "file-5.pdf", "file-6.pdf"]
    assert building.media_rows(told, fitted, "msg_1", "mail")[3]["name"] == "cénik 2026.pdf"
