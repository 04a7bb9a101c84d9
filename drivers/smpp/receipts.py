"""Read a delivery receipt: its parameters first, then the text that appendix B of SMPP 3.4 describes.

The surprise: the text is "SMSC vendor specific", so keys come in any case, order and selection, and states in
more spellings than the standard has. What it names in no way becomes `unknown`, never an error.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from drivers.smpp import pdu, usual
from drivers.smpp.addresses import decode
from drivers.smpp.coding import unpacked
from drivers.smpp.contents import Contents
from drivers.smpp.spelling import Spelling
from smsgw.link import Receipt, ReceiptState
from smsgw.text import alphabet as gsm

_BY_NUMBER = {  # 5.2.28; 0 and 9 are SMPP 5.0's scheduled and skipped
    0: ReceiptState.ENROUTE,
    1: ReceiptState.ENROUTE,
    2: ReceiptState.DELIVERED,
    3: ReceiptState.EXPIRED,
    4: ReceiptState.DELETED,
    5: ReceiptState.UNDELIVERABLE,
    6: ReceiptState.ACCEPTED,
    7: ReceiptState.UNKNOWN,
    8: ReceiptState.REJECTED,
    9: ReceiptState.UNDELIVERABLE,
}
_BY_WORD = {  # by the beginning, without what is no letter: DELIVRD, DELIVERED; NOT DELIVERED; EN_ROUTE
    "DELIV": ReceiptState.DELIVERED,
    "SUCCESS": ReceiptState.DELIVERED,
    "READ": ReceiptState.DELIVERED,
    "EXPIR": ReceiptState.EXPIRED,
    "EXPRD": ReceiptState.EXPIRED,
    "DELET": ReceiptState.DELETED,
    "CANCEL": ReceiptState.DELETED,
    "UNDEL": ReceiptState.UNDELIVERABLE,
    "NOTDEL": ReceiptState.UNDELIVERABLE,
    "NOROUTE": ReceiptState.UNDELIVERABLE,
    "SKIP": ReceiptState.UNDELIVERABLE,
    "ACCEP": ReceiptState.ACCEPTED,
    "ACPTD": ReceiptState.ACCEPTED,
    "ACKED": ReceiptState.ACCEPTED,
    "REJ": ReceiptState.REJECTED,
    "ENROUTE": ReceiptState.ENROUTE,
    "BUFF": ReceiptState.ENROUTE,
    "QUEUE": ReceiptState.ENROUTE,
    "PEND": ReceiptState.ENROUTE,
    "RETRY": ReceiptState.ENROUTE,
    "SCHED": ReceiptState.ENROUTE,
    "SENT": ReceiptState.ENROUTE,
    "SUBMIT": ReceiptState.ENROUTE,
}
_KEYS = re.compile(
    r"(?<![a-z0-9])((?:message|msg)?[ _]?id|sub|dlvrd|submit[ _]?(?:date|time)|done[ _]?(?:date|time)|stat(?:us|e)?"
    r"|err(?:or)?(?:[ _]?code)?|text)[ \t]*[:=]",
    re.IGNORECASE,
)
_SHORT = (("id", "id"), ("submit", "submitdate"), ("done", "donedate"), ("stat", "stat"), ("err", "err"))
_KIND, _RECEIPT, _SME_ACKS, _NOTIFICATION = 0x3C, 0x04, (0x08, 0x10), 0x20  # bits of esm_class (5.2.12)


def fields(text: str) -> dict[str, str]:
    """The fields of a receipt's text: id, sub, dlvrd, submitdate, donedate, stat, err, text, however their keys are
    written. The user's own words after `text:` may hold anything, so nothing is read after it.
    """
    found: dict[str, str] = {}
    keys = list(_KEYS.finditer(text))
    for index, key in enumerate(keys):
        name = _name(key[1].lower())
        if name == "text":
            found[name] = text[key.end() :].strip()
            break
        end = keys[index + 1].start() if index + 1 < len(keys) else len(text)
        found.setdefault(name, text[key.end() : end].strip(" \t\r\n\0,;\"'"))
    if "id" in found:
        found["id"] = found["id"].partition(" ")[0]
    return found


def _name(key: str) -> str:
    if key.endswith("id"):
        return "id"
    return next((name for start, name in _SHORT if key.startswith(start)), key)


def is_receipt(told: pdu.DeliverSm) -> bool:
    """Whether it tells of a message of ours: by esm_class, or by its parameters where an SMSC leaves that
    out.

    What a phone acknowledges itself (SME delivery and user acknowledgements, esm_class 0x08 and 0x10) counts only when
    it names a message; else it is what the phone's user wrote. The end of a conversation (0x18) is a text too.
    """
    kind = told.esm_class & _KIND
    if kind in (_RECEIPT, _NOTIFICATION):
        return True
    if kind in _SME_ACKS:
        return pdu.RECEIPTED_MESSAGE_ID in told.parameters or "id" in fields(_text(told))
    return pdu.RECEIPTED_MESSAGE_ID in told.parameters and pdu.MESSAGE_STATE in told.parameters


def read(told: pdu.DeliverSm, spelling: Spelling, contents: Contents, zone: ZoneInfo) -> Receipt | None:
    """The receipt, or None when it names no message id. zone: of the dates in its text, which name none."""
    id, done, stat, error = (usual.fields(told.message) if told.data_coding != 8 else None) or _said(told, contents)
    given = told.parameters.get(pdu.RECEIPTED_MESSAGE_ID, b"").split(b"\0", 1)[0].decode("latin-1")
    reference = spelling.of_receipt(id or None, given or None)
    if not reference:
        return None
    return Receipt(
        reference,
        _state(told, stat),
        recipient=decode(contents, told.source, told.source_ton) or None,
        at=_when(done, zone),
        error=error or _network_error(told.parameters.get(pdu.NETWORK_ERROR_CODE)),
        said=stat or None,
        also=spelling.others(reference),
    )


def _said(told: pdu.DeliverSm, contents: Contents) -> tuple[str, str, str, str]:
    """The id, donedate, stat and err of its text, however it is spelled. Also where the default alphabet is packed
    most SMSCs write receipts in plain octets.
    """
    said = fields(_text(told))
    if "id" not in said and told.data_coding == 0 and contents.default_alphabet == "gsm7-packed":
        said = fields(gsm.decode(unpacked(told.message, 0)))
    return said.get("id", ""), said.get("donedate", ""), said.get("stat", ""), said.get("err", "")


def _text(told: pdu.DeliverSm) -> str:
    return told.message.decode("utf-16-be" if told.data_coding == 8 else "latin-1", "replace")


def by_number(state: int) -> ReceiptState:
    """The meaning of a message_state (5.2.28)."""
    return _BY_NUMBER.get(state, ReceiptState.UNKNOWN)


def _state(told: pdu.DeliverSm, word: str) -> ReceiptState:
    """What it says became of the part: by message_state, else in words.

    An acknowledgement of the phone that says nothing else says that the phone has it. What an intermediate
    notification says is about one try (5.2.17), so only a delivery ends anything.
    """
    number = told.number(pdu.MESSAGE_STATE)
    state = _BY_NUMBER[number] if number in _BY_NUMBER else by_word(word)
    kind = told.esm_class & _KIND
    if kind in _SME_ACKS and state is ReceiptState.UNKNOWN:
        return ReceiptState.DELIVERED
    if kind == _NOTIFICATION and state.final and state is not ReceiptState.DELIVERED:
        return ReceiptState.ENROUTE
    return state


@lru_cache(maxsize=256)
def by_word(written: str) -> ReceiptState:
    """The meaning of a state in words (appendix B), or in digits as 5.2.28 has it."""
    word = re.sub(r"[^A-Z0-9]", "", written.upper())
    if word.isdigit():
        return by_number(int(word))
    if "FAIL" in word:  # DELIVERY FAILED
        return ReceiptState.UNDELIVERABLE
    return next((state for start, state in _BY_WORD.items() if word.startswith(start)), ReceiptState.UNKNOWN)


def _network_error(value: bytes | None) -> str | None:
    """network_error_code (5.3.2.31): the type of network, then two octets."""
    return str(int.from_bytes(value[1:3], "big")) if value and len(value) == 3 else None


@lru_cache(maxsize=1024)
def _when(written: str, zone: tzinfo) -> datetime | None:
    """YYMMDDhhmm, with seconds in many, with the century in some."""
    digits = re.sub(r"\D", "", written)
    if len(digits) not in (10, 12, 14):
        return None
    moment = usual.moment(digits, 2 if len(digits) == 14 else 0)
    if moment is None and len(digits) == 12 and digits.startswith("20"):
        moment = usual.moment(digits, 2)
    return moment.replace(tzinfo=zone).astimezone(UTC) if moment else None
