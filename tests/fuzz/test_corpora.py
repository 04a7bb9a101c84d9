"""Every parser ends with its one error, or none: for all that was ever saved, and for a few hundred spoiled inputs.

`python -m tests.fuzz TARGET --seconds N` goes on from here, and saves what breaks beside what is there.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.fuzzing import Fuzz, attempt
from tests.fuzz.mutating import spoil
from tests.fuzz.targets import TARGETS, Target

SPOILED = 200
each = pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)


@each
def test_what_was_saved_is_read_or_refused_by_name(target: Target) -> None:
    corpus = target.corpus()
    assert corpus, "nothing is saved"
    assert [found.why for octets in corpus if (found := attempt(target, octets))] == []


@each
def test_what_is_spoiled_is_read_or_refused_by_name(target: Target) -> None:
    chance, corpus = Random(target.name), target.corpus()
    made = [spoil(chance.choice(corpus), corpus, target.words, chance) for _ in range(SPOILED)]
    assert [f"{found.octets!r}: {found.why}" for octets in made if (found := attempt(target, octets))] == []


def test_what_breaks_is_found_and_told_once_with_its_shortest_input() -> None:
    def read(octets: bytes) -> None:
        if b"!" in octets:
            raise KeyError("it breaks")
        raise ValueError("it is refused")

    class Brittle(Target):
        def corpus(self) -> list[bytes]:
            return [b"hello, world"]

    run = Fuzz(Brittle("brittle", read, (ValueError,), ("tests/fuzz/test_corpora",), (b"!",)), 1).run(0.5)
    [found] = run.broken.values()
    assert "KeyError: 'it breaks'" in found.why
    assert b"!" in found.octets
    assert run.reached, "the line that raises was new"
