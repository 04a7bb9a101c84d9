"""The simulated network: what its knobs do, what its phones show, and what its tape brings back."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.fake import Config, FakeLink, open_link, read_tape
from smsgw.errors import BadConfig, BadInput, Conflict, NotFound
from smsgw.link import (
    LinkDown,
    NoAnswer,
    ReceiptState,
    RejectedForGood,
    RejectedForNow,
    Simulated,
    Throttled,
    WirePart,
)
from smsgw.text.parts import concatenation
from tests.drivers.recorder import Recorder, write

ANA, BOR, NOBODY = "+38641000001", "+38641000002", "+38640999999"
LONG = "Dober dan! Vaše naročilo je na poti. " * 6  # UCS-2 because of č: four parts
Open = Callable[..., FakeLink]


@pytest.fixture
def network(events: Recorder) -> Iterator[Open]:
    """Start a network without delays on these events, with the knobs and fields given."""
    links = []

    def start(**fields: Any) -> FakeLink:
        told = fields.pop("events", events)
        link = open_link("phones", Config.model_validate({"delay": 0, "receipt_delay": 0} | fields), told)
        links.append(link)
        link.start()
        told.wait(lambda: told.healths)
        return link

    yield start
    for link in links:
        link.stop(time.monotonic())


def stopped(link: FakeLink) -> None:
    link.stop(time.monotonic() + 5)


def send(link: FakeLink, parts: list[WirePart]) -> list[WirePart]:
    for part in parts:
        link.send(part)
    return parts


def many(link: FakeLink, number: int) -> list[WirePart]:
    return send(link, [part for n in range(number) for part in write(link, ANA, f"text {n}")])


def test_it_offers_phones_beside_the_link(network: Open) -> None:
    link = network(handsets=[ANA, BOR])
    assert isinstance(link, Simulated)
    assert link.handsets() == [ANA, BOR]


def test_every_field_of_the_configuration_has_its_sentence_and_an_unknown_one_is_refused() -> None:
    assert [name for name, field in Config.model_fields.items() if not (field.description or "").endswith(".")] == []
    with pytest.raises(ValidationError, match="colour"):
        Config.model_validate({"colour": "red"})


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


def test_a_lost_part_is_taken_but_never_shown_and_has_no_receipt(network: Open, events: Recorder) -> None:
    link = network(loss=1.0)
    parts = send(link, write(link, ANA, "into the void"))
    events.wait(lambda: events.answers)
    stopped(link)
    assert events.references(parts)
    assert link.texts(ANA) == []
    assert events.receipts == []


def test_refusals_for_good_and_for_now_come_as_often_as_their_shares_say(network: Open, events: Recorder) -> None:
    link = network(rejection=0.2, temporary=0.3)
    parts = many(link, 1000)
    stopped(link)
    kinds = Counter(type(answer) for answer in events.answers_of(parts))
    assert 160 < kinds[RejectedForGood] < 240
    assert 250 < kinds[RejectedForNow] < 350
    assert len(link.texts(ANA)) == kinds[str] == 1000 - kinds[RejectedForGood] - kinds[RejectedForNow]


def test_the_same_seed_has_the_same_faults_whatever_the_timing(
    network: Open,
) -> None:
    def fates(**fields: Any) -> list[str]:
        told = Recorder()
        link = network(events=told, rejection=0.3, loss=0.2, shuffle=0.5, **fields)
        parts = many(link, 60)
        stopped(link)
        return [type(answer).__name__ for answer in told.answers_of(parts)]

    first = fates(seed=7)
    assert fates(seed=7, delay=0.01, window=3, duplicate=0.5) == first
    assert fates(seed=8) != first


def test_a_lost_answer_is_no_answer_although_the_phone_has_the_text(network: Open, events: Recorder) -> None:
    link = network(no_answer=1.0, answer_timeout=0.1)
    parts = send(link, write(link, ANA, "arrived"))
    events.wait(lambda: events.answers)
    (error,) = events.refusals(parts)
    assert isinstance(error, NoAnswer)
    assert [shown.text for shown in link.texts(ANA)] == ["arrived"]
    events.wait(lambda: events.receipts)


def test_an_answer_later_than_the_timeout_is_told_once_as_no_answer(network: Open, events: Recorder) -> None:
    link = network(delay=0.3, answer_timeout=0.1)
    parts = send(link, write(link, ANA, "slow"))
    events.wait(lambda: link.texts(ANA))
    stopped(link)
    assert isinstance(events.refusals(parts)[0], NoAnswer)


def test_duplicates_are_receipts_and_pieces_told_twice_with_one_reference(
    network: Open, events: Recorder, tmp_path: Path
) -> None:
    tape = tmp_path / "network.tape"
    link = network(duplicate=1.0, tape=tape)
    parts = send(link, write(link, ANA, "out"))
    link.type_text(ANA, "in")
    events.wait(lambda: len(events.receipts) == 2 and len(events.pieces) == 2)
    stopped(link)
    assert [line["is"] for line in read_tape(tape)].count("acknowledged") == 2
    assert {receipt.reference for receipt in events.receipts} == set(events.references(parts))
    assert events.pieces[0] == events.pieces[1]


def test_shuffled_receipts_come_before_the_answer(network: Open, events: Recorder) -> None:
    link = network(shuffle=1.0, receipt_delay=5)
    parts = send(link, write(link, ANA, "overtaken"))
    events.wait(lambda: events.answers)
    (reference,) = events.references(parts)
    assert events.order[-2:] == [f"receipt {reference}", f"taken {reference}"]


def test_receipts_come_after_the_answer_when_nothing_is_shuffled(network: Open, events: Recorder) -> None:
    link = network()
    parts = send(link, write(link, ANA, "in order"))
    events.wait(lambda: events.receipts)
    (reference,) = events.references(parts)
    assert events.order[-2:] == [f"taken {reference}", f"receipt {reference}"]


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


def test_faster_than_the_throttle_is_throttled(network: Open, events: Recorder) -> None:
    link = network(throttle=5)
    parts = many(link, 30)
    stopped(link)
    kinds = Counter(type(answer) for answer in events.answers_of(parts))
    assert 5 <= kinds[str] <= 12
    assert kinds[Throttled] == 30 - kinds[str]


def test_turning_the_throttle_up_helps_at_once(network: Open, events: Recorder) -> None:
    link = network(throttle=1e-6)
    first = many(link, 2)
    link.set_faults({"throttle": 1000})
    last = many(link, 1)
    stopped(link)
    assert [type(answer) for answer in events.answers_of([*first, *last])] == [str, Throttled, str]


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


def test_a_part_that_wants_no_receipt_has_none(network: Open, events: Recorder) -> None:
    link = network()
    (part,) = write(link, ANA, "quietly")
    quiet = WirePart("m", 1, 1, ANA, None, part.alphabet, part.user_data, receipt=False)
    send(link, [quiet, *write(link, BOR, "aloud")])
    events.wait(lambda: events.receipts)
    stopped(link)
    assert [receipt.recipient for receipt in events.receipts] == [BOR]


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


def test_knobs_show_how_they_stand_and_turn_together(network: Open) -> None:
    link = network(loss=0.25)
    assert link.faults()["loss"] == 0.25
    link.set_faults({"loss": 0.5, "delay": 2})
    assert (link.faults()["loss"], link.faults()["delay"]) == (0.5, 2.0)


def test_unknown_knobs_and_values_out_of_range_are_all_told_at_once_and_turn_nothing(network: Open) -> None:
    link = network()
    before = link.faults()
    with pytest.raises(BadInput) as told:
        link.set_faults({"loss": 1.5, "gravity": 1, "delay": 3})
    assert [(fault.pointer, fault.code) for fault in told.value.faults] == [
        ("/loss", "out_of_range"),
        ("/gravity", "unknown_knob"),
    ]
    assert link.faults() == before


def test_a_cut_connection_loses_the_answer_but_not_the_part_and_owes_the_receipt(
    network: Open, events: Recorder
) -> None:
    link = network(delay=0.2)
    parts = send(link, write(link, ANA, "on its way"))
    link.set_faults({"disconnected": True})
    events.wait(lambda: link.texts(ANA))
    assert isinstance(events.refusals(parts)[0], NoAnswer)
    assert events.receipts == []
    link.set_faults({"disconnected": False})
    events.wait(lambda: events.receipts)
    assert [receipt.state for receipt in events.receipts] == [ReceiptState.DELIVERED]


def test_a_receipt_that_was_due_when_the_connection_was_cut_and_restored_is_told_once(
    network: Open, events: Recorder
) -> None:
    link = network(receipt_delay=0.2)
    send(link, write(link, ANA, "once"))
    events.wait(lambda: events.answers)
    link.set_faults({"disconnected": True})
    link.set_faults({"disconnected": False})
    events.wait(lambda: events.receipts)
    time.sleep(0.3)
    assert len(events.receipts) == 1


def test_what_is_stored_after_the_connection_was_cut_is_not_acknowledged(network: Open, events: Recorder) -> None:
    link = network()
    events.store = "later"
    link.type_text(ANA, "half told")
    events.wait(lambda: events.pending)
    link.set_faults({"disconnected": True})
    events.pending[0].set_result(None)
    assert not link.texts(ANA)[0].delivered
    events.store = "at once"
    link.set_faults({"disconnected": False})
    events.wait(lambda: link.texts(ANA)[0].delivered)
    assert events.pieces[0] == events.pieces[1]


def test_nothing_is_told_from_inside_send(network: Open, events: Recorder) -> None:
    link = network(rejection=0.5)
    link.type_text(ANA, "hello")
    many(link, 20)
    link.set_faults({"disconnected": True})
    many(link, 2)
    stopped(link)
    assert events.threads == {"fake-phones"}


def test_a_part_given_after_the_stop_is_answered_and_phones_cannot_send(network: Open, events: Recorder) -> None:
    link = network()
    stopped(link)
    parts = send(link, write(link, ANA, "too late"))
    events.wait(lambda: events.answers)
    assert isinstance(events.refusals(parts)[0], LinkDown)
    with pytest.raises(Conflict):
        link.type_text(ANA, "too late")


def test_a_link_that_was_never_started_answers_when_it_stops(events: Recorder) -> None:
    link = open_link("idle", Config(), events)
    parts = send(link, write(link, ANA, "nobody there"))
    stopped(link)
    assert isinstance(events.refusals(parts)[0], LinkDown)


def test_the_tape_brings_back_screens_and_ticks(network: Open, events: Recorder, tmp_path: Path) -> None:
    tape = tmp_path / "network.tape"
    link = network(tape=tape)
    send(link, write(link, ANA, LONG))
    link.type_text(ANA, "Hvala 🌻")
    events.wait(lambda: len(link.texts(ANA)) == 2 and link.texts(ANA)[1].delivered)
    stopped(link)
    assert network(tape=tape).texts(ANA) == link.texts(ANA)


def test_what_was_not_acknowledged_is_told_again_from_the_tape_and_the_rest_is_not(
    network: Open, tmp_path: Path
) -> None:
    tape = tmp_path / "network.tape"
    before, after = Recorder(), Recorder()
    link = network(tape=tape, events=before)
    stored = send(link, write(link, BOR, "stored"))
    before.wait(lambda: before.receipts)
    before.store = "fails"
    link.type_text(ANA, LONG)
    owed = send(link, write(link, ANA, "owed"))
    before.wait(lambda: len(before.pieces) == 4 and len(before.receipts) == 2)
    stopped(link)
    again = network(tape=tape, events=after)
    after.wait(lambda: after.texts() == [(ANA, LONG)] and after.receipts)
    assert {piece.reference for piece in after.pieces} == {piece.reference for piece in before.pieces}
    assert [receipt.reference for receipt in after.receipts] == before.references(owed) != before.references(stored)
    after.wait(lambda: again.texts(ANA)[0].delivered)


def test_a_phone_that_was_taken_out_of_the_configuration_still_had_sent_its_text(network: Open, tmp_path: Path) -> None:
    tape = tmp_path / "network.tape"
    before, after = Recorder(store="fails"), Recorder()
    link = network(tape=tape, events=before, handsets=[ANA, BOR])
    link.type_text(BOR, "bye")
    stopped(link)
    network(tape=tape, events=after, handsets=[ANA])
    after.wait(lambda: after.texts() == [(BOR, "bye")])


def test_references_are_new_after_a_restart_with_a_tape_and_without(
    network: Open, events: Recorder, tmp_path: Path
) -> None:
    parts = []
    for fields in ({"tape": tmp_path / "network.tape"}, {"tape": tmp_path / "network.tape"}, {}, {}):
        link = network(**fields)
        parts += many(link, 20)
        stopped(link)
    assert len(set(events.references(parts))) == 80


def test_a_last_line_that_was_cut_is_dropped_and_the_tape_goes_on(
    network: Open, events: Recorder, tmp_path: Path
) -> None:
    tape = tmp_path / "network.tape"
    link = network(tape=tape)
    send(link, write(link, ANA, "whole"))
    events.wait(lambda: events.receipts)
    stopped(link)
    with tape.open("a") as file:
        file.write('{"is": "part", "refer')
    link = network(tape=tape)
    send(link, write(link, ANA, "next"))
    events.wait(lambda: len(events.receipts) == 2)
    stopped(link)
    assert [line["is"] for line in read_tape(tape)] == ["part", "acknowledged"] * 2
    assert [shown.text for shown in network(tape=tape).texts(ANA)] == ["whole", "next"]


@pytest.mark.parametrize(
    "content", ["a shopping list", "milk\nbread\n", "[1]\n", '{"is": "letter"}\n', '{"is": "part"}\n']
)
def test_a_file_that_is_no_tape_is_refused_and_left_as_it_is(events: Recorder, tmp_path: Path, content: str) -> None:
    file = tmp_path / "list.txt"
    file.write_text(content)
    with pytest.raises(BadConfig, match=r"list\.txt is not a tape \(line 1\)"):
        open_link("phones", Config(tape=file), events)
    assert file.read_text() == content


def test_a_tape_in_a_folder_that_does_not_exist_is_a_mistake_in_the_configuration(
    events: Recorder, tmp_path: Path
) -> None:
    with pytest.raises(BadConfig, match="No such file"):
        open_link("phones", Config(tape=tmp_path / "no" / "network.tape"), events)


def test_a_tape_that_cannot_be_written_makes_the_network_refuse_for_now(
    network: Open, events: Recorder, tmp_path: Path
) -> None:
    tape = tmp_path / "network.tape"
    link = network(tape=tape)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))  # the line begins to fit, and does not
    try:
        parts = send(link, write(link, ANA, "no space"))
        events.wait(lambda: events.answers)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [error.code for error in events.refusals(parts)] == ["tape_full"]
    assert link.texts(ANA) == []
    assert tape.read_bytes() == b""
    send(link, write(link, ANA, "space again"))
    events.wait(lambda: [shown.text for shown in link.texts(ANA)] == ["space again"])
    assert read_tape(tape)[0]["is"] == "part"


def test_a_tape_that_is_a_device_is_refused(events: Recorder) -> None:
    with pytest.raises(BadConfig, match="not a file"):
        open_link("phones", Config(tape=Path("/dev/full")), events)


CLIENT = """
import sys
from concurrent.futures import Future
from pathlib import Path
from drivers.fake import Config, open_link
from smsgw.link import Alphabet, WirePart

class Gateway:
    def taken(self, part, reference): print(reference, flush=True)
    def failed(self, part, error): print(error, file=sys.stderr)
    def receipt(self, receipt): return Future()
    def inbound(self, piece): return Future()
    def health(self, health): pass

link = open_link("phones", Config(tape=Path(sys.argv[1]), delay=0, receipt_delay=0), Gateway())
link.start()
link.type_text("+38641000001", "typed before the kill")
for number in range(1_000_000):
    link.send(WirePart(str(number), 1, 1, "+38641000001", None, Alphabet.GSM7, b"x" * 160))
"""


def test_after_a_sigkill_the_tape_has_every_part_that_was_answered_and_owes_what_was_told(
    network: Open, events: Recorder, tmp_path: Path
) -> None:
    tape = tmp_path / "network.tape"
    root = Path(__file__).parents[2]
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, tape], stdout=subprocess.PIPE, text=True, cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    with client:
        assert client.stdout
        answered = [client.stdout.readline().strip() for _ in range(300)]
        client.send_signal(signal.SIGKILL)
        answered += [line.strip() for line in client.stdout.read().split("\n")[:-1]]
    taken = [line["reference"] for line in read_tape(tape) if line["is"] == "part"]
    assert len(answered) >= 300
    assert taken[: len(answered)] == answered
    link = network(tape=tape)
    events.wait(lambda: len(events.receipts) == len(taken))
    assert events.texts() == [(ANA, "typed before the kill")]
    events.wait(lambda: link.texts(ANA)[0].delivered)
    assert len(link.texts(ANA)) == len(taken) + 1
