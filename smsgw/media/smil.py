"""Write slides down as phones do: SMIL with two regions and a `par` for each slide, its parts named beside it.

The subset that every phone shows (3GPP TS 26.246 and OMA MMS conformance V1.2, section 7): what is seen in the region
Image, words in the region Text, times in milliseconds, `src` the name of the part. Who makes an MMS without slides has
no SMIL: then the phone shows the parts one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

MEDIA_TYPE = "application/smil"
NAME = "slides.smil"
_HEAD = (
    '<smil><head><layout><root-layout width="{width}" height="{height}"/>'
    '<region id="Image" left="0" top="0" width="100%" height="{image}" fit="meet"/>'
    '<region id="Text" left="0" top="{image}" width="100%" height="{text}" fit="scroll"/>'
    "</layout></head><body>"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One slide as its parts are named: each None where there is none. video: whether what is seen is a video."""

    seconds: float
    seen: str | None = None
    video: bool = False
    sound: str | None = None
    text: str | None = None


def written(slides: Sequence[Shown], width: int = 320, height: int = 240) -> bytes:
    """The SMIL of these slides, in UTF-8."""
    seen, words = any(one.seen for one in slides), any(one.text for one in slides)
    image = "80%" if seen and words else "100%" if seen else "0%"
    text = "20%" if seen and words else "0%" if seen else "100%"
    body = "".join(_slide(one) for one in slides)
    head = _HEAD.format(width=width, height=height, image=image, text=text)
    return f"{head}{body}</body></smil>".encode()


def _slide(one: Shown) -> str:
    inner = ""
    if one.seen:
        inner += f'<{"video" if one.video else "img"} src={quoteattr(one.seen)} region="Image"/>'
    if one.sound:
        inner += f"<audio src={quoteattr(one.sound)}/>"
    if one.text:
        inner += f'<text src={quoteattr(one.text)} region="Text"/>'
    return f'<par dur="{round(one.seconds * 1000)}ms">{inner}</par>'
