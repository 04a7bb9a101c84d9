"""Read what else a text may be: an inquiry with its topic, spam, a chat, a wrong number; the first that fits."""

from __future__ import annotations

from smsgw.inbound.reading.orders import asks_about
from smsgw.inbound.reading.scan import Scan
from smsgw.inbound.reading.verdict import Verdict

_SPAM_ENOUGH = 3
_SMALL_TALK = (
    "noise", "courtesy", "thanks", "greeting", "yes", "no", "chat", "filler", "decline", "coming", "story", "only",
)  # fmt: skip


def read_spam(scan: Scan) -> Verdict | None:
    """An advertisement or a fraud: words of it, with links, sums and numbers to call."""
    words = len(scan.places("spam"))
    types = scan.types()
    score = words + 2 * ("link" in types) + 2 * ("dialled" in types)
    score += ("phone" in types) + ("price" in types or "order" in types or "percent" in types)
    if words and score >= _SPAM_ENOUGH and not (scan.found and scan.has("order")):
        return Verdict("other", "spam")
    linked = any(piece.type == "link" and "@" not in piece.text for piece in scan.pieces)
    if linked and scan.has("payment", "account") and not scan.found:
        return Verdict("other", "spam")
    return None


def read_trouble(scan: Scan) -> Verdict | None:
    """What must never be an order: a complaint, a cancellation, a return, a wish not to be sent something."""
    if scan.has("wrong") and not scan.sure:
        return Verdict("other", "wrong")
    if scan.has("account") and not scan.sure and not scan.has("complaint", "returns", "paid"):
        return Verdict("inquiry", "account")
    if scan.has("returns") and not scan.has("optout"):
        return Verdict("inquiry", "returns")
    if scan.has("dont_send") and not scan.has("complaint") and not scan.opens_with_order("dont_send"):
        return Verdict("inquiry", "cancel")
    conditional = scan.has("if") and scan.opens_with_order("complaint")
    if (scan.has("complaint") and not conditional) or _tells(scan) or _denies_praise(scan):
        return Verdict("inquiry", "complaint")
    if scan.has("cancel"):
        return Verdict("inquiry", "cancel")
    waiting = scan.has("status") and not (scan.amounts and scan.has("order", "yes"))
    if _begins_with_stop(scan):
        return Verdict("inquiry", "complaint")
    if scan.has("ordered") or (waiting and not scan.opens_with_order("status")):
        return Verdict("inquiry", "status")
    if _chats(scan) and not scan.has("order", "request", "modal", "yes", "ask", "question", "also"):
        return Verdict("other", "chat")
    return None


def _chats(scan: Scan) -> bool:
    """Whether more than politeness is said: "3 basil, thanks and have a nice day" is none."""
    ordered = bool(scan.amounts and scan.found)
    polite = {"courtesy", "greeting", "thanks", "filler", "noise", "story"}
    return any(not ordered or scan.pieces[place].sorts.isdisjoint(polite) for place in scan.places("chat"))


def _tells(scan: Scan) -> bool:
    """Whether it is told what came or was paid: "got 3 instead of 5", "the bouquet was smaller than in the picture"."""
    if scan.has("request", "also", "chat"):
        return False
    was = scan.has("got") and bool(scan.found) and not scan.has("order", "modal", "courtesy") and not scan.asks
    return was or (scan.has("paid", "got") and bool(scan.amounts))


def _denies_praise(scan: Scan) -> bool:
    """Whether a negation stands right before a word of praise: "not happy"."""
    denials = set(scan.places("not"))
    return any(place - 1 in denials for place in scan.places("chat")) and not scan.amounts


def _begins_with_stop(scan: Scan) -> bool:
    """Whether "stop" stands at the head of a sentence about something that is no message of ours."""
    first = scan.pieces[0] if scan.pieces else None
    if first is None or not {"optout_word", "stop"} <= first.sorts or scan.has("shipping", "cancel", "order_noun"):
        return False
    return len(scan.words) > 2 and bool(scan.unknown or scan.found)


def read_inquiry(scan: Scan) -> Verdict | None:
    """A question or a request about anything but products to order."""
    topic = _topic(scan)
    return Verdict("inquiry", topic) if topic else None


def _topic(scan: Scan) -> str | None:
    if scan.has("account") and not scan.has("where", "paid"):
        return "account"
    if scan.has("status") or ("order" in scan.types() and scan.has("order_noun") and scan.asks):
        return "status"
    if scan.has("order_noun") and (scan.has("where") or (scan.asks and scan.has("arrive") and not scan.sure)):
        return "status"
    if scan.has("hours") and not scan.sure:
        return "hours"
    if scan.has("already") and (scan.asks or scan.has("question")) and not scan.has("ask"):
        return "status"
    if scan.has("when") and scan.has("arrive") and (scan.has("order_noun") or not scan.has("shipping")):
        return "status"
    if scan.has("payment", "paid"):
        return "payment"
    if scan.has("shipping") and not scan.sure:
        return "delivery"
    if not scan.found and _is_about_a_delivery(scan):
        return "delivery"
    if scan.found and (scan.has("ask", "question") or scan.asks):
        return "product"
    if scan.has("when") and scan.has("arrive"):
        return "status"
    if scan.has("help"):
        return "help"
    if scan.has("help_word") and len(scan.words) <= 3:
        return "help"
    if scan.has("ask"):
        return "product"
    return None


def _is_about_a_delivery(scan: Scan) -> bool:
    """Whether a delivery is to come at another moment, or asked for at one: "stop tomorrow's delivery"."""
    if scan.has("deliver") and scan.has("stop", "modal", "request") and scan.has("day", "at", "hour"):
        return True
    moment = scan.has("day") or bool(scan.types() & {"date", "time"})
    return moment and scan.has("modal", "request") and scan.has("order", "arrive", "deliver")


def read_rest(scan: Scan) -> Verdict:
    """A chat, or what nobody understands."""
    if scan.has("spam") and "link" in scan.types():
        return Verdict("other", "spam")
    if scan.amounts and not scan.words:
        return Verdict("other", "unclear")
    if scan.has("chat", "thanks", "greeting") and not scan.amounts:
        return Verdict("other", "chat")
    if not scan.outside(*_SMALL_TALK) and scan.words and not scan.amounts:
        return Verdict("other", "unclear")
    if scan.sure and scan.words and not scan.amounts and not scan.asks:
        return Verdict("inquiry", "complaint").because("nothing was understood")
    if asks_about(scan) and scan.asks and len(scan.words) > 1:
        return Verdict("inquiry", "product").because("nothing was understood")
    return Verdict("other", "unclear").because("nothing was understood")
