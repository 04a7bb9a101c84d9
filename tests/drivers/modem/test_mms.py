"""MMS over a data connection: announced, fetched and acknowledged, and every way in which that can fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.modem import Config
from drivers.modem.mms import Mms
from smsgw.errors import NotFetched
from smsgw.link import (
    ContentPart,
    Receipt,
    ReceiptState,
)
from smsgw.link_verbs import Notification, OtherPush
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


def announced(mms: Mms, octets: bytes) -> Notification:
    read = mms.read_push(octets, NOW)
    assert isinstance(read, Notification)
    return read


# What comes


def test_a_notification_is_read_with_who_wrote_and_until_when(mms: Mms, mmsc: Mmsc) -> None:
    found = announced(mms, mmsc.holds(3, size=31_337, seconds=3600))
    assert (found.transaction, found.sender, found.size) == ("txn-3", CUSTOMER, 31_337)
    assert found.expires_at == NOW + timedelta(hours=1)
    assert found.location == f"http://{mmsc.proxy}/m/3"


def test_an_mms_is_fetched_through_the_proxy_as_a_phone_would(mms: Mms, mmsc: Mmsc) -> None:
    fetched = mms.fetch(announced(mms, mmsc.holds()))
    [asked] = mmsc.asked
    assert asked.target == f"http://{mmsc.proxy}/m/1"  # in absolute form
    assert asked.headers["user-agent"] == "Android-Mms/2.0"
    assert "ua-profile" in asked.headers["x-wap-profile"]
    inbound = fetched.inbound
    assert (inbound.sender, inbound.to, inbound.also_to) == (CUSTOMER, OWN, ())
    assert inbound.content.subject == "Počitnice"
    assert [part.media_type for part in inbound.content.parts] == ["application/smil", "image/jpeg", "text/plain"]
    assert [part.name for part in inbound.content.parts] == ["0.smil", "p.jpg", "t.txt"]
    assert inbound.content.parts[1].data == PICTURE
    assert (inbound.content.parts[2].data.decode(), inbound.content.parts[2].charset) == ("Lep pozdrav, čau", "utf-8")
    assert inbound.sent_at == NOW
    assert fetched.transaction == "fetch-1"
    assert mmsc.waiting == ["txn-1"], "nothing is acknowledged by fetching"


def test_the_same_message_has_the_same_reference_however_often_it_is_announced(mms: Mms, mmsc: Mmsc) -> None:
    first, again = (mms.fetch(announced(mms, mmsc.holds())).inbound.reference for _ in range(2))
    other = mms.fetch(announced(mms, mmsc.holds(2))).inbound.reference
    assert first == again != other


@pytest.mark.parametrize(
    ("outcome", "kind", "transaction", "status"),
    [
        ("retrieved", "m-notifyresp-ind", "txn-1", "Retrieved"),
        ("deferred", "m-notifyresp-ind", "txn-1", "Deferred"),
        ("acknowledged", "m-acknowledge-ind", "fetch-1", None),
    ],
)
def test_the_mmsc_is_told_what_became_of_it(
    mms: Mms, mmsc: Mmsc, outcome: Any, kind: str, transaction: str, status: str | None
) -> None:
    mms.acknowledge(announced(mms, mmsc.holds()), outcome, "fetch-1")
    [told] = mmsc.told
    assert (told.kind, told.get("transaction-id"), told.get("status")) == (kind, transaction, status)
    assert mmsc.waiting == (["txn-1"] if outcome == "deferred" else [])
    assert mmsc.asked[0].headers["content-type"] == "application/vnd.wap.mms-message"


@pytest.mark.parametrize(
    ("fault", "says", "for_good"),
    [
        (HTML, "a web page came in place", False),
        (b"\x00\x01nonsense", "cannot be read", False),
        (503, "HTTP 503", False),
        (404, "does not have it", False),
        (410, "does not have it", True),
        ("hang up", "did not answer as it should", False),
        ("cut", "too early|did not answer", False),
        (mm1_mmsc.refusal("Error-transient-network-problem"), "network has a problem", False),
        (mm1_mmsc.refusal("Error-permanent-message-not-found"), "not have the message any more", True),
        (mm1_mmsc.refusal("Error-permanent-service-denied"), "does not let this SIM", True),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_fetch_that_fails_says_why_and_whether_it_is_for_good(
    mms: Mms, mmsc: Mmsc, fault: Any, says: str, for_good: bool
) -> None:
    notification = announced(mms, mmsc.holds())
    mmsc.faults["get"].append(fault)
    with pytest.raises(NotFetched, match=says) as failed:
        mms.fetch(notification)
    assert failed.value.for_good is for_good


def test_an_answer_that_is_too_slow_is_given_up(mmsc: Mmsc, events: Recorder) -> None:
    mms, hangs = mms_over(mmsc, events, mms_timeout=1.0), threading.Event()
    mmsc.faults["get"].append(hangs)
    with pytest.raises(NotFetched, match="timed out"):
        mms.fetch(announced(mms, mmsc.holds()))
    hangs.set()


def test_what_is_too_large_is_not_fetched_whether_it_says_so_or_not(mmsc: Mmsc, events: Recorder) -> None:
    mms = mms_over(mmsc, events, mms_largest=10_000)
    with pytest.raises(NotFetched, match="10001 octets") as said:
        mms.fetch(announced(mms, mmsc.holds(size=10_001)))
    assert said.value.for_good
    assert mmsc.asked == []
    notification = announced(mms, mmsc.holds(size=100))
    mmsc.messages["/m/1"] = bytes(30_000)
    with pytest.raises(NotFetched, match="larger than") as found:
        mms.fetch(notification)
    assert found.value.for_good


def test_without_an_mmsc_it_is_said_what_is_missing(events: Recorder) -> None:
    mms = Mms("shop", Config(device="/dev/null"), events, lambda what, timeout: None, lambda: None)
    with pytest.raises(NotFetched, match=r"\[\[links\]\] shop has no mms_url") as failed:
        mms.fetch(Notification("t", "http://mmsc.example/1"))
    assert (failed.value.step, failed.value.for_good) == ("set-up", False)


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "http://[::1", "ftp://mmsc/x", "http://mmsc:0/x", "http://a b/c"],
)
def test_a_place_that_is_no_url_of_an_mmsc_is_not_asked(mms: Mms, mmsc: Mmsc, location: str) -> None:
    with pytest.raises(NotFetched) as failed:
        mms.fetch(Notification("t", location))
    assert failed.value.for_good
    assert mmsc.asked == []


@pytest.mark.parametrize("host", ["127.0.0.2", "169.254.1.1", "10.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_a_forged_push_makes_us_ask_nothing_inside_our_own_network(mmsc: Mmsc, events: Recorder, host: str) -> None:
    mms = mms_over(mmsc, events, mms_proxy=None)
    with pytest.raises(NotFetched, match="inside this network"):
        mms.fetch(Notification("t", f"http://{host}:{mmsc.port}/m/1"))


def test_without_a_proxy_the_mmsc_itself_is_asked(mmsc: Mmsc, events: Recorder) -> None:
    mms = mms_over(mmsc, events, mms_proxy=None)
    assert mms.fetch(announced(mms, mmsc.holds())).inbound.content.parts
    [asked] = mmsc.asked
    assert (asked.target, asked.headers["host"]) == ("/m/1", mmsc.proxy)


def test_a_place_without_a_host_is_one_of_the_mmsc(mms: Mms, mmsc: Mmsc) -> None:
    mmsc.holds()
    assert mms.fetch(Notification("t", "/m/1")).inbound.sender == CUSTOMER


def test_a_place_that_ends_in_the_middle_gets_its_transaction(mms: Mms, mmsc: Mmsc) -> None:
    mmsc.holds()
    assert mms.fetch(Notification("abc 1", f"http://{mmsc.proxy}/m/1?id=")).inbound.sender == CUSTOMER
    assert mmsc.asked[0].target.endswith("/m/1?id=abc%201")


def test_a_push_that_is_no_mms_is_named_and_one_that_is_broken_is_too(mms: Mms) -> None:
    other = mms.read_push(mm1_mmsc.SERVICE_INDICATION, NOW)
    assert isinstance(other, OtherPush)
    assert (other.content_type, other.application) == ("application/vnd.wap.sic", "wml.ua")
    for octets in (b"", b"\x01", b"hello", mm1_mmsc.notification("t", "http://x/1")[:-9]):
        assert isinstance(mms.read_push(octets, NOW), OtherPush)


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [
        ("Retrieved", ReceiptState.DELIVERED, None),
        ("Unrecognised", ReceiptState.UNDELIVERABLE, "Unrecognised"),
        ("Rejected", ReceiptState.REJECTED, "Rejected"),
        ("Expired", ReceiptState.EXPIRED, "Expired"),
        ("Deferred", ReceiptState.ENROUTE, "Deferred"),
        ("Indeterminate", ReceiptState.UNKNOWN, "Indeterminate"),
        ("Forwarded", ReceiptState.ACCEPTED, "Forwarded"),
        ("Unreachable", ReceiptState.UNDELIVERABLE, "Unreachable"),
    ],
)
def test_a_delivery_report_is_a_receipt(mms: Mms, status: str, state: ReceiptState, error: str | None) -> None:
    told = mms.read_push(mm1_mmsc.delivery_ind("S1@mmsc", status), NOW)
    assert isinstance(told, Receipt)
    assert (told.reference, told.state, told.error) == ("S1@mmsc", state, error)
    assert (told.recipient, told.at, told.also) == (CUSTOMER, NOW, ("mms:41000002",))


def test_a_read_report_says_that_the_phone_has_it_and_whether_it_was_read(mms: Mms) -> None:
    read = mms.read_push(mm1_mmsc.read_orig_ind("S1@mmsc"), NOW)
    deleted = mms.read_push(mm1_mmsc.read_orig_ind("S1@mmsc", "Deleted"), NOW)
    assert isinstance(read, Receipt)
    assert isinstance(deleted, Receipt)
    assert (read.state, read.said, read.recipient) == (ReceiptState.DELIVERED, "read", CUSTOMER)
    assert (deleted.state, deleted.said) == (ReceiptState.DELIVERED, "deleted unread")
