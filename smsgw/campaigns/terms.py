"""How a campaign is sent and what stops it: the terms that people set, as they are stored and as the API takes them."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .slides import Shown

Texts = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], Annotated[str, Field(min_length=1, max_length=39_015)]],
    Field(min_length=1, max_length=40),
]
PerCent = Annotated[float, Field(ge=0, le=100)]
VARIANTS = "abcdefgh"


class Section(BaseModel):
    """What the parts of the terms have in common: nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Canary(Section):
    """The first few go alone; the others follow if hardly any of these failed."""

    share: PerCent = Field(1.0, gt=0, le=50, description="Per cent of the audience that goes first.")
    failures: PerCent = Field(5.0, description="At most so many per cent of them may fail.")
    wait: int = Field(30, ge=1, le=1440, description="For how many minutes their receipts are waited for.")


class Split(Section):
    """Several texts against each other: the one of `texts` is a, those of `against` are b, c and so on."""

    against: list[Texts] = Field(min_length=1, max_length=7, description="The other texts, each by language.")
    share: PerCent = Field(
        20.0, gt=0, description="Per cent of the audience that the texts are tried on; 100: everybody, and none wins."
    )
    by: Literal["replies", "orders", "clicks", "delivered", "fewest_opt_outs"] = Field(
        "replies", description="What makes a text the winner."
    )
    decide_after: int = Field(
        240, ge=1, le=20_160, description="After how many minutes the winner goes to everybody else."
    )


class Limits(Section):
    """What makes a campaign slower, or has it pause by itself."""

    failures: PerCent = Field(20.0, description="Pause when more than so many per cent fail.")
    opt_outs: PerCent = Field(5.0, description="Pause when more than so many per cent of those who got it say stop.")
    sample: int = Field(20, ge=1, le=100_000, description="After how many messages these two are first looked at.")
    unanswered: int = Field(
        100, ge=1, le=1_000_000, description="So many replies that wait for a person stop it; half as many halve it."
    )
    budget: Decimal | None = Field(
        None, gt=0, max_digits=12, decimal_places=6, description="Pause before it costs more, in the rates' currency."
    )


class Repeat(Section):
    """A series by a rule: each run is a campaign of its own, with an audience frozen when it begins."""

    rule: str = Field(max_length=300, description="RFC 5545, with an end.", examples=["FREQ=WEEKLY;BYDAY=TU;COUNT=10"])
    first: datetime = Field(
        description="When it first runs, on the wall's clock, without a zone.", examples=["2026-12-01T09:00:00"]
    )
    zone: str = Field("UTC", max_length=64, description="The zone of that clock.", examples=["Europe/Ljubljana"])
    holidays: str | None = Field(
        None, pattern=r"^[A-Z]{2}$", description="No run on public holidays of this country.", examples=["SI"]
    )

    @model_validator(mode="after")
    def _wall(self) -> Repeat:
        if self.first.tzinfo is not None:
            raise ValueError("first is a time on the wall: leave its zone out, and say it in zone")
        return self


class Relative(Section):
    """A run each day for those whose date is due: a birthday, the end of a subscription."""

    field: str = Field(max_length=40, description="A field of customers that holds a date.", examples=["birthday"])
    days: int = Field(0, ge=-366, le=366, description="So many days after it; below 0 before it.")
    yearly: bool = Field(True, description="Whether each anniversary counts, or the date itself only.")
    at: time = Field(time(9), description="At what time of the day.", examples=["09:00:00"])
    zone: str = Field("UTC", max_length=64, description="The zone of that clock.")
    until: date = Field(description="The last day of the series.")


class FollowUp(Section):
    """What those get who did not answer, or did not get it."""

    who: Literal["silent", "unreached"] = Field(description="Who did not answer; or whom it did not reach.")
    after: int = Field(24, ge=1, le=2160, description="How many hours after the end of the campaign.")
    texts: Texts = Field(description="The text, by language.")


class Choice(Section):
    """What a number in an answer means: in "YES 2", or in "2"."""

    number: int = Field(ge=1, le=99, description="The number in the text.")
    sku: str = Field(min_length=1, max_length=40, description="The product.")
    label: str = Field(min_length=1, max_length=120, description="What it is called in the text.")


class Offer(Section):
    """An offer that can be answered: "YES", "2", "YES 3x"."""

    choices: list[Choice] = Field(min_length=1, max_length=20, description="What is offered.")
    quantity: Decimal | None = Field(None, gt=0, description="How much of it, if the answer does not say.")
    hours: int = Field(72, ge=1, le=2160, description="For how many hours an answer counts.")


class Terms(Section):
    """How a campaign is sent and what stops it."""

    expires_in: int = Field(
        86_400, ge=60, le=2_592_000, description="After how many seconds a message is worth nothing."
    )
    late: int = Field(360, ge=1, le=20_160, description="A start that was missed is made up within so many minutes.")
    within: int = Field(
        4320, ge=1, le=131_400, description="Nothing of it leaves later than so many minutes after it has begun."
    )
    per_minute: int | None = Field(None, ge=1, le=1_000_000, description="Its own pace, in messages a minute.")
    max_parts: int | None = Field(None, ge=1, le=255, description="The longest text, in parts.")
    track_links: bool = Field(
        False, description="Addresses in its texts go as short links that count who follows; of marketing by recipient."
    )
    control: PerCent = Field(0.0, le=50, description="Per cent that get nothing, to compare with.")
    unreachable: bool = Field(False, description="Whether numbers that failed time after time are tried all the same.")
    attribution: int = Field(7, ge=1, le=90, description="For how many days replies and orders count as its own.")
    canary: Canary | None = Field(None, description="A few first.")
    split: Split | None = Field(None, description="Several texts against each other.")
    limits: Limits = Field(default_factory=Limits, description="What stops it.")
    shown: Shown | None = Field(None, description="Pictures, sound and further slides that go with the text.")
    offer: Offer | None = Field(None, description="What can be answered.")
    repeat: Repeat | None = Field(None, description="A series by a rule.")
    relative: Relative | None = Field(None, description="A series by a date of each customer.")
    follow_ups: list[FollowUp] = Field(default_factory=list, max_length=5, description="What comes after it.")

    @model_validator(mode="after")
    def _together(self) -> Terms:
        if self.repeat is not None and self.relative is not None:
            raise ValueError("repeat and relative are two kinds of series: leave one of them out")
        if self.split is not None and self.split.share < 100 and self.split.decide_after >= self.within:
            raise ValueError("the winner is known after `within` minutes only: decide earlier, or give it longer")
        if self.track_links and self.shown is not None:
            raise ValueError("only the links of a text can be tracked: leave the pictures out, or track_links")
        return self

    @property
    def kind(self) -> str:
        """once, recurring or relative: what a campaign with these terms is."""
        return "recurring" if self.repeat else "relative" if self.relative else "once"

    @property
    def first_wave(self) -> int:
        """The wave that goes first: 0 the canary, 1 the test of several texts, 2 everybody else."""
        if self.canary is not None:
            return 0
        return 1 if self.split is not None and self.split.share < 100 else 2

    def of_a_run(self) -> Terms:
        """The terms of one run of this series."""
        return self.model_copy(update={"repeat": None, "relative": None})
