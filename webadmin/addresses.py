"""Addresses of pages and of the API, each written out as code only when one is built.

werkzeug compiles two functions for each route as the application is made, by way of Python's own syntax tree. There are
some 400 routes, of which a page builds a few and the API hardly any: of the 0.19 s in which all are put together, 0.16.
"""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class Address(Rule):
    """A route as werkzeug has it; how its address is built is compiled when that is first asked for."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        made: list[Builder] = []

        def build(rule: Address, /, **values: object) -> tuple[str, str]:
            if not made:
                made.append(super()._compile_builder(append_unknown))
            return made[0](rule, **values)

        return build
