"""data_coding and the octets under it: what we write, and what others mean (SMPP 3.4 section 5.2.19).

The surprise: SMPP has no value for "GSM 7-bit"; 0 is "the default of the SMSC", which its carrier must name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from smsgw.link import Alphabet, WirePart
from smsgw.text import alphabet as gsm

UDHI = 0x40  # esm_class: short_message begins with a user data header (5.2.12)
LONGEST_SHORT_MESSAGE = 254
_ON_THE_AIR = 140
_IA5 = 1
_CONTROLS = frozenset(range(0x20)) - set(b"\t\n\r")
_CODECS = {
    1: "latin-1",
    3: "latin-1",
    5: "shift_jis",
    6: "iso8859-5",
    7: "iso8859-8",
    10: "iso2022_jp",
    14: "euc_kr",
}

Kind = Literal["text", "flash", "indication", "silent", "data"]
Default = Literal["gsm7", "latin1"]


class Unsendable(ValueError):
    """The part cannot be written under this link's settings; str() is a sentence for the user."""


def say(part: WirePart, data_coding: int, default: Default) -> tuple[int, bytes]:
    """The data_coding and the short_message of a part, header included. data_coding: of a text in GSM
    letters.

    Septets go out one in each octet, as SMSCs want them. Raises Unsendable.
    """
    coding, octets = _plain(part, data_coding)
    if part.alphabet is Alphabet.GSM7 and default == "latin1" and part.message_class is None:
        coding, octets = _as_latin1(part, data_coding)
    message = part.udh + octets
    if len(message) > LONGEST_SHORT_MESSAGE:
        raise Unsendable(f"the part has {len(message)} octets, and SMPP carries {LONGEST_SHORT_MESSAGE}")
    return coding, message


def _plain(part: WirePart, data_coding: int) -> tuple[int, bytes]:
    if part.alphabet is Alphabet.UCS2:
        return (0x08 if part.message_class is None else part.dcs), part.user_data
    if part.alphabet is Alphabet.OCTETS:
        return (0x04 if part.message_class is None else 0xF4 | part.message_class), part.user_data
    return (data_coding if part.message_class is None else 0xF0 | part.message_class), part.user_data


def _as_latin1(part: WirePart, data_coding: int) -> tuple[int, bytes]:
    """Letters that Latin-1 lacks (the euro, Greek) make the part UCS-2, if it still fits."""
    text = gsm.decode(part.user_data)
    try:
        return data_coding, text.encode("latin-1")
    except UnicodeEncodeError as error:
        wide = text.encode("utf-16-be")
        if len(part.udh) + len(wide) <= _ON_THE_AIR:
            return 0x08, wide
        letter = text[error.start]
        raise Unsendable(
            f'the SMSC\'s alphabet (default_alphabet = "latin1") has no {letter!r}: leave it out, or ask '
            'the carrier for GSM letters and set default_alphabet = "gsm7"'
        ) from None


@dataclass(frozen=True, slots=True)
class Heard:
    """User data in one of our alphabets, and what kind of message its coding makes it."""

    alphabet: Alphabet
    user_data: bytes
    kind: Kind


def hear(data_coding: int, octets: bytes, default: Default) -> Heard:
    """What octets without their header mean.

    Values that SMPP reserves are read as 23.038 section 4, for the SMSCs that hand the air's own octet
    through. Other alphabets than ours become UCS-2. What cannot be read so is handed over as 8-bit data.
    Octets above 127 cannot be septets: such a text is taken for Latin-1 whatever the setting.
    IA5 with control characters is no IA5: some SMSCs say 1 and mean GSM letters, where @ is 0.
    """
    if data_coding in _CODECS and not (data_coding == _IA5 and _CONTROLS.intersection(octets)):
        return _foreign(octets, _CODECS[data_coding], "text")
    alphabet, kind = _meaning(data_coding)
    if alphabet is Alphabet.GSM7 and octets and (default == "latin1" or max(octets) > 0x7F):
        return _foreign(octets, "latin-1", kind)
    return Heard(alphabet, octets, kind)


def _meaning(data_coding: int) -> tuple[Alphabet, Kind]:
    if data_coding in (2, 4):
        return Alphabet.OCTETS, "data"
    if data_coding < 0x10:
        return (Alphabet.UCS2 if data_coding == 8 else Alphabet.GSM7), "text"
    if 0xC0 <= data_coding < 0xF0:  # message waiting
        return (Alphabet.UCS2 if data_coding >= 0xE0 else Alphabet.GSM7), "indication"
    if data_coding >= 0xF0:
        alphabet, flash = (Alphabet.OCTETS if data_coding & 0x04 else Alphabet.GSM7), not data_coding & 0x03
    else:
        alphabet = (Alphabet.GSM7, Alphabet.OCTETS, Alphabet.UCS2, Alphabet.GSM7)[data_coding >> 2 & 0x03]
        flash = data_coding & 0x13 == 0x10
    if alphabet is Alphabet.OCTETS:
        return alphabet, "data"
    return alphabet, "flash" if flash else "text"


def _foreign(octets: bytes, codec: str, kind: Kind) -> Heard:
    try:
        return Heard(Alphabet.UCS2, octets.decode(codec).encode("utf-16-be"), kind)
    except UnicodeDecodeError:
        return Heard(Alphabet.OCTETS, octets, "data")
