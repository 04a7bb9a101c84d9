"""PDUs, written and read: each judged by libraries that we did not write."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modem.pdu import Deliver, PduError, StatusReport, decode, encode_submit, status_means
from smsgw.link import Abilities, Alphabet, ReceiptState, WirePart
from smsgw.text.parts import Piece, concatenation, join, split
from tests.emulators.modem_pdus import deliver, delivers, foreign, read_submit, status_report

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GSM_LETTERS = st.text(
    st.sampled_from("@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà^{}\\[~]|€")
)
ANY_LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)

LONG_AND_SHORT = st.builds(
    lambda text, times, end: text * times + end,
    st.one_of(GSM_LETTERS, ANY_LETTERS),
    st.integers(1, 60),
    st.one_of(GSM_LETTERS, ANY_LETTERS),
).map(lambda text: text[:800])


def parts_of(text: str, **fields: Any) -> list[WirePart]:
    pieces = split(text, Abilities(), 77)
    return [
        WirePart("m", n, len(pieces), "+38641000002", None, piece.alphabet, piece.user_data, piece.udh, **fields)
        for n, piece in enumerate(pieces, 1)
    ]


def part(**fields: Any) -> WirePart:
    defaults: dict[str, Any] = {"to": "+38641000002", "alphabet": Alphabet.GSM7, "user_data": b"abc"}
    return WirePart("m", 1, 1, sender=None, **(defaults | fields))


def submit(one: WirePart, smsc: str | None = None) -> Any:
    pdu, length = encode_submit(one, smsc)
    octets = bytes.fromhex(pdu)
    assert length == len(octets) - 1 - octets[0]
    return read_submit(pdu, 1)


def read(pdu: bytes) -> Deliver:
    found = decode(pdu)
    assert isinstance(found, Deliver)
    return found


# What we write


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 158 + "€", 1),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "b" * 100, 2),
        ("ž" * 70, 1),
        ("ž" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 66 + "😀" + "ž" * 60, 2),
        ("", 1),
        ("ends with @", 1),
        ("@" * 8, 1),
    ],
)
def test_a_text_takes_as_few_parts_as_it_can_and_reads_as_it_was_written(text: str, parts: int) -> None:
    read = [submit(one) for one in parts_of(text)]
    assert len(read) == parts
    assert "".join(one.text for one in read) == text
    if parts > 1:
        assert [one.concatenation for one in read] == [(77, parts, n) for n in range(1, parts + 1)]


@given(LONG_AND_SHORT)
def test_any_text_is_read_by_a_foreign_decoder_as_it_was_written(text: str) -> None:
    assert "".join(submit(one).text for one in parts_of(text)) == text


@given(st.text(st.sampled_from("abc ÅÄ{}€@"), min_size=1, max_size=159))
def test_a_short_text_is_written_octet_for_octet_as_gsmmodem_writes_it(text: str) -> None:
    (one,) = parts_of(text)[:1] if len(foreign.encodeGsm7(text)) <= 160 else (None,)
    if one is not None:
        (theirs,) = foreign.encodeSmsSubmitPdu("+38641000002", text, reference=0)
        assert encode_submit(one) == (str(theirs), theirs.tpduLength)


@pytest.mark.parametrize("to", ["+38641000002", "+4915112345678", "1919"])
def test_the_recipient_is_written_with_or_without_its_plus(to: str) -> None:
    assert submit(part(to=to)).to == to


def test_a_star_and_a_hash_are_digits() -> None:  # 23.040 section 9.1.2.3: 1010 and 1011
    assert encode_submit(part(to="*100#"))[0].startswith("002100" + "0581" + "1A00FB")


@pytest.mark.parametrize("to", ["", "SHOP", "+", "+3864100000212345678901"])
def test_a_recipient_that_is_no_number_is_refused_with_words(to: str) -> None:
    with pytest.raises(PduError, match="no number"):
        encode_submit(part(to=to))


def test_the_service_centre_is_written_only_if_it_is_given() -> None:
    assert submit(part()).centre is None
    assert submit(part(), "+38640441000").centre == "38640441000"


def test_a_report_is_asked_for_only_if_it_is_wanted() -> None:
    assert submit(part()).wants_report
    assert not submit(part(receipt=False)).wants_report


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        (1, 5),
        (299, 5),
        (600, 10),
        (3600, 60),
        (12 * 3600, 720),
        (12 * 3600 + 1800, 750),
        (86400, 1440),
        (86400 + 3600, 1440),
        (2 * 86400, 2880),
        (30 * 86400, 30 * 1440),
        (32 * 86400, 30 * 1440),
        (35 * 86400, 35 * 1440),
        (10**9, 63 * 7 * 1440),
    ],
)
def test_the_validity_is_the_longest_step_that_does_not_outlast_it(seconds: int, minutes: int) -> None:
    pdu, _ = encode_submit(part(validity=seconds))
    assert foreign.decodeSmsPdu(pdu)["validity"] == timedelta(minutes=minutes)


def test_without_a_validity_none_is_written() -> None:
    assert "validity" not in foreign.decodeSmsPdu(encode_submit(part())[0])


def test_a_part_that_is_too_long_is_refused_and_not_cut() -> None:
    with pytest.raises(PduError, match="141 octets"):
        encode_submit(part(user_data=b"a" * 161))
    with pytest.raises(PduError):
        encode_submit(part(alphabet=Alphabet.UCS2, user_data=b"\0a" * 71))


def test_data_for_a_port_goes_out_as_it_is() -> None:
    udh = bytes.fromhex("0605040B8423F0")
    sent = submit(part(alphabet=Alphabet.OCTETS, user_data=bytes(range(100)), udh=udh))
    assert sent.read["user_data"]["data"] == bytes(range(100))
    assert sent.read["user_data"]["header"]["elements"][0]["data"] == "0B8423F0"


# What we read


@pytest.mark.parametrize("wide", [False, True], ids=["8-bit reference", "16-bit reference"])
@pytest.mark.parametrize("text", ["a" * 161, "{€}" * 60, "žž😀" * 50, "👩‍👩‍👧 " * 30])
def test_a_long_text_of_a_phone_is_read_whole(text: str, wide: bool) -> None:
    read_parts = [read(pdu) for pdu in delivers("+4915112345678", text, AT, reference=300, wide=wide)]
    assert join([Piece(one.alphabet, one.user_data, one.udh) for one in read_parts]) == text
    series = [concatenation(one.udh) for one in read_parts]
    assert [one.position for one in series if one] == list(range(1, len(read_parts) + 1))
    assert {one.wide for one in series if one} == {wide}


@given(LONG_AND_SHORT.filter(bool))
def test_any_text_of_a_foreign_encoder_is_read_as_it_was_typed(text: str) -> None:
    pieces = [read(pdu) for pdu in delivers("+4915112345678", text, AT)]
    assert join([Piece(one.alphabet, one.user_data, one.udh) for one in pieces]) == text


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused_as_no_pdu(octets: bytes) -> None:
    with suppress(PduError):  # and nothing else
        decode(octets)


@pytest.mark.parametrize("sender", ["+4915112345678", "40404", "MMoney", "ShopInc", "ElevenChars", "Design@Home"])
def test_the_sender_is_read_as_number_or_name(sender: str) -> None:
    assert read(delivers(sender, "x", AT)[0]).sender == sender


def test_a_text_without_a_sender_says_so() -> None:
    pdu = bytes.fromhex("00" + "04" + "0081" + "0000" + "62301021000000" + "0161")
    assert read(pdu).sender == "unknown"


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("62301021000000", datetime(2026, 3, 1, 12, 0, tzinfo=UTC)),
        ("62301021000040", datetime(2026, 3, 1, 11, 0, tzinfo=UTC)),  # +1 h
        ("6230102100008A", datetime(2026, 3, 1, 19, 0, tzinfo=UTC)),  # -7 h
        ("62001021000000", None),  # month 00
        ("FFFFFFFFFFFFFF", None),
    ],
)
def test_the_centres_time_is_read_in_its_zone_and_is_none_when_it_is_no_time(stamp: str, at: datetime | None) -> None:
    assert read(bytes.fromhex("00" + "04" + "0481" + "2143" + "0000" + stamp + "0161")).sent_at == at


@pytest.mark.parametrize(
    ("dcs", "pid", "udh", "kind", "alphabet"),
    [
        (0x00, 0x00, "", "text", Alphabet.GSM7),
        (0x08, 0x00, "", "text", Alphabet.UCS2),
        (0x44, 0x00, "", "data", Alphabet.OCTETS),
        (0x04, 0x00, "", "data", Alphabet.OCTETS),
        (0xF5, 0x00, "0605040B8423F0", "data", Alphabet.OCTETS),
        (0x00, 0x00, "0605040B8423F0", "data", Alphabet.GSM7),
        (0x10, 0x00, "", "flash", Alphabet.GSM7),
        (0x18, 0x00, "", "flash", Alphabet.UCS2),
        (0xF0, 0x00, "", "flash", Alphabet.GSM7),
        (0x11, 0x00, "", "text", Alphabet.GSM7),
        (0xF1, 0x00, "", "text", Alphabet.GSM7),
        (0xC8, 0x00, "", "indication", Alphabet.GSM7),
        (0xD8, 0x00, "", "indication", Alphabet.GSM7),
        (0xE8, 0x00, "", "indication", Alphabet.UCS2),
        (0x00, 0x00, "0401020005", "indication", Alphabet.GSM7),
        (0x00, 0x40, "", "silent", Alphabet.GSM7),
        (0x20, 0x00, "", "data", Alphabet.OCTETS),
        (0x80, 0x00, "", "text", Alphabet.GSM7),
    ],
)
def test_what_a_text_is_for_is_read_from_its_coding_protocol_and_header(
    dcs: int, pid: int, udh: str, kind: str, alphabet: Alphabet
) -> None:
    found = read(deliver("+491511", b"\0a\0b", AT, bytes.fromhex(udh), dcs, pid))
    assert (found.kind, found.alphabet) == (kind, alphabet)
    assert found.user_data == b"\0a\0b"


def test_octets_for_a_port_come_as_they_were_sent() -> None:
    udh = bytes.fromhex("0605040B8423F0")
    found = read(deliver("+491511", bytes(range(120)), AT, udh, 0xF5))
    assert (found.udh, found.user_data) == (udh, bytes(range(120)))


@pytest.mark.parametrize("text", ["Pizza & 2 cola", "ž"])
def test_a_pdu_that_ends_too_early_is_no_pdu(text: str) -> None:
    pdu = delivers("+4915112345678", text, AT)[0]
    for length in range(len(pdu)):
        with pytest.raises(PduError):
            decode(pdu[:length])


def test_a_header_longer_than_the_text_is_no_pdu() -> None:
    with pytest.raises(PduError, match="header"):
        decode(bytes.fromhex("00" + "44" + "0481" + "2143" + "0000" + "62301021000000" + "02" + "0561"))


def test_a_draft_that_somebody_left_on_the_sim_is_not_taken_for_a_text_of_a_phone() -> None:
    with pytest.raises(PduError, match="message type 1"):
        decode(bytes.fromhex(encode_submit(part())[0]))


def test_a_report_is_read_as_gsmmodem_reads_it() -> None:
    pdu = status_report(200, "+38641000002", AT, 0x46)
    theirs = foreign.decodeSmsPdu(pdu.hex())
    assert decode(pdu) == StatusReport(theirs["reference"], theirs["number"], AT, theirs["status"])
    assert theirs["reference"] == 200


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0x00, ReceiptState.DELIVERED),
        (0x01, ReceiptState.DELIVERED),
        (0x02, ReceiptState.DELETED),
        (0x1F, ReceiptState.DELIVERED),
        (0x20, ReceiptState.ENROUTE),
        (0x30, ReceiptState.ENROUTE),
        (0x40, ReceiptState.UNDELIVERABLE),
        (0x42, ReceiptState.REJECTED),
        (0x46, ReceiptState.EXPIRED),
        (0x48, ReceiptState.DELETED),
        (0x5F, ReceiptState.UNDELIVERABLE),
        (0x62, ReceiptState.UNDELIVERABLE),
        (0x7F, ReceiptState.UNDELIVERABLE),
        (0x80, ReceiptState.UNKNOWN),
        (0xFF, ReceiptState.UNKNOWN),
    ],
)
def test_each_status_means_one_state_and_has_words(status: int, state: ReceiptState) -> None:
    assert status_means(status)[0] is state
    assert status_means(status)[1]


def test_every_status_means_something_and_still_trying_is_never_final() -> None:
    states = [status_means(status)[0] for status in range(256)]
    assert all(state.final for state in states[:0x20])
    assert not any(state.final for state in states[0x20:0x40])
    assert all(state.final for state in states[0x40:0x80])
