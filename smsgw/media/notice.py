"""The text that tells of a message on a page: who sent what, the link, until when, and how to answer.

It should fit one part. What does not is shortened from the end: the way to call, the date, then the names; never the
link.
"""

from __future__ import annotations

from datetime import datetime

from ..link import Abilities
from ..text import parts, persian
from ..text.wording import wording

_PLAIN = Abilities()


def notice(language: str, kind: str, name: str, company: str, call: str, url: str, until: datetime) -> str:
    """The text. kind: picture, video or message. name: who sends it, company: of which; each may be ""."""
    who = ", ".join(one for one in (name, company) if one)
    sent = wording(f"notice_{kind}", language).format(who=who) if who else wording(f"notice_{kind}_here", language)
    head = f"{sent} {url}"
    day = persian.day_name(until.date()) if language == "fa" else f"{until.day}.{until.month}."
    date = " " + wording("notice_until", language).format(date=day)
    answer = " " + wording("notice_call", language).format(call=call) if call else ""
    reply = " " + wording("notice_reply", language)
    for text in (head + date + reply + answer, head + date + answer, head + date + reply, head + date, head):
        if parts.count(parts.split(text, _PLAIN, 0)) == 1:
            return text
    return head + date + reply
