"""Pictures in a campaign: given in the form, kept beside those of other languages, drawn on phones before it goes."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.customers import customers
from smsgw.gateway import Gateway
from smsgw.media import store
from smsgw.store.tables import campaign
from tests.webadmin.message_pages import picture
from tests.webadmin.pages.conftest import Form, Visitor
from webadmin import create_app

JPEG, OTHER = picture(300, 200), picture(200, 300)
ID, OTHER_ID = (hashlib.sha256(one).hexdigest() for one in (JPEG, OTHER))
BASICS = {
    "name": "Zvezki", "numbers": "+38640111222\n+989121234567", "purpose": "transactional",
    "language_0": "sl", "text_0": "Novi zvezki!", "language_1": "fa", "text_1": "دفترهای تازه",
}  # fmt: skip


@pytest.fixture
def gateway(configured: Any) -> Gateway:
    made: Gateway = configured(pages={"url": "https://m.example.com"}, gate={"countries": ["SI", "IR"]})
    return made


@pytest.fixture
def admin(gateway: Gateway) -> Visitor:
    visitor = Visitor(create_app(gateway))
    visitor.get(visitor.link())
    return visitor


def send(visitor: Visitor, path: str, **typed: Any) -> Any:
    found = Form(visitor.page(path), "campaign")
    kept = {name: value for name, value in found.fields.items() if "gone" not in name}  # boxes that nobody ticked
    return visitor.client.post(found.action, data={**kept, **typed}, headers={"Accept": "text/html"})


def shown(gateway: Gateway) -> dict[str, Any]:
    with gateway.database.reading() as conn:
        terms = conn.scalar(select(campaign.c.terms))
    return dict(terms["shown"]) if terms and terms.get("shown") else {}


def test_a_picture_is_given_with_the_text_and_drawn_on_a_phone(admin: Visitor, gateway: Gateway) -> None:
    for number, language in (("+38640111222", "sl"), ("+989121234567", "fa")):
        told = {"addresses": [number], "language": language}
        customers.create(gateway.database.writer, customers.Wish(told, "t", gateway.clock(), "SI"))
    made = send(
        admin, "/campaigns/new", **BASICS, slide_file_0=(io.BytesIO(JPEG), "a.jpg"), shown_subject="Novo",
        slide_seconds_0="4,5", shown_policy="link-first",
    )  # fmt: skip
    assert made.status_code == 303
    told = shown(gateway)
    assert told["subject"] == {"sl": "Novo"}
    assert told["slides"] == [{"text": {}, "medium": {"sl": ID}, "sound": {}, "seconds": 4.5}]
    page = admin.page(made.headers["Location"])
    assert page.count('class="drawn"') == 2
    assert f'src="/media/{ID}/small"' in page
    assert 'class="drawn" lang="fa" dir="rtl"' in page
    assert 'class="drawn" lang="sl" dir="ltr"' in page


def test_what_the_form_does_not_show_stays(admin: Visitor, gateway: Gateway) -> None:
    place = send(admin, "/campaigns/new", **BASICS, slide_file_0=(io.BytesIO(JPEG), "a.jpg")).headers["Location"]
    gateway.database.writer.do(store.take, store.examined(OTHER, gateway.clock()))
    told = shown(gateway)
    told["slides"][0]["medium"]["fa"] = OTHER_ID

    def act(conn: Any, batch: list[None]) -> list[None]:
        conn.execute(campaign.update().values(terms={"shown": told}))
        return batch

    gateway.database.writer.do(act, None)
    again = {**BASICS, "slide_text_1": "In še to", "slide_file_1": (io.BytesIO(OTHER), "b.jpg")}
    assert send(admin, f"{place}/edit", **again).status_code == 303
    first, second = shown(gateway)["slides"]
    assert first["medium"] == {"sl": ID, "fa": OTHER_ID}
    assert (second["text"], second["medium"]) == ({"sl": "In še to"}, {"sl": OTHER_ID})
    assert send(admin, f"{place}/edit", **BASICS, slide_gone_0="yes", slide_gone_1="yes").status_code == 303
    assert shown(gateway) == {}


def test_a_file_that_is_none_of_ours_is_told_and_the_rest_stays(admin: Visitor, gateway: Gateway) -> None:
    files = {"slide_file_0": (io.BytesIO(JPEG), "a.jpg"), "slide_tone_0": (io.BytesIO(b"MZ\x90\0"), "a.exe")}
    response = send(admin, "/campaigns/new", **BASICS, **files)
    assert response.status_code == 422
    assert "no picture, sound, video" in response.text
    assert f'name="slide_medium_0" value="{ID}"' in response.text
    assert "Novi zvezki!" in response.text
    assert shown(gateway) == {}


def test_a_campaign_without_pictures_stays_a_text(admin: Visitor, gateway: Gateway) -> None:
    assert send(admin, "/campaigns/new", **BASICS).status_code == 303
    assert shown(gateway) == {}
