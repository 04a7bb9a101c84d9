"""Write WSP values, each in the one form that every reader takes (WAP-230-WSP section 8.4)."""

from __future__ import annotations

from . import tokens
from .wsp import LENGTH_QUOTE, ContentType

_MEDIA = {name.lower(): number for number, name in reversed(list(enumerate(tokens.CONTENT_TYPES)))}
_CHARSET = {name: number for number, name in reversed(tokens.CHARSETS.items())}
# By the numbers of WSP 1.1 to 1.3, which old phones know too.
_PARAMETERS = {"name": 0x05, "filename": 0x06, "start": 0x0A, "start-info": 0x0B, "comment": 0x0C, "domain": 0x0D}


def uintvar(value: int) -> bytes:
    """A variable length unsigned integer (8.1.2). Raises ValueError outside of 32 bits."""
    if not 0 <= value <= 0xFFFFFFFF:
        raise ValueError(f"{value} does not fit into 32 bits")
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | value & 0x7F)
    return bytes(reversed(octets))


def value_length(count: int) -> bytes:
    """Value-length (8.4.2.2)."""
    return bytes([count]) if count < LENGTH_QUOTE else bytes([LENGTH_QUOTE]) + uintvar(count)


def framed(octets: bytes) -> bytes:
    """A value with its length before it."""
    return value_length(len(octets)) + octets


def short_integer(value: int) -> bytes:
    """Short-integer: 0 to 127 in one octet (8.4.2.1)."""
    if not 0 <= value < 0x80:
        raise ValueError(f"{value} is no short integer")
    return bytes([0x80 | value])


def long_integer(value: int) -> bytes:
    """Long-integer: a length, and the fewest octets that hold the value (8.4.2.1)."""
    if value < 0:
        raise ValueError(f"{value} is negative")
    octets = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    return bytes([len(octets)]) + octets


def integer(value: int) -> bytes:
    """Integer-value (8.4.2.3)."""
    return short_integer(value) if 0 <= value < 0x80 else long_integer(value)


def text(value: str) -> bytes:
    """Text-string (8.4.2.1), in UTF-8 where it is not ASCII. Raises ValueError for one with a NUL."""
    octets = value.encode()
    if b"\0" in octets:
        raise ValueError("a text with a NUL in it cannot be written")
    return (b"\x7f" if octets[:1] >= b"\x7f" else b"") + octets + b"\0"


def encoded_text(value: str) -> bytes:
    """Encoded-string-value (OMA-TS-MMS_ENC 7.3.24): ASCII plainly, everything else marked as UTF-8.

    A text that begins with a control character would be taken for a length, so that is marked too.
    """
    if (value.isascii() and value[:1] >= " ") or not value:
        return text(value)
    return framed(short_integer(tokens.UTF_8) + text(value))


def content_type(value: ContentType) -> bytes:
    """Content-type-value (8.4.2.24): by number where there is one."""
    number = _MEDIA.get(value.name.lower())
    media = text(value.name) if number is None else short_integer(number)
    if not value.parameters:
        return media
    return framed(media + b"".join(_parameter(name, known) for name, known in value.parameters.items()))


def _parameter(name: str, value: str | int) -> bytes:
    if name == "charset":
        number = _CHARSET.get(str(value).lower())
        return text("charset") + text(str(value)) if number is None else short_integer(tokens.CHARSET) + integer(number)
    if name == "type" and isinstance(value, str):
        number = _MEDIA.get(value.lower())
        return short_integer(tokens.TYPE) + (text(value) if number is None else short_integer(number))
    if name in _PARAMETERS:
        return short_integer(_PARAMETERS[name]) + text(str(value))
    if name.startswith("0x") and isinstance(value, str):
        return short_integer(int(name, 16)) + bytes.fromhex(value)
    return text(name) + (integer(value) if isinstance(value, int) else text(value))
