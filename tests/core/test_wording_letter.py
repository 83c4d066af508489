"""What goes by e-mail: all of it, answered on a page, under a subject that tells nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.core.alarm import AlarmKind
from service.core.wording import (
    AlertFacts,
    alert_letter,
    as_text,
    invitation_letter,
    invitation_subject,
    letter,
    news_subject,
    operator,
    operator_subject,
    reminder_letter,
    reminder_subject,
    subject,
)
from service.core.wording import PageReason as P
from service.texts import LANGUAGES, translator
from tests.core.wording_facts import (
    AIZHAN,
    EVERYTHING,
    LINK,
    LONG_NAME,
    NEVER_SAID,
    harmful,
    in_every_language,
    of_every_kind,
)

LONG = "Kaleici, Hesapci Sokak 5, the yellow house behind the old harbor " * 8


def write(facts: AlertFacts, language: str, *, full: bool = True) -> str:
    return alert_letter(facts, full=full, _=translator(language))


@of_every_kind
@in_every_language
def test_nothing_is_cut_and_nothing_left_out(kind: AlarmKind, language: str) -> None:
    facts = replace(EVERYTHING, kind=kind, name=LONG_NAME.strip(), address=LONG.strip(), untold=(LONG_NAME.strip(),))
    written = write(facts, language)
    for fact in (facts.name, facts.address, facts.employer_phone, facts.consulate_phone, "20:41", "07:15", LINK):
        assert fact in written
    assert written.count(LONG_NAME.strip()) >= 2
    assert written.endswith("\n\n#K7Q4")
    assert ".." not in written


@in_every_language
def test_a_contact_who_gets_the_link_only_gets_no_facts(language: str) -> None:
    written = write(EVERYTHING, language, full=False)
    assert LINK in written
    for fact in (AIZHAN.employer_phone, AIZHAN.consulate_phone, "Lotus Garden"):
        assert fact not in written


@in_every_language
def test_the_action_stands_alone_at_the_beginning(language: str) -> None:
    assert write(AIZHAN, language).index("\n\n") <= 67
    rehearsal = write(replace(AIZHAN, rehearsal=True), language)
    assert rehearsal.startswith(translator(language)("REHEARSAL."))


@in_every_language
def test_a_duress_letter_asks_nobody_to_call(language: str) -> None:
    written = write(replace(EVERYTHING, kind=AlarmKind.DURESS), language)
    assert harmful(written, language) == []
    assert "+7 700" not in written


@in_every_language
def test_every_letter_says_where_to_answer_and_that_nobody_reads_answers_to_it(language: str) -> None:
    _ = translator(language)
    invitation = invitation_letter(LONG_NAME, "Гульнар", _, link=LINK, ref_code="K7Q4")
    assert LONG_NAME.strip() in invitation
    for written in (write(AIZHAN, language), letter("Text. #K7Q4", _, link=LINK), invitation):
        assert LINK in written
        assert _("Nobody reads answers to this e-mail.") in written
    assert _("Nobody reads answers to this e-mail.") in reminder_letter("Text.", _, link=LINK)


@in_every_language
def test_a_letter_that_must_go_by_text_is_one_line_that_says_nothing_of_e_mails(language: str) -> None:
    _ = translator(language)
    assert as_text(letter("Text. #K7Q4", _), _) == "Text. #K7Q4"
    assert "\n" not in as_text(write(EVERYTHING, language), _)
    assert _("Nobody reads answers to this e-mail.") not in as_text(write(EVERYTHING, language), _)


@in_every_language
def test_no_subject_tells_what_it_is_about(language: str) -> None:
    _ = translator(language)
    written = [subject("Айжан", _), news_subject("Айжан", _), invitation_subject("Айжан", _), reminder_subject(_)]
    telling = ("alarm", "danger", "safe", "тревог", "опасн", "безопас", "дабыл", "қауіп", "аман", "sos")
    for one in (*written, operator_subject(_).removeprefix("Amanba")):
        assert not [word for word in telling if word in one.lower()]
        assert not [word for word in NEVER_SAID.split("|") if word in one.lower()]
    assert "Amanba" not in "".join(written), "nor who sends it"
    assert subject("Айжан", _, rehearsal=True).startswith(_("REHEARSAL."))
    if language != "en":
        assert written[0] != subject("Айжан", translator("en"))


def test_a_page_by_e_mail_is_whole() -> None:
    source = "535 5.7.8: mail server (our sign-in)"
    assert operator(P.CHANNEL_REFUSED, translator("en"), source=source, whole=True) == f"{source} refuses our messages."
    assert source not in operator(P.CHANNEL_REFUSED, translator("en"), source=source)
    assert LONG_NAME.strip() in operator(P.NOBODY_LEFT, translator("en"), name=LONG_NAME, whole=True)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_letters_are_translated(language: str) -> None:
    assert "answer" not in write(EVERYTHING, language)
    assert "page" not in invitation_letter("Айжан", "Гульнар", translator(language), link="", ref_code="K7Q4")
