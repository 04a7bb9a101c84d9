"""The data model: columns and constraints, one file per noun group; no behaviour.

`metadata` holds every table. Two column types are ours: `Moment` (a point in time, UTC) and `Json`.
"""

from __future__ import annotations

from .access import account, api_key, idempotency, session
from .campaigns import campaign, target, template, unreachable
from .clients import smpp_client, submitted_part
from .customers import (
    access_log,
    address,
    customer,
    customer_field,
    customer_group,
    customer_import,
    customer_merge,
    customer_note,
    customer_tag,
    group_member,
    import_line,
    segment,
)
from .inbound import inbound, inbound_part
from .inquiries import answer_template, answer_topic, auto_answer, inquiry, inquiry_text
from .learning import correction
from .mail import mail
from .money import cost_entry, rate
from .orders import alias, catalogue_change, expectation, order, order_line, order_revision, product
from .outbound import earlier_try, message, part, receipt
from .questions import question
from .record import consent, follower, history, link
from .surveys import participant, survey, survey_answer, survey_question
from .telephony import balance, call
from .types import metadata
from .webhooks import delivery, webhook

__all__ = [
    "access_log",
    "account",
    "address",
    "alias",
    "answer_template",
    "answer_topic",
    "api_key",
    "auto_answer",
    "balance",
    "call",
    "campaign",
    "catalogue_change",
    "consent",
    "correction",
    "cost_entry",
    "customer",
    "customer_field",
    "customer_group",
    "customer_import",
    "customer_merge",
    "customer_note",
    "customer_tag",
    "delivery",
    "earlier_try",
    "expectation",
    "follower",
    "group_member",
    "history",
    "idempotency",
    "import_line",
    "inbound",
    "inbound_part",
    "inquiry",
    "inquiry_text",
    "link",
    "mail",
    "message",
    "metadata",
    "order",
    "order_line",
    "order_revision",
    "part",
    "participant",
    "product",
    "question",
    "rate",
    "receipt",
    "segment",
    "session",
    "smpp_client",
    "submitted_part",
    "survey",
    "survey_answer",
    "survey_question",
    "target",
    "template",
    "unreachable",
    "webhook",
]
