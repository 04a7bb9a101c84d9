"""What is fuzzed: every reader of octets from outside, with the one error that it may end with.

A target reads as the program does, further than the first function: what was parsed is asked what it means.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers._mms import messages, push, statuses
from drivers._mms import pdu as mms_pdu
from drivers._mms.wsp import Malformed
from drivers.mail import reading as mail
from drivers.mm7 import Config as Mm7
from drivers.mm7 import requests as mm7
from drivers.mm7.listening import inbound_of
from drivers.mm7.reports import receipt_of
from drivers.mm7.soap import NotMm7
from drivers.modem import answers, ussd
from drivers.modem import pdu as modem_pdu
from drivers.modem.pdu import PduError
from drivers.smpp import Config, data_sm, pdu, receipts
from drivers.smpp.contents import Contents
from drivers.smpp.server import requests
from drivers.smpp.server.refusals import BadRequest
from drivers.smpp.spelling import ReceiptIds, Spelling
from drivers.web import notices
from drivers.web import words as carrier_words
from drivers.web.profiles import PROFILES
from smsgw import config
from smsgw.customers import rule_words
from smsgw.customers.importing import columns
from smsgw.errors import SmsgwError
from smsgw.inbound.catalogue import file as catalogue
from smsgw.link_verbs import Notice
from smsgw.paper.sheets import open_sheet
from smsgw.text import header, keywords, parts, template
from smsgw.text.number import read_number
from webadmin.front_head import Heads

CORPUS = Path(__file__).parent / "corpus"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """One reader. covers: the files in which new lines are looked for, by the beginning of their path. words: what
    the language of its input is made of, put in by chance.
    """

    name: str
    read: Callable[[bytes], object]
    ends_with: tuple[type[Exception], ...]
    covers: tuple[str, ...]
    words: tuple[bytes, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its corpus is, one input a file."""
        return CORPUS / self.name

    def corpus(self) -> list[bytes]:
        """Every saved input, in the order of their names."""
        return [path.read_bytes() for path in sorted(self.folder.glob("*"))]


def _modem(octets: bytes) -> None:
    told = modem_pdu.decode(octets)
    if isinstance(told, modem_pdu.Deliver):
        header.concatenation(told.udh)
        header.ports(told.udh)
        parts.join([parts.Piece(told.alphabet, told.user_data, told.udh)])


def _modem_lines(octets: bytes) -> None:
    """Whatever a modem says in an answer means something or nothing; it never breaks."""
    lines = octets.decode("latin-1").split("\n")
    for prefix in ("+CSQ", "+CPMS", "+CNUM", "+CREG", "+CMTI"):
        answers.number_in(answers.value(lines, prefix))
    answers.registration_words(answers.registration(lines))
    answers.signal(lines)
    for line in lines:
        ussd.read(line)


_CONFIG = Config.model_validate({"host": "127.0.0.1", "port": 2775, "system_id": "shop"})


def _smpp(octets: bytes) -> None:
    """As a link hears it: cut into PDUs, and each read as what it says it is."""
    frames = pdu.Frames()
    for frame in frames.feed(octets):
        told = data_sm.parse(frame) if frame[7] == 3 else pdu.parse_deliver_sm(frame)
        if receipts.is_receipt(told):
            receipts.read(told, Spelling(ReceiptIds.AUTO), Contents(), ZoneInfo("Europe/Ljubljana"))


def _smpp_port(octets: bytes) -> None:
    """As the port for clients hears it: the first octet chooses the request."""
    frame = octets[1:]
    readers: list[Callable[[], object]] = [
        lambda: requests.bind(frame),
        lambda: requests.submit_sm(frame, NOW, "gsm7"),
        lambda: requests.submit_multi(frame, NOW, "latin1"),
        lambda: requests.data_sm(frame, NOW, "gsm7"),
        lambda: requests.query_sm(frame),
        lambda: requests.cancel_sm(frame),
        lambda: requests.replace_sm(frame, NOW, "gsm7"),
    ]
    readers[octets[0] % len(readers) if octets else 0]()


def _mms(octets: bytes) -> None:
    told = mms_pdu.read(octets)
    statuses.sent(told)
    statuses.refused_retrieval(told)
    statuses.report(told)
    announced = messages.Notification("t", "http://mmsc/1", "+38640111222", "", 0, None, "1.2")
    messages.inbound(told, announced, "+38640111333")
    messages.notification(told, NOW)


def _push(octets: bytes) -> None:
    told = push.read(octets)
    if told.is_mms:
        messages.notification(told.mms(), NOW)


_MM7 = Mm7.model_validate({"url": "http://mmsc.test/", "told_from": ["192.0.2.1"]})


def _mm7(octets: bytes) -> None:
    """The first line is the Content-Type, and the rest the body."""
    line, _, body = octets.partition(b"\n")
    content_type = line.decode("latin-1").strip()
    said, beside = mm7.envelope_of(content_type, body)
    if said.kind == "DeliverReq":
        inbound_of(said, beside, _MM7)
    elif said.kind.endswith("Rsp"):
        mm7.read_answer(content_type, body)
    else:
        receipt_of(said, _MM7)


def _sheet(octets: bytes) -> None:
    """As an import of customers reads it."""
    rows = [cells for _, cells in zip(range(50), open_sheet(octets).rows(), strict=False)]
    if not rows:
        return
    found = columns.recognise(rows[0][1], {}, {}, "SI")
    for _, cells in rows[1:]:
        with suppress(SmsgwError):
            columns.read_row(cells, found, {}, {"region": "SI"})


def _catalogue(octets: bytes) -> None:
    listed = catalogue.read(octets.decode("utf-8", "replace"), "EUR")
    catalogue.as_csv(listed.lines)


@cache
def _room() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="smsgw-fuzz-")


def _toml(octets: bytes) -> None:
    path = Path(_room().name) / "smsgw.toml"
    path.write_bytes(octets)
    config.load_with_origins(path, {})


def _http(octets: bytes) -> None:
    """A head never breaks the front: it is ours, not ours, or not whole yet."""
    Heads().of(bytearray(octets))


def _mail(octets: bytes) -> None:
    mail.read(octets, "ana@example.com", "shop@example.com")


def _template(octets: bytes) -> None:
    read = template.read(octets.decode("utf-8", "replace"))
    template.check(read, ["name", "first_name", "order"])
    read.fill(dict.fromkeys(read.names, "Ana"))
    read.fill({})


def _carrier(octets: bytes) -> None:
    """What carriers tell over HTTP: the first line chooses the profile and says the query, the rest is the body."""
    line, _, body = octets.partition(b"\n")
    name, _, query = line.decode("latin-1").partition(" ")
    profile = PROFILES.get(name) or PROFILES["twilio"]
    form = "application/json" if body[:1] in b"{[" else "application/x-www-form-urlencoded"
    words = carrier_words.told(Notice("POST", f"http://x/carriers/c?{query}", {"content-type": form}, body))
    for row in notices.rows_of(profile, words):
        notices.read(profile, row)


def _text(octets: bytes) -> None:
    """What people write: stop words, numbers, rules."""
    text = octets.decode("utf-8", "replace")
    keywords.read(text)
    keywords.names_a_stop(text)
    with suppress(SmsgwError):
        read_number(text, "SI")
    rule_words.read(text)


def _udh(octets: bytes) -> None:
    """Any header of user data may be read; ValueError is what it says of one that is broken."""
    header.concatenation(octets)
    header.ports(octets)
    header.shifts(octets)
    header.without(octets, 0, 5)


_SMPP_WORDS = (
    b"id:1001 sub:001 dlvrd:001 submit date:2401010000 done date:2401010000 stat:DELIVRD err:000 text:Hello",
    b"\x00\x1e\x00\x051001\0", b"\x04\x27\x00\x01\x02", b"\x04\x24\x00\x03abc", b"\x02\x0c\x00\x02\x00\x07",
    b"\x05\x00\x03\x07\x02\x01", b"\x06\x08\x04\x00\x07\x02\x02", b"000000010000000R", b"261126010203004+",
)  # fmt: skip
_MMS_WORDS = (b"\x8c\x84", b"\x8c\x82", b"\x8d\x92", b"\x84\xb3", b"\x83", b"\x89", b"\x1f", b"\xea", b"<a>\0", b"\x96")
_XML = (b"<!DOCTYPE x>", b"<![CDATA[", b"]]>", b"&#0;", b"&amp;", b"xmlns:a=''", b"--", b"Content-ID: <a>\r\n")
_CSV = (b'"', b";", b",", b"\t", b"\r", b"\n", b"\xef\xbb\xbf", b"\xff\xfe", b"+38640111222", b"phone", b"name")
_TOML = (b"[[links]]", b'kind = "smpp"', b"{}", b"=", b'"""', b"nan", b"1979-05-27", b"[store]", b"9" * 30, b".", b"#")
_HTTP = (
    b"\r\n",
    b":",
    b"Content-Length: 1",
    b"Transfer-Encoding: chunked",
    b"\0",
    b"Bearer ",
    b"charset=utf-8",
    b"\xff",
)
_MAIL = (b"=?utf-8?B?", b"?=", b"\r\n\r\n", b"Content-Type: multipart/mixed; boundary=a\r\n", b"--a\r\n", b"--a--")
_HOLES = (b"{{", b"}}", b"|", b"{{name}}", b'"', b"upper", b"default", "\u202e".encode(), b"first_name")
_JSON = (b"{", b"[", b'"', b"null", b"1e999", b"\\u0000", b"MessageSid=", b"%00", b"From=%2B386", b"&", b"[" * 500)
_WORDS = (
    b"STOP",
    b"ALL",
    b"NE",
    "стоп".encode(),
    "لغو".encode(),
    b"and",
    b"or",
    b"not",
    b"(",
    b")",
    b"city",
    b"is",
    b'"',
)

TARGETS = {
    target.name: target
    for target in (
        Target("modem-pdu", _modem, (PduError,), ("drivers/modem/pdu", "smsgw/text")),
        Target("modem-lines", _modem_lines, (), ("drivers/modem/answers", "drivers/modem/ussd"), (b"+CUSD: ", b'"')),
        Target("udh", _udh, (ValueError,), ("smsgw/text/header",), (b"\x00\x03\x01\x02\x01", b"\x05\x04")),
        Target("smpp", _smpp, (pdu.BadPdu, pdu.NotSmpp), ("drivers/smpp",), _SMPP_WORDS),
        Target("smpp-port", _smpp_port, (pdu.BadPdu, BadRequest), ("drivers/smpp/server",), _SMPP_WORDS),
        Target("mms", _mms, (Malformed,), ("drivers/_mms",), _MMS_WORDS),
        Target("wap-push", _push, (Malformed,), ("drivers/_mms",), _MMS_WORDS),
        Target("mm7", _mm7, (NotMm7,), ("drivers/mm7",), _XML),
        Target("sheet", _sheet, (SmsgwError,), ("smsgw/paper/sheets", "smsgw/customers"), _CSV),
        Target("catalogue", _catalogue, (SmsgwError,), ("smsgw/inbound/catalogue",), (*_CSV, b"sku", b"price")),
        Target("toml", _toml, (SmsgwError,), ("smsgw/config",), _TOML),
        Target("http", _http, (), ("webadmin/front_head",), _HTTP),
        Target("mail", _mail, (SmsgwError,), ("drivers/mail",), _MAIL),
        Target("template", _template, (SmsgwError,), ("smsgw/text/template",), _HOLES),
        Target("carrier", _carrier, (ValueError,), ("drivers/web",), _JSON),
        Target("text", _text, (SmsgwError,), ("smsgw/text", "smsgw/customers/rule_words"), _WORDS),
    )
}  # fmt: skip
