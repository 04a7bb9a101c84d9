"""The carriers, as data: how each is asked to send, what it answers, and what its calls say.

Words in braces are filled in: to, bare (to without its plus), from, text, user, password, ref (our own name for the
part), hook (where it is to call us), kind (unicode or text). A path such as `messages.0.id` leads into an answer;
in a list of several paths the first that leads somewhere counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from smsgw.link import ReceiptState as R

Paths = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """One carrier.

    url: its own address, if it has one for all. body: how a request is written. fields: what it says; those whose
    value is empty when filled in are left out. auth: basic, bearer, an Authorization header with words, or none.
    reference: where its name for a part stands; none: ours counts. good: (path, values) of an answer that says yes,
    or how the body begins. code: where its own error code stands; throttled, later: codes that mean these.
    parts: it takes parts with their headers, and octets; else whole texts. rows: where the list of events is.
    inbound_when: (path, values) of an event that can be a text of a phone; without it, any that is no receipt.
    """

    path: str
    url: str = ""
    method: Literal["GET", "POST"] = "POST"
    body: Literal["form", "json", "query"] = "form"
    fields: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: str = "basic"
    reference: Paths = ()
    good: tuple[str, tuple[str, ...]] = ("", ())
    code: Paths = ()
    throttled: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    parts: bool = False
    signed: Literal["twilio", "vonage", "android", "standard", "token"] = "token"
    signed_by_password: bool = False
    rows: str = ""
    receipt_id: Paths = ()
    receipt_state: Paths = ()
    receipt_to: Paths = ()
    receipt_error: Paths = ()
    states: Mapping[str, R] = field(default_factory=dict)
    inbound_from: Paths = ()
    inbound_to: Paths = ()
    inbound_text: Paths = ()
    inbound_id: Paths = ()
    inbound_when: tuple[str, tuple[str, ...]] = ("", ())
    answer: tuple[str, str] = ("text/plain", "")


_WORDS = {
    "delivered": R.DELIVERED, "undelivered": R.UNDELIVERABLE, "failed": R.REJECTED, "expired": R.EXPIRED,
    "rejected": R.REJECTED, "canceled": R.DELETED, "cancelled": R.DELETED, "refused": R.REJECTED,
    "accepted": R.ACCEPTED, "buffered": R.ENROUTE, "queued": R.ENROUTE, "sending": R.ENROUTE, "sent": R.ENROUTE,
    "unknown": R.UNKNOWN,
}  # fmt: skip

PROFILES: dict[str, Profile] = {
    "twilio": Profile(
        url="https://api.twilio.com",
        path="/2010-04-01/Accounts/{user}/Messages.json",
        fields={"To": "{to}", "From": "{from}", "Body": "{text}", "StatusCallback": "{hook}"},
        headers={"I-Twilio-Idempotency-Token": "{ref}"},
        reference=("sid",),
        code=("code",),
        throttled=("20429", "21611", "14107"),
        signed="twilio",
        signed_by_password=True,
        receipt_id=("MessageSid",),
        receipt_state=("MessageStatus",),
        receipt_to=("To",),
        receipt_error=("ErrorCode",),
        states=_WORDS,
        inbound_from=("From",),
        inbound_to=("To",),
        inbound_text=("Body",),
        inbound_id=("MessageSid",),
        answer=("text/xml", "<Response/>"),
    ),
    "vonage": Profile(
        url="https://rest.nexmo.com",
        path="/sms/json",
        fields={
            "api_key": "{user}",
            "api_secret": "{password}",
            "to": "{bare}",
            "from": "{from}",
            "text": "{text}",
            "type": "{kind}",
            "callback": "{hook}",
            "client-ref": "{ref}",
        },
        auth="none",
        reference=("messages.0.message-id",),
        good=("messages.0.status", ("0",)),
        code=("messages.0.status",),
        throttled=("1",),
        later=("5", "10"),
        signed="vonage",
        receipt_id=("messageId", "message-id"),
        receipt_state=("status",),
        receipt_to=(),
        receipt_error=("err-code",),
        states=_WORDS,
        inbound_from=("msisdn",),
        inbound_to=("to",),
        inbound_text=("text",),
        inbound_id=("messageId", "message-id"),
    ),
    "infobip": Profile(
        path="/sms/2/text/advanced",
        body="json",
        fields={
            "messages": [
                {
                    "destinations": [{"to": "{bare}", "messageId": "{ref}"}],
                    "from": "{from}",
                    "text": "{text}",
                    "notifyUrl": "{hook}",
                    "notifyContentType": "application/json",
                }
            ]
        },
        auth="App {password}",
        reference=("messages.0.messageId",),
        code=("requestError.serviceException.messageId",),
        throttled=("TOO_MANY_REQUESTS",),
        rows="results",
        receipt_id=("messageId",),
        receipt_state=("status.groupName",),
        receipt_error=("error.name",),
        states={
            "delivered": R.DELIVERED,
            "undeliverable": R.UNDELIVERABLE,
            "expired": R.EXPIRED,
            "rejected": R.REJECTED,
            "pending": R.ENROUTE,
        },
        inbound_from=("from",),
        inbound_to=("to",),
        inbound_text=("text", "cleanText"),
        inbound_id=("messageId",),
        answer=("application/json", "{}"),
    ),
    "telnyx": Profile(
        url="https://api.telnyx.com/v2",
        path="/messages",
        body="json",
        fields={"from": "{from}", "to": "{to}", "text": "{text}", "webhook_url": "{hook}"},
        auth="bearer",
        reference=("data.id",),
        code=("errors.0.code",),
        throttled=("10011", "40318"),
        receipt_id=("data.payload.id",),
        receipt_state=("data.payload.to.0.status",),
        receipt_to=("data.payload.to.0.phone_number",),
        receipt_error=("data.payload.errors.0.code",),
        states={
            "queued": R.ENROUTE,
            "sending": R.ENROUTE,
            "sent": R.ENROUTE,
            "delivered": R.DELIVERED,
            "sending_failed": R.REJECTED,
            "delivery_failed": R.UNDELIVERABLE,
            "delivery_unconfirmed": R.UNKNOWN,
            "expired": R.EXPIRED,
        },
        inbound_from=("data.payload.from.phone_number",),
        inbound_to=("data.payload.to.0.phone_number",),
        inbound_text=("data.payload.text",),
        inbound_id=("data.payload.id",),
        inbound_when=("data.payload.direction", ("inbound",)),
        answer=("application/json", "{}"),
    ),
    "46elks": Profile(
        url="https://api.46elks.com/a1",
        path="/sms",
        fields={"from": "{from}", "to": "{to}", "message": "{text}", "whendelivered": "{hook}"},
        reference=("id",),
        receipt_id=("id",),
        receipt_state=("status",),
        receipt_to=("to",),
        states={"created": R.ENROUTE, "sent": R.ENROUTE, "delivered": R.DELIVERED, "failed": R.UNDELIVERABLE},
        inbound_from=("from",),
        inbound_to=("to",),
        inbound_text=("message",),
        inbound_id=("id",),
    ),
    "android": Profile(
        path="/3rdparty/v1/messages",
        body="json",
        fields={
            "id": "{ref}",
            "textMessage": {"text": "{text}"},
            "phoneNumbers": ["{to}"],
            "withDeliveryReport": True,
        },
        reference=("id",),
        code=("code",),
        signed="android",
        receipt_id=("payload.messageId",),
        receipt_state=("event",),
        receipt_to=("payload.recipient", "payload.phoneNumber"),
        receipt_error=("payload.reason",),
        states={
            "sms:sent": R.ENROUTE,
            "sms:delivered": R.DELIVERED,
            "sms:failed": R.REJECTED,
            "sms:cancelled": R.DELETED,
        },
        inbound_from=("payload.sender", "payload.phoneNumber"),
        inbound_to=("payload.recipient",),
        inbound_text=("payload.message",),
        inbound_id=("payload.messageId", "id"),
    ),
    "smsgw": Profile(
        path="/api/v1/messages",
        body="json",
        fields={"to": "{to}", "from": "{from}", "text": "{text}", "client_ref": "{ref}", "allow_duplicate": True},
        auth="bearer",
        reference=("id",),
        code=("code",),
        throttled=("rate_limited", "queue_full"),
        later=("store_full", "store_unreachable", "fenced", "store_error"),
        signed="standard",
        receipt_id=("data.id",),
        receipt_state=("data.status",),
        receipt_to=("data.to",),
        receipt_error=("data.why",),
        states={**_WORDS, "undelivered": R.UNDELIVERABLE},
        inbound_from=("data.from",),
        inbound_to=("data.to",),
        inbound_text=("data.text",),
        inbound_id=("data.id",),
    ),
    "kannel": Profile(
        path="/cgi-bin/sendsms",
        method="GET",
        body="query",
        fields={
            "username": "{user}",
            "password": "{password}",
            "to": "{to}",
            "from": "{from}",
            "text": "{octets}",
            "coding": "{coding}",
            "charset": "{charset}",
            "udh": "{udh}",
            "dlr-mask": "{mask}",
            "dlr-url": "{hook}&ref={ref}&status=%d&answer=%A",
        },
        auth="none",
        good=("", ("0: accepted for delivery", "3: queued for later delivery", "sent.", "ok.")),
        parts=True,
        receipt_id=("ref",),
        receipt_state=("status",),
        receipt_error=("answer",),
        states={"1": R.DELIVERED, "2": R.UNDELIVERABLE, "4": R.ENROUTE, "8": R.ENROUTE, "16": R.REJECTED},
        inbound_from=("from",),
        inbound_to=("to",),
        inbound_text=("text",),
        inbound_id=("id",),
    ),
    "form": Profile(
        path="",
        fields={"to": "{to}", "from": "{from}", "text": "{text}", "callback": "{hook}", "ref": "{ref}"},
        reference=("id", "message_id", "messageId", "sid"),
        code=("code", "error"),
        receipt_id=("id", "message_id", "messageId", "sid", "ref"),
        receipt_state=("status",),
        receipt_error=("error",),
        states={**_WORDS, "undeliverable": R.UNDELIVERABLE},
        inbound_from=("from",),
        inbound_to=("to",),
        inbound_text=("text",),
        inbound_id=("id", "message_id", "messageId", "sid"),
    ),
}
