"""Campaigns over the API: written, estimated, approved, begun, paused, resumed and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response
from sqlalchemy import Connection

from smsgw.campaigns import life, trial, writing
from smsgw.campaigns.leaving_out import WORDS
from smsgw.errors import NotFound
from smsgw.gateway import Gateway
from smsgw.money.rates import money
from smsgw.store.tables import campaign as campaigns
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .campaigns_shapes import (
    Campaign,
    CampaignChange,
    CampaignFilter,
    CampaignPage,
    EstimateWish,
    Halted,
    NewCampaign,
    PreviewPage,
    Reason,
    ScheduleWish,
    TestPage,
    TestWish,
)
from .matching import hold
from .reading import merged, shaped
from .routes import answer, client, route

READ, WRITE, APPROVE = "campaigns:read", "campaigns:write", "campaigns:approve"
STATE = ("not_found", "campaign_state")


def known(id: str) -> str:
    """The id of a campaign that may be there. Raises NotFound."""
    if not paging.looks_like(id, "cam"):
        raise NotFound(f"there is no campaign {id[:60]}", hint="GET /api/v1/campaigns lists them")
    return id


def campaign_json(row: AnyRow) -> dict[str, Any]:
    """A campaign's row as the API shows it: campaigns_shapes.Campaign."""
    same = (
        "id", "name", "why", "kind", "run", "purpose", "category", "audience", "texts", "language", "link", "terms",
        "starts_at", "started_at", "frozen_at", "ended_at", "placed", "winner", "by", "approved_by", "created_at",
        "changed_at",
    )  # fmt: skip
    return {name: row._mapping[name] for name in same} | {
        "status": row.state,
        "parent": row.parent_id,
        "template": row.template_id,
        "from": row.sender,
        "planned": money(row.planned, row.currency),
        "estimate": None if row.estimate is None else estimate_json(row.estimate),
    }


def left_out_json(counts: Mapping[str, int], said: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """How many are left out: campaigns_shapes.LeftOutCount."""
    return [
        {"code": code, "count": count, "words": WORDS.get(code) or (said or {}).get(code, code)}
        for code, count in sorted(counts.items())
    ]


def estimate_json(told: Mapping[str, Any]) -> dict[str, Any]:
    """An estimate as it is kept, as the API shows it: campaigns_shapes.Estimate."""
    same = ("people", "messages", "parts", "unpriced", "languages", "longest")
    return {name: told[name] for name in same} | {
        "left_out": left_out_json(told["left_out"], told["says"]),
        "costs": _money(told["costs"]),
        "links": [
            {name: one[name] for name in ("link", "messages", "parts")}
            | {"cost": money(one["amount"], one["currency"])}
            for one in told["links"]
        ],
        "kinds": told.get("kinds", {}),
        "undefined": told["undefined"]["count"],
        "undefined_some": told["undefined"]["some"],
        "sampled": told.get("sampled"),
        "give_or_take": told.get("give_or_take", 0.0),
        "advice": told["advice"] and _advice_json(told["advice"]),
        "starts_at": datetime.fromisoformat(told["starts_at"]),
        "ends_at": datetime.fromisoformat(told["ends_at"]),
    }


def _advice_json(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("measured", "free_parts", "parts_saved")} | {
        "worst": _money(told["worst"]),
        "saved": _money(told["saved"]),
        "letters": [{**one, "saved": _money(one["saved"])} for one in told["letters"]],
    }


def _money(amounts: list[dict[str, Any]]) -> list[dict[str, str] | None]:
    return [money(one["amount"], one["currency"]) for one in amounts]


def row_of(id: str) -> AnyRow:
    """The campaign's row. Raises NotFound."""
    with the_gateway().database.reading() as conn:
        return life.get(conn, known(id))


def _shown(id: str, status: int = 200) -> Response:
    row = row_of(id)
    headers = {"ETag": f'"{writing.revision_of(row)}"'}
    if status == 201:
        headers["Location"] = f"/api/v1/campaigns/{id}"
    return answer(campaign_json(row), status, headers)


def _wish(body: NewCampaign, by: str = "", gateway: Gateway | None = None) -> writing.Wish:
    """by, gateway: where nobody's request is being answered, as in the writer's thread."""
    gateway = gateway or the_gateway()
    return writing.Wish(
        name=body.name, audience=body.audience, by=by or client().id, now=gateway.clock(), texts=body.texts,
        template=body.template, language=body.language, purpose=body.purpose, category=body.category,
        sender=body.from_, link=body.link, terms=body.terms.model_dump(mode="json"), links=tuple(gateway.network.links),
        region=gateway.config.sending.region, public=bool(gateway.short_links.base),
    )  # fmt: skip


@route("GET", "/campaigns", scope=READ, query=CampaignFilter, answers={200: CampaignPage}, name="list_campaigns")
def list_campaigns(query: CampaignFilter) -> Response:
    """List campaigns, newest first."""
    with the_gateway().database.reading() as conn:
        rows = life.listing(conn, query.limit + 1, paging.after(query), query.status, query.parent)
    return paging.page(rows, query.limit, campaign_json, paging.after(query))


@route("POST", "/campaigns", scope=WRITE, takes=NewCampaign, answers={201: Campaign})
def add_campaign(body: NewCampaign) -> Response:
    """Write a campaign; nothing is sent before it is estimated, approved and given a time."""
    return _shown(writing.create(the_gateway().database, _wish(body)), 201)


def _written(conn: Connection, id: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    hold(conn, campaigns.c.id, known(id))
    return {"revision": writing.revision_of(life.get(conn, id))}


@route("GET", "/campaigns/<id>", scope=READ, answers={200: Campaign}, errors=("not_found",), written=_written)
def campaign(id: str) -> Response:
    """Show a campaign."""
    return _shown(id)


@route(
    "PUT", "/campaigns/<id>", scope=WRITE, takes=NewCampaign, answers={200: Campaign},
    errors=STATE,
)  # fmt: skip
def change_campaign(id: str, body: NewCampaign) -> Response:
    """Write a campaign anew that has not begun; it must be estimated and approved again."""
    writing.change(the_gateway().database, known(id), _wish(body))
    return _shown(id)


@route(
    "PATCH", "/campaigns/<id>", scope=WRITE, takes=CampaignChange, answers={200: Campaign},
    errors=STATE,
)  # fmt: skip
def patch_campaign(id: str, body: CampaignChange) -> Response:
    """Change some of a campaign that has not begun; it must be estimated and approved again."""
    gateway, by, patch = the_gateway(), client().id, body.model_dump(exclude_unset=True, by_alias=True)

    def wish(row: AnyRow) -> writing.Wish:
        told = {
            "name": row.name, "audience": row.audience, "texts": row.texts["a"], "language": row.language,
            "purpose": row.purpose, "category": row.category, "from": row.sender, "link": row.link, "terms": row.terms,
        }  # fmt: skip
        if patch.get("template"):  # whose texts these are then, in its language
            told = {name: value for name, value in told.items() if name not in ("texts", "language")}
        if patch.get("audience"):
            del told["audience"]  # one kind of it in place of another
        return _wish(shaped(NewCampaign, merged(told, patch)), by, gateway)

    writing.change(gateway.database, known(id), wish)
    return _shown(id)


@route("DELETE", "/campaigns/<id>", scope=WRITE, answers={204: None}, errors=STATE, audited="campaign.removed")
def remove_campaign(id: str) -> Response:
    """Take a campaign away, unless something of it was sent.

    One that waits for its time, runs or pauses must be stopped first.
    """
    life.remove(the_gateway().database.writer, known(id))
    return Response(status=204)


@route("POST", "/campaigns/<id>/copy", scope=WRITE, answers={201: Campaign}, errors=("not_found",))
def copy_campaign(id: str) -> Response:
    """Write the same once more, as a draft of its own with an audience of its own."""
    gateway = the_gateway()
    return _shown(writing.copy(gateway.database, known(id), client().id, gateway.clock()), 201)


@route("POST", "/campaigns/<id>/estimate", scope=WRITE, takes=EstimateWish, answers={200: Campaign}, errors=STATE)
def estimate_campaign(id: str, body: EstimateWish) -> Response:
    """Work out what it costs, when it is done and who is left out: every text is filled in, cut and priced."""
    gateway = the_gateway()
    gateway.campaigns.estimate(known(id), client().id, gateway.clock(), body.start)
    return _shown(id)


@route(
    "POST", "/campaigns/<id>/approve", scope=APPROVE, answers={200: Campaign},
    errors=(*STATE, "second_person_needed", "variable_undefined"),
)  # fmt: skip
def approve_campaign(id: str) -> Response:
    """Say yes to a campaign as it was estimated; above an amount somebody else must than the one who wrote it."""
    gateway = the_gateway()
    above = gateway.config.campaigns.approval_millionths
    life.approve(gateway.database.writer, life.Approval(known(id), client().id, gateway.clock(), above))
    return _shown(id)


@route(
    "POST", "/campaigns/<id>/schedule", scope=WRITE, takes=ScheduleWish, answers={200: Campaign},
    errors=(*STATE, "series_over"),
)  # fmt: skip
def schedule_campaign(id: str, body: ScheduleWish) -> Response:
    """Have an approved campaign begin at a time, or now."""
    gateway = the_gateway()
    life.schedule(gateway.database.writer, life.When(known(id), client().id, gateway.clock(), body.at))
    return _shown(id)


@route("POST", "/campaigns/<id>/start", scope=WRITE, answers={200: Campaign}, errors=(*STATE, "series_over"))
def start_campaign(id: str) -> Response:
    """Have an approved campaign begin now."""
    gateway = the_gateway()
    life.schedule(gateway.database.writer, life.When(known(id), client().id, gateway.clock(), None))
    return _shown(id)


@route("POST", "/campaigns/<id>/pause", scope=WRITE, takes=Reason, answers={200: Halted}, errors=STATE)
def pause_campaign(id: str, body: Reason) -> Response:
    """Let nothing more leave from this moment on, and tell how many had left."""
    gateway = the_gateway()
    told = life.pause(gateway.database.writer, known(id), client().id, body.why, gateway.clock())
    return answer({**told, "campaign": campaign_json(row_of(id))})


@route("POST", "/campaigns/<id>/resume", scope=WRITE, answers={200: Campaign}, errors=STATE)
def resume_campaign(id: str) -> Response:
    """Go on."""
    gateway = the_gateway()
    life.resume(gateway.database.writer, known(id), client().id, gateway.clock())
    return _shown(id)


@route("POST", "/campaigns/<id>/stop", scope=WRITE, takes=Reason, answers={200: Halted}, errors=STATE)
def stop_campaign(id: str, body: Reason) -> Response:
    """End it for good: what has not left never will."""
    gateway = the_gateway()
    told = life.stop(gateway.database.writer, known(id), client().id, body.why, gateway.clock())
    return answer({**told, "campaign": campaign_json(row_of(id))})


@route("GET", "/campaigns/<id>/preview", scope=READ, answers={200: PreviewPage}, errors=("not_found",))
def preview_campaign(id: str) -> Response:
    """Show the texts of twenty real recipients: the longest, one from right to left, and others."""
    gateway = the_gateway()
    shown = trial.preview(gateway.database, gateway.door, row_of(id), gateway.clock())
    names = tuple(trial.Shown.__dataclass_fields__)
    return answer({"data": [{name: getattr(one, name) for name in names} for one in shown], "next_cursor": None})


@route("POST", "/campaigns/<id>/test", scope=WRITE, takes=TestWish, answers={200: TestPage}, errors=("not_found",))
def try_campaign(id: str, body: TestWish) -> Response:
    """Send its texts to a few numbers of your own, through the ordinary door and gate."""
    gateway = the_gateway()
    sent = trial.send_test(gateway.database, gateway.door, row_of(id), body.to, client().id, gateway.clock())
    return answer({"data": sent, "next_cursor": None})
