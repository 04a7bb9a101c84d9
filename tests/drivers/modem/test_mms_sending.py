"""MMS are handed over to an MMSC over a data connection, and every way in which that can fail; the bearer itself."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dns.message
import dns.rrset
import pytest

from drivers._mms import pdu
from drivers.modem import Config
from drivers.modem.mms import Mms
from drivers.modem.mms_carrier import CarrierFailed
from drivers.modem.mms_host import HostBearer
from smsgw.errors import NotFetched
from smsgw.link import (
    Alphabet,
    Content,
    ContentPart,
    LinkDown,
    LinkError,
    Misconfigured,
    NoAnswer,
    RejectedForGood,
    RejectedForNow,
    WirePart,
)
from smsgw.link_verbs import Notification
from tests.drivers.recorder import Recorder
from tests.emulators import mm1_mmsc
from tests.emulators.mm1_mmsc import HTML, PICTURE, Mmsc

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CUSTOMER, OWN = "+38641000002", "+38640111222"
SMIL = ContentPart("application/smil", b"<smil/>", "0.smil", "utf-8", "smil")
TEXT = ContentPart("text/plain", "Čau, Ana".encode(), "t.txt", "utf-8")
SHOT = ContentPart("image/jpeg", PICTURE, "p.jpg")


@pytest.fixture
def mmsc() -> Iterator[Mmsc]:
    with mm1_mmsc.mmsc() as made:
        yield made


@pytest.fixture
def events() -> Recorder:
    return Recorder()


def mms_over(mmsc: Mmsc, events: Recorder, **more: Any) -> Mms:
    given = {"device": "/dev/null", "mms_url": mmsc.url, "mms_proxy": mmsc.proxy, "mms_timeout": 60.0, **more}
    return Mms("shop", Config(**given), events, lambda what, timeout: None, lambda: OWN)


@pytest.fixture
def mms(mmsc: Mmsc, events: Recorder) -> Iterator[Mms]:
    made = mms_over(mmsc, events)
    yield made
    made.stop(time.monotonic() + 5)


def picture(id: str = "m1", to: str = CUSTOMER, parts: tuple[ContentPart, ...] = (SMIL, SHOT, TEXT)) -> WirePart:
    content = Content(parts, "Vabilo ❄", read_report=True)
    return WirePart(id, 1, 1, to, None, Alphabet.GSM7, b"", validity=3600, content=content)


def answer_to(mms: Mms, events: Recorder, part: WirePart) -> str | LinkError:
    mms.send(part)
    events.wait(lambda: any(one is part for one, _ in events.answers))
    [answer] = [said for one, said in events.answers if one is part]
    return answer


# What goes


def test_an_mms_is_handed_over_and_its_message_id_is_its_reference(mms: Mms, mmsc: Mmsc, events: Recorder) -> None:
    part = picture("msg_7")
    assert answer_to(mms, events, part) == "S1@mmsc"
    [sent] = mmsc.taken
    assert sent.get("transaction-id") == "msg_7-1"
    assert sent.all("to") == ["+38641000002/TYPE=PLMN"]
    assert (sent.get("from"), sent.get("subject")) == (pdu.INSERT_ADDRESS, "Vabilo ❄")
    assert (sent.get("delivery-report"), sent.get("read-report")) == ("Yes", "Yes")
    assert sent.get("expiry") == ("relative", 3600)
    assert [(one.content_type.name, one.data) for one in sent.parts] == [
        (one.media_type, one.data) for one in (SMIL, SHOT, TEXT)
    ]
    assert sent.start is not None
    assert sent.start.content_type.name == "application/smil"
    assert mmsc.asked[0].target == mmsc.url


def test_a_second_try_has_the_same_transaction(mms: Mms, mmsc: Mmsc, events: Recorder) -> None:
    mmsc.faults["post"] = ["hang up"]
    assert isinstance(answer_to(mms, events, picture("msg_8")), NoAnswer)
    answer_to(mms, events, picture("msg_8"))
    assert {str(sent.get("transaction-id")) for sent in mmsc.taken} == {"msg_8-1"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Error-transient-failure", RejectedForNow),
        ("Error-transient-network-problem", RejectedForNow),
        ("Error-transient-partial-success", NoAnswer),
        ("Error-permanent-service-denied", RejectedForGood),
        ("Error-permanent-content-not-accepted", RejectedForGood),
        ("Error-permanent-lack-of-prepaid", RejectedForGood),
        ("Error-network-problem", RejectedForNow),
        ("Error-service-denied", RejectedForGood),
    ],
)
def test_a_refusal_is_the_error_of_the_table(
    mms: Mms, mmsc: Mmsc, events: Recorder, status: str, kind: type[LinkError]
) -> None:
    mmsc.status = status
    answer = answer_to(mms, events, picture())
    assert type(answer) is kind
    assert isinstance(answer, LinkError)
    assert answer.code.startswith("MMS ")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("hang up", NoAnswer),
        ("cut", NoAnswer),
        (b"", NoAnswer),
        (HTML, RejectedForNow),
        (502, RejectedForNow),
        (403, Misconfigured),
        (413, RejectedForGood),
    ],
    ids=str,
)
def test_what_comes_in_place_of_an_answer_is_no_lie(
    mms: Mms, mmsc: Mmsc, events: Recorder, fault: Any, kind: type[LinkError]
) -> None:
    mmsc.faults["post"].append(fault)
    answer = answer_to(mms, events, picture())
    assert type(answer) is kind
    assert isinstance(answer, LinkError)
    assert answer.rest == 0, "the texts of the link go on"


def test_where_no_bearer_is_nothing_has_left_and_it_is_tried_again_later(mmsc: Mmsc, events: Recorder) -> None:
    mms = mms_over(mmsc, events, mms_interface="nobearer0")
    answer = answer_to(mms, events, picture())
    assert isinstance(answer, LinkDown)
    assert (answer.code, answer.after, answer.rest) == ("mms bearer", 60.0, 0.0)
    assert "nobearer0 has no address" in answer.says
    mms.stop(time.monotonic() + 5)


def test_what_is_larger_than_the_operator_carries_does_not_leave(mmsc: Mmsc, events: Recorder) -> None:
    mms = mms_over(mmsc, events, mms_most=10_000)
    large = replace(SHOT, data=bytes(10_000))
    answer = answer_to(mms, events, picture(parts=(large,)))
    assert isinstance(answer, RejectedForGood)
    assert answer.code == "mms_too_large"
    assert mmsc.asked == []
    mms.stop(time.monotonic() + 5)


def test_what_is_on_its_way_when_we_stop_is_unsure_and_what_waits_has_not_left(mmsc: Mmsc, events: Recorder) -> None:
    mms, hangs = mms_over(mmsc, events), threading.Event()
    mmsc.faults["post"].append(hangs)
    first, second = picture("m1"), picture("m2")
    mms.send(first)
    events.wait(lambda: mmsc.asked)
    mms.send(second)
    mms.stop(time.monotonic() + 0.1)
    [on_its_way, waits] = events.refusals([first, second])
    hangs.set()
    assert isinstance(on_its_way, NoAnswer)
    assert isinstance(waits, LinkDown)


# The bearer


def test_the_bearers_own_address_is_where_we_come_from(mmsc: Mmsc) -> None:
    bearer = HostBearer(Config(device="/dev/null", mms_url=mmsc.url, mms_interface="lo"))
    assert bearer.bearer() == "127.0.0.1"
    with bearer.connect("127.0.0.1", mmsc.port, "127.0.0.1") as line:
        assert line.getsockname()[0] == "127.0.0.1"


def test_the_command_that_brings_the_bearer_up_is_run_when_it_has_no_address(mmsc: Mmsc, events: Recorder) -> None:
    up = ("/bin/sh", "-c", "echo no carrier >&2; exit 3")
    mms = mms_over(mmsc, events, mms_interface="nobearer0", mms_up=up)
    with pytest.raises(NotFetched, match="ended with 3: no carrier") as failed:
        mms.fetch(Notification("t", mmsc.url))
    assert failed.value.step == "bearer"


@contextlib.contextmanager
def resolver(known: str) -> Iterator[int]:
    """A name server of the operator's that knows one name, as 127.0.0.1; its port."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                octets, who = line.recvfrom(4096)
                if octets == b"end":
                    return
                asked = dns.message.from_wire(octets)
                answer = dns.message.make_response(asked)
                if str(asked.question[0].name) == known + ".":
                    answer.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "A", "127.0.0.1"))
                else:
                    answer.set_rcode(3)
                line.sendto(answer.to_wire(), who)

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    port = line.getsockname()[1]
    yield port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.sendto(b"end", ("127.0.0.1", port))
    serving.join(60)
    line.close()


def test_names_are_asked_of_the_bearers_own_resolvers(mmsc: Mmsc, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://mms.operator.test:{mmsc.port}/mmsc"
    bearer = HostBearer(Config(device="/dev/null", mms_url=url, mms_resolvers=("127.0.0.1",), mms_interface="lo"))
    with resolver("mms.operator.test") as port:
        monkeypatch.setattr(HostBearer, "resolver_port", port)
        assert bearer.get(url, 10_000).status == 404
        with pytest.raises(CarrierFailed, match=r"resolvers of the bearer do not know other\.test") as failed:
            bearer.get(f"http://other.test:{mmsc.port}/", 10_000)
    assert failed.value.step == "name"
    assert mmsc.asked[0].headers["host"] == f"mms.operator.test:{mmsc.port}"
