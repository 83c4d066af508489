"""`/trip/order`: another order of her people on the way."""

from __future__ import annotations

from service.usecases.apply_changes import apply_due
from tests.web.api_world import DANIYAR, GULNAR, SAULE, WORDS
from tests.web.form_world import FormWorld, errors_of, forms_once, shown
from tests.web.test_running_times import SAFE, armed, asked

__all__ = ["forms_once"]

PAGE = "/trip/order"
AUNT = {"name": "Saule", "language": "en", "role": "full", "disclosure": "full", "phone": SAULE}


def ids(world: FormWorld, trip: str) -> tuple[str, str]:
    mother, brother = (one.id for one in world.state(trip).contacts)
    return mother, brother


def first(person: str, wait: int = 900) -> dict[str, str | list[str]]:
    """This one first, then everybody."""
    return {"rungs[0].contacts": [person], "rungs[0].wait_seconds": str(wait), "repeat_seconds": "3600"}


def test_another_one_first_waits_and_her_people_hear_of_it(forms_once: FormWorld) -> None:
    world, trip = forms_once, armed(forms_once)
    mother, brother = ids(world, trip)
    noted = shown(world.send(PAGE, first(brother)))
    assert "The new order counts from Thursday, 3 December, 09:02." in noted
    assert [len(world.texts(phone, "notice")) for phone in (GULNAR, DANIYAR)] == [1, 1]
    assert (len(asked(world)), world.state(trip).ladder_rungs) == (1, ())
    world.wait(hours=48)
    assert apply_due(world.service, world.now) == 1
    assert [rung.people for rung in world.state(trip).ladder.rungs] == [(brother,), (mother, brother)]


def test_the_usual_order_comes_back_and_follows_who_accepts(forms_once: FormWorld) -> None:
    world, trip = forms_once, armed(forms_once, words=True)
    mother, brother = ids(world, trip)
    world.send(PAGE, {**first(brother), "word": SAFE})
    world.read_inbox()
    assert apply_due(world.service, world.now) == 1
    page = world.open(PAGE)
    assert "Back to the usual order" in shown(page)
    said = shown(world.send(PAGE, {"usual": "1", "word": SAFE}))
    assert "With one of your words the new order counts now." in said
    world.read_inbox()
    assert apply_due(world.service, world.now) == 1
    assert (world.state(trip).ladder_rungs, world.state(trip).repeat) == ((), None)
    assert world.state(trip).ladder.rungs[0].people == (mother,)
    assert "Back to the usual order" not in shown(world.open(PAGE))


def test_the_order_that_stands_is_no_change(forms_once: FormWorld) -> None:
    world, trip = forms_once, armed(forms_once)
    mother, brother = ids(world, trip)
    usual = {**first(mother), "rungs[1].contacts": [mother, brother], "rungs[1].wait_seconds": "1800"}
    assert "This is the order already." in shown(world.send(PAGE, usual))
    assert (asked(world), world.texts(GULNAR, "notice")) == ([], [])


def test_mistakes_name_their_step_and_lose_nothing(forms_once: FormWorld) -> None:
    world, trip = forms_once, armed(forms_once, words=True)
    mother, brother = ids(world, trip)
    two = {**first(brother, 7200), "rungs[3].contacts": [], "rungs[3].wait_seconds": "900", "word": WORDS["duress"][0]}
    back = world.send(PAGE, two)
    assert errors_of(back).keys() == {"rungs-3-contacts"}
    assert '<option value="7200" selected>' in back.text
    assert world.state(trip).ladder_rungs == ()
    stranger = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    assert errors_of(world.send(PAGE, first(stranger))).keys() == {"rungs-0-contacts"}
    assert "rungs[4]" not in world.send(PAGE, {**first(mother), "row": "drop:rungs[0]"}).text
    live = shown(world.send(PAGE, first(brother), to=f"{PAGE}/preview"))
    assert "at once Daniyar after 15 minutes" in live


def test_who_has_been_asked_since_stands_among_them(forms_once: FormWorld) -> None:
    world = forms_once
    armed(world)
    world.send("/people/add", AUNT)
    page = shown(world.open(PAGE))
    assert "Saule has not accepted yet and is passed over until then" in page
