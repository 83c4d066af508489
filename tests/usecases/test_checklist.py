"""What had better be done before leaving: told, confirmed by who keeps the copies, asked for, and on the sheet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select

from service.core.carriage import Carriage
from service.core.checklist import Point, State
from service.db.stored import table_of
from service.db.tables import Outbox
from service.texts import translator
from service.usecases.accept import Inbound, accept
from service.usecases.apply_changes import apply_due
from service.usecases.checklist import checklist_of, open_before
from service.usecases.checklist_sheet import list_on_the_sheet
from service.usecases.checklist_told import Told, tell
from service.usecases.new_number import add_number, ask_number
from service.usecases.revise_trip import revise_trip
from service.web.schemas_trip import TripIn
from tests.web.api_world import AIZHAN, BROTHER, EVENINGS, GULNAR, TRIP, WORDS, World, errors
from tests.web.form_world import forms as both
from tests.web.form_world import forms_once as world

__all__ = ["both", "world"]

NEW = "+77000000007"
LEAVES = "2026-12-20T00:00:00+03:00"
PLAIN = "Before your trip: something on your list is still open. You can look at it here: http://127.0.0.1:8000/trip/checklist"


def asked(world: World) -> list[RowMapping]:
    """The texts that wait to say that something is open."""
    outbox = table_of(Outbox)
    waits = outbox.c.dedupe_key.startswith("checklist:") & (outbox.c.state == "pending")
    return list(world.service.read(lambda conn: conn.execute(select(outbox).where(waits)).mappings().all()))


def days(world: World) -> list[str]:
    return sorted(f"{row['available_at']:%d.%m. %H:%M}" for row in asked(world))


def bodies(world: World) -> set[str]:
    return {world._opened(row)["body"] for row in asked(world)}


def patch(world: World, trip: str, body: Any, **headers: str) -> dict[str, Any]:
    answer = world.call("PATCH", f"{trip}/checklist", body, **headers)
    assert answer.status_code == 200, answer.text
    return {one["point"]: one for one in answer.json()["points"]}


def states(world: World, trip: str) -> dict[Point, State]:
    return {one.point: one.state for one in checklist_of(world.state(trip), world.now).findings}


def nothing_left(world: World, trip: str) -> None:
    """Everything that is open does not concern her, and the visa is told."""
    left = {point.value: {"not_needed": True} for point in Point if point not in (Point.VISA, Point.LICENCE)}
    patch(world, trip, left)


def test_what_is_open_is_asked_for_again_until_it_is_done(both: World) -> None:
    """On the evening after planning, and 7, 3 and 1 days before she leaves, by her own clock; once a day at most."""
    both.sign_in()
    trip = both.trip(starts_at=LEAVES, visa={"kind": "work"})
    # She leaves when it is already the 20th in Almaty: 18:00 there is 13:00 in UTC.
    usual = ["02.12. 13:00", "13.12. 13:00", "17.12. 13:00", "19.12. 13:00"]
    assert (days(both), bodies(both)) == (usual, {PLAIN})
    assert all(row["valid_until"].hour == 16 for row in asked(both)), "what is late would come at night"
    both.wait(days=12, hours=12)
    key = both.state(trip).key
    moved = {**TRIP, "starts_at": "2026-12-22T00:00:00+03:00"}
    revise_trip(both.service, key, TripIn.model_validate(moved).form())
    assert days(both) == ["15.12. 13:00", "19.12. 13:00", "21.12. 13:00"]
    nothing_left(both, trip)
    assert days(both) == []
    patch(both, trip, {"original": None})
    assert len(days(both)) == 3
    patch(both, trip, {"asks": False})
    assert days(both) == []
    patch(both, trip, {"asks": True})
    assert len(days(both)) == 3


def test_the_wording_of_a_friend_and_silence_once_words_are_under_way(world: World) -> None:
    world.sign_in()
    trip = world.trip(starts_at=LEAVES, wording="discreet")
    assert bodies(world) == {"Hi, have you packed everything? There is still something on your list."}
    moved = TripIn.model_validate({**TRIP, "starts_at": LEAVES}).form()
    revise_trip(world.service, world.state(trip).key, moved)
    assert bodies(world) == {PLAIN}
    world.put(f"{trip}/plan", EVENINGS)
    world.contact(trip)
    assert world.put(f"{trip}/words", WORDS).status_code == 204
    assert bodies(world) == {"Hi, have you packed everything? There is still something on your list."}
    assert world.post(f"{trip}/arm").status_code == 200
    assert asked(world) == [], "her private page shows it"


def test_never_while_an_alarm_is_open_nor_after_stop(world: World) -> None:
    trip = world.armed(starts_at=LEAVES)
    key = world.state(trip).key
    ask_number(world.service, key, NEW)
    add_number(world.service, key, world.code(NEW), word=None, sender=b"here")
    assert len(asked(world)) == 4
    # Both are read at once: what the first would write anew is not written beside the alarm.
    accept(world.service, Inbound("phones", "1", world.service.keys.phone_hash(NEW), "stop", address=NEW))
    assert world.post(f"{trip}/sos").status_code == 202
    world.read_inbox()
    assert asked(world) == []
    # Who has left her list stands on it no more, also where the alarm holds that back.
    brother = world.get(trip).json()["contacts"][1]["contact_id"]
    assert world.post(f"{trip}/changes", {"remove_contact": brother}).status_code == 202
    world.wait(days=3)
    apply_due(world.service, world.now)
    assert world.state(trip).alarm is not None
    assert list(errors(world.call("PATCH", f"{trip}/checklist", {"copies": {"holder": brother}}))) == ["copies.holder"]


def test_not_to_a_phone_that_said_stop_while_she_planned(world: World) -> None:
    world.sign_in()
    world.trip(starts_at=LEAVES)
    assert len(asked(world)) == 4
    sender = world.service.keys.phone_hash(AIZHAN)
    accept(world.service, Inbound("phones", "1", sender, "stop", address=AIZHAN))
    world.read_inbox()
    assert asked(world) == []


def test_E13_who_keeps_the_copies_says_so_and_hears_nothing_else(world: World) -> None:
    world.sign_in()
    trip = world.trip(starts_at=LEAVES)
    mother, brother = world.contact(trip), world.contact(trip, BROTHER, accepted=False)
    copies = {"mine": "in the lining", "holder": mother, "where": "in the blue drawer"}
    assert patch(world, trip, {"copies": copies})["copies"]["lacks"] == ["not_confirmed"]
    [text] = world.texts(GULNAR, "notice")
    assert "Aizhan құжат көшірмелері сізде" in text
    link = text.split("/i/")[1].split()[0]
    page = world.client.get(f"/i/{link}?lang=en").text
    assert "Do you have the copies?" in page
    assert "drawer" not in page + text
    patch(world, trip, {"copies": copies})
    assert len(world.texts(GULNAR, "notice")) == 1, "asked once"
    for _ in range(2):
        world.client.post(f"/i/{link}", data={"do": "have_copies"})
    assert states(world, trip)[Point.COPIES] is State.DONE
    assert "Do you have the copies?" not in world.client.get(f"/i/{link}?lang=en").text
    # Another one keeps them, who has not said yet that she may be asked anything.
    patch(world, trip, {"copies": {**copies, "holder": brother}})
    assert states(world, trip)[Point.COPIES] is State.OPEN
    assert world.texts(BROTHER["phone"], "notice") == []
    patch(world, trip, {"copies": {**copies, "holder": brother, "handed": True}})
    assert states(world, trip)[Point.COPIES] is State.DONE, "she may say so herself"
    unknown = world.call("PATCH", f"{trip}/checklist", {"copies": {"holder": trip[-36:]}})
    assert list(errors(unknown)) == ["copies.holder"]
    # To a number whose carrier lets no link through it says whom to tell.
    sms, number = world.service.notifiers["sms"], BROTHER["phone"]
    world.service.carriages[id(sms), number[: len("+77011234")]] = sms, Carriage(links=False)
    patch(world, trip, {"copies": {**copies, "holder": mother}})
    world.accept(brother)
    patch(world, trip, {"copies": {**copies, "holder": brother}})
    [text] = world.texts(number, "notice")
    assert text.endswith("Если их у вас нет, Aizhan просит сказать об этом.")


def test_in_a_running_trip_what_is_done_stays_and_the_sheet_says_what_was_open(both: World) -> None:
    """Whoever holds her phone can take nothing back, and can make nothing look as if it had been done in time."""
    trip = both.armed(
        starts_at="2026-12-03T00:00:00+03:00",
        visa={"kind": "tourist"},
        agency={"name": "Golden Bridge", "licence": "0042"},
        purpose="work",
    )
    key = both.state(trip).key
    assert open_before(both.state(trip)) is None, "she never looked at it"
    mother = both.get(trip).json()["contacts"][0]["contact_id"]
    told = {
        "licence": {"result": "not_found", "where": "elicense.kz", "day": "2026-11-30"},
        "companions": {"alone": True},
        "copies": {"mine": "bag", "holder": mother, "where": "drawer", "handed": True},
        **{name: {"not_needed": True} for name in ("register", "insurance", "numbers", "agreed", "embassy", "lawyer")},
    }
    points = patch(both, trip, told)
    assert points["licence"]["warns"] is True
    assert points["visa"]["lacks"] == ["visa_gives_no_work"]
    again = both.call("PATCH", f"{trip}/checklist", {"companions": {"alone": False}})
    assert list(errors(again)) == ["companions"]
    both.wait(days=3)
    tell(
        both.service,
        key,
        {Point.CONTRACT: Told({"have": True, "parts": ["work"]}), Point.ORIGINAL: Told({"have": True})},
    )
    state = both.state(trip)
    assert open_before(state) == (Point.LICENCE, Point.CONTRACT, Point.ORIGINAL, Point.VISA)
    sheet = list_on_the_sheet(state, {}, translator("en"))
    assert sheet["open_before"].startswith("The agency is in the register; The contract, before you travel")
    assert sheet["licence"] == "0042; looked up by the traveler in elicense.kz on 30.11.2026: not listed"
    # Nor can it be said that the agency was listed after all.
    for said in ({"result": "yes", "where": "elicense.kz", "day": "2026-11-30"}, None, {"not_needed": True}):
        assert list(errors(both.call("PATCH", f"{trip}/checklist", {"licence": said}))) == ["licence"]
    patch(both, trip, {"contract": {"have": True, "parts": ["work", "pay"]}})
    assert list(errors(both.call("PATCH", f"{trip}/checklist", {"contract": {"have": True}}))) == ["contract"]
    assert sheet["copies"] == "one set with the traveler: bag; one set with Gulnar, drawer (not confirmed)"


def test_E8_a_lawyer_with_the_number_of_the_agency_or_the_recruiter_is_theirs(world: World) -> None:
    world.sign_in()
    person = {"recruiter": "Marat, 8 (727) 250-00-77"}
    trip = world.trip(agency={"name": "Go", "phone": "+77272500021"}, person=person)
    for phone, theirs in (("+77272500021", True), ("+77272500077", True), ("+77272500099", False)):
        lawyer = {"who": "Aidos", "phone": phone, "day": "2026-11-30"}
        assert patch(world, trip, {"lawyer": lawyer})["lawyer"]["warns"] is theirs


def test_E10_turkey_and_russia_with_a_passport_of_kazakhstan(world: World) -> None:
    world.sign_in(citizenship="KZ")
    trip = world.trip(visa={"kind": "tourist"})
    shown = world.get(f"{trip}/checklist").json()
    assert shown["visas"] == [{"country": "TR", "rule": None, "source": None, "checked": None}]
    assert next(one for one in shown["points"] if one["point"] == "visa")["warns"] is True
    moved = {**TRIP, "destination": {"country": "RU", "city": "Samara", "zone": "Europe/Samara"}}
    revise_trip(world.service, world.state(trip).key, TripIn.model_validate(moved).form())
    shown = world.get(f"{trip}/checklist").json()
    assert [(one["rule"], "article 97" in one["source"]) for one in shown["visas"]] == [("free", True)]
    japan = {**TRIP, "destination": {"country": "JP", "city": "Osaka", "zone": "Asia/Tokyo"}}
    revise_trip(world.service, world.state(trip).key, TripIn.model_validate(japan).form())
    numbers = world.get(f"{trip}/checklist").json()["numbers"]
    assert [(one["number"], one["whose"]) for one in numbers][-1] == ("110", "police"), "no number for all is known"
    revise_trip(world.service, world.state(trip).key, TripIn.model_validate(moved).form())
    assert states(world, trip)[Point.VISA] is State.DONE


def test_what_the_api_refuses(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    body = {
        "licence": {"day": "2027-01-01"},
        "lawyer": {"phone": "12"},
    }
    assert set(errors(world.call("PATCH", f"{trip}/checklist", body))) == {"licence.day", "lawyer.phone"}
    refused: tuple[dict[str, Any], ...] = (
        {"contract": {"parts": ["dowry"]}},
        {"visa": {"not_needed": True}},
        {"licence": {"result": "valid"}},
    )
    assert [world.call("PATCH", f"{trip}/checklist", one).status_code for one in refused] == [422, 422, 422]
    secret = world.armed(words=True)
    assert world.get(f"{secret}/checklist").status_code == 409
    assert world.get(f"{secret}/checklist", Amanba_Passphrase=WORDS["passphrase"]).status_code == 200


def test_E16_numbers_are_learned_by_three_right_answers_over_a_week(world: World) -> None:
    world.sign_in(citizenship="KZ")
    trip = world.trip(consulate={"name": "Consulate", "phone": "+902422480000"})
    world.contact(trip)
    to_learn = world.get(f"{trip}/checklist").json()["numbers"]
    numbers = [one["number"] for one in to_learn]
    assert numbers == [GULNAR, "+902422480000", "112"]
    assert [one["as_of"] is None for one in to_learn] == [True, True, False], "ours with its date"

    def practise(number: str, typed: str) -> bool:
        answer = world.post(f"{trip}/checklist/practice", {"number": number, "typed": typed})
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["right"])

    assert practise(GULNAR, "+7 700 000 00 99") is False
    for wait in (0, 2, 4):
        world.wait(days=wait)
        assert all(practise(number, number) for number in numbers)
        assert practise("112", "112"), "twice a day counts once"
    assert states(world, trip)[Point.NUMBERS] is State.DONE
    unknown = world.post(f"{trip}/checklist/practice", {"number": "113", "typed": "113"})
    assert list(errors(unknown)) == ["number"]
    # Another number at home is learned anew.
    state = world.state(trip)
    other = replace(state, contacts=tuple(replace(one, addresses=()) for one in state.contacts))
    assert checklist_of(other, world.now).facts.learned is True
    assert checklist_of(replace(state, contacts=()), datetime.fromisoformat(LEAVES)).facts.learned is True
