"""What we ask an MMSC: SubmitReq, CancelReq, ReplaceReq; and what its answers say.

The surprise: the order of elements is the schema's, which is a sequence (TS 23.140 annex L).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from drivers.mm7 import addresses, parts, soap
from drivers.mm7.contents import Contents
from drivers.mm7.soap import Envelope, NotMm7, Tree
from smsgw.link import Alphabet, Content, ContentPart, WirePart
from smsgw.text.parts import Piece, join

CONTENT_ID = "content"
CHARSETS = re.compile(
    "iso-8859-([1-9]|1[013-6])|windows-125[0-8]|gb2312|gbk|gb18030|big5|shift_jis|euc-(jp|kr)|koi8-[ru]"
)
_MULTIBYTE = re.compile("gb_?2312|gbk|gb18030|big5|shift_jis|euc-(jp|kr)")  # those of CHARSETS that expat does not read
_ENCODING = re.compile(rb"""(\s*<\?xml\b[^>]*?)\s+encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
URGENT, IDLE = 8, 2  # priorities from which on, and up to which, it is not Normal


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it travels. envelope: for people who look into it."""

    transaction: str
    content_type: str
    body: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says. status: None when it names none. failed: the addresses in Details."""

    status: int | None
    says: str
    message_id: str
    failed: frozenset[str]


def transaction_of(given: Sequence[WirePart]) -> str:
    """Our name for a request: the same when the same parts are sent again, with the same content."""
    digest = hashlib.sha256()
    for one in content_of(given[0]).parts if given else ():
        digest.update(f"{one.media_type} {one.name} {len(one.data)};".encode())
        digest.update(one.data)
    for part in given:
        digest.update(f" {part.message_id}:{part.position}".encode())
    first = given[0].message_id[:60] if len(given) == 1 else f"{len(given)}-recipients"
    return f"{first}-{digest.hexdigest()[:20]}"


def content_of(part: WirePart) -> Content:
    """What a part carries; of a text, a content with that text."""
    if part.content is not None:
        return part.content
    if part.alphabet is Alphabet.OCTETS:
        return Content((ContentPart("application/octet-stream", part.user_data, "data.bin"),))
    said = join([Piece(part.alphabet, part.user_data, part.udh)])
    return Content((ContentPart("text/plain", said.encode(), "text.txt", "utf-8", "text"),))


def octets_of(content: Content) -> int:
    """The size of a content with its heads, as MMSCs count it."""
    return sum(len(one.data) + len(one.name) + len(one.media_type) + 60 for one in content.parts)


def submit(given: Sequence[WirePart], config: Contents, now: datetime, reports: bool) -> Request:
    """A SubmitReq for parts that differ in nothing but whom they go to."""
    first = given[0]
    content = content_of(first)
    kind = "To" if len(given) == 1 else "Bcc"
    told: list[Tree] = [
        *_who(first.sender, config),
        ("Recipients", [(kind, [addresses.recipient(part.to, config) for part in given])]),
    ]
    _add(told, "ServiceCode", config.service_code)
    _add(told, "MessageClass", config.message_class)
    _add(told, "TimeStamp", _moment(now))
    _add(told, "EarliestDeliveryTime", _moment(first.deliver_at))
    validity = min((part.validity for part in given if part.validity is not None), default=None)
    _add(told, "ExpiryDate", _moment(None if validity is None else now + timedelta(seconds=validity)))
    _add(told, "DeliveryReport", "true" if reports and first.receipt else "false")
    _add(told, "ReadReply", "true" if reports and content.read_report else None)
    priority = "High" if first.priority >= URGENT else "Low" if first.priority <= IDLE else None
    _add(told, "Priority", priority)
    _add(told, "Subject", content.subject)
    _add(told, "ChargedParty", config.charged_party)
    return _with_content(transaction_of(given), ("SubmitReq", [*told, _reference(config)]), content, config)


def replace(transaction: str, message_id: str, part: WirePart, config: Contents, now: datetime) -> Request:
    """A ReplaceReq: another content for what has not been fetched yet."""
    content = content_of(part)
    told: list[Tree] = [*_who(part.sender, config), ("MessageID", message_id)]
    _add(told, "ServiceCode", config.service_code)
    _add(told, "TimeStamp", _moment(now))
    _add(told, "ReadReply", "true" if content.read_report else None)
    _add(told, "EarliestDeliveryTime", _moment(part.deliver_at))
    return _with_content(transaction, ("ReplaceReq", [*told, _reference(config)]), content, config)


def cancel(transaction: str, message_id: str, sender: str | None, config: Contents) -> Request:
    """A CancelReq."""
    body: Tree = ("CancelReq", [*_who(sender, config), ("MessageID", message_id)])
    envelope = soap.write(transaction, body, config.full_namespace, config.prefix, config.charset)
    return Request(transaction, f"text/xml; charset={config.charset}", envelope, envelope)


def _who(sender: str | None, config: Contents) -> list[Tree]:
    us: list[Tree] = []
    _add(us, "VASPID", config.vasp_id)
    _add(us, "VASID", config.vas_id)
    address = addresses.ourselves(sender, config)
    if address is not None:
        us.append(("SenderAddress", [address]))
    return [("MM7Version", config.version), ("SenderIdentification", us)]


def _add(told: list[Tree], name: str, said: str | None) -> None:
    if said:
        told.append((name, said))


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _reference(config: Contents) -> Tree:
    adaptations = "true" if config.allow_adaptations else "false"
    return ("Content", "", {"href": f"cid:{CONTENT_ID}", "allowAdaptations": adaptations})


def _with_content(transaction: str, body: Tree, content: Content, config: Contents) -> Request:
    envelope = soap.write(transaction, body, config.full_namespace, config.prefix, config.charset)
    boundary = _boundary(transaction, content)
    kind, octets = parts.related(envelope, config.charset, content, CONTENT_ID, boundary, config.encoding)
    return Request(transaction, kind, octets, envelope)


def _boundary(transaction: str, content: Content) -> str:
    """Letters that stand in no part."""
    made = hashlib.sha256(transaction.encode()).hexdigest()
    while any(made[:40].encode() in part.data for part in content.parts):
        made = hashlib.sha256(made.encode()).hexdigest()
    return f"=_{made[:40]}"


def read_answer(content_type: str, body: bytes) -> Answer:
    """What an MMSC answered. Raises NotMm7 for what is no SOAP."""
    said = envelope_of(content_type, body)[0]
    status = soap.child(said.body, "Status") if soap.child(said.body, "StatusCode") is None else said.body
    code = soap.text(status, "StatusCode")
    words = soap.text(status, "StatusText") or said.fault or ""
    details = soap.child(status, "Details")
    failed = {address for _, address in addresses.read(details)} if details is not None else set()
    failed |= {addresses.number(one) for one in soap.words(details).replace(",", " ").replace(";", " ").split()}
    if said.fault is None and not said.kind.endswith("Rsp"):
        raise NotMm7(f"this is no answer, but {said.kind[:60]}")
    return Answer(
        status=int(code) if code.isascii() and code.isdigit() and len(code) < 6 else _without_code(said),
        says=words[:300],
        message_id=soap.text(said.body, "MessageID")[:200],
        failed=frozenset(failed),
    )


def _without_code(said: Envelope) -> int | None:
    """Some answers name a MessageID and no status: then it was taken. A fault without one says whose fault it is."""
    if said.fault is not None:
        return 3000 if said.faultcode.endswith("Server") else 2000
    return 1000 if soap.text(said.body, "MessageID") else None


def envelope_of(content_type: str, body: bytes) -> tuple[Envelope, list[parts.Entity]]:
    """The envelope in an HTTP body, and the entities beside it. Raises NotMm7."""
    whole = parts.entity(content_type or "text/xml", body)
    if not whole.media_type.startswith("multipart/"):
        return soap.read(_as_utf8(whole)), []
    within = parts.within(whole)
    start = whole.parameter("start").strip('"<> ')
    first = next((one for one in within if start and one.content_id == start), None)
    first = first or next((one for one in within if "xml" in one.media_type), within[0])
    return soap.read(_as_utf8(first)), [one for one in within if one is not first]


def _as_utf8(one: parts.Entity) -> bytes:
    """The octets of XML, whose charset may stand in the head only, or be one of East Asia that no XML reader knows."""
    octets = parts.decoded(one)
    charset = one.parameter("charset").lower()
    if (says := _ENCODING.match(octets[:200])) is not None:
        charset = says[2].decode().lower()
        if not _MULTIBYTE.fullmatch(charset):
            return octets
        octets = says[1] + octets[says.end() :]  # expat reads no such set: it is told the words without it
    if not CHARSETS.fullmatch(charset):
        return octets
    return octets.decode(charset, "replace").encode("utf-8", "replace")
