"""Contents in the simulated network: how they lie on the tape, and what a phone shows of them."""

from __future__ import annotations

import base64
from typing import Any

from smsgw.link import Content, ContentPart


def taped(content: Content) -> dict[str, Any]:
    """A content as it stands on the tape."""
    return {
        "subject": content.subject, "read_report": content.read_report, "reply_to": content.reply_to,
        "parts": [
            {
                "media_type": part.media_type, "name": part.name, "charset": part.charset,
                "content_id": part.content_id, "data": base64.b64encode(part.data).decode(),
            }
            for part in content.parts
        ],
    }  # fmt: skip


def untaped(line: dict[str, Any]) -> Content:
    """The content that stands on the tape like this. Raises KeyError, TypeError, ValueError."""
    parts = [ContentPart(**{**part, "data": base64.b64decode(part["data"])}) for part in line["parts"]]
    return Content(tuple(parts), line["subject"], line["read_report"], line["reply_to"])


def shown(content: Content) -> str:
    """What a phone shows of it, in letters: its subject, its words, and a line for each other part."""
    lines = [content.subject] if content.subject else []
    for part in content.parts:
        if part.media_type == "text/plain":
            lines.append(part.data.decode(part.charset or "utf-8", "replace"))
        elif part.media_type != "application/smil":
            lines.append(f"[{part.media_type}, {len(part.data)} octets: {part.name or 'without a name'}]")
    return "\n".join(lines)
