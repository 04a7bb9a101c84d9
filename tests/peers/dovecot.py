"""A Dovecot of our own: an IMAP server on a free port of this machine, without rights, with one mailbox."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.emulators.ports import unused

USER, PASSWORD = "shop", "secret"
_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


class Dovecot:
    """The server; made ready and stopped by a test."""

    def __init__(self) -> None:
        program = shutil.which("dovecot") or "/usr/sbin/dovecot"
        if not Path(program).exists():
            pytest.fail("Dovecot is missing: apt-get install -y --no-install-recommends dovecot-imapd")
        self.port = unused()
        self._folder = Path(tempfile.mkdtemp(prefix="smsgw-dovecot-", dir="/tmp"))  # a socket's path must be short
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        for name in ("run", "state", "mail", "home"):
            (self._folder / name).mkdir()
        group = subprocess.run(["id", "-gn", owner.pw_name], capture_output=True, text=True, check=True).stdout.strip()
        told = _CONFIG.format(
            folder=self._folder, user=owner.pw_name, group=group, uid=owner.pw_uid, gid=owner.pw_gid,
            password=PASSWORD, port=self.port,
        )  # fmt: skip
        (self._folder / "dovecot.conf").write_text(told)
        as_owner = []
        if os.geteuid() == 0:
            for path in (self._folder, *self._folder.iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
            as_owner = [
                "setpriv",
                f"--reuid={owner.pw_uid}",
                f"--regid={owner.pw_gid}",
                "--clear-groups",
                "--pdeathsig=TERM",
            ]
        self._process = subprocess.Popen(
            [*as_owner, program, "-F", "-c", str(self._folder / "dovecot.conf")], cwd="/", stdin=subprocess.DEVNULL
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 180
        while True:
            try:
                self.client().logout()
                return
            except (OSError, IMAPClientError) as problem:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    log = self._folder / "log"
                    words = log.read_text(errors="replace") if log.exists() else ""
                    self.remove()
                    pytest.fail(f"Dovecot did not start: {problem}\n{words}")
                time.sleep(0.05)

    def client(self) -> IMAPClient:
        """A client of the test's own, logged in."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=90)
        client.login(USER, PASSWORD)
        return client

    def put(self, mail: bytes) -> None:
        """Put a mail into the inbox."""
        client = self.client()
        client.append("INBOX", mail)
        client.logout()

    def count(self, folder: str) -> int:
        """How many mails are in a folder; 0 where it is not there."""
        client = self.client()
        try:
            return int(client.folder_status(folder, ["MESSAGES"])[b"MESSAGES"]) if client.folder_exists(folder) else 0
        finally:
            client.logout()

    def stop(self) -> None:
        """Stop it; its mails stay."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(90)

    def remove(self) -> None:
        """Stop it and take its files away."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
