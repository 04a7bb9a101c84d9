"""The shapes of customers, their fields, timelines, merges, groups and segments."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from smsgw.customers.fields import KINDS
from smsgw.customers.timeline import KINDS as PAST

from .shapes import Moment, Page, Paging, Shape, Words

Value = str | int | float | bool | None
Ids = Annotated[list[Words], Field(max_length=10_000)]
RULE = "The rule as JSON or in words (docs/customers.md), such as: bought in 90 days and allows school-offers."


class CustomerTold(Shape):
    """What is told of a customer; with PATCH what is left out stays, and null takes away (RFC 7396)."""

    name: Words | None = Field(None, max_length=200, description="What the person is called.")
    addresses: list[Words] | None = Field(
        None,
        max_length=20,
        description="Numbers and mail addresses, all of them; the first of each kind is written to.",
    )
    language: Words | None = Field(None, max_length=20, description="Two letters, such as sl.")
    zone: Words | None = Field(None, max_length=64, description="The time zone, such as Europe/Ljubljana.")
    channel: Words | None = Field(
        None, max_length=20, description="How the person likes to be reached: sms, mms, email, call."
    )
    reference: Words | None = Field(None, max_length=120, description="What your own program calls the person.")
    fields: dict[Words, Value] | None = Field(None, description="Values of your own fields, by their names.")
    tags: list[Words] | None = Field(None, max_length=50, description="One-word marks, all of them.")


class CustomerAddress(Shape):
    """A number or mail address."""

    address: str = Field(description="In E.164, or a mail address.")
    kind: Literal["phone", "email"] = Field(description="Which of the two.")
    country: str | None = Field(description="A number's country, ISO 3166.")


class Customer(Shape):
    """A customer."""

    id: str = Field(description="Its id.", examples=["cus_01JD9Z8Q4N0000V2T5B7K3M1XE"])
    name: str = Field(description="What the person is called; empty while nobody knows.")
    addresses: list[CustomerAddress] = Field(description="Numbers and mail addresses, best first.")
    language: str | None = Field(description="The language that the person is written to in.")
    zone: str | None = Field(description="The time zone; null: as the number says.")
    channel: str | None = Field(description="How the person likes to be reached.")
    reference: str | None = Field(description="Your own program's name for the person.")
    fields: dict[str, Value] = Field(description="Your own fields.")
    tags: list[str] = Field(description="Marks.")
    revision: int = Field(description="Grows with every change: the ETag.")
    hold: str | None = Field(description="Why nothing of this person may be forgotten now; null: it may.")
    created_at: Moment = Field(description="Since when we know the person.")
    updated_at: Moment = Field(description="When the card was changed last.")


class CustomerPage(Page):
    """Customers, newest first."""

    data: list[Customer] = Field(description="The customers.")


class CustomerFilter(Paging):
    """Which customers to list."""

    q: Words | None = Field(
        None, max_length=200, description="A piece of a name, number or mail address, or a reference."
    )
    rule: Words | None = Field(None, max_length=5000, description="A rule in words: only whom it means.")


class CustomerExport(Shape):
    """Which customers to give as a sheet."""

    rule: Words = Field("everybody", max_length=5000, description="A rule in words: only whom it means.")


class PastFilter(Paging):
    """Which part of a past."""

    kinds: Words | None = Field(None, description=f"Only these, with commas between: {', '.join(PAST)}.")


class Happened(Shape):
    """One thing that happened with a customer."""

    kind: str = Field(description="What it is.", json_schema_extra={"enum": list(PAST)})
    id: str = Field(description="The record's id; empty where it has none.")
    at: Moment = Field(description="When.")
    mine: bool = Field(description="Whether we did it.")
    address: str = Field(description="With which number or mail address.")
    text: str = Field(description="The words, if there are any.")
    status: str = Field(description="The record's state now.")
    why: str = Field(description="Why, in words.")
    link: str | None = Field(description="Over which link.")
    first_text: str | None = Field(None, description="Of a message whose text was replaced: what it said at first.")


class PastPage(Page):
    """What happened with a customer over all numbers and channels, newest first."""

    data: list[Happened] = Field(description="What happened.")


class NewNote(Shape):
    """A note for a customer's card."""

    text: Words = Field(min_length=1, max_length=5000, description="What to remember.")


class Made(Shape):
    """What was made."""

    id: str = Field(description="Its id.")


class MergeWish(Shape):
    """Who is the same person."""

    gone: Words = Field(max_length=60, description="The id of the customer that becomes a part of this one.")


class Suspect(Shape):
    """Two customers who may be one."""

    one: str = Field(description="The id of the one.")
    other: str = Field(description="The id of the other.")
    why: str = Field(description="What they share, in words.")
    score: int = Field(description="0 to 100: how sure that is.")


class SuspectPage(Page):
    """Who may be the same person, surest first."""

    data: list[Suspect] = Field(description="The pairs.")


class Hold(Shape):
    """Why nothing of a person may be forgotten."""

    why: Words = Field(min_length=1, max_length=500, description="Such as a court's number.")


class Forgotten(Shape):
    """How many records lost their words and numbers."""

    messages: int = Field(description="Messages to the person.")
    texts: int = Field(description="Texts of the person.")
    calls: int = Field(description="Calls.")
    talks: int = Field(description="Calls at the desk.")
    orders: int = Field(description="Orders; products and amounts stay.")
    inquiries: int = Field(description="Inquiries.")


class Looked(Shape):
    """Somebody looked at a person's data."""

    what: str = Field(description="seen, exported, erased, held, hold lifted.")
    by: str = Field(description="Who.")
    at: Moment = Field(description="When.")


class LookedPage(Page):
    """Who looked, newest first."""

    data: list[Looked] = Field(description="The looks.")


class Copy(Shape):
    """Everything that is kept of a person."""

    model_config = ConfigDict(extra="allow")

    customer: dict[str, Any] = Field(description="The card; beside it stand all other parts.")


class OwnField(Shape):
    """A field of your own."""

    label: Words = Field(min_length=1, max_length=80, description="What people call it.")
    kind: Literal["text", "number", "date", "yesno", "choice"] = Field(description=f"One of {', '.join(KINDS)}.")
    choices: list[Words] = Field(default=[], max_length=200, description="Of a choice: what there is.")


class NamedField(OwnField):
    """A field of your own, with its name."""

    name: str = Field(description="What templates, rules and JSON call it.")


class FieldPage(Page):
    """Your own fields."""

    data: list[NamedField] = Field(description="The fields.")


class NewGroup(Shape):
    """A group to be made."""

    name: Words = Field(min_length=1, max_length=80, description="What people call it.")


class GroupChange(Shape):
    """Another name for a group; what is left out stays."""

    name: Words | None = Field(None, min_length=1, max_length=80, description="What people call it.")


class Group(Shape):
    """A list of customers by hand."""

    id: str = Field(description="Its id.")
    name: str = Field(description="What people call it.")
    members: int = Field(description="How many are in it.")
    created_at: Moment = Field(description="Since when.")
    by: str = Field(description="Who made it.")


class GroupPage(Page):
    """The groups, by name."""

    data: list[Group] = Field(description="The groups.")


class MembersWish(Shape):
    """Who is to be in a group, and who is to leave it."""

    add: Ids = Field(default=[], description="Ids of customers who come in.")
    remove: Ids = Field(default=[], description="Ids of customers who leave.")


class MembersTold(Shape):
    """What became of the wish."""

    added: int = Field(description="How many came in that were not there.")
    removed: int = Field(description="How many left.")


class NewSegment(Shape):
    """A segment to be made."""

    name: Words = Field(min_length=1, max_length=80, description="What people call it.")
    rule: Words | dict[Words, Any] = Field(description=RULE)


class SegmentChange(Shape):
    """A change of a segment; what is left out stays."""

    name: Words | None = Field(None, min_length=1, max_length=80, description="What people call it.")
    rule: Words | dict[Words, Any] | None = Field(None, description=RULE)


class Segment(Shape):
    """An audience by rule; who is in it is asked anew each time."""

    id: str = Field(description="Its id.")
    name: str = Field(description="What people call it.")
    rule: dict[str, Any] = Field(description="The rule.")
    words: str = Field(description="The same rule in words.")
    revision: int = Field(description="Grows with every change: the ETag.")
    updated_at: Moment = Field(description="When it was changed last.")
    by: str = Field(description="Who did that.")


class SegmentPage(Page):
    """The segments, by name."""

    data: list[Segment] = Field(description="The segments.")


class RuleWish(Shape):
    """A rule that is to be tried."""

    rule: Words | dict[Words, Any] = Field(description=RULE)


class RuleCount(Shape):
    """How many a rule means now."""

    count: int = Field(description="So many customers.")
    rule: dict[str, Any] = Field(description="The rule as it was understood.")
    words: str = Field(description="The same in words.")
