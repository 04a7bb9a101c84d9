"""query_sm, cancel_sm and replace_sm: what is asked, what the answers mean, and every way in which none comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from smpplib import smpp

from drivers.smpp import questions, session_pdus
from drivers.smpp.esme import Esme
from smsgw.errors import BadInput, Conflict, NotFound, SmsgwError
from smsgw.link import ReceiptState, WirePart
from smsgw.link_verbs import Recalls
from tests.emulators.smsc import NUMBER, Network

MakeLink = Callable[..., Esme]
MakePart = Callable[..., WirePart]
Soon = Callable[..., None]
ON = {"query_sm": True, "cancel_sm": True, "replace_sm": True}
PHONE = "+4915112345678"


def answers(network: Network, command: int, status: int = 0, body: bytes = b"") -> list[bytes]:
    """Let the SMSC answer a command so; the PDUs that it was asked."""
    asked: list[bytes] = []

    def answer(frame: bytes) -> tuple[int, bytes]:
        asked.append(frame)
        return status, body

    network.do(lambda smsc: smsc.behaviour.verbs.update({command: answer}))
    return asked


def test_a_link_has_the_verbs_that_are_switched_on(make_link: MakeLink) -> None:
    link = make_link(query_sm=True)
    assert isinstance(link, Recalls)
    assert {"query"} == link.abilities.optional & {"query", "cancel", "replace"}
    with pytest.raises(Conflict, match="cancel_sm is not switched on") as refused:
        link.cancel("1", None, PHONE)
    assert "cancel_sm = true" in refused.value.hint


@pytest.mark.parametrize("mode", ["receiver"])
def test_a_link_that_only_receives_has_none(make_link: MakeLink, mode: str) -> None:
    link = make_link(mode=mode, **ON)
    assert not link.abilities.optional & {"query", "cancel", "replace"}
    with pytest.raises(Conflict, match="not connected"):
        link.query("1", None, PHONE)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (1, ReceiptState.ENROUTE),
        (2, ReceiptState.DELIVERED),
        (3, ReceiptState.EXPIRED),
        (4, ReceiptState.DELETED),
        (5, ReceiptState.UNDELIVERABLE),
        (6, ReceiptState.ACCEPTED),
        (7, ReceiptState.UNKNOWN),
        (8, ReceiptState.REJECTED),
        (99, ReceiptState.UNKNOWN),
    ],
)
def test_what_a_query_says_is_a_receipt(make_link: MakeLink, network: Network, state: int, kind: ReceiptState) -> None:
    asked = answers(network, 3, body=b"4711\0" + b"241126013000004+\0" + bytes((state, 9)))
    said = make_link(**ON).query("4711", None, PHONE)
    assert (said.reference, said.state, said.recipient, said.error) == ("4711", kind, PHONE, "9")
    assert said.at == datetime(2024, 11, 26, 0, 30, tzinfo=UTC)
    assert asked[0][16:] == b"4711\0" + b"\x01\x01" + NUMBER[1:].encode() + b"\0"


def test_a_query_and_its_answer_read_as_smpplib_reads_them(make_link: MakeLink, network: Network) -> None:
    body = b"4711\0" + b"\0" + b"\x01\0"
    asked = answers(network, 3, body=body)
    said = make_link(**ON).query("4711", "Shop", PHONE)
    assert (said.at, said.error, said.state) == (None, None, ReceiptState.ENROUTE)
    read = smpp.parse_pdu(asked[0], client=None, need_sequence=False)
    assert (read.message_id, read.source_addr, read.source_addr_ton) == (b"4711", b"Shop", 5)
    again = session_pdus.make("query_sm", read.sequence, message_id="4711", source_addr="Shop", source_addr_ton=5)
    assert again[:16] == asked[0][:16]


def test_a_part_is_cancelled_by_its_id_and_both_numbers(make_link: MakeLink, network: Network) -> None:
    asked = answers(network, 8)
    make_link(**ON, service_type="CMT").cancel("a1", "4477", PHONE)
    assert asked[0][16:] == b"CMT\0a1\0" + b"\x03\x004477\0" + b"\x01\x01" + PHONE[1:].encode() + b"\0"


def test_a_part_is_replaced_by_its_id(make_link: MakeLink, network: Network, a_part: MakePart) -> None:
    asked = answers(network, 7)
    make_link(**ON).replace("a1", a_part("tomorrow at ten", sender="4477"))
    assert asked[0][16:] == b"a1\0" + b"\x03\x004477\0" + b"\0\0" + b"\x01\0\x0f" + b"tomorrow at ten"


def test_what_is_too_long_to_stand_in_its_place_is_not_asked(
    make_link: MakeLink, network: Network, a_part: MakePart
) -> None:
    asked = answers(network, 7)
    with pytest.raises(BadInput, match="too many"):
        make_link(**ON).replace("a1", a_part("x" * 255))
    assert asked == []


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (0x0C, NotFound, "does not know this message"),
        (0x11, Conflict, "refuses cancel_sm"),
        (0x03, Conflict, "does not know cancel_sm"),
        (0x0463, Conflict, "0x00000463"),
    ],
)
def test_a_refusal_says_what_it_means(
    make_link: MakeLink, network: Network, status: int, kind: type[SmsgwError], words: str
) -> None:
    answers(network, 8, status=status)
    with pytest.raises(kind, match=words):
        make_link(**ON).cancel("a1", None, PHONE)


def test_an_smsc_without_the_verb_says_generic_nack_and_the_setting_is_named(make_link: MakeLink) -> None:
    with pytest.raises(Conflict, match="does not know query_sm") as refused:
        make_link(**ON).query("a1", None, PHONE)
    assert refused.value.hint == "set query_sm = false for this link"


def test_no_answer_is_told_in_time_and_a_late_one_is_survived(
    make_link: MakeLink, network: Network, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link(answer_timeout=1.0, **ON)
    network.go_silent()
    with pytest.raises(SmsgwError, match="did not answer query_sm within"):
        link.query("a1", None, PHONE)
    network.go_silent(False)
    network.do(lambda smsc: smsc.sessions[0].write(b"\0\0\0\x10\x80\0\0\x03\0\0\0\0\0\0\0\x02"))
    link.send(a_part())
    soon(lambda: told.taken_parts)


def test_a_connection_that_ends_ends_the_question(make_link: MakeLink, network: Network, soon: Soon) -> None:
    link = make_link(answer_timeout=600, **ON)
    network.go_silent()
    problems: list[Exception] = []

    def ask() -> None:
        try:
            link.query("a1", None, PHONE)
        except SmsgwError as problem:
            problems.append(problem)

    asking = threading.Thread(target=ask)
    begun = time.monotonic()
    asking.start()
    soon(lambda: any(command == 3 for command, _, _ in network.smsc.heard))
    network.disconnect()
    asking.join(200)
    assert time.monotonic() - begun < 200
    assert isinstance(problems[0], Conflict)


def test_an_answer_that_is_cut_off_is_no_answer(make_link: MakeLink, network: Network) -> None:
    answers(network, 3, body=b"4711")
    with pytest.raises(SmsgwError, match="cut off"):
        make_link(**ON).query("4711", None, PHONE)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("241126013000004+", datetime(2024, 11, 26, 0, 30, tzinfo=UTC)),
        ("241126013000022-", datetime(2024, 11, 26, 7, 0, tzinfo=UTC)),
        ("241126013000", datetime(2024, 11, 26, 1, 30, tzinfo=UTC)),
        ("", None),
        ("2411260130", None),
        ("249926013000000+", None),
        ("2411260130000xx+", None),
    ],
)
def test_absolute_moments_are_read(written: str, moment: datetime | None) -> None:
    assert questions.absolute(written) == moment
