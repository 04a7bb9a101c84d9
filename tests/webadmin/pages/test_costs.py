"""Costs and rates for people: a report to walk into and take away, budgets, plans, a price list before it counts."""

from __future__ import annotations

import io
from collections.abc import Callable
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from smsgw.outbound.submit import Asked
from tests.webadmin.pages.conftest import Form, Visitor

Said = Callable[[str], str]


@pytest.fixture
def link(admin: Visitor) -> str:
    """The name of the simulated link, with a price for Slovenia and a text that went out."""
    name = next(iter(admin.gateway.network.links))
    told = {"link": name, "prefix": "+386", "amount": "0.05", "currency": "EUR", "valid_from": "2026-01-01"}
    assert admin.send("/rates", "rate", **told).status_code == 303
    return name


def test_a_price_is_said_and_shown(admin: Visitor, said: Said, link: str) -> None:
    page = said(admin.page("/rates"))
    assert "0.05 EUR" in page
    wrong = admin.send("/rates", "rate", link=link, prefix="+386", amount="much", currency="EUR")
    assert wrong.status_code == 422
    assert "must be an amount" in said(wrong.text)


def test_a_price_is_shown_with_the_day_of_its_own_zone_and_all_that_it_says(
    admin: Visitor, said: Said, link: str
) -> None:
    admin.gateway.till.zones[link] = ZoneInfo("Europe/Ljubljana")  # there the day begins when it is 23:00 in UTC
    told = {"amount": "0.07", "currency": "EUR", "failed": "0.01", "minimum": "0.02", "round_up_to": "0.03"}
    admin.send("/rates", "rate", link=link, prefix="+43", valid_from="2026-02-01", **told)
    page = said(admin.page("/rates"))
    assert "2026-02-01" in page
    assert "2026-01-31" not in page
    assert "what did not arrive costs 0.01; at least 0.02 a message; rounded up to multiples of 0.03" in page


def test_a_budget_for_nobody_is_told_on_the_page(admin: Visitor, said: Said) -> None:
    answer = admin.send("/costs", "budget", name="Shop", ceiling="1", scope="customer", subject="nobody")
    assert answer.status_code == 422
    assert "There is no customer" in said(answer.text)


def test_a_price_list_is_looked_at_before_it_counts(admin: Visitor, said: Said, link: str) -> None:
    text = f"link,prefix,amount,currency,valid_from\n{link},+386,0.06,EUR,2026-01-01\n{link},+43,0.07,EUR,\n"

    def bring(act: str) -> str:
        file = (io.BytesIO(text.encode()), "prices.csv")
        form = Form(admin.page("/rates"), "file")
        sent = admin.client.post(form.action, data={**form.fields, "file": file, "act": act})
        return said(sent.text)

    page = bring("look")
    assert "1 new, 1 changed, 0 as they were" in page
    assert "0.05 → 0.06 EUR" in page
    assert "0.06" not in said(admin.page("/rates"))
    bring("store")
    assert "0.06 EUR" in said(admin.page("/rates"))


def test_a_report_is_walked_into_and_taken_away(admin: Visitor, said: Said, link: str) -> None:
    page = said(admin.page("/costs"))
    assert "Nothing went out in that time." in page
    csv = admin.get("/costs?by=country&shape=csv")
    assert csv.headers["Content-Type"].startswith("text/csv")
    assert csv.headers["Content-Disposition"].endswith('.csv"')
    book = openpyxl.load_workbook(io.BytesIO(admin.get("/costs?shape=xlsx").data))
    assert book.sheetnames == ["Costs Link"]
    assert admin.get("/costs?shape=pdf").data.startswith(b"%PDF-")


def test_a_budget_is_set_raised_and_ended_and_its_alert_is_dealt_with(admin: Visitor, said: Said, link: str) -> None:
    assert admin.send("/costs", "budget", name="Autumn", ceiling="0.01", scope="company").status_code == 303
    admin.gateway.read_money()
    row = admin.gateway.door.submit(Asked("+38640111222", "hello", "cli")).row
    assert row["state"] == "held"
    page = said(admin.page("/costs"))
    assert "Autumn" in page
    assert "the ceiling is reached" in page
    admin.send("/costs", "change-1", ceiling="1")
    assert 'value="1"' in admin.page("/costs")
    admin.send("/costs", "change-1", act="end")
    assert "There is no budget" in said(admin.page("/costs"))


def test_a_sim_gets_a_plan(admin: Visitor, said: Said, link: str) -> None:
    assert admin.send("/costs", "plan", link=link, units="100", name="Mobil M").status_code == 303
    page = said(admin.page("/costs"))
    assert "Mobil M" in page
    assert "0 / 100" in page
    assert admin.send("/costs", "plan", link="nowhere", units="1").status_code == 422
