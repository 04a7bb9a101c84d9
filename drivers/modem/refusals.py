"""What a refusal means: +CMS ERROR (3GPP TS 27.005 section 3.2.5), +CME ERROR (27.007 section 9.2) as link errors.

+CMS ERROR 1 to 127 are the network's own causes (24.011 annex E-2), the rest are the modem's.
"""

from __future__ import annotations

from smsgw.link import (
    LinkDown,
    LinkError,
    Misconfigured,
    RecipientUnreachable,
    RejectedForGood,
    RejectedForNow,
    Throttled,
)

_FOR_GOOD = {
    1: "this number is not assigned to anybody",
    8: "the operator bars texts from this SIM to this number",
    10: "the operator bars this SIM from calls and texts",
    28: "the recipient is not identified",
    29: "the network refuses texts from this SIM",
    30: "the recipient is unknown",
    50: "this SIM may not send texts to this number",
    69: "the network does not offer this",
    95: "the network calls the message wrong",
    96: "the network misses something in the message",
    97: "the network does not know this kind of message",
    98: "the network does not expect this kind of message now",
    99: "the network does not know a part of the message",
    111: "the network calls the message wrong",
    301: "the modem's text service is reserved",
    302: "the modem does not allow this",
    303: "the modem cannot do this",
    304: "the modem calls our message wrong",
    305: "the modem calls our message wrong",
}
_FOR_NOW = {
    17: "the network failed",
    21: "the network refuses it at the moment",
    22: "the memory of the phone or the network is full",
    38: "the network is out of order",
    41: "the network has a temporary failure",
    47: "the network has no resources",
    127: "the network could not hand the text on",
    314: "the SIM is busy",
    320: "the modem's memory failed",
    321: "the modem's memory has no such place",
    322: "the modem's memory is full",
    332: "the network did not answer the modem",
    340: "the modem waits for an acknowledgement",
    500: "the modem gives no reason",
    512: "the modem or the SIM refuses it at the moment",
    513: "the radio link to the network was lost",
    514: "the modem lost the answer",
    515: "the modem is busy",
}
_SIM = {
    310: "there is no SIM in the modem",
    311: "the SIM asks for its PIN",
    312: "the modem is locked to another SIM",
    313: "the SIM failed",
    315: "this is a wrong SIM",
    316: "the SIM asks for its PUK",
    317: "the SIM asks for its PIN2",
    318: "the SIM asks for its PUK2",
    330: "the SIM has no service centre number: set smsc in the link's configuration",
}
_CME_SIM = {
    5: "the modem is locked to another SIM",
    10: "there is no SIM in the modem",
    11: "the SIM asks for its PIN",
    12: "the SIM asks for its PUK",
    13: "the SIM failed",
    15: "this is a wrong SIM",
    16: "the SIM's PIN was wrong",
    17: "the SIM asks for its PIN2",
    18: "the SIM asks for its PUK2",
}
_CME_FOR_NOW = {
    14: "the SIM is busy",
    20: "the modem's memory is full",
    31: "the network did not answer the modem",
    515: "the modem is busy",
}
SWEEP_FIRST = frozenset({320, 321, 322, 340})
"""+CMS ERRORs after which the memories are to be read and emptied."""

SAY_LITTLE = frozenset({"CMS 38", "CMS 111", "CMS 127", "CMS 500", "ERROR", "CME 100"})
"""Codes after which it is worth asking the modem for more words."""
_IN_A_ROW = (17, 38, 41, 47, 331, 332, 500, 512, 513, 514, 515)
_REJECTS = {
    2: "the operator does not know this SIM: it was never activated, or was ended",
    3: "the operator bars this SIM",
    5: "the network does not accept this modem (its IMEI)",
    6: "the network bars this modem (its IMEI)",
    7: "this SIM may not use packet services",
    8: "this SIM may use neither calls nor packet services",
    11: "this network is not allowed for this SIM",
    12: "this place is not allowed for this SIM",
    13: "roaming is not allowed here for this SIM",
    14: "packet services are not allowed in this network",
    15: "the network has no cell here that this SIM may use",
    17: "the network failed",
    20: "the SIM could not prove who it is",
    21: "the network and the SIM do not agree on a key",
    22: "the network is congested",
    25: "this SIM may not use this closed group's cell",
}


def reject_words(cause: int | None) -> str:
    """Why a network refuses a SIM (3GPP TS 24.008 section 10.5.3.6, 24.301 section 9.9.3.9), for people."""
    if cause is None:
        return "the network refuses this SIM: is it active?"
    said = _REJECTS.get(cause, "a cause that we have no words for")
    return f"the network refuses this SIM: {said} (cause {cause})"


def tells_of_the_link(error: LinkError) -> bool:
    """Whether several of these in a row mean that the modem or its network ails, not the message."""
    number = error.code.removeprefix("CMS ")
    return error.code == "ERROR" or error.code.startswith("CME") or (number.isdecimal() and int(number) in _IN_A_ROW)


def cms_error(code: int) -> LinkError:
    """The link error for +CMS ERROR `code`."""
    name = f"CMS {code}"
    if code in _FOR_GOOD:
        return RejectedForGood(_FOR_GOOD[code], name)
    if code in _SIM:
        return Misconfigured(_SIM[code], name)
    if code == 27:
        return RecipientUnreachable("the phone is switched off, out of reach or out of order", name)
    if code == 42:
        return Throttled("the network is congested", name, rest=10.0)
    if code == 331:
        return LinkDown("the modem has no network", name, rest=10.0)
    if code in SWEEP_FIRST:
        return RejectedForNow(_FOR_NOW[code], name, after=5.0)
    return RejectedForNow(_FOR_NOW.get(code, "the network refuses it without a reason that we know"), name)


def cme_error(code: int) -> LinkError:
    """The link error for +CME ERROR `code`."""
    name = f"CME {code}"
    if code in _CME_SIM:
        return Misconfigured(_CME_SIM[code], name)
    if code in (30, 32):
        return LinkDown("the modem has no network", name, rest=10.0)
    return RejectedForNow(_CME_FOR_NOW.get(code, "the modem refuses it"), name)


def sim_is_the_trouble(error: LinkError) -> bool:
    """Whether the SIM has to be looked at again from the start."""
    return isinstance(error, Misconfigured) and error.code != "CMS 330"
