"""The places of the web admin, in the order of the strip on top: a page that is not here is found by nobody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from smsgw.access.accounts import Person

from .permits import may_open, need_of


@dataclass(frozen=True, slots=True)
class Place:
    """One way on the strip: an endpoint, what it is called, and the first words of the addresses that belong to it."""

    endpoint: str
    label: str
    holds: tuple[str, ...]


PLACES: tuple[Place, ...] = (
    Place("pages.inbox", _l("Inbox"), ("inbox",)),
    Place("pages.orders", _l("Orders"), ("orders",)),
    Place("pages.inquiries", _l("Inquiries"), ("inquiries", "answers", "corrections", "replay")),
    Place("pages.surveys", _l("Surveys"), ("surveys",)),
    Place("pages.messages", _l("Messages"), ("messages",)),
    Place("pages.customers_page", _l("Customers"), ("customers", "groups", "segments")),
    Place("pages.campaigns", _l("Campaigns"), ("campaigns", "templates")),
    Place("pages.consents", _l("Consent"), ("consents",)),
    Place("pages.costs", _l("Costs"), ("costs", "rates")),
    Place("pages.links", _l("Links"), ("links",)),
    Place("pages.people", _l("People"), ("people",)),
    Place("pages.audit", _l("Audit"), ("audit",)),
    Place("pages.developers", _l("Developers"), ("developers",)),
)


def places() -> list[tuple[Place, bool]]:
    """Every place that the reader may see, and whether we are there."""
    here = request.path.split("/")[1]
    return [(place, here in place.holds) for place in PLACES if may_open(place.endpoint)]


def home(person: Person) -> str:
    """The address of the first place that somebody may see."""
    seen = (place.endpoint for place in PLACES if person.may(need_of(place.endpoint)))
    return url_for(next(seen, "pages.api_docs"))
