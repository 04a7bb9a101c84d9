"""What the pages tell an administrator to type, in a clean Debian that is booted; by hand, as root.

    python -m tests.docs.installing FOLDER

FOLDER: where systemd/debian/trial has kept its Debian and the packages that it built. Nothing is written there.

The surprise: it is no part of CI, which has neither a Debian mirror nor minutes for this. A fence that is marked
`not run: tests/docs/installing.py does` runs here, page after page, on one machine in namespaces.
"""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.docs.fences import PAGES, Fence, fences
from tests.peers.booted import until

OURS = "tests/docs/installing.py does"
ORDER = ("docs/raspberry-pi.md", *PAGES)  # the page that sets a machine up comes first
BOOT = r"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$ROOM"
mkdir "$ROOM/over" "$ROOM/work" "$ROOM/root"
mount -t overlay overlay -o "lowerdir=$SYSTEM,upperdir=$ROOM/over,workdir=$ROOM/work" "$ROOM/root"
cd "$ROOM/root"
cp "$FOLDER"/one/*.deb root/
mkdir -p root/later old etc/udev/rules.d
ln -s /dev/null etc/systemd/system/getty.target  # its terminals would be those of this host
cp "$FOLDER"/two/*.deb root/later/
echo 'APT::Install-Recommends "false";' > etc/apt/apt.conf.d/00alone  # no network is in there
mount -t proc proc proc
mount --rbind /dev dev
mount --bind "$CONSOLE" dev/console
mount --bind /sys sys
mount -t tmpfs tmpfs sys/fs/cgroup
mkdir sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
for folder in run tmp; do mount -t tmpfs -o mode=755 tmpfs $folder; done
chmod 1777 tmp
pivot_root . old
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . sh -c '
    umount -l /old; mount --make-rshared /; exec /lib/systemd/systemd'
"""
STANDS_IN = r"""
set -e -o pipefail
cd /root
sudo() { "$@"; }
udevadm() { test -n "$1"; }  # nothing can be plugged into a namespace
journalctl() { command journalctl "${@/#-f/--no-pager}" | grep -c . ; }  # nobody sits there and reads on
smsgw() {  # nor is a modem there: that it says so is its answer
    case "$1 $2" in
        "modem probe" | "modem udev") command smsgw "$@" || test $? = 1 ;;
        *) command smsgw "$@" ;;
    esac
}
sudoedit() { printf '\n[[links]]\nname = "carrier"\nkind = "fake"\nhandsets = ["+38640111222"]\n' >> "$1"; }
"""
"""What this machine has not: a person at an editor, somebody else than root, and a bus for devices."""


class Machine:
    """A booted Debian. Use as a context manager. folder: as the duty of this file says."""

    def __init__(self, folder: Path) -> None:
        self._room = tempfile.TemporaryDirectory(prefix="smsgw-machine-")
        console, inside = pty.openpty()
        given = {
            "ROOM": self._room.name,
            "CONSOLE": os.ttyname(inside),
            "SYSTEM": str(folder / "system"),
            "FOLDER": str(folder),
        }
        self._started = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--cgroup", "--net",
             "bash", "-c", BOOT],
            env=os.environ | given, stdin=inside, stdout=inside, stderr=inside,
        )  # fmt: skip
        os.close(inside)
        self._console = console
        self._leader = 0

    def __enter__(self) -> Machine:
        try:
            until(self._up, "it did not boot", 300)
        except BaseException:
            say(os.read(self._console, 8000).decode(errors="replace"))
            self.off()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.off()

    def _up(self) -> bool:
        assert self._started.poll() is None, "it ended while it booted"
        children = Path(f"/proc/{self._started.pid}/task/{self._started.pid}/children").read_text().split()
        if not children:
            return False
        self._leader = int(children[0])
        return self.run("systemctl is-system-running").stdout.strip() in ("running", "degraded")

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of shell in there, as root, who has typed nothing more."""
        return subprocess.run(
            ["nsenter", f"--target={self._leader}", "--all", "env", "-i", "HOME=/root", "LANG=C.UTF-8",
             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
             "bash", "-c", script],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip

    def off(self) -> None:
        """Switch it off."""
        self._started.send_signal(signal.SIGKILL)
        self._started.wait()
        os.close(self._console)
        with suppress(OSError):
            self._room.cleanup()


def say(words: str) -> None:
    """To whoever runs this."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def ours() -> list[Fence]:
    """The fences that are run here, in their order."""
    pages = dict.fromkeys(ORDER)
    return [one for page in pages for one in fences(page) if one.not_run == OURS]


def main() -> None:
    """Run them all; prints each, and ends with 1 when one failed."""
    if len(sys.argv) != 2:
        sys.exit(str(__doc__))
    with Machine(Path(sys.argv[1]).absolute()) as machine:
        told = machine.run("apt-get install --yes /root/smsgw_*.deb")
        assert told.returncode == 0, told.stdout + told.stderr
        failed: list[str] = []
        for fence in ours():
            told = machine.run(f"{STANDS_IN}\n{fence.before}\nset -x\n{fence.filled()}")
            say(f"{'ok' if told.returncode == 0 else 'FAILED'}: {fence.place}")
            if told.returncode != 0:
                failed.append(fence.place)
                say(f"{told.stdout}\n{told.stderr}\n{machine.run('journalctl -n 30 --no-pager').stdout}")
    sys.exit(", ".join(failed) or 0)


if __name__ == "__main__":
    main()
