"""RapidSMS's backend for Kannel and NetSDS::Kannel (Perl), unmodified: they take us for Kannel."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.running import until
from tests.peers.doors import PHONE, Doors, doors
from tests.peers.installed import python_with

pytestmark = [pytest.mark.peer, pytest.mark.slow]
SOURCE = Path(__file__).parent / "rapidsms"
PERL = """
use utf8; use NetSDS::Kannel;
my ($url, $secret, $to, $report) = @ARGV;
my $kannel = NetSDS::Kannel->new(
    sendsms_url => "$url/cgi-bin/sendsms", sendsms_user => "shop", sendsms_passwd => $secret);
print $kannel->send(from => "+38641000000", to => $to, text => "Hello from Perl", dlr_url => $report, msgid => 7), "\n";
"""


@pytest.fixture(scope="module")
def open_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(tmp_path_factory.mktemp("rapidsms")) as made:
        yield made


def test_rapidsms_sends_and_gets_reports_that_fit_its_table(open_doors: Doors) -> None:
    python = python_with("rapidsms", SOURCE / "requirements.txt")
    words = [open_doors.url, open_doors.secret, PHONE, open_doors.called.url]
    ran = subprocess.run(
        [str(python), str(SOURCE / "peer.py"), *words], capture_output=True, text=True, timeout=180, check=False
    )
    assert ran.returncode == 0, ran.stderr
    for text in ("Hello from RapidSMS", "Čaj iz RapidSMS"):
        until(lambda text=text: text in open_doors.phone_shows(), 20, "it did not come to the phone")
    first, last = open_doors.called.wait(lambda call: call.words.get("message_id") == "m1", 2)
    assert [call.words["status"] for call in (first, last)] == ["8", "1"]
    told = last.words
    assert (told["identity"], told["smsc"], len(told["sms_id"])) == (PHONE, "phones", 36)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", told["date_sent"])


def test_netsds_for_perl_sends_and_gets_its_report(open_doors: Doors, tmp_path: Path) -> None:
    script = tmp_path / "send.pl"
    script.write_text(PERL)
    words = [open_doors.url, open_doors.secret, PHONE, f"{open_doors.called.url}/perl"]
    ran = subprocess.run(["perl", str(script), *words], capture_output=True, text=True, timeout=180, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "0: Accepted for delivery"), ran.stderr
    until(lambda: "Hello from Perl" in open_doors.phone_shows(), 20, "it did not come to the phone")
    assert open_doors.called.wait(lambda call: call.path == "/perl")[0].words
