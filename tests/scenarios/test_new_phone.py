"""Her phone is gone: from another one she writes her old number and one of her words."""

from typing import Any

from tests.scenarios.story import MOTHER, TRAVELER, Story, family

OTHER = "+77015556677"
SAFE, DURESS = "green apples", "heavy rain"


def status(story: Story) -> tuple[str, str | None]:
    trip = story.call("GET", f"/trips/{story.trip_id}")
    return trip["status"], trip["next_deadline"]


def test_a_safe_word_makes_the_new_phone_hers_and_no_answer_goes_to_it(story: Story) -> None:
    """T11, T48: a new number by safe word; the old one hears of it by the answer of any day."""
    family(story, words=True)
    other = story.phone(OTHER)
    story.advance_to("2026-12-01T19:40+03:00")
    story.traveler.read_all()
    other.text(f"8 701 123 45 67 {SAFE}")
    other.expect_nothing()
    assert story.traveler.read_all() == ["Thank you!"]
    for phone in (story.mother, story.brother, story.fund):
        phone.expect("Aizhan has named a new number: +7 701 555 6677. Please call and ask your question.")
    assert status(story) == ("armed", "2026-12-02T17:00:00Z"), "it was a check-in"
    other.text("ok")
    other.expect("Thank you!")
    story.advance_to("2026-12-02T19:31+03:00")
    assert len(other.read_all()) == 1, "she is asked there first"
    story.traveler.expect_nothing()


def test_its_first_use_is_weak(story: Story) -> None:
    """T11: one word that somebody has learned gains a day, and her people go on asking for her."""
    family(story, words=True)
    story.advance_to("2026-12-01T21:05+03:00")
    story.mother.expect("Aizhan")
    story.phone(OTHER).text(f"{SAFE} {TRAVELER}")
    texts = story.mother.read_all()
    assert [text for text in texts if "It does not prove who wrote" in text]
    assert not [text for text in texts if "ended" in text]
    story.phone(OTHER).text(SAFE)
    story.mother.expect("Aizhan has answered. The alarm has ended.")


def test_whatever_a_stranger_writes_nothing_comes_back(story: Story) -> None:
    """T48: nobody learns that a number is somebody's here; neither a right guess nor a wrong one is answered."""
    family(story, words=True)
    story.traveler.read_all()
    phones = [story.phone(f"+7701888000{n}") for n in range(4)]
    texts = (f"{TRAVELER} red apples", f"{MOTHER} {SAFE}", f"+77019998877 {SAFE}", f"{TRAVELER} {DURESS}")
    for phone, text in zip(phones, texts, strict=True):
        phone.text(text)
    story.run()
    for phone in phones:
        phone.expect_nothing()
    assert story.mother.expect("Do NOT call or text Aizhan"), "the word of duress counts"
    assert story.traveler.read_all() == ["Thank you!"], "as after the safe one"
    story.brother.expect_nothing()


def test_a_friends_phone_carries_her_word_and_stays_the_friends(story: Story) -> None:
    """T11: any phone is good to check in; whose it is goes on being asked as before."""
    family(story, words=True)
    story.advance_to("2026-12-01T19:40+03:00")
    story.brother.read_all()
    story.brother.text(f"{TRAVELER} {SAFE}")
    story.traveler.read_all()
    assert status(story) == ("armed", "2026-12-02T17:00:00Z")
    story.brother.expect_nothing()
    story.advance_to("2026-12-02T19:31+03:00")
    assert len(story.traveler.read_all()) == 1
    story.brother.expect_nothing()


def test_after_three_wrong_words_a_phone_must_wait_and_a_word_of_duress_need_not(story: Story) -> None:
    """T50: guessing ends softly and silently; danger is heard all the same."""
    family(story, words=True)
    story.advance_to("2026-12-01T19:40+03:00")
    other = story.phone(OTHER)
    for guess in ("red apples", "red pears", "green pears"):
        other.text(f"{TRAVELER} {guess}")
    other.text(f"{TRAVELER} {SAFE}")
    assert status(story) == ("armed", "2026-12-01T17:00:00Z"), "it counted for nothing"
    other.text(f"{TRAVELER} {DURESS}")
    other.expect_nothing()
    story.mother.expect("Do NOT call or text Aizhan")
    assert status(story)[1] == "2026-12-02T17:00:00Z"


def test_nothing_that_a_phone_shows_tells_one_word_from_the_other(story: Story, tmp_path_factory: Any) -> None:
    """T1, T11: all that the old phone and the new one get is the same for a safe word and one of duress."""
    from tests.conftest import _migrate
    from tests.scenarios.story import open_story

    def told(one: Story, word: str) -> Any:
        family(one, words=True)
        one.advance_to("2026-12-01T19:40+03:00")
        one.phone(OTHER).text(f"{TRAVELER} {word}")
        one.phone(OTHER).text("ok")
        one.advance_to("2026-12-02T20:40+03:00")
        return one.traveler.unread, one.phone(OTHER).received, status(one)

    safe = told(story, SAFE)
    url = f"sqlite:///{tmp_path_factory.mktemp('other') / 'other.db'}"
    _migrate(url)
    with open_story(url) as second:
        assert told(second, DURESS) == safe
        second.mother.expect("Do NOT call or text Aizhan")
