"""Say of what type a number is before any grammar: price, date, time, telephone, percentage, number of an order.

What remains is a quantity or a size.
"""

from __future__ import annotations

import re

from smsgw.inbound.reading.tokens import LINE, MARK, NUMBER, Token

_DOMAINS = (
    "com|net|org|info|biz|top|xyz|online|site|shop|club|live|click|link|app|icu|vip|win|eu|ru|si|hr|de|at|it|ir|ch|uk|"
    "co|io|me|ly|su|cc|tk|pro|store|cn|us"
)
_SHAPES = [
    ("link", re.compile(rf"https?://\S+|www\.\S+|\S+@\S+\.\w+|\b[\w-]{{2,}}(?:\.[\w-]+)*\.(?:{_DOMAINS})\b(?:/\S*)?")),
    ("dialled", re.compile(r"\*\d+(?:\*\d+)*#")),
    (
        "date",
        re.compile(
            r"\b\d{4}-\d\d-\d\d\b|\b[0-3]?\d\. ?[01]?\d\.(?: ?(?:20)?\d\d\b)?|\b\d{1,2}/\d{1,2}/\d{2,4}\b"
            r"|\b[0-3]?\d(?:st|nd|rd|th)\b"
        ),
    ),
    (
        "phone",
        re.compile(
            r"\+\d[\d\s()/-]{6,}\d|\b0\d[\d /()-]{5,}\d\b|\b\d{3}-\d{4}\b|\b\d{1,4}(?:-\d{2,4}){2,}\b"
            r"|\b\d{3} \d{3} \d{3,4}\b|\b\d{3,4} \d{6,7}\b|\b\d(?: \d{2,3}){3,}\b|\b\d{8,}\b"
        ),
    ),
    ("time", re.compile(r"\b[0-2]?\d:[0-5]\d\b")),
    ("rating", re.compile(r"\b\d{1,2} ?/ ?(?:5|10|100)\b")),
]
_DAY = re.compile(r"([0-3]?\d)[./]([01]?\d)$")
_CENTS = re.compile(r"\d+[.,]\d\d$")
_CURRENCY = frozenset("€$£₽₸₴")
_HINT = re.compile(r"[\d.@]")
_AFTER_TIME = frozenset({"day", "hour", "filler", "courtesy", "thanks", "story", "order", "request"})
_ORDER_DIGITS = 5
_CODE_DIGITS = 3

Sorts = list[set[str]]


def typed(folded: str, tokens: list[Token], sorts: Sorts, order: str | None, codes: dict[str, str]) -> dict[int, str]:
    """The type of each token that belongs to a number which is no quantity, by the token's place.

    sorts: of what sorts the lexicon says each token is. order: the number of the order in question. codes: the short
    numbers of products; a number that is one gets the type "code".
    """
    types: dict[int, str] = {}
    if not _HINT.search(folded):
        return types
    for name, shape in _SHAPES:
        for found in shape.finditer(folded):
            inside = [place for place, token in enumerate(tokens) if found.start() <= token.at < found.end()]
            if name == "rating" and inside and _is_amount(inside, sorts):
                continue
            for place in inside:
                types.setdefault(place, name)
    for place, token in enumerate(tokens):
        if token.kind == NUMBER and place not in types:
            kind = _by_company(place, tokens, sorts, order, codes)
            if kind:
                types[place] = kind
    return _listed(tokens, types)


def _is_amount(inside: list[int], sorts: Sorts) -> bool:
    """Whether "1/5" is followed by a unit, or follows the word for a delivery."""
    after = sorts[inside[-1] + 1] if inside[-1] + 1 < len(sorts) else set()
    return "unit" in after or bool(_before(inside[0], sorts) & {"deliver", "day"})


def _by_company(place: int, tokens: list[Token], sorts: Sorts, order: str | None, codes: dict[str, str]) -> str | None:
    """The type that the words beside a number give it."""
    token = tokens[place]
    before, after = _before(place, sorts), sorts[place + 1] if place + 1 < len(tokens) else set()
    left = tokens[place - 1].text if place else ""
    right = tokens[place + 1].text if place + 1 < len(tokens) else ""
    if right == "%" or left == "%" or "percent" in after:
        return "percent"
    if right in _CURRENCY or left in _CURRENCY or "currency" in after:
        return "price"
    digits = token.text
    if digits == order or (digits.isdigit() and len(digits) >= _ORDER_DIGITS):
        return "order"
    reference = left == "#" or (left in ".:" and left and place > 1)
    named = _before(place - 1, sorts) if reference else before
    if "code" in named and digits in codes:
        return "code"
    if digits.isdigit() and len(digits) >= _CODE_DIGITS:
        counted = place + 2 < len(tokens) and tokens[place + 2].kind == NUMBER and "times" in after
        if digits in codes and (counted or not after & {"unit", "times", "hour"}):
            return "code"
        if "order_noun" in named:
            return "order"
    if "door" in before and digits.isdigit() and "unit" not in after:
        return "door"
    measured = "unit" in after or "multiple" in after or "times" in after or "times" in before
    if "hour" in after and not measured:
        return "time"
    dotted = place + 2 < len(tokens) and right == "." and "month" in sorts[place + 2]
    if "month" in after or "month" in before or dotted:
        return "date"
    if measured:
        return None
    if _CENTS.match(digits):
        return _clock(digits, before) or _day(digits, before) or "price"
    return _moment(place, digits, before, tokens, sorts)


def _clock(digits: str, before: set[str]) -> str | None:
    hours, minutes = int(digits[:-3]), int(digits[-2:])
    return "time" if before & {"at", "approx"} and "apiece" not in before and hours <= 24 and minutes < 60 else None


def _day(digits: str, before: set[str]) -> str | None:
    day = _DAY.match(digits)
    if day and before & {"deliver", "day", "at", "modal", "order"} - {"apiece"} and "apiece" not in before:
        return "date" if int(day[1]) <= 31 and 1 <= int(day[2]) <= 12 else None
    return None


def _moment(place: int, digits: str, before: set[str], tokens: list[Token], sorts: Sorts) -> str | None:
    """A date or a time that only the word before it gives away: "on 5/12", "do 14"."""
    day = _DAY.match(digits)
    if day and before & {"deliver", "day", "at"} and int(day[1]) <= 31 and 1 <= int(day[2]) <= 12:
        return "date"
    dotted = place + 2 < len(tokens) and tokens[place + 1].text == "."
    coming = before | (_before(place - 1, sorts) if "filler" in before else set())
    if dotted and coming & {"deliver", "day", "at"} and digits.isdigit() and int(digits) <= 31:
        return "date"
    last = place + 1 == len(tokens) or tokens[place + 1].kind in (MARK, LINE) or bool(sorts[place + 1] & _AFTER_TIME)
    if before & {"at", "approx"} and "each" not in before and digits.isdigit() and int(digits) <= 24 and last:
        earlier = _before(place - 1, sorts) | _before(place - 2, sorts)
        if earlier & {"day", "deliver", "coming", "story", "at"} or not before & {"apiece", "filler"}:
            return "time"
    return None


def _before(place: int, sorts: Sorts) -> set[str]:
    return sorts[place - 1] if place >= 1 else set()


def _listed(tokens: list[Token], types: dict[int, str]) -> dict[int, str]:
    """The numbers that only count the lines: "1)" and, from two lines on, "1."."""
    starts = [
        place
        for place, token in enumerate(tokens[:-2])
        if token.kind == NUMBER
        and token.text.isdigit()
        and (place == 0 or tokens[place - 1].kind == LINE)
        and tokens[place + 1].text in (")", ".")
        and place not in types
    ]
    for place in starts:
        if tokens[place + 1].text == ")" or len(starts) > 1:
            types[place] = types[place + 1] = "list"
    return types
