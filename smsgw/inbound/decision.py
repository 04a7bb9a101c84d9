"""What a reader decides about a text, and what a reader is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a text: the event of its life, why, which reader says so, and further columns of its row."""

    event: str
    why: str
    by: str
    values: Mapping[str, Any] = field(default_factory=dict)


Reader = Callable[[Connection, Mapping[str, Any], datetime], Decision | None]
