"""The shapes of orders: how they are shown, found, and acted on."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from smsgw.store.lifecycle import ORDER

from .shapes import Moment, Money, Page, Paging, Shape, Words

STATES = tuple(ORDER.states)


class OrderLine(Shape):
    """A product of an order."""

    sku: str = Field(description="Its sku.")
    name: str = Field(description="Its name in the customer's language, as it was then.")
    unit: str = Field(description="pcs, pack or kg.")
    quantity: str | None = Field(description="How many; null: the customer did not say.", examples=["2"])
    price: Money | None = Field(description="For one unit, frozen when the customer was asked.")
    amount: Money | None = Field(description="For the line.")
    spans: list[list[int]] = Field(description="Which letters of the revision's words made it: begin and end.")
    how: str = Field(description="How these words were matched.")


class OrderRequest(Shape):
    """What the customer wants changed, and a person must decide."""

    what: str = Field(description="edit, cancel or answer.")
    words: str = Field(description="The customer's words.")
    inbound_id: str = Field(description="The text.")
    lines: list[dict[str, Any]] = Field(description="What was understood of it: sku and quantity.")


class Order(Shape):
    """What a customer ordered, as it stands."""

    id: str = Field(description="Its id.", examples=["ord_01JD9Z8Q4N0000V2T5B7K3M1XE"])
    number: int = Field(description="Its number for people.", examples=[10001])
    status: str = Field(description="Its state.", json_schema_extra={"enum": list(STATES)})
    why: str = Field(description="The reason for its state, in words.")
    from_: str = Field(alias="from", description="The customer's number.")
    to: str | None = Field(description="Which of our numbers was written to.")
    language: str = Field(description="The language in which the customer is answered.")
    campaign: str | None = Field(description="The campaign whose offer it answers.")
    revision: int = Field(description="The newest; every change makes one.")
    lines: list[OrderLine] = Field(description="What is ordered, in the newest revision.")
    total: Money | None = Field(description="For everything; null while a price or a quantity is not known.")
    wish: str | None = Field(description="The wish about the delivery, as written.")
    words: str = Field(description="The text that made the newest revision.")
    reasons: list[str] = Field(description="Why a person must look.")
    candidates: list[str] = Field(description="Products that may be meant.")
    request: OrderRequest | None = Field(description="What the customer wants changed after it was confirmed.")
    created_at: Moment = Field(description="When it was made.")
    asked_at: Moment | None = Field(description="When the newest summary went to the customer.")
    lapses_at: Moment | None = Field(description="When it lapses without a yes.")
    confirmed_at: Moment | None = Field(description="When it was confirmed.")
    confirmed_revision: int | None = Field(description="Which revision was confirmed.")
    proof: dict[str, Any] | None = Field(description="The words that confirmed it, or who did on the phone.")
    ended_at: Moment | None = Field(description="When it was fulfilled or cancelled, or lapsed.")


class OrderPage(Page):
    """Orders, newest first."""

    data: list[Order] = Field(description="The orders.")


class OrderFilter(Paging):
    """Which orders to list."""

    status: Literal[STATES] | None = Field(None, description="Only those in this state.")  # type: ignore[valid-type]
    from_: Words | None = Field(None, alias="from", max_length=100, description="Only those of this number.")
    since: Moment | None = Field(None, description="Only those made at this time or later.")


class OrderMove(Shape):
    """Something that happened to an order."""

    event: str = Field(description="What happened.")
    was: str | None = Field(description="Its state before.")
    now: str = Field(description="Its state after.")
    why: str = Field(description="Why, in words.")
    by: str = Field(description="Who did it: the dialogue, the clock, a person, an API key.")
    at: Moment = Field(description="When.")


class OrderRevision(Shape):
    """What was asked at one turn."""

    revision: int = Field(description="Its number.")
    words: str = Field(description="The text or the reason that made it.")
    inbound_id: str | None = Field(description="The text; null: a person made it.")
    by: str = Field(description="Who made it.")
    at: Moment = Field(description="When.")
    total: Money | None = Field(description="For everything.")
    lines: list[OrderLine] = Field(description="What is ordered.")


class WholeOrder(Order):
    """An order with everything that happened to it."""

    revisions: list[OrderRevision] = Field(description="Every revision, oldest first.")
    events: list[OrderMove] = Field(description="Everything that happened, oldest first.")


class OrderAct(Shape):
    """What somebody does with an order."""

    why: Words = Field("", max_length=300, description="The reason, for the history.")
    revision: int | None = Field(
        None, ge=1, description="The revision that was looked at; refused when it is another one by now."
    )


class OrderDecision(OrderAct):
    """What somebody decides."""

    by_phone: bool = Field(False, description="true: the customer said yes already, so it is confirmed at once.")


class WantedLine(Shape):
    """A line as somebody writes it."""

    sku: Words = Field(min_length=1, max_length=40, description="The product.")
    quantity: Words = Field(
        min_length=1, max_length=20, pattern=r"^\d{1,9}([.,]\d{1,3})?$", description="How many.", examples=["1.5"]
    )


class NewOrder(Shape):
    """An order that somebody writes down for a customer."""

    from_: Words = Field(alias="from", min_length=1, max_length=40, description="The customer's number.")
    lines: list[WantedLine] = Field(min_length=1, max_length=100, description="What is wanted.")
    wish: Words | None = Field(None, max_length=300, description="The wish about the delivery.")
    language: Words | None = Field(
        None, max_length=10, description="In which the customer is told; null: as [orders] language says."
    )
    why: Words = Field("", max_length=300, description="How it was told, for the history.")
    by_phone: bool = Field(False, description="true: the customer said yes already, so it is confirmed at once.")
    quietly: bool = Field(False, description="true, with by_phone: the customer is not told.")


class OrderEdit(OrderDecision):
    """Other lines for an order."""

    lines: list[WantedLine] = Field(min_length=1, max_length=100, description="What is wanted instead of all before.")


class OrderQuestion(OrderAct):
    """Something to ask the customer about an order."""

    text: Words = Field(min_length=1, max_length=600, description="The question, as it is sent.")


class OrderEnd(OrderAct):
    """An order ends."""

    quietly: bool = Field(False, description="true: the customer is not told.")


class OrderExport(Shape):
    """Orders as a CSV file."""

    csv: str = Field(description="The file: a row for each line of each order.")
