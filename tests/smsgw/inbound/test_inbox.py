"""What comes in is stored once, joined in any order and over restarts, and read."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from smsgw.inbound.inbox import Inbox
from smsgw.inbound.readers import person
from smsgw.link import Abilities, Alphabet, Concatenation, InboundPiece, LinkDown, LinkError, RejectedForNow
from smsgw.store.database import Database
from smsgw.text import parts
from tests.smsgw.desk import Desk

CUSTOMER = "+38640111222"
LONG = "Dober dan, naročam dva zvezka 😀 in kilogram kruha. " * 4


def pieces(text: str = LONG, reference: int = 7, sender: str = CUSTOMER, name: str = "n") -> list[InboundPiece]:
    cut = parts.split(text, Abilities(), reference)
    return [
        InboundPiece(f"{name}{n}", sender, "+38641000000", piece.alphabet, piece.user_data, piece.udh)
        for n, piece in enumerate(cut)
    ]


def texts(desk: Desk) -> list[str]:
    return [row.text for row in desk.texts()]


def test_a_text_is_stored_with_its_sender_and_waits_for_a_person(desk: Desk) -> None:
    desk.text_from(CUSTOMER, "How much is the bread?")
    [row] = desk.texts()
    assert (row.sender, row.text, row.state, row.link) == (CUSTOMER, "How much is the bread?", "waiting", "a")
    assert desk.events(row.id) == ["receive", "wait"]


@pytest.mark.parametrize("order", sorted(permutations(range(3))), ids=str)
def test_a_long_text_is_joined_in_every_order(desk: Desk, order: tuple[int, ...]) -> None:
    sent = pieces("č" * 150)
    assert len(sent) == 3
    for index in order:
        assert texts(desk) == []
        desk.arrives(sent[index])
    assert texts(desk) == ["č" * 150]


def test_pieces_wait_over_a_restart(desk: Desk, fresh_store_url: str) -> None:
    first, *rest = pieces()
    desk.arrives(first)
    desk.database.close()
    again = Desk(Database(fresh_store_url))
    for piece in rest:
        again.arrives(piece)
    assert texts(again) == [LONG]
    again.database.close()


def test_a_piece_that_comes_again_is_counted_and_nothing_else(desk: Desk) -> None:
    for piece in [*pieces(), *pieces()]:
        desk.arrives(piece)
    desk.text_from(CUSTOMER, "once", "x")
    desk.text_from(CUSTOMER, "once", "x")
    assert texts(desk) == [LONG, "once"]


def test_a_repeat_under_another_name_in_a_series_is_dropped_by_its_place_and_words(desk: Desk) -> None:
    first, *rest = pieces()
    desk.arrives(first)
    desk.arrives(pieces(name="again")[0])
    for piece in rest:
        desk.arrives(piece)
    assert texts(desk) == [LONG]


def test_the_same_words_later_are_a_new_text_where_references_come_back(desk: Desk) -> None:
    [piece] = pieces("yes")
    yes = InboundPiece("digest:0", CUSTOMER, None, piece.alphabet, piece.user_data, repeats_within=900)
    desk.arrives(yes)
    desk.later(seconds=900)
    desk.arrives(yes)
    assert texts(desk) == ["yes"]
    desk.later(seconds=1)
    desk.arrives(yes)
    desk.later(seconds=1000)
    desk.arrives(yes)
    assert texts(desk) == ["yes", "yes", "yes"]


def test_two_customers_with_the_same_reference_are_not_mixed(desk: Desk) -> None:
    ana, bor = pieces("a" * 200), pieces("b" * 200, sender="+38640999888", name="m")
    for piece in (ana[0], bor[0], bor[1], ana[1]):
        desk.arrives(piece)
    assert sorted(texts(desk)) == ["a" * 200, "b" * 200]


def test_wide_and_narrow_references_are_different_series(desk: Desk) -> None:
    narrow = pieces("a" * 200)
    wide = [
        InboundPiece(f"w{n}", CUSTOMER, None, Alphabet.GSM7, b"b" * 100, concatenation=Concatenation(7, 2, n, True))
        for n in (1, 2)
    ]
    for piece in (narrow[0], wide[0], wide[1], narrow[1]):
        desk.arrives(piece)
    assert sorted(texts(desk)) == ["a" * 200, "b" * 200]


def test_the_wires_own_concatenation_counts_too(desk: Desk) -> None:
    for n in (2, 1):
        words = b"one " if n == 1 else b"two"
        desk.arrives(InboundPiece(f"s{n}", CUSTOMER, None, Alphabet.GSM7, words, concatenation=Concatenation(9, 2, n)))
    assert texts(desk) == ["one two"]


def test_a_new_text_that_took_an_old_reference_is_not_mixed_with_the_old_rest(desk: Desk) -> None:
    desk.arrives(pieces("a" * 200)[0])
    desk.later(hours=73)
    for piece in pieces("b" * 200, name="m"):
        desk.arrives(piece)
    assert texts(desk) == ["b" * 200]


def test_what_stays_incomplete_is_given_out_with_a_mark_and_completed_when_the_rest_comes(desk: Desk) -> None:
    first, second, third = pieces("a" * 400)
    desk.arrives(first)
    desk.arrives(third)
    older = desk.now + timedelta(hours=1)
    release = desk.inbox.release_incomplete
    assert desk.database.writer.do(release, (older, older)) == 1
    [row] = desk.texts()
    assert row.text == "a" * 153 + "[part 2 of 3 missing]" + "a" * 94
    assert (row.missing, row.parts) == (1, 3)
    desk.later(hours=30)
    desk.arrives(second)
    [row] = desk.texts()
    assert (row.text, row.missing) == ("a" * 400, 0)
    assert desk.events(row.id) == ["receive", "wait", "complete"]


def test_pieces_that_still_may_get_their_siblings_are_not_given_out(desk: Desk) -> None:
    desk.arrives(pieces()[0])
    assert desk.database.writer.do(desk.inbox.release_incomplete, (desk.now - timedelta(hours=1), desk.now)) == 0
    assert texts(desk) == []


def test_a_letter_cut_in_two_by_the_senders_phone_heals(desk: Desk) -> None:
    whole = "😀".encode("utf-16-be")
    for n, half in ((2, whole[2:]), (1, whole[:2])):
        desk.arrives(InboundPiece(f"h{n}", CUSTOMER, None, Alphabet.UCS2, half, concatenation=Concatenation(1, 2, n)))
    assert texts(desk) == ["😀"]


def test_a_nul_and_a_lone_half_do_not_stop_the_store(desk: Desk) -> None:
    desk.arrives(InboundPiece("z", CUSTOMER, None, Alphabet.UCS2, b"\x00a\x00\x00\xd8\x3d\x00b"))
    assert texts(desk) == ["a\ufffd\ufffdb"]


@pytest.mark.parametrize("words", ["STOP", "stop.", "Stop please"])
def test_stop_refuses_what_waits_for_that_number_in_the_same_transaction(desk: Desk, words: str) -> None:
    queued = desk.submit(text="one")
    held = desk.submit(text="two", send_at=desk.now + timedelta(hours=1))
    other = desk.submit(to="+38640999888", text="three")
    desk.text_from(CUSTOMER, words)
    assert [desk.state(id) for id in (queued, held, other)] == ["refused", "refused", "queued"]
    [row] = desk.texts()
    assert (row.state, row.understood_as) == ("handled", "optout")
    assert desk.claim()[0].message_id == other


def test_what_is_in_the_air_when_stop_comes_is_not_called_back(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.text_from(CUSTOMER, "STOP")
    desk.taken(wire, "r1")
    assert desk.state(id) == "sent"


@pytest.mark.parametrize("error", [RejectedForNow("busy"), LinkDown("gone")], ids=["rejected", "down"])
def test_what_was_put_back_after_stop_is_not_sent_again(desk: Desk, error: LinkError) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.text_from(CUSTOMER, "STOP")
    desk.failed(wire, error)
    desk.later(minutes=10)
    assert desk.claim() == []
    assert desk.state(id) == "refused"


@pytest.mark.parametrize("words", ["Stopalka 3x", "please do not stop by tomorrow", "end table", "I will not cancel"])
def test_a_word_inside_a_sentence_is_no_stop(desk: Desk, words: str) -> None:
    desk.text_from(CUSTOMER, words)
    [row] = desk.texts()
    assert row.state == "waiting"
    desk.submit()


def test_without_stop_words_a_person_reads_everything(desk: Desk) -> None:
    desk.inbox = Inbox((person,))
    desk.text_from(CUSTOMER, "STOP")
    assert desk.texts()[0].state == "waiting"


def test_nonsense_from_the_wire_is_stored_not_refused_again_and_again(desk: Desk) -> None:
    desk.arrives(InboundPiece("r" * 200, "\x00" + "9" * 40, "\ud800", Alphabet.OCTETS, b"\xff\x00", b"\x05\x00\x03"))
    nonsense = Concatenation(reference=1, of=2, position=3)
    desk.arrives(InboundPiece("s", CUSTOMER, None, Alphabet.GSM7, b"whole", concatenation=nonsense))
    assert len(texts(desk)) == 2
    assert texts(desk)[1] == "whole"


@pytest.mark.parametrize("kind", ["data", "silent"])
def test_what_is_no_text_is_kept_and_waits_for_nobody(desk: Desk, kind: Any) -> None:
    to_port_2949 = b"\x06\x05\x04\x0b\x85\x23\xf0"
    desk.arrives(InboundPiece("p", CUSTOMER, None, Alphabet.OCTETS, b"\x01\x06\xae", to_port_2949, kind=kind))
    [row] = desk.texts()
    assert (row.kind, row.state, row.handled_at) == (kind, "ignored", None)
    assert desk.events(row.id) == ["receive", "ignore"]
