"""Every key is found on its line, whatever stands before it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.config.toml import Lines, as_toml

DOCUMENT = '''\
top = 1  # [not] = a table
"quoted.key" = "a # no comment, and \\" no end"

[web] # [[links]]
listen = """
[store]
url = "inside a text"
\\""" still inside """
threads = 4
tls.cert = 'literal # \\'
[ store . "deep er" ]
url = [ # a comment with a ] in it
  "one",
  { two = "]" },
]
after = 1

[[links]]
name = \'\'\'
[[links]]\'\'\'
[links.tls]
ca = 1
[[links]]
[[links.hosts]]
name = "a"
[[links.hosts]]
name = "b"
[links.hosts.more]
x = 1
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("top",), 1),
        (("quoted.key",), 2),
        (("web",), 4),
        (("web", "listen"), 5),
        (("web", "threads"), 9),
        (("web", "tls", "cert"), 10),
        (("store", "deep er"), 11),
        (("store", "deep er", "url"), 12),
        (("store", "deep er", "url", 1, "two"), 12),
        (("store", "deep er", "after"), 16),
        (("links", 0), 18),
        (("links", 0, "name"), 19),
        (("links", 0, "tls", "ca"), 22),
        (("links", 1), 23),
        (("links", 1, "hosts", 0, "name"), 25),
        (("links", 1, "hosts", 1, "name"), 27),
        (("links", 1, "hosts", 1, "more", "x"), 29),
    ],
)
def test_a_key_is_found_on_its_line(place: tuple[str | int, ...], line: int) -> None:
    assert Lines(DOCUMENT).find(place) == line


def test_a_key_that_is_not_there_is_found_at_what_surrounds_it() -> None:
    assert Lines(DOCUMENT).find(("links", 1, "kind")) == 23
    assert Lines(DOCUMENT).find(("nowhere", "x")) is None
    assert ("links", 1) in Lines(DOCUMENT)
    assert ("links", 2) not in Lines(DOCUMENT)


def test_windows_line_ends_change_nothing() -> None:
    lines = Lines(DOCUMENT.replace("\n", "\r\n"))
    assert lines.find(("links", 1, "hosts", 1, "more", "x")) == 29


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | texts | st.floats(-1e6, 1e6).map(lambda x: round(x, 3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_a_value_is_written_so_that_it_is_read_back(value: Any) -> None:
    assert tomllib.loads(f"x = {as_toml(value)}") == {"x": value}


@given(st.lists(st.tuples(st.sampled_from("abc"), values), min_size=1, max_size=4))
def test_whatever_the_values_are_the_lines_are_counted_right(pairs: list[tuple[str, Any]]) -> None:
    text, expected = "", {}
    for i, (name, value) in enumerate(pairs):
        text += f"# {name} [\n[{name}{i}]\n"
        expected[f"{name}{i}", "key"] = text.count("\n") + 1
        text += f"key = {as_toml(value)} # '\n"
    assert {place: Lines(text).find(place) for place in expected} == expected
