"""The attachments of SOAP: MIME entities in one another, taken apart and put together without changing an octet.

The surprise: the standard library's parser reads every header, but not the whole. It looks for each boundary in each
line, so a body of deep nesting and short lines keeps it busy for minutes; here a body is cut by one search.
"""

from __future__ import annotations

import binascii
import re
from base64 import encodebytes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import HTTP
from functools import partial
from typing import Literal
from urllib.parse import quote, unquote

from drivers.mm7.soap import NotMm7
from smsgw.link import Content, ContentPart

MOST_PARTS = 64
DEEPEST = 4
LONGEST_HEAD = 16 * 1024
REFUSED = 2004  # "multimedia content refused"
_BLANK = re.compile(rb"\r?\n\r?\n")
_NEWLINE = re.compile(rb"\r?\n")
_TOKEN = re.compile(r"[^A-Za-z0-9!#$&^_.+-]")


@dataclass(frozen=True, slots=True)
class Entity:
    """One MIME entity as it came: its head, and its octets as they travelled."""

    head: Message
    octets: bytes

    @property
    def media_type(self) -> str:
        """In small letters, without parameters."""
        return _safely(self.head.get_content_type).lower()[:100]

    def parameter(self, name: str) -> str:
        """A parameter of its Content-Type; empty when there is none, or none that can be read."""
        return _safely(partial(self.head.get_param, name))

    @property
    def content_id(self) -> str:
        """Without angle brackets."""
        return _plain(self.head.get("Content-ID"))


def entity(content_type: str, octets: bytes) -> Entity:
    """What an HTTP body is, by its Content-Type."""
    head: Message = Message()
    head["Content-Type"] = re.sub(r"[\r\n]+", " ", content_type)[:LONGEST_HEAD]
    return Entity(head, octets)


def within(whole: Entity) -> list[Entity]:
    """The entities in a multipart one. Raises NotMm7 when it has no boundary, or too many parts."""
    boundary = _safely(whole.head.get_boundary)
    if not boundary or len(boundary) > 200:
        raise NotMm7("a multipart body without a boundary")
    mark = re.escape(boundary.encode("utf-8", "replace"))
    found = re.finditer(rb"(?:\A|\r?\n)--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)", whole.octets)
    parts: list[Entity] = []
    begin: int | None = None
    for one in found:
        if begin is not None:
            parts.append(_entity(whole.octets[begin : one.start()]))
        begin = one.end()
        if one[1] is not None:
            begin = None
            break
        if len(parts) >= MOST_PARTS:
            raise NotMm7(f"more than {MOST_PARTS} parts", REFUSED)
    if begin is not None:  # it was never closed
        parts.append(_entity(whole.octets[begin:]))
    if not parts:
        raise NotMm7("a multipart body whose boundary does not occur")
    return parts


def _entity(octets: bytes) -> Entity:
    newline = _NEWLINE.match(octets)  # the end of the boundary's line
    octets = octets[newline.end() :] if newline else octets
    if (empty := _NEWLINE.match(octets)) is not None:
        return Entity(Message(), octets[empty.end() :])
    ends = _BLANK.search(octets[: LONGEST_HEAD + 4])
    if ends is None and len(octets) > LONGEST_HEAD:
        raise NotMm7(f"a part whose head has more than {LONGEST_HEAD} octets", REFUSED)
    head, body = (octets[: ends.start()], octets[ends.end() :]) if ends else (octets, b"")
    try:
        return Entity(BytesHeaderParser().parsebytes(head + b"\r\n\r\n"), body)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as wrong:
        raise NotMm7(f"a part whose head cannot be read: {wrong}", REFUSED) from None


def leaves(whole: Entity, depth: int = 1) -> Iterator[ContentPart]:
    """What is in an entity, whatever it is in, in its order. Raises NotMm7 for too deep a nesting."""
    if not whole.media_type.startswith("multipart/"):
        yield _leaf(whole)
        return
    if depth > DEEPEST:
        raise NotMm7(f"more than {DEEPEST} multiparts in one another", REFUSED)
    for one in within(whole):
        yield from leaves(one, depth + 1)


def _leaf(one: Entity) -> ContentPart:
    kind = one.media_type
    charset = _safely(one.head.get_content_charset)
    location = _plain(one.head.get("Content-Location"))
    return ContentPart(
        media_type=kind,
        data=decoded(one),
        name=(unquote(location) or _named(one.head))[:200],
        charset=charset[:40] if charset and (kind.startswith("text/") or kind == "application/smil") else None,
        content_id=one.content_id,
    )


def decoded(one: Entity) -> bytes:
    """The octets as they were before they travelled. Raises NotMm7."""
    how = _plain(one.head.get("Content-Transfer-Encoding")).lower()
    try:
        if how == "base64":
            return binascii.a2b_base64(one.octets + b"==")
        return binascii.a2b_qp(one.octets) if how == "quoted-printable" else one.octets
    except ValueError as wrong:
        raise NotMm7(f"a part whose base64 is broken: {wrong}", REFUSED) from None


def _named(head: Message) -> str:
    found = _safely(head.get_filename)
    if not found:
        return ""
    try:
        return str(make_header(decode_header(found)))
    except (ValueError, LookupError, HeaderParseError):
        return found


def _safely(ask: Callable[[], object]) -> str:
    """What a head says, or nothing where its words are beyond the library."""
    try:
        said = ask()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return "" if said is None else str(said).encode("utf-8", "replace").decode()


def _plain(said: object) -> str:
    """A header's value in one line, without angle brackets and quotes."""
    line = "" if said is None else str(said).encode("utf-8", "replace").decode()
    return re.sub(r"[\x00-\x1f\x7f]+", " ", line).strip().strip('"<>').strip()[:200]


# Writing


def related(envelope: bytes, charset: str, content: Content, content_id: str, boundary: str,
            coding: Literal["base64", "binary"]) -> tuple[str, bytes]:  # fmt: skip
    """Content-Type and body of a request: the envelope, and behind it what it calls cid:`content_id`.

    boundary: letters that occur in no part, at most 60.
    """
    root = _part([f"text/xml; charset={charset}"], "<soap>", "", envelope)
    if len(content.parts) == 1:
        inside = written(content.parts[0], coding, f"<{content_id}>")
    else:
        first = content.parts[0] if content.parts else None
        smil = first is not None and first.media_type == "application/smil"
        kind = f'multipart/{"related" if smil else "mixed"}; boundary="in{boundary}"'
        if smil and first is not None:
            kind += f'; type="application/smil"; start="<{first.content_id or "smil"}>"'
        body = _joined([written(part, coding, _id_of(part, smil and part is first)) for part in content.parts],
                       f"in{boundary}")  # fmt: skip
        inside = _part([kind], f"<{content_id}>", "", body)
    return (
        f'multipart/related; boundary="{boundary}"; type="text/xml"; start="<soap>"',
        _joined([root, inside], boundary),
    )


def _id_of(part: ContentPart, smil: bool) -> str:
    name = part.content_id or ("smil" if smil else part.name)
    return f"<{re.sub(r'[^!-;=?-~]', '_', name)}>" if name else ""


def _joined(parts: list[bytes], boundary: str) -> bytes:
    mark = b"--" + boundary.encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def written(part: ContentPart, coding: Literal["base64", "binary"], content_id: str) -> bytes:
    """A part with its head. The octets of what is no SMIL travel coded, so that nobody mends their ends of lines."""
    kind = "/".join(_TOKEN.sub("_", one) for one in part.media_type.split("/", 1))
    says = [kind]
    if part.charset:
        says.append(f"charset={_TOKEN.sub('_', part.charset)}")
    if part.name:
        says.append(f'name="{_name(part.name)}"')
    if part.media_type == "application/smil" and part.data.isascii():
        return _part(says, content_id, part.name, part.data)
    if coding == "binary":
        return _part(says, content_id, part.name, part.data, "binary")
    return _part(says, content_id, part.name, encodebytes(part.data).replace(b"\n", b"\r\n").rstrip(), "base64")


def _part(says: list[str], content_id: str, name: str, octets: bytes, coding: str = "") -> bytes:
    lines = [f"Content-Type: {'; '.join(says)}"]
    if content_id:
        lines.append(f"Content-ID: {content_id}")
    if name:
        lines.append(f"Content-Location: {_name(name)}")
    if coding:
        lines.append(f"Content-Transfer-Encoding: {coding}")
    return HTTP.linesep.join([*lines, "", ""]).encode() + octets


def _name(name: str) -> str:
    """A file's name as it may stand in a header."""
    return quote(name, safe="!#$&'()*+,-./:;=?@_~ ") if not name.isascii() or '"' in name else re.sub(
        r"[\x00-\x1f\x7f\\]", "_", name
    )  # fmt: skip
