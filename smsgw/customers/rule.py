"""The language of rules about people, as JSON: check a rule, tell every mistake at once, and give it one form.

A rule is an object with one meaning::

    {"all": [RULE, …]}  {"any": [RULE, …]}  {"not": RULE}  {"everybody": true}
    {"field": "city", "is": "Ljubljana"}     is, is_not, in, contains, begins, over, under, at_least, at_most,
                                             after, before, comes_within, known
    {"tag": "vip"}  {"group": "Teachers"}  {"segment": "Regulars"}
    {"country": ["SI", "HR"]}  {"prefix": "+38640"}  {"has": "phone"}
    {"allows": "school-offers"}  {"withdrew": "school-offers"}
    {"bought": {"days": 90, "times": 2, "sku": "rice"}}  {"messaged": {"days": 7, "times": 1}}
    {"replied": {"days": 30}}  {"active": {"days": 30}}  {"silent": {"days": 60}}

Fields are the shop's own, and name, language, zone, channel, reference, created. A day is `2026-11-26`, `today`,
`today-30` or `today+7`. `rule_words` has the same in one line of words, `audience` makes SQL of it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import phonenumbers

from ..errors import BadInput, Fault
from .fields import Field, WrongValue, fold, read_value

Rule = dict[str, Any]
DEEPEST, MOST = 12, 200  # rules in rules, and rules altogether
LONGEST_DAYS = 3660
BUILT_IN = {
    "name": "text", "language": "word", "zone": "word", "channel": "word", "reference": "word", "created": "date",
}  # fmt: skip
WAYS: Mapping[str, tuple[str, ...]] = {
    "text": ("is", "is_not", "in", "contains", "begins", "known"),
    "choice": ("is", "is_not", "in", "contains", "begins", "known"),
    "word": ("is", "is_not", "in", "known"),
    "number": ("is", "is_not", "in", "over", "under", "at_least", "at_most", "known"),
    "date": ("is", "after", "before", "comes_within", "known"),
    "yesno": ("is", "known"),
}
SPANS = {
    "bought": ("days", "times", "sku"), "messaged": ("days", "times"), "replied": ("days",), "active": ("days",),
    "silent": ("days",),
}  # fmt: skip
NEEDS_DAYS = ("silent", "messaged", "replied", "active")
_DAY = re.compile(r"today(?:([+-])(\d{1,4}))?")
_PREFIX = re.compile(r"\+[1-9]\d{0,14}")


@dataclass(frozen=True)
class Known:
    """What rules can speak of. groups: names by id; segments: rules by id; ids: by folded name."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, Rule] = field(default_factory=dict)
    group_ids: Mapping[str, str] = field(default_factory=dict)
    segment_ids: Mapping[str, str] = field(default_factory=dict)
    segment_names: Mapping[str, str] = field(default_factory=dict)
    categories: frozenset[str] = frozenset()

    def kind(self, name: str) -> str | None:
        """What kind of values a field has; None for no such field."""
        own = self.fields.get(name)
        return own.kind if own is not None else BUILT_IN.get(name)


def check(value: Any, known: Known, pointer: str = "") -> Rule:
    """The rule in its one form. pointer: where it stands. Raises BadInput with every mistake."""
    look = _Look(known)
    rule = look.rule(value, pointer, 0)
    if look.faults:
        raise BadInput(look.faults)
    return rule


class _Look:
    """One walk through a rule."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.faults: list[Fault] = []
        self.count = 0

    def wrong(self, pointer: str, code: str, detail: str) -> Rule:
        self.faults.append(Fault(pointer, code, detail))
        return {"everybody": True}

    def rule(self, value: Any, pointer: str, depth: int) -> Rule:
        self.count += 1
        if depth > DEEPEST or self.count > MOST:
            if not any(fault.code == "rule_too_large" for fault in self.faults):
                self.wrong(pointer, "rule_too_large", f"at most {MOST} rules, {DEEPEST} deep: make segments of parts")
            return {"everybody": True}
        if not isinstance(value, Mapping) or not value:
            return self.wrong(pointer, "rule_wrong", 'a rule is an object, such as {"tag": "vip"}')
        if "field" in value:
            return self.field(value, pointer)
        if len(value) != 1:
            says = f"a rule says one thing, and this says {', '.join(map(str, value))}: put them into all or any"
            return self.wrong(pointer, "rule_wrong", says)
        ((word, inner),) = value.items()
        read = getattr(self, f"_{word}", None) if word in _WORDS else None
        if word in SPANS:
            return self.span(word, inner, f"{pointer}/{word}")
        if read is None:
            return self.wrong(pointer, "rule_unknown", f"there is no rule {str(word)[:30]!r}; {_near(word, WORDS)}")
        found: Rule = read(inner, f"{pointer}/{word}", depth)
        return found

    def _all(self, inner: Any, pointer: str, depth: int) -> Rule:
        return self.several("all", inner, pointer, depth)

    def _any(self, inner: Any, pointer: str, depth: int) -> Rule:
        return self.several("any", inner, pointer, depth)

    def several(self, word: str, inner: Any, pointer: str, depth: int) -> Rule:
        if not isinstance(inner, list) or not inner:
            return self.wrong(pointer, "rule_wrong", f"{word} takes a list of rules, at least one")
        found = [self.rule(one, f"{pointer}/{place}", depth + 1) for place, one in enumerate(inner)]
        return found[0] if len(found) == 1 else {word: found}

    def _not(self, inner: Any, pointer: str, depth: int) -> Rule:
        return {"not": self.rule(inner, pointer, depth + 1)}

    def _everybody(self, inner: Any, pointer: str, depth: int) -> Rule:
        if inner is not True:
            return self.wrong(pointer, "rule_wrong", "everybody is true, or is left out")
        return {"everybody": True}

    def _tag(self, inner: Any, pointer: str, depth: int) -> Rule:
        if not isinstance(inner, str) or not inner.strip():
            return self.wrong(pointer, "rule_wrong", "tag takes a word")
        return {"tag": inner.strip().casefold()}

    def _group(self, inner: Any, pointer: str, depth: int) -> Rule:
        id = inner if inner in self.known.groups else self.known.group_ids.get(fold(str(inner)))
        if id is None:
            return self.wrong(pointer, "group_unknown", f"there is no group {str(inner)[:40]!r}")
        return {"group": id}

    def _segment(self, inner: Any, pointer: str, depth: int) -> Rule:
        id = inner if inner in self.known.segments else self.known.segment_ids.get(fold(str(inner)))
        if id is None:
            return self.wrong(pointer, "segment_unknown", f"there is no segment {str(inner)[:40]!r}")
        return {"segment": id}

    def _country(self, inner: Any, pointer: str, depth: int) -> Rule:
        wanted = [str(one).upper() for one in _listed(inner)]
        for one in wanted:
            if one not in phonenumbers.SUPPORTED_REGIONS:
                self.wrong(pointer, "country_unknown", f"{one[:10]!r} is no country: two letters, such as SI")
        return {"country": sorted(set(wanted))}

    def _prefix(self, inner: Any, pointer: str, depth: int) -> Rule:
        wanted = [str(one).replace(" ", "") for one in _listed(inner)]
        for one in wanted:
            if not _PREFIX.fullmatch(one):
                self.wrong(pointer, "prefix_invalid", f"{one[:20]!r} is no prefix: + and digits, such as +38640")
        return {"prefix": sorted(set(wanted))}

    def _has(self, inner: Any, pointer: str, depth: int) -> Rule:
        if inner not in ("phone", "email"):
            return self.wrong(pointer, "rule_wrong", "has takes phone or email")
        return {"has": inner}

    def _allows(self, inner: Any, pointer: str, depth: int) -> Rule:
        return self.category("allows", inner, pointer)

    def _withdrew(self, inner: Any, pointer: str, depth: int) -> Rule:
        return self.category("withdrew", inner, pointer)

    def category(self, word: str, inner: Any, pointer: str) -> Rule:
        if inner not in self.known.categories:
            near = _near(inner, sorted(self.known.categories)) if self.known.categories else "there is none yet"
            return self.wrong(pointer, "category_unknown", f"there is no category {str(inner)[:30]!r}; {near}")
        return {word: inner}

    def span(self, word: str, inner: Any, pointer: str) -> Rule:
        if not isinstance(inner, Mapping):
            return self.wrong(pointer, "rule_wrong", f'{word} takes an object, such as {{"days": 30}}')
        found: dict[str, Any] = {}
        for key, value in inner.items():
            if key not in SPANS[word]:
                self.wrong(f"{pointer}/{key}", "rule_unknown", f"{word} has only {', '.join(SPANS[word])}")
            elif key == "sku":
                found[key] = str(value)
            elif type(value) is not int or not 1 <= value <= (LONGEST_DAYS if key == "days" else 1000):
                self.wrong(f"{pointer}/{key}", "rule_wrong", f"{key} is a whole number of 1 or more")
            else:
                found[key] = value
        if word in NEEDS_DAYS and "days" not in inner:
            self.wrong(pointer, "rule_wrong", f"{word} needs days")
        return {word: found}

    def field(self, value: Mapping[str, Any], pointer: str) -> Rule:
        name = str(value["field"])
        kind = self.known.kind(name)
        if kind is None:
            near = _near(name, [*BUILT_IN, *self.known.fields])
            return self.wrong(f"{pointer}/field", "field_unknown", f"there is no field {name[:40]!r}; {near}")
        ways = [key for key in value if key != "field"]
        if len(ways) != 1 or ways[0] not in WAYS[kind]:
            says = f"{name} takes one of {', '.join(WAYS[kind])}, and here is {', '.join(map(str, ways)) or 'none'}"
            return self.wrong(pointer, "rule_wrong", says)
        way, wanted = ways[0], value[ways[0]]
        try:
            return {"field": name, way: self.wanted(name, kind, way, wanted)}
        except WrongValue as wrong:
            return self.wrong(f"{pointer}/{way}", "value_invalid", str(wrong))

    def wanted(self, name: str, kind: str, way: str, wanted: Any) -> Any:
        if way == "known":
            if type(wanted) is not bool:
                raise WrongValue("known is true or false")
            return wanted
        if way == "comes_within":
            if type(wanted) is not int or not 0 <= wanted <= 60:
                raise WrongValue("comes_within is a number of days, 0 to 60")
            return wanted
        if way == "in":
            if not isinstance(wanted, list) or not 1 <= len(wanted) <= 500:
                raise WrongValue("in takes a list of 1 to 500 values")
            return [self.one(name, kind, way, each) for each in wanted]
        return self.one(name, kind, way, wanted)

    def one(self, name: str, kind: str, way: str, wanted: Any) -> Any:
        if kind == "date":
            if isinstance(wanted, str) and _DAY.fullmatch(wanted):
                return wanted
            return read_value(Field(name, name, "date"), wanted)
        if kind in ("text", "word") or way in ("contains", "begins"):
            if not isinstance(wanted, str) or not wanted.strip():
                raise WrongValue("must be a text")
            return wanted.strip().lower() if name == "language" else wanted.strip()
        return read_value(self.known.fields[name], wanted)


_WORDS = frozenset(
    ("all", "any", "not", "everybody", "tag", "group", "segment", "country", "prefix", "has", "allows", "withdrew")
)
WORDS: Sequence[str] = sorted({*_WORDS, *SPANS, "field"})


def day_of(written: str, today: date) -> date:
    """The day that a rule's day is, seen from today."""
    relative = _DAY.fullmatch(written)
    if relative is None:
        return date.fromisoformat(written)
    days = int(relative[2] or 0)
    return today + timedelta(days=-days if relative[1] == "-" else days)


def _listed(inner: Any) -> list[Any]:
    return list(inner) if isinstance(inner, list) else [inner]


def _near(word: Any, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(str(word), known, 1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def leaves(rule: Rule, visit: Callable[[str, Any], None]) -> None:
    """Call `visit` with the word and the value of every rule in a rule that holds no others."""
    for word, inner in rule.items():
        if word in ("all", "any"):
            for one in inner:
                leaves(one, visit)
        elif word == "not":
            leaves(inner, visit)
        else:
            visit(word, inner)
