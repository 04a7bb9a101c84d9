"""The tape of the simulated network: what it brings back after a stop and after a SIGKILL."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.fake import Config, open_link, read_tape
from smsgw.errors import BadConfig
from tests.drivers.fake.giving import ANA, BOR, LONG, Open, many, send, stopped
from tests.drivers.recorder import Recorder, write


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
    root = Path(__file__).parents[3]
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
