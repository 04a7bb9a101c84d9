"""The shapes of templates and campaigns: how they are written, and what is shown of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from smsgw.campaigns.terms import Terms
from smsgw.store.lifecycle import CAMPAIGN

from .shapes import LONGEST_TEXT, Moment, Page, Paging, Shape, Words

_TEXTS = 'The text by language, with variables such as {{ first_name|default:"friend" }}.'
_STATES: dict[str, Any] = {"enum": list(CAMPAIGN.states)}
_LISTED = ", ".join(CAMPAIGN.states)


class NewTemplate(Shape):
    """A text that campaigns are written from."""

    name: Words = Field(max_length=80, description="What it is called.", examples=["School is near"])
    texts: dict[Words, Words] = Field(
        max_length=40, description=_TEXTS, examples=[{"sl": "Pozdravljeni, {{ first_name }}!", "en": "Hello!"}]
    )
    language: Words | None = Field(
        None, max_length=8, description="Whose text is for everybody without one of their own; by default the first."
    )
    vars: list[Words] | None = Field(
        None, max_length=40, description="Variables besides those of customers, which whoever sends one gives."
    )


class TextFacts(Shape):
    """What can be said of a text before anybody gets it."""

    variables: list[str] = Field(description="The variables that it speaks of.")
    needed: list[str] = Field(description="Those without a fallback.")
    parts: int = Field(description="What it takes with its fallbacks.")
    encoding: str = Field(description="Its coding then: gsm7 or ucs2.")


class Template(Shape):
    """A text that campaigns are written from."""

    id: str = Field(description="Its id.")
    name: str = Field(description="What it is called.")
    texts: dict[str, str] = Field(description=_TEXTS)
    language: str = Field(description="Whose text is for everybody without one of their own.")
    vars: list[str] = Field(description="Variables that whoever sends a message from it gives.")
    facts: dict[str, TextFacts] = Field(description="What can be said of each text, by language.")
    used_in: int = Field(description="How many campaigns were written from it.")
    by: str = Field(description="Who made it.")
    created_at: Moment = Field(description="When.")
    changed_at: Moment = Field(description="When it was last changed.")


class TemplatePage(Page):
    """The templates, by name."""

    data: list[Template] = Field(description="The templates.")


class Variables(Shape):
    """What texts may speak of."""

    data: list[str] = Field(description="The names of the variables.")


class Filling(Shape):
    """Values to fill a template with."""

    language: Words | None = Field(None, max_length=8, description="In which language; by default the template's.")
    values: dict[Words, Words] = Field({}, max_length=200, description="The variables' values.")


class Filled(Shape):
    """A text with its values."""

    text: str = Field(max_length=LONGEST_TEXT, description="The text.")
    missing: list[str] = Field(description="Variables that have neither value nor fallback.")
    parts: int = Field(description="How many parts it takes.")
    encoding: str = Field(description="Its coding.")


class NewCampaign(Shape):
    """A campaign: who, what, and on which terms."""

    name: Words = Field(max_length=200, description="What it is called.", examples=["School supplies"])
    audience: dict[str, Any] = Field(
        description='Who: {"rule": RULE} over customers, as for segments, or {"numbers": [...]}.',
        examples=[{"rule": {"all": [{"bought": {"days": 90}}, {"allows": "school"}]}}],
    )
    texts: dict[Words, Words] = Field({}, max_length=40, description=_TEXTS)
    template: Words | None = Field(
        None, max_length=80, description="The template to take the texts from, by id or name."
    )
    language: Words | None = Field(None, max_length=8, description="Whose text is for those without one of their own.")
    purpose: Literal["marketing", "service", "transactional"] = Field("marketing", description="What it is for.")
    category: Words | None = Field(
        None, max_length=24, description="Of marketing: what its recipients must have agreed to.", examples=["school"]
    )
    from_: Words | None = Field(None, alias="from", max_length=20, description="Its sender.")
    link: Words | None = Field(None, max_length=40, description="The only link that it may go over.")
    terms: Terms = Field(default_factory=Terms, description="How it is sent, and what stops it.")


class CampaignChange(Shape):
    """What is to be otherwise; what is left out stays, null takes away, also within terms (RFC 7396)."""

    name: Words | None = Field(None, max_length=200, description="What it is called.")
    audience: dict[str, Any] | None = Field(None, description='Who: {"rule": RULE} or {"numbers": [...]}.')
    texts: dict[Words, Words | None] | None = Field(None, max_length=40, description=_TEXTS)
    template: Words | None = Field(None, max_length=80, description="The template to take the texts from.")
    language: Words | None = Field(None, max_length=8, description="Whose text is for those without one of their own.")
    purpose: Literal["marketing", "service", "transactional"] | None = Field(None, description="What it is for.")
    category: Words | None = Field(None, max_length=24, description="What its recipients must have agreed to.")
    from_: Words | None = Field(None, alias="from", max_length=20, description="Its sender.")
    link: Words | None = Field(None, max_length=40, description="The only link that it may go over.")
    terms: dict[str, Any] | None = Field(None, description="How it is sent, and what stops it.")


class Money(Shape):
    """An amount."""

    amount: str = Field(description="Decimal, such as 0.045.")
    currency: str = Field(description="ISO 4217.")


class OverLink(Shape):
    """What goes over one link."""

    link: str = Field(description="Its name.")
    messages: int = Field(description="Messages.")
    parts: int = Field(description="Parts.")
    cost: Money | None = Field(description="What they cost; null: no rate says.")


class Longest(Shape):
    """The longest text of all."""

    text: str = Field(description="The text.")
    to: str = Field(description="Who gets it.")
    parts: int = Field(description="Its parts.")
    letters: int = Field(description="Its letters.")
    encoding: str = Field(description="Its coding.")


class WithoutValue(Shape):
    """Somebody for whom a variable has no value."""

    who: str = Field(description="The name, else the number.")
    number: str = Field(description="The number.")
    names: list[str] = Field(description="The variables.")


class LeftOutCount(Shape):
    """How many are left out for one reason."""

    code: str = Field(description="The reason, for programs.")
    count: int = Field(description="How many.")
    words: str = Field(description="The reason, for people.")


class DearLetter(Shape):
    """A letter that makes texts dear."""

    letter: str = Field(description="The letter.")
    plainer: str | None = Field(description="What could stand for it; null: nothing.")
    messages: int = Field(description="In how many messages it stands.")
    parts: int = Field(description="Parts that are saved without it.")
    saved: list[Money] = Field(description="What that saves.")


class Advice(Shape):
    """What would be cheaper, and what it can cost at worst; of the first 20,000 texts."""

    measured: int = Field(description="How many texts were looked at.")
    free_parts: int = Field(description="Parts that bundles are likely to pay for.")
    worst: list[Money] = Field(description="If everybody got the longest text over the dearest link.")
    parts_saved: int = Field(description="Parts that plainer letters would save.")
    saved: list[Money] = Field(description="What these cost.")
    letters: list[DearLetter] = Field(description="The letters that make the texts dear.")


class Estimate(Shape):
    """What a campaign will cost and when it will be done; of a series: its next run."""

    people: int = Field(description="Whom it is about.")
    left_out: list[LeftOutCount] = Field(description="Those who get nothing, by reason.")
    messages: int = Field(description="Messages that will be sent.")
    parts: int = Field(description="Their parts.")
    costs: list[Money] = Field(description="What they cost, by currency.")
    unpriced: int = Field(description="Messages for which no rate says what they cost.")
    links: list[OverLink] = Field(description="By link.")
    languages: dict[str, int] = Field(description="How many get it in which language.")
    kinds: dict[str, int] = Field(description="How many go as what: text, mms, mail.")
    longest: Longest | None = Field(description="The longest text.")
    undefined: int = Field(description="Texts with a variable that has no value: while there are any it cannot begin.")
    undefined_some: list[WithoutValue] = Field(description="The first twenty of these.")
    sampled: int | None = Field(
        description="How many were looked at: above 50,000 people a sample by chance; null: everybody."
    )
    give_or_take: float = Field(description="By how many per cent a sample may err, 19 times of 20; 0: it cannot.")
    advice: Advice | None = Field(description="What would be cheaper; null: it was not looked at.")
    starts_at: Moment = Field(description="If it begins then,")
    ends_at: Moment = Field(description="the last message leaves about then.")


class Campaign(Shape):
    """A campaign."""

    id: str = Field(description="Its id.")
    name: str = Field(description="What it is called.")
    status: str = Field(description="What it does now.", json_schema_extra=_STATES)
    why: str = Field(description="Why it is in this state, in words.")
    kind: Literal["once", "recurring", "relative", "follow_up"] = Field(description="What kind of campaign it is.")
    parent: str | None = Field(description="The series or campaign that began it.")
    run: str | None = Field(description="Which run of that it is.")
    purpose: str = Field(description="What it is for.")
    category: str | None = Field(description="What its recipients agreed to.")
    audience: dict[str, Any] = Field(description="Who.")
    texts: dict[str, dict[str, str]] = Field(description="The texts by variant (a, b, …) and language.")
    language: str = Field(description="Whose text is for those without one of their own.")
    template: str | None = Field(description="The template that the texts were taken from.")
    from_: str | None = Field(alias="from", description="Its sender.")
    link: str | None = Field(description="The only link that it may go over.")
    terms: Terms = Field(description="How it is sent, and what stops it.")
    starts_at: Moment | None = Field(description="When it begins; of a series: its next run.")
    started_at: Moment | None = Field(description="When it began.")
    frozen_at: Moment | None = Field(description="Since when its audience is complete.")
    ended_at: Moment | None = Field(description="When it ended.")
    placed: int = Field(description="Messages that it has put into the queue.")
    planned: Money | None = Field(description="What these are to cost.")
    winner: str | None = Field(description="The text that won.")
    estimate: Estimate | None = Field(description="Its estimate.")
    by: str = Field(description="Who wrote it.")
    approved_by: str | None = Field(description="Who approved it.")
    created_at: Moment = Field(description="When it was written.")
    changed_at: Moment = Field(description="When it was last changed.")


class CampaignPage(Page):
    """Campaigns, newest first."""

    data: list[Campaign] = Field(description="The campaigns.")


class CampaignFilter(Paging):
    """Which campaigns."""

    status: Words | None = Field(None, max_length=12, description=f"Only those in this state: {_LISTED}.")
    parent: Words | None = Field(None, max_length=40, description="Only the runs and follow-ups of this one.")


class EstimateWish(Shape):
    """For when a campaign is estimated."""

    start: Moment | None = Field(None, description="When it is to begin; by default now.")


class ScheduleWish(Shape):
    """When a campaign begins."""

    at: Moment | None = Field(None, description="When; by default now. Of a series: no run before it.")


class Reason(Shape):
    """Why."""

    why: Words = Field("by hand", min_length=1, max_length=300, description="Why, for those who look later.")


class Halted(Shape):
    """A campaign that was paused or stopped, and how far it had come."""

    left: int = Field(description="Messages that had left.")
    wait: int = Field(description="Messages that had not.")
    campaign: Campaign = Field(description="The campaign.")


class TestWish(Shape):
    """Where a test is sent."""

    to: list[Words] = Field(min_length=1, max_length=10, description="The numbers.", examples=[["+38640111222"]])


class TestSent(Shape):
    """What became of one test."""

    to: str = Field(description="The number.")
    variant: str = Field(description="Which text.")
    message_id: str | None = Field(description="The message; null: it was refused.")
    says: str | None = Field(description="Why it was refused.")


class TestPage(Page):
    """What became of the tests."""

    data: list[TestSent] = Field(description="The tests.")


class Preview(Shape):
    """A text as somebody will get it."""

    who: str = Field(description="The name, else the number.")
    number: str = Field(description="The number.")
    language: str = Field(description="The language.")
    variant: str = Field(description="Which text.")
    text: str = Field(description="The text.")
    parts: int = Field(description="Its parts; 0: it cannot be sent.")
    encoding: str = Field(description="Its coding; or why it cannot be sent.")
    right_to_left: bool = Field(description="Whether it is read from right to left.")
    why: str = Field(description="What makes it worth looking at.")
    missing: list[str] = Field(description="Variables without a value.")


class PreviewPage(Page):
    """Twenty recipients: the longest text first, one from right to left, then the others."""

    data: list[Preview] = Field(description="The texts.")
