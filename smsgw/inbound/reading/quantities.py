"""Give every product its quantity: which number belongs to which product, and what negations and corrections take away.

If the first of number and product is a number, every product takes the one on its left, else the one on its right;
then the other side; a single product may take a single number across a comma.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from smsgw.inbound.reading.matching import Found
from smsgw.inbound.reading.pieces import COUNTED, Piece
from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.terms import Product

_UNSOLD = frozenset({"lb", "oz"})
"""Units that are understood, but not sold by."""


@dataclass(slots=True)
class Line:
    """One product asked for, with its amount. denied: the text says not to send it."""

    found: Found
    amount: Piece | None = None
    quantity: Fraction | None = None
    reasons: list[str] = field(default_factory=list)
    denied: bool = False


@dataclass(slots=True)
class Lines:
    """All lines of a text; left: amounts that no product took; reasons: what is wrong with the whole."""

    lines: list[Line]
    left: list[Piece]
    reasons: list[str]
    corrected: bool = False


@dataclass(slots=True)
class _Step:
    """A piece as the grammar sees it: "number", "product", "separator", "not", "correct" or "each"."""

    kind: str
    piece: Piece | None = None
    found: Found | None = None
    gone: bool = False


def assign(scan: Scan) -> Lines:
    """The lines of a text."""
    steps = _steps(scan)
    reasons: list[str] = []
    corrected = _correct(steps, scan)
    steps = [step for step in steps if not step.gone]
    lines = [Line(step.found) for step in steps if step.found is not None]
    _deny(steps, lines, scan)
    if any(step.kind == "not" and not step.gone for step in steps):
        reasons.append("negation")
    _give(steps, lines)
    taken = {id(line.amount) for line in lines}
    numbers = [step.piece for step in steps if step.kind == "number" and step.piece is not None]
    left = [piece for piece in numbers if id(piece) not in taken and (not piece.soft or not lines)]
    for line in lines:
        _convert(line, scan)
    lines, merged = _merge(lines, corrected)
    if merged:
        reasons.append("same product twice")
    return Lines(lines, left, reasons, corrected)


def _steps(scan: Scan) -> list[_Step]:
    by_place = {one.first: one for one in scan.found}
    steps: list[_Step] = []
    for place, piece in enumerate(scan.pieces):
        if place in by_place:
            steps.append(_Step("product", found=by_place[place]))
        elif place in scan.used:
            continue
        elif piece.kind == "amount":
            steps.append(_Step("number", piece))
        elif "each" in piece.sorts and piece.kind == "word":
            steps.append(_Step("each", piece))
        elif "not" in piece.sorts and not piece.sorts & {"yes", "request"}:
            if steps and steps[-1].kind == "not" and steps[-1].piece is scan.pieces[place - 1]:
                steps[-1].piece = piece  # a phrase of several words is one negation
            else:
                steps.append(_Step("not", piece))
        elif "correction" in piece.sorts:
            steps.append(_Step("correct", piece))
        elif piece.kind == "separator" or "and" in piece.sorts:
            steps.append(_Step("separator", piece))
    return _contrasted(steps)


def _contrasted(steps: list[_Step]) -> list[_Step]:
    """The steps without an "and" or a colon that only sets a number off from its own product: "krompirja 10 kg, čebule
    pa 2 kg", "rice: 2"."""
    kept: list[_Step] = []
    for at, step in enumerate(steps):
        kinds = [one.kind for one in steps[max(0, at - 2) : at + 3]]
        alone = at > 0 and (at == 1 or kinds[0] == "separator") and kinds[-len(steps[at : at + 3]) - 1] == "product"
        after = steps[at + 1 : at + 3]
        last = bool(after) and after[0].kind == "number" and (len(after) == 1 or after[1].kind == "separator")
        word = step.kind == "separator" and step.piece is not None and "and" in step.piece.sorts
        colon = (
            step.piece is not None and step.piece.text == ":" and kinds[-len(steps[at : at + 3]) - 1 :][0] == "product"
        )
        if not (word and alone and last) and not (colon and at > 0 and last):
            kept.append(step)
    return kept


def _correct(steps: list[_Step], scan: Scan) -> bool:
    """Take away the numbers that a negation or a correction withdraws; whether there were any."""
    numbers = [at for at, step in enumerate(steps) if step.kind == "number" and step.piece and not step.piece.soft]
    behind = any(
        scan.catalogue.languages.by_tag[tag].not_after
        for tag in scan.languages
        if tag in scan.catalogue.languages.by_tag
    )
    done = False
    for early, late in pairwise(numbers):
        between = [step.kind for step in steps[early + 1 : late]]
        products = between.count("product")
        if products > 1 or steps[early].gone:
            continue
        if "correct" in between or between[-2:] == ["not", "separator"] or (behind and "not" in between):
            following = steps[late + 1].kind if late + 1 < len(steps) else "separator"
            if products and following == "product" and not _same(steps, early, late):
                continue
            _withdraw(steps, early, late, products > 0 and following == "product")
            done = True
        elif between and between[-1] == "not":
            steps[late].gone = True
            _drop(steps, early + 1, late, "not")
            done = True
    for at in numbers:
        if at and steps[at - 1].kind == "not" and not steps[at].gone and not steps[at - 1].gone:
            others = [other for other in numbers if other != at and not steps[other].gone]
            if others and not any(step.kind == "product" for step in steps[at + 1 : others[-1]] if others[-1] > at):
                steps[at].gone = steps[at - 1].gone = True
                done = True
    return done


def _same(steps: list[_Step], early: int, late: int) -> bool:
    """Whether both numbers stand with the same product."""
    skus = {step.found.sku for step in steps[early : late + 2] if step.found is not None}
    return len(skus) == 1 and None not in skus


def _withdraw(steps: list[_Step], early: int, late: int, product_too: bool) -> None:
    steps[early].gone = True
    for step in steps[early + 1 : late]:
        if step.kind in ("not", "correct") or (product_too and step.kind == "product"):
            step.gone = True
        if step.kind == "separator" and not product_too:
            step.gone = True
    _drop(steps, max(0, early - 1), early, "not")


def _drop(steps: list[_Step], first: int, last: int, kind: str) -> None:
    for step in steps[first:last]:
        if step.kind == kind:
            step.gone = True


def _deny(steps: list[_Step], lines: list[Line], scan: Scan) -> None:
    """Products that the text says not to send: "no sugar", "sladkorja pa ne"; but "fish, if fresh and not frozen"."""
    by_found = {id(line.found): line for line in lines}
    for at, step in enumerate(steps):
        if step.kind != "not":
            continue
        after = steps[at + 1] if at + 1 < len(steps) else None
        before = steps[at - 1] if at else None
        if (
            before is not None
            and before.kind == "separator"
            and (after is None or after.kind == "separator")
            and at > 1
        ):
            before = steps[at - 2]  # "sladkorja pa ne"
        if after is not None and after.found is not None:
            by_found[id(after.found)].denied = True
        elif scan.has("if") or "without" in (step.piece.sorts if step.piece else ()) or _goes_on(step, scan):
            continue
        elif before is not None and before.found is not None and (after is None or after.kind == "separator"):
            by_found[id(before.found)].denied = True


def _goes_on(step: _Step, scan: Scan) -> bool:
    """Whether an unknown word follows a negation: it is that which is denied ("3 kg of cherries, not overripe")."""
    place = next((at for at, piece in enumerate(scan.pieces) if piece is step.piece), len(scan.pieces))
    following = scan.pieces[place + 1] if place + 1 < len(scan.pieces) else None
    return following is not None and following.kind == "word" and not following.sorts


def _give(steps: list[_Step], lines: list[Line]) -> None:
    """Each product its number."""
    order = [step.kind for step in steps if step.kind in ("number", "product")]
    wanting = {id(line.found): line for line in lines if not line.denied}
    spent: set[int] = set()
    each = [at for at, step in enumerate(steps) if step.kind == "each"]
    firm = [step for step in steps if step.kind == "number" and step.piece and not step.piece.soft]
    firm = firm or ([step for step in steps if step.kind == "number"] if each else [])
    if each and len(firm) == 1 and len(wanting) > 1:
        for line in wanting.values():
            line.amount = firm[0].piece
        return
    left_first = bool(order) and order[0] == "number"
    for side in (-1, 1) if left_first else (1, -1):
        for at, step in enumerate(steps):
            if step.found is None or id(step.found) not in wanting or wanting[id(step.found)].amount is not None:
                continue
            number = _beside(steps, at, side, spent)
            if number is not None:
                spent.add(number)
                wanting[id(step.found)].amount = steps[number].piece
    free = [step for at, step in enumerate(steps) if step.kind == "number" and at not in spent]
    free = [step for step in free if step.piece and not step.piece.soft] or free
    needy = [line for line in wanting.values() if line.amount is None]
    if len(needy) == len(wanting) == 1 and len(free) == 1:
        needy[0].amount = free[0].piece


def _beside(steps: list[_Step], at: int, side: int, spent: set[int]) -> int | None:
    """The number on one side of a product, with no other product and no separator between."""
    place = at + side
    while 0 <= place < len(steps):
        step = steps[place]
        if step.kind in ("product", "separator", "not"):
            return None
        if step.kind == "number":
            ended = place + 1 >= len(steps) or steps[place + 1].kind == "separator"
            article = step.piece is not None and step.piece.soft and not step.piece.unit and not ended
            if place in spent or (side > 0 and article):
                return None
            return place
        place += side
    return None


def _convert(line: Line, scan: Scan) -> None:
    """The amount in the product's own unit."""
    if line.amount is None:
        return
    if line.found.sku is None:
        line.quantity = line.amount.value
        return
    line.quantity, line.reasons = converted(line.found.sku, line.amount, scan)
    if "pair" in line.amount.sorts and _comes_in_pairs(line, scan):
        line.reasons.append("unit unclear")


def _comes_in_pairs(line: Line, scan: Scan) -> bool:
    """Whether the name in the catalogue is a plural, so that "a pair" may be one: "un paio di stivali"."""
    alias = line.found.alias
    language = scan.catalogue.languages.by_tag.get(alias.language) if alias else None
    if alias is None or language is None:
        return True
    if not language.plural:
        return not line.found.quality
    return any(word.endswith(language.plural) for word in alias.words[:2])


def converted(sku: str, amount: Piece, scan: Scan) -> tuple[Fraction | None, list[str]]:
    """An amount as a quantity of a product in its own unit, and what is wrong with it."""
    if amount.value is None:
        return None, ["number that was not understood"]
    product = scan.catalogue.products.get(sku)
    if product is None:  # what was offered, or is pending, has left the catalogue meanwhile
        return amount.value, ["product not in the catalogue any more"]
    quantity: Fraction | None = amount.value
    reasons: list[str] = []
    if amount.measured and amount.unit not in COUNTED:
        quantity = _measured(product, amount, scan)
        if amount.unit in _UNSOLD:
            reasons.append("unit unclear")
        if quantity is None:
            return None, ["unit unclear"]
    elif product.unit == "kg":
        reasons.append("unit missing")
    elif amount.unit == "case" and product.unit == "pcs" and not amount.soft:
        reasons.append("unit unclear")
    assert quantity is not None
    if product.unit != "kg" and quantity.denominator != 1:
        reasons.append("fraction of a piece")
    if quantity > product.max_auto:
        reasons.append("above the largest quantity")
    if quantity <= 0:
        reasons.append("no quantity")
    return quantity, reasons


def _measured(product: Product, amount: Piece, scan: Scan) -> Fraction | None:
    """Kilograms of what is weighed, or packs when the size of the pack goes into the amount."""
    assert amount.measured is not None
    base, total = amount.measured
    if product.unit == "kg" and base == "g":
        return total / 1000
    sizes = [size for of, size in scan.catalogue.sizes.get(product.sku, ()) if of == base]
    if len(sizes) == 1 and (total / sizes[0]).denominator == 1:
        return total / sizes[0]
    return None


def _merge(lines: list[Line], corrected: bool) -> tuple[list[Line], bool]:
    """A product that is named twice: once with a number is one line, else a person must look."""
    merged: list[Line] = []
    twice = False
    for line in lines:
        earlier = next((one for one in merged if one.found.sku == line.found.sku is not None), None)
        if earlier is None or line.denied != earlier.denied:
            merged.append(line)
        elif earlier.amount is None:
            earlier.amount, earlier.quantity, earlier.reasons = line.amount, line.quantity, line.reasons
        elif line.amount is not None:
            twice = True
    return merged, twice
