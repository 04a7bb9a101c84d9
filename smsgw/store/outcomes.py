"""Who is told what became of an item that was given to the writer: a future, one who asked, or many together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..errors import SmsgwError


def attempt(work: Callable[..., Any], *given: Any) -> Any:
    """The result of a step for one item, or its mistake as the result: so that it fails alone.

    For work that finds its mistakes before it writes anything: what it wrote until then would stay.
    """
    try:
        return work(*given)
    except SmsgwError as problem:
        return problem


class Told(Protocol):
    """Who waits for an item's result."""

    def set_result(self, result: Any, /) -> None:
        """It is on disk, and this is what the step returned."""

    def set_exception(self, exception: BaseException, /) -> None:
        """It is not, and this is why."""


class One:
    """Who is told of one item by a call: a future that somebody hangs a callback on costs three times as much."""

    __slots__ = ("_item", "_tell")

    def __init__(self, item: Any, tell: Callable[[Any, BaseException | None], None]) -> None:
        """tell: called once, in the writer's thread, with the item, and None or what went wrong."""
        self._item, self._tell = item, tell

    def set_result(self, result: Any, /) -> None:
        """It is on disk."""
        self._tell(self._item, None)

    def set_exception(self, exception: BaseException, /) -> None:
        """It is not."""
        self._tell(self._item, exception)


class Many:
    """The results of many items, told together; a future for each costs more than storing half a message."""

    def __init__(self, count: int, tell: Callable[[list[Any]], None]) -> None:
        """tell: called once, in the writer's thread, with a result or an error for each."""
        self._results: list[Any] = [None] * count
        self._left = count
        self._tell = tell

    def place(self, number: int, result: Any) -> None:
        """An item is decided; only the writer's thread calls this."""
        self._results[number] = result
        self._left -= 1
        if not self._left:
            self._tell(self._results)


class Place:
    """One of them."""

    __slots__ = ("_many", "_number")

    def __init__(self, many: Many, number: int) -> None:
        self._many, self._number = many, number

    def set_result(self, result: Any, /) -> None:
        """Told in its place."""
        self._many.place(self._number, result)

    set_exception = set_result
