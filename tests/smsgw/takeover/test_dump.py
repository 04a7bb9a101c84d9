"""A dump is read as the engine that wrote it would read it, and nothing in it is run."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from smsgw.errors import BadInput
from smsgw.takeover.dump import Dump, Unreadable
from smsgw.takeover.tables import tables_of

MYSQL = r"""-- MySQL dump 10.13
DROP TABLE IF EXISTS `inbox`;
CREATE TABLE `inbox` (
  `ID` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `Text` text NOT NULL,
  `Price` decimal(10,2) DEFAULT NULL,
  `Kind` enum('a','b,c') DEFAULT 'a',
  PRIMARY KEY (`ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES `inbox` WRITE;
INSERT INTO `inbox` VALUES (1,'It\'s; (really), \"so\"\nÄ',1.50,'b,c'),(2,'',NULL,_binary 'x'),(3,0x4869,-7,'O''Neil');
INSERT INTO `inbox` (`Text`, `ID`) VALUES
('two
lines', 4),
('last', 5);
UNLOCK TABLES;
INSERT INTO `other` VALUES (1);
"""
POSTGRES = r"""SET standard_conforming_strings = on;
CREATE TABLE public.inbox (
    "ID" integer NOT NULL,
    "Text" text
);
COPY public.inbox ("ID", "Text") FROM stdin;
1	one\ttab\nline \\ slash
2	\N
\.
INSERT INTO public.inbox ("ID", "Text") VALUES (3, 'a \ is no escape, '' is');
"""


def rows(path: Path, table: str = "inbox") -> list[dict[str, Any]]:
    return [row for _, row in Dump(path).rows(table)]


def test_mysqldump_and_phpmyadmin(file: Any) -> None:
    path = file("dump.sql", MYSQL)
    assert Dump(path).names == {"inbox", "other"}
    assert rows(path) == [
        {"id": "1", "text": 'It\'s; (really), "so"\nÄ', "price": "1.50", "kind": "b,c"},
        {"id": "2", "text": "", "price": None, "kind": "x"},
        {"id": "3", "text": "Hi", "price": "-7", "kind": "O'Neil"},
        {"text": "two\nlines", "id": "4"},
        {"text": "last", "id": "5"},
    ]
    assert next(where for where, _ in Dump(path).rows("inbox")) == "line 11, row 1 of inbox"


def test_pg_dump(file: Any) -> None:
    path = file("dump.sql", POSTGRES)
    assert rows(path) == [
        {"id": "1", "text": "one\ttab\nline \\ slash"},
        {"id": "2", "text": None},
        {"id": "3", "text": "a \\ is no escape, ' is"},
    ]


def test_a_dump_and_the_file_of_sqlite_tell_the_same(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "smsd.db")
    database.execute("CREATE TABLE inbox (ID INTEGER PRIMARY KEY, Text TEXT)")
    database.execute("INSERT INTO inbox VALUES (1, ?), (2, NULL)", ("O'Neil;\n(x)",))
    database.commit()
    (tmp_path / "dump.sql").write_text("\n".join(database.iterdump()))
    database.close()
    asked = [(str(row["id"]), row["text"]) for _, row in tables_of(str(tmp_path / "smsd.db")).rows("inbox")]
    read = [(row["id"], row["text"]) for row in rows(tmp_path / "dump.sql")]
    assert asked == read == [("1", "O'Neil;\n(x)"), ("2", None)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("INSERT INTO `inbox` VALUES (1,'a');\n", "nobody said what the columns"),
        ("CREATE TABLE `inbox` (`ID` int);\nINSERT INTO `inbox` VALUES (1),(now());\n", "no list of values"),
        ("CREATE TABLE `inbox` (`ID` int);\nINSERT INTO `inbox` VALUES (1),('cut off", "no list of values"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(file: Any, text: str, says: str) -> None:
    with pytest.raises(Unreadable, match=f"line [12]: .*{says}"):
        rows(file("dump.sql", text))


def test_a_database_that_cannot_be_asked_is_told() -> None:
    with pytest.raises(BadInput, match="cannot be asked"):
        tables_of("sqlite:////nowhere/at/all.db")
