"""The audit over the API: log-ins and what goes wrong with them, consents, exports, erasures, rules and money."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from smsgw.access import accounts, audit

NUMBER = "+38640111222"


def lines(call: Any, query: str = "") -> list[dict[str, Any]]:
    return list(call("GET", f"/api/v1/audit{query}").said["data"])


def test_what_clients_do_about_people_is_told_with_who_and_from_where(call: Any, gateway: Any) -> None:
    id = call("POST", "/api/v1/customers", {"name": "Ana Novak", "addresses": [NUMBER]}).said["id"]
    said = {
        "address": NUMBER,
        "statement": "granted",
        "scope": "marketing",
        "words": "yes on the form",
        "source": "form",
    }
    assert call("POST", "/api/v1/consents", said).status == 200
    call("GET", f"/api/v1/customers/{id}/export")
    call("POST", f"/api/v1/customers/{id}/erase")
    told = lines(call)[::-1]
    verbs = [one["verb"] for one in told]
    assert verbs == [
        "key.created", "customer.created", "consent.granted", "customer.exported", "consent.revoked", "rules.changed",
        "customer.erased",
    ]  # fmt: skip
    assert {(one["name"], one["source"]) for one in told[1:]} == {("test", "127.0.0.1")}
    assert [one["record_id"] for one in told if one["verb"].startswith("customer.")] == [id] * 3
    assert NUMBER not in str(told)
    assert "Ana" not in str(told)
    assert audit.verify(gateway.database).broken is None


def test_money_and_webhooks_tell_what_was_wanted(call: Any) -> None:
    rate = {"link": "phones", "prefix": "+386", "amount": "0.012", "currency": "EUR"}
    number = call("POST", "/api/v1/rates", rate).said["data"][0]["id"]
    call("DELETE", f"/api/v1/rates/{number}")
    call("POST", "/api/v1/budgets", {"name": "Autumn", "ceiling": "100", "currency": "EUR"})
    assert call("POST", "/api/v1/budgets", {"name": "Autumn"}).status == 422
    hook = call("POST", "/api/v1/webhooks", {"url": "http://127.0.0.1:9/x"})
    assert hook.status == 201
    told = {one["verb"]: one for one in lines(call)}
    assert [one["verb"] for one in lines(call)].count("budget.added") == 1
    assert "amount 0.012, currency EUR" in told["rate.added"]["after"]
    assert told["rate.removed"]["record_id"] == str(number)
    assert told["webhook.created"]["record_id"] == hook.said["id"]
    assert hook.said["secret"] not in str(told)


def test_lines_are_filtered_and_come_in_pages(call: Any) -> None:
    for n in range(3):
        call("POST", "/api/v1/customers", {"name": f"person {n}"})
    assert {one["verb"] for one in lines(call, "?verb=customer.*")} == {"customer.created"}
    first = call("GET", "/api/v1/audit?limit=2&verb=customer.*").said
    second = call("GET", f"/api/v1/audit?limit=2&verb=customer.*&cursor={first['next_cursor']}").said
    assert [len(first["data"]), len(second["data"]), second["next_cursor"]] == [2, 1, None]
    assert lines(call, "?who=nobody") == []
    back = call("GET", f"/api/v1/audit?limit=2&verb=customer.*&cursor={second['prev_cursor']}").said
    assert (back["data"], back["prev_cursor"], first["prev_cursor"]) == (first["data"], None, None)
    assert call("GET", "/api/v1/audit?cursor=x").faults == {"/cursor": "cursor_invalid"}


def test_a_key_without_the_scope_is_told_which_it_lacks(app: Flask, caller_of: Any) -> None:
    refused = caller_of(app, "messages:read")("GET", "/api/v1/audit")
    assert (refused.status, refused.code) == (403, "forbidden_scope")
    assert "audit:read" in refused.said["detail"]


@pytest.fixture
def ana(gateway: Any) -> str:
    """An account."""
    return accounts.add(gateway.database.writer, "Ana", "owner", "long enough, this", gateway.clock())


def test_log_ins_that_worked_and_that_did_not_are_told(app: Flask, call: Any, ana: str) -> None:
    browser = app.test_client()
    browser.post("/login", data={"name": "Ana", "password": "guessed wrong"})
    browser.post("/login", data={"name": "Ana", "password": "long enough, this"})
    told = lines(call, "?verb=login.*") + lines(call, "?verb=login")
    assert [(one["verb"], one["who"], one["record_id"]) for one in told] == [
        ("login.failed", "nobody", "Ana"), ("login", ana, ana),
    ]  # fmt: skip
    assert {one["source"] for one in told} == {"127.0.0.1"}
