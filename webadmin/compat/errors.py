"""One table of errors: what each of the gateway's codes is in every dialect; each door renders its column."""

from __future__ import annotations

from dataclasses import dataclass

from smsgw.errors import BadInput, RefusedByPolicy

from ..problems import Problem, problem_of

DENIED = "Number(s) has/have been denied by white- and/or black-lists."
UNROUTABLE = "Not routable. Do not try again."
LATER = "Temporal failure, try again later."


@dataclass(frozen=True, slots=True)
class Said:
    """One error in the dialects: (status, code) of Twilio, (status, body) of Kannel, (status, words) of Jasmin.

    jasmin: None where the words of the problem itself are said.
    """

    twilio: tuple[int, int]
    kannel: tuple[int, str]
    jasmin: tuple[int, str | None]
    android: int = 400


_UNKNOWN = Said(
    (401, 20003), (403, "Authorization failed for sendsms"), (403, "Authentication failure for username"), 401
)
_FORBIDDEN = Said((403, 20403), (403, "Authorization failed for sendsms"), (403, "Authorization failed"), 403)
_BAD = Said((400, 20001), (400, "Invalid content-type"), (400, None))
_SENDER = (400, "Sender missing and no global set, rejected")
_REFUSED = Said((400, 21610), (400, DENIED), (403, None), 400)
_NOT_NOW = Said((400, 21610), (503, LATER), (400, None), 409)
_NO_ROUTE = Said((400, 21612), (403, UNROUTABLE), (412, "No route found"), 400)
_MONEY = Said(
    (400, 30010), (403, UNROUTABLE), (403, "Cannot charge submit_sm, check RouterPB log file for details"), 402
)
_LATER = Said((503, 20503), (503, LATER), (500, None), 503)
_TEXT = Said((400, 21617), (400, "Text too long, rejected"), (400, None))

TABLE: dict[str, Said] = {
    "unauthenticated": _UNKNOWN,
    "forbidden_scope": _FORBIDDEN,
    "ip_not_allowed": _FORBIDDEN,
    "not_found": Said((404, 20404), (404, "Unknown request."), (404, None), 404),
    "method_not_allowed": Said((405, 20004), (404, "Unknown request."), (405, None), 405),
    "bad_request": _BAD,
    "malformed_body": _BAD,
    "unsupported_media_type": _BAD,
    "body_too_large": Said((413, 20413), (400, "Invalid content-type"), (400, None), 413),
    "validation_failed": Said((400, 20001), (400, "Charset or body misformed, rejected"), (400, None)),
    "recipient_missing": Said((400, 21604), (400, "Missing receiver number, rejected"), (400, None)),
    "recipient_invalid": Said((400, 21211), (400, DENIED), (400, None)),
    "recipient_not_mobile": Said((400, 21614), (400, DENIED), (400, None)),
    "sender_missing": Said((400, 21603), _SENDER, (400, None)),
    "sender_invalid": Said((400, 21212), _SENDER, (400, None)),
    "sender_not_allowed": Said((400, 21606), _SENDER, (400, None)),
    "text_missing": Said((400, 21602), (400, "Charset or body misformed, rejected"), (400, None)),
    "text_undecodable": Said((400, 21602), (400, "Charset or body misformed, rejected"), (400, None)),
    "text_too_long": _TEXT,
    "coding_differs": _TEXT,
    "data_too_long": _TEXT,
    "media_invalid": Said((400, 21620), (400, "Charset or body misformed, rejected"), (400, None)),
    **{
        code: Said((400, 21620), (400, "Charset or body misformed, rejected"), (400, None))
        for code in (
            "media_url_invalid",
            "media_url_refused",
            "media_not_fetched",
            "media_too_large",
            "media_empty",
            "media_type_unknown",
            "media_unfit",
            "media_unknown",
            "media_gone",
        )
    },
    "mms_impossible": _NO_ROUTE,
    "url_invalid": Said((400, 21609), (400, "DLR-URL field misformed, rejected"), (400, None)),
    "url_refused": Said((400, 21609), (400, "DLR-URL field misformed, rejected"), (400, None)),
    "out_of_range": Said((400, 20001), (400, "Deferred field misformed, rejected"), (400, None)),
    "refused": _REFUSED,
    "recipient_opted_out": _REFUSED,
    "consent_missing": _REFUSED,
    "suppressed": _REFUSED,
    "category_missing": _REFUSED,
    "category_unknown": _REFUSED,
    "channel_not_wanted": _REFUSED,
    "way_out_missing": _REFUSED,
    "frequency_capped": _NOT_NOW,
    "quiet_hours": _NOT_NOW,
    "country_not_allowed": Said((400, 21408), (403, UNROUTABLE), (412, "No route found")),
    "link_unknown": _NO_ROUTE,
    "no_route": _NO_ROUTE,
    "budget_exceeded": _MONEY,
    "price_too_high": _MONEY,
    "duplicate_message": Said((400, 30007), (503, LATER), (400, None), 409),
    "client_ref_conflict": Said((409, 20409), (400, "Charset or body misformed, rejected"), (400, None), 409),
    "conflict": Said((409, 20409), (503, LATER), (400, None), 409),
    "already_final": Said((400, 30409), (503, LATER), (400, None), 409),
    "already_sending": Said((400, 30409), (503, LATER), (400, None), 409),
    "cannot_recall": Said((400, 30409), (503, LATER), (400, None), 409),
    "partly_recalled": Said((400, 30409), (503, LATER), (400, None), 409),
    "cannot_replace": Said((400, 30409), (503, LATER), (400, None), 409),
    "replace_unsure": Said((400, 30409), (503, LATER), (400, None), 409),
    "rate_limited": Said((429, 20429), (503, LATER), (429, None), 429),
    "queue_full": Said((429, 21611), (503, LATER), (500, None), 503),
    "store_full": _LATER,
    "store_unreachable": _LATER,
    "fenced": _LATER,
    "store_error": _LATER,
    "internal": Said((500, 20500), (500, "Sending failed."), (500, None), 500),
}


def said_of(error: BaseException) -> tuple[Said, Problem]:
    """What went wrong, in all dialects, and as the problem that it is. The first fault that has a row decides."""
    problem = problem_of(error)
    faults = error.faults if isinstance(error, BadInput | RefusedByPolicy) else []
    codes = [*(fault.code for fault in faults), problem.code, problem.entry.code, _kind(problem), "internal"]
    return next(TABLE[code] for code in codes if code in TABLE), problem


def _kind(problem: Problem) -> str:
    return (
        "internal" if problem.entry.status >= 500 else "refused" if problem.entry.code == "refused" else "bad_request"
    )
