"""What an MMSC is asked: whole, in the schema's order, in each of the ways that MMSCs want it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.mm7 import Config, Mm7Link, open_link, requests
from smsgw.errors import BadConfig, BadInput, Conflict, NotFound, SmsgwError
from smsgw.link import Content, ContentPart, Health, LinkDown, LinkState, Misconfigured, NoAnswer, RejectedForGood
from tests.drivers.mm7.conftest import CONTENT, JPEG, SMIL, TO, mms, outcome
from tests.drivers.recorder import Recorder
from tests.emulators.authority import Authority
from tests.emulators.mmsc import REL5, REL6, Answer, Mmsc, mm7_network

Open = Callable[..., Mm7Link]


def test_an_mms_arrives_bit_by_bit_with_all_that_was_asked(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, service_code="gold", message_class="Informational", charged_party="Sender")
    content = Content(CONTENT.parts, CONTENT.subject, read_report=True)
    part = mms(content=content, validity=3600, priority=9, deliver_at=datetime(2026, 12, 24, 18, tzinfo=UTC))
    assert outcome(link, events, part) == "M-1"
    (asked,) = mmsc.asked
    assert [(kind, name) for kind, name, _ in asked.parts] == [
        ("application/smil", "s.smil"), ("image/jpeg", "p.jpg"), ("text/plain", "t.txt"),
    ]  # fmt: skip
    assert [octets for _, _, octets in asked.parts] == [SMIL, JPEG, CONTENT.parts[2].data]
    assert asked.order == [
        "MM7Version", "SenderIdentification", "Recipients", "ServiceCode", "MessageClass", "TimeStamp",
        "EarliestDeliveryTime", "ExpiryDate", "DeliveryReport", "ReadReply", "Priority", "Subject", "ChargedParty",
        "Content",
    ]  # fmt: skip
    wanted = {
        "MM7Version": "6.8.0", "VASPID": "acme", "VASID": "news", "ShortCode": "22233", "Number": TO,
        "ServiceCode": "gold", "MessageClass": "Informational", "EarliestDeliveryTime": "2026-12-24T18:00:00Z",
        "DeliveryReport": "true", "ReadReply": "true", "Priority": "High", "Subject": "Ihr Bild & <mehr>",
        "ChargedParty": "Sender",
    }  # fmt: skip
    assert wanted.items() <= asked.fields.items()
    assert (asked.namespace, asked.headers["soapaction"]) == (REL6, '""')


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"number_format": "491701234567"}, {"Number": TO[1:]}),
        ({"number_format": "+491701234567/TYPE=PLMN"}, {"Number": f"{TO}/TYPE=PLMN"}),
        ({"number_format": "491701234567/TYPE=PLMN"}, {"Number": f"{TO[1:]}/TYPE=PLMN"}),
        ({"version": "5.3.0", "namespace": "REL-5-MM7-1-0", "prefix": ""}, {"MM7Version": "5.3.0"}),
    ],
)
def test_a_request_is_written_as_the_operator_wants_it(
    mmsc: Mmsc, events: Recorder, link_to: Open, settings: dict[str, Any], wanted: dict[str, str]
) -> None:
    outcome(link_to(mmsc, **settings), events, mms())
    (asked,) = mmsc.asked
    assert wanted.items() <= asked.fields.items()
    assert asked.namespace == (REL5 if "version" in settings else REL6)


def test_other_charsets_codings_headers_and_senders(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, charset="iso-8859-1", encoding="binary", headers={"X-Carrier-Id": "77"})
    outcome(link, events, mms(sender="+4930123456"))
    (asked,) = mmsc.asked
    assert JPEG in asked.body
    assert asked.body.count(b'encoding="iso-8859-1"') == 1
    assert asked.parts[1][2] == JPEG
    assert asked.headers["x-carrier-id"] == "77"
    assert asked.order[1] == "SenderIdentification"
    assert b"<mm7:SenderAddress><mm7:Number>+4930123456</mm7:Number></mm7:SenderAddress>" in asked.body


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        ({}, b"<mm7:ShortCode>22233</mm7:ShortCode>"),
        ({"sender": "+4930123456"}, b"<mm7:Number>+4930123456</mm7:Number>"),
        ({"sender_as": "Number"}, b"<mm7:Number>22233</mm7:Number>"),
        ({"sender": "+4930123456", "sender_as": "ShortCode"}, b"<mm7:ShortCode>+4930123456</mm7:ShortCode>"),
        ({"sender_as": "none"}, b""),
    ],
)
def test_we_are_a_number_a_short_code_or_nobody(settings: dict[str, Any], written: bytes) -> None:
    told = {"url": "http://mmsc.test/", "sender": "22233", "vasp_id": "a", **settings}
    request = requests.submit([mms()], Config.model_validate(told), datetime(2026, 11, 26, tzinfo=UTC), True)
    wanted = b"<mm7:SenderAddress>" + written + b"</mm7:SenderAddress>" if written else b"</mm7:VASPID></mm7:Sender"
    assert wanted in request.envelope


def test_a_single_picture_and_a_name_beyond_ascii_go_too(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    content = Content((ContentPart("image/png", JPEG, 'Grüße\r\nX-Evil: "1".png'),), "a\x00b\x1b")
    outcome(link_to(mmsc), events, mms(content=content))
    (asked,) = mmsc.asked
    ((kind, name, octets),) = asked.parts
    assert (kind, octets, asked.fields["Subject"]) == ("image/png", JPEG, "ab")
    assert name.isascii()
    assert "X-Evil" not in asked.headers


def test_reports_are_not_asked_for_where_the_mmsc_may_not_call(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, told_from=[])
    assert link.abilities.reports == "none"
    outcome(link, events, mms())
    assert mmsc.asked[0].fields["DeliveryReport"] == "false"


def test_digest_is_spoken_and_asked_for_once(events: Recorder, link_to: Open) -> None:
    with mm7_network("digest") as mmsc:
        link = link_to(mmsc, auth="digest", window=1)
        assert [outcome(link, events, mms(number)) for number in range(3)] == ["M-1", "M-2", "M-3"]
        assert mmsc.challenges == 1


def test_a_wrong_password_rests_the_link_and_keeps_the_message(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, password="wrong")
    error = outcome(link, events, mms())
    assert isinstance(error, Misconfigured)
    assert (error.code, error.rest) == ("401", 300.0)
    assert link.health().state == "resting"
    assert "password" in link.health().why


def test_after_its_rest_a_link_is_tried_again(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, refused_pause=0.5, window=1)
    mmsc.next = [Answer(4001)]
    assert isinstance(outcome(link, events, mms()), Misconfigured)
    events.wait(lambda: LinkState.RESTING in [health.state for health in events.healths])
    events.wait_up()
    assert outcome(link, events, mms()) == "M-2"


def test_a_link_in_trouble_is_well_again_when_the_mmsc_says_so(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, window=1)
    mmsc.next = [Answer(4006)]
    outcome(link, events, mms())
    time.sleep(0.2)  # looks at whether it can be reached go on
    assert link.health().state is LinkState.DEGRADED
    assert outcome(link, events, mms()) == "M-2"
    assert link.health().state is LinkState.UP


def test_several_recipients_go_in_one_request_each_with_a_name_of_its_own(
    mmsc: Mmsc, events: Recorder, link_to: Open
) -> None:
    link = link_to(mmsc, max_recipients=10, window=1)
    mmsc.silent.set()
    parts = [mms(number, f"+4917000000{number:03}") for number in range(1, 8)]
    link.send(parts[0])
    events.wait(lambda: not link._waiting)
    for part in parts[1:6]:
        link.send(part)
    link.send(mms(99, content=Content(CONTENT.parts, "another")))
    mmsc.next = [Answer(1000), Answer(1100, failed=("+4917000000003", "4917000000004"))]
    mmsc.silent.clear()
    events.wait(lambda: len(events.answers) == 7)
    told = {part.to[-3:]: answer for part, answer in events.answers if part.message_id != "m99"}
    refused = {last for last, answer in told.items() if not isinstance(answer, str)}
    assert [len(one.to) for one in mmsc.asked] == [1, 5, 1]
    assert refused == {"003", "004"}
    assert told["002"] == "M-2 +4917000000002"
    assert len({answer for answer in told.values() if isinstance(answer, str)}) == 4
    assert not {"cancel", "replace"} & link.abilities.optional
    with pytest.raises(Conflict):
        link.cancel("M-1", None, TO)


def test_an_mmsc_that_wants_one_recipient_gets_one_at_a_time(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, max_recipients=5, window=1)
    mmsc.silent.set()
    link.send(mms(0))
    events.wait(lambda: not link._waiting)
    for number in (1, 2):
        link.send(mms(number, f"+491700000100{number}"))
    mmsc.next = [Answer(1000), Answer(2503)]
    mmsc.silent.clear()
    events.wait(lambda: len(events.answers) == 3)
    assert all(isinstance(answer, str) for _, answer in events.answers)
    assert [len(one.to) for one in mmsc.asked] == [1, 2, 1, 1]


def test_what_is_too_large_never_leaves(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, max_octets=10_000)
    error = outcome(link, events, mms(content=Content((ContentPart("image/jpeg", bytes(10_000), "p.jpg"),))))
    assert isinstance(error, RejectedForGood)
    assert error.code == "content-size"
    assert (mmsc.asked, link.abilities.most_octets) == ([], 10_000)


def test_a_lost_answer_is_told_and_the_same_message_goes_again_under_the_same_name(
    mmsc: Mmsc, events: Recorder, link_to: Open
) -> None:
    link = link_to(mmsc, answer_timeout=5, window=1)
    mmsc.go_silent()
    first = outcome(link, events, mms())
    assert isinstance(first, NoAnswer)
    mmsc.recover()
    events.wait(lambda: len(mmsc.asked) == 1)  # it took the first one, and its answer is lost
    assert isinstance(outcome(link, events, mms()), str)
    outcome(link, events, mms(content=Content(CONTENT.parts[:2], "smaller")))
    outcome(link, events, mms(2))
    lost, *names = [one.transaction for one in mmsc.asked]
    assert names[0] == lost
    assert lost in first.says
    assert len(set(names)) == len(names) == 3, "another content, or another message, is another transaction"


def test_an_answer_that_comes_octet_by_octet_is_not_waited_for_without_end(
    mmsc: Mmsc, events: Recorder, link_to: Open
) -> None:
    link = link_to(mmsc, answer_timeout=2, connect_timeout=4, window=1)
    mmsc.drips = 0.2
    assert isinstance(outcome(link, events, mms()), NoAnswer)


def test_taking_back_and_replacing(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc)
    link.cancel("M-7", None, TO)
    link.replace("M-7", mms())
    cancelled, replaced = mmsc.asked
    assert (cancelled.kind, cancelled.fields["MessageID"]) == ("CancelReq", "M-7")
    assert cancelled.order == ["MM7Version", "SenderIdentification", "MessageID"]
    assert (replaced.kind, replaced.parts[1][2]) == ("ReplaceReq", JPEG)
    assert replaced.order == ["MM7Version", "SenderIdentification", "MessageID", "TimeStamp", "Content"]
    for status, kind in ((2005, NotFound), (4003, Conflict), (None, SmsgwError)):
        mmsc.next.append(Answer(status))
        with pytest.raises(kind):
            link.cancel("M-7", None, TO)
    with pytest.raises(BadInput):
        link.replace("M-7", mms(content=Content((ContentPart("image/jpeg", bytes(400_000), "p.jpg"),))))
    mmsc.disconnect()
    with pytest.raises(Conflict) as down:
        link.cancel("M-7", None, TO)
    assert down.value.code == "link_down"
    mmsc.reconnect()


def test_a_certificate_of_ours_is_shown_and_that_of_the_mmsc_is_looked_at(
    events: Recorder, link_to: Open, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "ca")
    ours = authority.sign("vasp")
    context = authority.server(authority.sign("mmsc", "IP:127.0.0.1"), clients=authority.file)
    with mm7_network(context=context) as mmsc:
        link = link_to(mmsc, tls_ca=authority.file, tls_certificate=ours[0], tls_key=ours[1])
        assert outcome(link, events, mms()) == "M-1"

        def seen() -> set[str]:
            """By which certificates those are known who are connected."""
            shown = [connection.getpeercert()["subject"] for connection in list(mmsc._open)]
            return {value for subject in shown for ((key, value),) in subject if key == "commonName"}

        ours[1].write_bytes(authority.sign("new")[1].read_bytes())  # half of a renewal
        with pytest.raises(BadConfig, match="tls_certificate cannot be used"):
            link.read_certificates()
        assert outcome(link, events, mms()) == "M-2"
        assert seen() == {"vasp"}
        for old, new in zip(ours, authority.sign("new"), strict=True):
            old.write_bytes(new.read_bytes())
        assert link.read_certificates()
        assert outcome(link, events, mms()) == "M-3"
        assert "new" in seen()
    with mm7_network(context=authority.server(authority.sign("other", "DNS:other.example"))) as mmsc:
        for file, words in ((authority.file, "certificate of"), (tmp_path / "nothing.pem", "tls_ca cannot be used")):
            config = Config.model_validate(mmsc.settings(tls_ca=file))
            assert words in config.unreachable()
            stranger = open_link("stranger", config, events)
            stranger.start()
            events.wait(lambda: events.healths[-1].state is LinkState.DOWN)
            error = outcome(stranger, events, mms())
            assert isinstance(error, LinkDown | Misconfigured)
            assert words in error.says or "CERTIFICATE_VERIFY_FAILED" in error.says
            stranger.stop(time.monotonic() + 1)
            events.healths.append(Health(LinkState.UP))


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x"},
        {"url": "https://user:pass@x"},
        {"told": "basic"},
        {"told_from": ["not a network"]},
        {"charset": "no-such"},
        {"charset": "utf-16"},
        {"headers": {"X": "a\r\nb"}},
        {"version": "six"},
    ],
)
def test_a_mistake_in_the_configuration_is_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate({"url": "https://mmsc.example.com/", **wrong})
