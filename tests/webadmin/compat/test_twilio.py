"""Twilio's door: shapes with every key and no other, its error codes, pages by place, numbers and where texts go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from smsgw.gateway import Gateway
from tests.webadmin.compat.conftest import SECRET

ACCOUNT = "AC" + "0" * 32
TO = "+38640111222"
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"
KEYS = {
    "sid", "account_sid", "messaging_service_sid", "api_version", "body", "to", "from", "direction", "status",
    "num_segments", "num_media", "date_created", "date_updated", "date_sent", "price", "price_unit", "error_code",
    "error_message", "uri", "subresource_uris",
}  # fmt: skip
PAGE = {"messages", "page", "page_size", "start", "end", "uri", "first_page_uri", "next_page_uri", "previous_page_uri"}
Stored = Callable[[], list[Any]]


@pytest.fixture
def ask(http: FlaskClient) -> Callable[..., TestResponse]:
    def ask(method: str, path: str, password: str = SECRET, **words: str) -> TestResponse:
        data = words if method == "POST" else None
        query = words if method == "GET" and words else None
        url = path if path.startswith("/") else f"{BASE}/{path}"
        return http.open(url, method=method, data=data, query_string=query, auth=(ACCOUNT, password))

    return ask


def test_a_message_is_created_and_shown_with_every_key(ask: Callable[..., TestResponse], stored: Stored) -> None:
    answer = ask("POST", "Messages.json", To=TO, From="Shop", Body="hello")
    assert (answer.status_code, set(answer.json or {})) == (201, KEYS)
    told = answer.json or {}
    assert (told["status"], told["num_segments"], told["direction"], told["to"], told["from"]) == (
        "queued", "1", "outbound-api", TO, "Shop",
    )  # fmt: skip
    assert told["date_created"] == "Mon, 23 Nov 2026 08:00:00 +0000"
    assert ask("GET", f"Messages/{told['sid']}.json").json == told
    assert stored()[0].text == "hello"


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        ({"To": ""}, 400, 21604),
        ({"To": "12"}, 400, 21211),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"From": "a name that is much too long"}, 400, 21212),
        ({"StatusCallback": "ftp://x"}, 400, 21609),
        ({"StatusCallback": "http://169.254.169.254/"}, 400, 21609),
        ({"MediaUrl": "http://x/y.png"}, 400, 21620),
        ({"ValidityPeriod": "0"}, 400, 20001),
    ],
)
def test_what_is_wrong_has_twilios_code(
    ask: Callable[..., TestResponse], words: dict[str, str], status: int, code: int
) -> None:
    answer = ask("POST", "Messages.json", **{"To": TO, "Body": "hello", **words})
    told = answer.json or {}
    assert (answer.status_code, told["code"], told["status"]) == (status, code, status)
    assert isinstance(told["message"], str)
    assert told["more_info"].endswith(f"#{code}")


def test_a_wrong_token_and_an_unknown_address_are_told(ask: Callable[..., TestResponse]) -> None:
    assert (ask("GET", "Messages.json", "wrong").json or {})["code"] == 20003
    assert (ask("GET", "Messages/SM" + "0" * 32 + ".json").json or {})["code"] == 20404
    assert (ask("GET", "Calls.json").json or {})["code"] == 20404


def test_pages_go_by_place_and_list_nothing_twice(ask: Callable[..., TestResponse]) -> None:
    for number in range(5):
        ask("POST", "Messages.json", To=TO, Body=f"text {number}")
    first = ask("GET", "Messages.json", PageSize="2").json or {}
    assert set(first) == PAGE
    assert [one["body"] for one in first["messages"]] == ["text 4", "text 3"]
    ask("POST", "Messages.json", To=TO, Body="meanwhile")
    second = ask("GET", first["next_page_uri"]).json or {}
    assert [one["body"] for one in second["messages"]] == ["text 2", "text 1"]
    third = ask("GET", second["next_page_uri"]).json or {}
    assert ([one["body"] for one in third["messages"]], third["next_page_uri"]) == (["text 0"], None)
    assert first["previous_page_uri"] is None
    back = ask("GET", third["previous_page_uri"]).json or {}
    assert ([one["body"] for one in back["messages"]], back["page"]) == (["text 2", "text 1"], 1)
    assert [one["body"] for one in (ask("GET", back["next_page_uri"]).json or {})["messages"]] == ["text 0"]
    newest = ask("GET", back["previous_page_uri"]).json or {}
    assert [one["body"] for one in newest["messages"]] == ["text 4", "text 3"]
    newer = ask("GET", newest["previous_page_uri"]).json or {}
    assert ([one["body"] for one in newer["messages"]], newer["previous_page_uri"]) == (["meanwhile"], None)
    asked = (("DateSent", "2026-11-23"), ("DateSent", "2026-11-23T00:00:00Z"), ("DateSent>", "2026-11-23"))
    days = [ask("GET", "Messages.json", **{name: day}).json or {} for name, day in asked]
    assert [len(day["messages"]) for day in days] == [6, 6, 6]
    assert (ask("GET", "Messages.json", **{"DateSent<": "2026-11-23"}).json or {})["messages"] == []


def test_what_was_deleted_cuts_no_list_short(ask: Callable[..., TestResponse]) -> None:
    made = [
        (ask("POST", "Messages.json", To=TO, From="Shop", Body=str(number)).json or {})["sid"] for number in range(5)
    ]
    for sid in made[2:4]:
        assert ask("POST", f"Messages/{sid}.json", Status="canceled").status_code == 200
        assert ask("DELETE", f"Messages/{sid}.json").status_code == 204
    first = ask("GET", "Messages.json", PageSize="2").json or {}
    second = ask("GET", first["next_page_uri"]).json or {}
    assert [[one["body"] for one in page["messages"]] for page in (first, second)] == [["4", "1"], ["0"]]
    assert second["next_page_uri"] is None


def test_a_message_is_taken_back_then_redacted_then_deleted(ask: Callable[..., TestResponse], stored: Stored) -> None:
    name = (ask("POST", "Messages.json", To=TO, Body="secret").json or {})["sid"]
    assert ask("DELETE", f"Messages/{name}.json").status_code == 409
    assert (ask("POST", f"Messages/{name}.json", Status="canceled").json or {})["status"] == "canceled"
    assert (ask("POST", f"Messages/{name}.json", Status="canceled").json or {})["code"] == 30409
    assert (ask("POST", f"Messages/{name}.json", Body="").json or {})["body"] == ""
    assert stored()[0].text == ""
    assert ask("DELETE", f"Messages/{name}.json").status_code == 204
    assert ask("GET", f"Messages/{name}.json").status_code == 404
    assert (ask("GET", "Messages.json").json or {})["messages"] == []


def test_the_account_is_active_and_a_number_can_be_told_where_its_texts_go(
    ask: Callable[..., TestResponse], gateway: Gateway, configured: Callable[..., Gateway]
) -> None:
    assert (ask("GET", f"/2010-04-01/Accounts/{ACCOUNT}.json").json or {})["status"] == "active"
    assert (ask("GET", "IncomingPhoneNumbers.json").json or {})["incoming_phone_numbers"] == []


def test_a_key_of_the_request_makes_it_once(http: FlaskClient, stored: Stored) -> None:
    for _ in range(2):
        answer = http.post(
            f"{BASE}/Messages.json",
            data={"To": TO, "Body": "once"},
            auth=(ACCOUNT, SECRET),
            headers={"I-Twilio-Idempotency-Token": "token-1"},
        )
        assert answer.status_code == 201
    assert len(stored()) == 1
