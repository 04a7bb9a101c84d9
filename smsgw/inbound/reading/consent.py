"""Read whether a text asks to be left alone, or to hear from us again: by its meaning, never by a part of a word.

A keyword counts when it is the whole text, with courtesy beside it; a phrase, when the text is about nothing else.
"""

from __future__ import annotations

from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.terms import Open
from smsgw.inbound.reading.verdict import Verdict

_POLITE = ("courtesy", "thanks", "greeting")
_ABOUT_CONSENT = (
    "optout", "optout_word", "optin", "optin_word", "stop", "receive", "messages", "again", "list", "remove",
    "filler", "courtesy", "thanks", "greeting", "not", "order", "also", "them", "yes", "no", "and", "at", "deliver",
    "each", "apiece", "number", "question", "help", "help_word", "but", "day", "decline", "dont_send", "cancel",
    "story", "already", "noise", "modal",
)  # fmt: skip
_UNKNOWN_MOST = 1
_OTHER_MATTERS = ("complaint", "returns")


def read_consent(scan: Scan, open: Open | None) -> Verdict | None:
    """An opt-out or an opt-in, or nothing."""
    words = scan.words
    if not words:
        return None
    if scan.has("optout_word") and not scan.outside("optout_word", *_POLITE) and not scan.found and not scan.amounts:
        return _keyword_out(scan, open)
    if scan.has("optin_word") and not scan.outside("optin_word", *_POLITE) and not scan.found and not scan.asks:
        return Verdict("optin")
    return _phrase_out(scan, open) or _phrase_in(scan)


def _keyword_out(scan: Scan, open: Open | None) -> Verdict | None:
    if open is None:
        return Verdict("optout")
    if scan.has("cancel", "no", "decline") and not scan.has("stop") and open.kind != "notice":
        return None  # "cancel" takes back the order that we ask about
    verdict = Verdict("optout")
    if open.kind == "confirm" and len(scan.words) > 1 and not scan.has("optout"):
        verdict.because("perhaps the order is meant")
    return verdict


def _phrase_out(scan: Scan, open: Open | None) -> Verdict | None:
    phrase = scan.has("optout")
    removed = scan.has("remove") and scan.has("list")
    if scan.types() & {"link", "dialled"}:
        return None
    removed = removed or _is_headed(scan)
    if not phrase and not removed and not _composed(scan, "stop"):
        return None
    named = any(one.how == "full" for one in scan.sure)
    if scan.has(*_OTHER_MATTERS) or (named and scan.firm):
        return None
    if not phrase and not removed and (scan.asks or scan.has("status", "question", "ask")):
        return None
    verdict = Verdict("optout")
    if len(scan.outside(*_ABOUT_CONSENT)) > _UNKNOWN_MOST:
        verdict.because("perhaps an opt-out")
    if named:
        verdict.because("a product is named beside it")
    if scan.has("if", "doubt"):
        verdict.because("perhaps an opt-out")
    return verdict


def _is_headed(scan: Scan) -> bool:
    """Whether a keyword stands at the head of a text about messages: "enough of these texts"."""
    words = [piece for piece in scan.pieces if piece.kind == "word"]
    return "optout_word" in words[0].sorts and scan.has("messages") and not scan.found


def _phrase_in(scan: Scan) -> Verdict | None:
    wish = scan.has("optin") or _composed(scan, "again")
    if not wish or scan.has("complaint", "optout") or scan.amounts or scan.asks:
        return None
    if scan.has("not", "dont_send", "decline"):
        return None
    if scan.has("stop") and not scan.has("optin"):
        return None
    if len(scan.outside(*_ABOUT_CONSENT)) > _UNKNOWN_MOST:
        return None
    return Verdict("optin") if not scan.sure else None


def _composed(scan: Scan, sort: str) -> bool:
    """Whether three words say it together: stop, receive, messages; or again, receive, messages."""
    firsts, seconds, thirds = scan.places(sort), scan.places("receive"), scan.places("messages")
    return any(len({one, two, three}) == 3 for one in firsts for two in seconds for three in thirds)
