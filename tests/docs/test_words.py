"""Every command of ours that a page names exists, and takes what stands behind it there, whether it is run or not."""

from __future__ import annotations

import re
from collections import Counter

import click
import pytest

from smsgw.__main__ import root
from smsgw.cli.office import Office
from tests.docs.fences import PAGES, ROOT, command_lines, everywhere, fences, spoken
from tests.docs.reasons import REASONS
from tests.docs.test_pages import ELSEWHERE

CHECKED = {"", "console", "ini", "json", "mermaid", "python", "sh", "sql", "text", "toml", "yaml"}
OURS = re.compile(r"(benchmarks|docs|drivers|schedules|smsgw|systemd|tests|webadmin|\.ci)/[\w./-]*")
SHELL = re.compile(r"^(\$ )?(smsgw|curl|systemctl|apt|pip|make)\b ", re.MULTILINE)
MISSING = "Missing argument"  # a command named in a sentence may leave away what it needs


def refusal(words: list[str]) -> str:
    """What the command line says against these words, before it does anything; empty when it takes them."""
    context = click.Context(root, info_name="smsgw", obj=Office(lambda gateway: []))
    command: click.Command = root
    try:
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            name, found, words = command.resolve_command(context, words)
            assert found is not None
            command, parent = found, context
            context = click.Context(command, info_name=name, parent=parent)
        if not isinstance(command, click.Group) or words:
            command.make_context(context.info_name, list(words), parent=context.parent)
    except click.exceptions.Exit:  # --help, --version
        return ""
    except click.MissingParameter:
        return MISSING
    except click.ClickException as problem:
        return problem.format_message()
    return ""


def told_wrongly(page: str, text: str | None = None) -> list[str]:
    """The commands in a page that the command line would not take, with what it says."""
    typed = [
        (one.line, words)
        for one in fences(page, text)
        if one.kind in ("sh", "console")
        for words in command_lines(one.words)
    ]
    said = [(line, words) for line, span in spoken(page, text) for words in command_lines(span)]
    wrong = []
    for place, (line, words) in enumerate([*typed, *said]):
        told = refusal(words)
        if place >= len(typed) and "is not a valid" in told:  # N stands for a number in a sentence
            told = refusal(["1" if word.isupper() else word for word in words])
        if told and not (told == MISSING and place >= len(typed)) and "does not exist" not in told:
            wrong.append(f"{page}:{line}: smsgw {' '.join(words)}: {told}")
    return wrong


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_exists_and_takes_its_words(page: str) -> None:
    assert not (wrong := told_wrongly(page)), "\n".join(wrong)


def test_a_command_that_does_not_exist_is_told() -> None:
    text = (
        "See `smsgw lnk ls`.\n\n```sh\nsmsgw send --tomorrow +38640111222 Hi && smsgw link ls\nsmsgw link show\n```\n"
    )
    assert [told.partition(" smsgw ")[0] for told in told_wrongly("x.md", text)] == ["x.md:3:", "x.md:3:", "x.md:1:"]


def missing_files(page: str, text: str | None = None) -> list[str]:
    """The files of the checkout that a page names in backticks, alone or in a command, and that are not there."""
    named = {word for _, span in spoken(page, text) for word in span.split() if OURS.fullmatch(word)}
    return sorted(one for one in named if not (ROOT / one).exists())


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_ours_that_a_page_names_is_there(page: str) -> None:
    assert not (missing := missing_files(page)), f"{page} names {missing}"


def test_a_file_that_is_not_there_is_told() -> None:
    text = "See `smsgw/link.py`, `pytest tests/nowhere.py -k x` and `smsgw/attic/`."
    assert missing_files("x.md", text) == ["smsgw/attic/", "tests/nowhere.py"]


def test_every_fence_is_of_a_kind_that_is_checked() -> None:
    kinds = {one.place: one.kind for one in everywhere() if one.kind not in CHECKED}
    assert not kinds, kinds
    escaped = [
        one.place for one in everywhere() if one.kind in ("", "text") and SHELL.search(one.words) and not one.not_run
    ]
    assert not escaped, f"name these ```sh, so that they are run: {escaped}"


def test_what_is_not_run_says_why_and_there_is_no_more_of_it() -> None:
    reasons = Counter(one.not_run for one in everywhere() if one.not_run)
    assert reasons == REASONS, "tests/docs/reasons.py says how many fences are not run, and why"


def test_what_is_run_elsewhere_is_run_there() -> None:
    elsewhere = [one for one in REASONS if one.endswith(" does")]
    assert all((ROOT / one.removesuffix(" does")).exists() for one in (*ELSEWHERE.values(), *elsewhere))
