"""Collect the words of the pages into the catalogue of every language, and make what the program reads of these.

Run by `make words`. What is new has no translation yet, and `tests/house/test_translations.py` says so.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

WEBADMIN = Path(__file__).resolve().parents[1] / "webadmin"
TRANSLATIONS = WEBADMIN / "translations"
ALWAYS = datetime(2026, 11, 26, tzinfo=UTC)  # of every header: a catalogue changes with its sentences only
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "counted": (1, 1)}


def collected() -> Catalog:
    """Every sentence of the pages, without the places where they stand: those change with every line."""
    with (TRANSLATIONS / "babel.cfg").open() as told:
        methods, options = parse_mapping_cfg(told)
    catalog = Catalog(project="smsgw", charset="utf-8", creation_date=ALWAYS)
    for _, _, words, comments, _ in extract_from_dir(WEBADMIN, methods, options, KEYWORDS):
        catalog.add(words, None, auto_comments=comments)
    return catalog


def catalogue(language: str) -> Catalog:
    """The catalogue of a language as it lies there."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(path.parts[-3] for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


def written(catalog: Catalog) -> bytes:
    """A catalogue as its file: by sentence, so that a change shows as what it is."""
    file = BytesIO()
    catalog.header_comment = f"# The pages in {catalog.locale and catalog.locale.english_name}."
    catalog.project, catalog.version, catalog.creation_date, catalog.revision_date = "smsgw", "", ALWAYS, ALWAYS
    catalog.msgid_bugs_address, catalog.last_translator, catalog.language_team, catalog.fuzzy = "", "", "", False
    write_po(file, catalog, width=0, no_location=True, omit_header=False, sort_output=True, ignore_obsolete=True)
    return file.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """A catalogue as the program reads it."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def main(wanted: list[str]) -> None:
    """Bring every catalogue up to date; wanted: languages that get one, if they have none."""
    template = collected()
    for language in sorted({*languages(), *wanted}):
        folder = TRANSLATIONS / language / "LC_MESSAGES"
        catalog = catalogue(language) if folder.is_dir() else Catalog(locale=language, charset="utf-8")
        catalog.update(template, no_fuzzy_matching=True)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "messages.po").write_bytes(written(catalog))
        (folder / "messages.mo").write_bytes(compiled(catalog))
        missing = sum(1 for message in catalog if message.id and not all(_said(message.string)))
        sys.stdout.write(f"{language}: {len(catalog)} sentences, {missing} not translated\n")


def _said(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, tuple) else (str(string or ""),)


if __name__ == "__main__":
    main(sys.argv[1:])
