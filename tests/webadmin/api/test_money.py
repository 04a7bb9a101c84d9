"""Money over the API: rates, price lists, plans, budgets, alerts, estimates, reports in four shapes, the proof."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from sqlalchemy import insert

from smsgw.gateway import Gateway
from smsgw.store.tables import plan_use
from webadmin.api.money_shapes import Plan, Rate

RATE = {"link": "phones", "prefix": "+386", "amount": "0.05", "currency": "EUR", "valid_from": "2026-01-01"}


def test_a_rate_is_said_listed_corrected_and_taken_away(call: Any) -> None:
    [rate] = call("POST", "/api/v1/rates", RATE).said["data"]
    assert (rate["amount"], rate["valid_from"]) == ("0.05", "2026-01-01T00:00:00Z")
    call("POST", "/api/v1/rates", RATE | {"amount": "0.06"})
    [rate] = call("GET", "/api/v1/rates?link=phones").said["data"]
    assert rate["amount"] == "0.06"
    assert call("DELETE", f"/api/v1/rates/{rate['id']}").said == {"count": 1}
    assert call("DELETE", f"/api/v1/rates/{rate['id']}").code == "not_found"
    wrong = call("POST", "/api/v1/rates", RATE | {"link": "z", "amount": "x"})
    assert set(wrong.faults) == {"/link", "/amount"}


def test_a_rate_is_shown_and_corrected_field_by_field_and_keeps_what_it_booked(call: Any, gateway: Gateway) -> None:
    told = {"link": "phones", "prefix": "+386", "amount": "0.05", "currency": "EUR", "minimum": "0.1"}
    [rate] = call("POST", "/api/v1/rates", told).said["data"]

    def correct(number: int, **fields: str | None) -> Any:
        return call("POST", f"/api/v1/rates/{number}/correct", fields)

    assert call("GET", f"/api/v1/rates/{rate['id']}").said == rate
    fixed = correct(rate["id"], amount="0.06", minimum=None)
    Rate.model_validate(fixed.said)
    assert (fixed.status, fixed.headers["Location"]) == (201, f"/api/v1/rates/{fixed.said['id']}")
    assert fixed.said == rate | {"id": fixed.said["id"], "amount": "0.06", "minimum": ""}
    assert fixed.said["id"] != rate["id"]  # what was booked keeps the number that it was booked by
    assert call("GET", "/api/v1/rates").said["data"] == [fixed.said]
    assert correct(rate["id"], amount="1").code == call("GET", f"/api/v1/rates/{rate['id']}").code == "not_found"
    moved = correct(fixed.said["id"], prefix="+385").said
    assert [one["prefix"] for one in call("GET", "/api/v1/rates").said["data"]] == ["+385"]
    assert correct(moved["id"], prefix="+385").said["id"] == moved["id"]
    wrong = correct(moved["id"], amount="much", link="none")
    assert wrong.faults == {"/amount": "amount_invalid", "/link": "link_invalid"}
    assert gateway.rates.price("phones", "+385911", gateway.clock()).amount == 60_000
    changes = [one["verb"] for one in call("GET", "/api/v1/audit?verb=rate.*").said["data"]]
    assert changes == ["rate.changed", "rate.changed", "rate.added"]


def test_a_price_list_tells_what_it_changes_and_counts_when_it_may(call: Any) -> None:
    call("POST", "/api/v1/rates", RATE)
    text = (
        b"link,prefix,amount,currency,valid_from\nphones,+386,0.07,EUR,2026-01-01\nphones,+38640,0.01,EUR,2026-01-01\n"
    )
    look = call("POST", "/api/v1/rates/import?dry_run=true", text, content_type="text/csv").said
    assert (look["new"], look["changed"], look["same"], look["stored"]) == (1, 1, 0, False)
    assert look["overlaps"] == [
        "phones: +38640 lies in +386: +38640 counts with 0.01 EUR, the others of +386 cost 0.07 EUR"
    ]
    assert len(call("GET", "/api/v1/rates").said["data"]) == 1
    assert call("POST", "/api/v1/rates/import", text, content_type="text/csv").said["stored"] is True
    assert [rate["amount"] for rate in call("GET", "/api/v1/rates").said["data"]] == ["0.07", "0.01"]
    assert call("GET", "/api/v1/rates/gaps").said["gaps"] == []


def test_a_workbook_is_a_price_list_too(call: Any) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (("link", "prefix", "amount", "currency"), ("phones", 386, 0.05, "EUR"), ("phones", "*", "0,10", "EUR")):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert call("POST", "/api/v1/rates/import", out.getvalue(), content_type=kind).said["new"] == 2
    assert {rate["prefix"]: rate["amount"] for rate in call("GET", "/api/v1/rates").said["data"]} == {
        "": "0.1", "+386": "0.05",
    }  # fmt: skip


def test_currencies_are_exchanged(call: Any) -> None:
    assert call("POST", "/api/v1/exchange-rates", {"currency": "usd", "into": "eur", "worth": "0.92"}).status == 201
    text = b"currency;into;worth;valid_from\nRUB;EUR;0,0101;2026-11-01\n"
    assert call("POST", "/api/v1/exchange-rates/import", text, content_type="text/csv").said == {"count": 1}
    pairs = {(one["currency"], one["worth"]) for one in call("GET", "/api/v1/exchange-rates").said["data"]}
    assert pairs == {("USD", "0.92"), ("RUB", "0.0101")}
    assert call("POST", "/api/v1/exchange-rates", {"currency": "XX", "into": "EUR", "worth": "0"}).status == 422


def test_numbers_belong_to_networks(call: Any) -> None:
    text = b"prefix,network,name\n+38640,29340,Sky\n"
    assert call("POST", "/api/v1/rates/networks", text, content_type="text/csv").said == {"count": 1}
    bad = call("POST", "/api/v1/rates/networks", b"prefix,network\n+386,1\n", content_type="text/csv")
    assert bad.faults == {"/2/network": "network_invalid"}


def test_a_plan_is_given_and_stands(call: Any) -> None:
    plan = call("POST", "/api/v1/plans", {"link": "phones", "units": "100", "hour_cap": "30"}).said
    assert (plan["had"], plan["used"], plan["left"], plan["hour_cap"]) == (100, 0, 100, 30)
    assert call("GET", "/api/v1/plans").said["data"] == [plan]
    assert call("DELETE", f"/api/v1/plans/{plan['id']}").status == 200


def test_a_plan_is_shown_and_changed_and_what_is_used_stays_used(call: Any, gateway: Gateway) -> None:
    told = {"link": "phones", "name": "Mobil M", "units": "1000", "scope": "+386 +385", "day_cap": "50"}
    plan = call("POST", "/api/v1/plans", told).said
    with gateway.database.exclusive() as conn:
        conn.execute(insert(plan_use).values(plan_id=plan["id"], period=plan["begun"], kept=0, used=70))
    path = f"/api/v1/plans/{plan['id']}"
    seen = call("GET", path)
    Plan.model_validate(seen.said, strict=False)
    assert (seen.said["used"], seen.said["left"], seen.said["valid_from"]) == (70, 930, "2026-11-23T08:00:00Z")
    changed = call("PATCH", path, {"units": "500", "day_cap": None}, **{"If-Match": seen.headers["ETag"]}).said
    assert {name: changed[name] for name in ("id", "units", "used", "left", "day_cap", "scope", "warn_at")} == {
        "id": plan["id"], "units": 500, "used": 70, "left": 430, "day_cap": None, "scope": ["+385", "+386"],
        "warn_at": 80,
    }  # fmt: skip
    assert call("PATCH", path, {"units": "1"}, **{"If-Match": seen.headers["ETag"]}).code == "precondition_failed"
    assert call("PATCH", path, {"beyond": "never"}).faults == {"/beyond": "beyond_invalid"}
    assert call("PATCH", path, {"link": "other"}).status == 422
    assert call("GET", "/api/v1/plans/999").code == call("PATCH", "/api/v1/plans/999", {"units": "1"}).code
    assert call("GET", "/api/v1/audit?verb=plan.changed").said["data"][0]["record_id"] == str(plan["id"])


def test_a_budget_refuses_at_the_door_with_its_own_status(call: Any) -> None:
    call("POST", "/api/v1/rates", RATE)
    budget = call("POST", "/api/v1/budgets", {"name": "Autumn", "ceiling": "0.06", "beyond": "refuse"}).said
    assert call.send().status == 202
    no = call.send(to="+38640111223")
    assert (no.status, no.code) == (402, "budget_exceeded")
    [now] = call("GET", "/api/v1/budgets").said["data"]
    assert (now["kept"], now["left"]) == ("0.05", "0.01")
    changed = call("PATCH", f"/api/v1/budgets/{budget['id']}", {"ceiling": "1"}).said
    assert changed["ceiling"] == {"amount": "1", "currency": "EUR"}
    assert call.send(to="+38640111223").status == 202
    assert call("DELETE", f"/api/v1/budgets/{budget['id']}").said == {"count": 1}


def test_a_preview_keeps_nothing_of_a_budget(call: Any) -> None:
    call("POST", "/api/v1/rates", RATE)
    call("POST", "/api/v1/budgets", {"name": "Autumn", "ceiling": "0.01"})
    seen = call("POST", "/api/v1/messages/preview", {"to": "+38640111222", "text": "hello"}).said
    assert seen["gate"]["decision"] == "hold"
    [now] = call("GET", "/api/v1/budgets").said["data"]
    assert now["kept"] == "0"


def test_an_alert_is_listed_seen_and_dealt_with(call: Any) -> None:
    call("POST", "/api/v1/rates", RATE)
    call("POST", "/api/v1/budgets", {"name": "Autumn", "ceiling": "0.05"})
    call.send()
    kinds = {one["kind"]: one for one in call("GET", "/api/v1/alerts").said["data"]}
    assert set(kinds) == {"budget.warning", "budget.exceeded"}
    path = f"/api/v1/alerts/{kinds['budget.warning']['id']}"
    assert call("PATCH", path, {"state": "seen"}).said["state"] == "seen"
    assert call("PATCH", path, {"state": "over"}).said["state"] == "over"
    assert call("PATCH", path, {"state": "over"}).code == "conflict"
    assert call("POST", "/api/v1/clearances", {"client": "key_1", "prefix": "881"}).status == 201


def test_an_estimate_tells_the_dear_letter(call: Any) -> None:
    call("POST", "/api/v1/rates", RATE)
    told = call("POST", "/api/v1/estimates", {"messages": [{"to": "040 111 222", "text": "č" * 1 + "a" * 80}]}).said
    assert (told["parts"], told["cost"]) == (2, [{"amount": "0.1", "currency": "EUR"}])
    assert told["letters"][0]["letter"] == "č"
    assert told["letters"][0]["saved"] == [{"amount": "0.05", "currency": "EUR"}]
    assert call("POST", "/api/v1/estimates", {"messages": [{"to": "nobody", "text": "x"}]}).faults == {
        "/messages/0/to": "recipient_invalid"
    }


def test_a_report_has_four_shapes_under_one_address(call: Any) -> None:
    path = "/api/v1/reports/costs?by=country"
    assert call("GET", path).said["lines"] == []
    csv = call("GET", path, accept="text/csv", accept_language="sl")
    assert csv.headers["Content-Type"].startswith("text/csv")
    assert csv.body.decode().startswith("\ufeffDržava;Sporočila")
    assert call("GET", path + "&shape=pdf").body.startswith(b"%PDF-")
    assert call("GET", path + "&shape=xlsx").body.startswith(b"PK")
    assert call("GET", "/api/v1/reports/costs?month=2026-13").faults == {"/month": "month_invalid"}


def test_the_proof_is_told(call: Any) -> None:
    told = call("GET", "/api/v1/reports/proof?since=2026-11-01&until=2026-11-23").said
    assert (told["holds"], told["differences"]) == (True, [])


def test_why_a_campaign_cost_something_else_is_told(call: Any) -> None:
    assert call("GET", "/api/v1/reports/campaigns/cam_0").code == "not_found"


def test_money_has_scopes_of_its_own(app: Any, caller_of: Any) -> None:
    reads = caller_of(app, "money:read")
    assert reads("GET", "/api/v1/budgets").status == 200
    assert reads("POST", "/api/v1/budgets", {"name": "x", "ceiling": "1"}).code == "forbidden_scope"
    assert caller_of(app, "messages:*")("GET", "/api/v1/reports/costs").code == "forbidden_scope"
