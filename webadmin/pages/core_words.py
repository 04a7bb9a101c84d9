"""What the core and the drivers say, in the language of the page: reasons, deeds, mistakes of forms, titles of errors.

They write English, into the store too: a reason is one sentence for pages, the API, the command line and logs. So it is
translated at the edge, by its shape (see `retold`): each sentence below, and in core_words_*.py, is one of theirs with
names for what varies; what counts something is `counted`. `tests/webadmin/pages/test_core_words.py` sees that each is
still said, `tests/house/test_core_words.py` that all that a page may show are here.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from .core_words_campaigns import CAMPAIGNS
from .core_words_carriers import CARRIERS
from .core_words_customers import CUSTOMERS
from .core_words_desk import DESK
from .core_words_errors import TITLES, TODOS
from .core_words_gate import GATE
from .core_words_inbox import INBOX
from .core_words_media import MEDIA
from .core_words_modem import MODEM
from .core_words_money import MONEY
from .core_words_orders import ORDERS
from .core_words_people import PEOPLE
from .core_words_rest import REST
from .core_words_routes import ROUTED
from .core_words_smpp import SMPP

REASONS = (
    _l("the network took it"),
    _l("the network took all %(parts)s parts"),
    _l("the phone has it"),
    _l("the phone has all %(parts)s parts"),
    _l("%(link)s sends it"),
    _l("planned for %(at)s UTC"),
    _l("its time has come: %(why)s"),
    _l("its time has come"),
    _l("its validity was over before it was sent"),
    _l("cancelled by %(who)s"),
    _l("no receipt came within %(span)s: nobody knows whether it arrived"),
    _l("the store did not answer in time"),
    _l("the gateway stopped before the network's answer came"),
    _l("given up after %(tries)s tries; the last one: %(why)s"),
    _l("its campaign is paused"),
    _l("its campaign was stopped: %(why)s"),
    _l("answered by %(who)s"),
    _l("marked as handled by %(who)s"),
    _l("The simulated network is connected."),
    _l("The simulated network is not connected."),
    _l("The connection to the simulated network is cut: turn the knob 'disconnected' off."),
    _l("The network refuses this part: its knob rejection says so."),
    _l("The link is not running."),
    _l("not started yet"),
    _l("as many as it takes"),
    _l("the configured rate"),
)
ROUTES = (  # which the core puts together of several pieces
    _l("%(link)s serves every number and is up"),
    _l("%(link)s serves numbers with %(prefix)s and is up"),
    _l("%(link)s is where they wrote last, so this goes the same way; %(other)s is up"),
    _l("%(link)s is where they wrote what this answers, so this goes the same way; %(other)s is up"),
)
REFUSALS = (
    _l("the text is empty: say what to send"),
    _l("the %(what)s needs %(parts)s parts, %(most)s are allowed: shorten it or raise max_parts"),
    _l("no link serves %(number)s: add one to the configuration, or widen the prefixes of one"),
    _l("%(says)s; only an answer to a text of theirs from the last 24 hours may go"),
    _l("%(number)s is on the suppression list (%(why)s): take it off first, if that is right"),
    _l("marketing needs a category that its recipients agreed to; %(there)s"),
    _l('marketing must say how it can be ended, such as "STOP to end", or carry a link'),
    _l("%(number)s already got %(many)s %(what)s in %(span)s, and the cap is %(most)s"),
    _l("it is a quiet hour or a holiday for %(number)s (%(where)s; open: %(open)s)"),
    _l("%(words)s: it waits until %(until)s UTC"),
    _l("only a message that is accepted, held or queued can be taken back"),
    _l("this code is wrong, or was used already"),
    _l("this code is wrong: take the newest, and see that the telephone's clock is right"),
    _l("wait for the next one, or use a recovery code"),
    _l("this passkey is not one of yours"),
    _l("this name and password do not fit"),
    _l("this link was used already, or is too old"),
    _l("ask whoever sent it for a new one"),
    _l("the session is over: log in again"),
    _l("load the page again"),
    _l("an account needs a name"),
    _l("a name has 60 letters at most, in one line"),
    _l("a password needs %(many)s characters or more"),
    _l("a password is not the name, nor the same few letters again and again"),
    _l("this is the last owner: without one nobody could manage people any more"),
    _l("make somebody else an owner first"),
    _l("give the key a name, so that you know it later"),
    _l("say what the key may do: %(scopes)s"),
)
DEEDS = (
    _l("logged in"),
    _l("logged out"),
    _l("a link was made that logs in one time"),
    _l("an account was made for %(name)s (%(role)s)"),
    _l("%(name)s has a new password, and every session of theirs is over"),
    _l("%(name)s has the role %(role)s now, and had %(before)s before"),
    _l("%(name)s cannot log in any more, and every session of theirs is over"),
    _l("%(name)s can log in again"),
    _l("%(name)s was invited (%(role)s)"),
    _l("%(name)s followed their link and chose a password"),
    _l("%(name)s made the first account, with the link from the log (%(role)s)"),
    _l("a link was made with which %(name)s chooses a new password"),
    _l("%(name)s has a second factor now"),
    _l("the second factor was taken away by its owner"),
    _l("the second factor of %(name)s was taken away, and every session of theirs is over"),
    _l("%(name)s used a recovery code; %(left)s are left"),
    _l("new recovery codes were made, and the old ones are void"),
    _l("%(name)s has a passkey more: %(key)s"),
    _l("a passkey was taken away by its owner"),
    _l("a name and a password were given that do not fit"),
    _l("a wrong code was given after a right password"),
    _l("%(many)s session(s) were ended"),
    _l("the key %(name)s was made; it may %(scopes)s"),
    _l("the key %(name)s was revoked"),
    _l("the console of the link %(link)s was opened for %(minutes)s minutes"),
    _l("the console of the link %(link)s was closed"),
    _l("a customer was added"),
    _l("a customer was changed: %(what)s"),
    _l("a customer was forgotten"),
    _l("a copy of all that is kept of a customer was taken"),
    _l("the settings were taken away as a file, without secrets"),
    _l("consent to %(what)s was %(given)s (%(source)s), of %(whose)s"),
)
SCOPES = (
    _l("send messages and cancel them"),
    _l("see messages, their events, and what came in"),
    _l("see the links and how they are"),
    _l("stop, start and try links"),
    _l("look for a while at what goes over the wire of a link, without texts and whole numbers"),
    _l("all about links"),
    _l("talk to operators by USSD codes, which can cost money, and ask for balances"),
    _l("see templates, campaigns, their targets and reports"),
    _l("write templates and campaigns, estimate and test them, start, pause and stop them"),
    _l("approve campaigns"),
    _l("all of that"),
    _l("see consents, suppressions and the rules of the gate"),
    _l("record consents and withdrawals, categories, keywords, suppressions, caps and open hours"),
    _l("set up webhooks, see their log and replay it"),
    _l("see orders and the catalogue"),
    _l("decide about orders, and change the catalogue"),
    _l("see inquiries, automatic answers and corrections, and read again what came in"),
    _l("assign, answer and close inquiries, and propose corrections"),
    _l("write and switch automatic answers, and approve corrections"),
    _l("see surveys and what they brought"),
    _l("draft, start and end surveys"),
    _l("see customers, their timelines, groups, segments and imports"),
    _l("change these, merge, and import"),
    _l("take data of people away, have people forgotten, and hold that"),
    _l("see rates, plans, budgets, alerts, estimates and cost reports"),
    _l("change rates, plans and budgets, and let pass what the brake holds"),
    _l("see conversations, and what was said in them"),
    _l("assign, put off and close conversations, and write notes and tags"),
    _l("see who did what"),
    _l("use the phones of simulated links"),
    _l("everything"),
    _l("both"),
)
EVERY = (
    *REASONS, *REFUSALS, *DEEDS, *SCOPES, *GATE, *CAMPAIGNS, *MONEY, *TITLES, *TODOS, *ROUTED, *MODEM, *SMPP, *CARRIERS,
    *INBOX, *ORDERS, *CUSTOMERS, *PEOPLE, *MEDIA, *REST, *DESK,
)  # fmt: skip
WHOLE = tuple(one if isinstance(one, str) else str(one._args[0]) for one in EVERY)
KNOWN = (*WHOLE, *(one if isinstance(one, str) else str(one._args[0]) for one in ROUTES))
