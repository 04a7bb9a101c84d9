"""A systemd of its own in namespaces: it boots our units, and what it writes goes away with it.

It has the files of this host, with an overlay over /etc and empty /run, /tmp, /var/lib and /usr/lib/smsgw; the
checkout and this Python, with its packages, stand in for what a package installs. Needs root, as installing does.
"""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]

BOOT = r"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$ROOM"
for place in etc usr/lib; do
    mkdir -p "$ROOM/over/$place" "$ROOM/work/$place"
    mount -t overlay overlay -o lowerdir=/$place,upperdir="$ROOM/over/$place",workdir="$ROOM/work/$place" /$place
done
mkdir -p /usr/lib/smsgw/{checkout,packages,python,bin}
mount --bind "$CHECKOUT" /usr/lib/smsgw/checkout
mount --bind "$PACKAGES" /usr/lib/smsgw/packages
mount --bind "$PYTHON" /usr/lib/smsgw/python
cat > /usr/lib/smsgw/bin/smsgw <<END
#!/bin/sh
export PYTHONHOME=/usr/lib/smsgw/python PYTHONPATH=/usr/lib/smsgw/checkout:/usr/lib/smsgw/packages
export LD_LIBRARY_PATH=/usr/lib/smsgw/python/lib
exec /usr/lib/smsgw/python/bin/python$VERSION -P -m smsgw "\$@"
END
chmod 755 /usr/lib/smsgw /usr/lib/smsgw/bin /usr/lib/smsgw/bin/smsgw
mount --bind "$CONSOLE" /dev/console
for folder in /run /tmp /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs $folder; done
chmod 1777 /tmp
mount -t proc proc /proc
umount -l /sys/fs/cgroup
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
mkdir -p /run/systemd/system
cd /usr/lib/smsgw/checkout/systemd
cp smsgw.service smsgw@.service smsgw.socket /run/systemd/system
mkdir /run/systemd/system/service.d /run/words
printf '[Service]\nStandardError=append:/run/words/%%N\n' > /run/systemd/system/service.d/words.conf
systemd-sysusers "$PWD"/smsgw.sysusers
systemd-tmpfiles --create "$PWD"/smsgw.tmpfiles
printf '[Unit]\nDescription=Nothing but us\nDefaultDependencies=no\n' > /run/systemd/system/bare.target
cd /
mount --make-rshared /
exec env -i container=test PATH="$PATH" /lib/systemd/systemd --system --unit=bare.target
"""


class Booted:
    """The machine. leader: the process, here, that is its process 1."""

    def __init__(self, room: Path) -> None:
        if os.geteuid() != 0:
            pytest.fail("only root can boot a systemd in namespaces: sudo make test")
        self._console, inside = pty.openpty()
        given = {
            "ROOM": str(room),
            "CONSOLE": os.ttyname(inside),
            "CHECKOUT": str(CHECKOUT),
            "PACKAGES": sysconfig.get_path("purelib"),
            "PYTHON": sys.base_prefix,
            "VERSION": sysconfig.get_python_version(),
        }
        self._unshare = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--cgroup", "--net",
             "bash", "-c", BOOT],
            env=os.environ | given, stdin=inside, stdout=inside, stderr=inside,
        )  # fmt: skip
        os.close(inside)
        try:
            until(self._up, "systemd did not boot")
        except BaseException:
            self.off()
            raise

    def _up(self) -> bool:
        if self._unshare.poll() is not None:
            pytest.fail(f"systemd did not boot in namespaces: {os.read(self._console, 8000).decode()}")
        children = Path(f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children").read_text().split()
        if not children:
            return False
        self.leader = int(children[0])
        return self.run("systemctl", "is-active", "bare.target").stdout.strip() == "active"

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run something in there, as root."""
        return subprocess.run(
            ["nsenter", f"--target={self.leader}", "--all", *map(str, command)],
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip

    def write(self, path: str, content: str) -> None:
        """Write a file in there."""
        subprocess.run(
            ["nsenter", f"--target={self.leader}", "--all", "sh", "-c", f"mkdir -p $(dirname {path}) && cat > {path}"],
            input=content, text=True, timeout=180, check=True,
        )  # fmt: skip

    def told(self, unit: str, *names: str) -> dict[str, str]:
        """Properties of a unit, as systemctl show tells them."""
        out = self.run("systemctl", "show", unit, *(f"--property={name}" for name in names)).stdout
        return dict(line.split("=", 1) for line in out.splitlines())

    def words(self, unit: str) -> str:
        """What a service wrote: no journal runs in there."""
        return self.run("cat", f"/run/words/{unit}").stdout

    def off(self) -> None:
        """Switch it off."""
        self._unshare.send_signal(signal.SIGKILL)
        self._unshare.wait()
        os.close(self._console)


def until(seen: Callable[[], Any], why: str, seconds: float = 120.0) -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < deadline, why
        time.sleep(0.05)
    return found
