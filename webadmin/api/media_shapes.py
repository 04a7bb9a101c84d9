"""The shapes of media, and of what messages carry besides a text."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .fields import Moment, Shape, Words

Id = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Place = Annotated[Words, Field(max_length=2000)]
POLICIES = Literal["mms-first", "link-first", "never"]
PROFILES = Literal["basic", "rich100", "std300", "std600", "large1m"]


class MediumShape(Shape):
    """A picture, sound, video or file that is stored: the same octets are the same medium, whoever gives them."""

    id: str = Field(description="The SHA-256 of its octets, in hexadecimal digits.")
    type: str = Field(description="What it is, as its octets say.", examples=["image/jpeg"])
    size: int = Field(description="Octets.")
    width: int | None = Field(description="Of a picture, in pixels.")
    height: int | None = Field(description="Of a picture, in pixels.")
    seconds: int | None = Field(description="How long a sound or video takes, where it is known.")
    url: str = Field(description="Where its octets are, for who has a key.")


class NewSlide(Shape):
    """What somebody sees at a time: at most one picture or video, one sound, one text."""

    text: Words = Field("", max_length=1000, description="The words.")
    medium: Place | None = Field(None, description="A picture or video: its id, or an address that we fetch it from.")
    sound: Place | None = Field(None, description="A sound, in the same way.")
    seconds: float | None = Field(None, ge=1, le=300, description="For how long it is shown; by default five.")


class NewFile(Shape):
    """A file beside the slides, such as a PDF or a card."""

    medium: Place = Field(description="Its id, or an address that we fetch it from.")
    name: Words = Field("", max_length=80, description="Its file name; by default one by its type.")


class Carried(Shape):
    """What a message may carry besides a text. With any of it it is an MMS, or a text with a link to a page."""

    media: list[Place] | None = Field(
        None,
        max_length=20,
        description="Pictures, videos and sounds, each on a slide of its own, the text on the first: ids that "
        "POST /media answered, or addresses (http or https) that we fetch them from.",
    )
    slides: list[NewSlide] | None = Field(
        None, max_length=20, description="Instead of media and text: what is seen one after the other."
    )
    files: list[NewFile] | None = Field(None, max_length=10, description="Files beside the slides.")
    subject: Words | None = Field(None, max_length=80, description="The subject, one line.")
    policy: POLICIES | None = Field(
        None,
        description="For phones of which nothing is known: mms-first tries an MMS and sends a link if it is not "
        "fetched, link-first sends the link, never sends no link; by default as [media] says.",
    )
    profile: PROFILES | None = Field(None, description="The size it is made to fit; by default as [media] says.")
    language: Words | None = Field(
        None, pattern="^[a-z]{2,3}$", description="Of the sentences that we add to a link; by default as [media] says."
    )
    from_name: Words | None = Field(None, max_length=120, description="Who sends it, as the text with the link says.")
    read_report: bool = Field(False, description="Whether we want to know that it was read, where phones say so.")
    pin: Words | None = Field(
        None,
        min_length=4,
        max_length=20,
        description="A code that the page asks for before it shows anything: then it goes as a link only.",
    )


class ShownSlide(Shape):
    """A slide of a message."""

    text: str = Field(description="The words.")
    medium: str | None = Field(description="The id of its picture or video.")
    sound: str | None = Field(description="The id of its sound.")
    seconds: float | None = Field(description="For how long it is shown; null: as long as usual.")


class ShownFile(Shape):
    """A file beside the slides."""

    medium: str = Field(description="Its id.")
    name: str = Field(description="Its file name.")


class PageSeen(Shape):
    """The page that shows a message, and who came to it. Only opened and what follows is a view."""

    expires_at: Moment = Field(description="Until when it can be opened.")
    revoked_at: Moment | None = Field(description="When it was taken back.")
    opened_at: Moment | None = Field(description="When somebody first asked to see the message.")
    locked: bool = Field(description="Whether too many wrong codes were given.")
    held: str | None = Field(description="Why what it shows is kept behind its end (a legal hold).")
    visits: dict[str, int] = Field(
        description="How often each happened: fetched (anything looked at the link), opened, loaded (a picture was "
        "taken), replied, pin (a wrong code)."
    )


class Content(Shape):
    """What a message carries, and which way it goes."""

    subject: str = Field(description="Its subject.")
    slides: list[ShownSlide] = Field(description="Its slides.")
    files: list[ShownFile] = Field(description="The files beside them.")
    policy: POLICIES = Field(description="What phones get of which nothing is known.")
    profile: str = Field(description="What it was made to fit.")
    way: Literal["mms", "link", "mail"] = Field(description="How it goes.")
    why: str = Field(description="Why so, in words.")
    size: int = Field(description="Octets of all parts; 0 for a link.")
    fallback_at: Moment | None = Field(description="When a link goes out unless the phone has fetched it.")
    fallback_id: str | None = Field(description="What went out in its place: a smaller MMS, or the text with the link.")
    instead_of: str | None = Field(description="Of such a message: the one that it stands for.")
    shown_at: Moment | None = Field(description="When the network said that the phone has it.")
    read_at: Moment | None = Field(description="When somebody read it, if the phone says so.")
    page: PageSeen | None = Field(description="The page that its link leads to, if it has one.")


class ContentWay(Shape):
    """Which way a content would go."""

    way: Literal["mms", "link", "mail"] = Field(description="How it would go.")
    why: str = Field(description="Why so, in words.")
    size: int = Field(description="Octets of all parts, made to fit; 0 for a link.")
    profile: str = Field(description="What it would be made to fit.")
    falls_back: bool = Field(description="Whether a link goes out when the phone does not fetch it.")


class InboundMedium(Shape):
    """A part of an MMS or mail that came in."""

    id: str = Field(description="The SHA-256 of its octets.")
    type: str = Field(description="What it is, as its octets say.")
    said_type: str = Field(description="What its sender says it is.")
    name: str = Field(description="Its file name, as its sender says.")
    size: int = Field(description="Octets.")
    url: str | None = Field(description="Where its octets are, for who has a key; null when they are gone.")


class PageHold(Shape):
    """Whether what a page shows is kept behind its end."""

    why: Words | None = Field(max_length=500, description="Why it is held; null: it is not held any more.")


class ShownCapability(Shape):
    """Whether a number can show an MMS, as far as it is known."""

    number: str = Field(description="The number.")
    state: Literal["unknown", "yes", "no", "blocked"] = Field(description="What is known.")
    evidence: str | None = Field(description="The sign that decided.")
    source: str | None = Field(description="Who gave it: a link, admin, import, lookup.")
    why: str | None = Field(description="The same in words.")
    at: Moment | None = Field(description="When.")
    expires_at: Moment | None = Field(description="When it is forgotten.")


class NewCapability(Shape):
    """What somebody says of a number; null takes their word back."""

    state: Literal["yes", "no", "blocked"] | None = Field(
        description="Whether it can show an MMS; blocked: it gets none."
    )
