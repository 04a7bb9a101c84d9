"""Fit a picture into what a phone takes: so many octets, so many pixels, and a type that it shows.

The way a photograph was held is applied and then forgotten with everything else that a camera writes down, the place
above all. A drawing stays PNG where that fits, what moves is passed on whole or refused, never stopped. Runs in a
process of its own (see `child`): a picture from outside may be made to eat memory and time.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from importlib import import_module

from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import SmsgwError
from .kinds import kind_of

MOST_PIXELS = 40_000_000
BEST, WORST = 88, 35  # qualities of JPEG between which we look
SMALLEST = 320  # pixels of the longer side below which a link to a page is the better picture
DRAWING = 256  # colours that a drawing has at most
HEIC = ("image/heic", "image/heif")
AS_THEY_ARE = ("image/jpeg", "image/png", "image/gif")  # what every phone with MMS shows (OMA MMS conformance)


@functools.cache
def reads_heic() -> bool:
    """Whether the pictures of iPhones can be read: from then on Pillow opens them."""
    try:
        import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return False
    return True


class Unfit(SmsgwError):
    """A picture that cannot be read, or cannot be made to fit; says why."""

    code = "media_unfit"
    hint = "send a link to a page instead, or another picture"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture that fits: octets, their type, its size in pixels. changed: whether these are not the original's."""

    octets: bytes
    kind: str
    width: int
    height: int
    changed: bool


def picture(octets: bytes, most: int, width: int, height: int) -> Fitted:
    """The picture in at most `most` octets and within `width` times `height` pixels (or turned by a quarter).

    Raises Unfit.
    """
    kind = kind_of(octets)
    if kind in HEIC and not reads_heic():
        raise Unfit("a HEIC picture cannot be read here: pillow-heif is not installed (pip install smsgw[heic])")
    try:
        with Image.open(io.BytesIO(octets)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Unfit(f"{opened.width} × {opened.height} pixels are more than {MOST_PIXELS}")
            if getattr(opened, "n_frames", 1) > 1:
                return _moving(octets, opened, kind, most)
            opened.draft("RGB", (2 * width, 2 * height))  # JPEG: decode no more than is needed
            drawn = ImageOps.exif_transpose(opened)
            drawn.load()
            return _fitted(drawn, most, width, height)
    except Unfit:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise Unfit(f"the picture cannot be read: {error}") from error


def _moving(octets: bytes, opened: Image.Image, kind: str | None, most: int) -> Fitted:
    if kind != "image/gif":
        raise Unfit("a moving picture that is no GIF cannot be sent")
    if len(octets) > most:
        raise Unfit(f"a moving picture of {len(octets)} octets, and {most} are the most")
    return Fitted(octets, kind, opened.width, opened.height, False)


def _fitted(drawn: Image.Image, most: int, width: int, height: int) -> Fitted:
    bounds = (width, height) if drawn.width >= drawn.height else (height, width)
    drawing = _is_drawing(drawn)
    plain = (
        drawn.convert("RGBA" if drawing and _is_glassy(drawn) else "RGB") if not drawing or drawn.mode != "P" else drawn
    )
    plain = _within(plain, bounds)
    if drawing:
        made = _png(plain)
        if len(made) <= most:
            return Fitted(made, "image/png", plain.width, plain.height, True)
    return _photograph(_on_white(plain), most)


def _photograph(drawn: Image.Image, most: int) -> Fitted:
    while True:
        made = _best_quality(drawn, most)
        if made is not None:
            return Fitted(made, "image/jpeg", drawn.width, drawn.height, True)
        longer = max(drawn.width, drawn.height)
        if longer <= SMALLEST:
            raise Unfit(f"it does not fit into {most} octets without becoming a smudge")
        share = max(SMALLEST / longer, 0.75)
        drawn = drawn.resize(
            (max(1, round(drawn.width * share)), max(1, round(drawn.height * share))), Image.Resampling.LANCZOS
        )


def _best_quality(drawn: Image.Image, most: int) -> bytes | None:
    """The JPEG of the highest quality that fits; None when not even the lowest does."""
    low, high, found = WORST, BEST, None
    while low <= high:
        quality = (low + high + 1) // 2 if found or low > WORST else low
        made = _jpeg(drawn, quality)
        if len(made) <= most:
            low, found = quality + 1, made
        else:
            high = quality - 1
    return found


def _jpeg(drawn: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=quality, progressive=False, subsampling="4:2:0", optimize=True)
    return out.getvalue()


def _png(drawn: Image.Image) -> bytes:
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return out.getvalue()


def _within(drawn: Image.Image, bounds: tuple[int, int]) -> Image.Image:
    if drawn.width <= bounds[0] and drawn.height <= bounds[1]:
        return _bare(drawn)
    shrunk = drawn.convert("RGBA" if _is_glassy(drawn) else "RGB") if drawn.mode == "P" else drawn.copy()
    shrunk.thumbnail(bounds, Image.Resampling.LANCZOS)
    return _bare(shrunk)


def _bare(drawn: Image.Image) -> Image.Image:
    """The picture without what a camera or a program wrote beside it."""
    bare = drawn.copy()
    for key in [key for key in bare.info if key != "transparency"]:
        del bare.info[key]
    return bare


def _is_drawing(drawn: Image.Image) -> bool:
    """Whether it has few colours, or glass in it."""
    if _is_glassy(drawn) or drawn.mode in ("1", "P", "L"):
        return drawn.mode != "L"
    sample = drawn.convert("RGB")
    sample.thumbnail((256, 256), Image.Resampling.NEAREST)
    return sample.getcolors(DRAWING) is not None


def _is_glassy(drawn: Image.Image) -> bool:
    return drawn.mode in ("RGBA", "LA", "PA") or "transparency" in drawn.info


def _on_white(drawn: Image.Image) -> Image.Image:
    if not _is_glassy(drawn):
        return drawn.convert("RGB")
    glass = drawn.convert("RGBA")
    paper = Image.new("RGB", glass.size, "white")
    paper.paste(glass, mask=glass.getchannel("A"))
    return paper
