"""What a person types into the form of a campaign, as a campaign wants it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from flask import request

from smsgw.errors import BadInput, Fault
from smsgw.store.tables.types import AnyRow

LINES = 4  # languages for which there is room


@dataclass
class Draft:
    """The fields of the form, as they were typed. said: (language, text) pairs."""

    name: str = ""
    who: str = ""
    numbers: str = ""
    said: list[tuple[str, str]] = field(default_factory=lambda: [("sl", "")] + [("", "")] * (LINES - 1))
    template: str = ""
    against: str = ""
    share: str = "20"
    purpose: str = "marketing"
    category: str = ""
    sender: str = ""
    link: str = ""
    per_minute: str = ""
    canary: str = ""
    control: str = ""
    budget: str = ""
    failures: str = "20"
    opt_outs: str = "5"
    unanswered: str = "100"
    repeat: str = ""
    first: str = ""
    zone: str = ""

    def audience(self) -> dict[str, Any]:
        """Whom it is about. Raises BadInput."""
        if self.numbers.strip():
            return {"numbers": self.numbers.split()}
        if not self.who.strip():
            says = "say who, such as: bought in 90 days and allows school; or give numbers"
            raise BadInput([Fault("/audience", "audience_missing", says)])
        return {"rule": self.who}

    def texts(self) -> dict[str, str]:
        """The texts by language."""
        return {language: text for language, text in self.said if language and text.strip()}

    def language(self) -> str:
        """The language for everybody else: the first."""
        return next(iter(self.texts()), "")

    def terms(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The terms: those that it has, with what the form says of them."""
        told = dict(before)
        told["per_minute"] = self.per_minute or None
        told["control"] = self.control or 0
        told["canary"] = {**(told.get("canary") or {}), "share": self.canary} if self.canary else None
        against = {"against": [{self.language(): self.against}], "share": self.share or 20}
        told["split"] = {**(told.get("split") or {}), **against} if self.against.strip() else None
        limits = {name: getattr(self, name) for name in ("failures", "opt_outs", "unanswered") if getattr(self, name)}
        told["limits"] = {**(told.get("limits") or {}), **limits, "budget": self.budget or None}
        repeats = {"rule": self.repeat, "first": self.first, "zone": self.zone or "UTC"}
        told["repeat"] = {**(told.get("repeat") or {}), **repeats} if self.repeat.strip() else None
        return told


def typed_draft() -> Draft:
    """What the form brings."""
    form = request.form
    plain = {one.name: form.get(one.name, "").replace("\r\n", "\n").strip() for one in fields(Draft)}
    return Draft(**{**plain, "said": typed_texts()})  # type: ignore[arg-type]


def typed_texts() -> list[tuple[str, str]]:
    """The languages and texts that a form brings."""
    form, found = request.form, []
    while (text := form.get(f"text_{len(found)}")) is not None:
        found.append((form.get(f"language_{len(found)}", "").strip().lower(), text.replace("\r\n", "\n")))
    return found


def draft_of(row: AnyRow, who: str) -> Draft:
    """The form of a campaign that is there. who: its rule in words."""
    terms, texts = row.terms, row.texts
    said = [(language, text) for language, text in texts["a"].items()]
    said.sort(key=lambda one: one[0] != row.language)
    canary, split, limits, repeat = (terms.get(name) or {} for name in ("canary", "split", "limits", "repeat"))
    return Draft(
        name=row.name,
        who=who if "rule" in row.audience else "",
        numbers="\n".join(row.audience.get("numbers", ())),
        said=(said + [("", "")] * LINES)[: max(LINES, len(said))],
        against=next(iter(texts.get("b", {}).values()), ""),
        share=_plain(split.get("share", 20)),
        purpose=row.purpose,
        category=row.category or "",
        sender=row.sender or "",
        link=row.link or "",
        per_minute=_plain(terms.get("per_minute")),
        canary=_plain(canary.get("share")),
        control=_plain(terms.get("control") or None),
        budget=_plain(limits.get("budget")),
        failures=_plain(limits.get("failures", 20)),
        opt_outs=_plain(limits.get("opt_outs", 5)),
        unanswered=_plain(limits.get("unanswered", 100)),
        repeat=repeat.get("rule", ""),
        first=str(repeat.get("first", ""))[:16],
        zone=repeat.get("zone", ""),
    )


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
