"""What somebody newly wrote in a mail: the words above the quote and the signature.

Mail programs put a line of introduction over what they quote, each in its own language: `On … wrote:`, `Am … schrieb
…:`. What these rules do not know, the library email-reply-parser may (it knows English and some more). Where everything
stands below quotes, or between them, the lines that are no quotes are what was written.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from email_reply_parser import EmailReplyParser

MOST_LINES = 1_000  # of a mail that are looked at: an answer is shorter
LONGEST_LINE = 2_000
_MARKS = "\u200e\u200f\u202a\u202b\u202c "  # of direction, which programs put around an introduction
_LONGEST_INTRODUCTION = 300
_MOST_LOOKS = 200  # lines that are looked at for being one: a mail has few that end with a colon
_WRAPPED = 3  # lines over which the introduction of a quote may be wrapped

# The introduction of a quote, of which the whole is matched with its wrapped lines put together. In the order of
# languages: English, German, Slovene, Croatian, Italian, Russian, Persian; then any that names a time and an address.
_INTRODUCTIONS = re.compile(
    r"(?:"
    r"on\b.{4,200}\bwrote|.{4,200}<[^<>\s]+@[^<>\s]+> wrote"
    r"|am\b.{4,200}\bschrieb\b.{0,120}|.{4,160}\bhat am\b.{4,80}\bgeschrieben"
    r"|(?:v|dne|dana?|(?:pon|tor|sre|čet|cet|pet|sob|ned)[^:]{0,12}).{4,200}\bje\b.{0,120}\bnapisal(?:a|\(a\)|/a)?.{0,120}"
    r"|.{4,200}\bnapisa(?:o|la|o/la|o\(la\)) je|dana?\b.{4,200}\bnapisa(?:o|la|o/la)\b.{0,120}"
    r"|(?:il|in data)\b.{4,200}\bha scritto"
    r"|.{4,200}\b(?:пишет|писал\(?а?\)?|написал\(?а?\)?)"
    r"|.{4,200}نوشت(?:ه است|ند|)?"
    r"|.{0,200}\d.{0,200}<[^<>\s]+@[^<>\s]+>"
    r")\s*[:：]",
    re.IGNORECASE,
)
# What stands alone over a quoted or forwarded mail.
_RULES = re.compile(
    r"\s*(?:-{2,}|_{2,}|={2,})\s*(?:"
    r"original message|forwarded message|original appointment"
    r"|ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht"
    r"|izvirno sporočilo|prvotno sporočilo|posredovano sporočilo"
    r"|izvorna poruka|originalna poruka|proslijeđena poruka"
    r"|messaggio originale|messaggio inoltrato"
    r"|исходное сообщение|пересылаемое сообщение|пересланное сообщение"
    r"|پیام اصلی|پیام ارسال شده"
    r")\s*(?:-{2,}|_{2,}|={2,})\s*|\s*_{20,}\s*",
    re.IGNORECASE,
)
# Outlook's block: the first names who wrote, and at least two others follow within a few lines.
_FROM = re.compile(r"\W{0,3}(?:from|von|od|šalje|da|от|از)\s*:", re.IGNORECASE)
_OTHERS = re.compile(
    r"\W{0,3}(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|poslano|za|zadeva|kp|prima|predmet|inviato|data|a|oggetto"
    r"|отправлено|дата|кому|копия|тема|ارسال شده|تاریخ|به|موضوع)\s*:",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"\s*(?:sent from my\b.*|get outlook for\b.*|(?:von meine[mr]\b.*|mit meine[mr]\b.*)gesendet\b.*|gesendet von\b.*"
    r"|poslano (?:z|s|iz|preko|sa)\b.*|poslano s mo(?:je|jeg)\b.*|inviato da\b.*|отправлено (?:с|из)\b.*"
    r"|ارسال شده از\b.*)",
    re.IGNORECASE,
)


def newest(text: str) -> str:
    """What was newly written in a mail's text: without quotes below it, and without a signature."""
    lines = [line[:LONGEST_LINE].rstrip() for line in _plain(text).split("\n")[:MOST_LINES]]
    end = _quote_at(lines)
    above = _unsigned(lines[:end])
    said = _trimmed([line for line in above if not line.lstrip().startswith(">")])
    if said:
        return _trimmed(EmailReplyParser.parse_reply(said).split("\n")) or said
    below = [line for line in lines[end + 1 :] if not line.lstrip().startswith(">")]
    return _trimmed(_unsigned(below)) if _is_quoted(lines[end + 1 :]) else ""


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\u200b", "")


def _quote_at(lines: list[str]) -> int:
    """The line at which the first quote begins, its introduction included; behind the last line where there is none."""
    looks = 0
    for at, line in enumerate(lines):
        if _RULES.fullmatch(line):
            return at
        if _FROM.match(line) and sum(bool(_OTHERS.match(other)) for other in lines[at + 1 : at + 7]) >= 2:
            return at
        if line.rstrip(_MARKS).endswith((":", "：")) and looks < _MOST_LOOKS:
            looks += 1
            if (begin := _introduction(lines, at)) is not None:
                return begin
    return len(lines)


def _introduction(lines: list[str], end: int) -> int | None:
    """Where an introduction begins that ends with this line; it may be wrapped, and has no empty line in it."""
    for begin in range(end, max(-1, end - _WRAPPED), -1):
        if not lines[begin].strip():
            break
        words = " ".join(" ".join(lines[begin : end + 1]).split()).strip(_MARKS)
        if len(words) <= _LONGEST_INTRODUCTION and _INTRODUCTIONS.fullmatch(words):
            return begin
    below = next((line for line in lines[end + 1 :] if line.strip()), "")
    return end if below.lstrip().startswith(">") and any(letter.isdigit() for letter in lines[end]) else None


def _unsigned(lines: list[str]) -> list[str]:
    """The lines above the signature (RFC 3676 section 4.3: two hyphens and a space), and above "Sent from my …"."""
    for at, line in enumerate(lines):
        if line in ("--", "-- ", "—"):  # the space is often lost
            return lines[:at]
    while lines and (not lines[-1].strip() or _SIGNED.fullmatch(lines[-1])):
        lines = lines[:-1]
    return lines


def _is_quoted(lines: list[str]) -> bool:
    """Whether quotes are marked here, so that what is not marked is new."""
    return any(line.lstrip().startswith(">") for line in lines)


def _trimmed(lines: list[str]) -> str:
    """Without empty lines around, and no two of them in a row."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


class _Words(HTMLParser):
    """Collects what is to be read of HTML; a quote that is marked as one becomes lines with >."""

    _BLOCKS = frozenset(
        ["p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "hr"]
    )
    _UNREAD = frozenset("script style head title template".split())  # noqa: SIM905

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unread = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._UNREAD:
            self._unread += 1
        if tag in self._BLOCKS:
            self._line()
        if tag == "blockquote":
            self._quoted += 1
            self._line()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._UNREAD and self._unread:
            self._unread -= 1
        if tag == "blockquote" and self._quoted:
            self._quoted -= 1
        if tag in self._BLOCKS and tag != "br":
            self._line()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(re.sub(r"\s+", " ", data))

    def _line(self) -> None:
        self.words.append("\n> " if self._quoted else "\n")


def words_of_html(html: str) -> str:
    """What is to be read of a mail that came as HTML only."""
    parser = _Words()
    parser.feed(html[:2_000_000])
    parser.close()
    lines = "".join(parser.words).split("\n")
    tidy = [" ".join(line.split()) for line in lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join("" if line == ">" else line for line in tidy)).strip()
