"""Kannel's door answers in its sentences, reads octets in their charset, and takes what its clients send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient

from smsgw.errors import Fault, RefusedByPolicy
from smsgw.gateway import Gateway
from tests.webadmin.compat.conftest import SECRET
from webadmin.compat.errors import said_of

TO = "+38640111222"
Stored = Callable[[], list[Any]]


def get(http: FlaskClient, **words: Any) -> tuple[int, str]:
    given = {"username": "shop", "password": SECRET, "to": TO, "text": "hello"} | {
        name.replace("_", "-"): value for name, value in words.items()
    }
    answer = http.get("/cgi-bin/sendsms?" + urlencode({k: v for k, v in given.items() if v is not None}))
    return answer.status_code, answer.get_data(as_text=True)


def test_a_text_is_accepted_in_kannels_words(http: FlaskClient, stored: Stored) -> None:
    answer = http.get(f"/cgi-bin/sendsms?username=shop&password={SECRET}&to=%2B38640111222&text=hello+there&from=Shop")
    assert (answer.status_code, answer.data) == (202, b"0: Accepted for delivery")
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Content-Length"] == "24"
    assert answer.headers["X-Smsgw-Message-Id"] == stored()[0].id
    assert (stored()[0].text, stored()[0].recipient, stored()[0].sender) == ("hello there", TO, "Shop")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ({"password": "wrong"}, 403, "Authorization failed for sendsms"),
        ({"to": None}, 400, "Missing receiver number, rejected"),
        ({"to": ""}, 400, "Empty receiver number not allowed, rejected"),
        ({"to": "abc"}, 400, "Number(s) has/have been denied by white- and/or black-lists."),
        ({"coding": 3}, 400, "Coding field misformed, rejected"),
        ({"mclass": 4}, 400, "MClass field misformed, rejected"),
        ({"mwi": 8}, 400, "MWI field misformed, rejected"),
        ({"compress": 2}, 400, "Compress field misformed, rejected"),
        ({"pid": 256}, 400, "PID field misformed, rejected"),
        ({"rpi": 3}, 400, "RPI field misformed, rejected"),
        ({"alt_dcs": 3}, 400, "Alt-DCS field misformed, rejected"),
        ({"priority": 4}, 400, "Priority field misformed, rejected"),
        ({"alt_dcs": 2}, 400, "Alt-DCS field misformed, rejected"),
        ({"deferred": -2}, 400, "Deferred field misformed, rejected"),
        ({"dlr_mask": -2}, 400, "DLR-Mask field misformed, rejected"),
        ({"dlr_mask": 99}, 400, "DLR-Mask field misformed, rejected"),
        ({"account": "a" * 65}, 400, "Account field misformed or too long, rejected"),
        ({"to": "+"}, 400, "Number(s) has/have been denied by white- and/or black-lists."),
        ({"mclass": -1, "coding": -1, "mwi": -1, "priority": -1}, 202, "0: Accepted for delivery"),
        ({"dlr_url": "nowhere"}, 400, "DLR-URL field misformed, rejected"),
        ({"charset": "klingon"}, 400, "Charset or body misformed, rejected"),
        ({"charset": "ascii", "text": "č"}, 400, "Charset or body misformed, rejected"),
        ({"charset": "rot13"}, 400, "Charset or body misformed, rejected"),
        ({"udh": "\x06\x05"}, 400, "UDH field misformed, rejected"),
        ({"dlr_mask": "abc"}, 202, "0: Accepted for delivery"),
        ({"priority": "high"}, 202, "0: Accepted for delivery"),
        ({"text": None}, 202, "0: Accepted for delivery"),
        ({"smsc": "unknown"}, 202, "0: Accepted for delivery"),
        ({"deferred": 10}, 202, "0: Accepted for delivery"),
    ],
)
def test_what_is_wrong_is_told_in_kannels_words(
    http: FlaskClient, words: dict[str, Any], status: int, says: str
) -> None:
    assert get(http, **words) == (status, says)


@pytest.mark.parametrize(
    ("octets", "more"),
    [
        (quote("Čaj ☕"), ""),
        (quote("Čaj ☕".encode("utf-16-be")), "&coding=2"),
        (quote("Čaj ☕".encode("utf-16-be")), "&coding=2&charset=UTF-16BE"),
        (quote("Čaj ☕".encode("utf-16-be")), "&coding=0&charset=UCS-2BE"),
        (quote("Čaj ☕"), "&coding=2&charset=UTF-8"),
    ],
)
def test_octets_are_read_in_their_charset(http: FlaskClient, stored: Stored, octets: str, more: str) -> None:
    http.get(f"/cgi-bin/sendsms?user=shop&pass={SECRET}&to={quote(TO)}&text={octets}{more}")
    assert stored()[0].text == "Čaj ☕"


def test_data_and_its_ports_go_as_they_are(http: FlaskClient, stored: Stored, gateway: Gateway) -> None:
    url = f"/cgi-bin/sendsms?user=shop&pass={SECRET}&to={quote(TO)}&udh=%06%05%04%15%81%00%00&text=%00%01%FF"
    assert http.get(url).status_code == 202
    assert (stored()[0].text, stored()[0].ports, stored()[0].encoding) == ("0001ff", [0x1581, 0], "data")


def test_a_part_of_a_long_text_keeps_its_header(http: FlaskClient, stored: Stored) -> None:
    url = f"/cgi-bin/sendsms?user=shop&pass={SECRET}&to={quote(TO)}&udh=%05%00%03%07%02%01&text=first+half"
    assert http.get(url).status_code == 202
    assert (stored()[0].encoding, stored()[0].parts) == ("data", 1)


def test_an_empty_text_is_one_empty_part(http: FlaskClient, stored: Stored) -> None:
    assert get(http, text="") == (202, "0: Accepted for delivery")
    assert (stored()[0].text, stored()[0].parts) == ("", 1)


def test_several_receivers_get_a_message_each(http: FlaskClient, stored: Stored) -> None:
    assert get(http, to="+38640111222 +38640111223 x") == (202, "0: Accepted for delivery")
    assert [row.recipient for row in stored()] == [TO, "+38640111223"]


def test_the_same_text_may_come_twice_and_the_same_request_may_not(http: FlaskClient, stored: Stored) -> None:
    for _ in range(2):
        assert get(http)[0] == 202
    assert len(stored()) == 2
    url = "/cgi-bin/sendsms?" + urlencode({"user": "shop", "pass": SECRET, "to": TO, "text": "once"})
    ids = {http.get(url, headers={"Idempotency-Key": "k1"}).headers["X-Smsgw-Message-Id"] for _ in range(2)}
    assert (len(stored()), len(ids)) == (3, 1)


XML = """<?xml version="1.0"?><message><submit><da><number>+38640111222</number></da><oa><number>Shop</number></oa>
<ud>Čaj &amp; kava</ud><dcs><coding>2</coding></dcs><from><username>shop</username><password>{}</password></from>
</submit></message>"""


@pytest.mark.parametrize(
    ("kind", "body", "headers", "text"),
    [
        ("text/xml", XML.format(SECRET).encode(), {}, "Čaj & kava"),
        (
            "text/plain; charset=UTF-8",
            "Čaj".encode(),
            {"X-Kannel-Username": "shop", "X-Kannel-Password": SECRET, "X-Kannel-To": TO},
            "Čaj",
        ),
        (
            "application/x-www-form-urlencoded",
            urlencode({"user": "shop", "pass": SECRET, "to": TO, "text": "Čaj"}).encode(),
            {},
            "Čaj",
        ),
    ],
)
def test_a_post_may_be_xml_headers_or_a_form(
    http: FlaskClient, stored: Stored, kind: str, body: bytes, headers: dict[str, str], text: str
) -> None:
    answer = http.post("/cgi-bin/sendsms", data=body, content_type=kind, headers=headers)
    assert (answer.status_code, answer.data, stored()[0].text) == (202, b"0: Accepted for delivery", text)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
def test_other_bodies_are_refused(http: FlaskClient, kind: str) -> None:
    answer = http.post("/cgi-bin/sendsms", data=b"{}", content_type=kind)
    assert (answer.status_code, answer.data) == (400, b"Invalid content-type")


def test_a_body_that_nobody_is_named_in_is_nobodys(http: FlaskClient) -> None:
    for kind, body in (("", b"{}"), ("text/xml", b"<message><submit>"), ("text/xml", b"")):
        answer = http.post("/cgi-bin/sendsms", data=body, content_type=kind)
        assert (answer.status_code, answer.data) == (403, b"Authorization failed for sendsms")
    login = {"X-Kannel-Username": "shop", "X-Kannel-Password": SECRET}
    answer = http.post("/cgi-bin/sendsms", data=b"x", content_type="text/plain", headers=login)
    assert answer.data == b"Missing receiver(s) number(s), rejected"


def test_a_head_sends_nothing_and_another_address_is_unknown(http: FlaskClient, stored: Stored) -> None:
    http.head(f"/cgi-bin/sendsms?user=shop&pass={SECRET}&to={quote(TO)}&text=x")
    assert stored() == []
    answer = http.get("/cgi-bin/sendota")
    assert (answer.status_code, answer.data) == (404, b"Unknown request.")


def test_the_status_is_told_and_a_wrong_password_is_denied(http: FlaskClient) -> None:
    assert http.get("/status.xml?password=no").data == b"Denied"
    answer = http.get(f"/status.xml?password={SECRET}")
    assert b"<smscs><count>1</count>" in answer.data
    for form in ("", ".txt", ".html"):
        assert http.get(f"/status{form}?password={SECRET}").status_code == 200
    assert http.get("/status.txt?password=no").data == b"Denied"


def test_doors_are_shut_unless_they_are_opened(configured: Callable[..., Gateway]) -> None:
    from webadmin import create_app

    http = create_app(configured()).test_client()
    for path in ("/cgi-bin/sendsms", "/2010-04-01/Accounts.json", "/3rdparty/v1/messages", "/send"):
        assert http.get(path).status_code == 404


def test_bad_keys_are_counted_and_a_good_one_still_enters(http: FlaskClient) -> None:
    assert get(http)[0] == 202
    answers = [get(http, password=f"wrong{number}") for number in range(40)]
    assert answers[0] == (403, "Authorization failed for sendsms")
    assert answers[-1] == (503, "Temporal failure, try again later.")
    assert get(http)[0] == 202


@pytest.mark.parametrize("code", ["quiet_hours", "frequency_capped"])
def test_what_may_go_later_is_told_so(code: str) -> None:
    table, _ = said_of(RefusedByPolicy([Fault("/to", code, "not now")]))
    assert table.kannel == (503, "Temporal failure, try again later.")
    assert (table.twilio, table.jasmin[0], table.android) == ((400, 21610), 400, 409)
