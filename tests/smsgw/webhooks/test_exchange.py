"""One request and its answer: every way in which a receiver may misbehave has an end, and its words."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from smsgw.webhooks.addresses import Allowed, read_networks, read_url
from smsgw.webhooks.exchange import MOST, Answer, Line, NotConnected, Requests, Stale, connect, trusting
from tests.smsgw.webhooks.receiver import Receiver, Reply

LOCAL = Allowed(read_networks(["127.0.0.0/8"]))
TLS = trusting()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that is told."""
    made = Receiver()
    yield made
    made.close()


def ask(url: str, times: int = 1, within: float = 60.0, allowed: Allowed = LOCAL) -> list[Answer]:
    """Send so many requests over one connection; what they were answered."""

    async def run() -> list[Answer]:
        target = read_url(url)
        line = await connect(target, allowed, TLS, within)
        try:
            return [await line.exchange(Requests(target).write(b"1", b"2", b"3", b"{}"), within) for _ in range(times)]
        finally:
            await line.gone()

    return asyncio.run(run())


def why_not(url: str, allowed: Allowed = LOCAL) -> str:
    """The words with which a connection fails."""
    with pytest.raises(NotConnected) as failed:
        ask(url, allowed=allowed)
    return str(failed.value)


def test_a_connection_is_kept_for_the_next_request(receiver: Receiver) -> None:
    assert [answer.status for answer in ask(receiver.url, times=3)] == [204, 204, 204]
    assert len({heard.connection for heard in receiver.heard}) == 1


def test_the_beginning_of_the_answer_is_kept(receiver: Receiver) -> None:
    receiver.reply = lambda heard: Reply(500, {"Retry-After": "7"}, b"x" * 10_000)
    [answer] = ask(receiver.url)
    assert (answer.status, answer.said, answer.retry_after, answer.good) == (500, "x" * 500, "7", False)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.reply = lambda heard: Reply(302, {"Location": receiver.url})
    assert [answer.status for answer in ask(receiver.url)] == [302]
    assert len(receiver.heard) == 1


def test_an_answer_may_say_to_whom_it_goes_and_from_whom(receiver: Receiver) -> None:
    receiver.reply = lambda heard: Reply(
        200, {"X-Kannel-To": "+38640111333", "x-kannel-from": " 777", "X-Kannel-DCS": "1"}
    )
    [answer] = ask(receiver.url)
    assert (answer.to, answer.sender) == ("+38640111333", "777")


def test_an_answer_that_never_ends_is_cut_and_its_status_counts() -> None:
    with spoken(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * MOST, drip=b"y") as url:
        [answer] = ask(url, within=200.0)
    assert answer.status == 200
    assert answer.said == "x" * 500
    assert answer.ms < 150_000


def test_a_head_that_never_ends_is_no_answer(receiver: Receiver) -> None:
    receiver.reply = lambda heard: Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * MOST)
    [answer] = ask(receiver.url)
    assert answer.status is None
    assert answer.error


def test_an_answer_that_does_not_come_is_given_up_in_time(receiver: Receiver) -> None:
    receiver.reply = lambda heard: Reply(pause=60.0)
    [answer] = ask(receiver.url, within=1.5)
    assert answer.error == "no answer within 1.5 seconds"


def test_an_answer_that_drips_is_given_up_in_time() -> None:
    with spoken(b"HTTP/1.1 200 OK\r\nX: ", drip=b"y") as url:
        [answer] = ask(url, within=1.5)
    assert answer.error == "no answer within 1.5 seconds"


@pytest.mark.parametrize("raw", [b"SSH-2.0-OpenSSH\r\n", b"\x16\x03\x01\x00\xff", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_not_http_says_so(receiver: Receiver, raw: bytes) -> None:
    receiver.reply = lambda heard: Reply(raw=raw)
    [answer] = ask(receiver.url)
    assert answer.status is None
    assert "not HTTP" in answer.error


def test_a_receiver_that_hangs_up_without_an_answer_says_so(receiver: Receiver) -> None:
    receiver.reply = lambda heard: Reply(raw=b"")
    [answer] = ask(receiver.url)
    assert "closed before there was an answer" in answer.error


def test_an_announcement_is_no_answer(receiver: Receiver) -> None:
    receiver.reply = lambda heard: Reply(raw=b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n")
    assert [answer.status for answer in ask(receiver.url)] == [202]


def test_a_connection_that_was_closed_while_it_was_idle_is_stale(receiver: Receiver) -> None:
    async def run() -> None:
        target = read_url(receiver.url)
        request = Requests(target).write(b"1", b"2", b"3", b"{}")
        line = await connect(target, LOCAL, TLS, 60.0)
        await line.exchange(request, 60.0)
        await until_closed(line)
        with pytest.raises(Stale):
            await line.exchange(request, 60.0)
        await line.gone()

    receiver.reply = lambda heard: Reply(200, {"Connection": "close"})
    asyncio.run(run())


async def until_closed(line: Line) -> None:
    """Wait until the other side has hung up."""
    async with asyncio.timeout(60):
        while line.open:
            await asyncio.sleep(0.01)


def test_every_reason_why_there_is_no_connection_is_told(receiver: Receiver) -> None:
    receiver.close()
    assert "took no connection" in why_not(receiver.url)
    assert "is not known" in why_not("http://no-such-name.invalid/")


def test_a_server_without_tls_says_so(receiver: Receiver) -> None:
    assert "TLS with 127.0.0.1 failed" in why_not(receiver.url.replace("http:", "https:"))


def test_a_name_that_leads_to_a_private_address_is_refused_by_the_address(receiver: Receiver) -> None:
    url = receiver.url.replace("127.0.0.1", "localhost")
    assert "private network" in why_not(url, Allowed())
    assert receiver.heard == []


def test_an_odd_spelling_of_an_address_is_refused_by_what_it_means(receiver: Receiver) -> None:
    for host in ("2130706433", "0x7f.1", "127.1"):
        assert "private network" in why_not(receiver.url.replace("127.0.0.1", host), Allowed())
    assert receiver.heard == []


def test_the_gateway_itself_is_not_called(receiver: Receiver) -> None:
    own = Allowed(LOCAL.networks, lambda: {receiver.port})
    assert "gateway itself" in why_not(receiver.url, own)
    assert receiver.heard == []


def test_the_gateway_itself_is_told_by_both_ends_being_the_same_at_any_address_of_this_machine(
    receiver: Receiver,
) -> None:
    class Blind(Allowed):
        """Sees nothing before the connection is there, as if the address were no loopback."""

        def check(self, written: str, port: int) -> None:
            pass

    assert "gateway itself" in why_not(receiver.url, Blind((), lambda: {receiver.port}))
    assert receiver.heard == []


class spoken:
    """A server that says some octets to whoever connects, and then drips; as a context manager, its URL."""

    def __init__(self, first: bytes, drip: bytes) -> None:
        self._first, self._drip = first, drip
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)

    def _speak(self) -> None:
        connection, _ = self._listener.accept()
        try:
            connection.sendall(self._first)
            while not self._end.wait(0.02):
                connection.sendall(self._drip)
        except OSError:
            pass  # the other side has had enough
        finally:
            connection.close()

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(60)
        self._listener.close()
