"""The places of the web admin, in the order of the strip on top: a page that is not here is found by nobody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Place:
    """One way on the strip: an endpoint, and what it is called. Its sub-pages have endpoints that begin like it."""

    endpoint: str
    label: str


PLACES: tuple[Place, ...] = (
    Place("pages.inbox", _l("Inbox")),
    Place("pages.orders", _l("Orders")),
    Place("pages.inquiries", _l("Inquiries")),
    Place("pages.surveys", _l("Surveys")),
    Place("pages.messages", _l("Messages")),
    Place("pages.customers_page", _l("Customers")),
    Place("pages.campaigns", _l("Campaigns")),
    Place("pages.consents", _l("Consent")),
    Place("pages.costs", _l("Costs")),
    Place("pages.links", _l("Links")),
)

INSIDE = {
    "pages.conversation": "pages.inbox",
    "pages.message": "pages.messages",
    "pages.campaign": "pages.campaigns",
    "pages.campaign_step": "pages.campaigns",
    "pages.campaign_targets": "pages.campaigns",
    "pages.new_campaign": "pages.campaigns",
    "pages.write_campaign": "pages.campaigns",
    "pages.edit_campaign": "pages.campaigns",
    "pages.change_campaign": "pages.campaigns",
    "pages.order": "pages.orders",
    "pages.decide_order": "pages.orders",
    "pages.rates_page": "pages.costs",
    "pages.set_rate": "pages.costs",
    "pages.bring_rates": "pages.costs",
    "pages.set_exchange": "pages.costs",
    "pages.set_budget": "pages.costs",
    "pages.change_budget_page": "pages.costs",
    "pages.set_plan": "pages.costs",
    "pages.inquiry": "pages.inquiries",
    "pages.corrections": "pages.inquiries",
    "pages.automatic_answers": "pages.inquiries",
    "pages.replay_texts": "pages.inquiries",
    "pages.survey": "pages.surveys",
    "pages.add_customer": "pages.customers_page",
    "pages.customer": "pages.customers_page",
    "pages.change_customer": "pages.customers_page",
    "pages.note_customer": "pages.customers_page",
    "pages.merge_customer": "pages.customers_page",
    "pages.group_customer": "pages.customers_page",
    "pages.unmerge_customer": "pages.customers_page",
    "pages.erase_customer": "pages.customers_page",
    "pages.customer_imports": "pages.customers_page",
    "pages.bring_sheet": "pages.customers_page",
    "pages.customer_import": "pages.customers_page",
    "pages.order_import": "pages.customers_page",
    "pages.segments_page": "pages.customers_page",
    "pages.save_segment": "pages.customers_page",
    "pages.remove_segment": "pages.customers_page",
    "pages.add_group": "pages.customers_page",
}
"""Pages that belong to a place: it stays marked on the strip while they are open."""


def places() -> list[tuple[Place, bool]]:
    """The places that this version has, and whether we are there."""
    here = INSIDE.get(request.endpoint or "", request.endpoint)
    return [(place, place.endpoint == here) for place in PLACES if place.endpoint in current_app.view_functions]
