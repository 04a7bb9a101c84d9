"""Every error of the house has an exit status and a next step."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import click
import pytest

from smsgw import errors
from smsgw.cli import exits

FAULT = [errors.Fault("/to", "recipient_invalid", "it is wrong")]


def all_of(kind: type[errors.SmsgwError]) -> Iterator[type[errors.SmsgwError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from all_of(each)


def made(kind: type[errors.SmsgwError]) -> errors.SmsgwError:
    """An error of this kind, without a hint of its own."""
    if issubclass(kind, (errors.BadInput, errors.RefusedByPolicy)):
        return kind(FAULT)
    if issubclass(kind, errors.BadConfig):
        return kind(["it is wrong"])
    if issubclass(kind, errors.QueueFull):
        return kind("it is full", retry_after=1)
    return kind("it is wrong")


OURS = [kind for kind in all_of(errors.SmsgwError) if kind.__module__.startswith("smsgw.")]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_and_a_next_step(kind: type[errors.SmsgwError]) -> None:
    end = exits.ending(made(kind))
    assert end is not None
    assert end.status in range(1, 8)
    assert end.hint


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (errors.NotFound("there is no key"), 1),
        (errors.StoreTooNew("it is newer"), 1),
        (errors.StoreFull("no space"), 1),
        (OSError(errno.ENOSPC, "No space left on device", "/var/x"), 1),
        (errors.BadInput(FAULT), 2),
        (click.UsageError("no such option"), 2),
        (errors.RefusedByPolicy(FAULT), 3),
        (exits.NotInTime("not yet"), 4),
        (exits.Unreachable("nobody there"), 5),
        (errors.StoreUnreachable("it does not answer"), 5),
        (errors.BadConfig(["it is wrong"]), 6),
        (errors.Unauthenticated("who are you"), 7),
        (errors.Forbidden("not you"), 7),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
    ],
)
def test_a_kind_of_error_has_the_status_that_is_promised(problem: BaseException, status: int) -> None:
    end = exits.ending(problem)
    assert end is not None
    assert end.status == status


def test_a_defect_of_ours_is_not_dressed_up() -> None:
    assert exits.ending(ZeroDivisionError()) is None


def test_programs_get_every_fault_with_its_place() -> None:
    told = exits.ending(errors.BadInput(FAULT, hint="write it so"))
    assert told is not None
    assert told.as_json() == {
        "error": {
            "code": "recipient_invalid",
            "detail": "it is wrong",
            "hint": "write it so",
            "errors": [{"pointer": "/to", "code": "recipient_invalid", "detail": "it is wrong"}],
        }
    }
