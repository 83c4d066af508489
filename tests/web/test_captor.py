"""Somebody holds her unlocked phone, signed in, in a trip with words: every page that opens to him, and every button.

What he sees is a time, a button and the door to the private page, which stays shut. What he presses changes nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Connection, func, select

from service.db.stored import table_of
from service.db.tables import Change
from service.usecases.typed_numbers import shown_number
from tests.web.api_world import AIZHAN, DANIYAR, GULNAR, WORDS
from tests.web.form_world import HIDDEN, FormWorld, forms_once, shown
from tests.web.installation import TRIP
from tests.web.test_every_page import NEVER_HERS

__all__ = ["forms_once"]

CHANGES = table_of(Change)
OUT = "https://www.wikipedia.org/"
LEAVING = {"/out", "/leave"}
"""They end the session, and come last."""
OF_ANYBODY = {"/countries", "/offer", "/away", "/at-work", "/papers", "/know", "/phrasebook", "/phrasebook/{tongue}"}
"""Advice and numbers for whoever reads them, without a sign-in."""
HE_SEES = {"/home", "/private", "/leaving", "/c/{token}", *OF_ANYBODY}
"""All pages that answer him; every other one leads home."""
SECRETS = (
    *("Gulnar", "Daniyar", GULNAR, DANIYAR, shown_number(GULNAR), shown_number(DANIYAR), "mother", "brother"),
    *("Antalya", "Example street", "Lotus Garden", "Golden Bridge", "Anatolia", "Zarina", "Qamqor", "The advert"),
    *(*WORDS["safe"], *WORDS["duress"], WORDS["question"], WORDS["passphrase"]),
)
HIS = {
    **{"name": "Marat", "relation": "friend", "phone": "+77000000099", "language": "en", "role": "full"},
    **{"disclosure": "full", "word": "a guess", "passphrase": "a guess", "text": "ok", "code": "000000"},
    **{"day": "2026-12-20", "clock": "12:00", "late_until": "2026-12-02T05:00:00+00:00", "do": "leave"},
    **{"safe": "a guess", "duress": "another guess", "clear": "1", "employer.name": "Somebody"},
    **{"ends_at": "2026-12-02", "kind": "daily"},
}


def held(world: FormWorld) -> tuple[str, dict[str, str]]:
    """Her trip, and what the paths of the application need that he could find out."""
    trip = world.armed(words=True, **TRIP)
    whole = world.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()
    # The page that shows how to answer is gone by then.
    world.wait(minutes=10)
    world.enter_later()
    token = whole["check_in_url"].rsplit("/", 1)[1]
    return trip, {"{contact_id}": whole["contacts"][0]["contact_id"], "{tag}": "0", "{token}": token}


def paths(app: FastAPI, method: str) -> set[str]:
    """Every path of a page that takes this method."""
    found: set[str] = set()

    def walk(routes: list[Any]) -> None:
        for route in routes:
            if (inner := getattr(route, "original_router", None)) is not None:
                walk(inner.routes)
            elif method in (getattr(route, "methods", None) or ()):
                found.add(str(route.path))

    walk(list(app.routes))
    programs = ("/api/", "/hooks", "/trips", "/travelers", "/countries/{country}", "/offers", "/static", "/healthz")
    return {path for path in found if not path.startswith((*programs, "/readyz", "/metrics", "/phones"))}


def filled(path: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        path = path.replace(name, value)
    return path


def everything(world: FormWorld, trip: str) -> str:
    """The trip as the engine has it, but for what a check-in moves."""
    state = world.state(trip)
    people = [(one.name, one.status, [a.address for a in one.addresses], one.pin) for one in state.contacts]
    kept = (state.status, state.words, state.passphrase_hash, state.details, state.ends_at, state.plan, people)
    return repr((*kept, state.ladder_rungs, state.traveler.phones, state.traveler.name, state.traveler.language))


def test_every_page_that_opens_to_him_and_nothing_on_it(forms_once: FormWorld) -> None:
    """T4, Must show: each page of the application with her session, in each language."""
    _trip, known = held(forms_once)
    opened, faults = set(), []
    for path in sorted(paths(forms_once.client.app, "GET"), key=lambda one: (one in LEAVING, one)):  # type: ignore[arg-type]
        for language in ("en", "ru", "kk"):
            answer = forms_once.client.get(f"{filled(path, known)}?lang={language}", follow_redirects=False)
            if answer.status_code == 200:
                opened.add(path)
                words = shown(answer)
                said = [word for word in (*SECRETS, *NEVER_HERS) if word.lower() in words.lower()]
                faults += [(path, language, word) for word in said]
            elif answer.status_code == 303:
                if answer.headers["location"] not in ("/home", OUT) and "/a/" not in path:
                    faults.append((path, language, answer.headers["location"]))
            else:
                # The operator's page says to everybody that it is not open.
                closed = (403, 404) if path.startswith("/operator") else (404, 405)
                assert answer.status_code in closed, (path, answer.status_code)
    assert faults == []
    assert opened == HE_SEES


def test_no_button_that_he_presses_changes_anything(forms_once: FormWorld) -> None:
    """Must show: every form of the application sent with her session and its token; then the evening goes its way."""
    trip, known = held(forms_once)
    before = everything(forms_once, trip)
    token = dict(HIDDEN.findall(forms_once.open("/home").text))["form"]
    for path in sorted(paths(forms_once.client.app, "POST"), key=lambda one: (one in LEAVING, one)):  # type: ignore[arg-type]
        answer = forms_once.client.post(
            filled(path, known), data={**HIS, "form": token, "once": path[:60]}, follow_redirects=False
        )
        assert answer.status_code < 500, (path, answer.text[:300])
        assert [word for word in SECRETS if word.lower() in shown(answer).lower()] == [], path
        forms_once.work()
    assert everything(forms_once, trip) == before
    assert forms_once.service.read(lambda conn: _asked(conn)) == 0
    forms_once.wait(days=1, hours=14)
    for _ in range(4):
        forms_once.work()
        forms_once.wait(minutes=40)
    forms_once.work()
    assert "Aizhan" in forms_once.texts(GULNAR, "alert")[-1]
    assert [text for text in forms_once.texts(HIS["phone"]) if "is your code" not in text] == []


def test_his_own_program_sees_no_more(forms_once: FormWorld) -> None:
    """T4: a code on her phone gives a token; it shows a time, and the private part only by the passphrase."""
    trip, _known = held(forms_once)
    forms_once.wait(minutes=2)
    forms_once.token = ""
    forms_once.sign_in(AIZHAN)
    seen = forms_once.get(trip).json()
    assert sorted(seen) == ["next_deadline", "status", "trip_id"]
    assert [word for word in SECRETS if word in json.dumps(seen)] == []
    for call, path in (("PUT", "plan"), ("PUT", "words"), ("PUT", "ladder"), ("POST", "contacts")):
        assert forms_once.call(call, f"{trip}/{path}", {}).status_code in (409, 422)
    his = {"name": "Marat", "relation": "friend", "phone": HIS["phone"], "language": "en", "role": "full"}
    mother = forms_once.state(trip).contacts[0].id
    added = {"add_contact": {**his, "disclosure": "full"}}
    taken_over = {"hand_over": {"contact_id": mother, "contact": {**his, "disclosure": "full"}}}
    for body in (added, taken_over, {**added, "word": WORDS["safe"][0]}):
        refused = forms_once.post(f"{trip}/changes", body, Amanba_Passphrase="a guess")
        assert (refused.status_code, refused.json()["missing"]) == (409, ["passphrase"])
    assert forms_once.texts(HIS["phone"]) == [], "he cannot become one of those who are told"
    assert forms_once.post(f"{trip}/rehearsal").status_code == 202
    forms_once.work()
    assert forms_once.texts(GULNAR, "rehearsal") == []


def test_her_thread_of_messages_names_nobody(forms_once: FormWorld) -> None:
    """T4: what lies on her phone from the first code to the last question: no name, no place, no secret."""
    forms_once.sign_in()
    trip = forms_once.trip(**TRIP)
    forms_once.put(f"{trip}/plan", {"daily": [{"time": "20:00"}]})
    for form in (MOTHER_AND_BROTHER := [_person("Gulnar", GULNAR), _person("Daniyar", DANIYAR)]):
        answer = forms_once.post(f"{trip}/contacts", form)
        assert answer.status_code == 201
        forms_once.work()
        link = re.findall(r"/i/\w+", " ".join(forms_once.texts(form["phone"], "invitation")))[-1]
        forms_once.client.post(link, data={"do": "accept"})
        forms_once.work()
    assert len(MOTHER_AND_BROTHER) == 2
    forms_once.put(f"{trip}/words", WORDS)
    assert forms_once.post(f"{trip}/arm").status_code == 200
    forms_once.post(f"{trip}/check-ins", {"text": WORDS["duress"][0]})
    for _ in range(60):
        forms_once.work()
        forms_once.wait(hours=1)
    thread = forms_once.texts(AIZHAN)
    assert len(thread) > 6
    assert thread[1:3] == [f"Number {number} on your list has said yes." for number in (1, 2)]
    assert [(text, word) for text in thread for word in (*SECRETS, *NEVER_HERS) if word.lower() in text.lower()] == []


def _person(name: str, phone: str) -> dict[str, Any]:
    more = {"relation": "family", "language": "en", "role": "full", "disclosure": "full"}
    return {"name": name, "phone": phone, **more}


def _asked(conn: Connection) -> int:
    """How many changes wait."""
    return int(conn.execute(select(func.count()).select_from(CHANGES)).scalar_one())
