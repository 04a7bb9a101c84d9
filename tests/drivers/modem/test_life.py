"""The table of a modem's life, and the one who walks along it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from drivers.modem.life import LINK_STATES, MOVES, STATES, Life
from smsgw.link import LinkState


def test_every_state_that_a_move_names_is_in_the_table_and_every_state_can_be_left_and_reached() -> None:
    assert {state for move in MOVES for state in (*move.was, move.now)} == set(STATES) == set(LINK_STATES)
    assert {move.now for move in MOVES} == set(STATES)
    for state in STATES:
        assert any(state in move.was and move.now != state for move in MOVES)


def test_the_road_from_absent_to_online_and_its_steps_with_reasons() -> None:
    life = Life(lambda: datetime(2026, 3, 1, tzinfo=UTC))
    assert life.link_state is LinkState.DOWN
    for event, why in (("appear", "plugged in"), ("answer", ""), ("ask_pin", ""), ("unlock", ""), ("register", "")):
        life.move(event, why)
    assert [step.now for step in life.steps] == ["opening", "identifying", "pin", "registering", "online"]
    assert (life.steps[0].was, life.steps[0].why) == ("absent", "plugged in")
    life.move("weaken", "the signal is weak")
    assert (life.link_state, life.why) == (LinkState.DEGRADED, "the signal is weak")
    life.move("strengthen", "")
    assert life.state == "online"


@pytest.mark.parametrize("state", STATES)
def test_from_every_state_a_modem_can_vanish_and_can_be_put_to_rest(state: str) -> None:
    life = Life()
    life.state = state
    assert life.may("vanish")
    assert life.may("rest")


@pytest.mark.parametrize(("state", "event"), [("absent", "register"), ("opening", "unlock"), ("online", "ask_pin")])
def test_what_the_table_does_not_know_is_a_defect_and_is_told(state: str, event: str) -> None:
    life = Life()
    life.state = state
    with pytest.raises(ValueError, match=f"is {state} cannot {event}"):
        life.move(event, "")
    assert life.state == state


def test_the_same_state_for_the_same_reason_is_no_step() -> None:
    life = Life()
    for _ in range(3):
        life.move("vanish", "there is no port")
    assert len(life.steps) == 1
