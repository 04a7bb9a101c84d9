"""What the core says is said in the language of the page, and the list of its sentences is not older than the core."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

import drivers
import smsgw
from tests.webadmin.pages.conftest import Visitor
from webadmin.pages.core_words import WHOLE, in_our_language
from webadmin.pages.language import CHOICE

ROOT = Path(smsgw.__file__).parent
FAKE = Path(next(iter(drivers.__path__))) / "fake"
PAGES = (ROOT.parent / "webadmin" / "auth.py", ROOT.parent / "webadmin" / "pages" / "inbox.py")


def sentences(file: Path) -> set[str]:
    """The strings of a file, those with values in them with a gap for each."""
    said = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            said.add("".join(str(one.value) if isinstance(one, ast.Constant) else "\0" for one in node.values))
    return said


def test_the_core_still_says_each_of_them() -> None:
    files = [*ROOT.rglob("*.py"), *FAKE.glob("*.py"), *PAGES]
    said = "\n".join(one for file in files for one in sentences(file))
    pieces = {one: re.split(r" ?%\(\w+\)s ?", one) for one in WHOLE}
    gone = [one for one, parts in pieces.items() if not all(piece in said for piece in parts)]
    assert gone == []


@pytest.mark.parametrize(
    ("told", "language", "expected"),
    [
        ("the phone has all 3 parts", "sl", "telefon ima vse dele: 3"),
        ("The network took it", "ru", "сеть приняла"),
        ("its time has come: the phone has it", "sl", "prišel je njegov čas: telefon ga ima"),
        ("nobody translated this", "fa", "nobody translated this"),
        ("the phone has it", "en", "the phone has it"),
    ],
)  # fmt: skip
def test_a_sentence_is_known_by_its_shape(app: Flask, told: str, language: str, expected: str) -> None:
    with app.test_request_context("/", headers={"Cookie": f"{CHOICE}={language}"}):
        assert in_our_language(told) == expected


def test_the_audit_and_the_scopes_of_keys_are_told_in_the_language_of_the_page(admin: Visitor) -> None:
    admin.client.set_cookie(CHOICE, "sl")
    assert "Narejen je račun za ana (owner)." in admin.page("/audit")
    page = admin.page("/developers")
    assert "pošiljati sporočila in jih preklicati" in page
    assert "send messages and cancel them" not in page
