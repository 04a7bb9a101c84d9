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


def test_a_service_that_heeds_headers_of_answers_does_so_here() -> None:
    heeding = KANNEL.replace("max-messages = 0", "accept-x-kannel-headers = true")
    assert kannel(heeding).commands[1].endswith("text=%a' --accept-x-kannel-headers")
    denying = kannel(KANNEL.replace("max-messages = 0", "accept-x-kannel-headers = false"))
    assert denying.commands[1].endswith("text=%a'")
    assert not any("accept-x" in note for note in denying.notes)


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


PLAYSMS = """
CREATE TABLE `playsms_tblGateway` (`id` int, `name` text, `gateway` text, `data` text);
INSERT INTO `playsms_tblGateway` VALUES (1,'dev','dev','[]'),
(2,'big one','kannel',
 '{\\"username\\":\\"u\\",\\"password\\":\\"p\\",\\"sendsms_host\\":\\"10.0.0.2\\",\\"sendsms_port\\":\\"13013\\"}'),
(3,'tw','twilio','{\\"account_sid\\":\\"AC1\\",\\"auth_token\\":\\"t\\"}'),(4,'gsm','smstools','{}'),(5,'odd','smsgh','{}');
CREATE TABLE `playsms_tblUser` (`uid` int, `username` text);
INSERT INTO `playsms_tblUser` VALUES (1,'admin');
"""
SMSD = """
CREATE TABLE `sentitems` (`SendingDateTime` timestamp, `DestinationNumber` text, `TextDecoded` text, `ID` int,
  `SequencePosition` int, `Status` text);
INSERT INTO `sentitems` VALUES ('2024-01-15 12:00:00','040 111 222','Hello',7,1,'DeliveryOK'),
('2024-01-15 12:00:00','?','Hello',8,1,'DeliveryOK');
"""


def test_playsmss_gateways_are_links_and_its_users_keys(smsgw: Smsgw, tmp_path: Path) -> None:
    file = tmp_path / "playsms.sql"
    file.write_text(PLAYSMS)
    said = smsgw("import", "playsms", file)
    links, login = tomllib.loads(said.out)["links"], {"user": "u", "password": "p"}
    assert links == [
        {"name": "big-one", "kind": "web", "profile": "kannel", "url": "http://10.0.0.2:13013", **login},
        {"name": "tw", "kind": "web", "profile": "twilio", "user": "AC1", "password": "t"},
    ]
    Config.model_validate({"store": {"url": "sqlite:///x"}, "links": links})
    assert "smsgw key create admin" in said.out
    assert "gsm is smstools" in said.err
    assert "smsgh is not known" in said.err


def test_history_is_looked_at_first_then_stored_once_and_the_rest_is_told(smsgw: Smsgw, tmp_path: Path) -> None:
    file = tmp_path / "smsd.sql"
    file.write_text(SMSD)
    words = ("import", "gammu", file, "--history", "--zone", "Europe/Ljubljana")
    looked = smsgw(*words)
    assert (looked.status, looked.out.strip()) == (0, "sent texts: 1 would be added, 0 there already")
    assert "row 2 of sentitems: '?'" in looked.err
    assert "nothing was stored" in looked.err
    assert smsgw(*words, "--apply").out.strip() == "sent texts: 1 added, 0 there already"
    again = smsgw(*words, "--apply", "--json").data
    assert (again["added"], again["known"]) == ({}, {"sent texts": 1})
    assert again["not_understood"][0]["where"].endswith("row 2 of sentitems")


def test_a_source_that_cannot_be_read_says_so(smsgw: Smsgw, tmp_path: Path) -> None:
    for words in (
        ("import", "gammu", tmp_path / "no.sql", "--history"),
        ("import", "kannel", tmp_path / "no.conf"),
        ("import", "playsms", "sqlite:////nowhere/x.db", "--history"),
    ):
        said = smsgw(*words)
        assert said.status != 0
        assert "no file" in said.err or "there is no" in said.err or "cannot be asked" in said.err
    assert smsgw("import", "gammu", tmp_path, "--history", "--zone", "Nowhere/At").status != 0
    (tmp_path / "cut.sql").write_text("INSERT INTO `sentitems` VALUES (1);\n")
    assert "nobody said what the columns" in smsgw("import", "gammu", tmp_path / "cut.sql", "--history").err
