"""Reports that count: what became of messages and what people agreed to, under one address in four formats."""

from __future__ import annotations

from typing import Any

import pytest

from webadmin.api.counts import CountReport

API = "/api/v1/reports"
PHONE = "+38640111222"


@pytest.fixture
def busy(call: Any, clock: Any) -> Any:
    """Messages that ended in several ways, on two days."""
    ids = [call.send(text=f"text {n}").said["id"] for n in range(3)]
    call("POST", f"/api/v1/messages/{ids[0]}/cancel")
    clock.on(86_400)
    call.send(text="tomorrow", purpose="service")
    return call


def test_messages_are_counted_by_what_became_of_them(busy: Any) -> None:
    told = busy("GET", f"{API}/delivery").said
    CountReport.model_validate(told)
    assert [line["key"] for line in told["lines"]] == ["phones"]
    assert {name: count for name, count in told["total"]["counts"].items() if count} == {
        "messages": 4, "cancelled": 1, "under_way": 3,
    }  # fmt: skip
    by_day = busy("GET", f"{API}/delivery?by=day").said["lines"]
    assert [(line["key"], line["counts"]["messages"]) for line in by_day] == [("2026-11-23", 3), ("2026-11-24", 1)]
    by_purpose = busy("GET", f"{API}/delivery?by=purpose&since=2026-11-24").said["lines"]
    assert [(line["key"], line["counts"]["messages"]) for line in by_purpose] == [("service", 1)]


def test_what_was_refused_by_a_withdrawal_is_told_with_its_reason(busy: Any) -> None:
    said = {"address": PHONE, "statement": "withdrawn", "words": "on the telephone", "source": "clerk"}
    busy("POST", "/api/v1/consents", said)
    told = busy("GET", f"{API}/delivery").said
    assert told["total"]["counts"]["refused"] == 3
    assert [(one["status"], one["count"]) for one in told["reasons"]] == [("refused", 3)]


def test_consents_are_counted_by_what_they_are_about(call: Any) -> None:
    for statement in ("granted", "withdrawn"):
        said = {"address": PHONE, "statement": statement, "scope": "marketing", "words": "by phone", "source": "clerk"}
        assert call("POST", "/api/v1/consents", said).status == 200
    told = call("GET", f"{API}/consents").said
    assert [(line["key"], line["counts"]) for line in told["lines"]] == [
        ("marketing", {"granted": 1, "withdrawn": 1, "people": 1})
    ]
    assert call("GET", f"{API}/consents?by=source").said["lines"][0]["key"] == "clerk"


@pytest.mark.parametrize("report", ["delivery", "consents"])
@pytest.mark.parametrize(
    ("wanted", "begins"),
    [
        ("text/csv", b""),
        ("application/pdf", b"%PDF-"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
    ],
)
def test_the_same_address_gives_files(busy: Any, report: str, wanted: str, begins: bytes) -> None:
    file = busy("GET", f"{API}/{report}", accept=wanted, accept_language="sl")
    assert file.headers["Content-Type"].partition(";")[0] == wanted
    assert file.body.startswith(begins)
    if wanted == "text/csv" and report == "delivery":
        lines = file.body.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("Povezava;Sporočila")
        assert lines[-1].startswith("Skupaj;4")


def test_days_that_are_none_are_told(call: Any) -> None:
    assert call("GET", f"{API}/delivery?since=yesterday").faults == {"/since": "day_invalid"}
    assert call("GET", f"{API}/delivery?since=2026-11-02&until=2026-11-01").faults == {"/until": "day_invalid"}
    assert call("GET", f"{API}/consents?by=country").status == 422
