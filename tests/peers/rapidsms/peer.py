"""RapidSMS's Kannel backend, told to find us in Kannel's place: sends a text and asks for its reports."""

from __future__ import annotations

import sys

import django
from django.conf import settings

url, secret, to, report = sys.argv[1:5]
settings.configure(
    ROOT_URLCONF="rapidsms.backends.kannel.urls",
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "rapidsms", "rapidsms.backends.kannel",
        "rapidsms.backends.database",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_BACKENDS={},
)  # fmt: skip
django.setup()

from rapidsms.backends.kannel.outgoing import KannelBackend  # noqa: E402

backend = KannelBackend(
    None,
    "kannel",
    sendsms_url=f"{url}/cgi-bin/sendsms",
    sendsms_params={"smsc": "phones", "from": "+38641000000", "username": "shop", "password": secret},
    delivery_report_url=report,
)
backend.send("m1", "Hello from RapidSMS", [to])
backend = KannelBackend(
    None,
    "kannel",
    sendsms_url=f"{url}/cgi-bin/sendsms",
    sendsms_params={"from": "+38641000000", "username": "shop", "password": secret},
    charset="UTF-16BE",
    coding=2,
)
backend.send("m2", "Čaj iz RapidSMS", [to])
