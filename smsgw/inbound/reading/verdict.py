"""What a reader answers: the kind of a text and all that goes with it, before it becomes a reading."""

from __future__ import annotations

from dataclasses import dataclass, field

from smsgw.inbound.reading.terms import Item


@dataclass(slots=True)
class Verdict:
    """A kind with its topic, items and reasons (see `terms.Reading`)."""

    kind: str
    topic: str | None = None
    items: list[Item] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    answers: str | None = None
    answer: str | None = None
    comment: str | None = None
    candidates: tuple[str, ...] = ()
    usual: bool = False

    def because(self, *reasons: str) -> Verdict:
        """The same, with more reasons for a person to look, none of them twice."""
        for reason in reasons:
            if reason not in self.reasons:
                self.reasons.append(reason)
        return self
