"""MMS over carriers' HTTP: what they are asked, where they fetch the pictures, and the pictures that they bring."""

from __future__ import annotations

import hashlib
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from drivers.web import Config, WebLink, fetching, open_link
from drivers.web.lending import lend, lent
from drivers.web.mms import MMS
from drivers.web.profiles import PROFILES
from smsgw.link import Alphabet, Content, ContentPart, LinkError, RejectedForGood, WirePart
from smsgw.link_verbs import LendsMedia, Notice
from tests.drivers.recorder import Recorder

TOKEN = "a-word-of-the-carrier-1234"
TO = "+38640111222"
JPEG, GIF = b"\xff\xd8\xff\xe0 a picture", b"GIF89a another"
WHERE = "https://sms.example.com/carriers/way/media/"
CONTENT = Content(
    (
        ContentPart("application/smil", b"<smil/>", "smil.xml"),
        ContentPart("text/plain", "Čaj je tu".encode(), "text-1.txt", "utf-8"),
        ContentPart("image/jpeg", JPEG, "picture-1.jpg"),
    ),
    "Novo",
)


class Carrier:
    """Answers what a test says, and keeps what it was asked. media: what it holds, by path: (status, type, octets)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.said: Any = {}
        self.media: dict[str, list[tuple[int, str, bytes]]] = {}
        carrier = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                carrier.asked.append(("GET", self.path, dict(self.headers.items()), b""))
                left = carrier.media.get(self.path, [(404, "", b"")])
                status, kind, octets = left.pop(0) if len(left) > 1 else left[0]
                self._answer(status, kind, octets)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                carrier.asked.append(("POST", self.path, dict(self.headers.items()), body))
                self._answer(200, "application/json", json.dumps(carrier.said).encode())

            def _answer(self, status: int, kind: str, octets: bytes) -> None:
                self.send_response(status)
                self.send_header("Location" if status == 302 else "Content-Type", kind)
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
            "profile": profile, "url": carrier.url, "user": "me", "password": "pass-of-the-account", "secret": TOKEN,
            "sender": "+38640999888", "hook": "https://sms.example.com", "window": 1, "probe_every": 60, **more,
        }  # fmt: skip
        made.append(open_link("way", Config.model_validate(given), events))
        made[-1].start()
        events.wait_up()
        return made[-1]

    yield link_to
    for link in made:
        link.stop(time.monotonic() + 2)


def outcome(link: WebLink, events: Recorder, content: Content = CONTENT) -> str | LinkError:
    part = WirePart("msg_1", 1, 1, TO, None, Alphabet.OCTETS, b"", content=content)
    link.send(part)
    events.wait(lambda: any(known is part for known, _ in events.answers))
    return events.answers_of([part])[0]


def is_lent(link: WebLink, url: str, octets: bytes) -> bool:
    assert isinstance(link, LendsMedia)
    token, _, file = url.removeprefix(WHERE).partition("/")
    return url.startswith(WHERE) and file != "" and link.medium(token) == hashlib.sha256(octets).hexdigest()


def test_twilio_is_given_the_words_and_where_each_picture_is(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]
) -> None:
    link = link_to("twilio")
    assert link.abilities.content == {"mms"}
    carrier.said = {"sid": "MM1"}
    two = Content((*CONTENT.parts, ContentPart("image/gif", GIF, "picture-2.gif")))
    assert outcome(link, events, two) == "MM1"
    said = parse_qs(carrier.asked[0][3].decode())
    assert (said["Body"], said["To"], said["From"]) == (["Čaj je tu"], [TO], ["+38640999888"])
    assert [is_lent(link, *one) for one in zip(said["MediaUrl"], (JPEG, GIF), strict=True)] == [True, True]
    assert TO not in said["MediaUrl"][0]


def test_telnyx_infobip_and_another_smsgw_are_told_in_json(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]
) -> None:
    telnyx, infobip, smsgw = link_to("telnyx"), link_to("infobip"), link_to("smsgw")
    carrier.said = {"data": {"id": "t1"}}
    assert outcome(telnyx, events) == "t1"
    told = json.loads(carrier.asked[0][3])
    assert (carrier.asked[0][1], told["subject"], told["type"]) == ("/messages", "Novo", "MMS")
    assert is_lent(telnyx, told["media_urls"][0], JPEG)
    carrier.said = {"messages": [{"messageId": "i1"}]}
    assert outcome(infobip, events) == "i1"
    [told] = json.loads(carrier.asked[1][3])["messages"]
    text, picture = told["content"]["messageSegments"]
    assert (carrier.asked[1][1], text) == ("/mms/2/messages", {"type": "TEXT", "text": "Čaj je tu"})
    assert (picture["type"], picture["contentType"]) == ("LINK", "image/jpeg")
    assert is_lent(infobip, picture["contentUrl"], JPEG)
    carrier.said = {"id": "msg_7"}
    assert outcome(smsgw, events) == "msg_7"
    told = json.loads(carrier.asked[2][3])
    assert (told["text"], told["subject"], len(told["media"])) == ("Čaj je tu", "Novo", 1)
    assert is_lent(smsgw, told["media"][0], JPEG)


def test_what_is_empty_is_left_out(carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]) -> None:
    carrier.said = {"messages": [{"messageId": "i1"}]}
    assert outcome(link_to("infobip"), events, Content(CONTENT.parts[2:])) == "i1"
    [told] = json.loads(carrier.asked[0][3])["messages"]
    assert [one["type"] for one in told["content"]["messageSegments"]] == ["LINK"]
    assert "title" not in told["content"]


def test_46elks_takes_one_picture_and_nothing_else(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]
) -> None:
    link = link_to("46elks")
    assert link.abilities.most_octets == 320_000
    carrier.said = {"id": "m1"}
    assert outcome(link, events) == "m1"
    assert carrier.asked[0][1] == "/mms"
    assert is_lent(link, parse_qs(carrier.asked[0][3].decode())["image"][0], JPEG)
    for more in (ContentPart("image/gif", GIF, "2.gif"), ContentPart("audio/amr", b"#!AMR\n", "1.amr")):
        parts = CONTENT.parts if more.media_type == "image/gif" else CONTENT.parts[:2]
        error = outcome(link, events, Content((*parts, more)))
        assert isinstance(error, RejectedForGood)
        assert "the carrier takes" in str(error)
    assert len(carrier.asked) == 1


def test_without_a_hook_or_by_setting_no_mms_goes_over_a_link(link_to: Callable[..., WebLink]) -> None:
    assert link_to("twilio", hook=None).abilities.content == frozenset()
    assert link_to("twilio", mms=False).abilities.content == frozenset()
    assert link_to("vonage").abilities.content == frozenset()
    assert link_to("twilio", mms_octets=300_000).abilities.most_octets == 300_000


def test_what_is_lent_has_an_end_and_cannot_be_made_up() -> None:
    sha = hashlib.sha256(JPEG).hexdigest()
    token = lend("a secret", sha, 1000.5)
    assert lent("a secret", token, 999.0) == sha
    assert lent("a secret", token, 1000.0) is None
    assert lent("another", token, 999.0) is None
    for place in range(0, len(token), 5):
        other = "A" if token[place] != "A" else "B"
        assert lent("a secret", token[:place] + other + token[place + 1 :], 0.0) is None
    for odd in ("", "x", "é", token + "AAAA", token[:40]):
        assert lent("a secret", odd, 0.0) is None


def call(link: WebLink, told: Any, headers: dict[str, str] | None = None) -> int:
    url = f"https://sms.example.com/carriers/way?token={TOKEN}"
    if isinstance(told, dict) and all(isinstance(value, str) for value in told.values()):
        kind, body = "application/x-www-form-urlencoded", urlencode(told).encode()
    else:
        kind, body = "application/json", json.dumps(told).encode()
    return link.notice(Notice("POST", url, {"content-type": kind, **(headers or {})}, body)).status


def signed(url: str, told: dict[str, str]) -> dict[str, str]:
    import hmac

    text = url + "".join(name + value for name, value in sorted(told.items()))
    proof = hmac.new(b"pass-of-the-account", text.encode(), "sha1").digest()
    return {"x-twilio-signature": b64encode(proof).decode()}


def twilio_call(link: WebLink, told: dict[str, str]) -> int:
    return call(link, told, signed(f"https://sms.example.com/carriers/way?token={TOKEN}", told))


def test_what_twilio_brings_is_fetched_with_the_account_and_stored_before_the_answer(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]
) -> None:
    carrier.media = {
        "/Media/ME1": [(302, f"{carrier.url.replace('127.0.0.1', 'localhost')}/elsewhere/a.jpg?x=1", b"")],
        "/elsewhere/a.jpg?x=1": [(200, "image/jpeg", JPEG)],
        "/Media/ME2": [(200, "image/gif; charset=x", GIF)],
    }
    link = link_to("twilio")
    told = {
        "MessageSid": "MM9", "From": TO, "To": "+38640999888", "Body": "poglej", "NumMedia": "2",
        "MediaUrl0": f"{carrier.url}/Media/ME1", "MediaUrl1": f"{carrier.url}/Media/ME2",
    }  # fmt: skip
    assert twilio_call(link, told) == 200
    [came] = events.contents
    assert (came.reference, came.sender, came.to) == ("MM9", TO, "+38640999888")
    assert [(one.media_type, one.data) for one in came.content.parts] == [
        ("text/plain", b"poglej"), ("image/jpeg", JPEG), ("image/gif", GIF),
    ]  # fmt: skip
    basic = f"Basic {b64encode(b'me:pass-of-the-account').decode()}"
    assert [one[2].get("Authorization") for one in carrier.asked] == [basic, None, basic]  # nobody else sees it
    assert events.pieces == []


def test_a_text_of_twilio_stays_a_text(events: Recorder, link_to: Callable[..., WebLink]) -> None:
    told = {"MessageSid": "SM9", "From": TO, "To": "+38640999888", "Body": "yes", "NumMedia": "0"}
    assert twilio_call(link_to("twilio"), told) == 200
    assert (events.texts(), events.contents) == ([(TO, "yes")], [])


def test_what_telnyx_infobip_46elks_and_smsgw_bring(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]
) -> None:
    carrier.media = {"/p.jpg": [(200, "image/jpeg", JPEG)]}
    url = f"{carrier.url}/p.jpg"
    payload = {"id": "t1", "direction": "inbound", "from": {"phone_number": TO}, "to": [{"phone_number": "+3861"}],
               "text": "t", "subject": "S", "media": [{"url": url, "content_type": "image/jpeg"}]}  # fmt: skip
    assert call(link_to("telnyx"), {"data": {"event_type": "message.received", "payload": payload}}) == 200
    segments = [{"contentType": "text/plain", "value": "i"}, {"contentType": "image/jpeg", "url": url}]
    result = {"messageId": "i1", "from": TO[1:], "to": "3861", "message": segments}
    assert call(link_to("infobip"), {"results": [result]}) == 200
    assert call(link_to("46elks"), {"id": "e1", "from": TO, "to": "+3861", "message": "e", "image": url}) == 200
    data = {"id": "in_1", "from": TO, "to": "+3861", "text": "s", "subject": "S", "media": [{"url": "/p.jpg"}]}
    link = link_to("smsgw")
    assert call(link, {"type": "inbound.received", "data": data}) == 200
    assert [(one.reference, one.sender, one.content.subject) for one in events.contents] == [
        ("t1", TO, "S"), ("i1", TO, ""), ("e1", TO, ""), ("in_1", TO, "S"),
    ]  # fmt: skip
    assert [[part.data for part in one.content.parts] for one in events.contents] == [
        [word, JPEG] for word in (b"t", b"i", b"e", b"s")
    ]
    assert carrier.asked[0][2]["Authorization"] == "Bearer pass-of-the-account"


def test_what_telnyx_says_of_our_own_is_no_text(events: Recorder, link_to: Callable[..., WebLink]) -> None:
    to = [{"phone_number": TO, "status": "something_new"}]
    payload = {"id": "t1", "direction": "outbound", "from": {"phone_number": "+1"}, "to": to, "text": "ours"}
    link = link_to("telnyx")
    assert call(link, {"data": {"payload": payload}}) == 200
    to[0]["status"] = "delivered"
    assert call(link, {"data": {"payload": payload}}) == 200
    assert (events.pieces, events.contents, len(events.receipts)) == ([], [], 1)


def test_what_cannot_be_fetched_now_is_asked_for_again_by_a_call_that_comes_again(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.web.pictures.FETCHED_WITHIN", 0.3)
    carrier.media = {"/p.jpg": [(503, "", b""), (200, "image/jpeg", JPEG)]}
    told = {"id": "e1", "from": TO, "to": "+3861", "message": "", "image": f"{carrier.url}/p.jpg"}
    link = link_to("46elks")
    assert call(link, told) == 503
    assert events.contents == []
    assert call(link, told) == 200
    assert [part.data for part in events.contents[0].content.parts] == [JPEG]


def test_what_is_gone_is_told_in_the_text_and_the_rest_is_kept(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.web.pictures.FETCHED_WITHIN", 0.3)
    carrier.media = {"/a": [(404, "", b"")], "/b": [(200, "image/gif", GIF)], "/c": [(500, "", b"")]}
    told = {"MessageSid": "MM1", "From": TO, "To": "+3861", "Body": "hi", "NumMedia": "3",
            **{f"MediaUrl{n}": f"{carrier.url}/{name}" for n, name in enumerate("abc")}}  # fmt: skip
    assert twilio_call(link_to("twilio"), told) == 200  # for Twilio does not call again
    text, picture = events.contents[0].content.parts
    assert text.data.decode().startswith("hi\n[")
    assert text.data.count(b"could not be fetched") == 2
    assert picture.data == GIF


def test_a_store_that_fails_is_told_to_the_carrier(
    carrier: Carrier, events: Recorder, link_to: Callable[..., WebLink]
) -> None:
    carrier.media = {"/p.jpg": [(200, "image/jpeg", JPEG)]}
    events.store = "fails"
    told = {"id": "e1", "from": TO, "to": "+3861", "message": "", "image": f"{carrier.url}/p.jpg"}
    assert call(link_to("46elks"), told) == 503


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "file:///etc/passwd",
        "http://0.0.0.0/",
        "ftp://x/",
    ],
)
def test_some_places_are_never_asked(url: str) -> None:
    with pytest.raises(fetching.Gone):
        fetching.fetch(url, "", "", 2.0)


def test_a_circle_of_redirects_ends_and_so_does_a_medium_without_end(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 1000)
    carrier.media = {"/round": [(302, "/round", b"")], "/large": [(200, "image/jpeg", bytes(2000))]}
    for path in ("/round", "/large"):
        with pytest.raises(fetching.Gone):
            fetching.fetch(f"{carrier.url}{path}", "", "", 2.0)


def test_every_carrier_with_mms_is_one_that_we_know_and_says_its_bounds() -> None:
    assert set(MMS) <= set(PROFILES)
    for mms in MMS.values():
        assert 0 < mms.most_octets <= 5_000_000
        assert "{media}" in json.dumps(mms.fields) or "*media" in json.dumps(mms.fields)
        assert mms.count or mms.listed
    assert urlsplit(PROFILES["telnyx"].url).scheme == "https"
