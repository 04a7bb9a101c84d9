"""twilio-node, and the Android gateway's libraries for Python and JavaScript, unmodified but for the address."""

from __future__ import annotations

import hmac
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.doors import PHONE, Doors, doors
from tests.peers.installed import node_modules, python_with

pytestmark = [pytest.mark.peer, pytest.mark.slow]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def open_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(tmp_path_factory.mktemp("node")) as made:
        yield made


def test_the_libraries_for_node_send_list_and_believe_our_signature(open_doors: Doors) -> None:
    place, called = node_modules("doors-node", HERE / "doors-node"), open_doors.called
    words = [open_doors.url, open_doors.account, open_doors.secret, PHONE, f"{called.url}/status-node"]
    program = ["node", str(place / "client.js"), *words]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        told = json.loads(peer.stdout.readline())
        assert (told["fetched"], told["listed"][0], told["refused"]) == ("Čaj iz node", told["sid"], 21211)
        assert (told["state"], told["hooks"], told["health"]) == (1, [told["hook"]], "pass")
        done = called.wait(lambda call: call.path == "/status-node" and call.words["MessageStatus"] == "delivered")[0]
        signature = done.headers["X-Twilio-Signature"]
        peer.stdin.write(
            json.dumps({"url": called.url + done.path, "words": done.words, "signature": signature}) + "\n"
        )
        peer.stdin.flush()
        assert json.loads(peer.stdout.readline()) is True


def test_the_android_gateways_library_for_python_sends_and_is_told(open_doors: Doors) -> None:
    python = python_with("android-gateway", HERE / "android-gateway" / "requirements.txt")
    called = open_doors.called
    program = [str(python), str(HERE / "android-gateway" / "peer.py"), open_doors.url, open_doors.secret, PHONE]
    ran = subprocess.run([*program, f"{called.url}/android"], capture_output=True, text=True, timeout=180, check=False)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["hooks"] == ["hook-sms:delivered", "hook-sms:received", "hook-sms:sent"]
    assert (told["sent"], told["state"], told["listed"][0]) == (["order-7", PHONE], "order-7", "order-7")
    assert (told["devices"], told["health"]) == (["phones"], "pass")
    open_doors.phone_types("hello")
    calls = called.wait(lambda call: call.path == "/android", 3)
    said = {json.loads(call.body)["event"]: json.loads(call.body) for call in calls}
    assert said["sms:received"]["payload"]["message"] == "hello"
    assert said["sms:received"]["payload"]["sender"] == said["sms:received"]["payload"]["phoneNumber"] == PHONE
    assert said["sms:sent"]["payload"]["messageId"] == said["sms:delivered"]["payload"]["messageId"] == "order-7"
    status, settings = open_doors.settings()
    assert status == 200
    key = settings["webhooks"]["signing_key"]
    for call in calls:
        signed = call.body + call.headers["X-Timestamp"].encode()
        assert call.headers["X-Signature"] == hmac.new(key.encode(), signed, "sha256").hexdigest()
