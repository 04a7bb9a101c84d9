"""The shapes of consent: categories, statements with their proof, choices, certificates, suppressions, keywords."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from smsgw.customers.consent.choice import LEVELS

from .fields import Purpose
from .shapes import Moment, Shape, Words

_ADDRESS = "A number, best in E.164, or a mail address."
Level = Literal["everything", "some", "orders", "nothing"]
assert set(LEVELS) == {"everything", "some", "orders", "nothing"}


class NewCategory(Shape):
    """A category that people say yes or no to."""

    names: dict[Words, Words] = Field(
        description="What it is called, by language.", examples=[{"en": "school supplies", "sl": "šolske potrebščine"}]
    )
    words: list[Words] = Field([], max_length=40, description="What else people call it when they write STOP school.")
    active: bool = Field(True, description="Whether it is in use.")


class Category(NewCategory):
    """A category as it stands."""

    code: str = Field(description="Its code, which messages name.", examples=["school"])


class CategoryList(Shape):
    """All categories."""

    data: list[Category] = Field(description="The categories.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class OfAddress(Shape):
    """Whose consents."""

    address: Words = Field(max_length=254, description=_ADDRESS, examples=["+38640111222"])


class CertificateOf(OfAddress):
    """Whose certificate, and as what."""

    shape: Literal["json", "pdf"] = Field("json", description="pdf: to print and hand over.")


class NewConsent(OfAddress):
    """What somebody agreed to or took back, and its proof."""

    statement: Literal["granted", "withdrawn", "asked"] = Field(
        description="asked: they are asked by a text whether it is so, and only their yes counts (double opt-in)."
    )
    scope: Words = Field(
        "*", max_length=24, description='A category, "*" for everything, "marketing", or "orders" (no marketing).'
    )
    words: Words = Field(min_length=1, max_length=500, description="The proof: what they said, or which form it was.")
    source: Literal["form", "paper", "clerk", "api"] = Field("api", description="How they said it.")
    at: Moment | None = Field(None, description="When they said it; now if it is not told.")
    wording: Words | None = Field(
        None, max_length=2000, description="The text that they answered; each new text becomes a version of its own."
    )
    expires_at: Moment | None = Field(None, description="Until when the consent holds; null for no end.")
    basis: Literal["consent", "soft_opt_in"] = Field(
        "consent", description="soft_opt_in: an existing customer, similar products; counts only where it is on."
    )
    note: Words | None = Field(None, max_length=500, description="A note, such as who took the call.")


class Statement(Shape):
    """One statement of the ledger."""

    id: int = Field(description="Its place in the ledger.")
    address: str = Field(description="Whose it is.")
    scope: str = Field(description='A category, "*", "marketing" or "orders".')
    statement: Literal["granted", "withdrawn"] = Field(description="Yes or no.")
    words: str = Field(description="The proof: what was said.")
    source: str = Field(description="How it was said.")
    basis: str | None = Field(description="null for consent, or soft_opt_in.")
    by: str = Field(description="Who or what wrote it down.")
    at: Moment = Field(description="When it was said.")
    recorded_at: Moment | None = Field(description="When it was written down, if that was later.")
    expires_at: Moment | None = Field(description="Until when it holds.")
    inbound_id: str | None = Field(description="The text that said it.")
    wording_id: int | None = Field(description="Which text of ours it answered: see the certificate.")
    double_opt_in: bool = Field(description="Whether the number itself confirmed it.")
    note: str | None = Field(description="A note.")


class Recorded(Shape):
    """What became of a consent that was told."""

    statement: str = Field(description="granted, withdrawn, or asked (pending until they answer).")
    standing: Standing = Field(description="What holds for the address now.")


class Standing(Shape):
    """What holds for an address now."""

    address: str = Field(description="Whose.")
    level: Level = Field(
        description="everything; some: the categories named; orders: no marketing; nothing: only answers to them."
    )
    categories: list[str] = Field(description="The categories of which marketing may go.")


class StatementList(Shape):
    """The ledger of one address."""

    data: list[Statement] = Field(description="The statements, oldest first.")
    standing: Standing = Field(description="What holds now.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class CustomerConsents(Shape):
    """The ledger of all addresses of one customer."""

    data: list[Statement] = Field(description="The statements, oldest first.")
    standing: list[Standing] = Field(description="What holds for each address now.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class NewChoice(OfAddress):
    """What somebody wants, in one go."""

    level: Level = Field(description="everything, some (then name the categories), orders, or nothing.")
    categories: list[Words] = Field([], max_length=100, description="The categories, for the level some.")
    words: Words = Field(min_length=1, max_length=500, description="The proof.")
    source: Literal["form", "paper", "clerk", "api"] = Field("api", description="How they said it.")
    note: Words | None = Field(None, max_length=500, description="A note.")


class PreferencesLink(Shape):
    """A signed link to somebody's own page of choices."""

    url: str = Field(description="The address of the page; it needs no login, and says whose it is.")


class Certificate(Shape):
    """Everything that was said about one person, for an inspector."""

    made_at: Moment = Field(description="When this was made.")
    customer: str | None = Field(description="The customer's id, if the address belongs to one.")
    addresses: list[str] = Field(description="The person's addresses.")
    standing: dict[str, dict[str, dict[str, Any]]] = Field(
        description="By address and category: whether it is allowed, and by which statement."
    )
    suppressed: dict[str, dict[str, str]] = Field(description="Which addresses are suppressed, and why.")
    statements: list[dict[str, Any]] = Field(description="The whole ledger.")
    questions: list[dict[str, Any]] = Field(description="What was asked by double opt-in, and what became of it.")
    wordings: list[dict[str, Any]] = Field(description="The texts that were answered, with their versions.")


class NewSuppression(Shape):
    """Addresses to which nothing goes."""

    addresses: list[Words] = Field(min_length=1, max_length=1000, description="Numbers and mail addresses.")
    why: Words = Field(min_length=1, max_length=300, description="Why.")
    reach: Literal["everything", "marketing"] = Field("everything", description="What does not go there.")


class NewCheck(Shape):
    """Whether something may go to these addresses."""

    addresses: list[Words] = Field(min_length=1, max_length=1000, description="Numbers and mail addresses.")
    purpose: Purpose = Field("marketing", description="What would be sent.")
    category: Words | None = Field(None, max_length=24, description="Of marketing: what it would be about.")


class Checked(Shape):
    """Whether something may go to one address."""

    address: str = Field(description="The address, in its one spelling.")
    allowed: bool = Field(description="Whether it may: by consent and by the suppression list.")
    code: str | None = Field(description="Why not: recipient_opted_out, consent_missing, category_missing, suppressed.")
    says: str | None = Field(description="Why not, in words.")


class CheckList(Shape):
    """Whether something may go, for each address that was asked for, in order."""

    data: list[Checked] = Field(description="The answers.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class SuppressionFilter(Shape):
    """Which suppressions to list."""

    limit: int = Field(100, ge=1, le=10_000, description="How many at most.")
    address: Words | None = Field(None, max_length=254, description="Whether this address is on the list.")
    shape: Literal["json", "csv"] = Field("json", description="csv: all of it as a file, whatever the limit.")


class Suppression(Shape):
    """An entry of the suppression list. The address itself is not kept: what stands for it is a keyed digest."""

    digest: str = Field(description="What stands for the address.")
    hint: str | None = Field(description="The number with its middle starred out; null for who was forgotten.")
    reach: Literal["everything", "marketing"] = Field(description="What does not go there.")
    why: str = Field(description="Why.")
    by: str = Field(description="Who put it there.")
    at: Moment = Field(description="When.")


class SuppressionList(Shape):
    """The suppression list, the newest first."""

    data: list[Suppression] = Field(description="The entries.")
    next_cursor: None = Field(None, description="Always null: ask for more, or for the file.")


class SuppressionImport(Shape):
    """A list of addresses to which nothing goes, such as another program keeps it."""

    csv: Words = Field(
        max_length=5_000_000,
        description="A number or mail address in the first column of each line; a first line without one is a heading.",
        examples=["number\n+38640111222\n+38640111333"],
    )
    why: Words = Field(min_length=1, max_length=300, description="Why.")
    reach: Literal["everything", "marketing"] = Field("everything", description="What does not go there.")


class SuppressionsImported(Shape):
    """What became of a list."""

    read: int = Field(description="How many addresses were read.")
    changed: int = Field(description="How many were not on the list before.")
    invalid: list[dict[str, Any]] = Field(description="The first 100 lines that were left out: line and why.")


class SuppressionRemoval(Shape):
    """Addresses to be taken off the list."""

    addresses: list[Words] = Field(min_length=1, max_length=1000, description="Numbers and mail addresses.")


class Changed(Shape):
    """How many were changed."""

    changed: int = Field(description="How many.")


class TestText(Shape):
    """A text to be read as if somebody had sent it."""

    text: Words = Field(max_length=2000, description="What they would write.")
    from_: Words | None = Field(None, alias="from", max_length=100, description="From which number.")


class TestResult(Shape):
    """What the reader of consent words makes of a text."""

    meaning: str | None = Field(description="stop, start, help, status, probable_stop, yes, no; null: something else.")
    words: str | None = Field(description="The keyword or phrase.")
    language: str | None = Field(description='Of these words; "any" for those that count everywhere.')
    how: str | None = Field(description="exact, category, courtesy, sentence, slip or phrase.")
    category: str | None = Field(description="The category that it names.")
    spans: list[list[int]] = Field(description="Where the words stand, in letters.")
    acts: bool = Field(description="Whether it is acted on at once; else a person decides, or they are asked.")


class NewWord(Shape):
    """A keyword of the shop's own."""

    meaning: Literal["stop", "start", "help", "status", "courtesy", "nothing"] = Field(
        description='What it means; "nothing" takes away one that comes with smsgw.'
    )
    language: Words | None = Field(None, max_length=12, description="Its language.")


class Word(NewWord):
    """A keyword of the shop's own, as it is compared."""

    words: str = Field(description="The keyword.")


class WordList(Shape):
    """The shop's own keywords."""

    data: list[Word] = Field(description="The keywords.")
    next_cursor: None = Field(None, description="Always null: there is one page.")


class Doubt(Shape):
    """A text that may have been a stop."""

    inbound_id: str = Field(description="The text's id.")
    address: str = Field(description="Whose.")
    words: str = Field(description="What it says.")
    at: Moment = Field(description="When it came.")


class DoubtList(Shape):
    """The texts that a person must decide about; marketing to their numbers waits."""

    data: list[Doubt] = Field(description="The texts, oldest first.")
    next_cursor: None = Field(None, description="Always null: decide, and ask again.")


class DoubtDecision(Shape):
    """Whether it was a stop."""

    meant: bool = Field(description="true: it was a stop, and it is in force; false: marketing goes on.")
