"""A message with slides and a page of its own, in the store of a gateway, and a telephone that looks at it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from PIL import Image
from sqlalchemy import Connection, insert

from smsgw.gateway import Gateway
from smsgw.media import pages, store
from smsgw.outbound.submit import Asked
from smsgw.store.tables import message_content, message_medium

PHONE = "+38640111222"
LOOK = {"Accept": "text/html"}


def picture(width: int = 640, height: int = 480, kind: str = "JPEG", **more: Any) -> bytes:
    """A picture with something in it."""
    bands = [Image.linear_gradient("L").rotate(turn).resize((width, height)) for turn in (0, 90, 180)]
    drawn = Image.merge("RGB", bands)  # more colours than a drawing has
    out = io.BytesIO()
    drawn.save(out, kind, **more)
    return out.getvalue()


def message_with(
    gateway: Gateway,
    slides: Sequence[dict[str, Any]] = (),
    *,
    pin: str | None = None,
    language: str = "en",
    subject: str = "",
    to: str = PHONE,
    attached: Sequence[bytes] = (),
) -> tuple[str, pages.Page]:
    """Store a message whose slides have `text`, and octets as `medium` or `sound`; its id and its new page."""
    now = gateway.clock()
    id = gateway.door.submit(Asked(to, "a picture waits for you", "test", purpose="conversational")).row["id"]

    def act(conn: Connection, batch: list[None]) -> list[pages.Page]:
        kept, media = [], []
        for slide in [*slides, *({"medium": one} for one in attached)]:
            row = dict(slide)
            for key in ("medium", "sound"):
                if key in row:
                    [medium] = store.take(conn, [store.as_it_came(row[key], now)])
                    row[key] = medium.sha256
                    media.append(medium.sha256)
            kept.append(row)
        conn.execute(
            insert(message_content).values(
                message_id=id, subject=subject, slides=kept[: len(slides)],
                attached=[{"medium": one["medium"], "name": ""} for one in kept[len(slides) :]] or None,
                policy="link-first", profile="std300", way="link", why="asked for", size=1000, language=language,
                from_name="Knjigarna Pri Lipi", read_report=False, digest="0" * 64,
            )
        )  # fmt: skip
        for place, sha in enumerate(media, 1):
            row = {"message_id": id, "position": place, "sha256": sha, "original": sha, "name": f"{place}.jpg"}
            conn.execute(insert(message_medium).values(row))
        return [pages.make(conn, id, now, gateway.page_terms, pin) for _ in batch]

    return id, gateway.database.writer.do(act, None)


class Phone:
    """A browser on a telephone, without scripts: follows what a person would press."""

    def __init__(self, app: Any, page: pages.Page, address: str = "203.0.113.77") -> None:
        self.client = app.test_client()
        self.place = f"/m/{page.token}"
        self.address = address

    def get(self, more: str = "", method: str = "GET", **headers: str) -> Any:
        given = LOOK | {name.replace("_", "-"): value for name, value in headers.items()}
        place = {"REMOTE_ADDR": self.address}
        return self.client.open(self.place + more, method=method, headers=given, environ_base=place, buffered=True)

    def fields(self) -> dict[str, str]:
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.get().text))

    def show(self, **typed: str) -> Any:
        fields = self.fields() | typed
        return self.client.post(self.place, data=fields, headers=LOOK, environ_base={"REMOTE_ADDR": self.address})
