"""What a survey brought: how often each answer was given, and every answer as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from ...paper.table import Column, Kind, Table
from ...store.tables.types import AnyRow
from . import surveys
from .asking import labels


@dataclass(frozen=True, slots=True)
class Counted:
    """The answers to one question. spread: each possible answer with how often it was given, in order.

    answered: how many people gave one. mean: of a scale. words: what was said to a free question, newest last;
    comments: what was said beside an answer.
    """

    position: int
    kind: str
    text: str
    answered: int
    spread: tuple[tuple[str, int], ...]
    mean: Decimal | None
    words: tuple[str, ...]
    comments: tuple[str, ...]

    @property
    def most(self) -> int:
        """How often the most frequent answer was given: the length of the longest bar."""
        return max((count for _, count in self.spread), default=0)


def results(conn: Connection, id: str, language: str | None = None) -> list[Counted]:
    """The answers to each question, in order; language: of questions and labels, by default each one's first."""
    given: dict[int, list[AnyRow]] = {}
    for row in surveys.answers_of(conn, id):
        given.setdefault(row.position, []).append(row)
    return [_counted(each, given.get(each.position, []), language) for each in surveys.questions(conn, id)]


def _counted(question: AnyRow, rows: Sequence[AnyRow], language: str | None) -> Counted:
    text = dict(question.text)
    spoken = str(language if language in text else next(iter(text)))
    numbers = Counter(row.value for row in rows if row.value is not None)
    if question.kind == "scale":
        names = {value: str(value) for value in range(question.low, question.high + 1)}
    else:
        names = dict(enumerate(labels(question, spoken), 1))
    free = question.kind == "free"
    count = sum(numbers.values())
    mean = None
    if question.kind == "scale" and count:
        mean = (Decimal(sum(value * times for value, times in numbers.items())) / count).quantize(Decimal("0.01"))
    return Counted(
        question.position,
        question.kind,
        str(text[spoken]),
        len(rows) if free else count,
        tuple((name, numbers.get(value, 0)) for value, name in names.items()),
        mean,
        tuple(row.words for row in rows) if free else (),
        tuple(row.comment for row in rows if row.comment),
    )


def as_json(counted: Counted) -> dict[str, Any]:
    """The answers to a question for programs."""
    return {
        "position": counted.position,
        "kind": counted.kind,
        "text": counted.text,
        "answered": counted.answered,
        "spread": [{"answer": name, "count": count} for name, count in counted.spread],
        "mean": None if counted.mean is None else float(counted.mean),
        "words": list(counted.words),
        "comments": list(counted.comments),
    }


def table(conn: Connection, id: str) -> Table:
    """Every answer of a survey in a line of its own: who, when, to which question, what, in which words."""
    row = surveys.require(conn, id)
    texts = {each.position: each for each in surveys.questions(conn, row.id)}
    lines = []
    for answer in surveys.answers_of(conn, row.id):
        question = texts[answer.position]
        label = ""
        if question.kind == "choice" and answer.value is not None:
            label = labels(question, answer.language)[answer.value - 1]
        at = answer.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append([answer.address, at, answer.position, answer.value, label, answer.words, answer.comment or ""])
    counts = ("question", "value")
    names = ("number", "at", "question", "value", "label", "words", "comment")
    columns = [Column(name, Kind.COUNT if name in counts else Kind.TEXT) for name in names]
    return Table(row.name, columns, lines)
