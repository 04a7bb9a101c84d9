"""What is typed on a phone of the page goes to the gateway, as its owner would send it; and knobs of its network."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from smsgw.errors import BadInput, Fault, NotFound, SmsgwError
from smsgw.link_verbs import Simulated

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


@pages.post("/phones/networks/<name>")
@person_required
def turn_knobs(name: str) -> Response:
    """Turn the knobs of a simulated network: what goes wrong in it, and how long things take."""
    form, beside = request.form, request.form.get("beside") or None
    link = the_gateway().links.get(name)
    if not isinstance(link, Simulated):
        raise NotFound(f"there is no simulated link {name[:60]}")
    told: dict[str, float | int | bool] = {"disconnected": "disconnected" in form}
    try:
        for knob in simulator.SHARES:
            told[knob] = _number(form.get(knob, ""), knob) / 100
        for knob in simulator.MEASURES:
            told[knob] = _number(form.get(knob, ""), knob)
        link.set_faults(told)
    except SmsgwError as error:
        return desk.shown(beside, desk.Trouble(f"network {name}", error))
    return redirect(url_for("pages.conversation", number=beside) if beside else url_for("pages.inbox"), 303)


def _number(written: str, knob: str) -> float:
    try:
        return float(written.strip().replace(",", ".") or 0)
    except ValueError:
        says = gettext("%(written)s is no number", written=written[:20])
        raise BadInput([Fault(f"/{knob}", "number_invalid", says)]) from None
