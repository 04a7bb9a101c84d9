"""Kannel (bearerbox and smsbox) as a pair of programs for one test or benchmark: an SMPP client with an HTTP door.

The surprise: it logs in the past tense and answers in prose, so what it did is read from where it did it: the SMSC that
it bound to, and the HTTP server that it calls.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.ports import unused

ADMIN = "kannel"


class Kannel:
    """Both boxes with their spool in `folder`. It binds to 127.0.0.1:`smsc` as soon as it runs.

    smsc: port of the SMSC. receiver: URL that a text of a phone is told to, with Kannel's escapes. more: further lines
    of the group "smsc", such as {"throughput": 5}. log_level: 0 all, 1 news, 3 errors.
    """

    def __init__(
        self,
        folder: Path,
        smsc: int,
        system_id: str,
        password: str,
        receiver: str = "",
        log_level: int = 1,
        **more: object,
    ) -> None:
        for program in ("bearerbox", "smsbox"):
            if not _where(program):
                pytest.fail(f"{program} is missing: apt-get install -y --no-install-recommends kannel")
        self.folder = folder
        self.admin, self.smsbox, self.http = unused(), unused(), unused()  # Kannel cannot choose them itself
        for number in range(100):  # its spool makes these in threads that get into each other's way
            (folder / "spool" / f"{number:02}").mkdir(parents=True, exist_ok=True)
        self._config = folder / "kannel.conf"
        self._config.write_text(self._words(smsc, system_id, password, receiver, log_level, more))
        self.processes: list[subprocess.Popen[bytes]] = []

    def _words(
        self, smsc: int, system_id: str, password: str, receiver: str, log_level: int, more: dict[str, object]
    ) -> str:
        groups: list[dict[str, object]] = [
            {
                "group": "core", "admin-port": self.admin, "admin-interface": "127.0.0.1", "admin-password": ADMIN,
                "smsbox-port": self.smsbox, "smsbox-interface": "127.0.0.1", "box-allow-ip": "127.0.0.1",
                "log-file": self.folder / "bearerbox.log", "log-level": log_level, "dlr-storage": "internal",
                "store-type": "spool", "store-location": self.folder / "spool", "sms-resend-freq": 1,
            },
            {
                "group": "smsc", "smsc": "smpp", "smsc-id": "carrier", "host": "127.0.0.1", "port": smsc,
                "transceiver-mode": "true", "smsc-username": system_id, "smsc-password": password, "system-type": '""',
                "enquire-link-interval": 5, "reconnect-delay": 1, "max-pending-submits": 100, "wait-ack": 30,
                "source-addr-autodetect": "true", "dest-addr-ton": 1, "dest-addr-npi": 1, **more,
            },
            {
                "group": "smsbox", "bearerbox-host": "127.0.0.1", "sendsms-port": self.http,
                "sendsms-interface": "127.0.0.1", "log-file": self.folder / "smsbox.log", "log-level": log_level,
                "global-sender": "4915700000000",
            },
            {
                "group": "sendsms-user", "username": ADMIN, "password": ADMIN, "max-messages": 20,
                "concatenation": "true",
            },
        ]  # fmt: skip
        if receiver:
            groups.append(
                {
                    "group": "sms-service", "keyword": "default", "catch-all": "true", "omit-empty": "true",
                    "max-messages": 0, "get-url": f'"{receiver}"', "accept-x-kannel-headers": "false",
                }
            )  # fmt: skip
        return "\n\n".join("\n".join(f"{key} = {value}" for key, value in group.items()) for group in groups) + "\n"

    def start(self) -> None:
        """Start both; returns when the HTTP door is open. Whoever runs them dies with the test."""
        for program, port in (("bearerbox", self.smsbox), ("smsbox", self.http)):
            words = ["setpriv", "--pdeathsig=KILL", str(_where(program)), "-v", "3", str(self._config)]
            with (self.folder / f"{program}.out").open("ab") as out:
                self.processes.append(
                    subprocess.Popen(words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
                )
            self._wait_for(port)

    def _wait_for(self, port: int) -> None:
        until = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                assert self.processes[-1].poll() is None, self.last_words()
                assert time.monotonic() < until, self.last_words()
                time.sleep(0.02)

    def send(self, to: str, text: str, **more: Any) -> str:
        """Ask for a text; returns what Kannel answered. more: further words of its sendsms, `_` for `-`."""
        given = {"username": ADMIN, "password": ADMIN, "to": to, "text": text, "coding": 0, "charset": "UTF-8"}
        given |= {key.replace("_", "-"): value for key, value in more.items()}
        return self._get(f"http://127.0.0.1:{self.http}/cgi-bin/sendsms?{urllib.parse.urlencode(given)}")

    def status(self) -> str:
        """What it says of itself, as XML."""
        return self._get(f"http://127.0.0.1:{self.admin}/status.xml?password={ADMIN}")

    @property
    def online(self) -> bool:
        """Whether its SMSC is bound."""
        return "<status>online" in self.status()

    def _get(self, url: str) -> str:
        try:
            with urllib.request.urlopen(url, timeout=90) as answer:
                said: bytes = answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                said = refusal.read()
        return said.decode()

    def last_words(self, lines: int = 30) -> str:
        """The ends of what both logged."""
        logs = [self.folder / name for name in ("bearerbox.out", "bearerbox.log", "smsbox.out", "smsbox.log")]
        ends = [(log.name, log.read_text(errors="replace").splitlines()[-lines:]) for log in logs if log.exists()]
        return "\n".join(f"{name}:\n" + "\n".join(end) for name, end in ends)

    def stop(self) -> None:
        """End both, the door first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(90)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(90)
        self.processes.clear()


def _where(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
