"""The tables of states are whole: every state can be reached, no final one can be left, every move means something."""

from __future__ import annotations

import pytest

from smsgw.store.lifecycle import INBOUND, LIVES, MESSAGE, Life

BY_RECORD = pytest.mark.parametrize("life", LIVES, ids=lambda life: life.record)


@BY_RECORD
def test_every_move_starts_and_ends_in_a_known_state(life: Life) -> None:
    for move in life.moves:
        assert move.was <= set(life.states), move
        assert move.now in life.states, move


@BY_RECORD
def test_every_state_can_be_reached(life: Life) -> None:
    reached = {life.initial}
    while new := {m.now for m in life.moves if m.was & reached} - reached:
        reached |= new
    assert reached == set(life.states)


@BY_RECORD
def test_an_event_leads_from_one_state_to_one_state_only(life: Life) -> None:
    for event, moves in life.by_event.items():
        starts = [state for move in moves for state in move.was]
        assert len(starts) == len(set(starts)), event


def test_the_final_states_of_a_message_are_those_of_the_design() -> None:
    assert MESSAGE.final == {"delivered", "undelivered", "failed", "refused", "expired", "cancelled"}


def test_what_may_be_in_the_air_cannot_be_cancelled_or_refused() -> None:
    for state in ("sending", "unsure", "sent"):
        assert MESSAGE.after("cancel", state) is None
        assert MESSAGE.after("refuse", state) is None


def test_release_goes_back_through_the_gate() -> None:
    assert MESSAGE.after("release", "held") == "accepted"


def test_a_handled_text_can_be_opened_again() -> None:
    assert INBOUND.after("reopen", "handled") == "waiting"
