"""The web server over TLS: everything as over plain HTTP, and those that shake no hands hold nobody up."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import request

from smsgw.errors import BadConfig
from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from smsgw.reload import show_again
from tests.emulators.authority import Authority
from webadmin import create_app, front_tls
from webadmin.server import WebServer

MESSAGES = "/api/v1/messages"
PHONE = "+38640111222"
HSTS = "Strict-Transport-Security"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The authority's file, the certificate of this host and its key."""
    signer = Authority(tmp_path_factory.mktemp("tls"), "ours")
    return (signer.file, *signer.sign("gateway", "DNS:localhost,IP:127.0.0.1"))


@pytest.fixture
def tls_site(configured: Callable[..., Gateway], site_of: Callable[[Gateway], Any], pair: tuple[Path, ...]) -> Any:
    """A site that speaks TLS."""
    _, certificate, key = pair
    return site_of(configured(web={"listen": "127.0.0.1:0", "tls_certificate": certificate, "tls_key": key}))


class Secure:
    """Connections by TLS whose certificate is verified, each as a file to read lines from."""

    def __init__(self, port: int, authority: Path) -> None:
        self.port = port
        self.context = ssl.create_default_context(cafile=str(authority))
        self._made: list[ssl.SSLSocket] = []

    def connect(self) -> ssl.SSLSocket:
        """A connection whose handshake is over."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=90)
        self._made.append(self.context.wrap_socket(connection, server_hostname="localhost"))
        return self._made[-1]

    def ask(self, *requests: tuple[str, str, Any, dict[str, str]]) -> list[tuple[int, Any, bytes]]:
        """Requests one after the other on one connection: status, fields and body of each answer."""
        web = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=90, context=self.context)
        told = []
        for method, path, body, headers in requests:
            web.request(method, path, body, headers)
            answer = web.getresponse()
            told.append((answer.status, answer.headers, answer.read()))
        web.close()
        return told

    def close(self) -> None:
        for one in self._made:
            one.close()


@pytest.fixture
def secure(tls_site: Any, pair: tuple[Path, ...]) -> Iterator[Secure]:
    """Ways to ask that site."""
    made = Secure(tls_site.server.port, pair[0])
    yield made
    made.close()


def whole(site: Any, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.secret}", "Content-Type": "application/json", **more}


def message(text: str) -> bytes:
    return json.dumps({"to": PHONE, "text": text}).encode()


def test_both_loops_answer_on_one_connection_and_tell_browsers_to_stay_with_https(
    tls_site: Any, secure: Secure
) -> None:
    seen: list[str] = []
    tls_site.app.before_request(lambda: seen.append(request.path))
    mine = whole(tls_site)
    answers = secure.ask(
        ("POST", MESSAGES, message("one"), mine),
        ("GET", "/login", None, {}),
        ("POST", MESSAGES, message("two"), mine),
        ("GET", "/healthz", None, {}),
        ("POST", MESSAGES, message("three"), mine),
    )
    assert [status for status, _, _ in answers] == [202, 200, 202, 200, 202]
    assert {fields[HSTS] for _, fields, _ in answers} == {"max-age=31536000"}
    assert seen == ["/login", "/healthz"]


def test_cookies_are_for_https_alone(secure: Secure) -> None:
    ((_, fields, _),) = secure.ask(
        ("POST", "/language", "language=sl", {"Content-Type": "application/x-www-form-urlencoded"})
    )
    assert "; Secure" in fields["Set-Cookie"]


def test_curl_sends_a_message(tls_site: Any, pair: tuple[Path, ...]) -> None:
    ran = subprocess.run(
        ["curl", "--silent", "--show-error", "--cacert", str(pair[0]), "--tlsv1.2", "--noproxy", "*",
         "-H", f"Authorization: Bearer {tls_site.secret}", "-H", "Content-Type: application/json",
         "-d", message("by curl").decode(), f"https://localhost:{tls_site.server.port}{MESSAGES}"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["text"] == "by curl"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_a_megabyte_comes_whole(tls_site: Any, secure: Secure, chunked: bool) -> None:
    told = message("after much")
    padded = told.rjust(61 * front_tls.RECORD)  # whole records, so that nothing comes after that wakes a loop again
    pieces = (padded[start : start + 50_000] for start in range(0, len(padded), 50_000))
    ((status, _, body),) = secure.ask(("POST", MESSAGES, pieces if chunked else padded, whole(tls_site)))
    assert (status, json.loads(body)["text"]) == (202, "after much")


def test_an_answer_of_megabytes_comes_whole(tls_site: Any, secure: Secure) -> None:
    answer = b"0123456789abcdef" * 250_000
    tls_site.app.add_url_rule("/much", view_func=lambda: answer)
    ((status, _, body),) = secure.ask(("GET", "/much", None, {}))
    assert status == 200
    assert body == answer


def test_half_a_record_ends_no_connection_at_either_loop(tls_site: Any, secure: Secure) -> None:
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    inside = secure.context.wrap_bio(back, there, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", tls_site.server.port), timeout=90) as wire:

        def until_done(work: Callable[[], Any]) -> Any:
            while True:
                try:
                    done = work()
                except ssl.SSLWantReadError:
                    wire.sendall(there.read())
                    back.write(wire.recv(65536))
                else:
                    wire.sendall(there.read())
                    return done

        until_done(inside.do_handshake)
        for _ in range(2):  # the first comes to the front, the second to waitress
            inside.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            record = there.read()
            wire.sendall(record[:20])
            time.sleep(0.1)  # in which the loop sees the half; the test holds as well when it does not
            wire.sendall(record[20:])
            said = b""
            while not said.endswith(b"}"):
                said += until_done(lambda: inside.read(65536))
            assert said.startswith(b"HTTP/1.1 200")


def test_a_stream_tells_what_happens_and_ends_properly_with_the_server(tls_site: Any, secure: Secure) -> None:
    stream = secure.connect()
    stream.sendall(
        f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {tls_site.secret}\r\n\r\n".encode()
    )
    lines = stream.makefile("rb")
    assert lines.readline() == b"HTTP/1.1 200 OK\r\n"
    while lines.readline().strip():
        pass
    tls_site.gateway.door.submit(Asked(PHONE, "hello", "test"))
    while not lines.readline().startswith(b"event: message.accepted"):
        pass
    tls_site.stop(within=24)
    stream.suppress_ragged_eofs = False  # an end without the word of TLS would be an error now
    while lines.readline():
        pass
    assert not tls_site.server.alive()


def test_plain_http_is_told_what_this_port_speaks(tls_site: Any) -> None:
    with socket.create_connection(("127.0.0.1", tls_site.server.port), timeout=90) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while some := plain.recv(65536):
            said += some
    assert said == front_tls.NOT_PLAIN


def test_what_is_neither_is_closed(tls_site: Any) -> None:
    with socket.create_connection(("127.0.0.1", tls_site.server.port), timeout=90) as odd:
        odd.sendall(b"\x00" * 100)
        try:
            while odd.recv(65536):
                pass
        except ConnectionResetError:
            pass


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(tls_site: Any, secure: Secure) -> None:
    secure.context.minimum_version = ssl.TLSVersion.TLSv1
    secure.context.maximum_version = ssl.TLSVersion.TLSv1_1
    secure.context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        secure.connect()


def test_handshakes_that_hang_keep_nobody_out_and_the_oldest_gives_way(
    tls_site: Any, secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_tls, "AT_A_TIME", 3)
    hanging = [socket.create_connection(("127.0.0.1", tls_site.server.port), timeout=90) for _ in range(6)]
    assert secure.ask(("GET", "/healthz", None, {}))[0][0] == 200
    assert [one.recv(1) for one in hanging[:3]] == [b""] * 3
    for one in hanging:
        one.close()


def test_a_handshake_that_hangs_is_given_up(tls_site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_tls, "SHAKEN_WITHIN", 0.1)
    with socket.create_connection(("127.0.0.1", tls_site.server.port), timeout=90) as hanging:
        assert hanging.recv(1) == b""


def test_stopping_waits_for_neither_handshakes_nor_idle_connections(tls_site: Any, secure: Secure) -> None:
    with socket.create_connection(("127.0.0.1", tls_site.server.port), timeout=90) as hanging:
        idle = secure.connect()
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(15) == b"HTTP/1.1 200 OK"
        begun = time.monotonic()
        tls_site.stop(within=200)
        assert time.monotonic() - begun < 100
        assert hanging.recv(1) == b""


def test_stopping_answers_what_was_asked(tls_site: Any, secure: Secure, later: Callable[..., Any]) -> None:
    slow = later(lambda: secure.ask(("POST", MESSAGES, message("x"), whole(tls_site, Prefer="wait=25"))))
    waiters = tls_site.app.extensions["smsgw"].waiters
    while waiters._value == waiters._initial_value:
        time.sleep(0.01)
    tls_site.stop(within=24)
    assert slow.result()[0][0] == 202


def test_a_new_certificate_is_shown_when_it_is_read_again_and_open_connections_stay(
    configured: Callable[..., Gateway],
    site_of: Callable[[Gateway], Any],
    pair: tuple[Path, ...],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown = tmp_path / "shown.pem", tmp_path / "shown.key"

    def place(certificate: Path, key: Path) -> None:
        for source, to in zip((certificate, key), shown, strict=True):
            to.write_bytes(source.read_bytes())

    place(*pair[1:])
    site = site_of(configured(web={"listen": "127.0.0.1:0", "tls_certificate": shown[0], "tls_key": shown[1]}))
    before = Secure(site.server.port, pair[0])
    web = http.client.HTTPSConnection("127.0.0.1", before.port, timeout=60, context=before.context)
    web.request("GET", "/healthz")
    assert web.getresponse().read()

    other = Authority(tmp_path, "other")
    new = other.sign("gateway", "DNS:localhost,IP:127.0.0.1")
    place(*new)
    show_again([site.server])
    after = Secure(site.server.port, other.file)
    assert after.ask(("GET", "/healthz", None, {}))[0][0] == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        before.connect()

    place(new[0], pair[2])  # half of a renewal
    show_again([site.server])
    assert "web server: [web] tls_key" in caplog.text
    assert "it goes on with the certificate that it has" in caplog.text
    assert after.ask(("GET", "/healthz", None, {}))[0][0] == 200
    connection = web.sock
    web.request("GET", "/healthz")
    assert web.getresponse().status == 200
    assert web.sock is connection, "the connection was cut"
    web.close()


def test_a_server_with_a_key_of_another_certificate_does_not_start(
    configured: Callable[..., Gateway], pair: tuple[Path, ...], tmp_path: Path
) -> None:
    _, other = Authority(tmp_path, "other").sign("gateway")
    gateway = configured(web={"listen": "127.0.0.1:0", "tls_certificate": pair[1], "tls_key": other})
    with pytest.raises(BadConfig, match="does not belong to tls_certificate"):
        WebServer(gateway, create_app(gateway)).start()


def test_plain_http_says_nothing_of_https(site: Any) -> None:
    assert HSTS not in site("GET", "/healthz").headers
    assert HSTS not in site("POST", MESSAGES, message("x")).headers
