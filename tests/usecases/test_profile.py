"""What a traveler tells of herself."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.usecases.problems import Elsewhere, Invalid
from service.usecases.profile import ProfileForm, set_profile, show_profile
from tests.web.api_world import AIZHAN, World
from tests.web.form_world import forms_once as world

__all__ = ["world"]

HERS = ProfileForm("Айжан", "kk", "AIZHAN D'ARC-SEITKALI", date(1998, 5, 4), "KZ", "aizhan@example.org")


def test_it_is_kept_and_shown_again(world: World) -> None:
    traveler = world.sign_in()
    set_profile(world.service, traveler, HERS)
    shown = show_profile(world.service, traveler)
    assert (shown.phone, shown.told) == (AIZHAN, HERS)


def test_signing_in_again_forgets_nothing_of_it(world: World) -> None:
    traveler = world.sign_in()
    set_profile(world.service, traveler, HERS)
    world.wait(minutes=2)
    world.sign_in(name="Aizhan")
    assert show_profile(world.service, traveler).told == replace(HERS, name="Aizhan", language="en")


def test_it_is_what_messages_and_reminders_go_by(world: World) -> None:
    traveler = world.sign_in()
    trip = world.trip()
    set_profile(world.service, traveler, HERS)
    known = world.state(trip).traveler
    assert (known.name, known.language, known.citizenship) == ("Айжан", "kk", "KZ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("latin_name", "Айжан"),
        ("latin_name", "AIZHAN 2"),
        ("birth_date", date(2030, 1, 1)),
        ("birth_date", date(1850, 1, 1)),
        ("citizenship", "QQ"),
        ("language", "klingon"),
        ("email", "aizhan@"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(world: World, field: str, value: Any) -> None:
    traveler = world.sign_in()
    with pytest.raises(Invalid) as refused:
        set_profile(world.service, traveler, replace(HERS, **{field: value}))
    assert [problem.field for problem in refused.value.problems] == [field]
    assert show_profile(world.service, traveler).told.name == "Aizhan"


def test_once_a_trip_with_words_has_begun_it_stays(world: World) -> None:
    traveler = world.state(world.armed(words=True)).key.traveler_id
    with pytest.raises(Elsewhere):
        set_profile(world.service, traveler, HERS)


def test_in_a_trip_without_words_it_may_change(world: World) -> None:
    traveler = world.state(world.armed()).key.traveler_id
    set_profile(world.service, traveler, HERS)
    assert show_profile(world.service, traveler).told == HERS
