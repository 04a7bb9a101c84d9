"""Look at a text before it is sent: what it takes, which way it would go, and whether the gate lets it pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from smsgw.errors import BadInput, Fault
from smsgw.link import Abilities
from smsgw.money.rates import money
from smsgw.outbound.gate import gate
from smsgw.outbound.submit import Asked, Ready
from smsgw.text.parts import MAX_PARTS
from smsgw.text.preview import preview as look

from ..context import the_gateway
from .carried import content_of, is_content
from .preview_shapes import NewPreview, Preview
from .routes import answer, client, route


@route(
    "POST",
    "/messages/preview",
    scope="messages:send",
    takes=NewPreview,
    answers={200: Preview},
    errors=("no_route",),
)
def preview(body: NewPreview) -> Response:
    """Show what a text would take, and whether it would be sent; nothing is sent, no message is stored."""
    if not body.text and not is_content(body) and "text" not in body.model_fields_set:
        raise BadInput([Fault("/text", "text_missing", "this field is missing")])
    text, carried = body.text, None
    if body.to is None:
        link, abilities = _any_link(body.link)
        way: dict[str, Any] = {"to": None, "from": body.from_, "link": link, "trace": [], "price": None, "gate": None}
    else:
        ready = the_gateway().door.read(_asked(body))
        row = ready.row
        abilities = the_gateway().network.links[row["link"]].abilities
        if ready.content is not None:
            text, carried = row["text"], _carried(ready.content)
        way = {"to": row["recipient"], "from": row["sender"], "link": row["link"], "trace": row["trace"]}
        way["price"] = money(row["price"], row["currency"])
        way["gate"] = _gate(ready)
    seen = look(text, abilities)
    return answer(
        {
            "encoding": seen.encoding,
            "characters": seen.characters,
            "parts": seen.parts,
            "left_in_part": seen.left_in_part,
            "forced_by": seen.forced_by,
            "swaps": [{"letter": letter, "plainer": plainer} for letter, plainer in seen.swaps],
            "parts_after_swap": seen.parts_after_swap,
            **way,
            "content": carried,
        }
    )


def _carried(row: Mapping[str, Any]) -> dict[str, Any]:
    """Which way a content would go: media_shapes.ContentWay."""
    told = {name: row[name] for name in ("way", "why", "size", "profile")}
    falls_back = row["fallback_at"] is not None and the_gateway().carrying.links(row["policy"])
    return {**told, "falls_back": falls_back}


def _asked(body: NewPreview) -> Asked:
    content = content_of(body, body.text)
    return Asked(
        to=body.to or "",
        text=body.text if content is None else "",
        content=content,
        client=client().id,
        sender=body.from_,
        purpose=body.purpose,
        category=body.category,
        send_at=body.send_at,
        link=body.link,
        max_parts=MAX_PARTS,  # how many it takes is what is asked here
        reply_to=body.reply_to,
        allow_duplicate=body.allow_duplicate,
    )


def _any_link(wanted: str | None) -> tuple[str | None, Abilities]:
    """The link by which a text without a number is measured."""
    links = the_gateway().network.links
    if wanted is not None and wanted not in links:
        known = ", ".join(sorted(links)) or "none"
        raise BadInput([Fault("/link", "link_unknown", f"there is no link {wanted!r}; there are: {known}")])
    name = wanted or next(iter(links), None)
    return name, Abilities() if name is None else links[name].abilities


def _gate(ready: Ready) -> dict[str, Any]:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        answers = gate.explain(conn, ready.candidate, gateway.door.terms.rules, gateway.clock())
    checks = [
        {
            "name": one.name,
            "duty": one.duty,
            **verdict_json(one.verdict),
            **({"says": one.because} if one.because else {}),
        }
        for one in answers
    ]
    return {**verdict_json(gate.decided(answers)), "checks": checks}


def verdict_json(verdict: gate.Verdict | None) -> dict[str, Any]:
    """What a check says, or all together."""
    if isinstance(verdict, gate.Refuse):
        return {"decision": "refuse", "code": verdict.code, "says": verdict.says, "until": None}
    if isinstance(verdict, gate.Hold):
        return {"decision": "hold", "code": None, "says": verdict.says, "until": verdict.until}
    return {"decision": "send", "code": None, "says": None, "until": None}
