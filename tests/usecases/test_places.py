"""Countries, cities and zones, in the reader's language and in an order in which she finds them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.zones import is_known_zone
from service.usecases.places import (
    NEAR,
    countries,
    country_name,
    is_country,
    main_zone,
    near_first,
    zone_label,
    zones_of,
)

WINTER = datetime(2026, 11, 22, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, tzinfo=UTC)


def zones(country: str) -> list[str]:
    return [zone for zone, _ in zones_of(country, "en", WINTER)]


@pytest.mark.parametrize("language", ["en", "ru", "kk", "uz", "tr"])
def test_every_country_is_offered_once_by_its_name(language: str) -> None:
    offered = countries(language)
    assert len(offered) == len({code for code, _ in offered}) == len({name for _, name in offered})
    assert all(is_country(code) and name and name != code for code, name in offered)
    assert {"KZ", "TR", "AE", "XK", "PS", "TW"} <= {code for code, _ in offered}


def test_names_stand_in_the_order_of_the_alphabet() -> None:
    kazakh = [name for _, name in countries("kk")]
    order = ["Алжир", "Әзірбайжан", "Германия", "Иран", "Кувейт", "Қазақстан", "Лаос", "Оман", "Өзбекстан", "Польша"]
    order += ["Украина", "Ұлыбритания", "Үндістан", "Чехия"]
    assert sorted(order, key=kazakh.index) == order
    english = [name for code, name in countries("en") if code in ("AF", "AX", "AL", "CR", "CI", "HR", "TM", "TR")]
    assert english == [
        "Afghanistan",
        "Åland Islands",
        "Albania",
        "Costa Rica",
        "Côte d’Ivoire",
        "Croatia",
        "Türkiye",
        "Turkmenistan",
    ]


def test_the_usual_countries_come_first_and_none_twice() -> None:
    near, others = near_first(countries("ru"))
    assert tuple(code for code, _ in near) == NEAR
    assert near[:2] == [("KZ", "Казахстан"), ("KG", "Кыргызстан")]
    assert sorted(near + others) == sorted(countries("ru"))
    assert others == [choice for choice in countries("ru") if choice not in near]
    assert near_first([("FR", "France"), ("KZ", "Kazakhstan")], ["KZ", "KZ", "XX"]) == (
        [("KZ", "Kazakhstan")],
        [("FR", "France")],
    )


def test_a_country_in_her_language() -> None:
    assert [country_name("AE", language) for language in ("en", "ru", "kk", "kk-KZ")] == [
        "United Arab Emirates",
        "ОАЭ",
        "Біріккен Араб Әмірліктері",
        "Біріккен Араб Әмірліктері",
    ]
    assert country_name("AE", "no such language") == "United Arab Emirates"
    assert [country_name(code, "ru") for code in ("EU", "kz", "", "XX")] == ["EU", "kz", "", "XX"]


def test_a_country_with_one_clock_has_one_zone() -> None:
    assert [zones(country) for country in ("DE", "KZ", "TR", "UZ", "AE", "MY")] == [
        ["Europe/Berlin"],
        ["Asia/Almaty"],
        ["Europe/Istanbul"],
        ["Asia/Tashkent"],
        ["Asia/Dubai"],
        ["Asia/Kuala_Lumpur"],
    ]


def test_a_country_with_several_names_them_by_city_and_offset() -> None:
    assert zones_of("RU", "ru", WINTER)[:4] == [
        ("Europe/Moscow", "Москва (UTC+3)"),
        ("Europe/Kaliningrad", "Калининград (UTC+2)"),
        ("Europe/Samara", "Самара (UTC+4)"),
        ("Asia/Yekaterinburg", "Екатеринбург (UTC+5)"),
    ]
    assert len(zones("RU")) == 11
    # Arizona keeps its clock, so it is a zone of its own although winter shows the same time.
    assert {"America/Denver", "America/Phoenix"} < set(zones("US"))
    assert zones_of("US", "en", WINTER)[0] == ("America/New_York", "New York (UTC−5)")
    assert zones_of("US", "en", SUMMER)[0] == ("America/New_York", "New York (UTC−4)")
    assert zones_of("IN", "en", WINTER) == [("Asia/Kolkata", "Kolkata (UTC+5:30)")]
    assert zones_of("CA", "en", WINTER)[-1] == ("America/St_Johns", "St. John’s (UTC−3:30)")


def test_every_country_has_a_zone_and_each_of_its_clocks_once() -> None:
    empty = {code for code, _ in countries("en") if not zones(code)}
    assert empty <= {"BV", "HM", "XK"}
    for code, _ in countries("en"):
        offered = zones(code)
        assert main_zone(code) == (offered[0] if offered else "")
        days = [datetime(2027, month, 15, tzinfo=UTC) for month in range(1, 13)]
        clocks = {tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days) for zone in offered}
        assert len(clocks) == len(offered), code
    assert zones_of("nowhere", "en", WINTER) == zones_of("", "en", WINTER) == []


def test_a_time_is_said_in_a_city() -> None:
    said = ["Europe/Istanbul", "Europe/Kyiv", "Asia/Kolkata", "Asia/Calcutta", "America/Argentina/Buenos_Aires"]
    assert [zone_label(zone, "ru") for zone in said] == ["Стамбул", "Киев", "Калькутта", "Калькутта", "Буэнос-Айрес"]
    assert zone_label("Asia/Qyzylorda", "kk") == "Қызылорда"
    assert [zone_label(zone, "kk") for zone in ("UTC", "Etc/UTC", "Etc/GMT+5", "nowhere", "")] == [
        "UTC",
        "UTC",
        "UTC−5",
        "nowhere",
        "",
    ]


@given(st.one_of(st.text(max_size=20), st.sampled_from(sorted(available_timezones()))), st.text(max_size=5))
def test_any_zone_has_a_label(zone: str, language: str) -> None:
    assert zone_label(zone, language) == zone or is_known_zone(zone)
