"""What the gateway refuses, as command_status (SMPP 3.4 section 5.1.3): the table that docs/smpp.md shows."""

from __future__ import annotations

import logging

from drivers.smpp.statuses import name_of
from smsgw.errors import BadInput, RefusedByPolicy, SmsgwError

log = logging.getLogger(__name__)

OK = 0x00
RINVMSGLEN, RINVCMDLEN, RINVCMDID, RINVBNDSTS, RALYBND = 0x01, 0x02, 0x03, 0x04, 0x05
RINVPRTFLG, RSYSERR, RINVSRCADR, RINVDSTADR, RBINDFAIL, RINVPASWD = 0x06, 0x08, 0x0A, 0x0B, 0x0D, 0x0E
RCANCELFAIL, RREPLACEFAIL, RMSGQFUL, RINVNUMDESTS, RINVDLNAME = 0x11, 0x13, 0x14, 0x33, 0x34
RINVESMCLASS, RSUBMITFAIL, RTHROTTLED, RINVSCHED, RINVEXPIRY = 0x43, 0x45, 0x58, 0x61, 0x62
RINVDFTMSGID, RX_T_APPN, RX_P_APPN, RX_R_APPN, RQUERYFAIL = 0x63, 0x64, 0x65, 0x66, 0x67
RINVOPTPARSTREAM = 0xC0

# By the code of an error, or of its first fault. What is not here is RSUBMITFAIL for a submit.
BY_CODE: dict[str, int] = {
    "unauthenticated": RINVPASWD,
    "forbidden_scope": RBINDFAIL,
    "ip_not_allowed": RBINDFAIL,
    "too_many_binds": RALYBND,
    "rate_limited": RTHROTTLED,
    "queue_full": RMSGQFUL,
    "recipient_missing": RINVDSTADR,
    "recipient_invalid": RINVDSTADR,
    "recipient_not_mobile": RINVDSTADR,
    "recipient_opted_out": RINVDSTADR,
    "consent_missing": RINVDSTADR,
    "suppressed": RINVDSTADR,
    "channel_not_wanted": RINVDSTADR,
    "country_not_allowed": RINVDSTADR,
    "category_missing": RX_R_APPN,
    "category_unknown": RX_R_APPN,
    "way_out_missing": RX_R_APPN,
    "frequency_capped": RTHROTTLED,
    "quiet_hours": RTHROTTLED,
    "sender_invalid": RINVSRCADR,
    "sender_missing": RINVSRCADR,
    "sender_not_allowed": RINVSRCADR,
    "text_missing": RINVMSGLEN,
    "text_too_long": RINVMSGLEN,
    "text_undecodable": RINVMSGLEN,
    "data_missing": RINVMSGLEN,
    "data_too_long": RINVMSGLEN,
    "data_unwritable": RSUBMITFAIL,
    "validity_over": RINVEXPIRY,
    "duplicate_message": RX_R_APPN,
    "no_route": RSUBMITFAIL,
    "budget_exceeded": RSUBMITFAIL,
    "price_too_high": RSUBMITFAIL,
    "store_full": RSYSERR,
    "store_unreachable": RSYSERR,
    "fenced": RSYSERR,
    "store_error": RSYSERR,
    "internal": RSYSERR,
}


class BadRequest(Exception):
    """A PDU that cannot be taken: the status to answer, and words for the log."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status


def status_of(problem: BaseException, otherwise: int = RSUBMITFAIL) -> int:
    """The command_status for what the gateway raised."""
    if isinstance(problem, BadRequest):
        return problem.status
    if isinstance(problem, BadInput | RefusedByPolicy):
        return next((BY_CODE[fault.code] for fault in problem.faults if fault.code in BY_CODE), otherwise)
    if isinstance(problem, SmsgwError):
        return BY_CODE.get(problem.code, otherwise)
    return RSYSERR


def told_status(who: str, command: int, problem: BaseException, otherwise: int = RSUBMITFAIL) -> int:
    """The same, and the words in the log: a status is all that the client gets."""
    status = status_of(problem, otherwise)
    if not isinstance(problem, SmsgwError | BadRequest):
        log.error("SMPP command 0x%08X failed", command, exc_info=problem)
    level = logging.DEBUG if status in (RTHROTTLED, RMSGQFUL) else logging.INFO  # of those there may be thousands
    log.log(level, "SMPP client %s: refused with %s: %s", who, name_of(status), problem)
    return status
