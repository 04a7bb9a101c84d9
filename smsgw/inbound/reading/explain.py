"""Tell why a text was read as it was: the words that made it, in the original text, and sentences for people."""

from __future__ import annotations

from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.terms import Evidence, Reading
from smsgw.inbound.reading.verdict import Verdict

_MEANINGS = {
    "optout_word": "opt-out word", "optout": "opt-out", "optin_word": "opt-in word", "optin": "opt-in", "yes": "yes",
    "no": "no", "not": "negation", "decline": "refusal", "order": "order word", "request": "polite request",
    "question": "question word", "ask": "question about a product", "complaint": "complaint", "status": "status",
    "cancel": "cancellation", "dont_send": "not to be sent", "returns": "return", "account": "account",
    "hours": "opening hours", "payment": "payment", "shipping": "delivery", "help": "help", "help_word": "help",
    "spam": "advertisement", "wrong": "wrong number", "chat": "chat", "doubt": "doubt", "if": "condition",
    "correction": "correction", "address": "address", "usual": "the usual", "coming": "coming",
    "not_coming": "not coming", "vague": "vague quantity", "day": "day",
}  # fmt: skip
_KINDS = {
    "order": "an order", "inquiry": "an inquiry", "optout": "a wish to be left alone",
    "optin": "a wish to hear from us", "confirm_yes": "a yes to what we asked", "confirm_no": "a no to what we asked",
    "survey": "an answer to a survey", "other": "nothing to act on",
}  # fmt: skip


def evidence(scan: Scan, verdict: Verdict) -> tuple[Evidence, ...]:
    """The words that a verdict rests on, in the order of the text."""
    found = []
    for one in verdict.items:
        for start, end in one.spans:
            found.append(Evidence(start, end, f"item {one.sku}"))
    strange = set(scan.unknown)
    covered = {(one.start, one.end) for one in found}
    for place, piece in enumerate(scan.pieces):
        if (piece.start, piece.end) in covered or place in scan.used:
            continue
        if piece.type:
            found.append(Evidence(piece.start, piece.end, f"{piece.type}, no quantity"))
        elif piece.kind == "amount":
            found.append(Evidence(piece.start, piece.end, f"number {piece.text}"))
        else:
            meaning = next((_MEANINGS[sort] for sort in _MEANINGS if sort in piece.sorts), None)
            if place in scan.named:
                found.append(Evidence(piece.start, piece.end, "name"))
            elif meaning:
                found.append(Evidence(piece.start, piece.end, meaning))
            elif place in strange:
                found.append(Evidence(piece.start, piece.end, "unknown word"))
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def wish(scan: Scan) -> str | None:
    """When or how it should be delivered, as written: from the first word about it to the last beside it."""
    places = [
        place
        for place, piece in enumerate(scan.pieces)
        if place not in scan.used and ("day" in piece.sorts or piece.type in ("date", "time"))
    ]
    if not places:
        return None
    first = last = places[0]
    for place in places[1:]:
        if place - last <= 3:
            last = place
    while first and scan.pieces[first - 1].sorts & {"deliver", "at"} and first - 1 not in scan.used:
        first -= 1
    return scan.text[scan.pieces[first].start : scan.pieces[last].end]


def words(reading: Reading, text: str) -> str:
    """One line that explains a reading to a person."""
    parts = [reading.kind + (f" ({reading.topic})" if reading.topic else "")]
    for item in reading.items:
        quantity = "?" if item.quantity is None else f"{float(item.quantity):g}"
        parts.append(f"item {item.sku} x {quantity} <- {item.how or 'what was asked'}")
    said = [f"{one.meaning}: '{text[one.start : one.end]}'" for one in reading.evidence if "item" not in one.meaning]
    parts += said[:12]
    if reading.answer is not None:
        parts.append(f"answer {reading.answer}")
    parts += [f"a person must look: {reason}" for reason in reading.reasons]
    if reading.candidates:
        parts.append("candidates " + ", ".join(reading.candidates))
    return "; ".join(parts)


def sentences(reading: Reading, text: str) -> list[str]:
    """A reading told to a person, a sentence a line."""
    topic = f", {reading.topic}" if reading.topic else ""
    told = [
        f"It is {_KINDS[reading.kind]}{topic}" + (f"; it seems to be {reading.language}." if reading.language else ".")
    ]
    for item in reading.items:
        quantity = "no quantity" if item.quantity is None else f"{float(item.quantity):g}"
        told.append(f"  {item.sku}: {quantity}, from {item.how or 'what was asked'}")
    if reading.usual:
        told.append("  It asks for the customer's last confirmed order again.")
    if reading.answer is not None:
        told.append(f"  The answer is {reading.answer}.")
    if reading.wish is not None:
        told.append(f"  Delivery: '{reading.wish}'")
    told += [f"  '{text[one.start : one.end]}' is: {one.meaning}" for one in reading.evidence]
    if reading.candidates:
        told.append(f"  It may be about {', '.join(reading.candidates)}.")
    if reading.reasons:
        told.append(f"A person must look: {'; '.join(reading.reasons)}.")
    else:
        told.append("It may be acted on.")
    return told
