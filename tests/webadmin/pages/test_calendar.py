"""The calendar: a month or a week, Jalali in Persian, shaded where nobody is there; a campaign is moved by a form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from smsgw.campaigns import life, writing
from tests.webadmin.pages.conftest import Visitor
from webadmin import create_app

BUSINESS = {"zone": "Europe/Ljubljana", "hours": ["Mo-Fr 08:00-16:00"], "country": "SI"}


@pytest.fixture
def shop(configured: Callable[..., Any]) -> Visitor:
    """The admin of a shop in Slovenia, with a campaign that has a time and one that has none."""
    gateway = configured(business=BUSINESS)
    visitor = Visitor(create_app(gateway))
    visitor.get(visitor.link())
    for name in ("School", "Later"):
        wish = writing.Wish(
            name=name, audience={"numbers": ["+38640111222"]}, by="ana", now=gateway.clock(), texts={"sl": "Novo"},
            purpose="service", language="sl", links=("phones",), region="SI",
        )  # fmt: skip
        id = writing.create(gateway.database, wish)
        gateway.campaigns.estimate(id, "ana", gateway.clock())
        life.approve(gateway.database.writer, life.Approval(id, "ana", gateway.clock()))
        if name == "School":
            at = datetime(2027, 1, 13, 8, tzinfo=UTC)
            life.schedule(gateway.database.writer, life.When(id, "ana", gateway.clock(), at))
    return visitor


def cell(page: str, day: str) -> str:
    return re.findall(rf'<td(?:(?!<td).)*?datetime="{day}".*?</td>', page, re.DOTALL)[0]


def test_a_month_has_whole_weeks_and_shades_days_on_which_nobody_is_there(shop: Visitor, said: Any) -> None:
    page = shop.page("/calendar?day=2027-01-13")
    assert "January 2027" in said(page)
    assert page.count("<td") == 35
    assert "shut" not in cell(page, "2027-01-13")
    assert "9:00 AM Campaign School" in said(cell(page, "2027-01-13")).replace("\u202f", " ")
    assert "shut" in cell(page, "2027-01-16")
    assert "holiday" in cell(page, "2027-01-01")
    assert "outside" in cell(page, "2026-12-31")
    week = said(shop.page("/calendar?view=week&day=2027-01-13"))
    assert "Offers arrive 08:00–20:00" in week


def test_in_persian_a_month_is_one_of_the_jalali_calendar(shop: Visitor) -> None:
    page = shop.get("/calendar?day=2027-01-13", Accept_Language="fa").text
    assert "دی ۱۴۰۵" in page
    assert "<b>۲۳</b>" in cell(page, "2027-01-13")
    assert "outside" in cell(page, "2027-01-21")
    assert page.index('datetime="2027-01-16"') > page.index('datetime="2027-01-15"')
    [first] = re.findall(r'id="week-([0-9-]+)"', page)[:1]
    assert datetime.fromisoformat(first).weekday() == 5  # Saturday


def test_a_campaign_is_given_a_time_and_another_one_by_a_form(shop: Visitor, said: Any) -> None:
    page = shop.page("/calendar?day=2027-01-13")
    ids = dict(re.findall(r'<option value="(cam_\w+)">(\w+)', page))
    late, school = (next(id for id, name in ids.items() if name == wanted) for wanted in ("Later", "School"))
    for id, at in ((school, "2027-01-15T10:00"), (late, "2027-01-14T09:30")):
        moved = shop.send("/calendar?day=2027-01-13", "move", campaign=id, at=at)
        assert (moved.status_code, moved.location) == (303, f"/calendar?view=month&day={at[:10]}")
    page = shop.page("/calendar?day=2027-01-13")
    assert "School" in cell(page, "2027-01-15")
    assert "School" not in cell(page, "2027-01-13")
    assert "Later" in cell(page, "2027-01-14")
    past = shop.send("/calendar?day=2027-01-13", "move", campaign=late, at="2020-01-01T10:00")
    assert (past.status_code, "a time ahead only" in said(past.text)) == (422, True)
