"""Signs in the text of a job offer that it may not be what it says.

Read are the words alone: not who wrote them, nor how kindly. What a friend brings gets the same answer as what hung on
a wall. Rules and their sentences stand in `offer_rules/`; `low` means that no sign was found in the text, and is no
check of the employer. Nothing here blocks anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from service.core.offer_facts import FACTS, told_facts
from service.core.offer_figures import covering, long_hours, pays, under_age, young_only
from service.core.offer_ruleset import Rule, Ruleset, Texts, matches, ruleset
from service.core.offer_text import Word, language_of, words_of
from service.core.offer_words import Hit

LONGEST_TEXT = 20_000
"""Characters; what follows is not read."""
LONGEST_QUOTE = 160
SIGNS_OF_MONEY = "$€£₸₽₺₩%"
CAUTION, HIGH, HIGH_OF_SMALL = 3, 7, 9
"""Sums from which an offer is at these levels; of small signs alone it takes more to be high."""
SERIOUS = 4
"""The weight of a sign that no claim outweighs."""
MOST_CLAIMED = 4
AT_HOME, WELL_TOLD, MOST_OF_ALL = 2, 2, 6
"""What an offer at home has less to fear, and one that tells most of `FACTS`, when nothing in it is a stop."""
MOST_FACTS_OF_A_BLANK = 2
"""Of `FACTS`. At home one less is no blank: there is no visa, and the place goes without saying."""
WORDS_OF_OPENING = 12
COST_REACH = 5
"""How many words after "fee" a sum may stand to be one."""
COSTS = ("fee", "prepayment", "you_pay", "loan", "fine")
MOST_FIGURES = 20
LANGUAGES = ("en", "ru", "kk")


class Level(StrEnum):
    """What the signs come to."""

    LOW = "low"
    CAUTION = "caution"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Finding:
    """A sign, and the words that made it one.

    Attributes:
        rule: its id, stable between versions.
        quote: the words, exactly as they stand in the text that was given.
        weight: 1 to 7.
        stop: what no honest offer asks for.
        why: why to look at it, by language: en, ru, kk.
        ask: the question to ask back, by language.
    """

    rule: str
    group: str
    quote: str
    weight: int
    stop: bool
    why: Texts
    ask: Texts


@dataclass(frozen=True, slots=True)
class Check:
    """What the text of an offer shows.

    Attributes:
        findings: the heaviest first; of equal ones the earlier in the text.
        language: en, ru or kk: the language given, or the one that the text is most likely in.
        score: what the signs come to.
    """

    level: Level
    findings: tuple[Finding, ...]
    language: str
    score: int


def check(text: str, language: str | None = None) -> Check:
    """Look for signs in the text of an offer. The rules of all three languages apply to every text.

    Args:
        text: the offer, as it was pasted. Only the first `LONGEST_TEXT` characters are read.
        language: which of `finding.why` and `finding.ask` the caller wants; it only fills in `Check.language`. Without
            it that is the language that the text is most likely in.
    """
    rules, text = ruleset(), text[:LONGEST_TEXT]
    read = language if language in LANGUAGES else language_of(text)
    words = words_of(text)
    if not words:
        return Check(Level.LOW, (), read, 0)
    hits = rules.lexicon.find(words)
    place = _place(hits)
    _add_figures(text, words, hits, rules)
    told, missing = _add_missing(text, words, hits, rules, place)
    found = [(rule, span) for rule in rules.rules if (span := _first(rule, words, hits, place))]
    signs = [(rule, span) for rule, span in found if not rule.claim]
    claims = [rule for rule, _span in found if rule.claim]
    spared = AT_HOME * (place == "home") + WELL_TOLD * (told >= MOST_OF_ALL)
    level, score = _level([rule for rule, _span in signs], claims, spared)
    findings = [_finding(rule, text, words, span, missing) for rule, span in signs]
    order = {id(one): span for one, (_rule, span) in zip(findings, signs, strict=True)}
    findings.sort(key=lambda one: (-one.weight, not one.stop, order[id(one)]))
    return Check(level, tuple(findings), read, score)


def _first(rule: Rule, words: Sequence[Word], hits: Mapping[str, Sequence[Hit]], place: str) -> tuple[int, int] | None:
    return next((span for one in rule.when if (span := matches(one, words, hits, place))), None)


def _level(signs: Sequence[Rule], claims: Sequence[Rule], spared: int) -> tuple[Level, int]:
    """Of each group the heaviest sign counts. Claims lower the sum, and what an offer is `spared` its soft part when
    nothing in it is a stop, but never below caution when a sign is serious."""
    groups: dict[str, Rule] = {}
    for rule in sorted(signs, key=lambda rule: (rule.weight, not rule.soft)):
        groups[rule.group] = rule
    stops = sum(rule.stop for rule in signs)
    soft = sum(rule.weight for rule in groups.values() if rule.soft)
    hard = sum(rule.weight for rule in groups.values() if not rule.soft)
    score = hard + (soft if stops else max(0, soft - spared))
    score = max(0, score - min(MOST_CLAIMED, sum(claim.weight for claim in claims)))
    is_serious = stops > 0 or any(rule.weight >= SERIOUS for rule in signs)
    if score >= (HIGH if is_serious else HIGH_OF_SMALL) or stops > 1:
        return Level.HIGH, score
    return (Level.CAUTION if score >= CAUTION or is_serious else Level.LOW), score


def _place(hits: Mapping[str, Sequence[Hit]]) -> str:
    """Where the work is: "abroad", "home", or "" when it is not said. A neighbour's town with that country's own money
    is at home there."""
    dishes = {hit.first for hit in hits.get("cuisine", ())}
    places = {
        name
        for name, found in hits.items()
        if name.startswith("place_") and any(hit.last + 1 not in dishes for hit in found)
    }
    if places - {"place_home", "place_near"}:
        return "abroad"
    if "place_near" in places:
        return "home" if hits.get("near_money") else "abroad"
    return "home" if places else ""


def _add_figures(text: str, words: Sequence[Word], hits: dict[str, list[Hit]], rules: Ruleset) -> None:
    """Put what the figures mean beside what the words mean."""
    sums = islice(pays(text, rules.pay["dollars_for_one"]), MOST_FIGURES)
    offered = [pay for pay in sums if not _is_cost(words, hits, pay.start, pay.end)]
    most, least = _ordinary(hits, rules)
    found = {
        "pay_high": [(pay.start, pay.end) for pay in offered if pay.dollars > most],
        "pay_low": [(pay.start, pay.end) for pay in offered if pay.dollars <= least] if offered else [],
        "pay_named": [(pay.start, pay.end) for pay in offered],
        "pay_by_day": [(pay.start, pay.end) for pay in offered if pay.by_the_day],
        "only_young": list(young_only(text)),
        "under_age": list(under_age(text)),
        "long_hours": list(long_hours(text)),
    }
    if offered and max(pay.dollars for pay in offered) > least:
        found["pay_low"] = []
    for name, spans in found.items():
        stood = [hit for start, end in spans[:MOST_FIGURES] if (hit := covering(words, start, end))]
        if stood:
            hits[name] = stood


def _ordinary(hits: Mapping[str, Sequence[Hit]], rules: Ruleset) -> tuple[float, float]:
    """The most and the least dollars a month that are ordinary for such work there."""
    most, least = rules.pay["most"], rules.pay["least"]
    places = [name for name in most if hits.get(name)]
    there = max((most[name] for name in places), default=most["elsewhere"])
    skilled = any(not hit.denied for name in ("skilled_work", "certificate") for hit in hits.get(name, ()))
    return there * (rules.pay["times"]["skilled"] if skilled else 1), max(
        (least.get(name, 0) for name in places), default=0
    )


def _is_cost(words: Sequence[Word], hits: Mapping[str, Sequence[Hit]], start: int, end: int) -> bool:
    """Whether a sum is what something costs, not what is earned."""
    sum_ = covering(words, start, end)
    if sum_ is None:
        return True
    near = range(sum_.first - COST_REACH, sum_.last + 3)
    return any(hit.last in near for name in COSTS for hit in hits.get(name, ()) if hit.first != sum_.first)


def _add_missing(
    text: str, words: Sequence[Word], hits: dict[str, list[Hit]], rules: Ruleset, place: str
) -> tuple[int, Texts]:
    """Note when too little is told; which facts are missing, by language."""
    told = told_facts(text, hits, has_pay="pay_named" in hits, is_abroad=place == "abroad")
    opening = Hit(0, min(len(words), WORDS_OF_OPENING) - 1)
    few = MOST_FACTS_OF_A_BLANK - (place == "home" or (not place and "home_cue" in hits))
    if len(told) <= few:
        hits["facts_missing"] = [opening]
    elif len(told) <= few + 1:
        hits["facts_thin"] = [opening]
    lacking = [rules.facts[name] for name in FACTS if name not in told]
    return len(told), {language: ", ".join(names[language] for names in lacking) for language in LANGUAGES}


def _finding(rule: Rule, text: str, words: Sequence[Word], span: tuple[int, int], missing: Texts) -> Finding:
    first, last = span
    start, end = words[first].start, words[last].end
    # A sum is quoted with its currency.
    start -= start > 0 and text[start - 1] in SIGNS_OF_MONEY
    end += end < len(text) and text[end] in SIGNS_OF_MONEY
    quote = text[start : min(end, start + LONGEST_QUOTE)]
    why, ask = (
        {language: text.replace("{missing}", missing[language]) for language, text in texts.items()}
        for texts in (rule.why, rule.ask)
    )
    return Finding(rule.id, rule.group, quote, rule.weight, rule.stop, why, ask)
