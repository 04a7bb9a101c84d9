"""What tshark reads in a conversation: a tap that records one, and its octets as a capture file.

The surprise: nothing is captured. The octets that passed the tap are written into a pcap file with IP and TCP headers
that are made up, so that no privileges are needed and PDUs can be cut into segments on purpose.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

SMPP_PORT, OUR_PORT = 2775, 40000
SEGMENT = 500  # octets in a made-up TCP segment: some PDUs need two, some segments hold several
RAW_IP = 101  # LINKTYPE_RAW
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Tap:
    """Listens on `port` for one client and leads it to `target`; `talk` is what was said: (by the client?, octets)."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.talk: list[tuple[bool, bytes]] = []
        self._ends: list[socket.socket] = [self._server]
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            near, _ = self._server.accept()
            far = socket.create_connection(("127.0.0.1", self._target), 10)
            self._ends += [near, far]
            back = threading.Thread(target=self._carry, args=(far, near, False), daemon=True)
            self._threads.append(back)
            back.start()
            self._carry(near, far, True)

    def _carry(self, here: socket.socket, there: socket.socket, client: bool) -> None:
        with contextlib.suppress(OSError):
            while octets := here.recv(65536):
                self.talk.append((client, octets))
                there.sendall(octets)
            there.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End it; `talk` stays."""
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in self._threads:
            thread.join(90)


@contextlib.contextmanager
def tap(target: int) -> Iterator[Tap]:
    """A tap for one test."""
    made = Tap(target)
    try:
        yield made
    finally:
        made.close()


def capture(talk: list[tuple[bool, bytes]]) -> bytes:
    """A pcap file with this conversation between 10.0.0.1, the client, and 10.0.0.2."""
    file = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, RAW_IP))
    at = {True: 1, False: 1}
    for moment, (client, octets) in enumerate((who, octets) for who, said in talk for octets in _segments(said)):
        ports = (OUR_PORT, SMPP_PORT) if client else (SMPP_PORT, OUR_PORT)
        tcp = struct.pack(">HHIIBBHHH", *ports, at[client], at[not client], 5 << 4, 0x18, 65535, 0, 0)
        at[client] += len(octets)
        hosts = (bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)))
        source, dest = hosts if client else hosts[::-1]
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(octets), moment & 0xFFFF, 0, 64, 6, 0) + source + dest
        packet = ip + tcp + octets
        file += struct.pack("<IIII", 1_700_000_000 + moment // 1000, moment % 1000 * 1000, len(packet), len(packet))
        file += packet
    return bytes(file)


def _segments(octets: bytes) -> list[bytes]:
    return [octets[at : at + SEGMENT] for at in range(0, len(octets), SEGMENT)]


@dataclass
class Read:
    """A PDU as tshark reads it: the values of its fields, by tshark's names, as it shows them and as octets in hex."""

    shown: dict[str, list[str]] = field(default_factory=dict)
    octets: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The value of a field that is there once. Raises KeyError, ValueError."""
        (value,) = self.shown[name]
        return value

    def number(self, name: str) -> int:
        """The same as a number."""
        return int(self.one(name), 0)

    def hex(self, name: str) -> str:
        """The octets of a field that is there once."""
        (value,) = self.octets[name]
        return value

    @property
    def command(self) -> int:
        return self.number("smpp.command_id")


def read(talk: list[tuple[bool, bytes]], folder: Path, over: str = "smpp", protocol: str = "smpp") -> list[Read]:
    """Every PDU of `protocol` in order. Fails when tshark finds something malformed or wrong, or is not there.

    over: the protocol that the octets of the connection are.
    """
    if shutil.which("tshark") is None:
        pytest.fail("tshark is missing: apt-get install -y --no-install-recommends tshark")
    file = folder / "smpp.pcap"
    file.write_bytes(capture(talk))
    words = ["tshark", "-n", "-r", str(file), "-d", f"tcp.port=={SMPP_PORT},{over}", "-T", "pdml"]
    ran = subprocess.run(words, capture_output=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    found: list[Read] = []
    for packet in ElementTree.fromstring(_mended(ran.stdout)):
        pdu: Read | None = None
        for layer in packet.iter("proto"):
            name = layer.get("name")
            assert name != "_ws.malformed", ElementTree.tostring(packet).decode()
            if name == protocol:
                pdu = Read()
                found.append(pdu)
            if pdu is not None:
                _note(layer, pdu)
        wrong = [one.get("showname") for one in packet.iter("field") if one.get("name") == "_ws.expert.severity"]
        assert not [one for one in wrong if one and ("Error" in one or "Warning" in one)], wrong
    return found


def _mended(pdml: bytes) -> str:
    """tshark writes the halves of an emoji one by one, and control letters that XML does not have."""
    whole = pdml.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _NO_XML.sub("?", whole)


def _note(layer: ElementTree.Element, pdu: Read) -> None:
    for one in layer.iter("field"):
        name = one.get("name") or ""
        pdu.shown.setdefault(name, []).append(one.get("show") or "")
        pdu.octets.setdefault(name, []).append(one.get("value") or "")
