"""Read what a carrier tells: each event is a receipt, a text of a phone, or nothing to us."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.web.profiles import Profile
from drivers.web.words import LONGEST, found
from smsgw.link import Alphabet, InboundPiece, Receipt, ReceiptState
from smsgw.text.alphabet import encode_plain

__all__ = ["InboundPiece", "read", "rows_of"]


def rows_of(profile: Profile, words: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The events in a notice."""
    rows = words.get(profile.rows) if profile.rows else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else [words]


def read(profile: Profile, row: Mapping[str, Any]) -> Receipt | InboundPiece | None:
    """What an event is. A receipt says a state that the profile knows; else what has a sender is a text."""
    said = found(profile.receipt_state, row)
    state = None if said is None else profile.states.get(said) or profile.states.get(said.lower())
    name = found(profile.receipt_id, row)
    if state is not None and name is not None:
        return _receipt(profile, row, name, state, str(said))
    return _text(profile, row)


def _receipt(profile: Profile, row: Mapping[str, Any], name: str, state: ReceiptState, said: str) -> Receipt:
    error = found(profile.receipt_error, row)
    good = state is ReceiptState.DELIVERED
    to = found(profile.receipt_to, row)
    return Receipt(name[:LONGEST], state, number(to) if to else None, None, None if good or not error else error[:60],
                   said[:LONGEST])  # fmt: skip


def _text(profile: Profile, row: Mapping[str, Any]) -> InboundPiece | None:
    sender, text = found(profile.inbound_from, row), found(profile.inbound_text, row)
    if sender is None or text is None:
        return None
    text = text.replace("\0", "").encode("utf-16", "replace").decode("utf-16")
    to = found(profile.inbound_to, row)
    name = found(profile.inbound_id, row)
    unique = name is not None
    if name is None:  # the carrier gives it no name: its words are its name, for a while
        name = hashlib.sha256(f"{sender} {to} {text}".encode()).hexdigest()[:32]
    septets = encode_plain(text)
    return InboundPiece(
        reference=name[:100],
        sender=number(sender),
        to=number(to) if to else None,
        alphabet=Alphabet.UCS2 if septets is None else Alphabet.GSM7,
        user_data=text.encode("utf-16-be") if septets is None else septets,
        repeats_within=None if unique else 120,
    )


def number(written: str) -> str:
    """A number as we spell it: carriers leave the plus out."""
    bare = re.sub(r"[\s()-]", "", written)[:20]
    return f"+{bare}" if re.fullmatch(r"[1-9][0-9]{7,14}", bare) else bare
