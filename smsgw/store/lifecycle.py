"""Every state and every allowed move of every record, as tables: the docs draw from here, `history` obeys it.

A move says: on this event, from one of these states, to that state. A state with no move out of it is final.
"""

from __future__ import annotations

from .life import Life as Life
from .life import Move as Move
from .life import move as _move

MESSAGE = Life(
    "message",
    "accept",
    {
        "accepted": "stored; the caller has an id",
        "held": "may go, but not now (hours, date, budget, approval)",
        "queued": "has a link and a due time",
        "sending": "one worker has it, since claimed_at",
        "unsure": "written, never answered: it may have gone out",
        "sent": "the network took every part",
        "delivered": "the phone has every part",
        "undelivered": "the network says that a part did not arrive",
        "failed": "the network refused it, or we gave up trying",
        "refused": "we said no: opted out, duplicate, no route",
        "expired": "its time was over before it arrived",
        "cancelled": "somebody took it back in time",
    },
    (
        _move("admit", "accepted", "queued"),
        _move("hold", "accepted queued", "held"),
        _move("release", "held", "accepted"),
        _move("claim", "queued", "sending"),
        _move("hand_over", "sending unsure", "sent"),
        _move("put_back", "sending unsure", "queued"),
        _move("lose", "sending", "unsure"),
        _move("give_up", "sending unsure", "failed"),
        _move("deliver", "sent unsure queued", "delivered"),
        _move("bounce", "sent", "undelivered"),
        _move("reroute", "sending unsure sent queued", "queued"),
        _move("refuse", "accepted held queued", "refused"),
        _move("expire", "accepted held queued sent", "expired"),
        _move("cancel", "accepted held queued", "cancelled"),
        _move("recall", "sent", "cancelled"),
    ),
)

WAITING = tuple(sorted(MESSAGE.by_event["cancel"][0].was))
"""The states in which a message is still ours alone: it waits, and can be taken back."""

INBOUND = Life(
    "inbound",
    "receive",
    {
        "received": "on disk, acknowledged to the network, nobody has acted on it yet",
        "waiting": "a person must look at it",
        "handled": "acted on, by a person or by a rule",
        "ignored": "nothing to act on",
    },
    (
        _move("wait", "received", "waiting"),
        _move("handle", "received waiting", "handled"),
        _move("ignore", "received waiting", "ignored"),
        _move("reopen", "handled ignored", "waiting"),
    ),
)

CALL = Life(
    "call",
    "ring",
    {
        "rang": "on disk; whether a text answers it is decided in a moment",
        "answered": "an automatic text went to the caller",
        "noted": "nothing is sent by itself: its reason says why",
    },
    (
        _move("answer", "rang", "answered"),
        _move("note", "rang", "noted"),
    ),
)

TALK = Life(
    "talk",
    "ring",
    {
        "ringing": "rings now, and nobody has taken it",
        "open": "somebody of ours speaks, or has yet to write what came of it",
        "done": "over, with what came of it",
        "missed": "nobody took it",
    },
    (
        _move("take", "ringing", "open"),
        _move("end", "open", "done"),
        _move("miss", "ringing", "missed"),
    ),
)

WEBHOOK = Life(
    "webhook",
    "create",
    {
        "active": "is told what happens",
        "disabled": "is told nothing: somebody switched it off, or it did not answer for days",
    },
    (
        _move("disable", "active", "disabled"),
        _move("enable", "disabled", "active"),
    ),
)

# A delivery tells a line of history, and keeps its own log: lines about it would be told again.
DELIVERY = Life(
    "delivery",
    "plan",
    {
        "pending": "waits for its first or its next try",
        "delivered": "the receiver took it",
        "dead": "given up after many tries; it can be replayed",
    },
    (
        _move("put_off", "pending", "pending"),
        _move("deliver", "pending", "delivered"),
        _move("give_up", "pending", "dead"),
        _move("replay", "pending delivered dead", "pending"),
    ),
    told=False,
)

ORDER = Life(
    "order",
    "take",
    {
        "asked": "the customer was told what it is and what it costs, and is asked for a yes",
        "needs_review": "a person must look before anything goes on",
        "confirmed": "the customer, or a person on her behalf, said yes",
        "fulfilled": "delivered or handed over",
        "cancelled": "somebody said no",
        "lapsed": "nobody said yes in time: nothing is ordered",
    },
    (
        _move("doubt", "asked confirmed lapsed", "needs_review"),
        _move("revise", "asked needs_review lapsed", "asked"),
        _move("confirm", "asked needs_review", "confirmed"),
        _move("fulfil", "confirmed", "fulfilled"),
        _move("take_back", "fulfilled", "confirmed"),
        _move("cancel", "asked needs_review confirmed", "cancelled"),
        _move("lapse", "asked", "lapsed"),
    ),
)

# The log of a letter is its row: what history says of it would be told to those who wait for letters.
MAIL = Life(
    "mail",
    "write",
    {
        "pending": "waits for its first or its next try",
        "sent": "a mail server took it",
        "dead": "given up after many tries, or it came back; it can be sent again",
    },
    (
        _move("put_off", "pending", "pending"),
        _move("send", "pending", "sent"),
        _move("give_up", "pending", "dead"),
        _move("bounce", "sent", "dead"),
        _move("again", "sent dead", "pending"),
    ),
    told=False,
)

CUSTOMER_IMPORT = Life(
    "customer_import",
    "upload",
    {
        "reading": "the sheet is compared with what we know; no customer is written",
        "ready": "compared: a person looks at the differences",
        "applying": "customers are being written",
        "applied": "every good line is written; it can be undone for a day",
        "undoing": "what it wrote is being taken back",
        "undone": "taken back, but for what somebody changed since",
        "discarded": "nobody wanted it; nothing was written",
        "failed": "the sheet cannot be read",
    },
    (
        _move("compare", "reading", "ready"),
        _move("fail", "reading", "failed"),
        _move("apply", "ready", "applying"),
        _move("finish", "applying", "applied"),
        _move("undo", "applied", "undoing"),
        _move("take_back", "undoing", "undone"),
        _move("discard", "reading ready", "discarded"),
    ),
)

INQUIRY = Life(
    "inquiry",
    "open",
    {
        "open": "somebody must answer it, until due_at",
        "answered": "we said something; the customer's next text opens it again",
        "closed": "done, with a reason; what they write next is another inquiry",
    },
    (
        _move("answer", "open answered", "answered"),
        _move("reopen", "answered closed", "open"),
        _move("close", "open answered", "closed"),
    ),
)

ANSWER_TOPIC = Life(
    "answer_topic",
    "enter",
    {
        "shadow": "answers are proposed to people, and measured",
        "live": "answers go out by themselves",
        "off": "nothing is proposed",
    },
    (
        _move("go_live", "shadow", "live"),
        _move("watch", "live off", "shadow"),
        _move("switch_off", "shadow live", "off"),
    ),
)

AUTO_ANSWER = Life(
    "auto_answer",
    "propose",
    {
        "proposed": "a person sees it",
        "sent": "it went to the customer, who is asked whether that was it",
        "accepted": "a person sent it as it was, or the customer said yes",
        "rejected": "a person answered otherwise, or the customer wanted a person",
    },
    (
        _move("send", "proposed", "sent"),
        _move("accept", "proposed sent", "accepted"),
        _move("reject", "proposed sent", "rejected"),
    ),
)

SURVEY = Life(
    "survey",
    "draft",
    {
        "draft": "can be changed; nobody was asked",
        "running": "its people are asked, and answer",
        "closed": "over: its deadline came, or a person ended it",
    },
    (
        _move("start", "draft", "running"),
        _move("close", "draft running", "closed"),
    ),
)

PARTICIPANT = Life(
    "participant",
    "invite",
    {
        "invited": "will be asked the first question",
        "asked": "a question is open with them",
        "done": "answered the last question",
        "lapsed": "the survey closed before they were done",
        "left": "cannot or does not want to be asked",
    },
    (
        _move("ask", "invited asked done", "asked"),
        _move("finish", "asked", "done"),
        _move("lapse", "invited asked", "lapsed"),
        _move("leave", "invited asked", "left"),
    ),
)

CORRECTION = Life(
    "correction",
    "propose",
    {
        "proposed": "somebody says what a text meant; another look is needed",
        "approved": "an alias of the catalogue, or an example to learn from",
        "rejected": "it is not so",
    },
    (
        _move("approve", "proposed", "approved"),
        _move("reject", "proposed", "rejected"),
    ),
)

CAMPAIGN = Life(
    "campaign",
    "create",
    {
        "draft": "being written",
        "estimated": "what it costs and when it ends is known; a change makes it a draft again",
        "approved": "somebody who may has said yes",
        "scheduled": "begins at its time",
        "running": "its audience is frozen and gets its messages",
        "paused": "nothing more leaves until somebody resumes it",
        "finished": "nothing is left to send",
        "stopped": "ended by somebody: what had not left never will",
    },
    (
        _move("estimate", "draft estimated", "estimated"),
        _move("edit", "draft estimated approved scheduled", "draft"),
        _move("approve", "estimated", "approved"),
        _move("schedule", "approved", "scheduled"),
        _move("reschedule", "scheduled", "scheduled"),
        _move("spawn", "draft", "scheduled"),
        _move("start", "approved scheduled", "running"),
        _move("block", "running", "draft"),
        _move("pause", "running", "paused"),
        _move("resume", "paused", "running"),
        _move("finish", "scheduled running", "finished"),
        _move("stop", "draft estimated approved scheduled running paused", "stopped"),
    ),
)

ALERT = Life(
    "alert",
    "raise",
    {
        "raised": "the owner is to know this, and has not said that they do",
        "seen": "somebody has read it, and it still stands",
        "over": "it is so no more, or somebody dealt with it",
    },
    (
        _move("see", "raised", "seen"),
        _move("end", "raised seen", "over"),
    ),
)

MMS_NOTICE = Life(
    "mms_notice",
    "announce",
    {
        "waiting": "the MMS waits in the network until it is fetched, next at due_at",
        "fetched": "its content is stored; the network must still be told",
        "done": "the network knows that we have it",
        "given_up": "it could not be fetched: a person was told why",
    },
    (
        _move("put_off", "waiting", "waiting"),
        _move("put_off", "fetched", "fetched"),
        _move("fetch", "waiting", "fetched"),
        _move("acknowledge", "fetched", "done"),
        _move("repeat", "done", "fetched"),
        _move("give_up", "waiting", "given_up"),
        _move("again", "given_up", "waiting"),
    ),
)

LIVES = (
    MESSAGE,
    INBOUND,
    CALL,
    TALK,
    WEBHOOK,
    DELIVERY,
    ORDER,
    MAIL,
    INQUIRY,
    ANSWER_TOPIC,
    AUTO_ANSWER,
    SURVEY,
    PARTICIPANT,
    CORRECTION,
    CUSTOMER_IMPORT,
    CAMPAIGN,
    ALERT,
    MMS_NOTICE,
)
