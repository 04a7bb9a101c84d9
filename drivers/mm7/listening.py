"""What an MMSC tells us: DeliverReq, DeliveryReportReq and ReadReplyReq; stored first, answered after.

The surprise: an MMSC says the same again until it gets a good answer, in a new request with new boundaries. So what
came is known again by the MMSC's own id for it and by its content, and not by the octets of the request.
"""

from __future__ import annotations

import hashlib
import logging
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from ipaddress import ip_address, ip_network
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from drivers.mm7 import addresses, parts, requests, soap
from drivers.mm7.config import Config
from drivers.mm7.proof import Doorkeeper
from drivers.mm7.reports import moment, receipt_of
from drivers.mm7.soap import Envelope, NotMm7, Tree
from smsgw.link import Content, ContentPart, Events, InboundContent
from smsgw.link_verbs import Noted, Notice

log = logging.getLogger(__name__)

STORED_WITHIN = 8.0  # seconds; an MMSC waits ten for our answer
SUCCESS, UNSUPPORTED, BROKEN = 1000, 4003, 3000
XML = "text/xml"
REPORTS = ("DeliveryReportReq", "ReadReplyReq")


class Listening:
    """Takes an MMSC's calls for one link."""

    def __init__(self, name: str, config: Config, events: Events) -> None:
        self._name = name
        self._config = config
        self._events = events
        self._networks = [ip_network(one, strict=False) for one in config.told_from]
        self._doorkeeper = Doorkeeper(
            config.told, config.told_user, config.told_password.get_secret_value(), config.told_digest
        )

    def take(self, notice: Notice) -> Noted:
        """Answer a call; what it told is on disk then, or the answer says that it is not."""
        if not self._config.is_called or not self._may_call(notice.peer):
            log.warning("%s: a call from %s, which is not in told_from, is refused", self._name, notice.peer or "?")
            return Noted(403, body="this address may not call here")
        challenge = self._doorkeeper.refuses(notice)
        if challenge is not None:
            return Noted(401, body="user and password are missing or wrong", headers={"WWW-Authenticate": challenge})
        if notice.method != "POST":
            return Noted(405, body="MM7 is spoken with POST", headers={"Allow": "POST"})
        if len(notice.body) > self._config.most_told:
            return Noted(413, body=f"more than {self._config.max_told_octets} octets (max_told_octets)")
        try:
            said, beside = requests.envelope_of(notice.headers.get("content-type", ""), notice.body)
        except NotMm7 as wrong:
            return self._fault(wrong, None)
        try:
            return self._taken(said, beside)
        except NotMm7 as wrong:
            return self._fault(wrong, said)

    def _may_call(self, peer: str) -> bool:
        if not self._networks:
            return True
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)

    def _taken(self, said: Envelope, beside: list[parts.Entity]) -> Noted:
        stored: Future[None]
        try:
            if said.kind == "DeliverReq":
                stored = self._events.content(inbound_of(said, beside, self._config))
            elif said.kind in REPORTS:
                stored = self._events.receipt(receipt_of(said, self._config))
            else:
                raise NotMm7(f"{said.kind[:60]} is nothing that is told to a VASP", UNSUPPORTED)
            stored.result(STORED_WITHIN)
        except NotMm7:
            raise
        except Exception:  # whatever it is, the MMSC says it again
            log.exception("%s: what the MMSC told could not be stored", self._name)
            return self._fault(NotMm7("it could not be stored: say it again", BROKEN), said, ours=True)
        status: Tree = ("Status", [("StatusCode", str(SUCCESS)), ("StatusText", "Success")])
        within: list[Tree] = [("MM7Version", said.version or self._config.version), status]
        body: Tree = (said.kind.removesuffix("Req") + "Rsp", within)
        answer = soap.write(said.transaction, body, said.namespace, self._config.prefix, soap=said.soap)
        return Noted(200, XML, answer.decode())

    def _fault(self, wrong: NotMm7, said: Envelope | None, ours: bool = False) -> Noted:
        """A VASPErrorRsp in a SOAP fault, which travels with HTTP 500 (SOAP 1.1 section 6.2)."""
        if not ours:
            log.warning("%s: a call of the MMSC is refused: %s", self._name, wrong.says)
        version = (said.version if said else "") or self._config.version
        status: Tree = ("Status", [("StatusCode", str(wrong.status)), ("StatusText", wrong.says)])
        written = soap.write_fault(
            said.transaction if said else "",
            ("VASPErrorRsp", [("MM7Version", version), status]),
            "server error" if ours else "client error",
            ours,
            said.namespace if said else self._config.full_namespace,
            said.soap if said else soap.SOAP,
        )
        return Noted(500, XML, written.decode())


def inbound_of(said: Envelope, beside: list[parts.Entity], config: Config) -> InboundContent:
    """The MMS in a DeliverReq. Raises NotMm7."""
    senders = addresses.read(soap.child(said.body, "Sender"))
    if not senders:
        raise NotMm7("DeliverReq without Sender", 4004)
    body = soap.child(said.body, "Recipients")
    told = [address for _, address in addresses.read(body)]
    mine = {addresses.number(one) for one in config.ours}
    to = next((one for one in told if one in mine), told[0] if told else config.sender)
    found = _ordered(_content_parts(soap.child(said.body, "Content"), beside))
    at = moment(soap.text(said.body, "TimeStamp"))
    subject = _subject(soap.text(said.body, "Subject"))
    return InboundContent(
        reference=_reference(said, senders[0][1], subject, found, at),
        sender=senders[0][1],
        to=to,
        content=Content(found, subject),
        sent_at=at,
        also_to=tuple(dict.fromkeys(one for one in told if one != to))[:100],
    )


def _content_parts(content: Element | None, beside: list[parts.Entity]) -> list[ContentPart]:
    """The parts that Content names by its href, then all others beside it: where the parts are not in a multipart of
    their own, it names the first of them alone."""
    href = next((value for key, value in (content.attrib if content is not None else {}).items()
                 if key.rpartition("}")[2] == "href"), "")  # fmt: skip
    wanted = unquote(href.strip()).removeprefix("cid:").strip("<>")
    named = [one for one in beside if wanted and one.content_id in (wanted, href.removeprefix("cid:"))]
    found: list[ContentPart] = []
    for one in [*named, *(other for other in beside if other not in named)]:
        for leaf in parts.leaves(one):
            if len(found) >= parts.MOST_PARTS:
                raise NotMm7(f"more than {parts.MOST_PARTS} parts", parts.REFUSED)
            found.append(leaf)
    return found


def _ordered(found: list[ContentPart]) -> tuple[ContentPart, ...]:
    """SMIL first, and one of it: a second one is a file like any other."""
    smil = [one for one in found if one.media_type == "application/smil"]
    more = {id(one) for one in smil[1:]}
    rest = [
        ContentPart("application/xml", one.data, one.name, None, one.content_id) if id(one) in more else one
        for one in found
        if one not in smil[:1]
    ]
    return (*smil[:1], *rest)


def _subject(written: str) -> str:
    """A subject; some MMSCs leave it as mail writes it (RFC 2047)."""
    if "=?" in written:
        with suppress(ValueError, LookupError, HeaderParseError):
            written = str(make_header(decode_header(written)))
    return " ".join(written.split())[:1000]


def _reference(said: Envelope, sender: str, subject: str, found: tuple[ContentPart, ...], at: datetime | None) -> str:
    """The same for a repeat: the MMSC's name for the message, else for the request, with what is in it."""
    name = soap.text(said.body, "MessageID") or soap.text(said.body, "LinkedID") or said.transaction
    digest = hashlib.sha256(f"{name}\n{sender}\n{subject}\n{at}\n".encode())
    for one in found:
        digest.update(f"{one.media_type} {one.name} {len(one.data)}\n".encode())
        digest.update(one.data)
    return f"{name[:60]}#{digest.hexdigest()[:32]}"
