"""The data model: columns and constraints, one file per noun group; no behaviour.

`metadata` holds every table. Two column types are ours: `Moment` (a point in time, UTC) and `Json`.
"""

from __future__ import annotations

from .access import account, api_key, idempotency, session
from .audit import audit
from .campaigns import campaign, target, template, unreachable
from .clients import smpp_client, submitted_part
from .closings import closing, customer_total, day_total
from .consent import (
    category,
    consent,
    consent_answer,
    consent_word,
    consent_wording,
    frequency_cap,
    gate_change,
    open_hours,
    opt_in,
    own_key,
    refusal,
    suppression,
    suspected_stop,
)
from .conversations import conversation
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
from .mail import mail, mail_answer, mail_key, mail_thread
from .media import (
    capability,
    capability_sign,
    inbound_content,
    inbound_medium,
    medium,
    message_content,
    message_medium,
    rendition,
)
from .message_pages import message_page, page_visit
from .mms_notices import mms_notice, wap_push
from .money import cost_entry, exchange, numbering, rate
from .nodes import lease, node, schema_rule
from .orders import alias, catalogue_change, expectation, order, order_line, order_revision, product
from .outbound import earlier_try, message, message_trace, part, receipt
from .plans import alert, budget, budget_use, clearance, plan, plan_person, plan_use, reservation
from .questions import question
from .record import follower, history, link
from .remote import remote_command
from .short_links import short_link, short_link_click
from .surveys import participant, survey, survey_answer, survey_question
from .talks import talk
from .telephony import balance, call
from .types import metadata
from .webhooks import delivery, signing, webhook

__all__ = [
    "access_log",
    "account",
    "address",
    "alert",
    "alias",
    "answer_template",
    "answer_topic",
    "api_key",
    "audit",
    "auto_answer",
    "balance",
    "budget",
    "budget_use",
    "call",
    "campaign",
    "capability",
    "capability_sign",
    "catalogue_change",
    "category",
    "clearance",
    "closing",
    "consent",
    "consent_answer",
    "consent_word",
    "consent_wording",
    "conversation",
    "correction",
    "cost_entry",
    "customer",
    "customer_field",
    "customer_group",
    "customer_import",
    "customer_merge",
    "customer_note",
    "customer_tag",
    "customer_total",
    "day_total",
    "delivery",
    "earlier_try",
    "exchange",
    "expectation",
    "follower",
    "frequency_cap",
    "gate_change",
    "group_member",
    "history",
    "idempotency",
    "import_line",
    "inbound",
    "inbound_content",
    "inbound_medium",
    "inbound_part",
    "inquiry",
    "inquiry_text",
    "lease",
    "link",
    "mail",
    "mail_answer",
    "mail_key",
    "mail_thread",
    "medium",
    "message",
    "message_content",
    "message_medium",
    "message_page",
    "message_trace",
    "metadata",
    "mms_notice",
    "node",
    "numbering",
    "open_hours",
    "opt_in",
    "order",
    "order_line",
    "order_revision",
    "own_key",
    "page_visit",
    "part",
    "participant",
    "plan",
    "plan_person",
    "plan_use",
    "product",
    "question",
    "rate",
    "receipt",
    "refusal",
    "remote_command",
    "rendition",
    "reservation",
    "schema_rule",
    "segment",
    "session",
    "short_link",
    "short_link_click",
    "signing",
    "smpp_client",
    "submitted_part",
    "suppression",
    "survey",
    "survey_answer",
    "survey_question",
    "suspected_stop",
    "talk",
    "target",
    "template",
    "unreachable",
    "wap_push",
    "webhook",
]
