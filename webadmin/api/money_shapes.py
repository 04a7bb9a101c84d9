"""The shapes of rates, exchange, plans, budgets, alerts, estimates and cost reports."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smsgw.money.reports import DIMENSIONS

from .shapes import Moment, Money, Page, Shape, Words

Amount = Words  # a decimal number in a string, as everywhere
By = Literal["link", "country", "prefix", "client", "campaign", "category", "sender", "customer", "day"]
assert set(By.__args__) == set(DIMENSIONS)  # type: ignore[attr-defined]
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
