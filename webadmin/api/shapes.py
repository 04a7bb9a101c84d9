"""The shapes of what the API takes and answers: they check requests, and the OpenAPI document is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, RootModel, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from smsgw.store.lifecycle import INBOUND, MESSAGE
from smsgw.text.parts import MAX_PARTS
from smsgw.text.template import LONGEST_VALUE

from .fields import BASE64 as BASE64  # whoever shapes has all kinds of fields from here
from .fields import HALF as HALF
from .fields import Base64, Hexadecimal, Port, Purpose, Ref
from .fields import Moment as Moment
from .fields import Shape as Shape
from .fields import Words as Words
from .media_shapes import Carried, Content, InboundMedium
from .said_before_shapes import SaidBefore

LONGEST_TEXT = 255 * 153  # letters: the most parts of the most septets; the parts themselves are counted later
MANY = 10_000  # items in one batch
TO_EACH = 1_000  # numbers in one `to`


class Ports(Shape):
    """The applications that data is from and for (3GPP TS 23.040 section 9.2.3.24.4)."""

    to: Port = Field(description="The port on the phone, such as 2948 for WAP push.", examples=[2948])
    from_: Port = Field(0, alias="from", description="The port that it comes from, and that an answer goes to.")


class NewMessage(Carried):
    """A message to be sent to one number."""

    model_config = ConfigDict(defer_build=False)  # every gateway takes messages, in a loop that must not wait

    to: Words = Field(
        max_length=100,
        description="The number, best in E.164 (+38640111222). A list of them sends the same to each; what differs "
        "goes as /messages/batch.",
        examples=["+38640111222"],
    )
    text: Words = Field(
        "",
        max_length=LONGEST_TEXT,
        description="What to say; left out only for data, media and a template.",
        examples=["Your order 1042 is ready."],
    )
    template: Words | None = Field(
        None, min_length=1, max_length=80, description="Instead of a text: the template, by id or name."
    )
    locale: str | None = Field(
        None,
        pattern="^(auto|[a-z]{2,3})$",
        description="Which of its texts; auto (the default) by the language on the customer's card.",
    )
    vars: (
        dict[
            Annotated[Words, Field(min_length=1, max_length=40)],
            Annotated[Words, Field(max_length=LONGEST_VALUE)] | int | float,
        ]
        | None
    ) = Field(
        None,
        max_length=40,
        description="What its variables stand for; what is not here is on the customer's card.",
    )
    data: Base64 = Field(None, description="Octets for an application on the phone, instead of a text.")
    data_hex: Hexadecimal = Field(None, description="The same as data, in hexadecimal digits.")
    ports: Ports | None = Field(None, description="The ports of data.")
    from_: Words | None = Field(
        None,
        alias="from",
        max_length=100,
        description="The sender that the phone shows: a number, or a name of at most 11 letters; by default what the "
        "configuration says.",
    )
    purpose: Purpose = Field("transactional", description="What the message is for; rules differ by it.")
    client_ref: Ref | None = Field(
        None, description="Your own name for the message, unique among your messages: the same again sends nothing."
    )
    send_at: Moment | None = Field(None, description="Not before this time, at most a year ahead; now if it is past.")
    expires_in: int | None = Field(
        None, ge=1, le=30 * 86400, description="For how many seconds from then it is worth sending."
    )
    priority: int | None = Field(
        None, ge=0, le=9, description="0 (bulk) to 9 (urgent): who overtakes whom; by default its purpose decides."
    )
    link: Words | None = Field(None, max_length=40, description="The only link that will do, by name.")
    message_class: int | None = Field(
        None, ge=0, le=3, description="0 shows the text at once and keeps nothing (flash)."
    )
    max_parts: int | None = Field(
        None, ge=1, le=MAX_PARTS, description="Refuse the text if it takes more parts than this."
    )
    max_segments: int | None = Field(None, ge=1, le=MAX_PARTS, description="The same as max_parts.")
    category: Words | None = Field(
        None, max_length=24, description="Of marketing: the category that the recipient must have agreed to."
    )
    encoding: Literal["auto"] = Field("auto", description="The cheapest coding that the link carries.")
    transliterate: bool = Field(
        False,
        description="Letters that have a plainer spelling go as that where the text takes fewer parts so: "
        "the swaps that /messages/preview tells.",
    )
    track_links: bool = Field(False, description="Addresses in the text go as short links that count who follows.")
    status_webhook: Words | None = Field(
        None,
        max_length=2000,
        description="A URL that is told every state of this message, as /webhooks are, signed with the SHA-256 of "
        "your key.",
        examples=["https://shop.example/told"],
    )
    on_unsure: Literal["resend", "hold", "fail"] | None = Field(
        None, description="What becomes of it when nobody knows whether it went out; by default as its purpose says."
    )
    reply_to: str | None = Field(
        None, pattern="^in_[0-9A-Z]{26}$", description="The id of the inbound text that this answers."
    )
    allow_duplicate: bool = Field(False, description="The same text to the same number is meant.")
    metadata: (
        dict[Annotated[Words, Field(min_length=1, max_length=40)], Annotated[Words, Field(max_length=500)]] | None
    ) = Field(None, max_length=20, description="Up to 20 words of your own, given back with the message.")

    @field_validator("data_hex")
    @classmethod
    def _once(cls, data_hex: bytes | None, info: ValidationInfo) -> bytes | None:
        if data_hex is not None and info.data.get("data") is not None:
            raise PydanticCustomError("data_twice", "is the same as data: leave one of the two out")
        return data_hex


class NewMessages(NewMessage):
    """A message to be sent to several numbers: to each its own, with an id, a price and a state of its own."""

    model_config = ConfigDict(defer_build=True)

    to: list[Annotated[Words, Field(max_length=100)]] = Field(  # type: ignore[assignment]
        min_length=1,
        max_length=TO_EACH,
        description="The numbers. A client_ref is kept with each of them, so that the same again, or a longer list, "
        "sends nothing twice.",
        examples=[["+38640111222", "+38640111333"]],
    )
    client_ref: Annotated[Ref, Field(max_length=100)] | None = Field(
        None, description="Your own name for the messages: who had one by this name gets no other."
    )


class Money(Shape):
    """An amount of money."""

    amount: str = Field(description="How much, in decimals.", examples=["0.012"])
    currency: str = Field(description="Of what: ISO 4217.", examples=["EUR"])


class GateSaid(Shape):
    """What the gate said to a message."""

    decision: Literal["send", "hold", "refuse"] = Field(description="Go on, wait, or no.")
    reasons: list[str] = Field(description="Why it waits, or was refused, in words; empty when it goes.")


class Message(Shape):
    """A message that we were asked to send, as it stands."""

    id: str = Field(description="Its id.", examples=["msg_01JD9Z8Q4N0000V2T5B7K3M1XE"])
    direction: Literal["outbound"] = Field(description="Always outbound.")
    status: str = Field(description="Its state.", json_schema_extra={"enum": list(MESSAGE.states)})
    to: str = Field(description="The number, E.164 or a short code.")
    from_: str | None = Field(alias="from", description="The sender; null: the link's own.")
    text: str = Field(description="What it says; empty for data.")
    data: str | None = Field(description="Of data: its octets in base64.", json_schema_extra=BASE64)
    ports: Ports | None = Field(description="Of data: its ports.")
    encoding: str = Field(description="gsm7, gsm7+turkish (with national letters) and so on, ucs2, or octets (data).")
    parts: int = Field(description="How many parts it takes over the air.")
    segments: int = Field(description="The same as parts.")
    characters: int = Field(description="How many letters its text has.")
    forced_by: list[str] = Field(description="Of ucs2: the letters that plain GSM-7 does not have.")
    client_ref: str | None = Field(description="The client's own name for it.")
    link: str | None = Field(description="The link that it goes over.")
    priority: int = Field(description="0 to 9.")
    purpose: Purpose = Field(description="What it is for.")
    category: str | None = Field(description="Of marketing: what its recipient agreed to.")
    message_class: int | None = Field(description="0 to 3, or null.")
    on_unsure: str = Field(description="What becomes of it when nobody knows whether it went out.")
    reply_to: str | None = Field(description="The inbound text that it answers.")
    why: str = Field(description="Why it is in this state, in words.")
    trace: list[str] | None = Field(description="Why this link: one sentence for each decision.")
    price: Money | None = Field(description="What it will cost over this link; null when no rate says.")
    estimated_cost: Money | None = Field(description="The same as price.")
    gate: GateSaid | None = Field(
        description="What the gate said; null where it was not asked, or the message ended before it could go."
    )
    created_at: Moment = Field(description="When it was accepted.")
    due_at: Moment = Field(description="Not sent before this time.")
    deliver_at: Moment | None = Field(description="Until when its network keeps it, where the network does that.")
    valid_until: Moment = Field(description="Not sent after this time.")
    sent_at: Moment | None = Field(description="When a network had taken every part.")
    final_at: Moment | None = Field(description="When its final state was reached.")
    attempts: int = Field(description="How often it was tried.")
    metadata: dict[str, str] = Field(description="What the client gave along.")
    content: Content | None = Field(None, description="What it carries besides a text; null for a plain text.")
    said_before: list[SaidBefore] = Field(
        [], description="Its texts before others were put in their place, oldest first."
    )
    asked_instead: list[SaidBefore] = Field(
        [], description="Texts that its network was asked to put there, and nobody knows whether it did."
    )


class NewText(Shape):
    """The text that is put in the place of a message's."""

    text: Words = Field(max_length=LONGEST_TEXT, description="What it says.", examples=["Bread is 2 EUR today, not 1."])


class Event(Shape):
    """One thing that happened to a message."""

    event: str = Field(description="What happened.")
    was: str | None = Field(description="The state before; null when it was born.")
    now: str = Field(description="The state after.")
    why: str = Field(description="Why, in words.")
    by: str = Field(description="Who did it: the door, a link, the clock, a client.")
    at: Moment = Field(description="When.")


class Inbound(Shape):
    """A text that somebody sent us."""

    id: str = Field(description="Its id.")
    direction: Literal["inbound"] = Field(description="Always inbound.")
    status: str = Field(description="Its state.", json_schema_extra={"enum": list(INBOUND.states)})
    from_: str = Field(alias="from", description="Who sent it.")
    to: str | None = Field(description="Which of our numbers it came to, if the network says so.")
    text: str = Field(description="What it says; empty for data.")
    data: str | None = Field(description="Of data: its octets in base64.", json_schema_extra=BASE64)
    ports: Ports | None = Field(description="Of data: its ports, if it names any.")
    kind: str = Field(description="text, flash, indication, silent, data, mms or mail.")
    parts: int = Field(description="How many parts it had.")
    missing: int = Field(description="How many of them never came.")
    link: str = Field(description="The link it came over.")
    received_at: Moment = Field(description="When it was whole and stored.")
    sent_at: Moment | None = Field(description="When it was sent, by the network's clock.")
    understood_as: str | None = Field(description="What a reader of the gateway took it for, such as optout.")
    explanation: dict[str, Any] | None = Field(
        description="Why: the words that made it (spans of letters, with what they mean), what was understood, and the "
        "reasons for a person to look."
    )
    subject: str | None = Field(None, description="Of an MMS or a mail: its subject.")
    media: list[InboundMedium] = Field([], description="Of an MMS or a mail: its parts, as they came.")


class Page(Shape):
    """What every listing answers besides its data."""

    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null at the end.")
    prev_cursor: str | None = Field(None, description="The same for the page before; null at the beginning.")


class MessagePage(Page):
    """Messages, newest first."""

    data: list[Message] = Field(description="The messages.")


class EventPage(Page):
    """What happened to a message, oldest first."""

    data: list[Event] = Field(description="The events.")


class InboundPage(Page):
    """Texts that came in, newest first."""

    data: list[Inbound] = Field(description="The texts.")


class Paging(Shape):
    """Which page of a listing."""

    limit: int = Field(50, ge=1, le=1000, description="How many at most.")
    cursor: Words | None = Field(None, max_length=200, description="Where to go on: the next_cursor of a page.")


class MessageFilter(Paging):
    """Which messages to list."""

    direction: Literal["outbound", "inbound"] = Field(
        "outbound", description="What was, or is to be, sent; what came in is at /inbound, to which the answer leads."
    )
    status: Literal[tuple(dict.fromkeys((*MESSAGE.states, *INBOUND.states)))] | None = Field(  # type: ignore[valid-type]
        None, description="Only those in this state, which must be one of this direction."
    )
    to: Words | None = Field(None, max_length=100, description="Only those to this number.")
    from_: Words | None = Field(None, alias="from", max_length=100, description="Only those from this sender.")
    customer: Words | None = Field(
        None, max_length=40, description="Only those to, or from, the numbers of this customer."
    )
    contact: Words | None = Field(None, max_length=40, description="The same as customer.")
    campaign: Words | None = Field(None, max_length=40, description="Only those of this campaign.")
    q: Words | None = Field(None, min_length=2, max_length=100, description="Only those whose text has this piece.")
    client_ref: Words | None = Field(None, max_length=120, description="Only those with this client_ref.")
    since: Moment | None = Field(None, description="Only those accepted at this time or later.")
    until: Moment | None = Field(None, description="Only those accepted before this time.")

    @field_validator("status")
    @classmethod
    def _of_direction(cls, status: str | None, info: ValidationInfo) -> str | None:
        way = info.data.get("direction")
        states = (INBOUND if way == "inbound" else MESSAGE).states
        if way is not None and status is not None and status not in states:
            told = f"is no state of what is {way}; there are: {', '.join(states)}"
            raise PydanticCustomError("unknown_value", "{told}", {"told": told})
        return status

    @field_validator("campaign", "client_ref")
    @classmethod
    def _outbound(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("direction") == "inbound":
            raise PydanticCustomError("outbound_only", "is known of what is outbound alone: leave it out")
        return value

    @field_validator("contact")
    @classmethod
    def _one_name(cls, contact: str | None, info: ValidationInfo) -> str | None:
        if contact is not None and info.data.get("customer") is not None:
            raise PydanticCustomError("customer_twice", "is the same as customer: leave one of the two out")
        return contact


class InboundFilter(Paging):
    """Which texts to list."""

    from_: Words | None = Field(None, alias="from", max_length=100, description="Only those from this number.")
    to: Words | None = Field(None, max_length=100, description="Only those to this number of ours.")
    customer: Words | None = Field(None, max_length=40, description="Only those from the numbers of this customer.")
    q: Words | None = Field(None, min_length=2, max_length=100, description="Only those whose text has this piece.")
    status: Literal[tuple(INBOUND.states)] | None = Field(None, description="Only those in this state.")  # type: ignore[valid-type]
    since: Moment | None = Field(None, description="Only those that came at this time or later.")
    until: Moment | None = Field(None, description="Only those that came before this time.")


class Fault(Shape):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="Where: a JSON pointer into the body, or / and a query parameter's name.")
    code: str = Field(description="Which fault, for programs.")
    detail: str = Field(description="Which fault, in words.")


class BatchItem(Shape):
    """What became of one item of a batch: an id and a status, or a problem."""

    index: int = Field(description="Which item, from 0.")
    id: str | None = Field(None, description="The message's id, if it was accepted.")
    status: str | None = Field(None, description="The message's state, if it was accepted.")
    problem: ItemProblem | None = Field(None, description="Why it was not accepted.")


class Batch(Shape):
    """What became of a batch."""

    accepted: int = Field(description="How many items were accepted.")
    refused: int = Field(description="How many were not.")
    data: list[BatchItem] = Field(description="What became of each item, in order.")


class Wanted(RootModel[NewMessage | NewMessages]):
    """A message to one number, or to each of several."""


class Sent(RootModel[Message | Batch]):
    """The message as it stands; where `to` is a list, what became of each."""


class ItemProblem(Shape):
    """Why an item of a batch was not accepted."""

    type: str = Field(description="Where this kind of problem is explained.")
    title: str = Field(description="What kind of problem it is.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(description="What kind of problem it is, for programs.")
    detail: str = Field(description="What happened this time.")
    errors: list[Fault] = Field(description="Everything that is wrong with the request.")
    hint: str = Field("", description="The next step.")
    retry_after: int = Field(0, description="Seconds to wait before asking again.")


class Problem(ItemProblem):
    """What went wrong (RFC 9457)."""

    instance: str = Field(description="The path of the request.")
    request_id: str = Field(description="The request's id, which the log has too.")
