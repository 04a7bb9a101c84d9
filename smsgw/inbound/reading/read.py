"""Read a text: a pure, deterministic function of the text, the catalogue, and what is open with the customer.

The readers in order, the first that understands wins: nothing but signs; consent; spam; an answer to what is open;
trouble; an order or a question about a product; other inquiries; the rest.
"""

from __future__ import annotations

from smsgw.inbound.reading.answers import read_answer, read_signs
from smsgw.inbound.reading.consent import read_consent
from smsgw.inbound.reading.explain import evidence, wish
from smsgw.inbound.reading.index import Compiled, compile_catalogue
from smsgw.inbound.reading.orders import read_order
from smsgw.inbound.reading.scan import Scan, scan
from smsgw.inbound.reading.terms import Open, Reading
from smsgw.inbound.reading.topics import read_inquiry, read_rest, read_spam, read_trouble
from smsgw.inbound.reading.verdict import Verdict

__all__ = ["Compiled", "compile_catalogue", "read"]

_LONGEST = 2000
"""Letters that are read; a longer text goes to a person."""


def read(text: str, catalogue: Compiled, open: Open | None = None) -> Reading:
    """What the text says, with the words that say so, and why a person must look; an empty list of reasons accepts."""
    seen = scan(text[:_LONGEST], catalogue, _wanted(open), open)
    verdict = _decide(seen, open)
    if len(text) > _LONGEST:
        verdict.because("very long")
    reasons = tuple(verdict.reasons)
    return Reading(
        kind=verdict.kind,
        topic=verdict.topic,
        items=tuple(verdict.items),
        reasons=reasons,
        evidence=evidence(seen, verdict),
        answers=verdict.answers,
        answer=verdict.answer,
        comment=verdict.comment,
        wish=wish(seen) if verdict.kind == "order" else None,
        language=seen.language,
        candidates=verdict.candidates,
        confidence=1 / (1 + len(reasons)),
        usual=verdict.usual,
    )


def _decide(seen: Scan, open: Open | None) -> Verdict:
    return (
        read_signs(seen, open)
        or read_consent(seen, open)
        or read_spam(seen)
        or (read_answer(seen, open) if open is not None else None)
        or read_trouble(seen)
        or read_order(seen)
        or read_inquiry(seen)
        or read_rest(seen)
    )


def _wanted(open: Open | None) -> set[str]:
    """The products that the open messages are about."""
    wanted: set[str] = set()
    for one in (open, *open.older) if open is not None else ():
        wanted |= {choice.sku for choice in one.choices if choice.sku} | {item.sku for item in one.pending}
    return wanted
