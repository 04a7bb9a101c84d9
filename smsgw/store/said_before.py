"""What a message said before another text was put in its place, and what a network was asked to put there.

The surprise: it stands in the message's own metadata, at a place of ours that nobody else is shown: so it goes with the
message's words, whoever forgets these, and whoever reads a message has it without another look into the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PLACE = "smsgw.texts"  # our place in a message's metadata
MOST = 20  # texts that are kept of each sort: the first of all, and the newest
_BEFORE, _ASKED = "before", "asked"


@dataclass(frozen=True, slots=True)
class Words:
    """A text, and by whom and when another was put in its place, or when it was to be put in the place of another."""

    text: str
    by: str
    at: datetime


def before(metadata: Mapping[str, Any] | None) -> list[Words]:
    """What the message with this metadata said before, oldest first."""
    return _read(metadata, _BEFORE)


def asked(metadata: Mapping[str, Any] | None) -> list[Words]:
    """What its network was asked to put there without ever saying whether it did, oldest first."""
    return _read(metadata, _ASKED)


def first(metadata: Mapping[str, Any] | None) -> str | None:
    """What the message said at first; None where it still says that."""
    return next((one.text for one in before(metadata)), None)


def without(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """The metadata without our place: what whoever asked for the message gave along."""
    return {name: value for name, value in (metadata or {}).items() if name != PLACE}


def written(
    metadata: Mapping[str, Any] | None, texts: Sequence[Words], open_still: Sequence[Words]
) -> dict[str, Any] | None:
    """The metadata with these texts before, and these that were asked for; None where nothing is left in it."""
    kept = without(metadata)
    ours = {
        name: [{"text": one.text, "by": one.by, "at": one.at.isoformat()} for one in some]
        for name, some in ((_BEFORE, [*texts[:1], *texts[1:][1 - MOST :]]), (_ASKED, open_still[-MOST:]))
        if some
    }
    return (kept | {PLACE: ours} if ours else kept) or None


def _read(metadata: Mapping[str, Any] | None, name: str) -> list[Words]:
    if not metadata:
        return []
    ours = metadata.get(PLACE)
    listed = ours.get(name, ()) if isinstance(ours, dict) else ()
    return [Words(one["text"], one["by"], datetime.fromisoformat(one["at"])) for one in listed]
