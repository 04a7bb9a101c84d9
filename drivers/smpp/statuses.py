"""What a command_status means for a part, and for a bind, in words (SMPP 3.4 section 5.1.3)."""

from __future__ import annotations

from collections.abc import Callable

from smpplib import consts

from drivers.smpp.config import Config
from drivers.smpp.connection import LONGEST_PASSWORD
from smsgw.link import (
    LinkDown,
    LinkError,
    Misconfigured,
    RecipientUnreachable,
    RejectedForGood,
    RejectedForNow,
    Throttled,
)

RX_TEMPORARY = consts.SMPP_ESME_RX_T_APPN
RINVMSGLEN, RINVCMDLEN, RINVCMDID = 0x01, 0x02, 0x03

NAMES: dict[int, str] = {
    value: name.removeprefix("SMPP_")
    for name, value in vars(consts).items()
    if name.startswith("SMPP_ESME_R") and isinstance(value, int)
}

_FOR_GOOD: dict[int, str] = {
    0x01: "the text is too long for the network",
    0x02: "the network could not read the message",
    0x03: "the network does not know the command",
    0x06: "the network does not accept the priority",
    0x07: "the network does not accept the wish for a receipt",
    0x0A: "the network does not accept the sender",
    0x0B: "the network does not accept the recipient's number",
    0x33: "the network does not accept the number of recipients",
    0x43: "the network does not accept the kind of message (esm_class)",
    0x48: "the network does not accept the sender's type of number",
    0x49: "the network does not accept the sender's numbering plan",
    0x50: "the network does not accept the recipient's type of number",
    0x51: "the network does not accept the recipient's numbering plan",
    0x54: "the network does not accept replace_if_present",
    0x61: "the network does not accept the delivery time",
    0x62: "the network does not accept the validity period",
    0x63: "the network does not know the prepared text",
    0x65: "the network refuses the message for good",
    0x66: "the network rejects the message",
    0xC0: "the network could not read the optional parameters",
    0xC1: "the network does not allow an optional parameter",
    0xC2: "the network does not accept the length of a parameter",
    0xC3: "the network misses an optional parameter",
    0xC4: "the network does not accept the value of an optional parameter",
}
_FOR_NOW: dict[int, str] = {
    0x08: "the network has a system error",
    0x45: "the network could not take the message",
    0x64: "the network cannot take the message at the moment",
    0xFF: "the network has an unknown error",
}
_BY_SETTING: dict[int, str] = {
    0x04: "this account may not send on this connection: ask the carrier whether it may bind as transmitter",
    0x15: "the network does not accept service_type: check it with the carrier",
    0x53: "the network does not accept system_type: check it with the carrier",
}
_TOO_FAST: dict[int, str] = {
    0x14: "the network's queue for this account is full",
    0x58: "the network says that this account sends too fast",
}


def name_of(status: int) -> str:
    """The standard's name, such as ESME_RTHROTTLED, or the number for a vendor's own."""
    return NAMES.get(status, f"0x{status:08X}")


def refusal(status: int, throttle_pause: float) -> LinkError:
    """Why a submit_sm was not taken. A status that nobody knows is worth another try: attempts end by
    themselves.
    """
    kinds: tuple[tuple[dict[int, str], Callable[[str, str], LinkError]], ...] = (
        (_FOR_GOOD, RejectedForGood),
        (_FOR_NOW, RejectedForNow),
        (_BY_SETTING, Misconfigured),
        (_TOO_FAST, lambda says, code: Throttled(says, code, rest=throttle_pause)),
        ({0xFE: "the network could not deliver the message"}, RecipientUnreachable),
    )
    code = name_of(status)
    for words, kind in kinds:
        if status in words:
            return kind(f"{words[status]} ({code})", code)
    return RejectedForNow(f"the network refuses the message with {code}, which is its own code", code)


class Trouble(Exception):
    """Why there is no session. refused: a person must act, so tries are rare; else the link comes back by
    itself.
    """

    def __init__(self, says: str, code: str = "", *, refused: bool = False) -> None:
        super().__init__(says)
        self.says = says
        self.code = code
        self.refused = refused

    def error(self, pause: float) -> LinkError:
        """What a part that cannot be sent is told. pause: seconds until the next try."""
        return Misconfigured(self.says, self.code, rest=pause) if self.refused else LinkDown(self.says, self.code)


def bind_refusal(status: int, config: Config) -> Trouble:
    """Why the SMSC does not let us in, with what to check."""
    code, who, where = name_of(status), f"system_id {config.system_id!r}", config.place
    length = len(config.password.get_secret_value())
    perhaps = f"; it has {length} letters, and SMPP allows {LONGEST_PASSWORD}" if config.long_password else ""
    refused = {
        0x0E: f"{where} does not accept the password of {who}: check password (capital letters count){perhaps}",
        0x0F: f"{where} does not know {who}: check system_id and host",
        0x0D: f"{where} refuses {who}: check system_id and password, and whether this host's address is on "
        "the carrier's list",
        0x53: f"{where} does not accept system_type {config.system_type!r} of {who}: ask the carrier for it",
        0x04: f"{where} does not let {who} bind as {config.mode}: try the other mode",
        0x03: f'{where} does not know this kind of bind for {who}: try mode = "transmitter+receiver"',
    }
    if status in refused:
        return Trouble(f"{refused[status]} ({code})", code, refused=True)
    passing = {
        0x05: f"{where} says that {who} is already connected: another program uses the account, or an old "
        "connection has not timed out yet",
        0x58: f"{where} says that {who} connects too often",
        0x08: f"{where} has a system error and does not let {who} in at the moment",
    }
    return Trouble(f"{passing.get(status, f'{where} does not let {who} in')} ({code})", code)
