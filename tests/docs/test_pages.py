"""What the pages tell people to type works as it stands there, and answers as it is shown there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.docs.fences import PAGES, Fence, fences
from tests.docs.shells import RUN, Shell, as_shown, commands_of

ELSEWHERE = {"docs/api.md": "tests/house/test_api_guide.py"}  # which asks the same application without a network
"""Pages whose shell fences another test runs."""


def to_run(page: str) -> list[Fence]:
    """The fences of a page that its shell runs."""
    kinds = ("python",) if page in ELSEWHERE else RUN
    return [one for one in fences(page) if one.kind in kinds and not one.not_run]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if to_run(page)])
def test_what_a_page_tells_to_type_works(page: str, shell: Callable[[], Shell]) -> None:
    assert not (wrong := shell().run(to_run(page))), "\n\n".join(wrong)


def test_an_answer_that_is_not_as_it_is_shown_is_told() -> None:
    ((command, shown), (other, nothing)) = commands_of(
        "$ smsgw link ls\nNAME  STATE\ncarrier  up\n$ cat <<END\n> x\n> END\n"
    )
    assert (command, other, nothing) == ("smsgw link ls", "cat <<END\nx\nEND", "")
    assert as_shown(shown, "NAME     STATE\nstick    down\ncarrier  up\n")
    assert not as_shown(shown, "carrier  up\nNAME     STATE\n")
    assert not as_shown("id cus_… is there", "id key_1 is there")


@pytest.mark.slow
def test_a_command_that_fails_is_told_with_its_line_and_what_it_said(shell: Callable[[], Shell]) -> None:
    page = "\n```sh\nsmsgw link ls\n```\n\n```console\n$ smsgw link ls\nbearer …\n```\n"
    (wrong,) = shell().run(fences("x.md", page))
    assert wrong.startswith("x.md:6: smsgw link ls")
