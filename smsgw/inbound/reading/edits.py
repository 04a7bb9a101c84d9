"""Read a change to an order that waits for its confirmation: the whole new order, or why a person must look."""

from __future__ import annotations

from fractions import Fraction

from smsgw.inbound.reading import gate
from smsgw.inbound.reading.orders import items
from smsgw.inbound.reading.quantities import Lines, converted
from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.terms import Item, Open
from smsgw.inbound.reading.verdict import Verdict

_CHANGES = ("correction", "only", "but", "also", "order", "yes", "them", "request")


def read_edit(scan: Scan, open: Open, lines: Lines) -> Verdict | None:
    """The pending order with what the text changes; nothing when it changes nothing."""
    pending = {item.sku: item for item in open.pending}
    reasons = [reason for reason in gate.reasons(scan, lines, expected=True) if reason not in _harmless(scan)]
    asked = {item.sku: item for item in items(lines, scan)}
    for line in lines.lines:
        sku = line.found.sku
        if sku is not None and line.denied and pending.pop(sku, None) is None:
            reasons.append("negation")
    for sku, item in asked.items():
        more = scan.has("also") and not scan.has("correction", "but")
        if more if sku in pending else not scan.has("also"):
            reasons.append("add or replace")
        pending[sku] = item
    if _is_less(scan):
        reasons.append("negation")
    if lines.left:
        reasons = [reason for reason in reasons if reason != "number left over"]
        reasons += _bare(scan, lines, pending, asked)
    if not asked and not lines.left and len(pending) == len(open.pending):
        return None
    if not pending and not reasons:
        return Verdict("confirm_no")
    return Verdict("order", items=list(pending.values())).because(*reasons)


def _is_less(scan: Scan) -> bool:
    """Whether a yes takes away some of a product, and does not say how many remain: "yes but without one bread"."""
    if not scan.has("yes") or len(scan.amounts) != 1:
        return False
    place = next(at for at, piece in enumerate(scan.pieces) if piece is scan.amounts[0])
    before, after = scan.pieces[place - 1 : place], place + 1 in scan.used
    return after and any(piece.sorts & {"not", "without", "complaint"} for piece in before)


def _harmless(scan: Scan) -> set[str]:
    """Reasons that do not hold for a change: it says no to the old order, and needs no order word."""
    harmless = {"neither order word nor number"}
    if not scan.has("doubt", "if"):
        harmless.add("negation")
    return harmless


def _bare(scan: Scan, lines: Lines, pending: dict[str, Item], asked: dict[str, Item]) -> list[str]:
    """A number without a product changes the only line."""
    if len(lines.left) > 1 or len(pending) != 1 or asked:
        return ["number left over"]
    sku = next(iter(pending))
    amount = lines.left[0]
    quantity, reasons = converted(sku, amount, scan)
    pending[sku] = Item(sku, quantity or Fraction(0), ((amount.start, amount.end),), "the order that waits")
    if not scan.has(*_CHANGES) and amount.unit is None and not lines.corrected:
        reasons.append("bare number")
    return reasons
