"""Eleven questions that a person may ask herself about her work: the ILO's indicators of forced labour, in plain words.

Source: International Labour Office, "ILO Indicators of Forced Labour", 2012 (eleven indicators). The wording is ours.
A yes says nothing about anybody's guilt; it says that asking somebody is worth while.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.core.wording_text import N_

ENOUGH = 2
"""So many yeses are a reason to talk with somebody soon."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question whose yes is a sign. `sign`: the field of the fact sheet that means the same (`SIGNS`)."""

    sign: str
    text: str


QUESTIONS = (
    Question("papers_held", N_("Does somebody else keep your passport or other papers?")),
    Question("movement", N_("Are you not allowed to go out alone, or are you watched when you do?")),
    Question("isolation", N_("Is your phone kept from you, or are you kept from talking with family and friends?")),
    Question("wages", N_("Is your pay held back, cut, or promised for later again and again?")),
    Question("debt_bondage", N_("Must you work off a debt: for the way, the papers, food or housing?")),
    Question("deception", N_("Is the work, the place or the pay not what you were promised?")),
    Question("overtime", N_("Do you work far more hours than agreed, or without a day off?")),
    Question("conditions", N_("Is the work or the place where you sleep dangerous or unfit for people?")),
    Question(
        "threats", N_("Does somebody threaten you or your family: with violence, the police, or being sent away?")
    ),
    Question("violence", N_("Has somebody hit you, or touched you against your will?")),
    Question(
        "vulnerability",
        N_("Does somebody make use of it that you do not know the language or the law, or cannot leave?"),
    ),
)
"""All eleven; the ones that are easiest to answer come first."""
