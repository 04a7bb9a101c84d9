"""A picture that is put beside a text is shown as it will be fitted, with what was done to it, before it is sent."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from smsgw.gateway import Gateway
from smsgw.store.tables import message
from tests.webadmin.message_pages import picture
from tests.webadmin.pages.conftest import Form, Visitor

ANA = "+38640111222"
Said = Callable[[str], str]
PHONES = {"name": "phones", "kind": "fake", "handsets": [ANA], "delay": 0.0, "receipt_delay": 0.0}


@pytest.fixture
def gateway(configured: Callable[..., Gateway]) -> Gateway:
    """A gateway whose link carries small MMS."""
    return configured(links=[PHONES | {"mms": True, "largest": 100_000}], media={"profile": "rich100"})


def photograph(width: int = 1000, height: int = 750) -> bytes:
    """A picture with so much in it that it has to be packed, and a word of its camera; less than half a megabyte, for
    of more the test client makes a file that it leaves open."""
    drawn = Image.effect_noise((width, height), 20).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=75, exif=exif)
    return out.getvalue()


def look(visitor: Visitor, page: str, form: str, path: str, octets: bytes, **typed: str) -> str:
    """What is answered to the script that asks when a file was chosen."""
    found = Form(visitor.page(page), form)
    data: dict[str, Any] = found.fields | typed | {"files": (io.BytesIO(octets), "a.jpg")}
    return visitor.client.post(path, data=data, content_type="multipart/form-data").text


def sent(visitor: Visitor) -> int:
    with visitor.gateway.database.reading() as conn:
        return int(conn.scalar(select(func.count()).select_from(message)) or 0)


def test_a_photograph_is_shown_smaller_with_its_size_and_what_was_done(admin: Visitor, said: Said) -> None:
    piece = look(admin, f"/inbox/{ANA}", "answer", f"/inbox/{ANA}/look", photograph())
    words = said(piece)
    assert "It goes as an MMS:" in words
    assert re.search(r"1000 × 750 , \d+ kB → becomes 640 × 480 , \d+ kB", words)
    assert "made smaller, without what the camera wrote into it" in words
    assert sent(admin) == 0
    shown = re.search(r'href="(/media/[0-9a-f]{64})"', piece)
    assert shown is not None
    fitted = admin.get(shown[1])
    with Image.open(io.BytesIO(fitted.data)) as opened:
        assert opened.size == (640, 480)
        assert not opened.getexif()
    assert len(fitted.data) < 100_000


def test_what_fits_is_not_made_smaller(admin: Visitor, said: Said) -> None:
    words = said(look(admin, "/messages", "quick", "/messages/look", picture(), to=ANA))
    assert "made smaller" not in words
    assert "It goes as an MMS:" in words


def test_before_a_number_is_there_it_says_what_is_missing(admin: Visitor, said: Said) -> None:
    words = said(look(admin, "/messages", "quick", "/messages/look", picture()))
    assert "when you have said to whom it goes" in words
    words = said(look(admin, "/messages", "quick", "/messages/look", picture(), to="abc"))
    assert "is not a number we can send to" in words


def test_what_cannot_be_sent_at_all_says_why(admin: Visitor, said: Said) -> None:
    words = said(look(admin, "/messages", "quick", "/messages/look", b"no picture", to=ANA))
    assert "→" not in words
    assert words


@pytest.mark.parametrize(("place", "form"), [("/messages", "quick"), (f"/inbox/{ANA}", "answer")])
def test_without_scripts_one_looks_first_and_the_files_stay(admin: Visitor, said: Said, place: str, form: str) -> None:
    found = Form(admin.page(place), form)
    data: dict[str, Any] = found.fields | {
        "to": ANA, "text": "Look at this", "look": "yes", "files": (io.BytesIO(photograph()), "a.jpg")
    }  # fmt: skip
    page = admin.client.post(found.action, data=data, content_type="multipart/form-data").text
    assert "It goes as an MMS:" in said(page)
    assert sent(admin) == 0
    again = Form(page, form)
    assert "Look at this" in "".join(re.findall(r"<textarea[^>]*>([^<]*)", page))
    assert re.fullmatch("[0-9a-f]{64}", again.fields["kept"])
    answer = admin.post(again.action, again.fields | {"to": ANA, "text": "Look at this"})
    assert answer.status_code == 303
    assert "640 × 480" in said(page)
    assert sent(admin) == 1


def test_where_no_mms_goes_the_link_to_a_page_is_told(
    configured: Callable[..., Gateway], said: Said, app_of: Callable[[Gateway], Visitor]
) -> None:
    visitor = app_of(configured(web={"listen": "127.0.0.1:0", "public_url": "https://sms.example.com"}))
    words = said(look(visitor, "/messages", "quick", "/messages/look", picture(), to=ANA))
    assert "It goes as a text with the link to a page that shows it: No link carries MMS to this number." in words


@pytest.fixture
def app_of() -> Callable[[Gateway], Visitor]:
    """Somebody logged in at another gateway."""
    from webadmin import create_app

    def make(gateway: Gateway) -> Visitor:
        visitor = Visitor(create_app(gateway))
        visitor.get(visitor.link())
        return visitor

    return make
