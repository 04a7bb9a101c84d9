"""Twilio's own library, told to find us in its place: does one thing after the other and says what it got, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client


def say(told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


base, account, token, to, callback, texts = sys.argv[1:7]
client = Client(account, token)
client.api.base_url = base
sent = [
    client.messages.create(to=to, from_="Shop", body=f"Čaj {number}", status_callback=callback) for number in range(3)
]
fetched = client.messages(sent[0].sid).fetch()
listed = list(client.messages.stream(page_size=2, limit=10))
later = (
    client.messages.create(
        to=to,
        body="later",
        messaging_service_sid="MG" + "0" * 32,
        send_at="2037-01-01T00:00:00Z",
        schedule_type="fixed",
    )
    if hasattr(client.messages, "create") and sys.argv[7:] != ["6"]
    else None
)
cancelled = client.messages(later.sid).update(status="canceled").status if later else "canceled"
media = list(client.messages(sent[0].sid).media.list())
card = client.messages.create(to=to, body="our card", media_url=[callback + "/card.vcf"])
cards = client.messages(card.sid).media.list()
number = client.incoming_phone_numbers.list(limit=5)[0]
number.update(sms_url=texts, sms_method="POST")
errors = []
for words in ({"to": "12", "body": "x"}, {"to": to, "body": "x" * 1601}):
    try:
        client.messages.create(from_="Shop", **words)
    except TwilioRestException as refused:
        errors.append([refused.status, refused.code])
say(
    {
        "sids": [one.sid for one in sent],
        "fetched": [fetched.sid, fetched.body, fetched.num_segments],
        "listed": [one.sid for one in listed],
        "cancelled": cancelled,
        "media": len(media),
        "card": [card.sid[:2], card.num_media, [one.content_type for one in cards]],
        "number": number.phone_number,
        "errors": errors,
        "account": client.api.accounts(account).fetch().status,
    }
)
validator = RequestValidator(token)
for line in sys.stdin:
    call = json.loads(line)
    say(validator.validate(call["url"], call["words"], call["signature"]))
