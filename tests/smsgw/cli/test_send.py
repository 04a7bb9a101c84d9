"""Sending without a daemon: queued, refused, tried out, taken back, looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsgw.cli.office import Office
from smsgw.link import Alphabet, Health, InboundPiece, LinkState
from smsgw.store import links
from smsgw.store.leases import Lease

PHONE = "+38640111222"


def test_a_text_is_queued_without_a_daemon_and_it_is_said_that_none_runs(smsgw) -> None:
    said = smsgw("send", "040 111 222", "Živjo")
    assert said.status == 0
    assert said.out.startswith("msg_")
    assert "queued" in said.out
    assert "no daemon is running: start it with smsgw run" in said.err


def test_while_a_daemon_runs_nothing_is_said_of_one(smsgw, config_file: Path) -> None:
    with Lease(f"sqlite:///{config_file.parent / 'smsgw.db'}"):
        assert smsgw("send", PHONE, "x").err == ""


def test_a_text_that_is_waited_for_without_a_daemon_is_kept_and_ends_with_5(smsgw) -> None:
    said = smsgw("send", PHONE, "x", "--wait")
    assert said.status == 5
    assert said.err.endswith("next: start it: smsgw run; the message is sent then\n")
    [kept] = smsgw("log", "--json").data
    assert (kept["to"], kept["status"]) == (PHONE, "queued")


def test_wait_does_not_swallow_what_follows_it(smsgw) -> None:
    assert smsgw("send", "--wait", PHONE, "x").status == 5
    assert "'soon' is no duration" in smsgw("send", "--wait=soon", PHONE, "x").err
    assert smsgw("send", "--", PHONE, "--wait").status == 0  # that is the text


def test_the_same_text_again_is_refused_with_3_and_the_way_to_mean_it(smsgw) -> None:
    smsgw("send", PHONE, "x")
    said = smsgw("send", PHONE, "x", "--json")
    assert said.status == 3
    assert said.data["error"]["code"] == "duplicate_message"
    assert "--allow-duplicate" in said.data["error"]["hint"]
    assert smsgw("send", PHONE, "x", "--allow-duplicate").status == 0


def test_a_number_that_nobody_can_have_is_a_usage_error(smsgw) -> None:
    said = smsgw("send", "12", "x", "--json")
    assert said.status == 2
    assert said.data["error"]["errors"][0]["pointer"] == "/to"


def test_a_number_that_no_link_serves_is_refused_with_3(smsgw, config_file: Path) -> None:
    config_file.write_text(config_file.read_text() + 'prefixes = ["+386"]\n')
    said = smsgw("send", "+4915112345678", "x", "--json")
    assert (said.status, said.data["error"]["code"]) == (3, "no_route")


def test_the_text_may_come_from_standard_input(smsgw) -> None:
    said = smsgw("send", PHONE, "-", "--json", stdin="first\nsecond\n")
    assert said.data["text"] == "first\nsecond"


def test_every_option_reaches_the_message(smsgw) -> None:
    said = smsgw(
        "send", PHONE, "x", "--from", "Knjigarna", "--link", "phones", "--priority", "9", "--purpose", "otp",
        "--client-ref", "order-1", "--at", "2099-01-02T03:04:05Z", "--expires", "10m", "--json",
    )  # fmt: skip
    told = said.data
    assert said.status == 0
    assert (told["from"], told["link"], told["priority"], told["purpose"]) == ("Knjigarna", "phones", 9, "otp")
    assert (told["client_ref"], told["status"]) == ("order-1", "held")
    assert (told["due_at"], told["valid_until"]) == ("2099-01-02T03:04:05Z", "2099-01-02T03:14:05Z")


def test_a_client_ref_that_is_known_sends_nothing_again(smsgw) -> None:
    first = smsgw("send", PHONE, "x", "--client-ref", "order-1", "--json").data
    said = smsgw("send", PHONE, "x", "--client-ref", "order-1", "--json")
    assert said.status == 0
    assert said.data["id"] == first["id"]
    assert "nothing new was sent" in said.err


def test_a_dry_run_shows_everything_and_sends_nothing(smsgw) -> None:
    told = smsgw("send", PHONE, "“Živjo”", "--dry-run", "--json").data
    assert (told["parts"], told["encoding"], told["forced_by"]) == (1, "ucs2", ["“", "Ž", "”"])
    assert {one["decision"] for one in told["gate"].pop("checks")} == {"send"}
    assert told["gate"] == {"decision": "send", "why": ""}
    assert told["route"][0].startswith("phones serves every number")
    assert smsgw("log", "--json").data == []
    words = smsgw("send", PHONE, "“Živjo”" * 20, "--dry-run")
    assert "parts:    3 (ucs2)" in words.out
    assert 'plainer:  1 with “ as ", Ž as Z, ” as "' in words.out
    assert "Nothing was sent." in words.err


def test_a_dry_run_of_what_would_be_refused_says_so_and_ends_with_3(smsgw) -> None:
    smsgw("send", PHONE, "x")
    said = smsgw("send", PHONE, "x", "--dry-run")
    assert said.status == 3
    assert "gate:     refuse: the same text" in said.out
    told = smsgw("send", PHONE, "x", "--dry-run", "--json")
    assert (told.status, told.data["gate"]["decision"]) == (3, "refuse")


def test_a_dry_run_of_what_would_be_held_says_until_when(smsgw) -> None:
    told = smsgw("send", PHONE, "x", "--at", "2099-01-02T03:04Z", "--dry-run", "--json").data
    assert [one["name"] for one in told["gate"].pop("checks") if one["decision"] == "hold"] == ["planned"]
    assert told["gate"] == {"decision": "hold", "why": "planned for 2099-01-02 03:04:00 UTC"}


def test_routing_knows_how_the_links_of_the_daemon_are(smsgw, config_file: Path) -> None:
    config_file.write_text(config_file.read_text() + '[[links]]\nname = "aside"\nkind = "fake"\n')
    office = Office(lambda gateway: [], environ={})
    office.path = config_file
    with office.gateway() as gateway:
        for name, state in (("phones", LinkState.UP), ("aside", LinkState.DOWN)):
            heard = links.Heard(name, "fake", Health(state, "so it is"), datetime.now(UTC))
            gateway.database.writer.do(links.write_down, heard)
    assert smsgw("send", PHONE, "x", "--json").data["link"] == "phones"  # by its name, aside would come first
    assert smsgw("send", PHONE, "x", "--dry-run", "--json").data["route"][0] == "phones serves every number and is up"


def test_a_command_leaves_the_tape_of_the_phones_to_the_daemon(smsgw, config_file: Path) -> None:
    tape = config_file.parent / "phones.tape"
    tape.write_text('{"is": "par')  # a line that the daemon is writing at this moment
    assert smsgw("send", PHONE, "x").status == 0
    assert tape.read_text() == '{"is": "par'


def test_what_waits_can_be_taken_back_and_what_has_ended_cannot(smsgw) -> None:
    id = smsgw("send", PHONE, "x", "--json").data["id"]
    assert smsgw("cancel", id).out == f"{id} is cancelled\n"
    said = smsgw("cancel", id)
    assert said.status == 1
    assert "cancelled" in said.err
    assert smsgw("cancel", "msg_1").status == 1


def test_the_log_shows_why_and_one_message_all_that_happened(smsgw) -> None:
    id = smsgw("send", PHONE, "Dobro jutro", "--json").data["id"]
    listed = smsgw("log").out
    assert id in listed
    assert "Dobro jutro" in listed
    told = smsgw("log", id, "--json").data
    assert [(e["event"], e["now"]) for e in told["history"]] == [("accept", "accepted"), ("admit", "queued")]
    assert [piece["position"] for piece in told["pieces"]] == [1]
    assert "admit: queued, phones serves" in smsgw("log", id).out
    assert smsgw("log", "msg_1").status == 1


def test_the_log_can_be_narrowed(smsgw) -> None:
    smsgw("send", PHONE, "one")
    smsgw("send", "+38640999888", "two", "--at", "+1h")
    assert [row["text"] for row in smsgw("log", "--state", "held", "--json").data] == ["two"]
    assert [row["text"] for row in smsgw("log", "--to", "040 111 222", "--json").data] == ["one"]
    assert [row["text"] for row in smsgw("log", "--limit", "1", "--json").data] == ["two"]


def test_no_text_can_command_the_terminal(smsgw) -> None:
    smsgw("send", PHONE, "look \x1b[2J here")
    shown = smsgw("log").out
    assert "\x1b" not in shown
    assert "look \\x1b[2J here" in shown


def test_the_inbox_is_empty_before_anything_came(smsgw) -> None:
    said = smsgw("inbox")
    assert (said.status, said.out, said.err) == (0, "", "Nothing has come in yet.\n")
    assert smsgw("inbox", "--json").data == []


@pytest.mark.parametrize("command", [["link", "test", "nobody"], ["link", "test", "phones", "--to", PHONE]])
def test_a_link_that_is_not_there_or_not_running_cannot_send(smsgw, command: list[str]) -> None:
    said = smsgw(*command)
    assert said.status == (1 if "nobody" in command else 5)
    assert "next: " in said.err


def test_data_goes_out_by_digits_with_its_ports(smsgw) -> None:
    sent = smsgw("send", PHONE, "--data", "00 ff 0A", "--ports", "2948:9200", "--json").data
    assert (sent["text"], sent["data"], sent["ports"]) == ("", "AP8K", {"to": 2948, "from": 9200})
    shown = smsgw("log", sent["id"]).out
    assert "2948, from 9200" in shown
    assert "data:\n    00ff0a" in shown
    assert smsgw("send", PHONE, "--data", "01", "--ports", "16", "--json").data["ports"] == {"to": 16, "from": 0}


@pytest.mark.parametrize(
    ("words", "pointer", "says"),
    [
        ([], "/text", "the text is empty"),
        (["x", "--data", "00"], "/text", "a text or data, not both"),
        (["--data", "0"], "/data", "hexadecimal"),
        (["--data", ""], "/data", "empty"),
        (["--data", "00", "--ports", "http"], "/ports", "names no ports"),
        (["--data", "00", "--ports", "65536"], "/ports", "0 to 65535"),
        (["x", "--ports", "1"], "/ports", "ports are for data"),
    ],
)
def test_what_is_wrong_with_data_is_said(smsgw, words: list[str], pointer: str, says: str) -> None:
    said = smsgw("send", PHONE, *words, "--json")
    assert said.status == 2
    assert [fault["pointer"] for fault in said.data["error"]["errors"]] == [pointer]
    assert says in said.data["error"]["errors"][0]["detail"]


def test_a_dry_run_of_data_counts_its_octets(smsgw) -> None:
    said = smsgw("send", PHONE, "--data", "00" * 200, "--dry-run")
    assert "2 (octets), 200 octets, room for 68 more" in said.out


def test_data_that_came_in_is_shown_by_its_octets_and_ports(smsgw, config_file: Path) -> None:
    udh = bytes.fromhex("0605040b8423f0")
    office = Office(lambda gateway: [], environ={})
    office.path = config_file
    with office.gateway() as gateway:
        for name, octets, header in (("r", b"\0\xff", udh), ("s", b"\1", b"")):
            piece = InboundPiece(name, PHONE, None, Alphabet.OCTETS, octets, header, kind="data")
            gateway.arrived("phones", piece).result(90)
    with_ports, without = smsgw("inbox", "--json").data
    assert (with_ports["text"], with_ports["data"], with_ports["ports"]) == ("", "AP8=", {"to": 2948, "from": 9200})
    assert (without["data"], without["ports"]) == ("AQ==", None)
    assert "data for port 2948 from 9200\n    00 ff" in smsgw("inbox").out
    assert "data\n    01" in smsgw("log", without["id"]).out


def test_what_waits_can_say_something_else_and_what_has_ended_cannot(smsgw) -> None:
    id = smsgw("send", PHONE, "Bread is 1 EUR", "--json").data["id"]
    assert smsgw("replace", id, "Bread is 2 EUR").out == f"{id} says it now\n"
    shown = smsgw("log", id, "--json").data
    assert (shown["text"], shown["first_text"], shown["metadata"]) == ("Bread is 2 EUR", "Bread is 1 EUR", {})
    told = smsgw("log", id).out
    assert "when cli replaced it:" in told
    assert "Bread is 1 EUR" in told
    assert smsgw("replace", id, "-", stdin="from a pipe\n").status == 0
    assert smsgw("log", id, "--json").data["text"] == "from a pipe"
    smsgw("cancel", id)
    said = smsgw("replace", id, "too late")
    assert (said.status, "cancelled" in said.err) == (1, True)
    assert smsgw("replace", "msg_1", "x").status == 1
