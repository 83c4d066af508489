"""Families that live through it: what each of them does, and what it must have been told in the end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.crash.client import Client, Refused
from tests.crash.provider import RoughTwilio
from tests.mock_twilio import Text

PATIENCE = 90.0
FIRST_IN, REMIND_BEFORE, GRACE = 4, 1, 3
"""Seconds from planning to the deadline; before it; after it."""
LATEST_LIST = timedelta(seconds=5)
"""A list that is later than this cannot be taken at its word; the service allows for as much."""
TEXTS_APART = 3.0
"""Seconds; twenty an hour are answered."""
LONG, SHORT = 600, 1
"""Seconds that a rung waits: for ever, and hardly."""

KINDS: Mapping[str, re.Pattern[str]] = {
    "rehearsal": re.compile(r"^REHEARSAL\..*no sign since"),
    "accepted": re.compile(r"is now your trusted person|has said yes"),
    "invitation": re.compile(r"Accept: (answer|text) 1\b"),
    "alert": re.compile(r"no sign since"),
    "facts": re.compile(r"Answer( to \+\d+)?: 1 I take it"),
    "all_clear": re.compile(r"heard the voice\.|The alarm has ended\."),
    "held": re.compile(r"has taken the alarm"),
    "ended": re.compile(r"the trip has ended\. Thank you"),
    "reminder": re.compile(r"(answer|text) OK"),
}


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One that was answered 2xx: its way, and a part of the name under which it is kept."""

    way: str
    name: str


@dataclass
class Household:
    """A traveler, her mother and her brother; `story` is one of `STORIES`."""

    number: int
    story: str
    client: Client
    twilio: RoughTwilio
    nobody_listens: Callable[[], AbstractContextManager[None]] = nullcontext
    """While it lasts all webs are down."""
    is_kept: Callable[[CheckIn], bool] = lambda _: True
    """Whether the inbox has it."""
    check_ins: list[CheckIn] = field(default_factory=list)
    may_alarm: bool = True
    """False once an OK in time was answered or stands in the provider's list."""
    told: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(kind, number) to how many such texts the rules ask for: at least, at most."""
    error: str = ""

    def __post_init__(self) -> None:
        self.traveler, self.mother, self.brother = (f"+7701{self.number:04d}{place:03d}" for place in (1, 2, 3))
        self._serial = 0
        self._token = self._path = ""
        self.check_in_path = ""
        self.deadline = datetime.now(UTC)

    # --- how it goes

    def sign_up(self) -> None:
        """The code goes out at most once, so this is done before anybody dies."""
        self.client.call("POST", "/travelers", {"name": "Aizhan", "phone": self.traveler, "language": "en"})
        code = self.until(lambda: self._bodies(self.traveler, r"\d{6} is your code"), "no code came")[0][:6]
        self._token = self._call("POST", "/travelers/verify", {"phone": self.traveler, "code": code})["token"]

    def live(self) -> None:
        """Its whole story. What goes wrong is kept in `error`."""
        try:
            STORIES[self.story](self)
        except Exception as error:
            self.error = f"household {self.number} ({self.story}): {type(error).__name__}: {error}"

    def texts(self, number: str, kind: str) -> list[Text]:
        """What the provider took for this number, by kind."""
        return [text for text in self.twilio.phone(number).texts if kind_of(text.body) == kind]

    @property
    def numbers(self) -> tuple[str, str, str]:
        return self.traveler, self.mother, self.brother

    # --- its steps

    def arm(self, *, first_in: float = FIRST_IN) -> None:
        """Plan, invite, accept, arm; everything is asked again until it is answered, under the same key."""
        if self.check_in_path:
            return
        now = datetime.now(UTC)
        trip = {
            "starts_at": (now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(days=30)).isoformat(),
            "wording": "plain",
            "destination": {"country": "TR", "city": "Antalya", "zone": "Europe/Istanbul"},
            "employer": {"name": "Lotus"},
        }
        self._path = f"/trips/{self._call('POST', '/trips', trip, key='trip')['trip_id']}"
        ids = []
        for name, phone in (("Gulnar", self.mother), ("Daniyar", self.brother)):
            contact = {"name": name, "language": "en", "role": "full", "disclosure": "full", "phone": phone}
            ids.append(self._call("POST", f"{self._path}/contacts", contact, key=name)["contact_id"])
        for phone in (self.mother, self.brother):
            self.expect("invitation", phone, 1)
            self.wait_for("invitation", phone)
            self.say(phone, "1")
        wait = SHORT if self.story in ("climb", "rehearsal") else LONG
        self.expect("accepted", self.traveler, 2)
        rungs = [{"contacts": ids[:1], "wait_seconds": wait}, {"contacts": ids, "wait_seconds": LONG}]
        self._call("PUT", f"{self._path}/ladder", {"rungs": rungs, "repeat_seconds": 3600})
        if self.story == "home":
            # Once words are set nothing is written to her any more about who said yes.
            self.until(self._have_accepted, "her people's answers are not read", pause=0.5)
            words = {"safe": ["green apples"], "duress": ["heavy rain"], "passphrase": "a quiet harbour"}
            self._call("PUT", f"{self._path}/words", words)
        self.until(lambda: self._arms(first_in), "it could not be armed", pause=0.5)

    def _have_accepted(self) -> bool:
        return all(one["status"] == "accepted" for one in self._call("GET", self._path)["contacts"])

    def _arms(self, first_in: float) -> bool:
        """Plan the first deadline and arm; too late, or her people have not been heard yet: once more."""
        self.deadline = datetime.now(UTC) + timedelta(seconds=first_in)
        plan = {
            "once": [self.deadline.isoformat()],
            "grace_seconds": GRACE,
            "remind_before_seconds": REMIND_BEFORE,
        }
        try:
            if not self._have_accepted():
                return False
            self._call("PUT", f"{self._path}/plan", plan)
            armed = self._call("POST", f"{self._path}/arm", key=f"arm {self.deadline}")
        except Refused as refused:
            if refused.status == 409 and b"deadline" in refused.body:
                return False
            raise
        self.check_in_path = re.sub(r"^https://[^/]*", "", armed["check_in_url"])
        return True

    def expect(self, kind: str, number: str, least: int, most: int | None = None) -> None:
        self.told[(kind, number)] = (least, least if most is None else most)

    def wait_for(self, kind: str, number: str) -> None:
        self.until(lambda: self.texts(number, kind), f"no {kind} came to {number}")

    def say(self, number: str, body: str) -> None:
        """A text; its hook is repeated under the same name until it is answered, as Twilio can be told to."""
        sid = self.twilio.text_unheard(number, body)
        self.until(lambda: 200 <= self.twilio.text(number, body, sid) < 300, "the hook is not answered")
        self.check_ins.append(CheckIn("twilio_sms", sid))

    def check_in_by_link(self) -> None:
        """Open the page, press the button."""
        page = self.client.get(self.check_in_path)
        nonce = re.search(r'name="nonce" value="([^"]+)"', page)
        assert nonce is not None, "the page has no form"
        self.client.post_form(self.check_in_path, {"nonce": nonce[1], "text": ""})
        self.check_ins.append(CheckIn("check_in", nonce[1]))

    def check_in_by_api(self) -> None:
        self._serial += 1
        key = f"{self.number}-{self._serial}"
        self._call("POST", f"{self._path}/check-ins", {"text": "OK"}, key=key)
        self.check_ins.append(CheckIn("api", f":check-in:{key}:"))

    def chatter(self, over: threading.Event, apart: float) -> None:
        """Check in by link and by the API in turn, as fast as it goes, until it is `over`; and now and then by a text,
        which is answered: so there is always something that is sent."""
        texted_at = time.monotonic()
        while not over.wait(apart):
            try:
                self.check_in_by_link()
                self.check_in_by_api()
                if time.monotonic() > texted_at + TEXTS_APART:
                    texted_at = time.monotonic()
                    self.say(self.traveler, "OK")
            except Exception as error:
                self.error = f"household {self.number} (chatter): {type(error).__name__}: {error}"
                return

    def rehearse(self) -> None:
        self._call("POST", f"{self._path}/rehearsal", key="rehearsal")

    def end_with_a_word(self) -> None:
        self._call("POST", f"{self._path}/changes", {"end": True, "word": "green apples"}, key="end")

    def until(self, look: Callable[[], Any], what: str, pause: float = 0.1) -> Any:
        """Look again and again; the first answer that is something."""
        end, never = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < end:
            if found := look():
                return found
            never.wait(pause)
        raise AssertionError(f"{what} ({self.numbers})")

    def _call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        return self.client.call(method, path, body, token=self._token, key=key)

    def _bodies(self, number: str, part: str) -> list[str]:
        return [body for body in self.twilio.phone(number).received if re.search(part, body)]


def kind_of(body: str) -> str:
    """What a text is, by its words."""
    return next((kind for kind, words in KINDS.items() if words.search(body)), "other")


# --- the stories


def _in_time(say_ok: Callable[[Household], datetime]) -> Callable[[Household], None]:
    """She answers as soon as she is reminded, or at her deadline: nobody is told.

    `say_ok` returns from when on it must count.
    """

    def story(home: Household) -> None:
        home.arm()
        home.until(lambda: home.texts(home.traveler, "reminder") or datetime.now(UTC) > home.deadline, "")
        if say_ok(home) < home.deadline + timedelta(seconds=GRACE):
            home.may_alarm = False
            home.until(lambda: datetime.now(UTC) > home.deadline + timedelta(seconds=GRACE + 3), "")
        else:
            # Nobody took it in time: whoever was told hears that it has ended.
            home.until(lambda: _has_ended(home), "the alarm has not ended")

    return story


def _text(home: Household) -> datetime:
    """What stands in the provider's list counts from there on, unless the list is known to be late."""
    texted_at = datetime.now(UTC)
    home.say(home.traveler, "OK")
    return texted_at if home.twilio.list_lag < LATEST_LIST else datetime.now(UTC)


def _press(home: Household) -> datetime:
    home.check_in_by_link()
    return datetime.now(UTC)


def _call(home: Household) -> datetime:
    home.check_in_by_api()
    return datetime.now(UTC)


def _unheard(home: Household) -> datetime:
    """Nobody listens, and nobody repeats it: only the list will ever tell."""
    with home.nobody_listens():
        texted_at = datetime.now(UTC)
        said = CheckIn("twilio_sms", home.twilio.text_unheard(home.traveler, "OK"))
        home.until(lambda: datetime.now(UTC) > home.deadline + timedelta(seconds=GRACE - 1), "")
    if home.twilio.list_lag < LATEST_LIST:
        return texted_at
    home.until(lambda: home.is_kept(said), "what the list told late was not kept", pause=1.0)
    return home.deadline + timedelta(seconds=GRACE)


def _has_ended(home: Household) -> bool:
    return all(home.texts(who, "all_clear") for who in (home.mother, home.brother) if home.texts(who, "alert"))


def _taken(home: Household) -> None:
    """She is silent; her mother takes it and hears her voice."""
    home.arm()
    home.expect("reminder", home.traveler, 1, 9)
    home.expect("alert", home.mother, 1)
    home.expect("all_clear", home.mother, 1)
    home.wait_for("alert", home.mother)
    home.say(home.mother, "1")
    home.say(home.mother, "2")
    home.wait_for("all_clear", home.mother)


def _climb(home: Household) -> None:
    """Nobody answers on the first rung; her brother takes it on the second."""
    home.arm()
    home.expect("reminder", home.traveler, 1, 9)
    # What is still waiting when the next rung is told is told with it.
    home.expect("alert", home.mother, 1, 2)
    home.expect("alert", home.brother, 1)
    home.expect("held", home.mother, 1)
    home.expect("all_clear", home.mother, 1)
    home.expect("all_clear", home.brother, 1)
    home.wait_for("alert", home.mother)
    home.wait_for("alert", home.brother)
    home.say(home.brother, "1")
    home.wait_for("held", home.mother)
    home.say(home.brother, "2")
    home.wait_for("all_clear", home.mother)
    home.wait_for("all_clear", home.brother)


def _late(home: Household) -> None:
    """She answers after her mother has been told."""
    home.arm()
    home.expect("reminder", home.traveler, 1, 9)
    home.expect("alert", home.mother, 1)
    home.expect("all_clear", home.mother, 1)
    home.wait_for("alert", home.mother)
    # What is not sent yet when she answers need not be sent any more.
    home.wait_for("reminder", home.traveler)
    home.say(home.traveler, "OK")
    home.wait_for("all_clear", home.mother)


def _home(home: Household) -> None:
    """She comes home and says so with her word."""
    home.arm(first_in=3600)
    home.end_with_a_word()
    for who in (home.mother, home.brother):
        home.expect("ended", who, 1)
        home.wait_for("ended", who)


def _rehearsal(home: Household) -> None:
    """Long before her deadline she rehearses it, and nobody answers."""
    home.arm(first_in=3600)
    for who, most in ((home.mother, 2), (home.brother, 1)):
        home.expect("rehearsal", who, 1, most)
    home.rehearse()
    home.wait_for("rehearsal", home.mother)
    home.wait_for("rehearsal", home.brother)


STORIES: Mapping[str, Callable[[Household], None]] = {
    "texts": _in_time(_text),
    "link": _in_time(_press),
    "api": _in_time(_call),
    "unheard": _in_time(_unheard),
    "taken": _taken,
    "climb": _climb,
    "late": _late,
    "home": _home,
    "rehearsal": _rehearsal,
}
CHATTER = "chatter"
"""One family checks in all the time, far from its deadline."""
