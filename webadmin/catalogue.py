"""The catalogue of errors: each code with its status, what it means, and what to do; docs/errors.md is made of it.

A code is a promise to programs: it may be added, never renamed. Faults inside `errors` have finer codes of their own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of problem. status: HTTP. meaning: what happened. todo: the next step. retry: later it may work."""

    code: str
    status: int
    title: str
    meaning: str
    todo: str
    retry: bool = False


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        "bad_request",
        400,
        "The request cannot be understood",
        "The request breaks HTTP itself.",
        "Correct the client; `detail` says where.",
    ),
    Entry(
        "malformed_body",
        400,
        "The body is not JSON",
        "The body is no JSON text in UTF-8, names a key twice, or nests too deep.",
        "Correct the place that `detail` names by line and column.",
    ),
    Entry(
        "unauthenticated",
        401,
        "Who are you?",
        "There is no key, or one that is unknown or revoked.",
        "Send `Authorization: Bearer KEY`; make a key with `smsgw key create NAME`.",
    ),
    Entry(
        "forbidden_scope",
        403,
        "The key may not do this",
        "The key is good, but lacks the scope that this needs.",
        "Make a key with the scope that `detail` names.",
    ),
    Entry(
        "second_person_needed",
        403,
        "Somebody else must approve it",
        "The campaign costs more than one person may decide alone (approval_above in [campaigns]).",
        "Have somebody with the scope campaigns:approve, who did not write it, approve it.",
    ),
    Entry(
        "forbidden_origin",
        403,
        "The form came from elsewhere",
        "A page of another site sent this form, or the page was open for too long.",
        "Load the page again and repeat what you did.",
    ),
    Entry(
        "not_found",
        404,
        "There is no such thing",
        "Nothing has this address or id.",
        "Check the address; listings show the ids there are.",
    ),
    Entry(
        "method_not_allowed",
        405,
        "This method is not for this address",
        "The address exists, but not with this method.",
        "Use one of the methods in the `Allow` header.",
    ),
    Entry(
        "conflict",
        409,
        "Its present state forbids this",
        "The record exists, but is in a state in which this cannot be done.",
        "Look at the record and decide anew.",
    ),
    Entry(
        "already_final",
        409,
        "The message has ended already",
        "Only a message that waits can be taken back.",
        "Nothing: it was delivered, has failed, or was taken back before.",
    ),
    Entry(
        "already_sending",
        409,
        "The message is on its way",
        "It is being handed to a network this moment, or may have gone out without an answer.",
        "Try again in a moment, or wait for what the network says.",
    ),
    Entry(
        "cannot_recall",
        409,
        "The network does not give it back",
        "The message is sent, and its network cannot or will not take it back; `detail` says why.",
        "Nothing: wait for what the network says.",
    ),
    Entry(
        "partly_recalled",
        409,
        "Some of it could be taken back",
        "The network gave back some parts of a long text and not the others, so the phone may show a piece of it.",
        "Nothing: wait for what the network says.",
    ),
    Entry(
        "campaign_state",
        409,
        "The campaign is not so far, or too far",
        "A campaign is estimated, approved, scheduled, run, paused and resumed in an order; `detail` says where it is.",
        "Take the step that `hint` names.",
    ),
    Entry(
        "variable_undefined",
        409,
        "A variable has no value",
        "The text speaks of something that is not known of some of its recipients; `detail` says of whom and what.",
        "Give the variable a fallback, or fill in the field of these customers.",
    ),
    Entry(
        "series_over",
        409,
        "The series is over",
        "None of the runs of this campaign lies ahead.",
        "Write its rule or its last day anew.",
    ),
    Entry(
        "client_ref_conflict",
        409,
        "The client_ref belongs to another message",
        "The same client_ref came before with another text or number.",
        "Use a new client_ref for a new message.",
    ),
    Entry(
        "catalogue_changed",
        409,
        "The catalogue has changed since",
        "Somebody changed the catalogue after the differences were shown.",
        "Look at the differences again, then import with their version.",
    ),
    Entry(
        "order_changed",
        409,
        "The order has changed since",
        "The order has another revision than the one that was looked at.",
        "Look at the order again.",
    ),
    Entry(
        "order_state",
        409,
        "The order's state forbids this",
        "What was asked can be done only in another state of the order; `detail` says in which.",
        "Look at the order again.",
    ),
    Entry(
        "order_incomplete",
        409,
        "The order has a line that is not complete",
        "A product or a quantity is not known, so the customer cannot be asked for a yes.",
        "Edit the order: say which products and how many.",
    ),
    Entry(
        "idempotency_in_progress",
        409,
        "The first request is still being worked on",
        "A request with this Idempotency-Key came a moment ago and has no answer yet.",
        "Ask again with the same key; its answer will be given to you.",
        retry=True,
    ),
    Entry(
        "body_too_large",
        413,
        "The body is too large",
        "The body is larger than [web] max_body_mb allows.",
        "Send smaller batches, or raise the bound.",
    ),
    Entry(
        "unsupported_media_type",
        415,
        "The body has a type that is not taken here",
        "The Content-Type is missing or is another one than this address takes.",
        "Send `Content-Type: application/json`.",
    ),
    Entry(
        "validation_failed",
        422,
        "Something in the request is wrong",
        "Values are missing, unknown, of the wrong kind or out of range; `errors` tells all of them.",
        "Correct what each pointer in `errors` points at.",
    ),
    Entry(
        "idempotency_conflict",
        422,
        "The Idempotency-Key belongs to another request",
        "The same key came within the last 24 hours with another body.",
        "Use a new key for a new request.",
    ),
    Entry(
        "refused",
        422,
        "The gateway refuses to send this",
        "A rule of the gateway says no; the code of the problem names the rule.",
        "See `detail`.",
    ),
    Entry(
        "recipient_opted_out",
        422,
        "The recipient has opted out",
        "This number sent STOP, and nothing but an answer to what it writes goes to it.",
        "Do not send; the recipient may send START.",
    ),
    Entry(
        "duplicate_message",
        422,
        "The same text went to this number a moment ago",
        "The same text to the same number within [sending] duplicate_window.",
        "Nothing, or repeat it with `allow_duplicate` if it is meant.",
    ),
    Entry(
        "no_route",
        422,
        "No link serves this number",
        "No configured link has a prefix that fits the number.",
        "Add a link, or widen the prefixes of one.",
    ),
    Entry(
        "rate_limited",
        429,
        "Too many tries",
        "There were too many wrong passwords from this address.",
        "Wait for the seconds in `Retry-After`.",
        retry=True,
    ),
    Entry(
        "internal",
        500,
        "Something went wrong inside",
        "A fault of the gateway; its log has the trace.",
        "Ask again with the same client_ref or Idempotency-Key; report it with the request_id.",
        retry=True,
    ),
    Entry(
        "modem_refuses",
        502,
        "The modem refuses",
        "The modem does not do what was asked of it.",
        "See `detail`; `smsgw doctor` looks at the modem.",
    ),
    Entry(
        "ussd_failed",
        502,
        "The network refuses the code",
        "The operator does not know this USSD code, or ended the session.",
        "Ask the operator for the right code.",
    ),
    Entry(
        "queue_full",
        503,
        "The queue is full",
        "As many messages wait as [sending] queue_bound allows; nothing was accepted.",
        "Ask again after the seconds in `Retry-After`.",
        retry=True,
    ),
    Entry(
        "store_full",
        503,
        "The disk is full",
        "Nothing could be stored, so nothing was accepted.",
        "Free some disk space; then ask again.",
        retry=True,
    ),
    Entry(
        "store_unreachable",
        503,
        "The store does not answer",
        "The database is down, locked or slow.",
        "Ask again with the same client_ref or Idempotency-Key.",
        retry=True,
    ),
    Entry(
        "store_error",
        503,
        "The store cannot be used",
        "The database refused what was asked of it.",
        "See the log; `smsgw db check` tells more.",
        retry=True,
    ),
    Entry(
        "modem_silent",
        504,
        "The network did not answer",
        "The modem or its operator did not answer in time.",
        "Look at the link; then ask again.",
        retry=True,
    ),
)

BY_CODE = {entry.code: entry for entry in CATALOGUE}


def catalogue() -> list[Entry]:
    """Every problem that the gateway answers with, by status."""
    return list(CATALOGUE)
