"""What is typed on a phone of the page goes to the gateway, as its owner would send it."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.errors import NotFound, SmsgwError

from ..auth import person_required
from ..context import the_gateway
from . import desk, simulator
from .blueprint import pages


@pages.post("/phones/<number>")
@person_required
def type_text(number: str) -> Response:
    """Send a text from a phone; back to the page that it lies beside."""
    beside = request.form.get("beside") or None
    text = desk.typed("text")
    link = dict(simulator.simulated(the_gateway())).get(number)
    if link is None:
        raise NotFound(f"there is no simulated phone {number}")
    try:
        link.type_text(number, text)
    except SmsgwError as error:
        return desk.shown(beside, desk.Trouble(number, error, text))
    return redirect(url_for("pages.conversation", number=beside) if beside else url_for("pages.inbox"), 303)
