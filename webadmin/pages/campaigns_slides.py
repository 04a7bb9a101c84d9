"""The slides in the form of a campaign: pictures and sound with its text, in the campaign's language.

The words of the first slide are the text of the campaign. What other languages have of their own stays as it is: the
API writes that. Files are stored as they come, so that a form that is shown again still has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request

from smsgw.errors import BadInput, Fault
from smsgw.media.contents import MOST_SLIDES

from .. import given_media


@dataclass
class SlideDraft:
    """A slide as it was typed. medium, sound: ids of media."""

    text: str = ""
    medium: str = ""
    sound: str = ""
    seconds: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.text.strip() or self.medium or self.sound)


@dataclass
class ShownDraft:
    """What goes with the text. faults: what was wrong with the files."""

    subject: str = ""
    policy: str = ""
    from_name: str = ""
    slides: list[SlideDraft] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def rows(self) -> list[SlideDraft]:
        """The slides that the form has: those that there are, and one more to be filled in."""
        room = [SlideDraft()] if len(self.slides) < MOST_SLIDES else []
        return [*self.slides, *room]

    def terms(self, before: Mapping[str, Any] | None, language: str) -> dict[str, Any] | None:
        """The terms `shown`, with what they had of other languages; None without slides. Raises BadInput."""
        if self.faults:
            raise BadInput(self.faults)
        slides = [one for one in self.slides if not one.is_empty]
        attached = (before or {}).get("attached") or []
        if not slides and not attached:
            return None
        was = (before or {}).get("slides") or []
        told = [
            _slide(one, was[place] if place < len(was) else {}, place, language) for place, one in enumerate(slides)
        ]
        told = told or [{}]  # files alone: the text is the one slide
        subject = _with((before or {}).get("subject"), language, self.subject.strip())
        return {
            **(before or {}), "subject": subject, "slides": told, "policy": self.policy or None,
            "from_name": self.from_name,
        }  # fmt: skip


def _slide(draft: SlideDraft, was: Mapping[str, Any], place: int, language: str) -> dict[str, Any]:
    try:
        seconds = float(draft.seconds.replace(",", ".")) if draft.seconds.strip() else None
    except ValueError as wrong:
        pointer = f"/terms/shown/slides/{place}/seconds"
        raise BadInput([Fault(pointer, "wrong_type", f"{draft.seconds[:20]!r} is no number of seconds")]) from wrong
    return {
        "text": {} if place == 0 else _with(was.get("text"), language, draft.text.strip()),
        "medium": _with(was.get("medium"), language, draft.medium),
        "sound": _with(was.get("sound"), language, draft.sound),
        "seconds": seconds,
    }


def _with(before: Mapping[str, str] | None, language: str, said: str) -> dict[str, str]:
    """What there is by language, with this for one; nothing for one that says nothing."""
    others = {name: value for name, value in (before or {}).items() if name != language}
    return {**others, language: said} if said and language else others


def typed_shown() -> ShownDraft:
    """What the form brings; its files are stored."""
    form, draft = request.form, ShownDraft()
    draft.subject, draft.policy = form.get("shown_subject", "").strip(), form.get("shown_policy", "")
    draft.from_name = form.get("from_name", "").strip()
    place = 0
    while f"slide_seconds_{place}" in form and place <= MOST_SLIDES:
        slide = SlideDraft(
            form.get(f"slide_text_{place}", "").replace("\r\n", "\n"),
            _file(f"slide_file_{place}", draft) or _kept(f"slide_medium_{place}"),
            _file(f"slide_tone_{place}", draft) or _kept(f"slide_sound_{place}"),
            form[f"slide_seconds_{place}"],
        )
        if not slide.is_empty and not form.get(f"slide_gone_{place}"):
            draft.slides.append(slide)
        place += 1
    return draft


def _kept(name: str) -> str:
    return "" if request.form.get(f"{name}_gone") else request.form.get(name, "")[:64]


def _file(name: str, draft: ShownDraft) -> str:
    """The id of a file that came; "" for none."""
    given = request.files.get(name)
    octets = b"" if given is None else given.read()
    if given is None or not octets:
        return ""
    given.close()
    try:
        return given_media.take(octets, f"/{name}").sha256
    except BadInput as wrong:
        draft.faults += wrong.faults
        return ""


def shown_of(terms: Mapping[str, Any], language: str) -> ShownDraft:
    """The form of what a campaign shows."""
    told = terms.get("shown") or {}
    slides = [
        SlideDraft(
            _said(one.get("text"), language), _said(one.get("medium"), language), _said(one.get("sound"), language),
            "" if one.get("seconds") is None else f"{one['seconds']:g}",
        )
        for one in told.get("slides") or ()
    ]  # fmt: skip
    return ShownDraft(
        _said(told.get("subject"), language), told.get("policy") or "", told.get("from_name") or "",
        [one for one in slides if not one.is_empty],
    )  # fmt: skip


def _said(by_language: Mapping[str, str] | None, language: str) -> str:
    return (by_language or {}).get(language, "")
