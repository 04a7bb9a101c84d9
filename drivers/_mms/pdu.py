"""MMS protocol data units: header fields and the parts of the message, read and written (OMA-TS-MMS_ENC).

Reading keeps everything: fields by name in their order, repeated ones too, unknown ones as octets, so that what is
written again says the same. It accepts what real senders write (see `wsp`), and bounds everything: `Malformed` is the
only error that octets from outside can raise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from . import parts, tokens, writing
from .parts import Part
from .wsp import LENGTH_QUOTE, ContentType, Malformed, Reader

INSERT_ADDRESS = "<insert-address>"  # From of a message whose sender the MMSC knows (7.3.12)
MOST_OCTETS = 16 * 1024 * 1024
MOST_FIELDS = 256
_CONTENT_TYPE, _MESSAGE_TYPE = 0x04, 0x0C
_ADDRESS_PRESENT, _INSERT = 0x80, 0x81
_ABSOLUTE, _RELATIVE = 0x80, 0x81

Value: TypeAlias = str | int | bytes | tuple[str, int]
"""Of a field: text or the name of a token; number, or a token without a name; octets of a field without a name;
("absolute" or "relative", seconds) of a time."""

_CODES = {name: (code, form) for code, (name, form) in tokens.FIELDS.items()}
_TOKENS = {name: {word: octet for octet, word in words.items()} for name, words in tokens.TOKENS.items()}


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU. kind: such as "m-send-req". fields: (name, value) in order, without message and content type.

    content_type and parts: of a message that has content; body: its octets where it is no multipart.
    """

    kind: str
    fields: tuple[tuple[str, Value], ...] = ()
    content_type: ContentType | None = None
    parts: tuple[Part, ...] = field(default=())
    body: bytes = b""

    def get(self, name: str) -> Value | None:
        """The first value of a field; None when it is not there."""
        return next((value for known, value in self.fields if known == name), None)

    def text(self, name: str) -> str | None:
        """The same of a field that is a text or a token's name."""
        value = self.get(name)
        return value if isinstance(value, str) else None

    def all(self, name: str) -> list[str]:
        """Every text of a field that may be repeated (to, cc, bcc)."""
        return [value for known, value in self.fields if known == name and isinstance(value, str)]

    @property
    def start(self) -> Part | None:
        """The part that the others hang on: the one that `start` names, else the first SMIL, else the first."""
        wanted = None if self.content_type is None else self.content_type.text("start")
        named = [part for part in self.parts if wanted and part.is_called(wanted)]
        smil = [part for part in self.parts if part.content_type.name == "application/smil"]
        return next(iter([*named, *smil, *self.parts]), None)


def read(octets: bytes) -> Pdu:
    """The PDU that these octets are. Raises Malformed."""
    if len(octets) > MOST_OCTETS:
        raise Malformed(f"{len(octets)} octets are more than {MOST_OCTETS}")
    reader = Reader(octets)
    if len(octets) < 2 or reader.octet() != 0x80 | _MESSAGE_TYPE:
        raise Malformed("this is no MMS: it does not begin with a message type")
    kind = tokens.TOKENS["message-type"].get(reader.octet())
    if kind is None:
        raise Malformed(f"there is no message type {octets[1]:#04x}")
    fields: list[tuple[str, Value]] = []
    while reader:
        if len(fields) == MOST_FIELDS:
            raise reader.wrong(f"more than {MOST_FIELDS} fields")
        if reader.peek() == 0x80 | _CONTENT_TYPE:
            reader.octet()
            return _with_content(kind, tuple(fields), reader)
        fields.append(_field(reader))
    return Pdu(kind, tuple(fields))


def _with_content(kind: str, fields: tuple[tuple[str, Value], ...], reader: Reader) -> Pdu:
    content_type = reader.content_type()
    if not reader:
        return Pdu(kind, fields, content_type)
    if "multipart" in content_type.name:
        return Pdu(kind, fields, content_type, parts.read(reader))
    return Pdu(kind, fields, content_type, body=reader.take(reader.end - reader.at))


def _field(reader: Reader) -> tuple[str, Value]:
    first = reader.peek()
    if first < 0x80:  # Application-header (7.3.1): a token and a text
        if first <= LENGTH_QUOTE:
            raise reader.wrong(f"{first:#04x} is no header field")
        name = reader.text()
        return name, reader.text()
    code = reader.octet() & 0x7F
    name, form = tokens.FIELDS.get(code, (f"{code:#04x}", "octets"))
    return name, _value(reader, name, form)


def _value(reader: Reader, name: str, form: str) -> Value:
    if form == "token":
        return _token(reader, name)
    if form == "text":
        return reader.text()
    if form == "encoded":
        return reader.encoded_text()
    if form == "number":
        return reader.integer()
    if form == "version":
        return _version(reader)
    if form == "from":
        return _from(reader)
    if form == "time":
        return _time(reader)
    return reader.value()


def _token(reader: Reader, name: str) -> Value:
    first = reader.peek()
    if first < 0x80:  # a message class of the sender's own, and what others write as text
        return reader.text() if first > LENGTH_QUOTE else reader.value()
    return tokens.TOKENS[name].get(reader.octet(), first)


def _version(reader: Reader) -> Value:
    """Three bits of major and four of minor version; a minor of 15 means none (7.3.34)."""
    if reader.peek() < 0x80:
        return reader.text()
    value = reader.octet()
    major, minor = value >> 4 & 0x07, value & 0x0F
    return f"{major}" if minor == 15 else f"{major}.{minor}"


def _from(reader: Reader) -> str:
    if reader.peek() > LENGTH_QUOTE:  # without its frame, as some write it
        return reader.encoded_text()
    inside = reader.within(reader.value_length())
    return inside.encoded_text() if inside.octet() == _ADDRESS_PRESENT and inside else INSERT_ADDRESS


def _time(reader: Reader) -> tuple[str, int]:
    inside = reader.within(reader.value_length())
    which = inside.octet()
    if which not in (_ABSOLUTE, _RELATIVE):
        raise inside.wrong(f"a time is absolute (128) or relative (129), not {which}")
    return ("absolute" if which == _ABSOLUTE else "relative"), inside.integer()


def write(pdu: Pdu) -> bytes:
    """The octets of a PDU: type, transaction and version first, content last. Raises ValueError for what cannot be."""
    missing = [name for name in tokens.REQUIRED.get(pdu.kind, ()) if not _has(pdu, name)]
    if missing:
        raise ValueError(f"{pdu.kind} needs {', '.join(missing)}")
    written = bytearray((0x80 | _MESSAGE_TYPE, _TOKENS["message-type"][pdu.kind]))
    for name, value in _in_order(pdu.fields):
        written += _written(name, value)
    if pdu.content_type is not None:
        written += bytes([0x80 | _CONTENT_TYPE]) + writing.content_type(pdu.content_type)
        written += parts.write(pdu.parts) if pdu.parts else pdu.body
    return bytes(written)


def _has(pdu: Pdu, name: str) -> bool:
    return pdu.content_type is not None if name == "content-type" else pdu.get(name) is not None


def _in_order(fields: Iterable[tuple[str, Value]]) -> list[tuple[str, Value]]:
    """Transaction and version first (7.2), the others as they stand."""
    first = {"transaction-id": 0, "mms-version": 1}
    return sorted(fields, key=lambda one: first.get(one[0], 2))


def _written(name: str, value: Value) -> bytes:
    if name.startswith("0x"):
        return bytes([0x80 | int(name, 16)]) + _octets(value)
    if name not in _CODES:
        return writing.text(name) + writing.text(str(value))
    code, form = _CODES[name]
    return bytes([0x80 | code]) + _value_written(name, form, value)


def _value_written(name: str, form: str, value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    if form == "token":
        octet = value if isinstance(value, int) else _TOKENS[name].get(str(value))
        return writing.text(str(value)) if octet is None else bytes([octet])
    if form == "encoded":
        return writing.encoded_text(str(value))
    if form == "number":
        return writing.long_integer(_number(value))
    if form == "version":
        major, _, minor = str(value).partition(".")
        return bytes([0x80 | int(major) << 4 | (int(minor) if minor else 15)])
    if form == "from":
        if value == INSERT_ADDRESS:
            return writing.framed(bytes([_INSERT]))
        return writing.framed(bytes([_ADDRESS_PRESENT]) + writing.encoded_text(str(value)))
    if form == "time":
        return _time_written(value)
    return writing.text(str(value))


def _time_written(value: Value) -> bytes:
    if not isinstance(value, tuple):
        raise ValueError(f"{value!r} is no time: (absolute or relative, seconds)")
    which = {"absolute": _ABSOLUTE, "relative": _RELATIVE}[value[0]]
    return writing.framed(bytes([which]) + writing.long_integer(value[1]))


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is no number")
    return value


def _octets(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError(f"{value!r}: a field without a name has octets")
    return value
