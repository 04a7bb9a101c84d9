"""The parts of a message: WSP multipart (WAP-230-WSP section 8.5), read and written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import tokens, writing
from .wsp import LENGTH_QUOTE, ContentType, Reader, decoded

MOST_PARTS = 64
MOST_HEADERS = 64
DEEPEST = 4  # multiparts in one another
_CODES = {name: code for code, name in reversed(tokens.PART_HEADERS.items())}
_AS_TEXT = ("content-id", "content-location", "content-md5", "x-wap-content-uri", "x-wap-initiator-uri")
_DISPOSITIONS = {0x80: "form-data", 0x81: "attachment", 0x82: "inline"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part. headers: (name in lower case, value) in order; octets where we do not know the header's form.

    parts: of a part that is a multipart itself.
    """

    content_type: ContentType
    data: bytes
    headers: tuple[tuple[str, str | bytes], ...] = ()
    parts: tuple[Part, ...] = ()

    def header(self, name: str) -> str | None:
        """The first value of a header that is a text."""
        return next((value for known, value in self.headers if known == name and isinstance(value, str)), None)

    @property
    def content_id(self) -> str | None:
        """Content-ID as it was written, mostly in angle brackets."""
        return self.header("content-id")

    @property
    def location(self) -> str | None:
        """Content-Location: what SMIL calls this part."""
        return self.header("content-location")

    @property
    def name(self) -> str | None:
        """What the sender calls the file: a parameter, or the location."""
        return self.content_type.text("name") or self.content_type.text("filename") or self.location

    def is_called(self, name: str) -> bool:
        """Whether `name` (with cid: or angle brackets or neither) means this part."""
        wanted = _bare(name)
        return wanted in {_bare(one) for one in (self.content_id, self.location, self.content_type.text("name")) if one}

    def text(self) -> str:
        """The data as text in the part's character set, UTF-8 where none is given."""
        return decoded(self.data, self.content_type.text("charset") or tokens.UTF_8)


def _bare(name: str) -> str:
    return name.removeprefix("cid:").strip().removeprefix("<").removesuffix(">")


def read(reader: Reader, depth: int = 1) -> tuple[Part, ...]:
    """The parts up to the end of what is to be read. Raises Malformed."""
    if depth > DEEPEST:
        raise reader.wrong(f"more than {DEEPEST} multiparts in one another")
    count = reader.uintvar()
    if count > MOST_PARTS:
        raise reader.wrong(f"{count} parts are more than {MOST_PARTS}")
    found = []
    for _ in range(count):
        headers, data = reader.uintvar(), reader.uintvar()
        inside = reader.within(headers)
        found.append(_part(inside, reader.within(data), depth))
    return tuple(found)


def _part(head: Reader, body: Reader, depth: int) -> Part:
    content_type = head.content_type()
    headers = _headers(head)
    data = body.octets[body.at : body.end]
    inner = read(body, depth + 1) if "wap.multipart" in content_type.name and body else ()
    return Part(content_type, data, headers, inner)


def _headers(reader: Reader) -> tuple[tuple[str, str | bytes], ...]:
    found: list[tuple[str, str | bytes]] = []
    while reader:
        if len(found) == MOST_HEADERS:
            raise reader.wrong(f"more than {MOST_HEADERS} headers")
        found.append(_header(reader))
    return tuple(found)


def _header(reader: Reader) -> tuple[str, str | bytes]:
    first = reader.peek()
    if LENGTH_QUOTE < first < 0x7F:  # Application-header: a token and a text
        name = reader.text().lower()
        return name, reader.text()
    if first < 0x80:
        raise reader.wrong("another code page")
    code = reader.octet() & 0x7F
    name = tokens.PART_HEADERS.get(code, f"{code:#04x}")
    if name in _AS_TEXT and reader.peek() > LENGTH_QUOTE:
        return name, reader.text()
    if name == "content-disposition":
        return name, _disposition(reader)
    return (name if code == _CODES.get(name) else f"{code:#04x}"), reader.value()


def _disposition(reader: Reader) -> str:
    """Content-disposition-value (8.4.2.53): its word; a file name in it is one of the part's own."""
    if reader.peek() > LENGTH_QUOTE:
        return _DISPOSITIONS.get(reader.octet(), "attachment") if reader.peek() >= 0x80 else reader.text()
    inside = reader.within(reader.value_length())
    word = _DISPOSITIONS.get(inside.octet(), "attachment") if inside.peek() >= 0x80 else inside.text()
    filename = inside.parameters().get("filename")
    return f'{word}; filename="{filename}"' if filename else word


def write(parts: Iterable[Part]) -> bytes:
    """The octets of a multipart. Raises ValueError for what cannot be written."""
    entries = [_written(part) for part in parts]
    return writing.uintvar(len(entries)) + b"".join(entries)


def _written(part: Part) -> bytes:
    head = writing.content_type(part.content_type) + b"".join(_header_written(*one) for one in part.headers)
    data = write(part.parts) if part.parts else part.data
    return writing.uintvar(len(head)) + writing.uintvar(len(data)) + head + data


def _header_written(name: str, value: str | bytes) -> bytes:
    if name.startswith("0x") and isinstance(value, bytes):
        return bytes([0x80 | int(name, 16)]) + value
    code = _CODES.get(name)
    if isinstance(value, bytes):
        if code is None:
            raise ValueError(f"the header {name!r} has octets, and no number to go with them")
        return bytes([0x80 | code]) + value
    if name == "content-id":  # a Quoted-string: a quote before, none behind (8.4.2.1)
        return bytes([0x80 | _CODES[name]]) + b'"' + writing.text(value)
    if name == "content-disposition":
        return _disposition_written(value)
    return (writing.text(name) if code is None else bytes([0x80 | code])) + writing.text(value)


def _disposition_written(value: str) -> bytes:
    word, _, rest = value.partition(";")
    octet = next((octet for octet, known in _DISPOSITIONS.items() if known == word.strip()), 0x81)
    filename = rest.strip().removeprefix("filename=").strip('"')
    named = writing.short_integer(0x06) + writing.text(filename) if filename else b""
    return bytes([0x80 | _CODES["content-disposition"]]) + writing.framed(bytes([octet]) + named)
