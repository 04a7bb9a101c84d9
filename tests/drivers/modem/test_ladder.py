"""The healing ladder: which rung comes next, and whether it helped."""

from __future__ import annotations

from drivers.modem.ladder import REST, Ailment, Ladder


class Clock:
    """A monotonic clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def climbed(ladder: Ladder) -> list[tuple[str, bool | None]]:
    return [(rung.name, rung.helped) for rung in ladder.climbed]


def test_silence_is_met_rung_by_rung_and_then_the_modem_rests() -> None:
    ladder = Ladder("shop", has_power=True, now=Clock())
    assert [ladder.climb(Ailment.SILENT, "mute") for _ in range(6)] == [
        "probe", "reopen", "radio", "reset", "power", REST,
    ]  # fmt: skip
    assert all(helped is False for _, helped in climbed(ladder))


def test_without_a_command_for_the_power_nobody_switches_it() -> None:
    ladder = Ladder("shop", has_power=False, now=Clock())
    assert [ladder.climb(Ailment.SILENT, "mute") for _ in range(5)][-2:] == ["reset", REST]


def test_after_a_rest_the_ladder_begins_at_its_foot() -> None:
    ladder = Ladder("shop", has_power=False, now=Clock())
    while ladder.climb(Ailment.SILENT, "mute") != REST:
        pass
    assert ladder.climb(Ailment.SILENT, "mute") == "probe"


def test_the_rung_after_which_the_modem_is_well_is_the_one_that_helped() -> None:
    ladder = Ladder("shop", has_power=False, now=Clock())
    ladder.climb(Ailment.SILENT, "mute")
    ladder.climb(Ailment.SILENT, "mute")
    ladder.sign("took a text")  # says nothing about silence
    assert climbed(ladder) == [("probe", False), ("reopen", None)]
    ladder.sign("answers")
    assert climbed(ladder) == [("probe", False), ("reopen", True)]
    assert ladder.facts()["healing"].endswith("reopen helped; 1 of 2 helped")


def met(ladder: Ladder, clock: Clock, times: int, every: float) -> list[str]:
    """It falls silent again and again, and whatever is done helps."""
    rungs = []
    for _ in range(times):
        rungs.append(ladder.climb(Ailment.SILENT, "mute"))
        ladder.sign("answers")
        clock.now += every
    return rungs


def test_what_helps_only_for_a_moment_again_and_again_is_followed_by_the_next_rung() -> None:
    clock = Clock()
    ladder = Ladder("shop", has_power=False, now=clock)
    rungs = met(ladder, clock, 17, every=10)
    assert rungs == ["probe"] * 4 + ["reopen"] * 4 + ["radio"] * 4 + ["reset"] * 4 + ["probe"]
    assert REST not in rungs, "something always helped"


def test_an_answer_that_is_lost_now_and_then_is_no_reason_to_do_more_than_ask() -> None:
    clock = Clock()
    ladder = Ladder("shop", has_power=False, now=clock)
    assert set(met(ladder, clock, 50, every=45)) == {"probe"}


def test_a_rung_that_helped_a_minute_ago_is_tried_first_and_much_later_the_foot() -> None:
    clock = Clock()
    ladder = Ladder("shop", has_power=False, now=clock)
    ladder.climb(Ailment.SILENT, "mute")
    ladder.climb(Ailment.SILENT, "mute")
    ladder.sign("answers")
    clock.now += 60
    assert ladder.climb(Ailment.SILENT, "mute again") == "reopen"
    ladder.sign("answers")
    clock.now += 600
    assert ladder.climb(Ailment.SILENT, "mute once more") == "probe"


def test_a_modem_without_a_network_is_not_asked_whether_it_answers() -> None:
    ladder = Ladder("shop", has_power=False, now=Clock())
    assert ladder.climb(Ailment.NO_NETWORK, "no network for five minutes") == "radio"
    ladder.sign("is in a network")
    assert climbed(ladder) == [("radio", True)]


def test_another_ailment_while_it_is_still_ill_goes_higher_too() -> None:
    ladder = Ladder("shop", has_power=False, now=Clock())
    ladder.climb(Ailment.NO_NETWORK, "no network")
    assert ladder.climb(Ailment.SILENT, "and now mute") == "reset"


def test_the_facts_of_a_modem_that_never_ailed_are_empty() -> None:
    assert Ladder("shop", has_power=False).facts() == {}
