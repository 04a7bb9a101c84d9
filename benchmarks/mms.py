"""Pictures in numbers: personalised MMS through a whole gateway over a simulated network, and pages meanwhile.

Every message has words of its own and the same picture, made to fit once. The network is inside the process and shows
each MMS to a phone, so the memory is that of both. Beside it a program asks for the list of messages, as a page does.
"""

from __future__ import annotations

import io
import os
import threading
import time
from typing import Any

from PIL import Image
from sqlalchemy import func, select

from benchmarks.measure import cpu_of, forget_peak, peak_of, percentile, spell, table
from benchmarks.stage import Stores
from smsgw.access import keys
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.media import store
from smsgw.media.contents import Contents, Slide
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.tables import message
from webadmin import create_app

HEADINGS = (
    "messages", "kB each", "msgs/s", "submit/s", "CPU s/1000", "MB", "list p50 ms", "list p99 ms", "worst ms",
)  # fmt: skip
PHONES = [f"+386410{number:05}" for number in range(1000)]
KILOBYTES = 50


def run(stores: Stores, messages: int) -> None:
    """Send `messages` MMS of fifty kilobytes on every store."""
    for kind in stores.kinds:
        table(f"(l) personalised MMS, on {kind}", HEADINGS, [_measure(stores.url(kind), messages)])


def _measure(url: str, messages: int) -> list[str]:
    link = {"name": "phones", "kind": "fake", "mms": True, "delay": 0.05, "receipt_delay": 0.2, "window": 50}
    gateway = Gateway(Config.model_validate({"store": {"url": url}, "links": [link]}))
    schema.upgrade(gateway.database)
    gateway.start_links()
    ended = threading.Event()
    waits: list[float] = []
    asking = threading.Thread(target=_ask, args=(gateway, ended, waits), daemon=True)
    try:
        medium = gateway.database.writer.do(store.take, store.examined(_photo(), gateway.clock()))
        asking.start()
        forget_peak(os.getpid())
        begun, cpu = time.monotonic(), cpu_of(os.getpid())
        sizes = _submit(gateway, medium.sha256, messages)
        submitted = time.monotonic() - begun
        while _delivered(gateway) < messages:
            time.sleep(0.05)
        took, used = time.monotonic() - begun, cpu_of(os.getpid()) - cpu
    finally:
        ended.set()
        gateway.stop_links(time.monotonic() + 10)
        gateway.close()
    figures = (
        messages,
        sizes / 1024,
        messages / took,
        messages / submitted,
        used * 1000 / messages,
        peak_of(os.getpid()),
    )
    listed = (percentile(waits, 0.5), percentile(waits, 0.99), max(waits, default=None))
    return [spell(number) for number in (*figures, *(None if one is None else one * 1000 for one in listed))]


def _submit(gateway: Gateway, medium: str, messages: int) -> float:
    """Put the messages in; returns how many octets one has."""
    size = 0
    for start in range(0, messages, 50):
        asked = [
            Asked(
                PHONES[number % len(PHONES)], "", "bench", allow_duplicate=True,
                content=Contents((Slide(f"Dear customer {number}, our new season", medium),), subject=f"No. {number}"),
            )
            for number in range(start, min(start + 50, messages))
        ]  # fmt: skip
        for result in gateway.door.submit_many(asked):
            if isinstance(result, Exception):
                raise result
    with gateway.database.reading() as conn:
        id = conn.scalar(select(message.c.id).limit(1))
        built = gateway.builder.build(conn, str(id))
    size = sum(len(part.data) for part in built.parts)
    return float(size)


def _delivered(gateway: Gateway) -> int:
    with gateway.database.reading() as conn:
        query = select(func.count()).select_from(message).where(message.c.state == "delivered")
        return conn.scalar(query) or 0


def _ask(gateway: Gateway, ended: threading.Event, waits: list[float]) -> None:
    """Ask for the newest messages ten times a second, until it has ended."""
    _, secret = keys.create(gateway.database.writer, keys.NewKey("bench", ("admin:*",), gateway.clock()))
    client: Any = create_app(gateway).test_client()
    while not ended.wait(0.1):
        begun = time.monotonic()
        answer = client.get("/api/v1/messages?limit=50", headers={"Authorization": f"Bearer {secret}"})
        waits.append(time.monotonic() - begun)
        assert answer.status_code == 200, answer.data


def _photo() -> bytes:
    """A picture that takes fifty kilobytes once it is made to fit."""
    for side in range(200, 1200, 20):
        out = io.BytesIO()
        Image.effect_noise((side, side * 3 // 4), 60).convert("RGB").save(out, "JPEG", quality=88)
        if len(out.getvalue()) >= KILOBYTES << 10:
            return out.getvalue()
    raise AssertionError("no picture is large enough")
