"""Use the phones of simulated links, and make their network fail on purpose."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from flask import Response

from smsgw.errors import BadInput, NotFound
from smsgw.link_verbs import Simulated

from ..context import the_gateway
from .messages import number_of
from .routes import answer, route
from .surroundings import Faults, Handset, HandsetPage, HandsetTextPage, NewHandset, NewHandsetText, Typed, WhichLink

SCOPE = "simulator:*"
_TURNING: dict[str, Any] = {
    "scope": SCOPE, "query": WhichLink, "takes": Faults, "answers": {200: Faults}, "errors": ("not_found",),
}  # fmt: skip


@route("GET", "/simulator/handsets", scope=SCOPE, answers={200: HandsetPage}, errors=("not_found",))
def handsets() -> Response:
    """List the phones of the simulated links."""
    data = [{"msisdn": number, "link": name} for name, link in _simulated().items() for number in link.handsets()]
    return answer({"data": data, "next_cursor": None})


@route(
    "POST", "/simulator/handsets", scope=SCOPE, query=WhichLink, takes=NewHandset,
    answers={200: Handset, 201: Handset}, errors=("not_found", "conflict"),
)  # fmt: skip
def add_handset(query: WhichLink, body: NewHandset) -> Response:
    """Give a simulated network another phone; it is there until its tape is thrown away."""
    link, number = _link(query.link), number_of(body.msisdn, "/msisdn")
    for name, other in _simulated().items():  # a phone is in one network
        if number in other.handsets():
            return answer({"msisdn": number, "link": name})
    link.add_handset(number)
    name = next(name for name, one in _simulated().items() if one is link)
    return answer({"msisdn": number, "link": name}, 201)


@route(
    "GET",
    "/simulator/handsets/<msisdn>/messages",
    scope=SCOPE,
    answers={200: HandsetTextPage},
    errors=("not_found",),
)
def handset_texts(msisdn: str) -> Response:
    """Show what a simulated phone shows, oldest first."""
    link, number = _phone(msisdn)
    return answer({"data": [asdict(text) for text in link.texts(number)], "next_cursor": None})


@route(
    "POST",
    "/simulator/handsets/<msisdn>/messages",
    scope=SCOPE,
    takes=NewHandsetText,
    answers={201: Typed},
    errors=("not_found", "conflict"),
)
def type_on_handset(msisdn: str, body: NewHandsetText) -> Response:
    """Type a text on a simulated phone and send it to the gateway."""
    link, number = _phone(msisdn)
    return answer({"id": link.type_text(number, body.text, body.to)}, 201)


@route("GET", "/simulator/faults", scope=SCOPE, query=WhichLink, answers={200: Faults}, errors=("not_found",))
def faults(query: WhichLink) -> Response:
    """Show the knobs of a simulated network."""
    return answer(_link(query.link).faults())


@route("PATCH", "/simulator/faults", **_TURNING)
@route("POST", "/simulator/faults", **_TURNING, name="set_faults_by_post")
def set_faults(query: WhichLink, body: Faults) -> Response:
    """Turn knobs of a simulated network; those that are not named stay as they are."""
    link = _link(query.link)
    link.set_faults(dict(body.root))
    return answer(link.faults())


def _simulated() -> dict[str, Simulated]:
    every = the_gateway().links.items()
    found: dict[str, Simulated] = {name: link for name, link in every if isinstance(link, Simulated)}
    if not found:
        raise NotFound("no link of this gateway is simulated", hint='add one to the configuration: kind = "fake"')
    return found


def _link(name: str | None) -> Simulated:
    links = _simulated()
    if name is None:
        return next(iter(links.values()))
    if name not in links:
        raise NotFound(f"there is no simulated link {name!r}", hint=f"there are: {', '.join(links)}")
    return links[name]


def _phone(written: str) -> tuple[Simulated, str]:
    """The link that has this phone, and its number in its one spelling, +386… also without the plus."""
    links = _simulated()
    spellings = {written, f"+{written}"}
    with suppress(BadInput):
        spellings.add(number_of(written, ""))
    for link in links.values():
        for number in link.handsets():
            if number in spellings:
                return link, number
    known = ", ".join(number for link in links.values() for number in link.handsets())
    raise NotFound(f"there is no simulated phone {written[:40]!r}", hint=f"there are: {known or 'none'}")
