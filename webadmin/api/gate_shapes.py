"""The shapes of the gate's own rules: caps, open hours, what was refused and who changed what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .shapes import Moment, Shape, Words


class Cap(Shape):
    """At most so many offers and notices to a person in so many days."""

    category: Words = Field("*", max_length=24, description='A category, or "*" for all together.')
    days: Literal[1, 7, 30] = Field(description="In how many days.")
    most: int = Field(ge=0, le=10_000, description="How many at most.")


class CapPlace(Shape):
    """Which cap."""

    category: Words = Field("*", max_length=24, description='A category, or "*".')
    days: int = Field(ge=1, le=30, description="1, 7 or 30.")


class CapList(Shape):
    """The caps."""

    data: list[Cap] = Field(description="The caps.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class NewOpenHours(Shape):
    """When marketing may arrive in a country."""

    hours: list[Words] = Field(
        max_length=21, description="Days and times; empty for always.", examples=[["Mo-Sa 08:00-20:00"]]
    )
    holidays: bool = Field(True, description="Whether public holidays are quiet all day.")


class OpenHours(NewOpenHours):
    """When marketing may arrive in a country, and where that is from."""

    region: str = Field(description='ISO 3166; "*" for all others.')
    source: str = Field(description="Who says so: people here, or what comes with smsgw.")


class OpenHoursList(Shape):
    """The open hours, by country."""

    data: list[OpenHours] = Field(description="The open hours.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class RefusalFilter(Shape):
    """Which refusals to list."""

    to: Words | None = Field(None, max_length=20, description="Only those to this number.")
    limit: int = Field(100, ge=1, le=1000, description="How many at most.")
    before: int | None = Field(None, ge=1, description="Only older ones: the id of the last one seen.")


class Refusal(Shape):
    """What the gate refused; its text is not kept."""

    id: int = Field(description="Its place in the list.")
    client: str = Field(description="Who wanted it sent.")
    recipient: str = Field(description="To whom.")
    purpose: str = Field(description="What for.")
    category: str | None = Field(description="Of which category.")
    code: str = Field(description="The rule.")
    says: str = Field(description="Why, in words.")
    at: Moment = Field(description="When.")


class RefusalList(Shape):
    """What the gate refused, newest first."""

    data: list[Refusal] = Field(description="The refusals.")
    next_cursor: None = Field(None, description="Always null: give `before` instead.")


class RuleChange(Shape):
    """A change of a rule."""

    id: int = Field(description="Its place in the log.")
    what: str = Field(description="What was changed.")
    by: str = Field(description="By whom.")
    at: Moment = Field(description="When.")


class RuleChangeList(Shape):
    """Who changed what, newest first."""

    data: list[RuleChange] = Field(description="The newest 200 changes.")
    next_cursor: None = Field(None, description="Always null.")
