"""Write a part as a mail: words as text and as HTML with the pictures in it, everything else attached.

Letters of any language and either direction stand as they are read. A mail that may be ended by one tap says how, in
the two headers that mail programs make a button of (RFC 2369, RFC 8058).
"""

from __future__ import annotations

import html
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime

from drivers.mail.config import Config
from smsgw.link import Content, ContentPart, WirePart

INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_STYLE = "font-family:sans-serif;font-size:16px;line-height:1.4"


def reference_of(part: WirePart) -> str:
    """Our name for a part, in its Message-ID: the same over all tries, so that mail programs show it once."""
    return f"{part.message_id}.{part.position}"


def written(part: WirePart, config: Config, at: datetime) -> EmailMessage:
    """The mail of a part. Raises ValueError for what cannot stand in one."""
    content = part.content
    assert content is not None
    assert config.address is not None
    mail = EmailMessage(policy=_policy(part.to))
    mail["From"] = Address(one_line(config.address_name), addr_spec=config.address)
    mail["To"] = part.to
    mail["Subject"] = one_line(content.subject) or _beginning(content)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{reference_of(part)}@{config.address.rpartition('@')[2]}>"
    if content.reply_to:
        mail["Reply-To"] = content.reply_to
    if content.unsubscribe is not None:
        ways = [f"<{content.unsubscribe}>"] if content.unsubscribe else []
        mail["List-Unsubscribe"] = ", ".join([*ways, f"<mailto:{content.reply_to or config.address}?subject=STOP>"])
        if content.unsubscribe.startswith("https://"):  # RFC 8058 section 3.1
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if content.automatic:
        mail["Auto-Submitted"] = "auto-generated"
    mail["X-Loop"] = config.address.rpartition("@")[2]
    _fill(mail, content)
    return mail


def _policy(to: str) -> EmailPolicy[EmailMessage]:
    """ASCII headers, unless the address itself is not (RFC 6531)."""
    return SMTP if to.isascii() else SMTP.clone(utf8=True)


def one_line(words: str) -> str:
    """Words for a header: nothing that ends a line, nothing that cannot be seen."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())[:200]


def _beginning(content: Content) -> str:
    """A mail without a subject is called as it begins."""
    words = next((one_line(_words(part)) for part in content.parts if part.media_type == "text/plain"), "")
    return words if len(words) <= 60 else f"{words[:59]}…"


def _words(part: ContentPart) -> str:
    return part.data.decode(part.charset or "utf-8", "replace")


def _fill(mail: EmailMessage, content: Content) -> None:
    parts = [part for part in content.parts if part.media_type != "application/smil"]
    words = [_words(part) for part in parts if part.media_type == "text/plain" and part.charset]
    mail.set_content("\n\n".join(words) + "\n", cte="quoted-printable")
    pictures = [part for part in parts if part.media_type in INLINE]
    files = [part for part in parts if part not in pictures and not (part.media_type == "text/plain" and part.charset)]
    if pictures:
        _show(mail, parts, pictures)
    for file in files:
        main, _, sub = file.media_type.partition("/")
        mail.add_attachment(
            file.data, main or "application", sub or "octet-stream", filename=one_line(file.name) or "file"
        )


def _show(mail: EmailMessage, parts: list[ContentPart], pictures: list[ContentPart]) -> None:
    ids = {id(picture): f"picture-{number}@smsgw" for number, picture in enumerate(pictures, 1)}
    blocks = []
    for part in parts:
        if part.media_type == "text/plain" and part.charset:
            blocks.append(f'<p dir="auto">{html.escape(_words(part)).replace(chr(10), "<br>")}</p>')
        elif id(part) in ids:
            alt = html.escape(one_line(part.name), quote=True)
            blocks.append(f'<p><img src="cid:{ids[id(part)]}" alt="{alt}" style="max-width:100%;height:auto"></p>')
    inner = "\n".join(blocks)
    head = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>'
    mail.add_alternative(
        f'{head}<body style="{_STYLE}">\n{inner}\n</body></html>\n', subtype="html", cte="quoted-printable"
    )
    page = mail.get_body(("html",))
    assert isinstance(page, MIMEPart)
    for picture in pictures:
        main, _, sub = picture.media_type.partition("/")
        name = one_line(picture.name) or f"picture.{sub}"
        page.add_related(picture.data, main, sub, cid=f"<{ids[id(picture)]}>", filename=name, disposition="inline")
