"""Choose how a content goes to one recipient: as an MMS, or as a text with the link to a page; and say why.

Exactly one of the two reaches somebody: an MMS that the phone fetches, or the link. What is decided here is how it
begins; what an MMS that is not fetched leads to is `smsgw/outbound/fallback.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .capability import Known


@dataclass(frozen=True, slots=True)
class Way:
    """How it goes, why, and whether a link goes out when the phone does not fetch it. how: None: not at all."""

    how: Literal["mms", "link"] | None
    why: str
    falls_back: bool = False


def choose(known: Known, policy: str, carried: bool, linked: bool) -> Way:
    """The way for a phone of which this is known.

    policy: mms-first, link-first (to phones of which nothing is known), or never (a link: MMS or nothing). carried:
    whether a link of ours carries MMS to it; linked: whether there can be pages.
    """
    link = linked and policy != "never"
    no_link = (
        "its policy allows no link" if policy == "never" else "no address is set for pages, so no link can be sent"
    )
    if not carried:
        why = "no link carries MMS to this number"
        return Way("link", why) if link else Way(None, f"{why}, and {no_link}")
    if known.state in ("no", "blocked"):
        why = f"this phone shows no MMS: {known.why}"
        return Way("link", why) if link else Way(None, f"{why}; {no_link}")
    if known.state == "yes":
        return Way("mms", f"this phone shows MMS: {known.why}", link)
    if policy == "link-first" and link:
        return Way("link", f"{known.why}, and its policy sends such phones a link")
    return Way(
        "mms", f"{known.why}, so an MMS is tried" + (", and the link if it is not fetched" if link else ""), link
    )
