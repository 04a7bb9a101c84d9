"""The shapes of a preview: what a text would take, and whether it would be sent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .fields import Moment, Purpose, Shape, Words
from .media_shapes import Carried, ContentWay
from .shapes import LONGEST_TEXT, Money


class NewPreview(Carried):
    """A text to be looked at before it is sent."""

    text: Words = Field("", max_length=LONGEST_TEXT, description="What to say; left out only for slides and media.")
    to: Words | None = Field(None, max_length=100, description="To whom; without it only the text is looked at.")
    from_: Words | None = Field(None, alias="from", max_length=100, description="The sender.")
    purpose: Purpose = Field("transactional", description="What the message is for.")
    category: Words | None = Field(None, max_length=24, description="Of marketing: what it is about.")
    link: Words | None = Field(None, max_length=40, description="The only link that will do, by name.")
    send_at: Moment | None = Field(None, description="Not before this time.")
    reply_to: str | None = Field(None, pattern="^in_[0-9A-Z]{26}$", description="The inbound text that this answers.")
    allow_duplicate: bool = Field(False, description="The same text to the same number is meant.")


class Swap(Shape):
    """A letter that makes a text dear, and a plainer one that reads the same."""

    letter: str = Field(description="The letter.")
    plainer: str = Field(description="What may stand for it.")


class GateCheck(Shape):
    """What one check of the gate says."""

    name: str = Field(description="Its name.", examples=["consent"])
    duty: str = Field(description="What it sees to.")
    decision: Literal["send", "hold", "refuse"] = Field(description="Go on, wait, or no.")
    code: str | None = Field(description="The rule that refuses.")
    says: str | None = Field(description="Why, in words.")
    until: Moment | None = Field(description="Until when it holds.")


class GateAnswer(Shape):
    """What the gate would say at this moment."""

    decision: Literal["send", "hold", "refuse"] = Field(description="Go on, wait, or no.")
    code: str | None = Field(description="The rule that refuses.")
    says: str | None = Field(description="Why, in words.")
    until: Moment | None = Field(description="When a held message is looked at again.")
    checks: list[GateCheck] = Field(description="What each check says, in order; the first refusal decides.")


class Preview(Shape):
    """What a text would take, and whether it would be sent."""

    encoding: str = Field(description="gsm7, gsm7+turkish (with national letters) and the like, or ucs2.")
    characters: int = Field(description="How many letters it has.")
    parts: int = Field(description="How many parts it takes over the air.")
    left_in_part: int = Field(description="How much still fits the last part: septets, or UTF-16 units with ucs2.")
    forced_by: list[str] = Field(description="The letters that plain GSM-7 does not have.")
    swaps: list[Swap] = Field(description="Those that have a plainer spelling.")
    parts_after_swap: int = Field(description="How many parts it would take with all of them swapped.")
    to: str | None = Field(description="The number in its one spelling.")
    from_: str | None = Field(alias="from", description="The sender; null: the link's own.")
    link: str | None = Field(description="The link it would go over.")
    trace: list[str] = Field(description="Why this link.")
    price: Money | None = Field(description="What it would cost; null when no rate says.")
    gate: GateAnswer | None = Field(description="What the gate would say; null without a number.")
    content: ContentWay | None = Field(None, description="Of slides and media: which way they would go.")
