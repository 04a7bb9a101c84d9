"""How the links stand that serve a prefix: who is best, who is as good, who is not, and that in words.

This is the part of routing that does not depend on the single message, so it is worked out seldom and may take its
time; `routing` keeps it. The words go to whoever may read the message, so they tell a link's state, never its secrets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from ..link import Abilities
from ..text.hours import Hours

NAMED = 4  # others that a trace names; of twenty links nobody wants to read all


@dataclass(frozen=True)
class Moves:
    """When a message leaves a link for another one, beside the link's being away: see the [[links]] configuration.

    rejection: when the link refuses it; codes: only with these codes, empty for every one. silence: seconds without a
    receipt after which it is sent again over another link, None for never.
    """

    rejection: bool = True
    codes: frozenset[str] = frozenset()
    silence: int | None = None


@dataclass(frozen=True)
class Served:
    """What routing must know of a link: the prefixes it serves ("" is every number), how willingly, what it carries.

    weight: its share among links that are otherwise equal. hours: when it may be used, None for always. sticky: whether
    customers who know it are answered over it. moves: when a message leaves it.
    """

    name: str
    kind: str
    prefixes: tuple[str, ...] = ("",)
    preference: int = 100
    abilities: Abilities = field(default_factory=Abilities)
    sender: str | None = None
    weight: int = 1
    hours: Hours | None = None
    sticky: bool = True
    moves: Moves = field(default_factory=Moves)


class Fitness(IntEnum):
    """Whether a link can be used now, the best first."""

    UP = 0
    DEGRADED = 1
    COMING = 2  # away for so short that it is waited for
    CLOSED = 3  # not at this hour
    AWAY = 4
    RESTING = 5  # a person must act, or its network said no to everything


@dataclass(frozen=True, slots=True)
class Ranked:
    """A link that serves the number: by a prefix of which length, how fit it is, and that in words."""

    link: Served
    length: int
    fitness: Fitness
    words: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The link for one number, and the sentences that explain it. sender: the number to keep to, if there is one."""

    link: Served
    trace: list[str]
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """Links between which only the turn decides, with the choice that each would be."""

    names: tuple[str, ...]
    weights: tuple[int, ...]
    total: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the links stand that serve a prefix.

    usable: those that can be used now or soon, by name; absent: the words about the others. equals: the best ones.
    head: what is to be told in any case. only: the choice, if there is but one of them. fields: what prices made of
    the equals, by the prefix of the rates.
    """

    usable: dict[str, Ranked]
    absent: dict[str, str]
    equals: tuple[Served, ...]
    head: list[str]
    only: Choice | None
    fields: dict[str, Field]


def stand(prefix: str, serving: Sequence[Ranked], insisted: bool) -> Standing:
    """Rank the links that serve numbers with this prefix, at least one. insisted: the sender named the link."""
    usable = {r.link.name: r for r in serving if r.fitness <= Fitness.COMING}
    lengths = sorted({r.length for r in serving}, reverse=True)
    length = next((n for n in lengths if any(r.length == n for r in usable.values())), lengths[0])
    group = sorted((r for r in serving if r.length == length), key=_order)
    best = group[0]
    equals = [r for r in group if _order(r)[:2] == _order(best)[:2]]
    what = f"numbers with {prefix[:length]}" if length else "every number"
    if len(equals) == 1:
        head = [f"{best.link.name} serves {what} and {best.words}" + (", and the sender asked for it" * insisted)]
    else:
        head = [f"{listed([r.link.name for r in equals])} serve {what} and are alike"]
    if best.fitness > Fitness.COMING:
        head.append("nothing better serves the number, so it waits there")
    others = [_other(r, best, prefix) for r in serving if r.length > length]
    others += [_other(r, best, prefix) for r in group[len(equals) :]]
    head += others[:NAMED] + ([f"and {len(others) - NAMED} more links"] if len(others) > NAMED else [])
    only = Choice(best.link, head) if len(equals) == 1 else None
    absent = {r.link.name: r.words for r in serving if r.link.name not in usable}
    return Standing(usable, absent, tuple(r.link for r in equals), head, only, {})


def _order(ranked: Ranked) -> tuple[int, int, str]:
    return ranked.fitness, ranked.link.preference, ranked.link.name


def _other(ranked: Ranked, best: Ranked, prefix: str) -> str:
    name = ranked.link.name
    if ranked.length > best.length:
        return f"{name} serves numbers with {prefix[: ranked.length]} and {ranked.words}"
    if ranked.fitness != best.fitness:
        return f"{name} serves it too and {ranked.words}"
    preferences = f"{best.link.preference} before {ranked.link.preference}"
    return f"{name} serves it too, but {best.link.name} is preferred ({preferences})"


def listed(names: Sequence[str]) -> str:
    """a, b and c; of many the first ones."""
    if len(names) > NAMED + 1:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
