"""How people and programs talk to the gateway: the HTTP API, the pages, and the server that carries both."""

from __future__ import annotations

import secrets
import threading

from flask import Flask

from smsgw.access.idempotency import Once
from smsgw.gateway import Gateway

from . import auth, carriers, compat, health_checks, metrics, packing, pages, problems, tracing
from .addresses import Address
from .api import (
    audit,
    batch,
    bound,
    budgets,
    campaigns,
    campaigns_report,
    capabilities,
    consent_words,
    consents,
    conversations,
    counts,
    customer_imports,
    customers,
    customers_page,
    customers_privacy,
    description,
    event_stream,
    gate,
    health,
    inbound,
    inquiries,
    inquiries_answers,
    inquiries_learning,
    links,
    links_trace,
    matching,
    media,
    message_list,
    message_page,
    messages,
    orders,
    plans,
    preview,
    quotas,
    rates,
    reports,
    routes,
    rules,
    segments,
    sending,
    short_links,
    simulator,
    suppressions,
    surveys,
    talks,
    telephony,
    templates,
    webhooks,
)
from .api import catalogue as products  # `catalogue` of this package is another: that of errors
from .api.clients import KnownClients
from .context import Context
from .front_tls import strict
from .presence import Presence
from .streams import Streams

STREAMS_OF_ONE = 64  # streams of events that one key or person may have open

# Imported for the routes that they put into the table.
ROUTED = (
    sending,
    products,
    orders,
    batch,
    preview,
    messages,
    message_list,
    inbound,
    conversations,
    inquiries,
    inquiries_answers,
    inquiries_learning,
    rules,
    surveys,
    links,
    links_trace,
    media,
    message_page,
    short_links,
    capabilities,
    telephony,
    talks,
    bound,
    webhooks,
    simulator,
    templates,
    campaigns,
    campaigns_report,
    consents,
    consent_words,
    suppressions,
    gate,
    customers,
    customers_page,
    customers_privacy,
    segments,
    customer_imports,
    rates,
    plans,
    budgets,
    reports,
    counts,
    health,
    event_stream,
    audit,
    description,
)


def create_app(gateway: Gateway) -> Flask:
    """The WSGI application over a gateway, which may be running or not."""
    app = Flask(__name__, static_folder=None)
    app.url_rule_class = Address
    app.url_map.merge_slashes = False  # a slash too many is a mistake, not another way to say it
    app.secret_key = secrets.token_bytes(32)  # for flash messages only: sessions are rows
    web, presence = gateway.config.web, Presence(lambda word: gateway.bell.ring(f"desk:{word}"))
    gateway.hears["desk"] = lambda word: presence.heard(word, gateway.clock())
    app.config["MAX_CONTENT_LENGTH"] = web.max_body_mb * 1024 * 1024
    app.extensions["smsgw"] = Context(
        gateway,
        KnownClients(gateway.database, wrong=web.wrong_keys_per_minute),
        Once(gateway.database.writer),
        threading.BoundedSemaphore(max(1, web.threads // 2)),
        quotas.Quotas(web.requests_per_minute),
        Streams(gateway.database, gateway.clock, web.event_streams, STREAMS_OF_ONE, presence.stirred),
        presence,
    )
    app.extensions["people"] = auth.Memory()
    if web.tls_certificate is not None:
        app.after_request(strict)
    problems.install(app)
    metrics.install(app)
    health_checks.install(app)
    quotas.install(app)
    matching.install(app)
    packing.install(app)
    tracing.install(app, gateway)
    routes.install(app)
    pages.install(app)
    carriers.install(app)
    compat.install(app, app.extensions["smsgw"].clients, gateway.config.doors.open)
    return app
