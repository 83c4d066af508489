"""Every text that the service sends. Pure: the caller gives the translation and formats the times.

`_` translates an English sentence with `{named}` places, `count` says how many SMS segments a text costs.
"""

from service.core.carriage import ANYTHING, Carriage, carried
from service.core.wording_alert import AlertFacts, Companion, alert, alert_letter, subject
from service.core.wording_letter import (
    as_text,
    invitation_letter,
    invitation_subject,
    letter,
    news_subject,
    operator_subject,
    reminder_letter,
)
from service.core.wording_notices import (
    THE_OPERATOR,
    ContactNotice,
    PageReason,
    TravelerNotice,
    all_clear,
    invitation,
    notice,
    operator,
    to_traveler,
)
from service.core.wording_replies import UNASKED, Reply, Wording, is_constant, reminder, reminder_subject, reply
from service.core.wording_text import Count, Translate
from service.core.wording_voice import alert_aloud, for_the_ear, invitation_aloud

__all__ = [
    "ANYTHING",
    "THE_OPERATOR",
    "UNASKED",
    "AlertFacts",
    "Carriage",
    "Companion",
    "ContactNotice",
    "Count",
    "PageReason",
    "Reply",
    "Translate",
    "TravelerNotice",
    "Wording",
    "alert",
    "alert_aloud",
    "alert_letter",
    "all_clear",
    "as_text",
    "carried",
    "for_the_ear",
    "invitation",
    "invitation_aloud",
    "invitation_letter",
    "invitation_subject",
    "is_constant",
    "letter",
    "news_subject",
    "notice",
    "operator",
    "operator_subject",
    "reminder",
    "reminder_letter",
    "reminder_subject",
    "reply",
    "subject",
    "to_traveler",
]
