"""Each carrier's request, answer and call, as its own documentation writes them."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from pydantic import ValidationError

from drivers.web import Config, WebLink, open_link
from drivers.web.signatures import is_signed
from smsgw.link import LinkError, Misconfigured, ReceiptState, RejectedForGood, RejectedForNow, Throttled
from smsgw.link_verbs import Notice, WireLine
from tests.drivers.recorder import Recorder, write

TOKEN = "a-word-of-the-carrier-1234"
TO = "+38640111222"


class Carrier:
    """Notes a request and gives the next answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, Any]] = []
        carrier = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._take()

            def do_POST(self) -> None:
                self._take()

            def _take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                carrier.asked.append((self.command, self.path, dict(self.headers.items()), body))
                status, said = carrier.answers.pop(0)
                octets = (said if isinstance(said, str) else json.dumps(said)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    made = Carrier()
    yield made
    made.close()


@pytest.fixture
def events() -> Recorder:
    return Recorder()


@pytest.fixture
def link_to(carrier: Carrier, events: Recorder) -> Iterator[Callable[..., WebLink]]:
    made: list[WebLink] = []

    def link_to(profile: str, **more: Any) -> WebLink:
        given = {
            "profile": profile, "url": carrier.url, "user": "me", "password": "pass", "secret": TOKEN, "sender": "Shop",
            "hook": "https://sms.example.com", "window": 1, "probe_every": 60, **more,
        }  # fmt: skip
        made.append(open_link("way", Config.model_validate(given), events))
        made[-1].start()
        events.wait_up()
        return made[-1]

    yield link_to
    for link in made:
        link.stop(time.monotonic() + 2)


def outcome(link: WebLink, events: Recorder, text: str = "Hello") -> str | LinkError:
    (part,) = write(link, TO, text)
    link.send(part)
    events.wait(lambda: any(known is part for known, _ in events.answers))
    return events.answers_of([part])[0]


SENT: dict[str, tuple[Any, str, dict[str, str]]] = {
    "twilio": ({"sid": "SM1"}, "SM1", {"To": TO, "From": "Shop", "Body": "Hello"}),
    "vonage": (
        {"messages": [{"status": "0", "message-id": "v1"}]},
        "v1",
        {"to": TO[1:], "from": "Shop", "text": "Hello"},
    ),
    "form": ({"id": "f1"}, "f1", {"to": TO, "from": "Shop", "text": "Hello"}),
}


@pytest.mark.parametrize("profile", SENT)
def test_a_form_is_sent_and_the_carriers_name_is_the_reference(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink], profile: str
) -> None:
    answer, reference, wanted = SENT[profile]
    carrier.answers.append((200, answer))
    assert outcome(link_to(profile), events) == reference
    said = dict(parse_qsl(carrier.asked[0][3].decode()))
    assert wanted.items() <= said.items()
    hooks = [value for value in said.values() if value.startswith("https://sms.example.com/carriers/way")]
    assert len(hooks) == 1


def test_infobip_and_another_smsgw_are_told_in_json(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]
) -> None:
    carrier.answers.append((200, {"messages": [{"messageId": "i1", "status": {"groupName": "PENDING"}}]}))
    assert outcome(link_to("infobip"), events, "Čaj") == "i1"
    _, path, headers, body = carrier.asked[0]
    told = json.loads(body)["messages"][0]
    assert (path, headers["Authorization"]) == ("/sms/2/text/advanced", "App pass")
    assert (told["destinations"][0]["to"], told["text"]) == (TO[1:], "Čaj")
    carrier.answers.append((202, {"id": "msg_1"}))
    assert outcome(link_to("smsgw"), events) == "msg_1"
    assert json.loads(carrier.asked[1][3])["client_ref"]
    assert carrier.asked[1][2]["Authorization"] == "Bearer pass"


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, {"code": 21211}, RejectedForGood),
        (429, {"code": 20429}, Throttled),
        (400, {"code": 21611}, Throttled),
        (503, "busy", RejectedForNow),
        (401, {"code": 20003}, Misconfigured),
    ],
)
def test_a_no_says_what_follows(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink], status: int, answer: Any, kind: type[LinkError]
) -> None:
    carrier.answers.append((status, answer))
    assert isinstance(outcome(link_to("twilio"), events), kind)


def test_vonage_says_no_with_a_yes(carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]) -> None:
    link = link_to("vonage")
    for status, kind in (("1", Throttled), ("5", RejectedForNow), ("6", RejectedForGood)):
        carrier.answers.append((200, {"messages": [{"status": status, "error-text": "no"}]}))
        assert isinstance(outcome(link, events), kind)


def call(link: WebLink, told: Any, token: str = TOKEN) -> int:
    """A call of the carrier; a dict in a form, else JSON."""
    url = f"https://sms.example.com/carriers/way?token={token}"
    if isinstance(told, dict) and all(isinstance(value, str) for value in told.values()):
        kind, body = "application/x-www-form-urlencoded", urlencode(told).encode()
    else:
        kind, body = "application/json", json.dumps(told).encode()
    return link.notice(Notice("POST", url, {"content-type": kind}, body)).status


def test_receipts_and_texts_are_read_in_each_carriers_words(events: Recorder, link_to: Callable[..., WebLink]) -> None:
    vonage, infobip, form = link_to("vonage"), link_to("infobip"), link_to("form")
    assert call(vonage, {"messageId": "v1", "status": "delivered", "err-code": "0", "msisdn": TO[1:]}) == 200
    assert call(vonage, {"messageId": "v2", "msisdn": TO[1:], "to": "38640000000", "text": "yes ☕"}) == 200
    results = [
        {"messageId": "i1", "status": {"groupName": "UNDELIVERABLE"}, "error": {"name": "EC_ABSENT"}},
        {"messageId": "i2", "status": {"groupName": "EXPIRED"}, "error": {"name": "EC_EXPIRED"}},
    ]
    assert call(infobip, {"results": results}) == 200
    assert call(infobip, {"results": [{"messageId": "i3", "from": TO[1:], "to": "1234", "text": "no"}]}) == 200
    assert call(form, {"id": "f1", "status": "failed", "error": "busy"}) == 200
    assert [(one.reference, one.state, one.error) for one in events.receipts] == [
        ("v1", ReceiptState.DELIVERED, None), ("i1", ReceiptState.UNDELIVERABLE, "EC_ABSENT"),
        ("i2", ReceiptState.EXPIRED, "EC_EXPIRED"), ("f1", ReceiptState.REJECTED, "busy"),
    ]  # fmt: skip
    assert events.texts() == [(TO, "yes ☕"), (TO, "no")]


@pytest.mark.parametrize(
    "told", [[], {"results": 5}, {"results": [1, {}]}, {"status": {"a": "b"}}, {"text": "x", "n": 1}]
)
def test_odd_calls_are_answered_and_nothing_comes_of_them(
    events: Recorder, link_to: Callable[..., WebLink], told: Any
) -> None:
    assert call(link_to("infobip"), told) in (200, 400)
    assert call(link_to("infobip"), told, token="wrong") in (400, 403)
    assert (events.receipts, events.pieces) == ([], [])


def test_signatures_are_believed_in_their_time_only() -> None:
    now, body = 1_800_000_000.0, b'{"event":"sms:sent"}'
    signed = hmac.new(TOKEN.encode(), body + b"1800000000", "sha256").hexdigest()
    notice = Notice("POST", "https://x/", {"x-signature": signed, "x-timestamp": "1800000000"}, body)
    assert is_signed("android", notice, {}, TOKEN, now)
    assert not is_signed("android", notice, {}, TOKEN, now + 3600)
    assert not is_signed("android", notice, {}, "another-word-of-16-letters", now)
    words = {"a": "1&2", "timestamp": "1800000000"}
    words["sig"] = hmac.new(TOKEN.encode(), b"&a=1_2&timestamp=1800000000", "sha256").hexdigest().upper()
    assert is_signed("vonage", Notice("GET", "https://x/", {}, b""), words, TOKEN, now)


def test_a_hook_needs_a_secret_and_a_profile_its_url() -> None:
    for given in ({"profile": "infobip"}, {"profile": "vonage", "hook": "https://x", "secret": "short"}):
        with pytest.raises(ValidationError):
            Config.model_validate(given)


def test_the_console_shows_requests_in_short(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]
) -> None:
    link, lines = link_to("kannel"), list[WireLine]()
    link.tap.tell = lines.append
    carrier.answers.append((202, "0: Accepted for delivery"))
    outcome(link, events, "a word of ours")
    asked, answered = lines
    assert (asked.way, asked.what.split("?")[0], "?" in asked.what) == (">", "GET /cgi-bin/sendsms", False)
    assert {"password", "to", "text"} <= set(asked.fields["query"].split(", "))
    assert (answered.way, answered.what, answered.fields["body"]) == ("<", "HTTP 202", "‹24 octets›")
    link.notice(Notice("GET", f"https://sms.example.com/carriers/way?token={TOKEN}&text=theirs", {}, b""))
    came, noted = lines[2:]
    assert (came.way, came.what, noted.way) == ("<", "GET /carriers/way", ">")
    for secret in ("pass,", TOKEN, "theirs", "a word", TO[1:]):
        assert secret not in str(lines)
