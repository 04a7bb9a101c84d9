"""The shapes of what surrounds the messages: links, simulated phones, health, and the catalogue of problems."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, RootModel, StrictBool, StrictFloat, StrictInt

from .shapes import LONGEST_TEXT, Moment, Page, Shape, Words


class Pace(Shape):
    """How fast a link sends: numbers that can be drawn."""

    configured: float | None = Field(description="Parts a second that it may send; null: as many as it takes.")
    allowed: float | None = Field(
        description="Parts a second that it may send now: fewer while its network says it is too fast; null: no bound."
    )
    sent_second: int = Field(description="Parts that went out in the last whole second.")
    sent_minute: int = Field(description="Parts that went out in the last sixty seconds.")
    throttled: int = Field(description="How often its network said that it is too fast, since the gateway started.")
    throttled_minute: int = Field(description="How often in the last sixty seconds.")
    why: str = Field(description="What bounds it, in words.")
    past: list[tuple[int, int, float | None]] = Field(
        default=[],
        description="Earlier readings, oldest first, at most 120: seconds since 1970, `sent_second`, `allowed`.",
    )


class LinkHealth(Shape):
    """A link and how it is."""

    name: str = Field(description="Its name in the configuration.")
    kind: str = Field(description="Its kind: modem, smpp, fake.")
    health: Literal["down", "resting", "connecting", "degraded", "up"] = Field(description="How it is.")
    why: str = Field(description="Why, in words.")
    facts: dict[str, str] = Field(description="What the driver knows: signal, operator and the like.")
    since: Moment = Field(description="Since when it is so.")
    pace: Pace | None = Field(description="How fast it sends; null: it has not been started.")


class LinkPage(Page):
    """The links, by name."""

    data: list[LinkHealth] = Field(description="The links.")


class Handset(Shape):
    """A phone of a simulated link."""

    msisdn: str = Field(description="Its number.")
    link: str = Field(description="The link that it belongs to.")


class NewHandset(Shape):
    """A phone that a simulated network is to have."""

    msisdn: Words = Field(min_length=1, max_length=40, description="Its number.", examples=["+38641000003"])


class HandsetPage(Page):
    """The phones of the simulated links."""

    data: list[Handset] = Field(description="The phones.")


class HandsetText(Shape):
    """A text on the screen of a simulated phone."""

    id: str = Field(description="The network's name for it.")
    mine: bool = Field(description="Whether it was typed on this phone.")
    other: str = Field(description="The other side: the sender, or the number it was sent to.")
    text: str = Field(description="What it says.")
    at: Moment = Field(description="When.")
    delivered: bool = Field(description="Whether it reached the other side.")


class HandsetTextPage(Page):
    """What a simulated phone shows, oldest first."""

    data: list[HandsetText] = Field(description="The texts.")


class NewHandsetText(Shape):
    """A text typed on a simulated phone."""

    text: Words = Field(min_length=1, max_length=LONGEST_TEXT, description="What to say.")
    to: Words | None = Field(None, max_length=20, description="The number it is sent to; by default the gateway's.")


class Typed(Shape):
    """The text that was typed."""

    id: str = Field(description="The network's name for it.")


class WhichLink(Shape):
    """Which simulated link."""

    link: Words | None = Field(None, max_length=40, description="Its name; by default the first one.")


class Faults(RootModel[dict[Words, StrictBool | StrictInt | StrictFloat]]):
    """The knobs of a simulated network: how often and in which ways it fails."""


class LinkEvent(Shape):
    """Something that happened to a link."""

    status: str = Field(description="How it was from then on: up, down, degraded, resting.")
    why: str = Field(description="Why, in words.")
    at: Moment = Field(description="Since when.")


class LinkEventPage(Page):
    """What happened to a link, newest first."""

    data: list[LinkEvent] = Field(description="The events.")


class LinkTrial(Shape):
    """How a link is to be tried."""

    to: Words | None = Field(None, max_length=20, description="A number that gets a text over this link; null: none.")
    text: Words = Field("smsgw: this link works", min_length=1, max_length=LONGEST_TEXT, description="What it says.")


class LinkTried(Shape):
    """What came of trying a link."""

    health: Literal["down", "resting", "connecting", "degraded", "up"] = Field(description="How it is.")
    why: str = Field(description="Why, in words.")
    facts: dict[str, str] = Field(description="What the driver knows.")
    message: str | None = Field(description="The message's id: see what becomes of it. null: none was sent.")


class Version(Shape):
    """Which smsgw this is."""

    name: Literal["smsgw"] = Field(description="Always smsgw.")
    version: str = Field(description="The version of the program.")
    api: Literal["v1"] = Field(description="The version of the API: within it things are added, never taken away.")


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"] = Field(description="Always ok.")


class Checks(Shape):
    """What readiness depends on."""

    store: str = Field(description="Whether the store takes writes: ok, or what is the matter.")
    started: str = Field(description="Whether the gateway is running: ok, not started, stopping.")


class Readiness(Shape):
    """Whether requests are welcome."""

    status: Literal["ready", "not ready"] = Field(description="Whether they are.")
    checks: Checks = Field(description="What was looked at.")


class CatalogueEntry(Shape):
    """A kind of problem."""

    code: str = Field(description="Its name, for programs.")
    status: int = Field(description="The HTTP status.")
    title: str = Field(description="Its name, for people.")
    meaning: str = Field(description="What happened.")
    todo: str = Field(description="The next step.")
    retry: bool = Field(description="Whether the same request may succeed later.")


class CataloguePage(Page):
    """Every kind of problem, by status."""

    data: list[CatalogueEntry] = Field(description="The kinds.")
