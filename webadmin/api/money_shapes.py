"""The shapes of rates, exchange, plans, budgets and alerts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .shapes import Moment, Money, Page, Shape, Words

Amount = Words  # a decimal number in a string, as everywhere
_DAY = "A day (2026-03-01), which begins at midnight in the zone of the link, or a time with its zone; now if left out."


class NewRate(Shape):
    """What something costs over a link, from a moment on."""

    link: Words = Field(description="The link.", examples=["carrier"])
    prefix: Words = Field("", description="How numbers begin; empty for every number.", examples=["+386"])
    amount: Amount = Field(description="What one part costs.", examples=["0.012"])
    currency: Words = Field(description="Of what: ISO 4217.", examples=["EUR"])
    valid_from: Words = Field("", description=_DAY)
    charged: Words = Field("submit", description="When it falls due: submit or delivery.")
    kind: Words = Field("sms", description="What it is the price of: sms, mms, inbound or ussd.")
    network: Words = Field("", description="MCC and MNC instead of a prefix, or an MCC alone.", examples=["29341"])
    upto_kb: Words = Field("", description="Of an MMS: the largest that it is for, in kilobytes.")
    failed: Amount = Field("", description="What a part costs that did not arrive; left out: as if it had.")
    minimum: Amount = Field("", description="The least for one message.")
    round_up_to: Amount = Field("", description="The price of a message is rounded up to a multiple of it.")


class RateChange(Shape):
    """A correction of a rate; what is left out stays, null takes away. The corrected one has a number of its own."""

    link: Words | None = Field(None, description="The link.")
    prefix: Words | None = Field(None, description="How numbers begin; empty for every number.")
    amount: Amount | None = Field(None, description="What one part costs.")
    currency: Words | None = Field(None, description="Of what: ISO 4217.")
    valid_from: Words | None = Field(None, description=_DAY)
    charged: Words | None = Field(None, description="When it falls due: submit or delivery.")
    kind: Words | None = Field(None, description="What it is the price of: sms, mms, inbound or ussd.")
    network: Words | None = Field(None, description="MCC and MNC instead of a prefix, or an MCC alone.")
    upto_kb: Words | None = Field(None, description="Of an MMS: the largest that it is for, in kilobytes.")
    failed: Amount | None = Field(None, description="What a part costs that did not arrive; empty: as if it had.")
    minimum: Amount | None = Field(None, description="The least for one message.")
    round_up_to: Amount | None = Field(None, description="The price of a message is rounded up to a multiple of it.")


class Rate(NewRate):
    """A rate that counts."""

    id: int = Field(description="Its number.")


class RateList(Shape):
    """All rates that count."""

    data: list[Rate] = Field(description="The rates, by link and prefix.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class OfLink(Shape):
    """Of which link."""

    link: Words | None = Field(None, max_length=40, description="Only those of this link.")


class ImportWish(Shape):
    """How a file is taken."""

    dry_run: bool = Field(False, description="Only tell what it would change.")


class Change(Shape):
    """A line of a file against what counts now."""

    what: Literal["new", "changed", "same"] = Field(description="What it does.")
    link: str = Field(description="Its link.")
    prefix: str = Field(description="Its prefix.")
    network: str = Field(description="Its network.")
    amount: str = Field(description="What it says.")
    before: str | None = Field(description="What counted before; null for nothing.")
    currency: str = Field(description="Of what.")


class Effect(Shape):
    """What the traffic of the last month would cost over a link."""

    link: str = Field(description="The link.")
    currency: str = Field(description="Of what.")
    before: str = Field(description="By the rates that count now.")
    after: str = Field(description="With the file.")


class Gap(Shape):
    """Numbers without a price that messages went to."""

    link: str = Field(description="Over which link.")
    prefix: str = Field(description="How they begin.")
    country: str = Field(description="Where that is.")
    messages: int = Field(description="How many in the last month.")
    says: str = Field(description="It in words.")


class RateLook(Shape):
    """What a price list changes, and what it leaves open."""

    new: int = Field(description="Lines that are new.")
    changed: int = Field(description="Lines that replace another price.")
    same: int = Field(description="Lines that say what is known.")
    stored: bool = Field(description="Whether they count now.")
    changes: list[Change] = Field(description="The first 1000 of them.")
    effects: list[Effect] = Field(description="What last month's traffic would cost.")
    gaps: list[Gap] = Field(description="Where a price is missing.")
    overlaps: list[str] = Field(description="Prices that lie in others, in words.")


class Gaps(Shape):
    """What is wrong with the price list as it is."""

    gaps: list[Gap] = Field(description="Where a price is missing.")
    overlaps: list[str] = Field(description="Prices that lie in others, in words.")


class NewExchange(Shape):
    """What one unit of a currency is worth in another, from a day on."""

    currency: Words = Field(description="One unit of this.", examples=["USD"])
    into: Words = Field(description="Is worth so many of that.", examples=["EUR"])
    worth: Amount = Field(description="How many.", examples=["0.92"])
    valid_from: Words = Field("", description="From which day on, in the zone of [money]; now if left out.")


class ExchangeList(Shape):
    """All rates of exchange that count."""

    data: list[NewExchange] = Field(description="By pair, newest first.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class Done(Shape):
    """How many records that was."""

    count: int = Field(description="How many.")


class NewPlan(Shape):
    """A SIM's plan. Everything is text, as in a form."""

    link: Words = Field(description="The link that has the SIM.", examples=["stick"])
    name: Words = Field("", description="What it is called.", examples=["Mobil M"])
    units: Words = Field("", description="Free parts in a period.", examples=["1000"])
    period: Words = Field("month", description="day, week or month.")
    reset_day: Words = Field("1", description="On which day of the month or the week a period begins.")
    rollover: Words = Field("0", description="For how many periods what is left is kept.")
    scope: Words = Field("", description="Prefixes that the bundle is for, or eea; empty for every number.")
    beyond: Words = Field("price", description="When nothing is left: price (the rate's), or stop.")
    hour_cap: Words = Field("", description="Parts in an hour that the operator takes for fair.")
    day_cap: Words = Field("", description="Parts in a day.")
    people_cap: Words = Field("", description="Different numbers in a month.")
    warn_at: Words = Field("80", description="At how many per cent of the bundle to warn.")
    currency: Words = Field("", description="The currency of the link; by default that of [money].")
    valid_from: Words = Field("", description=_DAY)


class PlanChange(Shape):
    """A change of a plan; what is left out stays, null takes away. Everything is text, as in a form."""

    name: Words | None = Field(None, description="What it is called.")
    units: Words | None = Field(None, description="Free parts in a period.")
    rollover: Words | None = Field(None, description="For how many periods what is left is kept.")
    scope: Words | None = Field(None, description="Prefixes that the bundle is for, or eea; empty for every number.")
    beyond: Words | None = Field(None, description="When nothing is left: price (the rate's), or stop.")
    hour_cap: Words | None = Field(None, description="Parts in an hour that the operator takes for fair.")
    day_cap: Words | None = Field(None, description="Parts in a day.")
    people_cap: Words | None = Field(None, description="Different numbers in a month.")
    warn_at: Words | None = Field(None, description="At how many per cent of the bundle to warn.")


class Plan(Shape):
    """A plan and how it stands."""

    id: int = Field(description="Its number.")
    link: str = Field(description="Its link.")
    name: str = Field(description="What it is called.")
    units: int = Field(description="Free parts in a period.")
    period: str = Field(description="day, week or month.")
    begun: str = Field(description="The day on which the present period began.")
    ends: Moment = Field(description="When it ends.")
    had: int = Field(description="Free parts of this period, with what was kept.")
    used: int = Field(description="How many of them are used.")
    left: int = Field(description="How many are not.")
    last_day: str | None = Field(description="The day on which they will be used up if it goes on so; null: they last.")
    scope: list[str] = Field(description="Prefixes that it is for.")
    beyond: str = Field(description="price or stop.")
    hour_cap: int | None = Field(description="Parts in an hour.")
    day_cap: int | None = Field(description="Parts in a day.")
    people_cap: int | None = Field(description="Different numbers in a month.")
    sent_hour: int = Field(description="Parts in the last hour.")
    sent_day: int = Field(description="Parts today.")
    people: int = Field(description="Different numbers this month, where they are counted.")
    reset_day: int = Field(description="On which day of the month or the week a period begins.")
    rollover: int = Field(description="For how many periods what is left is kept.")
    warn_at: int = Field(description="At how many per cent of the bundle is warned.")
    currency: str = Field(description="The currency of the link.")
    valid_from: Moment = Field(description="From when on it counts.")


class PlanList(Shape):
    """All plans."""

    data: list[Plan] = Field(description="By link, newest first.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class NewBudget(Shape):
    """A ceiling for what may be spent."""

    name: Words = Field(description="What it is called.", examples=["Autumn"])
    scope: Words = Field("company", description="Whose: company, client, campaign, customer or link.")
    subject: Words = Field("", description="Which one; empty for the company.")
    period: Words = Field("month", description="day, month or whole.")
    ceiling: Amount = Field(description="How much.", examples=["100"])
    currency: Words = Field("", description="Of what; by default that of [money].")
    warn_at: Words = Field("80", description="At how many per cent to warn.")
    beyond: Words = Field("hold", description="What becomes of what is too much: hold, or refuse.")
    exempt: Words = Field("otp, conversational", description="Purposes that go on whatever is spent.")


class BudgetChange(Shape):
    """What is to be otherwise; what is left out stays."""

    name: Words | None = Field(None, description="What it is called.")
    ceiling: Amount | None = Field(None, description="How much.")
    warn_at: Words | None = Field(None, description="At how many per cent to warn.")
    beyond: Words | None = Field(None, description="hold or refuse.")
    exempt: Words | None = Field(None, description="Purposes that go on.")


class Budget(Shape):
    """A budget and how it stands."""

    id: int = Field(description="Its number.")
    name: str = Field(description="What it is called.")
    scope: str = Field(description="Whose it is.")
    subject: str = Field(description="Which one.")
    period: str = Field(description="day, month or whole.")
    now: str = Field(description="The present day or month.")
    ceiling: Money = Field(description="How much may be spent.")
    spent: str = Field(description="How much is.")
    kept: str = Field(description="How much is kept for messages that are not booked yet.")
    left: str = Field(description="How much is left.")
    warn_at: int = Field(description="Per cent.")
    beyond: str = Field(description="hold or refuse.")
    exempt: list[str] = Field(description="Purposes that go on.")


class BudgetList(Shape):
    """All budgets."""

    data: list[Budget] = Field(description="The oldest first.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class Alert(Shape):
    """Something that the owner is to know."""

    id: str = Field(description="Its id.")
    kind: str = Field(description="What it is.", examples=["budget.warning"])
    state: str = Field(description="raised, seen or over.")
    why: str = Field(description="It in words.")
    subject: str = Field(description="What it is about.")
    at: Moment = Field(description="Since when.")


class AlertPage(Page):
    """Alerts, newest first."""

    data: list[Alert] = Field(description="The alerts.")


class AlertMove(Shape):
    """What somebody says of an alert."""

    state: Literal["seen", "over"] = Field(description="seen: read; over: dealt with.")


class NewClearance(Shape):
    """What the brake shall let pass."""

    client: Words = Field("", max_length=64, description="Whose messages; empty for everybody's.")
    prefix: Words = Field("", max_length=16, description="To numbers that begin so; empty: however fast they come.")
    until: Moment | None = Field(None, description="Until when; for good if left out.")
