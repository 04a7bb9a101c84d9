"""Machines on paper: network namespaces, each with a cable to the network of the store and one to the outside.

Nothing of it leaves this machine, and all of it is gone with the process: see ip-netns(8), veth(4). The surprise: a cut
is silent on both sides, as when a switch dies: what is sent is lost, and nobody is told.
"""

from __future__ import annotations

import os
import shutil
import subprocess

STORE, OUTSIDE = "store", "out"
_NETWORKS = {STORE: "10.77.1", OUTSIDE: "10.77.2"}
HERE = {network: f"{prefix}.1" for network, prefix in _NETWORKS.items()}  # where PostgreSQL is, and where the SMSC is


def forbidden() -> str:
    """Why namespaces cannot be made here; empty when they can."""
    if os.geteuid():
        return "only root may make network namespaces"
    if missing := [name for name in ("ip", "unshare") if shutil.which(name) is None]:
        return f"{missing[0]} is not here (Debian: iproute2, util-linux)"
    tried = subprocess.run(
        ["unshare", "--net", "sh", "-c", "ip link add b0 type bridge && ip link add v0 type veth peer name v1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return tried.stderr.strip() if tried.returncode else ""


def between() -> None:
    """Make the namespace of this process what is between the machines: a bridge for each network, with its address."""
    _ip("link", "set", "lo", "up")
    for network, address in HERE.items():
        _ip("link", "add", network, "type", "bridge")
        _ip("address", "add", f"{address}/24", "dev", network)
        _ip("link", "set", network, "up")


class Machine:
    """One namespace. number: from 1."""

    def __init__(self, number: int) -> None:
        self.name = f"smsgw-bench-{os.getpid()}-{number}"
        self.number = number
        self.inside = ["ip", "netns", "exec", self.name]  # begins a command that runs there
        _ip("netns", "add", self.name)
        self._in("link", "set", "lo", "up")
        for network, prefix in _NETWORKS.items():
            cable = f"{network}{number}"
            _ip("link", "add", cable, "type", "veth", "peer", "name", network, "netns", self.name)
            _ip("link", "set", cable, "master", network, "up")
            self._in("address", "add", f"{prefix}.{number + 10}/24", "dev", network)
            self._in("link", "set", network, "up")

    @property
    def outside(self) -> str:
        """Its address to the outside."""
        return f"{_NETWORKS[OUTSIDE]}.{self.number + 10}"

    def cut(self, *networks: str) -> None:
        """Pull these cables."""
        for network in networks:
            _ip("link", "set", f"{network}{self.number}", "down")

    def heal(self) -> None:
        """Put every cable back."""
        for network in _NETWORKS:
            _ip("link", "set", f"{network}{self.number}", "up")

    def close(self) -> None:
        """What runs there must have ended."""
        _ip("netns", "delete", self.name)

    def _in(self, *words: str) -> None:
        _ip("-netns", self.name, *words)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
