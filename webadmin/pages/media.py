"""Media for those who work at the pages: small ones for lists, whole ones to look at, and files to be kept.

What is shown in a page is a picture, a sound or a film by its own octets; everything else is only given as a file.
"""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from smsgw.errors import NotFound
from smsgw.media import screens, store
from smsgw.media.contents import Contents

from .. import given_media
from ..api.media import octets_response
from ..auth import person_required
from ..context import the_gateway
from .blueprint import pages

MOST_FILES = 10  # of one form
SHOWN = ("image", "audio", "video")
WITH_FILES = (
    "pages.answer", "pages.look_at_answer", "pages.quick_send", "pages.look_at_message", "pages.write_campaign",
    "pages.change_campaign",
)  # fmt: skip


@pages.before_request
def room() -> None:
    """Forms with files may be larger than others."""
    if request.endpoint in WITH_FILES:
        request.max_content_length = MOST_FILES * given_media.largest(the_gateway()) + given_media.ROOM


@pages.get("/media/<id>")
@person_required
def medium(id: str) -> Response:
    """A medium: shown, if it is one that is looked at or listened to; else a file."""
    return _given(id, is_shown=True)


@pages.get("/media/<id>/file")
@person_required
def medium_file(id: str) -> Response:
    """A medium as a file to be kept."""
    return _given(id, is_shown=False)


@pages.get("/media/<id>/small")
@person_required
def medium_small(id: str) -> Response:
    """A picture as small as a list shows it."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        found = store.get(conn, id)
    made = None
    if found.family == "picture":
        made = screens.on_screen(gateway.database, gateway.fitting, found, screens.THUMB, gateway.clock())
    if made is None:
        raise NotFound("there is no small picture of it")
    response = octets_response(store.Medium(id, made[1], len(made[0])), made[0])
    return _kept(response, is_shown=True)


def _given(id: str, *, is_shown: bool) -> Response:
    with the_gateway().database.reading() as conn:
        found = store.get(conn, id)
        octets = store.octets_of(conn, [id]).get(id)
    if octets is None:
        raise NotFound("its octets are gone")
    return _kept(octets_response(found, octets), is_shown=is_shown and found.media_type.partition("/")[0] in SHOWN)


def _kept(response: Response, *, is_shown: bool) -> Response:
    """The same octets have the same address for ever: a browser may keep them, for this person alone."""
    if is_shown:
        place = response.headers["Content-Disposition"]
        response.headers["Content-Disposition"] = place.replace("attachment", "inline", 1)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def given_files(field: str = "files") -> list[str]:
    """The ids of the files that a form brings, stored in order. Raises BadInput: at most ten, and what each must be."""
    ids = []
    for place, file in enumerate(request.files.getlist(field)[: MOST_FILES + 1]):
        octets = file.read()
        file.close()
        if octets or file.filename:
            ids.append(given_media.take(octets, f"/{field}/{place}").sha256)
    return ids


def drafted_files() -> list[str]:
    """The ids of the files of a draft: those that came with its form before and are still wanted, and new ones.

    Raises BadInput, as `given_files`.
    """
    before = [id for id in request.form.getlist("kept")[:MOST_FILES] if id]
    return [*before, *given_files()]


def content_of(text: str, ids: list[str]) -> Contents | None:
    """What a text with these media is; None for a plain text. Raises BadInput."""
    return given_media.checked(given_media.of_media(ids, text)) if ids else None
