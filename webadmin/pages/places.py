"""The places of the web admin, in the order of the strip on top: a page that is not here is found by nobody.

The strip stays short: places of one kind are behind one way on it, and stand beside each other once one is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from smsgw.access.accounts import Person

from .permits import may_open, need_of


@dataclass(frozen=True, slots=True)
class Place:
    """One way on the strip: an endpoint, what it is called, and the first words of the addresses that belong to it.

    beside: further places of its kind, which stand beside it on its pages.
    """

    endpoint: str
    label: str
    holds: tuple[str, ...]
    beside: tuple[Place, ...] = field(default=())

    @property
    def kind(self) -> tuple[Place, ...]:
        """It and those beside it, as far as the reader may see them."""
        return tuple(one for one in (self, *self.beside) if may_open(one.endpoint))


PLACES: tuple[Place, ...] = (
    Place("pages.today", _l("Today"), ("today",)),
    Place("pages.inbox", _l("Inbox"), ("inbox",), (
        Place("pages.calls", _l("Calls"), ("calls",)),
        Place("pages.messages", _l("Messages"), ("messages",)),
    )),
    Place("pages.orders", _l("Orders"), ("orders",), (
        Place("pages.products", _l("Catalogue"), ("products",)),
    )),
    Place("pages.inquiries", _l("Inquiries"), ("inquiries",), (
        Place("pages.automatic_answers", _l("Automatic answers"), ("answers",)),
        Place("pages.surveys", _l("Surveys"), ("surveys",)),
        Place("pages.corrections", _l("Corrections"), ("corrections",)),
        Place("pages.replay_texts", _l("Replay"), ("replay",)),
    )),
    Place("pages.customers_page", _l("Customers"), ("customers", "groups"), (
        Place("pages.segments_page", _l("Segments"), ("segments",)),
        Place("pages.consents", _l("Consent"), ("consents",)),
        Place("pages.data_protection", _l("Data protection"), ("data-protection",)),
    )),
    Place("pages.campaigns", _l("Campaigns"), ("campaigns",), (
        Place("pages.calendar", _l("Calendar"), ("calendar",)),
        Place("pages.templates_page", _l("Templates"), ("templates",)),
        Place("pages.short_links_page", _l("Short links"), ("short-links",)),
    )),
    Place("pages.costs", _l("Costs"), ("costs",), (
        Place("pages.rates_page", _l("Rates"), ("rates",)),
    )),
    Place("pages.links", _l("Links"), ("links",), (
        Place("pages.developers", _l("Developers"), ("developers",)),
        Place("pages.people", _l("People"), ("people",)),
        Place("pages.audit", _l("Audit"), ("audit",)),
        Place("pages.settings", _l("Settings"), ("settings",)),
        Place("pages.first_steps", _l("First steps"), ("begin",)),
    )),
)  # fmt: skip


def places() -> list[tuple[Place, bool]]:
    """Every place of the strip that the reader may see, and whether we are there or beside it.

    Of a kind whose first place the reader may not see, the next one stands for it.
    """
    here = _here()
    return [(kind[0], any(here in one.holds for one in kind)) for place in PLACES if (kind := place.kind)]


def beside() -> list[tuple[Place, bool]]:
    """The places of the kind of where we are, and whether we are there; nothing where there is only one."""
    here = _here()
    for place in PLACES:
        kind = place.kind
        if any(here in one.holds for one in kind):
            return [(one, here in one.holds) for one in kind] if len(kind) > 1 else []
    return []


def everywhere() -> list[Place]:
    """Every place that the reader may see, in order."""
    return [one for place in PLACES for one in place.kind]


def _here() -> str:
    return request.path.split("/")[1]


def home(person: Person) -> str:
    """The address of the first place that somebody may see."""
    seen = (one.endpoint for place in PLACES for one in (place, *place.beside) if person.may(need_of(one.endpoint)))
    return url_for(next(seen, "pages.api_docs"))
