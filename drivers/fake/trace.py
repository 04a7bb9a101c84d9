"""What goes over a simulated network as the console of a link shows it: parts, answers, receipts, texts."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.fake.network import Owed
from smsgw.link import InboundContent, LinkError, Receipt, WirePart
from smsgw.link_verbs import WireLine, text_told


def given(part: WirePart) -> Iterator[WireLine]:
    """A part leaves."""
    text = text_told(len(part.user_data), f"octets {part.alphabet}")
    if part.content is not None:
        text = text_told(sum(len(one.data) for one in part.content.parts), f"octets in {len(part.content.parts)} parts")
    told = {"from": part.sender or "", "to": part.to, "part": f"{part.position} of {part.of}", "text": text}
    yield WireLine(">", "MMS" if part.content is not None else "part", {k: v for k, v in told.items() if v})


def answered(part: WirePart, answer: str | LinkError) -> Iterator[WireLine]:
    """The network took it, or not."""
    if isinstance(answer, str):
        yield WireLine("<", "taken", {"to": part.to, "reference": answer})
    else:
        yield WireLine("<", type(answer).__name__, {"to": part.to, "why": answer.says})


def told(what: Owed) -> Iterator[WireLine]:
    """A receipt, a text or an MMS comes."""
    if isinstance(what, Receipt):
        yield WireLine("<", "receipt", {"to": what.recipient or "", "reference": what.reference, "state": what.state})
    elif isinstance(what, InboundContent):
        size = sum(len(one.data) for one in what.content.parts)
        yield WireLine("<", "MMS", {"from": what.sender, "content": text_told(size, "octets")})
    else:
        length = text_told(len(what.user_data), f"octets {what.alphabet}")
        yield WireLine("<", "text", {"from": what.sender, "text": length})
