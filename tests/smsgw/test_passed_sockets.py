"""Sockets that systemd hands over are taken when they are meant for this process, by the part they are named for."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from smsgw import passed_sockets
from smsgw.passed_sockets import passed


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The environment of a process to which one listening socket was handed."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        monkeypatch.setattr(passed_sockets, "FIRST", os.dup(one.fileno()))
        yield {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}


@pytest.mark.parametrize("name", ["web", "unknown", "smsgw.socket"])
def test_a_socket_for_us_is_taken_once_and_the_variables_are_gone(handed: dict[str, str], name: str) -> None:
    handed["LISTEN_FDNAMES"] = name
    (taken,) = passed("web", environ=handed)
    with taken, socket.create_connection(taken.getsockname()), taken.accept()[0] as caller:
        assert caller.getsockname() == taken.getsockname()
    assert handed == {}
    assert passed("web", environ=handed) == []


@pytest.mark.parametrize("not_ours", [{"LISTEN_PID": "1"}, {"LISTEN_FDS": ""}, {"LISTEN_FDNAMES": "dns"}])
def test_what_is_not_for_us_is_left(handed: dict[str, str], not_ours: dict[str, str]) -> None:
    assert passed("web", environ=handed | not_ours) == []
    os.close(passed_sockets.FIRST)


def test_a_socket_for_smpp_waits_for_the_listener_of_its_port(handed: dict[str, str]) -> None:
    handed["LISTEN_FDNAMES"] = "smpp"
    assert passed("web", environ=handed) == []
    assert passed("smpp", port=1) == []
    with socket.socket(fileno=os.dup(passed_sockets.FIRST)) as same:
        (taken,) = passed("smpp", same.getsockname()[1])
    taken.close()


def test_without_systemd_there_is_none() -> None:
    assert passed("web", environ={}) == []
