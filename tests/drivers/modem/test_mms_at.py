"""MMS by AT commands: three families' HTTP, and three families' own MMS commands, with a real MMSC behind them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from drivers.modem import mms_profiles
from drivers.modem.octets import Octets
from drivers.modem.owner import ModemLink
from smsgw.errors import NotFetched
from smsgw.link import Alphabet, Content, ContentPart, LinkError, Misconfigured, NoAnswer, RejectedForGood, WirePart
from smsgw.link_verbs import FetchesMms, Notification
from smsgw.text.header import ports
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig
from tests.emulators import mm1_mmsc
from tests.emulators.mm1_mmsc import HTML, PICTURE, Mmsc
from tests.emulators.modem import Ways

OWN = "+38640111222"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FAMILIES = {"SIM800": ("SIMCOM_Ltd", "SIM800L"), "SIM7600": ("SIMCOM", "SIM7600E"), "Quectel": ("Quectel", "EC25")}
SHOT = ContentPart("image/jpeg", PICTURE + b"\r\nOK\r\n> \x1a\x1b\x00" * 3, "p.jpg")
TEXT = ContentPart("text/plain", "Čau".encode("utf-16-be"), "t.txt", "utf-16-be")
SMIL = ContentPart("application/smil", b"<smil/>", "s.smil", "utf-8")


@pytest.fixture
def mmsc() -> Iterator[Mmsc]:
    with mm1_mmsc.mmsc() as made:
        yield made


def rig_of(rig_for: Open, family: str, mmsc: Mmsc, carrier: str = "modem", **more: Any) -> Rig:
    maker, model = FAMILIES[family]
    given = {
        "mms_url": mmsc.url,
        "mms_apn": "mms",
        "mms_carrier": carrier,
        "mms_timeout": 60.0,
        "number": "+38640111222",
    }
    if family != "SIM7600":
        given["mms_proxy"] = mmsc.proxy
    return rig_for(Ways(maker=maker, model=model, memories=("SM", "ME")), **given, **more).up()


def announced(rig: Rig, octets: bytes) -> Notification:
    assert isinstance(rig.link, FetchesMms)
    read = rig.link.read_push(octets, NOW)
    assert isinstance(read, Notification)
    return read


def link_of(rig: Rig) -> ModemLink:
    assert isinstance(rig.link, ModemLink)
    return rig.link


def answer_to(rig: Rig, part: WirePart) -> str | LinkError:
    rig.link.send(part)
    rig.answered([part])
    [answer] = rig.events.answers_of([part])
    return answer


def mms(id: str = "m1", parts: tuple[ContentPart, ...] = (SMIL, SHOT, TEXT)) -> WirePart:
    return WirePart(id, 1, 1, CUSTOMER, None, Alphabet.GSM7, b"", content=Content(parts, "Vabilo"))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_modems_http_fetches_acknowledges_and_sends_as_the_host_would(
    rig_for: Open, mmsc: Mmsc, family: str
) -> None:
    rig = rig_of(rig_for, family, mmsc)
    notification = announced(rig, mmsc.holds())
    fetched = link_of(rig).fetch(notification)
    assert [part.data for part in fetched.inbound.content.parts] == [part.data for part in mm1_mmsc.PARTS]
    link_of(rig).acknowledge(notification, "retrieved")
    assert mmsc.waiting == []
    assert mmsc.told[0].get("status") == "Retrieved"
    assert answer_to(rig, mms()) == "S1@mmsc"
    assert mmsc.taken[0].parts[1].data == SHOT.data
    assert {asked.headers["user-agent"] for asked in mmsc.asked} == {"Android-Mms/2.0"}
    assert all("ua-profile" in asked.headers["x-wap-profile"] for asked in mmsc.asked)
    assert mmsc.asked[-1].headers["content-type"] == "application/vnd.wap.mms-message"
    assert rig.send_and_wait("texts go on as before")


@pytest.mark.parametrize("family", FAMILIES)
def test_octets_that_look_like_answers_of_a_modem_come_through_whole(rig_for: Open, mmsc: Mmsc, family: str) -> None:
    rig = rig_of(rig_for, family, mmsc)
    noise = Random(7).randbytes(60_000) + b'\r\nOK\r\n+CMTI: "SM",1\r\nERROR\r\n> CONNECT\r\n' * 50
    part = mm1_mmsc.Part(mm1_mmsc.ContentType("image/jpeg", {"name": "n.jpg"}), noise)
    notification = announced(rig, mmsc.holds())
    mmsc.messages["/m/1"] = mm1_mmsc.retrieve_conf("M1", CUSTOMER, (part,))
    assert link_of(rig).fetch(notification).inbound.content.parts[0].data == noise


@pytest.mark.parametrize("family", FAMILIES)
def test_what_goes_wrong_behind_the_modem_is_told_and_the_link_stays_up(rig_for: Open, mmsc: Mmsc, family: str) -> None:
    rig = rig_of(rig_for, family, mmsc)
    mmsc.faults["get"] = [HTML, 503, "hang up"]
    notification = announced(rig, mmsc.holds())
    for says in ("a web page", "HTTP 503", "the modem says"):
        with pytest.raises(NotFetched, match=says):
            link_of(rig).fetch(notification)
    mmsc.faults["post"] = ["hang up"]
    answer = answer_to(rig, mms())
    assert isinstance(answer, LinkError)
    assert rig.link.health().state.value == "up"
    assert link_of(rig).fetch(notification).inbound.content.parts


@pytest.mark.parametrize("family", FAMILIES)
def test_the_modems_own_mms_commands_send_and_its_http_fetches(rig_for: Open, mmsc: Mmsc, family: str) -> None:
    rig = rig_of(rig_for, family, mmsc, "stack")
    assert answer_to(rig, mms()) == "mms:41000002"  # it tells no Message-ID
    [sent] = mmsc.taken
    assert sent.all("to") == [f"{CUSTOMER}/TYPE=PLMN"]
    assert sent.get("subject") == "Vabilo"
    assert [part.data for part in sent.parts] == [SHOT.data, "Čau".encode()]
    assert link_of(rig).fetch(announced(rig, mmsc.holds())).inbound.content.parts
    report = link_of(rig).read_push(mm1_mmsc.delivery_ind("X9@mmsc", "Retrieved"), NOW)
    assert "mms:41000002" in report.also, "so reports are matched by their recipient"  # type: ignore[union-attr]
    assert answer_to(rig, mms("m2")) == "mms:41000002"


@pytest.mark.parametrize(
    ("family", "code", "kind"),
    [
        ("SIM800", 177, "RejectedForNow"),
        ("SIM7600", 177, "Misconfigured"),  # the same number, another meaning
        ("SIM800", 172, "RejectedForGood"),
        ("SIM800", 180, "LinkDown"),
        ("SIM7600", 190, "RejectedForNow"),
        ("Quectel", 756, "RejectedForGood"),
        ("Quectel", 799, "RejectedForNow"),
    ],
)
def test_the_numbers_of_refusals_mean_what_their_family_says(
    rig_for: Open, mmsc: Mmsc, family: str, code: int, kind: str
) -> None:
    rig = rig_of(rig_for, family, mmsc, "stack")
    rig.modem.mms.trouble = code
    answer = answer_to(rig, mms())
    assert isinstance(answer, LinkError)
    assert (type(answer).__name__, answer.code, answer.rest) == (kind, f"CME {code}", 0.0)
    assert mmsc.taken == []


def test_what_a_stack_cannot_carry_is_refused_before_anything_is_said(rig_for: Open, mmsc: Mmsc) -> None:
    rig = rig_of(rig_for, "SIM800", mmsc, "stack", mms_most=1_000_000)
    said = len(rig.modem.commands)
    for part, says in (
        (ContentPart("application/pdf", b"%PDF"), "carry no application/pdf"),
        (ContentPart("image/jpeg", bytes(307_201)), "307200 octets"),
        (ContentPart("text/plain", b"a" * 15_361), "15360 octets"),
    ):
        answer = answer_to(rig, mms(says, (part,)))
        assert isinstance(answer, RejectedForGood)
        assert says in answer.says
    assert not [line for line in rig.modem.commands[said:] if "CMMS" in line and line != "AT+CMMS=1"]


@pytest.mark.parametrize("carrier", ["modem", "stack"])
def test_a_modem_of_no_known_family_says_what_to_do(rig_for: Open, mmsc: Mmsc, carrier: str) -> None:
    rig = rig_for(Ways(model="M1"), mms_carrier=carrier, mms_url=mmsc.url, mms_apn="mms").up()
    answer = answer_to(rig, mms())
    assert isinstance(answer, Misconfigured)
    assert "of a M1 are not known" in answer.says


def test_a_family_without_a_proxy_says_so(rig_for: Open, mmsc: Mmsc) -> None:
    rig = rig_of(rig_for, "SIM7600", mmsc, mms_proxy=mmsc.proxy)
    with pytest.raises(NotFetched, match="know no proxy"):
        link_of(rig).fetch(announced(rig, mmsc.holds()))


def test_a_modem_that_is_not_there_is_no_bearer(rig_for: Open, mmsc: Mmsc) -> None:
    rig = rig_of(rig_for, "Quectel", mmsc)
    rig.modem.disconnect()
    rig.events.wait(lambda: rig.link.health().state.value == "down")
    with pytest.raises(NotFetched, match="cannot be asked") as failed:
        link_of(rig).fetch(announced(rig, mmsc.holds()))
    assert failed.value.step == "bearer"


def test_a_modem_that_keeps_pushes_to_itself_tells_of_them_and_they_are_pushes_all_the_same(
    rig_for: Open, mmsc: Mmsc
) -> None:
    rig = rig_of(rig_for, "SIM7600", mmsc)
    mmsc.holds(7)
    line = f'+WAP_PUSH_MMS: "{CUSTOMER}","txn-7","http://{mmsc.proxy}/m/7","26/03/01,12:00:00+00",0,31000'
    for news in (line, line, '+WAP_PUSH_MMS: "x"', "+WAP_PUSH_MMS: ", line.replace("txn", "\0")):
        rig.modem.tell(news)
    rig.events.wait(lambda: len(rig.events.pieces) == 2)
    first, again = rig.events.pieces
    assert first.reference != again.reference, "it is announced again"
    assert (first.kind, first.to, ports(first.udh)) == ("data", OWN, (2948, 9200))
    read = announced(rig, first.user_data)
    assert (read.transaction, read.sender, read.size) == ("txn-7", CUSTOMER, 31_000)
    assert link_of(rig).fetch(read).inbound.content.parts


def test_a_modem_that_dies_while_it_sends_leaves_the_mms_unsure(rig_for: Open, mmsc: Mmsc) -> None:
    rig = rig_of(rig_for, "SIM7600", mmsc, "stack")
    hangs = threading.Event()
    mmsc.faults["post"] = [hangs]
    part = mms()
    rig.link.send(part)
    rig.events.wait(lambda: mmsc.asked)
    rig.stop(0.3)
    hangs.set()
    [answer] = rig.events.answers_of([part])
    assert isinstance(answer, NoAnswer)


def test_octets_are_found_however_they_are_cut() -> None:
    said = b"\r\n+HTTPREAD: 6\r\nab\r\ncd\r\nOK\r\n"
    for size in (1, 2, 3, 100):
        wanted = Octets(r"\+HTTPREAD: (\d+)")
        rest = b""
        lines = []
        for at in range(0, len(said), size):
            rest += said[at : at + size]
            while rest:
                if wanted.open:
                    rest = wanted.take(rest)
                    continue
                cut = min((place for end in b"\r\n" if (place := rest.find(end)) >= 0), default=-1)
                if cut < 0:
                    break
                line, end, rest = rest[:cut], rest[cut : cut + 1], rest[cut + 1 :]
                if not wanted.announces(line.decode(), end):
                    lines.append(line)
        assert bytes(wanted.got) == b"ab\r\ncd"
        assert [line for line in lines if line] == [b"OK"]


@pytest.mark.parametrize(
    "model", ["SIM800C", "SIMCOM_SIM7600G-H", "A7670E", "SIM5320E", "EC25", "EG91", "Quectel_EC21"]
)
def test_every_family_is_found_by_what_its_modems_call_themselves(model: str) -> None:
    http, stack = mms_profiles.http_of(model), mms_profiles.stack_of(model)
    assert http is not None
    assert stack is not None
    assert http.name == stack.name
    assert mms_profiles.http_of("E3372") is None
