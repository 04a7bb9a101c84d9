"""The shapes of surveys: how they are drafted and started, and what they brought."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from smsgw.inbound.surveys import surveys
from smsgw.store.lifecycle import PARTICIPANT, SURVEY

from .shapes import MANY, Moment, Page, Paging, Shape, Words

Text = Annotated[Words, Field(max_length=surveys.LONGEST)]
ByLanguage = dict[Words, Text]


class NewBranch(Shape):
    """Where answers of a range lead."""

    next: int = Field(ge=0, description="The number of a later question; 0: the survey ends.")
    low: int | None = Field(None, description="From this answer on; null: from the lowest.")
    high: int | None = Field(None, description="Up to this answer; null: up to the highest.")


class NewQuestion(Shape):
    """A question; they are numbered from 1, in order."""

    kind: Literal[surveys.KINDS] = Field(description="A number on a scale, one of several labels, or free words.")  # type: ignore[valid-type]
    text: ByLanguage = Field(description="The question, by language.", examples=[{"en": "How was it?"}])
    low: int | None = Field(None, description="Of a scale: the lowest number.")
    high: int | None = Field(None, description="Of a scale: the highest number.")
    labels: list[ByLanguage] = Field([], max_length=surveys.MOST_LABELS, description="Of a choice: its labels.")
    branches: list[NewBranch] = Field(
        [], max_length=50, description="Which answers lead elsewhere than to the next question."
    )


class NewSurvey(Shape):
    """A survey to be drafted. Nobody is asked before it is started."""

    name: Words = Field(max_length=80, description="What it is called.")
    questions: list[NewQuestion] = Field(
        min_length=1, max_length=surveys.MOST_QUESTIONS, description="What it asks, in order."
    )
    closes_at: Moment = Field(description="Its deadline.")
    remind_after: int | None = Field(
        None, ge=60, description="After how many seconds somebody who does not answer is reminded, once; null: never."
    )
    thanks: ByLanguage = Field({}, description="What is said at its end, by language; by default a thank-you.")


class Survey(Shape):
    """A survey."""

    id: str = Field(description="Its id.")
    name: str = Field(description="What it is called.")
    status: str = Field(description="draft, running or closed.", json_schema_extra={"enum": list(SURVEY.states)})
    why: str = Field(description="Why it is in this state, in words.")
    closes_at: Moment = Field(description="Its deadline.")
    remind_after: int | None = Field(description="After how many seconds somebody is reminded.")
    by: str = Field(description="Who drafted it.")
    created_at: Moment = Field(description="When it was drafted.")
    people: dict[str, int] = Field(description=f"How many people are {', '.join(PARTICIPANT.states)}.")


class SurveyPage(Page):
    """Surveys, newest first."""

    data: list[Survey] = Field(description="The surveys.")


class SurveyFilter(Paging):
    """Which page of the surveys."""


class Asked(Shape):
    """Who is to be asked."""

    to: list[Words] = Field(min_length=1, max_length=MANY, description="The numbers, best in E.164.")


class Started(Shape):
    """Who is asked now."""

    added: int = Field(description="How many people were added; nobody is asked twice.")
    survey: Survey = Field(description="The survey as it is now.")


class Ended(Shape):
    """Why a survey ends before its time."""

    why: Words = Field("", max_length=300, description="Why, in your words.")


class Spread(Shape):
    """How often an answer was given."""

    answer: str = Field(description="The number, or the label.")
    count: int = Field(description="How often.")


class QuestionResult(Shape):
    """The answers to a question."""

    position: int = Field(description="Its number.")
    kind: str = Field(description="scale, choice or free.")
    text: str = Field(description="The question.")
    answered: int = Field(description="How many people answered it.")
    spread: list[Spread] = Field(description="How often each answer was given, in their order.")
    mean: float | None = Field(description="Of a scale: the mean.")
    words: list[str] = Field(description="What was answered to a free question.")
    comments: list[str] = Field(description="What was said beside an answer.")


class SurveyResults(Shape):
    """What a survey brought."""

    survey: Survey = Field(description="The survey.")
    data: list[QuestionResult] = Field(description="The answers, by question.")


class ResultsFilter(Shape):
    """How results are shown."""

    language: Words | None = Field(None, max_length=8, description="The language of questions and labels.")
    format: Literal["json", "csv"] = Field("json", description="csv: every answer in a line of its own.")
