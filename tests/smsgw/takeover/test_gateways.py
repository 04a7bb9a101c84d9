"""What each gateway remembers is found, in our words; what is not understood is told with its place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from smsgw.takeover.found import Contact, Found, Note, Received, Sent, Stop
from smsgw.takeover.gammu import gammu, kalkun
from smsgw.takeover.kannel import kannel_log, kannel_tables
from smsgw.takeover.playsms import playsms
from smsgw.takeover.smstools import smstools
from smsgw.takeover.tables import tables_of

HERE = ZoneInfo("Europe/Ljubljana")
GAMMU = """
CREATE TABLE `inbox` (`ReceivingDateTime` timestamp, `Text` text, `SenderNumber` varchar(20), `UDH` text,
  `TextDecoded` text, `ID` int, `RecipientID` text, `id_folder` int);
INSERT INTO `inbox` VALUES ('2024-07-01 10:00:00','','+38640111222','','Dober dan',1,'modem1',1),
('2024-07-01 10:01:00','','+38640111222','0500037A0202',' del',3,'modem1',1),
('2024-07-01 10:01:00','','+38640111222','0500037A0201','Prvi',2,'modem1',5),
('2024-07-01 10:02:00','0041','+38640111222','','',4,'modem1',1);
CREATE TABLE `sentitems` (`SendingDateTime` timestamp, `DeliveryDateTime` timestamp, `Text` text,
  `DestinationNumber` varchar(20), `TextDecoded` text, `ID` int, `SenderID` text, `SequencePosition` int,
  `Status` text, `id_folder` int);
INSERT INTO `sentitems` VALUES
('2024-01-15 12:00:00','2024-01-15 12:00:09','','+38640111222',' konec',7,'modem1',2,'DeliveryOK',3),
('2024-01-15 12:00:00','2024-01-15 12:00:09','','+38640111222','Začetek',7,'modem1',1,'DeliveryOK',3),
('2024-01-15 13:00:00',NULL,'','040111333','Kasneje',8,'modem1',1,'SendingError',3),
('2024-01-15 14:00:00',NULL,'','040111333','Brez',9,'modem1',1,'SendingOKNoReport',3);
CREATE TABLE `outbox` (`ID` int, `DestinationNumber` text);
INSERT INTO `outbox` VALUES (10,'+38640111222');
"""
KALKUN = """
CREATE TABLE `user_folders` (`id_folder` int, `name` text, `id_user` int);
INSERT INTO `user_folders` VALUES (1,'inbox',0),(3,'sent_items',0),(5,'Trash',0);
CREATE TABLE `pbk` (`ID` int, `GroupID` int, `Name` text, `Number` text, `id_user` int);
INSERT INTO `pbk` VALUES (1,-1,'Ana Novak','040 111 222',1),(2,2,'Bojan','+38640111333',1);
CREATE TABLE `pbk_groups` (`Name` text, `ID` int);
INSERT INTO `pbk_groups` VALUES ('Stranke',2),('Redni',3);
CREATE TABLE `user_group` (`id_group` int, `id_pbk` int, `id_pbk_groups` int, `id_user` int);
INSERT INTO `user_group` VALUES (1,2,3,1);
CREATE TABLE `plugin_stop_manager` (`id_stop_manager` int, `destination_number` text, `stop_type` text,
  `stop_message` text, `reg_date` datetime);
INSERT INTO `plugin_stop_manager` VALUES (1,'+38640111333','rappel','STOP rappel','2024-05-05 08:00:00');
CREATE TABLE `user_templates` (`id_template` int);
INSERT INTO `user_templates` VALUES (1),(2);
"""
PLAYSMS = """
CREATE TABLE `playsms_tblSMSOutgoing` (`id` int, `smslog_id` int, `flag_deleted` int, `p_smsc` text, `p_src` text,
 `p_dst` text, `p_footer` text, `p_msg` text, `p_datetime` text, `p_update` text, `p_status` int);
INSERT INTO `playsms_tblSMSOutgoing` VALUES (1,11,0,'kannel','Shop','+38640111222','@shop','Pozdrav',
 '2024-03-01 09:00:00','2024-03-01 09:00:05',3),
(2,12,0,'kannel','Shop','+38640111222','','Čaka','2024-03-01 09:00:00','',0),
(3,13,0,'kannel','Shop','+38640111222','','Ni šlo','2024-03-01 09:00:00','2024-03-01 09:00:05',2);
CREATE TABLE `playsms_tblSMSIncoming` (`in_id` int, `flag_deleted` int, `in_gateway` text, `in_sender` text,
 `in_receiver` text, `in_keyword` text, `in_message` text, `in_datetime` text);
INSERT INTO `playsms_tblSMSIncoming` VALUES (5,0,'kannel','+38640111222','1234','VOTE','2','2024-03-02 10:00:00');
CREATE TABLE `playsms_featurePhonebook` (`id` int, `uid` int, `mobile` text, `name` text, `email` text);
INSERT INTO `playsms_featurePhonebook` VALUES (1,1,'+38640111222','Ana','ana@example.com');
CREATE TABLE `playsms_featurePhonebook_group` (`id` int, `name` text);
INSERT INTO `playsms_featurePhonebook_group` VALUES (9,'Šola');
CREATE TABLE `playsms_featurePhonebook_group_contacts` (`id` int, `gpid` int, `pid` int);
INSERT INTO `playsms_featurePhonebook_group_contacts` VALUES (1,9,1);
CREATE TABLE `playsms_featureStoplist` (`id` int, `mobile` text);
INSERT INTO `playsms_featureStoplist` VALUES (1,'+38640111333');
CREATE TABLE `playsms_featurePoll` (`poll_id` int);
INSERT INTO `playsms_featurePoll` VALUES (1);
"""
ACCESS = """2024-08-24 05:00:00 Log begins
2024-08-24 05:01:45 Sent SMS [SMSC:big] [SVC:shop] [ACT:] [BINF:] [FID:77] [META:?smpp?] [from:Shop] [to:38640111222] [flags:-1:0:-1:0:31] [msg:11:Hello [you]] [udh:0:]
2024-08-24 05:01:50 Receive DLR [SMSC:big] [SVC:shop] [ACT:] [BINF:] [FID:77] [META:] [from:Shop] [to:38640111222] [flags:-1:-1:-1:-1:1] [msg:52:id:77 sub:001 dlvrd:001 stat:DELIVRD err:000 text:] [udh:0:]
2024-08-24 05:02:00 Sent SMS [SMSC:big] [SVC:shop] [ACT:] [BINF:] [FID:78] [META:] [from:Shop] [to:38640111222] [flags:-1:2:-1:0:0] [msg:6:010D0061006A] [udh:0:]
2024-08-24 05:03:00 FAILED Send SMS [SMSC:big] [SVC:shop] [ACT:] [BINF:] [FID:] [META:] [from:Shop] [to:12] [flags:-1:0:-1:0:0] [msg:2:No] [udh:0:]
2024-08-24 05:04:00 Receive SMS [SMSC:big] [SVC:] [ACT:] [BINF:] [FID:] [META:] [from:+38640111222] [to:1234] [flags:-1:0:-1:0:-1] [msg:3:Yes] [udh:0:]
2024-08-24 05:05:00 Sent SMS [SMSC:big] [SVC:shop] [ACT:] [BINF:] [FID:79] [META:] [from:Shop] [to:38640111222] [flags:-1:1:-1:0:0] [msg:2:0102] [udh:0:]
2024-08-24 05:06:00 our own format [SMSC:big]
"""  # noqa: E501 - as Kannel writes it
SQLBOX = """
CREATE TABLE `sent_sms` (`sql_id` int, `momt` text, `sender` text, `receiver` text, `msgdata` text, `time` int,
 `smsc_id` text, `coding` int, `foreign_id` text);
INSERT INTO `sent_sms` VALUES (1,'MT','Shop','+38640111222','Hello+you%21',1700000000,'big',0,'77'),
(2,'DLR','Shop','+38640111222','id:77+stat:UNDELIV+err:1',1700000010,'big',0,'77'),
(3,'MO','+38640111222','1234','%01%0D',1700000020,'big',2,'');
"""


def split(found: Iterable[Found]) -> dict[type, list[Any]]:
    """What was found, by its sort."""
    told: dict[type, list[Any]] = {Sent: [], Received: [], Contact: [], Stop: [], Note: []}
    for one in found:
        told[type(one)].append(one)
    return told


def test_gammu_joins_parts_and_reads_states_in_its_own_time_zone(file: Any) -> None:
    told = split(gammu(tables_of(str(file("smsd.sql", GAMMU))), HERE))
    assert [(one.text, one.state, one.to) for one in told[Sent]] == [
        ("Začetek konec", "delivered", "+38640111222"),
        ("Kasneje", "failed", "040111333"),
        ("Brez", "sent", "040111333"),
    ]
    assert told[Sent][0].at == datetime(2024, 1, 15, 11, 0, tzinfo=UTC)
    assert told[Sent][0].final_at == datetime(2024, 1, 15, 11, 0, 9, tzinfo=UTC)
    assert [(one.text, one.sender) for one in told[Received]] == [
        ("Dober dan", "+38640111222"),
        ("Prvi del", "+38640111222"),
    ]
    assert told[Received][0].at == datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
    assert [one.why.partition(":")[0] for one in told[Note]] == ["inbox 4", "outbox 10 to +38640111222"]


def test_kalkun_adds_folders_people_groups_and_stops(file: Any) -> None:
    told = split(kalkun(tables_of(str(file("kalkun.sql", GAMMU + KALKUN))), HERE))
    assert [one.folder for one in told[Received]] == ["inbox", "Trash"]
    assert [(one.name, one.number, one.groups) for one in told[Contact]] == [
        ("Ana Novak", "040 111 222", ()),
        ("Bojan", "+38640111333", ("Stranke", "Redni")),
    ]
    [stop] = told[Stop]
    assert (stop.number, stop.reach) == ("+38640111333", "marketing")
    assert "STOP rappel" in stop.why
    assert any("2 templates" in one.why for one in told[Note])


def test_playsms_tells_its_texts_people_and_stop_list(file: Any) -> None:
    told = split(playsms(tables_of(str(file("playsms.sql", PLAYSMS))), UTC))
    assert [(one.text, one.state, one.sender, one.ref) for one in told[Sent]] == [
        ("Pozdrav @shop", "delivered", "Shop", "outgoing:11"),
        ("Ni šlo", "failed", "Shop", "outgoing:13"),
    ]
    assert told[Sent][0].at == datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
    [text] = told[Received]
    assert (text.text, text.to) == ("VOTE 2", "1234")
    [person] = told[Contact]
    assert (person.name, person.email, person.groups) == ("Ana", "ana@example.com", ("Šola",))
    assert [(one.number, one.reach) for one in told[Stop]] == [("+38640111333", "everything")]
    assert sorted(one.why[:20] for one in told[Note]) == ["1 rows of a feature ", "12 to +38640111222: "]


def test_kannels_access_log_tells_texts_and_finds_their_reports(file: Any) -> None:
    told = split(kannel_log([file("access.log", ACCESS)], UTC))
    assert [(one.text, one.state, one.link) for one in told[Sent]] == [
        ("Hello [you]", "delivered", "big"),
        ("čaj", "sent", "big"),
        ("No", "failed", "big"),
    ]
    assert [(one.text, one.sender, one.to) for one in told[Received]] == [("Yes", "+38640111222", "1234")]
    assert [(one.where, one.why[:10]) for one in told[Note]] == [
        ("access.log line 7", "data, not "),
        ("access.log line 8", "this line "),
    ]


def test_sqlboxs_table_tells_the_same(file: Any) -> None:
    told = split(kannel_tables(tables_of(str(file("sqlbox.sql", SQLBOX))), UTC))
    assert [(one.text, one.state) for one in told[Sent]] == [("Hello you!", "undelivered")]
    assert [one.text for one in told[Received]] == ["č"]
    assert told[Note] == []


def test_smstools_folders_tell_texts_and_reports(file: Any) -> None:
    file("spool/sent/a", "To: 38640111222\nModem: GSM1\nSent: 24-02-03 10:00:00\nMessage_id: 5\n\nHello\n")
    file("spool/sent/b", "To: s1234\nSent: 24-02-03 10:01:00\nMessage_id: 6\n\nShort\n")
    file("spool/failed/c", "To: 38640111333\nFail_reason: no network\nFailed: 24-02-03 10:02:00\n\nLost\n")
    file("spool/incoming/d", "From: 38640111222\nReceived: 24-02-03 11:00:00\nAlphabet: UTF-8\n\nČaj?\n")
    file("spool/incoming/e", "From: 38640111222\nReport: yes\n\nSMS STATUS REPORT\nMessage_id: 5\nStatus: 0,Ok\n")
    file("spool/outgoing/f", "To: 38640111222\n\nnot yet\n")
    broken = file("spool/sent/g", "what is this")
    told = split(smstools(broken.parents[1], HERE))
    assert [(one.to, one.text, one.state, one.said) for one in told[Sent]] == [
        ("+38640111222", "Hello", "delivered", ""),
        ("1234", "Short", "sent", ""),
        ("+38640111333", "Lost", "failed", "no network"),
    ]
    assert told[Sent][0].at == datetime(2024, 2, 3, 9, 0, tzinfo=UTC)
    assert [(one.sender, one.text) for one in told[Received]] == [("+38640111222", "Čaj?")]
    assert [one.where for one in told[Note]] == [str(broken), str(broken.parents[1])]
