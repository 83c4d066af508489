"""`/countries`: what a person sees of a country, with the source and the date of each number."""

import re
from html import unescape

import pytest

from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]


def read(world: FormWorld, path: str, language: str = "en") -> str:
    """The text of a page."""
    answer = world.open(path, language)
    assert answer.status_code == 200
    assert len(answer.content) < 50_000
    assert "set-cookie" not in answer.headers
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("AE", ["999", "Embassy of Kazakhstan, Abu Dhabi", "As of 4 March 2026: zakon.kz", "800 7283", "10 May 2023"]),
        ("TR", ["112", "Consulate general of Kazakhstan, Istanbul", "+90 212 662 53 47", "As of 2025", "157"]),
        ("KR", ["119", "Embassy of Kazakhstan, Seoul", "+82 2-379-9714", "19 January 2026", "+82 2-6925-1360"]),
        ("TH", ["191", "Consulate of Kazakhstan, Phuket", "24 January 2026", "We know no phone number", "1300"]),
        ("RU", ["112", "Embassy of Kazakhstan, Moscow", "+7 495 927-17-00", "+7 495 627-18-12", "As of 2025"]),
        ("DE", ["110", "Embassy of Kazakhstan, Berlin", "+49 30 47007161", "December 2014", "116 016"]),
        ("PL", ["997", "Embassy of Kazakhstan, Warsaw", "16 November 2022", "+48 22 628 01 20"]),
        ("US", ["911", "San Francisco", "+1 415-568-2160", "19 October 2019", "1-888-373-7888", "26 May 2022"]),
    ],
)
def test_eight_countries_with_a_passport_of_kazakhstan(forms_once: FormWorld, code: str, named: list[str]) -> None:
    said = read(forms_once, f"/countries/{code}")
    assert [one for one in named if one not in said] == []
    assert "As of 22 August 2026: " in said
    assert "Sana Sezim" in said
    assert "56-27-32" not in said
    assert "Whom to ask before you leave" in said


def test_what_is_unknown_says_so_and_whom_to_ask(forms_once: FormWorld) -> None:
    sri_lanka, myanmar = read(forms_once, "/countries/LK"), read(forms_once, "/countries/MM", "ru")
    assert "This one, elsewhere, is responsible: India" in sri_lanka
    assert "Ближайшее из известных нам: Таиланд" in myanmar
    assert "телефона мы не знаем" in myanmar
    words = ("hotline", "unsigned", "travel advice", "address")
    assert [word for word in words for page in (myanmar, read(forms_once, "/countries/AE", "kk")) if word in page] == []
    assert "Not known to us: no source with a date names them" in read(forms_once, "/countries/ET")
    assert "Your country has closed its missions here." in read(forms_once, "/countries/RU?citizen=UA")
    assert "no list of the missions for this passport" in read(forms_once, "/countries/TR?citizen=other")
    assert "This is the country of your passport." in read(forms_once, "/countries/KZ")


def test_an_old_number_is_marked_and_a_short_one_too(forms_once: FormWorld) -> None:
    html = forms_once.open("/countries/TR", "kk").text
    assert html.count("Ескі, алдымен тексеріңіз") > 3
    assert 'href="tel:157"' in html
    assert "тек ел ішінен: Түркия" in html
    entry = html.partition("Ankara</h3>")[2].partition("</li>\n<li")[0]
    assert 'href="tel:+903124919100"' in entry


def test_a_country_is_chosen_without_script_and_nothing_is_written(forms_once: FormWorld) -> None:
    chosen = forms_once.open("/countries?country=KR&citizen=UZ")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/countries/KR?citizen=UZ")
    assert "Embassy of Uzbekistan" in read(forms_once, "/countries/KR?citizen=UZ")
    assert "Номера в дорогу" in read(forms_once, "/countries", "ru")
    for path in ("/countries/ZZ", "/countries/kz", "/countries/<b>"):
        assert forms_once.open(path).status_code == 404


def test_the_api_says_the_same_without_a_token(forms_once: FormWorld) -> None:
    found = forms_once.client.get("/api/v1/countries/KR").json()
    assert (found["citizen"], found["missions_are"], found["unknown"]) == ("KZ", "here", [])
    seoul = found["missions"][0]
    assert seoul["phones"][0] == {"printed": "+82 2-379-9714", "e164": "+8223799714", "callable_from_abroad": True}
    assert (seoul["checked"], seoul["old"]) == ("2026-01-19", False)
    assert found["hotlines"][0]["phones"][0]["callable_from_abroad"] is False
    assert {"legal", "psychological"} <= {help for one in found["at_home"] for help in one["helps"]}
    assert found["zones"] == ["Asia/Seoul"]
    near = forms_once.client.get("/api/v1/countries/MM?citizen=KZ").json()
    assert (near["missions_are"], near["missions"][0]["country"]) == ("nearest", "TH")
    assert forms_once.client.get("/api/v1/countries/XX").status_code == 404
    refused = forms_once.client.get("/api/v1/countries/KR?citizen=nobody")
    assert refused.json()["errors"][0]["field"] == "citizen"
