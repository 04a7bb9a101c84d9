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
    against: list[tuple[str, str]] = field(default_factory=lambda: [("", "")] * LINES)
    share: str = "20"
    split_by: str = "replies"
    decide_after: str = "240"
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
    holidays: str = ""
    zone: str = ""
    date_field: str = ""
    days: str = "0"
    yearly: str = "yes"
    at: str = "09:00"
    until: str = ""
    follow_ups: list[FollowDraft] = field(default_factory=lambda: with_room([]))
    offer: str = ""
    offer_hours: str = "72"
    shown: ShownDraft = field(default_factory=ShownDraft)
    track_links: str = ""

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
        told["split"] = self._split(told.get("split") or {}, language)
        limits = {name: getattr(self, name) for name in ("failures", "opt_outs", "unanswered") if getattr(self, name)}
        told["limits"] = {**(told.get("limits") or {}), **limits, "budget": self.budget or None}
        repeats = {"rule": self.repeat, "first": self.first, "zone": self.zone or "UTC",
                   "holidays": self.holidays.upper() or None}  # fmt: skip
        told["repeat"] = {**(told.get("repeat") or {}), **repeats} if self.repeat.strip() else None
        relative = {"field": self.date_field, "days": self.days or 0, "at": self.at or "09:00", "until": self.until}
        relative |= {"zone": self.zone or "UTC", "yearly": self.yearly == "yes"}
        told["relative"] = {**(told.get("relative") or {}), **relative} if self.date_field else None
        told["track_links"] = self.track_links == "yes"
        told["shown"] = self.shown.terms(told.get("shown"), language)
        told["offer"] = {**(told.get("offer") or {}), **self._offer()} if self.offer.strip() else None
        told["follow_ups"] = follow_terms(self.follow_ups, language)
        return told

    def _split(self, before: Mapping[str, Any], language: str) -> dict[str, Any] | None:
        """The other text in each language, for which the form has room, and what it knows no field for as it was."""
        texts = {spoken or language: text for spoken, text in self.against if text.strip()}
        if not texts:
            return None
        told = {"against": [texts, *before.get("against", [])[1:]], "share": self.share or 20}
        return {**before, **told, "by": self.split_by or "replies", "decide_after": self.decide_after or 240}

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
    more["against"] = typed_texts("against_")
    return Draft(**{**plain, **more})  # type: ignore[arg-type]


def typed_texts(which: str = "") -> list[tuple[str, str]]:
    """The languages and texts that a form brings. which: what stands before their names."""
    form = request.form
    found: list[tuple[str, str]] = []
    while (text := form.get(f"{which}text_{len(found)}")) is not None:
        found.append((form.get(f"{which}language_{len(found)}", "").strip().lower(), text.replace("\r\n", "\n")))
    return found


def draft_of(row: AnyRow, who: str) -> Draft:
    """The form of a campaign that is there. who: its rule in words."""
    terms, texts = row.terms, row.texts
    canary, split, limits, repeat = (terms.get(name) or {} for name in ("canary", "split", "limits", "repeat"))
    relative, offer = terms.get("relative") or {}, terms.get("offer") or {}
    return Draft(
        name=row.name,
        who=who if "rule" in row.audience else "",
        numbers="\n".join(row.audience.get("numbers", ())),
        said=_in_languages(texts["a"], row.language),
        against=_in_languages(texts.get("b", {}), row.language),
        share=_plain(split.get("share", 20)),
        split_by=split.get("by", "replies"),
        decide_after=_plain(split.get("decide_after", 240)),
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
        holidays=repeat.get("holidays") or "",
        zone=repeat.get("zone") or relative.get("zone", ""),
        date_field=relative.get("field", ""),
        days=_plain(relative.get("days", 0)),
        yearly="yes" if relative.get("yearly", True) else "",
        at=str(relative.get("at", "09:00"))[:5],
        until=str(relative.get("until", "")),
        follow_ups=follow_ups_of(terms, row.language),
        offer="\n".join(f"{one['number']} {one['sku']} {one['label']}" for one in offer.get("choices", ())),
        offer_hours=_plain(offer.get("hours", 72)),
        shown=shown_of(terms, row.language),
        track_links="yes" if terms.get("track_links") else "",
    )


def _in_languages(texts: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    """The lines of texts in several languages, that of everybody else first, with room for more."""
    said = sorted(texts.items(), key=lambda one: one[0] != language)
    return (said + [("", "")] * LINES)[: max(LINES, len(said))]


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
