"""A contact of whom the traveler is afraid: with a safe word she is gone at once and hears nothing more, ever."""

import re
from typing import Any

from sqlalchemy import select

from service.db.routing import Inbox
from service.db.stored import table_of
from tests.scenarios.story import Story, family
from tests.web.contact_pages import own_page

INBOX = table_of(Inbox)
SAFE, DURESS = "green apples", "heavy rain"
DAY_AFTER = "2026-12-02"


def remove(story: Story, name: str, word: str | None, *, unsafe: bool = True) -> None:
    body: dict[str, Any] = {"remove_contact": story.contacts[name], "unsafe": unsafe}
    story.call("POST", f"/trips/{story.trip_id}/changes", {**body, **({"word": word} if word else {})}, 202)
    story.run()


def people(story: Story) -> list[str]:
    shown = story.call("GET", f"/trips/{story.trip_id}", None, 200, **{"Amanba-Passphrase": "a quiet harbour"})
    return [one["name"] for one in shown["contacts"]]


def pages_in(texts: list[str]) -> list[str]:
    return sorted(set(re.findall(r"https://amanba\.example(/[ai]/\w+)", "\n".join(texts))))


def results(story: Story) -> list[str]:
    query = select(INBOX.c.result).order_by(INBOX.c.inbox_id)
    return list(story.service.read(lambda conn: conn.execute(query).scalars().all()))


def test_in_an_open_alarm_she_is_gone_at_once_without_a_word(story: Story) -> None:
    """T23: the removal is immediate; not even the alarm's end reaches her, and nothing of hers counts any more."""
    family(story, words=True)
    story.advance_to("2026-12-01T21:16+03:00")
    code = story.mother.unread[0].split("#")[1][:4]
    pages = [page for page in pages_in(story.mother.received) if page.startswith("/a/")]
    own = own_page(story, "Gulnar")
    shown = story.client.get(own).text
    story.mother.reply("1")
    for phone in (story.mother, story.brother, story.fund):
        phone.read_all()
    assert [story.client.get(page).status_code for page in pages] == [200] * len(pages)

    remove(story, "Gulnar", SAFE)
    for phone in (story.brother, story.fund):
        texts = phone.read_all()
        [left] = [text for text in texts if "One person has left the trusted people of Aizhan" in text]
        assert "Gulnar" not in left
        assert "safe" not in left
        # The fund had not been told of the alarm yet.
        ends = [text for text in texts if "Aizhan has answered. The alarm has ended." in text]
        assert len(ends) == (phone.number == story.brother.number)
    story.mother.expect_nothing()
    assert people(story) == ["Daniyar", "Saule"]

    before = len(results(story))
    for text in ("4", f"4 {code}", f"2 {code}", "what is this"):
        story.mother.reply(text)
    for page in pages:
        assert story.client.get(page).status_code == 404
        posted = story.client.post(page, data={"answer": "4", "nonce": "n1", "do": "accept"}, follow_redirects=False)
        assert posted.status_code == 404
    assert story.client.get(own).text == shown, "a page that is gone would tell her"
    story.run()
    assert set(results(story)[before:]) == {"unknown_sender"}
    story.advance_to(f"{DAY_AFTER}T21:40+03:00")
    assert story.brother.unread, "the others hear of the next alarm"
    story.mother.expect_nothing()


def test_under_duress_one_who_may_hear_of_it_always_stays(story: Story) -> None:
    """T23, T30: a safe word that was beaten out of her cannot silence an alarm by taking everybody off."""
    family(story, words=True)
    story.traveler.text(DURESS)
    for phone in (story.mother, story.fund):
        phone.expect("Do NOT call or text Aizhan")
    remove(story, "Gulnar", SAFE)
    told = story.fund.expect("One person has left the trusted people of Aizhan")
    assert told.replace("Do NOT call", "").count("call") == 0
    story.brother.expect_nothing()
    remove(story, "Saule", SAFE)
    assert people(story) == ["Daniyar"], "she is shown that both have gone"
    story.fund.read_all()
    story.advance(hours=3)
    assert story.fund.unread, "the last one is told until the alarm ends"
    story.mother.expect_nothing()
    story.brother.expect_nothing()


def test_a_word_of_duress_removes_nobody_and_looks_the_same(story: Story) -> None:
    """T2, T23: who stands beside her and wants her mother off the list sees her gone."""
    family(story, words=True)
    remove(story, "Gulnar", DURESS)
    assert people(story) == ["Daniyar", "Saule"]
    story.mother.expect("Do NOT call or text Aizhan")
    story.brother.expect_nothing()
