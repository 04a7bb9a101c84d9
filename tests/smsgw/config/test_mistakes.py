"""Every class of mistake is told: with its line, its key, and what to do; all of them at once; no secret in any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from smsgw.config import load
from smsgw.errors import BadConfig

Wrong = Callable[..., list[str]]

ALL_AT_ONCE = """\
# a comment
[web]
listen = ":80"
threads = 0

[sending]
regoin = "SI"
retry_first = 100
retry_most = 10

[[links]]
name = "carrier"
kind = "smpp"
system_id = "me"
prot = 2775

[[links]]
name = "carrier"
kind = "fake"
"""


def test_all_mistakes_are_told_at_once_by_line(wrong: Wrong) -> None:
    assert wrong(ALL_AT_ONCE) == [
        (
            "smsgw.toml:3: web.listen: must be address:port, such as 127.0.0.1:8080 or [::1]:8080 "
            '(0.0.0.0:8080 for every network) (it is ":80")'
        ),
        "smsgw.toml:4: web.threads: must be at least 1 (it is 0)",
        'smsgw.toml:7: sending.regoin: unknown key; did you mean "region"?',
        "smsgw.toml:9: sending.retry_most: must not be less than retry_first, which is 100 (it is 10)",
        "smsgw.toml:11: links[0].host: is missing: Name or address of the SMSC.",
        'smsgw.toml:15: links[0].prot: unknown key; did you mean "port"?',
        "smsgw.toml:18: links[1].name: another link has this name already: give each its own",
    ]


def phones(line: str) -> str:
    return f'[[links]]\nname = "phones"\nkind = "fake"\n{line}\n'


SMPP = '[[links]]\nname = "c"\nkind = "smpp"\nhost = "h"\nsystem_id = "s"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[wbe]\nlisten = 1", '1: wbe: unknown key; did you mean "web"?'),
        ("[sending]\n\nlisten = 1", "3: sending.listen: unknown key here; it belongs in [web]"),
        ("[web]\nrate = 1", "2: web.rate: unknown key here; it belongs in [[links]]"),
        ("[web]\nzzz = 1", "2: web.zzz: unknown key"),
        ("[[link]]\nname = 'x'", '1: link: unknown key; did you mean "links"?'),
        ("[links]\nname = 'x'", "1: links: write [[links]], with two brackets, above the keys of each link"),
        ("[[web]]\nthreads = 1", "1: web: must be a table: [web]"),
        ("web = 3", "1: web: must be a table: [web]"),
        ("links = [1]", "1: links[0]: must be a table: [[links]]"),
        ("[web]\nthreads = 'many'", '2: web.threads: must be a whole number (it is "many")'),
        ("[web]\nthreads = 1.5", "2: web.threads: must be a whole number (it is 1.5)"),
        ("[web]\nlisten = 80", '2: web.listen: must be text in quotes, such as "…" (it is 80)'),
        ("[web]\nsession_hours = 9999", "2: web.session_hours: must be at most 2160 (it is 9999)"),
        ("[receiving]\nstop_words = 'si'", '2: receiving.stop_words: must be true or false (it is "si")'),
        (
            "[log]\nlevel = 'Debug'",
            '2: log.level: must be "debug", "info", "warning" or "error"; did you mean "debug"? (it is "Debug")',
        ),
        (phones("rate = 'x'"), '4: links[0].rate: must be a number (it is "x")'),
        (phones("rate = 0"), "4: links[0].rate: must be more than 0 (it is 0)"),
        (phones("handsets = 'x'"), '4: links[0].handsets: must be a list, such as [1, 2] (it is "x")'),
        (phones("number = 5"), '4: links[0].number: must be text in quotes, such as "…" (it is 5)'),
        (phones("driver = 5"), "4: links[0].driver: unknown key"),
        (phones("pasword_file = 'x'"), "4: links[0].pasword_file: unknown key"),
        (SMPP + "pasword_file = 'x'", '6: links[0].pasword_file: unknown key; did you mean "password_file"?'),
        ("[[links]]\nkind = 'fake'", "1: links[0].name: is missing: What this link is called everywhere: letters"),
        (
            "[[links]]\nname = 'x'\nkind = 'fak'",
            '3: links[0].kind: no driver of this kind; did you mean "fake"? (there are: fake, ',
        ),
        (
            phones("prefixes = ['+386', '385']"),
            "4: links[0].prefixes[1]: does not fit here: Which numbers it serves, by how they begin",
        ),
        (phones("national_tables = ['klingon']"), '4: links[0].national_tables[0]: must be "turkish", "spanish"'),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(wrong: Wrong, text: str, says: str) -> None:
    told = wrong(text)
    assert len(told) == 1
    assert told[0].startswith(f"smsgw.toml:{says}")


def test_a_link_without_a_kind_is_told_only_that(wrong: Wrong) -> None:
    told = wrong("[[links]]\nname = 'x'\nhost = 'h'\nport = 'p'")
    assert told == ["smsgw.toml:1: links[0].kind: is missing: Which driver speaks to the network."]


def test_links_without_names_do_not_share_one(wrong: Wrong) -> None:
    told = wrong("[[links]]\nkind = 'fake'\n[[links]]\nkind = 'fake'")
    assert [each.split(": ")[1:3] for each in told] == [
        ["links[0].name", "is missing"],
        ["links[1].name", "is missing"],
    ]


def test_a_key_that_link_and_driver_share_is_wrong_only_once(wrong: Wrong) -> None:
    assert len(wrong(SMPP + "sender = 'far too long for a sender of texts'")) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[web]\nlisten = \n", "smsgw.toml:2: not TOML (column 10): Invalid value"),
        ("[web]\nthreads = 1\nthreads = 2\n", "smsgw.toml:3: not TOML (column 12): Cannot overwrite a value"),
        ('a = 1\n\n[web]\nlisten = """x', "smsgw.toml:4: not TOML (column last): "),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(wrong: Wrong, text: str, says: str) -> None:
    [told] = wrong(text)
    assert told.startswith(says)


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "smsgw.toml"
    path.write_bytes(b'[web]\nlisten = "caf\xe9:80"\n')
    with pytest.raises(BadConfig, match=":2: is not in UTF-8"):
        load(path, {})


def test_a_file_that_is_missing_or_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"smsgw\.toml: cannot be read: No such file") as told:
        load(tmp_path / "smsgw.toml", {})
    assert "smsgw init" in told.value.hint
    with pytest.raises(BadConfig, match="cannot be read: Is a directory") as told:
        load(tmp_path, {})
    assert told.value.hint == ""


@pytest.mark.parametrize(
    "text",
    [
        SMPP + "password = 'geheim-für-alle'",
        SMPP + "password = ['geheim']",
        SMPP + "passwort = 'geheim'",
        "[store]\nurl = 'mysql://smsgw:geheim@db/smsgw'",
        "[store]\nurl = 'postgresql://smsgw:geheim@db:port/smsgw'",
        "[store]\nurl = 'postgresql://a@b/c'\npassword = 99",
    ],
)
def test_no_mistake_quotes_a_secret(wrong: Wrong, text: str) -> None:
    assert "geheim" not in "".join(wrong(text))
    assert "99" not in "".join(wrong(text))
