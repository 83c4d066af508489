"""Answers to who asks by a text alone: whom to call in a country, what an offer's words say, which words there are.

Nothing that is asked so is a sign of life, and nothing of it is kept, but while her people look for her: the text of
an ad is gone in the transaction that reads it. In a trip where every text of hers gets one answer nobody can ask for
another.
"""

from __future__ import annotations

from service.core import wording_keywords
from service.core.carriage import Carriage, carried
from service.core.keywords import Asked, Keyword, asked
from service.core.plan import leg_at
from service.core.reply import Meaning, Reading
from service.core.wording_text import Count
from service.db.trips import TripState
from service.texts import translator
from service.usecases.by_text_country import country_meant
from service.usecases.by_text_numbers import Asker, numbers_of, with_hers
from service.usecases.by_text_offer import offer_answer
from service.usecases.work import Work


def asked_in(text: str, reading: Reading) -> Asked | None:
    """What a text asks that means nothing else; a code in it is an alarm's."""
    if reading.meaning is not Meaning.AMBIGUOUS or reading.code is not None:
        return None
    return asked(text, country_meant)


def answer_to_traveler(
    work: Work, trip: TripState, what: Asked, carriage: Carriage, *, in_distress: bool = False, is_before: bool = False
) -> str:
    """What the traveler is answered: of the country that she names, else of the one where she is by plan.

    `in_distress`: she asked with a word of distress. `is_before`: her trip is not armed.
    """
    asker = Asker(trip.traveler.language, trip.traveler.citizenship, carriage, is_there=True)
    _ = translator(asker.language)
    if what.keyword is Keyword.OFFER:
        return offer_answer(what.ad, asker.language, in_distress=in_distress)
    if what.keyword is Keyword.MENU:
        return wording_keywords.menu(_, is_before=is_before)
    code = what.country or ("" if what.names else _where(work, trip))
    if not code:
        return wording_keywords.which_country(_)
    today = work.now.date()
    facts = with_hers(numbers_of(code, asker, today), trip, code, asker, today)
    return wording_keywords.numbers(facts, _, _count(work, carriage), in_distress=in_distress)


def answer_to_contact(work: Work, what: Asked, asker: Asker) -> str:
    """What one of her people is answered, who hears of a country that is named, and of nobody's trip."""
    _ = translator(asker.language)
    if not what.country:
        return wording_keywords.which_country(_)
    return wording_keywords.numbers(numbers_of(what.country, asker, work.now.date()), _, _count(work, asker.carriage))


def _where(work: Work, trip: TripState) -> str:
    if trip.plan is not None and trip.plan.legs:
        return leg_at(trip.plan, work.now).country
    return str((trip.details.get("destination") or {}).get("country") or "")


def _count(work: Work, carriage: Carriage) -> Count:
    """Segments of a text as it will leave."""
    service = work.service
    return lambda text: service.segments(service.fold(carried(text, carriage)))
