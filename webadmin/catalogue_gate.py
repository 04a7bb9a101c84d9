"""The catalogue's entries for what the gate refuses, besides those that have always been there."""

from __future__ import annotations

from .catalogue_entry import Entry

GATE: tuple[Entry, ...] = (
    Entry(
        "already_decided",
        409,
        "Somebody decided this before",
        "A person said already whether this text was a STOP.",
        "Nothing; record a consent or a withdrawal if they were wrong.",
    ),
    Entry(
        "budget_exceeded",
        402,
        "No money is left for this",
        "A budget that the message falls under has less left than it costs, and refuses what is too much.",
        "Raise the budget that `detail` names, or wait for its next day or month.",
    ),
    Entry(
        "category_missing",
        422,
        "Marketing needs a category",
        "Marketing goes only to those who agreed to its category, and none was named.",
        "Name a `category`; /consent/categories lists them.",
    ),
    Entry(
        "category_unknown",
        422,
        "There is no such category",
        "No category in use has this code.",
        "Take one that /consent/categories lists, or add it there.",
    ),
    Entry(
        "channel_not_wanted",
        422,
        "The recipient wants another channel",
        "This customer asked to be reached by mail or telephone.",
        "Use that way, or change what the customer wishes.",
    ),
    Entry(
        "consent_missing",
        422,
        "The recipient never agreed to this",
        "Nobody wrote down that this number wants marketing of this category.",
        "Ask, and record the answer; a purchase is no consent.",
    ),
    Entry(
        "country_not_allowed",
        422,
        "No texts go to this country",
        "`countries` in [gate] does not name the country of the number.",
        "Add the country, if texts shall go there.",
    ),
    Entry(
        "frequency_capped",
        409,
        "The recipient had enough for now",
        "A cap of how many offers a person gets would be exceeded, beyond the validity of the message.",
        "Send it later, or give it a longer validity.",
        retry=True,
    ),
    Entry(
        "quiet_hours",
        409,
        "It is a quiet hour there",
        "Marketing would arrive at night or on a holiday, and the next open hour comes after its validity.",
        "Give it a longer validity, or send it in the day.",
        retry=True,
    ),
    Entry(
        "sender_not_allowed",
        422,
        "This sender is not let in there",
        "The country of the number does not take such a sender.",
        "Use a sender that `detail` names.",
    ),
    Entry(
        "suppressed",
        422,
        "The number is on the suppression list",
        "Nothing goes to this number, whoever asks.",
        "Take it off the list, if that is right.",
    ),
    Entry(
        "text_too_long",
        422,
        "The text is too long for marketing",
        "It takes more parts than `marketing_parts` in [gate] allows.",
        "Shorten it.",
    ),
    Entry(
        "way_out_missing",
        422,
        "The text does not say how to end it",
        "Marketing must carry a stop word that its sender can hear, or a link.",
        "Add a line such as “STOP to end”.",
    ),
)
