"""Read a text as the answer to a message of ours that is open, and find which one where several are."""

from __future__ import annotations

from collections.abc import Callable

from smsgw.inbound.reading.edits import read_edit
from smsgw.inbound.reading.offers import is_willing, read_offer
from smsgw.inbound.reading.orders import asks_about
from smsgw.inbound.reading.quantities import assign
from smsgw.inbound.reading.ratings import fits_survey, read_survey
from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.terms import Item, Open
from smsgw.inbound.reading.verdict import Verdict

_MARGIN_HOURS = 6.0
_REFUSAL_MOST = 5
_YES_SIGNS = frozenset("👍👌✅✔☑🆗🙆💯🤝")
_NO_SIGNS = frozenset("👎❌✖🚫🙅⛔✗")
_YES_WORDS = ("yes", "yes_of", "courtesy", "thanks", "greeting", "filler", "and")
_AGAINST = (
    "not", "no", "decline", "doubt", "if", "question", "ask", "correction", "but", "also", "cancel", "day", "vague",
    "complaint", "not_coming", "dont_send", "returns",
)  # fmt: skip
_COMPANY = ("coming", "order", "number", "and", "day", "at", "deliver", "optin", "also", "them", "story", "noise")
_COMPANY_MOST = 3
_RANK = {"confirm": 0, "optin": 0, "clarify": 1, "rsvp": 2, "offer": 3, "survey": 4}


def read_signs(scan: Scan, open: Open | None) -> Verdict | None:
    """A text without a word or a number: nothing, or a sign of yes or no."""
    if any(piece.kind in ("word", "amount", "typed") for piece in scan.pieces):
        return None
    signs = {letter for piece in scan.pieces for letter in scan.text[piece.start : piece.end]}
    yes, no = bool(signs & _YES_SIGNS), bool(signs & _NO_SIGNS)
    if open is not None and yes != no:
        for one in (open, *open.older):
            if one.kind in ("confirm", "rsvp", "optin"):
                verdict = Verdict(_agreed(one) if yes else "confirm_no")
            elif one.kind in ("offer", "clarify") and no:
                verdict = Verdict("confirm_no")
            elif one.kind == "offer" and len(one.choices) == 1 and one.choices[0].sku:
                verdict = Verdict("order", items=[Item(one.choices[0].sku, one.quantity, (), "yes")])
            else:
                continue
            verdict.answers = one.id
            return verdict
    return Verdict("other", "unclear" if any(piece.text == "?" for piece in scan.pieces) else "empty")


def read_answer(scan: Scan, open: Open) -> Verdict | None:
    """The text as an answer to the open message that it fits, or nothing."""
    fitting = [one for one in (open, *open.older) if _FITS[one.kind](scan, one)]
    if not fitting:
        return None
    chosen, tied = _newest(fitting)
    refused = chosen.kind in ("offer", "clarify") and _begins_with_no(scan)
    verdict = Verdict("confirm_no") if refused else _READERS[chosen.kind](scan, chosen)
    if verdict is None:
        return None
    verdict.answers = chosen.id
    return verdict.because("several open messages fit") if tied else verdict


def _newest(fitting: list[Open]) -> tuple[Open, bool]:
    """The newest of the messages that fit, and whether another is nearly as new and as fit."""
    chosen = min(fitting, key=lambda one: one.age)
    rivals = [one for one in fitting if one is not chosen and one.age - chosen.age < _MARGIN_HOURS]
    closer = [one for one in rivals if _RANK[one.kind] <= _RANK[chosen.kind]]
    return chosen, bool(closer)


def is_clean_yes(scan: Scan, order: str | None) -> bool:
    """Whether every word is a yes, a thank-you or a filler, with no negation anywhere; the number of the order may
    stand beside it."""
    if not scan.has("yes") or scan.has(*_AGAINST) or scan.asks or scan.found or scan.amounts:
        return False
    if any(piece.type and piece.text != order for piece in scan.pieces):
        return False
    return not scan.outside(*_YES_WORDS)


def _begins_with_no(scan: Scan) -> bool:
    """Whether a no stands at the head by itself, and no number follows: "no, we only have a cat"."""
    words = [place for place, piece in enumerate(scan.pieces) if piece.kind == "word"]
    if not words or "no" not in scan.pieces[words[0]].sorts or words[0] in scan.used or scan.firm:
        return False
    following = scan.pieces[words[0] + 1] if words[0] + 1 < len(scan.pieces) else None
    alone = following is None or following.kind == "separator"
    said = scan.has("yes") and not scan.has("decline")
    return alone and not said and not scan.has("correction", "also", "but", "if", "doubt")


def _agreed(open: Open) -> str:
    return "optin" if open.kind == "optin" else "confirm_yes"


def _read_confirm(scan: Scan, open: Open) -> Verdict | None:
    """Yes, no or a change to an order that waits for it; everything else that holds a yes goes to a person."""
    if is_clean_yes(scan, open.order):
        return Verdict(_agreed(open))
    if _begins_with_no(scan):
        return Verdict("confirm_no")
    if scan.has("doubt", "if") and not scan.firm:
        return Verdict("other", "unclear").because("doubt")
    counted = scan.firm or (scan.amounts and scan.has("only", "correction"))
    if open.kind == "confirm" and (
        scan.sure or counted or (scan.found and scan.has("correction", "also", "not", "but"))
    ):
        edited = read_edit(scan, open, assign(scan))
        if edited is not None:
            return edited
    refused = scan.has("no", "decline", "cancel", "dont_send", "not_coming")
    if scan.has("doubt", "if"):
        return Verdict("other", "unclear").because("doubt")
    if refused or scan.has("not"):
        verdict = Verdict("confirm_no")
        if scan.has("yes") and scan.has("but") and _only_later(scan):
            return Verdict(_agreed(open)).because("more than a yes")
        if scan.has("yes") and scan.has("but"):
            return Verdict("other", "unclear").because("yes and no")
        if scan.has("yes"):
            verdict.because("yes and no")
        if not refused and len(scan.unknown) > 2:
            verdict.because("perhaps a refusal")
        return verdict
    if scan.has("yes") or is_willing(scan):
        return Verdict(_agreed(open)).because("more than a yes")
    return None


def _only_later(scan: Scan) -> bool:
    """Whether nothing but a day is denied: "yes but not today"."""
    denied = scan.places("not", "no", "decline", "not_coming", "away")
    dated = [scan.pieces[max(0, place - 1) : place + 2] for place in denied]
    return all(any("day" in piece.sorts for piece in around) for around in dated) and not scan.has("cancel")


def _read_rsvp(scan: Scan, open: Open) -> Verdict | None:
    """Coming or not."""
    against = scan.has("not_coming", "no", "not", "decline", "cancel", "away")
    if scan.has("doubt", "if"):
        return Verdict("other", "unclear").because("doubt")
    if against:
        verdict = Verdict("confirm_no")
        return verdict.because("yes and no") if scan.has("yes") and not scan.has("not_coming", "decline") else verdict
    verdict = Verdict("confirm_yes")
    strange = scan.outside(*_YES_WORDS, *_COMPANY)
    most = _COMPANY_MOST if scan.has("coming") else 0
    return verdict.because("more than a yes") if len(strange) > most or scan.asks else verdict


def _speaks(scan: Scan) -> bool:
    return scan.has("yes", "no", "decline", "cancel") and not _only_asks(scan)


def _only_asks(scan: Scan) -> bool:
    return (asks_about(scan) or scan.asks) and not scan.has("yes", "no")


def _fits_confirm(scan: Scan, open: Open) -> bool:
    if scan.has("complaint", "returns", "account", "status") and not scan.has("yes", "no", "decline", "cancel"):
        return False
    if _only_asks(scan):
        return False
    if open.kind == "confirm" and (scan.amounts or scan.found):
        return True
    return _speaks(scan) or is_willing(scan) or scan.has("not", "doubt", "dont_send", "not_coming", "correction")


def _fits_offer(scan: Scan, open: Open) -> bool:
    if _begins_with_no(scan):
        return True
    if scan.has("complaint", "returns", "account", "status", "dont_send") or _only_asks(scan):
        return False
    offered = {choice.sku for choice in open.choices}
    if any(one.sku in offered for one in scan.found):
        return True
    if (scan.ordinals and len(open.choices) > 1) or (scan.has("vague") and not scan.found) or is_willing(scan):
        return True
    refused = scan.has("not") and not scan.amounts and len(scan.words) <= _REFUSAL_MOST
    refused = refused or _thanks_but(scan)
    return _speaks(scan) or refused or (bool(scan.amounts) and not scan.found and not scan.unknown)


def _thanks_but(scan: Scan) -> bool:
    """Whether an offer is declined with thanks: "thanks but I have some"."""
    wished = scan.has("yes", "order", "request", "also") or scan.amounts or scan.found or scan.asks
    return scan.has("thanks") and scan.has("but") and not wished and len(scan.words) <= _REFUSAL_MOST


def _fits_rsvp(scan: Scan, open: Open) -> bool:
    if any(one.how == "full" for one in scan.sure) or _only_asks(scan):
        return False
    return scan.has("yes", "no", "coming", "not_coming", "decline", "cancel", "away")


_FITS: dict[str, Callable[[Scan, Open], bool]] = {
    "confirm": _fits_confirm,
    "optin": _fits_confirm,
    "offer": _fits_offer,
    "clarify": _fits_offer,
    "rsvp": _fits_rsvp,
    "survey": fits_survey,
    "notice": lambda scan, open: False,
}
_READERS: dict[str, Callable[[Scan, Open], Verdict | None]] = {
    "confirm": _read_confirm,
    "optin": _read_confirm,
    "offer": read_offer,
    "clarify": read_offer,
    "rsvp": _read_rsvp,
    "survey": read_survey,
}
