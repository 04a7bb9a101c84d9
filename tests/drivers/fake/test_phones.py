"""The phones of the simulated network: what they show, and how what they type comes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.fake import network as fake_network
from drivers.fake import read_tape
from smsgw.errors import BadInput, Conflict, NotFound
from smsgw.link import ReceiptState, WirePart
from smsgw.link_verbs import Simulated
from smsgw.text.parts import concatenation
from tests.drivers.fake.giving import ANA, BOR, LONG, NOBODY, Open, send
from tests.drivers.recorder import Recorder, write


def test_it_offers_phones_beside_the_link(network: Open) -> None:
    link = network(handsets=[ANA, BOR])
    assert isinstance(link, Simulated)
    assert link.handsets() == [ANA, BOR]


def test_another_phone_can_come_and_the_tape_remembers_it(network: Open, events: Recorder, tmp_path: Path) -> None:
    tape = tmp_path / "network.tape"
    link = network(handsets=[ANA], tape=tape, unknown="undeliverable")
    assert (link.add_handset(BOR), link.add_handset(BOR), link.handsets()) == (True, False, [ANA, BOR])
    send(link, write(link, BOR, "hello"))
    events.wait(lambda: link.texts(BOR))
    assert link.health().facts["phones"] == "2"
    again = network(handsets=[ANA], tape=tape)
    assert [text.text for text in again.texts(BOR)] == ["hello"]


def test_a_network_has_room_for_so_many_phones(network: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_network, "MOST_PHONES", 2)
    link = network(handsets=[ANA])
    link.add_handset(BOR)
    with pytest.raises(Conflict, match="as many as it can have"):
        link.add_handset(NOBODY)


def test_a_phone_shows_a_long_text_whole_although_its_parts_come_twice_and_in_the_wrong_order(
    network: Open, events: Recorder
) -> None:
    link = network()
    parts = write(link, ANA, LONG, "+38641000000")
    assert len(parts) == 4
    send(link, [parts[2], parts[0], parts[2], parts[3], parts[1]])
    events.wait(lambda: link.texts(ANA))
    shown = link.texts(ANA)[0]
    assert (shown.text, shown.mine, shown.other) == (LONG, False, "+38641000000")


def test_a_phone_shows_a_text_that_is_sent_twice_two_times(network: Open, events: Recorder) -> None:
    link = network()
    send(link, write(link, ANA, "once") * 2)
    events.wait(lambda: len(link.texts(ANA)) == 2)
    assert [shown.text for shown in link.texts(ANA)] == ["once", "once"]
    assert link.texts(BOR) == []


def test_a_half_text_does_not_mix_with_a_later_one_that_has_its_reference(network: Open, events: Recorder) -> None:
    link = network()
    first, second = write(link, ANA, "a" * 200), write(link, ANA, "b" * 200)
    same = [
        WirePart(b.message_id, b.position, b.of, b.to, b.sender, b.alphabet, b.user_data, a.udh)
        for a, b in zip(first, second, strict=True)
    ]
    send(link, [first[0], *same])
    events.wait(lambda: link.texts(ANA))
    assert [shown.text for shown in link.texts(ANA)] == ["b" * 200]


def test_shuffled_texts_of_phones_come_in_any_order_and_join_to_what_was_typed(network: Open, events: Recorder) -> None:
    link = network(shuffle=1.0, seed=3)
    link.type_text(ANA, LONG)
    events.wait(lambda: events.texts() == [(ANA, LONG)])
    wholes = [concatenation(piece.udh) for piece in events.pieces]
    positions = [whole.position for whole in wholes if whole]
    assert positions != sorted(positions) == [1, 2, 3, 4]


def test_two_long_texts_of_a_phone_do_not_mix(network: Open, events: Recorder) -> None:
    link = network(shuffle=1.0)
    link.type_text(ANA, "a" * 200)
    link.type_text(ANA, "b" * 200)
    events.wait(lambda: len(events.pieces) == 4)
    assert sorted(events.texts()) == [(ANA, "a" * 200), (ANA, "b" * 200)]


def test_a_text_that_no_phone_can_write_is_refused_and_not_remembered(
    network: Open, events: Recorder, tmp_path: Path
) -> None:
    tape = tmp_path / "network.tape"
    link = network(tape=tape)
    with pytest.raises(BadInput):
        link.type_text(ANA, "half a pair \ud83d")
    assert link.texts(ANA) == []
    assert read_tape(tape) == []


@pytest.mark.parametrize(
    ("unknown", "state"),
    [("deliver", ReceiptState.DELIVERED), ("undeliverable", ReceiptState.UNDELIVERABLE)],
)
def test_numbers_that_are_no_phones_of_the_network_are_answered_as_configured(
    network: Open, events: Recorder, unknown: str, state: ReceiptState
) -> None:
    link = network(unknown=unknown)
    send(link, write(link, NOBODY, "hello"))
    events.wait(lambda: events.receipts)
    assert (events.receipts[0].state, events.receipts[0].recipient) == (state, NOBODY)
    with pytest.raises(NotFound, match=r"\+38640999999"):
        link.texts(NOBODY)
    with pytest.raises(NotFound):
        link.type_text(NOBODY, "boo")


def test_a_typed_text_is_ticked_when_the_gateway_has_stored_all_its_pieces(network: Open, events: Recorder) -> None:
    link = network()
    events.store = "later"
    text_id = link.type_text(ANA, "a" * 200)
    events.wait(lambda: len(events.pending) == 2)
    events.pending[0].set_result(None)
    assert [(shown.id, shown.mine, shown.delivered) for shown in link.texts(ANA)] == [(text_id, True, False)]
    events.pending[1].set_result(None)
    assert [shown.delivered for shown in link.texts(ANA)] == [True]


def test_what_the_gateway_could_not_store_is_repeated(network: Open, events: Recorder) -> None:
    link = network(repeat_after=0.05)
    events.store = "fails"
    link.type_text(ANA, "again and again")
    events.wait(lambda: len(events.pieces) >= 2)
    events.store = "at once"
    events.wait(lambda: link.texts(ANA)[0].delivered)
    assert len({piece.reference for piece in events.pieces}) == 1
