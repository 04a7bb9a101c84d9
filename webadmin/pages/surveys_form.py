"""What a person types to draft a survey, as a survey wants it: a line for each language, a line for each label.

Words are written "sl: Kako je bilo?", one language a line; a label has its languages in one line, "sl: cena | en:
price"; where an answer leads is "1-2: 3", or "*: 0" for whatever is answered (0 is the end).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from flask import request

from smsgw.errors import BadInput, Fault
from smsgw.inbound.surveys.surveys import MOST_QUESTIONS, Branch, NewSurvey, Question

_LEADS = re.compile(r"(?:\*|(\d+)(?:\s*-\s*(\d+))?)\s*:\s*(\d+)")


@dataclass
class QuestionDraft:
    """A question as it was typed."""

    kind: str = "scale"
    text: str = ""
    low: str = "1"
    high: str = "5"
    labels: str = ""
    leads: str = ""

    def question(self, pointer: str, language: str, faults: list[Fault]) -> Question:
        """The question; what cannot be read is put to `faults`, so that a person hears of all at once."""
        scale = self.kind == "scale"
        bounds = [int(one) if one.strip().isdecimal() else None for one in (self.low, self.high)]
        labels = [by_language(line, language) for line in self.labels.splitlines() if line.strip()]
        return Question(
            self.kind, by_language(self.text, language), bounds[0] if scale else None, bounds[1] if scale else None,
            labels if self.kind == "choice" else (), list(self._branches(pointer, faults)),
        )  # fmt: skip

    def _branches(self, pointer: str, faults: list[Fault]) -> Iterator[Branch]:
        for line in filter(None, map(str.strip, self.leads.splitlines())):
            found = _LEADS.fullmatch(line)
            if found is None:
                says = f"{line[:20]!r}: write 1-2: 3 for answers and the question that they lead to, 0 for the end"
                faults.append(Fault(f"{pointer}/branches", "branch_invalid", says))
                continue
            low, high, to = found.groups()
            first = None if low is None else int(low)
            yield Branch(int(to), first, first if high is None else int(high))


@dataclass
class SurveyDraft:
    """The form as it was typed."""

    name: str = ""
    closes_at: str = ""
    remind: str = ""
    thanks: str = ""
    questions: list[QuestionDraft] = field(default_factory=list)

    @property
    def rows(self) -> list[QuestionDraft]:
        """The questions that the form has: those that there are, and one more to be filled in."""
        room = [QuestionDraft()] if len(self.questions) < MOST_QUESTIONS else []
        return [*self.questions, *room]

    def survey(self, language: str, zone: tzinfo, by: str, now: datetime) -> NewSurvey:
        """The survey. language: of words without one. Raises BadInput with what cannot be read."""
        faults: list[Fault] = []
        questions = [one.question(f"/questions/{place}", language, faults) for place, one in enumerate(self.questions)]
        closes, remind = now, None
        try:
            closes = datetime.fromisoformat(self.closes_at).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            faults.append(Fault("/closes_at", "time_invalid", "say until when it asks"))
        if self.remind.strip():
            if self.remind.strip().isdecimal():
                remind = int(self.remind) * 3600
            else:
                faults.append(Fault("/remind", "number_invalid", "hours are a whole number"))
        if faults:
            raise BadInput(faults)
        return NewSurvey(self.name, questions, closes, by, now, remind, by_language(self.thanks, language))


def typed_survey() -> SurveyDraft:
    """What came with the form; questions without words are left out."""
    form = request.form
    columns = [form.getlist(name) for name in ("kind", "text", "low", "high", "labels", "leads")]
    questions = [QuestionDraft(*(cell.replace("\r\n", "\n") for cell in row)) for row in zip(*columns, strict=False)]
    thanks = form.get("thanks", "").replace("\r\n", "\n")
    return SurveyDraft(
        form.get("name", "").strip(), form.get("closes_at", ""), form.get("remind", ""), thanks,
        [one for one in questions if one.text.strip()],
    )  # fmt: skip


def by_language(written: str, usual: str) -> dict[str, str]:
    """Words by language: lines "sl: …"; a line without one goes on with the line before, or is of the usual one."""
    found: dict[str, str] = {}
    last = usual
    for line in filter(str.strip, re.split(r"\n|\|", written)):
        language, mark, words = line.partition(":")
        if mark and re.fullmatch(r"\s*[a-z]{2}\s*", language):
            last = language.strip()
            found[last] = words.strip()
        else:
            found[last] = f"{found[last]} {line.strip()}" if last in found else line.strip()
    return found
