"""How a page speaks: the language and direction of its words, and numbers, days and times as people write them.

A language is offered when its catalogue lies in translations/; English is in the templates themselves. Who chose one
keeps it in a cookie; else the browser says which. Times are those of the gateway's own place (its TZ), since what
happened at the counter is remembered by the clock on the wall. In Persian, days are those of the Jalali calendar and
digits are Persian, for Babel writes them in Latin ones.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

import jdatetime
import phonenumbers
from babel import Locale, dates, numbers
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, get_locale, gettext
from phonenumbers import NumberParseException, PhoneNumberFormat

from ..context import the_gateway

SNIPPET = 90  # letters of a text in the list
CHOICE = "smsgw_language"  # the cookie of somebody's choice
CHOICE_LASTS = 400 * 86400  # seconds
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_JALALI_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip


def install(app: Flask) -> None:
    """Give `app` its languages, and templates their filters."""
    Babel(app, default_locale="en", locale_selector=chosen)
    app.context_processor(spoken_by_page)
    for one in (spoken, sentence, snippet, understood, clock, when, day_name, short, digits):
        app.add_template_filter(one)


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


def sentence(says: str) -> str:
    """What an error says, as a sentence of its own: a capital in front, a full stop behind."""
    return says[:1].upper() + says[1:] + ("" if says.endswith((".", "!", "?")) or not says else ".")


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
    """Digits as the language writes them: ۱۲ for 12 in Persian."""
    return str(written).translate(_PERSIAN) if locale().language == "fa" else str(written)


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


def _day(day: date) -> str:
    if locale().language == "fa":
        jalali, now = jdatetime.date.fromgregorian(date=day), jdatetime.date.fromgregorian(date=today())
        year = f" {jalali.year}" if jalali.year != now.year else ""
        return digits(f"{jalali.day} {_JALALI_MONTHS[jalali.month - 1]}{year}")
    skeleton = "MMMd" if day.year == today().year else "yMMMd"
    return str(dates.format_skeleton(skeleton, day, locale=locale()))


def short(value: float) -> str:
    """A number with at most three digits that count, as the language writes it: 1,2 k."""
    places = 0 if 100 <= value < 1000 else 2
    return digits(numbers.format_compact_decimal(value, locale=locale(), fraction_digits=places))


def today() -> date:
    """The gateway's present day."""
    return the_gateway().clock().astimezone().date()
