"""Sentences about money: budgets, the brake, plans and bundles, price lists, and why planned and booked differ."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

MONEY = (
    _l("its time is over"),
    _l("seen by %(who)s"),
    _l("there is no alert %(id)s"),
    _l("this alert is %(state)s already"),
    _l("%(who)s says that it is done"),
    _l("in a country (%(country)s) that this client never wrote to"),
    _l("numbers with %(prefix)s are %(what)s: held until somebody lets them go"),
    _l("%(client)s: numbers with %(prefix)s are %(what)s: held until somebody lets them go; %(words)s"),
    _l("premium numbers"),
    _l("satellite and world-wide numbers"),
    _l(
        "this client sent %(count)s messages in ten minutes, where %(usual)s are usual and %(most)s are the"
        " most: held until somebody looks"
    ),
    _l(
        "%(client)s sent %(count)s messages in ten minutes, where %(usual)s are usual and %(most)s are the "
        "most: held; %(words)s"
    ),
    _l("if it is meant: smsgw budget clear %(client)s; if the key was stolen: smsgw key revoke %(other)s"),
    _l("what the brake holds may pass: %(who)s %(prefix)s"),
    _l("%(who)s lets them pass"),
    _l(
        "no rate of exchange says what %(currency)s is in %(other)s, the currency of %(name)s: say one, or "
        "give the budget that currency"
    ),
    _l("%(name)s: %(gone)s of %(most)s %(currency)s (%(period)s) are spent or kept for what waits"),
    _l("%(name)s: %(gone)s of %(most)s %(currency)s (%(period)s): the ceiling is reached, what comes now waits"),
    _l("%(name)s: %(gone)s of %(most)s %(currency)s (%(period)s): the ceiling is reached, what comes now is refused"),
    _l("a budget was ended"),
    _l("must be one to 60 letters, such as November"),
    _l("subject names the key, campaign, customer or link; a budget of the company has none"),
    _l("the budget %(name)s was changed"),
    _l("the budget %(name)s was set"),
    _l("there is no budget %(id)s"),
    _l("there is no %(what)s %(name)s, so this budget would stop nothing: give its id"),
    _l("%(names)s cannot be changed, for what was spent is counted by it: end this one and set another"),
    _l("%(value)s must be one of %(names)s"),
    _l("%(value)s must be per cent, from 1 to 100"),
    _l("a plan was taken away"),
    _l("there is no plan %(id)s"),
    _l("there is no rate %(id)s"),
    _l("a rate was changed"),
    _l("the plan of %(link)s was changed"),
    _l("%(names)s cannot be changed, for what is used is counted by it: give the link another plan"),
    _l("reset_day of a week is 1 (Monday) to 7"),
    _l("the link %(link)s was given a plan"),
    _l("units or a cap must be given: else it is no plan"),
    _l("%(link)s: %(gone)s of %(had)s parts of %(name)s are used since %(day)s, and the rest lasts until %(last)s"),
    _l("%(link)s: %(gone)s of %(had)s parts of %(name)s are used since %(day)s, and the rest will do"),
    _l(
        "%(link)s: %(gone)s of %(had)s parts of %(name)s are used since %(day)s; it begins anew on "
        "%(last)s, nothing goes over it until then"
    ),
    _l(
        "%(link)s: %(gone)s of %(had)s parts of %(name)s are used since %(day)s; it begins anew on "
        "%(last)s, each part is paid for"
    ),
    _l("%(link)s is no link; there are: %(names)s"),
    _l("%(value)s must be a whole number from %(least)s to %(most)s"),
    _l("into must be another currency"),
    _l("line %(line)s: %(says)s"),
    _l("the first line must name the columns %(names)s; %(missing)s is missing"),
    _l("%(count)s rates of exchange were set"),
    _l("%(value)s has more than nine decimals"),
    _l("%(value)s must be above 0 and below 1,000,000"),
    _l("%(value)s must be what one unit is worth, such as 1.0845"),
    _l("line %(line)s: prefix %(says)s"),
    _l("line %(line)s: %(value)s must be the MCC and MNC of numbers that begin so, such as 29340"),
    _l("the first line must name the columns prefix, network, name"),
    _l("%(count)s beginnings of numbers were told with their networks"),
    _l("%(link)s has sent the %(cap)s parts that %(name)s allows in a day"),
    _l("%(link)s has sent the %(cap)s parts that %(name)s allows in an hour"),
    _l("%(link)s has used up the bundle %(name)s, until %(last)s"),
    _l("the bundle %(name)s of %(link)s is used up"),
    _l("%(link)s may send %(cap)s parts in a day (%(name)s)"),
    _l("%(link)s may send %(cap)s parts in an hour (%(name)s)"),
    _l("%(link)s may write to %(cap)s different numbers in a month (%(name)s)"),
    _l("a price is for a network or for a prefix: leave one of them out"),
    _l("a rate was set"),
    _l("a rate was taken away"),
    _l("must be above 0, such as 0.01"),
    _l("only the price of an MMS depends on its size"),
    _l("the first line must name the columns %(names)s (those behind currency may be left out); %(words)s"),
    _l("the rates of %(link)s for %(prefix)s were taken away"),
    _l("there is no line below the heading"),
    _l("%(names)s is none of them"),
    _l("%(names)s is missing"),
    _l("%(count)s rates were set"),
    _l("%(link)s %(prefix)s has two prices from %(day)s on: keep one"),
    _l("%(value)s must be MCC and MNC such as 29341, or an MCC alone such as 293"),
    _l("%(value)s must be a whole number of kilobytes"),
    _l("%(value)s must be submit or delivery"),
    _l("you send to %(prefix)s over %(link)s and have no price: %(count)s messages"),
    _l("%(link)s: %(prefix)s lies in %(wider)s and costs the same: one of them would do"),
    _l(
        "%(link)s: %(prefix)s lies in %(wider)s: %(inner)s counts with %(amount)s, the others of %(outer)s "
        "cost %(more)s"
    ),
    _l("before, %(sums)s was estimated: other people or texts than at the end"),
    _l("planned %(planned)s, booked %(booked)s for %(count)s messages"),
    _l("%(count)s are charged on delivery, and have not arrived: %(amount)s"),
    _l("%(count)s are not sent yet: %(amount)s"),
    _l("%(count)s did not arrive, and what they cost was given back or is less: %(amount)s"),
    _l("%(count)s never left: refused, cancelled, expired or failed: %(amount)s"),
    _l("%(count)s went over another link than planned, or in other parts: %(amount)s"),
    _l("%(count)s were charged at a price that nobody knew when they were planned, or that changed: %(amount)s"),
    _l("%(count)s were charged more than once, for another link had taken parts of them: %(amount)s"),
    _l("%(count)s were paid for by a bundle, wholly or in part: %(amount)s"),
    _l("no difference"),
    _l("by must be one of %(names)s"),
    _l("since and until must be days such as 2026-11-26"),
    _l("until must not be before since, nor ten years after it"),
    _l("%(amount)s %(currency)s are not in the sums: no rate of exchange is known"),
    _l("%(value)s must be a month such as 2026-11"),
    _l("%(value)s must be an amount such as 0.012"),
    _l("%(value)s must be an amount such as 0.012, and not below 0 or above %(most)s"),
    _l("%(value)s has more than six decimals"),
    _l("%(value)s must be a day (2026-03-01) or a time with its zone (2026-03-01T00:00:00Z)"),
    _l("%(value)s must be how numbers begin, such as +386, or * for every number"),
    _l("%(value)s must be three letters such as EUR (ISO 4217)"),
    _l(
        "the budget %(name)s of %(most)s %(currency)s a day has %(left)s left, and this costs %(amount)s: "
        "raise it, or wait"
    ),
    _l(
        "the budget %(name)s of %(most)s %(currency)s a month has %(left)s left, and this costs %(amount)s:"
        " raise it, or wait"
    ),
    _l("the budget %(name)s of %(most)s %(currency)s has %(left)s left, and this costs %(amount)s: raise it, or wait"),
    _l(
        "the budget of this key %(name)s of %(most)s %(currency)s a day has %(left)s left, and this costs "
        "%(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this key %(name)s of %(most)s %(currency)s a month has %(left)s left, and this costs"
        " %(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this key %(name)s of %(most)s %(currency)s has %(left)s left, and this costs "
        "%(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this campaign %(name)s of %(most)s %(currency)s a day has %(left)s left, and this "
        "costs %(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this campaign %(name)s of %(most)s %(currency)s a month has %(left)s left, and this "
        "costs %(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this campaign %(name)s of %(most)s %(currency)s has %(left)s left, and this costs "
        "%(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this customer %(name)s of %(most)s %(currency)s a day has %(left)s left, and this "
        "costs %(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this customer %(name)s of %(most)s %(currency)s a month has %(left)s left, and this "
        "costs %(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this customer %(name)s of %(most)s %(currency)s has %(left)s left, and this costs "
        "%(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this link %(name)s of %(most)s %(currency)s a day has %(left)s left, and this costs "
        "%(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this link %(name)s of %(most)s %(currency)s a month has %(left)s left, and this "
        "costs %(amount)s: raise it, or wait"
    ),
    _l(
        "the budget of this link %(name)s of %(most)s %(currency)s has %(left)s left, and this costs "
        "%(amount)s: raise it, or wait"
    ),
)
