"""Surveys over the API: drafted, started, ended, and what they brought as counts and as CSV."""

from __future__ import annotations

from typing import Any

from schedules import surveys as clock
from smsgw.gateway import Gateway
from tests.webadmin.conftest import PHONE

ALL = "/api/v1/surveys"
NEW = {
    "name": "After the order",
    "questions": [
        {"kind": "scale", "text": {"en": "How was it?"}, "low": 1, "high": 5, "branches": [{"next": 0, "low": 4}]},
        {"kind": "free", "text": {"en": "What went wrong?"}},
    ],
    "closes_at": "2026-12-01T00:00:00Z",
    "remind_after": 86400,
}


def test_a_survey_goes_from_a_draft_to_its_end(call: Any, gateway: Gateway) -> None:
    made = call("POST", ALL, NEW)
    assert (made.status, made.said["status"], made.said["people"]) == (201, "draft", {})
    place = made.headers["Location"]
    started = call("POST", f"{place}/start", {"to": [PHONE, "041 000 002", PHONE]}).said
    assert (started["added"], started["survey"]["status"], started["survey"]["people"]) == (
        2,
        "running",
        {"invited": 2},
    )
    clock.run(gateway, gateway.clock())
    assert call("GET", place).said["people"] == {"asked": 2}
    [message, _] = call("GET", "/api/v1/messages").said["data"]
    assert message["text"] == "How was it? Reply 1 to 5."
    assert call("POST", f"{place}/end", {"why": "enough"}).status == 200
    clock.run(gateway, gateway.clock())
    assert [one["status"] for one in call("GET", ALL).said["data"]] == ["closed"]
    assert call("POST", f"{place}/start", {"to": [PHONE]}).code == "conflict"


def test_its_results_are_counts_and_a_file(call: Any) -> None:
    place = call("POST", ALL, NEW).headers["Location"]
    told = call("GET", f"{place}/results?language=en").said
    assert told["data"][0]["spread"] == [{"answer": str(n), "count": 0} for n in range(1, 6)]
    assert (told["data"][0]["mean"], told["data"][1]["words"]) == (None, [])
    file = call("GET", f"{place}/results?format=csv")
    assert file.headers["Content-Type"].startswith("text/csv")
    assert file.headers["Content-Disposition"] == 'attachment; filename="After-the-order.csv"'
    assert file.body.decode().startswith("number,at,question")


def test_what_is_wrong_is_told_at_once(call: Any) -> None:
    wrong = NEW | {
        "questions": [{"kind": "scale", "text": {"xx": "?"}, "low": 5, "high": 1}],
        "closes_at": "2026-01-01T00:00:00Z",
    }
    assert call("POST", ALL, wrong).faults == {
        "/closes_at": "time_past",
        "/questions/0/text/xx": "unknown_value",
        "/questions/0/low": "out_of_range",
    }
    assert call("POST", ALL, NEW | {"questions": []}).faults == {"/questions": "too_few"}
    assert call("POST", ALL, NEW).status == 201
    assert call("POST", ALL, NEW).faults == {"/name": "name_taken"}
    assert call("GET", f"{ALL}/sur_none").code == "not_found"
