"""What a message carries besides a text: slides of words, pictures, video and sound, and files beside them.

Slides are what somebody sees one after the other: each has at most one picture or video, one sound and one text. Texts
are told as they are to be read, already personalised. `faults` tells everything that is wrong at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import BadInput, Fault
from .profiles import PROFILES
from .store import Medium

POLICIES = ("mms-first", "link-first", "never")
MOST_SLIDES, MOST_FILES = 20, 10
SUBJECT = 80  # letters; phones show forty of them
WORDS = 1000  # letters of the text of one slide
SECONDS = 5.0  # for which a slide is shown unless it says otherwise
LONGEST = 300.0


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide. medium: a picture or a video; sound: a sound; both by their id in the media store.

    seconds: for which it is shown; None: `SECONDS`.
    """

    text: str = ""
    medium: str | None = None
    sound: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """A file beside the slides, by its id in the media store. name: its file name; "": one by its type."""

    medium: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a message is to carry. policy, profile: None for those of the configuration.

    language: of the sentences that the gateway adds ("" for its own). from_name: who sends it, as a notice says.
    read_report: whether we want to know that it was read. reply_to: of a mail. pin: a code that its page asks for.
    """

    slides: tuple[Slide, ...] = ()
    attached: tuple[Attached, ...] = ()
    subject: str = ""
    policy: str | None = None
    profile: str | None = None
    language: str = ""
    from_name: str = ""
    read_report: bool = False
    reply_to: str | None = None
    pin: str | None = field(default=None, repr=False)

    @property
    def media(self) -> list[str]:
        """The ids of all media, in their order, each once."""
        found = [id for slide in self.slides for id in (slide.medium, slide.sound) if id is not None]
        return list(dict.fromkeys([*found, *(one.medium for one in self.attached)]))

    @property
    def words(self) -> str:
        """All that is to be read, a line each: what lists show and what stands for its text."""
        return "\n".join(words for words in (self.subject, *(slide.text for slide in self.slides)) if words)

    @property
    def digest(self) -> str:
        """What tells one content from another: the same words and media have the same."""
        told = json.dumps([self.subject, slides_told(self), files_told(self)], ensure_ascii=False)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def of_media(media: Sequence[str], text: str = "", subject: str = "") -> Contents:
    """The plain case, pictures by their ids with one text: a slide for each, the text on the first."""
    slides = [Slide(text if place == 0 else "", id) for place, id in enumerate(media)]
    return Contents(tuple(slides) or (Slide(text),), subject=subject)


def of_stored(media: Sequence[Medium], text: str = "", subject: str = "") -> Contents:
    """Any media with one text: a slide for each that can be shown, the text on the first, the rest as files.

    A sound is beside the picture before it.
    """
    slides: list[Slide] = []
    files = tuple(Attached(one.sha256) for one in media if one.family not in ("picture", "video", "sound"))
    for one in media:
        if one.family in ("picture", "video"):
            slides.append(Slide(medium=one.sha256))
        elif one.family == "sound":
            if slides and slides[-1].sound is None:
                slides[-1] = replace(slides[-1], sound=one.sha256)
            else:
                slides.append(Slide(sound=one.sha256))
    if text:
        slides[:1] = [replace(slides[0], text=text)] if slides else [Slide(text)]
    return Contents(tuple(slides), files, subject)


def faults(
    contents: Contents, media: Mapping[str, Medium], pointer: str = "/content", most_words: int | None = WORDS
) -> list[Fault]:
    """Everything that is wrong with a content. media: those of its media that are in the store.

    most_words: letters of the text of one slide; None for no bound (a mail).
    """
    found = list(_of_the_whole(contents, pointer))
    for place, slide in enumerate(contents.slides):
        found += _of_a_slide(slide, media, f"{pointer}/slides/{place}", most_words)
    for place, file in enumerate(contents.attached):
        where = f"{pointer}/attached/{place}"
        found += _missing(file.medium, media, f"{where}/medium")
        if len(file.name) > 80 or any(letter in file.name for letter in '/\\\r\n\0"'):
            says = "a file name has at most 80 letters, and no strokes, quotes or line ends"
            found.append(Fault(f"{where}/name", "name_invalid", says))
    return found


def _of_the_whole(contents: Contents, pointer: str) -> Iterator[Fault]:
    if not contents.slides and not contents.attached:
        yield Fault(pointer, "content_empty", "there is nothing in it: give a slide or a file")
    if len(contents.slides) > MOST_SLIDES:
        says = f"there are {len(contents.slides)} slides, and {MOST_SLIDES} are the most"
        yield Fault(f"{pointer}/slides", "too_many", says)
    if len(contents.attached) > MOST_FILES:
        says = f"there are {len(contents.attached)} files, and {MOST_FILES} are the most"
        yield Fault(f"{pointer}/attached", "too_many", says)
    if len(contents.subject) > SUBJECT or any(letter in contents.subject for letter in "\r\n\0"):
        says = f"a subject is one line of at most {SUBJECT} letters"
        yield Fault(f"{pointer}/subject", "subject_invalid", says)
    if contents.policy not in (None, *POLICIES):
        yield Fault(f"{pointer}/policy", "policy_unknown", f"a policy is one of {', '.join(POLICIES)}")
    if contents.profile is not None and contents.profile not in PROFILES:
        yield Fault(f"{pointer}/profile", "profile_unknown", f"a profile is one of {', '.join(PROFILES)}")
    if len(contents.from_name) > 120:
        yield Fault(f"{pointer}/from_name", "name_too_long", "a name has at most 120 letters")


def _of_a_slide(slide: Slide, media: Mapping[str, Medium], where: str, most_words: int | None) -> list[Fault]:
    found = []
    if not slide.text and slide.medium is None and slide.sound is None:
        found.append(Fault(where, "slide_empty", "the slide shows nothing: give it a text, a picture, video or sound"))
    if most_words is not None and len(slide.text) > most_words:
        says = f"the text has {len(slide.text)} letters, and {most_words} on one slide are the most: use another slide"
        found.append(Fault(f"{where}/text", "text_too_long", says))
    if slide.seconds is not None and not 1 <= slide.seconds <= LONGEST:
        found.append(Fault(f"{where}/seconds", "out_of_range", f"a slide is shown for 1 to {LONGEST:g} seconds"))
    for key, id, families in (
        ("medium", slide.medium, ("picture", "video")),
        ("sound", slide.sound, ("sound",)),
    ):
        if id is None:
            continue
        missing = _missing(id, media, f"{where}/{key}")
        found += missing
        if not missing and media[id].family not in families:
            says = f"{media[id].media_type} is no {' or '.join(families)}: attach it as a file, or choose another"
            found.append(Fault(f"{where}/{key}", "media_type_unfit", says))
    return found


def _missing(id: str, media: Mapping[str, Medium], pointer: str) -> list[Fault]:
    medium = media.get(id)
    if medium is None:
        return [Fault(pointer, "media_unknown", f"there is no medium {id[:64]}: give the file first")]
    if medium.purged:
        return [Fault(pointer, "media_gone", f"the octets of {id} are gone, their time was over: give the file again")]
    return []


def slides_told(contents: Contents) -> list[dict[str, Any]]:
    """The slides as they are stored: `text`, and where they are there `medium`, `sound`, `seconds`."""
    return [
        {"text": slide.text}
        | {key: value for key in ("medium", "sound", "seconds") if (value := getattr(slide, key)) is not None}
        for slide in contents.slides
    ]


def files_told(contents: Contents) -> list[dict[str, Any]] | None:
    """The files as they are stored: `medium`, `name`; None where there are none."""
    return [{"medium": one.medium, "name": one.name} for one in contents.attached] or None


def told(slides: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, Any]] | None, **more: Any) -> Contents:
    """The content whose slides and files are stored like this."""
    return Contents(
        tuple(Slide(one.get("text") or "", one.get("medium"), one.get("sound"), one.get("seconds")) for one in slides),
        tuple(Attached(one["medium"], one.get("name") or "") for one in files or ()),
        **more,
    )


def read(value: Mapping[str, Any], pointer: str = "/content") -> Contents:
    """A content as programs tell it: `slides`, `attached`, `subject`, `policy`, `profile`, and so on.

    Raises BadInput for keys and kinds of values that it does not know, all at once; `faults` tells the rest.
    """
    wrong: list[Fault] = []
    kinds: dict[str, type | tuple[type, ...]] = {
        "slides": list, "attached": list, "subject": str, "policy": str, "profile": str, "language": str,
        "from_name": str, "read_report": bool, "reply_to": str, "pin": str,
    }  # fmt: skip
    taken = _typed(value, kinds, pointer, wrong)
    slide_kinds: dict[str, type | tuple[type, ...]] = {
        "text": str, "medium": str, "sound": str, "seconds": (int, float),
    }  # fmt: skip
    slides = [
        Slide(**_typed(one, slide_kinds, f"{pointer}/slides/{place}", wrong))
        for place, one in enumerate(taken.pop("slides", []))
    ]
    attached = []
    for place, one in enumerate(taken.pop("attached", [])):
        file = _typed(one, {"medium": str, "name": str}, f"{pointer}/attached/{place}", wrong)
        if "medium" in file:
            attached.append(Attached(**file))
        else:
            wrong.append(Fault(f"{pointer}/attached/{place}/medium", "missing", "say which medium"))
    if wrong:
        raise BadInput(wrong)
    return Contents(tuple(slides), tuple(attached), **taken)


def _typed(
    value: Any, kinds: Mapping[str, type | tuple[type, ...]], pointer: str, wrong: list[Fault]
) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        wrong.append(Fault(pointer, "wrong_type", "an object is wanted here"))
        return {}
    found: dict[str, Any] = {}
    for key, one in value.items():
        if key not in kinds:
            wrong.append(
                Fault(f"{pointer}/{key}", "unknown_field", f"there is no {key!r}; there are {', '.join(kinds)}")
            )
        elif one is not None and (
            not isinstance(one, kinds[key]) or (isinstance(one, bool) and kinds[key] is not bool)
        ):
            wrong.append(Fault(f"{pointer}/{key}", "wrong_type", f"{key} is of another kind"))
        elif one is not None:
            found[key] = one
    return found
