"""MMS over a data connection that this machine has: a network interface of a modem, a phone or PPP.

The socket is bound to the bearer's own address, so that the MMSC is asked over the bearer and nothing else, and names
are asked of the bearer's own resolvers. The surprise: who sends us a WAP push chooses the URL that we ask. So unless a
proxy or a bearer stands between, addresses inside this network are not asked.
"""

from __future__ import annotations

import fcntl
import http.client
import ipaddress
import socket
import ssl
import struct
import subprocess
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import dns.exception
import dns.resolver

from drivers.modem.mms_carrier import Answer, CarrierFailed

if TYPE_CHECKING:
    from drivers.modem import Config

MMS = "application/vnd.wap.mms-message"
_SIOCGIFADDR = 0x8915
_UP_WITHIN = 90.0  # seconds that the command may take which brings the bearer up
_PIECE = 65_536


class HostBearer:
    """See drivers.modem.mms_carrier.Carrier. One exchange is one connection."""

    resolver_port = 53

    def __init__(self, config: Config) -> None:
        self._config = config

    def get(self, url: str, most: int) -> Answer:
        """See Carrier."""
        return self._ask("GET", url, None, most)

    def post(self, url: str, body: bytes, most: int) -> Answer:
        """See Carrier."""
        return self._ask("POST", url, body, most)

    # Step by step, as `smsgw modem mms-check` goes too

    def bearer(self) -> str | None:
        """The bearer's own address; brings it up where that is configured. None: whatever way the system takes."""
        interface = self._config.mms_interface
        if interface is None:
            return None
        found = address_of(interface)
        if found is None and self._config.mms_up:
            self._run(self._config.mms_up)
            found = address_of(interface)
        if found is None:
            raise CarrierFailed(
                f"the network interface {interface} has no address: the data connection is not up",
                "bearer",
                hint="set mms_up to the command that brings it up, or bring it up with ModemManager: see ip address",
            )
        return found

    @staticmethod
    def _run(command: tuple[str, ...]) -> None:
        try:
            done = subprocess.run(command, capture_output=True, timeout=_UP_WITHIN, check=False)
        except (OSError, subprocess.TimeoutExpired) as wrong:
            says = f"the command that brings the bearer up did not succeed: {wrong}"
            raise CarrierFailed(says, "bearer", hint="run it by hand, as the user smsgw") from wrong
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            says = f"the command that brings the bearer up ended with {done.returncode}: {said}"
            raise CarrierFailed(says, "bearer", hint="run it by hand, as the user smsgw")

    def next_hop(self, url: str) -> tuple[str, int]:
        """Whom we connect to for this URL: the proxy, or the MMSC itself."""
        if self._config.mms_proxy:
            host, _, port = self._config.mms_proxy.rpartition(":")
            return host.strip("[]"), int(port)
        split = urlsplit(url)
        return split.hostname or "", split.port or (443 if split.scheme == "https" else 80)

    def addresses(self, host: str, source: str | None) -> list[str]:
        """The addresses behind a name, by the bearer's resolvers if there are any."""
        with suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        if not self._config.mms_resolvers:
            return _by_system(host)
        asked = dns.resolver.Resolver(configure=False)
        asked.nameservers = list(self._config.mms_resolvers)
        asked.port = self.resolver_port
        asked.lifetime = min(20.0, self._config.mms_timeout)
        try:
            return [answer.to_text() for answer in asked.resolve(host, "A", source=source)]
        except dns.exception.DNSException as wrong:
            says = f"the resolvers of the bearer do not know {host}: {wrong}"
            raise CarrierFailed(
                says, "name", hint="is mms_url right, and are mms_resolvers those of the operator?"
            ) from wrong

    def connect(self, host: str, port: int, source: str | None) -> socket.socket:
        """A connection to the first of the host's addresses that takes one."""
        trouble: Exception | None = None
        for address in self.addresses(host, source):
            self._allow(host, address, source)
            try:
                return socket.create_connection(
                    (address, port), min(30.0, self._config.mms_timeout), (source, 0) if source else None
                )
            except OSError as wrong:
                trouble = wrong
        raise CarrierFailed(
            f"{host} port {port} takes no connection: {trouble or 'it has no address'}",
            "connection",
            hint="MMSCs answer only inside the operator's network: is the bearer that of the MMS access point?",
        ) from trouble

    def _allow(self, host: str, address: str, source: str | None) -> None:
        config = self._config
        ours = {
            (urlsplit(config.mms_url or "").hostname or ""),
            (config.mms_proxy or "").rpartition(":")[0].strip("[]"),
        }
        if host in ours:
            return
        known = ipaddress.ip_address(address)
        known = getattr(known, "ipv4_mapped", None) or known
        local = known.is_loopback or known.is_link_local or known.is_multicast or known.is_unspecified
        if local or (source is None and not known.is_global):
            says = f"the message is said to be at {address}, inside this network: that is not asked"
            raise CarrierFailed(says, "name", hint="set mms_interface or mms_proxy, if the operator's MMSC is there")

    # The exchange

    def _ask(self, method: str, url: str, body: bytes | None, most: int) -> Answer:
        until = time.monotonic() + self._config.mms_timeout
        source = self.bearer()
        host, port = self.next_hop(url)
        line = self.connect(host, port, source)
        written = False
        try:
            if urlsplit(url).scheme == "https" and not self._config.mms_proxy:
                line = ssl.create_default_context().wrap_socket(line, server_hostname=host)
            line.settimeout(max(0.1, until - time.monotonic()))
            talk = http.client.HTTPConnection(host, port)
            talk.sock = line
            written = True
            self._request(talk, method, url, body)
            return _answer(talk, most, until)
        except CarrierFailed:
            raise
        except (OSError, http.client.HTTPException, ValueError) as wrong:
            says = f"{host} did not answer as it should: {str(wrong) or type(wrong).__name__}"
            raise CarrierFailed(says, "answer" if written else "connection", written=written) from wrong
        finally:
            line.close()

    def _request(self, talk: http.client.HTTPConnection, method: str, url: str, body: bytes | None) -> None:
        split = urlsplit(url)
        path = (split.path or "/") + (f"?{split.query}" if split.query else "")
        talk.putrequest(method, url if self._config.mms_proxy else path, skip_host=True, skip_accept_encoding=True)
        headers = {
            "Host": split.netloc.rpartition("@")[2],
            "Accept": f"{MMS}, */*",
            "User-Agent": self._config.mms_user_agent,
            "X-Wap-Profile": self._config.mms_profile,
            "Connection": "close",
        }
        if body is not None:
            headers |= {"Content-Type": MMS, "Content-Length": str(len(body))}
        for name, value in headers.items():
            if value:
                talk.putheader(name, value)
        talk.endheaders(body)


def _answer(talk: http.client.HTTPConnection, most: int, until: float) -> Answer:
    """Read an answer, at most so many octets, and not for longer than until then: however slowly it drips."""
    pieces, size = [], 0
    with closing(talk.getresponse()) as answer:
        while piece := answer.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise CarrierFailed(f"the answer is larger than {most} octets", "answer", written=True, for_good=True)
            if time.monotonic() > until:
                raise CarrierFailed("the answer came too slowly", "answer", written=True)
        left = answer.length
    if left:
        raise CarrierFailed(f"the answer ended {left} octets too early", "answer", written=True)
    media_type = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    return Answer(answer.status, media_type, b"".join(pieces))


def _by_system(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as wrong:
        says = f"the name {host} is not known: {wrong}"
        hint = "names of MMSCs are often known only inside the operator's network: set mms_resolvers to its resolvers"
        raise CarrierFailed(says, "name", hint=hint) from wrong
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def address_of(interface: str) -> str | None:
    """The IPv4 address of a network interface; None when it has none, or is not there (netdevice(7))."""
    request = struct.pack("256s", interface.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            return socket.inet_ntoa(fcntl.ioctl(asked.fileno(), _SIOCGIFADDR, request)[20:24])
        except OSError:
            return None
