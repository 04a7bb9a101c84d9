"""Read what a client wants sent, one message or many: from JSON to what the door is asked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from smsgw.errors import BadInput, Fault, RefusedByPolicy
from smsgw.link import Abilities
from smsgw.outbound.submit import Asked
from smsgw.text.preview import cheapened

from ..context import the_gateway
from . import reading
from .carried import MAKING, content_of, is_content
from .shapes import NewMessage
from .templated import is_templated, worded
from .told_back import told_back

FURTHEST = timedelta(days=366)  # how far ahead send_at may be
_KEYS = re.compile(rb'"[ \t\r\n]*:')
_LIST = TypeAdapter(list[NewMessage])


def read_message(written: Any, client_id: str, ref: str | None = None) -> Asked:
    """What a client wants sent; ref: its client_ref if it has none.

    written: JSON, or a shape from `plain_messages`. Raises BadInput with every fault: those of the shape, and those
    only the door sees.
    """
    try:
        shape = NewMessage.model_validate(written)
    except ValidationError as wrong:
        faults = reading.faults_of(wrong, NewMessage)
        raise BadInput(faults + _also_wrong(written, faults, client_id)) from wrong
    if is_templated(shape):
        [told] = worded([shape])
        if isinstance(told, BadInput):
            raise told
        shape = told
    asked = asked_of(shape, client_id, ref)
    if late := too_late(asked.send_at):
        raise BadInput(late + _also_wrong(written, late, client_id))
    return asked


def too_late(send_at: datetime | None) -> list[Fault]:
    """What is wrong with a time that is further ahead than anybody plans."""
    if send_at is None or send_at <= the_gateway().clock() + FURTHEST:
        return []
    return [Fault("/send_at", "out_of_range", f"must be at most {FURTHEST.days} days ahead")]


def plain_message(raw: bytes, client_id: str, now: datetime) -> Asked | None:
    """What a client wants sent, in one go; None when `json_of` and `read_message` must look and tell the faults."""
    try:
        shape = NewMessage.model_validate_json(raw)
    except ValidationError:
        return None
    return asked_of(shape, client_id, None) if not is_templated(shape) and _are_plain(raw, [shape], now) else None


def plain_messages(raw: bytes, now: datetime) -> list[NewMessage] | None:
    """The same for a list of messages, which `read_message` takes as they are."""
    try:
        shapes = _LIST.validate_json(raw)
    except ValidationError:
        return None
    return shapes if _are_plain(raw, shapes, now) else None


def _are_plain(raw: bytes, shapes: list[NewMessage], now: datetime) -> bool:
    """Whether the careful reader would have found no fault either.

    pydantic's reader of JSON takes a key that is there twice. Every key ends with a quotation mark and a colon, so
    these are counted: where there are more of them than different keys, the careful reader decides.
    """
    if b'\\"' in raw or any(shape.send_at is not None and shape.send_at > now + FURTHEST for shape in shapes):
        return False
    if any(
        is_content(shape) or "@" in shape.to or shape.status_webhook or shape.track_links for shape in shapes
    ):  # what must be looked up
        return False
    keys = sum([len(shape.model_fields_set) + len(shape.metadata or ()) + len(shape.vars or ()) for shape in shapes])
    return len(_KEYS.findall(raw)) == keys


def asked_of(shape: NewMessage, client_id: str, ref: str | None) -> Asked:
    """What a shape without faults wants sent; ref: its client_ref if it has none. Raises BadInput for its content."""
    text = cheapened(shape.text, Abilities()) if shape.transliterate and shape.text else shape.text
    content = content_of(shape, text)
    return Asked(
        to=shape.to,
        text=text if content is None else "",
        content=content,
        client=client_id,
        sender=shape.from_,
        client_ref=shape.client_ref or ref,
        priority=shape.priority,
        purpose=shape.purpose,
        category=shape.category,
        send_at=shape.send_at,
        expires_in=shape.expires_in,
        link=shape.link,
        message_class=shape.message_class,
        max_parts=shape.max_parts or shape.max_segments,
        on_unsure=shape.on_unsure,
        reply_to=shape.reply_to,
        allow_duplicate=shape.allow_duplicate,
        metadata=told_back(shape.metadata, shape.status_webhook, client_id),
        data=shape.data if shape.data_hex is None else shape.data_hex,
        ports=None if shape.ports is None else (shape.ports.to, shape.ports.from_),
        track_links=shape.track_links,
    )


def _also_wrong(written: Any, faults: list[Fault], client_id: str) -> list[Fault]:
    """What the door would say about the fields that have no fault yet, so that all mistakes are told at once."""
    bad = {fault.pointer for fault in faults}
    if "" in bad:  # it could not be looked at at all
        return []
    good = {name: written[name] for name in ("to", "text", "from", "link", "max_parts") if name in written}
    good = {name: value for name, value in good.items() if f"/{name}" not in bad}
    unsaid = "-" if written.keys() & {"text", "data", "data_hex", "template", *MAKING} else ""
    asked = Asked(
        good.get("to", ""), good.get("text", unsaid), client_id, good.get("from"), link=good.get("link"),
        max_parts=good.get("max_parts"),
    )  # fmt: skip
    try:
        the_gateway().door.read(asked)
    except (BadInput, RefusedByPolicy) as also:
        return [fault for fault in also.faults if fault.pointer not in bad]
    return []
