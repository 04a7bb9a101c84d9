"""What a campaign shows besides its text: pictures, sound and further slides, by language, with the customers' values.

The text of the campaign, in its variants, is the text of the first slide. What a language has no medium or words of its
own for is that of the campaign's language.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from ..errors import Fault
from ..media import contents, store
from ..media.contents import Attached, Contents, Slide
from ..text import template as grammar

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Medium = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Words = dict[Language, Annotated[str, Field(max_length=contents.WORDS)]]
Media = dict[Language, Medium]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShownSlide(_Section):
    """One slide, each part of it by language."""

    text: Words = Field(
        {}, description="Its words; those of the first slide are the text of the campaign.", examples=[{"sl": "Novo!"}]
    )
    medium: Media = Field({}, description="Its picture or video: the id of a medium that was given.")
    sound: Media = Field({}, description="Its sound, likewise.")
    seconds: float | None = Field(None, ge=1, le=contents.LONGEST, description="For how long it is shown.")


class ShownFile(_Section):
    """A file beside the slides, by language."""

    medium: Media = Field(min_length=1, description="The id of a medium that was given.")
    name: str = Field("", max_length=80, description="Its file name.")


class Shown(_Section):
    """Pictures, sound, video and files that go with the text."""

    subject: dict[Language, Annotated[str, Field(max_length=200)]] = Field(
        {}, description="The subject, by language; may have variables as texts do."
    )
    slides: list[ShownSlide] = Field(min_length=1, max_length=contents.MOST_SLIDES, description="The slides in order.")
    attached: list[ShownFile] = Field(default_factory=list, max_length=contents.MOST_FILES, description="Files.")
    policy: Literal["mms-first", "link-first", "never"] | None = Field(
        None, description="What phones get of which nothing is known; by default that of the configuration."
    )
    profile: Literal["basic", "rich100", "std300", "std600", "large1m"] | None = Field(
        None, description="The size that it is made to fit; by default that of the configuration."
    )
    from_name: str = Field("", max_length=120, description="Who sends it, as the text with a link says.")

    @property
    def names(self) -> frozenset[str]:
        """The variables in its subject and in the words of its slides."""
        told = [*self.subject.values(), *(text for slide in self.slides for text in slide.text.values())]
        return frozenset().union(*(grammar.read(text).names for text in told))

    def content(
        self, text: str, values: Mapping[str, str | None], language: str | None, others: str
    ) -> tuple[Contents, list[str]]:
        """What somebody gets, with the variables that have no value. text: of the first slide, filled already.

        language: theirs; others: the campaign's, for those without one of their own.
        """
        missing: list[str] = []

        def filled(words: Mapping[str, str]) -> str:
            said, gone = grammar.read(_of(words, language, others) or "").fill(values)
            missing.extend(gone)
            return said

        slides = [
            Slide(
                text if place == 0 else filled(slide.text),
                _of(slide.medium, language, others), _of(slide.sound, language, others), slide.seconds,
            )
            for place, slide in enumerate(self.slides)
        ]  # fmt: skip
        files = [(_of(file.medium, language, others), file.name) for file in self.attached]
        told = Contents(
            tuple(slides), tuple(Attached(id, name) for id, name in files if id),
            filled(self.subject)[: contents.SUBJECT], self.policy, self.profile, language or others, self.from_name,
        )  # fmt: skip
        return told, list(dict.fromkeys(missing))


def _of(by_language: Mapping[str, str], language: str | None, others: str) -> str | None:
    """What a language has, else the campaign's, else any."""
    found = by_language.get(language or others) or by_language.get(others)
    return found if found is not None else next(iter(by_language.values()), None)


def faults(conn: Connection, shown: Shown, known: Collection[str], languages: set[str], others: str) -> list[Fault]:
    """What is wrong with it: media that are not there or do not fit their place, and variables that nobody knows.

    known: the variables there are. languages: those of the campaign's texts.
    """
    where = "/terms/shown"
    found: list[Fault] = []
    spoken = [(f"{where}/subject", shown.subject)]
    spoken += [(f"{where}/slides/{place}/text", slide.text) for place, slide in enumerate(shown.slides)]
    for pointer, words in spoken:
        for language, text in words.items():
            found += grammar.faults(text, known, f"{pointer}/{language}")
    silent = [slide.model_copy(update={"text": {}}) for slide in shown.slides]
    bare = shown.model_copy(update={"subject": {}, "slides": silent})  # words that are wrong cannot be filled
    for language in sorted(languages | {others} | _languages(shown)):
        told, _ = bare.content("x", {}, language, others)
        media = store.known(conn, told.media)
        found += [one for one in contents.faults(told, media, where) if one not in found and one.code != "slide_empty"]
    return found


def _languages(shown: Shown) -> set[str]:
    by_language = [slide.medium for slide in shown.slides] + [slide.sound for slide in shown.slides]
    return {language for one in (*by_language, *(file.medium for file in shown.attached)) for language in one}
