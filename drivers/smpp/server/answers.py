"""The octets that go to clients: responses, receipts and texts as deliver_sm (SMPP 3.4 sections 4 and appendix B)."""

from __future__ import annotations

from struct import Struct

from drivers.smpp import pdu
from drivers.smpp.coding import LONGEST_SHORT_MESSAGE, UDHI
from drivers.smpp.server import ids, times
from drivers.smpp.server.requests import USER_REFERENCE, Default, parse_echo
from smsgw.link import Alphabet, ReceiptState
from smsgw.listener import Octets, Outcome, Parcel, ReceiptParcel
from smsgw.text import alphabet as gsm

BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 0x00000001, 0x00000002, 0x00000009
QUERY_SM, REPLACE_SM, CANCEL_SM = 0x00000003, 0x00000007, 0x00000008
SUBMIT_MULTI, DATA_SM = 0x00000021, 0x00000103

_TLV = Struct(">HH")
_SC_INTERFACE_VERSION = 0x0210
_RECEIPT, _NOTIFICATION = 0x04, 0x20  # esm_class (5.2.12)
_STATES = {  # 5.2.28, and the words of appendix B
    ReceiptState.ENROUTE: (1, "ENROUTE"),
    ReceiptState.DELIVERED: (2, "DELIVRD"),
    ReceiptState.EXPIRED: (3, "EXPIRED"),
    ReceiptState.DELETED: (4, "DELETED"),
    ReceiptState.UNDELIVERABLE: (5, "UNDELIV"),
    ReceiptState.ACCEPTED: (6, "ACCEPTD"),
    ReceiptState.UNKNOWN: (7, "UNKNOWN"),
    ReceiptState.REJECTED: (8, "REJECTD"),
}


def bind_resp(command: int, sequence: int, system_id: str, version: int) -> bytes:
    """A yes to a bind; sc_interface_version only for those who know optional parameters (5.3.2.25)."""
    body = system_id.encode("latin-1") + b"\0"
    if version >= 0x34:
        body += _parameter(_SC_INTERFACE_VERSION, bytes((0x50 if version >= 0x50 else 0x34,)))
    return _with_body(command, sequence, body)


def submit_resp(command: int, sequence: int, id: str) -> bytes:
    """A yes to a submit_sm or data_sm."""
    return _with_body(command, sequence, _id(id))


def multi_resp(sequence: int, id: str, refused: list[tuple[str, int]]) -> bytes:
    """A yes to a submit_multi (4.5.3). refused: the echo of each address that was not taken, and its status."""
    body = _id(id) + bytes((len(refused),))
    for echo, status in refused:
        ton, npi, number, _ = parse_echo(echo)
        body += bytes((ton, npi)) + number + b"\0" + status.to_bytes(4, "big")
    return _with_body(SUBMIT_MULTI, sequence, body)


def query_resp(sequence: int, id: str, outcome: Outcome) -> bytes:
    """The answer to a query_sm (4.8.2)."""
    error = int(outcome.error) if outcome.error.isascii() and outcome.error.isdigit() else 0
    state = bytes((_STATES[outcome.state][0], min(error, 255)))
    return _with_body(QUERY_SM, sequence, _id(id) + times.write(outcome.final_at) + b"\0" + state)


def deliveries(parcel: Parcel, default: Default) -> list[bytes]:
    """The bodies of the deliver_sm that tell a parcel. default: what the client means by data_coding 0."""
    if isinstance(parcel, ReceiptParcel):
        return [_receipt(parcel)]
    source, to = _address(parcel.sender), _address(parcel.to or "")
    return [_piece(source + to, octets, default) for octets in parcel.pieces]


def _receipt(parcel: ReceiptParcel) -> bytes:
    """Source and destination change places: the receipt comes from the phone."""
    number, word = _STATES[parcel.state]
    error = parcel.error if len(parcel.error) <= 3 and parcel.error.isascii() and parcel.error.isdigit() else ""
    delivered = "001" if parcel.state is ReceiptState.DELIVERED else "000"
    said = (
        f"id:{ids.written(parcel.id)} sub:001 dlvrd:{delivered} submit date:{times.short(parcel.submitted_at)} "
        f"done date:{times.short(parcel.at)} stat:{word} err:{error.rjust(3, '0')} text:{ids.plain(parcel.text)}"
    ).encode("latin-1", "replace")
    ton, npi, phone, reference = parse_echo(parcel.to)
    parameters = _parameter(pdu.RECEIPTED_MESSAGE_ID, _id(parcel.id))
    parameters += _parameter(pdu.MESSAGE_STATE, bytes((number,)))
    if error:
        parameters += _parameter(pdu.NETWORK_ERROR_CODE, b"\x03" + int(error).to_bytes(2, "big"))  # 3: GSM
    if reference:
        parameters += _parameter(USER_REFERENCE, reference)
    sender_ton, sender_npi, sender, _ = parse_echo(parcel.sender)
    addresses = bytes((ton, npi)) + phone + b"\0" + bytes((sender_ton, sender_npi)) + sender + b"\0"
    return _body(addresses, _NOTIFICATION if parcel.progress else _RECEIPT, 0, said[:254], parameters)


def _piece(addresses: bytes, octets: Octets, default: Default) -> bytes:
    data_coding, content = _coded(octets, default)
    message = octets.udh + content
    esm_class = UDHI if octets.udh else 0
    if len(message) > LONGEST_SHORT_MESSAGE:
        return _body(addresses, esm_class, data_coding, b"", _parameter(pdu.MESSAGE_PAYLOAD, message))
    return _body(addresses, esm_class, data_coding, message)


def _coded(octets: Octets, default: Default) -> tuple[int, bytes]:
    if octets.alphabet is Alphabet.UCS2:
        return 8, octets.user_data
    if octets.alphabet is Alphabet.OCTETS:
        return 4, octets.user_data
    if default == "gsm7":
        return 0, octets.user_data
    text = gsm.decode(octets.user_data)
    try:
        return 0, text.encode("latin-1")
    except UnicodeEncodeError:
        return 8, text.encode("utf-16-be")


def _body(addresses: bytes, esm_class: int, data_coding: int, message: bytes, parameters: bytes = b"") -> bytes:
    """A deliver_sm (4.6.1) from the empty service_type on."""
    fixed = bytes((esm_class, 0, 0)) + b"\0\0" + bytes((0, 0, data_coding, 0, len(message)))
    return b"".join((b"\0", addresses, fixed, message, parameters))


def deliver_sm(sequence: int, body: bytes) -> bytes:
    """The whole PDU."""
    return pdu.HEADER.pack(16 + len(body), pdu.DELIVER_SM, 0, sequence) + body


def _address(written: str) -> bytes:
    """A number or name of ours: E.164 is international, digits are left open, the rest are names (5.2.5, 5.2.6)."""
    digits = written.removeprefix("+")
    plain = digits.isascii() and digits.isdigit()
    form = (1, 1) if plain and written.startswith("+") else (0, 1) if plain else (0, 0) if not written else (5, 0)
    return bytes(form) + (digits if plain else written).encode("latin-1", "replace")[:20].replace(b"\0", b"") + b"\0"


def _id(id: str) -> bytes:
    return ids.written(id).encode("latin-1") + b"\0"


def _parameter(tag: int, value: bytes) -> bytes:
    return _TLV.pack(tag, len(value)) + value


def _with_body(command: int, sequence: int, body: bytes) -> bytes:
    return pdu.HEADER.pack(16 + len(body), command | pdu.RESPONSE, 0, sequence) + body
