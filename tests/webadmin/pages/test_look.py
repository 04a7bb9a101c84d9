"""The stylesheet: small, in logical properties, and readable in both palettes (WCAG 2.2, 1.4.3: 4.5 to 1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import webadmin
from tests.webadmin.pages.conftest import Visitor

STATIC = Path(webadmin.__file__).parent / "static"
SHEET = (STATIC / "smsgw.css").read_text()
FILES = [file for file in STATIC.iterdir() if file.is_file()]  # the folder of the graph is loaded by one page alone
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,8})\b", block))
    for block in re.findall(r":root \{.*?\n *\}", SHEET, re.DOTALL)
)
READ_ON = [
    *((ink, bed) for ink in ("ink", "soft") for bed in ("paper", "sheet", "theirs")),
    ("ink", "mine"), ("leaf", "sheet"), ("leaf", "paper"), ("on-leaf", "leaf"), ("red", "sheet"), ("red", "mine"),
    ("red", "red-bed"), ("amber", "amber-bed"), ("amber", "sheet"), ("frame-ink", "frame"),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance of #rgb or #rrggbb (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:4])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "bed"), READ_ON)
def test_words_can_be_read_on_what_is_behind_them(palette: dict[str, str], ink: str, bed: str) -> None:
    bright, dim = sorted((luminance(palette[ink]), luminance(palette[bed])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_both_palettes_have_the_same_names() -> None:
    assert set(LIGHT) == set(DARK)


def test_the_sheet_knows_no_left_and_right() -> None:
    physical = r"(?<![-\w])(?:margin|padding|border|inset)?-?(?:left|right)\s*:|text-align:\s*(?:left|right)|float:"
    for_one_direction = r"\[dir=(?:rtl|ltr)\][^{]*\{[^}]*\}"  # where the text's own direction decides what start is
    assert re.findall(physical, re.sub(for_one_direction, "", SHEET)) == []


def test_what_a_page_loads_is_small_and_comes_from_here() -> None:
    assert len(SHEET.encode()) <= 28_000
    assert sum(file.stat().st_size for file in FILES) <= 60_000
    for file in FILES:
        assert "//" not in re.sub(r"(?m)^\s*//.*|; //.*|xmlns=\"[^\"]*\"", "", file.read_text()), file.name


def test_a_first_visit_is_small(admin: Visitor) -> None:
    octets = len(admin.get("/inbox").data)
    for file in FILES:
        answer = admin.get(f"/static/{file.name}", Accept_Encoding="gzip")
        assert answer.status_code == 200
        assert answer.headers.get("Content-Encoding") == "gzip" or len(answer.data) < 2000, file.name
        octets += len(answer.data)
    assert octets <= 50_000
