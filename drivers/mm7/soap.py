"""SOAP 1.1 of MM7, read by local names, for MMSCs mix namespaces and prefixes; and written as one is told.

The surprise: everything about XML that can hurt is refused before it is read: any document type, and with it every
entity; and an envelope of more than 64 kB.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
LONGEST_ENVELOPE = 64 * 1024
LONGEST_NAME = 200  # letters of an id that are kept
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Tree = tuple[str, "str | Sequence[Tree]"] | tuple[str, "str | Sequence[Tree]", dict[str, str]]


class NotMm7(Exception):
    """What came is no MM7 that we take. status: what we answer it with (TS 23.140 section 8.7.8.3)."""

    def __init__(self, says: str, status: int = 2007) -> None:
        super().__init__(says)
        self.says = says
        self.status = status
        self.envelope: Envelope | None = None  # as far as it was read


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was said. kind: of the element in the body, such as DeliverReq; of a fault, of what is in its detail.

    namespace, version: in which it was said, and so is answered. soap: the namespace of the envelope.
    """

    kind: str
    body: Element
    transaction: str
    namespace: str
    version: str
    soap: str = SOAP
    fault: str | None = None
    faultcode: str = ""


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def child(element: Element | None, *names: str) -> Element | None:
    """The element at this path of local names below another one."""
    for name in names:
        element = None if element is None else next((one for one in element if local(one) == name), None)
    return element


def words(element: Element | None) -> str:
    """The text of an element, without white space around it; empty without one."""
    return "" if element is None else (element.text or "").strip()


def text(element: Element | None, *names: str) -> str:
    """The text of the element at this path."""
    return words(child(element, *names))


def read(octets: bytes) -> Envelope:
    """Read an envelope. Raises NotMm7."""
    if len(octets) > LONGEST_ENVELOPE:
        raise NotMm7(f"the envelope has {len(octets)} octets, and {LONGEST_ENVELOPE} are the most that is read")
    try:
        root = fromstring(octets.lstrip(b"\r\n\t "), forbid_dtd=True)
    except DefusedXmlException:
        raise NotMm7("the XML has a document type or entities, which SOAP forbids") from None
    except (ParseError, ValueError, LookupError, RecursionError) as wrong:
        raise NotMm7(f"this is no XML: {str(wrong)[:200]}") from None
    if local(root) != "Envelope":
        raise NotMm7(f"this is no SOAP envelope, but <{local(root)[:40]}>")
    said = next(iter(child(root, "Body") or ()), None)
    if said is None:
        raise NotMm7("the SOAP envelope has no body")
    fault, faultcode = None, ""
    if local(said) == "Fault":
        faultcode = text(said, "faultcode")
        fault = text(said, "faultstring") or faultcode or "a fault"
        detail = child(said, "detail") if child(said, "detail") is not None else child(said, "Detail")  # SOAP 1.1, 1.2
        said = next(iter(detail or ()), said)
    return Envelope(
        kind=local(said),
        body=said,
        transaction=text(root, "Header", "TransactionID")[:LONGEST_NAME],
        namespace=said.tag[1:].partition("}")[0] if said.tag.startswith("{") and local(said) != "Fault" else "",
        version=text(said, "MM7Version")[:20],
        soap=root.tag[1:].partition("}")[0] if root.tag.startswith("{") else SOAP,
        fault=fault,
        faultcode=faultcode,
    )


def write(
    transaction: str, body: Tree, namespace: str, prefix: str = "", charset: str = "utf-8", soap: str = SOAP
) -> bytes:
    """An envelope with this element in its body. prefix: of its elements; empty: a default namespace."""
    name = f"{prefix}:" if prefix else ""
    where = f" xmlns{':' if prefix else ''}{prefix}={quoteattr(namespace)}" if namespace else ""
    name = name if namespace else ""
    head = (
        f'<env:Header><{name}TransactionID{where} env:mustUnderstand="1">{_escaped(transaction)}</{name}TransactionID>'
        "</env:Header>"
        if transaction
        else ""
    )
    written = (
        f'<?xml version="1.0" encoding="{charset}"?>\n<env:Envelope xmlns:env={quoteattr(soap)}>{head}'
        f"<env:Body>{_element(body, name, where)}</env:Body></env:Envelope>"
    )
    return written.encode(charset, "xmlcharrefreplace")


def write_fault(transaction: str, detail: Tree, says: str, ours: bool, namespace: str, soap: str = SOAP) -> bytes:
    """A fault with this element in its detail (SOAP 1.1 section 4.4). ours: whether it is our fault."""
    where = f" xmlns={quoteattr(namespace)}" if namespace else ""
    head = (
        f'<TransactionID{where} env:mustUnderstand="1">{_escaped(transaction)}</TransactionID>' if transaction else ""
    )
    written = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<env:Envelope xmlns:env={quoteattr(soap)}>'
        f"<env:Header>{head}</env:Header><env:Body><env:Fault>"
        f"<faultcode>env:{'Server' if ours else 'Client'}</faultcode><faultstring>{_escaped(says)}</faultstring>"
        f"<detail>{_element(detail, '', where)}</detail></env:Fault></env:Body></env:Envelope>"
    )
    return written.encode()


def _element(tree: Tree, name: str, where: str = "") -> str:
    tag, inside = tree[0], tree[1]
    attributes = "".join(f" {key}={quoteattr(_NO_XML.sub('', value))}" for key, value in (tree[2:] or ({},))[0].items())
    within = _escaped(inside) if isinstance(inside, str) else "".join(_element(one, name) for one in inside)
    return f"<{name}{tag}{where}{attributes}>{within}</{name}{tag}>" if within else f"<{name}{tag}{where}{attributes}/>"


def _escaped(said: str) -> str:
    return escape(_NO_XML.sub("", said))
