"""The encrypted session: what is trusted and what is not, each in words; and that no octet stays behind inside TLS."""

from __future__ import annotations

import contextlib
import itertools
import resource
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.smpp import pdu
from drivers.smpp.esme import Esme
from drivers.smpp.wire import TlsWire, wire
from smsgw.link import LinkState, WirePart
from tests.emulators.authority import Authority
from tests.emulators.listener import listener
from tests.emulators.smsc import Network

MakeLink = Callable[..., Esme]
Soon = Callable[..., None]
HERE = "IP:127.0.0.1,DNS:smsc.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


Serve = Callable[..., None]


@pytest.fixture
def serve(network: Network) -> Serve:
    """Let the SMSC speak TLS with a context, or none."""

    def serve(context: ssl.SSLContext | None) -> None:
        network.disconnect()
        network.smsc.tls = context
        network.reconnect()

    return serve


def why(link: Esme, soon: Soon, state: LinkState = LinkState.RESTING) -> str:
    said: list[str] = []

    def told() -> bool:
        health = link.health()  # once, for a moment later it may try again
        if health.state is state and health.why:
            said.append(health.why)
        return bool(said)

    soon(told)
    return said[0]


def test_parts_go_out_and_texts_come_in_by_an_encrypted_session(
    make_link: MakeLink, serve: Serve, network: Network, told: Any, a_part: Callable[..., WirePart], soon: Soon,
    authority: Authority,
) -> None:  # fmt: skip
    serve(authority.server(authority.sign("smsc", HERE)))
    network.automatic_receipts()
    link = make_link(tls=True, tls_ca=str(authority.file))
    for number in range(200):
        link.send(a_part(f"number {number}", number=number))
    network.phone_sends("+4915199999999", "hello there")
    soon(lambda: len(told.taken_parts) == 200 and len(told.receipts) == 200 and told.pieces, 20)
    soon(lambda: network.receipts_acknowledged() == 200 and network.acknowledged(), 20)
    assert link.health().facts["tls"].startswith("TLSv1.")
    ends = datetime.fromisoformat(link.health().facts["certificate until"])
    assert 0 < (ends - datetime.now()).days + 2 < 5


def test_a_certificate_for_another_name_is_not_believed(
    make_link: MakeLink, serve: Serve, soon: Soon, authority: Authority
) -> None:
    serve(authority.server(authority.sign("other", "DNS:other.example")))
    said = why(make_link(bound=False, tls=True, tls_ca=str(authority.file)), soon)
    assert "is not for '127.0.0.1'" in said
    assert "tls_name" in said


def test_the_name_in_the_certificate_may_be_configured(make_link: MakeLink, serve: Serve, authority: Authority) -> None:
    serve(authority.server(authority.sign("other", "DNS:other.example")))
    make_link(tls=True, tls_ca=str(authority.file), tls_name="other.example")


def test_an_expired_certificate_is_told(make_link: MakeLink, serve: Serve, soon: Soon, authority: Authority) -> None:
    serve(authority.server(authority.sign("old", HERE, days=-1)))
    said = why(make_link(bound=False, tls=True, tls_ca=str(authority.file)), soon)
    assert "has expired" in said
    assert "the carrier must renew it" in said


def test_an_unknown_authority_is_told(
    make_link: MakeLink, serve: Serve, soon: Soon, authority: Authority, stranger: Authority
) -> None:
    serve(stranger.server(stranger.sign("smsc", HERE)))
    said = why(make_link(bound=False, tls=True, tls_ca=str(authority.file)), soon)
    assert "an authority that is not trusted here" in said
    assert "tls_ca" in said


def test_what_this_system_trusts_does_not_include_a_test(
    make_link: MakeLink, serve: Serve, soon: Soon, authority: Authority
) -> None:
    serve(authority.server(authority.sign("smsc", HERE)))
    assert "tls_ca" in why(make_link(bound=False, tls=True), soon)


def test_the_smscs_own_certificate_may_be_what_is_trusted(
    make_link: MakeLink, serve: Serve, authority: Authority
) -> None:
    pair = authority.sign("pinned", HERE)
    serve(authority.server(pair))
    make_link(tls=True, tls_ca=str(pair[0]))


def test_a_server_without_tls_is_told(make_link: MakeLink, soon: Soon, authority: Authority) -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(pdu.answer(pdu.GENERIC_NACK, 0, 2))
        connection.recv(1000)

    with listener(plain) as port:
        said = why(make_link(bound=False, port=port, tls=True, tls_ca=str(authority.file)), soon)
    assert "speaks no TLS" in said
    assert "tls = false" in said


def test_a_server_that_hangs_up_or_keeps_silent_in_the_handshake_is_told(
    make_link: MakeLink, soon: Soon, authority: Authority
) -> None:
    trust = {"tls": True, "tls_ca": str(authority.file)}
    with listener(lambda connection: connection.recv(1000)) as port:
        said = why(make_link(bound=False, port=port, **trust), soon, LinkState.DOWN)
        assert "ended the connection in the TLS handshake" in said
    with listener(lambda c: [None for _ in iter(lambda: c.recv(1000), b"")]) as port:
        link = make_link(bound=False, port=port, connect_timeout=0.3, **trust)
        assert "no TLS handshake within 0.3 seconds" in why(link, soon, LinkState.DOWN)


def test_a_server_that_wants_tls_is_told_when_we_speak_none(
    make_link: MakeLink, soon: Soon, authority: Authority
) -> None:
    context = authority.server(authority.sign("smsc", HERE))

    def encrypted(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True):
            pass  # OpenSSL answers our bind with an alert

    with listener(encrypted) as port:
        link = make_link(bound=False, port=port, refused_pause=0.05)
        soon(lambda: "wants TLS" in link.health().why or "want TLS on this port" in link.health().why, 10)


def test_a_certificate_of_ours_lets_us_in(
    make_link: MakeLink, serve: Serve, authority: Authority, stranger: Authority
) -> None:
    serve(authority.server(authority.sign("smsc", HERE), clients=stranger.file))
    cert, key = stranger.sign("shop")
    make_link(tls=True, tls_ca=str(authority.file), tls_certificate=str(cert), tls_key=str(key))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("shown", ["none", "wrong"])
def test_a_refused_or_missing_certificate_of_ours_is_told(
    make_link: MakeLink, soon: Soon, authority: Authority, stranger: Authority, version: ssl.TLSVersion, shown: str
) -> None:
    context = authority.server(authority.sign("smsc", HERE), clients=stranger.file)
    context.maximum_version = version

    def demanding(connection: socket.socket) -> None:
        try:
            context.wrap_socket(connection.dup(), server_side=True).close()
        except ssl.SSLError:
            with contextlib.suppress(OSError):  # read what it still says, or the alert would be lost in a reset
                connection.settimeout(2)
                while connection.recv(1000):
                    pass

    trust: dict[str, Any] = {"tls": True, "tls_ca": str(authority.file)}
    if shown == "wrong":
        cert, key = authority.sign("shop")
        trust |= {"tls_certificate": str(cert), "tls_key": str(key)}
    with listener(demanding) as port:
        said = why(make_link(bound=False, port=port, **trust), soon)
    assert ("wants a certificate from us" if shown == "none" else "refuses our certificate") in said
    assert "tls_certificate" in said or "shop.pem" in said


def test_files_that_cannot_be_used_are_named(
    make_link: MakeLink, soon: Soon, authority: Authority, tmp_path: Path
) -> None:
    nothing, noise = tmp_path / "nothing.pem", tmp_path / "noise.pem"
    noise.write_text("no certificate")
    one, other = authority.sign("one"), authority.sign("two")
    for fields, words in (
        ({"tls_ca": nothing}, ("tls_ca", "nothing.pem", "No such file")),
        ({"tls_ca": noise}, ("tls_ca", "noise.pem", "no certificate")),
        ({"tls_certificate": nothing}, ("nothing.pem", "No such file")),
        ({"tls_certificate": one[0], "tls_key": other[1]}, ("does not belong to the certificate", "two.key")),
    ):
        settings = {name: str(path) for name, path in fields.items()}
        said = why(make_link(bound=False, tls=True, **settings), soon)
        assert all(word in said for word in words), said


def test_a_key_with_a_password_is_read_with_it(
    make_link: MakeLink, serve: Serve, soon: Soon, authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    serve(authority.server(authority.sign("smsc", HERE), clients=stranger.file))
    cert, key = stranger.sign("locked")
    locked = tmp_path / "locked.key"
    words = ["openssl", "pkcs8", "-topk8", "-in", str(key), "-out", str(locked), "-passout", "pass:sesame"]
    subprocess.run(words, check=True, capture_output=True)
    trust = {
        "tls": True, "tls_ca": str(authority.file), "tls_certificate": str(cert), "tls_key": str(locked),
    }  # fmt: skip
    make_link(tls_key_password="sesame", **trust)
    assert "tls_key_password" in why(make_link(bound=False, tls_key_password="wrong", **trust), soon)


# The wire


@pytest.fixture
def ends(authority: Authority) -> Iterator[tuple[TlsWire, ssl.SSLSocket]]:
    """An encrypted wire, and the other end of it."""
    near, far = socket.socketpair()
    server = authority.server(authority.sign("smsc", HERE))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(authority.file)
    found: list[ssl.SSLSocket] = []
    shaking = threading.Thread(target=lambda: found.append(server.wrap_socket(far, server_side=True)))
    shaking.start()
    ours = client.wrap_socket(near, server_hostname="smsc.example")
    shaking.join(90)
    found[0].settimeout(90)
    made = wire(ours)
    assert isinstance(made, TlsWire)
    yield made, found[0]
    made.close()
    found[0].close()


def test_pdus_that_came_in_one_record_are_all_read_at_once(ends: tuple[TlsWire, ssl.SSLSocket]) -> None:
    near, far = ends
    far.sendall(b"".join(pdu.answer(pdu.ENQUIRE_LINK, number) for number in range(1000)))
    frames: list[bytes] = []
    until = time.monotonic() + 90
    while len(frames) < 1000 and time.monotonic() < until:
        frames += near.read(1)
    assert [pdu.HEADER.unpack_from(frame)[3] for frame in frames] == list(range(1000))


def test_what_is_left_inside_tls_is_read_without_waiting_for_more(
    ends: tuple[TlsWire, ssl.SSLSocket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One record at a time, in pieces smaller than a record: select would never wake for the rest."""
    monkeypatch.setattr("drivers.smpp.wire.RECORDS", 1)
    monkeypatch.setattr("drivers.smpp.wire.CHUNK", 100)
    near, far = ends
    far.sendall(b"".join(pdu.answer(pdu.ENQUIRE_LINK, number) for number in range(100)))
    frames: list[bytes] = []
    begun = time.monotonic()
    while len(frames) < 100 and time.monotonic() < begun + 180:
        frames += near.read(30)
    assert len(frames) == 100
    assert time.monotonic() - begun < 25


def test_a_slow_reader_gets_every_octet_in_order(ends: tuple[TlsWire, ssl.SSLSocket]) -> None:
    near, far = ends
    sent = [pdu.submit_sm(number, bytes((number % 251,)) * 30_000) for number in range(1, 101)]
    for octets in sent:
        assert near.write(octets)
    assert near.unwritten()
    got = bytearray()
    reading = threading.Thread(target=lambda: got.extend(_read(far, sum(map(len, sent)))))
    reading.start()
    until = time.monotonic() + 120
    while reading.is_alive() and time.monotonic() < until:
        near.read(0.05)
    reading.join(120)
    assert bytes(got) == b"".join(sent)
    assert near.unwritten() == []


def test_of_several_in_one_write_those_that_arrived_are_not_told_as_unwritten(
    ends: tuple[TlsWire, ssl.SSLSocket],
) -> None:
    near, far = ends
    several = [pdu.submit_sm(number, bytes(100)) for number in range(1, 10_001)]
    assert near.write(b"".join(several))
    waiting = near.unwritten()
    assert near.write(pdu.submit_sm(10_001, bytes(100)))
    far.settimeout(0.5)
    came = 0
    with contextlib.suppress(TimeoutError):
        while piece := far.recv(65536):
            came += len(piece)
    whole = came // len(several[0])
    assert waiting == list(range(whole + 1, 10_001))
    assert 0 < whole < 10_000


def test_what_breaks_in_the_middle_of_one_write_has_left_up_to_there(ends: tuple[TlsWire, ssl.SSLSocket]) -> None:
    near, far = ends
    several = [pdu.submit_sm(number, bytes(100)) for number in range(1, 1001)]
    send, calls = near._socket.send, itertools.count()

    def breaks(octets: bytes) -> int:
        if next(calls) == 2:
            raise OSError("the cable was cut")
        return send(octets)

    near._socket.send = breaks  # type: ignore[assignment]
    assert near.write(b"".join(several))
    far.settimeout(0.5)
    came = _read(far, 2 * 16384)
    assert near.unwritten() == list(range(len(came) // len(several[0]) + 1, 1001))
    assert not near.write(several[0])


def _read(far: ssl.SSLSocket, length: int) -> bytes:
    got = bytearray()
    while len(got) < length and (piece := far.recv(65536)):
        got += piece
    return bytes(got)


def test_many_threads_may_write_while_one_reads(ends: tuple[TlsWire, ssl.SSLSocket]) -> None:
    near, far = ends
    echoing = threading.Thread(target=_echo, args=(far,))
    echoing.start()

    def write(first: int) -> None:
        for number in range(first, first + 500):
            assert near.write(pdu.answer(pdu.ENQUIRE_LINK, number))

    writers = [threading.Thread(target=write, args=(start,)) for start in range(0, 2000, 500)]
    for writer in writers:
        writer.start()
    frames: list[bytes] = []
    until = time.monotonic() + 120
    while len(frames) < 2000 and time.monotonic() < until:
        frames += near.read(0.2)
    for writer in writers:
        writer.join(120)
    assert sorted(pdu.HEADER.unpack_from(frame)[3] for frame in frames) == list(range(2000))
    near.close()
    echoing.join(120)


def _echo(far: ssl.SSLSocket) -> None:
    with contextlib.suppress(OSError):
        while octets := far.recv(65536):
            far.sendall(octets)


def test_a_connection_beyond_the_thousandth_open_file_works(
    make_link: MakeLink, serve: Serve, authority: Authority, told: Any, a_part: Callable[..., WirePart], soon: Soon
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.fail(f"this host allows {hard} open files, the test needs 2048")
    serve(authority.server(authority.sign("smsc", HERE)))
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    held = [socket.socket() for _ in range(1100)]
    try:
        link = make_link(tls=True, tls_ca=str(authority.file))
        link.send(a_part())
        soon(lambda: told.taken_parts, 10)
        link.stop(time.monotonic() + 2)
    finally:
        for each in held:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
