"""Every sentence that the gate, campaigns, money and the catalogue of errors say is known to the pages.

What is said is found in the code itself: every string of these rooms that reads as a sentence. That each known one is
translated into every language is seen by test_translations.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from webadmin.catalogue import CATALOGUE
from webadmin.pages.core_words import KNOWN, known_as

ROOT = Path(__file__).resolve().parents[2] / "smsgw"
GATE = ("gate/facts", "gate/gate", "gate/people", "gate/rules", "gate/terms", "gate/text", "admit", "caps", "carrying",
        "cutting", "destinations", "hours", "submit")  # fmt: skip
NOT_ON_PAGES = {
    "campaigns/terms.py": "describes fields of the API",
    "campaigns/slides.py": "describes fields of the API",
    "money/proof.py": "is told by the command line and the log",
    "money/report_words.py": "has its own words in each language",
    "money/report_tables.py": "puts these together",
}
UNSAID = (  # details beside a deed, which the audit keeps as they were, and a name that nobody reads
    "{}: {} parts a {}{}, then {}{}",
    ", at most {} {}",
    "{} {} ({}) for {}, a warning at {} %",
    "{}, then {}; free of it: {}",
    "as met {}",
)
GAP = "\0"
FORMATTED = re.compile(r"(?<!\{)\{\w+\}(?!\})")  # by str.format
SENTENCE = re.compile(r"(?:[^\W\d_A-Z][\w'’]*[ ,:;]+){2}[a-z]")


def files() -> list[Path]:
    """The files of the rooms."""
    rooms = [path for room in ("campaigns", "money") for path in sorted((ROOT / room).rglob("*.py"))]
    named = [path for path in rooms if path.relative_to(ROOT).as_posix() not in NOT_ON_PAGES]
    return [*named, *(ROOT / "outbound" / f"{name}.py" for name in GATE)]


class Said(ast.NodeVisitor):
    """Collects the strings of a file, those with values in them a gap for each; not what goes into the log."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A string with values in it."""
        self.found.add("".join(str(one.value) if isinstance(one, ast.Constant) else GAP for one in node.values))

    def visit_Constant(self, node: ast.Constant) -> None:
        """A plain one."""
        if isinstance(node.value, str):
            self.found.add(FORMATTED.sub(GAP, node.value))

    def visit_Expr(self, node: ast.Expr) -> None:
        """A docstring is none of them."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Nor is what goes into the log, or into a statement of SQL."""
        called = ast.unparse(node.func)
        if called.split(".")[0] not in ("log", "logger") and called != "text":
            self.generic_visit(node)


def sentences(code: str) -> Iterator[str]:
    """The sentences that some code says."""
    said = Said()
    said.visit(ast.parse(code))
    yield from sorted(one for one in said.found if SENTENCE.search(one.replace(GAP, "x")) and "\n" not in one)


def is_known(said: str) -> bool:
    """Whether this is one of the sentences of the pages, or a piece of which one is put together."""
    if known_as(said.replace(GAP, "X1")) is not None:
        return True
    pieces = [re.escape(piece) for piece in said.split(GAP) if piece.strip()]
    shape = re.compile(".*".join(pieces), re.DOTALL)
    return any(shape.search(one.replace("%%", "%")) for one in KNOWN)


def test_every_sentence_of_the_gate_campaigns_and_money_is_known_to_the_pages() -> None:
    unsaid = {one.replace("{}", GAP) for one in UNSAID}
    unknown = [
        f"{path.relative_to(ROOT)}: {one.replace(GAP, '{}')}"
        for path in files()
        for one in sentences(path.read_text())
        if one not in unsaid and not is_known(one)
    ]
    assert unknown == [], "say them in webadmin/pages/core_words_*.py, then `make words`"


def test_every_error_has_its_title_and_what_to_do_known_to_the_pages() -> None:
    unknown = [f"{one.code}: {said}" for one in CATALOGUE for said in (one.title, one.todo) if said not in KNOWN]
    assert unknown == []


@pytest.mark.parametrize(
    "code",
    [
        'raise BadInput("this is something quite new: do that")',
        'return Refuse("x", f"{number} is quite a new reason, {when}")',
        'why = f"{share} and nobody has translated it"',
    ],
)
def test_a_new_sentence_is_found(code: str) -> None:
    assert [one for one in sentences(code) if not is_known(one)] != []
