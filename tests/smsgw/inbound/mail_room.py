"""A gateway that told MIA of an MMS by mail, and what she and customers bring to it; its links are not started."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import select

from drivers.mail.reading import read
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.link import Content, ContentPart, InboundContent
from smsgw.store import schema
from smsgw.store.tables import (
    mail,
)
from smsgw.store.tables.types import AnyRow
from tests.smsgw.desk import START

ANA, PHONES = "+38641000002", "+38641000001"
MIA = "mia@firm.example"
PROVED = "mx.firm.example; dmarc=pass header.from=firm.example"


def jpeg(colour: str, side: int = 300) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(out, "JPEG", quality=90, comment=colour)
    return out.getvalue()


class Room:
    """A gateway whose links are not started, and the letter that told MIA of an MMS."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.now = START
        self.gateway = Gateway(Config.model_validate(told), clock=lambda: self.now)

    def mms(self, *parts: ContentPart, text: str = "The tap drips", reference: str = "m1") -> None:
        words = ContentPart("text/plain", text.encode(), "t.txt", "utf-8")
        told = InboundContent(reference, ANA, PHONES, Content((words, *parts), "Tap"))
        self.gateway.brought("phones", told).result(90)

    def rows(self, table: Any) -> list[AnyRow]:
        with self.gateway.database.reading() as conn:
            return list(conn.execute(select(table).order_by(next(iter(table.c)))))

    @property
    def letter(self) -> AnyRow:
        """The newest that can be answered."""
        return [row for row in self.rows(mail) if row.answer_to is not None][-1]

    def answer(self, text: str = "We come at noon.", **more: Any) -> EmailMessage:
        """What MIA's mail program makes of her answer to the letter. more: headers, `parts` of pictures."""
        made = EmailMessage()
        headers = {
            "From": f"Mia <{MIA}>", "To": self.letter.answer_to, "Message-ID": "<a1@firm.example>",
            "Subject": "Re: MMS", "Authentication-Results": PROVED,
        } | {key.replace("_", "-"): value for key, value in more.items() if key != "parts"}  # fmt: skip
        for key, value in headers.items():
            if value is not None:
                made[key] = value
        made.set_content(
            f"{text}\n\nOn Thu, Nov 26, 2026 at 10:11 AM x <{self.letter.answer_to}> wrote:\n> The tap drips\n"
        )
        for octets in more.get("parts", ()):
            made.add_attachment(octets, "image", "jpeg", filename="a.jpg")
        return made

    def bring(
        self, made: EmailMessage | bytes, sender: str = MIA, to: str | None = None, *, known: bool = False
    ) -> None:
        octets = made if isinstance(made, bytes) else made.as_bytes()
        self.gateway.brought("post", read(octets, sender, to or self.letter.answer_to, known=known)).result(90)


Start = Callable[..., Room]


def told(folder: Path, **mail: Any) -> dict[str, Any]:
    """The configuration; mail: what is otherwise in its section."""
    return {
        "store": {"url": f"sqlite:///{folder / 'store.db'}"},
        "sending": {"region": "SI"},
        "web": {"public_url": "https://sms.firm.example"},
        "mail": {
            "host": "127.0.0.1", "sender": "shop@firm.example", "domain": "in.firm.example",
            "authserv_id": "mx.firm.example", "operators": ["boss@firm.example"],
            "boxes": [{"to": [MIA]}],
        } | mail,
        "links": [
            {"name": "phones", "kind": "fake", "handsets": [PHONES], "number": PHONES},
            {"name": "post", "kind": "mail"},
        ],
    }  # fmt: skip


@contextmanager
def rooms(folder: Path) -> Iterator[Start]:
    """What opens them; they are closed in the end."""
    opened: list[Room] = []

    def start(**settings: Any) -> Room:
        room = Room(told(folder, **settings))
        schema.upgrade(room.gateway.database)
        opened.append(room)
        room.mms()
        return room

    try:
        yield start
    finally:
        for room in opened:
            room.gateway.close()
