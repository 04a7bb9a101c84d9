"""Addresses as MMSCs write them, and as we do: a number is E.164 with `+`, a short code digits, a mail address itself.

The surprise: Mbuni writes Recipient and Sender of a report the wrong way round, so `phone_of` asks who is not us.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from drivers.mm7.contents import Contents, Written
from drivers.mm7.soap import child, local, words

KINDS = ("Number", "ShortCode", "RFC2822Address")
LONGEST = 120


def number(written: str) -> str:
    """A number as we spell it. `+385…/TYPE=PLMN` is what Nokia's MMSC writes; others leave the plus out."""
    bare = re.sub(r"[\s().-]", "", written.partition("/")[0])[:LONGEST]
    bare = re.sub(r"^(?:tel:|00(?=[1-9]))", "", bare, flags=re.IGNORECASE)
    return f"+{bare}" if re.fullmatch(r"[1-9][0-9]{7,14}", bare) else bare


def spelled(number: str, written: Written) -> str:
    """A number as this MMSC wants it; what is no international number stays as it is."""
    if not number.startswith("+"):
        return number
    bare = number[1:] if written.startswith("4") else number
    return bare + "/TYPE=PLMN" if written.endswith("PLMN") else bare


def recipient(to: str, config: Contents) -> tuple[str, str]:
    """Name of the element and what stands in it, for somebody we send to."""
    if "@" in to:
        return "RFC2822Address", to
    return ("Number", spelled(to, config.number_format)) if to.startswith("+") else ("ShortCode", to)


def ourselves(sender: str | None, config: Contents) -> tuple[str, str] | None:
    """Name of the element and what stands in it, for us; None: nothing is written."""
    address = sender or config.sender
    if not address or config.sender_as == "none":
        return None
    if config.sender_as == "auto":
        kind, said = recipient(address, config)
        return kind, said
    return config.sender_as, spelled(address, config.number_format) if config.sender_as == "Number" else address


def read(element: Element | None) -> list[tuple[str, str]]:
    """(kind, address) of every address in an element such as Sender, To or Recipient; also of one without a kind."""
    if element is None:
        return []
    found = [(local(one), words(one)) for one in element.iter() if local(one) in KINDS]
    if not found and (bare := words(element)):
        found = [("RFC2822Address" if "@" in bare else "Number", bare)]
    return [(kind, _read(kind, said)) for kind, said in found if said]


def _read(kind: str, said: str) -> str:
    if "@" in said or kind == "RFC2822Address":
        named = re.fullmatch(r"[^<>]*<([^<>]+)>", said)  # with the name of its owner before it
        return (named[1] if named else said)[:LONGEST]
    return said[:20] if kind == "ShortCode" else number(said)


def phone_of(report: Element, ours: Iterable[str]) -> str | None:
    """Of a report the party that is not us: the Recipient, unless that is a short code, or known to be ours, and the
    Sender is not."""
    told = read(child(report, "Recipient"))[:1] + read(child(report, "Sender"))[:1]
    mine = {number(one) for one in ours}
    others = [(kind, said) for kind, said in told if number(said) not in mine] or told
    phones = [said for kind, said in others if kind != "ShortCode" and said.startswith("+")]
    return next(iter(phones or [said for _, said in others]), None)
