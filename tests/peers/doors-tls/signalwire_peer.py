"""SignalWire's library, told our host as its space: sends, fetches, lists and meets an error."""

from __future__ import annotations

import json
import sys

from signalwire.rest import Client
from twilio.base.exceptions import TwilioRestException

space, account, token, to, authority = sys.argv[1:6]
client = Client(account, token, signalwire_space_url=space)
client.http_client.session.verify = authority
sent = client.messages.create(to=to, from_="Shop", body="Čaj iz SignalWire")
fetched = client.messages(sent.sid).fetch()
listed = client.messages.list(limit=3)
try:
    client.messages.create(to="12", from_="Shop", body="x")
    refused = 0
except TwilioRestException as error:
    refused = error.code
told = {"sid": sent.sid, "fetched": fetched.body, "listed": listed[0].sid, "refused": refused}
sys.stdout.write(json.dumps(told) + "\n")
