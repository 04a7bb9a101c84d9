"""The page of a message gives out pictures that fit, films in pieces, and everything else as files."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from smsgw.gateway import Gateway
from tests.webadmin.message_pages import Phone, message_with, picture
from webadmin import create_app


@pytest.fixture
def app(gateway: Gateway) -> Any:
    return create_app(gateway)


def test_a_picture_fits_the_screen_and_its_original_is_a_file(running: Gateway, tmp_path: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright
    exif[0x010E] = "at home"
    original = picture(4000, 3000, exif=exif)
    _, page = message_with(running, [{"medium": original}])
    phone = Phone(create_app(running), page)
    phone.show()
    shown = phone.get("/1")
    fitted = Image.open(io.BytesIO(shown.data))
    assert fitted.size == (1080, 1440)
    assert not fitted.getexif()
    assert len(shown.data) <= 351_000
    assert shown.headers["Content-Disposition"] == 'inline; filename="picture-1.jpg"'
    saved = phone.get("/1/original")
    assert b"at home" in original
    assert b"at home" not in saved.data
    assert list(Image.open(io.BytesIO(saved.data)).getexif()) == [0x0112], "as it was held, and no word of where"
    assert Image.open(io.BytesIO(saved.data)).tobytes() == Image.open(io.BytesIO(original)).tobytes()
    assert saved.headers["Content-Disposition"] == 'attachment; filename="picture-1.jpg"'


def test_films_are_played_in_pieces(gateway: Gateway, app: Any) -> None:
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 40
    _, page = message_with(gateway, [{"medium": film, "sound": b"#!AMR\n" + bytes(100)}])
    phone = Phone(app, page)
    phone.show()
    piece = phone.get("/1", Range="bytes=0-99")
    assert (piece.status_code, piece.data) == (206, film[:100])
    assert piece.headers["Content-Range"] == f"bytes 0-99/{len(film)}"
    text = phone.get().text
    assert "<video controls" in text
    assert "<audio controls" in text
    assert phone.get("/2").mimetype == "audio/amr"


def test_what_is_no_picture_sound_or_film_is_only_a_file(gateway: Gateway, app: Any) -> None:
    _, page = message_with(
        gateway, [{"text": "the list"}], attached=[b"%PDF-1.4 list", b"<html><script>alert(1)</script>"]
    )
    phone = Phone(app, page)
    phone.show()
    for place, kind in (("/1", "application/pdf"), ("/2", "application/octet-stream")):
        answer = phone.get(place)
        assert answer.mimetype == kind
        assert answer.headers["Content-Disposition"].startswith("attachment;")
