"""One thing that the doctor saw: good, doubtful or bad, and the command that repairs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What was looked at, what is seen, and what to do; `repair` is a command or a sentence, empty when good."""

    level: Literal["good", "doubt", "bad"]
    what: str
    says: str
    repair: str = ""

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return {"level": self.level, "what": self.what, "says": self.says, "repair": self.repair}


def good(what: str, says: str) -> Finding:
    """All is well."""
    return Finding("good", what, says)


def doubt(what: str, says: str, repair: str = "") -> Finding:
    """It works, but somebody should look at it."""
    return Finding("doubt", what, says, repair)


def bad(what: str, says: str, repair: str) -> Finding:
    """It does not work."""
    return Finding("bad", what, says, repair)
