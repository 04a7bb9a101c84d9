"""Tell the numbers that are days and hours from those that are quantities."""

from __future__ import annotations

from fractions import Fraction

from smsgw.inbound.reading.languages import Languages
from smsgw.inbound.reading.pieces import Piece

_HOURS = 24
_HALF = Fraction(1, 2)
_DAYS = 31
_BEFORE_DAY = frozenset({"day", "at", "deliver", "whom"})
_TRAILING = frozenset({"deliver", "day", "at", "story", "thanks", "courtesy"})
_BEFORE_TIME = frozenset({"coming", "story", "day", "hour"})


def tell_days(pieces: list[Piece], languages: Languages) -> None:
    """A day before the name of a month is a date: "на восьмое марта", "per l'otto marzo", "twenty-first of June"."""
    months = [place for place, piece in enumerate(pieces) if "month" in piece.sorts and piece.kind == "word"]
    for month in months:
        place = month - 1
        if place > 0 and pieces[place].kind == "word" and pieces[place].sorts == {"filler"}:
            place -= 1
        if place < 1:
            continue
        day, before = pieces[place], pieces[place - 1]
        starts = tuple(start for one in languages.written_like(day.text) for start in one.dates)
        named = day.kind == "word" and day.text.startswith(starts)
        counted = day.kind == "amount" and day.unit is None and not day.times and not day.soft
        led = before.kind == "mark" or bool(before.sorts & _BEFORE_DAY)
        if not named and not (counted and led and day.value is not None and day.value <= _DAYS):
            continue
        first = place
        while named and first > 1 and (pieces[first - 1].text in ("-", "و") or _is_ten(pieces[first - 1])):
            first -= 1
        for piece in pieces[first : place + 1]:
            piece.kind, piece.type, piece.value, piece.sorts = "typed", "date", None, set()


def _is_ten(piece: Piece) -> bool:
    """Whether it may be the tens of a date: "двадцать пятое"."""
    return piece.kind == "amount" and piece.unit is None and piece.value in (20, 30)


def tell_times(pieces: list[Piece]) -> None:
    """A number in words at the end of a clause about coming or delivering is a time: "подойду к девяти", and so is half
    an hour before or after one: "um halb acht"."""
    for at, half, hour in zip(pieces, pieces[1:], pieces[2:], strict=False):
        named = half.kind == hour.kind == "amount" and half.value == _HALF and not half.unit and not hour.unit
        if "at" in at.sorts and named and hour.value is not None and 1 <= hour.value <= _HOURS / 2:
            for piece in (half, hour):
                piece.kind, piece.type, piece.value = "typed", "time", None
    for place, piece in enumerate(pieces):
        if piece.kind != "amount" or piece.unit or piece.value is None or piece.value > _HOURS or place < 2:
            continue
        ended = _ends(pieces, place + 1) or (pieces[place + 1].sorts & _TRAILING and _ends(pieces, place + 2))
        around = set().union(*(one.sorts for one in pieces[max(0, place - 4) : place - 1]))
        before = pieces[place - 1].sorts
        counted = any(one.kind == "amount" and not one.soft for one in pieces[: place - 1])
        until = counted and "at" in before and not before & {"apiece", "approx"}
        if ended and (until or (before & {"at", "approx"} and around & _BEFORE_TIME)):
            piece.kind, piece.type, piece.value = "typed", "time", None


def _ends(pieces: list[Piece], place: int) -> bool:
    """Whether a clause has ended before this place."""
    return place >= len(pieces) or pieces[place].kind in ("separator", "mark", "sign")
