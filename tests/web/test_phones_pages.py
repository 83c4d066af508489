"""What all pages share, seen on the demonstration's: headers, languages, files beside them, and no inline script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.usecases.show_phones import list_trips, show_board
from service.web.pages import render
from tests.browser.demonstration import AIZHAN, GULNAR, Demonstration
from tests.client import Client

LANGUAGES = ("en", "ru", "kk")


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demonstration]:
    demonstration = Demonstration(sqlite_url, tmp_path)
    yield demonstration
    demonstration.close()


@pytest.fixture
def site(demo: Demonstration) -> Client:
    return Client(demo.app(), base_url="http://127.0.0.1")


def check_in_path(demo: Demonstration) -> str:
    board = show_board(demo.service, demo.network, list_trips(demo.service)[0])
    assert board is not None
    return board.check_in


def alarm_path(demo: Demonstration) -> str:
    found = re.findall(r"/a/\w+", " ".join(demo.received(GULNAR, "alert")))
    assert found
    return str(found[-1])


def test_no_page_may_be_kept_framed_indexed_or_lead_anywhere(site: Client) -> None:
    for path in ("/", "/phones", "/phones/fragment", "/c/unknown"):
        headers = site.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_pages_need_no_inline_script_or_style(demo: Demonstration, site: Client) -> None:
    demo.stop_answering()
    demo.advance(100)
    for path in ("/", "/phones", check_in_path(demo), alarm_path(demo), "/c/unknown"):
        html = site.get(path).text
        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", html) == []
        assert re.findall(r'(?:src|href|action)="(?:https?:)?//(?!127\.0\.0\.1)', html) == []


@pytest.mark.parametrize(
    ("query", "cookie", "header", "spoken"),
    [
        ("?lang=kk", "ru", "en", "kk"),
        ("?lang=xx", "ru", "en", "ru"),
        ("", "ru", "kk", "ru"),
        ("", None, "kk-KZ,ru;q=0.9", "kk"),
        ("", None, "de;q=0.9, ru;q=0.5, en;q=0.7", "en"),
        ("", None, "de", "en"),
        ("", "xx", ";q=,,q=x", "en"),
    ],
)
def test_a_page_speaks_the_chosen_language(
    site: Client, query: str, cookie: str | None, header: str, spoken: str
) -> None:
    cookies = {"Cookie": f"lang={cookie}"} if cookie else {}
    page = site.get(f"/{query}", headers={"Accept-Language": header, **cookies})
    assert f'<html lang="{spoken}">' in page.text
    assert page.headers["Content-Language"] == spoken


def test_a_language_once_chosen_stays_and_the_page_too(site: Client) -> None:
    page = site.get("/phones?of=others&lang=ru")
    assert "lang=ru" in page.headers["Set-Cookie"]
    assert "SameSite=lax" in page.headers["Set-Cookie"]
    assert 'href="/phones?of=others&amp;lang=kk"' in page.text
    assert '<html lang="ru">' in site.get("/").text


def test_files_are_kept_as_long_as_their_name_holds(site: Client) -> None:
    html = site.get("/phones").text
    address = re.search(r'href="(/static/amanba\.css\?v=\w+)"', html)
    assert address
    sheet = site.get(address[1])
    assert "immutable" in sheet.headers["Cache-Control"]
    assert sheet.headers["Content-Encoding"] == "gzip"
    assert site.get("/static/amanba.css").headers["Cache-Control"] == "no-cache"
    again = site.get("/static/amanba.css", headers={"If-None-Match": sheet.headers["ETag"]})
    assert again.status_code == 304
    assert site.get("/static/..%2Fpages.py").status_code == 404


def test_her_check_in_page_names_neither_product_nor_person(demo: Demonstration, site: Client) -> None:
    for language in LANGUAGES:
        html = site.get(f"{check_in_path(demo)}?lang={language}").text
        assert not re.search("amanba|аманба|aizhan|gulnar|alarm|тревог|дабыл", re.sub(r"/static/\S+", "", html), re.I)
        assert "mark.svg" not in html


def test_after_the_button_every_text_gets_the_same_page(demo: Demonstration, site: Client) -> None:
    path = check_in_path(demo)
    words = ("", "OK", "SOS", "купила яблоки на рынке", "передай привет бабушке")
    pages = {site.post(path, data={"nonce": f"n{i}", "text": words[i]}).content for i in range(len(words))}
    assert len(pages) == 1
    assert "Спасибо!" in pages.pop().decode()


def test_the_alarm_page_takes_an_answer_and_ends_warmly(demo: Demonstration, site: Client) -> None:
    demo.stop_answering()
    demo.advance(100)
    path = alarm_path(demo)
    shown = site.get(f"{path}?lang=en").text
    assert "Aizhan has not answered since" in shown
    assert 'href="tel:+77000000001"' in shown
    site.post(path, data={"answer": "2", "nonce": "n"})
    demo.work()
    closed = site.get(f"{path}?lang=en").text
    assert "Aizhan is safe. Gulnar heard the voice." in closed
    assert 'value="4"' in closed
    assert 'value="1"' not in closed


def test_a_quiet_signal_s_page_first_says_not_to_call_and_offers_no_call(demo: Demonstration, site: Client) -> None:
    demo.type(AIZHAN, "купила яблоки на рынке")
    demo.advance(5)
    html = site.get(f"{alarm_path(demo)}?lang=en").text
    heading = re.search(r"<h1>(.*?)</h1>", html)
    assert heading
    assert heading[1] == "Do NOT call or text Aizhan"
    assert "tel:+77000000001" not in html
    assert 'value="2"' not in html
    assert 'value="close"' in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", ["not_here", "busy", "no_phones", "not_sent"])
def test_every_message_is_said_in_every_language(language: str, message: str) -> None:
    html = render("message.html", language, message=message, languages=[], demo=False, leave_url="")
    assert re.search(r"<h1>\S.*</h1>\s*<p>\S", html)


def test_beside_simulated_phones_the_page_of_whoever_runs_this_opens_by_a_button(site: Client) -> None:
    assert 'href="/operator"' in site.get("/phones").text
    door = site.get("/operator")
    assert (door.status_code, 'method="post" action="/operator"' in door.text) == (200, True)
    opened = site.post("/operator", follow_redirects=False)
    site.cookies.set("o", opened.cookies["o"])
    assert "What an alarm costs" in site.get("/operator").text
