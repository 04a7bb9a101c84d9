"""Take off what a camera wrote beside its picture or film, the place above all, and leave every pixel as it is.

For what is passed on as it was given to us: by mail, or to be saved from a page. What is odd in a file is left as it is
found; what holds its notes in a way that cannot be cut out (`DRAWN_ANEW`) is to be made a JPEG instead.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from PIL import Image

DRAWN_ANEW = ("image/heic", "image/heif", "image/avif")
_ORIENTATION = 0x0112
_STANDALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length (ITU-T T.81 table B.1)
_NOTES = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")  # chunks of PNG
_FILMS = ("video/mp4", "video/3gpp", "video/quicktime", "audio/mp4")
_DEEPEST = 3  # boxes of a film in one another that are looked into: moov, trak


def bare(octets: bytes, kind: str) -> bytes:
    """The same picture or film without its notes; of a kind that has none that we know, the same octets."""
    try:
        if kind == "image/jpeg":
            return _jpeg(octets)
        if kind == "image/png":
            return b"".join(_png(octets))
        if kind == "image/webp":
            return _webp(octets)
        if kind in _FILMS:
            film = bytearray(octets)
            _film(film, 0, len(film), 1)
            return bytes(film)
    except (struct.error, IndexError, ValueError):  # it ends too early
        pass
    return octets


def _jpeg(octets: bytes) -> bytes:
    """JFIF, colours and the picture alone (ITU-T T.81 annex B); nothing behind its end, where phones put more."""
    made, at = bytearray(octets[:2]), 2
    turned = _turned(octets)
    if turned is not None:
        made += turned
    while True:
        if octets[at] != 0xFF:
            raise ValueError("no marker")
        marker = octets[at + 1]
        if marker == 0xFF:  # fill
            at += 1
        elif marker == 0xD9:
            return bytes(made + b"\xff\xd9")
        elif marker in _STANDALONE:
            made += octets[at : at + 2]
            at += 2
        else:
            (length,) = struct.unpack_from(">H", octets, at + 2)
            end = at + 2 + length
            if not _is_note(marker, octets[at + 4 : at + 20]):
                made += octets[at:end]
            if marker == 0xDA:
                begin, end = end, _scanned(octets, end)
                made += octets[begin:end]
            at = end


def _is_note(marker: int, begins: bytes) -> bool:
    """Whether a segment is beside the picture. Kept are JFIF, the colour profile and Adobe's word on colours."""
    if marker == 0xFE:
        return True
    kept = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
    return 0xE0 <= marker <= 0xEF and not (marker in kept and begins.startswith(kept[marker]))


def _scanned(octets: bytes, at: int) -> int:
    """Where the coded picture that begins here ends: at the next marker that is none of its own."""
    while True:
        at = octets.index(b"\xff", at)
        if octets[at + 1] != 0x00 and not 0xD0 <= octets[at + 1] <= 0xD7:
            return at
        at += 2


def _turned(octets: bytes) -> bytes | None:
    """An Exif segment that says how the camera was held, and nothing else; None where it was held straight."""
    try:
        with Image.open(io.BytesIO(octets)) as opened:
            held = opened.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - Exif of any oddness raises anything; then it is not told
        return None
    if held not in range(2, 9):
        return None
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, held, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png(octets: bytes) -> Iterator[bytes]:
    yield octets[:8]
    at = 8
    while True:
        (length,) = struct.unpack_from(">I", octets, at)
        kind, end = octets[at + 4 : at + 8], at + 12 + length
        if end > len(octets):
            raise ValueError("it ends too early")
        if kind not in _NOTES:
            yield octets[at:end]
        if kind == b"IEND":
            return
        at = end


def _webp(octets: bytes) -> bytes:
    kept, at = bytearray(), 12
    end = min(len(octets), 8 + struct.unpack_from("<I", octets, 4)[0])
    while at + 8 <= end:
        kind = octets[at : at + 4]
        (length,) = struct.unpack_from("<I", octets, at + 4)
        piece = bytearray(octets[at : at + 8 + length + length % 2])
        if kind == b"VP8X":
            piece[8] &= ~0x0C  # that there is Exif or XMP
        if kind not in (b"EXIF", b"XMP "):
            kept += piece
        at += len(piece)
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + bytes(kept)


def _film(film: bytearray, at: int, end: int, depth: int) -> None:
    """Make notes free space, in their place (ISO 14496-12 sections 8.1.2, 8.10.1): nothing else may move."""
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", film, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", film, at + 8)[0], 16
        stop = end if size == 0 else at + size
        if (size != 0 and size < head) or stop > end:
            return
        if kind in (b"udta", b"meta") or (kind == b"uuid" and depth == 1):
            film[at + 4 : at + 8] = b"free"
            film[at + head : stop] = bytes(stop - at - head)
        elif kind in (b"moov", b"trak") and depth < _DEEPEST:
            _film(film, at + head, stop, depth + 1)
        at = stop
