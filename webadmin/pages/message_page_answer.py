"""The answer that somebody writes on the page of a message: words and files, into the same conversation as a text.

It is stored before the page says so, and once, however often the form comes: the form carries a name of its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import redirect, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from smsgw.link import Alphabet, Content, ContentPart, InboundContent, InboundPiece
from smsgw.media import page_visits
from smsgw.media.kinds import kind_of
from smsgw.media.page_content import name_of
from smsgw.outbound.familiar import PAGE
from smsgw.text.alphabet import encode_plain

from ..context import the_gateway
from ..message_page_drawing import LONGEST, MOST_FILES, MOST_MEGABYTES, drawn, own_number
from ..message_page_entry import Entered, came, is_ours, public
from .blueprint import pages

log = logging.getLogger(__name__)

LARGEST = (MOST_FILES * MOST_MEGABYTES + 1) << 20  # octets of a form
STORED_WITHIN = 30.0  # seconds
MOST_ANSWERS, WITHIN = 20, timedelta(hours=1)  # by one page
FAMILIES = ("image", "audio", "video")
OTHERS = ("application/pdf", "text/x-vcard", "text/x-vcalendar", "text/plain")


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the form. name: as its owner calls it, for what is told them alone."""

    name: str
    octets: bytes
    kind: str | None

    @property
    def fault(self) -> str | None:
        """The sentence that says what is wrong with it."""
        if len(self.octets) > MOST_MEGABYTES << 20:
            return "too_large"
        good = self.kind is not None and (self.kind.partition("/")[0] in FAMILIES or self.kind.lower() in OTHERS)
        return None if good else "wrong_kind"


@pages.post("/m/<token>/answer")
@public
def answer_message_page(entered: Entered) -> Response:
    """Take an answer in."""
    request.max_content_length = LARGEST
    try:
        text = request.form.get("text", "").replace("\r\n", "\n").replace("\0", "").strip()
    except RequestEntityTooLarge:
        return drawn(entered, status=413, problem=_too_large(entered, "…"))
    if entered.locked or entered.row.opened_at is None:
        return redirect(url_for("pages.message_page", token=entered.token), 303)
    once = request.form.get("once", "")[:40]
    if not is_ours(entered, "answer", once):
        return drawn(entered, status=403, problem=entered.says("stale"), text=text)
    answered = redirect(url_for("pages.message_page_answered", token=entered.token), 303)
    if request.form.get("website"):  # no person sees this field
        return answered
    files = [file for given in request.files.getlist("files") if (file := _read(given)) is not None]
    if problem := _problem(entered, text, files):
        return drawn(entered, status=422, problem=problem, text=text)
    if _is_too_fast(entered):
        return drawn(entered, status=429, problem=entered.says("too_fast"), text=text)
    reference = f"{entered.row.id}:{once}"
    try:
        _store(entered, reference, text, files)
    except Exception:  # whatever it was: what they wrote is given back, to be sent again
        log.exception("an answer by a page could not be stored")
        return drawn(entered, status=503, problem=entered.says("try_again"), text=text)
    came(entered, "replied", reference)
    return answered


def _read(given: Any) -> _File | None:
    octets = given.stream.read((MOST_MEGABYTES << 20) + 1)
    given.close()
    if not octets and not given.filename:
        return None  # a browser sends an empty one when none was chosen
    return _File((given.filename or "?")[-60:], octets, kind_of(octets))


def _problem(entered: Entered, text: str, files: list[_File]) -> str:
    """Everything that is wrong with an answer, in sentences; empty when nothing is."""
    found = []
    if not text and not files:
        found.append(entered.says("empty"))
    if len(text) > LONGEST:
        found.append(entered.says("too_long", length=len(text), most=LONGEST))
    if len(files) > MOST_FILES:
        found.append(entered.says("too_many", most=MOST_FILES))
    for file in files[: MOST_FILES + 1]:
        if file.fault == "too_large":
            found.append(_too_large(entered, file.name))
        elif file.fault is not None:
            found.append(entered.says(file.fault, name=f"\u2068{file.name}\u2069"))
    return " ".join(found)


def _too_large(entered: Entered, name: str) -> str:
    return entered.says("too_large", name=f"\u2068{name}\u2069", megabytes=MOST_MEGABYTES)


def _is_too_fast(entered: Entered) -> bool:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        many = page_visits.answers_since(conn, entered.row.id, gateway.clock() - WITHIN)
    return many >= MOST_ANSWERS


def _store(entered: Entered, reference: str, text: str, files: list[_File]) -> None:
    """Into the conversation: words as a text would come, files as an MMS would. Returns when it is on disk."""
    gateway, row, text = the_gateway(), entered.row, text.encode("utf-16", "replace").decode("utf-16")
    ours = own_number(entered)
    if not files:
        septets = encode_plain(text)
        piece = InboundPiece(
            reference=reference,
            sender=row.recipient,
            to=ours,
            alphabet=Alphabet.UCS2 if septets is None else Alphabet.GSM7,
            user_data=text.encode("utf-16-be") if septets is None else septets,
        )
        gateway.arrived(PAGE, piece).result(STORED_WITHIN)
        return
    parts = [ContentPart("text/plain", text.encode(), "text-1.txt", "utf-8")] if text else []
    for number, file in enumerate(files, 1):
        kind = file.kind or "application/octet-stream"
        parts.append(ContentPart(kind.lower(), file.octets, name_of(kind, number)))
    content = InboundContent(reference, row.recipient, ours, Content(tuple(parts)))
    gateway.brought(PAGE, content).result(STORED_WITHIN)
