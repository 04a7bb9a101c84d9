"""No secret is in anything that a gateway wrote: not in its log, not in what it answers, not in a backup."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.smsgw.cli.conftest import PHONE, Daemon, Running, program

pytestmark = pytest.mark.slow
SECRETS = {
    "mail password": "S3cret-of-the-mail",
    "metrics token": "S3cret-of-the-metrics",
    "remote secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "link password": "S3cretLn",
    "person's password": "S3cret-of-a-person-7",
}
CONFIG = f"""
[store]
url = "sqlite:///smsgw.db"
[web]
listen = "127.0.0.1:0"
[log]
level = "debug"
[mail]
host = "127.0.0.1"
port = 9
encryption = "none"
sender = "a@example.com"
user = "shop"
password = "{SECRETS["mail password"]}"
[watch]
metrics_token = "{SECRETS["metrics token"]}"
remote = ["{PHONE}"]
remote_secret = "{SECRETS["remote secret"]}"
[[links]]
name = "phones"
kind = "fake"
number = "+38640111000"
handsets = ["{PHONE}"]
[[links]]
name = "carrier"
kind = "smpp"
host = "127.0.0.1"
port = 9
system_id = "us"
password = "{SECRETS["link password"]}"
"""


def test_no_secret_is_in_what_a_gateway_wrote(tmp_path: Path) -> None:
    config = tmp_path / "smsgw.toml"
    config.write_text(CONFIG)
    config.chmod(0o600)
    running = Running(tmp_path, "run", "--config", config)
    try:
        running.until((tmp_path / "cli.url").exists)
        gateway = Daemon(running, config)
        command, env = program("user", "add", "ana", "--password", "-", SMSGW_CONFIG=str(config))
        person = SECRETS["person's password"] + "\n"
        added = subprocess.run(command, env=env, input=person, capture_output=True, text=True, check=True)
        made = gateway.smsgw("--json", "key", "create", "shop", "--scopes", "messages:send")
        secret = made.data["secret"]
        said = [
            gateway.smsgw("--json", "send", PHONE, "Hello", SMSGW_API_KEY=secret),
            gateway.smsgw("config", "show"),
            gateway.smsgw("doctor"),
            gateway.smsgw("tail", "--no-follow"),
            gateway.smsgw("db", "backup", str(tmp_path / "backup.db")),
        ]
        running.process.send_signal(signal.SIGHUP)
        running.until(lambda: "was read again" in running.err.read_text())
    finally:
        running.end()
    log = running.err.read_text() + running.out.read_text()
    assert "DEBUG" in log
    written = log + added.stdout + added.stderr + "".join(one.out + one.err for one in said)
    found = [name for name, value in SECRETS.items() if value in written]
    assert not found, f"in what it wrote: {', '.join(found)}"
    assert secret not in log
    for kept in ("smsgw.db", "backup.db"):
        octets = (tmp_path / kept).read_bytes()
        assert not [name for name, value in SECRETS.items() if value.encode() in octets], kept
        assert secret.encode() not in octets, "a key is stored as its hash"
