"""Corrections, the learned model, and replays over the API."""

from __future__ import annotations

from typing import Any

from flask import Response

from smsgw.errors import BadInput
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.inbound.learning import guessing as learning_model
from smsgw.inbound.learning import learning
from smsgw.inbound.learning.learning import Judgement, Wrong
from smsgw.inbound.replay import Difference, Told, replay
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .inquiries import READ, WRITE, known
from .inquiries_answers import SCOPE
from .inquiries_shapes import (
    Correction,
    CorrectionFilter,
    CorrectionPage,
    LearnedModel,
    NewCorrection,
    NewJudgement,
    ReplayAnswer,
    ReplayWish,
)
from .routes import PREFIX, answer, client, route


def correction_json(row: AnyRow) -> dict[str, Any]:
    """A correction's row as the API shows it: inquiries_shapes.Correction."""
    names = ("id", "why", "kind", "text", "language", "words", "sku", "meant", "topic", "by", "at", "decided_at")
    return {name: row._mapping[name] for name in names} | {"status": row.state, "inbound": row.inbound_id}


def _shown(id: str, status: int = 200) -> Response:
    with the_gateway().database.reading() as conn:
        told = correction_json(learning.require(conn, id))
    headers = {"Location": f"{PREFIX}/corrections/{id}"} if status == 201 else None
    return answer(told, status, headers)


@route("GET", "/corrections", scope=READ, query=CorrectionFilter, answers={200: CorrectionPage})
def list_corrections(query: CorrectionFilter) -> Response:
    """List corrections, newest first."""
    with the_gateway().database.reading() as conn:
        rows = learning.listing(conn, query.limit + 1, query.status, query.kind, paging.after(query))
    return paging.page(rows, query.limit, correction_json, paging.after(query))


@route("POST", "/corrections", scope=WRITE, takes=NewCorrection, answers={201: Correction}, errors=("not_found",))
def propose_correction(body: NewCorrection) -> Response:
    """Say what a text meant; it counts when somebody has approved it."""
    gateway = the_gateway()
    wrong = Wrong(
        client().id,
        gateway.clock(),
        body.why,
        body.inbound,
        body.text,
        body.language,
        body.words,
        body.sku,
        body.meant,
        body.topic,
    )
    return _shown(learning.propose(gateway.database.writer, wrong), 201)


@route("GET", "/corrections/<id>", scope=READ, answers={200: Correction}, errors=("not_found",))
def correction(id: str) -> Response:
    """Show a correction."""
    return _shown(known(id, "cor", "correction", "/corrections"))


@route(
    "POST",
    "/corrections/<id>/decide",
    scope=SCOPE,
    takes=NewJudgement,
    answers={200: Correction},
    errors=("not_found", "conflict"),
)
def decide_correction(id: str, body: NewJudgement) -> Response:
    """Approve a correction, or reject it."""
    gateway = the_gateway()
    judgement = Judgement(
        known(id, "cor", "correction", "/corrections"), body.approve, client().id, body.why, gateway.clock()
    )
    learning.decide(gateway.database.writer, judgement)
    return _shown(id)


@route("GET", "/learning", scope=READ, answers={200: LearnedModel})
def learned_model() -> Response:
    """Show whether a model on the business's own labels proposes, and why not."""
    with the_gateway().database.reading() as conn:
        told = learning_model.readiness(conn)
    return answer(
        {
            "ready": told.ready,
            "installed": told.installed,
            "examples": told.examples,
            "kinds": list(told.kinds),
            "why": told.why,
        }
    )


@route("POST", "/replay", scope=READ, takes=ReplayWish, answers={200: ReplayAnswer})
def replay_texts(body: ReplayWish) -> Response:
    """Read again what came in, with the rules and the catalogue of now or of a file; nothing is changed."""
    gateway = the_gateway()
    lines = None
    if body.catalogue is not None:
        listed = catalogue_file.read(body.catalogue)
        if listed.invalid:
            raise BadInput(catalogue_import.faults(listed.invalid))
        lines = listed.lines
    with gateway.database.reading() as conn:
        told = replay(conn, body.since, gateway.clock(), lines)
    data = [difference_json(one) for one in told.differences]
    return answer({"read": told.read, "more": told.more, "counts": told.counts(), "data": data})


def difference_json(one: Difference) -> dict[str, Any]:
    """A difference as the API and the command line show it."""
    shown = {"id": one.id, "from": one.sender, "text": one.text, "at": one.at}
    return shown | {"was": _read_as(one.was), "now": _read_as(one.now), "reasons": list(one.why)}


def _read_as(told: Told) -> dict[str, Any]:
    return {
        "kind": told.kind,
        "topic": told.topic,
        "items": dict(told.items),
        "answer": told.answer,
        "needs_person": told.needs_person,
    }
