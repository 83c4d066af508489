"""An installation in which every page has something to show: who is where, and with which session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.usecases.operator_access import make_operator_link, use_operator_link
from service.usecases.operator_test import send_test
from tests.web.api_world import EVENINGS, GULNAR, SAULE, WORDS
from tests.web.form_world import FormWorld

NEW, PLANNING, AWAY, SILENT, COERCED, ASKING, FOUND = (f"+7700000005{n}" for n in range(1, 8))
TRIP: Mapping[str, Any] = {
    "agency": {"name": "Golden Bridge", "phone": "+77272500021", "licence": "0000"},
    "consulate": {"name": "Anatolia House", "phone": "+902422480000", "address": "Example road 1"},
    "companions": [{"name": "Zarina", "phone": "+77000000031"}],
    "visa": {"kind": "work", "number": "000"},
    "insurance": {"company": "Qamqor Life", "policy": "0000", "phone": "+77272500041"},
    "person": {"looks": "164 cm, brown eyes"},
    "consent": {"contacts": True, "police": True, "consulate": True, "ngo": True},
    "notes": "The advert was in a chat.",
}
SISTER = {
    "name": "Saule",
    "relation": "friend",
    "language": "en",
    "role": "call",
    "disclosure": "link",
    "phone": SAULE,
}


@dataclass(frozen=True)
class Place:
    """A page: its path, and the session with which it is opened, if any, as the cookie of that name."""

    path: str
    session: str = ""
    cookie: str = "s"


@dataclass
class Installation:
    """Places by name. `quiet` names those that a traveler's phone shows."""

    places: dict[str, Place] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)

    def public(self, **paths: str) -> None:
        self.places.update({name: Place(path) for name, path in paths.items()})

    def hers(self, session: str, **paths: str) -> None:
        self.places.update({name: Place(path, session) for name, path in paths.items()})
        self.quiet.update(paths)


def furnish(world: FormWorld) -> Installation:
    """Five travelers: one plans, one is away and answers, one is silent, one is coerced, one has asked for help."""
    made = Installation()
    made.public(first="/", sign_in="/in", leaving="/leaving", not_here="/c/nothing")
    made.public(at_work="/at-work", papers="/papers", know="/know", away="/away", away_there="/away/TR")
    made.public(away_near="/away/MM", phrasebook="/phrasebook", sentences="/phrasebook/ar")
    made.quiet |= {"at_work", "papers", "away", "phrasebook", "sentences", "offer"}
    made.public(offer="/offer", countries="/countries", country="/countries/TR", country_near="/countries/MM")
    made.quiet |= {"sign_in", "leaving", "not_here"}
    _planning(world, made)
    _away(world, made)
    _in_alarm(world, made)
    _run_by(world, made)
    return made


def _arrive(world: FormWorld, phone: str, name: str, **more: str) -> str:
    """Sign up over the API, whose token counts from now on, and in a browser of one's own; its session."""
    world.leave_behind()
    world.wait(minutes=2)
    world.token = ""
    world.sign_in(phone, name=name, **more)
    world.enter_later(phone)
    return world.client.cookies["s"]


def _planning(world: FormWorld, made: Installation) -> None:
    made.hers(_arrive(world, NEW, "Asel"), home_new="/home")
    session = _arrive(world, PLANNING, "Dana", citizenship="KZ")
    trip = world.trip(**TRIP)
    assert world.put(f"{trip}/plan", {**EVENINGS, "once": ["2026-12-03T14:30:00+03:00"]}).status_code == 200
    mother = world.contact(trip)
    world.contact(trip, SISTER, accepted=False)
    assert world.put(f"{trip}/words", WORDS).status_code == 204
    assert world.post(f"{trip}/rehearsal").status_code == 202
    world.work()
    steps = ("who", "where", "work", "consulate", "plan", "people", "words", "texts", "rehearsal", "ready")
    made.hers(session, home_draft="/home", **{f"step_{name}": f"/trip/{name}" for name in steps})
    made.hers(
        session,
        step_people_add="/trip/people/add",
        step_people_order="/trip/people/order",
        step_people_change=f"/trip/people/{mother}",
        step_people_remove=f"/trip/people/{mother}/remove",
        card_before="/trip/card",
        checklist="/trip/checklist",
        drill="/trip/drill",
        agreement_before="/trip/agreement",
    )
    made.public(
        invitation=_link(world, SAULE, "invitation", "i"),
        invitation_accepted=_link(world, GULNAR, "invitation", "i"),
        rehearsed=_link(world, GULNAR, "rehearsal", "r"),
    )


def _away(world: FormWorld, made: Installation) -> None:
    session = _arrive(world, AWAY, "Aliya")
    trip = world.armed(**TRIP, later=["employer.address"])
    assert world.post(f"{trip}/changes", {"pause_until": "2026-12-20T12:00:00+03:00"}).status_code == 202
    shown = world.get(trip).json()
    mother = shown["contacts"][0]["contact_id"]
    made.public(check_in=shown["check_in_url"].removeprefix("http://127.0.0.1:8000"))
    made.quiet.add("check_in")
    made.hers(
        session,
        home="/home",
        my_trip="/trip/all",
        card="/trip/card",
        calendar="/trip/calendar",
        agreement="/trip/agreement",
        late="/late",
        pause="/pause",
        end="/end",
        number="/number",
        phrases="/phrases",
        times="/trip/times",
        order="/trip/order",
        place="/trip/place",
        later="/later",
        notes="/notes",
        my_data="/data",
        my_data_erase="/data/erase",
        take_back=f"/asked/{shown['changes'][0]['change_id']}",
        people="/people",
        people_add="/people/add",
        people_hand_over=f"/people/{mother}/hand-over",
        people_remove=f"/people/{mother}/remove",
    )


def _in_alarm(world: FormWorld, made: Installation) -> None:
    made.hers(_arrive(world, COERCED, "Zhanar"), home_words="/home", private="/private")
    coerced = world.armed(words=True, **TRIP)
    world.post(f"{coerced}/check-ins", {"text": WORDS["duress"][0]})
    _arrive(world, ASKING, "Madina")
    world.post(f"{world.armed(**TRIP)}/sos")
    _arrive(world, FOUND, "Karina")
    world.post(f"{world.armed(**TRIP)}/sos")
    _arrive(world, SILENT, "Aizhan")
    world.armed(**TRIP)
    world.work()
    for hours in (12, 1, 1, 1):
        world.wait(hours=hours)
        world.work()
    names = {"duress": "Zhanar", "sos": "Madina", "closed": "Karina", "missed": "Aizhan"}
    made.public(**{f"alarm_{kind}": _link(world, GULNAR, "alert", "a", name) for kind, name in names.items()})
    world.client.post(made.places["alarm_closed"].path, data={"answer": "2", "nonce": "heard"})
    world.work()


def _run_by(world: FormWorld, made: Installation) -> None:
    """Whoever runs this: the door, and the page behind it after a test."""
    token = use_operator_link(world.service, make_operator_link(world.service).rpartition("/")[2])
    made.public(operator_in=make_operator_link(world.service).removeprefix("http://127.0.0.1:8000"))
    made.places["operator"] = Place("/operator", token or "", "o")
    send_test(world.service, "sms", "+77000000099", "en")
    world.work()


def _link(world: FormWorld, number: str, kind: str, letter: str, name: str = "") -> str:
    """The newest link of that letter in the texts of a kind to a number, about somebody of that name."""
    texts = [text for text in world.texts(number, kind) if name in text]
    found: list[str] = re.findall(rf"/{letter}/\w+", " ".join(texts))
    return found[-1]
