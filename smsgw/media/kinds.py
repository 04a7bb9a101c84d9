"""What octets are, by themselves: never by a name or a header that came with them."""

from __future__ import annotations

_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"#!AMR\n", "audio/amr"),
    (b"#!AMR-WB\n", "audio/amr-wb"),
    (b"MThd", "audio/midi"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
# ISO base media (14496-12 section 4.3): the major brand says which family.
_BRANDS = {
    b"3g": "video/3gpp", b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic",
    b"mif1": "image/heif", b"msf1": "image/heif", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}  # fmt: skip
_CARDS = ((b"BEGIN:VCARD", "text/x-vCard"), (b"BEGIN:VCALENDAR", "text/x-vCalendar"))
_TRICKS = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"<?php")


def kind_of(octets: bytes) -> str | None:
    """The media type of what these octets are; None for what we do not know, or do not want to pass on.

    Text must be UTF-8 without control characters; HTML, SVG and scripts are none of ours.
    """
    for beginning, kind in _BEGINNINGS:
        if octets.startswith(beginning):
            return kind
    if octets[:4] == b"RIFF":
        return _RIFF.get(octets[8:12])
    if octets[4:8] == b"ftyp":
        brand = octets[8:12]
        return _BRANDS.get(brand) or _BRANDS.get(brand[:2]) or "video/mp4"
    if len(octets) > 1 and octets[0] == 0xFF and octets[1] & 0xE6 == 0xE2:  # MPEG audio layer III, frame sync
        return "audio/mpeg"
    return _text(octets)


def _text(octets: bytes) -> str | None:
    start = octets.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, kind in _CARDS:
        if start[: len(beginning)].upper() == beginning:
            return kind
    if not start or any(trick in start[:512].lower() for trick in _TRICKS):
        return None
    try:
        words = octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "text/plain" if all(letter >= " " or letter in "\t\r\n" for letter in words) else None
