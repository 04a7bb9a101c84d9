"""What each status means, of MM7 (TS 23.140 section 8.7.8.3 and operators' own) and of HTTP: the table, and the error.

The surprise: trouble at the MMSC is told as a link that is down. Nothing of the message is the cause, so it uses up
none of the message's tries and goes on, with growing pauses, until the message expires.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from smsgw.link import (
    LinkDown,
    LinkError,
    Misconfigured,
    ReceiptState,
    RejectedForGood,
    Throttled,
)

FIRST_PAUSE, LONGEST_PAUSE = 10.0, 3600.0  # seconds between tries while the MMSC has trouble


class Outcome(StrEnum):
    """What follows from a status."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    RECIPIENT = "recipient"
    CONTENT = "content"
    ACCOUNT = "account"
    SCHEMA = "schema"
    SPLIT = "split"
    LATER = "later"
    SLOWER = "slower"
    UNREAD = "unread"
    FOR_GOOD = "for good"


WHAT_FOLLOWS: dict[Outcome, str] = {
    Outcome.ACCEPTED: "the message is sent; its MessageID is kept for reports",
    Outcome.PARTIAL: "the recipients that Details names are refused for good; the message is sent to the others",
    Outcome.RECIPIENT: "for good, for this recipient; it says nothing about whether the phone shows MMS",
    Outcome.CONTENT: "for good, for this content: a smaller one may pass; the code begins with content-",
    Outcome.ACCOUNT: "the link rests and says what to correct; messages wait",
    Outcome.SCHEMA: "the link rests: version or namespace must be corrected; messages wait",
    Outcome.SPLIT: "the same again in one request for each recipient; of a single recipient: for good",
    Outcome.LATER: "again after 10 seconds, then after twice as long each time up to an hour, until the message "
    "expires; it uses up no tries",
    Outcome.SLOWER: "again soon, and the link goes slower",
    Outcome.UNREAD: "for good: one of the two sides has a mistake; the exchange is kept (see exchanges)",
    Outcome.FOR_GOOD: "for good",
}

MM7: dict[int, tuple[Outcome, str]] = {
    1000: (Outcome.ACCEPTED, "success"),
    1100: (Outcome.PARTIAL, "partial success"),
    2000: (Outcome.UNREAD, "the request is wrong"),
    2001: (Outcome.ACCOUNT, "the operator does not allow the operation"),
    2002: (Outcome.RECIPIENT, "the address is wrong"),
    2003: (Outcome.RECIPIENT, "the address is not known"),
    2004: (Outcome.CONTENT, "the content is refused"),
    2005: (Outcome.RECIPIENT, "the message is not known"),
    2006: (Outcome.UNREAD, "the LinkedID is not known"),
    2007: (Outcome.UNREAD, "the request could not be read"),
    2503: (Outcome.SPLIT, "only one recipient is allowed"),
    2505: (Outcome.SCHEMA, "the version is not supported"),
    2507: (Outcome.SCHEMA, "the namespace is not supported"),
    2550: (Outcome.ACCOUNT, "the account may not do that"),
    2551: (Outcome.ACCOUNT, "the account may not do that"),
    2560: (Outcome.CONTENT, "the content is not supported"),
    2561: (Outcome.ACCOUNT, "the account may not do that"),
    2562: (Outcome.ACCOUNT, "the account may not do that"),
    2563: (Outcome.ACCOUNT, "the account may not do that"),
    2564: (Outcome.ACCOUNT, "the account may not do that"),
    2568: (Outcome.ACCOUNT, "the account may not do that"),
    3000: (Outcome.LATER, "the MMSC has an error"),
    3002: (Outcome.CONTENT, "the message is rejected"),
    3003: (Outcome.SPLIT, "more than one recipient is not supported"),
    3500: (Outcome.LATER, "the MMSC has an error"),
    3510: (Outcome.SLOWER, "too many requests"),
    4000: (Outcome.FOR_GOOD, "the service has an error"),
    4001: (Outcome.ACCOUNT, "VASPID, VASID or the sender are not accepted"),
    4002: (Outcome.SCHEMA, "the version is not supported"),
    4003: (Outcome.UNREAD, "the operation is not supported"),
    4004: (Outcome.UNREAD, "the request is not valid"),
    4005: (Outcome.FOR_GOOD, "the service has an error"),
    4006: (Outcome.LATER, "the service is not available"),
    4007: (Outcome.ACCOUNT, "the service is denied"),
}
BY_DIGIT: dict[str, Outcome] = {
    "1": Outcome.ACCEPTED,
    "2": Outcome.FOR_GOOD,
    "3": Outcome.LATER,
    "4": Outcome.FOR_GOOD,
}
HTTP: dict[int, tuple[Outcome, str]] = {
    400: (Outcome.UNREAD, "the MMSC's web server could not read the request"),
    401: (Outcome.ACCOUNT, "the MMSC does not accept user and password"),
    403: (Outcome.ACCOUNT, "the MMSC does not let us in"),
    404: (Outcome.ACCOUNT, "there is nothing at this url"),
    405: (Outcome.ACCOUNT, "what is at this url takes no requests"),
    407: (Outcome.ACCOUNT, "something between us and the MMSC wants a password"),
    413: (Outcome.CONTENT, "the request is too large"),
    415: (Outcome.UNREAD, "the MMSC's web server does not take SOAP with attachments"),
    429: (Outcome.SLOWER, "too many requests"),
}
_CORRECT: dict[Outcome, str] = {
    Outcome.ACCOUNT: "check url, user, password, vasp_id, vas_id and service_code",
    Outcome.SCHEMA: "check version and namespace",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What a status means here. status: the MM7 status, else the HTTP status. whole: the MMSC itself has trouble."""

    outcome: Outcome
    status: int
    says: str
    whole: bool = False


def judge(http: int, status: int | None, said: str, retry: Collection[int] = ()) -> Judged:
    """What an answer means. status: the MM7 status in it, if any, which counts before that of HTTP."""
    number = http if status is None else status
    outcome, meaning = _looked_up(http, status)
    if number in retry or (outcome is not Outcome.ACCEPTED and http in retry):
        outcome, meaning = Outcome.LATER, meaning or "this status is told in retry_statuses"
    says = f"the MMSC says {number}: {meaning or said or 'its own status'}"
    if meaning and said and said.lower() not in (meaning, "success"):
        says += f" ({said[:200]})"
    return Judged(outcome, number, says, outcome is Outcome.LATER and (status is None or number in (3500, 4006)))


def _looked_up(http: int, status: int | None) -> tuple[Outcome, str]:
    if status is not None:
        known = MM7.get(status)
        return known or (BY_DIGIT.get(str(status)[:1], Outcome.FOR_GOOD), "")
    if http in HTTP:
        return HTTP[http]
    if http >= 500:
        return Outcome.LATER, "the MMSC's web server has an error"
    if 300 <= http < 400:
        return Outcome.ACCOUNT, "the MMSC is at another url"
    return Outcome.FOR_GOOD, "the MMSC's web server refuses the request"


def error(judged: Judged, pause: float, refused_pause: float) -> LinkError:
    """What a part is told that was not taken. pause: seconds until the next try while the MMSC has trouble."""
    code, says = str(judged.status), judged.says
    if judged.outcome is Outcome.CONTENT:
        return RejectedForGood(says, f"content-{code}")
    if judged.outcome in _CORRECT:
        return Misconfigured(f"{says}; {_CORRECT[judged.outcome]}", code, rest=refused_pause)
    if judged.outcome is Outcome.LATER:
        return LinkDown(says, code, after=pause, rest=pause if judged.whole else 0.0)
    if judged.outcome is Outcome.SLOWER:
        return Throttled(says, code)
    return RejectedForGood(says, code)


def slower(told: LinkError, seconds: float) -> LinkError:
    """The same with the pause that the MMSC names."""
    return replace(told, rest=seconds) if isinstance(told, Throttled) and seconds else told


STATES: dict[str, tuple[ReceiptState, str]] = {
    "retrieved": (ReceiptState.DELIVERED, "Retrieved"),
    "expired": (ReceiptState.EXPIRED, "Expired"),
    "rejected": (ReceiptState.REJECTED, "Rejected"),
    "deferred": (ReceiptState.ENROUTE, "Deferred"),
    "indeterminate": (ReceiptState.UNKNOWN, "Indeterminate"),
    "forwarded": (ReceiptState.ENROUTE, "Forwarded"),
    "unrecognised": (ReceiptState.UNDELIVERABLE, "Unrecognised"),
    "unrecognized": (ReceiptState.UNDELIVERABLE, "Unrecognised"),
    "unreachable": (ReceiptState.UNDELIVERABLE, "Unreachable"),
    "notsupported": (ReceiptState.UNDELIVERABLE, "NotSupported"),
    "read": (ReceiptState.DELIVERED, "read"),
    "deleted": (ReceiptState.DELIVERED, "Deleted"),  # without being read: but the phone had it
    "deletedunread": (ReceiptState.DELIVERED, "Deleted"),
    "deletedwithoutbeingread": (ReceiptState.DELIVERED, "Deleted"),
}


def state(status: str) -> tuple[ReceiptState, str]:
    """What a report's status means, and the word for it; a word that nobody knows decides nothing."""
    bare = "".join(letter for letter in status.lower() if letter.isalpha())
    return STATES.get(bare, (ReceiptState.UNKNOWN, status[:60]))
