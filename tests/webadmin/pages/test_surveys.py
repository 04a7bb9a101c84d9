"""Surveys on their page: drafted with everything that is wrong told at once, started with people, and ended."""

from __future__ import annotations

import re
from typing import Any

import pytest

from smsgw.inbound.surveys import surveys
from tests.webadmin.pages.conftest import Visitor
from webadmin.pages.surveys_form import by_language

DRAFT = {
    "name": "How was it", "closes_at": "2027-12-01T18:00", "remind": "24", "thanks": "sl: Hvala",
    "kind": ["scale", "choice", "free"], "text": ["sl: Kako?\nen: How?", "sl: Zakaj?\nen: Why?", ""],
    "low": ["1", "1", "1"], "high": ["5", "5", "5"], "leads": ["4-5: 0", "", ""],
    "labels": ["", "sl: cena | en: price\nsl: kakovost | en: quality", ""],
}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Kako je bilo?", {"sl": "Kako je bilo?"}),
        ("sl: Kako?\nen: How?\nReally", {"sl": "Kako?", "en": "How? Really"}),
        ("sl: cena | en: price", {"sl": "cena", "en": "price"}),
        ("From 1 to 5: how was it?", {"sl": "From 1 to 5: how was it?"}),
        (" \n", {}),
    ],
)
def test_words_are_read_by_language(written: str, told: dict[str, str]) -> None:
    assert by_language(written, "sl") == told


def post(visitor: Visitor, **more: Any) -> Any:
    token = re.findall(r'name="csrf_token" value="([^"]*)"', visitor.page("/surveys/new"))[0]
    return visitor.post("/surveys/new", DRAFT | {"csrf_token": token} | more)


def test_a_survey_is_drafted_started_and_ended(admin: Visitor, said: Any) -> None:
    room = post(admin, more="yes")
    assert (room.status_code, room.text.count("<fieldset")) == (200, 3)
    made = post(admin)
    assert made.status_code == 303, said(made.text)
    id = str(made.location).rpartition("/")[2]
    with admin.gateway.database.reading() as conn:
        row, asked = surveys.require(conn, id), surveys.questions(conn, id)
    assert (row.remind_after, row.thanks) == (86400, {"sl": "Hvala"})
    assert [(one.kind, one.low, one.high) for one in asked] == [("scale", 1, 5), ("choice", None, None)]
    assert asked[0].branches == [{"low": 4, "high": 5, "next": 0}]
    assert asked[1].labels == [{"sl": "cena", "en": "price"}, {"sl": "kakovost", "en": "quality"}]
    nobody = admin.send(made.location, "start", numbers="")
    assert (nobody.status_code, "Say who is to be asked." in said(nobody.text)) == (422, True)
    assert admin.send(made.location, "start", numbers="040 111 222".replace(" ", "")).status_code == 303
    assert "will be asked 1" in said(admin.page(made.location))
    assert admin.send(made.location, "end").status_code == 303


def test_everything_that_is_wrong_is_told_and_what_was_typed_stays(admin: Visitor, said: Any) -> None:
    wrong = post(admin, closes_at="", remind="soon", leads=["x", "", ""])
    assert wrong.status_code == 422
    assert "3 things must be put right" in said(wrong.text)
    assert "sl: Kako?" in wrong.text
