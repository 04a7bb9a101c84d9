"""What a person types into the form of a campaign, as a campaign wants it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from flask import request

from smsgw.errors import BadInput, Fault
from smsgw.store.tables.types import AnyRow

from .campaigns_follow import FollowDraft, follow_terms, follow_ups_of, typed_follow_ups, with_room
from .campaigns_slides import ShownDraft, shown_of, typed_shown

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
    date_field: str = ""
    days: str = "0"
    at: str = "09:00"
    until: str = ""
    follow_ups: list[FollowDraft] = field(default_factory=lambda: with_room([]))
    offer: str = ""
    offer_hours: str = "72"
    shown: ShownDraft = field(default_factory=ShownDraft)

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

    def terms(self, before: Mapping[str, Any], language: str) -> dict[str, Any]:
        """The terms: those that it has, with what the form says of them. language: of its texts of one language."""
        told = dict(before)
        told["per_minute"] = self.per_minute or None
        told["control"] = self.control or 0
        told["canary"] = {**(told.get("canary") or {}), "share": self.canary} if self.canary else None
        against = {"against": [{language: self.against}], "share": self.share or 20}
        told["split"] = {**(told.get("split") or {}), **against} if self.against.strip() else None
        limits = {name: getattr(self, name) for name in ("failures", "opt_outs", "unanswered") if getattr(self, name)}
        told["limits"] = {**(told.get("limits") or {}), **limits, "budget": self.budget or None}
        repeats = {"rule": self.repeat, "first": self.first, "zone": self.zone or "UTC"}
        told["repeat"] = {**(told.get("repeat") or {}), **repeats} if self.repeat.strip() else None
        relative = {"field": self.date_field, "days": self.days or 0, "at": self.at or "09:00", "until": self.until}
        relative["zone"] = self.zone or "UTC"
        told["relative"] = {**(told.get("relative") or {}), **relative} if self.date_field else None
        told["shown"] = self.shown.terms(told.get("shown"), language)
        told["offer"] = {**(told.get("offer") or {}), **self._offer()} if self.offer.strip() else None
        told["follow_ups"] = follow_terms(self.follow_ups, language)
        return told

    def _offer(self) -> dict[str, Any]:
        """What can be answered. Raises BadInput for a line that says no number, product and words."""
        choices, faults = [], []
        for place, line in enumerate(filter(None, map(str.strip, self.offer.splitlines()))):
            words = line.split(None, 2)
            if len(words) == 3:
                choices.append(dict(zip(("number", "sku", "label"), words, strict=True)))
            else:
                says = f"{line[:40]!r}: write the number in the text, the product's code, and what the text calls it"
                faults.append(Fault(f"/terms/offer/choices/{place}", "choice_invalid", says))
        if faults:
            raise BadInput(faults)
        return {"choices": choices, "hours": self.offer_hours or 72}


def typed_draft() -> Draft:
    """What the form brings."""
    form = request.form
    plain = {one.name: form.get(one.name, "").replace("\r\n", "\n").strip() for one in fields(Draft)}
    more = {"said": typed_texts(), "shown": typed_shown(), "follow_ups": typed_follow_ups()}
    return Draft(**{**plain, **more})  # type: ignore[arg-type]


def typed_texts() -> list[tuple[str, str]]:
    """The languages and texts that a form brings."""
    form = request.form
    found: list[tuple[str, str]] = []
    while (text := form.get(f"text_{len(found)}")) is not None:
        found.append((form.get(f"language_{len(found)}", "").strip().lower(), text.replace("\r\n", "\n")))
    return found


def draft_of(row: AnyRow, who: str) -> Draft:
    """The form of a campaign that is there. who: its rule in words."""
    terms, texts = row.terms, row.texts
    said = [(language, text) for language, text in texts["a"].items()]
    said.sort(key=lambda one: one[0] != row.language)
    canary, split, limits, repeat = (terms.get(name) or {} for name in ("canary", "split", "limits", "repeat"))
    relative, offer = terms.get("relative") or {}, terms.get("offer") or {}
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
        zone=repeat.get("zone") or relative.get("zone", ""),
        date_field=relative.get("field", ""),
        days=_plain(relative.get("days", 0)),
        at=str(relative.get("at", "09:00"))[:5],
        until=str(relative.get("until", "")),
        follow_ups=follow_ups_of(terms, row.language),
        offer="\n".join(f"{one['number']} {one['sku']} {one['label']}" for one in offer.get("choices", ())),
        offer_hours=_plain(offer.get("hours", 72)),
        shown=shown_of(terms, row.language),
    )


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
