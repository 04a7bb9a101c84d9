"""One state for a link out of the states of its sessions: one connection down degrades it, all down is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from smsgw.link import Health, LinkState

_ORDER = {state: place for place, state in enumerate(LinkState)}
_WORKS = (LinkState.UP, LinkState.DEGRADED)


class Way(Protocol):
    """A session, as far as it matters here."""

    @property
    def sends(self) -> bool: ...

    @property
    def receives(self) -> bool: ...


def together(states: Mapping[Way, Health], door: Health | None) -> Health:
    """How the link is. states: of each session that it has of its own; door: of the port where the SMSC calls."""
    if not states:
        assert door is not None
        return door
    worst = min(states.values(), key=lambda state: _ORDER[state.state])
    if worst.state is LinkState.UP:
        shut = door is not None and door.state is not LinkState.UP
        return Health(LinkState.DEGRADED, door.why) if shut and door is not None else worst
    if len(states) == 1:
        return worst
    works = [way for way, state in states.items() if state.state in _WORKS]
    lame = _lame(list(states), works)
    if not lame:
        failing = sum(state.state is not LinkState.UP for state in states.values())
        lame = f"{failing} of {len(states)} connections"
    return Health(LinkState.DEGRADED if works else worst.state, f"{lame}: {worst.why}")


def _lame(all: Sequence[Way], works: Sequence[Way]) -> str:
    """What cannot be done at all while the rest works."""
    if not works:
        return ""
    if any(way.sends for way in all) and not any(way.sends for way in works):
        return "cannot send"
    if any(way.receives for way in all) and not any(way.receives for way in works):
        return "cannot receive"
    return ""
