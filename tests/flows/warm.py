"""A process that has read the whole program in and starts copies of itself: what takes seconds is done once.

A copy is a process of its own that runs the command line as `python -m smsgw` would: it opens the store, listens, logs,
and dies by SIGKILL like any other. Only the imports were done before. Tests that kill a gateway a hundred times would
spend most of their time on those.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ_IN = ("smsgw.cli.run", "schedules.timetable", "webadmin", "webadmin.server", "drivers.fake", "drivers.smpp")
DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG, prctl(2)


class Copy:
    """A process that was started here: of `subprocess.Popen` what tests use."""

    def __init__(self, words: socket.socket, pid: int) -> None:
        self._words = words  # says the status when the process has ended
        weakref.finalize(self, words.close)
        self.pid = pid
        self.returncode: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """The exit status, minus the signal's number when one ended it; None while it runs."""
        return self._status(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; returns the status. Raises subprocess.TimeoutExpired."""
        status = self._status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(["smsgw"], timeout or 0)
        return status

    def _status(self, timeout: float | None) -> int | None:
        with self._lock:
            if self.returncode is None:
                self._words.settimeout(timeout)
                try:
                    said = self._words.recv(64)
                except (TimeoutError, BlockingIOError):
                    return None
                self.returncode = int(said)
                self._words.close()
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)


class _Warm:
    """The process that has read the program in, of this process."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()]
            )

    def start(self, args: Sequence[str], out: int, err: int, folder: Path, environ: Mapping[str, str]) -> Copy:
        """Run `smsgw` with these arguments; out, err: open files for what it says."""
        words, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked = json.dumps([list(args), str(folder), dict(environ)]).encode()
        with theirs, self._lock:
            copy = Copy(words, 0)
            socket.send_fds(self._ours, [asked], [out, err, theirs.fileno()])
            copy.pid = int(self._ours.recv(64))
        return copy

    def close(self) -> None:
        """End; what was started here ends too."""
        self._ours.close()
        self._process.wait(60)


_warm: _Warm | None = None


def start(args: Sequence[str], log: int) -> Copy:
    """Run `smsgw` with these arguments as a process of its own; log: an open file for what it says."""
    return _read_in().start(args, log, log, ROOT, os.environ)


def run(
    args: Sequence[str], timeout: float, folder: Path = ROOT, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `smsgw` with these arguments to its end. Raises subprocess.TimeoutExpired, and ends it then."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        copy = _read_in().start(args, out.fileno(), err.fileno(), folder, os.environ if environ is None else environ)
        try:
            status = copy.wait(timeout)
        except subprocess.TimeoutExpired:
            copy.kill()
            copy.wait()
            raise
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(["smsgw", *args], status, *said)


def _read_in() -> _Warm:
    global _warm
    _warm = _warm or _Warm()
    return _warm


def end() -> None:
    """End the process that started copies, and with it those that still run."""
    global _warm
    if _warm is not None:
        _warm.close()
        _warm = None


def serve(asking: socket.socket) -> None:
    """Start what is asked for until nobody can ask any more."""
    import gc
    import importlib

    from smsgw.__main__ import COMMANDS, main

    commands = [f"smsgw.cli.{place.partition('.')[0]}" for place in COMMANDS.values()]
    for name in (*READ_IN, *commands):
        importlib.import_module(name)
    gc.freeze()  # copies need not look through all this again
    ended, note = os.pipe()
    os.set_blocking(note, False)
    signal.set_wakeup_fd(note)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    threading.Thread(target=_bury, args=(ended,), daemon=True).start()
    while True:
        asked, files, _, _ = socket.recv_fds(asking, 1 << 20, 3)
        if not asked:
            return
        out, err, words = files
        args, folder, environ = json.loads(asked)
        with _changing:
            pid = os.fork()
            if pid == 0:
                _become(args, folder, environ, (out, err), asking)
                main(args)
            _running[pid] = words
        os.close(out)
        os.close(err)
        asking.send(str(pid).encode())


_running: dict[int, int] = {}
_changing = threading.Lock()


def _become(
    args: list[str], folder: str, environ: dict[str, str], says: tuple[int, int], asking: socket.socket
) -> None:
    """In the copy: be as a process is that was started from a shell."""
    import ctypes

    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asking.close()
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (says[0], 1), (says[1], 2)):
        os.dup2(ours, theirs)
    os.closerange(3, 64)
    sys.argv = ["smsgw", *args]


def _bury(ended: int) -> None:
    """Tell of each copy that has ended how it did."""
    while os.read(ended, 64):
        with _changing:
            for pid in list(_running):
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    words = socket.socket(fileno=_running.pop(pid))
                    words.send(str(os.waitstatus_to_exitcode(status)).encode())
                    words.close()


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)
