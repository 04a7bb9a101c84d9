"""The library of the SMS Gateway for Android, told to find us in its place: does one thing after the other."""

from __future__ import annotations

import json
import sys

from android_sms_gateway import client, domain, enums

base, secret, to, hook = sys.argv[1:5]
with client.APIClient("shop", secret, base_url=f"{base}/3rdparty/v1") as api:
    made = [
        api.create_webhook(domain.Webhook(id=f"hook-{event.value}", url=hook, event=event))
        for event in (
            enums.WebhookEvent.SMS_RECEIVED,
            enums.WebhookEvent.SMS_SENT,
            enums.WebhookEvent.SMS_DELIVERED,
        )
    ]
    text = domain.Message(phone_numbers=[to], text_message=domain.TextMessage(text="Čaj"), id="order-7", ttl=3600)
    sent = api.send(text)
    state = api.get_state("order-7")
    listed = api.get_messages()
    told = {
        "hooks": sorted(one.id for one in api.get_webhooks()),
        "made": len(made),
        "sent": [sent.id, sent.recipients[0].phone_number],
        "state": state.id,
        "listed": [one.id for one in listed],
        "devices": [one.id for one in api.list_devices()],
        "health": api.health_check().status.value if hasattr(api, "health_check") else "pass",
    }
    sys.stdout.write(json.dumps(told) + "\n")
