"""What she notes for herself on the way: behind the passphrase, sealed, on the sheet only as far as she joined it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import select

from service.core.own_notes import Holder, read_own
from service.core.wording_later import LATER
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.own_notes import keep_note, keep_signs, tell_passport
from tests.scenarios.story import Story, family
from tests.web.api_world import AIZHAN, TRIP, WORDS
from tests.web.contact_pages import PIN, alarm_page, choose_pin, own_page
from tests.web.form_world import FormWorld, forms_once, shown
from tests.web.test_alarm_page import MORE
from tests.web.test_offer_signs import lite
from tests.web.test_sheet_copies import EVERYBODY

__all__ = ["forms_once", "lite"]

VAN = "a white van without a plate"
SISTER = "he asked for my sister’s number"


def test_E19_E21_she_writes_reads_joins_and_erases_and_nobody_else_reads_it(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in()
    trip = world.armed(words=True)
    world.enter_later()
    assert world.open("/notes").headers["location"] == "/home"
    world.send("/private", {"passphrase": WORDS["passphrase"]})
    assert "Who has your passport now?" in shown(world.open("/trip/all"))
    world.open("/notes")
    assert world.send("/notes", {"do": "passport", "passport": "employer"}).headers["location"] == "/papers"
    assert "Who has your passport now?" not in shown(world.open("/trip/all"))
    assert world.send("/notes", {"do": "passport", "passport": "me"}).headers["location"] == "/notes"
    world.send("/notes", {"do": "note", "text": VAN})
    world.send("/notes", {"do": "note", "text": SISTER, "joined": "1"})
    # Nothing is lost without a word.
    for empty, said in (({"do": "note", "text": " "}, "Write in a few words"), ({"do": "passport"}, "Choose who")):
        refused = world.send("/notes", empty)
        assert refused.status_code == 422
        assert said in shown(refused)
    world.send("/notes", {"do": "signs", "sign": ["wages", "nonsense"]})
    page = shown(world.open("/notes"))
    assert VAN in page
    assert "can read it" not in page
    assert SISTER in page
    assert "yes, since 1 December Is your pay held back" in page
    assert page.index("I have it myself") < page.index("My employer or somebody at work")
    _sealed(world, VAN, SISTER, "employer or somebody")
    # What is on the sheet stays there; the rest she erases at once, and joins when she likes.
    for number in ("1", "2", "3", "x", "9" * 30):
        world.send("/notes", {"do": "erase", "note": number})
    assert [one.text for one in read_own(world.state(trip).details).notes] == [SISTER]
    world.send("/notes", {"do": "note", "text": VAN})
    world.send("/notes", {"do": "join", "note": "3"})
    assert {one.joined for one in read_own(world.state(trip).details).notes} == {True}
    assert VAN not in world.get(trip).text


def test_E14_each_field_that_may_wait_is_asked_for_a_day_later_and_told_on_the_page(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in()
    place = {**TRIP["destination"], "address": ""}
    trip = world.armed(destination=place, employer=None, later=list(LATER))
    world.wait(hours=24, minutes=1)
    world.work()
    [asked] = [text for text in world.texts(AIZHAN, "traveler_notice") if text.endswith("/later")]
    assert "your address there, the employer's name" in asked
    world.enter_later()
    page = world.open("/later").text
    told = {field: f"+9024224910{row:02}" if field.endswith("phone") else "X 1" for row, field in enumerate(LATER)}
    told |= {"ends_at": "01.02.2027", "companions[0].name": "Zarina", "passport": "me"}
    assert [field for field in LATER if f'name="{field}' not in page] == []
    assert world.send("/later", told).headers["location"] == "/home"
    assert world.state(trip).details["later"] == []


def test_where_no_passphrase_hides_it_the_page_says_so(forms_once: FormWorld) -> None:
    forms_once.sign_in()
    forms_once.armed()
    forms_once.enter_later()
    assert "Whoever opens this page on your phone can read it." in shown(forms_once.open("/notes"))


def _sealed(world: FormWorld, *texts: str) -> None:
    """No file of the database holds any of it."""
    path = Path(str(world.service.db.write.url.database))
    kept = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert b"traveler_notice" in kept or b"audit_log" in kept
    assert [text for text in texts if text.encode() in kept] == []


def test_E21_an_alarm_opens_what_she_joined_and_nothing_else(lite: Story) -> None:
    family(lite, **MORE, consent=EVERYBODY)
    key = _key(lite)
    tell_passport(lite.service, key, Holder.AGENCY)
    keep_signs(lite.service, key, ["movement"])
    keep_note(lite.service, key, VAN, joined=False)
    keep_note(lite.service, key, SISTER, joined=True)
    choose_pin(lite, "Gulnar")
    before = [lite.client.get(own_page(lite, "Gulnar")).text]
    lite.advance_to("2026-12-01T21:01+03:00")
    page = alarm_page(lite.mother)
    before += [lite.client.get(page).text, *lite.mother.read_all()]
    assert [text for text in before if SISTER in text or "May not go out alone (" in text] == []
    html = lite.client.post(f"{page}/sheet", data={"pin": PIN}).text
    sheet = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    for said in (
        "as the traveler said who arranged the work or the way (01.12.2026)",
        "What the traveler saw of these May not go out alone (01.12.2026)",
        f"What seemed odd to the traveler 01.12.2026: {SISTER}",
    ):
        assert said in sheet
    assert VAN not in sheet


def _key(story: Story) -> TripKey:
    trips = table_of(Trip)
    query = select(trips.c.traveler_id, trips.c.trip_id)
    row = story.service.read(lambda conn: conn.execute(query).one())
    return TripKey(row.traveler_id, row.trip_id)
