"""Pages that anybody may read: eleven questions, ten forms, five steps, twenty sentences, and what the law says."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

from service.core.reply import Meaning, read
from service.core.self_check import QUESTIONS
from service.directory.phrases import FALLBACK, KEYS, phrase, phrases
from service.texts import LANGUAGES, translator
from service.usecases.advice import CHECKED, MEANINGS
from service.web.pages import static_files
from service.web.self_check import FORMS
from tests.web.api_world import NOW
from tests.web.form_world import FormWorld, forms_once, shown

__all__ = ["forms_once"]

OF_ADVICE = ("/at-work", "/papers", "/know", "/away", "/away/TR")
ALL = (*OF_ADVICE, "/phrasebook", "/phrasebook/th")
LABELS = re.compile(r"victim|жертв|құрбан|traffick|Amanba|Аманба", re.I)
LARGEST = 50_000


def test_E3_eleven_questions_of_which_nothing_leaves_the_browser(forms_once: FormWorld) -> None:
    for language in LANGUAGES:
        _ = translator(language)
        answer = forms_once.open("/at-work", language)
        html, words = answer.text, shown(answer)
        assert [one.sign for one in QUESTIONS] == re.findall(
            r'<input type="checkbox" id="(\w+)" autocomplete="off">', html
        )
        assert [one.text for one in QUESTIONS if _(one.text) not in words] == []
        # Without a form and a name nothing can be sent; what the one script sends belongs to forms that are not here.
        assert re.findall(r"<form|<button|\sname=\"(?!viewport|robots)|data-keep|data-live|formaction", html) == []
        assert re.findall(r"<script[^>]*>", html) == re.findall(r'<script src="/static/page\.js\?v=\w+" defer>', html)
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        # Two or more lead to numbers, and to a text that is understood.
        assert 'href="tel:157"' in html
        assert read(_("I need help")).meaning is Meaning.SOS
        assert _("I need help") in words


def test_E18_five_steps_that_are_small_need_nobody_and_hold_the_numbers(forms_once: FormWorld) -> None:
    files = static_files()
    beside = sum(len(files[name].zipped) for name in ("amanba.css", "page.js", "dot.svg"))
    for path in ("/away", "/away/TR", "/away/RU"):
        for language in LANGUAGES:
            html = forms_once.open(path, language).text
            assert len(gzip.compress(html.encode())) + beside < LARGEST
            loads = re.findall(r'<(?:link|script|img)[^>]*(?:href|src)="([^"]+)"', html)
            assert [one for one in loads if not one.startswith("/static/")] == []
            assert len(re.findall(r"<li><div class=\"stack\"><h2>", html)) == 5
    words = shown(forms_once.open("/away/TR"))
    for said in ("112", "Embassy of Kazakhstan, Ankara", "+90 312 491 91 00", "return certificate", "egov.kz"):
        assert said in words
    # No mission here, another passport, a passport that we know nothing of, no country at all.
    assert "We know of none of your country here." in shown(forms_once.open("/away/MM"))
    assert "Kyrgyzstan" in shown(forms_once.open("/away/TR?citizen=KG"))
    assert "We have no list of the missions for this passport." in shown(forms_once.open("/away/TR?citizen=other"))
    assert forms_once.open("/away/ZZ").status_code == 404
    assert forms_once.open("/away?country=TH&citizen=KG").headers["location"] == "/away/TH?citizen=KG"


def test_E2_ten_forms_have_their_names_in_three_languages(forms_once: FormWorld) -> None:
    said: dict[str, set[str]] = {}
    for language in LANGUAGES:
        _ = translator(language)
        words = shown(forms_once.open("/know", language))
        said[language] = {_(name) for name, _text in FORMS}
        assert [name for name, text in FORMS if _(name) not in words or _(text) not in words] == []
    assert {len(names) for names in said.values()} == {10}
    assert not said["en"] & said["ru"]
    assert not said["ru"] & said["kk"]


def test_E17_twenty_sentences_with_their_meaning_and_english_where_we_have_no_other(forms_once: FormWorld) -> None:
    assert tuple(MEANINGS) == KEYS
    same = {key for key in KEYS if MEANINGS[key] == phrase(key, FALLBACK)}
    assert set(KEYS) - same == {"interpreter"}
    words = shown(forms_once.open("/phrasebook/th", "ru"))
    assert [one.key for one in phrases("th") if one.text not in words or one.latin not in words] == []
    assert "Мой паспорт принадлежит только мне." in words
    assert "Их ещё не проверил" in words
    english = shown(forms_once.open("/phrasebook/ka"))
    assert "We do not have that language." in english
    assert "My passport belongs only to me." in english
    # E19, E20: on the page about passports in every language.
    assert "Mein Pass gehört nur mir." in shown(forms_once.open("/papers", "kk"))


def test_N1_E22_neutral_words_and_the_day_on_which_they_were_checked(forms_once: FormWorld) -> None:
    for language in LANGUAGES:
        for path in ALL:
            answer = forms_once.open(path, language)
            if path != "/away/TR":  # where helpers stand under their own names
                assert LABELS.findall(shown(answer)) == [], (path, language)
            assert path not in OF_ADVICE or "2026" in shown(answer)
        assert re.findall(r"victim|жертв|құрбан|traffick", shown(forms_once.open("/", language)), re.I) == []
    assert NOW.date() - CHECKED < timedelta(days=366)
    # From the first page, from her button and from her own page.
    assert 'href="/away"' in forms_once.open("/").text
    forms_once.sign_in()
    made = forms_once.armed()
    button = forms_once.get(made).json()["check_in_url"].removeprefix("http://127.0.0.1:8000")
    assert 'href="/away"' in forms_once.open(button).text
