"""Read the answer to an offer: yes, a quantity, the number of a choice, or a product of it by name."""

from __future__ import annotations

from smsgw.inbound.reading import gate
from smsgw.inbound.reading.orders import items
from smsgw.inbound.reading.pieces import Piece
from smsgw.inbound.reading.quantities import Lines, assign, converted
from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.terms import Item, Open
from smsgw.inbound.reading.verdict import Verdict

_YES_WORDS = ("yes", "courtesy", "thanks", "greeting", "filler", "order", "request", "day", "deliver", "at", "hour")


def read_offer(scan: Scan, open: Open) -> Verdict | None:
    """An order of what is offered, or a refusal."""
    lines = assign(scan)
    if lines.lines and _is_refused(scan, open, lines):
        return Verdict("confirm_no")
    if lines.lines:
        return _named(scan, open, lines)
    if lines.left:
        return _counted(scan, open, lines)
    if scan.has("no", "decline", "cancel", "dont_send", "not"):
        verdict = Verdict("confirm_no")
        return verdict.because("yes and no") if scan.has("yes") and not scan.has("decline", "cancel") else verdict
    if scan.ordinals and len(open.choices) > 1:
        return _ordered(scan, open, lines)
    if scan.has("vague"):
        return Verdict("order").because("vague quantity")
    if scan.has("yes") or is_willing(scan) or (open.kind == "offer" and scan.amounts):
        return _agreed(scan, open, lines)
    return None


def is_willing(scan: Scan) -> bool:
    """Whether nothing but a wish is said: "I would take it"."""
    if scan.asks or scan.found or not scan.has("order", "request", "modal") or scan.has("ordered", "question", "ask"):
        return False
    return not scan.outside(*_YES_WORDS, "modal", "them", "number")


def _is_refused(scan: Scan, open: Open, lines: Lines) -> bool:
    """Whether a product is only named to say why not: "no dog here, thanks"."""
    if not scan.has("decline") or scan.amounts or scan.has("yes", "request", "also", "but", "correction"):
        return False
    offered = {choice.sku for choice in open.choices}
    named = [line for line in lines.lines if line.found.sku in offered and not line.denied]
    before = scan.places("decline")[0]
    return not named or len(offered) == 1 or all(before < line.found.first for line in named)


def _agreed(scan: Scan, open: Open, lines: Lines) -> Verdict:
    """A bare yes: the quantity that it means, if there is but one product."""
    offered = [choice.sku for choice in open.choices if choice.sku]
    if len(offered) != 1:
        return Verdict("order").because("which choice")
    soft = [piece for piece in scan.amounts if piece.value is not None]
    quantity = soft[0].value if soft else open.quantity
    verdict = Verdict("order", items=[Item(offered[0], quantity, (), "yes to the offer")])
    if quantity is None:
        verdict.because("no quantity")
    if scan.outside(*_YES_WORDS, "number", "also", "them", "modal", "coming", "story"):
        verdict.because("more than a yes")
    return verdict.because(*_doubts(scan, lines))


def _ordered(scan: Scan, open: Open, lines: Lines) -> Verdict:
    """The choice that an ordinal names: "the second one"."""
    chosen = [choice.sku for choice in open.choices if choice.number in scan.ordinals and choice.sku]
    if len(chosen) != len(scan.ordinals):
        return Verdict("order").because("which choice")
    items = [Item(sku, open.quantity, (), "the choice") for sku in chosen]
    return Verdict("order", items=items).because(*_doubts(scan, lines))


def _doubts(scan: Scan, lines: Lines) -> list[str]:
    skip = {"neither order word nor number", "number left over"}
    return [reason for reason in gate.reasons(scan, lines, expected=True) if reason not in skip]


def _counted(scan: Scan, open: Open, lines: Lines) -> Verdict:
    """Numbers alone: a quantity of the only product, or the numbers of choices."""
    offered = [choice for choice in open.choices if choice.sku]
    if len(offered) == 1 and offered[0].sku:
        if len(lines.left) > 1:
            return Verdict("order").because("number left over")
        return Verdict("order", items=[_item(offered[0].sku, lines.left[0], scan)]).because(
            *converted(offered[0].sku, lines.left[0], scan)[1], *_doubts(scan, lines)
        )
    chosen = _chosen(scan, open, lines.left)
    if chosen is None:
        return Verdict("order").because("which choice")
    return Verdict("order", items=chosen).because(*_doubts(scan, lines))


def _item(sku: str, amount: Piece, scan: Scan) -> Item:
    return Item(sku, converted(sku, amount, scan)[0], ((amount.start, amount.end),), "what is offered")


def _chosen(scan: Scan, open: Open, numbers: list[Piece]) -> list[Item] | None:
    """The choices that the numbers name: "2", "1 in 3", "2: 5 kosov"; nothing when it may be a quantity."""
    by_number = {choice.number: choice.sku for choice in open.choices if choice.sku}
    if scan.ordinals:
        return None  # "one of the first and two of number 3"
    if len(numbers) == 2 and _is_called(numbers[1], scan) and not _is_called(numbers[0], scan):
        sku = by_number.get(int(numbers[1].value or 0))
        return [_item(sku, numbers[0], scan)] if sku else None  # "two of number 3"
    bare = [number for number in numbers if number.unit is None and not number.times and number.value is not None]
    skus = [by_number.get(int(number.value)) for number in bare if number.value is not None]
    if None in skus or not bare:
        return None
    if len(numbers) == 2 and len(bare) == 1 and numbers[0] is bare[0] and skus[0]:
        return [_item(skus[0], numbers[1], scan)]
    if len(bare) != len(numbers):
        return None
    if len(bare) > 1:
        between = scan.pieces[scan.pieces.index(bare[0]) + 1 : scan.pieces.index(bare[-1])]
        if sum(piece.kind == "separator" or "and" in piece.sorts for piece in between) < len(bare) - 1:
            return None
    return [
        Item(sku, open.quantity, ((number.start, number.end),), f"choice {number.text}")
        for sku, number in zip(skus, bare, strict=True)
        if sku
    ]


def _is_called(number: Piece, scan: Scan) -> bool:
    """Whether a word such as "number" or "option" stands before a number."""
    place = next(at for at, piece in enumerate(scan.pieces) if piece is number)
    return place > 0 and "choice" in scan.pieces[place - 1].sorts


def _named(scan: Scan, open: Open, lines: Lines) -> Verdict:
    """Products by name, perhaps beside a number for the one that is offered: "DA 2, pa še 3 modre kemične"."""
    verdict = Verdict("order", items=items(lines, scan))
    reasons = gate.reasons(scan, lines, expected=True)
    offered = [choice.sku for choice in open.choices if choice.sku]
    named = {item.sku for item in verdict.items}
    if len(offered) == 1 and offered[0] not in named and scan.has("yes"):
        if len(lines.left) == 1:
            verdict.items.insert(0, _item(offered[0], lines.left[0], scan))
            reasons = [reason for reason in reasons if reason != "number left over"]
        elif not lines.left and scan.has("also") and open.quantity is not None:
            verdict.items.insert(0, Item(offered[0], open.quantity, (), "yes to the offer"))
        else:
            reasons.append("more than a yes")
    return verdict.because(*reasons)
