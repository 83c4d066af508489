"""The opened sheet and its copies: complete, no more than she allowed, two pages, nothing hidden, each one recorded."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from httpx2 import Response
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import Connection, select

from service.core.sheet import Row, State
from service.core.sheet_fields import FIELDS, PARTS, TOLD, Copy
from service.texts import translator
from service.usecases.hand_out import Paper, hand_out
from service.usecases.show_alarm import AlarmPage
from service.web.sheet_pdf import write_sheet
from tests.scenarios.story import Story, family, open_story
from tests.web.contact_pages import AUDIT, PIN, actions, alarm_page, choose_pin, trip_of
from tests.web.test_alarm_page import MORE

EVERYBODY = {"contacts": True, "police": True, "consulate": True, "ngo": True}
LONG = "Ұзын жазба — очень длинная запись, a very long note; " * 9
FULL: dict[str, Any] = {
    **MORE,
    "person": dict.fromkeys(TOLD, LONG[:480]),
    "employer": {"name": "Lotus Garden Hotel " * 6, "phone": "+902422471000", "address": LONG[:480]},
    "consulate": {"name": LONG[:110], "phone": "+902422481200", "address": LONG[:480]},
    "companions": [{"name": LONG[:110], "phone": "+77016667788"}] * 20,
    "notes": LONG * 8,
    "consent": EVERYBODY,
}


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as told:
        yield told


def opened(story: Story, **trip: Any) -> tuple[str, str]:
    """A missed check-in; the path of the mother's page, and the page after her PIN."""
    family(story, **trip)
    story.advance_to("2026-12-01T21:01+03:00")
    page = alarm_page(story.mother)
    choose_pin(story, "Gulnar")
    return page, story.client.post(f"{page}/sheet", data={"pin": PIN}).text


def ticket(html: str) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', html)
    return found.group(1) if found else ""


def take(story: Story, page: str, html: str, copy: str = "police", language: str = "ru") -> Response:
    fields = {"ticket": ticket(html), "copy": copy, "language": language}
    answer: Response = story.client.post(f"{page}/paper", data=fields, follow_redirects=False)
    return answer


def read(answer: Response) -> PdfReader:
    assert answer.status_code == 200, answer.headers
    return PdfReader(BytesIO(answer.content))


def words(document: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def details(story: Story, action: str) -> list[dict[str, Any]]:
    """What the audit trail keeps of an action, opened."""

    def look(conn: Connection) -> list[dict[str, Any]]:
        query = select(AUDIT.c.sealed).where(AUDIT.c.action == action).order_by(AUDIT.c.position)
        return [json.loads(story.service.keys.open(conn, b"audit", row.sealed)) for row in conn.execute(query)]

    return story.service.read(look)


def test_the_page_has_all_fifteen_sections_and_says_what_is_not_known(lite: Story) -> None:
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    sections = html[html.index('id="sheet"') :]
    assert re.findall(r'<summary><h3><span class="soft">(\d+)</span>', sections) == [
        str(number) for number in range(1, 16)
    ]
    told = re.sub(r"<[^>]+>", " ", sections)
    for text in ("Named as employer", "Work Abroad Ltd", "01.02.2003", "N1234567", "the police", "Gulnar"):
        assert text in told, text
    assert sections.count("Not known:") >= 8
    assert "Blood group" in told
    assert "IIN" not in told
    assert re.search(r"<td>01\.12\.2026 23:00</td><td>01\.12\. 18:00</td>", sections)
    assert "Gulnar: SMS" in told[told.index("Your time") :]
    assert lite.client.get(page).text.count("Blood group") == 0, "looked at again it is closed"


def test_T33_who_opens_it_and_who_takes_a_copy_is_recorded_with_when_and_why(lite: Story) -> None:
    """T33: who, when, why."""
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    alarm = trip_of(lite).alarm
    assert alarm is not None
    assert details(lite, "sheet_opened") == [{"alarm": str(alarm.alarm_id), "why": "missed", "by": "pin"}]
    before = len(actions(lite))
    assert take(lite, page, html, "consulate", "kk").status_code == 200
    assert actions(lite)[before:] == ["sheet_handed_out"]
    (line,) = details(lite, "sheet_handed_out")
    assert line == {
        "alarm": str(alarm.alarm_id),
        "why": "missed",
        "copy": "consulate",
        "languages": ["kk", "en"],
    }
    query = select(AUDIT.c.actor, AUDIT.c.at).where(AUDIT.c.action == "sheet_handed_out")
    row = lite.service.read(lambda conn: conn.execute(query).one())
    assert (row.actor, row.at) == (lite.contacts["Gulnar"], lite.now)
    assert "Gulnar made a copy of the sheet for the consulate" in lite.client.get(page).text, "the others see it too"


def test_a_copy_is_two_pages_in_both_languages_with_nothing_hidden(lite: Story) -> None:
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    answer = take(lite, page, html)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sheet.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    document = read(answer)
    assert len(document.pages) == 2
    assert {tuple(map(round, page.mediabox[2:])) for page in document.pages} == {(595, 842)}
    text = words(document)
    for known in (
        "Aizhan",
        "Work Abroad Ltd",
        "Назван работодателем",
        "Named as employer",
        "Sigorta",
        "+7 701 666 7788",
    ):
        assert known in text, known
    assert text.count("неизвестно / not known") > 30
    assert "Daniyar" in text
    assert "+7 701 333 4455" not in text, "nobody learns another's number"
    assert document.metadata is None
    assert document.xmp_metadata is None
    assert set(document.trailer) <= {"/Size", "/Root"}
    for hidden in (b"fpdf", b"/CreationDate", b"/Producer", b"/Title", b"/ID ["):
        assert hidden.lower() not in answer.content.lower(), hidden
    assert "Gulnar made a copy of the sheet for the police" in words(read(take(lite, page, html)))


def test_however_much_is_known_it_is_two_pages(lite: Story) -> None:
    page, html = opened(lite, **FULL)
    lite.advance(hours=2)
    html = lite.client.post(f"{page}/sheet", data={"pin": PIN}).text
    for language in ("ru", "kk"):
        document = read(take(lite, page, html, language=language))
        assert_two_whole_pages(document)
        text = words(document)
        numbers = [text.index(f"{number} {title}") for number, title in enumerate(_titles(language), 1) if number > 1]
        assert numbers == sorted(numbers)
        assert "…" in text
        assert "the page has all of it" in text


TYPED = st.text(
    st.one_of(st.sampled_from("aәқЖ—“ 0123456789.,;"), st.characters(exclude_categories=["Cs", "Cc"])), max_size=400
)


def test_whatever_is_typed_is_two_pages(lite: Story) -> None:
    """A property: any texts in any fields, without a space, in any script, and a log of any length."""
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    token = page.removeprefix("/a/")
    paper = hand_out(lite.service, token, ticket(html), Copy.POLICE, "kk")
    assert paper is not None

    def filled(shown: AlarmPage, texts: list[str], events: int) -> AlarmPage:
        assert shown.sheet is not None
        given_ = itertools.cycle(texts)

        def row(one: Row) -> Row:
            text = next(given_)
            return replace(one, text=text, state=State.KNOWN) if text.strip() else one

        sections = tuple(replace(part, rows=tuple(map(row, part.rows))) for part in shown.sheet.facts.sections)
        facts = replace(shown.sheet.facts, sections=sections)
        told = (shown.events * 200)[:events]
        return replace(shown, events=told, sheet=replace(shown.sheet, facts=facts))

    @given(
        texts=st.lists(TYPED, min_size=1, max_size=9),
        events=st.integers(0, 200),
        language=st.sampled_from(["kk", "ru"]),
    )
    @settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
    def property_(texts: list[str], events: int, language: str) -> None:
        copy = Paper(filled(paper.local, texts, events), filled(paper.english, texts, events))
        assert_two_whole_pages(PdfReader(BytesIO(write_sheet(copy, language))))

    property_()


def assert_two_whole_pages(document: PdfReader) -> None:
    """Two pages, and nothing drawn beyond their edges: what is drawn there is not printed."""
    assert len(document.pages) == 2
    places: list[tuple[float, float]] = []

    def visit(text: str, _cm: Any, matrix: Any, _font: Any, _size: Any) -> None:
        if text.strip():
            places.append((matrix[4], matrix[5]))

    for page in document.pages:
        page.extract_text(visitor_text=visit)
    assert all(25 <= x <= 570 and 15 <= y <= 820 for x, y in places), (min(places), max(places))


def _titles(language: str) -> list[str]:
    return [translator(language)(part.title) for part in PARTS]


def test_a_copy_carries_only_what_she_agreed_to(lite: Story) -> None:
    """SAFETY 4.1: no field outside the consent, and who must not be told only where no relative reads it."""
    person = {"iin": "990101300123", "not_to_tell": "Uncle Bolat", "passport": "N1234567"}
    page, html = opened(lite, **{**MORE, "person": person}, consent={"contacts": True, "police": True})
    assert "990101300123" not in html
    assert "Bolat" not in html
    assert re.findall(r'name="copy" value="(\w+)"', html) == ["family", "police"]
    police, family_ = words(read(take(lite, page, html))), words(read(take(lite, page, html, "family")))
    assert "990101300123" in police
    assert "990101300123" not in family_
    assert "N1234567" in family_
    assert "Bolat" not in police + family_
    assert take(lite, page, html, "consulate").status_code == 303
    assert take(lite, page, html, "ngo").status_code == 303
    assert actions(lite).count("sheet_handed_out") == 2


def test_a_copy_needs_an_opened_sheet(lite: Story) -> None:
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    before = actions(lite)
    for wrong in ("", "1", "9999999999-00", ticket(html)[:-1] + "x", "٣-٣", "9" * 400):
        fields = {"ticket": wrong, "copy": "police", "language": "ru"}
        answer = lite.client.post(f"{page}/paper", data=fields, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
    for copy, language in (("press", "ru"), ("police", "de"), ("", "")):
        assert take(lite, page, html, copy, language).status_code == 303
    lite.advance(minutes=16)
    assert take(lite, page, html).status_code == 303, "a quarter of an hour later"
    assert actions(lite)[len(before) :].count("sheet_handed_out") == 0
    assert lite.client.get(f"{page}/paper").status_code == 405


def test_T25_who_is_only_to_call_hands_nothing_over(lite: Story) -> None:
    """T25: the whole sheet is for who was chosen to have it."""
    lite.register()
    lite.plan_trip(**MORE, consent=EVERYBODY)
    lite.add_contact("Gulnar", "+77012223344", role="call")
    lite.arm()
    lite.advance_to("2026-12-01T21:01+03:00")
    page = alarm_page(lite.mother)
    choose_pin(lite, "Gulnar")
    html = lite.client.post(f"{page}/sheet", data={"pin": PIN}).text
    assert "N1234567" in html
    assert ticket(html) == ""


def test_a_locked_page_hands_nothing_over(lite: Story) -> None:
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    for _ in range(5):
        lite.client.post(f"{page}/sheet", data={"pin": "0815"})
    assert take(lite, page, html).status_code == 303
    assert "sheet_handed_out" not in actions(lite)


def test_after_a_quiet_signal_it_says_do_not_call_first_and_proves_nothing(lite: Story) -> None:
    person = {**MORE["person"], "not_to_tell": "Uncle Bolat"}
    family(lite, words=True, **{**MORE, "person": person}, consent=EVERYBODY)
    lite.traveler.text("green apples")
    lite.traveler.text("heavy rain")
    copies = {}
    for name, phone, copy in (("Gulnar", lite.mother, "police"), ("Saule", lite.fund, "ngo")):
        page = alarm_page(phone)
        choose_pin(lite, name)
        html = lite.client.post(f"{page}/sheet", data={"pin": PIN}).text
        assert ("Bolat" in html) is (name == "Saule"), "a caseworker reads whom she must not tell; a relative does not"
        copies[name] = words(read(take(lite, page, html, copy)))
        assert ("Bolat" in copies[name]) is (name == "Saule")
    text = copies["Gulnar"]
    assert text.index("do NOT call or text Aizhan") < text.index("Named as employer")
    assert "A covert sign of danger" in text
    assert re.search(r"Last sign that was proven.{0,40}not known", text)
    assert "green apples" not in text
    assert "heavy rain" not in text


def test_it_knows_when_she_was_last_proven_and_heard(lite: Story) -> None:
    family(lite, words=True, **MORE, consent=EVERYBODY)
    lite.traveler.text("green apples")
    lite.advance_to("2026-12-02T19:50+03:00")
    lite.traveler.text("OK")
    lite.advance_to("2026-12-03T21:01+03:00")
    page = alarm_page(lite.mother)
    choose_pin(lite, "Gulnar")
    html = lite.client.post(f"{page}/sheet", data={"pin": PIN}).text
    shown = re.sub(r"<[^>]+>", " ", html)
    assert re.search(r"Last sign that was proven\s+01\.12\.2026 09:00 \(04:00 UTC\), by text", shown)
    assert re.search(r"Last messages\s+02\.12\.2026 21:50 \(16:50 UTC\), by text; 01\.12\.2026", shown)
    assert "First time missed" in shown


def test_every_field_that_she_can_fill_in_reaches_the_sheet(lite: Story) -> None:
    person = {name: f"FACT{number}X" for number, name in enumerate(TOLD) if name not in ("not_to_tell",)}
    page, html = opened(lite, **{**MORE, "person": {**person, "favorite_cafe": "The blue one"}}, consent=EVERYBODY)
    police = words(read(take(lite, page, html)))
    missing = [name for name, text in person.items() if text not in police and FIELDS[TOLD[name]].name != "birth_date"]
    assert missing == []
    assert "Favorite cafe: The blue one" in police
