"""How carriers take and bring MMS, as data: what a request says, what they bear, and where their calls name media.

Words in braces are those of `profiles`, and besides: subject, media (the addresses of all media). A list is written
`{"*media": {…}}`: once for each medium, with its url, type and name; `{"*words": {…}}`: once if there is a text.
The media are lent to the carrier by addresses of ours (see `lending`); what it brings is fetched from addresses of its.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drivers.web.profiles import Paths

KILO, MEGA = 1000, 1_000_000


@dataclass(frozen=True, slots=True)
class Mms:
    """One carrier's MMS.

    most_octets, most_media: of one message, as the carrier's documentation says. kinds: how the types begin that it
    takes. path, fields: of the request; reference, good: of its answer, None as for texts. reports: whether receipts
    come for MMS. count, url: the names of numbered fields that bring media, {n} from 0; or listed: where a list of
    them is, of addresses or of objects with `url` in them and a text in `words`. repeats: whether it says a call again
    that we did not take; if not, what cannot be fetched is told in the text rather than lost.
    """

    fields: Mapping[str, Any]
    path: str | None = None
    most_octets: int = 1 * MEGA
    most_media: int = 10
    kinds: tuple[str, ...] = ("image/", "audio/", "video/", "text/", "application/pdf")
    reference: Paths | None = None
    good: tuple[str, tuple[str, ...]] | None = None
    reports: bool = True
    count: str = ""
    url: str = "url"
    listed: Paths = ()
    words: str = ""
    subject: Paths = ()
    repeats: bool = True


MMS: dict[str, Mms] = {
    # https://www.twilio.com/docs/messaging/guides/accepted-mime-types: 5 MB, ten media; networks take less.
    "twilio": Mms(
        fields={
            "To": "{to}",
            "From": "{from}",
            "Body": "{text}",
            "MediaUrl": "{media}",
            "StatusCallback": "{hook}",
        },
        most_octets=1 * MEGA,
        count="NumMedia",
        url="MediaUrl{n}",
        repeats=False,  # once on a failed connection, and no more
    ),
    # https://developers.telnyx.com/docs/messaging/messages/mms: 1 MB to most carriers, ten media.
    "telnyx": Mms(
        fields={
            "from": "{from}",
            "to": "{to}",
            "text": "{text}",
            "subject": "{subject}",
            "media_urls": "{media}",
            "webhook_url": "{hook}",
            "type": "MMS",
        },
        listed=("data.payload.media",),
        subject=("data.payload.subject",),
    ),
    # https://www.infobip.com/docs/api/channels/mms: segments; 1 MB as a rule, 300 kB where nothing is known.
    "infobip": Mms(
        path="/mms/2/messages",
        fields={
            "messages": [
                {
                    "sender": "{from}",
                    "destinations": [{"to": "{bare}", "messageId": "{ref}"}],
                    "content": {
                        "title": "{subject}",
                        "messageSegments": {
                            "*words": {"type": "TEXT", "text": "{text}"},
                            "*media": {"type": "LINK", "contentType": "{type}", "contentUrl": "{url}"},
                        },
                    },
                    "webhooks": {"delivery": {"url": "{hook}"}},
                }
            ]
        },
        most_octets=600 * KILO,
        most_media=20,
        listed=("message",),
        words="value",
        subject=("subject",),
    ),
    # https://46elks.com/docs/send-mms: one picture of 320 kB, no delivery reports.
    "46elks": Mms(
        path="/mms",
        fields={"from": "{from}", "to": "{to}", "message": "{text}", "image": "{media}"},
        most_octets=320 * KILO,
        most_media=1,
        kinds=("image/",),
        reports=False,
        listed=("image", "images"),
    ),
    "smsgw": Mms(
        fields={
            "to": "{to}",
            "from": "{from}",
            "text": "{text}",
            "subject": "{subject}",
            "media": "{media}",
            "client_ref": "{ref}",
            "allow_duplicate": True,
        },
        most_octets=5 * MEGA,
        listed=("data.media",),
        subject=("data.subject",),
    ),
}
