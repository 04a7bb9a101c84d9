"""Every sentence of the pages is there in every language, with the same placeholders and all plural forms.

What is missing is put into the catalogues by `make words`; then somebody says it.
"""

from __future__ import annotations

import importlib.util
import re
import string
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog, Message

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("fa", "ru", "sl")
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|\{(\w*)\}")
PERSIAN = re.compile(r"[\u0600-\u06ff]")
CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def _words() -> ModuleType:
    spec = importlib.util.spec_from_file_location("words", ROOT / "docs" / "words.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


words = _words()


def faults(template: Catalog, catalog: Catalog) -> Iterator[str]:
    """What a catalogue lacks or says with other placeholders than the sentences of the pages."""
    for wanted in template:
        if not wanted.id:
            continue
        said = catalog.get(wanted.id)
        if said is None or not all(_forms(said)):
            yield f"not translated: {wanted.id!r}"
            continue
        own = {found for one in _ids(wanted) for found in _placeholders(one)}
        for form in _forms(said):
            strange = _placeholders(form) - own
            missing = set() if wanted.pluralizable else own - _placeholders(form)
            if strange or missing:
                yield f"{wanted.id!r}: placeholders differ in {form!r}: {sorted(strange | missing)}"
        if wanted.pluralizable and len(_forms(said)) != catalog.num_plurals:
            yield f"{wanted.id!r}: {len(_forms(said))} plural forms, not {catalog.num_plurals}"


def _ids(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def _forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string,)


def _placeholders(text: str) -> set[str]:
    return {found[0] or found[1] for found in PLACEHOLDER.findall(text)}


def test_the_languages_of_the_pages_are_there() -> None:
    assert tuple(words.languages()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    found = list(faults(words.collected(), words.catalogue(language)))
    assert not found, "run `make words`, then translate:\n" + "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_program_reads_is_what_the_catalogue_says(language: str) -> None:
    folder = words.TRANSLATIONS / language / "LC_MESSAGES"
    assert words.compiled(words.catalogue(language)) == (folder / "messages.mo").read_bytes(), "run `make words`"


@pytest.mark.parametrize(("language", "script"), [("fa", PERSIAN), ("ru", CYRILLIC)])
def test_translations_are_written_in_the_languages_own_script(language: str, script: re.Pattern[str]) -> None:
    catalog = words.catalogue(language)
    for message in catalog:
        for said in _forms(message) if message.id else ():
            letters = PLACEHOLDER.sub("", said)
            plain = len(letters.strip(string.punctuation + string.whitespace)) < 4 or letters in _ids(message)
            assert plain or script.search(letters), f"{language}: {said!r}"


def test_a_missing_sentence_a_lost_placeholder_and_a_plural_form_too_few_are_found() -> None:
    template, catalog = Catalog(), Catalog(locale="sl")
    template.add("Log in")
    template.add("%(n)s people")
    template.add(("one text", "%(num)s texts"))
    catalog.add("%(n)s people", "ljudi")
    catalog.add(("one text", "%(num)s texts"), ("%(num)s besedilo", "%(num)s besedili"))
    assert [fault.partition(":")[0] for fault in faults(template, catalog)] == [
        "not translated", "'%(n)s people'", "('one text', '%(num)s texts')",
    ]  # fmt: skip
