"""The shapes of inquiries, of automatic answers, of corrections and of replays."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smsgw.inbound.inquiries.inquiries import REASONS
from smsgw.inbound.inquiries.topics import FIELDS, LONGEST, TOPICS
from smsgw.inbound.reading import terms
from smsgw.store.lifecycle import ANSWER_TOPIC, AUTO_ANSWER, CORRECTION, INQUIRY
from smsgw.store.tables.inquiries import PRIORITIES

from .fields import Ref
from .shapes import LONGEST_TEXT, Moment, Page, Paging, Shape, Words

Topic = Literal[(*terms.TOPICS, *terms.REST)]  # type: ignore[valid-type]
Answerable = Literal[TOPICS]  # type: ignore[valid-type]
Priority = Literal[PRIORITIES]  # type: ignore[valid-type]
Reason = Literal[REASONS]  # type: ignore[valid-type]


class Proposal(Shape):
    """What the model of the business's own labels takes an inquiry for. It decides nothing."""

    topic: str = Field(description="The kind and the topic, such as inquiry/hours.")
    share: float = Field(description="How likely, 0 to 1.")


class InquiryText(Shape):
    """A text of an inquiry."""

    id: str = Field(description="The id of the inbound text, or of the message that answers.")
    mine: bool = Field(description="Whether we said it.")
    at: Moment = Field(description="When.")
    text: str = Field(description="What it says.")


class Inquiry(Shape):
    """Something that a person must answer."""

    id: str = Field(description="Its id.")
    status: str = Field(
        description="open, answered, or closed: done.", json_schema_extra={"enum": list(INQUIRY.states)}
    )
    why: str = Field(description="Why it is in this state, in words.")
    from_: str = Field(alias="from", description="Who asked.")
    topic: str = Field(description="What it is about.", json_schema_extra={"enum": [*terms.TOPICS, *terms.REST]})
    priority: str = Field(description="How urgent it is.", json_schema_extra={"enum": list(PRIORITIES)})
    assigned_to: str | None = Field(description="Whose it is; null: nobody's.")
    language: str = Field(description="The language that the customer writes.")
    about: str | None = Field(description="The number of the order that it is about.")
    opened_at: Moment = Field(description="When it was opened, for the last time.")
    due_at: Moment = Field(description="When it should be answered, by business hours.")
    overdue: bool = Field(description="Whether it is open and should have been answered.")
    answered_at: Moment | None = Field(description="When it was last answered.")
    closed_at: Moment | None = Field(description="When it was closed.")
    closed_for: str | None = Field(description="The reason.", json_schema_extra={"enum": [*REASONS, None]})
    proposal: Proposal | None = Field(description="What the learned model proposes; null: nothing.")


class WholeInquiry(Inquiry):
    """An inquiry with its texts, and with what would be answered."""

    texts: list[InquiryText] = Field(description="What was said, oldest first.")
    proposed_answer: str | None = Field(description="The automatic answer that is proposed; null: none.")


class InquiryPage(Page):
    """Inquiries: newest first, or with queue=true the one to be answered first."""

    data: list[Inquiry] = Field(description="The inquiries.")


class InquiryFilter(Paging):
    """Which inquiries to list."""

    status: Literal[tuple(INQUIRY.states)] | None = Field(None, description="Only those in this state.")  # type: ignore[valid-type]
    topic: Topic | None = Field(None, description="Only those about this.")
    assigned_to: Words | None = Field(None, max_length=64, description="Only hers; empty: nobody's.")
    from_: Words | None = Field(None, alias="from", max_length=100, description="Only those of this number.")
    overdue: bool = Field(False, description="Only those that should have been answered.")
    queue: bool = Field(False, description="Open ones, the most urgent first: one page, without a cursor.")


class NewInquiry(Shape):
    """A question that somebody writes down for a customer: asked by phone, or in the shop."""

    from_: Words = Field(alias="from", min_length=1, max_length=40, description="The customer's number.")
    topic: Topic = Field(description="What it is about.")
    text: Words = Field(min_length=1, max_length=600, description="What was asked, in your words: the inquiry's why.")
    language: Words | None = Field(
        None, min_length=2, max_length=8, description="Of the customer; null: as on the card, else [orders] language."
    )
    priority: Priority | None = Field(None, description="How urgent it is; null: as the topic is.")
    assigned_to: Words | None = Field(None, max_length=64, description="To whom it is given.")


class InquiryChange(Shape):
    """What to change of an inquiry; what is missing stays as it is."""

    assigned_to: Words | None = Field(None, max_length=64, description="To whom it is given; empty: to nobody.")
    priority: Priority | None = Field(None, description="How urgent it is.")
    topic: Topic | None = Field(None, description="What it is about.")
    why: Words = Field("", max_length=300, description="Why, in your words: it is kept.")


class NewReply(Shape):
    """An answer to an inquiry: own words, or the topic's template, or what is proposed."""

    text: Words | None = Field(None, max_length=LONGEST_TEXT, description="What to say.")
    use: Literal["template", "proposal"] | None = Field(None, description="Say this instead of a text.")
    close: Reason | None = Field(None, description="Close the inquiry with it, for this reason.")
    client_ref: Ref | None = Field(
        None, description="Your own name for the message: used again, nothing is sent twice."
    )


class Replied(Shape):
    """What went out."""

    message: str = Field(description="The id of the message.")
    inquiry: Inquiry = Field(description="The inquiry as it is now.")


class NewClosing(Shape):
    """Why an inquiry is done."""

    reason: Reason = Field(description="The reason.")
    why: Words = Field("", max_length=300, description="More of it, in your words.")


class AnswerTopic(Shape):
    """A topic that may be answered automatically, and how good that was."""

    topic: str = Field(description="Its name.", json_schema_extra={"enum": list(TOPICS)})
    status: str = Field(
        description="shadow: answers are only proposed; live: they go out; off.",
        json_schema_extra={"enum": list(ANSWER_TOPIC.states)},
    )
    why: str = Field(description="Why it is so, in words.")
    confidence: float = Field(description="How sure a reading must be, 0 to 1.")
    measured_from: Moment = Field(description="Since when answers are counted: since its words last changed.")
    accepted: int = Field(description="How many answers were what was wanted.")
    rejected: int = Field(description="How many were not.")
    waiting: int = Field(description="Of how many nobody has said yet.")
    share: float | None = Field(description="The share of accepted ones; null: nothing is decided.")
    templates: dict[str, str] = Field(description="Its words, by language.")


class AnswerTopicPage(Page):
    """The topics that were set up, by name."""

    data: list[AnswerTopic] = Field(description="The topics.")


class TopicChange(Shape):
    """What to change of a topic."""

    status: Literal[tuple(ANSWER_TOPIC.states)] | None = Field(None, description="Switch it.")  # type: ignore[valid-type]
    confidence: float | None = Field(None, ge=0.5, le=1, description="How sure a reading must be.")
    why: Words = Field(max_length=300, description="Why, in your words: it is kept with your name.")


class NewTemplate(Shape):
    """The words of a topic in a language."""

    text: Words = Field(
        max_length=10 * LONGEST,
        description=f"At most {LONGEST} letters; it may speak of {', '.join(FIELDS)} as {{{{ hours }}}}.",
        examples=["We are here {{ hours }}."],
    )


class AutoAnswer(Shape):
    """An automatic answer, proposed or sent, and what came of it."""

    id: str = Field(description="Its id.")
    status: str = Field(
        description="proposed, sent, accepted or rejected.", json_schema_extra={"enum": list(AUTO_ANSWER.states)}
    )
    why: str = Field(description="Why, in words.")
    topic: str = Field(description="What was asked.")
    to: str = Field(description="Who asked.")
    inbound: str = Field(description="The id of the text that asked.")
    text: str = Field(description="The answer, without the way to a person at its end.")
    made_at: Moment = Field(description="When it was made.")
    decided_at: Moment | None = Field(description="When somebody said whether that was it.")


class AutoAnswerPage(Page):
    """Automatic answers, newest first."""

    data: list[AutoAnswer] = Field(description="The answers.")


class AutoAnswerFilter(Paging):
    """Which automatic answers to list."""

    topic: Answerable | None = Field(None, description="Only those about this.")
    status: Literal[tuple(AUTO_ANSWER.states)] | None = Field(None, description="Only those in this state.")  # type: ignore[valid-type]


class NewCorrection(Shape):
    """What a text meant: words of it mean a product, or the whole is of a kind."""

    inbound: str | None = Field(None, pattern="^in_[0-9A-Z]{26}$", description="The id of the text.")
    text: Words | None = Field(None, max_length=2000, description="The text, where it is none of the inbox.")
    language: Words = Field("", max_length=8, description="The language of the words; empty: any.")
    words: Words | None = Field(None, max_length=200, description="The words of it that mean a product.")
    sku: Words | None = Field(None, max_length=40, description="That product.")
    meant: Literal[terms.KINDS] | None = Field(None, description="Of which kind the whole text is.")  # type: ignore[valid-type]
    topic: Topic | None = Field(None, description="What it is about, of an inquiry or other.")
    why: Words = Field("", max_length=300, description="Why, in your words.")


class Correction(Shape):
    """What somebody says that a text meant."""

    id: str = Field(description="Its id.")
    status: str = Field(
        description="proposed; approved: it counts; rejected.", json_schema_extra={"enum": list(CORRECTION.states)}
    )
    why: str = Field(description="Why, in words.")
    kind: Literal["alias", "label"] = Field(description="Words for a product, or a label for the whole text.")
    inbound: str | None = Field(description="The id of the text.")
    text: str = Field(description="The text.")
    language: str = Field(description="The language of the words; empty: any.")
    words: str | None = Field(description="The words that mean the product.")
    sku: str | None = Field(description="The product.")
    meant: str | None = Field(description="The kind of the text.")
    topic: str | None = Field(description="What it is about.")
    by: str = Field(description="Who said so.")
    at: Moment = Field(description="When.")
    decided_at: Moment | None = Field(description="When it was approved or rejected.")


class CorrectionPage(Page):
    """Corrections, newest first."""

    data: list[Correction] = Field(description="The corrections.")


class CorrectionFilter(Paging):
    """Which corrections to list."""

    status: Literal[tuple(CORRECTION.states)] | None = Field(None, description="Only those in this state.")  # type: ignore[valid-type]
    kind: Literal["alias", "label"] | None = Field(None, description="Only these.")


class NewJudgement(Shape):
    """Whether a correction is right."""

    approve: bool = Field(description="Whether it counts from now on.")
    why: Words = Field("", max_length=300, description="Why, in your words.")


class LearnedModel(Shape):
    """The model on the business's own labels: whether there is one, and why not."""

    ready: bool = Field(description="Whether it proposes.")
    installed: bool = Field(description="Whether the extra smsgw[learning] is installed.")
    examples: int = Field(description="How many labels are approved.")
    kinds: list[str] = Field(description="What it tells apart.")
    why: str = Field(description="How it is, in words.")


class ReplayWish(Shape):
    """What is to be read again."""

    since: Moment = Field(description="Everything that came at this time or later.")
    catalogue: Words | None = Field(
        None, max_length=5_000_000, description="A catalogue as CSV instead of the one of now."
    )


class ReadAs(Shape):
    """What a reading says."""

    kind: str = Field(description="The kind of the text.")
    topic: str | None = Field(description="What it is about.")
    items: dict[str, str | None] = Field(description="Quantities, by product.")
    answer: str | None = Field(description="The answer to a survey.")
    needs_person: bool = Field(description="Whether a person must look.")


class ReplayDifference(Shape):
    """A text that would be understood otherwise now."""

    id: str = Field(description="The id of the text.")
    from_: str = Field(alias="from", description="Who wrote it.")
    text: str = Field(description="What it says.")
    at: Moment = Field(description="When it came.")
    was: ReadAs = Field(description="As it was understood then.")
    now: ReadAs = Field(description="As it would be now.")
    reasons: list[str] = Field(description="Why a person would have to look now.")


class ReplayAnswer(Shape):
    """What reading again found. Nothing was changed by it."""

    read: int = Field(description="How many texts were read again.")
    more: bool = Field(description="Whether there were more, which were left out.")
    counts: dict[str, int] = Field(description="How many differ: in kind, items, topic, answer; need a person or none.")
    data: list[ReplayDifference] = Field(description="The texts that differ, oldest first.")
