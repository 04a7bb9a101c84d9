"""What stands in the pages between three backticks, and what stands invisibly before it for those who run it.

An HTML comment before a fence may say:

- `<!-- not run: needs a modem -->`: it is not run, and why. The reasons are counted in `reasons.py`.
- `<!-- before` and lines of shell up to `-->`: what a reader has, and a test must make first: files, customers, ids. A
  word in capitals that a line sets (`KEPT=…`) stands for its value in the fence.
- `<!-- until: message -->`: a program that does not end by itself; it is enough when it says this.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(f"docs/{one.name}" for one in (ROOT / "docs").glob("*.md")),
)
COMMENT = re.compile(r"<!--\s*(not run|before|until)(?::|\n)\s*(.*?)\s*-->", re.DOTALL)


OURS = re.compile(r"(?:^|[\s(;|&])smsgw(?:\s|$)")
BEFORE = ("", "$", "sudo", "then", "do", "!")  # what may stand before a command


@dataclass(frozen=True, slots=True)
class Fence:
    """One fence. line: of its first backticks. kind: what stands behind them, such as sh; empty when nothing does."""

    page: str
    line: int
    kind: str
    words: str
    not_run: str = ""
    before: str = ""
    until: str = ""

    @property
    def place(self) -> str:
        """For a message: docs/smpp.md:12."""
        return f"{self.page}:{self.line}"

    def filled(self) -> str:
        """Its words, with the capitals that `before` sets in the place of their names."""
        words = self.words
        for name in re.findall(r"^([A-Z]+)=", self.before, re.MULTILINE):
            words = re.sub(rf"(?<![\w${{]){name}(?!\w)", f'"${name}"', words)
        return words


def fences(page: str, text: str | None = None) -> list[Fence]:
    """The fences of a page, in their order. text: what stands in it, by default the file's."""
    found: list[Fence] = []
    told: dict[str, str] = {}
    for token in MarkdownIt().parse((ROOT / page).read_text() if text is None else text):
        if token.type == "html_block":
            told |= dict(COMMENT.findall(token.content))
        elif token.type == "fence":
            assert token.map is not None
            fence = Fence(page, token.map[0] + 1, token.info.strip(), token.content)
            found.append(replace(fence, **{name.replace(" ", "_"): words for name, words in told.items()}))
            told = {}
        elif token.type in ("inline", "code_block"):
            told = {}
    return found


def everywhere() -> Iterator[Fence]:
    """The fences of all pages."""
    for page in PAGES:
        yield from fences(page)


def spoken(page: str, text: str | None = None) -> list[tuple[int, str]]:
    """What stands between single backticks in a page's sentences and tables, with the line of its paragraph."""
    tokens = MarkdownIt().enable("table").parse((ROOT / page).read_text() if text is None else text)
    found = []
    for token in tokens:
        if token.type == "inline":
            line = token.map[0] + 1 if token.map else 0
            found += [(line, child.content) for child in token.children or [] if child.type == "code_inline"]
    return found


def command_lines(shell: str) -> list[list[str]]:
    """The words of each command of ours in lines of shell, as the shell would give them, without `smsgw` itself."""
    found: list[list[str]] = []
    for line in shell.replace("\\\n", " ").splitlines():
        if not OURS.search(line):
            continue
        read = shlex.shlex(line, posix=True, punctuation_chars=True)
        read.whitespace_split = True
        ours, before = False, ""
        for word in read:
            if word == "smsgw" and (before in BEFORE or set(before) <= set("();<>|&")):
                found.append([])
                ours = True
            elif set(word) <= set("();<>|&"):
                ours = False
            elif ours:
                found[-1].append(word)
            before = word
    return found
