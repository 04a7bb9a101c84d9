"""What stands between a node and its store: a wire that is cut without a word, a server with a streaming replica.

The surprise: a cut wire does not close anything. Like a broken network it just brings nothing any more, neither way;
what was on its way when it is healed arrives late.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import psycopg

from tests.conftest import postgres_programs
from tests.flows.running import until

EXECUTE = b"E\0\0\0\x09\0\0\0\0\0"  # what is said last of a row of an executemany, whose Sync is yet to come


class Wire:
    """Listens on a port of this host and carries octets to a unix socket and back, until it is cut."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._whole = threading.Event()
        self._whole.set()
        self._within = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing passes any more."""
        self._whole.clear()

    def cut_within(self) -> None:
        """Wait until the node is in the middle of an executemany, and cut: the server waits for the rest of it."""
        self._within.set()
        until(lambda: not self._whole.is_set(), 60, "nothing was written", every=0.005)

    def heal(self) -> None:
        """Everything passes again, what waited first."""
        self._whole.set()

    def close(self) -> None:
        """The end of it, and of every connection."""
        self.heal()
        self._listening.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        self._whole.wait()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(str(self._server))
        except OSError:  # there is no server: whoever knocked may go elsewhere
            near.close()
            far.close()
            return
        self._open += [near, far]
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                self._whole.wait()
                target.sendall(octets)
                if self._within.is_set() and octets.endswith(EXECUTE):
                    self._within.clear()
                    self.cut()
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class Replica:
    """A streaming replica of a server of tests, to which every commit goes before it is answered."""

    def __init__(self, primary: Any) -> None:
        """primary: a `tests.conftest.Postgres` that runs."""
        self._primary = primary
        self.folder = Path(f"{primary.folder}-replica")
        self.folder.mkdir(mode=0o700)
        self._owner = ["setpriv"]
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._owner += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        copied = subprocess.run(
            [*self._owner, postgres_programs() / "pg_basebackup", "-h", primary.folder, "-U", "smsgw", "-D",
             self.folder / "data", "-R", "-X", "stream", "--checkpoint=fast"],
            cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert copied.returncode == 0, copied.stderr
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._owner, "--pdeathsig=INT", postgres_programs() / "postgres", "-D", "data", "-k", self.folder,
                 "-c", "listen_addresses=", "-c", "shared_buffers=64MB"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        with primary.connect() as admin:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            admin.execute("SELECT pg_reload_conf()")
            until(lambda: admin.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone(), 60)

    def promote(self) -> None:
        """The primary is gone: this is the server now."""
        with psycopg.connect(host=str(self.folder), user="smsgw", dbname="postgres", autocommit=True) as admin:
            admin.execute("SELECT pg_promote(true, 300)")

    def url(self, database: str, port: int | None = None) -> str:
        """The SQLAlchemy URL of whichever of both may be written to; port: of a `Wire` to the primary."""
        hosts = f"host={self._primary.folder if port is None else '127.0.0.1'},{self.folder}&port={port or 5432},5432"
        return f"postgresql+psycopg://smsgw@/{database}?{hosts}&target_session_attrs=read-write"

    def remove(self) -> None:
        """Stop it and take its files away."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(120)
        shutil.rmtree(self.folder)
