"""What one entry of the catalogue of errors says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of problem. status: HTTP. meaning: what happened. todo: the next step. retry: later it may work."""

    code: str
    status: int
    title: str
    meaning: str
    todo: str
    retry: bool = False
