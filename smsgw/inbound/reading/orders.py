"""Read an order: products with quantities, told apart from a question about them."""

from __future__ import annotations

from fractions import Fraction

from smsgw.inbound.reading import gate
from smsgw.inbound.reading.quantities import Line, Lines, assign
from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.terms import Item
from smsgw.inbound.reading.verdict import Verdict


def items(lines: Lines, scan: Scan) -> list[Item]:
    """The items of the lines that are asked for and known."""
    made = []
    for line in lines.lines:
        if line.denied or line.found.sku is None:
            continue
        spans = [_span(scan, place) for place in line.found.places]
        if line.amount is not None:
            spans.append((line.amount.start, line.amount.end))
        quantity = line.quantity if line.amount is not None else Fraction(1)
        made.append(Item(line.found.sku, quantity, tuple(sorted(spans)), _how(line, scan)))
    return made


def _span(scan: Scan, place: int) -> tuple[int, int]:
    piece = scan.pieces[place]
    return piece.start, piece.end


def _how(line: Line, scan: Scan) -> str:
    words = " ".join(scan.text[scan.pieces[place].start : scan.pieces[place].end] for place in line.found.places)
    quality = f" ~{line.found.quality}" if line.found.quality else ""
    part = f" ({line.found.how})" if line.found.how != "full" else ""
    return f"'{words}'{quality}{part}"


def asks_about(scan: Scan) -> bool:
    """Whether a question stands before the first product or number, or the whole is one."""
    if scan.has("request") or (scan.has("if") and not scan.asks and (scan.amounts or scan.has("order"))):
        return False
    amounts = {place for place, piece in enumerate(scan.pieces) if piece.kind == "amount" and not piece.soft}
    counts = any(place + 1 in amounts for place in scan.places("modal"))
    polite = counts or (scan.has("modal") and scan.has("order", "also") and (scan.amounts or scan.found))
    questions = scan.places("question", "ask") or ([] if polite else scan.places("modal"))
    if not questions:
        return False
    firsts = [one.first for one in scan.found]
    if not firsts:
        return True
    first = min(firsts)
    early = [place for place in questions if place < first]
    if early:
        return not any(piece.kind == "separator" and piece.text in ".!?" for piece in scan.pieces[early[0] : first])
    return not any(piece.kind == "separator" or piece.text == "-" for piece in scan.pieces[first : questions[0]])


def read_order(scan: Scan) -> Verdict | None:
    """An order, or a question about a product, or nothing."""
    if scan.has("usual") and not scan.found and not scan.asks and not scan.has("complaint", "not"):
        verdict = Verdict("order", usual=True).because("the usual")
        return verdict.because("unknown word") if scan.unknown else verdict
    lines = assign(scan)
    if not lines.lines:
        return _unknown_product(scan)
    counted = [line for line in lines.lines if line.amount is not None]
    if not _is_chosen(scan) and (
        asks_about(scan) or (scan.asks and not counted and not scan.has("request", "order", "modal"))
    ):
        if not scan.sure and scan.has("shipping", "payment", "hours", "account", "help", "status"):
            return None
        return Verdict("inquiry", "product", candidates=_candidates(lines))
    wished = scan.has("order", "request", "modal", "also", "vague", "courtesy") or (scan.agrees and not scan.unknown)
    wished = wished or _is_chosen(scan) or _is_conditional(scan)
    if not counted and not wished and not _bare(scan):
        return None
    verdict = Verdict("order", items=items(lines, scan), candidates=_candidates(lines))
    return verdict.because(*gate.reasons(scan, lines, expected=False))


def _is_chosen(scan: Scan) -> bool:
    """Whether one of two products is asked for: "a scarf or a cap, whatever you have"."""
    if scan.asks or len(scan.found) < 2:
        return False
    return any(scan.found[0].last < place < scan.found[-1].first for place in scan.places("doubt"))


def _is_conditional(scan: Scan) -> bool:
    """Whether a condition follows a product in a clause of its own: "a straw hat, unless it is sold out"."""
    if scan.asks or not scan.sure:
        return False
    last = scan.sure[0].last
    return any(
        any(piece.kind == "separator" or "but" in piece.sorts for piece in scan.pieces[last + 1 : place + 1])
        for place in scan.places("if")
        if place > last
    )


def _bare(scan: Scan) -> bool:
    """Whether nothing but a product is said."""
    return bool(scan.sure) and not scan.unknown and not scan.has("no", "not", "chat", "noise", "got", "already")


def _candidates(lines: Lines) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sku for line in lines.lines for sku in line.found.candidates))


def _unknown_product(scan: Scan) -> Verdict | None:
    """A number beside a word that nobody knows: something is ordered that the catalogue does not have."""
    unknown = set(scan.unknown)
    if not unknown or len(unknown) > 3 or asks_about(scan) or scan.asks:
        return None
    for place, piece in enumerate(scan.pieces):
        if piece.kind != "amount" or piece.unclear or (piece.soft and not scan.has("order", "request", "courtesy")):
            continue
        beside = {place - 1, place + 1, place + 2}
        if beside & unknown and (scan.has("order", "request", "courtesy") or piece.times or len(scan.words) <= 3):
            return Verdict("order").because("unknown product")
    return None
