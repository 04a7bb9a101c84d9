"""data_coding and the octets under it: what we write, and what others mean (SMPP 3.4 section 5.2.19).

The surprise: SMPP has no value for "GSM 7-bit"; 0 is "the default of the SMSC", which its carrier must name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drivers.smpp.contents import Charset, Contents
from smsgw.link import Alphabet, WirePart
from smsgw.text import alphabet as gsm
from smsgw.text.header import shifts
from smsgw.text.parts import fill_bits, pack, unpack

UDHI = 0x40  # esm_class: short_message begins with a user data header (5.2.12)
LONGEST_SHORT_MESSAGE = 254
_ON_THE_AIR = 140
_IA5 = 1
_CR = 0x0D
_CONTROLS = frozenset(range(0x20)) - set(b"\t\n\r")
STANDARD = {Charset.GSM7: 0, Charset.PACKED: 0, Charset.ASCII: 1, Charset.LATIN1: 3, Charset.OCTETS: 4, Charset.UCS2: 8}
_CLASS_0 = {"gsm7": 0xF0, "octets": 0xF4, "ucs2": 0x18}  # 23.038 section 4
_CODECS = {
    Charset.ASCII: "latin-1",  # who says ASCII and sends more means Latin-1
    Charset.LATIN1: "latin-1",
    Charset.UCS2_LE: "utf-16-le",
    Charset.UTF8: "utf-8",
    Charset.WINDOWS: "cp1252",
    Charset.JIS: "shift_jis",
    Charset.CYRILLIC: "iso8859-5",
    Charset.HEBREW: "iso8859-8",
    Charset.ISO2022: "iso2022_jp",
    Charset.KOREAN: "euc_kr",
}
_BY_NUMBER = {
    1: Charset.ASCII,
    3: Charset.LATIN1,
    5: Charset.JIS,
    6: Charset.CYRILLIC,
    7: Charset.HEBREW,
    10: Charset.ISO2022,
    14: Charset.KOREAN,
}

Kind = Literal["text", "flash", "indication", "silent", "data"]


class Unsendable(ValueError):
    """The part cannot be written under this link's settings; str() is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Heard:
    """User data in one of our alphabets, and what kind of message its coding makes it."""

    alphabet: Alphabet
    user_data: bytes
    kind: Kind


def lacks(writes: Charset) -> frozenset[str]:
    """The GSM letters that cannot be written so: with them a text goes in UCS-2."""
    if writes in (Charset.GSM7, Charset.PACKED, Charset.UCS2):
        return frozenset()
    highest = 0x7F if writes is Charset.ASCII else 0xFF
    return frozenset(letter for letter in gsm.letters() if ord(letter) > highest)


class Coding:
    """One link's alphabets, in both directions."""

    def __init__(self, contents: Contents) -> None:
        self._writes = contents.writes
        default = Charset(contents.default_alphabet)
        given: dict[Charset, int] = {Charset(name): number for name, number in contents.data_codings.items()}
        self._numbers = {**STANDARD, default: 0, **given}
        self._class_0 = _CLASS_0 | {str(name): number for name, number in contents.class_codings.items()}
        own = {number: charset for charset, number in given.items()} | {0: default} | contents.read_as
        self._means = [_means(number, own, default, number in given.values()) for number in range(256)]

    def say(self, part: WirePart, udh: bytes) -> tuple[int, bytes]:
        """The data_coding and the octets of a part, without its header. Raises Unsendable.

        udh: the header that will stand before them, on which packed septets are aligned.
        """
        kind, octets = part.alphabet, part.user_data
        if kind is not Alphabet.GSM7:
            if part.message_class is not None:
                return self._class_0[kind.value] | part.message_class, octets
            return self._numbers[Charset(kind.value)], octets
        if self._writes is Charset.PACKED:
            octets = packed(octets, len(udh))
        if part.message_class is not None:
            return self._class_0["gsm7"] | part.message_class, octets
        if self._writes in (Charset.GSM7, Charset.PACKED):
            return self._numbers[self._writes], octets
        return self._otherwise(part, udh)

    def _otherwise(self, part: WirePart, udh: bytes) -> tuple[int, bytes]:
        """Septets in another alphabet. Parts that were cut for another link may have letters that it lacks: they go in
        UCS-2, if they still fit.
        """
        text = gsm.decode(part.user_data, *shifts(part.udh))
        missing = next((letter for letter in text if letter in lacks(self._writes)), None)
        if missing is None and self._writes is not Charset.UCS2 and not any(shifts(part.udh)):
            return self._numbers[self._writes], text.encode("latin-1")
        wide = text.encode("utf-16-be")
        if len(udh) + len(wide) <= _ON_THE_AIR or (part.of > 1 and not part.udh):
            return self._numbers[Charset.UCS2], wide
        letters = "so many letters" if missing is None else repr(missing)
        raise Unsendable(
            f'the alphabet of this link (alphabet = "{self._writes}") has no room for {letters} in a part that was cut '
            "for GSM letters: send the text anew, or set another alphabet"
        )

    def hear(self, data_coding: int, octets: bytes, udh: bytes = b"") -> Heard:
        """What octets without their header mean.

        The link's own numbers come first, then those of SMPP; values that SMPP reserves are read as 23.038 section 4,
        for the SMSCs that hand the air's own octet through. Other alphabets than ours become UCS-2. What cannot be
        read so is handed over as 8-bit data. Octets above 127 cannot be septets: such a text is taken for Latin-1
        whatever the setting. IA5 with control characters is no IA5: some SMSCs say 1 and mean GSM letters, where @ is
        0. A header that names national tables makes any one-octet alphabet GSM: only that has them.
        """
        charset, kind, doubtful = self._means[data_coding]
        if doubtful and _CONTROLS.intersection(octets):
            charset = Charset.GSM7
        if charset is Charset.OCTETS:
            return Heard(Alphabet.OCTETS, octets, "data")
        if charset is Charset.UCS2:
            return Heard(Alphabet.UCS2, octets, kind)
        if charset is Charset.PACKED:
            return Heard(Alphabet.GSM7, unpacked(octets, len(udh)), kind)
        septets = not octets or max(octets) <= 0x7F
        if septets and (charset is Charset.GSM7 or (udh and any(shifts(udh)))):
            return Heard(Alphabet.GSM7, octets, kind)
        try:
            text = octets.decode(_CODECS.get(charset, "latin-1"))
        except UnicodeDecodeError:
            return Heard(Alphabet.OCTETS, octets, "data")
        return Heard(Alphabet.UCS2, text.encode("utf-16-be"), kind)


def _means(data_coding: int, own: dict[int, Charset], default: Charset, plain: bool) -> tuple[Charset, Kind, bool]:
    """How octets under a number are read, what kind of message it makes, and whether it is SMPP's own IA5.

    plain: the link's number for an alphabet, so a text whatever class others read in it.
    """
    alphabet, kind = _meaning(data_coding)
    charset = own.get(data_coding) or _BY_NUMBER.get(data_coding)
    if charset is None:
        charset = default if alphabet is Alphabet.GSM7 else Charset(alphabet.value)
    return charset, "text" if plain or kind == "data" else kind, data_coding == _IA5 and data_coding not in own


def packed(septets: bytes, header: int) -> bytes:
    """Septets as the air packs them, behind a header of so many octets (23.038 section 6.1.2.1).

    SMPP tells octets only, so seven bits left over would read as another @: they are a carriage return, which shows
    nothing, and so is one more behind a text that ends with one where nothing is left over (section 6.1.2.3.1).
    """
    fill = fill_bits(header)
    over = -(fill + 7 * len(septets)) % 8
    if over == 7 or (over == 0 and septets[-1:] == bytes((_CR,))):
        septets += bytes((_CR,))
    return pack(septets, fill)


def unpacked(octets: bytes, header: int) -> bytes:
    """The septets in packed octets. A last one that may be filling, @ or a carriage return, is taken for it."""
    fill = fill_bits(header)
    septets = unpack(octets, 2 * len(octets), fill)
    if (fill + 7 * len(septets)) % 8 == 0 and septets[-1:] in (b"\0", bytes((_CR,))):
        return septets[:-1]
    return septets


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
