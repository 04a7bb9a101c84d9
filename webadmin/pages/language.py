"""How a page speaks: the language and direction of its words, and numbers, days and times as people write them.

A language is offered when its catalogue lies in translations/; English is in the templates themselves. Times are those
of the gateway's own place (its TZ), since what happened at the counter is remembered by the clock on the wall.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

import phonenumbers
from babel import Locale, dates, numbers
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, get_locale, gettext
from phonenumbers import NumberParseException, PhoneNumberFormat

from ..context import the_gateway

SNIPPET = 90  # letters of a text in the list


def install(app: Flask) -> None:
    """Give `app` its languages, and templates their filters."""
    Babel(app, default_locale="en", locale_selector=chosen)
    app.context_processor(spoken_by_page)
    for one in (spoken, sentence, snippet, understood, clock, when, day_name, short):
        app.add_template_filter(one)


def chosen() -> str:
    """The best language for this request, of those that there are."""
    if not has_request_context():
        return "en"
    known = {str(locale) for locale in current_app.extensions["babel"].instance.list_translations()}
    return request.accept_languages.best_match(sorted({"en", *known}), "en") or "en"


def spoken_by_page() -> dict[str, str]:
    """What the root element says: `language` and `direction`."""
    here = locale()
    return {"language": str(here).replace("_", "-"), "direction": here.text_direction}


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


def clock(at: datetime) -> str:
    """The time of the day."""
    return str(dates.format_time(at.astimezone(), "short", locale=locale()))


def when(at: datetime) -> str:
    """The time for what happened today, else the day."""
    return clock(at) if at.astimezone().date() == today() else _day(at.astimezone().date())


def day_name(day: date) -> str:
    """Today, yesterday, or the day."""
    behind = (today() - day).days
    return {0: gettext("Today"), 1: gettext("Yesterday")}.get(behind) or _day(day)


def _day(day: date) -> str:
    skeleton = "MMMd" if day.year == today().year else "yMMMd"
    return str(dates.format_skeleton(skeleton, day, locale=locale()))


def short(value: float) -> str:
    """A number with at most three digits that count, as the language writes it: 1,2 k."""
    return str(numbers.format_compact_decimal(value, locale=locale(), fraction_digits=0 if 100 <= value < 1000 else 2))


def today() -> date:
    """The gateway's present day."""
    return the_gateway().clock().astimezone().date()
