"""Read what a carrier tells: each event is a receipt, a text of a phone, or nothing to us."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.web.mms import Mms
from drivers.web.profiles import Profile
from drivers.web.words import LONGEST, found, listed
from smsgw.link import Alphabet, InboundPiece, Receipt, ReceiptState
from smsgw.text.alphabet import encode_plain

__all__ = ["Brought", "InboundPiece", "read", "rows_of"]

MOST_MEDIA = 20  # of one message: more are not asked for


@dataclass(frozen=True, slots=True)
class Brought:
    """An MMS that came in, with the addresses of its media; repeats: see `Mms`."""

    reference: str
    sender: str
    to: str | None
    text: str
    subject: str
    urls: tuple[str, ...]
    repeats: bool


def rows_of(profile: Profile, words: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The events in a notice."""
    rows = words.get(profile.rows) if profile.rows else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else [words]


def read(profile: Profile, row: Mapping[str, Any], mms: Mms | None = None) -> Receipt | InboundPiece | Brought | None:
    """What an event is. A receipt says a state that the profile knows; else what has a sender is a text or an MMS.

    mms: how the carrier brings MMS.
    """
    path, values = profile.inbound_when
    if path and found((path,), row) in values:
        return _came(profile, row, mms)
    said = found(profile.receipt_state, row)
    state = None if said is None else profile.states.get(said) or profile.states.get(said.lower())
    name = found(profile.receipt_id, row)
    if state is not None and name is not None:
        return _receipt(profile, row, name, state, str(said))
    return None if path else _came(profile, row, mms)


def _came(profile: Profile, row: Mapping[str, Any], mms: Mms | None) -> InboundPiece | Brought | None:
    brought = None if mms is None else _mms(profile, mms, row)
    return _text(profile, row) if brought is None else brought


def _mms(profile: Profile, mms: Mms, row: Mapping[str, Any]) -> Brought | None:
    """The MMS that an event is; None for one without media."""
    urls, texts = _media(mms, row)
    sender = found(profile.inbound_from, row)
    if not urls or sender is None:
        return None
    to = found(profile.inbound_to, row)
    text = found(profile.inbound_text, row) or "\n".join(texts)
    name = found(profile.inbound_id, row)
    if name is None:
        name = hashlib.sha256(" ".join((sender, text, *urls)).encode("utf-8", "replace")).hexdigest()[:32]
    subject = found(mms.subject, row) or ""
    return Brought(name[:90], number(sender), number(to) if to else None, text, subject, tuple(urls), mms.repeats)


def _media(mms: Mms, row: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The addresses of the media of an event, and its texts where these stand among them."""
    if mms.count:
        many = found((mms.count,), row) or "0"
        named = (
            [found((mms.url.replace("{n}", str(n)),), row) for n in range(min(int(many), MOST_MEDIA))]
            if many.isdigit()
            else []
        )
        return [url for url in named if url], []
    urls, texts = [], []
    for one in listed(mms.listed, row)[:MOST_MEDIA]:
        url = one if isinstance(one, str) else found((mms.url,), one)
        word = found((mms.words,), one) if mms.words and isinstance(one, Mapping) else None
        if url and url.startswith(("http://", "https://", "/")):
            urls.append(url)
        elif word:
            texts.append(word)
    return urls, texts


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
