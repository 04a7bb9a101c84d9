"""Sockets that systemd hands over are taken when they are meant for this process, and for the web server."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from webadmin import passed_sockets


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The environment of a process to which one listening socket was handed."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        monkeypatch.setattr(passed_sockets, "FIRST", os.dup(one.fileno()))
        yield {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}


def test_a_socket_for_us_is_taken_and_the_variables_are_gone(handed: dict[str, str]) -> None:
    (taken,) = passed_sockets.passed(handed)
    with taken, socket.create_connection(taken.getsockname()), taken.accept()[0] as caller:
        assert caller.getsockname() == taken.getsockname()
    assert handed == {}


@pytest.mark.parametrize("not_ours", [{"LISTEN_PID": "1"}, {"LISTEN_FDS": ""}, {"LISTEN_FDNAMES": "smpp"}])
def test_what_is_not_for_us_is_left(handed: dict[str, str], not_ours: dict[str, str]) -> None:
    assert passed_sockets.passed(handed | not_ours) == []
    os.close(passed_sockets.FIRST)


def test_without_systemd_there_is_none() -> None:
    assert passed_sockets.passed({}) == []
