"""What an offer tells of itself: the facts that an honest one has no reason to leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from service.core.offer_words import Hit

FACTS = ("employer", "place", "duties", "pay", "hours", "contract", "skills")
"""In the order in which they are asked for."""

_NAMED = re.compile(
    r"[«“\"„][^»”\"“\n]{2,60}[»”\"“]"
    r"|\b(?:LLC|L\.L\.C|Ltd|Inc|GmbH|AG|S\.A|B\.V|Sp\. ?z|s\.r\.o|plc|PLC|Co\.|Corp|LLP|JSC)\b"
    r"|\b(?:Hotel|Resort|Farm|Hospital|Clinic|School|University)\b"
    r"|(?:ферма|отел[ье]|завод|клиник[аеу]|фабрик[аеу]|школ[аеу]|қонақүйі?|фермасы|зауыты)\s[«\"A-ZА-ЯӘҒҚҢӨҰҮІ][\w-]+"
    r"|\b[A-Z][\w-]+ (?:Airways|Airlines|Bank|Group|Logistics|Cruises)\b"
    r"|(?<!\w)(?:ТОО|ООО|ОАО|ЗАО|АО|ИП|ПАО|ЖШС|АҚ|ЖК|КГП|ГКП|РГП|КМК|МКК|ОсОО|НАО)(?!\w)"
)
_ADDRESS_ONLINE = re.compile(
    r"[\w.+-]{1,60}@[\w-]{1,60}\.[a-z]{2,6}|(?:https?://|www\.)[^\s]{4,80}|(?<![\w@.])[a-z0-9-]{3,40}\.(?:kz|ru|com|de|pl|eu|org|gov|uk|co\.uk|net|edu)(?![\w])",
    re.IGNORECASE,
)
_CHAT = re.compile(r"t\.me|wa\.me|telegram|instagram|bit\.ly|forms\.gle|gmail|mail\.ru|yandex", re.IGNORECASE)
_TIMES = re.compile(
    r"(?<!\d)(?:\d{1,2}[:.]\d{2}\s?(?:-|–|до|to|дейін)|[2-7]\s?/\s?[0-3](?!\d)|\d\d\s?/\s?\d\d(?!\d)"
    r"|\d{1,2}\s(?:до|to)\s\d{1,2}(?!\d)|\d{1,2}-?(?:дан|ден|тан|тен)\s\d{1,2}-?(?:ге|ға|ке|қа)"
    r"|\d{1,2}[- ]?(?:hours?|h\b|hrs|час|ч\b|сағат|сагат))",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d{3}|\d[кk]|\d (?:тыс|мың)", re.IGNORECASE)
_SUM_WITHOUT_MONEY = re.compile(
    r"\d{2,3}[ .\u00a0]000(?!\d)|\d[кk](?!\w)|\d\s?(?:тыс|мың|млн)"
    r"|\d{3,}\s(?:в день|за смену|смена|per shift|a day|күніне)"
    r"|(?:сдельн|оклад|piece ?work|\+ ?(?:%|процент|пайыз|percent))",
    re.IGNORECASE,
)
"""How pay is told to neighbours, who know the money."""


def told_facts(
    text: str, hits: Mapping[str, Sequence[Hit]], *, has_pay: bool, is_abroad: bool = True
) -> frozenset[str]:
    """Which of `FACTS` an offer tells. That they are true is not known.

    Near home the name of an ordinary trade tells what is to be done; far away only that of a skilled one does.
    """

    def said(*concepts: str) -> bool:
        return any(not hit.denied for concept in concepts for hit in hits.get(concept, ()))

    online = [match for match in _ADDRESS_ONLINE.finditer(text) if not _CHAT.search(match.group())]
    told = {
        "employer": bool(_NAMED.search(text)) or bool(online) or said("named_company"),
        "place": said("street", "named_city"),
        "duties": len(hits.get("duty", ())) >= 2 or said("skilled_work") or (not is_abroad and said("duty", "trade")),
        "pay": has_pay
        or (said("wages") and _FIGURE.search(text) is not None)
        or (not is_abroad and _SUM_WITHOUT_MONEY.search(text) is not None),
        "hours": _TIMES.search(text) is not None or said("schedule"),
        "contract": said("contract"),
        "skills": said("skills", "certificate") or (said("experience") and not _denied_only(hits, "experience")),
    }
    return frozenset(name for name, is_told in told.items() if is_told)


def _denied_only(hits: Mapping[str, Sequence[Hit]], concept: str) -> bool:
    return all(hit.denied for hit in hits.get(concept, ()))
