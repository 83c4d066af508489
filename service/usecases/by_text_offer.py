"""What an ad's words say, as an answer by text: how many signs, and what to ask back."""

from __future__ import annotations

from service.core import wording_keywords
from service.core.wording_keywords import Sign
from service.texts import known_language, translator


def offer_answer(ad: str, language: str, *, in_distress: bool = False) -> str:
    """The answer to an ad; to none, how to send one. It is read here and nowhere else."""
    _ = translator(language)
    if not ad:
        return wording_keywords.which_offer(_)
    # Its rules are read once an offer is asked about: most processes never see one.
    from service.core.offer import check

    found = check(ad)
    question = found.findings[0].ask[known_language(language)] if found.findings else ""
    return wording_keywords.offer(Sign(found.level.value), question, _, in_distress=in_distress)
