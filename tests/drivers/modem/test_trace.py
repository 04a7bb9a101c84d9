"""What the console of a modem shows: AT lines and decoded PDUs, and nothing of what is nobody's business."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modem import pdu, trace
from smsgw.link import Alphabet
from smsgw.link_verbs import Traced, WireLine
from tests.drivers.modem.conftest import CUSTOMER, Open, one_part

DELIVER = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
REPORT = "07911326040000F006210B911346610089F62080629173140820806291731408" + "00"


def said(line: str) -> WireLine:
    [one] = trace.said(line)
    return one


def heard(line: str, command: str = "") -> WireLine:
    [one] = trace.heard(line, command)
    return one


def test_a_text_that_goes_out_is_decoded_without_its_words() -> None:
    written, _ = pdu.encode_submit(one_part(octets=b"Hello there", udh=b"\x05\x00\x03\x11\x02\x01", validity=3600))
    line = said(written + "\x1a")
    assert (line.way, line.what) == (">", "SMS-SUBMIT")
    assert line.fields == {
        "to": CUSTOMER, "TP-DCS": "0x00", "TP-UD": "‹11 septets GSM 7-bit›", "TP-SRR": "1",
        "header": "part 1 of 2, reference 17, 6 octets",
    }  # fmt: skip


def test_what_we_write_is_read_back_as_it_was() -> None:
    for coding, octets in ((Alphabet.UCS2, "Ž".encode("utf-16-be")), (Alphabet.OCTETS, b"\x01\xff")):
        written, _ = pdu.encode_submit(replace(one_part(), alphabet=coding, user_data=octets))
        told = pdu.decode_submit(bytes.fromhex(written))
        assert (told.recipient, told.alphabet, told.user_data, told.udh) == (CUSTOMER, coding, octets, b"")


def test_what_comes_in_is_decoded_without_its_words() -> None:
    line = heard(DELIVER)
    assert (line.way, line.what, line.fields["from"]) == ("<", "SMS-DELIVER", "+31641600986")
    assert line.fields["TP-UD"] == "‹12 septets GSM 7-bit›"
    report = heard(REPORT)
    assert (report.what, report.fields["TP-ST"]) == ("SMS-STATUS-REPORT", "0x00 delivered (delivered)")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('AT+CPIN="4711"', 'AT+CPIN="***"'),
        ('AT+CPWD="SC","4711","4712"', 'AT+CPWD="***"'),
        ('AT+SAPBR=3,1,"PWD","pass"word"', 'AT+SAPBR=3,1,"***"'),
        ('AT+QICSGP=1,1,"internet","user","open', 'AT+QICSGP=1,1,"***"'),
        ('AT+CGAUTH=1,1,"a"b', 'AT+CGAUTH=1,1,"***"'),
        ('AT+CUSD=1,"*101*12345678#",15', 'AT+CUSD=1,"***",15'),
        ('AT+CSCA="+38640111222",145', 'AT+CSCA="***222",145'),
        ('AT+CPMS="SM"', 'AT+CPMS="SM"'),
        ("AT+CMGS=23", "AT+CMGS=23"),
    ],
)
def test_between_quotes_nothing_is_shown_that_may_be_somebodys(line: str, shown: str) -> None:
    assert said(line + "\r") == WireLine(">", shown)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('+CLIP: "+38640111222",145,"",0,"Janez Novak",0', '+CLIP: "***222",145,"",0,"***",0'),
        ('+CNUM: "Janez","040111222",129', '+CNUM: "***","***222",129'),
        ("89386401234567890123", "89386***123"),
        ("+CCID: 8938640123456789012F", "+CCID: 89386***012F"),
        ("+CME ERROR: 10", "+CME ERROR: 10"),
        ("OK", "OK"),
        ("a line of a balance", "‹19 letters›"),
    ],
)
def test_of_what_a_modem_says_names_and_numbers_are_masked(line: str, shown: str) -> None:
    assert heard(line) == WireLine("<", shown)


def test_an_answer_of_the_network_to_a_code_is_its_length() -> None:
    line = heard('+CUSD: 0,"You have 10.00 EUR",15')
    assert (line.what, "10.00" in str(line)) == ("+CUSD: 0", False)


def test_a_device_may_say_what_it_is() -> None:
    assert heard("Quectel", "AT+CGMI") == WireLine("<", "Quectel")


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60), st.binary(max_size=40))
def test_no_line_from_outside_breaks_it(line: str, octets: bytes) -> None:
    assert len([*trace.heard(line, ""), *trace.said(line), *trace.heard(octets.hex(), "")]) == 3


def test_a_link_tells_what_goes_over_its_line_while_somebody_looks(rig_for: Open) -> None:
    rig = rig_for(sim_pin="4711", pin="4711")
    lines: list[WireLine] = []
    assert isinstance(rig.link, Traced)
    rig.link.tap.tell = lines.append
    rig.up().send_and_wait("a word of ours")
    rig.network.phone_sends("+38641000009", "a word of theirs")
    rig.events.wait(lambda: any(line.what == "SMS-DELIVER" for line in lines))
    shown = {line.what for line in lines}
    assert {'AT+CPIN="***"', "AT+CMGF=0", "SMS-SUBMIT", "OK"} <= shown
    assert "4711" not in str(lines)
    assert "word" not in str(lines)
