"""Read the answer to a survey: a number on its scale, or the number or name of a choice, with a comment behind it."""

from __future__ import annotations

from smsgw.inbound.reading.forms import slips, stems
from smsgw.inbound.reading.languages import Languages
from smsgw.inbound.reading.letters import fold
from smsgw.inbound.reading.pieces import Piece
from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.terms import Choice, Open
from smsgw.inbound.reading.verdict import Verdict

_SLIP_LEAST = 5
_STARS = "⭐★"


def fits_survey(scan: Scan, open: Open) -> bool:
    """Whether the text may answer: a number, a rating or a label, and no order."""
    if _label(scan, open) is not None or "rating" in scan.types() or _stars(scan):
        return True
    if _leads(scan):
        return True
    if len(scan.ordinals) == 1 and open.choices and not scan.amounts and not scan.found:
        return True
    if (scan.has("yes") and open.older) or scan.sure:
        return False
    numbers = _numbers(scan)
    wishes = scan.has("order", "request", "dont_send") and (open.older or scan.unknown or scan.found)
    return 1 <= len(numbers) <= 2 and not scan.asks and not wishes


def _leads(scan: Scan) -> bool:
    """Whether a number stands at the head by itself, before a separator or what is no product."""
    pieces = [piece for piece in scan.pieces if piece.kind not in ("mark", "sign")]
    if not pieces or pieces[0].kind != "amount" or pieces[0].unit or pieces[0].times or pieces[0].value is None:
        return False
    alone = len(pieces) == 1 or pieces[1].kind == "separator"
    return alone or (not scan.found and not scan.asks and len(_numbers(scan)) == 1 and not scan.has("request"))


def read_survey(scan: Scan, open: Open) -> Verdict | None:
    """The answer; outside the scale a person must look."""
    choice = _label(scan, open)
    if choice is not None:
        return Verdict("survey", answer=str(choice.number))
    value = _value(scan, open)
    if value is None:
        return None
    verdict = Verdict("survey", answer=value, comment=_comment(scan))
    if open.scale is not None:
        inside = open.scale[0] <= int(value) <= open.scale[1]
    else:
        inside = not open.choices or any(choice.number == int(value) for choice in open.choices)
    return verdict if inside else verdict.because("outside the scale")


def _numbers(scan: Scan) -> list[Piece]:
    whole = [piece for piece in scan.amounts if piece.value is not None and piece.value.denominator == 1]
    numbers = [piece for piece in whole if piece.unit in (None, "pcs")]
    firm = [piece for piece in numbers if not piece.soft]
    return firm or numbers  # "a solid four" is 4


def _value(scan: Scan, open: Open) -> str | None:
    for piece in scan.pieces:
        if piece.type == "rating":
            return piece.text.split("/")[0].strip()
    if len(scan.ordinals) == 1 and open.choices and not scan.amounts:
        return str(scan.ordinals[0])
    numbers = _numbers(scan)
    if len(numbers) == 2 and not _is_of(scan.text[numbers[0].end : numbers[1].start]):
        numbers = [] if not _leads(scan) else numbers[:1]
    if numbers and numbers[0].value is not None:
        return str(int(numbers[0].value))
    return str(_stars(scan)) if _stars(scan) else None


def _is_of(between: str) -> bool:
    """Whether two numbers are joined by words alone: "4 out of 5"."""
    return between.replace(" ", "").isalpha()


def _stars(scan: Scan) -> int:
    return sum(scan.text.count(star) for star in _STARS)


def _label(scan: Scan, open: Open) -> Choice | None:
    """The choice whose name the text says."""
    said = [piece.text for piece in scan.pieces if piece.kind == "word"]
    fitting = []
    for choice in open.choices:
        if choice.label:
            words = fold(choice.label).text.split()
            if all(any(_alike(word, one, scan.catalogue.languages) for one in said) for word in words):
                fitting.append((len(words), choice))
    if not fitting:
        return None
    most = max(count for count, _ in fitting)
    best = [choice for count, choice in fitting if count == most]
    return best[0] if len(best) == 1 and len(said) <= most + 3 else None


def _alike(word: str, other: str, languages: Languages) -> bool:
    """Whether a word of a label is said: as it is, in another form ("mornings"), or with a slip."""
    if word == other or (min(len(word), len(other)) >= _SLIP_LEAST and slips(word, other, 1) <= 1):
        return True
    return any(stems(word, of) & stems(other, of) for of in languages.written_like(word))


def _comment(scan: Scan) -> str | None:
    """What is said beside the number."""
    words = [piece for piece in scan.pieces if piece.kind == "word"]
    if not words:
        return None
    return scan.text[words[0].start : words[-1].end]
