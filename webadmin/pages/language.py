"""How a page speaks: the language and direction of its words, and numbers, days and times as people write them.

A language is offered when its catalogue lies in translations/; English is in the templates themselves. Who chose one
keeps it in a cookie; else the browser says which. Times are those of the gateway's own place (its TZ), since what
happened at the counter is remembered by the clock on the wall. In Persian, days are those of the Jalali calendar and
digits are Persian, for Babel writes them in Latin ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import jdatetime
import phonenumbers
from babel import Locale, dates, numbers
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, get_locale, gettext
from jinja2 import pass_context
from jinja2.runtime import Context
from phonenumbers import NumberParseException, PhoneNumberFormat

from smsgw.text import persian

from ..context import the_gateway

SNIPPET = 90  # letters of a text in the list
CHOICE = "smsgw_language"  # the cookie of somebody's choice
CHOICE_LASTS = 400 * 86400  # seconds
_NUMBER = re.compile(r"-?[0-9][0-9.,]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_POINT = re.compile(r"(?<=[0-9])\.(?=[0-9])")


def install(app: Flask) -> None:
    """Give `app` its languages, and templates their filters."""
    Babel(app, default_locale="en", locale_selector=chosen)
    for name in ("gettext", "ngettext"):
        app.jinja_env.globals[name] = _with_digits(app.jinja_env.globals[name])
    app.context_processor(spoken_by_page)
    for one in (spoken, snippet, understood, short, digits, dated):
        app.add_template_filter(one)
    for told in (clock, when, day_and_time, shop_clock, shop_day_and_time):
        app.add_template_filter(told)
    for day in (day_name, whole_day):
        app.add_template_filter(day)


def offered() -> list[str]:
    """The languages that the pages can speak, English first."""
    known = {str(locale) for locale in current_app.extensions["babel"].instance.list_translations()}
    return ["en", *sorted(known - {"en"})]


def chosen() -> str:
    """The language for this request: what somebody chose, else the best for the browser, of those that there are."""
    if not has_request_context():
        return "en"
    known = offered()
    if (choice := request.cookies.get(CHOICE)) in known:
        return str(choice)
    return request.accept_languages.best_match(known, "en") or "en"


def spoken_by_page() -> dict[str, Any]:
    """What the root element says, `language` and `direction`; `languages`: (code, name in itself) of those on offer."""
    here = locale()
    names = [(code, str(Locale(code).get_display_name(code)).capitalize()) for code in offered()]
    return {"language": str(here).replace("_", "-"), "direction": here.text_direction, "languages": names}


def locale() -> Locale:
    """The language of this request."""
    return get_locale() or Locale("en")


@lru_cache(maxsize=4096)
def spoken(number: str) -> str:
    """A number as people read it, `+386 40 111 222`; short codes and names stay as they are."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return number


def understood(kind: str) -> str:
    """What a text was understood as, in words."""
    words = {
        "order": gettext("an order"), "inquiry": gettext("a question"), "confirm_yes": gettext("a yes"),
        "confirm_no": gettext("a no"), "survey": gettext("an answer to a survey"), "optout": gettext("STOP"),
        "optin": gettext("START"), "help": gettext("a call for help"), "other": gettext("not understood"),
    }  # fmt: skip
    return str(gettext("understood as: %(what)s", what=words.get(kind, kind)))


def snippet(text: str) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text[: 2 * SNIPPET].split())
    return line if len(line) <= SNIPPET and len(text) <= 2 * SNIPPET else line[: SNIPPET - 1] + "…"


def digits(written: object) -> str:
    """Digits and the decimal point as the language writes them: ۱۲ for 12, ۵٫۸۰ for 5.80 in Persian."""
    return persian.digits(_POINT.sub("٫", str(written))) if locale().language == "fa" else str(written)


class Counted(int):
    """A whole number that a sentence writes in the digits of its language, where it says `%(num)s`."""

    def __str__(self) -> str:
        return digits(int(self))


def _with_digits(says: Any) -> Callable[..., Any]:
    """A template's `_` or `ngettext` whose numbers come in the digits of the language."""

    @pass_context
    def told(context: Context, *words: Any, **values: Any) -> Any:
        if locale().language == "fa":
            words = tuple(_in_digits(word) if isinstance(word, int) else word for word in words)
            values = {name: _in_digits(value) for name, value in values.items()}
        return says(context, *words, **values)

    return told


def _in_digits(value: object) -> object:
    """A whole number stays one, for `%(num)d` and to choose the plural; names and other words stay as they are."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Counted(value)
    return digits(value) if isinstance(value, float) or _NUMBER.fullmatch(str(value)) else value


def dated(written: object) -> str:
    """What begins with a day such as 2026-11-26: in Persian with the Jalali one, ۱۴۰۵/۰۹/۰۵, all in its digits."""
    said = str(written)
    if locale().language != "fa" or not _DAY.match(said):
        return said
    return digits(f"{jdatetime.date.fromgregorian(date=date.fromisoformat(said[:10])):%Y/%m/%d}{said[10:]}")


def clock(at: datetime) -> str:
    """The time of the day."""
    return digits(dates.format_time(at.astimezone(), "short", locale=locale()))


def when(at: datetime) -> str:
    """The time for what happened today, else the day."""
    return clock(at) if at.astimezone().date() == today() else _day(at.astimezone().date())


def day_name(day: date) -> str:
    """Today, yesterday, or the day."""
    behind = (today() - day).days
    return {0: gettext("Today"), 1: gettext("Yesterday")}.get(behind) or _day(day)


def whole_day(day: date) -> str:
    """A day with the day of the week: Thursday, 26 November."""
    if locale().language == "fa":
        return f"{dates.format_date(day, 'EEEE', locale=locale())} {persian.day_name(day, year=True)}"
    return str(dates.format_skeleton("yMMMMEEEEd", day, locale=locale()))


def day_and_time(at: datetime) -> str:
    """A moment that may lie ahead: the time, and the day unless it is today."""
    return clock(at) if at.astimezone().date() == today() else f"{_day(at.astimezone().date())} {clock(at)}"


def shop_clock(at: datetime) -> str:
    """The time of the day by the clock of the business."""
    there = at.astimezone(the_gateway().config.business.business.zone)
    return digits(dates.format_time(there.replace(tzinfo=None), "short", locale=locale()))


def shop_day_and_time(at: datetime) -> str:
    """A moment that lies ahead, by the clock of the business."""
    zone = the_gateway().config.business.business.zone
    day = at.astimezone(zone).date()
    return shop_clock(at) if day == the_gateway().clock().astimezone(zone).date() else f"{_day(day)} {shop_clock(at)}"


def _day(day: date) -> str:
    if locale().language == "fa":
        same = jdatetime.date.fromgregorian(date=day).year == jdatetime.date.fromgregorian(date=today()).year
        return persian.day_name(day, year=not same)
    skeleton = "MMMd" if day.year == today().year else "yMMMd"
    return str(dates.format_skeleton(skeleton, day, locale=locale()))


def short(value: float) -> str:
    """A number with at most three digits that count, as the language writes it: 1,2 k."""
    places = 0 if 100 <= value < 1000 else 2
    return digits(numbers.format_compact_decimal(value, locale=locale(), fraction_digits=places))


def today() -> date:
    """The gateway's present day."""
    return the_gateway().clock().astimezone().date()
