"""Kannel chained before us as an HTTP client (smsc = http): its texts, reports and inbound through two gateways.

And its own words for a report and a text, as our door's get-url and dlr-url say them.
"""

from __future__ import annotations

import http.client
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from tests.emulators.ports import unused
from tests.flows.running import until
from tests.peers.called import Called
from tests.peers.doors import OURS, PHONE, Doors, doors
from tests.peers.kannel import ADMIN, Kannel

pytestmark = [pytest.mark.peer, pytest.mark.slow]
PERSIAN = "سلام دنیا، سفارش شما آماده است"
LONG = "Piece by piece, one after the other. " * 6


class Chained(Kannel):
    """A Kannel whose network is our door."""

    def _words(self, *given: object) -> str:
        return super()._words(*given).replace("smsc = smpp", "smsc = http")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def open_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(tmp_path_factory.mktemp("kannel-door")) as made:
        yield made


@pytest.fixture(scope="module")
def kannel(open_doors: Doors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    back = unused()
    more = {
        "system-type": "kannel", "send-url": f"{open_doors.url}/cgi-bin/sendsms", "port": back,
        "connect-allow-ip": "127.0.0.1", "dlr-url": f"http://127.0.0.1:{back}/?username=shop&password={open_doors.secret}&from=%p&to=%P&text=%A",
    }  # fmt: skip
    receiver = f"{open_doors.called.url}/mo?from=%p&text=%a&to=%P"
    made = Chained(tmp_path_factory.mktemp("kannel"), 0, "shop", open_doors.secret, receiver, **more)
    words = {"username": "shop", "password": open_doors.secret, "charset": "UTF-8", "coding": "0"}
    url = f"http://127.0.0.1:{back}/?{urllib.parse.urlencode(words)}&from=%p&to=%P&text=%a"
    open_doors.running.smsgw("key", "doors", "shop", "--get-url", url, "--no-reply")
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("text", ["Gru\u00df an alle: 5\u20ac", PERSIAN, LONG], ids=["gsm", "ucs2", "long"])
def test_a_text_of_kannel_comes_to_the_phone_and_its_report_back(
    open_doors: Doors, kannel: Kannel, text: str, request: pytest.FixtureRequest
) -> None:
    name = f"/dlr-{request.node.callspec.id}"
    more = {"coding": 2} if text == PERSIAN else {}
    said = kannel.send(
        PHONE,
        text,
        **more,
        charset="UTF-8",
        dlr_mask=3,
        dlr_url=f"{open_doors.called.url}{name}?status=%d",
        **{"from": OURS},
    )
    assert said == "0: Accepted for delivery"
    until(lambda: text in open_doors.phone_shows(), 20, "it did not come to the phone")
    call = open_doors.called.wait(lambda call: call.path == name)[0]
    assert call.words == {"status": "1"}


def test_a_text_of_a_phone_comes_to_the_program_behind_kannel(open_doors: Doors, kannel: Kannel) -> None:
    open_doors.phone_types("yes, please")
    call = open_doors.called.wait(lambda call: call.path == "/mo")[0]
    assert (call.words["text"], call.words["from"]) == ("yes, please", PHONE)


def ask(open_doors: Doors, **words: str) -> str:
    given = {"username": "shop", "password": open_doors.secret, "to": PHONE, **words}
    url = f"{open_doors.url}/cgi-bin/sendsms?{urllib.parse.urlencode(given)}"
    with urllib.request.urlopen(url, timeout=90) as answer:
        return str(answer.read().decode())


def test_every_escape_of_a_report_is_filled_in(open_doors: Doors) -> None:
    escapes = "dAapPqQtTiIFnCcKmMO"
    query = "&".join(f"{letter}{'u' if letter.isupper() else 'l'}=%{letter}" for letter in escapes)
    url = f"{open_doors.called.url}/all?enc=%C3%A9&{query}"
    words = {"from": "Shop", "text": "Hello there", "dlr-mask": "31", "dlr-url": url}
    assert ask(open_doors, **words) == "0: Accepted for delivery"
    first, last = open_doors.called.wait(lambda call: call.path == "/all", 2)
    assert [(call.words["dl"], call.method) for call in (first, last)] == [("8", "GET"), ("1", "GET")]
    assert (first.words["Au"], first.words.get("Fu", "")) == ("ACK/", "")
    told = last.words
    assert told["Au"] == told["al"]
    assert told["Au"].startswith("id:")
    assert "stat:DELIVRD err:000 text:Hello there" in told["Au"]
    assert (told["pl"], told["Pu"], told["ql"], told["il"], told["nl"], told["enc"]) == (
        PHONE, "Shop", PHONE, "phones", "shop", "é",
    )  # fmt: skip
    assert (told["Cu"], told["cl"], told["ml"], told["Ku"]) == ("UTF-8", "-1", "-1", "%K")
    assert len(told["Iu"]) == 36
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", told["tl"])


def test_what_a_get_url_answers_goes_back_to_the_phone(open_doors: Doors) -> None:
    other = Called({"/reply": ("text/plain", "Thank you")})
    open_doors.running.smsgw(
        "key", "doors", "shop", "--get-url", f"{other.url}/reply?from=%p&first=%k&rest=%r&all=%a&time=%T"
    )
    until(lambda: _typed(open_doors, other), 20, "the get-url was not called", 1.0)
    call = other.wait(lambda call: call.path == "/reply")[0]
    assert (call.words["first"], call.words["rest"], call.words["from"]) == ("price", "of rice", PHONE)
    until(lambda: "Thank you" in open_doors.phone_shows(), 20, "the reply did not come to the phone")
    other.close()


ASKED = [
    "text=hi", "", "text=", "text=hi&coding=3", "text=hi&coding=-1", "text=hi&coding=x", "text=hi&coding=1x",
    "text=hi&mclass=4", "text=hi&mclass=-2", "text=hi&mwi=8", "text=hi&mwi=-1", "text=hi&compress=2", "text=hi&pid=256",
    "text=hi&rpi=3", "text=hi&alt-dcs=2", "text=hi&priority=4", "text=hi&priority=-1", "text=hi&validity=-1",
    "text=hi&validity=-2", "text=hi&validity=abc", "text=hi&deferred=-2", "text=hi&deferred=abc", "text=hi&dlr-mask=-1",
    "text=hi&dlr-mask=-2", "text=hi&dlr-mask=63", "text=hi&dlr-mask=99", "text=hi&dlr-mask=31&dlr-url=nonsense",
    "text=hi&dlr-mask=31&dlr-url=ftp://x/", "text=hi&charset=nonsense", "text=hi&udh=%05%00", "text=hi&udh=",
    "text=hi&account=" + "a" * 65, "text=hi&account=" + "a" * 64, "text=hi&from=Shop", "text=hi&smsc=nowhere",
    "text=hi&text=other", "text=hi&binfo=x&flash=1", "text=%zz", "to=&text=hi", "to=+&text=hi", "to=abc&text=hi",
    "to=abc+%2B38641000001&text=hi", "to=38641000001&text=hi",
]  # fmt: skip


def test_what_kannel_answers_we_answer_octet_by_octet(open_doors: Doors, kannel: Kannel) -> None:
    differ = []
    for query in ASKED:
        to = "" if "to=" in query.split("&")[0] else "to=%2B38641000001&"
        ours = said(open_doors.running.port, "shop", open_doors.secret, f"{to}{query}")
        theirs = said(kannel.http, ADMIN, ADMIN, f"{to}{query}")
        if ours != theirs:
            differ.append((query, ours, theirs))
    assert differ == []


def said(port: int, user: str, password: str, query: str) -> tuple[int, str, bytes]:
    """Status, media type and body of an answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    try:
        line.request("GET", f"/cgi-bin/sendsms?username={user}&password={password}&{query}")
        answer = line.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        line.close()


def _typed(open_doors: Doors, other: Called) -> bool:
    """A text that the new get-url is told of: the teller looks at its webhooks once a second."""
    open_doors.phone_types("price of rice")
    return bool(other.calls)
