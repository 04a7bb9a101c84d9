"""The shapes of webhooks: how they are set up, what their log shows, and the events that they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

from smsgw.store.lifecycle import DELIVERY, WEBHOOK
from smsgw.webhooks import events
from smsgw.webhooks.addresses import LONGEST_URL

from .fields import Purpose
from .media_shapes import InboundMedium
from .orders_shapes import Order
from .shapes import Moment, Page, Paging, Shape, Words

_EVENTS = f"The events that are told: names such as message.delivered, message.* for all of a message, * for all. \
There are: {', '.join(events.TYPES)}."


class NewWebhook(Shape):
    """A program that is to be told what happens."""

    url: Words = Field(
        max_length=LONGEST_URL,
        description="Where events are sent, by POST. https:// for everything that leaves this machine.",
        examples=["https://shop.example.com/sms-events"],
    )
    events: list[Words] = Field(list(events.USUAL), min_length=1, max_length=100, description=_EVENTS)
    secret: Words | None = Field(
        None, max_length=200, description="A whsec_ secret of your own choice; by default one is made."
    )


class WebhookChange(Shape):
    """What to change of a webhook; what is missing stays as it is."""

    url: Words | None = Field(None, max_length=LONGEST_URL, description="Where events are sent.")
    events: list[Words] | None = Field(None, min_length=1, max_length=100, description=_EVENTS)
    status: Literal["active", "disabled"] | None = Field(
        None, description="disabled switches it off; active on again, and it is told what happens from then on."
    )


class Webhook(Shape):
    """A program that is told what happens."""

    id: str = Field(description="Its id.")
    url: str = Field(description="Where events are sent.")
    events: list[str] = Field(description="The events that are told.")
    status: str = Field(
        description="active; or disabled: it is told nothing.", json_schema_extra={"enum": list(WEBHOOK.states)}
    )
    why: str = Field(description="Why it is in this state, in words.")
    created_at: Moment = Field(description="When it was set up.")
    by: str = Field(description="Who set it up.")
    failing_since: Moment | None = Field(description="Since when it has failed only; null: it works.")
    waiting: int = Field(description="How many deliveries wait for their first or next try.")
    old_secret_until: Moment | None = Field(description="Until when a replaced secret signs beside the new one.")


class WebhookWithSecret(Webhook):
    """A webhook and its secret, which is shown this once."""

    secret: str = Field(description="Check signatures with it (Standard Webhooks). It cannot be seen again.")


class WebhookPage(Page):
    """The webhooks, oldest first."""

    data: list[Webhook] = Field(description="The webhooks.")


class Rotation(Shape):
    """How a secret is replaced."""

    overlap: int = Field(
        24 * 3600, ge=0, le=30 * 86400, description="For how many seconds the old secret signs beside the new one."
    )


class Tried(Shape):
    """A test of a webhook and how it was answered."""

    delivery: str = Field(description="The id under which the log has it.")
    ok: bool = Field(description="Whether the receiver took it (2xx).")
    status: int | None = Field(description="The HTTP status of the answer; null: there was none.")
    said: str = Field(description="How the answer's body begins.")
    error: str = Field(description="Why there was no answer, in words; else empty.")
    ms: int = Field(description="How many milliseconds the answer took.")


class FailedTry(Shape):
    """A try of a delivery that failed."""

    at: str = Field(description="When.")
    url: str = Field(description="Where it was sent.")
    status: int | None = Field(description="The HTTP status of the answer; null: there was none.")
    error: str = Field(description="What was wrong, in words.")
    said: str = Field(description="How the answer's body began.")
    ms: int = Field(description="How many milliseconds it took.")


class Delivery(Shape):
    """One event for one webhook, and how telling it went."""

    id: str = Field(description="Its id: the header webhook-id, the same over all tries and replays.")
    event: str = Field(description="The type of the event.")
    about: str = Field(description="The id of the record that it is about.")
    status: str = Field(
        description="pending, delivered, or dead: given up.", json_schema_extra={"enum": list(DELIVERY.states)}
    )
    why: str = Field(description="Why it is in this state, in words.")
    created_at: Moment = Field(description="When it was planned.")
    due_at: Moment | None = Field(description="Not tried before this time; null: in its turn, or ended.")
    ended_at: Moment | None = Field(description="When it was delivered or given up.")
    attempts: int = Field(description="How often it was tried.")
    answer_status: int | None = Field(description="The HTTP status of the last answer; null: there was none.")
    answer_said: str | None = Field(description="How the last answer's body began.")
    failures: list[FailedTry] = Field(description="The tries that failed, oldest first; the last twenty.")


class WholeDelivery(Delivery):
    """A delivery with what was sent."""

    body: dict[str, Any] = Field(description="The JSON that is sent; see the events of this document.")


class DeliveryPage(Page):
    """Deliveries, newest first."""

    data: list[Delivery] = Field(description="The deliveries.")


class DeliveryFilter(Paging):
    """Which deliveries to list."""

    status: Literal[tuple(DELIVERY.states)] | None = Field(None, description="Only those in this state.")  # type: ignore[valid-type]
    event: Words | None = Field(None, max_length=60, description="Only those of this event type.")


class Replay(Shape):
    """What is to be told again."""

    since: Moment = Field(description="Everything that happened at this time or later.")
    only_dead: bool = Field(False, description="Only what was given up.")


class Replayed(Shape):
    """What is told again."""

    replayed: int = Field(description="How many events.")


class EventData(Shape):
    """What every event says: which record came to which state, and why."""

    id: str = Field(description="The record's id.")
    status: str = Field(description="The state that it came to.")
    was: str | None = Field(description="The state before; null when it was born.")
    why: str = Field(description="Why, in words.")
    by: str = Field(description="Who did it: the door, a link, the clock, a client.")


class MessageData(EventData):
    """A message that came to a state. Its text is left out: who sent it knows it."""

    direction: Literal["outbound"] = Field(description="Always outbound.")
    to: str = Field(description="The number, E.164 or a short code.")
    from_: str | None = Field(alias="from", description="The sender; null: the link's own.")
    client_ref: str | None = Field(description="The client's own name for it.")
    link: str | None = Field(description="The link that it goes over.")
    parts: int = Field(description="How many parts it takes over the air.")
    purpose: Purpose = Field(description="What it is for.")
    reply_to: str | None = Field(description="The inbound text that it answers.")
    attempts: int = Field(description="How often it was tried.")
    created_at: Moment = Field(description="When it was accepted.")
    sent_at: Moment | None = Field(description="When a network had taken every part.")
    final_at: Moment | None = Field(description="When its final state was reached.")
    metadata: dict[str, str] = Field(description="What the client gave along.")


class InboundData(EventData):
    """A text that somebody sent us, and that came to a state."""

    direction: Literal["inbound"] = Field(description="Always inbound.")
    from_: str = Field(alias="from", description="Who sent it.")
    to: str | None = Field(description="Which of our numbers it came to, if the network says so.")
    text: str = Field(description="What it says.")
    kind: str = Field(description="text, flash, indication, silent or data.")
    parts: int = Field(description="How many parts it had.")
    missing: int = Field(description="How many of them never came.")
    link: str = Field(description="The link it came over.")
    received_at: Moment = Field(description="When it was whole and stored.")
    sent_at: Moment | None = Field(description="When it was sent, by the network's clock.")
    understood_as: str | None = Field(description="What a reader of the gateway took it for, such as optout.")
    subject: str | None = Field(None, description="Of an MMS or a mail: its subject.")
    media: list[InboundMedium] = Field([], description="Of an MMS or a mail: its parts.")


class OrderData(Order):
    """An order that came to a state, with everything that is known of it when it is told."""

    was: str | None = Field(description="The state before; null when it was born.")
    by: str = Field(description="Who did it: the dialogue, the clock, a person, a client.")
    again: bool = Field(
        description="Whether it only came back to this state, since it was marked as handed over by mistake: the "
        "customer said nothing new."
    )


class InquiryData(EventData):
    """An inquiry that came to a state."""

    from_: str = Field(alias="from", description="Who asked.")
    topic: str = Field(description="What it is about.")
    priority: str = Field(description="low, normal, high or urgent.")
    assigned_to: str | None = Field(description="Whose it is; null: nobody's.")
    language: str = Field(description="The language that the customer writes.")
    about: str | None = Field(description="The number of the order that it is about.")
    opened_at: Moment = Field(description="When it was opened, for the last time.")
    due_at: Moment = Field(description="When it should be answered, by business hours.")
    closed_for: str | None = Field(description="The reason, once it is closed.")
    again: bool = Field(description="Whether it was open before and is open again; false when it is opened.")


class SurveyData(EventData):
    """A survey that came to a state."""

    name: str = Field(description="What it is called.")
    closes_at: Moment = Field(description="Its deadline.")


class ParticipantData(EventData):
    """Somebody who is asked in a survey came to a state: asked, done, lapsed or left."""

    survey: str = Field(description="The id of the survey.")
    from_: str = Field(alias="from", description="The number.")
    question: int = Field(description="The number of the question that was asked last.")


class CampaignData(EventData):
    """A campaign that came to a state."""

    name: str = Field(description="What it is called.")
    kind: str = Field(description="once, recurring, relative or follow_up.")
    parent: str | None = Field(description="The series or campaign that began it.")
    run: str | None = Field(description="Which run of that it is.")
    starts_at: Moment | None = Field(description="When it begins.")
    placed: int = Field(description="Messages that it has put into the queue.")


class CustomerData(EventData):
    """What happened to a customer, and how the customer is now; of one who was forgotten only what happened."""

    name: str = Field("", description="The name.")
    language: str | None = Field(None, description="The language.")
    zone: str | None = Field(None, description="The time zone.")
    reference: str | None = Field(None, description="Your own name for this customer.")
    merged_into: str | None = Field(None, description="The customer that this one became a part of.")
    addresses: list[str] = Field([], description="Numbers and mail addresses, the best first.")


class ConsentData(EventData):
    """A yes or no that was written down."""

    address: str = Field(description="Whose; for who was forgotten, what stands for the number.")
    scope: str = Field(description="To what: a category, marketing, orders, or * for everything.")
    source: str = Field(description="How it came: sms, form, paper, import, clerk, api, smpp, page.")
    basis: str | None = Field(description="null for consent; soft_opt_in for an existing customer.")
    words: str = Field(description="What was said.")
    said_at: Moment = Field(description="When it was said.")
    expires_at: Moment | None = Field(description="When it ends by itself.")
    customer: str | None = Field(description="The customer, if that is known.")


class ConversationData(EventData):
    """What was decided about the conversation with a number."""

    number: str = Field("", description="The number; empty for who was forgotten.")
    assigned_to: str | None = Field(None, description="Whose it is; null: nobody's.")
    snoozed_until: Moment | None = Field(None, description="Until when it is put off.")
    closed_at: Moment | None = Field(None, description="When it was closed.")


class RecordEvent(Shape):
    """Something happened to a record. Answer 2xx to take it; anything else, and it comes again for three days."""

    type: str = Field(description="What happened: a record and the state that it came to.")
    timestamp: Moment = Field(description="When it happened; the header webhook-timestamp says when it was sent.")
    data: EventData = Field(description="What it happened to.")


class MessageEvent(RecordEvent):
    """A message came to a state."""

    data: MessageData = Field(description="The message.")


class InboundEvent(RecordEvent):
    """A text that came in came to a state."""

    data: InboundData = Field(description="The text.")


class OrderEvent(Shape):
    """An order came to a state: what is pushed to the business's own system. docs/orders.md tells how to take it."""

    type: str = Field(description="What happened, such as order.confirmed.")
    timestamp: Moment = Field(description="When it happened.")
    data: OrderData = Field(description="The order.")


class InquiryEvent(RecordEvent):
    """An inquiry came to a state."""

    data: InquiryData = Field(description="The inquiry.")


class SurveyEvent(RecordEvent):
    """A survey came to a state."""

    data: SurveyData = Field(description="The survey.")


class ParticipantEvent(RecordEvent):
    """Somebody in a survey came to a state."""

    data: ParticipantData = Field(description="Who, and where in the survey.")


class CampaignEvent(RecordEvent):
    """A campaign came to a state."""

    data: CampaignData = Field(description="The campaign.")


class CustomerEvent(RecordEvent):
    """Something happened to a customer."""

    data: CustomerData = Field(description="Whom it happened to.")


class ConsentEvent(RecordEvent):
    """Somebody agreed to something, or took it back."""

    data: ConsentData = Field(description="What was said.")


class ConversationEvent(RecordEvent):
    """Something was decided about a conversation."""

    data: ConversationData = Field(description="What was decided, about whom.")


_SHAPES: dict[str, type[BaseModel]] = {
    "message": MessageEvent,
    "inbound": InboundEvent,
    "order": OrderEvent,
    "inquiry": InquiryEvent,
    "survey": SurveyEvent,
    "participant": ParticipantEvent,
    "campaign": CampaignEvent,
    "customer": CustomerEvent,
    "consent": ConsentEvent,
    "conversation": ConversationEvent,
}
EVENTS: Mapping[str, type[BaseModel]] = {
    kind: _SHAPES.get(kind.partition(".")[0], RecordEvent) for kind in (*events.TYPES, events.TEST)
}
"""The shape of each event."""

SIGNATURE = {
    "webhook-id": "The event's own name: the same when it comes again, so that you can tell.",
    "webhook-timestamp": "When it was sent, in seconds since 1970: refuse what is old.",
    "webhook-signature": "v1, and the base64 of HMAC-SHA256 over id.timestamp.body; several while a secret changes.",
}
"""The headers of Standard Webhooks, with what they say."""
