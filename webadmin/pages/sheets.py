"""Draw a sheet: a page of lists, forms and figures under the strip of places, as any but the desk is.

A sheet has an ETag of what it says, a weak one, for the token of its forms is never spelled alike. One with `look` in
its template asks again by itself while somebody sees it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import make_response, render_template, request
from flask_babel import ngettext
from werkzeug.wrappers import Response

from smsgw.errors import SmsgwError
from smsgw.store import links

from ..auth import csrf_token, current_person
from ..context import the_gateway
from ..packing import page_may_be_packed
from ..problems import problem_of
from .language import Counted


def sheet(template: str, error: SmsgwError | None = None, **facts: Any) -> Response:
    """The page of a template that extends sheet.html, with `facts`; 304 when the browser has it as it is.

    error: what was wrong with a form, shown above it with every fault (`problem` in the template); its status.
    """
    with the_gateway().database.reading() as conn:
        listed = links.listing(conn)
    around = {"links": listed, "person": current_person(), "csrf": csrf_token(), "problem": told(error)}
    page_may_be_packed()
    page = render_template(template, **around, **facts)
    etag = _etag(page, str(facts.get("client_ref") or ""))
    if error is None and request.method == "GET" and request.if_none_match.contains_weak(etag):
        return Response(status=304)
    response = make_response(page, 200 if error is None else problem_of(error).entry.status)
    response.set_etag(etag, weak=True)
    return response


def _etag(page: str, client_ref: str) -> str:
    """Of what a page says, without the two that are drawn anew each time: its token, and what its draft will be."""
    for chance in (csrf_token(), client_ref):
        page = page.replace(chance, "") if chance else page
    return sha256(page.encode()).hexdigest()[:20]


def told(error: SmsgwError | None) -> dict[str, Any] | None:
    """An error as a template shows it: `says`, `hint`, and `faults` by the field that they are about."""
    if error is None:
        return None
    faults = [{"field": fault.pointer.strip("/"), "says": fault.detail} for fault in getattr(error, "faults", ())]
    if len(faults) < 2:  # the one fault is what the error says
        return {"says": str(error), "hint": error.hint, "faults": []}
    says = ngettext("%(num)d thing must be put right", "%(num)d things must be put right", Counted(len(faults)))
    return {"says": says, "hint": error.hint, "faults": faults}
