"""Whatever goes wrong is a problem with a code from the catalogue, an instance and a request id."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from smsgw import errors
from smsgw.gateway import Gateway
from webadmin import catalogue, problems

MESSAGES = "/api/v1/messages"


def kinds() -> list[type[errors.SmsgwError]]:
    """Every class of error that smsgw raises on purpose."""
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.SmsgwError)]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_error_of_ours_has_its_place_in_the_catalogue(app: Flask, kind: type[errors.SmsgwError]) -> None:
    given: dict[Any, Any] = {
        errors.BadInput: [errors.Fault("/to", "recipient_invalid", "no")],
        errors.RefusedByPolicy: [errors.Fault("/to", "no_route", "no")],
        errors.BadConfig: ["no"],
    }
    more: dict[str, Any] = {"retry_after": 7} if kind is errors.QueueFull else {}
    problem = problems.problem_of(kind(given.get(kind, "no"), **more))
    named: dict[type[errors.SmsgwError], str] = {
        errors.BadConfig: "internal",
        errors.NotFetched: "internal",  # the part that fetches MMS catches it; no request waits for a fetch
        errors.RefusedByPolicy: "no_route",
        errors.StoreTooNew: "store_error",
    }
    assert problem.entry.code == named.get(kind, kind.code)
    assert problem.members()["status"] == problem.entry.status


def test_an_unknown_rule_of_the_gate_keeps_its_code_and_is_filed_as_refused(app: Flask) -> None:
    told = problems.problem_of(errors.RefusedByPolicy([errors.Fault("/to", "too_late_at_night", "no")])).members()
    assert (told["code"], told["status"], told["type"]) == ("too_late_at_night", 422, "/api/v1/problems/refused")


def test_codes_are_slugs_and_stand_there_once() -> None:
    codes = [entry.code for entry in catalogue.catalogue()]
    assert len(codes) == len(set(codes))
    assert all(code.replace("_", "").isalpha() and code.islower() for code in codes)
    assert [entry.status for entry in catalogue.catalogue()] == sorted(e.status for e in catalogue.catalogue())


def test_an_unknown_address_is_a_problem_with_its_instance(call: Any) -> None:
    answer = call("GET", "/api/v1/nothing?x=1")
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.said["instance"] == "/api/v1/nothing"
    assert answer.said["request_id"] == answer.headers["X-Request-Id"]


def test_a_slash_too_many_is_not_found_and_not_guessed(call: Any) -> None:
    for path in ("/api/v1/messages/", "/api/v1//messages", "//api/v1/messages"):
        assert call("GET", path).code == "not_found"


def test_a_wrong_method_is_told_the_right_ones(call: Any) -> None:
    answer = call("PUT", MESSAGES)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert call("POST", "/healthz").code == "method_not_allowed"


def test_what_nobody_foresaw_is_internal_and_tells_no_secrets(
    call: Any, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("secret detail")

    monkeypatch.setattr(gateway.door, "submit", broken)
    answer = call.send()
    assert (answer.status, answer.code) == (500, "internal")
    assert b"secret" not in answer.body
    assert "secret detail" in caplog.text


def test_a_store_that_does_not_answer_is_503_with_retry_after(
    call: Any, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble: list[Exception] = [TimeoutError(), OperationalError("SELECT", {}, Exception("database is locked"))]

    def slow(*_: Any) -> Any:
        raise trouble.pop()

    monkeypatch.setattr(gateway.door, "submit", slow)
    for _ in range(2):
        answer = call.send()
        assert (answer.status, answer.code) == (503, "store_unreachable")
        assert answer.headers["Retry-After"] == "30"


def test_after_the_store_is_closed_the_api_says_so(call: Any, gateway: Gateway) -> None:
    gateway.database.writer.close()
    answer = call.send()
    assert (answer.status, answer.code) == (503, "store_error")


@pytest.mark.parametrize("given", ["shop-17", "a" * 128, "0f8b:1/2+3=@x.y_z"])
def test_a_request_id_is_echoed(call: Any, given: str) -> None:
    assert call("GET", "/healthz", x_request_id=given).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>", "ž", '"'])
def test_a_request_id_that_is_no_plain_word_is_replaced(call: Any, given: str) -> None:
    assert call("GET", "/healthz", x_request_id=given).headers["X-Request-Id"].startswith("req_")


def test_browsers_get_a_page_outside_the_api_if_there_is_one(call: Any, app: Flask) -> None:
    app.extensions["error_page"] = lambda problem: app.response_class(f"<p>{problem.code}", problem.entry.status)
    html = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
    answer = call("GET", "/nothing", accept=html)
    assert (answer.status, answer.body) == (404, b"<p>not_found")
    assert call("GET", "/api/v1/nothing", accept=html).code == "not_found"
    assert call("GET", "/nothing", accept="*/*").code == "not_found"
