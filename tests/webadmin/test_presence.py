"""Who has a conversation open and who writes in it, as others see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from webadmin.presence import LOOKS, WRITES, Other, Presence

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
HERS, HIS = "+38640111222", "+38640111333"


def test_two_who_look_see_each_other_and_nobody_sees_themselves_or_another_conversation() -> None:
    presence = Presence()
    assert presence.looks(HERS, "a", "Ana", NOW) == ()
    assert presence.looks(HERS, "b", "Bine", NOW) == (Other("Ana", writes=False),)
    assert presence.looks(HERS, "a", "Ana", NOW) == (Other("Bine", writes=False),)
    assert presence.looks(HIS, "c", "Cene", NOW) == ()


def test_who_writes_writes_until_they_stop_or_a_while_after_the_last_letter() -> None:
    presence = Presence()
    for still in (True, False, True):
        presence.writes(HERS, "a", "Ana", NOW, still=still)
        assert presence.looks(HERS, "b", "Bine", NOW) == (Other("Ana", writes=still),)
    assert presence.looks(HERS, "b", "Bine", NOW + WRITES) == (Other("Ana", writes=False),)


def test_who_leaves_or_looks_no_more_is_gone() -> None:
    presence = Presence()
    presence.looks(HERS, "a", "Ana", NOW)
    presence.looks(HERS, "c", "Cene", NOW)
    presence.leaves(HERS, "c")
    assert presence.looks(HERS, "b", "Bine", NOW) == (Other("Ana", writes=False),)
    assert presence.looks(HERS, "b", "Bine", NOW + LOOKS) == ()


def test_those_are_stirred_around_whom_something_changed_and_once() -> None:
    presence = Presence()
    presence.looks(HERS, "a", "Ana", NOW)
    presence.looks(HERS, "b", "Bine", NOW)  # sees Ana at once
    assert presence.stirred(NOW) == {"a"}
    assert presence.stirred(NOW) == set()
    presence.writes(HERS, "b", "Bine", NOW, still=True)
    assert presence.stirred(NOW) == {"a"}
    assert presence.stirred(NOW + WRITES + timedelta(seconds=1)) == {"a"}


def test_people_at_pages_of_two_processes_see_each_other_and_are_told_of_seldom() -> None:
    words: list[str] = []
    there = Presence()
    here = Presence(words.append)
    behind = NOW - timedelta(hours=3)  # the other's clock

    def told() -> tuple[Other, ...]:
        for word in words:
            there.heard(word, behind)
        words.clear()
        return there.looks(HERS, "b", "Bine", behind)

    here.looks(HERS, "a", "Ana", NOW)
    assert told() == (Other("Ana", writes=False),)
    for _ in range(50):
        here.writes(HERS, "a", "Ana", NOW, still=True)
        here.looks(HERS, "a", "Ana", NOW)
    assert len(words) == 1
    assert told() == (Other("Ana", writes=True),)
    assert "b" in there.stirred(behind + WRITES)
    here.writes(HERS, "a", "Ana", NOW, still=False)
    assert told() == (Other("Ana", writes=False),)
    here.leaves(HERS, "a")
    assert told() == ()
    here.looks(HERS, "a", "Ana", NOW)
    assert told() == (Other("Ana", writes=False),)
    assert there.looks(HERS, "b", "Bine", behind + LOOKS) == ()
    here.looks(HERS, "a", "Ana", NOW + LOOKS - timedelta(seconds=1))
    assert len(words) == 1, "who stays is told again in time"
