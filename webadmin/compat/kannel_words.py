"""What a request to Kannel's door says, in whichever of its four forms: names and octets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote_to_bytes
from xml.etree import ElementTree

from flask import Request

OLD = {
    "user": "username", "pass": "password", "dlrmask": "dlr-mask", "dlrurl": "dlr-url", "dlr_mask": "dlr-mask",
    "dlr_url": "dlr-url",
}  # fmt: skip
LONGEST_UDH = 140
MOST = 200  # words of one request
_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,12})")
# Where each word stands in the XML form (userguide 1.4.5, "SMS sending via XML").
PLACES = {
    "to": "da/number", "from": "oa/number", "text": "ud", "udh": "udh", "meta-data": "meta-data",
    "mclass": "dcs/mclass", "coding": "dcs/coding", "mwi": "dcs/mwi", "compress": "dcs/compress",
    "alt-dcs": "dcs/alt-dcs", "pid": "pid", "rpi": "rpi", "validity": "vp/delay", "deferred": "timing/delay",
    "priority": "priority", "dlr-mask": "statusrequest/dlr-mask", "dlr-url": "statusrequest/dlr-url", "smsc": "to",
}  # fmt: skip


class Misformed(Exception):
    """What Kannel refuses, in its own sentence."""


class Words:
    """The words of a request by name; what came twice is what came first, as in Kannel."""

    def __init__(self, pairs: Iterable[tuple[str, bytes]], hexadecimal: bool = False) -> None:
        """hexadecimal: its udh is written in digits, as in what is posted to Kannel."""
        self.no_receiver = f"Missing receiver{'(s) number(s)' if hexadecimal else ' number'}, rejected"
        self.given: dict[str, bytes] = {}
        self._hexadecimal = hexadecimal
        for name, value in pairs:
            self.given.setdefault(OLD.get(name, name), value)

    def octets(self, name: str) -> bytes:
        """A word as it came."""
        return self.given.get(name, b"")

    def text(self, name: str) -> str:
        """A word that is letters whatever the charset."""
        try:
            return self.octets(name).decode().replace("\0", "")
        except UnicodeDecodeError:
            return self.octets(name).decode("latin-1").replace("\0", "")

    def number(self, name: str) -> int | None:
        """A number as sscanf finds it at the beginning; None when there is none."""
        found = _NUMBER.match(self.text(name))
        return int(found[1]) if found else None

    def letters(self, name: str, usual: str) -> str:
        """A word in the charset that the request names. Raises Misformed."""
        charset = self.text("charset").strip() or usual
        try:
            text = self.octets(name).decode(_python_name(charset))
            if "\0" in text:
                raise LookupError(charset)
            text.encode()
            return text
        except (LookupError, ValueError) as wrong:
            raise Misformed("Charset or body misformed, rejected") from wrong

    def udh(self) -> bytes:
        """The header of the user data. Raises Misformed."""
        written = self.octets("udh")
        if self._hexadecimal and written:
            try:
                written = bytes.fromhex(written.decode("ascii").strip())
            except ValueError:
                written = unquote_to_bytes(written)
        if written and not _whole(written):
            raise Misformed("UDH field misformed, rejected")
        if len(written) > LONGEST_UDH:
            raise Misformed("UDH field is too long, rejected")
        return written

    def url(self) -> str:
        """Where reports go. Raises Misformed."""
        url = self.text("dlr-url").strip()
        if url and not re.match(r"https?://", url):
            raise Misformed("DLR-URL field misformed, rejected")
        return url


def _whole(udh: bytes) -> bool:
    """Whether the lengths in a header are true."""
    place, end = 1, len(udh)
    if udh[0] != end - 1:
        return False
    while place < end:
        if place + 1 >= end:
            return False
        place += 2 + udh[place + 1]
    return place == end


def _python_name(charset: str) -> str:
    """iconv's name of a charset as Python knows it."""
    name = charset.split("//")[0]
    if not re.fullmatch(r"[A-Za-z0-9._:+-]{1,40}", name) or name.lower() in ("unicode_escape", "idna", "punycode"):
        raise LookupError(charset)
    return {"ucs-2be": "utf-16-be", "ucs-2": "utf-16-be", "ucs-2le": "utf-16-le"}.get(name.lower(), name)


def read(request: Request) -> Words:
    """The words of a request. Raises Misformed."""
    if request.method == "GET":
        return Words(pairs(request.query_string))
    kind = (request.mimetype or "").lower()
    if kind == "application/x-www-form-urlencoded":
        return Words([*pairs(request.get_data()), *pairs(request.query_string)])
    if kind in ("", "text/plain"):
        return Words(_headers(dict(request.headers), request.get_data(), request.mimetype_params), hexadecimal=True)
    if kind in ("text/xml", "application/xml"):
        return Words(_xml(request.get_data()), hexadecimal=True)
    raise Misformed("Invalid content-type")


def pairs(octets: bytes) -> list[tuple[str, bytes]]:
    """The words of a query or a form, as octets. Raises Misformed."""
    try:
        pairs = parse_qsl(octets.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST)
    except ValueError as wrong:
        raise Misformed("Charset or body misformed, rejected") from wrong
    return [(name, value.encode("latin-1")) for name, value in pairs]


def _headers(headers: Mapping[str, str], body: bytes, parameters: Mapping[str, str]) -> list[tuple[str, bytes]]:
    start = "x-kannel-"
    told = [
        (name.lower()[len(start) :], value.encode("latin-1", "replace"))
        for name, value in headers.items()
        if name.lower().startswith(start)
    ]
    if "charset" in parameters:
        told.append(("charset", parameters["charset"].encode("latin-1", "replace")))
    return [*told, ("text", body)]


def _xml(body: bytes) -> list[tuple[str, bytes]]:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or "<!".encode("utf-16-be") in body:
        raise Misformed("Charset or body misformed, rejected")
    try:
        root = ElementTree.fromstring(body.strip())
    except (ElementTree.ParseError, ValueError, LookupError):
        return []  # nobody is named in it: that is what Kannel says of it
    submit = root if root.tag == "submit" else root.find("submit")
    if submit is None:
        return []
    told = [(name, found) for name, place in PLACES.items() if (found := _under(submit, place)) is not None]
    numbers = [one.text or "" for one in submit.findall("da/number")]
    if numbers:
        told.insert(0, ("to", " ".join(numbers)))
    for name in ("user", "username", "pass", "password", "account"):
        if (found := _under(submit, f"from/{name}")) is not None:
            told.append((name, found))
    coding = next((word for name, word in told if name == "coding"), "")
    charset = [("charset", b"UTF-16BE" if coding.strip() == "2" else b"UTF-8")]
    spelled = [(name, _octets(name, word, coding)) for name, word in told]
    return [*spelled, *charset]


def _under(submit: ElementTree.Element, place: str) -> str | None:
    found = submit.find(place)
    return None if found is None else found.text or ""


def _octets(name: str, word: str, coding: str) -> bytes:
    """XML has letters: of a text in UCS-2 the octets are made again, of data they are written in digits."""
    if name != "text":
        return word.encode()
    if coding.strip() == "1":
        try:
            return bytes.fromhex(word)
        except ValueError:
            return word.encode()
    return word.encode("utf-16-be" if coding.strip() == "2" else "utf-8", "replace")
