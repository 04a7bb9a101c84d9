"""Pages for people: come in, read what was said, answer it; beside it the phones of a simulated network.

A page calls one verb of the gateway and draws what it says. It has no data of its own, and no second description in
JavaScript: static/live.js asks for the page again and merges what changed.
"""

from __future__ import annotations

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from smsgw.errors import Unauthenticated

from ..message_page_drawing import kind_name
from ..page_guard import PageGuard
from ..problems import Problem, request_id
from . import (
    answers,
    api_docs,
    audits,
    calendar,
    calendar_feed,
    calls,
    campaigns,
    consents,
    corrections,
    costs,
    customer_imports,
    customers,
    customers_mms,
    customers_several,
    data_protection,
    developers,
    entering,
    event_stream,
    finding,
    inbox,
    inbox_desk,
    inbox_several,
    inquiries,
    inquiries_several,
    joining,
    language,
    links,
    media,
    message_page,
    message_page_answer,
    messages,
    myself,
    orders,
    own_page,
    passkeys,
    people,
    phones,
    preferences,
    products,
    rates,
    replays,
    retold,
    segments,
    sent_lists,
    settings,
    setup,
    short_link_list,
    short_links,
    surveys,
    templates,
    today,
    webhooks_setup,
)
from .blueprint import pages
from .only_allowed import OnlyAllowed
from .permits import may_open
from .places import beside, places

# Imported for the routes they hang on the blueprint.
ROUTED = (
    api_docs,
    costs,
    rates,
    campaigns,
    consents,
    preferences,
    entering,
    event_stream,
    finding,
    inbox,
    inbox_desk,
    inbox_several,
    links,
    messages,
    media,
    message_page,
    message_page_answer,
    short_link_list,
    short_links,
    orders,
    phones,
    inquiries,
    inquiries_several,
    corrections,
    answers,
    replays,
    surveys,
    customers,
    customers_mms,
    customers_several,
    customer_imports,
    segments,
    sent_lists,
    templates,
    people,
    passkeys,
    myself,
    audits,
    data_protection,
    developers,
    webhooks_setup,
    settings,
    today,
    calls,
    setup,
    calendar,
    own_page,
    joining,
    calendar_feed,
    products,
)

SAFETY = {
    # Nothing is loaded from elsewhere and nothing is written into a page: no script, no style, no frame.
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(app: Flask) -> None:
    """Give `app` its pages, their languages, and a page for what goes wrong."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app)
    retold.install(app)
    app.jinja_env.add_extension(OnlyAllowed)
    app.jinja_env.globals["may_open"] = may_open
    app.jinja_env.globals["places"] = places
    app.jinja_env.globals["beside"] = beside
    app.jinja_env.globals["kind_name"] = kind_name
    app.jinja_env.globals["goes"] = finding.goes
    app.extensions["page_guard"] = PageGuard(app.extensions["smsgw"].gateway.config.pages)
    app.register_blueprint(pages)
    app.extensions["error_page"] = error_page
    app.after_request(safe)


def error_page(problem: Problem) -> Response:
    """What a person sees when a request went wrong. It asks the store nothing, for that may be what is wrong."""
    page = render_template(
        "problem.html",
        title=gettext(problem.entry.title),
        says=problem.detail,
        hint=problem.hint or (problem.entry.todo if problem.entry.status != 404 else ""),
        request_id=request_id() if problem.entry.status >= 500 else None,
    )
    response = make_response(page, problem.entry.status)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


@pages.errorhandler(Unauthenticated)
def to_the_door(_error: Unauthenticated) -> Response:
    """Whoever is not logged in is taken to the log-in, and then to what they wanted to see."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("pages.login", next=wanted), 303)


def safe(response: Response) -> Response:
    """Say to the browser what no page of ours does; and to keep no copy of what only the person in front may see."""
    for name, value in SAFETY.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "pages.static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
