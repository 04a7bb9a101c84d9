"""The second texts in the form of a campaign: to whom each goes, when, and what it says in each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request

MOST = 5  # as campaigns take them
LINES = 4  # languages for which each has room


def _room() -> list[tuple[str, str]]:
    return [("", "")] * LINES


@dataclass
class FollowDraft:
    """A second text as it was typed. said: (language, text) pairs."""

    who: str = "silent"
    after: str = "24"
    said: list[tuple[str, str]] = field(default_factory=_room)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing: then there is none."""
        return not any(text.strip() for _, text in self.said)

    def terms(self, language: str) -> dict[str, Any]:
        """What a campaign's terms have of it. language: of a text whose language was not typed."""
        texts = {spoken or language: text for spoken, text in self.said if text.strip()}
        return {"who": self.who or "silent", "after": self.after or 24, "texts": texts}


def follow_terms(drafts: Sequence[FollowDraft], language: str) -> list[dict[str, Any]]:
    """The terms `follow_ups`."""
    return [one.terms(language) for one in drafts if not one.is_empty]


def with_room(drafts: Sequence[FollowDraft]) -> list[FollowDraft]:
    """These, and empty ones up to as many as a campaign takes."""
    return [*drafts, *(FollowDraft() for _ in range(MOST - len(drafts)))]


def typed_follow_ups() -> list[FollowDraft]:
    """The second texts that a form brings."""
    form = request.form
    found: list[FollowDraft] = []
    while f"follow_text_{len(found)}_0" in form:
        n, said = len(found), list[tuple[str, str]]()
        while (text := form.get(f"follow_text_{n}_{len(said)}")) is not None:
            spoken = form.get(f"follow_language_{n}_{len(said)}", "").strip().lower()
            said.append((spoken, text.replace("\r\n", "\n").strip()))
        found.append(FollowDraft(form.get(f"follow_who_{n}", ""), form.get(f"follow_after_{n}", "").strip(), said))
    return with_room(found)


def follow_ups_of(terms: Mapping[str, Any], language: str) -> list[FollowDraft]:
    """The second texts of a campaign that is there. language: its own, which stands first."""
    found = []
    for one in terms.get("follow_ups") or ():
        said = sorted(one["texts"].items(), key=lambda each: each[0] != language)
        found.append(FollowDraft(one["who"], f"{one['after']}", (said + _room())[: max(LINES, len(said))]))
    return with_room(found)
