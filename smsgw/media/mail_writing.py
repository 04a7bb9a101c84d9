"""Make a letter: a MIME message that every mail program shows, with pictures in it and other media beside it.

Text and HTML are alternatives (RFC 2046 section 5.1.4), pictures belong to the HTML (RFC 2387) by names of our own, all
else is attached. Headers that stop loops are in every letter (RFC 3834; X-Auto-Response-Suppress for Exchange).
"""

from __future__ import annotations

import html
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from ..config import MailConfig
from ..store.tables.types import AnyRow
from ..text.wording import wording
from .mail import message_id
from .mail_checks import LOOP
from .mail_told import INLINE, Told, shown_name

_GROWTH = 1.4  # base64 and the heads of parts
_STYLE = "font-family:sans-serif;font-size:16px;line-height:1.4"


def largest(config: MailConfig) -> int:
    """How many octets of media a letter may have."""
    return int(config.max_mb * 1_000_000 / _GROWTH) - 20_000


def written(
    row: AnyRow, config: MailConfig, told: Told | None, public_url: str | None, language: str = "en"
) -> EmailMessage:
    """The letter of a row of `mail`. told: what it tells of, if it has no words of its own. Raises ValueError.

    language: of the sentences around.
    """
    assert config.sender is not None
    letter = EmailMessage(policy=SMTP)
    letter["From"] = _from(row, config, told)
    letter["To"] = row.recipient
    letter["Subject"] = _subject(row, told)
    letter["Date"] = format_datetime(row.created_at)
    letter["Message-ID"] = message_id(row.id, config)
    if row.follows:
        letter["In-Reply-To"] = row.follows.split()[-1]
        letter["References"] = row.follows
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter[LOOP] = config.domain or config.sender.rpartition("@")[2]
    if told is None:
        letter.set_content(row.body or wording("mail_forgotten", language))
        return letter
    letter["X-MMS-Message-ID"] = told.id
    letter["X-MMS-From"] = shown_name(told.number)
    notes = list(_notes(told, config, public_url, language))
    _fill(letter, told, notes, wording("mail_foot", language) if row.answer_to is not None else "", language)
    return letter


def _from(row: AnyRow, config: MailConfig, told: Told | None) -> Address | str:
    assert config.sender is not None
    address = row.answer_to or config.sender
    if told is None:
        return address
    name = shown_name(told.name)
    return Address(f"{shown_name(told.number)}{f' ({name})' if name else ''} via gateway", addr_spec=address)


def _subject(row: AnyRow, told: Told | None) -> str:
    if told is None or not told.subject:
        return shown_name(row.subject) if told is not None else str(row.subject)
    return shown_name(f"{row.subject}: {told.subject}")


def _fill(letter: EmailMessage, told: Told, notes: list[str], foot: str, language: str) -> None:
    words = [piece.text for piece in told.pieces if piece.text is not None]
    text = words if words or told.pieces else [told.text]
    letter.set_content("\n\n".join(filter(None, [*text, *notes, foot and f"-- \n{foot}"])) + "\n", cte="base64")
    pictures = [piece for piece in told.pieces if piece.media_type in INLINE and piece.octets]
    ids = {piece.name: f"{number}.{told.id}" for number, piece in enumerate(pictures, 1)}
    letter.add_alternative(_html(told, ids, notes, foot, language), subtype="html", cte="base64")
    page = letter.get_body(("html",))
    assert isinstance(page, MIMEPart)
    for piece in pictures:
        main, _, sub = piece.media_type.partition("/")
        page.add_related(piece.octets, main, sub, cid=f"<{ids[piece.name]}>", filename=piece.name, disposition="inline")
    for piece in told.pieces:
        if piece.text is None and piece.name not in ids and piece.octets:
            main, _, sub = piece.media_type.partition("/")
            letter.add_attachment(piece.octets, main, sub, filename=piece.name)


def _notes(told: Told, config: MailConfig, public_url: str | None, language: str) -> list[str]:
    notes = []
    gone = [piece.name for piece in told.pieces if piece.octets is None]
    if gone:
        notes.append(wording("mail_gone", language).format(names=", ".join(gone)))
    if told.size > largest(config):
        where = f"{public_url}/inbox/{quote(told.number)}" if public_url else "smsgw"
        notes.append(wording("mail_too_large", language).format(size=f"{told.size / 1e6:.1f}", url=where))
    if not told.pieces and not told.text and not notes:
        notes.append(wording("mail_empty", language))
    return notes


def _html(told: Told, ids: dict[str, str], notes: list[str], foot: str, language: str) -> str:
    """The same for programs that show HTML: everything in the order in which it is to be seen."""
    blocks: list[str] = []
    if not told.pieces:
        blocks.append(_paragraph(told.text))
    for piece in told.pieces:
        if piece.text is not None:
            blocks.append(_paragraph(piece.text))
        elif piece.name in ids:
            name = html.escape(piece.name)
            blocks.append(f'<p><img src="cid:{ids[piece.name]}" alt="{name}" style="max-width:100%;height:auto"></p>')
        elif piece.octets:
            blocks.append(_paragraph(wording("mail_attached", language).format(name=piece.name)))
    blocks += [_paragraph(note) for note in notes]
    if foot:
        blocks.append(f'<p dir="auto" style="color:#666;font-size:13px">{html.escape(foot)}</p>')
    body = "\n".join(blocks)
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body style="{_STYLE}">\n{body}\n</body></html>\n'
    )


def _paragraph(words: str) -> str:
    """dir=auto: words of either direction stand as they are read."""
    return f'<p dir="auto">{html.escape(words).replace(chr(10), "<br>")}</p>' if words else ""
