"""WSP values: read them with every bound checked, and write them (WAP-230-WSP section 8.4).

The surprise: senders write the same value in several forms (a date as short or long integer, a content type by number
or as text, a quoted text with or without its closing quote), so reading accepts all of them and writing picks one.
Whatever is wrong with octets from outside raises `Malformed`, and nothing else does.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import tokens

LENGTH_QUOTE, QUOTE = 31, 127
MOST_PARAMETERS = 32
_BEHIND = re.compile(r""";\s*([A-Za-z0-9_-]{1,40})\s*=\s*("[^"]*"|[^;"\s]*)""")
LONGEST_INTEGER = 30  # octets (8.4.2.1)


class Malformed(ValueError):
    """Octets that are no WSP or MMS; says what was wrong, and at which octet."""


@dataclass(frozen=True, slots=True)
class ContentType:
    """A media type as the register writes it, with its parameters; `charset` as Python names it."""

    name: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)

    def text(self, parameter: str) -> str | None:
        """A parameter as text; None when it is not there."""
        value = self.parameters.get(parameter)
        return None if value is None else str(value)


class Reader:
    """Octets, and how far they are read. Every method raises Malformed where the octets end too early."""

    def __init__(self, octets: bytes, at: int = 0, end: int | None = None) -> None:
        self.octets = octets
        self.at = at
        self.end = len(octets) if end is None else end

    def __bool__(self) -> bool:
        return self.at < self.end

    def wrong(self, says: str) -> Malformed:
        """The error for this place."""
        return Malformed(f"{says} at octet {self.at}")

    def peek(self) -> int:
        """The next octet, which stays unread."""
        if self.at >= self.end:
            raise self.wrong("the octets end too early")
        return self.octets[self.at]

    def octet(self) -> int:
        """One octet."""
        value = self.peek()
        self.at += 1
        return value

    def take(self, count: int) -> bytes:
        """So many octets."""
        if count > self.end - self.at:
            raise self.wrong(f"{count} octets are announced, and {self.end - self.at} are left")
        self.at += count
        return self.octets[self.at - count : self.at]

    def within(self, count: int) -> Reader:
        """A reader of the next `count` octets alone; this one goes on behind them."""
        start = self.at
        self.take(count)
        return Reader(self.octets, start, self.at)

    def uintvar(self) -> int:
        """A variable length unsigned integer: at most five octets, 32 bits (8.1.2)."""
        value = 0
        for _ in range(5):
            octet = self.octet()
            value = value << 7 | octet & 0x7F
            if octet < 0x80:
                if value > 0xFFFFFFFF:
                    break
                return value
        raise self.wrong("a length of more than 32 bits")

    def value_length(self) -> int:
        """Value-length (8.4.2.2): a short length, or 31 and a uintvar."""
        first = self.octet()
        if first > LENGTH_QUOTE:
            raise self.wrong(f"{first:#04x} is no length")
        return self.uintvar() if first == LENGTH_QUOTE else first

    def integer(self) -> int:
        """Integer-value: one octet of 128 or more, or a length of at most 30 and as many octets (8.4.2.1, 8.4.2.3)."""
        first = self.octet()
        if first >= 0x80:
            return first & 0x7F
        if first > LONGEST_INTEGER:
            raise self.wrong(f"an integer of {first} octets")
        return int.from_bytes(self.take(first), "big")

    def octets_of_text(self) -> bytes:
        """Text-string, Quoted-string or Token-text (8.4.2.1) without its quote and its end."""
        end = self.octets.find(0, self.at, self.end)
        if end < 0:
            raise self.wrong("a text without its end")
        text = self.octets[self.at : end]
        self.at = end + 1
        if text[:1] == b"\x7f":  # Quote: the next octet is 128 or more
            text = text[1:]
        return text

    def text(self) -> str:
        """A text of the protocol's own: ASCII, or what a sender took for it."""
        text = self.octets_of_text()
        if text[:1] == b'"':  # Quoted-string has no closing quote; some write one
            text = text[1:].removesuffix(b'"')
        return decoded(text, tokens.UTF_8)

    def encoded_text(self) -> str:
        """Encoded-string-value (OMA-TS-MMS_ENC 7.3.24): a text, or a length, a character set and a text."""
        if self.peek() > LENGTH_QUOTE:
            return decoded(self.octets_of_text(), tokens.UTF_8)
        inside = self.within(self.value_length())
        if not inside:
            return ""
        charset = inside.integer() if inside.peek() >= 0x80 or inside.peek() <= LONGEST_INTEGER else tokens.UTF_8
        raw = inside.octets[inside.at : inside.end]
        raw = raw[1:] if raw[:1] == b"\x7f" else raw
        if charset in (1000, 1013, 1014, 1015):  # two octets a letter: the end is two zeros
            return decoded(raw, charset).rstrip("\0")
        return decoded(raw.partition(b"\0")[0], charset)

    def value(self) -> bytes:
        """Any field value whole, as octets, by the rule that its first octet tells (8.4.1.2)."""
        start, first = self.at, self.peek()
        if first <= LENGTH_QUOTE:
            self.take(self.value_length())
        elif first < 0x80:
            self.octets_of_text()
        else:
            self.octet()
        return self.octets[start : self.at]

    def content_type(self) -> ContentType:
        """Content-type-value (8.4.2.24): constrained, or a length, a media type and its parameters."""
        first = self.peek()
        if first >= 0x80:
            return ContentType(_media(self.octet() & 0x7F))
        if first > LENGTH_QUOTE:
            written = self.text()
            return ContentType(_plain(written), _behind(written))
        inside = self.within(self.value_length())
        return inside.media_and_parameters()

    def media_and_parameters(self) -> ContentType:
        """A media type and the parameters up to the end of what is to be read."""
        if 0x20 <= self.peek() < 0x80:
            written = self.text()
            return ContentType(_plain(written), _behind(written) | self.parameters())
        return ContentType(_media(self.integer()), self.parameters())

    def parameters(self) -> dict[str, str | int]:
        """Parameters up to the end of what is to be read; the first of a name counts."""
        found: dict[str, str | int] = {}
        for _ in range(MOST_PARAMETERS):
            if not self:
                return found
            name, value = self._parameter()
            found.setdefault(name, value)
        raise self.wrong(f"more than {MOST_PARAMETERS} parameters")

    def _parameter(self) -> tuple[str, str | int]:
        first = self.peek()
        if 0x20 <= first < 0x80:  # untyped: a token and a value
            name = self.text().lower()
            return name, self._untyped()
        number = self.integer()
        if number == tokens.CHARSET:
            return "charset", self._charset()
        if number in tokens.TEXT_PARAMETERS:
            return tokens.TEXT_PARAMETERS[number], self._untyped()
        if number == tokens.TYPE:
            return "type", self._untyped() if 0x20 <= self.peek() < 0x80 else _media(self.integer())
        if number in tokens.INTEGER_PARAMETERS:
            return tokens.INTEGER_PARAMETERS[number], self._untyped()
        if number == tokens.Q:
            return "q", self.uintvar()
        if number == tokens.LEVEL:
            return "level", self._untyped()
        return f"{number:#04x}", self.value().hex()

    def _untyped(self) -> str | int:
        """A text, or an integer; no value at all is a text without letters (8.4.2.4)."""
        if not self:
            return ""
        first = self.peek()
        if first == 0:
            self.octet()
            return ""
        return self.integer() if first >= 0x80 or first <= LONGEST_INTEGER else self.text()

    def _charset(self) -> str:
        if 0x20 <= self.peek() < 0x80:
            return self.text().lower()
        number = self.integer()
        return tokens.CHARSETS.get(number, f"mib-{number}")


def decoded(octets: bytes, charset: int | str) -> str:
    """A text by its MIBenum or name; what cannot be read, or a set that nobody knows, costs letters, never the text."""
    name = tokens.CHARSETS.get(charset, "utf-8") if isinstance(charset, int) else charset
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = "utf-8"
    try:
        if found in ("utf-8", "ascii"):  # what says ASCII and is not, is UTF-8 or Latin-1
            return octets.decode("utf-8")
        return octets.decode(found, "replace")
    except UnicodeDecodeError:
        return octets.decode("latin-1" if found == "ascii" else "utf-8", "replace")
    except Exception:  # noqa: BLE001 - a codec of Python that is no text codec, or gives up in a way of its own
        return octets.decode("utf-8", "replace")


def _media(number: int) -> str:
    return tokens.CONTENT_TYPES[number] if number < len(tokens.CONTENT_TYPES) else f"application/x-wsp-{number:#x}"


def _plain(written: str) -> str:
    """A media type that came as text: what some senders put behind a semicolon is no part of its name."""
    return written.partition(";")[0].strip().lower()


def _behind(written: str) -> dict[str, str | int]:
    """What some senders put behind that semicolon: parameters, as mail writes them."""
    found: dict[str, str | int] = {}
    for name, value in _BEHIND.findall(written[:1000])[:MOST_PARAMETERS]:
        found.setdefault(name.lower(), value.strip('"'))
    return found
