"""What a message carries, a text or data for a port, and how it is cut into the parts of one link."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import BadInput, Fault
from ..link import Abilities, Alphabet
from ..text import alphabet, header, parts

Ports = tuple[int, int]  # destination, origin
_DATA = ("octets", "data")  # ours, and what clients over SMPP cut themselves
CONTENTS = ("mms", "mail")  # encodings of messages with a content: one part, built when it is handed over


def wrong_contents(text: str, data: bytes | None, ports: Ports | None) -> list[Fault]:
    """What is wrong with the contents whatever the link."""
    if data is None:
        faults = [] if text else [Fault("/text", "text_missing", "the text is empty: say what to send")]
        if ports is not None:
            says = "ports are for data, and this is a text: give data, or leave the ports out"
            faults.append(Fault("/ports", "ports_without_data", says))
        return faults
    faults = []
    if text:
        faults.append(Fault("/text", "text_and_data", "a message is a text or data, not both: leave one of them out"))
    if not data:
        faults.append(Fault("/data", "data_missing", "the data is empty: say what to send"))
    if ports is not None and not _possible(ports):
        faults.append(Fault("/ports", "out_of_range", "a port is a whole number from 0 to 65535"))
    return faults


def cut(
    text: str, data: bytes | None, ports: Ports | None, abilities: Abilities, reference: int, most: int
) -> list[parts.Piece]:
    """The parts for a link with these abilities, at most `most` over the air. Raises BadInput with pointers."""
    pointer, code = ("/text", "text_too_long") if data is None else ("/data", "data_too_long")
    try:
        if data is None:
            pieces = parts.split(text, abilities, reference)
        else:
            told = ports if ports is not None and _possible(ports) else None  # wrong ones are a fault of their own
            pieces = parts.split_data(data, told, abilities, reference)
    except BadInput as problem:
        raise BadInput([Fault(pointer, fault.code, fault.detail) for fault in problem.faults]) from problem
    if parts.count(pieces) > most:
        what = pointer.removeprefix("/")
        says = f"the {what} needs {parts.count(pieces)} parts, {most} are allowed: shorten it or raise max_parts"
        raise BadInput([Fault(pointer, code, says)])
    return pieces


def _possible(ports: Ports) -> bool:
    return all(0 <= port <= 0xFFFF for port in ports)


def written(text: str, data: bytes | None) -> str:
    """What is kept as the message's text: of data its octets in hexadecimal digits."""
    return text if data is None else data.hex()


def is_data(encoding: str) -> bool:
    """Whether a message of this encoding is no text: its parts stay as they are, whatever link it goes over."""
    return encoding.startswith(_DATA)


def carries(encoding: str) -> str:
    """What a link must carry for a message of this encoding: "mms" or "mail"; "" for texts and data."""
    return encoding if encoding in CONTENTS else ""


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The contents of a message's row for programs: text, data in base64, ports."""
    if not is_data(row["encoding"]):
        return {"text": row["text"], "data": None, "ports": None}
    ports = None if row["ports"] is None else {"to": row["ports"][0], "from": row["ports"][1]}
    return {"text": "", "data": base64.b64encode(bytes.fromhex(row["text"])).decode(), "ports": ports}


CONTENT_PIECE = parts.Piece(Alphabet.OCTETS, b"", b"")  # the only part of a content, whose octets are elsewhere


def part_rows(message_id: str, pieces: Sequence[parts.Piece]) -> list[dict[str, Any]]:
    """The rows of table `part` for a cut message."""
    return [
        {
            "message_id": message_id,
            "position": position,
            "alphabet": piece.alphabet.value,
            "user_data": piece.user_data,
            "udh": piece.udh,
        }
        for position, piece in enumerate(pieces, 1)
    ]


def encoding(pieces: Sequence[parts.Piece]) -> str:
    """The name of the coding of a cut message: "gsm7", "gsm7+turkish" (with national letters), "ucs2" or "octets"."""
    languages = dict.fromkeys(alphabet.NAMES[number] for number in header.shifts(pieces[0].udh) if number)
    return "+".join([pieces[0].alphabet.value, *languages])
