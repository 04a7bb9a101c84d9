"""Configurations of other gateways become links that our own configuration takes, and the rest is told by line."""

from __future__ import annotations

import tomllib
from pathlib import Path

from smsgw.cli.import_ import written
from smsgw.cli.import_readers import gammu, kannel, smstools
from smsgw.config import Config
from tests.smsgw.cli.conftest import Smsgw

KANNEL = """
group = core
admin-port = 13000

# the carrier
group = smsc
smsc = smpp
smsc-id = big carrier
host = smsc.example.com
port = 2775
smsc-username = shop
smsc-password = "secret"
system-type = VMA
throughput = 50
alt-charset = latin1

group = smsc
smsc = at
device = /dev/ttyUSB0
speed = 115200
my-number = +38640111000

group = smsc
smsc = http
system-type = kannel
smsc-id = next
send-url = http://10.0.0.2:13013/cgi-bin/sendsms
smsc-username = u
smsc-password = p

group = smsc
smsc = cimd2
host = 10.0.0.1

group = sendsms-user
username = shop
password = secret
dlr-url = http://x

group = sms-service
keyword = default
get-url = "http://shop/in?from=%p&text=%a"
max-messages = 0
"""


def test_kannels_smscs_are_links_and_the_rest_is_told_by_its_line() -> None:
    made = kannel(KANNEL)
    config = Config.model_validate(tomllib.loads(written(made, "kannel.conf")))
    assert [(link.name, link.kind) for link in config.links] == [
        ("big-carrier", "smpp"), ("smsc-17", "modem"), ("next", "web"),
    ]  # fmt: skip
    assert (made.links[0]["rate"], made.links[0]["system_type"], made.doors) == (50, "VMA", ["kannel"])
    assert made.links[2]["url"] == "http://10.0.0.2:13013"
    assert made.commands[1] == "smsgw key doors KEY --get-url 'http://shop/in?from=%p&text=%a' --no-reply"
    assert any(note.startswith("line 15: big-carrier: alt-charset") for note in made.notes)
    assert any("cimd2" in note for note in made.notes)
    assert any("dlr-url" in note for note in made.notes)


def test_smstools_and_gammu_have_modems() -> None:
    made = smstools(
        "devices = GSM1, GSM2\nalarmhandler = /x\n[GSM1]\ndevice = /dev/ttyS0\nbaudrate = 9600\nincoming = yes\n"
    )
    assert made.links == [{"name": "GSM1", "kind": "modem", "device": "/dev/ttyS0", "baudrate": 9600}]
    assert made.notes == ["the device GSM2 has no section", "line 2: smsd: alarmhandler = /x was not understood"]
    made = gammu("[gammu]\ndevice = /dev/ttyUSB1\nconnection = at115200\n[smsd]\nPIN = 1234\nservice = sql\n")
    assert made.links == [
        {"name": "modem", "kind": "modem", "device": "/dev/ttyUSB1", "baudrate": 115200, "pin": "1234"}
    ]
    assert made.notes == ["line 6: smsd: service = sql was not understood"]
    for read in (smstools, gammu, kannel):
        assert read("\0\n[=\n===\n").links == []


def test_the_command_writes_the_tables_and_tells_the_rest(smsgw: Smsgw, tmp_path: Path) -> None:
    file = tmp_path / "kannel.conf"
    file.write_text(KANNEL)
    said = smsgw("import", "kannel", file)
    assert said.status == 0
    assert len(tomllib.loads(said.out)["links"]) == 3
    assert "alt-charset" in said.err
