"""The faults: each strikes a running scene, and says when it was over.

A fault that lasts is over when it ends; one that is a moment (a kill, a connection that goes deaf) when it came.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.emulators.smsc_faults import Faults

from .networks import Modem, Smsc

if TYPE_CHECKING:
    from .scene import Scene

FAKETIME = [Path("/usr/lib") / f"{cpu}-linux-gnu/faketime/libfaketime.so.1" for cpu in ("x86_64", "aarch64")]
ROOM_WITHOUT_ROOT = 65_536  # octets that a file may have; less than the store has already


@dataclass(frozen=True)
class Strike:
    """One fault. strike: does it, and returns when it was over (time.time). needs: words when it cannot be here."""

    name: str
    says: str
    strike: Callable[[Scene], float]
    network: Callable[..., Smsc | Modem] = Smsc
    missing: Callable[[str], str] = lambda kind: ""
    room: bool = False  # whether the store is on a disk of its own
    clock: bool = False  # whether the daemon has a clock of its own


def kill(scene: Scene) -> float:
    """SIGKILL, and a start."""
    at = time.time()
    scene.gateway.kill()
    scene.start()
    return at


def pause(scene: Scene) -> float:
    """SIGSTOP, and SIGCONT."""
    pid = scene.gateway.process.pid
    os.kill(pid, signal.SIGSTOP)
    time.sleep(scene.seconds)
    os.kill(pid, signal.SIGCONT)
    return time.time()


def fill(scene: Scene) -> float:
    """No octet is free any more: on a disk of its own where that can be mounted, else by a limit of the process."""
    if scene.room is None:
        _limit(scene.gateway.process.pid, ROOM_WITHOUT_ROOT)
        time.sleep(scene.seconds)
        _limit(scene.gateway.process.pid, None)
        return time.time()
    ballast = scene.room / "ballast"
    ends = time.monotonic() + scene.seconds
    with ballast.open("wb", buffering=0) as file:
        while time.monotonic() < ends:
            with suppress(OSError):
                for size in (1 << 20, 4096):
                    while True:
                        if not file.write(b"\0" * size):
                            raise OSError(errno.ENOSPC, "full")
            _fill_rest(file)
            time.sleep(0.05)
    ballast.unlink()
    return time.time()


def _fill_rest(file: Any) -> None:
    with suppress(OSError):
        while file.write(b"\0" * 4096):
            pass


def _limit(pid: int, most: int | None) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY if most is None else most, hard))


def lock(scene: Scene) -> float:
    """The store can be read and takes no writes, as on a disk that its kernel has locked; then it takes them again."""
    for locked in (True, False):
        _lock(scene, locked)
        at = time.time()
        if locked:
            time.sleep(scene.seconds)
    return at


def _lock(scene: Scene, locked: bool) -> None:
    kind, _, path = scene.gateway.store.partition(":///")
    if kind == "sqlite":  # not what it maps into memory: a page of that which cannot be written is SIGBUS
        subprocess.run(["chattr", "+i" if locked else "-i", path, f"{path}-wal"], check=True)
        return
    with scene.stores.server.connect() as admin:
        admin.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if locked else 'off'}")
        admin.execute("SELECT pg_reload_conf()")


def jump(scene: Scene) -> float:
    """The clock jumps an hour on, back by two, and is right again; the other clock of the system goes on."""
    for offset in ("+3600", "-3600", "+0"):
        scene.clock.write_text(f"{offset}\n")
        time.sleep(scene.seconds / 2)
    return time.time()


def _for(seconds: float, scene: Scene, **faults: Any) -> float:
    scene.wire.road.faults = Faults(**faults)
    time.sleep(seconds)
    scene.wire.road.quiet()
    return time.time()


def delay(scene: Scene) -> float:
    """Everything takes its time on the way."""
    return _for(scene.seconds, scene, latency=0.2, jitter=0.3)


def drop(scene: Scene) -> float:
    """Requests and answers do not arrive, and connections end in the middle."""
    return _for(scene.seconds, scene, latency=0.02, jitter=0.1, lose=0.05, swallow=0.05, cut=0.01)


def garbage(scene: Scene) -> float:
    """The SMSC says octets that are no PDU, and PDUs that make no sense."""
    return _for(scene.seconds, scene, garbage=0.02, junk=0.1, stranger=0.1, twice=0.1)


def deaf(scene: Scene) -> float:
    """Nothing passes on the connections that there are, and nobody hangs up."""
    scene.wire.road.freeze()
    return time.time()


def throttle(scene: Scene) -> float:
    """The SMSC says "too fast" to ten in a row, again and again."""
    return _for(scene.seconds, scene, throttle=0.1)


def silence(scene: Scene) -> float:
    """The SMSC takes every text, and answers none."""
    return _for(scene.seconds, scene, swallow=1.0)


def gone(scene: Scene) -> float:
    """The SMSC hangs up in the middle of a PDU, and takes no connection."""
    return _for(scene.seconds, scene, cut=1.0, refuse=scene.seconds)


def unplug(scene: Scene) -> float:
    """The stick is pulled out, and comes back."""
    scene.wire.modem.do("unplug")
    time.sleep(scene.seconds)
    scene.wire.modem.do("plug")
    return time.time()


def restart(scene: Scene) -> float:
    """The modem's firmware crashes and starts anew."""
    scene.wire.modem.do("restart")
    return time.time()


def crash(scene: Scene) -> float:
    """The database server crashes, and is started again."""
    scene.stores.server.stop(signal.SIGQUIT)
    time.sleep(scene.seconds)
    scene.stores.server.start()
    return time.time()


def faketime() -> Path | None:
    """The library that gives a process a clock of its own, where it is installed."""
    return next((path for path in FAKETIME if path.exists()), None)


def _only(wanted: str) -> Callable[[str], str]:
    return lambda kind: "" if kind == wanted else f"it is a fault of {wanted}"


def _no_clock(kind: str) -> str:
    return "" if faketime() else "apt-get install faketime gives the daemon a clock of its own"


def _no_lock(kind: str) -> str:
    if kind != "sqlite":
        return ""
    if os.geteuid() or not shutil.which("chattr"):
        return "chattr and root make a file read-only"
    with tempfile.NamedTemporaryFile() as tried:
        able = subprocess.run(["chattr", "+i", tried.name], capture_output=True, check=False).returncode == 0
        subprocess.run(["chattr", "-i", tried.name], capture_output=True, check=False)
    return "" if able else "this file system makes no file read-only"


def _no_modem(kind: str) -> str:
    return "" if shutil.which("setpriv") else "setpriv is missing"


STRIKES = (
    Strike("kill", "SIGKILL, and a start", kill),
    Strike("pause", "SIGSTOP, and SIGCONT", pause),
    Strike("disk", "no octet is free", fill, missing=_only("sqlite"), room=True),
    Strike("readonly", "the store can be read and takes no writes", lock, missing=_no_lock),
    Strike("clock", "an hour on, two back, and right again", jump, missing=_no_clock, clock=True),
    Strike("database", "the server crashes, and is started again", crash, missing=_only("postgresql")),
    Strike("delay", "0.2 to 0.5 s on the way, both ways", delay),
    Strike("drop", "1 in 20 requests and answers does not arrive, 1 in 100 connections is cut", drop),
    Strike("garbage", "octets that are no PDU, answers that nobody asked for", garbage),
    Strike("deaf", "nothing passes on the connection, and nobody hangs up", deaf),
    Strike("throttle", "too fast, ten times in a row", throttle),
    Strike("silence", "texts are taken, and never answered", silence),
    Strike("gone", "hangs up within a PDU, and takes no connection", gone),
    Strike("unplug", "the modem is pulled out, and comes back", unplug, network=Modem),
    Strike("firmware", "the modem's firmware starts anew", restart, network=Modem),
)
NAMES = tuple(strike.name for strike in STRIKES)
