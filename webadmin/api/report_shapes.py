"""The shapes of estimates, cost reports, what differs from a plan, and the proof."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from smsgw.money.reports import DIMENSIONS

from .shapes import Moment, Money, Shape, Words

By = Literal["link", "country", "prefix", "client", "campaign", "category", "sender", "kind", "customer", "day"]
assert get_args(By) == DIMENSIONS


class EstimateItem(Shape):
    """A text that would be sent to a number."""

    to: Words = Field(description="The number.", examples=["+38640111222"])
    text: Words = Field(description="The text.")


class NewEstimate(Shape):
    """Messages that would be sent; nothing is stored."""

    messages: list[EstimateItem] = Field(min_length=1, max_length=10_000, description="The messages.")
    at: Moment | None = Field(None, description="When they would be sent; now if left out.")


class EstimateLine(Shape):
    """What goes over one link to one country."""

    link: str = Field(description="The link.")
    country: str = Field(description="ISO 3166 letters.")
    messages: int = Field(description="How many messages.")
    parts: int = Field(description="How many parts.")
    free: int = Field(description="Parts that a bundle is likely to pay for.")
    cost: Money | None = Field(description="What they cost; null where no rate says.")


class EstimateLetter(Shape):
    """A letter that makes texts dear."""

    letter: str = Field(description="The letter.")
    plainer: str | None = Field(description="What could stand for it.")
    messages: int = Field(description="In how many texts.")
    parts: int = Field(description="Parts that would be saved.")
    saved: list[Money] = Field(description="Money that would be saved.")


class EstimateTold(Shape):
    """What these messages will cost."""

    messages: int = Field(description="How many can be sent.")
    parts: int = Field(description="How many parts they take.")
    free: int = Field(description="Parts that bundles are likely to pay for.")
    cost: list[Money] = Field(description="What they cost, by currency.")
    worst: list[Money] = Field(description="What they cost at worst.")
    unpriced: int = Field(description="Messages of which no rate says anything.")
    unroutable: list[str] = Field(description="Numbers that no link serves, the first 100.")
    unwritable: list[str] = Field(description="Numbers whose text the link cannot carry, the first 100.")
    encodings: dict[str, int] = Field(description="Messages by how they are written.")
    longest: int = Field(description="Parts of the longest text.")
    lines: list[EstimateLine] = Field(description="By link and country.")
    letters: list[EstimateLetter] = Field(description="Which letters make texts dear.")
    parts_swapped: int = Field(description="Parts that all plainer letters together would save.")
    swapped: list[Money] = Field(description="Money that they would save.")


class ReportAsked(Shape):
    """Which costs: of a month or from one day to another, by what, and only what is so."""

    month: Words | None = Field(None, description="A month, such as 2026-11; by default the present one.")
    since: Words | None = Field(None, description="The first day.")
    until: Words | None = Field(None, description="The last day.")
    by: By = Field("link", description="What the lines are told apart by.")
    link: Words | None = Field(None, description="Only over this link.")
    country: Words | None = Field(None, description="Only to this country.")
    prefix: Words | None = Field(None, description="Only to numbers that begin so.")
    client: Words | None = Field(None, description="Only of this key.")
    campaign: Words | None = Field(None, description="Only of this campaign.")
    category: Words | None = Field(None, description="Only of this category.")
    sender: Words | None = Field(None, description="Only from this sender.")
    kind: Literal["sms", "mms", "mail"] | None = Field(None, description="Only texts, MMS or mails.")
    customer: Words | None = Field(None, description="Only to this customer.")
    shape: Literal["json", "csv", "xlsx", "pdf"] | None = Field(None, description="Of the answer; else as Accept says.")
    language: Words | None = Field(None, max_length=12, description="Of a file; else as Accept-Language says.")


class CostLine(Shape):
    """A line of a cost report."""

    key: str = Field(description="What it is about.")
    name: str = Field(description="The same for people.")
    messages: int = Field(description="Messages that went out.")
    parts: int = Field(description="Their parts.")
    delivered: int = Field(description="Messages that arrived.")
    delivered_share: str | None = Field(description="How much arrived, from 0 to 1.")
    planned: str = Field(description="What they were to cost.")
    amount: str = Field(description="What was booked.")
    per_delivered: str | None = Field(description="What a delivered message cost.")
    replies: int = Field(description="Texts that came back.")
    per_reply: str | None = Field(description="What a reply cost.")
    orders: int = Field(description="Orders that were confirmed.")
    per_order: str | None = Field(description="What an order cost.")
    others: dict[str, str] = Field(description="What was booked in currencies that cannot be exchanged.")


class CostReport(Shape):
    """A cost report."""

    since: str = Field(description="The first day.")
    until: str = Field(description="The last day.")
    by: str = Field(description="What the lines are told apart by.")
    currency: str = Field(description="Of every amount.")
    lines: list[CostLine] = Field(description="The lines, the dearest first.")
    total: CostLine = Field(description="All together.")
    open_days: int = Field(description="Days that are not closed, and may still change.")
    notes: list[str] = Field(description="What else must be said.")


class Reason(Shape):
    """Why what was booked is not what was planned."""

    code: str = Field(description="A stable word for it.")
    messages: int = Field(description="How many messages it is so for.")
    difference: list[Money] = Field(description="Booked less planned, by currency.")
    says: str = Field(description="It in words.")


class ReconciledTold(Shape):
    """What was planned for a campaign, what was booked, and why they differ."""

    messages: int = Field(description="Its messages.")
    planned: list[Money] = Field(description="What they were to cost when they were stored.")
    booked: list[Money] = Field(description="What was booked.")
    reasons: list[Reason] = Field(description="Why they differ; the differences add up to the whole one.")
    says: list[str] = Field(description="All of it in words.")


class ProofAsked(Shape):
    """Which days are proved."""

    since: Words | None = Field(None, description="The first day; yesterday if left out.")
    until: Words | None = Field(None, description="The last day; the first one if left out.")


class ProofTold(Shape):
    """Whether what was booked is what the parts must have cost."""

    holds: bool = Field(description="Whether it is.")
    says: str = Field(description="It in words.")
    messages: int = Field(description="Messages that were looked at.")
    entries: int = Field(description="Entries that were looked at.")
    booked: list[Money] = Field(description="What is booked.")
    counted: list[Money] = Field(description="What the parts come to.")
    differences: list[dict[str, str]] = Field(description="The first 1000 messages for which both differ, and how.")
