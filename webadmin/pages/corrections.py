"""Corrections: what people say that texts meant, to be approved or rejected by a person."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.errors import SmsgwError
from smsgw.inbound.learning import guessing as learning_model
from smsgw.inbound.learning import learning
from smsgw.inbound.learning.learning import Judgement
from smsgw.store.lifecycle import CORRECTION

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet

LIST = 50  # corrections on a page


@pages.get("/corrections")
@person_required
def corrections() -> Response:
    """Those that are to be decided, or those that are."""
    return _listed()


@pages.post("/corrections/<id>")
@person_required
def decide_correction(id: str) -> Response:
    """Approve one, which makes it count, or reject it."""
    gateway, approved = the_gateway(), request.form.get("approve") == "yes"
    try:
        learning.decide(gateway.database.writer, Judgement(id, approved, current_person().id, "", gateway.clock()))
    except SmsgwError as error:
        return _listed(error)
    return redirect(url_for("pages.corrections"), 303)


def _listed(error: SmsgwError | None = None) -> Response:
    state = request.args.get("state") or "proposed"
    state = state if state in CORRECTION.states else "proposed"
    with the_gateway().database.reading() as conn:
        rows = learning.listing(conn, LIST + 1, state, before=request.args.get("before") or None)
        model = learning_model.readiness(conn)
    older = rows[LIST - 1].id if len(rows) > LIST else None
    return sheet("corrections.html", error, rows=rows[:LIST], older=older, state=state, model=model)
