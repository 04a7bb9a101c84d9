"""PDUs as the console of a link shows them: command, sequence, status, the fields that matter, parameters by name.

A text is its length alone, and of a receipt's text what is no word of the message. A password is not even read. Used
only while somebody looks, so it may take its time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from smpplib.command import get_optional_name
from smpplib.exceptions import UnknownCommandError

from drivers.smpp import pdu, receipts
from drivers.smpp.statuses import name_of
from smsgw.link_verbs import WireLine, text_told
from smsgw.text import header

_NAMES = {
    0x01: "bind_receiver", 0x02: "bind_transmitter", 0x03: "query_sm", 0x04: "submit_sm", 0x05: "deliver_sm",
    0x06: "unbind", 0x07: "replace_sm", 0x08: "cancel_sm", 0x09: "bind_transceiver", 0x0B: "outbind",
    0x15: "enquire_link", 0x0102: "alert_notification", 0x0103: "data_sm",
}  # fmt: skip

# The body of each command (SMPP 3.4 section 4): "s" a string that ends with zero, "b" an octet, "x" an octet of bits,
# "*" a string that is not shown, "m" short_message behind its length.
_SOURCE = "source_addr_ton:b source_addr_npi:b source_addr:s"
_DEST = "dest_addr_ton:b dest_addr_npi:b destination_addr:s"
_SHORT = (
    f"service_type:s {_SOURCE} {_DEST} esm_class:x protocol_id:b priority_flag:b schedule_delivery_time:s "
    "validity_period:s registered_delivery:b replace_if_present_flag:b data_coding:x sm_default_msg_id:b "
    "short_message:m"
)
_BIND = "system_id:s password:* system_type:s interface_version:x addr_ton:b addr_npi:b address_range:s"
_BODIES = {
    **dict.fromkeys(("bind_receiver", "bind_transmitter", "bind_transceiver"), _BIND),
    **dict.fromkeys(("bind_receiver_resp", "bind_transmitter_resp", "bind_transceiver_resp"), "system_id:s"),
    **dict.fromkeys(("submit_sm", "deliver_sm"), _SHORT),
    **dict.fromkeys(("submit_sm_resp", "deliver_sm_resp", "data_sm_resp"), "message_id:s"),
    "outbind": "system_id:s password:*",
    "data_sm": f"service_type:s {_SOURCE} {_DEST} esm_class:x registered_delivery:b data_coding:x",
    "query_sm": f"message_id:s {_SOURCE}",
    "query_sm_resp": "message_id:s final_date:s message_state:b error_code:b",
    "cancel_sm": f"service_type:s message_id:s {_SOURCE} {_DEST}",
    "replace_sm": f"message_id:s {_SOURCE} schedule_delivery_time:s validity_period:s registered_delivery:b "
    "sm_default_msg_id:b short_message:m",
    "alert_notification": _SOURCE,
}
_ALWAYS = ("data_coding", "message_id")  # shown also when they are zero or empty
_CODINGS = {0: "octets, default alphabet", 1: "octets ASCII", 3: "octets Latin-1", 8: "octets UCS-2"}
_RECEIPT, _KIND, _UDHI = 0x04, 0x3C, 0x40  # bits of esm_class (5.2.12)
_OF_RECEIPT = {
    "id": "id", "sub": "sub", "dlvrd": "dlvrd", "submitdate": "submit date", "donedate": "done date", "stat": "stat",
    "err": "err",
}  # fmt: skip
_WORD = re.compile(r"[\w.+\-]{1,65}")
_PAYLOAD = "message_payload"
_SMALL = 4  # octets that a parameter which is a number has at most
_IN_WORDS = {"receipted_message_id": "latin-1", "additional_status_info_text": "latin-1"}
_NUMBERS = frozenset((
    "source_port", "destination_port", "sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum", "message_state",
    "sc_interface_version", "more_messages_to_send", "user_message_reference", "privacy_indicator", "dest_addr_subunit",
    "source_addr_subunit", "payload_type", "language_indicator", "ms_availability_status", "delivery_failure_reason",
    "dpf_result", "set_dpf", "user_response_code", "qos_time_to_live",
))  # fmt: skip
_NETWORK_ERROR = "network_error_code"


def lines(way: Literal["<", ">"], octets: bytes) -> Iterator[WireLine]:
    """The lines of whole PDUs, one behind the other. What is cut off is told as such."""
    for frame in pdu.Frames().feed(octets):
        yield line(way, frame)


def line(way: Literal["<", ">"], frame: bytes) -> WireLine:
    """The line of one whole PDU."""
    _, command, status, sequence = pdu.HEADER.unpack_from(frame)
    answers = bool(command & pdu.RESPONSE)
    name = _NAMES.get(command & ~pdu.RESPONSE, f"0x{command:08X}")
    name = "generic_nack" if command == pdu.GENERIC_NACK else f"{name}_resp" if answers else name
    told = {"sequence": str(sequence)}
    if answers or status:
        told["status"] = name_of(status)
    try:
        _body(told, name, frame)
    except (ValueError, IndexError, pdu.BadPdu):
        told["broken"] = f"its {len(frame)} octets cannot be read to the end"
    return WireLine(way, name, told)


def _body(told: dict[str, str], name: str, frame: bytes) -> None:
    """Put the fields into `told`, as far as they can be read. Raises ValueError, IndexError, pdu.BadPdu."""
    at, esm_class, coding = 16, 0, 0
    for each in _BODIES.get(name, "").split() if len(frame) > 16 else ():
        field, _, kind = each.partition(":")
        if kind in "s*":
            end = frame.index(0, at)
            value, at = frame[at:end].decode("latin-1") if kind == "s" else "***", end + 1
        elif kind == "m":
            length, at = frame[at], at + 1
            _text(told, field, frame[at : at + length], esm_class, coding)
            at += length
            continue
        else:
            number, at = frame[at], at + 1
            value = f"0x{number:02X}" if kind == "x" else str(number)
            esm_class = number if field == "esm_class" else esm_class
            coding = number if field == "data_coding" else coding
        if field in _ALWAYS or value.strip("0x"):
            told[field] = value
    if name in _BODIES:  # else nobody knows where its parameters begin
        _parameters(told, pdu.parameters(frame, at), esm_class, coding)


def _text(told: dict[str, str], field: str, octets: bytes, esm_class: int, coding: int) -> None:
    """What may be told of a text: its length, which part of which whole it is, and of a receipt the fields."""
    if not octets:
        return
    if esm_class & _KIND == _RECEIPT:
        said = receipts.fields(octets.decode("latin-1"))
        for name, shown in _OF_RECEIPT.items():
            if found := _WORD.match(said.get(name, "")):
                told[shown] = found[0]
    elif esm_class & _UDHI:
        udh, octets = octets[: octets[0] + 1], octets[octets[0] + 1 :]
        told["header"] = header_told(udh)
    told[field] = text_told(len(octets), _CODINGS.get(coding, "octets"))


def header_told(udh: bytes) -> str:
    """A user data header: which part of which whole, else how long it is."""
    found = header.concatenation(udh)
    part = "" if found is None else f"part {found.position} of {found.of}, reference {found.reference}, "
    return f"{part}{len(udh)} octets"


def _parameters(told: dict[str, str], found: dict[int, bytes], esm_class: int, coding: int) -> None:
    for tag, value in found.items():
        try:
            name = str(get_optional_name(tag))
        except UnknownCommandError:
            name = f"0x{tag:04X}"
        if name == _PAYLOAD:
            _text(told, name, value, esm_class, coding)
        elif name in _IN_WORDS:
            told[name] = value.rstrip(b"\0").decode(_IN_WORDS[name])
        elif name == _NETWORK_ERROR and len(value) == 3:  # 5.3.2.31
            told[name] = f"network type {value[0]}, error {int.from_bytes(value[1:], 'big')}"
        elif name in _NUMBERS and len(value) <= _SMALL:
            told[name] = str(int.from_bytes(value, "big"))
        else:
            told[name] = text_told(len(value), "octets")
