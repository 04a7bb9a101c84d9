"""Who is told what became of an item that was given to the writer: a future, or a place among many told together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Told(Protocol):
    """Who waits for an item's result."""

    def set_result(self, result: Any, /) -> None:
        """It is on disk, and this is what the step returned."""

    def set_exception(self, exception: BaseException, /) -> None:
        """It is not, and this is why."""


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
