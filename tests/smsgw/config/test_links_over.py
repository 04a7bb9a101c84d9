"""Links that name other links, and tables inside a link's table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsgw.config import Loaded
from smsgw.config.manual import reference_markdown

LINK = '[[links]]\nname = "a"\nkind = "smpp"\nhost = "h"\nsystem_id = "s"\n'
OTHER = '[[links]]\nname = "b"\nkind = "smpp"\nhost = "h"\nsystem_id = "s"\n'


def test_receipts_may_come_over_a_link_that_is_there(read: Callable[..., Loaded]) -> None:
    loaded = read(LINK + 'receipts_over = ["b"]\n' + OTHER)
    assert [link.receipts_over for link in loaded.config.links] == [["b"], []]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('receipts_over = ["c"]', "no link has this name"),
        ("data_codings = { klingon = 3 }", "must be"),
        ("data_codings = { ucs2 = 300 }", "must be at most 255"),
        ('read_as = { "0xF1" = "klingon" }', "should be"),
        ("number_types = { short_code = 3 }", "tuple"),
        ('alphabet = "klingon"', 'must be "gsm7"'),
        ('national_prefix = "0"', "needs country_code"),
    ],
)
def test_what_is_wrong_in_a_table_of_a_link_is_told_with_its_line(
    wrong: Callable[..., list[str]], line: str, words: str
) -> None:
    (mistake,) = wrong(LINK + line + "\n")
    assert words in mistake
    assert line.split(" ")[0] in mistake


def test_the_manual_says_what_a_table_holds() -> None:
    assert 'table from `"international"` or' in reference_markdown()
