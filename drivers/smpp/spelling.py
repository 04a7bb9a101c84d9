"""Bring the message ids of answers and of receipts to one reference, although SMSCs spell them differently.

The surprise: SMPP 3.4 calls the id of a submit_sm_resp "opaque" and that of a receipt (appendix B) a decimal
number, so many SMSCs answer `1F3A` and report `7994`, and some do the opposite.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable
from enum import StrEnum

log = logging.getLogger(__name__)

REMEMBERED = 20_000


class ReceiptIds(StrEnum):
    """How receipts spell what the answer to a submit_sm named."""

    AUTO = "auto"
    AS_IS = "as is"
    HEX = "hex"  # receipts 1f3a, answers 7994
    DECIMAL = "decimal"  # receipts 7994, answers 1f3a


def bare(written: str) -> str:
    """Without what differs by habit only: letter case and leading zeros."""
    return written.strip().lower().lstrip("0") or "0"


def _to_hex(written: str) -> str | None:
    return format(int(written), "x") if written.isascii() and written.isdigit() else None


def _to_decimal(written: str) -> str | None:
    if not written.isascii() or not written.isalnum():
        return None
    try:
        return str(int(written, 16))
    except ValueError:
        return None


_FINDINGS = {
    ReceiptIds.AS_IS: "receipts spell ids as the answers do",
    ReceiptIds.HEX: "receipts spell ids in hexadecimal, the answers in decimal",
    ReceiptIds.DECIMAL: "receipts spell ids in decimal, the answers in hexadecimal",
}
_TURNS: dict[ReceiptIds, Callable[[str], str | None]] = {
    ReceiptIds.AS_IS: lambda written: written,
    ReceiptIds.DECIMAL: _to_hex,
    ReceiptIds.HEX: _to_decimal,
}


def spellings(written: str) -> set[str]:
    """What an answer may call the message whose receipt says `written`, each without case and leading zeros."""
    return {turned for turn in _TURNS.values() if (turned := turn(bare(written))) is not None}


class Spelling:
    """One link's rule, and for `auto` what it has learned.

    `auto` keeps the last 20,000 ids of answers and looks a receipt's id up among them in the three spellings.
    An id that fits in exactly one of them is evidence; the spelling with most evidence is tried first, and is
    also used for ids that are no longer remembered. Where nothing can be decided the id stays as it came.
    What was learned is lost when the process ends: `finding` says what to write into the configuration. name: of the
    link, for the log.
    """

    def __init__(self, rule: ReceiptIds, name: str = "") -> None:
        self._rule = rule
        self._name = name
        self._given: OrderedDict[str, str] = OrderedDict()  # a dict is slow to say what is first in it
        self._evidence: Counter[ReceiptIds] = Counter()
        self._learned: ReceiptIds | None = None  # what has most evidence
        self._told: ReceiptIds | None = None

    @property
    def finding(self) -> str | None:
        """What `auto` found out, in words; None while it has found out nothing."""
        learned = self._learned
        if learned is None:
            return None
        keep = f'; receipt_ids = "{learned.value}" in the configuration keeps it over a restart'
        return f"found out: {_FINDINGS[learned]}{keep if learned is not ReceiptIds.AS_IS else ''}"

    def moved(self) -> bool:
        """Whether the finding is another one than when this was last asked: worth telling."""
        moved, self._told = self._learned is not self._told, self._learned
        return moved

    def of_answer(self, written: str) -> str:
        """The reference for the id in a submit_sm_resp (or in receipted_message_id, which repeats it)."""
        if self._rule is ReceiptIds.AS_IS:
            return written
        if self._rule is not ReceiptIds.AUTO:
            return bare(written)
        given = self._given
        given[bare(written)] = written
        if len(given) > REMEMBERED:
            given.popitem(last=False)
        return written

    def of_receipt(self, in_text: str | None, in_parameter: str | None) -> str | None:
        """The reference for a receipt: from its text, and from its receipted_message_id; None when it has
        neither.
        """
        if self._rule is ReceiptIds.AS_IS:
            return in_parameter or in_text
        if self._rule is ReceiptIds.AUTO:
            return self._guess(in_parameter or in_text)
        if in_parameter:
            return bare(in_parameter)
        return (_TURNS[self._rule](bare(in_text)) or in_text) if in_text else None

    def is_stranger(self, reference: str) -> bool:
        """Whether `auto` has seen no answer with this reference, so that it may be spelled otherwise there."""
        return self._rule is ReceiptIds.AUTO and bare(reference) not in self._given

    def others(self, reference: str) -> tuple[str, ...]:
        """How the answer may have spelled a stranger: what `auto` learned is lost at a restart, parts stay open."""
        if not self.is_stranger(reference):
            return ()
        cases = {form for spelled in spellings(reference) for form in (spelled, spelled.upper())}
        return tuple(sorted(cases | {form.zfill(width) for form in cases for width in (8, 10)} - {reference}))

    def _found_out(self, written: str) -> str | None:
        """The remembered reference that this spells in exactly one way (or in the learned way), else None."""
        plain, learned = bare(written), self._learned
        if learned is not None and (usual := self._given.get(_TURNS[learned](plain) or "")) is not None:
            return usual
        fits = {
            rule: self._given[turned]
            for rule, turn in _TURNS.items()
            if (turned := turn(plain)) is not None and turned in self._given
        }
        if len(set(fits.values())) != 1:
            return None
        self._evidence.update(fits.keys())
        self._learned = self._evidence.most_common(1)[0][0]
        found = next(iter(fits.values()))
        if self._learned is not learned:
            log.info("link %s: %s (answer %r, receipt %r)", self._name, self.finding, found, written)
        return found

    def _guess(self, written: str | None) -> str | None:
        if not written:
            return None
        if (found := self._found_out(written)) is not None:
            return found
        learned = self._learned
        if learned is None or learned is ReceiptIds.AS_IS:
            return written
        return _TURNS[learned](bare(written)) or written
