"""The simulated network's PDUs against libraries that we did not write, in both directions."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from smspdudecoder.fields import SMSDeliver

from drivers.modem.line import OwnCoding
from drivers.modem.pdu import decode, encode_submit
from smsgw.link import Abilities, WirePart
from smsgw.text.parts import split
from tests.emulators.modem_pdus import ForeignCoding

AT = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)
OURS, THEIRS = OwnCoding(), ForeignCoding()
TEXTS = ["Hello", "a" * 160, "b" * 161, "{€}" * 80, "Čestitke!", "ž" * 71, "سلام " * 40, "@" * 8, "it ends with @"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("validity", [None, 3600])
def test_a_submission_is_read_as_smspdudecoder_reads_it(text: str, validity: int | None) -> None:
    for number, piece in enumerate(split(text, Abilities(), 9), 1):
        part = WirePart("m", number, 9, "+38641000002", None, piece.alphabet, piece.user_data, piece.udh, validity)
        pdu, _ = encode_submit(part, "+38640441000")
        ours, theirs = OURS.read_submit(pdu, 5), THEIRS.read_submit(pdu, 5)
        assert (ours.to, ours.text, ours.concatenation) == (theirs.to, theirs.text, theirs.concatenation)
        assert (ours.wants_report, ours.reference) == (theirs.wants_report, theirs.reference)
        assert (ours.centre or "").removeprefix("+") == (theirs.centre or "").removeprefix("+")


def after_the_centre(pdu: bytes) -> str:
    return pdu[pdu[0] + 1 :].hex()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_comes_in_is_octet_for_octet_what_gsmmodem_and_smsutil_make(text: str) -> None:
    ours, theirs = (hand.delivers("+4915112345678", text, AT) for hand in (OURS, THEIRS))
    assert list(map(after_the_centre, ours)) == list(map(after_the_centre, theirs))


@pytest.mark.parametrize("sender", ["+4915112345678", "12345", "Shop", "ElevenChars"])
def test_whoever_sends_it_is_named(sender: str) -> None:
    (pdu,) = OURS.delivers(sender, "Hello", AT)
    assert decode(pdu).sender == sender  # type: ignore[union-attr]
    read = SMSDeliver.decode(StringIO(pdu.hex().upper()))
    assert read["sender"]["number"] == sender.removeprefix("+")
    assert read["scts"] == AT


def test_a_report_is_octet_for_octet_what_gsmmodem_makes() -> None:
    ours, theirs = (hand.status_report(200, "+38641000002", AT, 0x46) for hand in (OURS, THEIRS))
    assert after_the_centre(ours) == after_the_centre(theirs)


@pytest.mark.parametrize("pdu", ["", "00", "0011", "0001000B91836410000020000005C8329B", "07918346040400F004"])
def test_what_is_no_submission_is_no_submission(pdu: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        OURS.read_submit(pdu, 1)
