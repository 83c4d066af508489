"""Check the text of a job offer, for anybody. Nothing of it is stored or logged, and nobody is asked who they are.

How often one visitor asks is counted in this process alone: nothing says later who had an offer checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock

from service.core.offer import Check, Finding, check
from service.core.wording_text import N_
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.problems import TooManyTries
from service.usecases.trip_facts import set_facts, show_facts

MOST_CHECKS = 60
WITHIN = timedelta(minutes=10)
MOST_VISITORS = 5000
"""Of whom a count is kept; then all begin anew. The limit spares the machine, it guards nothing."""
SIGNS, ADVERT = "offer_signs", "advert"
"""Where in the facts about her trip the findings and the ad's text lie."""
LONGEST_FACT = 500


class TooManyChecks(TooManyTries):
    """One visitor asks more often than a person reads."""

    message = N_("That was many offers in a short time. Please try again in a few minutes.")


class OfferDesk:
    """Where offers are checked."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._since: datetime | None = None
        self._counts: dict[str, int] = {}

    def check(self, text: str, language: str | None = None, visitor: str | None = None) -> Check:
        """What the words of an offer show; see `core.offer.check`.

        Args:
            visitor: whose checks are counted together; None: nobody's.

        Raises:
            TooManyChecks: this visitor asked too often.
        """
        if visitor is not None:
            self._count(visitor)
        return check(text, language)

    def _count(self, visitor: str) -> None:
        now = self._service.clock()
        with self._lock:
            is_over = self._since is None or now >= self._since + WITHIN or now < self._since
            if is_over or len(self._counts) >= MOST_VISITORS:
                self._since, self._counts = now, {}
            since = self._since or now
            self._counts[visitor] = count = self._counts.get(visitor, 0) + 1
        if count > MOST_CHECKS:
            raise TooManyChecks(since + WITHIN - now)


def keep_signs(service: Service, key: TripKey, found: Check | None, language: str, advert: str = "") -> None:
    """Put what a check found, and the ad's text, among the facts of a draft that its sheet may show; what is not given
    stays as it was.

    Before an alarm nobody reads them (SAFETY T17); nothing waits for them.

    Args:
        language: en, ru or kk: in which the findings are said.

    Raises:
        Invalid, NotFound, Conflict409: see `set_facts`.
    """
    person = dict(show_facts(service, key).get("person") or {})
    if found is not None:
        person[SIGNS] = said_signs(found.findings, language)
    if advert:
        person[ADVERT] = advert[:LONGEST_FACT]
    set_facts(service, key, {"person": {name: text for name, text in person.items() if text}})


def said_signs(findings: Sequence[Finding], language: str) -> str:
    """Findings as lines of one fact, the heaviest first, each with the question to ask back, as many as it holds."""
    lines: list[str] = []
    for line in dict.fromkeys(f"{one.why[language]} {one.ask[language]}" for one in findings):
        if len("\n".join([*lines, line])) <= LONGEST_FACT:
            lines.append(line)
    return "\n".join(lines)
