"""The same rules in one line of words, for command lines and pages: read them, and write them.

    bought in 90 days and allows school-offers and not tag rude
    (city is "Novo mesto" or city in (Kranj, Koper)) and birthday comes within 7 days
    silent for 60 days and prefix +38640 and name known

`and` binds closer than `or`; names of more than one word stand in quotes. What `write` gives, `read` takes again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ..errors import BadInput, Fault
from .rule import SPANS, Rule

_TOKEN = re.compile(r"""\s*(?:("(?:[^"\\]|\\.)*")|([()])|(,)|(>=|<=|!=|[<>=])|([^\s(),"<>=!]+))""")
_SIGNS = {">": "over", "<": "under", ">=": "at_least", "<=": "at_most", "=": "is", "!=": "is_not"}
_ONE_WORD = ("tag", "group", "segment", "country", "prefix", "has", "allows", "withdrew")
_LISTS = ("country", "prefix")
_PLAIN = re.compile(r"[^\s(),\"<>=!]+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_WORDS = frozenset({"and", "or", "not", "everybody", *_ONE_WORD, *SPANS})
LONGEST = 5_000


def read(words: str) -> Any:
    """The rule that these words say, as JSON, not yet checked. Raises BadInput, which says at which letter."""
    if len(words) > LONGEST:
        raise BadInput([Fault("/rule", "rule_too_large", f"a rule has at most {LONGEST} letters")])
    reader = _Reader(words)
    rule = reader.either()
    if reader.peek() is not None:
        reader.wrong("here something is left over: join rules by and, or")
    return rule


class _Reader:
    """Goes through the words once, from left to right (recursive descent)."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.tokens: list[tuple[str, int, bool]] = []  # the word, where it stands, whether it was quoted
        at = 0
        while words[at:].strip():
            found = _TOKEN.match(words, at)
            if found is None:
                raise BadInput(
                    [Fault("/rule", "rule_wrong", f"letter {at + 1}: {words[at : at + 20]!r} cannot be read")]
                )
            quoted = found[1] is not None
            told = self._unquoted(found[1], at) if quoted else found[0].strip()
            self.tokens.append((told, found.end() - len(found[0].strip()) + 1, quoted))
            at = found.end()
        self.at = 0

    @staticmethod
    def _unquoted(said: str, at: int) -> str:
        try:
            return str(json.loads(said))
        except ValueError as wrong:  # a control letter, or a backslash that begins nothing
            says = f'letter {at + 1}: {said[:20]!r} cannot be read: before a " or a \\ in it there must be a \\'
            raise BadInput([Fault("/rule", "rule_wrong", says)]) from wrong

    def wrong(self, says: str) -> NoReturn:
        where = f"letter {self.tokens[self.at][1]}" if self.at < len(self.tokens) else "the end"
        raise BadInput([Fault("/rule", "rule_wrong", f"{where}: {says}")])

    def peek(self) -> str | None:
        """The next word in small letters if it may be one of the language's own; what is quoted never is."""
        if self.at >= len(self.tokens):
            return None
        told, _, quoted = self.tokens[self.at]
        return f'"{told}' if quoted else told.casefold()

    def take(self, *expected: str) -> bool:
        if self.peek() in expected:
            self.at += 1
            return True
        return False

    def value(self, what: str = "a value") -> str:
        if self.at >= len(self.tokens) or (not self.tokens[self.at][2] and self.peek() in ("(", ")", ",")):
            self.wrong(f"here {what} is missing")
        self.at += 1
        return self.tokens[self.at - 1][0]

    def number(self) -> int:
        told = self.value("a number")
        if not re.fullmatch(r"\d{1,6}", told):
            self.at -= 1
            self.wrong(f"{told[:20]!r} is no whole number")
        return int(told)

    def either(self) -> Rule:
        found = [self.both()]
        while self.take("or"):
            found.append(self.both())
        return found[0] if len(found) == 1 else {"any": found}

    def both(self) -> Rule:
        found = [self.one()]
        while self.take("and"):
            found.append(self.one())
        return found[0] if len(found) == 1 else {"all": found}

    def one(self) -> Rule:
        if self.take("not"):
            return {"not": self.one()}
        if self.take("("):
            found = self.either()
            if not self.take(")"):
                self.wrong("here a ) is missing")
            return found
        if self.take("everybody"):
            return {"everybody": True}
        word = self.peek()
        if word in SPANS:
            return self.span()
        if word in _ONE_WORD:
            self.at += 1
            if word in _LISTS and self.take("in"):
                return {word: self.listed()}
            return {word: self.value()}
        return self.field()

    def span(self) -> Rule:
        word = self.value().casefold()
        told: dict[str, Any] = {}
        while True:
            if self.take("of"):
                told["sku"] = self.value()
            elif self.take("in", "within", "for"):
                told["days"] = self.number()
                if not self.take("days", "day"):
                    self.wrong("here days is missing")
            elif re.fullmatch(r"\d+", self.peek() or ""):
                told["times"] = self.number()
                if not self.take("times", "time"):
                    self.wrong("here times is missing")
            else:
                return {word: told}

    def field(self) -> Rule:
        rule: Rule = {"field": self.value("a rule")}
        sign = self.peek()
        if sign in _SIGNS:
            self.at += 1
            return rule | {_SIGNS[sign]: self.typed()}
        if self.take("is"):
            return rule | ({"is_not": self.typed()} if self.take("not") else {"is": self.typed()})
        if self.take("in"):
            return rule | {"in": self.listed()}
        if self.take("known", "unknown"):
            return rule | {"known": sign == "known"}
        if self.take("comes"):
            if not self.take("within"):
                self.wrong("here within is missing")
            days = self.number()
            self.take("days", "day")
            return rule | {"comes_within": days}
        for way in ("contains", "begins", "after", "before"):
            if self.take(way):
                return rule | {way: self.value()}
        return self.wrong(
            "here is, in, contains, begins, known, after, before, comes within, <, >, <= or >= must follow"
        )

    def listed(self) -> list[Any]:
        if not self.take("("):
            self.wrong("here a list must follow, such as (Kranj, Koper)")
        found = [self.typed()]
        while self.take(","):
            found.append(self.typed())
        if not self.take(")"):
            self.wrong("here a ) is missing")
        return found

    def typed(self) -> Any:
        """A value: a number or yes and no where it is not quoted and looks so, else words."""
        quoted = self.at < len(self.tokens) and self.tokens[self.at][2]
        told = self.value()
        if not quoted and _NUMBER.fullmatch(told) and not told.startswith(("0", "+")):
            return float(told) if "." in told else int(told)
        return {"yes": True, "no": False}.get(told, told) if not quoted else told


def write(rule: Rule, names: Mapping[str, str]) -> str:
    """A checked rule in words. names: of groups and segments, by their ids."""
    return _write(rule, names, top=True)


def _write(rule: Rule, names: Mapping[str, str], top: bool = False) -> str:
    if "field" in rule:
        return _write_field(rule)
    ((word, inner),) = rule.items()
    if word in ("all", "any"):
        said = (" and " if word == "all" else " or ").join(_write(one, names) for one in inner)
        return said if top else f"({said})"
    if word == "not":
        return f"not {_write(inner, names)}"
    if word == "everybody":
        return word
    if word in SPANS:
        return _write_span(word, inner)
    if isinstance(inner, list):
        return f"{word} {_value(inner[0])}" if len(inner) == 1 else f"{word} in {_list(inner)}"
    return f"{word} {_value(names.get(inner, inner) if word in ('group', 'segment') else inner)}"


def _write_span(word: str, told: dict[str, Any]) -> str:
    said = word
    if "times" in told:
        said += f" {told['times']} times"
    if "sku" in told:
        said += f" of {_value(told['sku'])}"
    if "days" in told:
        said += f" {'for' if word == 'silent' else 'in'} {told['days']} days"
    return said


def _write_field(rule: Rule) -> str:
    name = _value(rule["field"])
    ((way, wanted),) = ((key, value) for key, value in rule.items() if key != "field")
    if way == "known":
        return f"{name} {'known' if wanted else 'unknown'}"
    if way == "comes_within":
        return f"{name} comes within {wanted} days"
    if way == "in":
        return f"{name} in {_list(wanted)}"
    sign = {"over": ">", "under": "<", "at_least": ">=", "at_most": "<=", "is_not": "is not"}.get(way, way)
    return f"{name} {sign} {_value(wanted)}"


def _list(values: Sequence[Any]) -> str:
    return f"({', '.join(map(_value, values))})"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return repr(value)
    plain = _PLAIN.fullmatch(value) and value.casefold() not in _WORDS | {"yes", "no", "not", "in"}
    looks_typed = _NUMBER.fullmatch(value) and not value.startswith(("0", "+"))
    return value if plain and not looks_typed else json.dumps(value, ensure_ascii=False)
