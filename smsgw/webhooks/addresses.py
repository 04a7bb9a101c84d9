"""Which addresses a webhook may call: the Internet and what the configuration names, never what guards a machine.

Somebody who may set up a webhook chooses where this gateway sends requests. So link-local addresses, the metadata
addresses of clouds and this gateway's own server are refused always, and private networks unless `[webhooks] networks`
names them. What counts is the address that is connected to, not the name: a name may change between two looks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from ..errors import BadInput, Fault

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

LONGEST_URL = 2000
# Besides the link-local ones: AWS over IPv6, Alibaba, Azure's wire server, Oracle.
METADATA = frozenset(map(ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")))
_SHARED = ip_network("100.64.0.0/10")  # carriers' own (RFC 6598): neither private nor global for Python
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052


class AddressRefused(Exception):
    """This address is not called; the reason is in words."""


@dataclass(frozen=True)
class Target:
    """A URL in its pieces. path: with the query. host: as it is written, without brackets."""

    url: str
    tls: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header (RFC 9110 section 7.2): without the port that is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True)
class Allowed:
    """What may be called. networks: the private ones that may. own_ports: tells the ports this gateway listens at."""

    networks: tuple[Network, ...] = ()
    own_ports: Callable[[], Collection[int]] = field(default=lambda: ())

    def check(self, written: str, port: int) -> None:
        """Raises AddressRefused for an address that must not be connected to. written: an IP address."""
        address = plain(ip_address(written.partition("%")[0]))
        if address.is_link_local or address in METADATA:
            raise AddressRefused(f"{address} is link-local or a cloud's metadata address, which is never called")
        if address.is_multicast or address.is_unspecified or (address.is_reserved and not _is_private(address)):
            raise AddressRefused(f"{address} is no address of one machine")
        if address.is_loopback:
            self.check_own(port)
        if _is_private(address) and not any(address in network for network in self.networks):
            raise AddressRefused(
                f"{address} is in a private network; [webhooks] networks names those that may be called"
            )

    def check_own(self, port: int) -> None:
        """Raises AddressRefused when this port, on this machine, is the gateway's own."""
        if port in self.own_ports():
            raise AddressRefused(f"port {port} of this machine is the gateway itself")


def _is_private(address: Address) -> bool:
    return address.is_private or address in _SHARED


def plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one (mapped, NAT64, 6to4), else the address itself."""
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside is not None:
            return inside
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def read_networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Networks such as 192.168.1.0/24 or ::1. Raises ValueError."""
    return tuple(ip_network(one, strict=False) for one in written)


def read_url(url: str, longest: int = LONGEST_URL) -> Target:
    """A webhook's URL in its pieces. Raises BadInput, code `url_invalid`, at /url."""
    try:
        split = urlsplit(url)
        port, host = split.port, split.hostname
    except ValueError as wrong:
        raise _invalid(f"this URL cannot be read: {wrong}") from wrong
    if split.scheme not in ("http", "https") or not host:
        raise _invalid("a webhook's URL begins with https:// or http:// and a host")
    if split.username is not None or split.password is not None:
        raise _invalid("a URL with a password in it would end up in logs: the signature proves who calls")
    if len(url) > longest or not url.isascii() or not url.isprintable() or " " in url:
        raise _invalid(f"a URL has at most {longest} plain letters; others are written as %C4%8D, hosts as xn--")
    if port == 0:
        raise _invalid("port 0 cannot be called")
    tls = split.scheme == "https"
    return Target(url, tls, host, port or (443 if tls else 80), _path(split))


def check_url(target: Target, allowed: Allowed) -> None:
    """Refuse at once a URL whose host is an address that is never called. Raises BadInput, code `url_refused`."""
    try:
        ip_address(target.host.partition("%")[0])
    except ValueError:
        return  # a name: what it means is looked up when it is called
    try:
        allowed.check(target.host, target.port)
    except AddressRefused as refused:
        raise BadInput([Fault("/url", "url_refused", str(refused))]) from refused


def _path(split: SplitResult) -> str:
    path = split.path or "/"
    return f"{path}?{split.query}" if split.query else path


def _invalid(says: str) -> BadInput:
    return BadInput([Fault("/url", "url_invalid", says)])
