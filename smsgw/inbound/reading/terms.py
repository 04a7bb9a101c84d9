"""What a reading is asked and what it answers: values only, shared by readers, orders, surveys, pages and `smsgw read`.

A reading is a pure function of a text, a catalogue and what is open with the customer: no database, no clock, no
chance. Quantities are exact (`Fraction`), in the product's own unit; prices are not a reading's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

KINDS = ("order", "inquiry", "optout", "optin", "confirm_yes", "confirm_no", "survey", "other")
TOPICS = ("product", "status", "complaint", "delivery", "hours", "payment", "returns", "cancel", "account", "help")
REST = ("spam", "chat", "wrong", "empty", "unclear")
"""The topics of a text of kind other."""


@dataclass(frozen=True, slots=True)
class Product:
    """What can be ordered, as a reading needs it.

    code: the short number that customers may type. unit: "pcs", "pack" or "kg". max_auto: the largest quantity taken
    without a person. names and aliases: by language tag; the tag "" is for any language.
    """

    sku: str
    unit: str = "pcs"
    code: str | None = None
    max_auto: Fraction = Fraction(50)
    names: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """One line that a text asks for. quantity: None when the text does not say. spans: the words that made it.

    how: in words, for the person who looks ("'modra kemična' ~stem").
    """

    sku: str
    quantity: Fraction | None
    spans: tuple[tuple[int, int], ...] = ()
    how: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One numbered choice of an open message: a product to be had, or a label to answer with."""

    number: int
    sku: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """A message of ours that waits for an answer.

    kind: "offer", "confirm", "survey", "rsvp", "clarify", "optin" or "notice". age: hours since it was sent.
    quantity: what a bare yes to an offer means. pending: the lines that a confirmation asks about. scale: lowest and
    highest rating. order: the number of the order it is about. older: those open before it, newest first.
    """

    id: str
    kind: str
    text: str = ""
    age: float = 0.0
    campaign: str | None = None
    choices: tuple[Choice, ...] = ()
    quantity: Fraction | None = None
    pending: tuple[Item, ...] = ()
    scale: tuple[int, int] | None = None
    order: str | None = None
    older: tuple[Open, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of the text, and what they were taken for ("quantity 3", "order word", "negation")."""

    start: int
    end: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says.

    kind: one of KINDS; topic: of an inquiry or other. items: what it asks for (for an edit of a pending order: the
    whole new order). reasons: why a person must look, in stable words; empty means that it may be acted on. evidence:
    the words that made it. answers: the id of the open message that it answers. answer: of a survey. wish: about the
    delivery, as written. language: the tag it seems to be written in. candidates: products that fit where several do.
    confidence: 0 to 1, for the order of a queue only. usual: it asks for the last confirmed order again; whoever knows
    the customer looks that up.
    """

    kind: str
    topic: str | None = None
    items: tuple[Item, ...] = ()
    reasons: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    answers: str | None = None
    answer: str | None = None
    comment: str | None = None
    wish: str | None = None
    language: str = ""
    candidates: tuple[str, ...] = ()
    confidence: float = 0.0
    usual: bool = False

    @property
    def needs_review(self) -> bool:
        """Whether a person must see it before anything happens."""
        return bool(self.reasons)
