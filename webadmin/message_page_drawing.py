"""What the page of a message is drawn with: its words in the customer's language, its content, other ways to answer."""

from __future__ import annotations

import secrets

from babel import Locale, dates, numbers
from flask import make_response, render_template
from werkzeug.wrappers import Response

from smsgw.media import mail_threads
from smsgw.media import pages as message_pages
from smsgw.media.page_content import NAMES, Item, content_of
from smsgw.text import persian

from .context import the_gateway
from .message_page_entry import Entered, proof

LONGEST = 1000  # letters of an answer
MOST_FILES, MOST_MEGABYTES = 3, 5


def drawn(
    entered: Entered, status: int = 200, note: str = "", problem: str = "", text: str = "", left: int | None = None
) -> Response:
    """The envelope or the message. note: "sent". problem: what was wrong, in words. text: what was typed before."""
    gateway, row = the_gateway(), entered.row
    with gateway.database.reading() as conn:
        content = content_of(conn, row.message_id)
    terms = gateway.config.pages
    opened = row.opened_at is not None and not entered.locked
    tries = message_pages.TRIES - row.pin_tries if left is None else left
    once = secrets.token_urlsafe(9)
    page = render_template(
        "message_page.html",
        entered=entered,
        says=entered.says,
        spoken=entered.language,
        way=Locale.parse(entered.language).text_direction,
        title=content.subject if opened and content.subject else entered.says("title"),
        sender=content.from_name or terms.company,
        until=_day(entered),
        content=content if opened else None,
        locked=entered.locked,
        shut=entered.locked and tries <= 0,
        show=proof(f"show {row.id}"),
        once=once,
        proof=proof(f"answer {row.id} {once}"),
        ways=ways(entered),
        answers=terms.answers,
        note=note,
        problem=problem,
        text=text,
        size=lambda item: _size(item, entered),
        number=lambda value: written(value, entered),
        most=written(MOST_FILES, entered),
        megabytes=written(MOST_MEGABYTES, entered),
        longest=LONGEST,
    )
    return make_response(page, status)


def ways(entered: Entered) -> dict[str, str]:
    """How else somebody may answer: sms, mail, call; those that there are."""
    gateway, row = the_gateway(), entered.row
    ours = own_number(entered)
    call = gateway.config.pages.call or ours
    found = {"sms": f"sms:{ours}" if ours else "", "call": f"tel:{call}" if call else ""}
    if gateway.config.mail.domain is not None:
        with gateway.database.reading() as conn:
            mail = mail_threads.for_customer_if_any(conn, row.recipient, gateway.config.mail.domain, gateway.clock())
        found["mail"] = f"mailto:{mail}" if mail else ""
    return {name: link for name, link in found.items() if link}


def own_number(entered: Entered) -> str | None:
    """The number of ours that an answer by SMS is to go to."""
    gateway, row = the_gateway(), entered.row
    health = gateway.network.health(row.link)[0].facts.get("number") if row.link in gateway.network.links else None
    numbers_of_ours = (row.sender, health, gateway.config.sending.sender)
    return next((one for one in numbers_of_ours if one and one.removeprefix("+").isdigit()), None)


def _day(entered: Entered) -> str:
    day = entered.row.expires_at.astimezone().date()
    if entered.language == "fa":
        return persian.day_name(day, year=True)
    return str(dates.format_date(day, "medium", locale=entered.language))


def written(value: int, entered: Entered) -> str:
    """A number as the customer's language writes it."""
    number = str(numbers.format_decimal(value, locale=entered.language))
    return persian.digits(number) if entered.language == "fa" else number


def _size(item: Item, entered: Entered) -> str:
    """How large the original is, in kilobytes."""
    return f"{written(max(1, round(item.original.size / 1000)), entered)} kB"


def kind_name(item: Item) -> str:
    """What kind of file it is, as people call it: JPG."""
    return NAMES.get(item.original.media_type.lower(), "bin").upper()
