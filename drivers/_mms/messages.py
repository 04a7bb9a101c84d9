"""Contents as MMS and back: what the driver contract carries, and the PDUs in which an MMSC wants and gives it."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from smsgw.link import Content, ContentPart, InboundContent, WirePart
from smsgw.link_verbs import Notification

from .parts import Part
from .pdu import INSERT_ADDRESS, Pdu, Value
from .wsp import ContentType, Malformed

SMIL = "application/smil"
RELATED = "application/vnd.wap.multipart.related"
MIXED = "application/vnd.wap.multipart.mixed"
VERSION = "1.2"  # what we write when nobody told us another one
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # what comes later is no time of anybody's


def address(written: str) -> str:
    """A number or mail address without the type behind it (OMA-TS-MMS_ENC section 8): `+49…/TYPE=PLMN`."""
    bare = re.sub(r"/TYPE=[A-Za-z0-9]+$", "", written.strip(), flags=re.IGNORECASE).strip()
    found = re.fullmatch(r".*<([^<>]+)>", bare)  # a mail address with its name
    bare = found[1] if found else bare
    return re.sub(r"[\s().-]", "", bare) if re.fullmatch(r"\+?[\d\s().-]+", bare) else bare


def written(to: str) -> str:
    """An address as an MMSC wants it."""
    return to if "@" in to else f"{to}/TYPE=PLMN"


# To an MMSC


def send_req(part: WirePart, transaction: str) -> Pdu:
    """M-Send.req (OMA-TS-MMS_ENC section 6.1.1) for one part with a content. Raises ValueError without one."""
    content = part.content
    if content is None:
        raise ValueError("a text is no MMS")
    fields: list[tuple[str, Value]] = [
        ("transaction-id", transaction),
        ("mms-version", VERSION),
        ("from", INSERT_ADDRESS),  # the MMSC knows the SIM's number, and believes no other
        ("to", written(part.to)),
    ]
    if content.subject:
        fields.append(("subject", content.subject))
    fields.append(("message-class", "Personal"))
    if part.validity is not None:
        fields.append(("expiry", ("relative", part.validity)))
    fields += [
        ("priority", "High" if part.priority > 6 else "Normal"),
        ("delivery-report", "Yes" if part.receipt else "No"),
        ("read-report", "Yes" if content.read_report else "No"),
    ]
    return Pdu("m-send-req", tuple(fields), _container(content.parts), tuple(map(_part, content.parts)))


def _container(parts: Sequence[ContentPart]) -> ContentType:
    first = parts[0] if parts else None
    if first is None or first.media_type != SMIL:
        return ContentType(MIXED)
    return ContentType(RELATED, {"start": f"<{first.content_id or first.name or 'smil'}>", "type": SMIL})


def _part(part: ContentPart) -> Part:
    parameters = {"charset": part.charset} if part.charset else {}
    if part.name:
        parameters["name"] = part.name
    id = part.content_id or (part.name or "smil" if part.media_type == SMIL else "")
    headers = [("content-id", f"<{id}>")] if id else []
    if part.name:
        headers.append(("content-location", part.name))
    return Part(ContentType(part.media_type, parameters), part.data, tuple(headers))


def size_of(content: Content) -> int:
    """About how many octets a content is on its way: its data, and what is said of each part."""
    return sum(len(part.data) + 100 + 3 * len(part.name) for part in content.parts) + 200 + 4 * len(content.subject)


# From an MMSC


def notification(pdu: Pdu, at: datetime) -> Notification:
    """What an M-Notification.ind announces that came at `at`. Raises Malformed for one that says not where."""
    location = pdu.text("content-location")
    if pdu.kind != "m-notification-ind" or not location:
        raise Malformed("a notification without the place of its message")
    size, sender = pdu.get("message-size"), pdu.text("from")
    return Notification(
        pdu.text("transaction-id") or "",
        location,
        None if sender in (None, "", INSERT_ADDRESS) else address(str(sender)),
        pdu.text("subject") or "",
        min(size, 2**31 - 1) if isinstance(size, int) else 0,
        _moment(pdu.get("expiry"), at),
        _version(pdu),
    )


def _version(pdu: Pdu) -> str:
    said = pdu.text("mms-version") or ""
    return said if re.fullmatch(r"1(\.\d)?", said) else VERSION


def _moment(value: Value | None, at: datetime) -> datetime | None:
    """A time of the protocol, absolute or from `at` on; None for none, and for nonsense."""
    if isinstance(value, tuple):
        kind, seconds = value
    elif isinstance(value, int):
        kind, seconds = "absolute", value
    else:
        return None
    try:
        found = at + timedelta(seconds=seconds) if kind == "relative" else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return found if found < _LATEST else None


def inbound(pdu: Pdu, announced: Notification, number: str | None) -> InboundContent:
    """The content of an M-Retrieve.conf. number: our own, if it is known."""
    sender = pdu.text("from")
    known = None if sender in (None, "", INSERT_ADDRESS) else address(str(sender))
    named = [address(one) for field in ("to", "cc") for one in pdu.all(field)]
    others = tuple(dict.fromkeys(one for one in named if number is None or one.lstrip("+") != number.lstrip("+")))
    to = number or (named[0] if len(named) == 1 else None)
    return InboundContent(
        _reference(pdu, announced),
        known or announced.sender or "unknown",
        to,
        Content(tuple(_contents(pdu)), pdu.text("subject") or announced.subject, reply_to=None),
        _moment(pdu.get("date"), datetime.fromtimestamp(0, UTC)),
        tuple(one for one in others if one != to),
    )


def _reference(pdu: Pdu, announced: Notification) -> str:
    """The MMSC's own name for the message, with its date and sender; else the place that it was fetched from."""
    id = pdu.text("message-id")
    said = (id, str(pdu.get("date")), str(pdu.get("from"))) if id else (announced.location, announced.transaction)
    return "mms-" + hashlib.sha256("\0".join(said).encode()).hexdigest()[:40]


def _contents(pdu: Pdu) -> Iterator[ContentPart]:
    """The parts in order, SMIL first and once; what is a multipart itself is given as its parts."""
    if pdu.content_type is None:
        return
    if not pdu.parts:
        if pdu.body:
            yield _content_part(Part(pdu.content_type, pdu.body))
        return
    flat = [one for part in pdu.parts for one in _flat(part)]
    start = next((part for part in (pdu.start, *flat) if part in flat and _is_smil(part)), None)
    if start is not None:
        yield _content_part(start)
    for part in flat:
        if part is not start:
            made = _content_part(part)
            yield replace(made, media_type="application/xml") if made.media_type == SMIL else made


def _is_smil(part: Part | None) -> bool:
    return part is not None and part.content_type.name == SMIL


def _flat(part: Part) -> Iterator[Part]:
    if not part.parts:
        yield part
    for inner in part.parts:
        yield from _flat(inner)


def _content_part(part: Part) -> ContentPart:
    media_type = part.content_type.name.lower() or "application/octet-stream"
    id = (part.content_id or "").strip().removeprefix("cid:").strip("<>")
    charset = part.content_type.text("charset") if media_type.startswith("text/") else None
    return ContentPart(media_type, part.data, part.location or part.name or "", _known(charset), id)


def _known(charset: str | None) -> str | None:
    """A character set that can be read with; None for one that nobody knows."""
    try:
        codecs.lookup(charset or "")
    except (LookupError, ValueError):
        return None
    return charset
