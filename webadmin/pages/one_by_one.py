"""Something done with each of several: what can be done is, and what could not is told with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flask_babel import gettext

from smsgw.errors import BadInput, Conflict, Fault, NotFound, SmsgwError


def each(names: Iterable[str], do: Callable[[str], object]) -> tuple[list[str], SmsgwError | None]:
    """Do something with each of several; those it was done with, and why not with the others, None when with all.

    What would be wrong with every one of them, such as a time that is past, is raised.
    """
    done: list[str] = []
    wrong: dict[str, SmsgwError] = {}
    for name in names:
        try:
            do(name)
            done.append(name)
        except (Conflict, NotFound) as error:
            wrong.setdefault(str(error), error)
    return done, together(list(wrong.values()))


def nothing_picked() -> BadInput:
    """That none of the rows was ticked."""
    says = gettext("Nothing is picked: tick the boxes of those that you mean.")
    return BadInput([Fault("/pick", "nothing_picked", says)])


def together(wrong: Sequence[SmsgwError]) -> SmsgwError | None:
    """One error that tells of all: itself when it is the only one."""
    if len(wrong) < 2:
        return next(iter(wrong), None)
    return BadInput([Fault("/pick", error.code, str(error)) for error in wrong])
