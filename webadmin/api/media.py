"""Give us media, look at them, have their octets, and take them away again."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from smsgw.errors import BadInput, Fault, NotFound
from smsgw.media import store
from smsgw.media.page_content import name_of
from smsgw.media.removal import Unwanted, remove
from smsgw.media.store import Medium

from .. import given_media
from ..context import the_gateway
from .media_shapes import MediumShape
from .reading import UnsupportedMediaType
from .routes import PREFIX, answer, route

FORM, OCTETS = "multipart/form-data", "application/octet-stream"
BINARY = {"type": "string", "contentMediaType": OCTETS}
OWN = ("image/", "audio/", "video/")  # a body of such a type is the medium itself


@route(
    "POST",
    "/media",
    scope="messages:send",
    bodies={
        FORM: {"type": "object", "properties": {"file": BINARY}, "required": ["file"]},
        OCTETS: BINARY,
    },
    answers={201: MediumShape},
    largest=lambda: given_media.largest(the_gateway()) + given_media.ROOM,
)
def give_medium() -> Response:
    """Give a picture, sound, video or file, to be named in messages by its id.

    What it is, is found in its octets: a name or type that comes with it means nothing. The same octets are the same
    medium; one that is put into nothing is forgotten after a week.
    """
    medium = given_media.take(_octets(), "/file")
    return answer(medium_json(medium), 201, {"Location": f"{PREFIX}/media/{medium.sha256}"})


def _octets() -> bytes:
    """What the request brings. Raises BadInput, UnsupportedMediaType, RequestEntityTooLarge."""
    if request.mimetype == OCTETS or request.mimetype.startswith(OWN):
        return request.get_data(cache=False)
    if request.mimetype != FORM:
        says = f"is {request.mimetype!r}" if request.mimetype else "is missing"
        raise UnsupportedMediaType(f"the Content-Type {says}; it must be {FORM} or {OCTETS}")
    files = [file for _, file in request.files.items(multi=True)]
    if len(files) != 1:
        says = f"there are {len(files)} files in the form: give one, in the field file"
        raise BadInput([Fault("/file", "too_many" if files else "field_missing", says)])
    octets: bytes = files[0].read()
    return octets


def medium_json(medium: Medium) -> dict[str, Any]:
    """A medium as the API shows it: MediumShape."""
    return {
        "id": medium.sha256,
        "type": medium.media_type,
        "size": medium.size,
        "width": medium.width,
        "height": medium.height,
        "seconds": medium.seconds,
        "url": url_of(medium.sha256),
    }


def url_of(id: str) -> str:
    """Where the octets of a medium are."""
    return f"{PREFIX}/media/{id}/content"


@route("GET", "/media/<id>", scope="messages:read", answers={200: MediumShape}, errors=("not_found",))
def medium(id: str) -> Response:
    """Show what a medium is."""
    with the_gateway().database.reading() as conn:
        return answer(medium_json(store.get(conn, id)))


@route(
    "GET",
    "/media/<id>/content",
    scope="messages:read",
    answers={200: None},
    errors=("not_found",),
    files=(OCTETS, "*/*"),  # by what it is
)
def medium_content(id: str) -> Response:
    """Give the octets of a medium."""
    with the_gateway().database.reading() as conn:
        found = store.get(conn, id)
        octets = store.octets_of(conn, [id]).get(id)
    if octets is None:
        raise NotFound(f"there is no medium {id[:64]}, or no longer")
    return octets_response(found, octets)


def octets_response(medium: Medium, octets: bytes, name: str = "") -> Response:
    """Octets as a file, never as a page: nothing in them may act in the name of this site."""
    response = Response(octets, mimetype=medium.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name or name_of(medium.media_type, 1)}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.make_conditional(request, accept_ranges=True, complete_length=len(octets))
    return response


@route(
    "DELETE",
    "/media/<id>",
    scope="messages:send",
    answers={204: None},
    errors=("not_found", "conflict"),
    audited="media.removed",
)
def remove_medium(id: str) -> Response:
    """Take the octets of a medium away; messages that have ended tell that it was there.

    A medium that a message may still carry, or that a campaign names, stays.
    """
    gateway = the_gateway()
    gateway.database.writer.do(remove, Unwanted(id, gateway.clock()))
    return Response(status=204)
