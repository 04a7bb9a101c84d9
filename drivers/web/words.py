"""Fill a profile's words in, and find its paths in what a carrier says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from smsgw.link import Alphabet, ContentPart, WirePart
from smsgw.link_verbs import Notice
from smsgw.text.parts import Piece, join

_HOLE = re.compile(r"\{(\w+)\}")
LONGEST = 200  # letters of a carrier's own words that are kept


def words_of(part: WirePart, ref: str, sender: str, user: str, password: str, hook: str) -> dict[str, Any]:
    """Everything that a profile can name."""
    is_data = part.alphabet is Alphabet.OCTETS
    text = "" if is_data or part.content is not None else join([Piece(part.alphabet, part.user_data, part.udh)])
    unicode = part.alphabet is Alphabet.UCS2
    return {
        "to": part.to, "bare": part.to.removeprefix("+"), "from": part.sender or sender, "text": text, "user": user,
        "password": password, "ref": ref, "hook": hook, "kind": "unicode" if unicode else "text",
        "octets": part.user_data if is_data else text.encode("utf-16-be" if unicode else "utf-8"), "udh": part.udh,
        "coding": "1" if is_data else "2" if unicode else "0",
        "charset": "" if is_data else "UTF-16BE" if unicode else "UTF-8", "mask": "31" if hook and part.receipt else "",
    }  # fmt: skip


def media_words(part: WirePart, urls: Sequence[tuple[ContentPart, str]]) -> dict[str, Any]:
    """What can be named besides, of an MMS. urls: its media, and where each is lent."""
    content = part.content
    read = [one for one in content.parts if one.media_type == "text/plain"] if content is not None else []
    text = "\n".join(one.data.decode(one.charset or "utf-8", "replace") for one in read)
    each = [{"url": url, "type": one.media_type, "name": one.name} for one, url in urls]
    return {
        "text": text, "subject": "" if content is None else content.subject, "media": [url for _, url in urls],
        "*media": each, "*words": [{}] if text else [],
    }  # fmt: skip


def filled(written: Any, words: Mapping[str, Any]) -> Any:
    """A field of a profile with its words; None for one that would be empty."""
    if isinstance(written, dict) and any(name.startswith("*") for name in written):
        return [filled(inner, {**words, **one}) for name, inner in written.items() for one in words[name]]
    if isinstance(written, dict):
        told = {name: filled(inner, words) for name, inner in written.items()}
        return {name: inner for name, inner in told.items() if inner is not None}
    if isinstance(written, list):
        return [filled(inner, words) for inner in written]
    if not isinstance(written, str):
        return written
    alone = _HOLE.fullmatch(written)
    if alone:
        word = words[alone[1]]
        return word if word not in ("", b"", []) else None
    if "{hook}" in written and not words["hook"]:
        return None
    return _HOLE.sub(
        lambda hole: quote(str(words[hole[1]]), safe="") if hole[1] == "ref" else str(words[hole[1]]), written
    )


def found(paths: tuple[str, ...], said: Any) -> str | None:
    """What the first of these paths that leads somewhere leads to."""
    for path in paths:
        here: Any = said
        for step in path.split("."):
            if isinstance(here, Mapping):
                here = here.get(step)
            elif isinstance(here, list) and step.isdigit() and int(step) < len(here):
                here = here[int(step)]
            else:
                here = None
        if isinstance(here, str | int | float) and not isinstance(here, bool) and here != "":
            return str(here)
    return None


def listed(paths: tuple[str, ...], said: Any) -> list[Any]:
    """The list that the first of these paths leads to that leads to one; a text with several words is one, too."""
    for path in paths:
        here: Any = said
        for step in path.split("."):
            here = here.get(step) if isinstance(here, Mapping) else None
        if isinstance(here, str) and here.strip():
            return re.split(r"[\s,]+", here.strip())
        if isinstance(here, list) and here:
            return here
    return []


def parsed(octets: bytes) -> Any:
    """What a carrier said, as JSON; {} for what is none."""
    try:
        return json.loads(octets)
    except (ValueError, RecursionError):
        return {}


def told(notice: Notice) -> dict[str, Any]:
    """The words of a notice: of its query, and of its body, a form or JSON. Raises ValueError for a broken body."""
    words: dict[str, Any] = dict(parse_qsl(urlsplit(notice.url).query, keep_blank_values=True, max_num_fields=500))
    if not notice.body.strip():
        return words
    if "json" in notice.headers.get("content-type", ""):
        try:
            body = json.loads(notice.body)
        except RecursionError as deep:
            raise ValueError("it nests too deep") from deep
        if not isinstance(body, dict):
            raise ValueError("it is no object")
        return {**words, **body}
    pairs = parse_qsl(notice.body.decode(), keep_blank_values=True, max_num_fields=500)
    return {**words, **dict(pairs)}
