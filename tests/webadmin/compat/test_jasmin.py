"""Jasmin's door: /send with its sentences, /rate, /balance, and the REST API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from smsgw.gateway import Gateway
from smsgw.store.tables import api_key, delivery
from smsgw.webhooks.dialects.event import PLACE
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
    http.get("/send", query_string=base | {"hex-content": "00615f", "coding": "0"})
    http.get("/send", query_string=base | {"hex-content": "e9", "coding": "3"})
    assert [row.text for row in stored()] == ["Čaj", "0001ff", "@a§", "é"]


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


@pytest.mark.parametrize(
    ("coding", "content", "text"),
    [
        ("8", "%06%23%06%31%06%46%06%28", "أرنب"), ("8", "%6F%22%5B%57", "漢字"), ("3", "caf%E9", "café"),
        ("0", "%C4%8Daj", "čaj"), ("6", "%BF", "П"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_content_is_octets_of_the_codings_alphabet(
    http: FlaskClient, stored: Stored, method: str, coding: str, content: str, text: str
) -> None:
    words = f"username=shop&password={SECRET}&to=38640111222&coding={coding}&content={content}"
    form = "application/x-www-form-urlencoded"
    answer = http.get(f"/send?{words}") if method == "GET" else http.post("/send", data=words, content_type=form)
    assert answer.status_code == 200, answer.text
    assert stored()[0].text == text


@pytest.mark.parametrize("more", [{}, {"dlr": "no"}, {"dlr": "yes"}, {"dlr-level": "2"}])
def test_who_names_a_dlr_url_wants_reports(http: FlaskClient, stored: Stored, more: dict[str, str]) -> None:
    answer = http.get("/send", query_string=GOOD | {"dlr-url": "http://127.0.0.1:9/dlr"} | more)
    assert answer.status_code == 200, answer.text
    assert stored()[0].metadata[PLACE]["url"] == "http://127.0.0.1:9/dlr"


@pytest.mark.parametrize(
    ("at", "when"), [("90s", "2026-11-23T08:01:30"), ("2026-11-24 10:00:00", "2026-11-24T10:00:00")]
)
def test_a_batch_for_later_is_not_sent_now(http: FlaskClient, stored: Stored, at: str, when: str) -> None:
    many = {"batch_config": {"schedule_at": at}, "messages": [{"to": "38640111225", "content": "later"}]}
    answer = http.post("/secure/sendbatch", json=many, auth=("shop", SECRET))
    assert (answer.status_code, "scheduled" in (answer.json or {})["data"]) == (200, True)
    assert stored()[0].due_at.isoformat().startswith(when)
    for wrong in ("tomorrow", "2026-11-22 10:00:00"):
        many["batch_config"] = {"schedule_at": wrong}
        assert http.post("/secure/sendbatch", json=many, auth=("shop", SECRET)).status_code == 412
    assert len(stored()) == 1


def test_one_of_a_batch_that_is_no_message_does_not_have_the_others_sent_again(
    http: FlaskClient, stored: Stored
) -> None:
    many = {"globals": {"to": "38640111225"}, "messages": [{"content": "one"}, "two", {"to": None, "content": "three"}]}
    answer = http.post("/secure/sendbatch", json=many, auth=("shop", SECRET))
    assert (answer.status_code, (answer.json or {})["data"]["messageCount"]) == (200, 2)
    assert [row.text for row in stored()] == ["one", "three"]


def test_a_batch_tells_how_each_of_its_texts_went(http: FlaskClient, gateway: Gateway, stored: Stored) -> None:
    urls = {"callback_url": "http://example.org/done?shop=1", "errback_url": "http://example.org/wrong"}
    many = {"batch_config": urls, "messages": [{"to": ["38640111222", "1"], "content": "hi"}, {"to": "38640111223"}]}
    answer = http.post("/secure/sendbatch", json=many, auth=("shop", SECRET))
    batch, count = (answer.json or {})["data"].values()
    assert (answer.status_code, count, len(stored())) == (200, 2, 1)
    with gateway.database.reading() as conn:
        calls = [row.request for row in conn.execute(select(delivery).order_by(delivery.c.record_id))]
    told = [urlsplit(one["url"]) for one in calls]
    assert [(one["method"], where.path) for one, where in zip(calls, told, strict=True)] == [
        ("GET", "/done"), ("GET", "/wrong"),
    ]  # fmt: skip
    went, failed = [dict(parse_qsl(where.query)) for where in told]
    assert went | {"statusText": ""} == {
        "shop": "1", "batchId": batch, "to": "38640111222", "status": "1", "statusText": ""
    }  # fmt: skip
    assert re.fullmatch(r'Success "[0-9a-f-]{36}"', went["statusText"])
    assert (failed["to"], failed["status"]) == ("1", "0")
    assert failed["statusText"].startswith('HTTPAPI error: Error "')


def test_a_batch_that_would_call_where_nobody_may_is_refused_whole(http: FlaskClient, stored: Stored) -> None:
    many = {"batch_config": {"errback_url": "http://169.254.169.254/"}, "messages": [{"to": "1", "content": "x"}]}
    assert http.post("/secure/sendbatch", json=many, auth=("shop", SECRET)).status_code == 400
    assert stored() == []


def test_what_a_key_for_offers_sends_is_marketing_and_goes_to_nobody_who_did_not_agree(
    http: FlaskClient, gateway: Gateway, stored: Stored
) -> None:
    gateway.database.writer.do(lambda conn, batch: [conn.execute(update(api_key).values(category="school"))], None)
    assert http.get("/send", query_string=GOOD).status_code != 200
    assert stored() == []
