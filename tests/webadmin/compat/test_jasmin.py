"""Jasmin's door: /send with its sentences, /rate, /balance, and the REST API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from smsgw.gateway import Gateway
from smsgw.store.tables import api_key
from tests.webadmin.compat.conftest import SECRET

WHO = {"username": "shop", "password": SECRET}
GOOD = WHO | {"to": "38640111222", "content": "hello"}
Stored = Callable[[], list[Any]]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_text_is_sent(http: FlaskClient, stored: Stored, method: str) -> None:
    words = {"query_string": GOOD} if method == "GET" else {"data": GOOD}
    answer = http.open("/send", method=method, **words)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert re.fullmatch(r'Success "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"', answer.text)
    assert (stored()[0].recipient, stored()[0].text) == ("+38640111222", "hello")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ({"password": "wrong"}, 403, 'Error "Authentication failure for username:shop"'),
        ({"to": None}, 400, 'Error "Mandatory argument [to] is not found."'),
        ({"colour": "red"}, 400, 'Error "Argument [colour] is unknown."'),
        ({"coding": "99"}, 400, 'Error "Argument [coding] has an invalid value: [99]."'),
        ({"dlr-level": "4"}, 400, 'Error "Argument [dlr-level] has an invalid value: [4]."'),
    ],
)
def test_what_is_wrong_is_told_in_jasmins_words(
    http: FlaskClient, words: dict[str, Any], status: int, says: str
) -> None:
    given = {name: value for name, value in {**GOOD, **words}.items() if value is not None}
    answer = http.get("/send", query_string=given)
    assert (answer.status_code, answer.text) == (status, says)


def test_hexadecimal_contents_are_read_by_their_coding(http: FlaskClient, stored: Stored) -> None:
    base = {name: value for name, value in GOOD.items() if name != "content"}
    http.get("/send", query_string=base | {"hex-content": "Čaj".encode("utf-16-be").hex(), "coding": "8"})
    http.get("/send", query_string=base | {"hex-content": "0001ff", "coding": "4"})
    assert [row.text for row in stored()] == ["Čaj", "0001ff"]


def test_rate_balance_and_ping(http: FlaskClient) -> None:
    rate = http.get("/rate", query_string=WHO | {"to": "38640111222", "content": "x" * 200})
    assert rate.json == {"submit_sm_count": 2, "unit_rate": 0}
    assert http.get("/balance", query_string=WHO).json == {"balance": "ND", "sms_count": "ND"}
    assert http.get("/ping").text == "Jasmin/PONG"


def test_the_rest_api_sends_one_and_many(http: FlaskClient, stored: Stored) -> None:
    one = http.post("/secure/send", json={"to": "38640111222", "content": "hi"}, auth=("shop", SECRET))
    assert str((one.json or {})["data"]).startswith("Success ")
    many = {"globals": {"from": "Shop"}, "messages": [{"to": ["38640111223", "38640111224"], "content": "both"}]}
    answer = http.post("/secure/sendbatch", json=many, auth=("shop", SECRET))
    assert (answer.json or {})["data"]["messageCount"] == 2
    assert len(stored()) == 3
    assert http.get("/secure/balance", auth=("shop", SECRET)).json == {"data": {"balance": "ND", "sms_count": "ND"}}


def test_one_of_a_batch_that_is_no_message_does_not_have_the_others_sent_again(
    http: FlaskClient, stored: Stored
) -> None:
    many = {"globals": {"to": "38640111225"}, "messages": [{"content": "one"}, "two", {"to": None, "content": "three"}]}
    answer = http.post("/secure/sendbatch", json=many, auth=("shop", SECRET))
    assert (answer.status_code, (answer.json or {})["data"]["messageCount"]) == (200, 2)
    assert [row.text for row in stored()] == ["one", "three"]


def test_what_a_key_for_offers_sends_is_marketing_and_goes_to_nobody_who_did_not_agree(
    http: FlaskClient, gateway: Gateway, stored: Stored
) -> None:
    gateway.database.writer.do(lambda conn, batch: [conn.execute(update(api_key).values(category="school"))], None)
    assert http.get("/send", query_string=GOOD).status_code != 200
    assert stored() == []
