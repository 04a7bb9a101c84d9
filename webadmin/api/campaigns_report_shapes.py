"""The shapes of what became of a campaign: its targets, and the report."""

from __future__ import annotations

from pydantic import Field

from .campaigns_shapes import LeftOutCount, Money
from .shapes import Moment, Shape, Words


class TargetFilter(Shape):
    """Which targets."""

    limit: int = Field(50, ge=1, le=1000, description="How many.")
    after: int = Field(0, ge=0, description="Only those behind this one: `next_after` of the page before.")
    left_out: Words | None = Field(
        None, max_length=24, description="Only those left out for this reason; any: for any."
    )
    clicked: bool = Field(False, description="Only those who followed a short link of their own.")


class Target(Shape):
    """Somebody whom a campaign is about."""

    customer_id: str | None = Field(description="The customer.")
    number: str = Field(description="The number.")
    language: str | None = Field(description="The language.")
    variant: str | None = Field(description="Which text; null: the winner's.")
    left_out: str | None = Field(description="Why nothing is sent.")
    says: str | None = Field(description="The same in words.")
    message_id: str | None = Field(description="The message.")
    status: str | None = Field(description="What became of the message.")
    why: str | None = Field(description="Why, in words.")
    clicks: int = Field(description="How often what can have been a person followed a short link of theirs.")
    clicked_at: Moment | None = Field(description="When that was last.")


class TargetPage(Shape):
    """Targets, in the order in which they were frozen."""

    data: list[Target] = Field(description="The targets.")
    next_after: int | None = Field(description="Where the next page begins; null: there is none.")


class Brought(Shape):
    """What came of it."""

    placed: int = Field(description="Who got it, or will.")
    delivered: int = Field(description="Whose phone has it.")
    replied: int = Field(description="Who wrote back.")
    orders: int = Field(description="Orders that were confirmed.")
    value: Money | None = Field(description="What these are worth.")
    opted_out: int = Field(description="Who said stop.")
    clicked: int | None = Field(description="Who followed a short link; null: it is not known of whom links are.")


class FollowedLink(Shape):
    """An address in the texts of a campaign that went as short links."""

    url: str = Field(description="Where these lead.")
    codes: int = Field(description="How many short links lead there: of marketing one for each recipient.")
    people: int = Field(description="How often they were followed by what can have been a person.")
    bots: int = Field(description="By previews, scanners and other programs.")
    last: Moment | None = Field(description="When a person followed one last.")


class CampaignClicks(Shape):
    """How often the short links of a campaign were followed."""

    people: int = Field(description="By what can have been a person.")
    bots: int = Field(description="By previews, scanners and other programs.")
    addresses: int = Field(description="How many addresses these lead to.")
    links: list[FollowedLink] = Field(description="The first twenty of them, those that people followed most.")


class Control(Shape):
    """Those who were held out."""

    people: int = Field(description="How many.")
    orders: int = Field(description="What they ordered in the same days.")
    value: Money | None = Field(description="What that is worth.")
    extra_orders: float = Field(description="How many orders the others placed above that rate.")


class Failure(Shape):
    """Messages that did not arrive."""

    status: str = Field(description="What became of them.")
    why: str = Field(description="Why.")
    count: int = Field(description="How many.")


class Saved(Shape):
    """What it saved not to write to numbers that cannot be reached."""

    messages: int = Field(description="Messages.")
    cost: Money | None = Field(description="At what the others cost on average.")


class Report(Shape):
    """What became of a campaign."""

    people: int = Field(description="Whom it was about.")
    left_out: list[LeftOutCount] = Field(description="Those who get nothing, by reason.")
    saved: Saved | None = Field(description="What the memory of unreachable numbers saved.")
    unplaced: int = Field(description="Whose turn has not come.")
    placed: int = Field(description="Messages put into the queue.")
    waiting: int = Field(description="Messages that wait there.")
    statuses: dict[str, int] = Field(description="The messages by what became of them.")
    failures: list[Failure] = Field(description="The commonest reasons for which they did not arrive.")
    estimated: list[Money] = Field(description="What was estimated.")
    planned: list[Money] = Field(description="What the messages in the queue were to cost.")
    booked: list[Money] = Field(description="What was charged.")
    difference: str = Field(description="Why these differ, in words.")
    brought: Brought = Field(description="Replies, orders and opt-outs.")
    clicks: CampaignClicks | None = Field(description="On its short links; null: it has none (see track_links).")
    cost_per_order: Money | None = Field(description="What one order cost.")
    control: Control | None = Field(description="Those who were held out.")
    variants: dict[str, Brought] = Field(description="What came of each text.")
    winner: str | None = Field(description="The text that won.")
    runs: int = Field(description="Runs and follow-ups that it began.")
