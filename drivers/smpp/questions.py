"""Requests about messages that the SMSC has: query_sm, cancel_sm, replace_sm, and the answers to them.

The surprise: all three name a message by the id of its submit_sm_resp. What was written and never answered has none,
so it can be asked after only if a receipt has named it.
"""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta, timezone
from threading import Lock
from typing import Protocol

from drivers.smpp import pdu, receipts
from drivers.smpp.statuses import name_of
from smsgw.errors import Conflict, NotFound, SmsgwError
from smsgw.link import Receipt

QUERY_SM, REPLACE_SM, CANCEL_SM = 0x03, 0x07, 0x08
ANSWERS = frozenset(command | pdu.RESPONSE for command in (QUERY_SM, REPLACE_SM, CANCEL_SM))
NAMES = {QUERY_SM: "query_sm", REPLACE_SM: "replace_sm", CANCEL_SM: "cancel_sm"}
RINVCMDID, RINVMSGID = 0x03, 0x0C
Address = tuple[int, int, bytes]  # type of number, numbering plan, digits


class Road(Protocol):
    """What a question is written to: a bound session."""

    def next_sequence(self) -> int: ...

    def write(self, octets: bytes) -> bool: ...


class Questions:
    """What was asked and is not answered yet. Any thread may call it. place: the SMSC's name in errors."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._lock = Lock()
        self._open: dict[tuple[Road, int], Future[bytes]] = {}

    def ask(self, road: Road, command: int, body: bytes, timeout: float) -> bytes:
        """Write a request and wait for its answer, a whole PDU with status 0.

        Raises NotFound when the SMSC does not know the message, Conflict when it refuses or we are not connected,
        SmsgwError when it does not answer within `timeout` seconds.
        """
        answer: Future[bytes] = Future()
        with self._lock:
            sequence = road.next_sequence()
            self._open[road, sequence] = answer
        try:
            if not road.write(pdu.HEADER.pack(16 + len(body), command, 0, sequence) + body):
                raise Conflict(f"the connection to {self._place} is gone", code="link_down")
            frame = answer.result(timeout)
        except TimeoutError:
            says = f"{self._place} did not answer {NAMES[command]} within {timeout:g} seconds"
            raise SmsgwError(says, code="no_answer") from None
        finally:
            with self._lock:
                self._open.pop((road, sequence), None)
        _, answered, status, _ = pdu.HEADER.unpack_from(frame)
        if status or answered == pdu.GENERIC_NACK:
            raise self._refused(command, status or RINVCMDID)
        return frame

    def answered(self, road: Road, sequence: int, frame: bytes) -> bool:
        """An answer has come; whether it was one to us."""
        with self._lock:
            waiting = self._open.pop((road, sequence), None)
        if waiting is not None:
            waiting.set_result(frame)
        return waiting is not None

    def lost(self, road: Road) -> None:
        """The connection is gone: nothing that was asked there is answered any more."""
        with self._lock:
            gone = [self._open.pop(key) for key in list(self._open) if key[0] is road]
        for waiting in gone:
            waiting.set_exception(Conflict(f"the connection to {self._place} is gone", code="link_down"))

    def _refused(self, command: int, status: int) -> SmsgwError:
        name, code = NAMES[command], name_of(status)
        if status == RINVMSGID:
            return NotFound(f"{self._place} does not know this message (any more) ({code})")
        if status == RINVCMDID:
            says = f"{self._place} does not know {name} ({code})"
            return Conflict(says, code="unknown_verb", hint=f"set {name} = false for this link")
        return Conflict(f"{self._place} refuses {name} for this message ({code})", code="network_refuses")


def query_body(message_id: str, source: Address) -> bytes:
    """4.8.1: the id, and the sender as it was submitted."""
    return _string(message_id) + _address(source)


def cancel_body(service_type: str, message_id: str, source: Address, dest: Address) -> bytes:
    """4.9.1: the service, the id, the sender and the recipient as they were submitted."""
    return _string(service_type) + _string(message_id) + _address(source) + _address(dest)


def replace_body(message_id: str, source: Address, registered_delivery: int, message: bytes) -> bytes:
    """4.10.1: the id, the sender and the new text, in the data_coding of the old one: there is no field for another.

    Delivery time and validity stay as they were (empty).
    """
    return _string(message_id) + _address(source) + b"\0\0" + bytes((registered_delivery, 0, len(message))) + message


def _string(written: str) -> bytes:
    return written.encode("latin-1") + b"\0"


def _address(address: Address) -> bytes:
    ton, npi, digits = address
    return bytes((ton, npi)) + digits + b"\0"


def query_answer(frame: bytes, reference: str, to: str) -> Receipt:
    """What a query_sm_resp says (4.8.2), as the receipt that it stands for. Raises SmsgwError when it is cut off."""
    try:
        end = frame.index(0, 16)
        date = frame.index(0, end + 1)
        state, error = frame[date + 1 : date + 3]
    except ValueError:
        raise SmsgwError("the answer to query_sm is cut off", code="no_answer") from None
    kind = receipts.by_number(state)
    return Receipt(
        reference,
        kind,
        recipient=to,
        at=absolute(frame[end + 1 : date].decode("latin-1")),
        error=str(error) if error else None,
        said=f"query_sm: {kind.value}",
    )


def absolute(written: str) -> datetime | None:
    """A moment as SMPP writes it, YYMMDDhhmmsstnnp (7.1.1.1): tenths, then quarter hours from UTC and their sign."""
    try:
        moment = datetime.strptime(written[:12], "%y%m%d%H%M%S")
        if len(written) < 16:
            return moment.replace(tzinfo=UTC) if len(written) == 12 else None
        quarters = int(written[13:15]) * (-1 if written[15] == "-" else 1)
        return moment.replace(tzinfo=timezone(timedelta(minutes=15 * quarters))).astimezone(UTC)
    except ValueError:
        return None
