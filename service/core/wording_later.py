"""What a traveler may leave open before she goes, and the one text that asks for it a day after she arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from service.core.wording_text import N_, Count, Translate

LATER: Mapping[str, str] = MappingProxyType(
    {
        "destination.address": N_("your address there"),
        "employer.name": N_("the employer's name"),
        "employer.phone": N_("the employer's number"),
        "employer.address": N_("the place of work"),
        "agency.name": N_("the agency's name"),
        "agency.phone": N_("the agency's number"),
        "agency.licence": N_("the agency's license"),
        "companions": N_("who travels with you"),
        "visa.number": N_("the visa's number"),
        "insurance.company": N_("the insurer"),
        "insurance.policy": N_("the policy's number"),
        "insurance.phone": N_("the insurer's number"),
        "consulate.name": N_("your consulate"),
        "consulate.phone": N_("the consulate's number"),
        "consulate.address": N_("the consulate's address"),
        "ends_at": N_("the day you come back"),
    }
)
"""The fields, by their paths in the JSON API, that may be told later; each with its name in English."""

BUDGET = 2

PASSPORT = N_("who has your passport now")
"""Asked once she has arrived, whatever else is open."""
_ASKS = {
    False: N_("You wanted to tell us later: {fields}. Please open {link}"),
    True: N_("You wanted to tell us later: {fields}. And who has your passport now? Please open {link}"),
}
_ASKS_WITHOUT_LINK = {
    False: N_("You wanted to tell us later: {fields}. Please open your page."),
    True: N_("You wanted to tell us later: {fields}. And who has your passport now? Please open your page."),
}


def ask_later(
    fields: Sequence[str], _: Translate, *, count: Count, link: str, passport: bool = False, budget: int = BUDGET
) -> str:
    """Asks for what she wanted to tell later, in at most `budget` segments: what does not fit is on the page.

    Args:
        fields: keys of `LATER`.
        link: leads to the page on which she fills them in; "" where none may stand in it.
        passport: also asks who has her passport. With no fields it asks for that alone.
    """
    if not fields:
        return _only_passport(_, link) if passport else ""
    names = [_(LATER[field]) for field in fields]
    sentence = _((_ASKS if link else _ASKS_WITHOUT_LINK)[passport])
    text = ""
    for shown in range(len(names), 0, -1):
        listed = ", ".join(names[:shown])
        if shown < len(names):
            listed = _("{fields} and more").format(fields=listed)
        text = sentence.format(fields=listed, link=link)
        if count(text) <= budget:
            break
    return text


def _only_passport(_: Translate, link: str) -> str:
    if link:
        return _("You may have arrived by now. Who has your passport? Please open {link}").format(link=link)
    return _("You may have arrived by now. Who has your passport? Please open your page.")
